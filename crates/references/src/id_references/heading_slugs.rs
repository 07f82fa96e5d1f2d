//! The slugs of a Markdown file's headings, as GitHub makes them, and the sections that they name.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memrchr;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::front_matter::without_front_matter;
use super::word_bounds::is_of_slug;

/// Returns the slugs of a Markdown file's headings in order, and the names of its HTML anchors.
pub fn heading_slugs(document: &str) -> Vec<String> {
    collect(document).names.into_iter().map(|name| name.slug).collect()
}

/// Returns where a section of a Markdown file begins, in bytes; `None` if there is none.
pub fn section_start(document: &str, section: &str) -> Option<usize> {
    SectionNames::of(document).range(section, document.len()).map(|range| range.start)
}

/// Returns the text of a Markdown file's first heading.
pub fn first_heading(document: &str) -> Option<String> {
    let text = without_front_matter(document);
    let (mut heading, mut images) = (None::<String>, 0);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Start(Tag::Image { .. }) => images += 1,
            Event::End(TagEnd::Image) => images -= 1,
            Event::End(TagEnd::Heading(_)) => {
                let title = heading.take().unwrap_or_default();
                if !title.trim().is_empty() {
                    return Some(title.trim().to_owned());
                }
            }
            Event::Text(text) | Event::Code(text) if images == 0 => {
                heading.iter_mut().for_each(|heading| heading.push_str(&text));
            }
            _ => {}
        }
    }
    None
}

/// The names that references can have as their sections in a Markdown file, in their order.
#[derive(Debug)]
pub(super) struct SectionNames(Vec<SectionName>);

impl SectionNames {
    pub(super) fn of(document: &str) -> Self {
        SectionNames(collect(document).names)
    }

    /// Returns the range of a section: from the line of its heading to the next heading of the same or
    /// a higher level, or to the end of the document. The name of an HTML anchor stands for the whole
    /// document, unless a heading has that name, too. `None` if there is neither.
    pub(super) fn range(&self, section: &str, end: usize) -> Option<Range<usize>> {
        let SectionNames(names) = self;
        let at = position(names, section)?;
        let Some(HeadingPlace { level, start }) = names[at].place else { return Some(0..end) };
        let mut later = names[at + 1..].iter().filter_map(|name| name.place);
        let next = later.find(|place| place.level <= level && place.start > start);
        Some(start..next.map_or(end, |place| place.start))
    }
}

/// A heading of a Markdown file, or an HTML anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedHeading {
    /// Its slug.
    pub slug: String,
    /// Its text; empty for an anchor.
    pub text: String,
}

/// Returns the heading or the anchor that a section names in a Markdown file.
pub fn find_heading(document: &str, section: &str) -> Option<NamedHeading> {
    let SectionNames(mut names) = SectionNames::of(document);
    let at = position(&names, section)?;
    let SectionName { slug, text, .. } = names.swap_remove(at);
    Some(NamedHeading { slug, text: text.trim().to_owned() })
}

/// Returns which of these names a section means: the first one that has exactly this slug, or else
/// the first one that differs only in what forges differ in. A heading counts before an anchor.
fn position(names: &[SectionName], section: &str) -> Option<usize> {
    let exact = |name: &SectionName| name.slug == section;
    let similar = |name: &SectionName| is_same_heading(&name.slug, section);
    let heading = |name: &SectionName| name.place.is_some();
    let at = names.iter().position(|name| heading(name) && exact(name));
    let at = at.or_else(|| names.iter().position(exact));
    let at = at.or_else(|| names.iter().position(|name| heading(name) && similar(name)));
    at.or_else(|| names.iter().position(similar))
}

/// Returns whether two slugs are those of the same heading. Beside an emoji or a comment, some
/// forges keep a hyphen, and some do not.
pub fn is_same_heading(slug: &str, other: &str) -> bool {
    let plain = |slug: &str| slug.trim_matches('-').to_lowercase();
    plain(slug) == plain(other)
}

/// A name in a Markdown file that a reference can have as its section.
#[derive(Debug)]
struct SectionName {
    slug: String,
    /// The text of the heading; empty for the name of an HTML anchor.
    text: String,
    /// Where the heading is; `None` for the name of an HTML anchor.
    place: Option<HeadingPlace>,
}

/// Where a heading is.
#[derive(Debug, Clone, Copy)]
struct HeadingPlace {
    /// Its level, from 1.
    level: usize,
    /// Where its line begins in the document.
    start: usize,
}

/// Collects the headings of a document, and the names of its HTML anchors.
fn collect(document: &str) -> HeadingCollector {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    let text = without_front_matter(document);
    let begin = document.len() - text.len();
    let line_start =
        |at: usize| begin + memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |end| end + 1);
    let mut headings = HeadingCollector::default();
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let place = HeadingPlace { level: level as usize, start: line_start(range.start) };
                headings.begin(false, place);
            }
            Event::End(TagEnd::Heading(_)) => headings.end(),
            // The text of an image is not part of the heading's text.
            Event::Start(Tag::Image { .. }) => headings.images += 1,
            Event::End(TagEnd::Image) => headings.images -= 1,
            Event::Text(text) | Event::Code(text) => headings.add(&text),
            Event::Html(html) | Event::InlineHtml(html) => {
                headings.add_html(&html, &|at| line_start(range.start + at));
            }
            _ => {}
        }
    }
    headings
}

/// Collects the text of each heading.
#[derive(Default)]
struct HeadingCollector {
    /// The text of the heading that has begun, and its place.
    text: Option<(String, HeadingPlace)>,
    /// Whether it has begun with a tag.
    is_html: bool,
    /// How many images are around the present text.
    images: usize,
    names: Vec<SectionName>,
    /// How often each slug was made.
    counts: HashMap<String, usize>,
}

impl HeadingCollector {
    fn begin(&mut self, is_html: bool, place: HeadingPlace) {
        (self.text, self.is_html) = (Some((String::new(), place)), is_html);
    }

    fn end(&mut self) {
        let Some((text, place)) = self.text.take() else { return };
        // A tag may be on another line than its text; elsewhere, a space beside an image counts.
        let base = slug(if self.is_html { text.trim() } else { &text });
        let mut slug = base.clone();
        while self.counts.contains_key(&slug) {
            let count = self.counts.entry(base.clone()).or_default();
            *count += 1;
            slug = format!("{base}-{count}");
        }
        self.counts.insert(slug.clone(), 0);
        self.names.push(SectionName { slug, text, place: Some(place) });
    }

    fn add(&mut self, text: &str) {
        if let Some((heading, _)) = self.text.as_mut().filter(|_| self.images == 0) {
            heading.push_str(text);
        }
    }

    /// Reads HTML: headings in it count like others, and other elements may have names.
    /// `line_start` returns where the line of a position in it begins in the document.
    fn add_html(&mut self, html: &str, line_start: &dyn Fn(usize) -> usize) {
        let mut rest = html;
        while let Some((text, tag)) = rest.split_once('<') {
            self.add(text);
            let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
            let name = tag.trim_start_matches('/');
            let digit = name.strip_prefix(['h', 'H']).and_then(|name| name.chars().next());
            let level = digit.filter(|digit| ('1'..='6').contains(digit));
            let level = level.filter(|_| !name[2..].starts_with(char::is_alphanumeric));
            match (level.and_then(|level| level.to_digit(10)), tag.starts_with('/')) {
                (Some(level), false) => {
                    let start = line_start(html.len() - rest.len() + text.len());
                    self.begin(true, HeadingPlace { level: level as usize, start });
                }
                (Some(_), true) => self.end(),
                (None, _) => {}
            }
            let anchors = ["id", "name"].into_iter().filter_map(|key| attribute(tag, key));
            self.names.extend(anchors.map(|slug| SectionName {
                slug,
                text: String::new(),
                place: None,
            }));
            rest = after;
        }
        self.add(rest);
    }
}

/// Returns the value of an attribute of a tag, without the tag's angle brackets.
fn attribute(tag: &str, key: &str) -> Option<String> {
    let mut rest = tag.split_once(char::is_whitespace)?.1;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '/'));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        let Some(value) = after.trim_start().strip_prefix('=') else {
            if after.is_empty() {
                return None;
            }
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote)?,
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        if name.eq_ignore_ascii_case(key) {
            return Some(value.to_owned());
        }
        rest = after;
    }
}

/// Returns the slug of a heading: in lower case, without punctuation, and with hyphens for spaces.
pub fn slug(heading: &str) -> String {
    let text = heading.to_lowercase();
    let slug = text.chars().filter(|c| *c == ' ' || is_of_slug(*c));
    slug.map(|c| if c == ' ' { '-' } else { c }).collect()
}

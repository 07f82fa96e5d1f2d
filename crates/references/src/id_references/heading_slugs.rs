//! The slugs of a Markdown file's headings, as GitHub makes them.

use std::collections::HashMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::front_matter::without_front_matter;
use super::word_bounds::is_of_slug;

/// Returns the slugs of a Markdown file's headings in order, and the names of its HTML anchors.
pub fn heading_slugs(document: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    let mut headings = HeadingCollector::default();
    for event in Parser::new_ext(without_front_matter(document), options) {
        match event {
            Event::Start(Tag::Heading { .. }) => headings.begin(false),
            Event::End(TagEnd::Heading(_)) => headings.end(),
            // The text of an image is not part of the heading's text.
            Event::Start(Tag::Image { .. }) => headings.images += 1,
            Event::End(TagEnd::Image) => headings.images -= 1,
            Event::Text(text) | Event::Code(text) => headings.add(&text),
            Event::Html(html) | Event::InlineHtml(html) => headings.add_html(&html),
            _ => {}
        }
    }
    headings.slugs
}

/// Collects the text of each heading.
#[derive(Default)]
struct HeadingCollector {
    /// The text of the heading that has begun.
    text: Option<String>,
    /// Whether it has begun with a tag.
    is_html: bool,
    /// How many images are around the present text.
    images: usize,
    slugs: Vec<String>,
    /// How often each slug was made.
    counts: HashMap<String, usize>,
}

impl HeadingCollector {
    fn begin(&mut self, is_html: bool) {
        (self.text, self.is_html) = (Some(String::new()), is_html);
    }

    fn end(&mut self) {
        let Some(text) = self.text.take() else { return };
        // A tag may be on another line than its text; elsewhere, a space beside an image counts.
        let base = slug(if self.is_html { text.trim() } else { &text });
        let mut slug = base.clone();
        while self.counts.contains_key(&slug) {
            let count = self.counts.entry(base.clone()).or_default();
            *count += 1;
            slug = format!("{base}-{count}");
        }
        self.counts.insert(slug.clone(), 0);
        self.slugs.push(slug);
    }

    fn add(&mut self, text: &str) {
        if let Some(heading) = self.text.as_mut().filter(|_| self.images == 0) {
            heading.push_str(text);
        }
    }

    /// Reads HTML: headings in it count like others, and other elements may have names.
    fn add_html(&mut self, html: &str) {
        let mut rest = html;
        while let Some((text, tag)) = rest.split_once('<') {
            self.add(text);
            let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
            let name = tag.trim_start_matches('/');
            let level = name.strip_prefix(['h', 'H']).and_then(|name| name.chars().next());
            let is_heading = level.is_some_and(|level| ('1'..='6').contains(&level))
                && !name[2..].starts_with(char::is_alphanumeric);
            match (is_heading, tag.starts_with('/')) {
                (true, false) => self.begin(true),
                (true, true) => self.end(),
                _ => {}
            }
            self.slugs.extend(["id", "name"].into_iter().filter_map(|key| attribute(tag, key)));
            rest = after;
        }
        self.add(rest);
    }
}

/// Returns the value of an attribute of a tag.
fn attribute(tag: &str, key: &str) -> Option<String> {
    let (before, rest) = tag.split_once(&format!("{key}="))?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, _) = rest[1..].split_once(quote)?;
    before.ends_with(char::is_whitespace).then(|| value.to_owned())
}

/// Returns the slug of a heading: in lower case, without punctuation, and with hyphens for spaces.
fn slug(heading: &str) -> String {
    let text = heading.to_lowercase();
    let slug = text.chars().filter(|c| *c == ' ' || is_of_slug(*c));
    slug.map(|c| if c == ' ' { '-' } else { c }).collect()
}

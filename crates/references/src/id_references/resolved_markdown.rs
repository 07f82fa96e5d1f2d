//! Markdown for a renderer: references become links with relative paths.

use std::ops::Range;

use idhooks_core::registry::RepoPath;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::IdReference;
use super::front_matter::without_front_matter;
use crate::encoding::{IN_PART, IN_PATH, encode};

/// How many bytes before a reference are searched for the start of a URL.
const LONGEST_URL: usize = 2_000;
/// The characters that mean something in the text of a link.
const SPECIAL: &str = "\\`*_[]<>&|~$^";

/// Where a reference leads from the file that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelativeLink {
    /// The destination, as it stands in a link.
    pub destination: String,
    /// The text of the link, if the reference is not in one.
    pub title: String,
}

impl RelativeLink {
    /// Returns the destination of a link from one file to another, or to a heading of it.
    pub fn destination(from: &RepoPath, to: &RepoPath, section: Option<&str>) -> String {
        let section = section.map(|slug| format!("#{}", encode(slug.as_bytes(), IN_PART)));
        if let Some(section) = section.as_ref().filter(|_| from == to) {
            return section.clone();
        }
        let dirs = |path: &RepoPath| -> Vec<Vec<u8>> {
            let mut parts: Vec<Vec<u8>> =
                path.as_bytes().split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
            parts.pop();
            parts
        };
        let (here, there) = (dirs(from), dirs(to));
        let shared = here.iter().zip(&there).take_while(|(one, other)| one == other).count();
        let mut parts = vec![b"..".to_vec(); here.len() - shared];
        parts.extend(there[shared..].iter().cloned());
        parts.push(to.basename().to_vec());
        encode(&parts.join(&b'/'), IN_PATH) + &section.unwrap_or_default()
    }
}

/// Returns a Markdown document whose references are links. `link` returns where each of them leads.
/// What leads nowhere stays as it is, and so do references in code, in front matter, in the text of
/// links, and in HTML apart from `href` and `src`.
pub fn resolved_markdown(
    document: &str,
    references: &[IdReference],
    link: &mut dyn FnMut(&IdReference) -> Option<RelativeLink>,
) -> String {
    let places = MarkdownPlaces::of(document);
    let (mut resolved, mut from) = (String::with_capacity(document.len()), 0);
    for reference in references {
        let Some((range, is_destination)) = places.replaced(document, &reference.range) else {
            continue;
        };
        let Some(RelativeLink { destination, title }) = link(reference) else { continue };
        resolved.push_str(&document[from..range.start]);
        resolved.push_str(&match is_destination {
            true => destination,
            false => format!("[{}]({destination})", escaped(&title)),
        });
        from = range.end;
    }
    resolved.push_str(&document[from..]);
    resolved
}

/// Where a document has something else than text. Each list is in order, and its ranges do not
/// overlap.
#[derive(Default)]
struct MarkdownPlaces {
    /// Where the document begins after its front matter.
    start: usize,
    code: Vec<Range<usize>>,
    html: Vec<Range<usize>>,
    /// Links and images, without those inside of others.
    links: Vec<Range<usize>>,
    /// Links that consist of their destination: `<idhooks:…>`.
    autolinks: Vec<Range<usize>>,
    /// The definitions of links that are used elsewhere.
    definitions: Vec<Range<usize>>,
}

impl MarkdownPlaces {
    fn of(document: &str) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS;
        let text = without_front_matter(document);
        let start = document.len() - text.len();
        let moved = |range: Range<usize>| start + range.start..start + range.end;
        let mut places = MarkdownPlaces { start, ..MarkdownPlaces::default() };
        let parser = Parser::new_ext(text, options);
        let definitions = parser.reference_definitions().iter();
        places.definitions = definitions.map(|(_, one)| moved(one.span.clone())).collect();
        places.definitions.sort_by_key(|range| range.start);
        let mut depth = 0;
        for (event, range) in parser.into_offset_iter() {
            let range = moved(range);
            match event {
                Event::Code(_) | Event::Start(Tag::CodeBlock(_)) => places.code.push(range),
                Event::Html(_) | Event::InlineHtml(_) => places.html.push(range),
                Event::Start(Tag::Link { link_type, .. }) => {
                    match (depth, link_type) {
                        (0, LinkType::Autolink) => places.autolinks.push(range),
                        (0, _) => places.links.push(range),
                        _ => {}
                    }
                    depth += 1;
                }
                Event::Start(Tag::Image { .. }) => {
                    if depth == 0 {
                        places.links.push(range);
                    }
                    depth += 1;
                }
                Event::End(TagEnd::Link | TagEnd::Image) => depth -= 1,
                _ => {}
            }
        }
        places
    }

    /// Returns what a link replaces, and whether only a destination does; `None` if the reference
    /// stays as it is.
    fn replaced(&self, document: &str, own: &Range<usize>) -> Option<(Range<usize>, bool)> {
        let before = &document[..own.start];
        if own.start < self.start || around(&self.code, own).is_some() {
            return None;
        }
        if around(&self.html, own).is_some() {
            let before = before.strip_suffix(['"', '\''])?.as_bytes();
            let is_value = ["href=", "src="].into_iter().any(|name| {
                let tail = before.len().checked_sub(name.len()).map(|at| &before[at..]);
                tail.is_some_and(|tail| tail.eq_ignore_ascii_case(name.as_bytes()))
            });
            return is_value.then(|| (own.clone(), true));
        }
        if let Some(link) = around(&self.autolinks, own) {
            let is_whole = link.start + 1 == own.start && own.end + 1 == link.end;
            return is_whole.then_some((link, false));
        }
        let is_in_link = [&self.links, &self.definitions]
            .into_iter()
            .any(|ranges| around(ranges, own).is_some());
        if is_in_link {
            let before = before.strip_suffix('<').unwrap_or(before).trim_end();
            let is_destination = before.ends_with("](") || before.ends_with("]:");
            return is_destination.then(|| (own.clone(), true));
        }
        // A link would become an image, or none; and a URL stays one.
        let is_free = !before.ends_with(['!', '\\']) && !is_in_url(before);
        is_free.then(|| (own.clone(), false))
    }
}

/// Returns the range that contains another one, among ranges in order.
fn around(ranges: &[Range<usize>], own: &Range<usize>) -> Option<Range<usize>> {
    let after = ranges.partition_point(|range| range.start <= own.start);
    let last = ranges[..after].last()?;
    (own.end <= last.end).then(|| last.clone())
}

/// Returns whether this text ends inside of a URL.
fn is_in_url(before: &str) -> bool {
    let mut start = before.len().saturating_sub(LONGEST_URL);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    let word = before[start..].rsplit(|c: char| c.is_whitespace() || "(<\"'".contains(c)).next();
    word.is_some_and(|word| word.contains("://"))
}

/// Returns a text as it can stand in a link.
fn escaped(title: &str) -> String {
    let mut text = String::with_capacity(title.len());
    for c in title.chars() {
        if SPECIAL.contains(c) {
            text.push('\\');
        }
        text.push(if c.is_control() { ' ' } else { c });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReferenceScanner;
    use idhooks_core::config::Config;

    const ID: &str = "0110073814260118";

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("a path")
    }

    /// Resolves a document in which R is a reference.
    fn resolve(document: &str) -> String {
        let config = Config::parse(
            "[[references.forms]]\ntext = '[[{id}]]'\n[[references.forms]]\nkey = 'related'\n",
        )
        .expect("valid rules");
        let document = document.replace('R', &format!("idhooks:{ID}")).replace('N', ID);
        let found =
            ReferenceScanner::new(config.references()).scan(&path("a.md"), document.as_bytes());
        let link = RelativeLink { destination: "b.md".to_owned(), title: "B".to_owned() };
        let resolved = resolved_markdown(&document, &found.expect("text"), &mut |reference| {
            (reference.section.as_deref() != Some("none")).then(|| link.clone())
        });
        resolved.replace(&format!("idhooks:{ID}"), "R").replace(ID, "N")
    }

    #[test]
    fn references_become_links_where_links_can_be() {
        for (document, expected) in [
            ("See R.\n", "See [B](b.md).\n"),
            ("R@0123456789ab#x R\r\n", "[B](b.md) [B](b.md)\r\n"),
            ("See R#none.\n", "See R#none.\n"),
            ("<R> and <R#x>", "[B](b.md) and [B](b.md)"),
            ("[text](R), [t](<R#x> \"title R\")", "[text](b.md), [t](<b.md> \"title R\")"),
            ("![image](R) [R](R) [![i](R)](R)", "![image](b.md) [R](b.md) [![i](b.md)](b.md)"),
            ("[a][b] [b]\n\n[b]: R\n[c]: <R> 'R'\n", "[a][b] [b]\n\n[b]: b.md\n[c]: <b.md> 'R'\n"),
            (
                "`R` ``a R``\n\n    R\n\n```\nR\n```\n~~~ R\n~~~\nR",
                "`R` ``a R``\n\n    R\n\n```\nR\n```\n~~~ R\n~~~\n[B](b.md)",
            ),
            (
                "---\nrelated: N\ntitle: R\n---\nR [[N]]\n",
                "---\nrelated: N\ntitle: R\n---\n[B](b.md) [B](b.md)\n",
            ),
            ("<a href=\"R\">R</a> <!-- R -->", "<a href=\"b.md\">[B](b.md)</a> <!-- R -->"),
            (
                "<div>\nR <img srC='R'>\n</div>\n\nR",
                "<div>\nR <img srC='b.md'>\n</div>\n\n[B](b.md)",
            ),
            ("| a | b |\n|---|---|\n| R | `R` |\n", "| a | b |\n|---|---|\n| [B](b.md) | `R` |\n"),
            (
                "# About R\n> R\n- R: x\n[^1]\n\n[^1]: R\n",
                "# About [B](b.md)\n> [B](b.md)\n- [B](b.md): x\n[^1]\n\n[^1]: [B](b.md)\n",
            ),
            ("!R \\R https://example.org/R", "!R \\R https://example.org/R"),
            ("R <!-- idhooks: ignore -->", "R <!-- idhooks: ignore -->"),
            (
                "[R] (R) **R** _R_ ü R",
                "[[B](b.md)] ([B](b.md)) **[B](b.md)** _[B](b.md)_ ü [B](b.md)",
            ),
        ] {
            assert_eq!(resolve(document), expected, "{document}");
        }
    }

    #[test]
    fn destinations_are_relative_and_encoded() {
        for (from, to, section, expected) in [
            ("a.md", "b.md", None, "b.md"),
            ("a.md", "a.md", None, "a.md"),
            ("d/a.md", "d/a.md", Some("x"), "#x"),
            ("d/a.md", "b.md", Some("x-1"), "../b.md#x-1"),
            ("d/e/a.md", "d/f/b.md", None, "../f/b.md"),
            ("a.md", "d/b c(1).md", Some("größe"), "d/b%20c%281%29.md#gr%C3%B6%C3%9Fe"),
            ("dd/a.md", "d/b:c.md", None, "../d/b%3Ac.md"),
        ] {
            let [from, to] = [from, to].map(path);
            assert_eq!(RelativeLink::destination(&from, &to, section), expected);
        }
    }

    #[test]
    fn titles_are_text() {
        assert_eq!(
            escaped("a [b](c) | <d> `e` *f*\n"),
            "a \\[b\\](c) \\| \\<d\\> \\`e\\` \\*f\\* "
        );
    }
}

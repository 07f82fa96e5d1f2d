//! Finds the lines of a Markdown file that are markup and nothing else.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::front_matter::without_front_matter;

/// Returns whether a line is a fence of code, the underline of a heading, or a delimiter of a table
/// or of the front matter. More text on it would change what the lines around it are.
pub(super) fn is_markup_line(document: &str, line: &Range<usize>) -> bool {
    let text = without_front_matter(document);
    let begin = document.len() - text.len();
    if line.start < begin {
        return is_rule(&document[line.clone()], "-.+");
    }
    let (start, end) = (line.start - begin, line.end - begin);
    let own = &text[start..end];
    for (event, block) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        if block.start > end || block.end < start {
            continue;
        }
        let is_first = start <= block.start;
        let is_markup = match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => {
                is_first || is_rule(own, "`~") && text[end..block.end].trim().is_empty()
            }
            Event::Start(Tag::Heading { .. }) => !is_first && is_rule(own, "=-"),
            Event::Start(Tag::Table(_)) => {
                let above = text[block.start..block.end.min(start)].lines().count();
                above == 1 && is_rule(own, "|-:")
            }
            _ => false,
        };
        if is_markup {
            return true;
        }
    }
    false
}

/// Returns whether a line has nothing but these characters, spaces, and the marks of quotes.
fn is_rule(line: &str, characters: &str) -> bool {
    let mut shown = line.chars().filter(|c| !c.is_whitespace() && *c != '>').peekable();
    shown.peek().is_some() && shown.all(|c| characters.contains(c))
}

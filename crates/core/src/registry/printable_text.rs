//! Text that is safe to print: file names and identifiers may be hostile.

use std::borrow::Cow;

/// Returns text with hostile characters escaped: those that move the cursor, start a line, change
/// the writing direction or are invisible. File names and identifiers may contain them.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(escaped_with(text, |_| None))
}

/// Returns text in which characters are replaced according to `with`; hostile characters that it
/// does not replace are escaped.
pub fn escaped_with(text: &str, with: impl Fn(char) -> Option<&'static str>) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match with(c) {
            Some(other) => out.push_str(other),
            // Characters are escaped rather than removed, because two different names must not look
            // the same.
            None if is_hostile(c) => out.extend(c.escape_default()),
            None => out.push(c),
        }
        out
    })
}

/// Returns whether a character can move the cursor, start a line or change the writing direction,
/// or make two different strings look the same. The joiners U+200C and U+200D do not count: emoji
/// and words in some languages contain them.
pub fn is_hostile(c: char) -> bool {
    let is_direction = || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_line_end = || matches!(c, '\u{2028}' | '\u{2029}');
    let is_invisible = || matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e001f}');
    c.is_control() || is_direction() || is_line_end() || is_invisible()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_escaped() {
        assert_eq!(safe("a\nb\u{1b}[2J\u{202e}\u{61c}é😀"), "a\\nb\\u{1b}[2J\\u{202e}\\u{61c}é😀");
        assert!(matches!(safe("plain"), Cow::Borrowed(_)));
        assert_eq!(
            safe("run\u{200b}_\u{feff}t\u{ad}\u{2028}"),
            "run\\u{200b}_\\u{feff}t\\u{ad}\\u{2028}"
        );
        assert!(matches!(safe("👩\u{200d}💻"), Cow::Borrowed(_)), "joiners are part of words");
    }
}

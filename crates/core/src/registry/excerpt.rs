//! [`excerpt`]: how messages quote untrusted text.

use std::borrow::Cow;

/// The most bytes of such a text that a message quotes.
const MAX_BYTES: usize = 200;

/// Returns a text as a message quotes it: cut after 200 bytes, between two characters, with `…` at the end.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    cut(text, MAX_BYTES)
}

/// Returns a text cut after so many bytes.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_two_characters() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"a".repeat(200)), "a".repeat(200));
        assert_eq!(excerpt(&"a".repeat(201)), "a".repeat(200) + "…");
        assert_eq!(excerpt(&"é".repeat(101)), "é".repeat(100) + "…");
        assert_eq!(
            excerpt(&("a".to_owned() + &"é".repeat(100))),
            "a".to_owned() + &"é".repeat(99) + "…"
        );
    }
}

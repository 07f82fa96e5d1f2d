//! [`excerpt`]: how messages quote untrusted text.

use std::borrow::Cow;

/// How many bytes of untrusted text to quote in a message.
const MAX_BYTES: usize = 200;

/// Returns a string in the form quoted in messages: truncated to at most 200 bytes, on a character
/// boundary, with `…` at the end if anything was cut.
pub fn excerpt(text: &str) -> Cow<'_, str> {
    cut(text, MAX_BYTES)
}

/// Returns a string truncated to at most this many bytes.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    Cow::Owned(format!("{}…", &text[..end]))
}

/// The maximum length in bytes of a message that quotes untrusted words, separated by spaces.
const MAX_MESSAGE_BYTES: usize = 1_000;

/// Returns a message in which each word is truncated as in [`excerpt`], because it may be
/// untrusted, and whose total length is limited too.
pub fn with_excerpts(message: String) -> String {
    if message.len() <= MAX_BYTES {
        return message;
    }
    let words: Vec<Cow<'_, str>> = message.split(' ').map(word_excerpt).collect();
    cut(&words.join(" "), MAX_MESSAGE_BYTES).into_owned()
}

/// Returns a word truncated to 200 bytes, but keeps a quotation mark or bracket at its end.
fn word_excerpt(word: &str) -> Cow<'_, str> {
    let inside = word.trim_end_matches(['\'', '"', '`', ']', '}', ')', ',', ':', ';']);
    let end = &word[inside.len()..];
    match (excerpt(inside), end.len() > 4) {
        (Cow::Owned(cut), false) => Cow::Owned(cut + end),
        _ => excerpt(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_words_of_a_message_are_cut() {
        let long = "a".repeat(201);
        let cut = "a".repeat(200) + "…";
        assert_eq!(
            with_excerpts("generator 'a'  lacks 'b'".to_owned()),
            "generator 'a'  lacks 'b'"
        );
        assert_eq!(
            with_excerpts(format!("[x.{long}] lacks y")),
            format!("[x.{}…] lacks y", &cut[..197])
        );
        assert_eq!(with_excerpts(format!("no '{long}', y")), format!("no '{}…', y", &cut[..199]));
        assert_eq!(with_excerpts("'".repeat(900)), "'".repeat(200) + "…");
        assert!(with_excerpts("a ".repeat(9_000)).len() < 1_010);
    }

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

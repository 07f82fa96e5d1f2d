//! Whether a regular expression describes identities of 16 digits.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Returns why a regular expression describes anything but 16 digits; nothing where it does not.
pub(super) fn fault(pattern: &str) -> Option<String> {
    // Python's way to say the very end.
    let pattern = pattern.replace("\\Z", "\\z");
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(&pattern);
    let hir = match parsed {
        Ok(hir) => hir,
        Err(error) => {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            return Some(last.trim_start_matches("error: ").to_owned());
        }
    };
    let lengths = (hir.properties().minimum_len(), hir.properties().maximum_len());
    match lengths {
        (Some(16), Some(16)) if is_digits(&hir) => None,
        (Some(16), Some(16)) => Some("it allows more than digits".to_owned()),
        (Some(least), Some(most)) if least == most => {
            Some(format!("it describes {least} characters"))
        }
        (Some(least), Some(most)) => Some(format!("it describes {least} to {most} characters")),
        _ => Some("it describes texts of any length".to_owned()),
    }
}

fn is_digits(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(text) => text.0.iter().all(u8::is_ascii_digit),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().all(|range| range.start() >= b'0' && range.end() <= b'9')
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().all(|range| range.start() >= '0' && range.end() <= '9')
        }
        HirKind::Repetition(repetition) => is_digits(&repetition.sub),
        HirKind::Capture(capture) => is_digits(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(is_digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_digits_are_known_in_every_form() {
        for pattern in [
            r"^\d{16}$",
            r"\d{16}",
            r"^[0-9]{16}\Z",
            r"^(?P<type>\d{2})(?P<ns>\d{3})(?P<seq>\d{5})(?P<scope>\d{6})$",
            r"^(\d{4}){4}$",
            r"^\d{10}260118$",
        ] {
            assert_eq!(fault(pattern), None, "{pattern}");
        }
        for (pattern, why) in [
            (r"^\d{15}$", "it describes 15 characters"),
            (r"^\d{10,16}$", "it describes 10 to 16 characters"),
            (r"^\d+$", "it describes texts of any length"),
            (r"^[0-9a-f]{16}$", "it allows more than digits"),
            (r"^DOC-\d{12}$", "it allows more than digits"),
            (r"^\d{16", "unclosed counted repetition"),
            ("", "it describes 0 characters"),
        ] {
            assert_eq!(fault(pattern).as_deref(), Some(why), "{pattern}");
        }
    }
}

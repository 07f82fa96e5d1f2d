//! Checks whether a regular expression describes identities of 16 digits.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Returns the fault of a regular expression that does not describe exactly 16 digits, alone or at
/// the beginning of a file name; `None` if it has none.
pub(super) fn fault(pattern: &str) -> Option<String> {
    let why = fault_as_written(pattern)?;
    // YAML keeps two backslashes in single quotes, where one was meant.
    let once = pattern.replace("\\\\", "\\");
    match once == pattern || fault_as_written(&once).is_some() {
        true => Some(why),
        false => None,
    }
}

fn fault_as_written(pattern: &str) -> Option<String> {
    // Python's anchor for the end of the text.
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
    if begins_a_name(&hir) {
        return None;
    }
    let lengths = (hir.properties().minimum_len(), hir.properties().maximum_len());
    match lengths {
        (Some(16), Some(16)) if is_digits(&hir) => None,
        (Some(16), Some(16)) => Some("it also allows other characters than digits".to_owned()),
        (Some(least), Some(most)) if least == most => {
            Some(format!("it describes {least} characters"))
        }
        (Some(least), Some(most)) => Some(format!("it describes {least} to {most} characters")),
        _ => Some("it describes texts of any length".to_owned()),
    }
}

/// Returns whether the pattern is 16 digits, then '_' and the rest of a name.
fn begins_a_name(hir: &Hir) -> bool {
    let HirKind::Concat(parts) = hir.kind() else { return false };
    let mut digits = 0;
    for part in parts {
        if let HirKind::Literal(text) = part.kind() {
            let own = text.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits + own == 16 && text.0.get(own) == Some(&b'_') {
                return true;
            }
        }
        let properties = part.properties();
        match (properties.minimum_len(), properties.maximum_len()) {
            (Some(least), Some(most)) if least == most && is_digits(part) => digits += least,
            _ => return false,
        }
    }
    false
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
    fn sixteen_digits_are_recognized_in_every_form() {
        for pattern in [
            r"^\d{16}$",
            r"\d{16}",
            r"^[0-9]{16}\Z",
            r"^(?P<type>\d{2})(?P<ns>\d{3})(?P<seq>\d{5})(?P<scope>\d{6})$",
            r"^(\d{4}){4}$",
            r"^\d{10}260118$",
            r"^\d{16}_.+",
            r"^\d{10}260118_.+$",
            r"^\\d{16}_.+",
            r"^\\d{16}$",
            r"^(?P<type>\d{2})(?P<ns>\d{3})(?P<seq>\d{5})(?P<scope>\d{6})_.*$",
        ] {
            assert_eq!(fault(pattern), None, "{pattern}");
        }
        for (pattern, why) in [
            (r"^\d{15}$", "it describes 15 characters"),
            (r"^\d{15}_.+", "it describes texts of any length"),
            (r"^\d{16}.*", "it describes texts of any length"),
            (r"^\d{10,16}$", "it describes 10 to 16 characters"),
            (r"^\d+$", "it describes texts of any length"),
            (r"^[0-9a-f]{16}$", "it also allows other characters than digits"),
            (r"^DOC-\d{12}$", "it also allows other characters than digits"),
            (r"^\d{16", "unclosed counted repetition"),
            ("", "it describes 0 characters"),
        ] {
            assert_eq!(fault(pattern).as_deref(), Some(why), "{pattern}");
        }
    }
}

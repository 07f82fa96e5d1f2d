//! Checks whether a regular expression describes 16-digit identities.

/// The form of another program's identities, as described by its regular expression. Only sequences
/// of characters, classes, groups and repetitions are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IdForm {
    /// Exactly 16 digits, alone or at the start of a file name.
    SixteenDigits,
    /// Another form, with a description.
    Other(String),
    /// The pattern is not understood.
    Unknown,
}

impl IdForm {
    /// Reads a pattern.
    pub(super) fn parse(pattern: &str) -> Self {
        // Inside single quotes, YAML keeps both backslashes where only one was meant.
        match Self::parse_as_written(&pattern.replace("\\\\", "\\")) {
            IdForm::SixteenDigits => IdForm::SixteenDigits,
            _ => Self::parse_as_written(pattern),
        }
    }

    fn parse_as_written(pattern: &str) -> Self {
        let mut rest = pattern;
        let Some(Extent { least, most, is_digits }) = sequence(&mut rest, 0) else {
            // Guessing the form of a pattern that is not understood could mean refusing a correct
            // file.
            return IdForm::Unknown;
        };
        IdForm::Other(match most {
            Some(16) if least == 16 && is_digits => return IdForm::SixteenDigits,
            Some(16) if least == 16 => "it also allows other characters than digits".to_owned(),
            Some(most) if least == most => format!("it describes {least} characters"),
            Some(most) => format!("it describes {least} to {most} characters"),
            None => "it describes texts of any length".to_owned(),
        })
    }
}

/// How deeply groups may be nested.
const MAX_DEPTH: usize = 20;

/// The strings that a part of a pattern matches.
struct Extent {
    least: usize,
    /// The maximum length, if there is one.
    most: Option<usize>,
    is_digits: bool,
}

impl Extent {
    const NOTHING: Self = Extent { least: 0, most: Some(0), is_digits: true };

    const fn one(is_digits: bool) -> Self {
        Extent { least: 1, most: Some(1), is_digits }
    }
}

/// Reads a sequence up to its end or the end of its group; outside groups, also stops at a `_`
/// after 16 digits. Returns `None` if the sequence is not understood.
fn sequence(rest: &mut &str, depth: usize) -> Option<Extent> {
    let is_top = depth == 0;
    let mut all = Extent::NOTHING;
    while !rest.is_empty() && (is_top || !rest.starts_with(')')) {
        // Patterns like this describe a file name that starts with an identity.
        let is_id = all.least == 16 && all.most == Some(16) && all.is_digits;
        let name = rest.strip_prefix('_').filter(|name| !name.starts_with(['?', '*', '+', '{']));
        if is_top && is_id && name.is_some() {
            // An alternation would apply to the whole pattern.
            return (!rest.contains('|')).then_some(all);
        }
        let part = atom(rest, depth)?;
        let (least, most) = repetition(rest)?;
        // The lengths saturate, because a pattern may nest large repetitions.
        all.least = all.least.saturating_add(part.least.saturating_mul(least));
        all.most = match (all.most, part.most, most) {
            // An anchor has no length, even if it is repeated without limit.
            (Some(all), Some(0), _) => Some(all),
            (Some(all), Some(part), Some(most)) => {
                Some(all.saturating_add(part.saturating_mul(most)))
            }
            _ => None,
        };
        all.is_digits &= part.is_digits;
    }
    Some(all)
}

/// Reads a character, a class, an anchor or a group.
fn atom(rest: &mut &str, depth: usize) -> Option<Extent> {
    let first = rest.chars().next()?;
    let inner = &rest[first.len_utf8()..];
    *rest = inner;
    match first {
        '^' | '$' => Some(Extent::NOTHING),
        '\\' => {
            let escaped = inner.chars().next()?;
            *rest = &inner[escaped.len_utf8()..];
            match escaped {
                'A' | 'Z' | 'z' | 'b' => Some(Extent::NOTHING),
                'd' | 'w' | 's' | 'D' | 'W' | 'S' => Some(Extent::one(escaped == 'd')),
                // Other letters, such as `\p`, have meanings that are not supported here.
                _ => (!escaped.is_alphanumeric()).then_some(Extent::one(false)),
            }
        }
        '[' => {
            let (class, after) = inner.split_once(']').filter(|(class, _)| !class.is_empty())?;
            *rest = after;
            // The class may also contain `\d`, in which the letter is not a digit.
            let class = class.replace("\\d", "0-9");
            Some(Extent::one(class.chars().all(|c| c.is_ascii_digit() || c == '-')))
        }
        '(' if depth < MAX_DEPTH => {
            if let Some(after) = inner.strip_prefix('?') {
                let named = after.strip_prefix("P<").or(after.strip_prefix('<'));
                // `(?<=` and `(?<!` are lookbehinds, which have no length.
                let named = named.filter(|name| !name.starts_with(['=', '!']));
                let named = named.and_then(|name| name.split_once('>')).map(|(_, after)| after);
                *rest = after.strip_prefix(':').or(named)?;
            }
            let part = sequence(rest, depth + 1)?;
            *rest = rest.strip_prefix(')')?;
            Some(part)
        }
        '|' | '(' | ')' | '*' | '+' | '?' | '{' => None,
        first => Some(Extent::one(first.is_ascii_digit())),
    }
}

/// Reads how many times the preceding part is repeated.
fn repetition(rest: &mut &str) -> Option<(usize, Option<usize>)> {
    let bounds = match rest.chars().next() {
        Some('*') => (0, None),
        Some('+') => (1, None),
        Some('?') => (0, Some(1)),
        Some('{') => {
            let (bounds, after) = rest[1..].split_once('}')?;
            // The last character is left unread, as for the other repetitions.
            *rest = &rest[rest.len() - after.len() - 1..];
            let number = |text: &str| text.parse::<u16>().ok().map(usize::from);
            match bounds.split_once(',') {
                Some((least, "")) => (number(least)?, None),
                Some((least, most)) => (number(least)?, Some(number(most)?)),
                None => (number(bounds)?, Some(number(bounds)?)),
            }
        }
        _ => return Some((1, Some(1))),
    };
    *rest = &rest[1..];
    // A lazy repetition matches strings of the same lengths.
    *rest = rest.strip_prefix('?').unwrap_or(rest);
    Some(bounds)
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
            r"^(?:[\d]{4}){4}?$",
            r"^\d{10}260118$",
            r"^\d{16}_.+",
            r"^\d{10}260118_.+$",
            r"^\\d{16}_.+",
            r"^\\d{16}$",
            r"^(?P<type>\d{2})(?P<ns>\d{3})(?P<seq>\d{5})(?P<scope>\d{6})_.*$",
        ] {
            assert_eq!(IdForm::parse(pattern), IdForm::SixteenDigits, "{pattern}");
        }
    }

    #[test]
    fn other_forms_are_described() {
        for (pattern, why) in [
            (r"^\d{15}$", "it describes 15 characters"),
            (r"^\d{15}_.+", "it describes texts of any length"),
            (r"^\d{16}.*", "it describes texts of any length"),
            (r"^\d{16}_?", "it describes 16 to 17 characters"),
            (r"^\d{10,16}$", "it describes 10 to 16 characters"),
            (r"^\d{16,}$", "it describes texts of any length"),
            (r"^\d+$", "it describes texts of any length"),
            (r"^[0-9a-f]{16}$", "it also allows other characters than digits"),
            (r"^[^0-9]{16}$", "it also allows other characters than digits"),
            (r"^DOC-\d{12}$", "it also allows other characters than digits"),
            ("", "it describes 0 characters"),
        ] {
            assert_eq!(IdForm::parse(pattern), IdForm::Other(why.to_owned()), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_judged() {
        for pattern in [
            r"^\d{16",
            r"^\d{16}|x",
            r"^\d{16}_x|y",
            r"^(\d{16}|x)$",
            r"(?i)\d{16}",
            r"(?<!x)\d{16}",
            r"(?=x)\d{16}",
            r"\p{Nd}{16}",
            r"^(\d{16}",
            r"\d{16})",
            r"*\d{16}",
            r"[]0]",
            r"\d{99999999}",
            r"\",
            r"\1",
            &"(".repeat(100_000),
        ] {
            assert_eq!(IdForm::parse(pattern), IdForm::Unknown, "{pattern}");
        }
    }
}

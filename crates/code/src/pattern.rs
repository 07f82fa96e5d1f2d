//! Converts regexes for parts to a form that Rust, Python and ECMAScript interpret the same way.

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The bytes that an identifier may contain: printable ASCII except the space.
const FIRST: u8 = b'!';
const LAST: u8 = b'~';

/// Why a regex cannot be used as a part's pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    /// The string is not a valid regex.
    #[error("{}", problem(.0))]
    Syntax(Box<regex_syntax::Error>),
    /// The regex matches a byte that no identifier contains.
    #[error("an identifier cannot contain the byte 0x{0:02x}")]
    Byte(u8),
    /// The regex contains an anchor or a word boundary.
    #[error("a part is always matched as a whole; leave out ^, $ and \\b")]
    Anchor,
    /// A character class contains no character that is allowed in identifiers.
    #[error("it matches no printable ASCII character")]
    EmptyClass,
    /// The regex's automaton would be too large.
    #[error("the regex is too large")]
    TooLarge,
}

/// Returns the problem with a regex, without quoting the regex or giving the position in it.
fn problem(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    }
}

/// The syntax that all patterns use: ASCII only.
pub(crate) fn syntax_config() -> syntax::Config {
    // For characters beyond ASCII, `\d`, `\w` and the like differ between languages.
    syntax::Config::new().unicode(false).utf8(false)
}

/// Converts a regex to a pattern of literals, classes of ranges, groups, alternatives and greedy
/// repetitions, which Rust, Python and ECMAScript interpret the same way. Classes are limited to
/// printable ASCII except the space.
///
/// # Errors
/// Returns an error if the string is not a valid regex, contains an anchor or a word boundary, or
/// matches no identifier.
pub(crate) fn portable(regex: &str) -> Result<String, PatternError> {
    let mut builder = ParserBuilder::new();
    // The functions below recurse into nested groups.
    let parsed = builder.unicode(false).utf8(false).nest_limit(50).build().parse(regex);
    let hir = parsed.map_err(|error| PatternError::Syntax(Box::new(error)))?;
    let mut pattern = String::new();
    write(&hir, &mut pattern)?;
    Ok(pattern)
}

/// Returns a regex that matches only if the pattern matches the entire string.
pub(crate) fn whole(pattern: &str) -> Result<Regex, PatternError> {
    // Without the group, each alternative would be anchored at one end only.
    let regex = Regex::builder().syntax(syntax_config()).build(&format!("\\A(?:{pattern})\\z"));
    regex.map_err(|_| PatternError::TooLarge)
}

/// Returns the length of the shortest string that a pattern matches.
pub(crate) fn shortest(pattern: &str) -> usize {
    let mut builder = ParserBuilder::new();
    let parsed = builder.unicode(false).utf8(false).build().parse(pattern);
    parsed.ok().and_then(|hir| hir.properties().minimum_len()).unwrap_or(0)
}

/// Returns the pattern that matches only the given string.
pub(crate) fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    text.bytes().for_each(|byte| push_literal(&mut pattern, byte));
    pattern
}

/// The characters that may follow a backslash in every language (in ECMAScript even with the flags
/// `u` and `v`), both inside and outside a class.
const ESCAPABLE: &[u8] = br"\.+*?()|[]{}^$/";

fn push_literal(pattern: &mut String, byte: u8) {
    if ESCAPABLE.contains(&byte) {
        pattern.push('\\');
    }
    pattern.push(char::from(byte));
}

/// Returns whether a pattern contains a repetition within an unlimited repetition, which may take a
/// backtracking engine exponential time.
pub(crate) fn repeats_repetitions(pattern: &str) -> bool {
    fn repeats(hir: &Hir, is_repeated: bool) -> bool {
        let is_repeated = match hir.kind() {
            HirKind::Repetition(one) if is_repeated && one.max.is_none() => return true,
            HirKind::Repetition(one) => is_repeated || one.max.is_none_or(|max| max > 1),
            _ => is_repeated,
        };
        hir.kind().subs().iter().any(|hir| repeats(hir, is_repeated))
    }
    let mut builder = ParserBuilder::new();
    let parsed = builder.unicode(false).utf8(false).build().parse(pattern);
    parsed.is_ok_and(|hir| repeats(&hir, false))
}

fn write(hir: &Hir, pattern: &mut String) -> Result<(), PatternError> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            for byte in &literal.0 {
                if !(FIRST..=LAST).contains(byte) {
                    return Err(PatternError::Byte(*byte));
                }
                push_literal(pattern, *byte);
            }
        }
        HirKind::Class(class) => write_class(class, pattern)?,
        HirKind::Look(_) => return Err(PatternError::Anchor),
        HirKind::Repetition(repetition) => {
            write_group(&repetition.sub, pattern)?;
            match (repetition.min, repetition.max) {
                (0, Some(1)) => pattern.push('?'),
                (0, None) => pattern.push('*'),
                (1, None) => pattern.push('+'),
                (min, None) => pattern.push_str(&format!("{{{min},}}")),
                (min, Some(max)) if min == max => pattern.push_str(&format!("{{{min}}}")),
                (min, Some(max)) => pattern.push_str(&format!("{{{min},{max}}}")),
            }
        }
        HirKind::Capture(capture) => write_group(&capture.sub, pattern)?,
        HirKind::Concat(parts) => {
            for part in parts {
                match part.kind() {
                    // Without the group, `|` would split the whole sequence.
                    HirKind::Alternation(_) => write_group(part, pattern)?,
                    _ => write(part, pattern)?,
                }
            }
        }
        HirKind::Alternation(choices) => {
            for (at, choice) in choices.iter().enumerate() {
                if at > 0 {
                    pattern.push('|');
                }
                write(choice, pattern)?;
            }
        }
    }
    Ok(())
}

/// Writes the operand of an operator.
fn write_group(hir: &Hir, pattern: &mut String) -> Result<(), PatternError> {
    // Only whole parts are captured, so groups inside a part become non-capturing.
    if let HirKind::Capture(capture) = hir.kind() {
        return write_group(&capture.sub, pattern);
    }
    let is_one = match hir.kind() {
        HirKind::Class(_) => true,
        HirKind::Literal(literal) => literal.0.len() == 1,
        _ => false,
    };
    match is_one {
        true => write(hir, pattern),
        false => {
            pattern.push_str("(?:");
            write(hir, pattern)?;
            pattern.push(')');
            Ok(())
        }
    }
}

fn write_class(class: &Class, pattern: &mut String) -> Result<(), PatternError> {
    let mut ranges: Vec<(u8, u8)> = match class {
        Class::Bytes(class) => class.iter().map(|range| (range.start(), range.end())).collect(),
        Class::Unicode(class) => {
            let byte = |c: char| u8::try_from(c).unwrap_or(u8::MAX);
            class.iter().map(|range| (byte(range.start()), byte(range.end()))).collect()
        }
    };
    // A negated class such as `[^_]` includes bytes that identifiers may not contain.
    ranges.retain_mut(|(first, last)| {
        (*first, *last) = ((*first).max(FIRST), (*last).min(LAST));
        first <= last
    });
    if ranges.is_empty() {
        return Err(PatternError::EmptyClass);
    }
    pattern.push('[');
    for (first, last) in ranges {
        push_in_class(pattern, first);
        if last > first {
            if last > first + 1 {
                pattern.push('-');
            }
            push_in_class(pattern, last);
        }
    }
    pattern.push(']');
    Ok(())
}

fn push_in_class(pattern: &mut String, byte: u8) {
    match byte {
        // When doubled, these characters are class operators in Rust and, in future versions, in
        // Python; ECMAScript with the flag `u` does not allow them to be escaped with a backslash.
        b'&' | b'~' => return pattern.push_str(&format!("\\x{byte:02x}")),
        b'-' => pattern.push('\\'),
        byte if ESCAPABLE.contains(&byte) => pattern.push('\\'),
        _ => {}
    }
    pattern.push(char::from(byte));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_only_what_every_language_reads_in_the_same_way() {
        for (regex, expected) in [
            ("[A-Za-z0-9][A-Za-z0-9_-]*", "[0-9A-Za-z][\\-0-9A-Z_a-z]*"),
            (r"\d+", "[0-9]+"),
            (r"\w{2,}", "[0-9A-Z_a-z]{2,}"),
            ("a|bc|d", "a|bc|d"),
            ("(web|api)x", "(?:web|api)x"),
            ("(?i)ab", "[Aa][Bb]"),
            ("(?P<name>a.)?", "(?:a[!-\\x7e])?"),
            ("[^_]+?", "[!-\\^`-\\x7e]+"),
            (r"a\.b/", r"a\.b\/"),
            ("(ab){3}", "(?:ab){3}"),
            ("", ""),
        ] {
            assert_eq!(portable(regex).expect("a regex"), expected, "{regex}");
        }
        let whole_part = "a part is always matched as a whole; leave out ^, $ and \\b";
        for (regex, expected) in [
            ("(", "unclosed group"),
            ("^a", whole_part),
            (r"a\b", whole_part),
            (r"\s", "it matches no printable ASCII character"),
            ("a b", "an identifier cannot contain the byte 0x20"),
            ("é", "an identifier cannot contain the byte 0xc3"),
            ("a(?=b)", "look-around, including look-ahead and look-behind, is not supported"),
        ] {
            let error = portable(regex).expect_err("must be refused").to_string();
            assert_eq!(error, expected, "{regex}");
        }
        let large = whole("a{1000}{1000}").expect_err("must be refused").to_string();
        assert_eq!(large, "the regex is too large");
        assert_eq!(escaped("a.b-c_$"), r"a\.b-c_\$");
    }

    #[test]
    fn repeated_repetitions_are_found() {
        for (pattern, expected) in [
            ("[a-z]+", false),
            ("[a-z]*[0-9]+", false),
            ("(?:a|b)*", false),
            ("(?:[a-z]{2})*", false),
            ("(?:[a-z]+)?", false),
            ("(?:[a-z]+)*", true),
            ("x(?:a|(?:b*c)){2}", true),
        ] {
            assert_eq!(repeats_repetitions(pattern), expected, "{pattern}");
        }
    }
}

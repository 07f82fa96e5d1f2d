//! E-mail addresses, which may contain text that looks like an identifier.

use std::ops::Range;

/// Returns whether a string is an e-mail address: a name, `@`, and a domain that contains a dot.
pub(crate) fn is_address(text: &str) -> bool {
    let bytes = text.as_bytes();
    let at = memchr::memchr(b'@', bytes);
    at.is_some_and(|at| address_around(bytes, at) == Some(0..bytes.len()))
}

/// Returns whether part of a string belongs to an e-mail address.
pub(crate) fn is_in_address(text: &[u8], part: Range<usize>) -> bool {
    let before = text[..part.start].iter().rposition(|byte| !is_of_domain(*byte));
    // A word preceded by `@` belongs to a domain, and a word followed by `@` to a name.
    let after = text[part.end..].iter().position(|byte| !is_of_name(*byte));
    let signs = before.into_iter().chain(after.map(|length| part.end + length));
    signs.filter(|at| text[*at] == b'@').any(|at| address_around(text, at).is_some())
}

/// Returns the address around the `@` at the given position.
fn address_around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let name = text[..at].iter().rev().take_while(|byte| is_of_name(**byte)).count();
    let domain = &text[at + 1..];
    let length = domain.iter().take_while(|byte| is_of_domain(**byte)).count();
    let domain = &domain[..length];
    // A dot at the end may be a full stop.
    let domain = domain.strip_suffix(b".").unwrap_or(domain);
    let mut labels = domain.split(|byte| *byte == b'.');
    let is_whole = labels.all(|label| !label.is_empty()) && domain.contains(&b'.');
    (name > 0 && is_whole).then(|| at - name..at + 1 + domain.len())
}

/// Returns whether a byte may occur in an address.
pub(crate) fn is_of_address(byte: u8) -> bool {
    byte == b'@' || is_of_name(byte)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte)
}

fn is_of_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_domain_with_a_dot_are_an_address() {
        for text in ["a@b.c", "run_1+x@mail.example.com"] {
            assert!(is_address(text), "{text}");
        }
        for text in ["a", "a@b", "@b.c", "a@", "a@.c", "a@b..c", "to a@b.c", "a@b.c!"] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn both_sides_of_the_sign_belong_to_it() {
        let text = "to ws_1+x@ws-2.example.com, ws_3@host; ws_4.";
        let is_part = |part: &str| {
            let at = text.find(part).expect("a part");
            is_in_address(text.as_bytes(), at..at + part.len())
        };
        assert!(is_part("ws_1") && is_part("ws-2") && is_part("example"));
        assert!(!is_part("ws_3") && !is_part("ws_4") && !is_part("to"));
    }
}

//! Which texts are web addresses.

/// The longest address or template in bytes.
const MOST_BYTES: usize = 2_000;

/// Returns whether a text is a web address without credentials.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    is_printable(text) && !host.is_empty() && !host.contains('@')
}

/// Returns whether a text is short and has no characters that need quoting.
pub(crate) fn is_printable(text: &str) -> bool {
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || "\"<>\\^`|".contains(c);
    text.len() <= MOST_BYTES && !text.is_empty() && !text.contains(is_bad)
}

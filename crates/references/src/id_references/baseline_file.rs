//! Recognizes baselines: files of idhooks' own whose paths its users choose.

/// How baselines begin, apart from white space: as idhooks writes them, and with sorted keys, as
/// formatters of JSON leave them.
const BEGINNINGS: [&[u8]; 2] = [b"{\"version\":1,\"findings\":[", b"{\"findings\":[{\"code\":\""];

/// Returns whether a file is a baseline. It repeats the text of the references that it accepts, but
/// refers to nothing: a reference in it would need a baseline of its own.
pub(super) fn is_baseline(content: &[u8]) -> bool {
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let begins_with = |beginning: &&[u8]| {
        let mut bytes = content.iter().filter(|byte| !byte.is_ascii_whitespace());
        beginning.iter().all(|byte| bytes.next() == Some(byte))
    };
    content.starts_with(b"{") && BEGINNINGS.iter().any(begins_with)
}

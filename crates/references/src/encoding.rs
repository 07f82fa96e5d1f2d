//! Percent-encoding for the URLs of pages.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// The bytes to encode in a path: all but slashes and those that are never special in a URL. The
/// result can also be used in a query.
pub(crate) const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The bytes to encode in a path component or a query value.
pub(crate) const IN_PART: &AsciiSet = &IN_PATH.add(b'/');

/// The bytes to encode in a path as browsers send it, by the URL standard.
pub(crate) const AS_SENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'%');

/// Encodes the bytes that are in this set.
pub(crate) fn encode(bytes: &[u8], set: &'static AsciiSet) -> String {
    percent_encode(bytes, set).to_string()
}

/// Returns a part of a URL's path, decoded; `None` if that is not text.
pub(crate) fn decode(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(Cow::into_owned)
}

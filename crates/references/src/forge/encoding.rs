//! What is percent-encoded in the addresses of pages.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// What is encoded in the path of an address: all but the characters that no part of an address
/// gives a meaning to. It makes a path safe in a query, too.
pub(super) const IN_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// What is encoded in a part of a path, or in the value of a query.
pub(super) const IN_PART: &AsciiSet = &IN_PATH.add(b'/');

/// Encodes the bytes that are in this set.
pub(super) fn encode(bytes: &[u8], set: &'static AsciiSet) -> String {
    percent_encode(bytes, set).to_string()
}

/// Returns a part of a URL's path, decoded; `None` if that is not text.
pub(super) fn decode(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(Cow::into_owned)
}

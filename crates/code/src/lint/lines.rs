//! `--count lines`: counts the lines that contain a certain text, regardless of its meaning there.

use idhooks_core::check::Code;
use memchr::memmem;

use super::file_finding::FileFinding;

/// Returns the lines that contain `uuid.uuid4()`, including in comments and strings.
pub(super) fn count_lines(bytes: &[u8]) -> Vec<FileFinding> {
    let mut spots = Vec::new();
    let (mut line, mut counted, mut next) = (1, 0, 0);
    for at in memmem::find_iter(bytes, b"uuid.uuid4()") {
        // A line with several calls counts only once.
        if at < next {
            continue;
        }
        line += memchr::memchr_iter(b'\n', &bytes[counted..at]).count();
        counted = at;
        let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
        next = end;
        let has = |text: &[u8]| memmem::find(&bytes[start..end], text).is_some();
        let kind = if has(b"uuid.uuid4().hex[") {
            "string_format"
        } else if has(b"str(uuid.uuid4())") {
            "method_call"
        } else {
            "direct_uuid"
        };
        // Columns count characters, so UTF-8 continuation bytes are left out.
        let is_start = |byte: &&u8| **byte & 0xc0 != 0x80;
        spots.push(FileFinding {
            code: Code::RawUuid,
            line,
            column: bytes[start..at].iter().filter(is_start).count() + 1,
            kind: kind.to_owned(),
            id: None,
            message: "the line contains 'uuid.uuid4()'".to_owned(),
        });
    }
    spots
}

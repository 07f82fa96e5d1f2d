//! A Python file's text in the encoding it declares (PEP 263).

use std::borrow::Cow;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The characters that single-byte encodings assign from 0x80 or 0xA0 up. Below 0xA0, the ISO 8859
/// encodings have Unicode's control characters.
const TABLES: [(&str, &str); 5] = [
    (
        "cp1251",
        "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—�™љ›њќћџ\u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙ\
     КЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
    ),
    (
        "cp1252",
        "€�‚ƒ„…†‡ˆ‰Š‹Œ�Ž��‘’“”•–—˜™š›œ�žŸ\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉ\
     ÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
    ),
    (
        "koi8-r",
        "─│┌┐└┘├┤┬┴┼▀▄█▌▐░▒▓⌠■∙√≈≤≥\u{a0}⌡°²·÷═║╒ё╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡Ё╢╣╤╥╦╧╨╩╪╫╬©юабцдефгхийклмн\
     опярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ",
    ),
    (
        "iso8859-2",
        "\u{a0}Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u{ad}ŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčé\
     ęëěíîďđńňóôőö÷řůúűüýţ˙",
    ),
    (
        "iso8859-15",
        "\u{a0}¡¢£€¥Š§š©ª«¬\u{ad}®¯°±²³Žµ¶·ž¹º»ŒœŸ¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèé\
     êëìíîïðñòóôõö÷øùúûüýþÿ",
    ),
];

/// Alternative names for encodings, in lower case and with '-' instead of '_'.
const ALIASES: [(&str, &[&str]); 7] = [
    ("utf-8", &["utf8", "u8", "utf", "utf-8-sig", "cp65001"]),
    ("ascii", &["us-ascii", "646", "ansi-x3.4-1968", "iso646-us"]),
    (
        "latin-1",
        &["latin1", "latin", "l1", "iso-8859-1", "iso8859-1", "8859", "cp819", "iso-latin-1"],
    ),
    ("cp1251", &["windows-1251", "1251"]),
    ("cp1252", &["windows-1252", "1252"]),
    ("iso8859-2", &["iso-8859-2", "latin2", "latin-2", "l2"]),
    ("iso8859-15", &["iso-8859-15", "latin9", "latin-9", "l9"]),
];

/// A Python file's text, with `\n` at the end of each line.
#[derive(Debug, Clone)]
pub struct PythonText<'b> {
    /// The text.
    pub text: Cow<'b, str>,
    bytes: &'b [u8],
    /// Whether every character was decoded from a single byte.
    is_single_byte: bool,
}

impl PythonText<'static> {
    /// Takes text that does not come from a file.
    pub(crate) fn of(text: String) -> Self {
        PythonText { text: Cow::Owned(text), bytes: &[], is_single_byte: false }
    }
}

impl<'b> PythonText<'b> {
    /// Decodes a file's text.
    pub(crate) fn decoded(text: &'b str) -> Self {
        let bytes = text.as_bytes();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        PythonText { text: one_line_end(text.into()), bytes, is_single_byte: false }
    }

    /// Translates a position in the text into a position in the file's bytes.
    pub fn in_bytes(&self, at: usize) -> usize {
        let bom = if self.bytes.starts_with(BOM) { BOM.len() } else { 0 };
        // If no line ends in `\r\n` and no character was converted, the two positions are the same.
        if !self.is_single_byte && self.text.len() + bom == self.bytes.len() {
            return at.min(self.text.len()) + bom;
        }
        let before = self.text.get(..at).unwrap_or(&self.text);
        before.chars().fold(bom, |place, character| match character {
            '\n' if self.bytes[place..].starts_with(b"\r\n") => place + 2,
            _ if self.is_single_byte => place + 1,
            _ => place + character.len_utf8(),
        })
    }
}

/// Why a file is not text in the encoding it declares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// The file declares this encoding but begins with UTF-8's byte order mark.
    #[error("the byte order mark is that of UTF-8, not of '{0}'")]
    ByteOrderMark(String),
    /// The file declares this encoding, which is not supported.
    #[error("the encoding '{0}' is unknown here")]
    Unknown(String),
    /// A byte is invalid in the encoding.
    #[error("line {line}: byte 0x{byte:02x} is not valid in '{encoding}'")]
    Byte {
        /// The encoding.
        encoding: &'static str,
        /// The byte's line, counted from 1.
        line: usize,
        /// The byte.
        byte: u8,
    },
}

/// Decodes a file's text using the encoding it declares.
///
/// # Errors
/// Returns an error if the file is not valid text in that encoding.
pub fn decode(bytes: &[u8]) -> Result<PythonText<'_>, EncodingError> {
    let (text, has_bom) = match bytes.strip_prefix(BOM) {
        Some(text) => (text, true),
        None => (bytes, false),
    };
    let name = declared_encoding(text);
    let encoding = name.as_deref().map_or("utf-8", canonical);
    // Python rejects such a file as well.
    if has_bom && encoding != "utf-8" {
        return Err(EncodingError::ByteOrderMark(encoding.to_owned()));
    }
    let text = match encoding {
        "utf-8" => utf8(text)?,
        "ascii" => match text.iter().position(|byte| !byte.is_ascii()) {
            Some(at) => return Err(undecodable("ascii", text, at)),
            None => utf8(text)?,
        },
        "latin-1" => text.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
        _ => match TABLES.iter().find(|(name, _)| *name == encoding) {
            Some((name, high)) => single_bytes(text, name, high)?.into(),
            None => return Err(EncodingError::Unknown(encoding.to_owned())),
        },
    };
    let is_single_byte = !matches!(encoding, "utf-8" | "ascii");
    Ok(PythonText { text: one_line_end(text), bytes, is_single_byte })
}

/// Returns a string with `\n` at the end of each line.
fn one_line_end(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n").into(),
        false => text,
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, EncodingError> {
    let text = std::str::from_utf8(bytes);
    text.map(Cow::Borrowed).map_err(|error| undecodable("utf-8", bytes, error.valid_up_to()))
}

fn single_bytes(bytes: &[u8], name: &'static str, high: &str) -> Result<String, EncodingError> {
    let high: Vec<char> = high.chars().collect();
    // The table begins at 0x80 or at 0xA0.
    let first = 256 - high.len();
    let decoded = bytes.iter().enumerate().map(|(at, byte)| {
        let place = usize::from(*byte).checked_sub(first);
        match place.map_or(char::from(*byte), |place| high[place]) {
            // The placeholder for an invalid byte.
            char::REPLACEMENT_CHARACTER => Err(undecodable(name, bytes, at)),
            character => Ok(character),
        }
    });
    decoded.collect()
}

fn undecodable(encoding: &'static str, bytes: &[u8], at: usize) -> EncodingError {
    let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
    EncodingError::Byte { encoding, line, byte: bytes[at] }
}

/// Returns an encoding's canonical name, as Python normalizes it.
fn canonical(name: &str) -> &str {
    // For these two encodings, Python only compares the beginning.
    for common in ["utf-8", "latin-1"] {
        if name.strip_prefix(common).is_some_and(|rest| rest.starts_with('-')) {
            return common;
        }
    }
    let known = ALIASES.iter().find(|(_, others)| others.contains(&name));
    known.map_or(name, |(canonical, _)| canonical)
}

/// Returns the encoding declared on one of the first two lines, in lower case and with '-' instead
/// of '_'.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes;
    for _ in 0..2 {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        rest = after.strip_prefix(b"\r\n").or(after.get(1..)).unwrap_or_default();
        // The declaration may be preceded by an empty first line.
        match line.trim_ascii_start() {
            [] => {}
            [b'#', ..] => match cookie(line) {
                Some(name) => return Some(name),
                None => continue,
            },
            _ => return None,
        }
    }
    None
}

/// Returns the name after `coding:` or `coding=` in a comment.
fn cookie(comment: &[u8]) -> Option<String> {
    (0..comment.len()).find_map(|at| {
        let rest = comment[at..].strip_prefix(b"coding")?;
        let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?;
        let name = rest.trim_ascii_start();
        let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let end = name.iter().position(|byte| !is_of_name(byte)).unwrap_or(name.len());
        let name = String::from_utf8_lossy(&name[..end]).to_lowercase().replace('_', "-");
        (end > 0).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        decode(bytes).map_or_else(|error| error.to_string(), |python| python.text.into_owned())
    }

    #[test]
    fn a_place_of_the_text_is_one_of_the_file() {
        let place = |bytes: &[u8], character: char| {
            let python = decode(bytes).expect("text");
            bytes[python.in_bytes(python.text.find(character).expect("the character"))]
        };
        assert_eq!(place(b"a\r\nb\rc\n\r\nX", 'X'), b'X');
        assert_eq!(place("\u{feff}é\r\n€X".as_bytes(), 'X'), b'X');
        assert_eq!(place(b"# coding: latin-1\r\n\xe9\xe9X", 'X'), b'X');
        assert_eq!(place(b"# coding: cp1252\n\x80X", 'X'), b'X');
        let all = decode(b"\r\n\r\n").expect("text");
        assert_eq!(all.in_bytes(all.text.len()), 4);
    }

    #[test]
    fn the_declared_encoding_is_used() {
        assert_eq!(read(b"# coding: latin-1\n\xe9"), "# coding: latin-1\né");
        assert_eq!(read(b"#!x\n# -*- coding: ISO_8859-15 -*-\n\xa4").lines().nth(2), Some("€"));
        assert_eq!(read(b"# vim: fileencoding=koi8-r :\n\xc1").lines().nth(1), Some("а"));
        assert_eq!(read(b"# coding=cp1252\n\x80").lines().nth(1), Some("€"));
        assert_eq!(read(b"# coding: windows-1251\n\xe0").lines().nth(1), Some("а"));
        assert_eq!(read("\u{feff}# coding: utf-8\né".as_bytes()), "# coding: utf-8\né");
        // Only comments count, and only on the first two lines.
        let third = "\n\n# coding: ascii\né";
        assert_eq!(read(third.as_bytes()), third);
        assert_eq!(read("x = 1\n# coding: ascii\né".as_bytes()), "x = 1\n# coding: ascii\né");
    }

    #[test]
    fn lines_end_in_one_way() {
        assert_eq!(read(b"a\r\nb\rc\n"), "a\nb\nc\n");
        assert_eq!(read(b"# coding: ascii\r\nb\r"), "# coding: ascii\nb\n");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(read(b"a\n\xff"), "line 2: byte 0xff is not valid in 'utf-8'");
        assert_eq!(read(b"# coding: ascii\n\xc3"), "line 2: byte 0xc3 is not valid in 'ascii'");
        assert_eq!(read(b"# coding: cp1252\n\x81"), "line 2: byte 0x81 is not valid in 'cp1252'");
        assert_eq!(read(b"# coding: nonsense\n"), "the encoding 'nonsense' is unknown here");
        assert!(read(b"\xef\xbb\xbf# coding: latin-1\n").contains("byte order mark"));
    }
}

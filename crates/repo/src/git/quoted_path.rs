//! Paths as git prints them.

/// The escapes in paths that git quotes: each letter, and the byte it stands for.
const ESCAPES: [(u8, u8); 9] = [
    (b'a', 7),
    (b'b', 8),
    (b't', 9),
    (b'n', 10),
    (b'v', 11),
    (b'f', 12),
    (b'r', 13),
    (b'"', b'"'),
    (b'\\', b'\\'),
];

/// Returns a path the way git prints it on a line if `core.quotePath` is false.
pub fn git_quoted(path: &[u8]) -> Vec<u8> {
    let needs_escape = |byte: u8| byte.is_ascii_control() || b"\"\\".contains(&byte);
    // A path without special bytes is printed unquoted, even if it contains spaces or is not valid
    // UTF-8.
    if !path.iter().any(|byte| needs_escape(*byte)) {
        return path.to_vec();
    }
    let escaped = |byte: u8| match ESCAPES.iter().find(|(_, meant)| *meant == byte) {
        Some((letter, _)) => vec![b'\\', *letter],
        None if needs_escape(byte) => format!("\\{byte:03o}").into_bytes(),
        None => vec![byte],
    };
    let inner: Vec<u8> = path.iter().flat_map(|byte| escaped(*byte)).collect();
    [b"\"", &inner[..], b"\""].concat()
}

/// Returns the path from a line that git has printed, or that a user has typed without quotes.
pub fn git_unquoted(line: &[u8]) -> Vec<u8> {
    // The line may end in CRLF.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = line.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    // A name that just happens to begin and end with a quote is not an error, because users type
    // paths, too.
    inner.and_then(unescaped).unwrap_or_else(|| line.to_vec())
}

fn unescaped(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some((byte, rest)) = text.split_first() {
        text = rest;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        let (letter, rest) = text.split_first()?;
        match ESCAPES.iter().find(|(known, _)| known == letter) {
            Some((_, meant)) => {
                bytes.push(*meant);
                text = rest;
            }
            None => {
                let (octal, rest) = text.split_at_checked(3)?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(octal).ok()?, 8).ok()?);
                text = rest;
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_as_git_does() {
        for (path, line) in [
            (&b"a b'\xc3\xa4\xff"[..], &b"a b'\xc3\xa4\xff"[..]),
            (b"a\tb", br#""a\tb""#),
            (b"\x01\x7f\"\\\n", br#""\001\177\"\\\n""#),
        ] {
            assert_eq!(git_quoted(path), line);
            assert_eq!(git_unquoted(line), path);
        }
        assert_eq!(git_unquoted(br#""\303\244""#), "ä".as_bytes());
        assert_eq!(git_unquoted(b"a\r"), b"a");
        for literal in [&br#""\9""#[..], br#""\777""#, br#"""#, br#""a"#, b"\"\\\""] {
            assert_eq!(git_unquoted(literal), literal);
        }
    }
}

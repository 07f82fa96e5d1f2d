//! How paths are spelled in a map of second identities, where each line has an identity and a path.

use super::path::{ansi_quoted, ansi_unquoted};
use super::{RepoPath, TextError};

/// Returns a path as written in a map: unchanged, or as `$'…'` if it would otherwise be parsed as a
/// different path, or contains control characters.
pub fn format_map_path(path: &[u8]) -> String {
    let text = std::str::from_utf8(path).ok().filter(|text| !text.contains(char::is_control));
    let is_read_back = |text: &&str| parse_map_path(text).is_ok_and(|read| read.as_bytes() == path);
    match text.filter(is_read_back) {
        Some(text) => text.to_owned(),
        None => ansi_quoted(path.iter().copied()),
    }
}

/// The reason no path follows an identity in a map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapPathError {
    /// Nothing follows the identity.
    #[error("it has no path")]
    Missing,
    /// The text after the identity is not a valid path in the repository.
    #[error(transparent)]
    Path(#[from] TextError),
}

/// Parses the text after an identity in a map: blanks, a separator and a path, which may be quoted,
/// and may use slashes or backslashes.
///
/// # Errors
/// Returns an error if there is no valid path in the repository.
pub fn parse_map_path(rest: &str) -> Result<RepoPath, MapPathError> {
    let rest = rest.trim_start();
    let path = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim();
    if let Some(bytes) = ansi_unquoted(path) {
        return Ok(RepoPath::new(bytes)?);
    }
    let in_quotes = |quote: char| path.strip_prefix(quote)?.strip_suffix(quote);
    // A map written on Windows contains backslashes.
    let path = in_quotes('"').or_else(|| in_quotes('\'')).unwrap_or(path).replace('\\', "/");
    let bare = path.strip_prefix("./").unwrap_or(&path);
    if bare.is_empty() {
        return Err(MapPathError::Missing);
    }
    Ok(RepoPath::new(bare.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_read_back_from_its_line() {
        for plain in ["a.md", "docs/b c.md", "d  e.md", "\u{e9}.md", "a=b", "x'y'z", "a$'b'"] {
            assert_eq!(format_map_path(plain.as_bytes()), plain);
        }
        let odd: [&[u8]; 15] = [
            b"a\nb.md",
            b"a\r",
            b" a",
            b"a ",
            b"=a",
            b":a",
            b"a\\b",
            b"'a'",
            b"\"a\"",
            b"$'a'",
            b"\xff.md",
            b"$'a\\'",
            b"a\t'\\\x01\x80",
            "\u{2028}a".as_bytes(),
            "a\u{85}b".as_bytes(),
        ];
        for path in odd {
            let text = format_map_path(path);
            assert!(
                text.starts_with("$'") && text.is_ascii() && text.lines().count() == 1,
                "{text}"
            );
            for line in [format!(" {text}"), format!("=\t{text} ")] {
                assert_eq!(
                    parse_map_path(&line).map(|path| path.as_bytes().to_vec()),
                    Ok(path.to_vec())
                );
            }
        }
        for text in ["$'a\\1'", "$'a\\999'", "$'a'b'"] {
            assert!(ansi_unquoted(text).is_none(), "{text}");
        }
        assert!(parse_map_path(" $'../a'").is_err());
    }
}

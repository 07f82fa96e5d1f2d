//! Names of files in the protocol: `file:` URIs.

use std::path::{Path, PathBuf};

use lsp_types::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

/// The bytes that the path of a URI has in another form.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Returns the path of a local file; `None` for any other URI.
pub(crate) fn file_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
    let path = &rest[rest.find('/')?..];
    let path = path.split(['?', '#']).next()?;
    let bytes: Vec<u8> = percent_decode_str(path).collect();
    if bytes.contains(&0) {
        return None;
    }
    let bytes = if cfg!(windows) && is_drive(&bytes) { &bytes[1..] } else { &bytes };
    Some(PathBuf::from(idhooks_ops::os_string(bytes)))
}

/// Returns whether a path begins with a slash and a drive of Windows.
fn is_drive(path: &[u8]) -> bool {
    matches!(path, [b'/', letter, b':'] | [b'/', letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

/// Returns the URI of a file.
pub(crate) fn uri_of(file: &Path) -> Option<Uri> {
    let bytes = file.as_os_str().as_encoded_bytes();
    let path = percent_encode(bytes, ENCODED).to_string();
    let path = if cfg!(windows) { path.replace("%5C", "/") } else { path };
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{path}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_its_uri() {
        for path in ["/a/b.md", "/with space/ä#?%.md", "/[x]/{y}^`|.md", "/a:b@c;d=e,f+g&h!$'()*~"]
        {
            let uri = uri_of(Path::new(path)).expect("a URI");
            assert_eq!(file_of(&uri).as_deref(), Some(Path::new(path)), "{}", uri.as_str());
        }
    }

    #[test]
    fn other_uris_are_no_files() {
        for text in ["untitled:Untitled-1", "https://example.org/a", "file://", "file:///a%00b"] {
            let uri: Uri = text.parse().expect("a URI");
            assert_eq!(file_of(&uri), None, "{text}");
        }
        let uri: Uri = "file://localhost/c%3A/x".parse().expect("a URI");
        let path = if cfg!(windows) { "c:/x" } else { "/c:/x" };
        assert_eq!(file_of(&uri).as_deref(), Some(Path::new(path)));
        assert_eq!(
            ["/c:/x", "/c:", "/c:x", "c:/x"].map(|path| is_drive(path.as_bytes())),
            [true, true, false, false]
        );
    }
}

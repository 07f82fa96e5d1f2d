//! The paths that servers take for one page.

/// The file that a server shows for a directory.
const INDEX: &[u8] = b"index.html";

/// Returns a key that is equal for paths of one page: servers add or leave out the slash at the end
/// and the name of an index, and some ignore case.
pub(super) fn page_key(path: &str) -> String {
    let path = folded(path);
    String::from_utf8_lossy(trimmed(path.as_bytes())).into_owned()
}

/// Returns a text without the difference between upper and lower case.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// Returns a path without the name of an index, and without a slash at the end.
pub(super) fn trimmed(path: &[u8]) -> &[u8] {
    let dir = path.strip_suffix(INDEX).filter(|dir| dir.ends_with(b"/"));
    let path = dir.unwrap_or(path);
    path.strip_suffix(b"/").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_page_have_one_key() {
        for path in ["/a/B", "/a/b/", "/A/b/index.html", "/a/b"] {
            assert_eq!(page_key(path), "/a/b", "{path}");
        }
        assert_eq!(page_key("/"), page_key("/index.html"));
        assert_ne!(page_key("/a/myindex.html"), page_key("/a/my"));
        assert_ne!(page_key("/a.html"), page_key("/a"));
    }
}

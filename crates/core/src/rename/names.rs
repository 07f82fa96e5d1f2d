//! Compares the names of files.

use crate::registry::RepoPath;

/// The least length of a name that is significant inside another name.
const MIN_CONTAINED: usize = 3;

/// Returns whether the names suggest that both paths are one file.
///
/// Only the last components count: they are equal, or equal up to the first dot (with something
/// before it), or one of at least three bytes is contained in the other.
pub fn related(a: &RepoPath, b: &RepoPath) -> bool {
    let (a, b) = (a.basename(), b.basename());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let stem = stem(a);
    a == b
        || (!stem.is_empty() && stem == self::stem(b))
        || (short.len() >= MIN_CONTAINED && long.windows(short.len()).any(|part| part == short))
}

fn stem(name: &[u8]) -> &[u8] {
    name.split(|b| *b == b'.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes().to_vec()).expect("valid")
    }

    #[test]
    fn relates_equal_names_stems_and_parts() {
        for (a, b) in [
            ("a/x", "b/x"),
            (".a", "d/.a"),
            ("a.py", "d/a.pyi"),
            ("a", "a.txt"),
            ("old_pool.py", "pool.py"),
            ("abc", "xabcx"),
            ("conf.d/__init__.py", "src/__init__.py"),
        ] {
            assert!(related(&path(a), &path(b)), "{a} {b}");
            assert!(related(&path(b), &path(a)), "{b} {a}");
        }
    }

    #[test]
    fn does_not_relate_directories_dot_files_and_short_parts() {
        for (a, b) in [
            ("same/x.py", "same/y.py"),
            (".gitkeep", ".npmignore"),
            ("ab", "xaby"),
            ("x.py", "y.pyi"),
        ] {
            assert!(!related(&path(a), &path(b)), "{a} {b}");
        }
    }
}

//! `DUPLICATE_PATH` as a note: paths that are one file on some systems, or another path on this one.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::RandomState;
use unicode_normalization::UnicodeNormalization;

use crate::check::{Code, Finding, Severity, Subject};
use crate::registry::RepoPath;

/// Returns a finding for every tracked path that is the same file as another one on macOS, and on
/// Windows, for every tracked path with a backslash.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let tracked = || subject.tree.keys().filter(|path| subject.is_tracked(path));
    let twin = |[first, second]: [&RepoPath; 2]| {
        let message = format!("'{first}' and '{second}' {}", TwinPaths::difference(first, second));
        let help = format!("git mv -- {} <another name>", second.shell_quoted());
        let note = Finding::new(Code::DuplicatePath, message, help).at(second);
        Finding { severity: Severity::Info, ..note }
    };
    let twins = TwinPaths::among(tracked());
    let twins = twins.0.into_iter().map(twin);
    twins.chain(tracked().filter(|path| is_misread(path.as_bytes())).map(misread)).collect()
}

/// Returns whether this system takes a path for another one.
fn is_misread(path: &[u8]) -> bool {
    cfg!(windows) && path.contains(&b'\\')
}

fn misread(path: &RepoPath) -> Finding {
    let message = format!(
        "'{path}' has a backslash in a name, which separates directories here: its file cannot exist on Windows"
    );
    let help = "rename it on another system, then commit: git mv <path> <name without a backslash>";
    let finding = Finding::new(Code::DuplicatePath, message, help).at(path);
    Finding { severity: Severity::Warning, ..finding }
}

/// Returns whether no two of these paths are one file on macOS, and this system takes none of them
/// for another one.
pub fn are_portable<'p>(mut paths: impl Iterator<Item = &'p [u8]>) -> bool {
    let mut keys: HashSet<Vec<u8>, RandomState> = HashSet::default();
    paths.all(|path| !is_misread(path) && keys.insert(file_key(path)))
}

/// Pairs of paths that are one file on macOS: its file systems usually ignore case, and the Unicode
/// form of letters.
#[derive(Debug)]
pub struct TwinPaths<'p>(pub Vec<[&'p RepoPath; 2]>);

impl<'p> TwinPaths<'p> {
    /// Returns every path that is the same file as an earlier one, after the first of these.
    pub fn among(paths: impl Iterator<Item = &'p RepoPath>) -> Self {
        let mut first = BTreeMap::new();
        let mut twins = Vec::new();
        for path in paths {
            let twin = *first.entry(file_key(path.as_bytes())).or_insert(path);
            if twin != path {
                twins.push([twin, path]);
            }
        }
        TwinPaths(twins)
    }

    /// Describes the difference between two such paths.
    pub fn difference(first: &RepoPath, second: &RepoPath) -> &'static str {
        match Self::differ_in_case(first, second) {
            true => "differ in case only: on macOS and Windows they are one file",
            false => {
                "differ only in case and in the Unicode form of letters: on macOS they are one file"
            }
        }
    }

    /// Returns whether two such paths differ only in the case of letters that are a single letter in
    /// both cases: Windows compares no others.
    pub fn differ_in_case(first: &RepoPath, second: &RepoPath) -> bool {
        let [first, second] = [first, second].map(RepoPath::to_string);
        first.chars().map(simple_upper).eq(second.chars().map(simple_upper))
    }
}

/// Returns the upper case of a letter, if that is one letter, or else the letter itself.
fn simple_upper(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(upper), None) => upper,
        _ => letter,
    }
}

/// Returns what is equal for two paths if they are one file on macOS: the path without case, in the
/// composed form NFC.
fn file_key(path: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(path) {
        Ok(path) if !path.is_ascii() => {
            // Upper case first, because it makes `ss` of `ß`; each letter by itself, because the
            // lower case of a capital sigma depends on the next letter.
            let upper = path.nfd().flat_map(char::to_uppercase);
            upper.flat_map(char::to_lowercase).nfc().collect::<String>().into_bytes()
        }
        // A path that is not UTF-8 cannot exist on macOS.
        _ => path.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("a path inside the repository")
    }

    #[test]
    fn case_and_composition_do_not_tell_files_apart() {
        for (one, other, is_same) in [
            ("a/B.md", "A/b.md", true),
            ("caf\u{e9}.md", "CAFE\u{301}.md", true),
            ("stra\u{df}e", "STRASSE", true),
            ("\u{3c3}\u{3c2}", "\u{3a3}\u{3a3}", true),
            ("\u{212b}", "\u{e5}", true),
            ("cafe.md", "caf\u{e9}.md", false),
            ("a.md", "a_md", false),
        ] {
            let paths = [path(one), path(other)];
            assert_eq!(TwinPaths::among(paths.iter()).0.len(), usize::from(is_same), "{one}");
            let bytes = paths.iter().map(RepoPath::as_bytes);
            assert_eq!(are_portable(bytes), !is_same, "{one}");
        }
    }

    #[test]
    fn every_further_path_is_named_with_the_first() {
        let paths = ["A", "B", "a", "\u{e9}", "e\u{301}"].map(path);
        let twins = TwinPaths::among(paths.iter()).0;
        assert_eq!(twins, [[&paths[0], &paths[2]], [&paths[3], &paths[4]]]);
        let differences = twins.iter().map(|[first, second]| TwinPaths::difference(first, second));
        let is_case = differences.map(|difference| difference.contains("Windows"));
        assert_eq!(is_case.collect::<Vec<_>>(), [true, false]);
        for (one, other, is_case) in [
            ("\u{c9}", "\u{e9}", true),
            ("\u{212a}", "k", false),
            ("\u{130}", "i\u{307}", false),
            ("stra\u{df}e", "STRASSE", false),
        ] {
            assert_eq!(TwinPaths::differ_in_case(&path(one), &path(other)), is_case, "{one}");
        }
    }

    #[test]
    fn a_backslash_is_a_finding_where_it_separates_directories() {
        let odd = path("a\\b.md");
        assert_eq!(is_misread(odd.as_bytes()), cfg!(windows));
        assert_eq!(are_portable([odd.as_bytes()].into_iter()), !cfg!(windows));
        assert!(!is_misread(b"a/b.md"));
        assert_eq!(misread(&odd).severity, Severity::Warning);
    }
}

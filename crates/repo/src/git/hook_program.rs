//! [`HookProgram`]: the program that hooks and merge drivers call, as `install` writes it into them.

use std::path::{Path, PathBuf};

use idhooks_core::config::version_numbers;

use crate::store::InstallMethod;

/// The search for another idhooks if the program cannot be run; hooks and merge drivers share it.
const FIND: &str = include_str!("../../hooks/find-program.sh");
/// The beginnings of the assignments in hooks and merge drivers, which replace `@PROGRAM@`.
const ASSIGNMENTS: [&str; 4] =
    ["idhooks_path=", "; idhooks_version=", "; idhooks_from=", "; idhooks_get="];

/// The program that hooks and merge drivers call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookProgram {
    /// Its absolute path. A path that is not Unicode is written with U+FFFD, so hooks and drivers
    /// search for another program.
    pub path: PathBuf,
    /// The version of idhooks that wrote the path. An older program must not run in its place.
    pub version: String,
    /// How the program was installed.
    pub method: InstallMethod,
}

impl HookProgram {
    /// Returns the program at an absolute path, for this version of idhooks.
    pub fn new(path: &Path) -> Self {
        Self::with_numbers(path, version_numbers(env!("CARGO_PKG_VERSION")))
    }

    /// Returns the program at an absolute path that reports its version as `idhooks 0.1.0`, or
    /// `None` if it reports something else.
    pub fn of_version(path: &Path, reported: &str) -> Option<Self> {
        let version = version_numbers(reported.strip_prefix("idhooks ")?);
        parsed(version).map(|_| Self::with_numbers(path, version))
    }

    fn with_numbers(path: &Path, version: &str) -> Self {
        let (path, method) = (path.to_owned(), InstallMethod::of(path));
        HookProgram { path, version: version.to_owned(), method }
    }

    /// Returns whether the program's version is newer than another's.
    pub fn is_newer_than(&self, other: &HookProgram) -> bool {
        parsed(&self.version) > parsed(&other.version)
    }

    /// Returns the assignments that [`HookProgram::parse`] reads.
    pub(super) fn assignments(&self) -> String {
        let [path, version, method, get] = ASSIGNMENTS;
        format!(
            "{path}{}{version}{}{method}{}{get}{}",
            quote(&self.path.to_string_lossy()),
            self.version,
            self.method.as_str(),
            quote(self.method.how_to_install()),
        )
    }

    /// Returns the program named in a hook or in a driver's command.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let [path, version, method, get] = ASSIGNMENTS;
        let (word, rest) = quoted_word(text.split_once(path)?.1)?;
        let (version, rest) = rest.strip_prefix(version)?.split_once(method)?;
        let (method, _) = rest.split_once(get)?;
        let is_version = !version.is_empty() && version_numbers(version) == version;
        Some(HookProgram {
            path: PathBuf::from(word),
            version: Some(version).filter(|_| is_version)?.to_owned(),
            method: InstallMethod::parse(method)?,
        })
    }

    /// Returns the path of the program named in a hook, also in one written by an older version.
    pub(super) fn path_in(hook: &str) -> Option<PathBuf> {
        let (word, _) = quoted_word(hook.split_once(ASSIGNMENTS[0])?.1)?;
        Some(PathBuf::from(word))
    }
}

/// Returns a shell source with the search for another program, indented like its placeholder.
pub(super) fn with_search(source: &str) -> String {
    let Some((before, after)) = source.split_once("@FIND@\n") else { return source.to_owned() };
    let indent = before.rsplit('\n').next().unwrap_or_default();
    let search: Vec<&str> = FIND.lines().collect();
    format!("{before}{}\n{after}", search.join(&format!("\n{indent}")))
}

/// Returns the three numbers of a version.
fn parsed(version: &str) -> Option<[u32; 3]> {
    let parts: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    parts.ok()?.try_into().ok()
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Parses the single-quoted word at the start of a text, as written by [`quote`]. Also returns the
/// text after it.
fn quoted_word(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut word = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        match after.strip_prefix(r"\''") {
            Some(more) => {
                word.push('\'');
                rest = more;
            }
            None => return Some((word, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for path in ["/usr/bin/idhooks", "/it's/a b/100%/'/idhooks", "/'"] {
            let program = HookProgram::new(Path::new(path));
            let text = format!("before\n  {};\nafter\n", program.assignments());
            assert_eq!(HookProgram::parse(&text), Some(program), "{text}");
            assert_eq!(HookProgram::path_in(&text), Some(PathBuf::from(path)));
        }
        let old = "  idhooks_path='/usr/bin/idhooks'\n";
        assert_eq!(HookProgram::parse(old), None);
        assert_eq!(HookProgram::path_in(old), Some(PathBuf::from("/usr/bin/idhooks")));
        for damaged in
            ["idhooks_path='/x", "idhooks_path=/x", "idhooks_path='/x'; idhooks_version="]
        {
            assert_eq!(HookProgram::parse(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn the_search_is_indented_like_its_place() {
        let text = with_search("a\n  @FIND@\nb\n");
        let (first, last) = (FIND.lines().next(), FIND.lines().last());
        let expected = (format!("a\n  {}\n", first.expect("a line")), last.expect("a line"));
        assert!(
            text.starts_with(&expected.0) && text.ends_with(&format!("\n  {}\nb\n", expected.1))
        );
    }

    #[test]
    fn versions_are_compared_by_numbers() {
        for (version, compared) in [("0.1.0", "0.1.0"), ("1.20.3-rc.1", "1.20.3"), ("x", "")] {
            assert_eq!(version_numbers(version), compared);
        }
        let of = |reported| HookProgram::of_version(Path::new("/idhooks"), reported);
        let [older, newer] = ["idhooks 0.9.0", "idhooks 0.10.0-rc.1"].map(|v| of(v).expect("one"));
        assert_eq!(newer.version, "0.10.0");
        assert!(newer.is_newer_than(&older) && !older.is_newer_than(&newer));
        assert!(!newer.is_newer_than(&newer.clone()));
        for reported in ["0.9.0", "idhooks 0.9", "idhooks x", "", "idhooks 99999999999.0.0"] {
            assert_eq!(of(reported), None, "{reported}");
        }
    }
}

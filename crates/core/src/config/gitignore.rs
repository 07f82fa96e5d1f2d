//! [`Gitignore`]: compiled lines that work like a `.gitignore` at the root of the repository.

use std::path::Path;

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::registry::RepoPath;

use super::glob_error::GlobError;

/// A `.gitignore` line that is neither empty nor a comment.
#[derive(Debug, Clone)]
struct IgnoreLine {
    /// The line as written, without trailing white space.
    original: String,
    is_negated: bool,
    is_only_dir: bool,
}

/// The lines of a `.gitignore`; the last matching line takes precedence.
#[derive(Debug, Clone)]
pub(super) struct Gitignore {
    set: GlobSet,
    /// The lines, in the same order as their globs in the set.
    lines: Vec<IgnoreLine>,
}

impl Gitignore {
    /// Compiles lines; `any_case` means that case is ignored.
    ///
    /// # Errors
    /// Returns an error if a glob is invalid, or if all globs together are too large.
    pub(super) fn new(lines: &[String], any_case: bool) -> Result<Self, GlobError> {
        let mut set = GlobSetBuilder::new();
        let mut parsed = Vec::new();
        for line in lines {
            if let Some((line, glob)) = IgnoreLine::parse(line, any_case)? {
                set.add(glob);
                parsed.push(line);
            }
        }
        Ok(Gitignore { set: set.build()?, lines: parsed })
    }

    /// Checks one line without compiling it.
    ///
    /// # Errors
    /// Returns an error if its glob is invalid.
    pub(super) fn check(line: &str, any_case: bool) -> Result<(), GlobError> {
        // Compiling the glob strictly rejects patterns that git never matches, such as an unclosed
        // bracket.
        globset::Glob::new(line)?;
        IgnoreLine::parse(line, any_case).map(drop)
    }

    /// Returns the line that matches a file or, if there is none, the line that matches the nearest
    /// directory above it; `None` if no line matches or the matching line is negated.
    pub(super) fn matching(&self, path: &RepoPath) -> Option<&str> {
        let path = path.to_os_path();
        let mut numbers = Vec::new();
        // The last ancestor is the empty path, which is the root.
        for (above, path) in path.ancestors().enumerate() {
            if let Some(line) = self.decisive_line(path, above > 0, &mut numbers) {
                return Some(line.original.as_str()).filter(|_| !line.is_negated);
            }
        }
        None
    }

    /// Returns the last line that matches the path itself.
    fn decisive_line(
        &self,
        path: &Path,
        is_dir: bool,
        numbers: &mut Vec<usize>,
    ) -> Option<&IgnoreLine> {
        self.set.matches_candidate_into(&Candidate::new(path), numbers);
        let mut lines = numbers.iter().rev().filter_map(|number| self.lines.get(*number));
        lines.find(|line| is_dir || !line.is_only_dir)
    }
}

impl IgnoreLine {
    /// Parses a line, and returns it along with a glob that matches whole paths.
    fn parse(line: &str, any_case: bool) -> Result<Option<(Self, globset::Glob)>, GlobError> {
        // A backslash preserves a trailing space.
        let line = if line.ends_with("\\ ") { line } else { line.trim_end() };
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let is_escaped = line.starts_with("\\!") || line.starts_with("\\#");
        let negated = line.strip_prefix('!').filter(|_| !is_escaped);
        let pattern = if is_escaped { &line[1..] } else { negated.unwrap_or(line) };
        let anchored = pattern.strip_prefix('/');
        let pattern = anchored.unwrap_or(pattern);
        let directory = pattern.strip_suffix('/');
        let pattern = match directory {
            Some(directory) => directory.strip_suffix('\\').unwrap_or(directory),
            None => pattern,
        };
        // A line without a slash matches a name at any depth.
        let is_name = anchored.is_none() && !pattern.contains('/') && pattern != "**";
        let start = if is_name { "**/" } else { "" };
        // `a/**` matches everything inside a directory, but not the directory itself.
        let end = if pattern.ends_with("/**") { "/*" } else { "" };
        let glob = GlobBuilder::new(&format!("{start}{pattern}{end}"))
            .literal_separator(true)
            .case_insensitive(any_case)
            .backslash_escape(true)
            .allow_unclosed_class(true)
            .build();
        let original = line.to_owned();
        let glob = glob.map_err(|error| GlobError::Line(original.clone(), error.kind().clone()))?;
        let (is_negated, is_only_dir) = (negated.is_some(), directory.is_some());
        Ok(Some((IgnoreLine { original, is_negated, is_only_dir }, glob)))
    }
}

#[cfg(test)]
mod tests {
    use ignore::Match;
    use ignore::gitignore::GitignoreBuilder;
    use proptest::prelude::*;

    use super::*;

    /// Returns the result for the same lines from the `ignore` crate, which behaves like git.
    fn by_ignore(lines: &[String], any_case: bool, path: &RepoPath) -> Option<Option<String>> {
        let mut builder = GitignoreBuilder::new("");
        builder.case_insensitive(any_case).ok()?;
        for line in lines {
            globset::Glob::new(line).ok()?;
            builder.add_line(None, line).ok()?;
        }
        let rules = builder.build().ok()?;
        Some(match rules.matched_path_or_any_parents(path.to_os_path(), false) {
            Match::Ignore(glob) => Some(glob.original().to_owned()),
            _ => None,
        })
    }

    fn by_ours(lines: &[String], any_case: bool, path: &RepoPath) -> Option<Option<String>> {
        lines.iter().try_for_each(|line| Gitignore::check(line, any_case)).ok()?;
        let rules = Gitignore::new(lines, any_case).ok()?;
        Some(rules.matching(path).map(str::to_owned))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn it_matches_as_the_crate_ignore_does(
            lines in proptest::collection::vec("[!#\\\\]?/?([ab*?.]|\\*\\*|\\[ab\\]|\\{a,b\\}|[/ \\\\#!\\[A]){0,6}[/ ]?", 0..4),
            path in "[abA.# !]{1,3}(/[abA.# !]{1,3}){0,3}",
            any_case: bool,
        ) {
            if let Ok(path) = RepoPath::new(path.as_bytes()) {
                let ours = by_ours(&lines, any_case, &path);
                prop_assert_eq!(ours, by_ignore(&lines, any_case, &path));
            }
        }
    }

    #[test]
    fn a_line_that_is_no_glob_is_named() {
        let error = Gitignore::new(&["a{b".to_owned()], false).expect_err("an open brace");
        let mut builder = GitignoreBuilder::new("");
        let theirs = builder.add_line(None, "a{b").expect_err("an open brace");
        assert_eq!(error.to_string(), theirs.to_string());
    }
}

//! [`any_depth_globs`]: globs in which `**` matches at any depth wherever it is.

use super::glob_error::GlobError;
use super::globs::Globs;

/// Anything at any depth, beside other text in the same component.
const ANY_DEPTH: &str = "{*,*/**/*}";

/// Returns a list of globs. In a `.gitignore`, `**` beside other text is the same as `*`, so
/// `docs/**.md` would silently leave out all subdirectories. Here it matches across directories, as
/// the tools do in which websites name their files.
///
/// # Errors
/// Returns an error if a glob is invalid.
pub(super) fn any_depth_globs(globs: &[&str]) -> Result<Globs, GlobError> {
    let globs: Vec<String> = globs.iter().map(|glob| any_depth_glob(glob)).collect();
    Globs::new(globs.iter().map(String::as_str))
}

/// Returns a glob in which `**` beside other text is written as git understands it.
fn any_depth_glob(glob: &str) -> String {
    let (negation, pattern) = match glob.strip_prefix('!') {
        Some(pattern) => ("!", pattern),
        None => ("", glob),
    };
    let (mut made, mut rest) = (String::new(), pattern);
    while let Some(next) = rest.chars().next() {
        let stars = rest.len() - rest.trim_start_matches('*').len();
        let length = match next {
            '*' if stars > 1 => {
                let is_start = made.is_empty() || made.ends_with('/');
                let is_end = rest[stars..].is_empty() || rest[stars..].starts_with('/');
                made.push_str(match (is_start, is_end) {
                    (true, true) => &rest[..stars],
                    (true, false) => "**/*",
                    (false, _) => ANY_DEPTH,
                });
                rest = &rest[stars..];
                continue;
            }
            // An escaped star, or one between brackets, is not a wildcard.
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '[' => {
                // A bracket that comes first, or after the negation, is one of the characters.
                let first = 1 + usize::from(rest[1..].starts_with(['!', '^']));
                let inside = first + usize::from(rest[first..].starts_with(']'));
                rest[inside..].find(']').map_or(1, |end| inside + end + 1)
            }
            _ => next.len_utf8(),
        };
        made.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    // A glob without a slash matches names at any depth.
    let is_name = !pattern.trim_end_matches('/').contains('/') && made.contains(ANY_DEPTH);
    let start = if is_name && !made.starts_with("**/") { "**/" } else { "" };
    format!("{negation}{start}{made}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::RepoPath;

    #[test]
    fn two_stars_match_at_any_depth() {
        for (glob, matching, other) in [
            (
                "docs/**.md",
                &["docs/a.md", "docs/b/a.md", "docs/b/c/a.md"][..],
                &["a.md", "docs/a"][..],
            ),
            ("**.md", &["a.md", "b/c/a.md"], &["a.rst"]),
            ("docs/a**.md", &["docs/a.md", "docs/ab/c/d.md"], &["docs/b/a.md", "docs/a"]),
            ("docs/a**", &["docs/a", "docs/ab", "docs/ab/c/d"], &["docs/b", "x/docs/a"]),
            ("a**.md", &["a.md", "x/ab/c.md"], &["b.md"]),
            ("docs/**", &["docs/a", "docs/b/a"], &["docs"]),
            ("docs/**/a.md", &["docs/a.md", "docs/b/a.md"], &["docs/b.md"]),
            ("docs/*.md", &["docs/a.md"], &["docs/b/a.md"]),
            ("docs/\\**.md", &["docs/*a.md"], &["docs/a.md", "docs/*b/a.md"]),
            ("docs/[**].md", &["docs/*.md"], &["docs/a.md"]),
            ("docs/[]**].md", &["docs/*.md", "docs/].md"], &["docs/a.md", "docs/]a.md"]),
            ("docs/[!]**]**.md", &["docs/a.md", "docs/ab/c.md"], &["docs/*.md", "docs/]/a.md"]),
            ("**", &["a", "b/a"], &[]),
        ] {
            let globs = any_depth_globs(&[glob]).expect("a glob");
            let path = |text: &&str| RepoPath::new(text.as_bytes()).expect("a path");
            for text in matching {
                assert!(globs.matches(&path(text)), "{glob} {text}");
            }
            for text in other {
                assert!(!globs.matches(&path(text)), "{glob} {text}");
            }
        }
        let list = any_depth_globs(&["docs/**.md", "!docs/b/**x.md"]).expect("globs");
        assert!(!list.matches(&RepoPath::new(*b"docs/b/c/ax.md").expect("a path")));
        assert!(any_depth_globs(&["docs/**["]).is_err());
    }
}

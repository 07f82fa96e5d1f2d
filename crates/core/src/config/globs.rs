//! [`Globs`]: lists of gitignore-style globs over repository paths.

use std::sync::{Arc, OnceLock};

use crate::registry::{Entry, RepoPath, Tree};

use super::component_glob::{ComponentGlob, lower};
use super::{gitignore::Gitignore, glob_error::GlobError};

/// The maximum total length of all globs, not counting plain names of files and directories. The
/// time and memory needed to compile globs grow with their length.
pub(super) const MAX_PATTERN_BYTES: usize = 100_000;

/// A list of globs that works like a `.gitignore` at the root of the repository: the last match
/// takes precedence, and `!` negates a glob.
#[derive(Debug, Clone)]
pub struct Globs {
    rules: Arc<LazyRules>,
    /// Whether the list matches every path.
    pub(super) everything: bool,
    /// The prefixes of the matching paths, if every glob matches exactly the paths below a
    /// directory.
    prefixes: Option<Vec<String>>,
    /// The literal paths in the globs, if every glob matches just one path and everything below it.
    places: Option<Vec<String>>,
    /// The globs, if case is ignored and each of them can be compared with path components as text.
    components: Option<Vec<ComponentGlob>>,
}

/// Globs that are compiled on first use, because a hook uses only a few of the lists it reads.
#[derive(Debug, Default)]
struct LazyRules {
    globs: Vec<String>,
    any_case: bool,
    compiled: OnceLock<Gitignore>,
}

impl LazyRules {
    /// Reads globs without compiling them.
    fn parse(globs: &[&str], any_case: bool) -> Result<Self, GlobError> {
        let patterns = globs.iter().filter(|glob| literal_place(glob).is_none());
        let bytes: usize = patterns.map(|glob| glob.len()).sum();
        if bytes > MAX_PATTERN_BYTES {
            return Err(GlobError::TooLong { bytes, limit: MAX_PATTERN_BYTES });
        }
        let rules = LazyRules {
            globs: globs.iter().map(|glob| (*glob).to_owned()).collect(),
            any_case,
            compiled: OnceLock::new(),
        };
        // An invalid glob must be reported when the configuration is read, not when the list is
        // first used.
        globs.iter().try_for_each(|glob| Gitignore::check(glob, any_case))?;
        Ok(rules)
    }

    /// Returns whether the list contains only comments and blank lines.
    fn is_empty(&self) -> bool {
        self.globs.iter().all(|glob| glob.starts_with('#') || glob.trim_end().is_empty())
    }

    fn compiled(&self) -> &Gitignore {
        self.compiled.get_or_init(|| {
            Gitignore::new(&self.globs, self.any_case)
                .expect("each glob is valid, and all are small enough together")
        })
    }
}

impl Default for Globs {
    /// Returns a list that matches nothing.
    fn default() -> Self {
        Globs {
            rules: Arc::default(),
            everything: false,
            prefixes: None,
            places: None,
            components: None,
        }
    }
}

impl Globs {
    /// Returns a list that matches every path.
    pub fn everything() -> Self {
        Globs { everything: true, ..Globs::default() }
    }

    /// Returns a list of these globs.
    ///
    /// # Errors
    /// Returns an error if a glob is invalid.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, GlobError> {
        let globs: Vec<&str> = globs.into_iter().collect();
        let rules = LazyRules::parse(&globs, false)?;
        let everything = !rules.is_empty() && globs.iter().all(|glob| *glob == "**");
        let prefixes = globs.iter().map(|glob| literal_prefix(glob).map(str::to_owned)).collect();
        let places = globs.iter().map(|glob| literal_place(glob).map(str::to_owned)).collect();
        Ok(Globs { rules: Arc::new(rules), everything, prefixes, places, components: None })
    }

    /// Returns a list of these globs that ignores the case of paths.
    ///
    /// # Errors
    /// Returns an error if a glob is invalid.
    pub fn in_any_case<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, GlobError> {
        let globs: Vec<&str> = globs.into_iter().collect();
        // Hooks read these lists without using them, so globs that can be compared as text are not
        // compiled.
        match globs.iter().map(|glob| ComponentGlob::parse(glob)).collect() {
            Some(components) => Ok(Globs { components: Some(components), ..Globs::default() }),
            None => Self::compiled_in_any_case(&globs),
        }
    }

    fn compiled_in_any_case(globs: &[&str]) -> Result<Self, GlobError> {
        let rules = Arc::new(LazyRules::parse(globs, true)?);
        Ok(Globs { rules, ..Globs::default() })
    }

    /// Returns the entries in a tree that match the list.
    pub fn select<'t>(&'t self, tree: &'t Tree) -> Vec<(&'t RepoPath, Entry)> {
        let Some(places) = self.places.as_ref().filter(|_| !self.everything) else {
            let all = tree.iter().filter(|(path, _)| self.matches(path));
            return all.map(|(path, entry)| (path, *entry)).collect();
        };
        let mut found: Vec<(&RepoPath, Entry)> = Vec::new();
        for place in places {
            let Ok(start) = RepoPath::new(place.trim_end_matches('/').as_bytes()) else { continue };
            // The tree is sorted, so only nearby paths need to be examined.
            let after = tree.range(&start..);
            let near = after.take_while(|(path, _)| path.as_bytes().starts_with(start.as_bytes()));
            let is_here = |path: &RepoPath| match path.as_bytes()[start.as_bytes().len()..].first()
            {
                // `docs/**` does not match a file named `docs`.
                None => !place.ends_with('/'),
                Some(next) => *next == b'/',
            };
            found
                .extend(near.filter(|(path, _)| is_here(path)).map(|(path, entry)| (path, *entry)));
        }
        // A path may be below several paths in the list.
        found.sort();
        found.dedup();
        found
    }

    /// Returns the first glob that is not negated and matches no file in a tree.
    pub fn without_file(&self, tree: &Tree) -> Option<&str> {
        let globs = self.rules.globs.iter().map(String::as_str);
        let mut naming =
            globs.filter(|glob| !glob.starts_with(['!', '#']) && !glob.trim_end().is_empty());
        naming.find(|glob| {
            let files = Globs::new([*glob])
                .map(|only| only.select(tree).iter().any(|(_, entry)| entry.mode.is_file()));
            !files.unwrap_or_default()
        })
    }

    /// Returns whether the list matches nothing.
    pub fn is_nothing(&self) -> bool {
        !self.everything
            && self.rules.is_empty()
            && self.components.as_ref().is_none_or(Vec::is_empty)
    }

    /// Returns whether the list matches the path or a directory containing it.
    pub fn matches(&self, path: &RepoPath) -> bool {
        if let Some(components) = &self.components {
            let path = lower(path);
            return components.iter().any(|glob| glob.matches(&path));
        }
        if self.everything || self.rules.is_empty() {
            return self.everything;
        }
        // Comparing prefixes needs no compiled globs.
        if let Some(prefixes) = &self.prefixes {
            return prefixes.iter().any(|one| path.as_bytes().starts_with(one.as_bytes()));
        }
        self.rules.compiled().matching(path).is_some()
    }

    /// Returns the glob that matches a path, as written.
    pub fn matching(&self, path: &RepoPath) -> Option<&str> {
        let glob = self.rules.compiled().matching(path);
        glob.or_else(|| self.everything.then_some("**"))
    }
}

/// Returns the path in a glob such as `docs/guide.md`, which matches that path and everything below
/// it, or the directory in a glob such as `docs/**`, with a trailing slash; `None` if the glob may
/// have another meaning.
fn literal_place(glob: &str) -> Option<&str> {
    literal_prefix(glob).or_else(|| {
        let path = glob.strip_prefix('/').unwrap_or(glob);
        (glob.contains('/') && path.split('/').all(is_plain_name)).then_some(path)
    })
}

/// Returns whether a glob can be compared as text.
pub(super) fn is_literal(glob: &str) -> bool {
    literal_place(glob).is_some()
}

/// Returns whether a path component in a glob matches only itself.
fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !matches!(name, "" | "." | "..") && name.chars().all(plain)
}

/// Returns the prefix in a glob such as `docs/**`, which matches exactly the paths with that
/// prefix; `None` if the glob may have another meaning.
fn literal_prefix(glob: &str) -> Option<&str> {
    let directory = glob.strip_suffix("/**")?;
    directory.split('/').all(is_plain_name).then(|| &glob[..=directory.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(globs: &[&str], path: &[u8]) -> bool {
        let globs = Globs::new(globs.iter().copied()).expect("valid globs");
        let path = RepoPath::new(path.to_vec()).expect("a valid path");
        let by_rules = Globs { prefixes: None, ..globs.clone() }.matches(&path);
        assert_eq!(globs.matches(&path), by_rules, "{path}");
        by_rules
    }

    #[test]
    fn follows_gitignore() {
        assert!(matches(&["docs/**"], b"docs/a/b"));
        assert!(!matches(&["docs/**"], b"a/docs/b"));
        assert!(matches(&["*.md"], b"a/b.md"));
        assert!(!matches(&["/*.md"], b"a/b.md"));
        assert!(matches(&["vendor/"], b"a/vendor/x"));
        assert!(!matches(&["*.md", "!keep.md"], b"keep.md"));
        assert!(matches(&["**"], b"anything"));
        assert!(!matches(&[], b"anything"));
        assert!(!matches(&["**", "!x"], b"x"));
        assert!(matches(&["a/**"], b"a/\xff"));
        assert!(matches(&["a/b/**", "c/**"], b"a/b/c/d") && matches(&["a/b/**", "c/**"], b"c/d"));
        assert!(!matches(&["a/b/**"], b"a/bc") && !matches(&["a/b/**"], b"a/b"));
        assert!(!matches(&["a/b/**"], b"x/a/b/c") && !matches(&["a/b/**"], b"A/b/c"));
        assert!(Globs::new(["a[z-a]"]).is_err() && Globs::new(["["]).is_err());
    }

    #[test]
    fn letters_match_in_any_case_where_that_is_asked_for() {
        let globs = [
            "*ws_*",
            "*.py",
            "ws_*",
            "models.py",
            "venv/",
            ".*/",
            "*auth*/",
            "*WS_*",
            "a/b",
            "!x.py",
            "x?",
        ];
        let paths = [
            "a/ws_b/c",
            "WS_",
            "a/AWS_x.PY",
            "x.py/y",
            "src/Models.py",
            "models.py/x",
            "venv/x",
            "a/VENV/x.py",
            "venv",
            "a/.tox/b",
            ".gitx",
            "oauth/x",
            "oauth",
            "A/B/c",
            "x.py",
            "XY",
            "é.py",
        ];
        for glob in globs {
            for other in globs {
                let list = Globs::in_any_case([glob, other]).expect("valid globs");
                let compiled = Globs::compiled_in_any_case(&[glob, other]).expect("valid globs");
                for text in paths {
                    let path = RepoPath::new(text.as_bytes()).expect("a valid path");
                    let by_rules = compiled.matches(&path);
                    assert_eq!(list.matches(&path), by_rules, "{glob} {other} {text}");
                }
            }
        }
        let list = Globs::in_any_case(["*ws_*"]).expect("valid globs");
        assert!(list.components.is_some() && list.rules.is_empty() && !list.is_nothing());
        assert!(Globs::in_any_case([]).expect("valid globs").is_nothing());
        assert!(list.matches(&RepoPath::new(*b"a/My_WS_x/b").expect("a valid path")));
        assert!(Globs::in_any_case(["["]).is_err());
    }

    #[test]
    fn selected_entries_are_those_that_match() {
        let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().expect("an id");
        let entry = Entry { mode: crate::registry::Mode::Regular, blob };
        let paths = ["a", "a-b", "a/b", "a/b-c", "a/b/c", "a/b/d/e", "b/a/b", "c.md", "x/c.md"];
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("a valid path");
        let tree: Tree = paths.iter().map(|text| (path(text), entry)).collect();
        for globs in [
            &["a/b"][..],
            &["/a"],
            &["a/**"],
            &["a/b/**", "/c.md"],
            &["c.md"],
            &["**"],
            &["a/*"],
            &["a/b", "a/**"],
            &[],
            &["**", "!a/b"],
            &["b/a/", "/a-b"],
        ] {
            let globs = Globs::new(globs.iter().copied()).expect("valid globs");
            let matched: Vec<&RepoPath> = tree.keys().filter(|path| globs.matches(path)).collect();
            let selected: Vec<&RepoPath> =
                globs.select(&tree).iter().map(|(path, _)| *path).collect();
            assert_eq!(selected, matched, "{globs:?}");
        }
    }

    #[test]
    fn the_largest_lists_can_be_compiled() {
        for unit in
            ["?", "*a", "**/a/", "[!a]", "[a-z]", "{a*,b?}", "{a,{b,c}}", "\\\\a", "Kk", "é"]
        {
            let glob = unit.repeat(1_000 / unit.len());
            let globs = vec![&*glob; MAX_PATTERN_BYTES / glob.len()];
            let path = RepoPath::new(*b"src/app.py").expect("a valid path");
            for list in [Globs::new(globs.clone()), Globs::compiled_in_any_case(&globs)] {
                assert!(!list.expect("valid globs").matches(&path), "{unit}");
            }
            assert!(Globs::new(vec![&*format!("?{glob}"); globs.len() + 2]).is_err(), "{unit}");
        }
    }

    #[test]
    fn the_matching_glob_is_returned_as_written() {
        let path = |text: &str| RepoPath::new(text.as_bytes().to_vec()).expect("a valid path");
        let of = |globs: &[&str], text: &str| {
            let globs = Globs::new(globs.iter().copied()).expect("valid globs");
            globs.matching(&path(text)).map(str::to_owned)
        };
        assert_eq!(of(&["docs/**", "*.md"], "docs/a.md").as_deref(), Some("*.md"));
        assert_eq!(of(&["docs/**", "src/**"], "docs/a.md").as_deref(), Some("docs/**"));
        assert_eq!(of(&["vendor/"], "a/vendor/x").as_deref(), Some("vendor/"));
        assert_eq!(of(&["**"], "a").as_deref(), Some("**"));
        assert_eq!(of(&["*.md", "!keep.md"], "keep.md"), None);
        assert_eq!(Globs::everything().matching(&path("a")), Some("**"));
    }
}

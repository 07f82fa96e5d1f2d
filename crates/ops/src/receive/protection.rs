//! [`Protection`]: a server's refs that pushes must not break.

use std::collections::BTreeSet;

use globset::{Glob, GlobMatcher, escape};
use idhooks_core::registry::shell_quoted;
use idhooks_repo::git::{ListedRef, Repo};

use crate::OpsError;

use super::ReceiveRefusal;

/// The git setting that names the protected branches.
const SETTING: &str = "idhooks.protect";
/// The ref prefix for branches.
pub(super) const BRANCHES: &str = "refs/heads/";

/// Where the patterns come from.
enum PatternSource {
    /// The command-line option, as typed.
    Option(String),
    /// The git setting and its value.
    Setting(String),
    /// The full name of the branch that HEAD points to, if any.
    Head(Option<String>),
}

/// The protected refs.
pub struct Protection {
    source: PatternSource,
    patterns: Vec<GlobMatcher>,
    /// The refs that protected symbolic refs point to.
    targets: BTreeSet<String>,
    refs: Vec<ListedRef>,
}

impl Protection {
    /// Determines which refs are protected: those named by `option`, or else by the git setting, or
    /// else HEAD's branch.
    ///
    /// # Errors
    /// Returns an error if a pattern is not valid or the refs cannot be read.
    pub fn read(repo: &Repo, option: &[String]) -> Result<Self, OpsError> {
        let configured = repo.git().ask(&["config", "--get-all", SETTING])?;
        let (words, source) = match (option, configured) {
            ([], None) => {
                let head = repo.symbolic_target("HEAD")?;
                let words = head.iter().map(|name| escape(name)).collect();
                (words, PatternSource::Head(head))
            }
            ([], Some(values)) => {
                let words = split_patterns(&values);
                let shown = words.join(" ");
                (words, PatternSource::Setting(shown))
            }
            (words, _) => (words.to_vec(), PatternSource::Option(words.join(" "))),
        };
        let patterns = words.iter().map(|word| matcher(word)).collect::<Result<Vec<_>, _>>()?;
        let refs = repo.listed_refs()?;
        let mut protection = Protection { source, patterns, targets: BTreeSet::new(), refs };
        let symbolic = protection.refs.iter().filter(|one| protection.matches(&one.name));
        let mut targets: BTreeSet<String> = symbolic.filter_map(|one| one.target.clone()).collect();
        // git does not list a symbolic ref to a branch that does not exist yet.
        for word in &words {
            targets.extend(repo.symbolic_target(&full(word))?);
        }
        protection.targets = targets;
        Ok(protection)
    }

    fn matches(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(name))
    }

    /// Returns whether a ref is protected: by its own name, by the ref it points to, or by a
    /// symbolic ref that points to it.
    pub(super) fn covers(&self, repo: &Repo, name: &str) -> Result<bool, OpsError> {
        if self.has_name(name) {
            return Ok(true);
        }
        let target = match self.refs.iter().find(|one| one.name == name) {
            Some(listed) => listed.target.clone(),
            None => repo.symbolic_target(name)?,
        };
        Ok(target.is_some_and(|target| self.has_name(&target)))
    }

    fn has_name(&self, name: &str) -> bool {
        self.matches(name) || self.targets.contains(name)
    }

    /// Returns the protected refs that exist.
    fn protected(&self) -> impl Iterator<Item = &ListedRef> {
        self.refs.iter().filter(|one| {
            let names = [Some(&one.name), one.target.as_ref()].into_iter().flatten();
            names.into_iter().any(|name| self.has_name(name))
        })
    }

    /// Returns the names of existing protected refs.
    pub fn names(&self) -> Vec<&str> {
        self.protected().map(|one| short_name(&one.name)).collect()
    }

    /// Returns the commits that protected refs point to; their history has been accepted already.
    pub(super) fn known(&self) -> Vec<String> {
        // Several refs may point to the same commit.
        let objects: BTreeSet<&String> = self.protected().map(|one| &one.object).collect();
        objects.into_iter().cloned().collect()
    }

    /// Returns the reason that no ref is protected, or `None` if one is.
    pub fn gap(&self) -> Option<String> {
        if self.protected().next().is_some() {
            return None;
        }
        Some(match &self.source {
            PatternSource::Option(words) => format!("no branch matches --protect '{words}'"),
            PatternSource::Setting(words) if words.is_empty() => format!("{SETTING} is empty"),
            PatternSource::Setting(words) => format!("no branch matches {SETTING} '{words}'"),
            PatternSource::Head(None) => "HEAD names no branch".to_owned(),
            PatternSource::Head(Some(name)) => {
                let name = short_name(name);
                format!("HEAD names the branch '{name}', which does not exist")
            }
        })
    }

    /// Describes how an administrator can protect a branch without unprotecting the others.
    pub fn advice(&self, branch: &str) -> String {
        let pattern = exact_pattern(branch);
        match &self.source {
            PatternSource::Option(_) => {
                let option = shell_quoted(&format!("--protect={pattern}"));
                format!("in the hook, add to 'idhooks receive': {option}")
            }
            PatternSource::Setting(_) => {
                format!("git config --add {SETTING} {}", shell_quoted(&pattern))
            }
            // The setting replaces the default.
            PatternSource::Head(head) => {
                let head = head.as_deref().map(|name| exact_pattern(short_name(name)));
                let patterns: Vec<String> = head.into_iter().chain([pattern]).collect();
                format!("git config {SETTING} {}", shell_quoted(&patterns.join(" ")))
            }
        }
    }

    /// Returns the branch that is most likely the main branch, if there are any branches.
    pub fn main_branch(&self) -> Option<&str> {
        let names = || self.refs.iter().filter_map(|one| one.name.strip_prefix(BRANCHES));
        names().find(|name| ["main", "master"].contains(name)).or_else(|| names().next())
    }
}

/// Returns a pattern that matches only one branch.
fn exact_pattern(branch: &str) -> String {
    // A pattern that begins with '-' would look like an option.
    let prefix = if branch.starts_with("refs/") || branch.starts_with('-') { BRANCHES } else { "" };
    format!("{prefix}{}", escape(branch).replace(',', "[,]"))
}

/// Splits the setting's values at whitespace and commas, except for commas in brackets or braces.
fn split_patterns(values: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in values.split_whitespace() {
        let (mut start, mut closing) = (0, None);
        for (at, c) in part.char_indices() {
            match (c, closing) {
                // A closing bracket directly after the opening bracket is part of the character
                // class.
                (']', Some(']')) if part[..at].ends_with('[') => {}
                (_, Some(end)) if c == end => closing = None,
                ('[', None) => closing = Some(']'),
                ('{', None) => closing = Some('}'),
                (',', None) => {
                    words.push(part[start..at].to_owned());
                    start = at + 1;
                }
                _ => {}
            }
        }
        words.push(part[start..].to_owned());
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns a branch's short name, or any other ref's full name.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix(BRANCHES).unwrap_or(name)
}

/// Returns a full ref name for a word that names either a branch or a full ref.
fn full(word: &str) -> String {
    let prefix = if word.starts_with("refs/") { "" } else { BRANCHES };
    format!("{prefix}{word}")
}

fn matcher(word: &str) -> Result<GlobMatcher, ReceiveRefusal> {
    let glob = Glob::new(&full(word));
    let glob = glob.map_err(|error| ReceiveRefusal::Pattern { word: word.to_owned(), error })?;
    Ok(glob.compile_matcher())
}

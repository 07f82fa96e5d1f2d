//! Facts about a repository and its configuration that `doctor` checks.

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, time::Duration};

use idhooks_core::registry::REGISTRY_PATH;

use crate::environment::Environment;
use crate::store::{is_abandoned, resolve_path};

use super::{Git, GitError, HookPaths, Repo, git_config};

/// The oldest git version that idhooks works with.
pub const OLDEST_GIT: [u32; 2] = [2, 31];

/// Environment variables that change which repository git uses or how it uses it.
const RELEVANT_VARIABLES: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EXEC_PATH",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_INDEX_FILE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_WORK_TREE",
];

/// A file younger than this may belong to a program that is still running.
const IN_USE: Duration = Duration::from_secs(10 * 60);

/// A repository's state, for diagnostics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepoDiagnostics {
    /// The output of `git version`.
    pub version: String,
    /// Each configuration key's scope and value.
    pub config: BTreeMap<String, (String, String)>,
    /// Whether the clone is shallow.
    pub shallow: bool,
    /// Whether the index is split.
    pub split_index: bool,
    /// The registry's git attributes: `merge`, `eol` …
    pub attributes: BTreeMap<String, String>,
    /// Git's lock files, held or left behind.
    pub locks: Vec<Leftover>,
    /// idhooks' temporary files, in use or left behind.
    pub temporary: Vec<Leftover>,
    /// The environment variables that are set and that change which repository git uses or how it
    /// uses it.
    pub environment: Vec<String>,
    /// Whether `IDHOOKS=0` disables idhooks.
    pub switched_off: bool,
}

/// A file that a program removes before it exits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The file.
    pub path: PathBuf,
    /// Whether the program is known to have exited.
    pub dead: bool,
}

impl RepoDiagnostics {
    /// Reads a repository's state.
    ///
    /// # Errors
    /// Returns an error if git fails.
    pub fn read(git: &Git, paths: &HookPaths, variables: &Environment) -> Result<Self, GitError> {
        let shallow = git.text(&["rev-parse", "--is-shallow-repository"])?;
        let split_index = git.ask(&["rev-parse", "--shared-index-path"])?.unwrap_or_default();
        let resolved = |path: &Path| resolve_path(path).unwrap_or_else(|_| path.to_owned());
        let mut leftovers = Leftovers::default();
        for dir in [&paths.git_dir, &paths.common_dir] {
            leftovers.collect(&resolved(dir), 0, true);
            // A ref's lock is next to the ref, as many directories deep as the ref's name has
            // parts.
            leftovers.collect(&resolved(&dir.join("refs")), 16, true);
        }
        let mut dirs = vec![paths.hooks_dir.clone()];
        dirs.extend(["idhooks", "idhooks/cache"].map(|dir| paths.common_dir.join(dir)));
        dirs.extend(paths.info_attributes.parent().map(Path::to_owned));
        dirs.extend(paths.top.iter().flat_map(|top| [top.clone(), top.join(".idhooks")]));
        dirs.iter().for_each(|dir| leftovers.collect(&resolved(dir), 0, false));
        let environment = RELEVANT_VARIABLES.iter().filter(|name| variables.is_set(name));
        Ok(RepoDiagnostics {
            version: git.text(&["version"])?,
            config: config(git)?,
            shallow: shallow == "true",
            split_index: !split_index.is_empty(),
            attributes: attributes(git, paths)?,
            locks: leftovers.locks.into_values().collect(),
            temporary: leftovers.temporary.into_values().collect(),
            environment: environment.map(|name| (*name).to_owned()).collect(),
            switched_off: variables.var("IDHOOKS").is_some_and(|value| value == "0"),
        })
    }

    /// Returns a key's value.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.config.get(key).map(|(_, value)| value.as_str())
    }

    /// Returns whether git treats a key's value as true.
    pub fn is_true(&self, key: &str) -> bool {
        let yes = |value: &str| {
            // git treats a key without '=' as true, and lists it without a value.
            ["true", "yes", "on", ""].iter().any(|word| value.eq_ignore_ascii_case(word))
                || value.parse::<i64>().is_ok_and(|number| number != 0)
        };
        self.value(key).is_some_and(yes)
    }

    /// Returns whether git is too old, or `None` if its version cannot be parsed.
    pub fn too_old(&self) -> Option<bool> {
        is_old(&self.version)
    }
}

/// Returns git's version if it is too old for idhooks.
pub fn old_git(git: &Git) -> Option<String> {
    git.text(&["version"]).ok().filter(|version| is_old(version) == Some(true))
}

fn is_old(version: &str) -> Option<bool> {
    let number = version.split_whitespace().nth(2)?;
    let mut parts = number.split('.').map(str::parse::<u32>);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some([major, minor] < OLDEST_GIT)
}

impl Repo {
    /// Returns whether this invocation's index is sparse.
    pub fn index_is_sparse(&self) -> bool {
        let index = self.whole_index(&self.index_file());
        index.is_ok_and(|index| index.is_some_and(|index| index.is_sparse()))
    }
}

fn config(git: &Git) -> Result<BTreeMap<String, (String, String)>, GitError> {
    let answer = git.run(&["config", "-z", "--show-scope", "--list"])?;
    let entries = git_config::entries(&answer).into_iter();
    Ok(entries.map(|(scope, key, value)| (key, (scope, value))).collect())
}

fn attributes(git: &Git, paths: &HookPaths) -> Result<BTreeMap<String, String>, GitError> {
    let Some(top) = &paths.top else { return Ok(BTreeMap::new()) };
    let names = ["merge", "text", "eol", "filter", "working-tree-encoding"];
    let path = top.join(REGISTRY_PATH);
    let attributes = git.attributes(&names, [path.as_os_str().as_encoded_bytes()])?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(attributes.into_iter().map(|[_, name, value]| (text(name), text(value))).collect())
}

#[derive(Default)]
struct Leftovers {
    locks: BTreeMap<PathBuf, Leftover>,
    temporary: BTreeMap<PathBuf, Leftover>,
}

impl Leftovers {
    fn collect(&mut self, dir: &Path, depth: usize, locks: bool) {
        // Most of these directories are optional.
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if depth > 0 {
                    self.collect(&path, depth - 1, locks);
                }
                continue;
            }
            let into = if name.contains(".idhooks-") && name.ends_with(".tmp") {
                &mut self.temporary
            } else if locks && name.ends_with(".lock") {
                &mut self.locks
            } else {
                continue;
            };
            let dead = is_abandoned(&path, IN_USE);
            into.insert(path.clone(), Leftover { path, dead });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let of = |version: &str| {
            RepoDiagnostics { version: version.into(), ..RepoDiagnostics::default() }.too_old()
        };
        assert_eq!(of("git version 2.39.5"), Some(false));
        assert_eq!(of("git version 2.31.0.windows.1"), Some(false));
        assert_eq!(of("git version 2.9.5"), Some(true));
        assert_eq!(of("git version 2.30.2 (Apple Git-130)"), Some(true));
        assert_eq!(of("git version 3.0.0-rc1"), Some(false));
        assert_eq!(of("hub"), None);
    }

    #[test]
    fn booleans_are_read_as_git_does() {
        let with = |value: &str| {
            let config = [("k".to_owned(), ("local".to_owned(), value.to_owned()))];
            RepoDiagnostics { config: config.into(), ..RepoDiagnostics::default() }.is_true("k")
        };
        assert!(["true", "YES", "on", "1", "-1", ""].into_iter().all(with));
        assert!(!["false", "no", "off", "0", "input"].into_iter().any(with));
    }
}

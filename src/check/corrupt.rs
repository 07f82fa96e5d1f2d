//! `REGISTRY_CORRUPT` and `MALFORMED_ID`: the registry cannot be read or is another's.

use crate::registry::{REGISTRY_PATH, ReadError, RepoPath, Scope, shell_quoted};

use super::{Code, Finding};

/// What to do about a registry that a later idhooks has written.
pub const UPGRADE: &str = "upgrade idhooks: a later version has written this registry, and no earlier one may change it; in the source tree of idhooks: git pull && ./install.sh";

/// Returns the findings for a registry that cannot be read.
pub fn corrupt(error: &ReadError) -> Vec<Finding> {
    let ReadError::Ids(malformed) = error else {
        let message = format!("'{REGISTRY_PATH}' cannot be read: {error}");
        return vec![Finding::new(Code::RegistryCorrupt, message, help(error))];
    };
    let finding = |bad: &crate::registry::MalformedId| {
        let message = format!(
            "line {}: '{}' is no identity (16 digits, the sequence not 00000)",
            bad.line, bad.id
        );
        let mut finding = Finding::new(Code::MalformedId, message, help(error)).at(&bad.path);
        finding.id = Some(bad.id.clone());
        finding
    };
    malformed.iter().map(finding).collect()
}

fn help(error: &ReadError) -> String {
    match error {
        ReadError::Newer(_) => UPGRADE,
        ReadError::ConflictMarkers(_) => "run 'idhooks resolve', which merges both sides and needs no markers",
        _ => "take back the edit: git restore --source=HEAD --staged --worktree .idhooks/registry.json; if HEAD has it too: idhooks reconcile && git commit",
    }
    .to_owned()
}

/// Returns the finding for a tree that has `idhooks.toml` but no registry.
pub fn missing() -> Finding {
    let message = format!("'{REGISTRY_PATH}' is missing, though idhooks.toml is there");
    let help = format!(
        "get the last one with 'git restore --source=HEAD --staged --worktree {REGISTRY_PATH}'; if there never was one, run 'idhooks init'"
    );
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding for a link in the place of the registry or of its directory.
pub fn linked(path: &RepoPath) -> Finding {
    let message =
        format!("'{path}' is a symbolic link: idhooks does not follow links inside a repository");
    let help = format!(
        "take it out: git rm -f -- {path}; then get the registry back from a commit that had it: git restore --source=<commit> --staged --worktree {REGISTRY_PATH}"
    );
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding for a registry that is left unmerged in the index.
pub fn unmerged() -> Finding {
    let message = format!("'{REGISTRY_PATH}' is unmerged");
    let help = "run 'idhooks resolve', which merges both sides and stages the result";
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding for a merge that leaves conflict markers in the registry where no merge
/// driver runs.
pub fn collides_as_text(branch: &str) -> Finding {
    let message = format!(
        "merged without the merge driver, as a forge does it, '{REGISTRY_PATH}' conflicts with '{branch}'"
    );
    let help = format!(
        "merge it where idhooks is installed, then push: git merge {}",
        shell_quoted(branch)
    );
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding for a registry that was given up, with its rules, though `before` has one.
pub fn given_up(before: &str) -> Finding {
    let message = format!("'{REGISTRY_PATH}' is gone, and with it every identity");
    let help = format!(
        "get it back: git restore --source={} --staged --worktree {REGISTRY_PATH} idhooks.toml",
        shell_quoted(before)
    );
    Finding::new(Code::RegistryCorrupt, message, help)
}

/// Returns the finding for a registry of another scope than `idhooks.toml` names.
pub fn wrong_scope(registry: Scope, config: Scope) -> Finding {
    let message =
        format!("'{REGISTRY_PATH}' is of scope {registry}, but idhooks.toml says {config}");
    let help = format!(
        "a scope never changes; if the registry was edited, get the good one back with 'git restore --source=HEAD --staged --worktree {REGISTRY_PATH}'; if it is right, set scope = \"{registry}\" in idhooks.toml"
    );
    Finding::new(Code::RegistryCorrupt, message, help)
}

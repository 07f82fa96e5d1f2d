//! `REGISTRY_CORRUPT`: the scope in the registry or in `idhooks.toml` differs from the one in
//! earlier commits.

use crate::config::CONFIG_PATH;
use crate::registry::{REGISTRY_PATH, Scope};

use super::{Code, Finding};

/// The scopes that must all be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeClaims {
    /// The registry's scope.
    pub registry: Scope,
    /// The scope in `idhooks.toml`, if it sets one.
    pub config: Option<Scope>,
    /// The scope in earlier commits, if any of them has a registry.
    pub inherited: Option<Scope>,
}

impl ScopeClaims {
    /// Returns a finding if the scopes differ. It names the files whose scope differs from the one
    /// in earlier commits. `is_index` means that both files can still be restored before a commit.
    pub fn finding(&self, is_index: bool) -> Option<Finding> {
        let config = self.config.unwrap_or(self.registry);
        let (message, help) = match self.inherited {
            None if config == self.registry => return None,
            None => (
                format!(
                    "'{REGISTRY_PATH}' has scope {}, but {CONFIG_PATH} says {config}",
                    self.registry
                ),
                format!("set {} in {CONFIG_PATH}", key(self.registry)),
            ),
            Some(scope) => {
                let registry = Some(self.registry).filter(|found| *found != scope);
                let config = self.config.filter(|found| *found != scope);
                let help = remedy(scope, registry.is_some(), config.is_some(), is_index);
                let before = format!("earlier commits have scope {scope}");
                let message = match (registry, config) {
                    (None, None) => return None,
                    (Some(found), None) => {
                        format!("'{REGISTRY_PATH}' has scope {found}, but {before}")
                    }
                    (None, Some(found)) => {
                        format!("'{CONFIG_PATH}' has scope {found}, but {before}")
                    }
                    (Some(found), Some(named)) if found == named => format!(
                        "'{REGISTRY_PATH}' and '{CONFIG_PATH}' have scope {found}, but {before}"
                    ),
                    (Some(found), Some(named)) => format!(
                        "'{REGISTRY_PATH}' has scope {found} and '{CONFIG_PATH}' {named}, but {before}"
                    ),
                };
                (message, help)
            }
        };
        Some(Finding::new(Code::RegistryCorrupt, message, help))
    }
}

fn key(scope: Scope) -> String {
    format!("scope = \"{scope}\"")
}

/// Returns the remedy, which keeps other edits to `idhooks.toml`, and restores or heals the
/// registry.
fn remedy(scope: Scope, registry: bool, config: bool, is_index: bool) -> String {
    let key = key(scope);
    let set = format!("set {key} in {CONFIG_PATH} and run 'git add {CONFIG_PATH}'");
    let restore = format!("git restore --source=HEAD --staged --worktree {REGISTRY_PATH}");
    let heals = "the next 'git commit' with idhooks repairs the registry";
    // Before the commit, the registry can be restored; afterwards, it can only be healed.
    let remedy = match (registry && is_index, config) {
        (true, true) => format!("{set}, then: {restore}"),
        (true, false) => format!("restore the registry: {restore}"),
        (false, true) if registry => format!("{set}; {heals}"),
        (false, true) => set,
        (false, false) => heals.to_owned(),
    };
    format!("a scope never changes; {remedy}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().expect("a scope")
    }

    fn message(registry: &str, config: Option<&str>, inherited: Option<&str>) -> Option<String> {
        let claims = ScopeClaims {
            registry: scope(registry),
            config: config.map(scope),
            inherited: inherited.map(scope),
        };
        claims.finding(true).map(|finding| finding.message)
    }

    #[test]
    fn the_file_that_changed_is_named() {
        let [old, new] = ["260118", "260119"];
        for config in [None, Some(old)] {
            assert_eq!(message(old, config, None), None);
            assert_eq!(message(old, config, Some(old)), None);
            let found = message(new, config, Some(old)).expect("a finding");
            assert!(found.contains(".json") && !found.contains(".toml"), "{found}");
        }
        let found = message(old, Some(new), Some(old)).expect("a finding");
        assert!(!found.contains(".json") && found.contains(".toml"), "{found}");
        let found = message(new, Some(new), Some(old)).expect("a finding");
        assert!(found.contains(".json") && found.contains(".toml"), "{found}");
        assert!(message(old, Some(new), None).is_some());
    }
}

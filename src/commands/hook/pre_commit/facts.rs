//! The facts about changed files, which a commit keeps in their records.

use idhooks_core::config::Config;
use idhooks_core::registry::{Registry, RepoPath};
use idhooks_ops::store_facts;
use idhooks_repo::{git::Repo, transaction::CommitInputs};

use crate::output::{Ui, count};

/// Keeps the facts about the files that differ from all parents in their records in `registry`.
pub(super) fn keep_facts(
    ui: &mut Ui,
    repo: &Repo,
    config: &Config,
    inputs: &CommitInputs,
    registry: &mut Registry,
) {
    if config.describe.store.is_empty() {
        return;
    }
    let (tree, parents) = (&inputs.state.tree, &inputs.lineage.parents);
    let is_changed =
        |path: &&RepoPath| parents.iter().all(|parent| parent.tree.get(*path) != tree.get(*path));
    let changed = tree.keys().filter(is_changed);
    let left_out = store_facts(repo, config, tree, changed, registry);
    if left_out > 0 {
        let files = count(left_out, "Python file", "Python files");
        ui.warning(&format!(
            "there was no time to describe {files}; the registry keeps what it had"
        ));
        ui.hint("to describe them: idhooks describe --all --write");
    }
}

/// Takes over the facts of an earlier plan of the same commit.
pub(super) fn carry_facts(config: &Config, before: &Registry, registry: &mut Registry) {
    if config.describe.store.is_empty() {
        return;
    }
    let before = before.by_origin();
    for record in &mut registry.allocations {
        let Some(earlier) = before.get(&record.origin).filter(|one| one.path == record.path) else {
            continue;
        };
        for key in config.describe.store.iter().map(|key| key.as_str()) {
            match earlier.metadata.get(key) {
                Some(value) => drop(record.metadata.insert(key.to_owned(), value.clone())),
                None => drop(record.metadata.remove(key)),
            }
        }
    }
}

//! Additional scan columns.

use idhooks_core::registry::{Id, RepoPath};
use idhooks_repo::store::{EntryKind, ScannedFile, TreeScan};

use super::identities::ScanIdentities;
use super::row::ScanRow;
use crate::steps::CodeEngine;

/// Adds the scanned files' classes to their rows.
pub(super) fn add_classes(identities: &ScanIdentities<'_>, found: &TreeScan, rows: &mut [ScanRow]) {
    for ((path, file), row) in found.files.iter().zip(rows) {
        let path = identities.own_path(path);
        let is_file = is_tracked(identities, file, &path);
        row.add_class(is_file.then(|| identities.config().classify(&path)));
    }
}

/// Adds the facts about Python files to their rows.
pub(super) fn add_facts(
    engine: CodeEngine,
    identities: &ScanIdentities<'_>,
    found: &TreeScan,
    rows: &mut [ScanRow],
) {
    let (config, tree) = (identities.config(), identities.tree());
    let source = |(path, file): &(RepoPath, ScannedFile)| {
        let path = identities.own_path(path);
        let is_described = is_tracked(identities, file, &path)
            && config.describe.path.matches(&path)
            && tree.contains_key(&path);
        let id = identities.held.get(&path).map(|(id, _)| *id);
        is_described.then_some((path, id))
    };
    let sources: Vec<Option<(RepoPath, Option<Id>)>> = found.files.iter().map(source).collect();
    // One call covers all files, since each call prepares the packages in the whole tree.
    let described: Vec<(RepoPath, Option<Id>)> = sources.iter().flatten().cloned().collect();
    let mut values = (engine.describe_files)(identities.repo, config, tree, &described).into_iter();
    for (row, source) in rows.iter_mut().zip(&sources) {
        row.add_facts(source.as_ref().and_then(|_| values.next()));
    }
}

fn is_tracked(identities: &ScanIdentities<'_>, file: &ScannedFile, path: &RepoPath) -> bool {
    file.kind == EntryKind::File && identities.config().tracks(path)
}

//! Further columns of a scan.

use idhooks_repo::store::{EntryKind, TreeScan};

use super::identities::ScanIdentities;
use super::row::{ScanFacts, ScanRow};
use crate::{Describer, python_files};

/// Adds facts about the scanned files to their rows.
pub(super) fn add_facts(
    identities: &ScanIdentities<'_>,
    facts: ScanFacts,
    found: &TreeScan,
    rows: &mut [ScanRow],
) {
    let (config, files) = (identities.config(), python_files(identities.tree()));
    let mut describer = Describer::new(identities.repo, config, &files);
    for ((path, file), row) in found.files.iter().zip(rows) {
        let path = identities.own_path(path);
        let is_file = file.kind == EntryKind::File && config.tracks(&path);
        match facts {
            ScanFacts::Class => row.add_class(is_file.then(|| config.classify(&path))),
            ScanFacts::Describe => {
                let is_described = is_file && config.describe.path.matches(&path);
                let entry = identities.entry(&path).filter(|_| is_described);
                let id = identities.held.get(&path).map(|(id, _)| *id);
                let described = entry.map(|e| describer.describe(&path, Some(e.blob), id));
                row.add_facts(described.as_ref());
            }
        }
    }
    describer.save();
}

//! Planning a purge.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Allocation, Id, Registry, Timestamp};
use idhooks_repo::git::{GrepMatch, Repo};

use crate::{OpsError, RegistryTransaction, lifecycle, mentions};

/// The plan for a purge.
pub(super) struct PurgePlan {
    /// The records to be purged, as they are now.
    pub(super) records: Vec<Allocation>,
    /// The identities to be kept because these lines still mention them.
    pub(super) mentioned: BTreeMap<Id, Vec<GrepMatch>>,
    /// The registry with the records reduced to tombstones.
    pub(super) after: Registry,
}

impl PurgePlan {
    /// Plans to purge the records that were deprecated before `cutoff` and are no longer mentioned.
    pub(super) fn plan(
        transaction: &RegistryTransaction<'_>,
        cutoff: Timestamp,
    ) -> Result<Self, OpsError> {
        let before = transaction.registry();
        let found = lifecycle::purgeable(before, cutoff, &|path| transaction.has_file(path));
        let mentioned = mentioned(transaction.repo, &found)?;
        let ids: BTreeSet<&Id> = found.iter().filter(|id| !mentioned.contains_key(id)).collect();
        let records = before.allocations.iter().filter(|record| ids.contains(&record.id));
        let records: Vec<Allocation> = records.cloned().collect();
        let mut after = before.clone();
        records.iter().try_for_each(|record| lifecycle::purge(&mut after, record.id))?;
        Ok(PurgePlan { records, mentioned, after })
    }
}

/// Returns the lines that mention these identities, grouped by identity; leaves out identities that
/// are not mentioned.
fn mentioned(repo: &Repo, ids: &[Id]) -> Result<BTreeMap<Id, Vec<GrepMatch>>, OpsError> {
    let words: BTreeMap<String, Id> = ids.iter().map(|id| (id.to_string(), *id)).collect();
    // A single search covers all identities, because each search reads every tracked file.
    let all: Vec<String> = words.keys().cloned().collect();
    let mut mentioned: BTreeMap<Id, Vec<GrepMatch>> = BTreeMap::new();
    for mention in mentions(repo, &all)? {
        for id in runs_of_digits(&mention.text).filter_map(|run| words.get(run)) {
            mentioned.entry(*id).or_default().push(mention.clone());
        }
    }
    Ok(mentioned)
}

fn runs_of_digits(text: &str) -> impl Iterator<Item = &str> {
    // A longer number that contains the same sixteen digits does not count as a mention of the
    // identity.
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == Id::DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_no_part_of_a_longer_number() {
        let found = |text: &'static str| runs_of_digits(text).collect::<Vec<_>>();
        assert_eq!(
            found("see 0110024716200105, x0110073814260118_y."),
            ["0110024716200105", "0110073814260118"]
        );
        assert!(found("10110024716200105 011002471620010 0110-0247-1620-0105").is_empty());
    }
}

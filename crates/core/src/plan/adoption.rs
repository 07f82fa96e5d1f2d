//! The first registry of a repository: every tracked file is new.

use std::collections::HashSet;

use crate::registry::{Origin, Registry};

use super::{Allocator, Choice, IdAssigner, Plan, PlanError, Situation};

/// Returns whether there are no identities except those that this clone allocated before.
pub(super) fn is_adoption(situation: &Situation<'_>) -> bool {
    situation.allocate
        && situation.parents.is_empty()
        && situation.base.is_none()
        && situation.staged.is_none()
        && situation.rest.is_none()
        && situation.offered.is_empty()
        && situation.sources.is_empty()
        && situation.published.is_empty()
}

/// Allocates an identity for every tracked file, in byte order of paths.
///
/// # Errors
/// Returns an error if a counter is full.
pub(super) fn adopt(situation: &Situation<'_>) -> Result<Plan, PlanError> {
    let mut registry = Registry::new(situation.scope);
    let mut assigner = IdAssigner {
        config: situation.config,
        scope: situation.scope,
        now: situation.now,
        allocator: Allocator::new(situation.config.strategy, &registry, situation.given),
        choice: Choice::default(),
        blobs: situation.blobs,
    };
    let mut origins = HashSet::with_capacity(situation.index.len());
    let files = situation.index.iter().filter(|(_, entry)| entry.mode.is_file());
    for (path, entry) in files.filter(|(path, _)| situation.config.tracks(path)) {
        let blob = assigner.origin_blob(path, entry.blob);
        let mut generations = (0..).map(|g| Origin::of_file(path, blob, g));
        let origin = generations.find(|origin| origins.insert(*origin));
        if let Some(origin) = origin {
            registry.allocations.push(assigner.make(path, origin, None)?);
        }
        (situation.progress)();
    }
    Ok(Plan { registry, missing: Vec::new(), skipped: None, undone: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::super::{AllocationLog, plan};
    use super::*;
    use crate::check::Placement;
    use crate::config::{Config, Strategy};
    use crate::registry::{BlobId, Entry, Mode, RepoPath, Timestamp, Tree};
    use crate::rename::NoBlobs;

    #[test]
    fn adoption_allocates_the_same_as_file_by_file() {
        let entry = |n: usize| Entry {
            mode: [Mode::Regular, Mode::Executable, Mode::Symlink][n % 3],
            blob: BlobId::from_bytes(&[n as u8 / 2; 20]).expect("an id"),
        };
        let path = |n: usize| {
            let dir = ["", "docs/", "src/", ".idhooks/"][n % 4];
            RepoPath::new(format!("{dir}file{n}").into_bytes()).expect("a path")
        };
        let index: Tree = (0..200).map(|n| (path(n), entry(n))).collect();
        let scope = "260118".parse().expect("a scope");
        let known = Registry::new(scope);
        for strategy in [Strategy::Scattered, Strategy::Sequential] {
            let mut config = Config::default();
            config.strategy = strategy;
            let given = |staged, given: &AllocationLog| {
                let planned = plan(&Situation {
                    config: &config,
                    scope,
                    index: &index,
                    parents: &[],
                    merged: None,
                    base: None,
                    staged,
                    rest: None,
                    offered: &[],
                    published: &Placement::new(),
                    sources: &[],
                    reverting: false,
                    recent: &|_| Default::default(),
                    blobs: &NoBlobs,
                    witness: &|_, _| true,
                    given,
                    now: Timestamp::EPOCH,
                    allocate: true,
                    progress: &|| {},
                });
                planned.expect("room").registry
            };
            let first = given(None, &AllocationLog::default());
            assert_eq!(first.allocations.len(), 100);
            assert_eq!(first.format(), given(Some(&known), &AllocationLog::default()).format());
            // Some identities were allocated before, at another time or to other files.
            let at = "2026-01-01T00:00:00Z".parse().expect("a date");
            let mut lines = String::new();
            for pair in first.allocations.chunks(2) {
                lines.push_str(&AllocationLog::line(pair[0].origin, pair[1].id, at));
            }
            let before = AllocationLog::parse(lines.into_bytes());
            let again = given(None, &before).format();
            assert_eq!(again, given(Some(&known), &before).format());
            assert_ne!(again, first.format());
        }
    }
}

//! From what git holds to a plan.

use crate::config::Config;
use crate::git::{CommitId, GitError, Repo, commit_date};
use crate::plan::{AllocationLog, Plan, Situation, plan};
use crate::registry::{BlobId, Registry, Scope, Timestamp};
use crate::rename::Blobs;

use crate::history::Lineage;
use crate::history::witness::Witnesses;
use crate::state::{Snapshot, StateError};

/// What a plan is wanted for.
pub struct Request<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's six digits.
    pub scope: Scope,
    /// What will be committed.
    pub snapshot: &'a Snapshot,
    /// The commit's parents.
    pub lineage: &'a Lineage,
    /// What this clone has given.
    pub given: &'a AllocationLog,
    /// Other registries of this clone that may hold identities given to files of the index.
    pub offered: &'a [Registry],
    /// The date of new records in seconds since 1970; nothing for the commit being made.
    pub now: Option<i64>,
    /// Whether new files get identities.
    pub allocate: bool,
    /// The commits that are being picked or reverted.
    pub picks: &'a [Pick],
    /// Called after every new identity.
    pub progress: &'a dyn Fn(),
}

/// A commit that is made again elsewhere, or undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// The commit.
    pub commit: CommitId,
    /// Whether it is undone.
    pub reverting: bool,
}

impl Pick {
    /// Returns what git notes as being picked or reverted.
    ///
    /// # Errors
    /// Notes that are there but cannot be read.
    pub fn noted(repo: &Repo) -> Result<Vec<Pick>, GitError> {
        let mut picks = Vec::new();
        for (file, reverting) in [("CHERRY_PICK_HEAD", false), ("REVERT_HEAD", true)] {
            picks.extend(repo.noted_head(file)?.map(|commit| Pick { commit, reverting }));
        }
        Ok(picks)
    }
}

impl Blobs for Repo {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.blob_size(blob)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.local_blob(blob)
    }

    fn id_of(&self, content: &[u8]) -> Option<BlobId> {
        self.blob_of(content, content.len() as u64)
    }
}

/// Works out what a commit with this content must carry.
///
/// # Errors
/// Objects that cannot be read, registries that cannot be merged, a counter that is full.
pub fn prepare(repo: &Repo, request: &Request<'_>) -> Result<Plan, StateError> {
    let parents = request.lineage.with_registry();
    let base = request.lineage.merged.as_ref();
    let staged = request.snapshot.registry().map(|staged| staged.with_origins_of(base));
    let sources = sources(repo, request.picks)?;
    let recent = || request.lineage.recent(repo);
    let witnesses = Witnesses::of(repo);
    Ok(plan(&Situation {
        config: request.config,
        scope: request.scope,
        index: &request.snapshot.tree,
        parents: &parents,
        merged: base,
        base,
        staged: staged.as_deref(),
        sources: &sources,
        reverting: request.picks.iter().any(|pick| pick.reverting),
        recent: &recent,
        blobs: repo,
        witness: &|origin, path| witnesses.tell(origin, path),
        given: request.given,
        rest: None,
        offered: request.offered,
        told: request.lineage.what_parents_tell(),
        now: date(request.now.unwrap_or_else(commit_date)),
        allocate: request.allocate,
        progress: request.progress,
    })?)
}

/// Reads the registries of commits being picked or reverted and of their first parents.
fn sources(repo: &Repo, picks: &[Pick]) -> Result<Vec<Registry>, StateError> {
    let mut registries = Vec::new();
    for pick in picks.iter().filter(|pick| repo.has_commit(pick.commit)) {
        let parent = repo.commit(pick.commit)?.parents.first().copied();
        let parent = parent.filter(|id| repo.has_commit(*id));
        for id in std::iter::once(pick.commit).chain(parent) {
            if let Ok(Snapshot { stored: Some(stored), .. }) = Snapshot::of_commit(repo, id) {
                registries.push(stored.registry.clone());
            }
        }
    }
    Ok(registries)
}

/// Returns the date of records made now.
pub fn now() -> Timestamp {
    date(commit_date())
}

/// Returns an instant; one outside the years that can be written is as good as none.
fn date(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
}

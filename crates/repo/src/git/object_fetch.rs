//! Fetches objects that a clone lacks: everything that a task needs is fetched in one batch, within
//! a time limit. No other code fetches objects.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use idhooks_core::registry::BlobId;
use idhooks_core::rename::Blobs;

use super::fetch_state::ObjectSource;
use super::{GitError, Repo};

/// The default time limit.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);
/// The maximum number of requests. After each refusal, only the objects that the remote may have
/// are requested again.
const MAX_REFUSALS: usize = 8;
/// The start of the message that a remote sends when it lacks an object. The object's id follows.
const NOT_THERE: &str = "not our ref ";
/// The same fetch that git itself runs for objects missing from a partial clone.
const FETCH: [&str; 9] = [
    "-c",
    "fetch.negotiationAlgorithm=noop",
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--recurse-submodules=no",
    "--stdin",
];

impl Repo {
    /// Returns whether this is a partial clone, in which a remote has promised to provide the
    /// objects that git left out.
    pub fn is_partial(&self) -> bool {
        self.source().is_some_and(|source| source.is_promisor)
    }

    /// Returns whether other clones may have an object that this clone lacks: this clone is partial
    /// or shallow, and no remote has reported that it lacks the object, too.
    pub fn may_lack(&self, id: BlobId) -> bool {
        self.source().is_some() && !self.objects.obtaining.lost.borrow().contains(&id)
    }

    fn source(&self) -> Option<&ObjectSource> {
        self.objects.obtaining.source.get_or_init(|| self.find_source()).as_ref()
    }

    fn find_source(&self) -> Option<ObjectSource> {
        let names = self.gix.remote_names();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let config = self.gix.config_snapshot();
        let named = config.string("extensions.partialClone").map(|name| name.to_string());
        let promises =
            |name: &&String| config.boolean(&*format!("remote.{name}.promisor")).unwrap_or(false);
        let promisor = named.filter(|name| names.contains(name));
        if let Some(remote) = promisor.or_else(|| names.iter().find(promises).cloned()) {
            return Some(ObjectSource { remote, is_promisor: true });
        }
        if !self.is_shallow().unwrap_or(false) {
            return None;
        }
        let usual = names.iter().find(|name| *name == "origin").or_else(|| names.first());
        // Without a remote, nothing can be fetched, but other clones may still have the object.
        let remote = usual.cloned().unwrap_or_default();
        Some(ObjectSource { remote, is_promisor: false })
    }

    /// Fetches the objects that this clone lacks, in one request, waiting no longer than `limit`.
    /// Returns whether any of them arrived. After a failure, this invocation does not fetch again.
    pub fn obtain(&self, ids: &BTreeSet<BlobId>, limit: Duration) -> bool {
        let Some(source) = self.source().filter(|source| !source.remote.is_empty()) else {
            return false;
        };
        let is_open = |id: &&BlobId| self.may_lack(**id) && !self.has_blob(**id);
        let mut missing: BTreeSet<BlobId> = ids.iter().filter(is_open).copied().collect();
        let begin = Instant::now();
        for _ in 0..MAX_REFUSALS {
            let left = limit.saturating_sub(begin.elapsed());
            if missing.is_empty() || self.objects.obtaining.failure.get().is_some() {
                break;
            }
            // If a remote lacks an object, it refuses the whole request and names only that object.
            let Err(error) = self.fetch_objects(source, &missing, left) else { break };
            let named = error.reason.split(NOT_THERE).nth(1);
            let named = named.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
            match named.filter(|id| missing.remove(id)) {
                Some(lost) => drop(self.objects.obtaining.lost.borrow_mut().insert(lost)),
                None => drop(self.objects.obtaining.failure.set(error)),
            }
        }
        missing.iter().any(|id| self.has_blob(*id))
    }

    fn fetch_objects(
        &self,
        source: &ObjectSource,
        ids: &BTreeSet<BlobId>,
        limit: Duration,
    ) -> Result<(), GitError> {
        let mut args = FETCH.to_vec();
        if source.is_promisor {
            // Without a filter, git would fetch everything reachable from the named objects.
            args.push("--filter=blob:none");
        }
        args.extend(["--", &source.remote]);
        let wanted: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.git().run_or_end(&args, wanted.as_bytes(), limit).map(drop)
    }

    /// Like [`Self::obtain`], for a single object and with the default time limit.
    pub fn obtain_one(&self, id: BlobId) {
        if !self.has_blob(id) {
            self.obtain(&BTreeSet::from([id]), DEFAULT_LIMIT);
        }
    }

    /// Like [`Self::obtain`], with the default time limit.
    pub fn obtain_all(&self, ids: &BTreeSet<BlobId>) -> bool {
        self.obtain(ids, DEFAULT_LIMIT)
    }

    /// Disables fetching from now on, for a command that must not fetch.
    pub fn fetch_nothing(&self) {
        let unwanted = GitError::failed("fetching", &"this command fetches nothing");
        let _ = self.objects.obtaining.failure.set(unwanted);
    }

    /// Returns the blobs that `work` needs and this clone lacks.
    pub fn missing_for(&self, work: impl FnOnce(&dyn Blobs)) -> BTreeSet<BlobId> {
        let contents = NotedContents { repo: self, missing: RefCell::default() };
        work(&contents);
        contents.missing.into_inner()
    }

    /// Runs `work`, which reads blobs. If this clone lacks some of them, they are fetched in one
    /// batch, waiting no longer than `limit`, and `work` is run again. Blobs that cannot be fetched
    /// are also missing from the last run.
    ///
    /// # Errors
    /// Returns an error if the work fails.
    pub fn with_contents<T, E>(
        &self,
        limit: Duration,
        mut work: impl FnMut(&dyn Blobs) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = Instant::now();
        loop {
            let contents = NotedContents { repo: self, missing: RefCell::default() };
            let result = work(&contents)?;
            let missing = contents.missing.into_inner();
            let rest = limit.saturating_sub(begin.elapsed());
            // Once these blobs are available, the work may need others, so repeat it until nothing
            // new arrives.
            if missing.is_empty() || !self.obtain(&missing, rest) {
                return Ok(result);
            }
        }
    }
}

/// The blobs available in a clone. Requests for missing blobs are recorded.
struct NotedContents<'r> {
    repo: &'r Repo,
    missing: RefCell<BTreeSet<BlobId>>,
}

impl NotedContents<'_> {
    fn noted<T>(&self, blob: BlobId, found: Option<T>) -> Option<T> {
        // Don't request an object again if the remote has already reported that it lacks the
        // object.
        if found.is_none() && self.repo.may_lack(blob) {
            self.missing.borrow_mut().insert(blob);
        }
        found
    }
}

impl Blobs for NotedContents<'_> {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.noted(blob, self.repo.blob_size(blob))
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.noted(blob, self.repo.reused_blob(blob))
    }

    fn id_of(&self, content: &[u8]) -> Option<BlobId> {
        self.repo.id_of(content)
    }

    fn may_lack(&self, blob: BlobId) -> bool {
        self.repo.may_lack(blob)
    }
}

impl Blobs for Repo {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.blob_size(blob)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.reused_blob(blob)
    }

    fn id_of(&self, content: &[u8]) -> Option<BlobId> {
        self.blob_of(content, content.len() as u64)
    }

    fn may_lack(&self, blob: BlobId) -> bool {
        Repo::may_lack(self, blob)
    }
}

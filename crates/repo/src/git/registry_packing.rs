//! Keeps the registry's loose versions from filling the disk. Each commit that changes a large
//! registry stores it once more as a whole; git would pack these objects only after thousands of
//! commits. Once they exceed the bounds, a process in the background has git pack them.
//!
//! A version of a commit that was never made is packed as well. To git it is unreachable either
//! way, and `git gc` removes it from a pack at the same age at which it removes a loose object.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::odb::pack::index::File;
use idhooks_core::registry::{BlobId, REGISTRY_PATH, Registry};

use crate::store::{
    AddedVersion, LastRun, LockError, LooseTotals, LooseVersion, LooseVersions, RunOutcome, Runs,
    StateDir, VersionedFile, WriterLock, clock::now, failpoint::pause, program_path,
};
use crate::system::{lead_session, start_detached};

use super::object_ids::to_gix;
use super::retry::retry_while;
use super::{CommitId, Git, GitError, Repo};

/// The setting for the maximum number of bytes in loose versions, with its default.
const BYTES: (&str, u64) = ("idhooks.looseBytes", 64 << 20);
/// The setting for the maximum number of loose versions, with its default.
const VERSIONS: (&str, u64) = ("idhooks.looseVersions", 24);
/// How many versions of the smallest size that is listed reach the bound in bytes. Of smaller ones,
/// git packs thousands by itself before they do.
const SMALLEST_SHARE: u64 = 4096;
/// How many of the newest commits are searched for loose versions if the list is lost.
const SEARCHED_COMMITS: usize = 1_000;
/// The file that only one process at a time has locked: the one that packs.
const LOCK: &str = "packing.lock";
/// The beginning of the name of the directory in which git prepares the pack. `git gc` removes old
/// directories with such names.
const DIR: &str = "tmp_objdir-idhooks-";
/// The options of `git pack-objects`: versions are compared with the one before only, which needs
/// little time and memory, and which finds nearly all that they have in common.
const PACK: [&str; 5] = ["pack-objects", "-q", "--window=1", "--threads=1", "--depth=50"];

/// The hidden command that packs; see [`Repo::start_packing`].
const COMMAND: [&str; 2] = ["hook", "pack-registry"];

/// The bounds above which loose versions are packed: both must be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LooseBounds {
    bytes: u64,
    versions: u64,
}

impl LooseBounds {
    /// Returns how many times the totals exceed the bounds.
    fn exceeded_by(self, totals: &LooseTotals) -> u64 {
        let bytes = totals.bytes.saturating_sub(1) / self.bytes;
        bytes.min(totals.versions.saturating_sub(1) / self.versions)
    }

    /// Returns whether a loose object of this size is worth listing.
    fn lists(self, size: u64) -> bool {
        size.saturating_mul(SMALLEST_SHARE) >= self.bytes
    }
}

impl Runs {
    /// Runs of git that pack the registry's loose versions. The "report" of a failed one is the
    /// reason.
    pub const PACKING: &str = "packing";
}

impl Repo {
    /// Stores a version of the registry or the legacy file, and returns its blob.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn write_version(&self, file: VersionedFile, bytes: &[u8]) -> Result<BlobId, GitError> {
        self.write_blob(bytes).map(|blob| self.list_version(file, blob))
    }

    /// Stores a registry's text, and returns its blob.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn write_registry(&self, registry: &Registry) -> Result<BlobId, GitError> {
        self.write_version(VersionedFile::Registry, registry.format().as_bytes())
    }

    /// Lists a version that this invocation has stored, and returns it.
    pub fn list_version(&self, file: VersionedFile, blob: BlobId) -> BlobId {
        let Some(bounds) = self.loose_bounds().filter(|_| !self.redirects_objects()) else {
            return blob;
        };
        // If it is not loose, it was in a pack already.
        let Some(size) = self.loose_size(blob).filter(|size| bounds.lists(*size)) else {
            return blob;
        };
        // Nothing depends on the list: if it cannot be written, git packs the version some day.
        let added = self.loose_versions().add(&LooseVersion { blob, file, size });
        let mut stored = self.objects.versions.borrow_mut();
        stored.blobs.push(blob);
        if let Ok(Some(added)) = added {
            let is_first = stored.added.is_some_and(|before| before.is_first) || added.is_first;
            stored.added = Some(AddedVersion { is_first, ..added });
        }
        blob
    }

    /// Starts packing the versions of earlier commits in the background, if this invocation has
    /// stored one that exceeds the bounds. If packing fails, it is started again when as many have
    /// been added.
    ///
    /// # Errors
    /// Returns an error if the program cannot be started.
    pub fn start_packing(&self) -> Result<(), GitError> {
        let stored = self.objects.versions.borrow();
        let (Some(added), Some(bounds)) = (stored.added, self.loose_bounds()) else {
            return Ok(());
        };
        let exceeded = bounds.exceeded_by(&added.totals);
        let is_due = added.is_first || exceeded > added.totals.tried;
        if !is_due || self.is_maintenance_off() || self.redirects_objects() {
            return Ok(());
        }
        let failed = |cause: &dyn Display| GitError::failed("packing", cause);
        self.loose_versions().note_try(exceeded).map_err(|error| failed(&error))?;
        let dir = self.common_dir();
        let mut args: Vec<OsString> = COMMAND.map(Into::into).to_vec();
        args.push(dir.clone().into_os_string());
        args.extend(added.is_first.then(|| "--search".into()));
        args.extend(stored.blobs.iter().map(|blob| blob.to_string().into()));
        let program = program_path().map_err(|error| failed(&error))?;
        start_detached(&program, &dir, &args).map_err(|error| failed(&error)).map(drop)
    }

    /// Packs the listed versions in the repository with this common git directory if they exceed
    /// the bounds, except for these blobs. If the list was lost, the repository's history is
    /// searched for versions first. Returns how many were packed. The result is recorded.
    ///
    /// # Errors
    /// Returns an error if the repository cannot be read, or if git fails.
    pub fn pack_registry(
        common_dir: &Path,
        except: &[BlobId],
        is_list_lost: bool,
    ) -> Result<usize, GitError> {
        lead_session();
        let failed = |cause: &dyn Display| GitError::failed("packing", cause);
        let repo = Repo::open_to_read(common_dir).map_err(|error| failed(&error))?;
        let Some(bounds) = repo.loose_bounds() else { return Ok(0) };
        if repo.is_maintenance_off() || repo.redirects_objects() {
            return Ok(0);
        }
        let state = repo.state_dir();
        let lock = match WriterLock::take_at(&state.file(LOCK), COMMAND[1], Duration::ZERO) {
            Ok(lock) => Some(lock),
            Err(LockError::Held { .. }) => None,
            Err(error) => return Err(failed(&error)),
        };
        // Every commit ends with `git maintenance run --auto`, which has its lock for a moment.
        if lock.is_none() || retry_while(|| repo.is_being_maintained()) {
            // Nothing was tried, so the next commit may.
            repo.loose_versions().note_try(0).map_err(|error| failed(&error))?;
            return Ok(0);
        }
        let packed = Packing { repo: &repo, bounds }.run(except, is_list_lost);
        repo.record_packing(&state, packed.as_ref().copied());
        packed
    }

    /// Records the result. If it cannot be written, there is no better place to report it.
    fn record_packing(&self, state: &StateDir, packed: Result<usize, &GitError>) {
        let runs = Runs::in_dir(state);
        let (outcome, report) = match packed {
            Ok(0) => return,
            Ok(_) => (RunOutcome::Fine, None),
            Err(error) => (RunOutcome::Failed, Some(error.first_line().to_owned())),
        };
        let (at, last) = (now(), runs.last(Runs::PACKING));
        let done = match outcome {
            RunOutcome::Fine => Some(at),
            _ => last.and_then(|last| last.done),
        };
        let _ = runs.note(Runs::PACKING, &LastRun { at, outcome, done, report });
    }

    fn loose_versions(&self) -> LooseVersions {
        LooseVersions::in_dir(&self.state_dir())
    }

    /// Returns the bounds, unless the settings turn packing off.
    fn loose_bounds(&self) -> Option<LooseBounds> {
        let number = |(key, default)| self.number(key).unwrap_or(default);
        let (bytes, versions) = (number(BYTES), number(VERSIONS));
        (bytes > 0 && versions > 0).then_some(LooseBounds { bytes, versions })
    }

    /// Returns the size of a loose object in the repository's own object directory.
    fn loose_size(&self, blob: BlobId) -> Option<u64> {
        let meta = fs::symlink_metadata(self.loose_path(blob)).ok()?;
        meta.is_file().then_some(meta.len())
    }

    fn is_loose(&self, version: &LooseVersion) -> bool {
        self.loose_size(version.blob).is_some()
    }
}

/// A process that packs, and has the lock for it.
struct Packing<'r> {
    repo: &'r Repo,
    bounds: LooseBounds,
}

impl Packing<'_> {
    fn run(&self, except: &[BlobId], is_list_lost: bool) -> Result<usize, GitError> {
        remove_unfinished(&self.objects());
        let mut versions = self.listed(is_list_lost)?;
        let totals = LooseTotals::of(&versions);
        versions.retain(|version| !except.contains(&version.blob));
        if self.bounds.exceeded_by(&totals) == 0 || versions.is_empty() {
            return Ok(0);
        }
        self.pack(&versions)?;
        pause("the registry is packed");
        self.remove_packed(&versions)?;
        pause("the packed versions are removed");
        self.shorten_list(Vec::new())?;
        Ok(versions.len())
    }

    /// Returns the versions that are still loose, oldest first. Afterwards, the list has no others.
    fn listed(&self, is_list_lost: bool) -> Result<Vec<LooseVersion>, GitError> {
        let failed = |error| GitError::reading("the loose versions", &error);
        let list = self.repo.loose_versions();
        let read = || list.read().map(Option::unwrap_or_default).map_err(failed);
        let older = if is_list_lost { self.search()? } else { Vec::new() };
        // A run that was killed may have written its pack without removing the loose objects.
        self.remove_packed(older.iter().chain(&read()?))?;
        self.shorten_list(older)?;
        read()
    }

    /// Puts older versions at the start of the list, and removes those that are no longer loose. The
    /// others count as tried: if packing fails, as many more are waited for.
    fn shorten_list(&self, older: Vec<LooseVersion>) -> Result<(), GitError> {
        let keep = |listed: Vec<LooseVersion>| {
            let mut seen = BTreeSet::new();
            let is_kept = |v: &LooseVersion| self.repo.is_loose(v) && seen.insert(v.blob);
            older.into_iter().chain(listed).filter(is_kept).collect()
        };
        let tried = |totals: &LooseTotals| self.bounds.exceeded_by(totals);
        self.repo
            .loose_versions()
            .rewrite(keep, tried)
            .map_err(|error| GitError::reading("the loose versions", &error))
    }

    /// Finds the registry's loose version in each of the newest commits of all branches, oldest
    /// first. Nothing is fetched.
    fn search(&self) -> Result<Vec<LooseVersion>, GitError> {
        let most = format!("--max-count={SEARCHED_COMMITS}");
        let commits = self.git().text(&["rev-list", "--all", &most, "--"])?;
        let version = |line: &str| {
            let commit = self.repo.commit(CommitId(line.parse().ok()?)).ok()?;
            let blob = self.repo.tree_entry(commit.tree, REGISTRY_PATH).ok()??.blob;
            let size = self.repo.loose_size(blob).filter(|size| self.bounds.lists(*size))?;
            Some(LooseVersion { blob, file: VersionedFile::Registry, size })
        };
        let mut found: Vec<LooseVersion> = commits.lines().filter_map(version).collect();
        found.reverse();
        Ok(found)
    }

    /// Has git write a pack with these versions, and checks that it exists.
    fn pack(&self, versions: &[LooseVersion]) -> Result<(), GitError> {
        let objects = self.objects();
        let aside = tempfile::Builder::new().prefix(DIR).tempdir_in(&objects);
        let aside = aside.map_err(|error| GitError::failed("packing", &error))?;
        // git prepares a pack in its object directory and then moves it to the given place. In a
        // directory of its own, an unfinished pack is known to be ours.
        let git = self.git().env("GIT_OBJECT_DIRECTORY", aside.path());
        let git = git.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&objects));
        let base = objects.join("pack").join("pack");
        let _ = fs::create_dir(objects.join("pack"));
        let mut args: Vec<OsString> = PACK.map(Into::into).to_vec();
        args.push(base.into_os_string());
        // git looks for similar objects among those with the same name, the first one being the
        // newest.
        let line = |version: &LooseVersion| format!("{} {}\n", version.blob, version.file);
        let names: String = versions.iter().rev().map(line).collect();
        pause("the registry is about to be packed");
        let packed = git.run_with(&args, names.as_bytes())?;
        // Before loose objects are removed, the packs must be there.
        let packs = String::from_utf8_lossy(&packed);
        let is_there = |pack: &str| {
            ["pack", "idx"].iter().all(|extension| {
                let file = objects.join("pack").join(format!("pack-{pack}.{extension}"));
                fs::metadata(file).is_ok_and(|meta| meta.len() > 0)
            })
        };
        match packs.lines().count() > 0 && packs.lines().all(is_there) {
            true => Ok(()),
            false => Err(GitError::failed("packing", &"git reported no pack that exists")),
        }
    }

    /// Deletes the loose objects of those versions that are in a pack. `git prune-packed` would also
    /// delete the directories that become empty, even if a `git commit` has just made sure that one
    /// exists; that commit would fail.
    fn remove_packed<'v>(
        &self,
        versions: impl IntoIterator<Item = &'v LooseVersion>,
    ) -> Result<(), GitError> {
        let failed = |cause: &dyn Display| GitError::failed("packing", cause);
        let hash = self.repo.gix.object_hash();
        let files = fs::read_dir(self.objects().join("pack")).into_iter().flatten().flatten();
        let files = files.map(|entry| entry.path());
        let is_index = |file: &PathBuf| {
            file.extension().is_some_and(|it| it == "idx") && file.with_extension("pack").is_file()
        };
        let opened = files.filter(is_index).filter_map(|file| File::at(file, hash).ok());
        let indices: Vec<File> = opened.collect();
        for version in versions {
            let is_packed = indices.iter().any(|it| it.lookup(to_gix(version.blob)).is_some());
            match is_packed.then(|| fs::remove_file(self.repo.loose_path(version.blob))) {
                Some(Err(error)) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed(&error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns a runner for git in the common git directory, which never fetches.
    fn git(&self) -> Git {
        let dir = self.repo.common_dir();
        let git = Git::new(&dir).env("GIT_DIR", &dir).env("GIT_NO_LAZY_FETCH", "1");
        // Before git 2.45, this is what keeps it from fetching.
        git.env("GIT_ALLOW_PROTOCOL", "")
    }

    fn objects(&self) -> PathBuf {
        std::path::absolute(self.repo.gix.objects.store_ref().path())
            .unwrap_or_else(|_| self.repo.common_dir().join("objects"))
    }
}

/// Removes the unfinished packs of killed runs from an object directory. Those of other users are
/// left to them or to git.
fn remove_unfinished(objects: &Path) {
    for entry in fs::read_dir(objects).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(DIR) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Quotes a path for a variable with a list of paths, since it may contain the separator.
fn quoted(path: &Path) -> OsString {
    let Some(text) = path.to_str() else { return path.into() };
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_must_be_exceeded() {
        let bounds = LooseBounds { bytes: 64 << 20, versions: 24 };
        let mib = |mib: u64, versions| LooseTotals { versions, bytes: mib << 20, tried: 0 };
        for (totals, times) in [
            (mib(0, 0), 0),
            (mib(64, 25), 0),
            (mib(65, 24), 0),
            (mib(65, 25), 1),
            (mib(1_000, 25), 1),
            (mib(129, 48), 1),
            (mib(129, 49), 2),
        ] {
            assert_eq!(bounds.exceeded_by(&totals), times, "{totals:?}");
        }
        assert!(bounds.lists(16 << 10) && !bounds.lists((16 << 10) - 1));
    }
}

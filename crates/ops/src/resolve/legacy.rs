//! The legacy file while a registry is being resolved: the data that is only in that file, and
//! whether the file is derived again or removed.

use idhooks_core::config::Leading;
use idhooks_core::registry::{Discrepancy, REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::derived::legacy::{LegacyFile, LegacyState, read};
use idhooks_repo::state::{StateError, Stored};
use idhooks_repo::transaction::{
    ConflictingEdits, UnreadableLegacy, committed_now, take_conflicting_edits,
};

use super::context::ResolveContext;
use super::notice::ResolveNotice;
use super::refusal::ResolveRefusal;
use crate::{LegacyFault, Notice, Observer, OpsError, only_in, report_taken};

impl ResolveContext<'_> {
    /// Returns whether the legacy file leads but is out of step because another program changed it.
    pub(super) fn is_left_to_commit(
        &self,
        file: &LegacyFile<'_>,
        stored: &Stored,
    ) -> Result<bool, OpsError> {
        let is_leading = file.rules.leading == Leading::Legacy;
        let is_merged = !self.index.unmerged.contains_key(file.path());
        let state = file.state(&self.index.tree, &stored.registry)?;
        Ok(is_leading && is_merged && matches!(state, LegacyState::Differs(_)))
    }

    /// Returns whether another program has changed the legacy file in the working tree while the
    /// registry leads and the index has the derived file. `git commit -a` would be blocked in this
    /// case.
    pub(super) fn is_edited(
        &self,
        file: &LegacyFile<'_>,
        stored: &Stored,
    ) -> Result<bool, OpsError> {
        let Some(path) = file.path().as_str().filter(|_| file.rules.leading == Leading::Registry)
        else {
            return Ok(false);
        };
        let working = self.repo.read_working(path)?;
        let follows = |registry: &Registry| {
            LegacyState::of(working.as_deref(), registry, &file.rules) == LegacyState::InStep
        };
        // An aborted commit leaves both files as they would have been committed.
        let registry = self.repo.read_working(REGISTRY_PATH)?;
        let registry = registry.and_then(|bytes| Registry::parse(&bytes).ok());
        Ok(!follows(&stored.registry) && !registry.is_some_and(|registry| follows(&registry)))
    }

    /// Removes a conflicted legacy file that one side removed in the migration's last step, and
    /// returns its path, if there is one.
    ///
    /// # Errors
    /// Returns an error if the other side has records that the merged registry lacks.
    pub(super) fn remove_finished(
        &self,
        registry: &Registry,
    ) -> Result<Option<RepoPath>, OpsError> {
        let file = LegacyFile::of(self.repo, &self.index.tree)?;
        let Some(file) = file.filter(|file| file.rules.finished) else { return Ok(None) };
        let path = file.path();
        let (Some([_, ours, theirs]), Some(name)) = (self.index.unmerged.get(path), path.as_str())
        else {
            return Ok(None);
        };
        for (stage, side) in [(2, ours), (3, theirs)] {
            let Some(side) = side else { continue };
            let bytes = self.repo.blob(side.blob)?;
            let fault = match read(&bytes, file.rules.format, registry.scope) {
                Ok(legacy) => LegacyFault::Records(only_in(&legacy, registry)),
                Err(why) => LegacyFault::Unreadable(why.to_string()),
            };
            if !matches!(&fault, LegacyFault::Records(only) if only.is_empty()) {
                let path = path.clone();
                return Err(ResolveRefusal::LegacyNotRemoved { path, stage, fault }.into());
            }
        }
        if !self.is_dry_run {
            let git = self.repo.git();
            // The path may contain characters that have a special meaning in a pathspec.
            git.text(&["--literal-pathspecs", "rm", "--quiet", "--force", "--", name])?;
        }
        Ok(Some(path.clone()))
    }

    /// Returns the differences between the legacy file in the working tree and the registry;
    /// deriving the file again loses them.
    pub(super) fn overwritten(&self, registry: &Registry) -> Result<Vec<Discrepancy>, OpsError> {
        let Some(file) = LegacyFile::of(self.repo, &self.index.tree)? else {
            return Ok(Vec::new());
        };
        let path = file.path().as_str();
        let bytes = path.map(|path| self.repo.read_working(path)).transpose()?.flatten();
        Ok(match LegacyState::of(bytes.as_deref(), registry, &file.rules) {
            LegacyState::Differs(all) => all,
            _ => Vec::new(),
        })
    }

    /// Returns a registry with the changes that others made in a leading legacy file that is
    /// conflicted or unreadable, and issues a notice about them. While the registry leads, the
    /// changes are only listed.
    pub(super) fn with_conflicting_edit(
        &self,
        observer: &mut dyn Observer,
        own: Registry,
    ) -> Result<Registry, OpsError> {
        let file = LegacyFile::of(self.repo, &self.index.tree)?.filter(LegacyFile::is_written);
        let Some(file) = file.filter(|file| file.rules.format.has_records()) else {
            return Ok(own);
        };
        let Some(found) = self.conflicting_edits(observer, &file, &own)? else { return Ok(own) };
        if file.rules.leading == Leading::Legacy {
            let edits = found.edits.iter().map(|edit| (edit, &found.registry));
            report_taken(observer, Some(self.repo).filter(|_| !self.is_dry_run), edits, &[]);
            return Ok(found.registry);
        }
        for edit in &found.edits {
            let lost = ResolveNotice::Overwritten(file.path().clone(), edit.edit.not_taken(&own));
            observer.notice(Notice::Resolve(lost));
        }
        Ok(own)
    }

    /// Finds the changes that others made in a legacy file that is conflicted or unreadable, and
    /// issues a notice about changes that remain unknown. Returns `None` for any other file.
    fn conflicting_edits(
        &self,
        observer: &mut dyn Observer,
        file: &LegacyFile<'_>,
        own: &Registry,
    ) -> Result<Option<ConflictingEdits>, OpsError> {
        let (repo, path, heads) = (self.repo, file.path(), self.merged_commits()?);
        if let Some(versions) = self.index.unmerged.get(path) {
            let found = take_conflicting_edits(
                repo,
                file,
                *versions,
                own.clone(),
                &heads,
                committed_now(repo),
            );
            let found = found.map_err(|error| match error {
                StateError::Merge(_) => ResolveRefusal::LegacyVersions(error, path.clone()).into(),
                _ => OpsError::from(error),
            })?;
            if !found.is_complete {
                let notice = ResolveNotice::VersionUnreadable(path.clone());
                observer.notice(Notice::Resolve(notice));
            }
            return Ok(Some(found));
        }
        let damage = UnreadableLegacy::find(repo, file, &self.index.tree, own, &heads)?;
        let Some(damage) = damage else { return Ok(None) };
        let notice = ResolveNotice::LegacyUnreadable(path.clone(), damage.blob);
        observer.notice(Notice::Resolve(notice));
        Ok(Some(damage.take(repo, file, own.clone(), committed_now(repo))?))
    }
}

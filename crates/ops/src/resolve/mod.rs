//! Merges a registry that is unmerged or unreadable in the index.

mod context;
mod legacy;
mod notice;
mod refusal;
mod sides;

use idhooks_core::registry::{REGISTRY_PATH, ReadError, Registry, RepoPath, conflict_marker_line};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::Repo;
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{StateError, Stored, has_registry_file, how_to_adopt, read_registry};
use idhooks_repo::transaction::{LegacyWrite, RegistryChange};

use crate::adoption::{RuleSteps, accept_scopes};
use crate::audit_events::healed_events;
use crate::revision::find_commit;
use crate::{Notice, Observer, OpsError, Reach, commit_change, writer_lock};
use context::ResolveContext;
pub use notice::{ResolveNotice, ResolvedFrom};
pub use refusal::ResolveRefusal;
pub use sides::KeptPath;

/// Options of [`resolve`].
#[derive(Debug, Clone, Default)]
pub struct ResolveOptions {
    /// The two commits to merge, ours and theirs, instead of the unmerged versions in the index.
    pub commits: Option<[String; 2]>,
    /// Paths on the side whose paths are to be kept, if the sides have no common registry.
    pub kept: Vec<KeptPath>,
    /// Whether to change nothing.
    pub is_dry_run: bool,
}

/// The final result of [`resolve`] or its dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveReport {
    /// The registry was staged.
    Merged,
    /// The legacy file with this path was removed, as in the migration's last step.
    LegacyRemoved(RepoPath),
    /// The legacy file with this path was derived from the registry.
    LegacyDerived(RepoPath),
    /// The next commit adopts the changes in the legacy file with this path.
    LeftToCommit(RepoPath),
    /// There was nothing to do.
    NoConflict,
}

/// Merges the registry versions in the index, or the registries in two commits, and stages the
/// result along with the legacy file.
///
/// # Errors
/// Returns an error if the registries cannot be merged, or if something cannot be read or written.
/// If the only failure is removing the legacy file, the registry has been staged.
pub fn resolve(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ResolveOptions,
) -> Result<ResolveReport, OpsError> {
    let _lock = writer_lock(repo, "resolve", Reach::Everything)?;
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let context = ResolveContext { is_dry_run: options.is_dry_run, repo, file, index };
    let kept = &options.kept;
    if let Some(commits) = &options.commits {
        let merged = merge_commits(observer, repo, commits, kept)?;
        return context.end(observer, merged, ResolvedFrom::Commits);
    }
    let path = RepoPath::registry();
    if let Some(stages) = context.index.unmerged.get(&path) {
        let (merged, from) = context.merged(observer, *stages, kept)?;
        return context.end(observer, merged, from);
    }
    let Some(entry) = context.index.tree.get(&path) else {
        let head = repo.head()?;
        let has_own = head.map_or(Ok(false), |id| has_registry_file(repo, id))?;
        let adopt = (!has_own).then(|| how_to_adopt(repo, &context.index.tree));
        return Err(ResolveRefusal::NoRegistry(adopt).into());
    };
    match read_registry(repo, *entry) {
        // To choose paths, both sides are needed again, even if the merge itself succeeded.
        Ok(_) if !kept.is_empty() => {
            let rebuilt = context.rebuilt(observer, kept)?;
            context.end(observer, rebuilt, ResolvedFrom::Parents)
        }
        Ok(stored) => context.settle(observer, &stored),
        // A registry in a newer format is intact and must not be replaced with one in an older
        // format.
        Err(StateError::Registry(cause)) if !matches!(cause, ReadError::Newer(_)) => {
            let rebuilt = match context.rebuilt(observer, kept) {
                Ok(rebuilt) => rebuilt,
                Err(error) => {
                    let error = Box::new(error);
                    return Err(ResolveRefusal::Unreadable { error, cause }.into());
                }
            };
            observer.notice(Notice::Resolve(ResolveNotice::Unreadable(cause)));
            context.end(observer, rebuilt, ResolvedFrom::Unreadable)
        }
        Err(error) => Err(error.into()),
    }
}

/// Merges the registries in two commits, ours and theirs.
///
/// # Errors
/// Returns an error if a commit is not found, if neither commit has a registry, or if the
/// registries cannot be merged.
pub fn merge_commits(
    observer: &mut dyn Observer,
    repo: &Repo,
    commits: &[String; 2],
    kept: &[KeptPath],
) -> Result<Registry, OpsError> {
    let [ours, theirs] = commits;
    let mut lineage = Lineage::of(repo, &[find_commit(repo, ours)?, find_commit(repo, theirs)?])?;
    lineage.assert_one_scope()?;
    sides::choose(observer, repo, &mut lineage, kept)?;
    lineage.heal(repo, None, &|_| {})?;
    Ok(lineage.merged.ok_or_else(|| ResolveRefusal::NoSides(commits.clone()))?)
}

impl ResolveContext<'_> {
    /// Resolves the legacy file if the registry in the index has no conflict.
    fn settle(
        &self,
        observer: &mut dyn Observer,
        stored: &Stored,
    ) -> Result<ResolveReport, OpsError> {
        // A merge may bring back a legacy file that the other side has removed for good.
        if let Some(path) = self.remove_finished(&stored.registry)? {
            return Ok(ResolveReport::LegacyRemoved(path));
        }
        let file = LegacyFile::of(self.repo, &self.index.tree)?;
        if let Some(file) = file.filter(LegacyFile::is_written) {
            let path = file.path();
            if !file.is_in_step(file.entry(&self.index.tree), &stored.registry) {
                if self.is_left_to_commit(&file, stored)? {
                    return Ok(ResolveReport::LeftToCommit(path.clone()));
                }
                return self.derive_legacy(observer, stored, path);
            }
            if self.is_edited(&file, stored)? {
                return self.derive_legacy(observer, stored, path);
            }
        }
        // The index may be fine even if the working tree still has conflict markers.
        let working = self.repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
        match conflict_marker_line(&working) {
            Some(_) => Err(ResolveRefusal::Conflicted.into()),
            None => Ok(ResolveReport::NoConflict),
        }
    }

    /// Derives the legacy file from the registry, regardless of the file's content.
    fn derive_legacy(
        &self,
        observer: &mut dyn Observer,
        stored: &Stored,
        path: &RepoPath,
    ) -> Result<ResolveReport, OpsError> {
        let registry = self.with_conflicting_edit(observer, stored.registry.clone())?;
        if !self.index.unmerged.contains_key(path) {
            let lost = self.overwritten(&registry)?;
            observer.notice(Notice::Resolve(ResolveNotice::Overwritten(path.clone(), lost)));
        }
        if !self.is_dry_run {
            let change = RegistryChange::of(self.repo, &self.file, &self.index, Some(stored));
            let committed = Some(&registry);
            let change = RegistryChange { legacy: LegacyWrite::Replace, committed, ..change };
            commit_change(observer, change, &registry)?;
        }
        Ok(ResolveReport::LegacyDerived(path.clone()))
    }

    /// Stages the registry, and removes a legacy file that one side has removed.
    fn end(
        &self,
        observer: &mut dyn Observer,
        registry: Registry,
        from: ResolvedFrom,
    ) -> Result<ResolveReport, OpsError> {
        let registry = &self.with_conflicting_edit(observer, registry)?;
        let is_dry_run = self.is_dry_run;
        if !is_dry_run {
            let rules = match from {
                ResolvedFrom::Joined(scope) => {
                    accept_scopes(self.repo, &self.index, registry, scope)?
                }
                _ => RuleSteps::default(),
            };
            let change = RegistryChange::of(self.repo, &self.file, &self.index, None);
            let change = RegistryChange {
                events: healed_events(registry),
                entries: rules.entries,
                files: rules.files,
                is_replacing: true,
                legacy: LegacyWrite::Replace,
                committed: Some(registry),
                ..change
            };
            commit_change(observer, change, registry)?;
        }
        observer.notice(Notice::Resolve(ResolveNotice::Staged { from, is_dry_run }));
        let removed = self.remove_finished(registry)?;
        Ok(removed.map_or(ResolveReport::Merged, ResolveReport::LegacyRemoved))
    }
}

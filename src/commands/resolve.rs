//! `idhooks resolve`: merges an unmerged registry from the index, never from conflict markers.

mod context;
mod legacy;
mod paths;

use std::path::Path;

use clap::Args;
use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Leading};
use idhooks_core::registry::{
    Entry, REGISTRY_PATH, ReadError, Registry, RepoPath, conflict_marker_line,
};
use idhooks_core::{check::UPGRADE, merge::merge, plan::EventKind};
use idhooks_ops::{Reach, audit_event, commit_change, find_commit, report_taken, writer_lock};
use idhooks_repo::git::{CommitId, Repo, Stages};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{
    LegacyFile, StateError, Stored, has_registry_file, how_to_adopt, read_registry,
};
use idhooks_repo::transaction::{
    ConflictingEdits, LegacyDamage, LegacyWrite, RegistryChange, committed_now,
    take_conflicting_edits,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use context::ResolveContext;
use legacy::{list_overwritten, overwritten, with_choice};
use paths::{KeptPath, Sides};

/// Merge a registry that git left in conflict, and stage the result
///
/// Merges base, ours and theirs from the index as the merge driver does, so that you need not edit
/// conflict markers. If the registry is staged but cannot be read, because it contains conflict markers
/// for example, it is rebuilt from HEAD and the commits being merged. A legacy file that dual_write
/// in idhooks.toml keeps in step is derived from the registry again; what only it had is listed. While
/// it leads, the registry takes what the versions of a conflict have, also if the file was committed with
/// conflict markers; changes without a conflict are left to the next commit, which takes them. A legacy
/// file that one side has removed with the last step of a migration is removed, unless the other side has
/// records there that the registry lacks.
///
/// If both sides have no registry in common, they may have an identity at different paths. The paths of
/// one side are then taken for all of these: those of the side that allocated the identities, as the
/// first commits with their records show. If they do not show it, name a path with --path.
///
/// --rev-ours and --rev-theirs merge the registries of two commits over their merge base, whatever is
/// in the index. Use them for a conflict that a forge reports.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks resolve --dry-run                         show what would change
  idhooks resolve && git commit                     finish a merge
  idhooks resolve --path 76ba9e9fca5bc789=a.txt     take the paths of the side that has it there
  idhooks resolve --rev-ours main --rev-theirs topic --print > registry.json

Exit code: 0 merged, or nothing to resolve; 2 an error")]
pub(super) struct Resolve {
    /// Show what would change; change nothing
    #[arg(long, conflicts_with = "print")]
    dry_run: bool,
    /// Take the paths of the side that has this origin at this path, if the sides have no registry in
    /// common
    #[arg(long, value_name = "ORIGIN=PATH")]
    path: Vec<KeptPath>,
    /// Our commit, to merge with --rev-theirs
    #[arg(long, value_name = "REV", requires = "rev_theirs")]
    rev_ours: Option<String>,
    /// Their commit, to merge with --rev-ours
    #[arg(long, value_name = "REV", requires = "rev_ours")]
    rev_theirs: Option<String>,
    /// Print the merged registry instead of staging it
    #[arg(long, requires = "rev_ours")]
    print: bool,
}

impl Resolve {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.print {
            let merged = self.of_commits(ui, &Repo::open_to_read(dir)?)?;
            ui.data(&merged.map(|registry| registry.format()).unwrap_or_default());
            return Ok(Exit::Fine);
        }
        let repo = Repo::open(dir)?.synced();
        let _lock = writer_lock(&repo, "resolve", Reach::Everything)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let scene = ResolveContext { is_dry_run: self.dry_run, repo, file, index };
        if let Some(merged) = self.of_commits(ui, &scene.repo)? {
            return self.end(ui, &scene, merged, "merged from the two commits");
        }
        let path = RepoPath::registry();
        if let Some(stages) = scene.index.unmerged.get(&path) {
            let merged = scene.merged(ui, *stages, &self.path)?;
            return self.end(ui, &scene, merged, "merged");
        }
        let Some(entry) = scene.index.tree.get(&path) else {
            let error = CommandError::new(format!("the index has no '{REGISTRY_PATH}'"));
            let head = scene.repo.head()?;
            return Err(match head.map_or(Ok(false), |id| has_registry_file(&scene.repo, id))? {
                true => error.hint(format!(
                    "restore it: git restore --source=HEAD --staged --worktree {REGISTRY_PATH}; the next commit adapts it to the merge"
                )),
                false => error.hint(how_to_adopt(&scene.repo, &scene.index.tree)),
            });
        };
        match read_registry(&scene.repo, *entry) {
            Ok(_) if !self.path.is_empty() => {
                let rebuilt = scene.rebuilt(ui, &self.path)?;
                self.end(ui, &scene, rebuilt, "merged again")
            }
            Ok(stored) => self.settle(ui, &scene, &stored),
            Err(StateError::Registry(error)) if !matches!(error, ReadError::Newer(_)) => {
                let rebuilt = scene.rebuilt(ui, &self.path).map_err(|why| why.because(&error))?;
                ui.warning(&format!("'{REGISTRY_PATH}' in the index cannot be read: {error}"));
                self.end(ui, &scene, rebuilt, "rebuilt from HEAD and the commits being merged,")
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Settles what is left while the registry of the index has no conflict: the legacy file.
    fn settle(&self, ui: &mut Ui, scene: &ResolveContext, stored: &Stored) -> CommandResult<Exit> {
        if scene.remove_finished(ui, &stored.registry)? {
            return Ok(Exit::Fine);
        }
        let file = LegacyFile::of(&scene.repo, &scene.index.tree)?;
        if let Some(file) = file.filter(LegacyFile::is_written) {
            let path = file.path();
            if !file.is_in_step(file.entry(&scene.index.tree), &stored.registry) {
                if scene.is_left_to_commit(&file, stored)? {
                    ui.status(&format!(
                        "'{path}' leads, and has changes that the next commit takes; nothing to do"
                    ));
                    ui.hint(&format!(
                        "to drop them instead: git restore --staged --worktree -- {path}"
                    ));
                    return Ok(Exit::Fine);
                }
                return self.derive_legacy(ui, scene, stored, path);
            }
            if scene.is_edited(&file, stored)? {
                return self.derive_legacy(ui, scene, stored, path);
            }
        }
        let working = scene.repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
        if conflict_marker_line(&working).is_some() {
            return Err(CommandError::new(format!(
                "'{REGISTRY_PATH}' has conflict markers in the working tree, and no conflict in the index"
            ))
            .hint(format!("to take that of the index: git restore {REGISTRY_PATH}")));
        }
        ui.status(&format!("'{REGISTRY_PATH}' has no conflicts; nothing to do"));
        Ok(Exit::Fine)
    }

    /// Merges the registries of the two commits, if they are named.
    fn of_commits(&self, ui: &mut Ui, repo: &Repo) -> CommandResult<Option<Registry>> {
        let (Some(ours), Some(theirs)) = (&self.rev_ours, &self.rev_theirs) else {
            return Ok(None);
        };
        let commits = [find_commit(repo, ours)?, find_commit(repo, theirs)?];
        let mut lineage = Lineage::of(repo, &commits)?;
        lineage.assert_one_scope()?;
        paths::choose(ui, repo, &mut lineage, &self.path)?;
        lineage.heal(repo, &|_| {})?;
        let merged = lineage.merged.ok_or_else(|| {
            let message = format!("neither '{ours}' nor '{theirs}' has a registry");
            CommandError::new(message).hint(
                "name commits that have one: git log --oneline --all -- .idhooks/registry.json",
            )
        });
        Ok(Some(merged?))
    }

    /// Derives the legacy file from the registry, whatever it has.
    fn derive_legacy(
        &self,
        ui: &mut Ui,
        scene: &ResolveContext,
        stored: &Stored,
        path: &RepoPath,
    ) -> CommandResult<Exit> {
        let registry = scene.with_conflicting_edit(ui, stored.registry.clone())?;
        if !scene.index.unmerged.contains_key(path) {
            list_overwritten(ui, path, &overwritten(scene, &registry)?);
        }
        if self.dry_run {
            ui.line(&format!("'{path}' would be derived from the registry and staged"));
            return Ok(Exit::Fine);
        }
        let change = RegistryChange::of(&scene.repo, &scene.file, &scene.index, Some(stored));
        let committed = Some(&registry);
        let change = RegistryChange { legacy: LegacyWrite::Replace, committed, ..change };
        commit_change(ui, change, &registry)?;
        ui.status(&format!("'{path}' was derived from the registry and staged"));
        Ok(Exit::Fine)
    }

    fn end(
        &self,
        ui: &mut Ui,
        scene: &ResolveContext,
        registry: Registry,
        how: &str,
    ) -> CommandResult<Exit> {
        let registry = &scene.with_conflicting_edit(ui, registry)?;
        if self.dry_run {
            ui.line(&format!("'{REGISTRY_PATH}' would be {how} and staged"));
            scene.remove_finished(ui, registry)?;
            return Ok(Exit::Fine);
        }
        let change = RegistryChange::of(&scene.repo, &scene.file, &scene.index, None);
        let facts = [("registry_hash", Some(&*registry.hash()))];
        let events = vec![audit_event(EventKind::Healed, &facts)];
        let change =
            RegistryChange { events, is_replacing: true, legacy: LegacyWrite::Replace, ..change };
        commit_change(ui, RegistryChange { committed: Some(registry), ..change }, registry)?;
        ui.status(&format!("'{REGISTRY_PATH}' was {how} and staged; now run 'git commit'"));
        scene.remove_finished(ui, registry)?;
        Ok(Exit::Fine)
    }
}

impl ResolveContext {
    /// Returns a registry with what others changed in a leading legacy file that is in conflict or cannot
    /// be read, and reports that. While the registry leads, what they changed is only listed.
    fn with_conflicting_edit(&self, ui: &mut Ui, own: Registry) -> CommandResult<Registry> {
        let file = LegacyFile::of(&self.repo, &self.index.tree)?.filter(LegacyFile::is_written);
        let Some(file) = file.filter(|file| file.rules.format.has_records()) else {
            return Ok(own);
        };
        let Some(found) = self.conflicting_edits(ui, &file, &own)? else { return Ok(own) };
        if file.rules.leading == Leading::Legacy {
            let edits = found.edits.iter().map(|edit| (edit, &found.registry));
            report_taken(ui, Some(&self.repo).filter(|_| !self.is_dry_run), edits, &[]);
            return Ok(found.registry);
        }
        for edit in &found.edits {
            list_overwritten(ui, file.path(), &edit.edit.not_taken(&own));
        }
        Ok(own)
    }

    /// Finds what others changed in a legacy file that is in conflict or cannot be read, and says what
    /// cannot be known; nothing for any other file.
    fn conflicting_edits(
        &self,
        ui: &mut Ui,
        file: &LegacyFile<'_>,
        own: &Registry,
    ) -> CommandResult<Option<ConflictingEdits>> {
        let (repo, path, heads) = (&self.repo, file.path(), self.merged_commits()?);
        if let Some(versions) = self.index.unmerged.get(path) {
            let found =
                take_conflicting_edits(repo, file, *versions, own.clone(), &heads, committed_now());
            let found = found.map_err(|error| with_choice(error, path))?;
            if !found.is_complete {
                ui.warning(&format!(
                    "a version of '{path}' cannot be read; what only it has is overwritten"
                ));
                ui.hint(&format!("to see it: git diff HEAD...MERGE_HEAD -- {path}"));
            }
            return Ok(Some(found));
        }
        let damage = LegacyDamage::find(repo, file, &self.index.tree, own, &heads)?;
        let Some(damage) = damage else { return Ok(None) };
        ui.warning(&format!("'{path}' cannot be read; what only this version has is lost"));
        ui.hint(&format!("to see it: git show {}", damage.blob));
        Ok(Some(damage.take(repo, file, own.clone(), committed_now())?))
    }

    /// Returns HEAD and the commits being merged.
    fn merged_commits(&self) -> CommandResult<Vec<CommitId>> {
        let mut commits: Vec<_> = self.repo.head()?.into_iter().collect();
        commits.extend(self.repo.merge_heads()?);
        Ok(commits)
    }

    /// Merges the versions in the index.
    fn merged(
        &self,
        ui: &mut Ui,
        [base, ours, theirs]: Stages,
        kept: &[KeptPath],
    ) -> CommandResult<Registry> {
        let has_ours = ours.is_some();
        let (ours, theirs) = (self.side("our side", ours)?, self.side("their side", theirs)?);
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            return Err(CommandError::new(format!("one side has removed '{REGISTRY_PATH}'"))
                .hint(self.to_keep_it(has_ours)?)
                .hint(format!(
                    "to stop using idhooks: git rm --ignore-unmatch {REGISTRY_PATH} idhooks.toml"
                )));
        };
        // A base of another repository is none.
        let base = self.side("the base", base)?.filter(|base| base.scope == ours.scope);
        let merged = match base {
            Some(base) => {
                paths::assert_none(kept)?;
                merge(&base, &ours, &theirs)
            }
            None => Sides { ours, theirs }.merged(ui, &self.repo, kept)?,
        };
        Ok(merged.map_err(StateError::from)?)
    }

    /// Returns how to keep the version of the only side that has one; the next commit adapts it.
    fn to_keep_it(&self, has_ours: bool) -> CommandResult<String> {
        let heads = self.repo.merge_heads()?;
        let (commit, name) = match heads.first().filter(|_| !has_ours) {
            Some(theirs) => (Some(*theirs), "MERGE_HEAD"),
            None => (self.repo.head()?, "HEAD"),
        };
        let mut paths = vec![REGISTRY_PATH];
        if let Some(commit) = commit {
            let tree = self.repo.commit(commit)?.tree;
            for path in [CONFIG_PATH, ATTRIBUTES_PATH] {
                paths.extend(self.repo.tree_entry(tree, path)?.map(|_| path));
            }
        }
        Ok(format!("to keep it: git checkout {name} -- {}", paths.join(" ")))
    }

    fn side(&self, side: &str, entry: Option<Entry>) -> CommandResult<Option<Registry>> {
        let Some(entry) = entry else { return Ok(None) };
        let stored = read_registry(&self.repo, entry).map_err(|error| {
            let unreadable = CommandError::new(format!("cannot read {side} of '{REGISTRY_PATH}'"));
            let hint = match error {
                StateError::Registry(ReadError::Newer(_)) => UPGRADE.to_owned(),
                _ => format!("put a valid registry in place and run 'git add {REGISTRY_PATH}'"),
            };
            unreadable.because(&error).hint(hint)
        })?;
        Ok(Some(stored.registry))
    }

    /// Rebuilds the registry from HEAD and the commits being merged.
    fn rebuilt(&self, ui: &mut Ui, kept: &[KeptPath]) -> CommandResult<Registry> {
        let mut lineage = Lineage::of(&self.repo, &self.merged_commits()?)?;
        paths::choose(ui, &self.repo, &mut lineage, kept)?;
        lineage.heal(&self.repo, &|_| {})?;
        lineage.merged.ok_or_else(|| {
            CommandError::new(format!("cannot rebuild '{REGISTRY_PATH}': HEAD has none"))
                .hint(format!("remove it from the index with 'git rm --cached --force {REGISTRY_PATH}', move it away, and run 'idhooks init'"))
        })
    }
}

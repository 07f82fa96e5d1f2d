//! Restoring a registry from a backup.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Allocation, Origin, REGISTRY_PATH, Registry, RepoPath, Scope};
use idhooks_ops::{
    Reach, RegistryTransaction, Writer, adoption_rules, event, not_adopted, open_to_change,
};
use idhooks_repo::git::{Backup as Kept, Index, Repo};
use idhooks_repo::transaction::PendingCommit;

use crate::commands::audit::recorder;
use crate::commands::import::{AdoptedRecords, own_scope};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::chosen::{BackupArg, ChosenBackup};
use super::pushed::without_password;

/// The name of the command that restores.
const RESTORE: &str = "backup restore";

/// Restore a registry from a backup
///
/// Files that were committed later keep the identities that commits gave them. Records that are not restored for
/// that reason are counted.
///
/// Without WHEN or ID, it is the last backup with the scope of the repository. If a choice is needed, nothing is
/// restored, and the error lists the ids of the backups: if the repository has no scope yet and the backups have
/// several, as those of several projects in one remote do; if the last backup has no path of a file in the index;
/// or if no commit has a registry, and an earlier backup has records that the last one lacks.
///
/// If no registry is left in the index or in HEAD, the repository is adopted with that of the backup: files get their
/// identities back, records whose file is gone become deprecated, and other files get new identities.
///
/// --from first fetches the backups of another repository or a bundle. They stay in this clone, even after a dry
/// run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks backup restore 2026-01-31T12:00:00Z --dry-run
  idhooks backup restore 3f2a91c              an id from 'backup list'
  idhooks backup restore --from origin        the last backup that was pushed there

Exit code: 0 restored; 2 an error, and nothing was changed")]
pub(super) struct Restore {
    #[command(flatten)]
    backup: BackupArg,
    /// Fetch the backups of this remote, address or bundle first
    #[arg(long, value_name = "REMOTE|FILE")]
    from: Option<String>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Restore {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, RESTORE, Reach::Everything)?;
        let repo = writer.repo;
        if let Some(from) = &self.from {
            fetch(repo, dir, from)?;
        }
        let kept = repo.backups()?;
        let pending = PendingCommit::of(repo)?;
        let index = &pending.index;
        let scope = scope_of(repo, index)?;
        let chosen = self.backup.choose(repo, &kept, scope);
        let chosen = chosen.map_err(|error| with_hint_to_undo(error, &pending, scope))?;
        if self.backup.is_default() {
            chosen.assert_of(&index.tree)?;
            // What a commit has is not lost.
            if !pending.head_has_registry()? {
                chosen.assert_complete(repo, &kept)?;
            }
        }
        if !pending.has_registry()? {
            let ChosenBackup { backup, bytes, registry } = chosen;
            let at = backup.at.to_string();
            let facts = [("at", Some(&*at))];
            let event = event(EventKind::Restored, &facts);
            let source = format!("the backup of {at}");
            let took = ["would restore", "restored"];
            let records = AdoptedRecords { registry, bytes, source, command: RESTORE, took, event };
            return records.adopt(ui, repo, (&pending.file, index), None, self.dry_run);
        }
        let entry = index.tree.get(&RepoPath::registry());
        let before = entry.and_then(|entry| Registry::parse(&repo.blob(entry.blob).ok()?).ok());
        let transaction = RegistryTransaction::open_if_adopted(ui, repo, Some(&chosen.registry))?;
        let transaction = transaction.ok_or_else(|| not_adopted(repo))?;
        if !self.dry_run {
            transaction.replace(ui)?;
            log(ui, repo, EventKind::Restored, &chosen.backup);
        }
        report(ui, before.as_ref(), &chosen, transaction.registry());
        Ok(Exit::Fine)
    }
}

/// Reports the changes, and the records of the backup that are not restored.
fn report(ui: &mut Ui, before: Option<&Registry>, chosen: &ChosenBackup, after: &Registry) {
    let ChosenBackup { backup, registry, .. } = chosen;
    match before {
        Some(before) => {
            ui.lines(Edit::between(before, after));
            let gone = lacking(before, after).len();
            if gone > 0 {
                let records = count(gone, "record was", "records were");
                ui.status(&format!("{records} not in the backup, nor in a commit"));
            }
        }
        None => ui.status(&format!("'{REGISTRY_PATH}' in the index could not be read")),
    }
    let lost = lacking(registry, after);
    let all = count(registry.allocations.len(), "record", "records");
    let restored = registry.allocations.len() - lost.len();
    ui.status(&format!(
        "as of {}, updated to the current index: restored {restored} of {all}",
        backup.at
    ));
    warn_of_lost(ui, &lost, after);
}

/// Returns the scope of the repository, if it has one.
fn scope_of(repo: &Repo, index: &Index) -> CommandResult<Option<Scope>> {
    let (config, _) = adoption_rules(repo, &index.tree, None)?;
    Ok(config.scope.or(own_scope(repo, index)?))
}

/// Adds how to undo an adoption that is not committed, if that decides the scope.
fn with_hint_to_undo(
    error: CommandError,
    pending: &PendingCommit<'_>,
    scope: Option<Scope>,
) -> CommandError {
    let is_committed = pending.head_has_registry().unwrap_or(true);
    let is_adopted = pending.index.tree.contains_key(&RepoPath::registry());
    match scope.filter(|_| is_adopted && !is_committed) {
        Some(scope) => error.hint(format!(
            "to undo the adoption with scope {scope}, which is not committed, and then restore: git rm -q -f --ignore-unmatch {REGISTRY_PATH} idhooks.toml"
        )),
        None => error,
    }
}

/// Returns the records of a registry that another one lacks.
fn lacking<'a>(registry: &'a Registry, other: &Registry) -> Vec<&'a Allocation> {
    let origins: BTreeSet<Origin> = other.allocations.iter().map(|r| r.origin).collect();
    registry.allocations.iter().filter(|r| !origins.contains(&r.origin)).collect()
}

/// Warns of the records of a backup that were not restored.
fn warn_of_lost(ui: &mut Ui, lost: &[&Allocation], after: &Registry) {
    let held: BTreeSet<&RepoPath> = after.active().map(|record| &record.path).collect();
    let (replaced, unused): (Vec<&Allocation>, Vec<&Allocation>) =
        lost.iter().copied().partition(|record| held.contains(&record.path));
    let reasons = [
        (replaced, "commits gave their files other identities"),
        (unused, "no commit has them, and their files are not in the index"),
    ];
    for (records, why) in reasons {
        let Some(first) = records.first() else { continue };
        let number = count(records.len(), "record was", "records were");
        let (id, path) = (first.id, &first.path);
        ui.warning(&format!("{number} not restored, such as {id} for '{path}': {why}"));
    }
}

/// Gets the backups of a remote, an address or a bundle.
fn fetch(repo: &Repo, dir: &Path, from: &str) -> CommandResult<()> {
    let file = dir.join(from);
    let shown = without_password(from);
    let from = if file.is_file() { file.to_string_lossy().into_owned() } else { from.to_owned() };
    repo.fetch_backups(&from).map_err(|error| {
        CommandError::new(format!("cannot get the backups from '{shown}'"))
            .because(&error.first_line().replace(&from, &shown))
            .hint("see which remotes there are: git remote -v")
    })
}

/// Records what was done with a backup.
pub(super) fn log(ui: &mut Ui, repo: &Repo, kind: EventKind, backup: &Kept) {
    let (at, blob) = (backup.at.to_string(), backup.blob.to_string());
    recorder::note(ui, repo, kind, &[("at", Some(&at)), ("blob", Some(&blob))]);
}

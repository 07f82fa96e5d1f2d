//! Restoring a registry from a backup.

use std::collections::BTreeSet;
use std::path::Path;

use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{Allocation, Origin, REGISTRY_PATH, Registry, RepoPath, Scope};
use idhooks_repo::git::{Index, Repo};
use idhooks_repo::transaction::PendingCommit;

use crate::commands::adoption::rules;
use crate::commands::audit::recorder;
use crate::commands::import::{AdoptedRecords, own_scope};
use crate::commands::transaction::writer::{Reach, Writer};
use crate::commands::transaction::{RegistryTransaction, not_adopted};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::chosen::ChosenBackup;
use super::pushed::without_password;
use super::stored::log;

/// The name of the command that restores.
const RESTORE: &str = "backup restore";

/// Restores the backup that was named, or the last one.
///
/// # Errors
/// Returns an error if there is none, if it is damaged, or if the user must choose one.
pub(super) fn run(
    ui: &mut Ui,
    dir: &Path,
    (which, from): (Option<&str>, Option<&str>),
    dry_run: bool,
) -> CommandResult<Exit> {
    let writer = Writer::open_for(dir, RESTORE, Reach::Everything)?;
    let repo = &writer.repo;
    if let Some(from) = from {
        fetch(repo, dir, from)?;
    }
    let kept = repo.backups()?;
    let pending = PendingCommit::of(repo)?;
    let index = &pending.index;
    let scope = scope_of(repo, index)?;
    let chosen = match which {
        Some(which) => ChosenBackup::named(repo, &kept, which, scope),
        None => ChosenBackup::last(repo, &kept, scope),
    };
    let chosen = chosen.map_err(|error| with_hint_to_undo(error, &pending, scope))?;
    if which.is_none() {
        chosen.assert_of(&index.tree)?;
        // What a commit has is not lost.
        if !pending.head_has_registry()? {
            chosen.assert_complete(repo, &kept)?;
        }
    }
    let ChosenBackup { backup, bytes, registry } = chosen;
    if !pending.has_registry()? {
        let at = backup.at.to_string();
        let facts = [("at", Some(&*at))];
        let event = recorder::event(EventKind::Restored, &facts);
        let source = format!("the backup of {at}");
        let took = ["would restore", "restored"];
        let records = AdoptedRecords { registry, bytes, source, command: RESTORE, took, event };
        return records.adopt(ui, repo, (&pending.file, index), None, dry_run);
    }
    let entry = index.tree.get(&RepoPath::registry());
    let before = entry.and_then(|entry| Registry::parse(&repo.blob(entry.blob).ok()?).ok());
    let transaction = RegistryTransaction::open_if_adopted(ui, repo, Some(&registry))?;
    let transaction = transaction.ok_or_else(|| not_adopted(repo))?;
    if !dry_run {
        transaction.replace(ui)?;
        log(ui, repo, EventKind::Restored, &backup);
    }
    let after = transaction.registry();
    match &before {
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
    let lost = lacking(&registry, after);
    let all = count(registry.allocations.len(), "record", "records");
    let restored = registry.allocations.len() - lost.len();
    ui.status(&format!(
        "as of {}, updated to the current index: restored {restored} of {all}",
        backup.at
    ));
    warn_of_lost(ui, &lost, after);
    Ok(Exit::Fine)
}

/// Returns the scope of the repository, if it has one.
fn scope_of(repo: &Repo, index: &Index) -> CommandResult<Option<Scope>> {
    let (config, _) = rules(repo, &index.tree, None)?;
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

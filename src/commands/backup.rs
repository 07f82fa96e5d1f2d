//! `idhooks backup`: backups of the registry, and restoring them.

mod pushed;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::{BlobId, Origin, REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::git::{Backup as Kept, Repo};
use idhooks_repo::{store::replace_file, transaction::PendingCommit, transaction::backup::keep};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use super::import::AdoptedRecords;
use super::transaction::writer::{Reach, Writer};
use super::transaction::{RegistryTransaction, not_adopted};
use super::{audit::recorder, output_file::OverwriteArgs};
pub(super) use pushed::{BackupState, push, without_password};

/// The name of the command that restores.
const RESTORE: &str = "backup restore";

/// Create, list, verify, push and restore backups of the registry
///
/// Every command that changes the registry first keeps the old one: all of the last 24 hours (at most
/// 200), the last of each day for 30 days, and the last of each week for a year. Backups are git objects
/// under refs/idhooks/backups, in this clone only until you push them. Git itself keeps every registry
/// that was committed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks backup list
  idhooks backup restore 2026-01-31T12:00:00Z --dry-run
  idhooks backup create --to /mnt/safe/registry.bundle
  idhooks backup push origin

Exit code: 0 done; 1 a backup is lost or damaged; 2 an error, and nothing was changed")]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    action: BackupAction,
}

#[derive(Debug, Subcommand)]
enum BackupAction {
    /// List the backups, oldest first
    #[command(after_help = "\
Examples:
  idhooks backup list
  idhooks backup list --format json")]
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Back up the current registry
    #[command(after_help = "\
Examples:
  idhooks backup create
  idhooks backup create --to /mnt/safe/registry.bundle")]
    Create {
        /// Also copy it to this directory, or all backups to this '*.bundle' file
        #[arg(long, value_name = "DIR|FILE")]
        to: Option<PathBuf>,
        #[command(flatten)]
        overwrite: OverwriteArgs,
    },
    /// Check that every backup can be read
    ///
    /// A registry that was already damaged when it was backed up is reported, but is no failure: git
    /// proves that the backup has not changed since.
    #[command(after_help = "\
Examples:
  idhooks backup verify
  idhooks backup verify || idhooks backup create

Exit code: 0 all can be read; 1 a backup is lost or damaged; 2 an error")]
    Verify,
    /// Push the backups to another repository
    ///
    /// They have the same refs there, which no branch and no clone includes. Backups that were pushed
    /// before stay there, even when they are removed here. 'idhooks backup restore --from REMOTE' gets them back.
    #[command(after_help = "\
Examples:
  idhooks backup push origin --dry-run
  idhooks backup push ssh://backup.example.org/srv/registries.git

Exit code: 0 all backups are there; 2 an error: git says which backups were refused")]
    Push {
        /// Name of a remote, or the address of a repository
        #[arg(value_name = "REMOTE")]
        remote: String,
        /// Show what would be pushed; change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Restore a registry from a backup
    ///
    /// Files that were committed later keep the identities that commits gave them.
    ///
    /// If no registry is left in the index or in HEAD, the repository is adopted with that of the backup: files get their
    /// identities back, records whose file is gone become deprecated, and other files get new identities.
    ///
    /// --from first fetches the backups of another repository or a bundle. They stay in this clone, even after a dry
    /// run.
    #[command(after_help = "\
Examples:
  idhooks backup restore 2026-01-31T12:00:00Z --dry-run
  idhooks backup restore 3f2a91c              an id from 'backup list'
  idhooks backup restore --from origin        the last backup that was pushed there

Exit code: 0 restored; 2 an error, and nothing was changed")]
    Restore {
        /// Time (the last backup by then), or the start of a backup's id [default: the last backup]
        #[arg(value_name = "WHEN|ID")]
        which: Option<String>,
        /// Fetch the backups of this remote, address or bundle first
        #[arg(long, value_name = "REMOTE|FILE")]
        from: Option<String>,
        /// Show what would change; change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

impl BackupArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            BackupAction::List { format } => list(ui, &Repo::open(dir)?, format),
            BackupAction::Create { to, overwrite } => create(ui, dir, to.as_deref(), overwrite),
            BackupAction::Verify => verify(ui, &Repo::open(dir)?),
            BackupAction::Push { remote, dry_run } => {
                let pushed = push(&Repo::open_to_read(dir)?, &remote, dry_run)?;
                ui.report(&pushed.to_string());
                Ok(Exit::Fine)
            }
            BackupAction::Restore { which, from, dry_run } => {
                restore(ui, dir, (which.as_deref(), from.as_deref()), dry_run)
            }
        }
    }
}

fn list(ui: &mut Ui, repo: &Repo, format: Format) -> CommandResult<Exit> {
    let kept = repo.backups()?;
    match format {
        Format::Json => ui.data(&json::document_of("backups", &kept)),
        Format::Text => ui.lines(kept.iter().map(|Kept { at, blob, .. }| format!("{at} {blob}"))),
    }
    Ok(Exit::Fine)
}

/// Backs up the registry of the index, unless the newest backups have it; returns the writer, the entry
/// and the new backups.
fn keep_now(ui: &mut Ui, dir: &Path) -> CommandResult<(Writer, BlobId, Vec<Kept>)> {
    let writer = Writer::open(dir, "backup")?;
    let repo = &writer.repo;
    let index = repo.index(&repo.index_file())?;
    let Some(entry) = index.tree.get(&RepoPath::registry()) else {
        return Err(not_adopted(repo));
    };
    let new = keep(repo, entry.blob, &repo.blob(entry.blob)?)?;
    for backup in &new {
        log(ui, repo, EventKind::BackedUp, backup);
    }
    Ok((writer, entry.blob, new))
}

/// Backs up the registry, if no backup has it, for a timer that pushes the backups.
///
/// # Errors
/// Returns an error if the index has no registry, or if it cannot be backed up.
pub(super) fn create_unattended(ui: &mut Ui, dir: &Path) -> CommandResult<()> {
    keep_now(ui, dir).map(drop)
}

fn create(
    ui: &mut Ui,
    dir: &Path,
    to: Option<&Path>,
    overwrite: OverwriteArgs,
) -> CommandResult<Exit> {
    to.map_or(Ok(()), |to| {
        overwrite.guard(&Repo::open_to_read(dir)?, &dir.join(to), "# v2 git bundle")
    })?;
    let (writer, blob, new) = keep_now(ui, dir)?;
    let repo = &writer.repo;
    if new.is_empty() {
        ui.report(&format!("{blob} is already backed up"));
    }
    new.iter().for_each(|Kept { at, blob, .. }| ui.report(&format!("{at} {blob}")));
    let Some(to) = to else { return Ok(Exit::Fine) };
    let file = dir.join(to);
    if to.extension().is_some_and(|extension| extension == "bundle") {
        repo.bundle_backups(&std::path::absolute(&file).unwrap_or(file))?;
    } else {
        if !file.is_dir() {
            return Err(CommandError::new(format!("'{}' is not a directory", to.display()))
                .hint("create it first, or name a file that ends in '.bundle'"));
        }
        let name = format!("registry-{blob}.json");
        replace_file(&repo.link_guard(), &file.join(name), &repo.blob(blob)?)?;
    }
    ui.report(&format!("written to '{}'", to.display()));
    Ok(Exit::Fine)
}

fn verify(ui: &mut Ui, repo: &Repo) -> CommandResult<Exit> {
    let kept = repo.backups()?;
    let (mut lost, mut unusable) = (0, 0);
    for backup in &kept {
        match bytes(repo, backup).map(|bytes| parse(backup, &bytes)) {
            Err(error) => {
                lost += 1;
                error.show(ui);
            }
            // Commands that repair a damaged registry back it up as it is.
            Ok(Err(error)) => {
                unusable += 1;
                ui.status(&format!("note: damaged when it was backed up: {}", error.message));
            }
            Ok(Ok(_)) => {}
        }
    }
    let whole = count(kept.len() - lost, "backup", "backups");
    let as_it_was = match unusable {
        0 => String::new(),
        n => format!("; {n} cannot be restored: damaged when backed up"),
    };
    ui.report(&format!("{whole} of {} can be read{as_it_was}", kept.len()));
    Ok(if lost == 0 { Exit::Fine } else { Exit::Findings })
}

/// Reads the bytes of a backup, which git verifies by the id of the blob.
fn bytes(repo: &Repo, backup: &Kept) -> CommandResult<Vec<u8>> {
    let bytes = repo.blob(backup.blob).map_err(|error| damaged(backup, &error))?;
    let is_same = repo.blob_of(bytes.as_slice(), bytes.len() as u64) == Some(backup.blob);
    if is_same { Ok(bytes) } else { Err(damaged(backup, &"its bytes have changed since")) }
}

/// Parses the registry of a backup, which may already have been damaged when it was backed up.
fn parse(backup: &Kept, bytes: &[u8]) -> CommandResult<Registry> {
    let registry = Registry::parse(bytes).map_err(|error| damaged(backup, &error))?;
    let why = "it contains an identity twice";
    if registry.is_consistent() { Ok(registry) } else { Err(damaged(backup, &why)) }
}

fn damaged(backup: &Kept, why: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("the backup of {} cannot be used: {why}", backup.at))
        .hint("list the backups: idhooks backup list")
}

fn restore(
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
    let backup = find(&repo.backups()?, which)?;
    let bytes = bytes(repo, &backup)?;
    let registry = parse(&backup, &bytes)?;
    let file = repo.index_file();
    let index = repo.index(&file)?;
    if !PendingCommit::of(repo)?.has_registry()? {
        let at = backup.at.to_string();
        let facts = [("at", Some(&*at))];
        let event = recorder::event(EventKind::Restored, &facts);
        let source = format!("the backup of {at}");
        let took = ["would restore", "restored"];
        let records = AdoptedRecords { registry, bytes, source, command: RESTORE, took, event };
        return records.adopt(ui, repo, (&file, &index), None, dry_run);
    }
    let entry = index.tree.get(&RepoPath::registry());
    let before = entry.and_then(|entry| Registry::parse(&repo.blob(entry.blob).ok()?).ok());
    let transaction = RegistryTransaction::open_if_adopted(ui, repo, Some(&registry))?;
    let transaction = transaction.ok_or_else(|| not_adopted(repo))?;
    if !dry_run {
        transaction.replace(ui)?;
        log(ui, repo, EventKind::Restored, &backup);
    }
    match &before {
        Some(before) => {
            let after = transaction.registry();
            ui.lines(Edit::between(before, after));
            let there: BTreeSet<Origin> = after.allocations.iter().map(|r| r.origin).collect();
            let gone = before.allocations.iter().filter(|r| !there.contains(&r.origin)).count();
            if gone > 0 {
                let records = count(gone, "record was", "records were");
                ui.status(&format!("{records} not in the backup, nor in a commit"));
            }
        }
        None => ui.status(&format!("'{REGISTRY_PATH}' in the index could not be read")),
    }
    ui.status(&format!("as of {}, updated to the current index", backup.at));
    Ok(Exit::Fine)
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
fn log(ui: &mut Ui, repo: &Repo, kind: EventKind, backup: &Kept) {
    let (at, blob) = (backup.at.to_string(), backup.blob.to_string());
    recorder::note(ui, repo, kind, &[("at", Some(&at)), ("blob", Some(&blob))]);
}

/// Returns the backup that was named, or the last one.
fn find(kept: &[Kept], which: Option<&str>) -> CommandResult<Kept> {
    let Some(which) = which else {
        return kept.last().cloned().ok_or_else(|| {
            CommandError::new("this clone has no backup").hint(
                "get those that were pushed elsewhere, and restore the last: idhooks backup restore --from REMOTE",
            )
        });
    };
    let refused =
        |what: String| CommandError::new(what).hint("list the backups: idhooks backup list");
    if which.len() >= 4 && which.bytes().all(|b| b.is_ascii_hexdigit()) {
        let mut named = kept.iter().filter(|backup| backup.blob.to_string().starts_with(which));
        let Some(last) = named.next_back() else {
            return Err(refused(format!("no backup has the id '{which}'")));
        };
        if named.any(|other| other.blob != last.blob) {
            return Err(refused(format!("several backup ids begin with '{which}'")));
        }
        return Ok(last.clone());
    }
    let until = which.parse().or_else(|_| format!("{which}T23:59:59Z").parse()).map_err(|_| {
        CommandError::new(format!("'{which}' is neither a time nor an id"))
            .hint("write a time as 2026-01-31 or 2026-01-31T12:00:00Z, or use an id from 'idhooks backup list'")
    })?;
    let found = kept.iter().rev().find(|backup| backup.at <= until);
    found.cloned().ok_or_else(|| refused(format!("there is no backup from before '{which}'")))
}

//! `idhooks backup`: what commands replaced, and the way back.

pub(super) mod automatic;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::{Backup as Kept, Repo};
use crate::output::{Format, Ui, count, json};
use crate::plan::Edit;
use crate::registry::{Origin, REGISTRY_PATH, Registry, RepoPath};
use crate::store::replace_file;

use super::audit::recorder;
use super::backup::automatic::keep;
use super::transaction::writer::Writer;
use super::transaction::{RegistryTransaction, not_adopted};

/// Keep registries, list and verify them, and go back to one
///
/// Every command that changes the registry keeps the one before: all of a day, the last of each
/// day for 30 days, the last of each week for a year. They are objects of git under
/// refs/idhooks/backups, of this clone alone. What commits carry is in git anyway.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks backup list
  idhooks backup restore 2026-01-31T12:00:00Z --dry-run
  idhooks backup create --to /mnt/safe/registry.bundle

Exit code: 0 done; 1 a kept registry is lost or no longer what was kept; 2 it cannot be done, and nothing was")]
pub(super) struct BackupArgs {
    #[command(subcommand)]
    action: BackupAction,
}

#[derive(Debug, Subcommand)]
enum BackupAction {
    /// List what was kept, the oldest first
    List {
        /// Form of the report
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Keep the registry as it is now
    Create {
        /// Write it into this directory, too, or everything kept into this file '*.bundle'
        #[arg(long, value_name = "DIR|BUNDLE")]
        to: Option<PathBuf>,
    },
    /// Read everything that was kept
    ///
    /// A registry that was damaged when it was kept is noted, and is no failure: git proves that it is
    /// as it was.
    Verify,
    /// Go back to a registry, and let files that came later keep what commits gave them
    Restore {
        /// The beginning of its blob's id, or a time: the last one kept until then
        #[arg(value_name = "WHEN|ID")]
        which: String,
        /// Show what would be different, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
}

impl BackupArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match self.action {
            BackupAction::List { format } => list(ui, &Repo::open(dir)?, format),
            BackupAction::Create { to } => create(ui, dir, to.as_deref()),
            BackupAction::Verify => verify(ui, &Repo::open(dir)?),
            BackupAction::Restore { which, dry_run } => restore(ui, dir, &which, dry_run),
        }
    }
}

fn list(ui: &mut Ui, repo: &Repo, format: Format) -> Result<Exit, CommandError> {
    let kept = repo.backups()?;
    match format {
        Format::Json => ui.data(&json::backups(&kept)),
        Format::Text => {
            for Kept { at, blob, .. } in &kept {
                ui.line(&format!("{at} {blob}"));
            }
        }
    }
    Ok(Exit::Fine)
}

fn create(ui: &mut Ui, dir: &Path, to: Option<&Path>) -> Result<Exit, CommandError> {
    let writer = Writer::open(dir, "backup")?;
    let (repo, guard) = (&writer.repo, writer.repo.link_guard());
    to.map_or(Ok(()), |to| guard.check(&dir.join(to)))?;
    let index = repo.index(&repo.index_file())?;
    let Some(entry) = index.tree.get(&RepoPath::registry()) else {
        return Err(not_adopted());
    };
    let new = keep(repo, entry.blob, &repo.blob(entry.blob)?)?;
    for Kept { at, blob, .. } in &new {
        let facts = [("at", at.to_string()), ("blob", blob.to_string())];
        recorder::note(
            ui,
            repo,
            "backup",
            &facts.each_ref().map(|(name, text)| (*name, Some(&**text))),
        );
    }
    match new.as_slice() {
        [] => ui.report(&format!("{} is kept already", entry.blob)),
        new => new.iter().for_each(|Kept { at, blob, .. }| ui.report(&format!("{at} {blob}"))),
    }
    let Some(to) = to else { return Ok(Exit::Fine) };
    let file = dir.join(to);
    if to.extension().is_some_and(|extension| extension == "bundle") {
        repo.bundle_backups(&std::path::absolute(&file).unwrap_or(file))?;
    } else {
        let meta = fs::metadata(&file);
        if !meta.is_ok_and(|meta| meta.is_dir()) {
            return Err(CommandError::new(format!("'{}' is no directory", to.display()))
                .hint("make it first, or name a file that ends in '.bundle'"));
        }
        let name = format!("registry-{}.json", entry.blob);
        replace_file(&guard, &file.join(name), &repo.blob(entry.blob)?)?;
    }
    ui.report(&format!("written to '{}'", to.display()));
    Ok(Exit::Fine)
}

fn verify(ui: &mut Ui, repo: &Repo) -> Result<Exit, CommandError> {
    let kept = repo.backups()?;
    let (mut lost, mut unusable) = (0, 0);
    for backup in &kept {
        match bytes(repo, backup).map(|bytes| parse(backup, &bytes)) {
            Err(error) => {
                lost += 1;
                error.show(ui);
            }
            // A command that repairs a registry keeps the one before on purpose.
            Ok(Err(error)) => {
                unusable += 1;
                ui.status(&format!("note: kept as it was: {}", error.message));
            }
            Ok(Ok(_)) => {}
        }
    }
    let whole = count(kept.len() - lost, "registry", "registries");
    let as_it_was = match unusable {
        0 => String::new(),
        n => format!("; {n} cannot be used, as it was when it was kept"),
    };
    ui.report(&format!("{whole} of {} can be read{as_it_was}", kept.len()));
    Ok(if lost == 0 { Exit::Fine } else { Exit::Findings })
}

/// Reads a kept registry.
fn read(repo: &Repo, backup: &Kept) -> Result<Registry, CommandError> {
    parse(backup, &bytes(repo, backup)?)
}

/// Reads the bytes that were kept, which git proves by their name.
fn bytes(repo: &Repo, backup: &Kept) -> Result<Vec<u8>, CommandError> {
    let bytes = repo.blob(backup.blob).map_err(|error| damaged(backup, &error))?;
    match repo.blob_of(bytes.as_slice(), bytes.len() as u64) == Some(backup.blob) {
        true => Ok(bytes),
        false => Err(damaged(backup, &"its bytes are not those that were kept")),
    }
}

/// Reads the registry that was kept, which may have been damaged before that.
fn parse(backup: &Kept, bytes: &[u8]) -> Result<Registry, CommandError> {
    let registry = Registry::parse(bytes).map_err(|error| damaged(backup, &error))?;
    match registry.is_consistent() {
        true => Ok(registry),
        false => Err(damaged(backup, &"it has an identity twice")),
    }
}

fn damaged(backup: &Kept, why: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("what was kept at {} cannot be used: {why}", backup.at))
        .hint("see what else there is: idhooks backup list")
}

fn restore(ui: &mut Ui, dir: &Path, which: &str, dry_run: bool) -> Result<Exit, CommandError> {
    let writer = Writer::open(dir, "backup restore")?;
    let repo = &writer.repo;
    let backup = find(&repo.backups()?, which)?;
    let registry = read(repo, &backup)?;
    let before = repo
        .index(&repo.index_file())?
        .tree
        .get(&RepoPath::registry())
        .and_then(|entry| repo.blob(entry.blob).ok())
        .and_then(|bytes| Registry::parse(&bytes).ok());
    let transaction = RegistryTransaction::open_with(ui, repo, &registry)?;
    if !dry_run {
        transaction.replace(ui)?;
        let (at, blob) = (backup.at.to_string(), backup.blob.to_string());
        recorder::note(ui, repo, "restore", &[("at", Some(&at)), ("blob", Some(&blob))]);
    }
    match &before {
        Some(before) => {
            for edit in Edit::between(before, transaction.registry()) {
                ui.line(&edit.to_string());
            }
            let gone = missing(before, transaction.registry());
            if gone > 0 {
                let records = count(gone, "record was", "records were");
                ui.status(&format!("{records} not there yet, nor committed"));
            }
        }
        None => ui.status(&format!("'{REGISTRY_PATH}' of the index could not be read")),
    }
    ui.status(&format!("as of {}, brought up to the index", backup.at));
    Ok(Exit::Fine)
}

/// Returns how many records are no longer there.
fn missing(before: &Registry, after: &Registry) -> usize {
    let there: BTreeSet<Origin> = after.allocations.iter().map(|record| record.origin).collect();
    before.allocations.iter().filter(|record| !there.contains(&record.origin)).count()
}

/// Returns the one of `kept` that somebody means.
fn find(kept: &[Kept], which: &str) -> Result<Kept, CommandError> {
    let hint = "see what there is: idhooks backup list";
    let is_hex = which.len() >= 4 && which.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex {
        let mut named: Vec<&Kept> =
            kept.iter().filter(|backup| backup.blob.to_string().starts_with(which)).collect();
        named.dedup_by_key(|backup| backup.blob);
        let last = named.pop();
        if named.iter().any(|other| Some(other.blob) != last.map(|last| last.blob)) {
            return Err(CommandError::new(format!("'{which}' begins several ids")).hint(hint));
        }
        return last.cloned().ok_or_else(|| {
            CommandError::new(format!("nothing with the id '{which}' was kept")).hint(hint)
        });
    }
    let until = which.parse().or_else(|_| format!("{which}T23:59:59Z").parse()).map_err(|_| {
        CommandError::new(format!("'{which}' is no time and no id"))
            .hint("write it as 2026-01-31 or 2026-01-31T12:00:00Z, or take an id from 'idhooks backup list'")
    })?;
    let found = kept.iter().rev().find(|backup| backup.at <= until);
    found
        .cloned()
        .ok_or_else(|| CommandError::new(format!("nothing was kept until '{which}'")).hint(hint))
}

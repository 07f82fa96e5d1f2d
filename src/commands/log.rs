//! `idhooks log`: the life of an identity.

use std::{ffi::OsString, path::Path};

use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_ops::{
    FoundNote, FoundRecord, Past, Purpose, Revision, TypedSubject, advice, by_doc_id, by_id,
    by_path, find_commit, read_history, repo_path,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{IdentityEvent, IdentityLogEntry, identity_log};
use idhooks_repo::state::CommitState;

use crate::error::{CommandError, CommandResult, Exit, path_hint};
use crate::output::json::{IdentityLog, LogEntry};
use crate::output::{Bar, Format, Ui, found_note, json};

use super::no_file::no_file;

/// Show the history of an identity: its paths and status, by commit
///
/// Each event has the commit whose registry first contained it, the author, and the author's date in
/// UTC; the newest event comes first. A change on a branch is listed with the commit on that branch; a
/// merge is listed only if it changed something itself. Changes by commits without hooks are listed
/// with the commit that healed them.
///
/// The identity may be one that another has replaced, and the path one that the file had before. The
/// first digits of an identity suffice, at least four, if no other begins with them; a second identity
/// of the file, such as DOC-0001, is found, too. A file comes before an identity of the same spelling.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks log docs/intro.md                         all events, newest first
  idhooks log 0110073814260118 --reverse --format json
  idhooks log -n 1 old/name.py                      what happened to it last")]
pub(super) struct Log {
    /// Path, identity or its first digits, or second identity
    #[arg(value_name = "ID|PATH")]
    subject: OsString,
    /// Start at this commit instead of HEAD
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Show only the newest N events
    #[arg(short = 'n', long, value_name = "N")]
    max_count: Option<usize>,
    /// Show the oldest event first
    #[arg(long)]
    reverse: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Log {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let tip = self.tip(&repo)?;
        let view = CommitState::of_commit(&repo, tip)?;
        let source = Revision::named(self.rev_or_head());
        let registry = &source.registry(&repo, &view)?.registry;
        let history = read_history(ui, &repo, tip)?;
        let past = Past { repo: &repo, history: &history, registry };
        let found = self.find(ui, dir, &view, &past)?;
        let record = &found.record;
        let bar = Bar::start("reading registries", history.len() as u64);
        let mut events = identity_log(&repo, &history, record, &mut || bar.step())?;
        bar.finish();
        events.reverse();
        events.truncate(self.max_count.unwrap_or(usize::MAX));
        if self.reverse {
            events.reverse();
        }
        if history.is_incomplete() {
            ui.warning("this clone is shallow or partial: events in the missing part of the history are not listed, or are listed with a later commit");
        }
        let note = found_note(&found.notes);
        let entry = |event| Ok(LogEntry::new(event, &repo.commit(event.commit)?));
        let entries = events.iter().map(entry).collect::<CommandResult<Vec<LogEntry<'_>>>>()?;
        match self.format {
            Format::Json => {
                let log = IdentityLog { id: record.id, note: note.as_deref(), events: entries };
                ui.data(&json::document(&log));
            }
            Format::Text => {
                note.iter().for_each(|note| ui.status(note));
                let status = record.status.as_str();
                ui.status(&format!("{}: {status}, '{}'", record.id, record.path));
                ui.table(entries.into_iter().zip(&events).map(|(entry, event)| {
                    let (commit, word) = (event.commit.short(), event.what.kind().to_string());
                    [entry.at.to_string(), commit, entry.author, word, detail(registry, event)]
                }));
            }
        }
        Ok(Exit::Fine)
    }

    fn rev_or_head(&self) -> &str {
        self.rev.as_deref().unwrap_or("HEAD")
    }

    fn tip(&self, repo: &Repo) -> CommandResult<CommitId> {
        if self.rev.is_none() && repo.head()?.is_none() {
            let error = CommandError::new("there is no commit yet, so there is no history");
            return Err(error.hint("commit first, or name a commit: --rev <commit>"));
        }
        Ok(find_commit(repo, self.rev_or_head())?)
    }

    fn find<'a>(
        &self,
        ui: &mut Ui,
        dir: &Path,
        view: &CommitState,
        past: &Past<'_, 'a>,
    ) -> CommandResult<FoundRecord<'a>> {
        let Past { repo, registry, .. } = *past;
        let path = repo_path(repo, dir, Path::new(&self.subject));
        let exists = |path: &RepoPath| view.has_file(path);
        let path = match TypedSubject::of(&self.subject, path, exists, Purpose::Read, &[registry])?
        {
            TypedSubject::Path(path) => path,
            TypedSubject::Id(id) => return self.find_id(ui, id, past),
        };
        if let Some(mut found) = by_path(registry, |path| view.has_file(path), &path) {
            let is_other = |r: &&Allocation| r.path == path && r.origin != found.record.origin;
            let others = registry.allocations.iter().filter(is_other);
            let others: Vec<String> =
                others.map(|other| format!("{} ({})", other.id, other.status)).collect();
            if !others.is_empty() {
                let others = others.join(", ");
                let also = format!("'{path}' is also the path of {others}");
                found.notes.push(FoundNote::History(also));
            }
            return Ok(found);
        }
        if let Some(found) = by_doc_id(registry, &self.subject) {
            return Ok(found);
        }
        past.by_path(ui, &path, "now")?.ok_or_else(|| {
            let rev = self.rev_or_head();
            let error = CommandError::new(format!(
                "cannot find an identity of '{path}' in the history of '{rev}'"
            ));
            match no_file(&view.tree, &path) {
                Some([cause, hint]) => error.because(&cause).hint(hint),
                // Older names are not offered: that would take every registry there was.
                None => error.hint(path_hint(&advice(registry, &path))),
            }
        })
    }

    fn find_id<'a>(
        &self,
        ui: &mut Ui,
        id: Id,
        past: &Past<'_, 'a>,
    ) -> CommandResult<FoundRecord<'a>> {
        if let Some(found) = by_id(past.registry, id) {
            return Ok(found);
        }
        past.by_id(ui, id)?.ok_or_else(|| {
            let rev = self.rev_or_head();
            CommandError::new(format!("cannot find a record of {id} in the history of '{rev}'"))
                .hint(format!("list the identities: idhooks list --rev {rev}"))
        })
    }
}

/// Returns what else is to be said of an event.
fn detail(registry: &Registry, event: &IdentityLogEntry) -> String {
    let IdentityLogEntry { what, id, path, .. } = event;
    let by = |by: &Option<String>| by.clone().unwrap_or_else(|| "another identity".to_owned());
    match what {
        IdentityEvent::Allocated { copied_from: None } => format!("{id} to {path}"),
        IdentityEvent::Allocated { copied_from: Some(source) } => {
            format!("{id} to {path}, a copy of {source}")
        }
        IdentityEvent::Initialized => {
            format!("{id} of {path}; earlier history is not in this clone")
        }
        IdentityEvent::IdReassigned { from } => format!("{from} -> {id}"),
        IdentityEvent::Aliased { id } => format!("also {id}"),
        IdentityEvent::Renamed { from } => format!("{from} -> {path}"),
        IdentityEvent::Deprecated { reason: None } => path.to_string(),
        IdentityEvent::Deprecated { reason: Some(reason) } => format!("{path} ({reason})"),
        IdentityEvent::Superseded { by: other } => format!("{path}, by {}", by(other)),
        IdentityEvent::Shadowed { by: other } => format!("{} holds {path}", by(other)),
        IdentityEvent::PathReassigned { from } => {
            format!("{path}, previously of {}", named(registry, from))
        }
        IdentityEvent::Revived | IdentityEvent::Purged | IdentityEvent::Restored => {
            path.to_string()
        }
        IdentityEvent::Lost => format!("{path}; the registry has no record of it"),
    }
}

/// Returns the identity that an origin has now.
fn named(registry: &Registry, origin: &str) -> String {
    let known = registry.allocations.iter().find(|record| record.origin.to_string() == origin);
    known.map_or_else(|| format!("the origin {origin}"), |record| record.id.to_string())
}

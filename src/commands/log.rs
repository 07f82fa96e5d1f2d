//! `idhooks log`: shows an identity's history.

use std::{ffi::OsString, path::Path};

use idhooks_ops::{Hyperlinks, LogOptions, LoggedEvent, Repo, log};

use crate::error::{CommandResult, Exit};
use crate::notices::found_note;
use crate::output::json::{IdentityLog, LogEntry};
use crate::output::{Format, Ui, json};

use super::hyperlink_args::HyperlinkArgs;

/// Show an identity's history: its paths and status, by commit
///
/// Lists events, newest first, each with the first commit whose registry contains it, the author,
/// and the author date in UTC. Changes on a branch are listed with their commit on that branch; a
/// merge is listed only if it changed something itself. Changes made by commits without hooks are
/// listed with the commit that healed them.
///
/// A file's replaced identities and former paths are found, too, and so are second identities such
/// as DOC-0001. Identities may be abbreviated to at least four digits if these are unambiguous. If
/// an argument is both a file and an identity, it means the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks log docs/intro.md                         all events, newest first
  idhooks log 0110073814260118 --reverse --format json
  idhooks log -n 1 old/name.py                      only the last event")]
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
    #[command(flatten)]
    hyperlink: HyperlinkArgs,
}

impl Log {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let Log { subject, rev, max_count, reverse: is_reversed, format, hyperlink } = self;
        let logged = log(ui, &repo, &LogOptions { subject, rev, max_count, is_reversed })?;
        // Events from the missing part of the history are attributed to the oldest commit in this
        // clone, even though that commit did not cause them.
        if logged.is_incomplete {
            ui.warning("this clone is shallow or partial: events in the missing part of the history are not listed, or are listed with a later commit");
        }
        let (record, note) = (&logged.record, found_note(&logged.notes));
        let events = logged.events.iter();
        let entries = events.map(|event| LogEntry::new(&event.entry, &event.commit));
        match format {
            Format::Json => {
                let (note, events) = (note.as_deref(), entries.collect());
                ui.data(&json::document(&IdentityLog { id: record.id, note, events }));
            }
            Format::Text => {
                note.iter().for_each(|note| ui.status(note));
                let status = record.status.as_str();
                ui.status(&format!("{}: {status}, '{}'", record.id, record.path));
                let rows = entries.zip(&logged.events).map(|(shown, event)| {
                    let commit = event.entry.commit.short();
                    let word = event.entry.what.kind().to_string();
                    [shown.at.to_string(), commit, shown.author, word, event.detail()]
                });
                if !hyperlink.has_links(ui) {
                    ui.table(rows);
                    return Ok(Exit::Fine);
                }
                let links = Hyperlinks::find(&repo);
                let link =
                    |event: &LoggedEvent| links.version(&event.entry.path, event.entry.commit);
                let links: Vec<Option<String>> = logged.events.iter().map(link).collect();
                ui.linked_table(rows, 1, &links);
            }
        }
        Ok(Exit::Fine)
    }
}

//! `idhooks show`: shows the file for an identity, or the identity of a file.

use std::{ffi::OsString, path::Path};

use idhooks_core::registry::{Id, format_record, key};
use idhooks_ops::{AtCommit, Hyperlinks, Repo, ShowOptions, ShownRecord, show};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{CommandResult, Exit};
use crate::notices::found_note;
use crate::output::{Format, Ui, json};

use super::hyperlink_args::HyperlinkArgs;
use super::revision_args::RevisionArgs;

/// The name of the row with the path.
const PATH: &str = "path";

/// Look up an identity's file, or a file's identity
///
/// An identity is looked up among current identities, then aliases, then claims. It may be
/// abbreviated to at least four digits if these are unambiguous. If an argument is both a file and
/// an identity, it means the file.
///
/// For a path that no longer exists, the last record with that path is shown, with a note if the
/// file has moved. Anything else is looked up among the second identities, such as DOC-0001, that
/// 'idhooks import --ids-map' added.
///
/// With --at, the record is shown as it was at a commit or on a date; the identity or path may be
/// the current one, the one at that time or an earlier one. A date, in any form that git accepts,
/// means the newest commit up to that date on the first-parent line of HEAD; a day means its end. A
/// value that is both a revision and a date is taken as a revision.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks show docs/intro.md                        the identity of a file
  idhooks show 0110073814260118                     the file of an identity
  idhooks show 0110073814260118 --at 2026-03-01     its path on that day
  idhooks show docs/intro.md --at v1.2 --format json
  idhooks show 0110073                              the first digits of an identity")]
pub(super) struct Show {
    /// Path, identity or its first digits, or second identity
    #[arg(value_name = "ID|PATH")]
    subject: OsString,
    #[command(flatten)]
    source: RevisionArgs,
    /// Show the record as it was at this commit or on this date
    #[arg(long, value_name = "REV|DATE", conflicts_with = "rev")]
    at: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    hyperlink: HyperlinkArgs,
}

/// A record as it is in the registry, and the commit it was looked up in, if any.
#[derive(Serialize)]
struct ShownDocument<'r> {
    allocation: Box<RawValue>,
    note: Option<String>,
    #[serde(flatten)]
    at: Option<&'r AtCommit>,
}

impl Show {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = match &self.at {
            Some(_) => Repo::open_to_read(dir)?,
            None => self.source.open(dir)?,
        };
        let (revision, format) = (self.source.revision(), self.format);
        let options = ShowOptions { subject: self.subject, revision, at: self.at };
        let shown = show(ui, &repo, &options)?;
        match format {
            Format::Json => {
                let allocation = json::raw(format_record(&shown.record, shown.holder));
                let (note, at) = (found_note(&shown.notes), shown.at.as_ref());
                ui.data(&json::document(&ShownDocument { allocation, note, at }));
            }
            Format::Text if self.hyperlink.has_links(ui) => {
                let (rows, link) = (rows(&shown), Hyperlinks::find(&repo).record(&shown.record));
                let link_of = |row: &[String; 2]| link.clone().filter(|_| row[0] == PATH);
                let links: Vec<Option<String>> = rows.iter().map(link_of).collect();
                ui.linked_table(rows, 1, &links);
            }
            Format::Text => ui.table(rows(&shown)),
        }
        Ok(Exit::Fine)
    }
}

/// Returns the rows that describe a record.
fn rows(shown: &ShownRecord) -> Vec<[String; 2]> {
    let ShownRecord { record, holder, notes, at } = shown;
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    row("id", record.id.to_string());
    row(PATH, record.path.to_string());
    match holder {
        None => row("status", record.status.to_string()),
        Some(holder) => row("status", format!("superseded: {holder} holds the path")),
    }
    row("allocated_at", record.allocated_at.to_string());
    row("origin", record.origin.to_string());
    // If a record has never been displaced, its number equals its claim, so a row for the claim
    // would only repeat the number.
    if record.claim != record.id {
        row(key::CLAIM, record.claim.to_string());
    }
    if !record.aliases.is_empty() {
        let aliases: Vec<_> = record.aliases.iter().map(Id::to_string).collect();
        row(key::ALIASES, aliases.join(" "));
    }
    for (name, value) in record.metadata.iter().chain(&record.extra) {
        row(name, value.to_text());
    }
    at.iter().for_each(|at| row("at", format!("{} of {}", at.commit, at.date)));
    found_note(notes).into_iter().for_each(|note| row("note", note));
    rows
}

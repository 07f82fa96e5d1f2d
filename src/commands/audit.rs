//! `idhooks audit`: what commands did in this clone, and what commits did in every clone.

mod history;
pub(super) mod recorder;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{AuditFormat, Ui, audit_verdict, count, events};
use crate::plan::audit::{AuditEntry, Verdict, verify};
use crate::registry::{Id, Timestamp};
use crate::store::{AuditFile, audit_text, read_file};
use crate::transaction::now;

use super::purge::When;

/// Show what was done to identities, and by what
///
/// Every command that changes the registry of this clone notes each change, with the run of the
/// program and the time, in a file of the git directory that only grows. Each event is chained to
/// the one before it by a hash, so that 'verify' shows what was changed, removed, inserted or
/// exchanged; that the end was cut off is seen by who kept the hash of the last event (--head).
///
/// Hooks note nothing there, so that a commit stays as fast as it is: what commits did is told by
/// 'audit export --from-history', in the same words in every clone.
///
/// 'git config idhooks.audit required' has a command fail before it does anything where the audit
/// cannot be written, which is a warning else; 'off' keeps none.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks audit tail -n 5
  idhooks audit query --id 0110073814260118 --since 7d --format jsonl
  idhooks audit verify --head \"$(cat last-hash)\"
  idhooks audit export --from-history > history.jsonl

Exit code: 0 done; 1 somebody has been at the audit; 2 it cannot be read")]
pub(super) struct Audit {
    #[command(subcommand)]
    action: AuditAction,
}

#[derive(Debug, Subcommand)]
enum AuditAction {
    /// Show the last events
    Tail {
        /// How many
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
        max_count: usize,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Show the events that fit
    Query {
        #[command(flatten)]
        wanted: AuditFilter,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Look whether every event is as it was written, and where
    Verify {
        /// The hash that an event must have: that of the last one, as it was seen before
        #[arg(long, value_name = "SHA256")]
        head: Option<String>,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Print what commits did, one event of JSON on each line
    Export {
        /// From the registries of the commits, which every clone has
        #[arg(long, required = true)]
        from_history: bool,
        /// The last commit
        #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
        rev: String,
    },
}

#[derive(Debug, Args)]
struct AuditPlace {
    /// Read this file instead of the audit of this clone
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AuditFormat,
}

#[derive(Debug, Args)]
struct AuditFilter {
    /// Events of this identity
    #[arg(long, value_name = "ID")]
    id: Option<Id>,
    /// Events of this file, or of the files below this directory, as a path from the top
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Events of this kind, such as 'move'
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Events since a day or a time, or so long ago: 2026-01-31, 7d, 12w, 1y
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Events before a day or a time
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Events of this run of the program: the beginning of its run_id
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
}

impl Audit {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match self.action {
            AuditAction::Tail { max_count, place } => {
                let all = place.entries(ui, dir)?;
                let last = all.len().saturating_sub(max_count);
                ui.audit(&events(&all[last..], place.format), place.format);
                Ok(Exit::Fine)
            }
            AuditAction::Query { wanted, place } => {
                let mut all = place.entries(ui, dir)?;
                all.retain(|entry| wanted.fits(entry));
                ui.audit(&events(&all, place.format), place.format);
                Ok(Exit::Fine)
            }
            AuditAction::Verify { head, place } => {
                let text = place.read(dir)?;
                let verdict = verify(text.lines(), head.as_deref());
                Ok(tell(ui, &verdict, place.format))
            }
            AuditAction::Export { rev, .. } => history::export(ui, dir, &rev),
        }
    }
}

/// Says what is known of an audit.
fn tell(ui: &mut Ui, verdict: &Verdict, format: AuditFormat) -> Exit {
    ui.audit(&audit_verdict(verdict, format), format);
    if verdict.is_tampered() {
        ui.error("the audit is not as it was written");
        ui.hint("what commits did is told by: idhooks audit export --from-history");
    }
    if !verdict.has_wanted {
        ui.error("no event has that hash: the end of the audit is missing, or all of it another");
        ui.hint("what commits did is told by: idhooks audit export --from-history");
    }
    let is_fine = !verdict.is_tampered() && verdict.has_wanted;
    if is_fine {
        ui.status(&format!("{} chained", count(verdict.events, "event is", "events are")));
    }
    if is_fine { Exit::Fine } else { Exit::Findings }
}

impl AuditPlace {
    /// Returns the text of the audit; none is an empty one, unless a file was named.
    fn read(&self, dir: &Path) -> Result<String, CommandError> {
        let text = match &self.file {
            Some(file) => read_file(&dir.join(file))?.as_deref().map(audit_text),
            None => AuditFile::in_dir(&Repo::open_to_read(dir)?.state_dir()).read()?,
        };
        match (text, &self.file) {
            (Some(text), _) => Ok(text),
            (None, None) => Ok(String::new()),
            (None, Some(file)) => Err(CommandError::new(format!("no file '{}'", file.display()))
                .hint("leave --file out to read the audit of this clone")),
        }
    }

    fn entries(&self, ui: &mut Ui, dir: &Path) -> Result<Vec<AuditEntry>, CommandError> {
        let text = self.read(dir)?;
        let entries: Vec<AuditEntry> = text.lines().filter_map(AuditEntry::parse).collect();
        let unread = text.lines().count() - entries.len();
        if unread > 0 {
            let lines = count(unread, "line is no event", "lines are no events");
            ui.warning(&format!("{lines}; 'idhooks audit verify' says why"));
        }
        Ok(entries)
    }
}

impl AuditFilter {
    fn fits(&self, entry: &AuditEntry) -> bool {
        let at = entry.text("timestamp").parse::<Timestamp>();
        let is_since = |when: &When| at.as_ref().is_ok_and(|at| *at >= when.as_of(now()));
        let is_before = |when: &When| at.as_ref().is_ok_and(|at| *at < when.as_of(now()));
        let named = |names: &[&str], fits: &dyn Fn(&str) -> bool| {
            names.iter().filter_map(|name| entry.fact(name)).any(fits)
        };
        let has_id = |id: &Id| {
            let id = id.to_string();
            named(&["id", "old_id", "by", "copied_from"], &|text| text == id)
        };
        let has_path = |path: &String| {
            let dir = format!("{}/", path.trim_end_matches('/'));
            named(&["path", "from"], &|text| text == path || text.starts_with(&dir))
        };
        self.id.as_ref().is_none_or(has_id)
            && self.path.as_ref().is_none_or(has_path)
            && self.kind.as_ref().is_none_or(|kind| entry.text("event_type") == kind)
            && self.since.as_ref().is_none_or(is_since)
            && self.until.as_ref().is_none_or(is_before)
            && self.run.as_ref().is_none_or(|run| entry.text("run_id").starts_with(run.as_str()))
    }
}

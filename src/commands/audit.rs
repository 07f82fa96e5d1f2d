//! `idhooks audit`: shows and checks the log of changes made by commands in this clone and by
//! commits.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use idhooks_ops::audit_log::{AuditEntry, AuditKeys, Verdict, verify};
use idhooks_ops::{
    AuditFilter, EventKind, Repo, Revision, TypedId, When, audit_entries, audit_log, audit_log_in,
    export_audit_log, export_history, id_of,
};

use super::revision_args::RevisionArgs;
use super::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::{AuditFormat, Ui, audit_verdict, count, events};

/// Show the log of changes made by commands, and detect tampering
///
/// Every command that changes the registry in this clone logs each change, with the time and the id
/// of the run, in an append-only file in the git directory. 'init', 'import', 'inject',
/// '--rollback', refused commands and failed checks are logged, too. Each event contains the hash
/// of the previous event, so 'audit verify' detects events that were changed, removed, inserted or
/// swapped. To be able to detect a truncated log, keep the hash of the last event and pass it to
/// --head.
///
/// Each commit in this clone that changes the registry is logged as one event, 'committed', with
/// its time, id, author and the number of changes of each kind. This includes merges and rebased or
/// cherry-picked commits: the next idhooks hook or command finds them in the reflog of HEAD, or
/// 'idhooks hook post-commit' does if you call it from a hook of your own. 'hooks.audit = false' in
/// idhooks.toml turns these events off. Hooks also log everything they block or heal. 'audit export
/// --from-history' derives the events of all commits from the history, with the same result in
/// every clone.
///
/// 'git config idhooks.audit' takes a comma-separated list. 'required': commands fail and change
/// nothing if the log cannot be written; by default, they only warn. 'hooks': hooks log every
/// change they make to the registry, and with 'required,hooks' they block a commit that they cannot
/// log. 'off', on its own: nothing is logged.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks audit tail -n 5
  idhooks audit query --id 0110073814260118 --since 7d --format jsonl
  idhooks audit verify --head \"$(cat last-hash)\"
  idhooks audit export --from-history > history.jsonl

Exit code: 0 done; 1 'verify' found damage or tampering; 2 the log cannot be read")]
pub(super) struct Audit {
    #[command(subcommand)]
    action: AuditAction,
}

#[derive(Debug, Subcommand)]
enum AuditAction {
    /// Show the last events
    #[command(after_help = "\
Examples:
  idhooks audit tail                          the last 10 events
  idhooks audit tail -n 5 --format json")]
    Tail {
        /// Number of events
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
        max_count: usize,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Show the events that match all given options
    #[command(after_help = "\
Examples:
  idhooks audit query --id 0110073814260118 --since 7d
  idhooks audit query --path docs --format jsonl")]
    Query {
        #[command(flatten)]
        wanted: AuditFilterArgs,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Check that no event was changed, removed, inserted or swapped
    #[command(after_help = "\
Examples:
  idhooks audit verify
  idhooks audit verify --head \"$(cat last-hash)\"

Exit code: 0 the log is intact; 1 it is not; 2 it cannot be read")]
    Verify {
        /// Require the log to contain the event with this hash, which used to be the last one
        #[arg(long, value_name = "SHA256")]
        head: Option<String>,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Print events for other programs, as one JSON object per line
    ///
    /// The lines form a hash chain of their own, which 'audit verify --file' checks.
    #[command(group = ArgGroup::new("what").required(true).multiple(true).args(["from_history", "plan"]))]
    #[command(after_help = "\
Examples:
  idhooks audit export --from-history > history.jsonl
  idhooks audit export --from-history --rev v1.0
  idhooks audit export --plan             the log of this clone, with other key names")]
    Export {
        /// Derive the events from the registries in all commits, instead of printing this clone's
        /// log
        #[arg(long)]
        from_history: bool,
        /// Use the keys 'timestamp' and 'event_type' instead of 'at' and 'event'
        #[arg(long)]
        plan: bool,
        /// Last commit to export
        #[arg(long, value_name = "REV", default_value = "HEAD", requires = "from_history")]
        rev: String,
    },
}

#[derive(Debug, Args)]
struct AuditPlace {
    /// Read this file instead of this clone's log
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AuditFormat,
}

#[derive(Debug, Args)]
struct AuditFilterArgs {
    /// Only events for this identity, given by its first digits or by its second identity
    #[arg(long, value_name = "ID")]
    id: Option<OsString>,
    /// Only events for this file or for files below this directory, relative to the repository root
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Only events of this kind, such as 'renamed'
    #[arg(long = "event", value_name = "EVENT", value_parser = choice(EventKind::ALL, EventKind::as_str, None), hide_possible_values = true)]
    kind: Option<EventKind>,
    /// Only events since a day, a time, or this long ago: 2026-01-31, 7d, 12w, 1y
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Only events before a day, a time, or this long ago
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Only events from the run of idhooks whose run_id begins with these characters
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
}

impl Audit {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            AuditAction::Tail { max_count, place } => {
                let all = place.entries(ui, dir)?;
                let last = all.len().saturating_sub(max_count);
                ui.audit(&events(&all[last..], place.format), place.format);
            }
            AuditAction::Query { wanted, place } => {
                let mut all = place.entries(ui, dir)?;
                wanted.filter(dir)?.apply(&mut all)?;
                ui.audit(&events(&all, place.format), place.format);
            }
            AuditAction::Verify { head, place } => {
                let text = place.read(ui, dir)?;
                return Ok(tell(ui, &verify(text.lines(), head.as_deref()), place.format));
            }
            AuditAction::Export { from_history, plan, rev } => {
                let keys = if plan { AuditKeys::Plan } else { AuditKeys::Own };
                let repo = Repo::open_to_read(dir)?;
                if !from_history {
                    let text = audit_log(ui, &repo)?;
                    let entries = audit_entries(ui, &text);
                    ui.data(&export_audit_log(&entries, keys));
                } else if export_history(ui, &repo, &rev, keys, Ui::data)? {
                    // The warning goes to stderr: each line on stdout is an event, and nothing else
                    // may become part of the hash chain.
                    ui.warning("part of the history is not in this clone or cannot be read: its events are missing, or reported with a later commit");
                }
            }
        }
        Ok(Exit::Fine)
    }
}

/// Reports whether the log is intact.
fn tell(ui: &mut Ui, verdict: &Verdict, format: AuditFormat) -> Exit {
    ui.audit(&audit_verdict(verdict, format), format);
    let faults = [
        (verdict.is_tampered(), "the audit log was changed after it was written"),
        (
            !verdict.has_expected,
            "no event has that hash: the end of the log is missing, or the whole log was replaced",
        ),
    ];
    for (_, fault) in faults.iter().filter(|(is_so, _)| *is_so) {
        ui.error(fault);
        // Git history cannot be tampered with in the same way, because each commit contains its
        // parents' hashes.
        ui.hint("to see what commits did: idhooks audit export --from-history");
    }
    if faults.iter().any(|(is_so, _)| *is_so) {
        return Exit::Findings;
    }
    ui.status(&format!("{} verified", count(verdict.events, "event", "events")));
    Exit::Fine
}

impl AuditPlace {
    /// Returns the log as text.
    fn read(&self, ui: &mut Ui, dir: &Path) -> CommandResult<String> {
        Ok(match &self.file {
            Some(file) => audit_log_in(dir, file)?,
            None => audit_log(ui, &Repo::open_to_read(dir)?)?,
        })
    }

    fn entries(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Vec<AuditEntry>> {
        let text = self.read(ui, dir)?;
        Ok(audit_entries(ui, &text))
    }
}

impl AuditFilterArgs {
    fn filter(self, dir: &Path) -> CommandResult<AuditFilter> {
        let AuditFilterArgs { id, path, kind, since, until, run } = self;
        // The registry is needed only to look up a second identity. Otherwise, the log can be
        // searched even if the registry is damaged.
        let id = id.map(|typed| match TypedId::of(&typed) {
            Some(id) => Ok(id),
            None => holder_of(dir, &typed),
        });
        Ok(AuditFilter { id: id.transpose()?, path, kind, since, until, run })
    }
}

/// Returns the identity of the record in the index that has this second identity.
fn holder_of(dir: &Path, doc_id: &OsStr) -> CommandResult<TypedId> {
    let (repo, view) = RevisionArgs::default().open_view(dir)?;
    Ok(id_of(&Revision::default().registry(&repo, &view)?.registry, doc_id)?.into())
}

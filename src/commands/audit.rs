//! `idhooks audit`: the log of what commands did in this clone, and of what commits did.

pub(super) mod recorder;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use idhooks_core::plan::EventKind;
use idhooks_core::plan::audit::{AuditEntry, AuditEvent, AuditKeys, BEGINNING, Verdict, verify};
use idhooks_core::registry::{Id, Json, Timestamp};
use idhooks_ops::{Purpose, Revision, TypedId, When, find_commit, id_of};
use idhooks_repo::git::Repo;
use idhooks_repo::history::{CommitEvents, commit_events};
use idhooks_repo::store::{AuditFile, audit_text, read_file};
use idhooks_repo::transaction::{audit::event_number, now, record_seen_commits};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{AuditFormat, Bar, Ui, audit_verdict, count, events};

use super::choice::choice;
use super::revision_args::RevisionArgs;

/// Show the log of what commands changed, and detect edits to it
///
/// Every command that changes the registry of this clone logs each change, with its time and the
/// run of the program, in an append-only file in the git directory; 'init', 'import', 'inject',
/// '--rollback', a refused command and a failing 'check' are logged, too. Each event contains the hash of the event
/// before it: 'audit verify' detects events that were changed, removed, inserted or swapped. To detect
/// a missing end, keep the hash of the last event and pass it to --head.
///
/// Each commit made in this clone that changes the registry is one event, 'committed', with its time, id,
/// author and the number of changes of each kind. Git's log of HEAD shows it to the next hook or command of
/// idhooks, or to 'idhooks hook post-commit' in a hook of yours: also merges, rebased and picked commits.
/// 'hooks.audit = false' in idhooks.toml turns these events off. Hooks log what they block or heal, too.
/// 'audit export --from-history' derives the details of all commits, in the same words in every clone.
///
/// 'git config idhooks.audit' takes these words, several with commas between them. 'required': if the
/// log cannot be written, commands fail and change nothing; by default they warn. 'hooks':
/// hooks log every change that they make to the registry, and with 'required,hooks' they stop a commit
/// that they cannot log. 'off', alone: nothing is logged.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks audit tail -n 5
  idhooks audit query --id 0110073814260118 --since 7d --format jsonl
  idhooks audit verify --head \"$(cat last-hash)\"
  idhooks audit export --from-history > history.jsonl

Exit code: 0 done; 1 'verify' found the log damaged or changed; 2 the log cannot be read")]
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
        wanted: AuditFilter,
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
        /// Require an event with this hash: the last one when you noted it
        #[arg(long, value_name = "SHA256")]
        head: Option<String>,
        #[command(flatten)]
        place: AuditPlace,
    },
    /// Print events for another program, as one JSON event per line
    ///
    /// The lines have a chain of hashes of their own: 'audit verify --file' checks them.
    #[command(group = ArgGroup::new("what").required(true).multiple(true).args(["from_history", "plan"]))]
    #[command(after_help = "\
Examples:
  idhooks audit export --from-history > history.jsonl
  idhooks audit export --from-history --rev v1.0
  idhooks audit export --plan             the log of this clone, with other keys")]
    Export {
        /// Print what commits did, from the registries in them, which every clone has
        ///
        /// Without it, the log of this clone is printed.
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
    /// Read this file instead of the log of this clone
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AuditFormat,
}

#[derive(Debug, Args)]
struct AuditFilter {
    /// Events of this identity, of which the first digits suffice, or of this second identity
    #[arg(long, value_name = "ID")]
    id: Option<OsString>,
    /// Events of this file or below this directory, from the repository root
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Events of this kind, such as 'renamed'
    #[arg(long = "event", value_name = "EVENT", value_parser = choice(EventKind::ALL, EventKind::as_str, None), hide_possible_values = true)]
    kind: Option<EventKind>,
    /// Events since a day, a time or this long ago: 2026-01-31, 7d, 12w, 1y
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Events before a day, a time or this long ago
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Events of this run of the program: the first characters of its run_id
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
                Ok(Exit::Fine)
            }
            AuditAction::Query { wanted, place } => {
                let mut all = place.entries(ui, dir)?;
                if let Some(typed) = &wanted.id {
                    let id = match TypedId::of(typed) {
                        Some(id) => id.resolve(Purpose::Read, ids(&all).map(|id| (id, "")))?,
                        None => Some(holder_of(dir, typed)?),
                    };
                    all.retain(|entry| ids([entry]).any(|own| Some(own) == id));
                }
                all.retain(|entry| wanted.fits(entry));
                ui.audit(&events(&all, place.format), place.format);
                Ok(Exit::Fine)
            }
            AuditAction::Verify { head, place } => {
                let text = place.read(ui, dir)?;
                let verdict = verify(text.lines(), head.as_deref());
                Ok(tell(ui, &verdict, place.format))
            }
            AuditAction::Export { from_history, plan, rev } => {
                let keys = if plan { AuditKeys::Plan } else { AuditKeys::Own };
                if from_history { export(ui, dir, &rev, keys) } else { export_log(ui, dir, keys) }
            }
        }
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
        ui.hint("to see what commits did: idhooks audit export --from-history");
    }
    if faults.iter().any(|(is_so, _)| *is_so) {
        return Exit::Findings;
    }
    ui.status(&format!("{} verified", count(verdict.events, "event", "events")));
    Exit::Fine
}

impl AuditPlace {
    /// Returns the text of the log; a missing log is empty, unless a file was named.
    fn read(&self, ui: &mut Ui, dir: &Path) -> CommandResult<String> {
        let Some(file) = &self.file else {
            let repo = Repo::open_to_read(dir)?;
            record_seen_commits(&repo).iter().for_each(|problem| ui.warning(problem));
            return Ok(AuditFile::in_dir(&repo.state_dir()).read()?.unwrap_or_default());
        };
        read_file(&dir.join(file))?.as_deref().map(audit_text).ok_or_else(|| {
            CommandError::new(format!("no file '{}'", file.display()))
                .hint("to read the log of this clone, omit --file")
        })
    }

    fn entries(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Vec<AuditEntry>> {
        let text = self.read(ui, dir)?;
        let entries: Vec<AuditEntry> = text.lines().filter_map(AuditEntry::parse).collect();
        let unread = text.lines().count() - entries.len();
        if unread > 0 {
            let lines = count(unread, "line is not an event", "lines are not events");
            ui.warning(&format!("{lines}; 'idhooks audit verify' shows why"));
        }
        Ok(entries)
    }
}

/// Returns the identities that events name.
fn ids<'e>(entries: impl IntoIterator<Item = &'e AuditEntry>) -> impl Iterator<Item = Id> {
    let names = ["id", "old_id", "by", "copied_from"];
    let of = move |entry: &'e AuditEntry| {
        names.into_iter().filter_map(|name| entry.fact(name)?.parse().ok())
    };
    entries.into_iter().flat_map(of)
}

/// Returns the identity of the record that has a second identity in the index.
fn holder_of(dir: &Path, doc_id: &OsStr) -> CommandResult<Id> {
    let (repo, view) = RevisionArgs::default().open_view(dir)?;
    Ok(id_of(&Revision::default().registry(&repo, &view)?.registry, doc_id)?)
}

impl AuditFilter {
    /// Returns whether an event matches all options but `id`.
    fn fits(&self, entry: &AuditEntry) -> bool {
        let at = entry.at().parse::<Timestamp>();
        let is_since = |when: &When| at.as_ref().is_ok_and(|at| *at >= when.as_of(now()));
        let is_before = |when: &When| at.as_ref().is_ok_and(|at| *at < when.as_of(now()));
        let has_path = |path: &String| {
            let dir = format!("{}/", path.trim_end_matches('/'));
            let mut paths = ["path", "from"].into_iter().filter_map(|name| entry.fact(name));
            paths.any(|text| text == path || text.starts_with(&dir))
        };
        self.path.as_ref().is_none_or(has_path)
            && self.kind.is_none_or(|kind| entry.event() == kind.as_str())
            && self.since.as_ref().is_none_or(is_since)
            && self.until.as_ref().is_none_or(is_before)
            && self.run.as_ref().is_none_or(|run| entry.text("run_id").starts_with(run.as_str()))
    }
}

/// Prints the log of this clone, with these keys.
fn export_log(ui: &mut Ui, dir: &Path, keys: AuditKeys) -> CommandResult<Exit> {
    let log = AuditPlace { file: None, format: AuditFormat::default() };
    let mut prev = BEGINNING.to_owned();
    for entry in log.entries(ui, dir)? {
        let (line, hash) = keys.line(entry.current(), &prev);
        ui.data(&line);
        prev = hash;
    }
    Ok(Exit::Fine)
}

/// Prints what every commit in the history of `rev` did, with these keys.
fn export(ui: &mut Ui, dir: &Path, rev: &str, keys: AuditKeys) -> CommandResult<Exit> {
    let repo = Repo::open_to_read(dir)?;
    let tip = find_commit(&repo, rev)?;
    let bar = Bar::start("reading the history", 0);
    let mut prev = BEGINNING.to_owned();
    let mut tell = |chapter: &CommitEvents| {
        let mut text = String::new();
        for event in events_of(chapter) {
            let (line, hash) = keys.line(event.members(), &prev);
            text += &line;
            prev = hash;
        }
        ui.data(&text);
    };
    let has_gaps = commit_events(&repo, tip, &mut |count| bar.step_of(count), &mut tell)?;
    bar.finish();
    if has_gaps {
        ui.warning("part of the history is not in this clone or cannot be read: its events are missing, or reported with a later commit");
    }
    Ok(Exit::Fine)
}

/// Returns the events of a commit; their ids depend on nothing else.
fn events_of(chapter: &CommitEvents) -> impl Iterator<Item = AuditEvent> {
    let commit = chapter.commit.to_string();
    let run_id = event_number(&[&commit]);
    let at = Timestamp::from_unix(chapter.author_time).unwrap_or(Timestamp::EPOCH);
    chapter.events.iter().map(move |edit| {
        let (kind, mut data) = (edit.kind, edit.facts());
        data.insert("commit".to_owned(), Json::string(&commit));
        let facts = Json::Object(data.clone()).compact();
        let event_id = event_number(&[&commit, kind.as_str(), &facts]);
        AuditEvent { event_id, run_id: run_id.clone(), at, kind, data }
    })
}

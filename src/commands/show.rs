//! `idhooks show`: shows the file of an identity, or the identity of a file.

use std::{ffi::OsString, path::Path};

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::is_own;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath, Timestamp, format_record, key};
use idhooks_ops::{
    FoundNote, FoundRecord, Past, Purpose, Revision, TypedId, TypedSubject, advice, by_doc_id,
    by_id, by_path, read_history, repo_path,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, look_up};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::{CommandError, CommandResult, Exit, path_hint, revision_option};
use crate::output::{Format, Ui, count, found_note, json, shell_quoted};

use super::no_file::no_file;
use super::revision_args::RevisionArgs;

/// Look up the file of an identity, or the identity of a file
///
/// An identity may be current, an alias of another one, or a claim; they are searched in this order.
/// Its first digits suffice, at least four, if no other identity begins with them. A file comes before
/// an identity of the same spelling.
///
/// For a path that no longer exists, the last record of that path is shown, with a note if the file
/// has another path now. Anything else is searched among the second identities, such as DOC-0001,
/// that 'idhooks import --ids-map' added.
///
/// With --at, the record is shown as it was at a commit or on a date; identity and path may be those
/// of today, of that time or of earlier times. A date, in any form that git reads, means the newest
/// commit on the first-parent line of HEAD that is not later; a day means its end. A value that is
/// both a revision and a date is a revision.
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
}

/// One record as in the registry, and where it was looked up.
#[derive(Serialize)]
struct ShownRecord<'r> {
    allocation: Box<RawValue>,
    note: Option<String>,
    #[serde(flatten)]
    at: Option<&'r At>,
}

impl Show {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(at) = &self.at {
            return self.show_then(ui, dir, at);
        }
        let repo = self.source.open(dir)?;
        if let Some(record) = self.look_up(&repo, dir) {
            self.show(ui, &FoundRecord::new(&record, None), None, None);
            return Ok(Exit::Fine);
        }
        let view = self.source.revision().view(&repo)?;
        let registry = &self.source.revision().registry(&repo, &view)?.registry;
        let found = self.find(ui, &repo, dir, &view, registry, None)?;
        self.show(ui, &found, holder(registry, &found), None);
        Ok(Exit::Fine)
    }

    /// Looks the record up quickly, in the cases that need no note.
    fn look_up(&self, repo: &Repo, dir: &Path) -> Option<Allocation> {
        if !self.source.revision().is_index() {
            return None;
        }
        let path = repo_path(repo, dir, Path::new(&self.subject)).ok();
        let id = TypedId::of(&self.subject).and_then(|id| id.full());
        // The full search reports what cannot be read.
        look_up(repo, path.as_ref(), id).ok()?
    }

    fn show(&self, ui: &mut Ui, found: &FoundRecord<'_>, holder: Option<Id>, at: Option<&At>) {
        match self.format {
            Format::Json => {
                let allocation = json::raw(format_record(&found.record, holder));
                ui.data(&json::document(&ShownRecord {
                    allocation,
                    note: found_note(&found.notes),
                    at,
                }));
            }
            Format::Text => ui.table(rows(found, holder, at)),
        }
    }

    fn show_then(&self, ui: &mut Ui, dir: &Path, named: &str) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let at = At::named(&repo, named)?;
        let source = Revision::named(at.commit.short());
        let then = CommitState::of_commit(&repo, at.commit)?;
        if !then.is_adopted() {
            return Err(CommandError::new(format!("cannot find a registry in {}", at.shown()))
                .because(&"idhooks was not adopted there yet")
                .hint(
                    "see when it was adopted: git log --diff-filter=A -- .idhooks/registry.json",
                ));
        }
        let registry = &source.registry(&repo, &then)?.registry;
        let now = repo.head()?.map(|head| CommitState::of_commit(&repo, head)).transpose()?;
        let mut found = self.find(ui, &repo, dir, &then, registry, Some((&at, now.as_ref())))?;
        found.notes.extend(at.note.clone().map(FoundNote::History));
        self.show(ui, &found, holder(registry, &found), Some(&at));
        Ok(Exit::Fine)
    }

    /// Finds a record in the registry of `view`. With `at`, that is a past registry, in which a record is
    /// also found by its present identity or path, from the present state. For an identity, the present
    /// meaning comes first; for a path, the past one.
    fn find<'a>(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        dir: &Path,
        view: &CommitState,
        registry: &'a Registry,
        at: Option<(&At, Option<&CommitState>)>,
    ) -> CommandResult<FoundRecord<'a>> {
        let present = at.and_then(|(_, now)| Some((&now?.stored()?.registry, now?)));
        let place = at.map(|(at, _)| format!(" in {}", at.shown())).unwrap_or_default();
        let path = repo_path(repo, dir, Path::new(&self.subject));
        let exists = |path: &RepoPath| view.has_file(path);
        let registries: Vec<&Registry> =
            std::iter::once(registry).chain(present.map(|(registry, _)| registry)).collect();
        let path = match TypedSubject::of(&self.subject, path, exists, Purpose::Read, &registries)?
        {
            TypedSubject::Path(path) => path,
            TypedSubject::Id(id) => {
                let now = present.and_then(|(registry, _)| by_id(registry, id));
                return find_id(
                    registry,
                    id,
                    now,
                    at.map(|(at, _)| at),
                    &revision_option(&self.source.revision()),
                );
            }
        };
        let now = present.and_then(|(registry, now)| {
            by_path(registry, |path| now.has_file(path), &path)
                .or_else(|| by_doc_id(registry, &self.subject))
        });
        if let Some(mut found) = by_path(registry, |path| view.has_file(path), &path) {
            let other = now.filter(|now| now.record.origin != found.record.origin);
            let also = other.map(|now| format!("'{path}' now has {}", now.record.id));
            found.notes.extend(also.map(FoundNote::History));
            return Ok(found);
        }
        let same = now.as_ref().and_then(|now| same_record(registry, &now.record));
        let found = same.map(|record| {
            let was = format!("'{path}' was '{}' then", record.path);
            FoundRecord::new(record, Some(FoundNote::History(was)))
        });
        if let Some(found) = found.or_else(|| by_doc_id(registry, &self.subject)) {
            return Ok(found);
        }
        let (tip, when) = match at {
            Some((at, _)) => (Some(at.commit), "then"),
            None => (self.source.revision().tip(repo)?, "now"),
        };
        // The record that had the path earlier, if no file is there.
        if let Some(tip) = tip.filter(|_| !view.has_file(&path) && !is_own(&path)) {
            let history = read_history(ui, repo, tip)?;
            let past = Past { repo, history: &history, registry }.by_path(ui, &path, when)?;
            if let Some(found) = past.filter(|found| found.current().is_some()) {
                return Ok(found);
            }
        }
        let error = CommandError::new(format!("cannot find an identity of '{path}'{place}"));
        if let Some([cause, hint]) = no_file(&view.tree, &path) {
            return Err(error.because(&cause).hint(hint));
        }
        let typed = shell_quoted(&self.subject.to_string_lossy());
        Err(match at {
            Some(_) => error
                .hint(format!("see when it was added, and its earlier paths: idhooks log {typed}")),
            None => not_found(error, repo, &path, view, registry),
        })
    }
}

/// Finds the record of an identity in `registry`, the past one with `at`; `now` is the record that has
/// the identity at present, and `rev` the option that names the commit.
fn find_id<'a>(
    registry: &'a Registry,
    id: Id,
    now: Option<FoundRecord<'_>>,
    at: Option<&At>,
    rev: &str,
) -> CommandResult<FoundRecord<'a>> {
    let same = now.as_ref().and_then(|now| same_record(registry, &now.record));
    let found = same.map(|record| {
        let was = (record.id != id).then(|| format!("{id} was {} then", record.id));
        FoundRecord::new(record, was.map(FoundNote::History))
    });
    found.or_else(|| by_id(registry, id)).ok_or_else(|| {
        let place = at.map(|at| format!(" in {}", at.shown())).unwrap_or_default();
        CommandError::new(format!("cannot find a record of {id}{place}")).hint(match (now, at) {
            (Some(_), _) => format!(
                "it was allocated later, or on a branch that was merged later: idhooks log {id}"
            ),
            (None, Some(at)) => {
                format!("list the identities: idhooks list --rev {}", at.commit.short())
            }
            (None, None) => format!("list the identities: idhooks list{rev}"),
        })
    })
}

/// Explains a path without an identity, with the finding of `check` if the file exists.
fn not_found(
    error: CommandError,
    repo: &Repo,
    path: &RepoPath,
    view: &CommitState,
    registry: &Registry,
) -> CommandError {
    let findings = || view.check(repo, &view.config(repo).ok()?).ok();
    let is_it = |f: &Finding| f.code == Code::MissingId && f.path.as_ref() == Some(path);
    let is_there = view.has_file(path) && !is_own(path);
    match is_there.then(findings).flatten().and_then(|all| all.into_iter().find(is_it)) {
        Some(finding) => error.because(&finding.message).hint(finding.help),
        None => error.hint(path_hint(&advice(registry, path))),
    }
}

/// Returns the identity that holds the path of a record instead of it, if any.
fn holder(registry: &Registry, found: &FoundRecord<'_>) -> Option<Id> {
    registry.shadowing().get(&found.record.origin).copied()
}

/// Finds the same record in another registry.
fn same_record<'a>(registry: &'a Registry, record: &Allocation) -> Option<&'a Allocation> {
    let stands_in = |r: &Allocation| r.origin_is_derived && record.answers_to(r.id);
    registry.allocations.iter().find(|r| r.origin == record.origin || stands_in(r))
}

/// Returns the rows about a record.
fn rows(found: &FoundRecord<'_>, holder: Option<Id>, at: Option<&At>) -> Vec<[String; 2]> {
    let record = &found.record;
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    row("id", record.id.to_string());
    row("path", record.path.to_string());
    match holder {
        None => row("status", record.status.to_string()),
        Some(holder) => row("status", format!("superseded: {holder} holds the path")),
    }
    row("allocated_at", record.allocated_at.to_string());
    row("origin", record.origin.to_string());
    if record.claim != record.id {
        row(key::CLAIM, record.claim.to_string());
    }
    if !record.aliases.is_empty() {
        let aliases: Vec<_> = record.aliases.iter().map(Id::to_string).collect();
        row(key::ALIASES, aliases.join(" "));
    }
    for (name, value) in record.metadata.iter().chain(&record.extra) {
        row(name, value.as_str().map_or_else(|| value.compact(), str::to_owned));
    }
    at.iter().for_each(|at| row("at", format!("{} of {}", at.commit, at.date)));
    found_note(&found.notes).into_iter().for_each(|note| row("note", note));
    rows
}

/// A commit that the user named.
#[derive(Serialize)]
struct At {
    /// The commit.
    commit: CommitId,
    /// When it was committed.
    #[serde(rename = "at")]
    date: Timestamp,
    /// A note about commits that the date excludes.
    #[serde(skip)]
    note: Option<String>,
}

impl At {
    /// Finds the commit that a text names; a revision comes before a date.
    ///
    /// A date means the newest commit on the first-parent line of HEAD that is not later.
    fn named(repo: &Repo, text: &str) -> CommandResult<At> {
        if let Some(commit) = repo.resolve(text)? {
            return At::of(repo, commit, None);
        }
        let Some(moment) = repo.moment(text)? else {
            let error = CommandError::new(format!("'{text}' is neither a revision nor a date"));
            return Err(error.hint(
                "name a commit, or a date as git reads it: 2026-03-01, '2026-03-01 12:00', '2 weeks ago'",
            ));
        };
        let Some(head) = repo.head()? else {
            let error = CommandError::new("there is no commit yet, so there is no history");
            return Err(error.hint("commit first"));
        };
        let Some(commit) = repo.newest_by(head, moment)? else {
            let error = CommandError::new(format!("no commit of HEAD is as old as '{text}'"));
            return Err(error.hint("see how old they are: git log --first-parent --reverse"));
        };
        let later = repo.merged_after(commit, head, moment)?;
        let note = (later > 0).then(|| {
            let commits = count(later, "older commit", "older commits");
            format!("not included: {commits}, merged into HEAD later")
        });
        At::of(repo, commit, note)
    }

    /// Returns the commit for a message.
    fn shown(&self) -> String {
        format!("commit {} of {}", self.commit.short(), self.date)
    }

    fn of(repo: &Repo, commit: CommitId, note: Option<String>) -> CommandResult<At> {
        let seconds = repo.commit(commit)?.committer_time();
        let date = Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH);
        Ok(At { commit, date, note })
    }
}

//! Changes that commits took from a legacy file edited by other programs.

use std::collections::BTreeSet;

use idhooks_core::registry::{Discrepancy, Registry};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::events::Edit;
use idhooks_repo::git::{Repo, TreeId};
use idhooks_repo::state::StateError;
use idhooks_repo::store::{LegacyLog, LegacyReport};
use idhooks_repo::transaction::{TakenEdit, committed_now};

use crate::{Notice, Observer};

/// The maximum number of lines to show for a merge, a rebase or a commit if the rest is in the
/// clone's log.
pub const MOST_LINES: usize = 10;
/// Stands for a legacy file's header in lines that would otherwise begin with an identity.
const HEAD: &str = "head";

/// A kind of change that is not taken from others because it must be made in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UntakenKind {
    /// A different path in a record.
    Path,
    /// A different status in a record.
    Status,
    /// A different allocation time.
    Allocation,
    /// A new record without a file of its own.
    Addition,
    /// A removed record.
    Removal,
}

impl UntakenKind {
    /// Returns the kind of a change that was not taken, if there is another way to make it.
    fn of(one: &Discrepancy) -> Option<Self> {
        match one.field.as_str() {
            "file_path" => Some(UntakenKind::Path),
            "status" => Some(UntakenKind::Status),
            "allocated_at" => Some(UntakenKind::Allocation),
            _ if !one.is_of_record() => None,
            _ if one.legacy.is_some() => Some(UntakenKind::Addition),
            _ => Some(UntakenKind::Removal),
        }
    }
}

/// Reports what happened to others' changes in leading legacy files, based on the registries in the
/// commits; the index shows where the files are now. `others` are further registry changes that the
/// same commits made. Everything is written to the clone's log, unless there is no repository, as
/// in a dry run. Returns `false` if others made no changes.
pub fn report_taken<'t>(
    observer: &mut dyn Observer,
    repo: Option<&Repo>,
    taken: impl IntoIterator<Item = (&'t TakenEdit, &'t Registry)>,
    others: &[Edit],
) -> bool {
    let (mut reports, mut untaken) = (Vec::new(), BTreeSet::new());
    for (taken, after) in taken {
        let (report, kinds) = report_of(taken, after);
        untaken.extend(kinds);
        if !report.is_empty() {
            reports.push(report);
        }
    }
    let Some(last) = reports.last_mut() else { return false };
    last.others = others.iter().map(ToString::to_string).collect();
    // Changes that were not taken may not be in any commit, so all of them are shown unless they
    // are in the log.
    let is_logged = repo.is_some_and(|repo| log(observer, repo, &mut reports));
    observer.notice(Notice::Taken { reports, untaken: untaken.into_iter().collect(), is_logged });
    true
}

/// Writes reports to the clone's log. Returns whether they were written.
fn log(observer: &mut dyn Observer, repo: &Repo, reports: &mut [LegacyReport]) -> bool {
    let at = committed_now(repo).to_string();
    reports.iter_mut().for_each(|report| report.at.clone_from(&at));
    let written = LegacyLog::in_dir(&repo.state_dir()).append(reports);
    let is_logged = written.is_ok();
    written.err().into_iter().for_each(|error| observer.notice(Notice::NotKept(error.to_string())));
    is_logged
}

/// Issues a notice about registry changes in a commit with this tree. If there is a legacy file and
/// too many changes to show, they are also written to the clone's log.
///
/// # Errors
/// Returns an error if the rules in the tree cannot be read.
pub(crate) fn report_edits(
    observer: &mut dyn Observer,
    repo: &Repo,
    tree: TreeId,
    edits: Vec<Edit>,
) -> Result<(), StateError> {
    let is_logged = edits.len() >= MOST_LINES
        && log_edits(observer, repo, LegacyFile::of_tree(repo, tree)?, &edits);
    observer.notice(Notice::Edits { edits, is_logged });
    Ok(())
}

/// Like [`report_edits`], but the notice says which commits were repaired.
///
/// # Errors
/// Returns an error if the rules in the tree cannot be read.
pub(crate) fn report_repaired(
    observer: &mut dyn Observer,
    repo: &Repo,
    tree: TreeId,
    edits: &[Edit],
) -> Result<(), StateError> {
    let is_logged = edits.len() > MOST_LINES - 3
        && log_edits(observer, repo, LegacyFile::of_tree(repo, tree)?, edits);
    observer.notice(Notice::RepairedEdits { edits: edits.to_vec(), is_logged });
    Ok(())
}

/// Reports records that were healed after commits without hooks, followed by a commit's other
/// changes. If there is a legacy file and too many changes to show, they are also written to the
/// clone's log.
pub(crate) fn report_healing(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: Option<LegacyFile<'_>>,
    healed: &[Edit],
    others: Vec<Edit>,
) {
    let all: Vec<Edit> = healed.iter().chain(&others).cloned().collect();
    let is_logged = all.len() > MOST_LINES - 5 && log_edits(observer, repo, file, &all);
    if !all.is_empty() {
        observer.notice(Notice::HealedEdits { healed: healed.to_vec(), others, is_logged });
    }
}

/// Writes registry changes to the clone's log if the rules keep a legacy file. Returns whether they
/// were written.
fn log_edits(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: Option<LegacyFile<'_>>,
    edits: &[Edit],
) -> bool {
    let Some(file) = file.filter(LegacyFile::is_written) else { return false };
    let report = LegacyReport {
        path: file.path().to_string(),
        others: edits.iter().map(ToString::to_string).collect(),
        ..LegacyReport::default()
    };
    log(observer, repo, &mut [report])
}

/// Returns the report about one commit, and advice on the changes that were not taken.
fn report_of(taken: &TakenEdit, after: &Registry) -> (LegacyReport, BTreeSet<UntakenKind>) {
    let TakenEdit { path, edit, is_of_merge, .. } = taken;
    let (head, head_left) = edit.head(after);
    let head = head.into_iter().map(|change| change.line(HEAD));
    let records = edit.taken(after).into_iter().map(Discrepancy::as_change);
    let head_left = head_left.iter().map(|one| one.difference(HEAD));
    let records_left = edit.not_taken(after);
    let left = head_left.chain(records_left.iter().map(ToString::to_string));
    let remarks = edit.remarks(after).into_iter();
    let waiting = edit.waiting(after).into_iter().map(|record| {
        format!("{} waits for '{}', which git does not track yet", record.id, record.path)
    });
    let kinds = records_left.iter().filter_map(UntakenKind::of).filter(|_| !is_of_merge).collect();
    let report = LegacyReport {
        path: path.to_string(),
        left: if *is_of_merge { Vec::new() } else { left.collect() },
        remarks: remarks.map(ToString::to_string).chain(waiting).collect(),
        taken: head.chain(records).collect(),
        ..LegacyReport::default()
    };
    (report, kinds)
}

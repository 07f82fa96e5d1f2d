//! Messages about what commits took from a legacy file that other programs had changed.

use std::collections::BTreeSet;

use idhooks_core::legacy::Discrepancy;
use idhooks_core::plan::Edit;
use idhooks_core::registry::Registry;
use idhooks_repo::git::{Repo, TreeId};
use idhooks_repo::state::LegacyFile;
use idhooks_repo::store::{LegacyLog, LegacyReport};
use idhooks_repo::transaction::{TakenEdit, committed_now};

use crate::commands::healing::{print_all, print_some};
use crate::error::CommandResult;
use crate::output::{Ui, at_most, count};

/// The most lines that are printed about a merge, a rebase or a commit.
const MOST_LINES: usize = 10;
/// How many changes that were not taken are listed if there are more lines, and how many of another kind. With
/// the hints, the line about the log and the one of the hook about the commit, there are ten lines.
const LISTED: [usize; 2] = [3, 2];
/// Indents the items of a list under its title.
const INDENT: &str = "  ";
/// Where the others are.
const IN_THE_LOG: &str = "idhooks: the full list: idhooks migrate log";
/// The head of a legacy file, where the others have an identity.
const HEAD: &str = "head";

/// Returns whether a change is of a kind.
type IsOfKind = fn(&Discrepancy) -> bool;

/// What to do instead of the changes of others that are not taken, by their kind.
const INSTEAD: [(&str, IsOfKind); 5] = [
    ("a record follows its file: move the file with git", |one| one.field == "file_path"),
    (
        "a status follows the file, too: delete the file with git, or run 'idhooks deprecate', 'revive' or 'supersede'",
        |one| one.field == "status",
    ),
    ("the time of an allocation never changes", |one| one.field == "allocated_at"),
    ("a new record needs a tracked file that no other record has: add the file with git", |one| {
        one.is_of_record() && one.legacy.is_some()
    }),
    ("a record is never removed: delete the file with git, or run 'idhooks deprecate'", |one| {
        one.is_of_record() && one.legacy.is_none()
    }),
];

/// A line of a message.
#[derive(Clone, PartialEq, Eq)]
enum Line {
    Status(String),
    Warning(String),
    Hint(&'static str),
}

/// Reports what became of the changes of others in leading legacy files, in the registries of the commits:
/// where files are, the index decides. `others` are further changes of the registry that the same commits made.
/// What needs a person comes first. If it is long, the rest is counted, and the log of the clone has all of it;
/// without a repository, which is a dry run, all of it is printed. Returns false, and reports nothing, if there
/// were no changes of others.
pub(super) fn report_taken<'t>(
    ui: &mut Ui,
    repo: Option<&Repo>,
    taken: impl IntoIterator<Item = (&'t TakenEdit, &'t Registry)>,
    others: &[Edit],
) -> bool {
    let (mut reports, mut hints) = (Vec::new(), BTreeSet::new());
    for (taken, after) in taken {
        let (report, kinds) = report_of(taken, after);
        hints.extend(kinds);
        if !report.is_empty() {
            reports.push(report);
        }
    }
    let Some(last) = reports.last_mut() else { return false };
    last.others = others.iter().map(ToString::to_string).collect();
    let hints: Vec<&'static str> =
        INSTEAD.iter().map(|(hint, _)| *hint).filter(|hint| hints.contains(hint)).collect();
    let whole = lines(&reports, &hints, None);
    // What was not taken may be in no commit: it is printed unless the log has it.
    let append = |repo: &Repo| LegacyLog::in_dir(&repo.state_dir()).append(&reports);
    let is_logged = match repo.map(append) {
        Some(Ok(())) => true,
        Some(Err(error)) => {
            ui.warning(&error.to_string());
            false
        }
        None => false,
    };
    // The hook may say one thing about the commit.
    let is_short = whole.len() < MOST_LINES || !is_logged;
    let shown = if is_short { whole } else { lines(&reports, &hints, Some(LISTED)) };
    for line in &shown {
        match line {
            Line::Status(text) => ui.status(text),
            Line::Warning(text) => ui.warning(text),
            Line::Hint(text) => ui.hint(text),
        }
    }
    if !is_short {
        ui.status(IN_THE_LOG);
    }
    true
}

/// Reports changes of the registry in a commit with this tree: all of them, or, beside a legacy file, as many as
/// there may be lines, and the log of the clone has the others.
pub(super) fn report_edits(
    ui: &mut Ui,
    repo: &Repo,
    tree: TreeId,
    edits: Vec<Edit>,
) -> CommandResult<()> {
    if edits.len() < MOST_LINES || !log_edits(ui, repo, LegacyFile::of_tree(repo, tree)?, &edits) {
        print_all(ui, edits);
        return Ok(());
    }
    print_first(ui, &edits, MOST_LINES - 2, "");
    Ok(())
}

/// Does the same under a line that says which commits were repaired; without a legacy file, some are printed.
pub(super) fn report_repaired(
    ui: &mut Ui,
    repo: &Repo,
    tree: TreeId,
    edits: &[Edit],
) -> CommandResult<()> {
    let most = MOST_LINES - 3;
    if edits.len() <= most || !log_edits(ui, repo, LegacyFile::of_tree(repo, tree)?, edits) {
        print_some(ui, edits);
        return Ok(());
    }
    print_first(ui, edits, most, INDENT);
    Ok(())
}

/// Reports what was healed after commits made without hooks, and then other changes of a commit; beside its legacy file,
/// as many as there may be lines.
pub(super) fn report_healing(
    ui: &mut Ui,
    repo: &Repo,
    file: Option<LegacyFile<'_>>,
    healed: &[Edit],
    others: Vec<Edit>,
) {
    let most = MOST_LINES - 5;
    let all: Vec<Edit> = healed.iter().chain(&others).cloned().collect();
    let is_logged = all.len() > most && log_edits(ui, repo, file, &all);
    if !healed.is_empty() {
        ui.status("idhooks: healed the registry after earlier commits:");
    }
    if is_logged {
        print_first(ui, &all, most, INDENT);
        return;
    }
    if !healed.is_empty() {
        print_some(ui, healed);
    }
    print_all(ui, others);
}

/// Prints the first changes of a list that is in the log, after an indentation.
fn print_first(ui: &mut Ui, edits: &[Edit], most: usize, indent: &str) {
    for edit in at_most(edits, most) {
        ui.status(&format!("idhooks: {indent}{edit}"));
    }
    ui.status(IN_THE_LOG);
}

/// Writes changes of the registry to the log of the clone, if the legacy file is written. Returns whether they are
/// there.
fn log_edits(ui: &mut Ui, repo: &Repo, file: Option<LegacyFile<'_>>, edits: &[Edit]) -> bool {
    let Some(file) = file.filter(LegacyFile::is_written) else { return false };
    let report = LegacyReport {
        at: committed_now().to_string(),
        path: file.path().to_string(),
        others: edits.iter().map(ToString::to_string).collect(),
        ..LegacyReport::default()
    };
    let written = LegacyLog::in_dir(&repo.state_dir()).append(&[report]);
    written.as_ref().err().into_iter().for_each(|error| ui.warning(&error.to_string()));
    written.is_ok()
}

/// Returns what there is to say about one commit, and what to do instead of what was not taken.
fn report_of(taken: &TakenEdit, after: &Registry) -> (LegacyReport, BTreeSet<&'static str>) {
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
    let hints = instead(&records_left).filter(|_| !is_of_merge).collect();
    let report = LegacyReport {
        at: committed_now().to_string(),
        path: path.to_string(),
        left: if *is_of_merge { Vec::new() } else { left.collect() },
        remarks: remarks.map(ToString::to_string).chain(waiting).collect(),
        taken: head.chain(records).collect(),
        others: Vec::new(),
    };
    (report, hints)
}

/// Returns what to do instead of the changes that were not taken.
fn instead(left: &[Discrepancy]) -> impl Iterator<Item = &'static str> {
    let of_kind = |(_, is_of_kind): &&(_, IsOfKind)| left.iter().any(is_of_kind);
    INSTEAD.iter().filter(of_kind).map(|(hint, _)| *hint)
}

/// Returns the lines about some commits; `most` is how many changes are listed, see [`LISTED`], or all. What
/// several commits say alike is said once.
fn lines(reports: &[LegacyReport], hints: &[&'static str], most: Option<[usize; 2]>) -> Vec<Line> {
    let all = |of: fn(&LegacyReport) -> &[String]| {
        let mut seen = BTreeSet::new();
        let texts = reports.iter().flat_map(of);
        texts.filter(|text| seen.insert(*text)).cloned().collect::<Vec<String>>()
    };
    let paths: BTreeSet<&str> = reports.iter().map(|one| one.path.as_str()).collect();
    let path = paths.into_iter().map(|path| format!("'{path}'")).collect::<Vec<_>>().join(", ");
    let status = |text: String| Line::Status(format!("idhooks: {text}"));
    let indented = |text: String| Line::Status(format!("idhooks:   {text}"));
    let [left, remarks] = [all(|one| &one.left), all(|one| &one.remarks)];
    let [taken, others] = [all(|one| &one.taken), all(|one| &one.others)];
    let [most_left, most_others] = most.unwrap_or([usize::MAX; 2]);
    let mut lines = Vec::new();
    let mut counted = Vec::new();
    if !left.is_empty() {
        lines.push(Line::Warning(format!(
            "these changes to {path} were not taken; the file now matches the registry:"
        )));
        lines.extend(at_most(&left, most_left).into_iter().map(indented));
        let most_hints = if most.is_some() { 2 } else { hints.len() };
        lines.extend(hints.iter().take(most_hints).map(|hint| Line::Hint(hint)));
    }
    let is_brief = most.is_some() && !left.is_empty();
    if is_brief && !taken.is_empty() {
        let changes = count(taken.len(), "change", "changes");
        counted.push(format!("took {changes} from {path}"));
    }
    if is_brief && !remarks.is_empty() {
        let remarks = count(remarks.len(), "remark", "remarks");
        counted.push(format!("{remarks} on new records"));
    }
    if !is_brief {
        lines.extend(at_most(remarks, most_others).into_iter().map(status));
    }
    if !is_brief && !taken.is_empty() {
        lines.push(status(format!("took these changes from {path}:")));
        let most = if most.is_some() { most_others } else { MOST_LINES };
        lines.extend(at_most(taken, most).into_iter().map(indented));
    }
    if most.is_some() && !others.is_empty() {
        let changes = count(others.len(), "other change", "other changes");
        counted.push(format!("the registry has {changes}"));
    } else {
        lines.extend(others.into_iter().map(status));
    }
    lines.extend((!counted.is_empty()).then(|| status(counted.join("; "))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report([left, remarks, taken, others]: [usize; 4]) -> LegacyReport {
        let texts =
            |word: &str, number: usize| (0..number).map(|n| format!("{word} {n}")).collect();
        LegacyReport {
            at: String::new(),
            path: "ids.json".to_owned(),
            left: texts("left", left),
            remarks: texts("remark", remarks),
            taken: texts("taken", taken),
            others: texts("other", others),
        }
    }

    #[test]
    fn at_most_ten_lines_are_printed_with_the_one_about_the_log() {
        for numbers in [
            [30, 30, 30, 30],
            [0, 30, 30, 30],
            [30, 0, 0, 0],
            [0, 0, 30, 30],
            [1, 1, 30, 0],
            [0, 0, 1, 30],
        ] {
            let reports = [report(numbers), report(numbers)];
            let hints = if numbers[0] > 0 { &["one", "two", "three"][..] } else { &[] };
            let shown = lines(&reports, hints, Some(LISTED));
            // The hook says one thing about the commit, and this one where the rest is.
            assert!(shown.len() + 2 <= MOST_LINES, "{numbers:?}: {}", shown.len());
            // What several commits say alike is said once.
            let whole = lines(&reports, hints, None);
            assert_eq!(whole.iter().filter(|one| **one == shown[0]).count(), 1);
        }
    }
}

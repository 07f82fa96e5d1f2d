//! Summarizes the changes that commits took from a legacy file.

use std::collections::BTreeSet;

use idhooks_ops::{Edit, LegacyReport, MOST_LINES, UntakenKind};

use crate::output::{Ui, at_most, count};

/// The maximum numbers of untaken changes and of other changes listed in a shortened message. With
/// the hints, the line about the log and the hook's line about the commit, the message has ten
/// lines.
const LISTED: [usize; 2] = [3, 2];
/// Indents list items under their title.
const INDENT: &str = "  ";
/// The last line of a shortened message.
const IN_THE_LOG: &str = "idhooks: the full list: idhooks migrate log";

/// A line of a message.
#[derive(Clone, PartialEq, Eq)]
enum Line {
    Status(String),
    Warning(String),
    Hint(&'static str),
}

/// Returns advice on changes that were not taken.
fn instead(kind: UntakenKind) -> &'static str {
    match kind {
        UntakenKind::Path => "a record follows its file: move the file with git",
        UntakenKind::Status => {
            "a status follows the file, too: delete the file with git, or run 'idhooks deprecate', 'revive' or 'supersede'"
        }
        UntakenKind::Allocation => "the allocation time never changes",
        UntakenKind::Addition => {
            "a new record needs a tracked file that no other record has: add the file with git"
        }
        UntakenKind::Removal => {
            "a record is never removed: delete the file with git, or run 'idhooks deprecate'"
        }
    }
}

/// Shows the changes that were not taken, followed by those that were; the former need a decision.
/// A long list is shortened if all of it is in the log.
pub(super) fn show_taken(
    ui: &mut Ui,
    reports: &[LegacyReport],
    untaken: &[UntakenKind],
    is_logged: bool,
) {
    let hints: Vec<&'static str> = untaken.iter().copied().map(instead).collect();
    let whole = lines(reports, &hints, None);
    // The limit leaves room for a line that the hook may add about the commit.
    let is_short = whole.len() < MOST_LINES || !is_logged;
    let shown = if is_short { whole } else { lines(reports, &hints, Some(LISTED)) };
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
}

/// Shows a commit's changes to the registry; a long list is shortened if all of it is in the log.
pub(super) fn show_edits(ui: &mut Ui, edits: &[Edit], is_logged: bool) {
    match is_logged {
        true => show_first(ui, edits, MOST_LINES - 2, ""),
        false => show_all(ui, edits),
    }
}

/// Shows the changes that repaired commits.
pub(super) fn show_repaired(ui: &mut Ui, edits: &[Edit], is_logged: bool) {
    match is_logged {
        true => show_first(ui, edits, MOST_LINES - 3, INDENT),
        false => show_some(ui, edits),
    }
}

/// Shows the healed records and the other changes.
pub(super) fn show_healed(ui: &mut Ui, healed: &[Edit], others: &[Edit], is_logged: bool) {
    if !healed.is_empty() {
        ui.status("idhooks: healed the registry after earlier commits:");
    }
    if is_logged {
        let all: Vec<Edit> = healed.iter().chain(others).cloned().collect();
        show_first(ui, &all, MOST_LINES - 5, INDENT);
        return;
    }
    show_some(ui, healed);
    show_all(ui, others);
}

fn show_all(ui: &mut Ui, edits: &[Edit]) {
    edits.iter().for_each(|edit| ui.status(&format!("idhooks: {edit}")));
}

/// Shows the first changes in a list, and the number of remaining ones.
fn show_some(ui: &mut Ui, edits: &[Edit]) {
    for edit in at_most(edits, MOST_LINES) {
        ui.status(&format!("idhooks: {INDENT}{edit}"));
    }
}

/// Shows the first changes in a list whose full version is in the log.
fn show_first(ui: &mut Ui, edits: &[Edit], most: usize, indent: &str) {
    for edit in at_most(edits, most) {
        ui.status(&format!("idhooks: {indent}{edit}"));
    }
    ui.status(IN_THE_LOG);
}

/// Returns the lines about these commits. `most` limits the listed changes (see [`LISTED`]). A
/// message repeated by several commits is shown once.
fn lines(reports: &[LegacyReport], hints: &[&'static str], most: Option<[usize; 2]>) -> Vec<Line> {
    let all = |of: fn(&LegacyReport) -> &[String]| {
        let mut seen = BTreeSet::new();
        let texts = reports.iter().flat_map(of);
        // A rebase replays many commits, each of which may report the same change.
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
    // Changes that were not taken need a decision. In a shortened message, they must not get lost
    // among other changes.
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
            // Two more lines follow: the hook's line about the commit, and the line that says where
            // the full list is.
            assert!(shown.len() + 2 <= MOST_LINES, "{numbers:?}: {}", shown.len());
            // A message repeated by several commits is shown once.
            let whole = lines(&reports, hints, None);
            assert_eq!(whole.iter().filter(|one| **one == shown[0]).count(), 1);
        }
    }
}

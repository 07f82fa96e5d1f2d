//! What a reconciliation found, in figures, and what it leaves to a person.

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::{Config, Globs};
use idhooks_core::plan::{Edit, EventKind, PossibleRename};
use idhooks_core::registry::RepoPath;
use idhooks_repo::state::CommitState;
use serde::Serialize;

use crate::output::{Ui, and_more};

/// How many things that are left to a person are shown.
const SHOWN: usize = 10;

/// How registry and files differ, in numbers; each difference is counted once.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(in crate::commands) struct ReconcileFigures {
    /// The tracked files.
    pub(in crate::commands) files_scanned: usize,
    /// The records that name a file.
    pub(in crate::commands) registry_records: usize,
    /// Files without a record that were not moved.
    pub(in crate::commands) missing_from_registry: usize,
    /// Records whose file was deleted.
    pub(in crate::commands) missing_from_filesystem: usize,
    /// Files with a record at another path.
    pub(in crate::commands) moved: usize,
    /// Repairs that were put into the queue.
    pub(in crate::commands) repairs_enqueued: usize,
}

impl ReconcileFigures {
    /// Counts the files and records of a state that these globs match, and what `edits` repair of them.
    pub(super) fn of(
        state: &CommitState,
        config: &Config,
        globs: Option<&Globs>,
        edits: &[&Edit],
    ) -> Self {
        let matches = |path: &RepoPath| globs.is_none_or(|globs| globs.matches(path));
        let records = state.registry().into_iter().flat_map(|registry| registry.active());
        let count = |kinds: &[EventKind]| edits.iter().filter(|e| kinds.contains(&e.kind)).count();
        ReconcileFigures {
            files_scanned: state.tracked(config).filter(|path| matches(path)).count(),
            registry_records: records.filter(|record| matches(&record.path)).count(),
            missing_from_registry: count(&[
                EventKind::Allocated,
                EventKind::Copied,
                EventKind::Revived,
                EventKind::Restored,
            ]),
            missing_from_filesystem: count(&[EventKind::Deprecated, EventKind::Superseded]),
            moved: count(&[EventKind::Renamed]),
            repairs_enqueued: 0,
        }
    }

    /// Returns whether they are about no file and no record at all.
    pub(super) fn is_empty(&self) -> bool {
        let ReconcileFigures { files_scanned, registry_records, missing_from_filesystem, .. } =
            self;
        files_scanned + registry_records + missing_from_filesystem == 0
    }

    /// Prints the figures.
    pub(super) fn show(&self, ui: &mut Ui) {
        ui.line("Reconciliation Results:");
        for (name, count) in [
            ("Files scanned:", self.files_scanned),
            ("Registry records:", self.registry_records),
            ("Missing from registry:", self.missing_from_registry),
            ("Missing from filesystem:", self.missing_from_filesystem),
            ("Moved:", self.moved),
            ("Repairs enqueued:", self.repairs_enqueued),
        ] {
            ui.line(&format!("  {name:<27}{count}"));
        }
    }
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::commands) struct LeftToPerson {
    pub(in crate::commands) path: Option<RepoPath>,
    pub(in crate::commands) id: Option<String>,
    /// The code of the finding; nothing for a rename that is not certain.
    pub(in crate::commands) code: Option<Code>,
    pub(in crate::commands) reason: String,
    /// The command to paste.
    pub(in crate::commands) command: String,
}

impl LeftToPerson {
    /// Returns the path and the reason.
    pub(super) fn message(&self) -> String {
        let LeftToPerson { path, reason, .. } = self;
        match path {
            Some(path) if !reason.contains(&format!("'{path}'")) => format!("'{path}': {reason}"),
            _ => reason.clone(),
        }
    }
}

/// Returns what is left to a person: renames that are not certain, and what a check finds.
pub(super) fn left_to_person(
    renames: &[PossibleRename],
    findings: &[Finding],
) -> Vec<LeftToPerson> {
    let of_rename = |PossibleRename { id, pair }: &PossibleRename| LeftToPerson {
        path: Some(pair.to.clone()),
        id: Some(id.to_string()),
        code: None,
        reason: format!(
            "it is {} % similar to the deleted '{}'; if it is the same file, let it keep that identity; otherwise it keeps the new one",
            pair.similarity, pair.from
        ),
        command: format!("idhooks assign {id} {}", pair.to.shell_quoted()),
    };
    let of_finding = |finding: &Finding| LeftToPerson {
        path: finding.path.clone(),
        id: finding.id.clone(),
        code: Some(finding.code),
        reason: finding.message.clone(),
        command: command_of(finding),
    };
    let findings = findings.iter().filter(|finding| is_open(finding));
    let mut left: Vec<LeftToPerson> =
        renames.iter().map(of_rename).chain(findings.map(of_finding)).collect();
    left.sort_by(|one, other| {
        (&one.path, one.code, &one.id).cmp(&(&other.path, other.code, &other.id))
    });
    left
}

/// Returns whether a finding asks something. Whoever deprecates an identity while its file stays has
/// decided that already.
fn is_open(finding: &Finding) -> bool {
    let is_decided = finding.code == Code::DeprecatedInUse && finding.related.is_empty();
    finding.severity != Severity::Info && !is_decided
}

/// Returns the command of a finding's help, without the words around it.
fn command_of(finding: &Finding) -> String {
    let starts = ["idhooks ", "git "].into_iter().filter_map(|word| finding.help.find(word));
    let Some(start) = starts.min() else { return format!("idhooks explain {}", finding.code) };
    let rest = &finding.help[start..];
    // In a sentence, a command is in quotation marks.
    let is_quoted = finding.help[..start].ends_with('\'');
    let rest = if is_quoted { rest.split('\'').next() } else { rest.split("; ").next() };
    rest.unwrap_or_default().trim().to_owned()
}

/// Prints what is left to a person.
pub(in crate::commands) fn show_left(ui: &mut Ui, left: &[LeftToPerson]) {
    for one in left.iter().take(SHOWN) {
        ui.warning(&one.message());
        ui.hint(&one.command);
    }
    if let Some(more) = left.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        ui.warning(&format!("left for you{}", and_more(more)));
        ui.hint("see all of them: idhooks reconcile --dry-run --format json");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_taken_from_the_help() {
        for (help, command) in [
            (
                "write its own identity: idhooks inject --replace -- a.md",
                "idhooks inject --replace -- a.md",
            ),
            (
                "remove the file; or reactivate it: idhooks revive 1; or give it a new one: idhooks x",
                "idhooks revive 1",
            ),
            ("run 'idhooks resolve' instead", "idhooks resolve"),
            ("restore it", "idhooks explain STALE_PATH"),
        ] {
            assert_eq!(command_of(&Finding::new(Code::StalePath, "m", help)), command);
        }
    }
}

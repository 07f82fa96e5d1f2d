//! Counts of the differences that a reconciliation found, and its questions for a human.

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::{Config, Globs};
use idhooks_core::plan::PossibleRename;
use idhooks_core::registry::RepoPath;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::state::CommitState;
use serde::Serialize;

/// Counts of the differences between the registry and the files; each difference is counted once.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ReconcileFigures {
    /// The tracked files.
    pub files_scanned: usize,
    /// The records that name a file.
    pub registry_records: usize,
    /// Files without a record, not counting files that moved.
    pub missing_from_registry: usize,
    /// Records whose file was deleted.
    pub missing_from_filesystem: usize,
    /// Files whose record has a different path.
    pub moved: usize,
    /// The queued repairs.
    pub repairs_enqueued: usize,
}

impl ReconcileFigures {
    /// Counts a state's files and records that match these globs, and the repairs to them in
    /// `edits`.
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

    /// Returns whether no files and no records were counted.
    pub fn is_empty(&self) -> bool {
        let ReconcileFigures { files_scanned, registry_records, missing_from_filesystem, .. } =
            self;
        files_scanned + registry_records + missing_from_filesystem == 0
    }
}

/// Something that a human has to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftToPerson {
    /// The path.
    pub path: Option<RepoPath>,
    /// The identity.
    pub id: Option<String>,
    /// The finding's code; `None` for an uncertain rename.
    pub code: Option<Code>,
    /// The question or finding.
    pub reason: String,
    /// The command to paste.
    pub command: String,
}

impl LeftToPerson {
    /// Returns the path and the reason.
    pub fn message(&self) -> String {
        let LeftToPerson { path, reason, .. } = self;
        match path {
            // Most reasons already mention the path.
            Some(path) if !reason.contains(&format!("'{path}'")) => format!("'{path}': {reason}"),
            _ => reason.clone(),
        }
    }
}

/// Returns the questions for a human: uncertain renames, and a check's findings.
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
    // Sort the questions, so that two runs can be compared.
    left.sort_by(|one, other| {
        (&one.path, one.code, &one.id).cmp(&(&other.path, other.code, &other.id))
    });
    left
}

/// Returns whether a finding needs an answer. If an identity was deprecated although its file still
/// exists, that is already a decision.
fn is_open(finding: &Finding) -> bool {
    let is_decided = finding.code == Code::DeprecatedInUse && finding.related.is_empty();
    finding.severity != Severity::Info && !is_decided
}

/// Returns the command in a finding's help, without the surrounding words.
fn command_of(finding: &Finding) -> String {
    let starts = ["idhooks ", "git "].into_iter().filter_map(|word| finding.help.find(word));
    // If the help has no command, the next step is to read the explanation of the finding's code.
    let Some(start) = starts.min() else { return format!("idhooks explain {}", finding.code) };
    let rest = &finding.help[start..];
    // Within a sentence, a command is quoted.
    let is_quoted = finding.help[..start].ends_with('\'');
    let rest = if is_quoted { rest.split('\'').next() } else { rest.split("; ").next() };
    rest.unwrap_or_default().trim().to_owned()
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

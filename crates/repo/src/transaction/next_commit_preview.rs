//! Predicts how the next commit treats files without an identity and identities without a file, by
//! comparing the current registry with the planned one. All commands share these messages.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::{Id, Registry, RepoPath};

use crate::events::{Edit, EventKind};

/// The help text for findings that the next commit fixes by itself.
const NO_ACTION: &str = "nothing to do: 'git commit' does this where the hooks are installed; for a preview, run: idhooks reconcile --dry-run";

/// The edits after which an identity is no longer in use, or no longer at its recorded path.
const MOVES: [EventKind; 3] = [EventKind::Renamed, EventKind::Deprecated, EventKind::Superseded];
/// The edits that give a file an identity.
const GAINS: [EventKind; 4] =
    [EventKind::Allocated, EventKind::Copied, EventKind::Revived, EventKind::Renamed];

/// The planned changes for files without an identity and identities without a file.
#[derive(Debug, Default)]
pub struct Prospects {
    /// The edits that give a file an identity.
    gains: BTreeMap<RepoPath, Edit>,
    /// The edits that deprecate an identity, or move it away from its recorded path.
    moves: BTreeMap<String, Edit>,
    /// The identities that the plan drops.
    dropped: BTreeSet<String>,
}

impl Prospects {
    /// Compares the stored registry with the planned one.
    pub fn between(before: &Registry, after: &Registry) -> Self {
        let mut prospects = Prospects::default();
        let shadowed = after.shadowing();
        let shadowed = after.allocations.iter().filter(|r| shadowed.contains_key(&r.origin));
        let shadowed: BTreeSet<Id> = shadowed.map(|record| record.id).collect();
        for edit in Edit::between(before, after) {
            if MOVES.contains(&edit.kind) {
                prospects.moves.insert(edit.id.to_string(), edit.clone());
            }
            let path = edit.path.clone().filter(|_| GAINS.contains(&edit.kind));
            // A shadowed record does not give its path an identity.
            if let Some(path) = path.filter(|_| !shadowed.contains(&edit.id)) {
                prospects.gains.insert(path, edit);
            }
        }
        let planned: BTreeSet<_> = after.allocations.iter().map(|record| record.origin).collect();
        let gone = before.allocations.iter().filter(|record| !planned.contains(&record.origin));
        prospects.dropped = gone.map(|record| record.id.to_string()).collect();
        prospects
    }

    /// Describes the identity that a file keeps or gets back; in either case, the file does not get
    /// a new identity.
    pub fn kept_by(&self, path: &RepoPath) -> Option<String> {
        self.gains.get(path).and_then(kept)
    }

    /// Adds the planned changes to findings. A finding that the plan fixes becomes a note if it is
    /// only about staged changes, according to `is_staged`. A file and the identity that follows it
    /// are treated alike.
    pub fn explain(&self, findings: &mut Vec<Finding>, is_staged: &dyn Fn(&Finding) -> bool) {
        let (mut files, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for finding in &*findings {
            match finding.code {
                Code::MissingId => files.extend(finding.path.clone()),
                Code::StalePath => ids.extend(finding.id.clone()),
                _ => {}
            }
        }
        findings.retain(|finding| !self.is_carrying_its_own(finding, &files, &ids));
        let committed: BTreeSet<Id> = findings
            .iter()
            .filter(|finding| !is_staged(finding))
            .filter_map(|finding| Some(self.edit(finding)?.id))
            .collect();
        for finding in findings {
            let edit = self.edit(finding);
            let is_dropped = finding.code == Code::StalePath
                && finding.id.as_ref().is_some_and(|id| self.dropped.contains(id));
            let is_shared = edit.is_some_and(|edit| committed.contains(&edit.id));
            let is_pending = (edit.is_some() || is_dropped) && is_staged(finding) && !is_shared;
            let outcome = match edit {
                Some(edit) => kept(edit).or_else(|| is_pending.then(|| ended(edit))),
                None => is_pending.then(|| {
                    "the next commit drops the record, which was never committed".to_owned()
                }),
            };
            match outcome {
                Some(outcome) if is_pending => Self::make_note(finding, &outcome),
                Some(outcome) => finding.message = format!("{}: {outcome}", finding.message),
                None => {}
            }
        }
    }

    /// Turns a finding that the next commit fixes by itself into a note.
    pub fn make_note(finding: &mut Finding, outcome: &str) {
        finding.message = format!("{}: {outcome}", finding.message);
        finding.severity = Severity::Info;
        NO_ACTION.clone_into(&mut finding.help);
    }

    /// Returns the planned edit that fixes a finding.
    fn edit(&self, finding: &Finding) -> Option<&Edit> {
        match finding.code {
            Code::MissingId => self.gains.get(finding.path.as_ref()?),
            Code::StalePath => self.moves.get(finding.id.as_ref()?),
            _ => None,
        }
    }

    /// Returns whether a finding is about one of the `files` without an identity, and that file
    /// carries the identity it will keep, which is either one of the `ids` without a file or a
    /// revived identity. A file that carries another file's identity is a real finding.
    fn is_carrying_its_own(
        &self,
        finding: &Finding,
        files: &BTreeSet<RepoPath>,
        ids: &BTreeSet<String>,
    ) -> bool {
        let carries = matches!(finding.code, Code::PathMismatch | Code::DeprecatedInUse);
        let (Some(path), Some(id), true) = (&finding.path, &finding.id, carries) else {
            return false;
        };
        let is_kept = |edit: &Edit| match edit.kind {
            EventKind::Renamed => ids.contains(id),
            kind => kind == EventKind::Revived,
        };
        let mut gained = self.gains.get(path).filter(|_| files.contains(path)).into_iter();
        gained.any(|edit| edit.id.to_string() == *id && is_kept(edit))
    }
}

/// Describes an edit that keeps the identity in use.
fn kept(edit: &Edit) -> Option<String> {
    let (id, path) = (edit.id, edit.path.as_ref()?);
    match (&edit.from, edit.kind) {
        (Some(from), _) => Some(format!("{id} moves from '{from}' to '{path}'")),
        (None, EventKind::Revived) => Some(format!("{id} is revived for '{path}'")),
        _ => None,
    }
}

/// Describes an edit that allocates or deprecates an identity.
fn ended(edit: &Edit) -> String {
    match MOVES.contains(&edit.kind) {
        true => {
            let reason = edit.reason.as_deref().unwrap_or(edit.kind.as_str());
            format!("the next commit deprecates it ({reason})")
        }
        false => "the next commit allocates one".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u8, path: &str, status: &str) -> String {
        format!(
            r#"{{"id":"011000000{n}260118","file_path":"{path}","allocated_at":"2026-01-18T22:00:00Z","status":"{status}","metadata":{{"origin":"000000000000000{n}"}}}}"#
        )
    }

    fn registry(records: &[String]) -> Registry {
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"allocations":[{}]}}"#,
            records.join(",")
        );
        Registry::parse(text.as_bytes()).expect("valid")
    }

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("a path")
    }

    /// Prospects for a rename, a removal, a restored file, a new file, and a record without a file.
    fn prospects() -> Prospects {
        let before = [
            record(1, "a.md", "active"),
            record(2, "b.md", "active"),
            record(3, "c.md", "deprecated"),
            record(4, "d.md", "active"),
        ];
        let after = [
            record(1, "z.md", "active"),
            record(2, "b.md", "deprecated"),
            record(3, "c.md", "active"),
            record(5, "new.md", "active"),
        ];
        Prospects::between(&registry(&before), &registry(&after))
    }

    fn findings() -> Vec<Finding> {
        let stale = |n: u8, at: &str| {
            let id: Id = format!("011000000{n}260118").parse().expect("an identity");
            Finding::new(Code::StalePath, "stale", "h").at(&path(at)).of(id)
        };
        let missing = |at: &str| Finding::new(Code::MissingId, "missing", "h").at(&path(at));
        let mut all = vec![stale(1, "a.md"), stale(2, "b.md"), stale(4, "d.md")];
        all.extend(["c.md", "new.md", "z.md"].map(missing));
        all
    }

    #[test]
    fn findings_about_staged_changes_become_notes() {
        let mut found = findings();
        prospects().explain(&mut found, &|_| true);
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "stale: 0110000001260118 moves from 'a.md' to 'z.md'",
                "stale: the next commit deprecates it (deprecated)",
                "stale: the next commit drops the record, which was never committed",
                "missing: 0110000003260118 is revived for 'c.md'",
                "missing: the next commit allocates one",
                "missing: 0110000001260118 moves from 'a.md' to 'z.md'",
            ]
        );
        assert!(found.iter().all(|f| f.severity == Severity::Info && f.help == NO_ACTION));
    }

    #[test]
    fn findings_about_committed_files_stay_errors_in_pairs() {
        let mut found = findings();
        prospects().explain(&mut found, &|finding| finding.path != Some(path("a.md")));
        let errors: Vec<&str> = found
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.message.as_str())
            .collect();
        assert_eq!(
            errors,
            [
                "stale: 0110000001260118 moves from 'a.md' to 'z.md'",
                "missing: 0110000001260118 moves from 'a.md' to 'z.md'",
            ]
        );
        assert!(found.iter().all(|f| (f.help == "h") == (f.severity == Severity::Error)));
    }

    #[test]
    fn a_renamed_file_keeps_its_identity() {
        let prospects = prospects();
        let kept = |at: &str| prospects.kept_by(&path(at));
        assert_eq!(kept("z.md").as_deref(), Some("0110000001260118 moves from 'a.md' to 'z.md'"));
        assert_eq!([kept("new.md"), kept("a.md"), kept("b.md")], [None, None, None]);
        let mismatch = |at: &str, n: u8| {
            let id: Id = format!("011000000{n}260118").parse().expect("an identity");
            Finding::new(Code::PathMismatch, "carries", "h").at(&path(at)).of(id)
        };
        let mut found = vec![mismatch("z.md", 1), mismatch("z.md", 2)];
        found.extend(findings());
        prospects.explain(&mut found, &|_| true);
        assert_eq!(found[0], mismatch("z.md", 2));
        assert_eq!(found.len(), 1 + findings().len());
        // If this is the only finding, either the file has a different identity or this identity
        // belongs to another file.
        let mut found = vec![mismatch("z.md", 1)];
        prospects.explain(&mut found, &|_| true);
        assert_eq!(found, [mismatch("z.md", 1)]);
    }
}

//! What becomes of files without an identity and of identities without a file: what the registry
//! says now, compared with the one that a plan makes of it. Every command that speaks of them
//! takes its words from here.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Code, Finding, Severity};
use crate::registry::{Id, Registry, RepoPath};

use super::Edit;

/// What to do about what the next commit does by itself.
const LEAVE: &str = "nothing to do: 'git commit' does it where idhooks is installed; to see it now: idhooks reconcile --dry-run";

/// What a plan does for files and identities that lack each other.
#[derive(Debug, Default)]
pub struct Prospects {
    /// What gives a file its identity.
    gains: BTreeMap<RepoPath, Edit>,
    /// What takes an identity away from the path it is said to be at.
    moves: BTreeMap<String, Edit>,
    /// Identities that the plan does not know.
    dropped: BTreeSet<String>,
}

impl Prospects {
    /// Compares the registry as it is stored with what a plan makes of it.
    pub fn between(before: &Registry, after: &Registry) -> Self {
        let mut prospects = Prospects::default();
        let shadowed = after.shadowing();
        let shadowed = after.allocations.iter().filter(|r| shadowed.contains_key(&r.origin));
        let shadowed: BTreeSet<Id> = shadowed.map(|record| record.id).collect();
        for edit in Edit::between(before, after) {
            let (_, id, path) = edit.subject();
            if matches!(edit, Edit::Rename { .. } | Edit::Retire { .. }) {
                prospects.moves.insert(id.to_string(), edit.clone());
            }
            let gains =
                matches!(edit, Edit::Allocate { .. } | Edit::Revive { .. } | Edit::Rename { .. });
            if gains && !shadowed.contains(&id) {
                prospects.gains.insert(path.clone(), edit);
            }
        }
        let known: BTreeSet<_> = after.allocations.iter().map(|record| record.origin).collect();
        let gone = before.allocations.iter().filter(|record| !known.contains(&record.origin));
        prospects.dropped = gone.map(|record| record.id.to_string()).collect();
        prospects
    }

    /// Returns which identity a file keeps or gets back, in words, so that it gets no new one.
    pub fn kept_by(&self, path: &RepoPath) -> Option<String> {
        self.gains.get(path).and_then(kept)
    }

    /// Adds to findings what becomes of them. One that is only about what `is_staged`, and that the
    /// plan ends, is a note; a file and the identity that follows it share their fate.
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
            .filter_map(|finding| Some(self.edit(finding)?.subject().1))
            .collect();
        for finding in findings {
            let edit = self.edit(finding);
            let is_dropped = finding.code == Code::StalePath
                && finding.id.as_ref().is_some_and(|id| self.dropped.contains(id));
            let is_shared = edit.is_some_and(|edit| committed.contains(&edit.subject().1));
            let is_pending = (edit.is_some() || is_dropped) && is_staged(finding) && !is_shared;
            let outcome = match edit {
                Some(edit) => kept(edit).or_else(|| is_pending.then(|| ended(edit))),
                None => is_pending.then(|| {
                    "the next commit drops the record, which was never committed".to_owned()
                }),
            };
            match outcome {
                Some(outcome) if is_pending => Self::leave(finding, &outcome),
                Some(outcome) => finding.message = format!("{}: {outcome}", finding.message),
                None => {}
            }
        }
    }

    /// Makes a note of a finding that the next commit ends by itself.
    pub fn leave(finding: &mut Finding, outcome: &str) {
        finding.message = format!("{}: {outcome}", finding.message);
        finding.severity = Severity::Info;
        LEAVE.clone_into(&mut finding.help);
    }

    /// Returns what the plan does about a finding.
    fn edit(&self, finding: &Finding) -> Option<&Edit> {
        match finding.code {
            Code::MissingId => self.gains.get(finding.path.as_ref()?),
            Code::StalePath => self.moves.get(finding.id.as_ref()?),
            _ => None,
        }
    }

    /// Returns whether a finding blames one of the `files` without an identity for carrying the one
    /// that it keeps: one of the `ids` without a file, or one that comes back. Who carries another
    /// file's takes that away.
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
        let is_kept = |edit: &Edit| match edit {
            Edit::Rename { id: moved, .. } => moved.to_string() == *id && ids.contains(id),
            Edit::Revive { id: back, .. } => back.to_string() == *id,
            _ => false,
        };
        files.contains(path) && self.gains.get(path).is_some_and(is_kept)
    }
}

/// Returns how an identity goes on, if it does.
fn kept(edit: &Edit) -> Option<String> {
    match edit {
        Edit::Rename { id, from, to } => Some(format!("{id} moves from '{from}' to '{to}'")),
        Edit::Revive { id, path } => Some(format!("{id} comes back to '{path}'")),
        _ => None,
    }
}

/// Returns what the next commit does where an identity begins or ends.
fn ended(edit: &Edit) -> String {
    match edit {
        Edit::Retire { status, reason, .. } => {
            let reason = reason.as_deref().unwrap_or(status.as_str());
            format!("the next commit deprecates it ({reason})")
        }
        _ => "the next commit gives it one".to_owned(),
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

    /// A rename, a removal, a file that came back, a new one, and a record of none.
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
    fn what_is_staged_is_a_note_that_says_what_comes() {
        let mut found = findings();
        prospects().explain(&mut found, &|_| true);
        let said: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(
            said,
            [
                "stale: 0110000001260118 moves from 'a.md' to 'z.md'",
                "stale: the next commit deprecates it (deprecated)",
                "stale: the next commit drops the record, which was never committed",
                "missing: 0110000003260118 comes back to 'c.md'",
                "missing: the next commit gives it one",
                "missing: 0110000001260118 moves from 'a.md' to 'z.md'",
            ]
        );
        assert!(found.iter().all(|f| f.severity == Severity::Info && f.help == LEAVE));
    }

    #[test]
    fn what_is_committed_is_an_error_and_so_is_what_belongs_to_it() {
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
    fn a_file_that_follows_gets_no_new_one() {
        let prospects = prospects();
        let kept = |at: &str| prospects.kept_by(&path(at));
        assert_eq!(kept("z.md").as_deref(), Some("0110000001260118 moves from 'a.md' to 'z.md'"));
        assert_eq!([kept("new.md"), kept("a.md"), kept("b.md")], [None, None, None]);
        let blamed = |at: &str, n: u8| {
            let id: Id = format!("011000000{n}260118").parse().expect("an identity");
            Finding::new(Code::PathMismatch, "carries", "h").at(&path(at)).of(id)
        };
        let mut found = vec![blamed("z.md", 1), blamed("z.md", 2)];
        found.extend(findings());
        prospects.explain(&mut found, &|_| true);
        assert_eq!(found[0], blamed("z.md", 2));
        assert_eq!(found.len(), 1 + findings().len());
        // Without them it has another one, or another file has that.
        let mut found = vec![blamed("z.md", 1)];
        prospects.explain(&mut found, &|_| true);
        assert_eq!(found, [blamed("z.md", 1)]);
    }
}

//! Records actions in the audit log, beside the changes of the registry.

use std::path::Path;

use idhooks_core::plan::EventKind;
use idhooks_core::registry::{Json, Object, Registry};
use idhooks_repo::git::Repo;
use idhooks_repo::transaction::audit;

use crate::{Notice, Observer};

/// Records an action with these facts; gives notice if that is impossible.
pub fn note_event(
    observer: &mut dyn Observer,
    repo: &Repo,
    kind: EventKind,
    facts: &[(&str, Option<&str>)],
) {
    note(observer, repo, audit_event(kind, facts));
}

/// Records that a file was imported; gives notice if that is impossible.
pub fn note_import(observer: &mut dyn Observer, repo: &Repo, source: &Path) {
    note(observer, repo, import_event(source));
}

fn note(observer: &mut dyn Observer, repo: &Repo, event: (EventKind, Object)) {
    if let Some(problem) = audit::note(repo, [event]) {
        observer.notice(Notice::NotKept(problem));
    }
}

/// Returns an event with these facts.
pub fn audit_event(kind: EventKind, facts: &[(&str, Option<&str>)]) -> (EventKind, Object) {
    let facts = facts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), (*text)?)));
    (kind, facts.map(|(name, text)| (name, Json::string(text))).collect())
}

/// Returns the event of a commit that healed the registry, which is `after` now.
pub fn healed_events(after: &Registry) -> Vec<(EventKind, Object)> {
    vec![audit_event(EventKind::Healed, &[("registry_hash", Some(&*after.hash()))])]
}

/// Returns the event of an import.
pub fn import_event(source: &Path) -> (EventKind, Object) {
    audit_event(EventKind::Imported, &[("source", Some(&*source.to_string_lossy()))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_without_a_value_are_left_out() {
        let (kind, data) = audit_event(EventKind::Patched, &[("run", Some("7")), ("by", None)]);
        assert_eq!(kind, EventKind::Patched);
        let data: Vec<(String, Json)> = data.into_iter().collect();
        assert_eq!(data, [("run".to_owned(), Json::string("7"))]);
    }
}

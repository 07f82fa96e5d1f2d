//! Events for the audit log, beside the changes of the registry.

use idhooks_core::plan::EventKind;
use idhooks_core::registry::{Json, Object};

/// Returns an event with these facts.
pub fn event(kind: EventKind, facts: &[(&str, Option<&str>)]) -> (EventKind, Object) {
    let facts = facts.iter().filter_map(|(name, text)| Some(((*name).to_owned(), (*text)?)));
    (kind, facts.map(|(name, text)| (name, Json::string(text))).collect())
}

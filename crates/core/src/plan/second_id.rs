//! Gives a second identity, made by another tool, to a single file, and finds imported records with
//! second identities that cannot be accepted.

use crate::registry::{Allocation, Id, Json, Origin, Registry, Status, grouped, key};

/// The reason a second identity cannot be given to a file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SecondIdRefusal {
    /// The second identity does not have the required form.
    #[error("'{0}' is not an identity such as DOC-0001")]
    Form(String),
    /// The file has a different second identity.
    #[error("'{0}' already has {1}")]
    HasOther(String, String),
    /// An inactive record has the second identity and will use it again once its file comes back.
    #[error("'{doc_id}' is that of {id}, which is {status}: '{path}'")]
    NotActive {
        /// The second identity.
        doc_id: String,
        /// The inactive record's identity.
        id: Id,
        /// The inactive record's status.
        status: Status,
        /// The inactive record's path.
        path: String,
    },
    /// The registry has no record with this origin.
    #[error("the registry has no record of the file")]
    NoRecord,
}

/// Gives a second identity to the record with the given origin, and takes it from every other
/// record. Returns the records that had it, as they were before. `replace` allows replacing a
/// different second identity, and taking this one from an inactive record, which keeps it as a
/// displaced identity to show what the file used to be called.
///
/// # Errors
/// Returns an error, leaving the registry unchanged, if the second identity does not have the
/// required form. If `replace` is not set, also returns an error if the record has a different
/// second identity, or if an inactive record has this one.
pub fn give(
    registry: &mut Registry,
    doc_id: &str,
    to: Origin,
    replace: bool,
) -> Result<Vec<Allocation>, SecondIdRefusal> {
    if !is_doc_id(doc_id) {
        return Err(SecondIdRefusal::Form(doc_id.to_owned()));
    }
    let record = registry.allocations.iter().find(|record| record.origin == to);
    let record = record.ok_or(SecondIdRefusal::NoRecord)?;
    if let Some(own) = record.text(key::DOC_ID).filter(|own| *own != doc_id && !replace) {
        return Err(SecondIdRefusal::HasOther(record.path.to_string(), own.to_owned()));
    }
    let has_it =
        |record: &Allocation| record.origin != to && record.text(key::DOC_ID) == Some(doc_id);
    let inactive = registry.allocations.iter().find(|one| has_it(one) && !one.is_active());
    if let Some(Allocation { id, status, path, .. }) = inactive.filter(|_| !replace) {
        let (doc_id, path) = (doc_id.to_owned(), path.to_string());
        return Err(SecondIdRefusal::NotActive { doc_id, id: *id, status: *status, path });
    }
    let mut before = Vec::new();
    for record in &mut registry.allocations {
        if record.origin == to {
            record.give_doc_id(doc_id);
        } else if has_it(record) {
            before.push(record.clone());
            match record.is_active() {
                true => drop(record.metadata.remove(key::DOC_ID)),
                false => record.displace_doc_id(),
            }
        }
    }
    Ok(before)
}

/// Returns whether a word has the form of a second identity: a letter, further letters or digits, a
/// hyphen or underscore, and more.
pub fn is_doc_id(word: &str) -> bool {
    let prefix = word.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (prefix, rest) = word.split_at(prefix);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    prefix.starts_with(|c: char| c.is_ascii_alphabetic())
        && rest.starts_with(['-', '_'])
        && (2..=100).contains(&rest.len())
        && rest.bytes().all(is_plain)
}

/// The reason a record's second identity cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecondIdConflict {
    /// The value does not have the required form; holds the record's identity and the value.
    #[error("{0} has the doc_id '{1}', not one such as DOC-0001: correct or remove it")]
    Form(Id, String),
    /// Another active record has the same second identity.
    #[error("{id} has the doc_id {doc_id}, and so has {other}")]
    Shared {
        /// The record's identity.
        id: Id,
        /// The second identity.
        doc_id: String,
        /// The other record's identity.
        other: Id,
    },
}

impl SecondIdConflict {
    /// Returns the record's identity.
    pub fn id(&self) -> Id {
        match self {
            SecondIdConflict::Form(id, _) | SecondIdConflict::Shared { id, .. } => *id,
        }
    }
}

/// Returns the reasons imported records' second identities cannot be accepted, each with its
/// record.
pub fn refused_second_ids(registry: &Registry) -> Vec<SecondIdConflict> {
    let records = &registry.allocations;
    records.iter().filter_map(malformed_second_id).chain(shared_second_ids(records)).collect()
}

/// Returns the reason a record's second identity cannot be accepted, if it does not have the
/// required form.
pub fn malformed_second_id(record: &Allocation) -> Option<SecondIdConflict> {
    // A null means that there is no second identity.
    let doc_id = record.metadata.get(key::DOC_ID).filter(|doc_id| **doc_id != Json::Null)?;
    let is_malformed = !doc_id.as_str().is_some_and(is_doc_id);
    is_malformed.then(|| SecondIdConflict::Form(record.id, doc_id.to_text()))
}

/// Returns the active records that share a second identity with another record.
pub fn shared_second_ids<'a>(
    records: impl IntoIterator<Item = &'a Allocation>,
) -> Vec<SecondIdConflict> {
    // A shadowed record has no file of its own.
    let active = records.into_iter().filter(|record| record.is_active() && !record.shadowed);
    let by_doc_id = grouped(active.filter_map(|r| Some((r.text(key::DOC_ID)?, r.id))));
    let shared = by_doc_id.into_iter().filter(|(_, ids)| ids.len() > 1);
    let of = |(doc_id, ids): (&str, Vec<Id>)| {
        let conflict = |(n, id): (usize, &Id)| {
            // The first record names the second; every other record names the first.
            let (doc_id, other) = (doc_id.to_owned(), ids[usize::from(n == 0)]);
            SecondIdConflict::Shared { id: *id, doc_id, other }
        };
        ids.iter().enumerate().map(conflict).collect::<Vec<_>>()
    };
    shared.flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Registry {
        let text = r#"{"schema_version":"1.0","scope":"260118","allocations":[
            {"id":"0110000001260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"000000000000000a","doc_id":"DOC-1"}},
            {"id":"0110000002260118","file_path":"b.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"000000000000000b","doc_id":"DOC-2"}},
            {"id":"0110000003260118","file_path":"c.md","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"origin":"000000000000000c","doc_id":"DOC-1"}}]}"#;
        Registry::parse(text.as_bytes()).expect("valid")
    }

    fn held(registry: &Registry) -> Vec<Option<&str>> {
        registry.allocations.iter().map(|record| record.text(key::DOC_ID)).collect()
    }

    #[test]
    fn it_moves_from_other_records_only_on_purpose() {
        let mut registry = registry();
        let to = registry.allocations[1].origin;
        let refused = give(&mut registry, "DOC-1", to, false);
        let other = SecondIdRefusal::HasOther("b.md".to_owned(), "DOC-2".to_owned());
        assert_eq!(refused, Err(other));
        let before = give(&mut registry, "DOC-1", to, true).expect("it may");
        assert_eq!(before.iter().map(|r| r.path.to_string()).collect::<Vec<_>>(), ["a.md", "c.md"]);
        assert_eq!(held(&registry), [None, Some("DOC-1"), None]);
        let displaced = registry.allocations[2].displaced_doc_ids();
        assert_eq!(displaced, ["DOC-1".to_owned()].into());
        assert_eq!(give(&mut registry, "DOC-1", to, false), Ok(Vec::new()));
    }

    #[test]
    fn a_record_that_is_not_active_keeps_its_own() {
        let mut registry = registry();
        registry.allocations[0].metadata.remove(key::DOC_ID);
        let (before, to) = (registry.clone(), registry.allocations[0].origin);
        let refused = give(&mut registry, "DOC-1", to, false).expect_err("c.md has it");
        let message = "'DOC-1' is that of 0110000003260118, which is deprecated: 'c.md'";
        assert_eq!((refused.to_string().as_str(), &registry), (message, &before));
    }

    #[test]
    fn another_form_changes_nothing() {
        let mut registry = registry();
        let to = registry.allocations[0].origin;
        for form in ["", "0110000001260118", "DOC", "DOC 1", "-1"] {
            let refused = give(&mut registry, form, to, true);
            assert_eq!(refused, Err(SecondIdRefusal::Form(form.to_owned())));
        }
        assert_eq!(held(&registry), [Some("DOC-1"), Some("DOC-2"), Some("DOC-1")]);
    }
}

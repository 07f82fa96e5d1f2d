//! Gives a second identity, which another tool made, to one file alone.

use crate::registry::{Allocation, Origin, Registry, key};

use super::ids_map::is_doc_id;

/// Why a second identity cannot be given.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SecondIdRefusal {
    /// It has another form.
    #[error("'{0}' is not an identity such as DOC-0001")]
    Form(String),
    /// The file has another one.
    #[error("'{0}' already has {1}")]
    HasOther(String, String),
    /// The registry has no such record.
    #[error("the registry has no record of the file")]
    NoRecord,
}

/// Gives a second identity to the record with an origin, and takes it from every other active record.
/// Returns the records that had it, as they were. `replace` says whether it may take the place of another
/// one. A deprecated record keeps its own: it says what the file was called.
///
/// # Errors
/// Returns an error if the identity has another form, or the record has another one and `replace` is not
/// set; then the registry is unchanged.
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
    let mut before = Vec::new();
    for record in &mut registry.allocations {
        if record.origin == to {
            record.give_doc_id(doc_id);
        } else if record.is_active() && record.text(key::DOC_ID) == Some(doc_id) {
            before.push(record.clone());
            record.metadata.remove(key::DOC_ID);
        }
    }
    Ok(before)
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
    fn it_moves_from_active_records_alone() {
        let mut registry = registry();
        let to = registry.allocations[1].origin;
        let refused = give(&mut registry, "DOC-1", to, false);
        let other = SecondIdRefusal::HasOther("b.md".to_owned(), "DOC-2".to_owned());
        assert_eq!(refused, Err(other));
        let before = give(&mut registry, "DOC-1", to, true).expect("it may");
        assert_eq!(before.iter().map(|r| r.path.to_string()).collect::<Vec<_>>(), ["a.md"]);
        assert_eq!(held(&registry), [None, Some("DOC-1"), Some("DOC-1")]);
        assert_eq!(give(&mut registry, "DOC-1", to, false), Ok(Vec::new()));
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

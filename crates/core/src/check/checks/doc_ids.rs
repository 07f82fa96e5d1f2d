//! `DUPLICATE_ID` for second identities (`doc_id`), which another tool assigned.

use std::collections::BTreeMap;

use crate::check::{Code, Finding, Subject};
use crate::registry::{Allocation, key};

const HELP: &str = "give one of them another doc_id: write 'DOC-… <path>' into a file, then idhooks import --force --ids-map <file>";

/// Returns a finding for every second identity that several active records have.
///
/// It does not make a commit inconsistent: branches that give it to two files can still be merged.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut by_doc_id: BTreeMap<&str, Vec<&Allocation>> = BTreeMap::new();
    for record in subject.registry.active().filter(|r| !r.shadowed) {
        if let Some(doc_id) = record.text(key::DOC_ID) {
            by_doc_id.entry(doc_id).or_default().push(record);
        }
    }
    let twice = by_doc_id.into_iter().filter(|(_, records)| records.len() > 1);
    let finding = |(doc_id, records): (&str, Vec<&Allocation>)| {
        let paths: Vec<String> = records.iter().map(|r| format!("'{}'", r.path)).collect();
        let message = format!("several files have the doc_id {doc_id}: {}", paths.join(", "));
        Finding::about_all(&records, Code::DuplicateId, message, HELP)
    };
    twice.map(finding).collect()
}

//! Reports whether a set of old identifiers can be migrated to a set of new identifiers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::format::IdReading;
use super::{Answer, Bridge, TranslationMap};

/// The result of checking whether every old identifier has exactly one new identifier.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct MigrationReport {
    /// The new identifiers for each old one.
    pub translations: BTreeMap<String, Vec<String>>,
    /// The old identifiers without a new one.
    pub orphaned_resources: Vec<String>,
    /// The keys shared by several new identifiers.
    pub duplicate_mappings: Vec<DuplicateMapping>,
}

/// A key shared by several identifiers, which a clean-up could not tell apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DuplicateMapping {
    /// The key: its parts and their values.
    pub cleanup_key: String,
    /// The identifiers.
    pub conflicting_ids: Vec<String>,
}

impl MigrationReport {
    /// Returns whether a migration would neither lose nor mix up any identifiers.
    pub fn is_safe(&self) -> bool {
        self.orphaned_resources.is_empty() && self.duplicate_mappings.is_empty()
    }

    /// Returns the issues as sentences.
    pub fn issues(&self) -> Vec<&'static str> {
        let orphaned = (!self.orphaned_resources.is_empty())
            .then_some("Some legacy resources have no SSOT equivalent");
        let duplicate = (!self.duplicate_mappings.is_empty())
            .then_some("Some cleanup keys map to multiple resources");
        orphaned.into_iter().chain(duplicate).collect()
    }
}

impl Bridge {
    /// Compares a set of old identifiers with a set of new identifiers.
    pub fn report(&self, old: &[String], new: &[String], map: &TranslationMap) -> MigrationReport {
        let mut report = MigrationReport::default();
        let new: Vec<_> = new.iter().map(|id| self.read(id)).collect();
        for id in old {
            let mut matches = self.matches_among(&self.read(id), &new, map);
            // An old identifier that is listed among the new ones has not been migrated.
            if self.detect(id).best().is_some_and(|best| best.is_legacy) {
                matches.matched.retain(|other| other != id);
            }
            match matches.answer() {
                Answer::None => report.orphaned_resources.push(id.clone()),
                Answer::Matched => {
                    report.translations.insert(id.clone(), matches.matched);
                }
                Answer::Ambiguous => {
                    let cleanup_key = self.cleanup_key(id);
                    // A clean-up must take undecided identifiers into account too.
                    let mut conflicting_ids = matches.matched;
                    conflicting_ids.extend(matches.undecided);
                    report
                        .duplicate_mappings
                        .push(DuplicateMapping { cleanup_key, conflicting_ids });
                }
            }
        }
        report
    }

    /// Returns the parts an identifier is matched on, with their values, or the whole identifier if
    /// there are none.
    fn cleanup_key(&self, id: &str) -> String {
        let readings = self.readings(id);
        let keyed = readings.iter().find(|reading| !reading.format.key.is_empty());
        let parts = |reading: &IdReading<'_, '_>| {
            let part =
                |name: &String| format!("{name}={}", reading.value(name).unwrap_or_default());
            reading.format.key.iter().map(part).collect::<Vec<_>>().join(" ")
        };
        keyed.map_or(id.to_owned(), parts)
    }
}

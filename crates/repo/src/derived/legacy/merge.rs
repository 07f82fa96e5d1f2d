//! Merges legacy files that contain whole records in the same way as registries.

use idhooks_core::config::{DualWrite, Leading, LegacyFormat};
use idhooks_core::merge::{MergeError, merge};
use idhooks_core::plan::needs_floors;
use idhooks_core::registry::{Registry, Scope};

use super::layout::{laid_out_in, order_in};
use super::record_order::RecordOrder;
use super::{LegacyTree, derive, place_additions, read};

/// The formats that contain whole records.
const FORMATS: [LegacyFormat; 3] = [LegacyFormat::Classic, LegacyFormat::Jsonl, LegacyFormat::Csv];

/// Merges a legacy file's base, ours and theirs by the registry's rules, and returns the text
/// derived from the result, laid out like the base, so that it is the same in every clone. If the
/// rules for the file are known, the records are given the same numbers as in the registry after
/// the same merge. Returns `None` if the file has another form, or if a version cannot be read. The
/// form is detected from the content; an empty base has no records.
///
/// # Errors
/// Returns an error if the versions cannot be merged as registries.
pub fn merge_files(
    versions: [&[u8]; 3],
    rules: Option<&DualWrite>,
) -> Option<Result<String, MergeError>> {
    FORMATS.into_iter().find_map(|format| {
        let [base, ours, theirs] = parse(versions, format)?.map(|one| with_counters(one, rules));
        let (mut new_ours, mut new_theirs) = (ours.clone(), theirs.clone());
        // Each side is compared with the other's original, so that swapping the sides gives the
        // same result.
        place_additions(&mut new_ours, &base, &[&theirs], LegacyTree::Unknown);
        place_additions(&mut new_theirs, &base, &[&ours], LegacyTree::Unknown);
        let before = Some(versions[0]).filter(|base| !base.trim_ascii().is_empty());
        // If one side has appended records at the end, all records stay where they are.
        let is_as_written =
            versions[1..].iter().any(|side| order_in(side, format) == Some(RecordOrder::AsWritten));
        let order = is_as_written.then_some(RecordOrder::AsWritten);
        let text = |merged: Registry| laid_out_in(derive(&merged, format), before, format, order);
        Some(merge(&base, &new_ours, &new_theirs).map(text))
    })
}

/// Returns a version with the information that its head lacks: which numbers are reserved for the
/// other program. If that program no longer allocates numbers, floors are removed, so that
/// `current` is just the highest number.
fn with_counters(version: Registry, rules: Option<&DualWrite>) -> Registry {
    let Some(rules) = rules else { return version };
    if rules.leading == Leading::Registry {
        return version.retaining_floors(|_, floor, highest| floor != highest);
    }
    let mut version = version;
    if needs_floors(Some(rules)) {
        version.raise_legacy_bound(rules.bound);
    }
    version
}

/// Returns whether a version of a legacy file contains readable records.
pub fn has_records(version: &[u8]) -> bool {
    let is_of = |format| read(version, format, Scope::SMALLEST);
    FORMATS.into_iter().any(|format| is_of(format).is_ok_and(|one| !one.allocations.is_empty()))
}

/// Reads all versions in one format. Records without a head are given the same scope in every
/// version, the smallest in any of their identities, so that swapping the sides gives the same
/// result.
fn parse([base, ours, theirs]: [&[u8]; 3], format: LegacyFormat) -> Option<[Registry; 3]> {
    let own = |scope| -> Option<[Registry; 2]> {
        Some([read(ours, format, scope).ok()?, read(theirs, format, scope).ok()?])
    };
    let base_in = |scope| match base.trim_ascii().is_empty() {
        true => Some(Registry::new(scope)),
        false => read(base, format, scope).ok(),
    };
    let [ours, theirs] = own(Scope::SMALLEST)?;
    if format == LegacyFormat::Classic {
        let base = base_in(ours.scope)?;
        return Some([base, ours, theirs]);
    }
    let base = base_in(Scope::SMALLEST)?;
    let records = [&base, &ours, &theirs].into_iter().flat_map(|one| &one.allocations);
    let scope = records.map(|record| record.id.scope()).min()?;
    let of = |registry: Registry| Registry { scope, ..registry };
    Some([of(base), of(ours), of(theirs)])
}

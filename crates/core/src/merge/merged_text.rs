//! [`merge_texts`]: merges three registry files in which most records are equal.
//!
//! A record that is equal in base, ours and theirs does not change; it can only be part of a
//! collision. So only the records that differ are parsed and merged, along with the equal records
//! whose identities they compete for. If an equal record could affect the others in any other way,
//! all records are parsed; the result is the same.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek};

use crate::registry::{
    Allocation, Id, Json, LostDocId, Numbering, Origin, Registry, Splice, ThreeWay, key,
};

use super::merger::{RecordsBeside, merge_beside};
use super::versions::Versions;

/// A registry file that is read in parts. Not generic, so that the code reading it is compiled in
/// this crate.
pub trait SeekableText: Read + Seek {}

impl<T: Read + Seek> SeekableText for T {}

/// The result of merging three registry files.
#[derive(Debug, Clone)]
pub struct MergedText {
    /// The merged registry, written as changes to ours.
    pub text: Splice,
    /// The second identities that files on either side lost.
    pub lost: Vec<LostDocId>,
}

/// Merges base, ours and theirs; if they cannot be merged, returns the parsed versions.
///
/// # Errors
/// Returns an error if a version cannot be read.
pub fn merge_texts(
    mut versions: [&mut dyn SeekableText; 3],
) -> io::Result<Result<MergedText, Box<Versions>>> {
    if let Some(merged) = merge_differing(&mut versions) {
        return Ok(Ok(merged));
    }
    let mut texts: [Vec<u8>; 3] = Default::default();
    for (version, text) in versions.iter_mut().zip(&mut texts) {
        version.rewind()?;
        version.read_to_end(text)?;
    }
    let versions = Versions::parse(texts.each_ref().map(|text| &**text));
    Ok(match versions.merged() {
        Ok(merged) => {
            let lost = versions.lost_doc_ids(&merged);
            Ok(MergedText { text: Splice::from_text(merged.format()), lost })
        }
        Err(_) => Err(Box::new(versions)),
    })
}

/// Merges base, ours and theirs without parsing the records that are equal in all three; `None` if
/// the merge may affect those records, or if they cannot be skipped.
pub fn merge_differing(versions: &mut [&mut dyn SeekableText; 3]) -> Option<MergedText> {
    merge_differing_numbered(Numbering::FORMAT, versions)
}

/// Like [`merge_differing`], with other constants than the format's.
pub fn merge_differing_numbered(
    numbering: Numbering,
    versions: &mut [&mut dyn SeekableText; 3],
) -> Option<MergedText> {
    let three_way = ThreeWay::of(versions.each_mut())?;
    let parts = three_way.registries();
    let [base, ours, theirs] = &parts;
    // A reserved number may belong to a record outside these parts.
    let has_reserved = base.counters.values().any(|counter| !counter.reserved.is_empty());
    let is_alike = |side: &Registry| {
        side.scope == base.scope && side.counters == base.counters && !has_reserved
    };
    if !parts.iter().all(is_alike) || parts.iter().any(|part| !part.is_consistent()) {
        return None;
    }
    // The other records are read from ours, because the result is written as changes to our file.
    let [_, source, _] = versions;
    let mut rest = EqualRecords { three_way, source, taken_up: BTreeSet::new() };
    let merged = merge_beside(numbering, [base, ours, theirs], &mut rest).ok()?;
    let EqualRecords { three_way, taken_up, .. } = rest;
    // Records taken from the rest keep their paths.
    let differing = merged.allocations.iter().filter(|record| !taken_up.contains(&record.origin));
    let records = || parts.iter().flat_map(|part| &part.allocations);
    let active = records().chain(differing).filter(|record| record.is_active());
    let is_apart = !records().any(|record| three_way.has_origin(record.origin))
        && !three_way.has_path(active.clone().map(|record| &record.path))
        && !three_way.has_doc_id(active)
        && !is_linked(records().chain(&merged.allocations), &three_way);
    let text = is_apart.then(|| three_way.with(&merged)).flatten()?;
    Some(MergedText { text, lost: LostDocId::since(&[ours, theirs], &merged) })
}

/// The records that are equal in all versions.
struct EqualRecords<'a, 'v> {
    three_way: ThreeWay,
    source: &'a mut &'v mut dyn SeekableText,
    /// The origins of the records that were taken up.
    taken_up: BTreeSet<Origin>,
}

impl RecordsBeside for EqualRecords<'_, '_> {
    fn take_up(&mut self, id: Id) -> Option<Allocation> {
        let record = self.three_way.take_up(self.source, id)?;
        self.taken_up.insert(record.origin);
        Some(record)
    }

    fn has(&self, id: Id) -> bool {
        self.three_way.has_unread(id)
    }
}

/// Returns whether any record links to another through an alias.
fn is_linked<'a>(records: impl Iterator<Item = &'a Allocation>, three_way: &ThreeWay) -> bool {
    let (mut aliases, mut named) = (BTreeSet::new(), BTreeSet::new());
    for record in records {
        aliases.extend(&record.aliases);
        named.extend(links(record));
    }
    three_way.links_to(&aliases) || !aliases.is_disjoint(&named)
}

fn links(record: &Allocation) -> impl Iterator<Item = Id> {
    let values = key::LINKS.into_iter().filter_map(|key| record.metadata.get(key));
    let texts = values.flat_map(|value| match value {
        Json::Array(links) => links.iter().filter_map(Json::as_str).collect(),
        link => Vec::from_iter(link.as_str()),
    });
    texts.filter_map(|text| text.parse().ok())
}

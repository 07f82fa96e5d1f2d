//! Splices a registry change into a legacy file that was in step before: unchanged records are
//! copied verbatim from the file. The resulting text is the same as from [`laid_out`], for a
//! fraction of the work.
//!
//! [`laid_out`]: super::layout::laid_out

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{Read, Seek};

use foldhash::fast::RandomState;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{
    Allocation, CanonicalRecords, RecordCounts, Registry, write_legacy_record,
};

use super::classic_format::ClassicText;
use super::layout::{ALLOCATED_AT, BYTE_ORDER_MARK, ID, METADATA, RECORDS, UsualKeys};
use super::ordered_json::{JsonStyle, Ordered};
use super::raw_json::{RawElements, RawMembers};
use super::record_order::{Place, RecordOrder};

/// Returns a legacy file's text after a change to its registry, given the registry's canonical text
/// after the change, the legacy file before it, and the records that were changed or added. Returns
/// `None` if the file has another form, or if the records depend on each other; the whole text must
/// then be derived.
pub(super) fn spliced(
    mut registry: impl Read + Seek,
    before: &[u8],
    changed: &[Allocation],
    format: LegacyFormat,
) -> Option<String> {
    let before = std::str::from_utf8(before).ok()?;
    let has_form = matches!(format, LegacyFormat::Classic | LegacyFormat::Jsonl);
    // Carriage returns and byte order marks are rare, and only a full derivation handles them.
    if !has_form || before.starts_with(BYTE_ORDER_MARK) || before.contains('\r') {
        return None;
    }
    registry.rewind().ok()?;
    let (head, counts) = CanonicalRecords::begin(registry)?.counted()?;
    let lines: Vec<String> = changed
        .iter()
        .map(|record| {
            let mut line = String::new();
            write_legacy_record(&mut line, record, None);
            line
        })
        .collect();
    match format {
        LegacyFormat::Classic => classic(before, &lines, &head, &counts),
        LegacyFormat::Jsonl => jsonl(before, &lines, &counts),
        LegacyFormat::Csv | LegacyFormat::IdsMap => None,
    }
}

fn classic(
    before: &str,
    lines: &[String],
    head: &Registry,
    counts: &RecordCounts,
) -> Option<String> {
    let (mut old, mut records) = (Vec::new(), None);
    let mut members = RawMembers::of(before);
    for (name, value) in members.by_ref() {
        let is_list = name == RECORDS;
        records = if is_list { Some(value) } else { records };
        let value =
            if is_list { Ordered::Array(Vec::new()) } else { Ordered::parse(value).ok()? };
        old.push((Cow::Borrowed(name), value));
    }
    let mut elements = RawElements::of(records?);
    let total = counts.with(None);
    // Vectors and maps are allocated with their full capacity: each reallocation would touch new
    // memory pages, which costs more here than everything else.
    let mut all = Vec::with_capacity(total);
    all.extend(elements.by_ref());
    if !members.is_complete() || !elements.is_complete() {
        return None;
    }
    // The file and the registry must have the same number of records, or the file was not in step.
    let records = replaced(&all, lines, total)?;
    let derived = ClassicText::begin(head, counts, true).finish();
    let mut new = Ordered::parse(&derived).ok()?;
    new.arrange(&Ordered::Object(old));
    let Ordered::Object(members) = &mut new else { return None };
    members.iter_mut().find(|(name, _)| name == RECORDS)?.1 = Ordered::Array(records);
    let mut out = String::with_capacity(before.len() + 1024);
    JsonStyle::with_elements(before, RECORDS).write(&mut out, &new);
    out.push_str(if before.ends_with('\n') { "\n" } else { "" });
    Some(out)
}

fn jsonl(before: &str, lines: &[String], counts: &RecordCounts) -> Option<String> {
    let all: Vec<&str> = before.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let style = JsonStyle { is_ascii: before.is_ascii(), ..JsonStyle::of(all.first()?) };
    let mut out = String::with_capacity(before.len() + 1024);
    for record in replaced(&all, lines, counts.with(None))? {
        style.write(&mut out, &record);
        out.push('\n');
    }
    Some(out)
}

/// Returns a file's records, with the records on `lines` replacing their former versions or
/// following all others. Returns `None` if the total number does not match, or if two records have
/// the same identity.
fn replaced<'a>(
    records: &[&'a str],
    lines: &'a [String],
    total: usize,
) -> Option<Vec<Ordered<'a>>> {
    let mut places = HashMap::with_capacity_and_hasher(records.len(), RandomState::default());
    let (mut ids, mut usual) = (Vec::with_capacity(records.len()), UsualKeys::default());
    for (n, record) in records.iter().enumerate() {
        let (mut id, mut members) = (None, RawMembers::of(record));
        for (name, value) in members.by_ref() {
            usual.add(name);
            if name == ID {
                id = value.strip_prefix('"').and_then(|id| id.strip_suffix('"'));
            } else if name == METADATA && value.starts_with('{') {
                let mut metadata = RawMembers::of(value);
                metadata.by_ref().for_each(|(name, _)| usual.add_to_metadata(name));
                metadata.is_complete().then_some(())?;
            }
        }
        // If two records had the same identity, it would be unclear which one to replace.
        (members.is_complete() && places.insert(id?, n).is_none()).then_some(())?;
        ids.push(id?);
    }
    let (usual, order) = (usual.record(), RecordOrder::of(&ids));
    let mut all = Vec::with_capacity(total);
    all.extend(records.iter().map(|record| Ordered::Scalar(record)));
    let mut added = Vec::new();
    for line in lines {
        let mut record = Ordered::parse(line).ok()?;
        let id = record.get(ID)?.as_string()?;
        match places.get(&*id) {
            Some(place) => {
                record.arrange(&Ordered::parse(records[*place]).ok()?);
                all[*place] = record;
            }
            None => {
                let at =
                    || record.get(ALLOCATED_AT).and_then(Ordered::as_string).unwrap_or_default();
                let place = order.place(None, at, Some(id));
                record.arrange(&usual);
                added.push((place, record));
            }
        }
    }
    added.sort_by(|(one, _), (other, _)| one.cmp(other));
    if order == RecordOrder::ById {
        all = among(all, &ids, added);
    } else {
        all.extend(added.into_iter().map(|(_, record)| record));
    }
    (all.len() == total).then_some(all)
}

/// Inserts further records into records in identity order; both lists must already be in that
/// order.
fn among<'a>(
    records: Vec<Ordered<'a>>,
    ids: &[&str],
    added: Vec<(Place<String>, Ordered<'a>)>,
) -> Vec<Ordered<'a>> {
    let mut all = Vec::with_capacity(records.len() + added.len());
    let mut records = ids.iter().zip(records).peekable();
    for ((_, _, id), record) in added {
        let is_before =
            |(own, _): &(&&str, Ordered<'_>)| id.as_deref().is_some_and(|id| **own < id);
        while let Some((_, record)) = records.next_if(is_before) {
            all.push(record);
        }
        all.push(record);
    }
    all.extend(records.map(|(_, record)| record));
    all
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::{derive, layout::laid_out};
    use super::*;
    use idhooks_core::registry::RepoPath;

    /// Returns a file in another program's style, with this indentation.
    fn foreign(records: usize, indent: &str) -> String {
        let record = |n: usize| {
            let more = match n % 4 {
                0 => r#", "notes": "see \u00e4, \"x\"""#,
                1 => r#", "allocated_by": "batch""#,
                _ => "",
            };
            format!(
                r#"{{"id": "01100{n:05}260118", "file_path": "docs/{n}.md", "status": "active", "allocated_at": "2026-01-18T22:00:00.{n:06}"{more}, "metadata": {{"canonical_path": "docs/{n}.md", "team": {{"a": [{n}, "b"]}}}}}}"#
            )
        };
        let records: Vec<String> = (1..=records).map(record).collect();
        let text = format!(
            r#"{{"schema_version": "1.0", "scope": "260118", "allocations": [{}], "counters": {{"100_01_260118": {{"current": 3, "allocated": 1, "reserved": [9]}}}}, "metadata": {{"total_active": 2, "last_updated": "monday"}}}}"#,
            records.join(", ")
        );
        let style = JsonStyle {
            indent: Some(indent.to_owned()).filter(|indent| !indent.is_empty()),
            ..JsonStyle::of(&text)
        };
        let mut out = String::new();
        style.write(&mut out, &Ordered::parse(&text).expect("valid"));
        out
    }

    /// Returns changes to some records, and an addition.
    fn changed(before: &Registry) -> (Registry, Vec<Allocation>) {
        let mut after = before.clone();
        let mut changed = Vec::new();
        for (n, record) in after.allocations.iter_mut().enumerate() {
            let mut is_changed = true;
            match n % 5 {
                1 => {
                    record.path =
                        RepoPath::new(format!("new/ü{n}.md").into_bytes()).expect("valid");
                }
                3 => record.set_text("owner", "Zoë".to_owned()),
                _ => is_changed = false,
            }
            changed.extend(is_changed.then(|| record.clone()));
        }
        for n in [93_000, 92_000] {
            let mut new = after.allocations[0].clone();
            new.id = format!("01100{n}260118").parse().expect("valid");
            new.claim = new.id;
            new.path = RepoPath::new(format!("added/{n}.md").into_bytes()).expect("valid");
            new.origin = format!("00000000000{n}").parse().expect("valid");
            if n == 92_000 {
                new.aliases.insert("0110091000260118".parse().expect("valid"));
            }
            after.allocations.push(new.clone());
            changed.push(new);
        }
        after.allocations.sort_by_key(|record| record.id);
        (after, changed)
    }

    #[test]
    fn what_is_spliced_is_what_is_derived_and_laid_out() {
        for (format, indent) in [
            (LegacyFormat::Classic, "  "),
            (LegacyFormat::Classic, "\t"),
            (LegacyFormat::Classic, ""),
            (LegacyFormat::Jsonl, ""),
        ] {
            for records in [1, 2, 12] {
                let text = foreign(records, indent);
                let mut before = Registry::parse_foreign(text.as_bytes()).expect("valid");
                for (n, record) in before.allocations.iter_mut().enumerate() {
                    record.origin = format!("{n:016}").parse().expect("valid");
                    record.origin_is_derived = false;
                }
                let model = match format {
                    LegacyFormat::Jsonl => derive(&before, format).replace("\":", "\": "),
                    _ => text,
                };
                let model = laid_out(derive(&before, format), Some(model.as_bytes()), format);
                let (after, changed) = changed(&before);
                let canonical = after.format();
                let expected = laid_out(derive(&after, format), Some(model.as_bytes()), format);
                let spliced = |model: &str, changed: &[Allocation]| {
                    spliced(Cursor::new(canonical.as_bytes()), model.as_bytes(), changed, format)
                };
                assert_eq!(
                    spliced(&model, &changed).as_deref(),
                    Some(&*expected),
                    "{format} {records}"
                );
                // No changed record may be left out.
                assert_eq!(spliced(&model, &changed[1..]).is_some(), records > 1);
                assert_eq!(spliced(&model, &changed[..changed.len() - 1]), None);
                assert_eq!(spliced(&model[..model.len() / 2], &changed), None);
                assert_eq!(
                    spliced(&model.replace('\n', "\r\n"), &changed).is_none(),
                    model.contains('\n')
                );
            }
        }
    }
}

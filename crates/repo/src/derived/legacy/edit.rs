//! [`LegacyEdit`]: the changes that other programs made to a leading legacy file, and how they were
//! handled.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::merge::{MergeError, merge};
use idhooks_core::plan::repeats;
use idhooks_core::registry::{
    AdditionRemark, Allocation, Discrepancy, Id, Json, Object, Origin, Registry, discrepancies,
    take_values,
};

use super::LegacyChange;
use super::head_changes::head_changes;

/// A leading legacy file that another program has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyEdit {
    /// The file's content before the change.
    base: Registry,
    edited: Registry,
    /// The changes to records.
    changes: Vec<Discrepancy>,
    /// The changes to the head.
    head: Vec<LegacyChange>,
    /// Remarks on added records whose number or file already had another record.
    remarks: Vec<AdditionRemark>,
}

impl LegacyEdit {
    /// Finds the changes in a legacy file: how it differs from `base`, its previous version, and
    /// from `own`, the registry.
    pub fn new(base: Registry, own: &Registry, edited: Registry) -> Self {
        let since = told_apart(&with_numbers_of(own, &base), &with_numbers_of(own, &edited));
        let is_new: BTreeSet<(Id, &str)> = since.iter().map(Discrepancy::place).collect();
        let mut changes = told_apart(own, &edited);
        // A difference from the registry that the file already had is not an edit made by this
        // commit.
        changes.retain(|change| is_new.contains(&change.place()));
        let since = head_changes(&base, &edited);
        let mut head = head_changes(own, &edited);
        head.retain(|change| since.iter().any(|one| one.field == change.field));
        LegacyEdit { base, edited, changes, head, remarks: Vec::new() }
    }

    /// Adds remarks on added records whose number or file already had another record.
    pub fn with_remarks(self, remarks: Vec<AdditionRemark>) -> Self {
        LegacyEdit { remarks, ..self }
    }

    /// Returns the remarks on added records that apply to this registry. Which ones apply is only
    /// known after the commit has decided where files are.
    pub fn remarks(&self, after: &Registry) -> Vec<&AdditionRemark> {
        self.remarks.iter().filter(|remark| remark.holds_in(after)).collect()
    }

    /// Returns the records that were added: their number or allocation was not in the file before.
    pub fn added(&self) -> impl Iterator<Item = &Allocation> {
        let before: BTreeSet<Id> = self.base.allocations.iter().map(|record| record.id).collect();
        let origins: BTreeSet<Origin> =
            self.base.allocations.iter().map(|record| record.origin).collect();
        self.edited.allocations.iter().filter(move |record| {
            !before.contains(&record.id)
                || (!record.origin_is_derived && !origins.contains(&record.origin))
        })
    }

    /// Returns whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.head.is_empty() && self.remarks.is_empty()
    }

    /// Returns a registry with the changes applied, or `None` if it would contradict itself.
    ///
    /// # Errors
    /// Returns an error if the registries cannot be merged.
    pub fn apply(&self, registry: &Registry) -> Result<Option<Registry>, MergeError> {
        let mut edited = self.edited.clone();
        // The time of an allocation never changes, and neither does the way it is written.
        let known = registry.by_origin();
        for record in &mut edited.allocations {
            let own = known.get(&record.origin).filter(|own| own.id == record.id);
            if let Some(own) = own.filter(|own| own.allocated_at != record.allocated_at) {
                record.take_time_of(own);
            }
        }
        // A merge would treat a missing record as dropped by this side, and would end it.
        edited.allocations.extend(self.removed().cloned());
        let merged = merge(&self.base, registry, &edited)?;
        // Two edits may give two records the same number, which no registry can hold.
        Ok(Some(merged).filter(Registry::is_consistent))
    }

    /// Returns the records that were removed from the file. None of them are dropped: whether a
    /// record ends, and why, depends on its file.
    fn removed(&self) -> impl Iterator<Item = &Allocation> {
        let left = || self.edited.allocations.iter();
        let ids: BTreeSet<Id> = left().map(|one| one.id).collect();
        let origins: BTreeSet<Origin> = left().map(|one| one.origin).collect();
        let is_removed =
            move |one: &&Allocation| !ids.contains(&one.id) && !origins.contains(&one.origin);
        self.base.allocations.iter().filter(is_removed)
    }

    /// Returns the changes to the head that a registry contains, and the changes that it lacks,
    /// with the registry's own values.
    pub fn head(&self, after: &Registry) -> (Vec<&LegacyChange>, Vec<LegacyChange>) {
        let mut left = head_changes(after, &self.edited);
        left.retain(|one| self.head.iter().any(|change| change.field == one.field));
        let is_left = |change: &LegacyChange| left.iter().any(|one| one.field == change.field);
        (self.head.iter().filter(|change| !is_left(change)).collect(), left)
    }

    /// Returns the differences between a registry and the edited file. A record that was removed
    /// from the file and has since ended in the registry does not count as a difference.
    fn left(&self, after: &Registry) -> Vec<Discrepancy> {
        let mut left = told_apart(after, &self.edited);
        let active = |one: &Registry| one.active().map(|record| record.id).collect();
        let (before, now): (BTreeSet<Id>, BTreeSet<Id>) = (active(&self.base), active(after));
        let has_ended = |one: &Discrepancy| {
            let is_removed = one.is_of_record() && one.legacy.is_none();
            is_removed && before.contains(&one.id) && !now.contains(&one.id)
        };
        left.retain(|one| !has_ended(one));
        left
    }

    /// Returns the added records in a registry that are waiting for their files: a record counts as
    /// ended until its file exists.
    pub fn waiting<'r>(&self, after: &'r Registry) -> Vec<&'r Allocation> {
        let added: BTreeMap<Origin, &Allocation> =
            self.added().filter(|one| one.is_active()).map(|one| (one.origin, one)).collect();
        let is_waiting = |record: &&Allocation| {
            let before = added.get(&record.origin);
            let is_same = before.is_some_and(|before| before.path == record.path);
            is_same && !record.is_active() && record.last_blob().is_none()
        };
        after.allocations.iter().filter(is_waiting).collect()
    }

    fn waiting_ids(&self, after: &Registry) -> BTreeSet<Id> {
        self.waiting(after).into_iter().map(|record| record.id).collect()
    }

    /// Handles added records that a plan does not use because other records followed their files to
    /// the same paths: each is joined with that other record, and its number becomes an alias.
    /// `own` is the registry that the plan was made with. Returns this registry with the aliases,
    /// or `None` if all added records were used.
    pub fn join_unused(&mut self, planned: &Registry, own: &Registry) -> Option<Registry> {
        let known: BTreeSet<Id> = planned.allocations.iter().flat_map(Allocation::ids).collect();
        let holders = planned.holders(|_| false);
        let is_unused = |record: &&Allocation| record.is_active() && !known.contains(&record.id);
        let unused: Vec<Allocation> = self.added().filter(is_unused).cloned().collect();
        let mut joined: Option<Registry> = None;
        for mut record in unused {
            let Some(holder) = holders.get(&record.path) else { continue };
            let registry = joined.get_or_insert_with(|| own.clone());
            let is_it = |one: &&mut Allocation| one.origin == holder.origin;
            let Some(kept) = registry.allocations.iter_mut().find(is_it) else { continue };
            // A value that contains the path changes along with the path.
            let path = record.path.clone();
            let stays = |own: &Object, name: &String, value: &Json| {
                !own.contains_key(name) || !value.as_str().is_some_and(|text| repeats(text, &path))
            };
            record.metadata.retain(|name, value| stays(&kept.metadata, name, value));
            record.extra.retain(|name, value| stays(&kept.extra, name, value));
            let left = take_values(kept, &record, false);
            kept.aliases.insert(record.id);
            registry.allocations.retain(|one| one.origin != record.origin);
            self.edited.allocations.retain(|one| one.origin != record.origin);
            self.changes.retain(|change| change.id != record.id);
            let id = record.id;
            self.remarks.push(AdditionRemark::Joined { id, holder: holder.id, path, left });
        }
        joined
    }

    /// Returns the changes that a registry contains, not counting records waiting for their files.
    pub fn taken(&self, after: &Registry) -> Vec<&Discrepancy> {
        let (left, waiting) = (self.left(after), self.waiting_ids(after));
        let left: BTreeSet<(Id, &str)> = left.iter().map(Discrepancy::place).collect();
        let is_taken =
            |one: &&Discrepancy| !left.contains(&one.place()) && !waiting.contains(&one.id);
        self.changes.iter().filter(is_taken).collect()
    }

    /// Returns the changes that a registry lacks. A record waiting for its file does not count as
    /// missing.
    pub fn not_taken(&self, after: &Registry) -> Vec<Discrepancy> {
        let changed: BTreeSet<(Id, &str)> = self.changes.iter().map(Discrepancy::place).collect();
        let added = self.changes.iter().filter(|change| change.is_of_record());
        let added: BTreeSet<Id> = added.map(|change| change.id).collect();
        let (mut left, waiting) = (self.left(after), self.waiting_ids(after));
        // A waiting record's status differs because its file is missing; all its other values are
        // compared.
        left.retain(|one| one.field != "status" || !waiting.contains(&one.id));
        // An added record may have additional values here, such as an alias.
        let is_lost = |one: &Discrepancy| one.legacy.is_some() && added.contains(&one.id);
        left.retain(|one| changed.contains(&one.place()) || is_lost(one));
        left
    }
}

/// Returns the differences between a registry and an edited file. If a merge renumbered a record,
/// so that it has different numbers in the registry and in the file, both of its versions are
/// compared with each other, unless another record has the number.
fn told_apart(registry: &Registry, edited: &Registry) -> Vec<Discrepancy> {
    let edited = with_numbers_of(registry, edited);
    let mut all = discrepancies(registry, &edited);
    // If no record was added or is missing, no record can have two numbers.
    if !all.iter().any(Discrepancy::is_of_record) {
        return all;
    }
    let numbers = |one: &Registry| -> BTreeMap<Id, Origin> {
        one.allocations.iter().map(|record| (record.id, record.origin)).collect()
    };
    let sides = [numbers(registry), numbers(&edited)];
    let origins = sides.each_ref().map(|side| side.values().copied().collect::<BTreeSet<_>>());
    let is_renumbered = |one: &Discrepancy| {
        let (own, other) = if one.new.is_some() { (0, 1) } else { (1, 0) };
        let origin = sides[own].get(&one.id);
        one.is_of_record() && origin.is_some_and(|origin| origins[other].contains(origin))
    };
    all.retain(|one| !is_renumbered(one));
    all
}

/// Returns a version of a file in which each record has the number that its allocation has in the
/// registry, unless another record in the version has that number.
fn with_numbers_of<'r>(registry: &Registry, version: &'r Registry) -> Cow<'r, Registry> {
    let numbers: BTreeMap<Origin, Id> =
        registry.allocations.iter().map(|record| (record.origin, record.id)).collect();
    let held: BTreeSet<Id> = version.allocations.iter().map(|record| record.id).collect();
    let number = |record: &Allocation| {
        // A derived origin depends on the number, so it says nothing about a renumbering.
        let number = numbers.get(&record.origin).copied().filter(|_| !record.origin_is_derived);
        number.filter(|number| !held.contains(number))
    };
    if version.allocations.iter().all(|record| number(record).is_none()) {
        return Cow::Borrowed(version);
    }
    let mut renumbered = version.clone();
    for (renumbered, record) in renumbered.allocations.iter_mut().zip(&version.allocations) {
        renumbered.id = number(record).unwrap_or(record.id);
    }
    Cow::Owned(renumbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a registry whose records have a number, a path, and further metadata.
    fn registry(records: &[(&str, &str, &str)]) -> Registry {
        let record = |(id, path, more): &(&str, &str, &str)| {
            format!(
                r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{{"origin":"{id}"{more}}}}}"#
            )
        };
        let records: Vec<String> = records.iter().map(record).collect();
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"metadata":{{}},"allocations":[{}]}}"#,
            records.join(",")
        );
        Registry::parse(text.as_bytes()).expect("valid")
    }

    #[test]
    fn every_change_is_taken_or_not() {
        const A: &str = "0110000001260118";
        const B: &str = "0110000002260118";
        const C: &str = "0110000003260118";
        let base = registry(&[(A, "a.md", ""), (B, "b.md", "")]);
        // The registry is ahead: B has a key there that the other program has not seen.
        let own = registry(&[(A, "a.md", ""), (B, "b.md", r#","key":"own""#)]);
        let edited =
            registry(&[(A, "x.md", r#","owner":"ann""#), (B, "b.md", ""), (C, "c.md", "")]);
        let edit = LegacyEdit::new(base, &own, edited);
        let after = registry(&[(A, "a.md", r#","owner":"ann""#), (B, "b.md", r#","key":"own""#)]);
        let taken: Vec<_> = edit.taken(&after).into_iter().map(Discrepancy::as_change).collect();
        assert_eq!(taken, [format!("{A}: metadata.owner: nothing -> 'ann'")]);
        let not_taken: Vec<_> = edit.not_taken(&after).iter().map(ToString::to_string).collect();
        let path = format!("{A}: file_path: 'a.md' != 'x.md'");
        assert_eq!(not_taken, [path, format!("{C}: only the legacy file has it, for 'c.md'")]);
        let complete =
            registry(&[(A, "x.md", r#","owner":"ann""#), (B, "b.md", ""), (C, "c.md", "")]);
        assert_eq!((edit.taken(&complete).len(), edit.not_taken(&complete).len()), (3, 0));
        assert_eq!(edit.taken(&complete)[2].as_change(), format!("{C}: added, for 'c.md'"));
    }

    #[test]
    fn what_a_merge_renumbered_is_no_change() {
        const A: &str = "0110000001260118";
        const B: &str = "0110000002260118";
        let base = registry(&[(A, "a.md", "")]);
        let mut own = registry(&[(B, "a.md", r#","aliases":["0110000001260118"]"#)]);
        let origin = base.allocations[0].origin;
        own.allocations[0].origin = origin;
        let edited = registry(&[(A, "a.md", r#","owner":"ann""#)]);
        let edit = LegacyEdit::new(base, &own, edited);
        let left: Vec<_> = edit.not_taken(&own).iter().map(ToString::to_string).collect();
        assert_eq!(left, [format!("{B}: metadata.owner: nothing != 'ann'")]);
        let mut after = own.clone();
        after.allocations[0].set_text("owner", "ann".to_owned());
        let taken: Vec<_> = edit.taken(&after).into_iter().map(Discrepancy::as_change).collect();
        assert_eq!(taken, [format!("{B}: metadata.owner: nothing -> 'ann'")]);
        assert!(edit.not_taken(&after).is_empty());
    }

    /// Returns a registry without records whose head is as another program wrote it.
    fn head(version: &str, more: &str) -> Registry {
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"metadata":{{"version":"{version}","total_active":9}},"total":7{more},"allocations":[]}}"#
        );
        Registry::parse_foreign(text.as_bytes()).expect("valid")
    }

    #[test]
    fn every_change_of_the_head_is_taken_or_not() {
        const COUNTER: &str = r#""counters":{"100_01_260118":{"current":7,"reserved":[3]}}"#;
        let base = head("1", r#","last_updated":"monday","team":"docs""#);
        let text = r#","last_updated":"sunday","fresh":[1],"total_files":5"#;
        let edited = head("2", text).format().replace(r#""counters":{}"#, COUNTER);
        let edited = Registry::parse(edited.as_bytes()).expect("valid");
        let edit = LegacyEdit::new(base.clone(), &base, edited.clone());
        let (taken, left) = edit.head(&edited);
        let taken: Vec<_> = taken.into_iter().map(|change| change.line("head")).collect();
        let expected = [
            "fresh: nothing -> '[1]'",
            "last_updated: 'monday' -> 'sunday'",
            "metadata.version: '1' -> '2'",
            "team: 'docs' -> nothing",
            "counters.100_01_260118.current: '0' -> '7'",
            "counters.100_01_260118.reserved: '[]' -> '[3]'",
        ];
        assert_eq!(taken, expected.map(|line| format!("head: {line}")));
        assert_eq!(left, []);
        let (taken, left) = edit.head(&base);
        assert_eq!((taken.len(), left.len()), (0, 6));
        assert_eq!(left[2].difference("head"), "head: metadata.version: '1' != '2'");
    }

    #[test]
    fn a_second_record_of_a_path_has_what_the_file_says() {
        let one = |id: &str, path: &str, at: &str| {
            format!(
                r#"{{"id":"{id}","file_path":"{path}","allocated_at":"{at}","status":"active","metadata":{{}}}}"#
            )
        };
        let of = |records: &[String]| {
            let text = format!(
                r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"metadata":{{}},"allocations":[{}]}}"#,
                records.join(",")
            );
            Registry::parse_foreign(text.as_bytes()).expect("valid")
        };
        let [first, second] = ["0110000001260118", "0110000002260118"];
        let base = of(&[one(first, "a.md", "2026-01-18T22:00:00Z")]);
        let edited = of(&[
            one(first, "a.md", "2026-01-18T22:00:00Z"),
            one(second, "a.md", "2020-01-18T22:00:00Z"),
        ]);
        let edit = LegacyEdit::new(base.clone(), &base, edited);
        let left: Vec<_> = edit.not_taken(&base).iter().map(ToString::to_string).collect();
        assert_eq!(left, [format!("{second}: only the legacy file has it, for 'a.md'")]);
    }
}

//! Matches an imported registry against the current one: finds new records, known records, and how
//! the known ones differ. This makes imports repeatable.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::plan::second_id::{malformed_second_id, shared_second_ids};
use idhooks_core::registry::{
    AdditionRemark, Allocation, Discrepancy, Id, Origin, Registry, RepoPath, Scope, Status, key,
    record_discrepancies, take_values,
};

use super::import_conflict::ImportConflict;

/// A registry to import records into.
pub struct ImportTarget<'a> {
    registry: &'a Registry,
    legacy_scopes: &'a [Scope],
    is_tracked: &'a dyn Fn(&RepoPath) -> bool,
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    by_origin: BTreeMap<Origin, &'a Allocation>,
    /// The record for each identity, which may be the record's own, its claim or an alias.
    by_id: BTreeMap<Id, &'a Allocation>,
    /// The active record for each second identity.
    by_doc_id: BTreeMap<&'a str, &'a Allocation>,
    reserved: BTreeSet<Id>,
    /// Whether a number that another program gave to a file becomes an alias if the file already
    /// has an identity.
    joins: bool,
    /// Whether the records are those of another repository, whose files were added to this one.
    is_joining_repositories: bool,
}

/// The result of comparing an import with the registry.
#[derive(Debug, Default)]
pub struct MatchedImport {
    /// The new records.
    pub new: Vec<Allocation>,
    /// The number of records that already exist, including those that differ.
    pub known: usize,
    /// The records that differ, updated with the imported values, and the differences.
    pub changed: Vec<(Allocation, Vec<Discrepancy>)>,
    /// Remarks about values, such as files, that identities keep here although the imported records
    /// differ.
    pub notes: Vec<String>,
    /// The reasons some records cannot be imported.
    pub conflicts: Vec<ImportConflict>,
    /// The number of records whose only conflict is that their file already has an identity; each
    /// could become an alias of that identity.
    pub joinable: usize,
}

/// How an imported record relates to the registry.
enum RecordMatch<'a> {
    New,
    Known(&'a Allocation),
    Conflict(ImportConflict),
}

impl<'a> ImportTarget<'a> {
    /// Returns a target for importing into `registry`, which may have records with `legacy_scopes`.
    /// `is_tracked` returns whether a path is a file that may have an identity.
    pub fn new(
        registry: &'a Registry,
        legacy_scopes: &'a [Scope],
        is_tracked: &'a dyn Fn(&RepoPath) -> bool,
    ) -> Self {
        let all = &registry.allocations;
        let ids_of = |record: &'a Allocation| record.ids().map(move |id| (id, record));
        let doc_id = |record: &'a Allocation| Some((record.text(key::DOC_ID)?, record));
        ImportTarget {
            registry,
            legacy_scopes,
            is_tracked,
            holders: registry.holders(is_tracked),
            by_origin: registry.by_origin(),
            by_id: all.iter().flat_map(ids_of).collect(),
            by_doc_id: registry.active().filter_map(doc_id).collect(),
            reserved: registry.reserved_ids().collect(),
            joins: false,
            is_joining_repositories: false,
        }
    }

    /// Returns the same target, but if `joins` is set, new numbers for files that have an identity
    /// become aliases.
    #[must_use]
    pub fn joining(self, joins: bool) -> Self {
        ImportTarget { joins, ..self }
    }

    /// Returns the same target for the records of another repository: those that have ended there
    /// come along, and a new one may take a file whose identity has this repository's scope.
    #[must_use]
    pub fn joining_repositories(self) -> Self {
        ImportTarget { is_joining_repositories: true, ..self }
    }

    /// Returns whether a path is a tracked file without an identity.
    pub fn is_free(&self, path: &RepoPath) -> bool {
        (self.is_tracked)(path) && !self.holders.contains_key(path)
    }

    /// Matches records by origin and identity. `progress` is called for each record.
    ///
    /// The working tree, not the imported registry, decides which files exist and where: a record
    /// that followed its file does not count as different, and neither does anything else that the
    /// next commit would undo. Keys that only the current registry has are kept.
    pub fn match_records(&self, imported: &Registry, progress: &dyn Fn()) -> MatchedImport {
        let mut found = MatchedImport::default();
        // Most imports never need the set of all imported identities.
        let given =
            LazyCell::new(|| imported.allocations.iter().flat_map(Allocation::ids).collect());
        let given: &dyn Fn(Id) -> bool = &|id| BTreeSet::contains(&*given, &id);
        let (mut joined, mut known) = (Vec::new(), BTreeSet::new());
        for record in &imported.allocations {
            progress();
            match self.match_record(record) {
                RecordMatch::New => match self.holder_of_addition(record) {
                    Some(holder) if self.joins => joined.push((record, holder)),
                    holder => {
                        found.joinable += usize::from(holder.is_some());
                        found.new.push(record.clone());
                    }
                },
                RecordMatch::Conflict(reason) => found.conflicts.push(reason),
                RecordMatch::Known(own) => {
                    found.known += 1;
                    known.insert(own.origin);
                    let kept_status = self.kept_status(own, record, given);
                    found.notes.extend(self.note_of(own, record));
                    found.notes.extend(note_of_time(own, record));
                    found.notes.extend(kept_status.map(|why| {
                        let (id, here, there) = (own.id, own.status, record.status);
                        format!("{id} stays {here}, not {there}: {why}")
                    }));
                    let after = self.updated(own, record, kept_status.is_none());
                    let differences = record_discrepancies(own, &after);
                    if !differences.is_empty() {
                        found.changed.push((after, differences));
                    }
                }
            }
        }
        // Aliases are added last: the same import may both match a record and give it an alias.
        for (record, holder) in joined {
            found.known += usize::from(known.insert(holder.origin));
            join(&mut found, record, holder);
        }
        found
    }

    /// If another program, which writes no origins, gave a new record's number to a file that
    /// already has an identity, returns the file's record, because the number can become its alias.
    fn holder_of_addition(&self, record: &Allocation) -> Option<&'a Allocation> {
        let holder = self.holders.get(&record.path).copied()?;
        let is_addition = record.is_active() && record.origin_is_derived;
        (is_addition && self.unusable_id(record).is_none()).then_some(holder)
    }

    fn match_record(&self, record: &Allocation) -> RecordMatch<'a> {
        let id = record.id;
        // The origin takes precedence over the identity, because it stays the same if a merge
        // reassigns the identity.
        if let Some(own) = self.by_origin.get(&record.origin) {
            return match own.ids().any(|known| known == id) {
                true => RecordMatch::Known(own),
                false => RecordMatch::Conflict(ImportConflict::OtherId(id, own.id)),
            };
        }
        // Other programs write no origins, but a matching path or date shows that it is the same
        // allocation.
        let is_same = |own: &Allocation| {
            record.origin_is_derived
                && (own.allocated_at == record.allocated_at || own.path == record.path)
        };
        match self.by_id.get(&id) {
            Some(own) if is_same(own) => RecordMatch::Known(own),
            Some(own) => RecordMatch::Conflict(taken(id, own, record)),
            None => RecordMatch::New,
        }
    }

    /// Returns a remark if the imported record names a different file.
    fn note_of(&self, own: &Allocation, read: &Allocation) -> Option<String> {
        let is_elsewhere = own.is_active()
            && read.is_active()
            && own.path != read.path
            && (self.is_tracked)(&read.path);
        is_elsewhere.then(|| {
            let (id, here, there) = (own.id, &own.path, &read.path);
            format!("{id} names '{here}' here, not '{there}': an identity stays with its file")
        })
    }

    /// Returns the reason a record keeps its status although the imported record has a different
    /// one. It does so if the next commit would undo the change: only a lasting fact, such as a
    /// reason, ends a record whose file exists. `is_given` returns whether the import contains an
    /// identity.
    fn kept_status(
        &self,
        own: &Allocation,
        read: &Allocation,
        is_given: &dyn Fn(Id) -> bool,
    ) -> Option<&'static str> {
        if own.is_purged() || own.status == read.status || follows_tree(read) {
            return None;
        }
        // A record cannot be its own successor.
        let successor = read.successor().filter(|id| own.ids().all(|known| known != *id));
        let is_explained = match read.status {
            Status::Superseded => {
                // The successor may be part of the same import.
                successor.is_some_and(|id| self.by_id.contains_key(&id) || is_given(id))
            }
            _ => read.explains_its_status([]),
        };
        let holder = self.holders.get(&own.path);
        let is_heir = |id| holder.is_some_and(|holder| holder.answers_to(id));
        let ends_with_file = read.is_purged() || read.status == Status::Superseded;
        // A superseded record's file may now belong to its successor.
        let has_file = (self.is_tracked)(&own.path) && !successor.is_some_and(is_heir);
        match (is_explained, has_file) {
            (true, true) if ends_with_file => Some("its file is there"),
            (true, _) => None,
            (false, true) if own.is_active() => Some("its file is there, and no reason is given"),
            (false, _) => Some("no reason is given"),
        }
    }

    /// Returns a record updated with an imported record's values, including its status if
    /// `with_status` is set.
    fn updated(&self, own: &Allocation, read: &Allocation, with_status: bool) -> Allocation {
        let mut after = own.clone();
        // Purging is final: an import must not bring the values back.
        if own.is_purged() {
            return after;
        }
        if !(follows_tree(own) && follows_tree(read)) {
            let is_other = |key: &&str| {
                read.metadata.contains_key(*key)
                    && read.metadata.get(*key) != own.metadata.get(*key)
            };
            let mut keys = [key::DEPRECATED_REASON, key::SUPERSEDED_BY].iter();
            if with_status && (own.status != read.status || keys.any(is_other)) {
                after.take_status_of(read);
            }
        // An inactive record gets its file back only if no other record holds it.
        } else if !own.is_active() && read.is_active() && self.is_free(&read.path) {
            after.activate(read.path.clone());
        }
        // idhooks maintains its own keys, so those are not imported.
        let is_taken = |name: &&String| !key::OWN.contains(&name.as_str());
        let metadata = read.metadata.iter().filter(|(name, _)| is_taken(name));
        after.metadata.extend(metadata.map(|(name, value)| (name.clone(), value.clone())));
        after.extra.extend(read.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        // An alias that equals the record's own identity would be found twice.
        after.aliases.extend(read.aliases.iter().filter(|alias| **alias != own.id));
        if after != *own && read.metadata.contains_key(key::LEGACY_SPELLING) {
            after.take_key_of(Some(read), key::LEGACY_SPELLING);
        }
        after
    }

    /// Returns the reasons records cannot be imported, sorted by kind; empty if there are none.
    pub fn conflicts(&self, found: &MatchedImport) -> Vec<ImportConflict> {
        let changed = || found.changed.iter().map(|(record, _)| record);
        let new = found.new.iter().filter_map(|record| self.conflict_of_new(record));
        let aliases = changed().filter_map(|record| self.taken_id(record));
        let both = || found.new.iter().chain(changed());
        let doc_ids = both().filter_map(|record| self.taken_doc_id(record));
        // A second identity that was already malformed is not the import's fault.
        let takes_doc_id = |record: &&Allocation| {
            let own = self.by_origin.get(&record.origin);
            own.is_none_or(|own| own.metadata.get(key::DOC_ID) != record.metadata.get(key::DOC_ID))
        };
        let malformed = both().filter(takes_doc_id).filter_map(malformed_second_id);
        found
            .conflicts
            .iter()
            .cloned()
            .chain(new)
            .chain(aliases)
            .chain(doc_ids)
            .chain(malformed.chain(shared_second_ids(both())).map(ImportConflict::from))
            .collect()
    }

    fn conflict_of_new(&self, record: &Allocation) -> Option<ImportConflict> {
        let (id, path) = (record.id, &record.path);
        if let Some(reason) = self.unusable_id(record) {
            return Some(reason);
        }
        if self.is_joining_repositories && !record.is_active() {
            return None;
        }
        if let Some(holder) = self.holders.get(path).filter(|holder| !self.yields(holder)) {
            let (path, holder) = (path.clone(), holder.id);
            return Some(ImportConflict::FileHasOther { id, path, holder });
        }
        // The next commit would drop a new record that names no file.
        let is_file = record.is_active() && (self.is_tracked)(path);
        (!is_file).then(|| ImportConflict::Untracked(id, path.clone()))
    }

    /// Returns whether an identity was only given because the other repository's files came here
    /// before their records.
    fn yields(&self, holder: &Allocation) -> bool {
        let is_own = holder.id.scope() == self.registry.scope;
        self.is_joining_repositories && holder.is_active() && is_own
    }

    /// Returns the reason a new record's identities cannot be used.
    fn unusable_id(&self, record: &Allocation) -> Option<ImportConflict> {
        let (id, scope) = (record.id, record.id.scope());
        // An identity with an unknown scope would fail the next check.
        let is_known = scope == self.registry.scope || self.legacy_scopes.contains(&scope);
        self.taken_id(record).or((!is_known).then_some(ImportConflict::ForeignScope(id)))
    }

    /// Returns a conflict if another record has one of this record's identities.
    fn taken_id(&self, record: &Allocation) -> Option<ImportConflict> {
        record.ids().find_map(|id| match self.by_id.get(&id) {
            // The record's own identities do not conflict.
            Some(own) if own.origin != record.origin => Some(taken(id, own, record)),
            Some(_) => None,
            None => self.reserved.contains(&id).then_some(ImportConflict::Reserved(id)),
        })
    }

    fn taken_doc_id(&self, record: &Allocation) -> Option<ImportConflict> {
        // Only an active record claims its second identity.
        let doc_id = record.text(key::DOC_ID).filter(|_| record.is_active())?;
        let own = self.by_doc_id.get(doc_id).filter(|own| own.origin != record.origin)?;
        let (doc_id, path) = (doc_id.to_owned(), own.path.clone());
        Some(ImportConflict::TakenDocId { doc_id, id: record.id, path, holder: own.id })
    }
}

/// Turns a new record's number into an alias of its file's identity; the record with that identity
/// also gets any values that it lacks.
fn join(found: &mut MatchedImport, record: &Allocation, holder: &Allocation) {
    // Two imported numbers may belong to the same file.
    let present = found.changed.iter().position(|(own, _)| own.origin == holder.origin);
    let place = present.unwrap_or_else(|| {
        found.changed.push((holder.clone(), Vec::new()));
        found.changed.len() - 1
    });
    let (after, differences) = &mut found.changed[place];
    let left = take_values(after, record, false);
    after.aliases.insert(record.id);
    *differences = record_discrepancies(holder, after);
    let path = record.path.clone();
    let remark = AdditionRemark::Joined { id: record.id, holder: holder.id, path, left };
    found.notes.push(remark.to_string());
}

/// Returns the conflict of two records with one identity.
fn taken(id: Id, own: &Allocation, read: &Allocation) -> ImportConflict {
    ImportConflict::TakenId { id, path: own.path.clone(), other: read.path.clone() }
}

/// Returns whether the record's status depends on its file.
fn follows_tree(record: &Allocation) -> bool {
    record.is_active() || record.revives()
}

/// Returns a remark if the imported record has a different time, because commits never change the
/// time of an allocation.
fn note_of_time(own: &Allocation, read: &Allocation) -> Option<String> {
    let (id, here, there) = (own.id, own.allocated_at, read.allocated_at);
    (here != there).then(|| format!("{id} keeps its time {here}, not {there}"))
}

#[cfg(test)]
#[path = "match_imported_tests.rs"]
mod tests;

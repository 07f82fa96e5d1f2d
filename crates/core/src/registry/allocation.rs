//! [`Allocation`]: one record in the registry.

use std::collections::BTreeSet;

use super::json::{Json, Object};
use super::keys::{key, reason};
use super::web_address::is_web_address;
use super::{BlobId, Id, Origin, RepoPath, Timestamp};

crate::words! {
    /// A record's status.
    pub enum Status {
        /// The record names a file.
        Active = "active",
        /// The file was deleted, or a command deprecated its identity.
        Deprecated = "deprecated",
        /// Another identity replaced this one.
        Superseded = "superseded",
    }
}

/// Decides between two records with the same claim: the record with the smaller value wins.
pub type Seniority = (Timestamp, Origin);

/// A record: an identity, the allocation it belongs to, and the path it names.
///
/// A record holds facts only. Whether it is shadowed is computed when a registry is formatted, and
/// undone when it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The allocation's current identity.
    pub id: Id,
    /// The path that the record names, or last named.
    pub path: RepoPath,
    /// The time of the allocation.
    pub allocated_at: Timestamp,
    /// The status; a shadowed record counts as active here.
    pub status: Status,
    /// The origin, which identifies the allocation across all branches.
    pub origin: Origin,
    /// Whether the record had no origin when it was read, in which case `origin` is derived.
    pub origin_is_derived: bool,
    /// Whether the record was marked as shadowed by another record at its path when it was read.
    pub shadowed: bool,
    /// The identity that the record first claimed; differs from `id` only after a collision.
    pub claim: Id,
    /// The identities that the record had before, or has elsewhere.
    pub aliases: BTreeSet<Id>,
    /// The remaining `metadata`.
    pub metadata: Object,
    /// Keys in the record that idhooks does not know.
    pub extra: Object,
}

impl Allocation {
    /// Returns a new active record without metadata.
    pub fn new(id: Id, path: RepoPath, allocated_at: Timestamp, origin: Origin) -> Self {
        Allocation {
            id,
            path,
            allocated_at,
            status: Status::Active,
            origin,
            origin_is_derived: false,
            shadowed: false,
            claim: id,
            aliases: BTreeSet::new(),
            metadata: Object::new(),
            extra: Object::new(),
        }
    }

    /// Returns the seniority, which decides between records with the same claim.
    pub fn seniority(&self) -> Seniority {
        (self.allocated_at, self.origin)
    }

    /// Returns a metadata key's value, if it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).and_then(Json::as_str)
    }

    /// Returns the file's blob at the time it was deleted, if known.
    pub fn last_blob(&self) -> Option<BlobId> {
        self.text(key::LAST_BLOB)?.parse().ok()
    }

    /// Returns the web address at which the file is now, if a command noted one when it ended the
    /// identity here. Anything else in that place, which a person may have written, is no address.
    pub fn moved_to(&self) -> Option<&str> {
        let is_ended = self.status == Status::Deprecated;
        self.text(key::MOVED_TO).filter(|address| is_ended && is_web_address(address))
    }

    /// Returns whether the record is active.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Returns whether the record has been reduced to a tombstone.
    pub fn is_purged(&self) -> bool {
        self.metadata.contains_key(key::PURGED)
    }

    /// Returns whether the record is deprecated, but revived automatically if its file comes back.
    pub fn revives(&self) -> bool {
        let by_itself = |text| reason::SELF_REVIVING.contains(&text);
        self.status == Status::Deprecated
            && !self.is_purged()
            && self.text(key::DEPRECATED_REASON).is_some_and(by_itself)
    }

    /// Returns all of the record's identities: its own, the one it claimed, and its aliases.
    pub fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        [self.id, self.claim].into_iter().chain(self.aliases.iter().copied())
    }

    /// Returns whether a command deprecated the record, in which case it holds its path as long as
    /// the file exists.
    pub fn is_deprecated_by_command(&self) -> bool {
        self.status == Status::Deprecated && !self.is_purged() && !self.revives()
    }

    /// Returns whether the merge driver, which does not see contents, ended the record, because the
    /// commit that added it was reverted or another record replaced it.
    pub fn is_ended_by_driver(&self) -> bool {
        let why = self.text(key::DEPRECATED_REASON);
        self.revives()
            && matches!(why, Some(reason::REVERTED | reason::MERGED))
            && self.last_blob().is_none()
    }

    /// Returns the origins of the records whose path this record took over on purpose, in order.
    pub fn reassigned_from(&self) -> impl Iterator<Item = Origin> {
        let origins = values(self.metadata.get(key::REASSIGNED_FROM));
        origins.iter().filter_map(|origin| origin.as_str()?.parse().ok())
    }

    /// Returns whether the record notes that it superseded another record.
    pub fn supersedes(&self, old: &Allocation) -> bool {
        let links = values(self.metadata.get(key::SUPERSEDES)).iter();
        let mut ids = links.filter_map(|id| id.as_str()?.parse().ok());
        ids.any(|id| old.answers_to(id))
    }

    /// Appends a link to another record under a metadata key.
    pub fn add_link(&mut self, key: &str, link: &str) {
        let link = Json::string(link);
        let mut links = self.take_links(key);
        // The last link is the latest, so repeating a correction moves its link to the end.
        links.retain(|known| *known != link);
        links.push(link);
        self.put_links(key, links);
    }

    /// Removes the link to another record that this one superseded.
    pub fn remove_superseded(&mut self, old: &Allocation) {
        let is_it = |link: &Json| {
            let id = link.as_str().and_then(|id| id.parse().ok());
            id.is_some_and(|id| old.answers_to(id))
        };
        let mut links = self.take_links(key::SUPERSEDES);
        links.retain(|link| !is_it(link));
        self.put_links(key::SUPERSEDES, links);
    }

    fn take_links(&mut self, key: &str) -> Vec<Json> {
        match self.metadata.remove(key) {
            Some(Json::Array(links)) => links,
            link => link.into_iter().collect(),
        }
    }

    /// Writes a single link as a string, several as a list, and nothing if there are none.
    fn put_links(&mut self, key: &str, mut links: Vec<Json>) {
        let value = match links.len() {
            0 => return,
            1 => links.swap_remove(0),
            _ => Json::Array(links),
        };
        self.metadata.insert(key.to_owned(), value);
    }

    /// Returns whether a command moved the record away from `path` on purpose.
    pub fn was_moved_from(&self, path: &RepoPath) -> bool {
        // The paths are compared as text, because that is how a command writes the note: it does
        // not preserve the bytes of a path that is not UTF-8.
        self.text(key::MOVED_FROM).is_some_and(|from| from == path.to_string())
    }

    /// Returns whether a command, in this commit or an earlier one, noted in the record how it got
    /// or lost a path.
    pub fn has_evidence(&self) -> bool {
        key::OF_EVIDENCE.iter().any(|key| self.metadata.contains_key(*key))
    }

    /// Returns whether a commit adds evidence to the record, given the record `before` the commit.
    /// It does if a command's notes have changed, if a command noted exactly the move the record
    /// made, or if the record had ended at this path, as after a merge that did not know about the
    /// command yet. If the record's file was deleted, only a command that revives the record counts
    /// as evidence.
    ///
    /// Commands' notes stay in the record, so unchanged notes refer to an earlier commit.
    pub fn adds_evidence_to(&self, before: &Allocation) -> bool {
        let mut keys = key::OF_EVIDENCE.iter();
        keys.any(|key| self.metadata.get(*key) != before.metadata.get(*key))
            || (self.path != before.path && self.was_moved_from(&before.path))
            || (self.is_active()
                && before.revives()
                && match before.text(key::DEPRECATED_REASON) {
                    // By the time a reverted change is reapplied, its file may have been renamed.
                    Some(reason::REVERTED) => self.has_evidence(),
                    _ if self.path != before.path => false,
                    Some(reason::DELETED) => self.was_moved_from(&self.path),
                    _ => self.has_evidence(),
                })
    }

    /// Returns whether the record is new since `before`, or a command has assigned it to another
    /// record's file, which ended that other record. If a command swaps files, no record ends.
    pub fn is_new_or_assigned_since(&self, before: Option<&Allocation>) -> bool {
        let links = |record: &Allocation| record.metadata.get(key::SUPERSEDES).cloned();
        before.is_none_or(|before| links(before) != links(self))
    }

    /// Returns whether the record, which is in `records`, explains its status: rules and commands
    /// note why it is deprecated, and which identity replaced it.
    pub fn explains_its_status<'a>(
        &self,
        records: impl IntoIterator<Item = &'a Allocation>,
    ) -> bool {
        let has_text = |key| self.text(key).is_some_and(|text| !text.trim().is_empty());
        match self.status {
            Status::Active => true,
            Status::Deprecated => self.is_purged() || has_text(key::DEPRECATED_REASON),
            Status::Superseded => self.successor().is_some_and(|id| {
                let mut records = records.into_iter();
                // A record that names itself as its own successor explains nothing.
                records.any(|other| other.origin != self.origin && other.answers_to(id))
            }),
        }
    }

    /// Copies another record's status, along with the keys that belong to it.
    pub fn take_status_of(&mut self, other: &Allocation) {
        self.status = other.status;
        for key in key::OF_STATUS.into_iter().chain([key::SUPERSEDED_BY, key::MOVED_TO]) {
            self.take_key_of(Some(other), key);
        }
    }

    /// Sets a metadata key to the value it has in another record, or removes it.
    pub fn take_key_of(&mut self, other: Option<&Allocation>, key: &str) {
        match other.and_then(|other| other.metadata.get(key)) {
            Some(value) => drop(self.metadata.insert(key.to_owned(), value.clone())),
            None => drop(self.metadata.remove(key)),
        }
    }

    /// Sets a metadata key to a string.
    pub fn set_text(&mut self, key: &str, text: impl Into<String>) {
        self.metadata.insert(key.to_owned(), Json::string(text));
    }

    /// Sets the status, and removes the keys that belong to the old status.
    pub fn set_status(&mut self, status: Status) {
        self.status = status;
        for key in key::OF_STATUS {
            self.metadata.remove(key);
        }
    }

    /// Returns the identity that superseded this record.
    pub fn successor(&self) -> Option<Id> {
        let named = self.text(key::SUPERSEDED_BY).filter(|_| self.status == Status::Superseded);
        named?.parse().ok()
    }

    /// Returns whether `id` is the record's identity or one of its aliases.
    pub fn answers_to(&self, id: Id) -> bool {
        self.id == id || self.aliases.contains(&id)
    }

    /// Makes the record active at `path`.
    pub fn activate(&mut self, path: RepoPath) {
        self.set_status(Status::Active);
        self.metadata.remove(key::MOVED_TO);
        self.path = path;
    }

    /// Moves the record to `path`, making it active there unless a command deprecated it.
    pub fn follow(&mut self, path: RepoPath) {
        if self.is_deprecated_by_command() {
            self.path = path;
        } else {
            self.activate(path);
        }
    }

    /// Deprecates the record for the given reason, noting `at` and `last_blob` if known.
    pub fn retire(&mut self, reason: &str, at: Option<Timestamp>, last_blob: Option<String>) {
        // A merge can leave the note in a record that is active.
        if self.is_active() {
            self.metadata.remove(key::MOVED_TO);
        }
        self.status = Status::Deprecated;
        self.set_text(key::DEPRECATED_REASON, reason);
        if let Some(at) = at {
            self.set_text(key::DEPRECATED_AT, at.as_str());
        }
        if let Some(blob) = last_blob {
            self.set_text(key::LAST_BLOB, blob);
        }
    }
}

/// Returns the values of a key that holds either a single value or a list.
pub(crate) fn values(value: Option<&Json>) -> &[Json] {
    match value {
        Some(Json::Array(all)) => all,
        one => one.map_or(&[], std::slice::from_ref),
    }
}

//! [`Allocation`]: one record of the registry.

use std::collections::BTreeSet;

use super::json::{Json, Object};
use super::{BlobId, Id, Origin, RepoPath, Timestamp};

/// The reasons for which idhooks deprecates records automatically. Such records revive
/// automatically; a record deprecated for another reason, by command, does not.
pub mod reason {
    /// The file was deleted.
    pub const DELETED: &str = "deleted";
    /// The file was deleted by a merge.
    pub const MERGED: &str = "merged";
    /// The commit that added the file was reverted.
    pub const REVERTED: &str = "reverted";
    /// The file exists, but the configuration no longer tracks it.
    pub const EXCLUDED: &str = "excluded";

    /// Every reason for which a record revives automatically.
    pub const SELF_REVIVING: [&str; 4] = [DELETED, MERGED, REVERTED, EXCLUDED];
}

/// The keys of a record's `metadata` that have a meaning for idhooks.
pub mod key {
    /// The origin, which identifies the allocation.
    pub const ORIGIN: &str = "origin";
    /// The identity that the record claimed first, if it had to take another one.
    pub const CLAIM: &str = "claim";
    /// The identities that the allocation had before, or has on other branches.
    pub const ALIASES: &str = "aliases";
    /// Marks a record that is written as superseded only because another one holds its path.
    pub const SHADOWED: &str = "shadowed";
    /// The time of the deprecation.
    pub const DEPRECATED_AT: &str = "deprecated_at";
    /// The reason for the deprecation; see [`super::reason`].
    pub const DEPRECATED_REASON: &str = "deprecated_reason";
    /// The blob of the file when it was deleted.
    pub const LAST_BLOB: &str = "last_blob";
    /// The identity that replaced this one.
    pub const SUPERSEDED_BY: &str = "superseded_by";
    /// The identity that this one replaced.
    pub const SUPERSEDES: &str = "supersedes";
    /// The identity of the file that this one is a copy of.
    pub const COPIED_FROM: &str = "copied_from";
    /// The origin of the record that held the path before a correction; a list after several
    /// corrections, the last one last.
    pub const REASSIGNED_FROM: &str = "reassigned_from";
    /// The path in the last commit, if a command moved the record to another file; its own path, if a command
    /// revived it for the file there.
    pub const MOVED_FROM: &str = "moved_from";
    /// The exact bytes of a path that is not UTF-8, in hexadecimal.
    pub const PATH_HEX: &str = "path_hex";
    /// Marks a record that was reduced to a tombstone.
    pub const PURGED: &str = "purged";

    /// How another program wrote the record, or the head of the registry, where that differs.
    pub const LEGACY_SPELLING: &str = "legacy_spelling";
    /// When another program last changed the legacy file; of the head of the registry.
    pub const LEGACY_CHANGED_AT: &str = "legacy_changed_at";
    /// The numbers up to this one are left to the program of the legacy file; of the head of the registry.
    pub const LEGACY_BOUND: &str = "legacy_bound";
    /// Notes about the legacy file in the head of the registry, which are not in the legacy file
    /// itself.
    pub const OF_LEGACY_FILE: [&str; 2] = [LEGACY_CHANGED_AT, LEGACY_BOUND];

    /// The identity that another tool gave the file.
    pub const DOC_ID: &str = "doc_id";
    /// Such an identity that the file lost to another one, or to another identity of its own that a
    /// merge preferred; a list if there are several, in order.
    pub const DISPLACED_DOC_ID: &str = "displaced_doc_id";

    /// Every key that idhooks writes itself.
    pub const OWN: [&str; 16] = [
        ORIGIN,
        CLAIM,
        ALIASES,
        SHADOWED,
        DEPRECATED_AT,
        DEPRECATED_REASON,
        LAST_BLOB,
        SUPERSEDED_BY,
        SUPERSEDES,
        COPIED_FROM,
        REASSIGNED_FROM,
        MOVED_FROM,
        PATH_HEX,
        PURGED,
        LEGACY_SPELLING,
        DISPLACED_DOC_ID,
    ];
    /// The keys whose values are identities of other records.
    pub const LINKS: [&str; 3] = [SUPERSEDED_BY, SUPERSEDES, COPIED_FROM];
    /// The keys with which commands note how a record got or lost a path.
    pub const OF_EVIDENCE: [&str; 3] = [SUPERSEDED_BY, REASSIGNED_FROM, MOVED_FROM];
    /// The keys that belong to the status.
    pub const OF_STATUS: [&str; 4] = [DEPRECATED_AT, DEPRECATED_REASON, LAST_BLOB, PURGED];
}

crate::words! {
    /// The status of a record.
    pub enum Status {
        /// The record names a file.
        Active = "active",
        /// The file was deleted, or its identity was deprecated by command.
        Deprecated = "deprecated",
        /// Another identity replaced it.
        Superseded = "superseded",
    }
}

/// The order that decides between two records with the same claim: the smaller one wins.
pub type Seniority = (Timestamp, Origin);

/// One record: an identity, the allocation it belongs to, and the path it names.
///
/// It holds facts. The derived status (`shadowed`) is computed when a registry is formatted, and
/// reverted when it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The current identity of the allocation.
    pub id: Id,
    /// The path that it names, or named last.
    pub path: RepoPath,
    /// The time of the allocation.
    pub allocated_at: Timestamp,
    /// The status; a shadowed record is active here.
    pub status: Status,
    /// The origin, which identifies the allocation on all branches.
    pub origin: Origin,
    /// Whether the record was read without an origin, so that `origin` is derived.
    pub origin_is_derived: bool,
    /// Whether the record was marked as shadowed by another one at its path when it was read.
    pub shadowed: bool,
    /// The identity that it claimed first; differs from `id` only after a collision.
    pub claim: Id,
    /// The identities that it had before, or has elsewhere.
    pub aliases: BTreeSet<Id>,
    /// The rest of `metadata`.
    pub metadata: Object,
    /// Unknown keys of the record.
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

    /// Returns the value of a metadata key, if it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).and_then(Json::as_str)
    }

    /// Returns the blob of the file when it was deleted, if it is known.
    pub fn last_blob(&self) -> Option<BlobId> {
        self.text(key::LAST_BLOB)?.parse().ok()
    }

    /// Returns whether the record is active.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Returns whether the record was reduced to a tombstone.
    pub fn is_purged(&self) -> bool {
        self.metadata.contains_key(key::PURGED)
    }

    /// Returns whether the record is deprecated and revives automatically with its file.
    pub fn revives(&self) -> bool {
        let by_itself = |text| reason::SELF_REVIVING.contains(&text);
        self.status == Status::Deprecated
            && !self.is_purged()
            && self.text(key::DEPRECATED_REASON).is_some_and(by_itself)
    }

    /// Returns its identities: its own, the one that it claimed, and its aliases.
    pub fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        [self.id, self.claim].into_iter().chain(self.aliases.iter().copied())
    }

    /// Returns whether the record was deprecated by command, and so holds its path while the file
    /// exists.
    pub fn is_deprecated_by_command(&self) -> bool {
        self.status == Status::Deprecated && !self.is_purged() && !self.revives()
    }

    /// Returns whether the merge driver, which sees no contents, ended the record: a reverted commit added it, or
    /// another record replaced it.
    pub fn is_ended_by_driver(&self) -> bool {
        let why = self.text(key::DEPRECATED_REASON);
        self.revives()
            && matches!(why, Some(reason::REVERTED | reason::MERGED))
            && self.last_blob().is_none()
    }

    /// Returns the origins of the records from which it took a path over on purpose, in order.
    pub fn reassigned_from(&self) -> impl Iterator<Item = Origin> {
        let origins = values(self.metadata.get(key::REASSIGNED_FROM));
        origins.iter().filter_map(|origin| origin.as_str()?.parse().ok())
    }

    /// Returns whether it has a note that it superseded another record.
    pub fn supersedes(&self, old: &Allocation) -> bool {
        let links = values(self.metadata.get(key::SUPERSEDES)).iter();
        let mut ids = links.filter_map(|id| id.as_str()?.parse().ok());
        ids.any(|id| old.answers_to(id))
    }

    /// Adds a link to another record under a key of the metadata, as the last one.
    pub fn add_link(&mut self, key: &str, link: &str) {
        let link = Json::string(link);
        let mut links = self.take_links(key);
        // The last link is the latest one; a repeated correction moves it to the end.
        links.retain(|known| *known != link);
        links.push(link);
        self.put_links(key, links);
    }

    /// Removes its link to another record that it superseded.
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

    /// Writes nothing, one link, or a list.
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
        // As text, because a command writes the note as text: the bytes of a path that is not UTF-8
        // are not in it.
        self.text(key::MOVED_FROM).is_some_and(|from| from == path.to_string())
    }

    /// Returns whether a command noted in the record how it got or lost a path, in this commit or in
    /// an earlier one.
    pub fn has_evidence(&self) -> bool {
        key::OF_EVIDENCE.iter().any(|key| self.metadata.contains_key(*key))
    }

    /// Returns whether a commit adds evidence to the record, which was `before` in its parent: what
    /// commands note has changed, the record moved and a command noted this very move, or it ended
    /// there at the same path, as by a merge that did not know the command yet. If its file was deleted, only
    /// the command that revives it says so.
    ///
    /// What commands note stays in the record, so otherwise it is about an earlier commit.
    pub fn adds_evidence_to(&self, before: &Allocation) -> bool {
        let mut keys = key::OF_EVIDENCE.iter();
        keys.any(|key| self.metadata.get(*key) != before.metadata.get(*key))
            || (self.path != before.path && self.was_moved_from(&before.path))
            || (self.is_active()
                && before.revives()
                && match before.text(key::DEPRECATED_REASON) {
                    // A reverted change that is applied again may find its file renamed.
                    Some(reason::REVERTED) => self.has_evidence(),
                    _ if self.path != before.path => false,
                    Some(reason::DELETED) => self.was_moved_from(&self.path),
                    _ => self.has_evidence(),
                })
    }

    /// Returns whether the record is new since `before`, or a command has assigned it to the file of another one,
    /// which ended. Of files that a command exchanged, none ended.
    pub fn is_new_or_assigned_since(&self, before: Option<&Allocation>) -> bool {
        let links = |record: &Allocation| record.metadata.get(key::SUPERSEDES).cloned();
        before.is_none_or(|before| links(before) != links(self))
    }

    /// Returns whether the record, one of `records`, says why it has its status: rules and commands
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
                // A record that names itself as its successor explains nothing.
                records.any(|other| other.origin != self.origin && other.answers_to(id))
            }),
        }
    }

    /// Copies the status of another record, with the keys that belong to it.
    pub fn take_status_of(&mut self, other: &Allocation) {
        self.status = other.status;
        for key in key::OF_STATUS.into_iter().chain([key::SUPERSEDED_BY]) {
            self.take_key_of(Some(other), key);
        }
    }

    /// Sets a key of the metadata to the value in another record, or removes it.
    pub fn take_key_of(&mut self, other: Option<&Allocation>, key: &str) {
        match other.and_then(|other| other.metadata.get(key)) {
            Some(value) => drop(self.metadata.insert(key.to_owned(), value.clone())),
            None => drop(self.metadata.remove(key)),
        }
    }

    /// Sets a key of the metadata to a text.
    pub fn set_text(&mut self, key: &str, text: impl Into<String>) {
        self.metadata.insert(key.to_owned(), Json::string(text));
    }

    /// Sets the status, and removes the keys that belong to the old one.
    pub fn set_status(&mut self, status: Status) {
        self.status = status;
        for key in key::OF_STATUS {
            self.metadata.remove(key);
        }
    }

    /// Returns the identity that superseded it.
    pub fn successor(&self) -> Option<Id> {
        let named = self.text(key::SUPERSEDED_BY).filter(|_| self.status == Status::Superseded);
        named?.parse().ok()
    }

    /// Returns whether `id` is the identity of the record or one of its aliases.
    pub fn answers_to(&self, id: Id) -> bool {
        self.id == id || self.aliases.contains(&id)
    }

    /// Makes the record active at `path`.
    pub fn activate(&mut self, path: RepoPath) {
        self.set_status(Status::Active);
        self.path = path;
    }

    /// Moves the record to `path`: active there, unless it was deprecated by command.
    pub fn follow(&mut self, path: RepoPath) {
        if self.is_deprecated_by_command() {
            self.path = path;
        } else {
            self.activate(path);
        }
    }

    /// Deprecates the record for `reason`, with `at` and `last_blob` if they are known.
    pub fn retire(&mut self, reason: &str, at: Option<Timestamp>, last_blob: Option<String>) {
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

/// Returns the values of a key that has one or a list of them.
pub(crate) fn values(value: Option<&Json>) -> &[Json] {
    match value {
        Some(Json::Array(all)) => all,
        one => one.map_or(&[], std::slice::from_ref),
    }
}

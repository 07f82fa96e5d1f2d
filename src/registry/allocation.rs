//! One record of the registry.

use std::collections::BTreeSet;

use super::json::{Json, Object};
use super::{Id, Origin, RepoPath, Timestamp};

/// Why a record is deprecated, where its file went away by itself. Such records revive by
/// themselves; one deprecated for any other reason, by command, never does.
pub mod reason {
    /// The file was deleted.
    pub const DELETED: &str = "deleted";
    /// The file is gone after a merge.
    pub const MERGED: &str = "merged";
    /// The commit that added the file was reverted.
    pub const REVERTED: &str = "reverted";
    /// The file is there, but the rules no longer track it.
    pub const EXCLUDED: &str = "excluded";

    /// Every reason that lets a record revive by itself.
    pub const SELF_REVIVING: [&str; 4] = [DELETED, MERGED, REVERTED, EXCLUDED];
}

/// Keys of a record's `metadata` that have a meaning of their own.
pub mod key {
    /// What makes two records the same allocation.
    pub const ORIGIN: &str = "origin";
    /// The identity first chosen, where the record had to take another one.
    pub const CLAIM: &str = "claim";
    /// Identities the allocation had before, or has on other branches.
    pub const ALIASES: &str = "aliases";
    /// The record is written as superseded only because another one holds its path.
    pub const SHADOWED: &str = "shadowed";
    /// When the record was deprecated.
    pub const DEPRECATED_AT: &str = "deprecated_at";
    /// Why the record was deprecated; see [`super::reason`].
    pub const DEPRECATED_REASON: &str = "deprecated_reason";
    /// The blob the file had when it was deleted.
    pub const LAST_BLOB: &str = "last_blob";
    /// The identity that took this one's place.
    pub const SUPERSEDED_BY: &str = "superseded_by";
    /// The identity whose place this one took.
    pub const SUPERSEDES: &str = "supersedes";
    /// The identity of the file this one is a copy of.
    pub const COPIED_FROM: &str = "copied_from";
    /// The origin of the record that held the path before a correction; of several corrections a
    /// list, the last one last.
    pub const REASSIGNED_FROM: &str = "reassigned_from";
    /// The path that the last commit had, where a command moved the record to another file.
    pub const MOVED_FROM: &str = "moved_from";
    /// The exact bytes of a path that is not UTF-8, in hexadecimal.
    pub const PATH_HEX: &str = "path_hex";
    /// The record was shortened for good.
    pub const PURGED: &str = "purged";

    /// A foreign identity of the file.
    pub const DOC_ID: &str = "doc_id";

    /// Every key that idhooks writes itself.
    pub const OWN: [&str; 14] = [
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
    ];
    /// The keys whose values are identities of other records.
    pub const LINKS: [&str; 3] = [SUPERSEDED_BY, SUPERSEDES, COPIED_FROM];
    /// The keys that travel with the status.
    pub const OF_STATUS: [&str; 4] = [DEPRECATED_AT, DEPRECATED_REASON, LAST_BLOB, PURGED];
}

/// The state of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The record names a file.
    Active,
    /// The file is gone, or its identity was given up by command.
    Deprecated,
    /// Another identity took its place.
    Superseded,
}

impl Status {
    /// Returns the word the registry uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Deprecated => "deprecated",
            Status::Superseded => "superseded",
        }
    }

    /// Returns the state with that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Status::Active, Status::Deprecated, Status::Superseded]
            .into_iter()
            .find(|s| s.as_str() == word)
    }
}

/// What decides between two records that want the same thing: the smaller one gets it.
pub type Seniority = (Timestamp, Origin);

/// One record: an identity, the allocation it belongs to, and the path it names.
///
/// Holds facts. What is derived from facts (`shadowed`) is worked out when a registry is
/// written and taken back when it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The identity the allocation has now.
    pub id: Id,
    /// The path it names, or named last.
    pub path: RepoPath,
    /// When it was made.
    pub allocated_at: Timestamp,
    /// Its state; a shadowed record is active here.
    pub status: Status,
    /// What makes it the same allocation elsewhere.
    pub origin: Origin,
    /// Whether the record was read without an origin, so that `origin` is a stand-in.
    pub origin_is_derived: bool,
    /// Whether the record was read as shadowed by another one at its path.
    pub shadowed: bool,
    /// The identity first chosen; differs from `id` only after a collision.
    pub claim: Id,
    /// Identities it had before or has elsewhere.
    pub aliases: BTreeSet<Id>,
    /// Everything else in `metadata`.
    pub metadata: Object,
    /// Unknown keys of the record.
    pub extra: Object,
}

impl Allocation {
    /// Returns a fresh active record without any metadata.
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

    /// Returns what decides between this record and another that wants the same thing.
    pub fn seniority(&self) -> Seniority {
        (self.allocated_at, self.origin)
    }

    /// Returns the text of a metadata key, if it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).and_then(Json::as_str)
    }

    /// Returns whether the record names a file by being active.
    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// Returns whether the record was shortened for good.
    pub fn is_purged(&self) -> bool {
        self.metadata.contains_key(key::PURGED)
    }

    /// Returns whether the record is deprecated and comes back by itself with its file.
    pub fn revives(&self) -> bool {
        let by_itself = |text| reason::SELF_REVIVING.contains(&text);
        self.status == Status::Deprecated
            && !self.is_purged()
            && self.text(key::DEPRECATED_REASON).is_some_and(by_itself)
    }

    /// Returns whether the record was deprecated on purpose, and so still holds its path
    /// while the file stays.
    pub fn is_deprecated_by_command(&self) -> bool {
        self.status == Status::Deprecated && !self.is_purged() && !self.revives()
    }

    /// Returns from whom the record took a path over on purpose, the last one last.
    pub fn reassigned_from(&self) -> impl Iterator<Item = Origin> {
        let told = self.metadata.get(key::REASSIGNED_FROM);
        let told = told.map_or(&[][..], |told| match told {
            Json::Array(all) => all,
            one => std::slice::from_ref(one),
        });
        told.iter().filter_map(|origin| origin.as_str()?.parse().ok())
    }

    /// Returns whether a command moved the record away from `path` on purpose.
    pub fn was_moved_from(&self, path: &RepoPath) -> bool {
        self.text(key::MOVED_FROM).is_some_and(|from| from == path.to_string())
    }

    /// Returns whether the record, one of `records`, says how it came to its status: rules and
    /// commands note why it is deprecated, and which identity took its place.
    pub fn explains_its_status<'a>(
        &self,
        records: impl IntoIterator<Item = &'a Allocation>,
    ) -> bool {
        let has_text = |key| self.text(key).is_some_and(|text| !text.trim().is_empty());
        match self.status {
            Status::Active => true,
            Status::Deprecated => self.is_purged() || has_text(key::DEPRECATED_REASON),
            Status::Superseded => {
                let successor = self.text(key::SUPERSEDED_BY).and_then(|text| text.parse().ok());
                let is_it = |id| {
                    let mut records = records.into_iter();
                    records.any(|other| other.origin != self.origin && other.answers_to(id))
                };
                successor.is_some_and(is_it)
            }
        }
    }

    /// Gives the record the status of another one, and what travels with it.
    pub fn take_status_of(&mut self, other: &Allocation) {
        self.status = other.status;
        for key in key::OF_STATUS.into_iter().chain([key::SUPERSEDED_BY]) {
            match other.metadata.get(key) {
                Some(value) => drop(self.metadata.insert(key.to_owned(), value.clone())),
                None => drop(self.metadata.remove(key)),
            }
        }
    }

    /// Returns whether `id` is the record's identity, or was before a collision.
    pub fn answers_to(&self, id: Id) -> bool {
        self.id == id || self.aliases.contains(&id)
    }

    /// Makes the record active at `path`.
    pub fn activate(&mut self, path: RepoPath) {
        self.status = Status::Active;
        self.path = path;
        for key in key::OF_STATUS {
            self.metadata.remove(key);
        }
    }

    /// Takes the record along to `path`: active there, unless it was deprecated by command.
    pub fn follow(&mut self, path: RepoPath) {
        if self.is_deprecated_by_command() {
            self.path = path;
        } else {
            self.activate(path);
        }
    }

    /// Deprecates the record for `reason`; `at` and `last_blob` where they are known.
    pub fn retire(&mut self, reason: &str, at: Option<Timestamp>, last_blob: Option<String>) {
        self.status = Status::Deprecated;
        self.metadata.insert(key::DEPRECATED_REASON.to_owned(), Json::string(reason));
        if let Some(at) = at {
            self.metadata.insert(key::DEPRECATED_AT.to_owned(), Json::string(at.as_str()));
        }
        if let Some(blob) = last_blob {
            self.metadata.insert(key::LAST_BLOB.to_owned(), Json::string(blob));
        }
    }
}

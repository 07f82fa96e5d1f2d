//! Decides which of the identities that files already carry can be kept when a repository is
//! adopted.

use std::collections::BTreeMap;
use std::fmt;

use idhooks_core::registry::{FileName, Id, RepoPath, Scope, grouped};

idhooks_core::words! {
    /// The places where an adoption looks for identities to keep.
    pub enum AdoptFrom, help {
        /// At the beginning of file names.
        Names = "names", "Identities at the beginning of file names";
        /// At the head of files.
        Heads = "heads", "Identities at the heads of files, as 'doc_id'";
        /// In file names and at the head of files.
        Both = "both", "Both; a file whose name and head differ gets a new identity";
    }
}

impl AdoptFrom {
    fn takes(self, place: CarriedIn) -> bool {
        match place {
            CarriedIn::Name => self != AdoptFrom::Heads,
            CarriedIn::Head => self != AdoptFrom::Names,
        }
    }
}

/// Where a file carries an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CarriedIn {
    /// At the beginning of its name.
    Name,
    /// At its head.
    Head,
}

impl fmt::Display for CarriedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CarriedIn::Name => "in its name",
            CarriedIn::Head => "at its head",
        })
    }
}

/// The identities that files carry during an adoption, keyed by file number.
#[derive(Debug, Default)]
pub struct CarriedIds {
    valid: Vec<(u32, CarriedIn, Id)>,
    /// Strings that look like identities but are invalid.
    malformed: Vec<(u32, CarriedIn, String)>,
}

impl CarriedIds {
    /// Adds the identity in a file's name.
    pub fn read_name(&mut self, file: u32, path: &RepoPath) {
        let name = path.basename();
        match (FileName::of(name).id(), FileName::malformed(name)) {
            (Some(id), _) => self.valid.push((file, CarriedIn::Name, id)),
            (None, Some(text)) => self.malformed.push((file, CarriedIn::Name, text.to_owned())),
            (None, None) => {}
        }
    }

    /// Adds the identity at the head of a file.
    pub fn read_head(&mut self, file: u32, text: &str) {
        match text.parse() {
            Ok(id) => self.valid.push((file, CarriedIn::Head, id)),
            // The placeholder requests an identity; it is not an identity itself.
            Err(_) if text == Id::PLACEHOLDER => {}
            Err(_) => self.malformed.push((file, CarriedIn::Head, text.to_owned())),
        }
    }

    /// Returns each file with the identity it carries.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Id)> {
        self.valid.iter().map(|(file, _, id)| (*file, *id))
    }

    /// Returns the most common scope among the identities.
    pub fn main_scope(&self, from: AdoptFrom) -> Option<Scope> {
        let ids = self.valid.iter().filter(|(_, place, _)| from.takes(*place));
        let scopes = grouped(ids.map(|(file, _, id)| (id.scope(), *file)));
        // If two scopes are equally common, the smaller one wins, so that every clone makes the
        // same choice.
        let most = scopes.into_iter().max_by_key(|(s, files)| (files.len(), std::cmp::Reverse(*s)));
        most.map(|(scope, _)| scope)
    }

    /// Returns the identities that are kept, keyed by file, and the reasons the others are not, in
    /// file order.
    pub fn sort_out(&self, from: AdoptFrom, scopes: &[Scope]) -> SortedIds {
        let takes = |place: &CarriedIn| from.takes(*place);
        let mut rest: Vec<(u32, CarriedIn, String, UnkeptReason)> = Vec::new();
        let malformed = self.malformed.iter().filter(|(_, place, _)| takes(place));
        rest.extend(
            malformed
                .map(|(file, place, text)| (*file, *place, text.clone(), UnkeptReason::Malformed)),
        );
        let valid = self.valid.iter().filter(|(_, place, _)| takes(place));
        let by_file = grouped(valid.map(|(file, place, id)| (*file, (*place, *id))));
        let mut files_of: BTreeMap<Id, Vec<(u32, CarriedIn)>> = BTreeMap::new();
        for (file, carried) in by_file {
            let differs = carried.iter().any(|(_, id)| *id != carried[0].1);
            // A file that carries two different identities is listed once for each; if the two are
            // equal, it is listed once.
            for (place, id) in carried.iter().take(if differs { 2 } else { 1 }) {
                if differs {
                    rest.push((file, *place, id.to_string(), UnkeptReason::Differs));
                } else if !scopes.contains(&id.scope()) {
                    rest.push((file, *place, id.to_string(), UnkeptReason::Scope(id.scope())));
                } else {
                    files_of.entry(*id).or_default().push((file, *place));
                }
            }
        }
        let mut kept = BTreeMap::new();
        for (id, files) in files_of {
            // If two files carry the same identity, nothing shows which one it belongs to, so
            // neither keeps it.
            if let [(file, _)] = files[..] {
                kept.insert(file, id);
                continue;
            }
            for (file, place) in &files {
                let other = files.iter().find(|(other, _)| other != file);
                let reason = other.map_or(UnkeptReason::Differs, |(n, _)| UnkeptReason::Shared(*n));
                rest.push((*file, *place, id.to_string(), reason));
            }
        }
        rest.sort_by_key(|(file, place, ..)| (*file, *place));
        SortedIds { kept, rest }
    }
}

/// The decisions an adoption makes about the identities that files carry.
#[derive(Debug, Default)]
pub struct SortedIds {
    /// The identities that files keep.
    pub kept: BTreeMap<u32, Id>,
    /// The other identities as written, with the place each was found and the reason it is not
    /// kept.
    pub rest: Vec<(u32, CarriedIn, String, UnkeptReason)>,
}

/// The reason a file does not keep the identity it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnkeptReason {
    /// The string is not a valid identity.
    Malformed,
    /// Its scope differs from the repository's.
    Scope(Scope),
    /// The file with this number carries the same identity.
    Shared(u32),
    /// The identity in the file's name differs from the one in its head.
    Differs,
}

/// An identity that a file carries but does not keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnkeptId {
    /// The file.
    pub path: RepoPath,
    /// The identity as written.
    pub text: String,
    /// Where the file carries it.
    pub place: CarriedIn,
    /// The reason the file does not keep it, phrased to complete a sentence about the identity.
    pub reason: String,
}

impl UnkeptId {
    /// Returns an identity that is not kept, with the reason spelled out; `path_of` returns the
    /// path of the file with a given number.
    pub fn new(
        path: RepoPath,
        place: CarriedIn,
        text: String,
        reason: UnkeptReason,
        path_of: impl Fn(u32) -> String,
    ) -> Self {
        let reason = match reason {
            UnkeptReason::Malformed => "is not an identity of 16 digits".to_owned(),
            UnkeptReason::Scope(scope) => format!("has the foreign scope {scope}"),
            UnkeptReason::Shared(other) => format!("is also in '{}'", path_of(other)),
            UnkeptReason::Differs => "differs: name and head have two identities".to_owned(),
        };
        UnkeptId { path, text, place, reason }
    }

    /// Returns an identity in a file name that is not kept, and the reason, phrased to complete a
    /// sentence.
    pub fn in_name(path: RepoPath, id: Id, reason: String) -> Self {
        UnkeptId { path, text: id.to_string(), place: CarriedIn::Name, reason }
    }
}

impl fmt::Display for UnkeptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnkeptId { path, text, place, reason } = self;
        write!(f, "{path}: {text} {place} {reason}")
    }
}

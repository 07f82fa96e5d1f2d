//! [`AmbiguousImport`]: a record in another registry whose file may be any of several files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::config::PathForm;
use crate::registry::{Id, RepoPath};

/// The maximum number of candidates to name in a message.
const NAMED: usize = 3;

/// A record whose file may be any of several files, so that a user must decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmbiguousImport {
    /// The record's identity.
    pub id: Id,
    /// The record's path.
    pub path: RepoPath,
    /// The files that may be the record's file.
    pub candidates: BTreeSet<RepoPath>,
}

impl AmbiguousImport {
    /// Returns the question for the user, which also names the record's keys that repeat its path.
    pub fn question(&self, path_keys: &BTreeMap<String, PathForm>) -> String {
        let keys: Vec<String> = path_keys.keys().map(|name| format!("'{name}'")).collect();
        match &keys[..] {
            [] => self.to_string(),
            [key] => format!("{self}, also into {key}, which repeats it"),
            keys => format!("{self}, also into {}, which repeat it", keys.join(" and ")),
        }
    }
}

impl fmt::Display for AmbiguousImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AmbiguousImport { id, path, candidates } = self;
        let named: Vec<String> =
            candidates.iter().take(NAMED).map(|path| format!("'{path}'")).collect();
        let more = match candidates.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" or one of {more} more"),
        };
        write!(
            f,
            "{id}: its file may be {}{more}, not '{path}': write the path of the right one into the record",
            named.join(" or ")
        )
    }
}

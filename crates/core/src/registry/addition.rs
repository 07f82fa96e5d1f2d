//! [`AdditionRemark`]: what to tell users about records that another program added.

use std::fmt;

use super::{Allocation, Id, Json, Registry, RepoPath, key};

/// What happened to an added record whose number or file was already taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdditionRemark {
    /// The record's number belongs to a file that is gone.
    Renumbered {
        /// The number.
        taken: Id,
        /// The file that has, or had, the number.
        former: RepoPath,
        /// The number that the record has instead.
        id: Id,
        /// The record's file.
        path: RepoPath,
    },
    /// The record's file already has an identity; the number became an alias of that identity.
    Joined {
        /// The number.
        id: Id,
        /// The file's identity.
        holder: Id,
        /// The file.
        path: RepoPath,
        /// The record's values that were dropped because they differ from the values the file
        /// already has.
        left: Vec<String>,
    },
}

impl AdditionRemark {
    /// Returns whether the remark still applies to a registry.
    pub fn holds_in(&self, registry: &Registry) -> bool {
        let (number, place) = match self {
            AdditionRemark::Renumbered { id, path, .. } => (id, path),
            AdditionRemark::Joined { holder, path, .. } => (holder, path),
        };
        // The record may still be waiting for its file.
        registry.allocations.iter().any(|record| record.id == *number && record.path == *place)
    }
}

impl fmt::Display for AdditionRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdditionRemark::Renumbered { taken, former, id, path } => write!(
                f,
                "{taken} was given to '{path}', but it is the identity of '{former}'; '{path}' has {id}"
            ),
            AdditionRemark::Joined { id, holder, path, left } => {
                write!(
                    f,
                    "{id} was given to '{path}', which has {holder}; it is an alias of that"
                )?;
                match left.is_empty() {
                    true => Ok(()),
                    false => write!(f, ", and these values were not taken: {}", left.join(", ")),
                }
            }
        }
    }
}

/// Copies the values of an added record that our own record lacks, or all its values if `wins` is
/// set; returns the values that were not copied, as text.
pub fn take_values(own: &mut Allocation, added: &Allocation, wins: bool) -> Vec<String> {
    // Keys set by idhooks refer to the other allocation and would be wrong in this one.
    let is_of_user = |name: &&String| !key::OWN.contains(&name.as_str());
    let metadata = added.metadata.iter().filter(|(name, _)| is_of_user(name));
    let metadata = metadata.map(|(name, value)| (true, name, value));
    let extra = added.extra.iter().map(|(name, value)| (false, name, value));
    let mut left = Vec::new();
    for (is_metadata, name, value) in metadata.chain(extra) {
        let values = if is_metadata { &mut own.metadata } else { &mut own.extra };
        match values.get(name) {
            Some(present) if present == value => {}
            Some(_) if !wins => left.push(shown(is_metadata, name, value)),
            _ => drop(values.insert(name.clone(), value.clone())),
        }
    }
    left
}

fn shown(is_metadata: bool, name: &str, value: &Json) -> String {
    let prefix = if is_metadata { "metadata." } else { "" };
    format!("{prefix}{name} = '{}'", value.to_text())
}

//! What somebody does to an identity on purpose.

use std::collections::BTreeMap;
use std::fmt;

use crate::registry::{
    Allocation, Id, Json, Origin, Registry, RepoPath, Status, Timestamp, key, reason,
};

use super::links;

/// Why something cannot be done to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleRefusal {
    /// No record has it.
    Unknown(Id),
    /// It is in a state in which that means nothing.
    Status(Id, Status),
    /// Its file is there, and would have no identity any more.
    HasFile(Id, RepoPath),
    /// Its file is not there.
    HasNoFile(Id, RepoPath),
    /// Another identity holds its path.
    Held(Id, RepoPath, Id),
    /// A reason that idhooks itself gives, or none.
    Reason(String),
    /// Both are the same identity.
    Same(Id),
}

impl fmt::Display for LifecycleRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LifecycleRefusal::Unknown(id) => write!(f, "the registry has no identity {id}"),
            LifecycleRefusal::Status(id, status) => write!(f, "{id} is {}", status.as_str()),
            LifecycleRefusal::HasFile(id, path) => {
                write!(f, "the file of {id} is still there: '{path}'")
            }
            LifecycleRefusal::HasNoFile(id, path) => {
                write!(f, "the file of {id} is not there: '{path}'")
            }
            LifecycleRefusal::Held(id, path, other) => {
                write!(f, "'{path}', the path of {id}, belongs to {other} by now")
            }
            LifecycleRefusal::Reason(text) if text.trim().is_empty() => {
                f.write_str("the reason is empty")
            }
            LifecycleRefusal::Reason(text) => {
                write!(f, "'{text}' is a reason that idhooks itself gives")
            }
            LifecycleRefusal::Same(id) => write!(f, "{id} cannot take its own place"),
        }
    }
}

impl LifecycleRefusal {
    /// Returns what to do about it.
    pub fn help(&self) -> String {
        match self {
            LifecycleRefusal::Unknown(_) => "see which there are: idhooks list".to_owned(),
            LifecycleRefusal::Status(id, Status::Superseded) => {
                format!("see which identity took its place: idhooks show {id}")
            }
            LifecycleRefusal::Status(id, _) => format!("see its state and why: idhooks show {id}"),
            LifecycleRefusal::HasFile(id, path) => format!(
                "remove the file first (git rm -- {path}), or give it a new identity: idhooks supersede {id} --with-new"
            ),
            LifecycleRefusal::HasNoFile(_, path) => {
                format!("bring the file back first, for instance: git checkout <commit> -- {path}")
            }
            LifecycleRefusal::Held(_, _, other) => format!("see what it is: idhooks show {other}"),
            LifecycleRefusal::Reason(_) => {
                "say in a word or a sentence why it should not be used any more".to_owned()
            }
            LifecycleRefusal::Same(_) => {
                "name the other identity after --by, or --with-new".to_owned()
            }
        }
    }
}

/// Which paths have a file that may have an identity.
pub type HasFile<'a> = dyn Fn(&RepoPath) -> bool + 'a;

/// Deprecates an active identity, whether its file stays or not.
///
/// # Errors
/// An identity that is not active; a reason that means something else.
pub fn deprecate(
    registry: &mut Registry,
    id: Id,
    why: &str,
    now: Timestamp,
) -> Result<(), LifecycleRefusal> {
    if why.trim().is_empty() || reason::SELF_REVIVING.contains(&why) {
        return Err(LifecycleRefusal::Reason(why.to_owned()));
    }
    let record = find(registry, id)?;
    // What went with its file may be given up for good.
    if !record.is_active() && !record.revives() {
        return Err(LifecycleRefusal::Status(id, record.status));
    }
    record.retire(why, Some(now), None);
    Ok(())
}

/// Makes a deprecated identity that of its file again.
///
/// # Errors
/// An identity that is not deprecated, or shortened for good; a file that is not there or has
/// another identity.
pub fn revive(
    registry: &mut Registry,
    id: Id,
    has_file: &HasFile<'_>,
) -> Result<(), LifecycleRefusal> {
    let path = find(registry, id)?.path.clone();
    let holder = registry.holders(has_file).get(&path).map(|holder| holder.id);
    revive_at(registry, id, has_file, holder)
}

/// Does the same where it is known who holds the path.
///
/// # Errors
/// As [`revive`].
pub fn revive_at(
    registry: &mut Registry,
    id: Id,
    has_file: &HasFile<'_>,
    holder: Option<Id>,
) -> Result<(), LifecycleRefusal> {
    let other = holder.filter(|holder| *holder != id);
    let record = find(registry, id)?;
    let path = record.path.clone();
    if record.status != Status::Deprecated || record.is_purged() {
        return Err(LifecycleRefusal::Status(id, record.status));
    }
    if !has_file(&path) {
        return Err(LifecycleRefusal::HasNoFile(id, path));
    }
    if let Some(other) = other {
        return Err(LifecycleRefusal::Held(id, path, other));
    }
    record.activate(path);
    Ok(())
}

/// Has one identity take the place of another, for good.
///
/// # Errors
/// An identity that was superseded before, or one that is not active in the place of it; a file
/// that would have no identity any more.
pub fn supersede(
    registry: &mut Registry,
    old: Id,
    new: Id,
    has_file: &HasFile<'_>,
) -> Result<(), LifecycleRefusal> {
    if old == new {
        return Err(LifecycleRefusal::Same(old));
    }
    let successor = find(registry, new)?;
    if !successor.is_active() {
        return Err(LifecycleRefusal::Status(new, successor.status));
    }
    let (place, successor) = (successor.path.clone(), successor.origin);
    let record = find(registry, old)?;
    if record.status == Status::Superseded {
        return Err(LifecycleRefusal::Status(old, record.status));
    }
    let holds = record.is_active() || record.is_deprecated_by_command();
    if holds && record.path != place && has_file(&record.path) {
        return Err(LifecycleRefusal::HasFile(old, record.path.clone()));
    }
    let old = record.origin;
    links::supersede(registry, old, successor);
    Ok(())
}

/// Takes identities along to the new paths of their files; `committed` is what the last commit
/// has.
pub fn relocate(
    registry: &mut Registry,
    moves: &BTreeMap<Origin, RepoPath>,
    committed: Option<&Registry>,
) {
    let known = committed.into_iter().flat_map(|committed| &committed.allocations);
    let known = known.filter(|record| moves.contains_key(&record.origin));
    let known: BTreeMap<Origin, &Allocation> = known.map(|r| (r.origin, r)).collect();
    for record in &mut registry.allocations {
        if let Some(to) = moves.get(&record.origin) {
            record.follow(to.clone());
            links::note_move(record, known.get(&record.origin).copied());
        }
    }
}

/// Returns the identities that were deprecated before `cutoff`, are not shortened yet, and have
/// no file any more.
pub fn purgeable(registry: &Registry, cutoff: Timestamp, has_file: &HasFile<'_>) -> Vec<Id> {
    let holders = registry.holders(has_file);
    let is_gone = |record: &Allocation| {
        let holds = holders.get(&record.path).is_some_and(|holder| holder.id == record.id);
        !(holds && has_file(&record.path))
    };
    let is_old = |record: &&Allocation| {
        let at = record.text(key::DEPRECATED_AT).and_then(|at| at.parse().ok());
        record.status == Status::Deprecated
            && !record.is_purged()
            && at.is_some_and(|at: Timestamp| at < cutoff)
            && is_gone(record)
    };
    registry.allocations.iter().filter(is_old).map(|record| record.id).collect()
}

/// Shortens a deprecated record to what must never be forgotten.
///
/// # Errors
/// An identity that is not deprecated, or is shortened already.
pub fn purge(registry: &mut Registry, id: Id) -> Result<(), LifecycleRefusal> {
    let record = find(registry, id)?;
    if record.status != Status::Deprecated || record.is_purged() {
        return Err(LifecycleRefusal::Status(id, record.status));
    }
    record.metadata = [(key::PURGED.to_owned(), Json::Bool(true))].into();
    record.extra.clear();
    Ok(())
}

fn find(registry: &mut Registry, id: Id) -> Result<&mut Allocation, LifecycleRefusal> {
    let mut records = registry.allocations.iter_mut();
    records.find(|record| record.id == id).ok_or(LifecycleRefusal::Unknown(id))
}

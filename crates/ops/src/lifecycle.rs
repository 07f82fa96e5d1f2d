//! Changing identities by command: deprecate, revive, supersede, move and purge.

use std::collections::BTreeMap;

use idhooks_core::plan::record_links;
use idhooks_core::registry::{
    Allocation, Id, Json, Origin, Registry, RepoPath, Seniority, Status, Timestamp, is_web_address,
    key, reason,
};

/// Why an identity cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifecycleRefusal {
    /// No record has this identity.
    #[error("the registry has no identity {0}")]
    Unknown(Id),
    /// The status does not allow the change.
    #[error("{0} is {1}")]
    Status(Id, Status),
    /// The file still exists, and would lose its identity.
    #[error("the file of {0} still exists: '{1}'")]
    HasFile(Id, RepoPath),
    /// The file does not exist.
    #[error("the file of {0} does not exist: '{1}'")]
    HasNoFile(Id, RepoPath),
    /// A different identity holds the path.
    #[error("'{1}', the path of {0}, now belongs to {2}")]
    Held(Id, RepoPath, Id),
    /// The reason is empty, or it is reserved for idhooks itself.
    #[error("{}", refused_reason(.0))]
    Reason(String),
    /// The text is no web address.
    #[error("'{0}' is not a web address that begins with 'https://' or 'http://'")]
    Address(String),
    /// The two identities are the same.
    #[error("{0} cannot supersede itself")]
    Same(Id),
}

fn refused_reason(text: &str) -> String {
    match text.trim() {
        "" => "the reason is empty".to_owned(),
        _ => format!("'{text}' is a reason that only idhooks itself uses"),
    }
}

/// The result of changing an identity.
pub type LifecycleResult = Result<(), LifecycleRefusal>;

/// Returns whether a path has a file that may have an identity.
pub type HasFile<'a> = dyn Fn(&RepoPath) -> bool + 'a;

/// Deprecates an active identity, whether or not it has a file.
///
/// # Errors
/// Returns an error if the identity is not active, or the reason is empty or reserved for idhooks
/// itself.
pub fn deprecate(registry: &mut Registry, id: Id, why: &str, now: Timestamp) -> LifecycleResult {
    let record = find(registry, id)?;
    // A record that was deprecated along with its file may still be deprecated by command.
    if !record.is_active() && !record.revives() {
        return Err(LifecycleRefusal::Status(id, record.status));
    }
    end(record, why, now)
}

/// Deprecates an identity whose file is in another repository now, and notes the web address
/// there. An identity that a command has deprecated gets the reason and the address, too.
///
/// # Errors
/// Returns an error if the address is none, if the identity is superseded or was purged, or if the
/// reason is empty or reserved for idhooks itself.
pub fn move_out(
    registry: &mut Registry,
    id: Id,
    why: &str,
    address: &str,
    now: Timestamp,
) -> LifecycleResult {
    if !is_web_address(address) {
        return Err(LifecycleRefusal::Address(address.to_owned()));
    }
    let record = find(registry, id)?;
    if record.status == Status::Superseded || record.is_purged() {
        return Err(LifecycleRefusal::Status(id, record.status));
    }
    end(record, why, now)?;
    record.set_text(key::MOVED_TO, address);
    Ok(())
}

fn end(record: &mut Allocation, why: &str, now: Timestamp) -> LifecycleResult {
    // With one of these reasons, the record would be revived automatically.
    if why.trim().is_empty() || reason::SELF_REVIVING.contains(&why) {
        return Err(LifecycleRefusal::Reason(why.to_owned()));
    }
    record.retire(why, Some(now), None);
    Ok(())
}

/// Makes a deprecated identity active again. If another file has taken its second identity, the
/// senior of the two keeps it.
///
/// # Errors
/// Returns an error if the identity is not deprecated or has been purged, or if its file does not
/// exist or has a different identity.
pub fn revive(registry: &mut Registry, id: Id, has_file: &HasFile<'_>) -> LifecycleResult {
    let path = find(registry, id)?.path.clone();
    let holder = registry.holders(has_file).get(&path).map(|holder| holder.id);
    revive_at(registry, id, has_file, holder)
}

/// Like [`revive`], but is given the current holder of the path.
///
/// # Errors
/// Returns an error in the same cases as [`revive`].
pub fn revive_at(
    registry: &mut Registry,
    id: Id,
    has_file: &HasFile<'_>,
    holder: Option<Id>,
) -> LifecycleResult {
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
    // A different file may be at the path now.
    if record.revives() {
        record.set_text(key::MOVED_FROM, path.to_string());
    }
    record.activate(path);
    let revived = record.origin;
    registry.keep_doc_id_of_revived_unique(revived);
    Ok(())
}

/// Permanently replaces one identity with another.
///
/// # Errors
/// Returns an error if the old identity has already been superseded, the new one is not active, or
/// a file would lose its identity.
pub fn supersede(
    registry: &mut Registry,
    old: Id,
    new: Id,
    has_file: &HasFile<'_>,
) -> LifecycleResult {
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
    // Only records with these statuses may still hold their path.
    let holds = record.is_active() || record.is_deprecated_by_command();
    if holds && record.path != place && has_file(&record.path) {
        return Err(LifecycleRefusal::HasFile(old, record.path.clone()));
    }
    let old = record.origin;
    record_links::supersede(registry, old, successor);
    Ok(())
}

/// Moves identities to their files' new paths; `committed` is the registry in the last commit. If
/// another record held the new path there, the path's new holder notes which record that was.
pub fn relocate(
    registry: &mut Registry,
    moves: &BTreeMap<Origin, RepoPath>,
    committed: Option<&Registry>,
) {
    let records = || committed.into_iter().flat_map(|committed| &committed.allocations);
    let moved = records().filter(|record| moves.contains_key(&record.origin));
    let moved: BTreeMap<Origin, &Allocation> = moved.map(|r| (r.origin, r)).collect();
    let held = committed.map(|committed| committed.holders(|_| true)).unwrap_or_default();
    // If several records move to the same path, the senior one holds it.
    let mut holders: BTreeMap<&RepoPath, Seniority> = BTreeMap::new();
    for record in &registry.allocations {
        if let Some(to) = moves.get(&record.origin) {
            let holder = holders.entry(to).or_insert(record.seniority());
            *holder = record.seniority().min(*holder);
        }
    }
    for record in &mut registry.allocations {
        if let Some(to) = moves.get(&record.origin) {
            let committed = moved.get(&record.origin).copied();
            record.follow(to.clone());
            record_links::note_move(record, committed);
            record.take_key_of(committed, key::REASSIGNED_FROM);
            let before = held.get(to).filter(|before| before.origin != record.origin);
            if let Some(before) = before.filter(|_| holders[to] == record.seniority()) {
                record.add_link(key::REASSIGNED_FROM, &before.origin.to_string());
            }
        }
    }
}

/// Returns the identities that were deprecated before `cutoff`, have not been purged, and no longer
/// have a file.
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

/// Reduces a deprecated record to a tombstone, which keeps only what must never be lost.
///
/// # Errors
/// Returns an error if the identity is not deprecated, or has already been purged.
pub fn purge(registry: &mut Registry, id: Id) -> LifecycleResult {
    let record = find(registry, id)?;
    if record.status != Status::Deprecated || record.is_purged() {
        return Err(LifecycleRefusal::Status(id, record.status));
    }
    // The identity, origin and path are not in the metadata, so they stay.
    record.metadata = [(key::PURGED.to_owned(), Json::Bool(true))].into();
    record.extra.clear();
    Ok(())
}

fn find(registry: &mut Registry, id: Id) -> Result<&mut Allocation, LifecycleRefusal> {
    let mut records = registry.allocations.iter_mut();
    records.find(|record| record.id == id).ok_or(LifecycleRefusal::Unknown(id))
}

#[cfg(test)]
mod tests;

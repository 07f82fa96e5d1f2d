//! [`AllocateCase`]: a file, and what to do with it when allocating identities.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::path::Path;

use idhooks_core::plan::Choice;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};

use super::options::AllocateRefusal;
use crate::typed_paths::named_file;
use crate::{OpsError, RegistryTransaction};

/// A file and what to do with it.
pub(super) struct AllocateCase {
    pub(super) path: RepoPath,
    pub(super) choice: Choice,
    pub(super) step: AllocateStep,
}

/// What to do with a file that already has an identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfHeld {
    /// Stop.
    Refuse,
    /// Return the identity if it is not committed yet; another process allocated it on request.
    ReturnNew,
    /// Return the identity.
    Return,
}

#[derive(PartialEq, Eq)]
pub(super) enum AllocateStep {
    /// The file gets a new identity.
    Open,
    /// The file already has this identity.
    Held(Id),
    /// A scan listed the file, but it is not in the index.
    Loose,
}

/// Returns a function that decides what to do with a file; `is_scan` is set if `scan` listed the
/// files.
pub(super) fn cases<'t>(
    transaction: &'t RegistryTransaction<'_>,
    is_scan: bool,
) -> impl Fn(&Path, Choice, IfHeld) -> Result<AllocateCase, OpsError> {
    let holders = transaction.registry().holders(|path| transaction.has_file(path));
    // Each of the next three values requires a scan of the whole registry, and only files that
    // already have an identity need them.
    let prospects = LazyCell::new(|| transaction.prospects());
    // A commit made without hooks lacks its records until the next command that writes the registry
    // adds them.
    let stored = LazyCell::new(|| {
        let records = transaction.stored().allocations.iter();
        records.map(|record| record.id).collect::<BTreeSet<_>>()
    });
    let committed = LazyCell::new(|| transaction.committed().map(Registry::by_origin));
    let returns = move |record: &Allocation, if_held| match if_held {
        IfHeld::Refuse => is_scan,
        IfHeld::ReturnNew => committed.as_ref().is_none_or(|all| !all.contains_key(&record.origin)),
        IfHeld::Return => true,
    };
    let step = move |typed: &Path, if_held: IfHeld| -> Result<_, OpsError> {
        let path = named_file(transaction.repo, typed)?;
        if let Some(holder) = holders.get(&path) {
            if returns(holder, if_held) {
                return Ok((path, AllocateStep::Held(holder.id)));
            }
            if let Some(outcome) = prospects.kept_by(&path) {
                return Err(AllocateRefusal::KeepsOther { path, outcome }.into());
            }
            if !stored.contains(&holder.id) {
                return Ok((path, AllocateStep::Held(holder.id)));
            }
            return Err(AllocateRefusal::HasIdentity(path, holder.id).into());
        }
        // A scan also lists files that git does not track.
        if is_scan && transaction.entry(&path).is_none() {
            return Ok((path, AllocateStep::Loose));
        }
        transaction.assert_trackable(&path, typed)?;
        Ok((path, AllocateStep::Open))
    };
    move |typed, choice, if_held| {
        step(typed, if_held).map(|(path, step)| AllocateCase { path, choice, step })
    }
}

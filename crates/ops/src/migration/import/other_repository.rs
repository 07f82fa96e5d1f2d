//! [`join`]: takes in the records of another repository whose files are in a directory of this one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idhooks_core::registry::{
    Allocation, Id, Origin, REGISTRY_PATH, Registry, RepoPath, Scope, Status, key,
};
use idhooks_migration::ImportTarget;
use idhooks_repo::git::Repo;

use super::options::{ImportOptions, ImportedRecords, NAME};
use super::records::{Matched, take};
use super::refusal::ImportRefusal;
use crate::adoption::legacy_scopes;
use crate::typed_paths::relative;
use crate::{
    HERE, ImportSource, Notice, Observer, OpsError, Reach, RegistryTransaction, Revision, Writer,
};

/// Adds the records of another repository whose files are in the directory `prefix`, with their
/// numbers, and those that have ended there.
///
/// # Errors
/// Returns an error if the other registry cannot be read or has the scope of this one, if no file of
/// it is there, or if a record conflicts.
pub(super) fn join(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ImportOptions,
    prefix: &Path,
) -> Result<ImportedRecords, OpsError> {
    let dir = relative(repo, HERE.as_ref(), prefix)?;
    let writer = Writer::open_for(repo, NAME, Reach::Everything)?;
    writer.run(observer, |observer, transaction| {
        let name = options.file.display().to_string();
        let theirs = read(repo, &options.file)?;
        let scope = theirs.scope;
        if scope == transaction.registry().scope {
            return Err(ImportRefusal::SameScope(name, scope).into());
        }
        let (placed, left_out) = placed(transaction, &theirs, dir.as_ref());
        if placed.active().next().is_none() {
            let dir = prefix.display().to_string();
            return Err(ImportRefusal::NoFiles { name, dir }.into());
        }
        if left_out > 0 && dir.is_some() {
            observer.notice(Notice::Remark(format!(
                "{left_out} of the {} records in '{name}' were left out, since they have no file or no identity to give here",
                theirs.allocations.len()
            )));
        }
        let own = transaction.registry_for(&placed);
        let imported = with_free_origins(placed, &own);
        let rules = &transaction.config.legacy_scopes;
        let foreign = legacy_scopes(&imported);
        let scopes: Vec<Scope> = rules.iter().copied().chain(foreign).chain([scope]).collect();
        let is_tracked = |path: &RepoPath| transaction.tracks(path);
        let target = ImportTarget::new(&own, &scopes, &is_tracked).joining_repositories();
        let mut found = target.match_records(&imported, &|| {});
        found.conflicts = target.conflicts(&found);
        let matched = Matched { own, imported: &imported, found, joined: Some(scope) };
        take(observer, transaction, options, matched)
    })
}

/// Reads the registry in a commit, a clone or another directory, or a file.
fn read(repo: &Repo, typed: &Path) -> Result<Registry, OpsError> {
    let name = typed.display().to_string();
    let is_commit = repo.resolve(&name).ok().flatten().is_some();
    if typed.exists() {
        if is_commit {
            return Err(ImportRefusal::Ambiguous(name).into());
        }
        let below = typed.join(REGISTRY_PATH);
        let file = if typed.is_dir() { &*below } else { typed };
        let source = ImportSource { typed: file, format: None };
        return Ok(source.read(HERE.as_ref(), None)?.1);
    }
    if !is_commit {
        return Err(ImportRefusal::NoRepository(name).into());
    }
    let revision = Revision::named(name);
    let view = revision.view(repo)?;
    Ok(revision.registry(repo, &view)?.registry.clone())
}

/// Returns the records that come along, at their paths here, and the number of the others: those
/// without a file in the directory.
///
/// Without a directory, the two repositories have other files with the same name, such as a readme,
/// so a file with an identity in the last commit keeps it, and what has ended there stays there.
fn placed(
    transaction: &RegistryTransaction<'_>,
    theirs: &Registry,
    dir: Option<&RepoPath>,
) -> (Registry, usize) {
    let committed = || transaction.committed().into_iter().flat_map(Registry::active);
    let held: BTreeSet<&RepoPath> = committed().map(|record| &record.path).collect();
    let known: BTreeSet<Id> = committed().flat_map(Allocation::ids).collect();
    let comes = |record: &Allocation| {
        let is_known = known.contains(&record.id);
        let is_tracked = transaction.tracks(&record.path);
        if record.is_active() {
            return is_tracked && (dir.is_some() || is_known || !held.contains(&record.path));
        }
        // Where the file of a deprecated identity stayed, the one that it has here holds the path.
        is_known || (dir.is_some() && !(record.is_deprecated_by_command() && is_tracked))
    };
    let mut placed = theirs.head();
    for record in &theirs.allocations {
        let path = dir.map_or_else(|| record.path.clone(), |dir| dir.join(&record.path));
        let record = Allocation { path, ..record.clone() };
        if comes(&record) {
            placed.allocations.push(record);
        }
    }
    let own = transaction.registry().allocations.iter().flat_map(Allocation::ids);
    end_shadowed(&mut placed);
    keep_explained(&mut placed, &own.collect());
    let left_out = theirs.allocations.len() - placed.allocations.len();
    (placed, left_out)
}

/// Ends the records whose path another one holds. Here, such a record has no file of its own either.
fn end_shadowed(placed: &mut Registry) {
    let holders = placed.active().filter(|record| !record.shadowed);
    let holders: BTreeMap<RepoPath, Id> =
        holders.map(|record| (record.path.clone(), record.id)).collect();
    for record in placed.allocations.iter_mut().filter(|record| record.shadowed) {
        if let Some(holder) = holders.get(&record.path) {
            record.shadowed = false;
            record.set_status(Status::Superseded);
            record.set_text(key::SUPERSEDED_BY, holder.to_string());
        }
    }
}

/// Leaves out superseded records whose successor does not come along and is not here either.
fn keep_explained(placed: &mut Registry, own: &BTreeSet<Id>) {
    loop {
        let there: BTreeSet<Id> = placed.allocations.iter().flat_map(Allocation::ids).collect();
        let is_known = |id: Id| there.contains(&id) || own.contains(&id);
        let before = placed.allocations.len();
        placed.allocations.retain(|record| {
            record.status != Status::Superseded || record.successor().is_some_and(is_known)
        });
        if placed.allocations.len() == before {
            return;
        }
    }
}

/// Returns the records with other origins where a record here has one of theirs: both repositories
/// may have added the same bytes at the same path, for example a license, which are two files now.
fn with_free_origins(mut placed: Registry, own: &Registry) -> Registry {
    let owners = own.by_origin();
    for record in &mut placed.allocations {
        if owners.get(&record.origin).is_some_and(|own| !own.answers_to(record.id)) {
            record.origin = Origin::of_joined(record.origin, record.id);
        }
    }
    placed
}

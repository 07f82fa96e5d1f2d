//! The plan of `idhooks fix`: a registry, new names, and new content of files.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding};
use idhooks_core::embed;
use idhooks_core::plan::lifecycle;
use idhooks_core::registry::{FileName, Id, Registry, RepoPath};
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::{HeadEdit, IdInjector, Injection};

use crate::commands::transaction::RegistryTransaction;

use super::draft::RegistryDraft;
use super::names::{Names, last_committed, shared_names};

/// The changes that fix the findings.
pub(super) struct RepairPlan {
    /// The registry before files are renamed.
    pub(super) before_renames: Registry,
    /// The final registry.
    pub(super) registry: Registry,
    pub(super) names: Names,
    pub(super) files: Vec<Injection>,
}

/// The codes that the plan of a commit fixes.
const BY_PLAN: [Code; 4] =
    [Code::DuplicatePath, Code::IdentityChanged, Code::RecordLost, Code::StalePath];
/// The codes that are fixed by writing another identity into files.
const CARRIED: [Code; 4] =
    [Code::DeprecatedInUse, Code::DuplicateInFs, Code::PathMismatch, Code::Unregistered];

/// Returns whether findings with this code can be fixed.
pub(super) fn is_fixable(code: Code) -> bool {
    let others = [Code::MissingId, Code::NotCanonical];
    BY_PLAN.contains(&code) || CARRIED.contains(&code) || others.contains(&code)
}

impl RepairPlan {
    /// Plans the fixes.
    ///
    /// # Errors
    /// Returns an error if an object cannot be read or a counter is full.
    pub(super) fn of(
        transaction: &RegistryTransaction<'_>,
        found: &[Finding],
        codes: &[Code],
    ) -> Result<Self, StateError> {
        let is_wanted = |code: &Code| codes.is_empty() || codes.contains(code);
        let shared_names = shared_names(transaction, found);
        // A file that moved needs no new identity.
        let by_plan = BY_PLAN.iter().chain([&Code::MissingId]).any(is_wanted);
        let is_planned = by_plan || !shared_names.is_empty();
        let registry =
            if is_planned { transaction.registry() } else { transaction.stored() }.clone();
        let mut draft = RegistryDraft::new(transaction, registry);
        let names = Names::of(transaction, shared_names, &mut draft)?;
        if is_wanted(&Code::MissingId) {
            allocate_all(transaction, &mut draft)?;
        }
        let concerned = found.iter().filter(|finding| CARRIED.contains(&finding.code));
        let paths: BTreeSet<&RepoPath> = concerned.filter_map(|f| f.path.as_ref()).collect();
        let files = files(transaction, &draft, &paths, &names.outdated)?;
        let before_renames = draft.into_registry();
        let mut registry = before_renames.clone();
        lifecycle::relocate(&mut registry, &names.targets.origins, transaction.committed());
        Ok(RepairPlan { before_renames, registry, names, files })
    }
}

/// Gives every tracked file without an identity one: the one that it carries, if that is free.
fn allocate_all(
    transaction: &RegistryTransaction<'_>,
    draft: &mut RegistryDraft<'_>,
) -> Result<(), StateError> {
    let open = draft.without_identity();
    let adopted = adopted(transaction, draft, &open)?;
    for (path, id) in &adopted {
        draft.assign(path, *id);
    }
    for path in open.iter().filter(|path| !adopted.contains_key(*path)) {
        draft.allocate(path, None)?;
    }
    Ok(())
}

/// Returns which of these files get the identity that they carry in their content (if the rules say
/// so) or in their names. It must be free; if several files carry it, the one that was committed last
/// gets it.
fn adopted<'p>(
    transaction: &RegistryTransaction<'_>,
    draft: &RegistryDraft<'_>,
    open: &[&'p RepoPath],
) -> Result<BTreeMap<&'p RepoPath, Id>, StateError> {
    let mut carriers: BTreeMap<Id, Vec<&RepoPath>> = BTreeMap::new();
    for path in open {
        let is_free = |id: &Id| draft.is_free(*id);
        let inside =
            if transaction.config.embeds(path) { carried(transaction, path)? } else { None };
        let named = || FileName::of(path.basename()).id();
        if let Some(id) = inside.filter(is_free).or_else(|| named().filter(is_free)) {
            carriers.entry(id).or_default().push(path);
        }
    }
    let mut adopted = BTreeMap::new();
    for (id, paths) in carriers {
        adopted.extend(last_committed(transaction, &paths)?.map(|path| (path, id)));
    }
    Ok(adopted)
}

/// Plans the content of files: their own identity if the rules require it, or if they carry an
/// outdated one.
fn files(
    transaction: &RegistryTransaction<'_>,
    draft: &RegistryDraft<'_>,
    paths: &BTreeSet<&RepoPath>,
    outdated: &BTreeMap<RepoPath, BTreeSet<Id>>,
) -> Result<Vec<Injection>, StateError> {
    let mut files = Vec::new();
    let all: BTreeSet<&RepoPath> = paths.iter().copied().chain(outdated.keys()).collect();
    let injector = IdInjector::for_paths(transaction.repo, all.iter().copied())?;
    for path in all {
        let (Some(entry), Some(holder)) = (transaction.entry(path), draft.holder(path)) else {
            continue;
        };
        let carried = carried(transaction, path)?;
        if carried.is_some_and(|id| holder.answers_to(id)) {
            continue;
        }
        let is_outdated =
            carried.zip(outdated.get(path)).is_some_and(|(id, ids)| ids.contains(&id));
        if is_outdated || transaction.config.embeds(path) {
            // A file that cannot be changed stays as it is; the next check finds it again.
            let injection = injector.inject_ids(path, entry, &HeadEdit::Write(holder.id))?;
            files.extend(injection.ok().flatten());
        }
    }
    Ok(files)
}

fn carried(
    transaction: &RegistryTransaction<'_>,
    path: &RepoPath,
) -> Result<Option<Id>, StateError> {
    let Some(entry) = transaction.entry(path) else { return Ok(None) };
    Ok(embed::read_id(path, &transaction.repo.blob(entry.blob)?))
}

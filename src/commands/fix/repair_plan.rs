//! What would fix findings: a registry, names, and files that carry something else.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Code, Finding};
use crate::commands::transaction::RegistryTransaction;
use crate::embed;
use crate::plan::lifecycle;
use crate::registry::{FileName, Id, Registry, RepoPath};
use crate::state::StateError;
use crate::transaction::{HeadEdit, IdInjector, Injection};

use super::draft::RegistryDraft;
use super::names::{Names, bearers, last_committed};

/// The registry and the files without the findings.
pub(super) struct RepairPlan {
    /// The registry before files get other names.
    pub(super) given: Registry,
    /// The registry in the end.
    pub(super) registry: Registry,
    pub(super) names: Names,
    pub(super) files: Vec<Injection>,
}

/// What the plan of a commit fixes.
const BY_PLAN: [Code; 4] =
    [Code::DuplicatePath, Code::IdentityChanged, Code::RecordLost, Code::StalePath];
/// What files are to carry instead.
const CARRIED: [Code; 4] =
    [Code::DeprecatedInUse, Code::DuplicateInFs, Code::PathMismatch, Code::Unregistered];

/// Returns whether something can be done about findings of this code.
pub(super) fn is_curable(code: Code) -> bool {
    let others = [Code::MissingId, Code::NotCanonical];
    BY_PLAN.contains(&code) || CARRIED.contains(&code) || others.contains(&code)
}

impl RepairPlan {
    /// Works it out.
    ///
    /// # Errors
    /// Objects that cannot be read; a counter that is full.
    pub(super) fn of(
        transaction: &RegistryTransaction<'_>,
        found: &[Finding],
        codes: &[Code],
    ) -> Result<Self, StateError> {
        let is_wanted = |code: &Code| codes.is_empty() || codes.contains(code);
        let bearers = bearers(transaction, found);
        // Who moved needs no new identity.
        let by_plan = BY_PLAN.iter().chain([&Code::MissingId]).any(is_wanted);
        let is_planned = by_plan || !bearers.is_empty();
        let registry =
            if is_planned { transaction.registry() } else { transaction.stored() }.clone();
        let mut draft = RegistryDraft::new(transaction, registry);
        let names = Names::of(transaction, bearers, &mut draft)?;
        if is_wanted(&Code::MissingId) {
            give_all(transaction, &mut draft)?;
        }
        let concerned = found.iter().filter(|finding| CARRIED.contains(&finding.code));
        let paths: BTreeSet<&RepoPath> = concerned.filter_map(|f| f.path.as_ref()).collect();
        let files = files(transaction, &draft, &paths, &names.outdated)?;
        let given = draft.into_registry();
        let mut registry = given.clone();
        lifecycle::relocate(&mut registry, &names.targets.origins, transaction.committed());
        Ok(RepairPlan { given, registry, names, files })
    }
}

/// Gives every tracked file without an identity one: the one that it carries, if nobody has that.
fn give_all(
    transaction: &RegistryTransaction<'_>,
    draft: &mut RegistryDraft<'_>,
) -> Result<(), StateError> {
    let open = draft.open();
    let adopted = adopted(transaction, draft, &open)?;
    for (path, id) in &adopted {
        draft.give_this(path, *id);
    }
    for path in open.iter().filter(|path| !adopted.contains_key(*path)) {
        draft.give(path, None)?;
    }
    Ok(())
}

/// Returns which of these files get the identity they carry, inside by the rules or in their
/// names: it is of a scope that is known here, and nobody has or had it. Of several the one that
/// was committed last.
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

/// Works out what these files get to carry inside: by the rules their own identity, and wherever
/// they carry one that is outdated.
fn files(
    transaction: &RegistryTransaction<'_>,
    draft: &RegistryDraft<'_>,
    paths: &BTreeSet<&RepoPath>,
    outdated: &BTreeMap<RepoPath, BTreeSet<Id>>,
) -> Result<Vec<Injection>, StateError> {
    let mut files = Vec::new();
    let all: BTreeSet<&RepoPath> = paths.iter().copied().chain(outdated.keys()).collect();
    let scribe = IdInjector::for_paths(transaction.repo, all.iter().copied())?;
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
            // What cannot be written is left, and found again afterwards.
            let injected = scribe.inject_ids(path, entry, &HeadEdit::Write(holder.id))?;
            files.extend(injected.ok().flatten());
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

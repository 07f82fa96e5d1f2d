//! The plan for `idhooks fix`: a registry, new names and new file contents.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::embed;
use idhooks_core::registry::{FileName, Id, Registry, RepoPath};
use idhooks_repo::transaction::{HeadEdit, IdInjector, Injection};
use idhooks_repo::{git::Repo, state::StateError};

use crate::refs::CORRECTED;
use crate::{PlannedNames, RegistryDraft, RegistryTransaction, RenameRefusal, lifecycle};

/// The changes that fix the findings.
pub(super) struct RepairPlan {
    /// The registry before any files are renamed.
    pub(super) before_renames: Registry,
    /// The final registry.
    pub(super) registry: Registry,
    pub(super) names: Names,
    pub(super) files: Vec<Injection>,
}

/// The codes of findings that are fixed by planning a commit.
const BY_PLAN: [Code; 4] =
    [Code::DuplicatePath, Code::IdentityChanged, Code::RecordLost, Code::StalePath];
/// The codes of findings that are fixed by writing different identities into files.
const CARRIED: [Code; 4] =
    [Code::DeprecatedInUse, Code::DuplicateInFs, Code::PathMismatch, Code::Unregistered];

/// Returns whether a finding with this code can be fixed.
pub fn is_fixable(code: Code) -> bool {
    let others = [Code::MissingId, Code::NotCanonical];
    let all = [&BY_PLAN[..], &CARRIED, &CORRECTED, &others];
    all.iter().any(|codes| codes.contains(&code))
}

impl RepairPlan {
    /// Returns the plan that changes nothing.
    pub(super) fn nothing(transaction: &RegistryTransaction<'_>) -> Self {
        let registry = transaction.stored().clone();
        let (before_renames, names, files) = (registry.clone(), Names::default(), Vec::new());
        RepairPlan { before_renames, registry, names, files }
    }

    /// Plans the fixes.
    ///
    /// # Errors
    /// Returns an error if an object cannot be read or a counter is full.
    pub(super) fn plan(
        transaction: &RegistryTransaction<'_>,
        found: &[Finding],
        codes: &[Code],
    ) -> Result<Self, StateError> {
        let is_wanted = |code: &Code| codes.is_empty() || codes.contains(code);
        let shared_names = shared_names(transaction, found);
        // A moved file needs no new identity, so the commit is planned before identities are
        // allocated.
        let by_plan = BY_PLAN.iter().chain([&Code::MissingId]).any(is_wanted);
        let is_planned = by_plan || !shared_names.is_empty();
        let registry = if is_planned { transaction.registry() } else { transaction.stored() };
        let mut draft = RegistryDraft::new(transaction, registry.clone());
        let names = Names::choose(shared_names, &mut draft)?;
        if is_wanted(&Code::MissingId) {
            allocate_all(&mut draft)?;
        }
        let files = files(&draft, &wrong_heads(found), &names.outdated)?;
        // The registry before renames is kept separately, since repairs and renames become separate
        // events.
        let before_renames = draft.into_registry();
        let mut registry = before_renames.clone();
        lifecycle::relocate(&mut registry, &names.planned.origins, transaction.committed());
        Ok(RepairPlan { before_renames, registry, names, files })
    }
}

/// Gives an identity to every tracked file without one: the identity that the file carries, if that
/// is free, or else a new one. Files that may already have an identity are left alone.
fn allocate_all(draft: &mut RegistryDraft<'_>) -> Result<(), StateError> {
    let mut open = draft.without_identity();
    // If the clone lacks file contents, it cannot tell whether one of these files was moved here.
    open.retain(|path| !draft.transaction.is_undecided(path));
    // Carried identities come first: an allocation could take one of their numbers.
    let adopted = adopted(draft, &open)?;
    for (path, id) in &adopted {
        draft.assign(path, *id);
    }
    for path in open.iter().filter(|path| !adopted.contains_key(*path)) {
        draft.allocate(path, None)?;
    }
    Ok(())
}

/// Returns which of these files get the identity that they carry in their content (if the rules
/// allow it) or in their name. The identity must be free; if several files carry it, the one
/// committed last gets it.
fn adopted<'p>(
    draft: &RegistryDraft<'_>,
    open: &[&'p RepoPath],
) -> Result<BTreeMap<&'p RepoPath, Id>, StateError> {
    let mut carriers: BTreeMap<Id, Vec<&RepoPath>> = BTreeMap::new();
    for path in open {
        let is_free = |id: &Id| draft.is_free(*id);
        let embeds = draft.transaction.config.embeds(path);
        let inside = if embeds { carried(draft, path)? } else { None };
        let named = || FileName::of(path.basename()).id();
        if let Some(id) = inside.filter(is_free).or_else(|| named().filter(is_free)) {
            carriers.entry(id).or_default().push(path);
        }
    }
    let mut adopted = BTreeMap::new();
    for (id, paths) in carriers {
        adopted.extend(last_committed(draft.transaction.repo, &paths)?.map(|path| (path, id)));
    }
    Ok(adopted)
}

/// The files whose findings may be fixed by writing a different identity at the head, each with the
/// identities that are wrong there.
type WrongHeads<'f> = BTreeMap<&'f RepoPath, BTreeSet<&'f str>>;

/// Returns the heads that these findings are about. An identity with an unknown scope may belong to
/// another repository, so it stays unless a rule requires the file to carry its own.
fn wrong_heads(found: &[Finding]) -> WrongHeads<'_> {
    let mut wrong = WrongHeads::new();
    for finding in found.iter().filter(|finding| CARRIED.contains(&finding.code)) {
        let Some(path) = &finding.path else { continue };
        let is_foreign = finding.code == Code::Unregistered && finding.severity != Severity::Error;
        let ids = wrong.entry(path).or_default();
        ids.extend(finding.id.as_deref().filter(|_| !is_foreign));
    }
    wrong
}

/// Plans file contents: a file gets its own identity if the rules require it, or if the one it
/// carries is wrong or outdated.
fn files(
    draft: &RegistryDraft<'_>,
    wrong: &WrongHeads<'_>,
    outdated: &BTreeMap<RepoPath, BTreeSet<Id>>,
) -> Result<Vec<Injection>, StateError> {
    let (transaction, mut files) = (draft.transaction, Vec::new());
    let paths: BTreeSet<_> = wrong.keys().copied().chain(outdated.keys()).collect();
    let injector =
        IdInjector::for_paths(transaction.repo, &transaction.config, paths.iter().copied())?;
    for path in paths {
        let (Some(entry), Some(holder)) = (transaction.entry(path), draft.holder(path)) else {
            continue;
        };
        let carried = carried(draft, path)?;
        if carried.is_some_and(|id| holder.answers_to(id)) {
            continue;
        }
        let outdated = carried.zip(outdated.get(path)).is_some_and(|(id, ids)| ids.contains(&id));
        let is_wrong = carried.zip(wrong.get(path));
        let is_wrong = is_wrong.is_some_and(|(id, ids)| ids.contains(&*id.to_string()));
        if outdated || is_wrong || transaction.config.embeds(path) {
            // A file that cannot be changed is left alone; the next check will report it again.
            let injection = injector.inject_ids(path, entry, &HeadEdit::Write(holder.id))?;
            files.extend(injection.change());
        }
    }
    Ok(files)
}

fn carried(draft: &RegistryDraft<'_>, path: &RepoPath) -> Result<Option<Id>, StateError> {
    let Some(entry) = draft.transaction.entry(path) else { return Ok(None) };
    Ok(embed::read_id(path, &draft.transaction.repo.blob(entry.blob)?))
}

/// The planned renames of files whose names begin with another file's identity.
///
/// The file that already has the identity keeps it. If no file ever had it, the file committed last
/// gets it. All other files are renamed so that their names begin with their own identities.
#[derive(Default)]
pub(super) struct Names {
    /// The files to rename.
    pub(super) planned: PlannedNames,
    /// The identities in these files' heads that must be replaced when the files are renamed.
    pub(super) outdated: BTreeMap<RepoPath, BTreeSet<Id>>,
    /// The reasons that some files cannot be renamed.
    pub(super) obstacles: Vec<RenameRefusal>,
}

/// Files whose names begin with the same identity, keyed by that identity.
type SharedNames<'d> = BTreeMap<Id, Vec<&'d RepoPath>>;

/// Returns the files whose names begin with an identity that several files carry, as reported by
/// these findings.
fn shared_names<'d>(
    transaction: &'d RegistryTransaction<'_>,
    found: &[Finding],
) -> SharedNames<'d> {
    let mut shared_names = SharedNames::new();
    let twice = found.iter().filter(|finding| finding.code == Code::DuplicateInFs);
    let twice: BTreeSet<Id> = twice.filter_map(|f| f.id.as_deref()?.parse().ok()).collect();
    for path in transaction.tracked() {
        if let Some(id) = FileName::of(path.basename()).id().filter(|id| twice.contains(id)) {
            shared_names.entry(id).or_default().push(path);
        }
    }
    shared_names
}

impl Names {
    /// Decides which file keeps an identity, allocates identities for files without one, and
    /// chooses new names.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read or a counter is full.
    fn choose(shared: SharedNames<'_>, draft: &mut RegistryDraft<'_>) -> Result<Self, StateError> {
        let mut names = Names::default();
        for (id, mut paths) in shared {
            let is_own = |path: &RepoPath| draft.holder(path).is_some_and(|r| r.answers_to(id));
            paths.retain(|path| !is_own(path));
            if draft.is_free(id)
                && let Some(keeper) = last_committed(draft.transaction.repo, &paths)?
            {
                let before = draft.assign(keeper, id);
                names.outdated.entry(keeper.clone()).or_default().extend(before);
                paths.retain(|path| *path != keeper);
            }
            let source = draft.named(id).map(|record| record.id);
            for path in paths {
                if draft.holder(path).is_none() {
                    draft.allocate(path, source)?;
                }
                names.plan_rename(draft, id, path);
            }
        }
        Ok(names)
    }

    /// Plans a name that begins with the file's own identity instead of another file's.
    fn plan_rename(&mut self, draft: &RegistryDraft<'_>, other: Id, path: &RepoPath) {
        let Some(record) = draft.holder(path) else { return };
        let name = FileName::of(path.basename()).with(&record.id.to_string());
        let to = path.with_basename(&name).map_err(RenameRefusal::from);
        match to.and_then(|to| self.planned.go(draft.transaction, record, path.clone(), to)) {
            Ok(()) => drop(self.outdated.entry(path.clone()).or_default().insert(other)),
            Err(error) => self.obstacles.push(error),
        }
    }
}

/// Returns the file that was committed last or, if no file is in a commit, the first one.
fn last_committed<'p>(
    repo: &Repo,
    paths: &[&'p RepoPath],
) -> Result<Option<&'p RepoPath>, StateError> {
    // With a single file, there is no need to read the history.
    if let [only] = paths {
        return Ok(Some(*only));
    }
    let known = repo.last_committed(paths.iter().copied())?;
    Ok(known.first().or(paths.first()).copied())
}

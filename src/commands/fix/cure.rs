//! What would put findings right: a registry, and files that carry something else.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Code, Finding};
use crate::commands::desk::Desk;
use crate::embed;
use crate::error::CommandError;
use crate::plan::PlanError;
use crate::registry::{Allocation, Id, Origin, Registry, RepoPath};
use crate::walk::{Inscription, Scribe, Wish};

/// The registry and the files, put right.
pub(super) struct Cure {
    pub(super) registry: Registry,
    pub(super) files: Vec<Inscription>,
}

/// What the plan of a commit puts right.
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

type Records = BTreeMap<Origin, Allocation>;

impl Cure {
    /// Works it out.
    ///
    /// # Errors
    /// Objects that cannot be read; inside, a counter that is full.
    pub(super) fn of(
        desk: &Desk<'_>,
        found: &[Finding],
        codes: &[Code],
    ) -> Result<Result<Self, PlanError>, CommandError> {
        let is_wanted = |code: &Code| codes.is_empty() || codes.contains(code);
        // Who moved needs no new identity.
        let by_plan = BY_PLAN.iter().chain([&Code::MissingId]).any(is_wanted);
        let mut registry = if by_plan { desk.registry() } else { desk.stored() }.clone();
        if is_wanted(&Code::MissingId)
            && let Err(full) = give(desk, &mut registry)?
        {
            return Ok(Err(full));
        }
        let concerned = found.iter().filter(|finding| CARRIED.contains(&finding.code));
        let paths: BTreeSet<&RepoPath> = concerned.filter_map(|f| f.path.as_ref()).collect();
        let files = files(desk, &registry, &paths)?;
        Ok(Ok(Cure { registry, files }))
    }

    /// Returns whether only the form of the registry changes.
    pub(super) fn is_form_only(&self, desk: &Desk<'_>) -> bool {
        self.files.is_empty() && self.registry.says_the_same_as(desk.stored())
    }
}

/// Gives every tracked file without an identity one: the one that it carries, if nobody has that.
fn give(desk: &Desk<'_>, registry: &mut Registry) -> Result<Result<(), PlanError>, CommandError> {
    let held: BTreeSet<RepoPath> =
        registry.holders(|path| desk.has_file(path)).into_keys().cloned().collect();
    let open: Vec<(&RepoPath, _)> = desk
        .tree()
        .iter()
        .filter(|(path, entry)| entry.mode.is_file() && desk.policy.tracks(path))
        .filter(|(path, _)| !held.contains(*path))
        .collect();
    let paths: Vec<&RepoPath> = open.iter().map(|(path, _)| *path).collect();
    let adopted = adopted(desk, registry, &paths)?;
    let records = std::mem::take(&mut registry.allocations).into_iter();
    let mut records: Records = records.map(|record| (record.origin, record)).collect();
    let mut giver = desk.giver();
    for (path, entry) in &open {
        if let Some(id) = adopted.get(*path) {
            giver.give_this(&mut records, path, entry.blob, *id);
        }
    }
    for (path, entry) in open.iter().filter(|(path, _)| !adopted.contains_key(*path)) {
        if let Err(full) = giver.give(&mut records, path, entry.blob, None) {
            return Ok(Err(full));
        }
    }
    registry.allocations = records.into_values().collect();
    Ok(Ok(()))
}

/// Returns which of these files get the identity they carry: it is of a scope that is known here,
/// and nobody has or had it. Of several the first one.
fn adopted(
    desk: &Desk<'_>,
    registry: &Registry,
    open: &[&RepoPath],
) -> Result<BTreeMap<RepoPath, Id>, CommandError> {
    let all = registry.allocations.iter();
    let taken: BTreeSet<Id> =
        all.flat_map(|r| [r.id, r.claim].into_iter().chain(r.aliases.iter().copied())).collect();
    let is_free = |id: &Id| {
        let scope = id.scope();
        !taken.contains(id)
            && (scope == registry.scope || desk.policy.legacy_scopes.contains(&scope))
    };
    let mut carriers: BTreeMap<Id, Vec<&RepoPath>> = BTreeMap::new();
    for path in open.iter().filter(|path| desk.policy.embeds(path)) {
        if let Some(id) = carried(desk, path)?.filter(is_free) {
            carriers.entry(id).or_default().push(path);
        }
    }
    let firsts =
        carriers.into_iter().filter_map(|(id, paths)| Some(((*paths.first()?).clone(), id)));
    Ok(firsts.collect())
}

/// Works out what these files, and those that share an identity with them, get to carry.
fn files(
    desk: &Desk<'_>,
    registry: &Registry,
    paths: &BTreeSet<&RepoPath>,
) -> Result<Vec<Inscription>, CommandError> {
    let holders = registry.holders(|path| desk.has_file(path));
    let mut files = Vec::new();
    let scribe = Scribe::over(desk.repo, paths.iter().copied())?;
    for path in paths.iter().filter(|path| desk.policy.embeds(path)) {
        let (Some(entry), Some(holder)) = (desk.entry(path), holders.get(*path)) else { continue };
        if carried(desk, path)?.is_some_and(|id| holder.answers_to(id)) {
            continue;
        }
        // What cannot be written is left, and told again afterwards.
        files.extend(scribe.inscribe(path, entry, &Wish::Carry(holder.id))?.ok().flatten());
    }
    Ok(files)
}

fn carried(desk: &Desk<'_>, path: &RepoPath) -> Result<Option<Id>, CommandError> {
    let Some(entry) = desk.entry(path) else { return Ok(None) };
    Ok(embed::read_id(path, &desk.repo.blob(entry.blob)?))
}

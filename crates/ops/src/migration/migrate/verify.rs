//! Compares the registry and the legacy file in both directions.

use idhooks_core::config::MigrationPhase;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

use idhooks_core::registry::{Discrepancy, Id, Registry};
use idhooks_repo::derived::legacy::{LegacyFile, LegacyState, rebuild_registry};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, RegistryState, how_to_take_over};
use idhooks_repo::store::{LastRun, RunOutcome, Runs, clock};

use super::gap::is_behind;
use super::refusal::MigrateRefusal;
use super::step_files::is_changed_here;
use super::verification::{MigrationVerification, MissingRecord};
use crate::dual_write::compared::ComparedFile;
use crate::{OpsError, Revision, id_of};

/// Which records to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedRecords {
    /// All records.
    All,
    /// This many records, evenly spaced.
    Sample(usize),
    /// The records with these identities, as typed.
    Named(Vec<OsString>),
}

/// Compares the registry and the legacy file in the index or a commit. The result of comparing all
/// records is kept for the dashboard.
///
/// # Errors
/// Returns an error if dual write is not enabled there, if the registry cannot be read, or if no
/// record has one of the typed identities.
pub fn verify_migration(
    repo: &Repo,
    source: &Revision,
    part: &VerifiedRecords,
) -> Result<MigrationVerification, OpsError> {
    let both = verification(repo, source, part)?;
    if *part == VerifiedRecords::All {
        let at = clock::now();
        let outcome = if both.consistent { RunOutcome::Fine } else { RunOutcome::Findings };
        let run = LastRun { at, outcome, done: Some(at), report: Some(source.to_string()) };
        // Only the dashboard uses the result, so a failure to save it is ignored.
        let _ = Runs::in_dir(&repo.state_dir()).note(Runs::VERIFY, &run);
    }
    Ok(both)
}

/// Compares the two sides in the index or a commit.
///
/// # Errors
/// Returns an error if dual write is not enabled there, if the registry cannot be read, or if no
/// record has one of the typed identities.
pub(super) fn verification(
    repo: &Repo,
    source: &Revision,
    part: &VerifiedRecords,
) -> Result<MigrationVerification, OpsError> {
    let view = source.view(repo)?;
    // Without rules for the legacy file, the registry does not matter.
    let file = LegacyFile::of(repo, &view.tree)?.filter(|_| view.is_adopted());
    let Some(file) = file else { return Err(not_enabled(repo, &view)) };
    let switch = file.switch();
    if !switch.is_on {
        let variable = switch.contradiction(&file.rules);
        return Err(match variable {
            Some(variable) => MigrateRefusal::SwitchedOff(variable.to_owned()).into(),
            None => not_enabled(repo, &view),
        });
    }
    let compared = ComparedFile::read(repo, &view.tree, &source.registry(repo, &view)?.registry)?;
    let compared = compared.ok_or_else(|| not_enabled(repo, &view))?;
    let registry = compared.registry;
    let all: &[Discrepancy] = match &compared.state {
        LegacyState::Differs(all) => all,
        _ => &[],
    };
    let total = registry.allocations.len();
    let ids = match part {
        VerifiedRecords::All => None,
        VerifiedRecords::Sample(number) => Some(spread(registry, *number)),
        VerifiedRecords::Named(typed) => Some(
            typed
                .iter()
                .map(|typed| named(registry, all, typed))
                .collect::<Result<_, OpsError>>()?,
        ),
    };
    let is_of_sample = |one: &&Discrepancy| ids.as_ref().is_none_or(|ids| ids.contains(&one.id));
    let (missing, differing): (Vec<&Discrepancy>, Vec<&Discrepancy>) =
        all.iter().filter(is_of_sample).partition(|one| one.is_of_record());
    let error = match &compared.state {
        LegacyState::InStep | LegacyState::Differs(_) => None,
        state => state.findings(&compared.file.rules).first().map(|one| one.message.clone()),
    };
    let consistent = match (&ids, &compared.state) {
        // Being in step only means that the file follows from the registry; here, the registry must
        // also follow from the file.
        (_, LegacyState::InStep) => rebuilds(repo, &view, &compared)?,
        (Some(_), LegacyState::Differs(_)) => missing.is_empty() && differing.is_empty(),
        _ => false,
    };
    let tip = source.commit(repo)?;
    let over = tip.map_or_else(|| view.parents.clone(), |tip| vec![tip]);
    let is_behind = !consistent && is_behind(repo, &compared, &view, &over)?;
    // Uncommitted changes are only relevant to the checked-out commit.
    let is_here = tip.is_none() || tip == repo.head()?;
    let is_changed = is_here && is_changed_here(repo, &compared.file, &view.tree)?;
    Ok(MigrationVerification {
        is_behind,
        switched_by: switch.contradiction(&compared.file.rules).map(str::to_owned),
        remark: switch.warning(),
        uncommitted: is_changed.then(|| compared.file.path().clone()),
        phase: MigrationPhase::of(Some(&compared.file.rules), false),
        total,
        checked: ids.as_ref().map_or(total, BTreeSet::len),
        consistent,
        error,
        missing: missing.into_iter().map(MissingRecord::of).collect(),
        discrepancies: differing.into_iter().cloned().collect(),
    })
}

/// Returns whether the registry can be regenerated from the legacy file.
fn rebuilds(
    repo: &Repo,
    view: &CommitState,
    compared: &ComparedFile<'_>,
) -> Result<bool, OpsError> {
    let (file, registry) = (&compared.file, compared.registry);
    let entry = file.entry(&view.tree);
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
    let rebuilt = rebuild_registry(&bytes, file.rules.format, Some(registry));
    let expected = registry.without_stale_values().format();
    Ok(rebuilt.is_ok_and(|rebuilt| rebuilt.without_stale_values().format() == expected))
}

/// Returns the error for commits that do not write both files.
fn not_enabled(repo: &Repo, view: &CommitState) -> OpsError {
    let begin = match view.registry {
        RegistryState::NotAdopted | RegistryState::Missing => how_to_take_over(repo, &view.tree),
        _ => None,
    };
    MigrateRefusal::NotEnabled(begin).into()
}

/// Returns the identity that the user typed. If only the legacy file has it, it is among the
/// differences.
fn named(registry: &Registry, all: &[Discrepancy], typed: &OsStr) -> Result<Id, OpsError> {
    let id = typed.to_str().and_then(|text| text.parse::<Id>().ok());
    let id = id.filter(|id| all.iter().any(|one| one.id == *id));
    Ok(id.map_or_else(|| id_of(registry, typed), Ok)?)
}

/// Returns this many identities from a registry, evenly spaced.
fn spread(registry: &Registry, number: usize) -> BTreeSet<Id> {
    let mut ids: Vec<Id> = registry.allocations.iter().map(|record| record.id).collect();
    // The identities are sorted, so that the same registry always gives the same sample.
    ids.sort_unstable();
    let number = number.min(ids.len());
    (0..number).map(|n| ids[n * ids.len() / number]).collect()
}

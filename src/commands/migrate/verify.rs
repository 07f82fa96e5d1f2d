//! `idhooks migrate verify`: compares both sides, in both directions.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Args;
use idhooks_core::check::out_of_step;
use idhooks_core::legacy::{Discrepancy, LegacyState, rebuild_registry};
use idhooks_core::plan::migration::MigrationPhase;
use idhooks_core::registry::{Id, Registry};
use idhooks_ops::{Revision, id_of};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, LegacyFile, RegistryState, how_to_take_over};
use idhooks_repo::store::{LastRun, RunOutcome, Runs, clock};

use crate::commands::revision_args::RevisionArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{MigrationFormat, MigrationVerification, MissingRecord, Ui, json::document};

use super::compared::ComparedFile;
use super::context::to_unset;
use super::next_step::{Gap, in_step_by};

/// Compare registry and legacy file, field by field and in both directions
///
/// Every record of the registry must be in the legacy file with the same values, and every record of the
/// legacy file in the registry. With all records, each text is also derived from the other side, so either can
/// be rebuilt byte for byte. Values that only differ in their spelling are equal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate verify
  idhooks migrate verify 0110073814260118 DOC-0001 --rev HEAD
  idhooks migrate verify --sample 1000 --format json

Exit code: 0 in step; 1 there are differences; 2 dual write is not enabled, or another error")]
pub(super) struct VerifyMigration {
    /// Compare only the records of these identities, or second identities
    #[arg(value_name = "ID", conflicts_with_all = ["sample", "all"])]
    ids: Vec<OsString>,
    /// Compare only this many records, evenly spread over the registry
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Compare all records (default)
    #[arg(long, conflicts_with = "sample")]
    all: bool,
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: MigrationFormat,
}

impl VerifyMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = self.source.open(dir)?;
        let part = match self.sample.filter(|_| !self.all) {
            _ if !self.ids.is_empty() => VerifiedRecords::Named(&self.ids),
            Some(number) => VerifiedRecords::Sample(number as usize),
            None => VerifiedRecords::All,
        };
        let verification = verification(&repo, &self.source.revision(), &part)?;
        if matches!(part, VerifiedRecords::All) {
            self.note(&repo, verification.consistent);
        }
        verification.remark.iter().for_each(|remark| ui.warning(remark));
        if let Some(path) = &verification.uncommitted {
            let kind = if self.source.revision().is_index() { "staged" } else { "committed" };
            ui.status(&format!(
                "note: '{path}' has changes that are not {kind}, and were not compared"
            ));
        }
        match self.format {
            MigrationFormat::Json => ui.data(&document(&verification)),
            MigrationFormat::Markdown => ui.data(&verification.markdown()),
            MigrationFormat::Text => {
                ui.lines(verification.lines());
                ui.report(&verification.summary());
            }
        }
        if verification.consistent {
            return Ok(Exit::Fine);
        }
        if self.format == MigrationFormat::Text {
            self.hint(ui, &verification);
        }
        Ok(Exit::Findings)
    }

    /// Says what to do about a difference.
    fn hint(&self, ui: &mut Ui, both: &MigrationVerification) {
        if let Some(variable) = &both.switched_by {
            ui.hint(&format!(
                "{variable} in the environment contradicts enabled = false in [dual_write]: unset it, or set enabled = true and commit"
            ));
            return;
        }
        let is_next_commit =
            self.source.revision().is_index() && both.phase == MigrationPhase::LegacyLeads;
        match Gap::of(both) {
            Gap::Foreign if is_next_commit => ui.hint("commit: what changed in the legacy file is taken into the registry; if nothing is staged: git commit --allow-empty"),
            Gap::Behind if is_next_commit => ui.hint("commit: what only the registry has is written to the legacy file; if nothing is staged: git commit --allow-empty"),
            gap => ui.hint(in_step_by(both.phase, gap)),
        }
    }

    /// Notes that everything was compared, for the dashboard. Nothing depends on it, so that an error is
    /// ignored.
    fn note(&self, repo: &Repo, consistent: bool) {
        let at = clock::now();
        let outcome = if consistent { RunOutcome::Fine } else { RunOutcome::Findings };
        let run = LastRun {
            at,
            outcome,
            done: Some(at),
            report: Some(self.source.revision().to_string()),
        };
        let _ = Runs::in_dir(&repo.state_dir()).note_verify(&run);
    }
}

/// Which records are compared.
pub(super) enum VerifiedRecords<'a> {
    /// All.
    All,
    /// This many, evenly spread.
    Sample(usize),
    /// Those with these identities, as typed.
    Named(&'a [OsString]),
}

/// Compares both sides of the index or a commit.
///
/// # Errors
/// Returns an error if dual write is not enabled there, if the registry cannot be read, or if nothing has an
/// identity that was typed.
pub(super) fn verification(
    repo: &Repo,
    source: &Revision,
    part: &VerifiedRecords<'_>,
) -> CommandResult<MigrationVerification> {
    let view = source.view(repo)?;
    // Without rules, the registry does not matter.
    let file = LegacyFile::of(repo, &view.tree)?.filter(|_| view.is_adopted());
    let Some(file) = file else { return Err(not_enabled(repo, &view)) };
    let switch = file.switch();
    if !switch.is_on {
        let variable = switch.contradiction(&file.rules);
        return Err(variable.map_or_else(|| not_enabled(repo, &view), switched_off));
    }
    let compared = ComparedFile::of(repo, &view.tree, &source.registry(repo, &view)?.registry)?;
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
            typed.iter().map(|typed| named(registry, all, typed)).collect::<CommandResult<_>>()?,
        ),
    };
    let is_of_sample = |one: &&Discrepancy| ids.as_ref().is_none_or(|ids| ids.contains(&one.id));
    let (missing, differing): (Vec<&Discrepancy>, Vec<&Discrepancy>) =
        all.iter().filter(is_of_sample).partition(|one| one.is_of_record());
    let error = match &compared.state {
        LegacyState::InStep | LegacyState::Differs(_) => None,
        state => out_of_step(&compared.file.rules, state).first().map(|one| one.message.clone()),
    };
    let consistent = match (&ids, &compared.state) {
        (_, LegacyState::InStep) => {
            let entry = compared.file.entry(&view.tree);
            let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
            let rebuilt = rebuild_registry(&bytes, compared.file.rules.format, Some(registry));
            let expected = registry.without_stale_values().format();
            rebuilt.is_ok_and(|rebuilt| rebuilt.without_stale_values().format() == expected)
        }
        (Some(_), LegacyState::Differs(_)) => missing.is_empty() && differing.is_empty(),
        _ => false,
    };
    let tip = source.commit(repo)?;
    let over = tip.map_or_else(|| view.parents.clone(), |tip| vec![tip]);
    let is_behind = !consistent && compared.is_behind(&view, &over)?;
    let is_here = tip.is_none() || tip == repo.head()?;
    let is_changed = is_here && compared.is_changed_here(&view.tree)?;
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

/// Returns the error that an environment variable keeps commits from writing both files.
fn switched_off(variable: &str) -> CommandError {
    CommandError::new(format!(
        "{variable} in the environment switches dual write off: there are no two sides to compare"
    ))
    .hint(to_unset(variable))
}

/// Returns the error that commits do not write both files, with what to do first.
fn not_enabled(repo: &Repo, view: &CommitState) -> CommandError {
    let error = CommandError::new("dual write is not enabled: there are no two sides to compare");
    let begin = match view.registry {
        RegistryState::NotAdopted | RegistryState::Missing => how_to_take_over(repo, &view.tree),
        _ => None,
    };
    let status = || "see where the migration is: idhooks migrate status".to_owned();
    error.hint(begin.unwrap_or_else(status))
}

/// Returns the identity that was typed; one that only the legacy file has is among the differences.
fn named(registry: &Registry, all: &[Discrepancy], typed: &OsStr) -> CommandResult<Id> {
    let id = typed.to_str().and_then(|text| text.parse::<Id>().ok());
    let id = id.filter(|id| all.iter().any(|one| one.id == *id));
    Ok(id.map_or_else(|| id_of(registry, typed), Ok)?)
}

/// Returns this many identities of a registry, evenly spread.
fn spread(registry: &Registry, number: usize) -> BTreeSet<Id> {
    let mut ids: Vec<Id> = registry.allocations.iter().map(|record| record.id).collect();
    ids.sort_unstable();
    let number = number.min(ids.len());
    (0..number).map(|n| ids[n * ids.len() / number]).collect()
}

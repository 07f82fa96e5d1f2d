//! `idhooks migrate verify`: compares both sides, in both directions.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use idhooks_core::check::out_of_step;
use idhooks_core::legacy::{Discrepancy, LegacyState, rebuild_registry};
use idhooks_core::registry::{Id, Registry};
use idhooks_repo::git::Repo;

use crate::commands::dual_write::compared::ComparedFile;
use crate::commands::revision_args::RevisionArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{MigrationFormat, MigrationVerification, MissingRecord, Ui, json::document};

/// Compare registry and legacy file, field by field and in both directions
///
/// Every record of the registry must be in the legacy file with the same values, and every record of the
/// legacy file in the registry. Without --sample, both texts are also derived from each other: each side
/// can be rebuilt from the other one, byte for byte.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate verify
  idhooks migrate verify --sample 1000 --format json

Exit code: 0 in step; 1 there are differences; 2 dual write is not enabled, or another error")]
pub(super) struct VerifyMigration {
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
        let sample = self.sample.filter(|_| !self.all).map(|number| number as usize);
        let verification = verification(&repo, &self.source, sample)?;
        match self.format {
            MigrationFormat::Json => ui.data(&document(&verification)),
            MigrationFormat::Markdown => ui.data(&verification.markdown()),
            MigrationFormat::Text => {
                ui.lines(verification.lines());
                ui.report(&verification.summary());
            }
        }
        Ok(if verification.consistent { Exit::Fine } else { Exit::Findings })
    }
}

/// Compares both sides of the index or a commit: all records, or this many of them.
///
/// # Errors
/// Returns an error if dual write is not enabled there, or if the registry cannot be read.
pub(super) fn verification(
    repo: &Repo,
    source: &RevisionArgs,
    sample: Option<usize>,
) -> CommandResult<MigrationVerification> {
    let not_enabled = || {
        CommandError::new("dual write is not enabled: there are no two sides to compare")
            .hint("see where the migration is: idhooks migrate status")
    };
    let view = source.view(repo)?;
    if !view.is_adopted() {
        return Err(not_enabled());
    }
    let compared = ComparedFile::of(repo, &view.tree, &source.registry(&view)?.registry)?;
    let compared = compared.filter(|compared| compared.file.is_checked());
    let compared = compared.ok_or_else(not_enabled)?;
    let registry = compared.registry;
    let all: &[Discrepancy] = match &compared.state {
        LegacyState::Differs(all) => all,
        _ => &[],
    };
    let total = registry.allocations.len();
    let ids = sample.map(|number| spread(registry, number));
    let is_of_sample = |one: &&Discrepancy| ids.as_ref().is_none_or(|ids| ids.contains(&one.id));
    let (missing, differing): (Vec<&Discrepancy>, Vec<&Discrepancy>) =
        all.iter().filter(is_of_sample).partition(|one| one.is_of_record());
    let error = match &compared.state {
        LegacyState::InStep | LegacyState::Differs(_) => None,
        state => out_of_step(&compared.file.rules, state).first().map(|one| one.message.clone()),
    };
    let consistent = match (sample, &compared.state) {
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
    Ok(MigrationVerification {
        total,
        checked: ids.as_ref().map_or(total, BTreeSet::len),
        consistent,
        error,
        missing: missing.into_iter().map(MissingRecord::of).collect(),
        discrepancies: differing.into_iter().cloned().collect(),
    })
}

/// Returns this many identities of a registry, evenly spread.
fn spread(registry: &Registry, number: usize) -> BTreeSet<Id> {
    let mut ids: Vec<Id> = registry.allocations.iter().map(|record| record.id).collect();
    ids.sort_unstable();
    let number = number.min(ids.len());
    (0..number).map(|n| ids[n * ids.len() / number]).collect()
}

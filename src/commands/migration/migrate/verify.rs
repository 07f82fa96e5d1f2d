//! `idhooks migrate verify`: compares the registry with the legacy file.

use idhooks_core::config::MigrationPhase;
use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use idhooks_ops::{MigrationGap, MigrationVerification, VerifiedRecords, verify_migration};

use crate::commands::revision_args::RevisionArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Ui, json::document};

use super::super::report::next::in_step_by;
use super::super::report::{
    MigrationFormat, verification_lines, verification_markdown, verification_summary,
};

/// Compare the registry with the legacy file, field by field and in both directions
///
/// Every record in the registry must be in the legacy file with the same values, and vice versa. If
/// all records are compared, each file must also equal the one derived from the other, so that
/// either can be rebuilt byte for byte. Values that differ only in spelling count as equal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate verify
  idhooks migrate verify 0110073814260118 DOC-0001 --rev HEAD
  idhooks migrate verify --sample 1000 --format json

Exit code: 0 in step; 1 differences; 2 dual write is not enabled, or another error")]
pub(super) struct VerifyMigration {
    /// Compare only the records with these identities or second identities
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
            _ if !self.ids.is_empty() => VerifiedRecords::Named(self.ids.clone()),
            Some(number) => VerifiedRecords::Sample(number as usize),
            None => VerifiedRecords::All,
        };
        let verification = verify_migration(&repo, &self.source.revision(), &part)?;
        verification.remark.iter().for_each(|remark| ui.warning(remark));
        if let Some(path) = &verification.uncommitted {
            let kind = if self.source.revision().is_index() { "staged" } else { "committed" };
            ui.status(&format!("note: changes to '{path}' that are not {kind} were not compared"));
        }
        match self.format {
            MigrationFormat::Json => ui.data(&document(&verification)),
            MigrationFormat::Markdown => ui.data(&verification_markdown(&verification)),
            MigrationFormat::Text => {
                ui.lines(verification_lines(&verification));
                ui.report(&verification_summary(&verification));
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

    /// Prints advice on a difference.
    fn hint(&self, ui: &mut Ui, both: &MigrationVerification) {
        if let Some(variable) = &both.switched_by {
            ui.hint(&format!(
                "{variable} in the environment contradicts enabled = false in [dual_write]: unset it, or set enabled = true and commit"
            ));
            return;
        }
        let is_next_commit =
            self.source.revision().is_index() && both.phase == MigrationPhase::LegacyLeads;
        match both.gap() {
            // The hint includes `--allow-empty`, because git finds nothing to commit if only the
            // hook stages changes.
            MigrationGap::Foreign if is_next_commit => ui.hint("commit to take the changes in the legacy file into the registry; if nothing is staged: git commit --allow-empty"),
            MigrationGap::Behind if is_next_commit => ui.hint("commit to write the missing records to the legacy file; if nothing is staged: git commit --allow-empty"),
            gap => ui.hint(in_step_by(both.phase, gap)),
        }
    }
}

//! `idhooks drift`: reports where the registry and the files disagree, or soon will.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::check::{Severity, unread_heads};
use idhooks_ops::{DriftReport, clock, drift};

use crate::error::{CommandResult, Exit};
use crate::output::{DriftFormat, Ui, drift_text, report_unchecked_references, summary};

use super::output_file::{OverwriteArgs, write};
use super::revision_args::RevisionArgs;

/// Summarize how the registry and the files differ, by kind
///
/// Lists files without an identity, identities that files carry but the registry lacks, paths that
/// no longer exist, deprecated identities that are still in use, and counters that are 95 % full,
/// each with path and identity. 'idhooks reconcile' and 'idhooks fix' repair most of them.
///
/// If idhooks.toml has a 'lint' table, also lists code that uses declared legacy formats
/// (ID_FORMAT) or deprecated calls (DEPRECATED_ID_CALL). For other findings in code, see 'idhooks
/// lint'. If it has a 'references' table, also lists references to files that are deprecated,
/// superseded or unknown, or that have changed since they were read, with line and column.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks drift                   in the index
  idhooks drift --rev origin/main --format markdown --output drift.md

Exit code: 0 no drift, or the next commit repairs it; 1 drift; 2 an error")]
pub(super) struct DriftArgs {
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: DriftFormat,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl DriftArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = self.source.open(dir)?;
        let DriftReport { findings, unread, unchecked, has_legacy_code } =
            drift(&repo, &self.source.revision())?;
        let report = drift_text(&findings, unread, &unchecked, &clock::now(), self.format);
        match &self.output {
            Some(file) => write(&repo, &dir.join(file), &report, self.overwrite)?,
            None => ui.data(&report),
        }
        let unread = unread_heads(unread, true);
        let commands = match has_legacy_code {
            true => "idhooks check --all-heads, idhooks lint",
            false => "idhooks check --all-heads",
        };
        ui.status(&match findings.is_empty() {
            true if unread.is_empty() => "the registry and the files agree".to_owned(),
            true => format!("the registry and what was read of the files agree{unread}"),
            false => format!("{}{unread}; see what to do: {commands}", summary(&findings)),
        });
        report_unchecked_references(ui, &unchecked);
        // Warnings count too: what the next commit repairs is only a note, so anything else needs a
        // human.
        Ok(Exit::of(&findings, Severity::Warning))
    }
}

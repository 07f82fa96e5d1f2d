//! `idhooks check`: what is wrong with the registry of the index or of a commit.

use std::path::Path;

use crate::check::Severity;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Format, Ui, count, json, summary};
use crate::walk::Held;

use super::source::Source;

/// Check that the registry is true of the tree
///
/// Looks at the index, which is what the next commit will hold, or at a commit. Findings go to
/// standard output; 'idhooks explain CODE' tells more about each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks check                     of what is staged
  idhooks check --rev HEAD~3 --strict --format json

Exit code: 0 nothing wrong, 1 an error (with --strict also a warning), 2 cannot check")]
pub(super) struct Check {
    #[command(flatten)]
    source: Source,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Check {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let (repo, view) = self.source.look(dir)?;
        if matches!(view.held, Held::NotAdopted) {
            return Err(self.source.not_adopted());
        }
        let policy = view.policy(&repo)?;
        let findings = view.check(&repo, &policy)?;
        match self.format {
            Format::Json => ui.data(&json::check(&findings)),
            Format::Text => ui.findings(&findings),
        }
        let summary = summary(&findings);
        let seen = view.stored().filter(|_| findings.is_empty()).map(|stored| {
            let files = count(view.tracked(&policy).count(), "file", "files");
            let records = stored.registry.allocations.len();
            format!("{files}, {}: ", count(records, "identity", "identities"))
        });
        ui.status(&format!("{}{summary}", seen.unwrap_or_default()));
        if !view.unmerged.is_empty() {
            let paths = count(view.unmerged.len(), "unmerged path", "unmerged paths");
            ui.warning(&format!("{paths} left out; resolve the conflict, then check again"));
        }
        let least = if self.strict { Severity::Warning } else { Severity::Error };
        Ok(Exit::of(&findings, least))
    }
}

//! `idhooks check`: what is wrong with the registry of the index, of a commit or of a history.

mod history;

use std::path::Path;

use crate::check::Severity;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Format, Ui, count, json, summary};
use crate::walk::Held;

use super::source::Source;

/// Check that the registry is true of the tree
///
/// Looks at the index, which is what the next commit will hold, at a commit, or at every commit
/// of a history. Findings go to standard output; 'idhooks explain CODE' tells more about each.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks check                     of what is staged
  idhooks check --rev HEAD~3 --strict --format json
  idhooks check --history           every commit since the registry came
  idhooks check --history=origin/main..HEAD

Over a history every commit must be true, no record may disappear and no identity name two files.
The first bad commit is named. One that a later commit of the range heals is a warning (BEHIND);
one that nothing heals yet is an error. What is known of a commit is remembered.

Exit code: 0 nothing wrong, 1 an error (with --strict also a warning), 2 cannot check")]
pub(super) struct Check {
    #[command(flatten)]
    source: Source,
    /// Check every commit of a history: revisions as 'git rev-list' takes them
    #[arg(
        long,
        value_name = "RANGE",
        num_args = 0..,
        conflicts_with = "rev"
    )]
    history: Option<Vec<String>>,
    /// Check every commit of HEAD's history since the registry came, as '--history' alone does
    #[arg(long, conflicts_with_all = ["rev", "history"])]
    since_adoption: bool,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl Check {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let least = if self.strict { Severity::Warning } else { Severity::Error };
        if self.since_adoption || self.history.is_some() {
            let revisions = self.history.unwrap_or_default();
            return history::run(ui, dir, &revisions, self.format, least);
        }
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
        Ok(Exit::of(&findings, least))
    }
}

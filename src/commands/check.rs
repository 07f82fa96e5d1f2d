//! `idhooks check`: what is wrong with the registry of the index, of a commit or of a history.

mod history;

use std::path::Path;

use crate::check::{Finding, Severity};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Format, Ui, count, json, summary};
use crate::store::Counted;
use crate::walk::{Held, Unchecked};

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
        let repo = self.source.open(dir)?;
        let mut unchecked = self.source.is_index().then(|| Unchecked::of(&repo)).transpose()?;
        if let Some(index) = &mut unchecked
            && let Some(counted) = index.clean(&repo)?
        {
            self.report(ui, &[], Some(counted));
            return Ok(Exit::Fine);
        }
        let view = self.source.view(&repo)?;
        if matches!(view.held, Held::NotAdopted) {
            return Err(self.source.not_adopted());
        }
        let policy = view.policy(&repo)?;
        let findings = view.check(&repo, &policy)?;
        let seen = view.stored().filter(|_| findings.is_empty()).map(|stored| Counted {
            files: view.tracked(&policy).count(),
            identities: stored.registry.allocations.len(),
            registry: stored.blob,
        });
        self.report(ui, &findings, seen);
        if !view.unmerged.is_empty() {
            let paths = count(view.unmerged.len(), "unmerged path", "unmerged paths");
            ui.warning(&format!("{paths} left out; resolve the conflict, then check again"));
        } else if let Some((unchecked, counted)) = unchecked.zip(seen) {
            unchecked.remember(&repo, counted)?;
        }
        Ok(Exit::of(&findings, least))
    }

    fn report(&self, ui: &mut Ui, findings: &[Finding], seen: Option<Counted>) {
        match self.format {
            Format::Json => ui.data(&json::check(findings)),
            Format::Text => ui.findings(findings),
        }
        let seen = seen.map(|counted| {
            let files = count(counted.files, "file", "files");
            format!("{files}, {}: ", count(counted.identities, "identity", "identities"))
        });
        ui.status(&format!("{}{}", seen.unwrap_or_default(), summary(findings)));
    }
}

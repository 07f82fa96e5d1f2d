//! `idhooks coverage --check-regression`: fails if coverage is lower than before.

use idhooks_core::check::{Coverage, Point};
use idhooks_repo::git::Repo;

use crate::commands::revision_args::find_commit;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::Ui;

use super::CoverageArgs;
use super::commits::coverage_at;

impl CoverageArgs {
    /// Compares with the commit of `--against`, or with the previous one.
    pub(super) fn compare(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        now: Coverage,
    ) -> Result<Exit, CommandError> {
        let (before, name) = match &self.against {
            Some(rev) => (Some(find_commit(repo, rev)?), format!("'{rev}'")),
            None => {
                let tip = match self.source.commit(repo)? {
                    Some(tip) => Some(tip),
                    None => repo.head()?,
                };
                let parent = tip.map(|tip| repo.commit(tip)).transpose()?;
                let parent = parent.and_then(|commit| commit.parents.first().copied());
                let name = parent.map(|parent| format!("commit {}", parent.short()));
                (parent, name.unwrap_or_default())
            }
        };
        let Some(before) = before else {
            ui.status(&format!("coverage is {now}; there is no earlier commit to compare with"));
            return Ok(Exit::Fine);
        };
        if !repo.has_commit(before) {
            let error = CommandError::new(format!("{name} is not in this clone"));
            return Err(error.hint("fetch the rest, then check again: git fetch --unshallow"));
        }
        Ok(self.verdict(ui, now, coverage_at(repo, before)?, &name))
    }

    /// Compares the last day of a history with the day before.
    pub(super) fn compare_days(&self, ui: &mut Ui, points: &[Point]) -> Exit {
        match points {
            [.., before, now] => {
                let name = format!("the end of {}", before.at.date());
                self.verdict(ui, now.coverage, before.coverage, &name)
            }
            _ => {
                ui.status("there are no two days to compare");
                Exit::Fine
            }
        }
    }

    fn verdict(&self, ui: &mut Ui, now: Coverage, before: Coverage, name: &str) -> Exit {
        let threshold = &self.threshold;
        if now.is_lower_than(before, threshold) {
            ui.error(&format!(
                "coverage is {now}, more than {threshold} lower than {before} at {name}"
            ));
            ui.hint("see which files have no identity: idhooks check coverage");
            return Exit::Findings;
        }
        ui.status(&format!("coverage is {now}; at {name} it was {before}"));
        Exit::Fine
    }
}

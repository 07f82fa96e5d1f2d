//! `idhooks schedule run`: runs scheduled jobs and writes their reports.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_ops::{HealedBranch, Job, Notice, Observer, Progress, PushedBackups, Repo, local_time};
use idhooks_report::schedule::{
    JobObserver, JobsOutcome, RunJobsOptions, ScheduleError, ScheduledReport, SectionFact,
    WrittenReport, run_jobs,
};
use jiff::tz::TimeZone;

use crate::commands::watcher;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, advise_after_healing, healed_branch_outcome, pushed_backups};
use crate::report::{format_scheduled_report, section_help};

use crate::commands::output_file::OverwriteArgs;
use crate::commands::value_parsers::choice;

/// Write a report now, or all reports that are due
///
/// 'hourly' heals the current branch like 'idhooks reconcile --commit' if the 'reconcile' table of
/// idhooks.toml sets the target; otherwise, it only reports the repairs. 'backups' backs up the
/// registry and pushes all backups to the remote given to 'schedule install --backup'.
///
/// Reports describe the commit that is checked out, in Markdown and JSON. The last 30 of each kind are kept
/// in 'idhooks/reports' in the git directory; files in the --output directory are never deleted. A report
/// that was never written is due at once.
///
/// Runs never overlap: a second run leaves its report to the first one, and exits with code 0.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule run nightly
  idhooks schedule run monthly --output reports/
  idhooks schedule run --due

Exit code: 0 nothing needs attention, or another run is active; 1 a report needs attention; 2 a report \
could not be written")]
pub(super) struct ScheduleRun {
    /// Report to write
    #[arg(value_parser = choice(Job::ALL, Job::as_str, Some(Job::help)), value_name = "REPORT", required_unless_present = "due")]
    job: Option<Job>,
    /// Write all reports that are due
    #[arg(long, conflicts_with = "job")]
    due: bool,
    /// Write to this directory instead of the git directory
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl ScheduleRun {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let options = RunJobsOptions {
            job: self.job,
            output: self.output.map(|output| dir.join(output)),
            overwrite: self.overwrite.is_given(),
            queue_questions: watcher::QUEUE_QUESTIONS,
        };
        let mut shown = ShownJobs { ui, exit: Exit::Fine, refused: None };
        let outcome = run_jobs(&mut shown, &repo, &options)?;
        let ShownJobs { ui, exit, .. } = shown;
        match outcome {
            JobsOutcome::Done | JobsOutcome::NothingDue(None) => {}
            JobsOutcome::NothingDue(Some((at, job))) => {
                let at = local_time(at, &TimeZone::system());
                ui.status(&format!("nothing is due; next is {job} at {at}"));
            }
            JobsOutcome::Active(holder, Some(job)) => {
                ui.status(&format!("{holder} is active and writes '{job}' next"));
            }
            // With `--output`, someone is waiting for a file, so a run that writes none must not
            // look successful.
            JobsOutcome::Active(holder, None) if options.output.is_some() => {
                ui.warning(&format!("{holder} is active: nothing was written"));
                ui.hint("run this command again when it has finished");
            }
            JobsOutcome::Active(holder, None) => ui.status(&format!("{holder} is active")),
        }
        Ok(exit)
    }
}

/// Shows the jobs while they run.
struct ShownJobs<'u> {
    ui: &'u mut Ui,
    /// The worst exit code so far.
    exit: Exit,
    /// The error of a job that was refused; its report contains the message, too.
    refused: Option<CommandError>,
}

impl Observer for ShownJobs<'_> {
    fn notice(&mut self, notice: Notice) {
        self.ui.notice(notice);
    }

    fn progress(&mut self, progress: Progress) {
        self.ui.progress(progress);
    }
}

impl JobObserver for ShownJobs<'_> {
    fn healed(&mut self, healed: &HealedBranch) {
        self.ui.status(&healed_branch_outcome(healed));
        advise_after_healing(self.ui, healed);
    }

    fn pushed(&mut self, pushed: &PushedBackups) {
        self.ui.status(&pushed_backups(pushed));
    }

    fn format(&mut self, mut report: ScheduledReport) -> [String; 2] {
        let mut helps = Vec::new();
        for section in &mut report.sections {
            let Some(failure) = section.failure.take() else {
                helps.push(section_help(section));
                continue;
            };
            let error = CommandError::from(failure);
            let because = error.causes.iter().flat_map(|cause| [": ", cause]);
            let message = std::iter::once(&*error.message).chain(because).collect();
            section.facts = vec![("failed", SectionFact::Text(message))];
            helps.push(error.hints.first().cloned().map(Into::into));
            self.refused = report.is_refused.then_some(error);
        }
        format_scheduled_report(&report, &helps)
    }

    fn finished(&mut self, job: Job, written: Result<WrittenReport, ScheduleError>) {
        let (ui, refused) = (&mut *self.ui, self.refused.take());
        let exit = match written {
            Ok(WrittenReport { file, needs }) => {
                refused.iter().for_each(|error| error.show(ui));
                if refused.is_some() || needs.is_empty() {
                    ui.status(&format!("wrote {}", file.display()));
                    refused.map_or(Exit::Fine, |error| error.exit)
                } else {
                    ui.warning(&format!("{job}: needs attention: {}", needs.join(", ")));
                    ui.hint(&format!("see the report: {}", file.display()));
                    Exit::Findings
                }
            }
            Err(error) => {
                let error = CommandError::from(error);
                error.show(ui);
                error.exit
            }
        };
        // If a job fails, the run continues, so the worst result is kept until the end.
        self.exit = self.exit.max(exit);
    }
}

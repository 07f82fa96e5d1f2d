//! `idhooks schedule run`: writes the reports.

use std::path::{Component, Path, PathBuf};

use clap::Args;
use idhooks_core::plan::schedule::{Job, local_day, local_time};
use idhooks_ops::write_outputs;
use idhooks_repo::store::{Holder, LastRun, LockError, REPORT_FORMATS, RunOutcome, Runs};
use idhooks_repo::{git::Repo, state::Heads, transaction::now};
use jiff::tz::TimeZone;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{ScheduledReport, Ui, safe};

use super::super::choice::choice;
use super::super::output_file::OverwriteArgs;
use super::sections::{self, ReportContext};
use super::{pushing, repair};

/// Write a report now, or all that are due
///
/// 'hourly' heals the checked-out branch as 'idhooks reconcile --commit' does, if the table 'reconcile'
/// of idhooks.toml says where; otherwise it only reports what there is to heal. 'backups' backs up the
/// registry and pushes all backups to the remote that 'schedule install --backup' named.
///
/// A report describes the commit that is checked out, in Markdown and JSON. The last 30 of each kind
/// are kept in 'idhooks/reports' in the git directory; files in the --output directory are never
/// deleted. A report that was never written is due at once.
///
/// Two runs never overlap: the second one names the first, leaves its report to it and ends with
/// exit code 0.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule run nightly
  idhooks schedule run monthly --output reports/
  idhooks schedule run --due

Exit code: 0 nothing needs attention, or another run is active; 1 something does: see the report; \
2 a report could not be written")]
pub(super) struct ScheduleRun {
    /// Report to write
    #[arg(value_parser = choice(Job::ALL, Job::as_str, Some(Job::help)), value_name = "REPORT", required_unless_present = "due")]
    job: Option<Job>,
    /// Write the reports that have not been written since they were last due
    #[arg(long, conflicts_with = "job")]
    due: bool,
    /// Write to this directory instead of the git directory
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl ScheduleRun {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let runs = Runs::in_dir(&repo.state_dir());
        let what = self.job.map_or("--due", Job::as_str);
        let _turn = match runs.begin(&format!("schedule run {what}")) {
            Ok(turn) => turn,
            Err(LockError::Held { holder, .. }) => return self.leave(ui, &runs, &holder),
            Err(LockError::Store(error)) => return Err(error.into()),
        };
        let zone = TimeZone::system();
        let work = ReportWork { repo: &repo, runs: &runs, zone, overwrite: self.overwrite };
        let is_due = |job: &Job| {
            let done = runs.last(*job).and_then(|run| run.done);
            job.is_due(done, now(), &work.zone)
        };
        let jobs = runs.jobs();
        let due = || jobs.iter().copied().filter(is_due).collect();
        let wanted: Vec<Job> = self.job.map_or_else(due, |job| vec![job]);
        let mut exit = Exit::Fine;
        for job in &wanted {
            let output = self.output.as_ref().map(|output| dir.join(output));
            exit = exit.max(work.do_job(ui, *job, output.as_deref())?);
        }
        // Reports that other runs requested meanwhile, or before a run was killed.
        while let Some(job) = runs.requested().first() {
            exit = exit.max(work.do_job(ui, *job, None)?);
        }
        if wanted.is_empty() {
            let next = jobs.iter().map(|job| (job.next_planned(now(), &work.zone), job));
            if let Some((at, job)) = next.min() {
                let at = local_time(at, &work.zone);
                ui.status(&format!("nothing is due; next is {} at {at}", job.as_str()));
            }
        }
        Ok(exit)
    }

    /// Leaves the work to the run that is active.
    fn leave(&self, ui: &mut Ui, runs: &Runs, who: &Holder) -> CommandResult<Exit> {
        let does = |job: Job| who.command() == Some(&*format!("schedule run {job}"));
        match self.job.filter(|job| self.output.is_none() && !does(*job)) {
            Some(job) => {
                runs.request(job)?;
                ui.status(&format!("{who} is active and writes '{}' next", job.as_str()));
            }
            None if self.output.is_some() => {
                ui.warning(&format!("{who} is active: nothing was written"));
                ui.hint("run this command again when it has finished");
            }
            None => ui.status(&format!("{who} is active")),
        }
        Ok(Exit::Fine)
    }
}

/// A report that was written.
struct WrittenReport {
    exit: Exit,
    /// The Markdown file.
    file: PathBuf,
    /// Why the work that it reports was refused.
    refused: Option<CommandError>,
}

/// The repository, its record of runs, and the time zone.
struct ReportWork<'r> {
    repo: &'r Repo,
    runs: &'r Runs,
    zone: TimeZone,
    overwrite: OverwriteArgs,
}

impl ReportWork<'_> {
    /// Does a job and records its result. A job that fails does not stop the others.
    fn do_job(&self, ui: &mut Ui, job: Job, output: Option<&Path>) -> CommandResult<Exit> {
        let at = now();
        let before = self.runs.last(job);
        // First, so that a job that always fails is not requested for ever.
        self.runs.clear_request(job)?;
        let (run, exit) = match self.write(ui, job, output) {
            Ok(WrittenReport { exit, file, refused }) => {
                let outcome = match exit {
                    _ if refused.is_some() => RunOutcome::Failed,
                    Exit::Fine => RunOutcome::Fine,
                    _ => RunOutcome::Findings,
                };
                // What was refused is due again.
                let done = match &refused {
                    Some(_) => before.and_then(|run| run.done),
                    None => Some(at),
                };
                let report = Some(safe(&file.display().to_string()).into_owned());
                (LastRun { at, outcome, done, report }, exit)
            }
            Err(error) => {
                error.show(ui);
                let (done, report) = before.map_or((None, None), |run| (run.done, run.report));
                (LastRun { at, outcome: RunOutcome::Failed, done, report }, error.exit)
            }
        };
        self.runs.note(job, &run)?;
        Ok(exit)
    }

    /// Writes a report.
    fn write(&self, ui: &mut Ui, job: Job, dir: Option<&Path>) -> CommandResult<WrittenReport> {
        let work = match job {
            Job::Hourly => Some(repair::hourly(ui, self.repo)),
            Job::Backup => Some(pushing::backup(ui, self.repo)),
            Job::Nightly | Job::Weekly | Job::Monthly => None,
        };
        let heads = if work.is_some() { Heads::Ruled } else { Heads::All };
        let (done, refused) = work.unzip();
        let refused = refused.flatten();
        // Where nothing can be reported, the reason of the refusal says more.
        let scene = ReportContext::of(self.repo, now(), heads)
            .map_err(|error| refused.clone().unwrap_or(error))?;
        let name = self.repo.main_dir()?;
        let dossier = ScheduledReport {
            job: job.as_str(),
            at: scene.now,
            day: match job {
                // A report of each hour.
                Job::Hourly => local_time(scene.now, &self.zone).replace(' ', "T")[..13].to_owned(),
                _ => local_day(scene.now, &self.zone),
            },
            repository: name.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            commit: scene.commit.to_string(),
            is_refused: refused.is_some(),
            sections: match job {
                Job::Hourly | Job::Backup => done.into_iter().collect(),
                Job::Nightly => sections::nightly(ui, &scene),
                _ if scene.state.registry().is_none() => vec![scene.unreadable()],
                Job::Weekly => sections::weekly(&scene)?,
                Job::Monthly => sections::monthly(ui, &scene)?,
            },
        };
        let names = REPORT_FORMATS.map(|form| format!("{}.{form}", dossier.stem()));
        let (markdown, json) = (dossier.markdown(), dossier.json());
        let file = match dir {
            Some(dir) => {
                let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
                let markdown_name = names[0].clone();
                let [file, other] = names.map(|name| dir.join(name));
                let files = [(&*other, &*json), (&*file, &*markdown)];
                write_outputs(self.repo, &files, self.overwrite.is_given())?;
                // Without the detours of the option.
                let is_direct = !dir.components().any(|part| part == Component::ParentDir);
                let real = dir.canonicalize().ok().filter(|_| !is_direct);
                real.map_or(file, |dir| dir.join(&markdown_name))
            }
            None => {
                let [file, other] = names.map(|name| self.runs.report(&name));
                other.replace(json.as_bytes())?;
                file.replace(markdown.as_bytes())?;
                self.runs.prune(job)?;
                file.path().to_owned()
            }
        };
        let needs = dossier.needs();
        if let Some(error) = &refused {
            error.show(ui);
            ui.status(&format!("wrote {}", file.display()));
            return Ok(WrittenReport { exit: error.exit, file, refused });
        }
        if needs.is_empty() {
            ui.status(&format!("wrote {}", file.display()));
            return Ok(WrittenReport { exit: Exit::Fine, file, refused });
        }
        ui.warning(&format!("{}: needs attention: {}", job.as_str(), needs.join(", ")));
        ui.hint(&format!("see the report: {}", file.display()));
        Ok(WrittenReport { exit: Exit::Findings, file, refused })
    }
}

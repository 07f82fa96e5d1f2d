//! Manages a block in the user's crontab: one line per task, and lines that catch up on missed
//! reports at every boot and every hour.

use idhooks_ops::units::{ProgramSearch, UnitFormat, UnitNotice, cron_quoted as quoted};
use idhooks_ops::{Notice, Observer};
use idhooks_repo::environment::Environment;
use idhooks_repo::store::Job;
use idhooks_repo::store::marked_block::{self, Block};
use idhooks_repo::system::{ProgramOutput, run_program};

use super::error::ScheduleError;
use super::timer_set::{TimerSet, TimerTask};

/// The messages that cron programs print if the user has no crontab.
const NONE: [&str; 2] = ["no crontab", "No such file"];

/// The user's crontab, which may contain a repository's block.
pub(super) struct Crontab<'s> {
    subject: &'s TimerSet,
    /// The crontab's content; `None` if there is no crontab.
    bytes: Option<Vec<u8>>,
}

/// Returns where cron looks for programs.
pub(super) fn program_search(environment: &Environment) -> ProgramSearch {
    // The `PATH` of every cron has these. A crontab may set another one, which may also go.
    ProgramSearch::new("cron", ["/usr/bin", "/bin"], environment)
}

/// Returns a task's time in cron syntax.
fn calendar(task: TimerTask<'_>) -> &'static str {
    match task {
        TimerTask::Report(Job::Hourly) => "15 * * * *",
        TimerTask::Report(Job::Nightly) => "0 2 * * *",
        TimerTask::Report(Job::Weekly) => "0 6 * * 1",
        TimerTask::Report(Job::Monthly) => "0 3 1 * *",
        TimerTask::Report(Job::Backup) => "0 4 * * *",
        TimerTask::Metrics(_) => "*/5 * * * *",
    }
}

/// Returns the lines for a repository.
fn lines(subject: &TimerSet, program: &str) -> String {
    let call = format!("{} -C {} --quiet", quoted(program), quoted(&subject.names.dir));
    let line =
        |task: TimerTask<'_>| format!("{} {call} {}\n", calendar(task), task.arguments(quoted));
    // cron does not run jobs that were missed while the machine was off or asleep.
    let missed = ["@reboot", "30 * * * *"].map(|at| format!("{at} {call} schedule run --due\n"));
    subject.tasks().map(line).chain(missed).collect()
}

fn own_lines(subject: &TimerSet) -> String {
    lines(subject, &subject.names.program)
}

/// Returns the note that identifies a repository's block.
fn note(subject: &TimerSet) -> String {
    format!("schedule={}", subject.names.name)
}

/// Returns the block by itself, to be written to a file.
pub(super) fn text(subject: &TimerSet) -> String {
    let bytes = marked_block::append(Some(b""), &own_lines(subject), 0, vec![note(subject)]);
    String::from_utf8_lossy(&bytes).into_owned()
}

impl<'s> Crontab<'s> {
    /// Reads the crontab; returns `None` if cron is not installed.
    ///
    /// # Errors
    /// Returns an error if this user may not read the crontab.
    pub(super) fn read_any(subject: &'s TimerSet) -> Result<Option<Self>, ScheduleError> {
        let Some(answer) = run_program("crontab", &["-l"], b"")? else { return Ok(None) };
        let is_none = NONE.iter().any(|said| answer.error.contains(said));
        match answer.is_success {
            true => Ok(Some(Crontab { subject, bytes: Some(answer.stdout) })),
            // If there is no crontab, cron programs exit with an error, and only the message says
            // why.
            false if is_none => Ok(Some(Crontab { subject, bytes: None })),
            false => Err(refused("read", answer)),
        }
    }

    /// Reads the crontab.
    ///
    /// # Errors
    /// Returns an error if cron is not installed; also returns any error from
    /// [`Crontab::read_any`].
    pub(super) fn read(subject: &'s TimerSet) -> Result<Self, ScheduleError> {
        // Installing and removing timers requires cron; only listing works without it.
        Self::read_any(subject)?.ok_or(ScheduleError::NoCron)
    }

    fn block(&self) -> Result<Option<Block>, ScheduleError> {
        let bytes = self.bytes.as_deref().unwrap_or_default();
        marked_block::find_noted(bytes, &note(self.subject))
            .map_err(|_| ScheduleError::DamagedCrontab)
    }

    /// Returns the program that the repository's block calls, if it is one that idhooks wrote.
    ///
    /// # Errors
    /// Returns an error if a block is incomplete.
    pub(super) fn program(&self) -> Result<Option<String>, ScheduleError> {
        let bytes = self.bytes.as_deref().unwrap_or_default();
        let text = self.block()?.map(|block| String::from_utf8_lossy(&bytes[block.range]));
        Ok(text.and_then(|text| UnitFormat::Cron.program(&text)))
    }

    /// Returns whether the repository's block is up to date, whichever program it calls, or `None`
    /// if the crontab does not contain the block.
    ///
    /// # Errors
    /// Returns an error if a block is incomplete.
    pub(super) fn is_current(&self) -> Result<Option<bool>, ScheduleError> {
        let program = self.program()?;
        let lines = lines(self.subject, program.as_ref().unwrap_or(&self.subject.names.program));
        let after = self.with_block(&lines)?;
        Ok(self.block()?.map(|_| after.is_none()))
    }

    /// Returns the crontab with these lines as the block; `None` if they are already there.
    fn with_block(&self, lines: &str) -> Result<Option<Vec<u8>>, ScheduleError> {
        let bytes = self.bytes.as_deref();
        let after = match self.block()? {
            Some(block) => marked_block::replace_body(bytes.unwrap_or_default(), &block, lines),
            None => marked_block::append(bytes, lines, 0, vec![note(self.subject)]),
        };
        Ok((self.bytes.as_ref() != Some(&after)).then_some(after))
    }

    /// Adds the block; everything else stays the same, byte for byte.
    ///
    /// # Errors
    /// Returns an error if the crontab cannot be written.
    pub(super) fn install(
        &self,
        observer: &mut dyn Observer,
        dry_run: bool,
    ) -> Result<(), ScheduleError> {
        match self.with_block(&own_lines(self.subject))? {
            None => observer.notice(Notice::Unit(UnitNotice::Unchanged)),
            Some(_) if dry_run => {
                let lines = text(self.subject);
                observer.notice(Notice::Unit(UnitNotice::WouldAddLines(lines)));
            }
            Some(after) => {
                // Only the `crontab` program knows where the file is, and only it notifies cron of
                // the change.
                change("write", "-", &after)?;
                observer.notice(Notice::Unit(UnitNotice::AddedLines));
            }
        }
        Ok(())
    }

    /// Removes the block.
    ///
    /// # Errors
    /// See [`Crontab::install`].
    pub(super) fn remove(
        &self,
        observer: &mut dyn Observer,
        dry_run: bool,
    ) -> Result<(), ScheduleError> {
        let Some(block) = self.block()? else { return Ok(()) };
        if dry_run {
            observer.notice(Notice::Unit(UnitNotice::WouldRemoveLines));
            return Ok(());
        }
        match marked_block::cut(self.bytes.as_deref().unwrap_or_default(), &block) {
            Some(rest) => change("write", "-", &rest)?,
            // Without this check, an empty crontab would be left where there was no crontab before.
            None => change("remove", "-r", b"")?,
        }
        observer.notice(Notice::Unit(UnitNotice::RemovedLines));
        Ok(())
    }
}

/// Replaces or removes the crontab.
fn change(action: &'static str, argument: &str, input: &[u8]) -> Result<(), ScheduleError> {
    let answer = run_program("crontab", &[argument], input)?;
    let failed = answer.filter(|answer| !answer.is_success);
    failed.map_or(Ok(()), |answer| Err(refused(action, answer)))
}

fn refused(action: &'static str, answer: ProgramOutput) -> ScheduleError {
    ScheduleError::Crontab { action, reason: answer.error }
}

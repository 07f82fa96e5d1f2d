//! Records the runs of scheduled jobs and keeps their reports, in `idhooks/schedule` and
//! `idhooks/reports` in the common git directory.

use std::{fs, path::PathBuf, time::Duration};

use idhooks_core::registry::Timestamp;
use serde::Serialize;

use super::{LockError, StateDir, StateFile, StoreError, WriterLock, content_hash::hash_of};
use crate::store::Job;

/// The format version of a note. Notes in other versions are ignored.
const RULES: &str = "1";
/// The number of hash digits at the end of a note.
const SUM: usize = 8;
/// The number of reports kept for each job.
pub const KEPT_REPORTS: usize = 30;
/// The file extensions of a report.
pub const REPORT_FORMATS: [&str; 2] = ["md", "json"];

idhooks_core::words! {
    /// The outcome of a run.
    pub enum RunOutcome {
        /// The run found nothing that needs attention.
        Fine = "fine",
        /// The run found something that needs attention.
        Findings = "findings",
        /// The run failed.
        Failed = "failed",
    }
}

/// A job's last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastRun {
    /// When it started.
    pub at: Timestamp,
    /// Its result.
    #[serde(rename = "result")]
    pub outcome: RunOutcome,
    /// When the last run that wrote its report began.
    #[serde(rename = "done_at")]
    pub done: Option<Timestamp>,
    /// That report.
    pub report: Option<String>,
}

/// The remote that a timer pushes the registry's backups to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupTarget {
    /// Its name or address.
    pub remote: String,
    /// When the user named this remote.
    pub since: Timestamp,
    /// When backups were last pushed to the remote.
    pub pushed: Option<Timestamp>,
}

/// The records of all jobs' runs.
#[derive(Debug, Clone)]
pub struct Runs(StateDir);

/// The directory that contains the notes.
const NOTES: &str = "schedule";
/// A note whose existence means that timers run the hourly job.
const HOURLY: &str = "with-hourly";
/// The note that names the metrics file.
const METRICS: &str = "metrics";
/// The directory that contains the reports.
const REPORTS: &str = "reports";

impl Runs {
    /// Runs of `idhooks ci`, which are recorded the same way as job runs. Their "report" names the
    /// change that was checked.
    pub const CI: &str = "ci";
    /// Completed runs of the reconciler.
    pub const RECONCILE: &str = "reconcile";
    /// Comparisons of the registry and the legacy file. Their "report" names the version that was
    /// read.
    pub const VERIFY: &str = "migrate-verify";

    /// Returns the records in the given state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        Runs(state.clone())
    }

    /// Returns the directory that contains the reports.
    pub fn reports(&self) -> PathBuf {
        self.0.path().join(REPORTS)
    }

    /// Returns the report with this name.
    pub fn report(&self, name: &str) -> StateFile {
        self.0.file(PathBuf::from(REPORTS).join(name))
    }

    /// Returns the directory that contains the notes. Timers may be stored there as well.
    pub fn notes(&self) -> PathBuf {
        self.0.path().join(NOTES)
    }

    pub(super) fn note_file(&self, name: &str) -> StateFile {
        self.0.file(PathBuf::from(NOTES).join(name))
    }

    /// Returns the file that a timer writes metrics to, if any.
    pub fn metrics_file(&self) -> Option<String> {
        let text = String::from_utf8(self.note_file(METRICS).read().ok()??).ok()?;
        let file = text.strip_suffix('\n')?;
        (!file.contains(char::is_control)).then(|| file.to_owned())
    }

    /// Records the file that a timer writes metrics to, or that no timer writes metrics.
    ///
    /// # Errors
    /// Returns an error if the note cannot be written or removed.
    pub fn note_metrics_file(&self, file: Option<&str>) -> Result<(), StoreError> {
        match file {
            Some(file) => self.note_file(METRICS).replace(format!("{file}\n").as_bytes()),
            None => self.note_file(METRICS).remove(),
        }
    }

    /// Starts a run, unless another one is in progress. The run ends when the lock is dropped or
    /// the process exits.
    ///
    /// # Errors
    /// Returns an error if another run is in progress or the lock file cannot be written.
    pub fn begin(&self, what: &str) -> Result<WriterLock, LockError> {
        // This function does not wait for the lock: a timer that fires while a run is in progress
        // has nothing to add.
        WriterLock::take_at(&self.note_file("lock"), what, Duration::ZERO)
    }

    /// Returns the last run of the job or other work with this name, or `None` if there is no
    /// intact note about it.
    pub fn last(&self, what: &str) -> Option<LastRun> {
        let bytes = self.note_file(what).read().ok().flatten()?;
        read(std::str::from_utf8(&bytes).ok()?)
    }

    /// Returns the last run of `idhooks ci`, if any.
    ///
    /// # Errors
    /// Returns an error if its note cannot be read.
    pub fn last_ci(&self) -> Result<Option<LastRun>, StoreError> {
        let file = self.note_file(Self::CI);
        // A damaged note must not make it look as if there had never been a run.
        let Some(bytes) = file.read()? else { return Ok(None) };
        let run = std::str::from_utf8(&bytes).ok().and_then(read);
        run.map(Some).ok_or_else(|| {
            let cause = std::io::Error::other("it is damaged");
            StoreError::new("read", file.path(), cause)
        })
    }

    /// Records a run of the job or other work with this name.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn note(&self, what: &str, run: &LastRun) -> Result<(), StoreError> {
        self.note_file(what).replace(line(run).as_bytes())
    }

    /// Returns the jobs that timers run in this clone; repairs and backups are included only if the
    /// user asked for them.
    pub fn jobs(&self) -> Vec<Job> {
        let is_timed = |job: &Job| match job {
            Job::Hourly => self.note_file(HOURLY).path().exists(),
            Job::Backup => self.backup_target().is_some(),
            Job::Nightly | Job::Weekly | Job::Monthly => true,
        };
        Job::ALL.into_iter().filter(is_timed).collect()
    }

    /// Records whether timers also run the hourly job.
    ///
    /// # Errors
    /// Returns an error if the note cannot be written or removed.
    pub fn note_hourly(&self, is_hourly: bool) -> Result<(), StoreError> {
        let file = self.note_file(HOURLY);
        if is_hourly { file.replace(b"") } else { file.remove() }
    }

    /// Asks the active run to do another job as well.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn request(&self, job: Job) -> Result<(), StoreError> {
        self.request_file(job).replace(b"")
    }

    /// Returns the requested jobs.
    pub fn requested(&self) -> Vec<Job> {
        Job::ALL.into_iter().filter(|job| self.request_file(*job).path().exists()).collect()
    }

    /// Removes the request for a job, if there is one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub fn clear_request(&self, job: Job) -> Result<(), StoreError> {
        self.request_file(job).remove()
    }

    fn request_file(&self, job: Job) -> StateFile {
        self.note_file(&format!("{}.wanted", job.as_str()))
    }

    /// Removes all of a job's reports except the newest ones.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub fn prune(&self, job: Job) -> Result<(), StoreError> {
        let Ok(entries) = fs::read_dir(self.reports()) else { return Ok(()) };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let day = |name: &str| {
            let (day, form) =
                name.strip_prefix(job.as_str())?.strip_prefix('-')?.split_once('.')?;
            // An hourly report's name ends with the hour.
            let (date, hour) = day.split_once('T').unwrap_or((day, "00"));
            let is_day = date.len() == 10 && date.parse::<jiff::civil::Date>().is_ok();
            let is_day = is_day && hour.len() == 2 && hour.parse::<u8>().is_ok();
            (is_day && REPORT_FORMATS.contains(&form)).then(|| day.to_owned())
        };
        // Days are counted, not files, because each report has one file per format, and these files
        // are removed together.
        let mut days: Vec<String> = names.filter_map(|name| day(&name)).collect();
        days.sort();
        days.dedup();
        let old = days.len().saturating_sub(KEPT_REPORTS);
        for day in &days[..old] {
            for form in REPORT_FORMATS {
                self.report(&format!("{}-{day}.{form}", job.as_str())).remove()?;
            }
        }
        Ok(())
    }
}

fn line(run: &LastRun) -> String {
    let done = run.done.map_or_else(|| "-".to_owned(), |done| done.to_string());
    let report = run.report.as_deref().unwrap_or("-");
    let content = format!("{RULES} {} {} {done} {report}", run.at, run.outcome.as_str());
    format!("{content} {}\n", &hash_of(content.as_bytes())[..SUM])
}

fn read(text: &str) -> Option<LastRun> {
    let (content, sum) = text.strip_suffix('\n')?.rsplit_once(' ')?;
    // The report comes last, because its name may contain spaces.
    let words: Vec<&str> = content.splitn(5, ' ').collect();
    let [RULES, at, outcome, done, report] = words[..] else { return None };
    let done = if done == "-" { None } else { Some(done.parse().ok()?) };
    let run = LastRun {
        at: at.parse().ok()?,
        outcome: RunOutcome::parse(outcome)?,
        done,
        report: (report != "-").then(|| report.to_owned()),
    };
    (hash_of(content.as_bytes())[..SUM] == *sum).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn damaged_notes_are_ignored() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let runs = Runs::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        assert_eq!(runs.last(Job::Weekly.as_str()), None);
        let at = "2026-11-23T06:00:00Z".parse().expect("valid");
        let report = Some("/a b/c d.md".to_owned());
        let run = LastRun { at, outcome: RunOutcome::Findings, done: Some(at), report };
        runs.note(Job::Weekly.as_str(), &run).expect("writable");
        assert_eq!(runs.last(Job::Weekly.as_str()), Some(run.clone()));
        assert_eq!(runs.last(Job::Nightly.as_str()), None);
        let file = dir.path().join("idhooks/schedule/weekly");
        let text = fs::read_to_string(&file).expect("readable");
        for damaged in [
            text.replace("23T", "24T"),
            text.trim_end().to_owned(),
            text.replace("1 2026", "2 2026"),
            String::new(),
            "\n".to_owned(),
        ] {
            fs::write(&file, damaged).expect("writable");
            assert_eq!(runs.last(Job::Weekly.as_str()), None);
        }
        fs::write(&file, [0xff]).expect("writable");
        assert_eq!(runs.last(Job::Weekly.as_str()), None);
        let failed = LastRun { outcome: RunOutcome::Failed, done: None, report: None, ..run };
        runs.note(Job::Weekly.as_str(), &failed).expect("writable");
        assert_eq!(runs.last(Job::Weekly.as_str()), Some(failed));
    }

    #[test]
    fn requests_stay_until_they_are_cleared() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let runs = Runs::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        runs.clear_request(Job::Monthly).expect("nothing to do");
        runs.request(Job::Monthly).expect("writable");
        runs.request(Job::Monthly).expect("writable");
        assert_eq!(runs.requested(), [Job::Monthly]);
        runs.clear_request(Job::Monthly).expect("removable");
        assert!(runs.requested().is_empty());
    }

    #[test]
    fn old_reports_are_removed_and_other_files_stay() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let runs = Runs::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        runs.prune(Job::Nightly).expect("nothing to do");
        let put = |name: &str| runs.report(name).replace(b"x").expect("writable");
        for day in 1..=28 {
            for (month, form) in [("01", "md"), ("02", "md"), ("02", "json")] {
                put(&format!("nightly-2026-{month}-{day:02}.{form}"));
            }
        }
        let others = ["weekly-2020-01-01.md", "nightly-mine.md", "nightly-2020-01-01.txt"];
        others.iter().for_each(|name| put(name));
        runs.prune(Job::Nightly).expect("removable");
        let exists = |name: &str| runs.reports().join(name).exists();
        assert!(others.iter().all(|name| exists(name)));
        assert!(exists("nightly-2026-01-27.md") && !exists("nightly-2026-01-26.md"));
        assert_eq!(fs::read_dir(runs.reports()).expect("readable").count(), 28 * 2 + 2 + 3);
    }
}

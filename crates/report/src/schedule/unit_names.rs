//! What timers refer to, and what they start.

use std::path::{Path, PathBuf};

use idhooks_core::plan::schedule::Job;
use idhooks_core::registry::hex;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{Runs, program_path};
use sha2::{Digest, Sha256};

use super::error::ScheduleError;

/// The number of bytes of a digest that are used.
pub(super) const DIGEST: usize = 6;
/// The number of characters of the repository's own name in it.
const SLUG: usize = 24;

/// What the timers of a repository refer to.
pub(super) struct UnitNames {
    /// The program, as it was called.
    pub(super) program: String,
    /// The main working tree, or the git directory where there is none: working trees come and go.
    pub(super) dir: String,
    /// The common name of everything that belongs to these timers.
    pub(super) name: String,
    /// The jobs that timers run.
    pub(super) jobs: Vec<Job>,
    /// The file to which metrics are written, if a timer does that.
    pub(super) metrics: Option<String>,
}

/// What a timer starts.
#[derive(Debug, Clone, Copy)]
pub(super) enum TimerTask<'n> {
    /// Writing a report.
    Report(Job),
    /// Writing the metrics to this file, every five minutes.
    Metrics(&'n str),
}

impl<'n> TimerTask<'n> {
    /// Returns its name, which is part of the names of timers.
    pub(super) fn name(self) -> &'static str {
        match self {
            TimerTask::Report(job) => job.as_str(),
            TimerTask::Metrics(_) => "metrics",
        }
    }

    /// Returns what it writes, for the descriptions of timers.
    pub(super) fn description(self) -> String {
        match self {
            TimerTask::Report(Job::Hourly) => "hourly repair".to_owned(),
            TimerTask::Report(Job::Backup) => "backups".to_owned(),
            TimerTask::Report(job) => format!("{job} report"),
            TimerTask::Metrics(_) => "metrics".to_owned(),
        }
    }

    /// Returns the arguments of the program; `quoted` quotes those that are paths.
    pub(super) fn arguments(self, quoted: impl Fn(&'n str) -> String) -> String {
        match self {
            TimerTask::Report(job) => format!("schedule run {job}"),
            TimerTask::Metrics(file) => format!("metrics --rev HEAD --output {}", quoted(file)),
        }
    }
}

impl UnitNames {
    /// Determines these for a repository.
    ///
    /// # Errors
    /// Returns an error if a path cannot be written into a timer.
    pub(super) fn of(repo: &Repo) -> Result<Self, ScheduleError> {
        let program = program_path()?;
        let (main, common) = (real(repo.main_dir()?), real(repo.common_dir()));
        let runs = Runs::in_dir(&repo.state_dir());
        Ok(UnitNames {
            program: text(&program)?,
            dir: text(&main)?,
            name: format!(
                "idhooks-{}-{}",
                slug(&main),
                digest(common.as_os_str().as_encoded_bytes())
            ),
            jobs: runs.jobs(),
            metrics: runs.metrics_file(),
        })
    }

    /// Determines these for the watcher of one working tree.
    ///
    /// # Errors
    /// Returns an error if a path cannot be written into a unit.
    pub(super) fn of_tree(repo: &Repo) -> Result<Self, ScheduleError> {
        let (top, git_dir) = (real(repo.top().to_owned()), real(repo.git_dir()));
        let digest = digest(git_dir.as_os_str().as_encoded_bytes());
        Ok(UnitNames {
            program: text(&program_path()?)?,
            dir: text(&top)?,
            name: format!("idhooks-{}-{digest}", slug(&top)),
            jobs: Vec::new(),
            metrics: None,
        })
    }

    /// Returns what the timers start.
    pub(super) fn tasks(&self) -> impl Iterator<Item = TimerTask<'_>> {
        let metrics = self.metrics.as_deref().map(TimerTask::Metrics);
        self.jobs.iter().copied().map(TimerTask::Report).chain(metrics)
    }

    /// Returns the name of the timer of a task.
    pub(super) fn of_task(&self, task: TimerTask<'_>) -> String {
        format!("{}-{}", self.name, task.name())
    }
}

/// Returns the canonical path, which is the same however the directory was entered.
fn real(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

/// Returns a path as text, since timers can only hold text.
///
/// # Errors
/// Returns an error if the path has characters that no timer can hold.
pub(super) fn text(path: &Path) -> Result<String, ScheduleError> {
    let refused = |why| ScheduleError::UnitPath(path.to_owned(), why);
    let text = path.to_str().ok_or_else(|| refused("its name is not UTF-8"))?;
    match text.contains(char::is_control) {
        true => Err(refused("its name has control characters, such as a line break")),
        false => Ok(text.to_owned()),
    }
}

/// Returns the name of a directory in characters that every system accepts in names.
fn slug(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.trim_end_matches(".git");
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let slug: String = name.chars().map(plain).take(SLUG).collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "repository".to_owned() } else { slug.to_owned() }
}

/// Returns the start of the digest of some bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..DIGEST])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_whatever_directories_are_called() {
        for (dir, name) in [
            ("/x/My Shop (old)", "my-shop--old"),
            ("/x/Änderung", "nderung"),
            ("/srv/shop.git", "shop"),
            ("/x/日本", "repository"),
            ("/", "repository"),
        ] {
            assert_eq!(slug(Path::new(dir)), name);
        }
        assert!(text(Path::new("/a\nb")).is_err());
        assert_ne!(digest(b"/a"), digest(b"/b"));
    }
}

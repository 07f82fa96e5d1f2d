//! The names and files of timers: what they refer to, and whether idhooks wrote them.

use std::fs;
use std::path::{Path, PathBuf};

use idhooks_core::plan::schedule::Job;
use idhooks_core::registry::hex;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{LinkGuard, Runs, StoreError, program_path, read_file, replace_file};
use sha2::{Digest, Sha256};

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// The placeholder for the mark in a template.
const PLACE: &str = "@MARK@";
/// The start of the mark; the command follows, and a digest of the rest of the file.
const MARK: &str = "Written by 'idhooks ";
/// What is between the command and the digest.
const MARK_END: &str = "', ";

/// The number of bytes of a digest that are used.
const DIGEST: usize = 6;
/// The number of characters of the repository's own name in it.
const SLUG: usize = 24;

/// What the timers of a repository refer to.
pub(in crate::commands) struct UnitNames {
    /// The program, as it was called.
    pub(in crate::commands) program: String,
    /// The main working tree, or the git directory where there is none: working trees come and go.
    pub(in crate::commands) dir: String,
    /// The common name of everything that belongs to these timers.
    pub(in crate::commands) name: String,
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
    pub(super) fn of(repo: &Repo) -> CommandResult<Self> {
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
    pub(in crate::commands) fn of_tree(repo: &Repo) -> CommandResult<Self> {
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
pub(super) fn text(path: &Path) -> CommandResult<String> {
    let refused = |why: &str| {
        CommandError::new(format!("cannot write '{}' into a timer", path.display()))
            .because(&why)
            .hint("rename the directory, then install again")
    };
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
fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..DIGEST])
}

/// A file that should exist, with its text.
#[derive(Debug)]
pub(in crate::commands) struct ExpectedFile {
    pub(in crate::commands) path: PathBuf,
    pub(super) text: String,
}

/// What is at its path now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileStatus {
    /// Nothing.
    Missing,
    /// The same file.
    Same,
    /// A file that an earlier idhooks wrote.
    Outdated,
    /// A file that idhooks wrote and that was changed since.
    Changed,
    /// A file that idhooks did not write.
    Foreign,
}

impl ExpectedFile {
    /// Creates a file of 'schedule install' from a template with a placeholder for the mark.
    pub(super) fn new(path: PathBuf, template: &str) -> Self {
        Self::of_command("schedule install", path, template)
    }

    /// Creates a file of a command from a template with a placeholder for the mark.
    pub(in crate::commands) fn of_command(command: &str, path: PathBuf, template: &str) -> Self {
        let mark = format!("{MARK}{command}{MARK_END}{}", digest(template.as_bytes()));
        ExpectedFile { path, text: template.replacen(PLACE, &mark, 1) }
    }

    /// Returns what is at the path of the file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub(super) fn standing(&self) -> Result<FileStatus, StoreError> {
        let Some(there) = read_file(&self.path)? else { return Ok(FileStatus::Missing) };
        if there == self.text.as_bytes() {
            return Ok(FileStatus::Same);
        }
        let there = String::from_utf8_lossy(&there);
        let marked = there.split_once(MARK);
        let marked = marked.and_then(|(before, rest)| Some((before, rest.split_once(MARK_END)?.1)));
        let Some((before, after)) = marked else { return Ok(FileStatus::Foreign) };
        let is_complete = after.split_at_checked(2 * DIGEST).is_some_and(|(noted, after)| {
            digest(format!("{before}{PLACE}{after}").as_bytes()) == noted
        });
        Ok(if is_complete { FileStatus::Outdated } else { FileStatus::Changed })
    }
}

/// Writes the files that are missing or outdated, all of them or none; returns whether any was
/// written.
///
/// # Errors
/// Returns an error if a file was changed or not written by idhooks (unless `force` is set), if it
/// cannot be written, or if it is behind a link of the repository.
pub(in crate::commands) fn put(
    ui: &mut Ui,
    guard: &LinkGuard,
    files: &[ExpectedFile],
    force: bool,
    dry_run: bool,
) -> CommandResult<bool> {
    files.iter().try_for_each(|file| guard.check(&file.path))?;
    let mut changes = Vec::new();
    for file in files {
        let refused = |why: &str| {
            CommandError::new(format!("'{}' {why}", file.path.display()))
                .hint("to see what would be written: --dry-run --force")
                .hint("to replace it: --force")
        };
        match file.standing()? {
            FileStatus::Same => {}
            FileStatus::Changed if !force => return Err(refused("was changed by hand")),
            FileStatus::Foreign if !force => {
                return Err(refused("exists, and idhooks did not write it"));
            }
            _ => changes.push(file),
        }
    }
    for file in &changes {
        let shown = file.path.display();
        if dry_run {
            ui.line(&format!("would write '{shown}'"));
            ui.data(&file.text);
        } else {
            replace_file(guard, &file.path, file.text.as_bytes())?;
            ui.status(&format!("wrote '{shown}'"));
        }
    }
    if changes.is_empty() {
        ui.status("nothing to change");
    }
    Ok(!changes.is_empty())
}

/// Removes the files that idhooks wrote; warns about files that were changed since, and keeps them.
///
/// # Errors
/// Returns an error if a file cannot be read or removed, or is behind a link of the repository.
pub(in crate::commands) fn take_away(
    ui: &mut Ui,
    guard: &LinkGuard,
    files: &[ExpectedFile],
    dry_run: bool,
) -> CommandResult<()> {
    files.iter().try_for_each(|file| guard.check(&file.path))?;
    for file in files {
        let shown = file.path.display();
        match file.standing()? {
            FileStatus::Missing | FileStatus::Foreign => {}
            FileStatus::Changed => {
                ui.warning(&format!("'{shown}' was changed by hand, so it is kept"));
                ui.hint("check it, then remove it yourself");
            }
            FileStatus::Same | FileStatus::Outdated if dry_run => {
                ui.line(&format!("would remove '{shown}'"));
            }
            FileStatus::Same | FileStatus::Outdated => {
                remove(&file.path)?;
                ui.status(&format!("removed '{shown}'"));
            }
        }
    }
    Ok(())
}

/// Removes a file.
///
/// # Errors
/// Returns an error if the file cannot be removed.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path).map_err(|cause| StoreError::new("remove", path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_whose_it_is() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("sub/x.timer");
        let of = |template: &str| ExpectedFile::new(path.clone(), template);
        let (old, new) = (of("# @MARK@\nold\n"), of("# @MARK@\nnew\n"));
        let (mut ui, ..) = Ui::in_memory();
        let guard = LinkGuard::default();
        assert_eq!(new.standing().expect("readable"), FileStatus::Missing);
        assert_eq!(put(&mut ui, &guard, &[old], false, false).ok(), Some(true));
        assert_eq!(new.standing().expect("readable"), FileStatus::Outdated);
        assert_eq!(put(&mut ui, &guard, std::slice::from_ref(&new), false, false).ok(), Some(true));
        assert_eq!(new.standing().expect("readable"), FileStatus::Same);
        assert_eq!(
            put(&mut ui, &guard, std::slice::from_ref(&new), false, false).ok(),
            Some(false)
        );
        fs::write(&path, new.text.replace("new", "mine")).expect("writable");
        assert_eq!(new.standing().expect("readable"), FileStatus::Changed);
        assert!(put(&mut ui, &guard, std::slice::from_ref(&new), false, false).is_err());
        assert!(
            take_away(&mut ui, &guard, std::slice::from_ref(&new), false).is_ok() && path.exists()
        );
        fs::write(&path, "mine\n").expect("writable");
        assert_eq!(new.standing().expect("readable"), FileStatus::Foreign);
        assert_eq!(put(&mut ui, &guard, std::slice::from_ref(&new), true, false).ok(), Some(true));
        assert!(take_away(&mut ui, &guard, &[new], false).is_ok());
        assert!(!path.exists());
    }

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

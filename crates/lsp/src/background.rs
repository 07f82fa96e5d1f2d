//! The thread of a repository, which reads what takes long.

use std::collections::VecDeque;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use idhooks_core::registry::{Allocation, shell_quoted};
use idhooks_ops::{
    EditorIndexPart, FileTitles, IdentityHistories, MoveOptions, OpsError, Repo, ReportRefusal,
    read_editor_index, report_moved_files,
};

use crate::event::{Event, FailedJob, MoveOutcome, News};

/// How many events of an identity are shown.
const MOST_EVENTS: usize = 3;

/// Work for the thread of a repository.
#[derive(Debug)]
pub(crate) enum BackgroundJob {
    /// Read the index.
    Index,
    /// Read the histories of these identities, before others that wait.
    Histories(Vec<Allocation>),
    /// Report files that were moved together.
    Moved(Vec<MoveOptions>),
}

/// Starts the thread of a repository. It ends when nothing more can be sent to it.
pub(crate) fn start(
    dir: PathBuf,
    repository: usize,
    events: Sender<Event>,
) -> Sender<BackgroundJob> {
    let (sender, jobs) = channel();
    thread::spawn(move || {
        work(&dir, &jobs, &|news| {
            // If the server is gone, there is no one to tell.
            let _ = events.send(Event::Background { repository, news });
        });
    });
    sender
}

fn work(dir: &Path, jobs: &Receiver<BackgroundJob>, send: &dyn Fn(News)) {
    let mut worker = Worker::default();
    loop {
        // Histories take long in a large repository, so that other work comes first.
        let job = match worker.wanted.is_empty() {
            true => match jobs.recv() {
                Ok(job) => Some(job),
                Err(_) => return,
            },
            false => match jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            },
        };
        match Repo::open(dir) {
            Ok(repo) => worker.work(&repo, job, send),
            Err(error) => {
                worker.wanted.clear();
                let failed = FailedJob(error.to_string());
                match job {
                    Some(BackgroundJob::Index) => send(News::Indexed(Err(failed))),
                    Some(BackgroundJob::Moved(moves)) => {
                        let refused = |one| not_reported(dir, one, &failed.0);
                        let refused = moves.iter().map(refused).collect();
                        send(News::Reported(MoveOutcome { refused, ..MoveOutcome::default() }));
                    }
                    Some(BackgroundJob::Histories(_)) | None => {}
                }
            }
        }
    }
}

/// The state that the thread of a repository keeps between jobs.
#[derive(Default)]
struct Worker {
    titles: Arc<FileTitles>,
    histories: Option<IdentityHistories>,
    /// The records whose histories are to be read, the next one first.
    wanted: VecDeque<Allocation>,
}

impl Worker {
    /// Does a job or, if there is none, reads the next history.
    fn work(&mut self, repo: &Repo, job: Option<BackgroundJob>, send: &dyn Fn(News)) {
        match job {
            Some(BackgroundJob::Index) => {
                // With a new index, the histories are asked for again.
                self.wanted.clear();
                self.read_index(repo, send);
            }
            Some(BackgroundJob::Histories(records)) => {
                self.wanted.retain(|known| records.iter().all(|record| record.id != known.id));
                records.into_iter().rev().for_each(|record| self.wanted.push_front(record));
            }
            Some(BackgroundJob::Moved(moves)) => send(News::Reported(report_all(repo, moves))),
            None => self.read_history(repo, send),
        }
    }

    fn read_index(&mut self, repo: &Repo, send: &dyn Fn(News)) {
        let known = self.titles.clone();
        let read = read_editor_index(repo, &known, &mut |part| {
            if let EditorIndexPart::Contents(contents) = &part {
                self.titles = contents.titles();
            }
            send(News::Part(part));
        });
        send(News::Indexed(read.map_err(|error| FailedJob(error.to_string()))));
    }

    fn read_history(&mut self, repo: &Repo, send: &dyn Fn(News)) {
        let Some(record) = self.wanted.pop_front() else { return };
        if !self.histories.as_ref().is_some_and(|known| known.is_present(repo)) {
            self.histories = IdentityHistories::read(repo).ok();
        }
        let read = self.histories.as_ref().map(|known| known.newest(repo, &record, MOST_EVENTS));
        let lines = read.and_then(Result::ok).unwrap_or_default();
        send(News::History { id: record.id, lines });
    }
}

/// Reports files that were moved together. A file that has left a path comes before the one that has
/// taken it.
fn report_all(repo: &Repo, mut left: Vec<MoveOptions>) -> MoveOutcome {
    let new_paths: Vec<PathBuf> = left.iter().map(|one| one.to.clone()).collect();
    let mut outcome = MoveOutcome::default();
    while !left.is_empty() {
        let is_free = |one: &MoveOptions| left.iter().all(|other| other.from != one.to);
        let next = left.iter().position(is_free).unwrap_or_default();
        let options = left.remove(next);
        match report_moved_files(repo, &options, &new_paths) {
            Ok(files) => outcome.reported.extend(files.iter().map(ToString::to_string)),
            // Files without an identity are none of our business.
            Err(OpsError::Report(
                ReportRefusal::NoIdentity(_) | ReportRefusal::NothingMoved(..),
            )) => {}
            Err(error) => outcome.refused.push(not_reported(repo.top(), &options, &error)),
        }
    }
    outcome
}

/// Says that a move is not reported, and which command has a hint.
fn not_reported(
    dir: &Path,
    MoveOptions { from, to, .. }: &MoveOptions,
    why: &dyn Display,
) -> String {
    let [from, to] = [from, to].map(|path| path.strip_prefix(dir).unwrap_or(path));
    let [dir, old, new] = [dir, from, to].map(|path| shell_quoted(&path.to_string_lossy()));
    format!(
        "the move of '{}' is not reported: {why}; for a hint, run: idhooks -C {dir} mv --after {old} {new}",
        from.display()
    )
}

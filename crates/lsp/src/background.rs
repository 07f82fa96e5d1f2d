//! The thread of a repository, which reads what takes long.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::thread;

use idhooks_core::registry::Allocation;
use idhooks_ops::{
    EditorIndexPart, FileTitles, IdentityHistories, MoveOptions, OpsError, Repo, ReportRefusal,
    read_editor_index, report_moved_files,
};

use crate::event::{Event, FailedJob, News};

/// How many events of an identity are shown.
const MOST_EVENTS: usize = 3;

/// Work for the thread of a repository.
#[derive(Debug)]
pub(crate) enum BackgroundJob {
    /// Read the index.
    Index,
    /// Read the histories of these identities.
    Histories(Vec<Allocation>),
    /// Report files that were moved.
    Moved(MoveOptions),
}

/// Starts the thread of a repository. It ends when nothing more can be sent to it.
pub(crate) fn start(
    dir: PathBuf,
    repository: usize,
    events: SyncSender<Event>,
) -> Sender<BackgroundJob> {
    let (sender, jobs) = channel();
    thread::spawn(move || {
        work(&dir, &jobs, &|news| {
            // If the server is gone, there is no one to tell.
            let _ = events.send(Event::Background { repository, news });
        })
    });
    sender
}

fn work(dir: &Path, jobs: &Receiver<BackgroundJob>, send: &dyn Fn(News)) {
    let mut titles = Arc::new(FileTitles::default());
    let mut histories: Option<IdentityHistories> = None;
    for job in jobs {
        let repo = match Repo::open(dir) {
            Ok(repo) => repo,
            Err(error) => {
                let failed = FailedJob(error.to_string());
                send(match job {
                    BackgroundJob::Index => News::Indexed(Err(failed)),
                    BackgroundJob::Histories(_) | BackgroundJob::Moved(_) => News::Logged(failed.0),
                });
                continue;
            }
        };
        match job {
            BackgroundJob::Index => {
                let read = read_editor_index(&repo, &titles.clone(), &mut |part| {
                    if let EditorIndexPart::Contents(contents) = &part {
                        titles = contents.titles();
                    }
                    send(News::Part(part));
                });
                send(News::Indexed(read.map_err(|error| FailedJob(error.to_string()))));
            }
            BackgroundJob::Histories(records) => {
                if !histories.as_ref().is_some_and(|known| known.is_present(&repo)) {
                    histories = IdentityHistories::read(&repo).ok();
                }
                for record in &records {
                    let read = histories
                        .as_ref()
                        .and_then(|histories| histories.newest(&repo, record, MOST_EVENTS).ok());
                    let lines = read.unwrap_or_default();
                    send(News::History { id: record.id, lines });
                }
            }
            BackgroundJob::Moved(options) => report(&repo, &options, send),
        }
    }
}

/// Reports files that were moved. Files without an identity are none of our business.
fn report(repo: &Repo, options: &MoveOptions, send: &dyn Fn(News)) {
    match report_moved_files(repo, options) {
        Ok(files) => files.iter().for_each(|file| send(News::Logged(file.to_string()))),
        Err(OpsError::Report(ReportRefusal::NoIdentity(_) | ReportRefusal::NothingMoved(..))) => {}
        Err(error) => send(News::Logged(format!("the move is not reported: {error}"))),
    }
}

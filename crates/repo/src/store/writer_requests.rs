//! Requests from commands waiting for the writer lock: the command that holds the lock may carry
//! them out along with its own, in a single change to the registry.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;

use uuid::Uuid;

use super::{StateDir, StateFile, StoreError, read_file};

/// The directory for requests and answers.
const DIR: &str = "requests";
const ANSWER: &str = "answer";

/// A request posted by this process. It is withdrawn on drop.
#[derive(Debug)]
pub struct PostedRequest {
    request: StateFile,
    answer: StateFile,
    /// A locked file, which shows other processes that this one is alive.
    _file: File,
}

/// A request from another process, which is waiting.
#[derive(Debug)]
pub struct WaitingRequest {
    /// The request.
    pub text: Vec<u8>,
    answer: StateFile,
}

impl PostedRequest {
    /// Posts a request; an empty request only shows that this process is waiting. Returns `None` if
    /// the request cannot be posted.
    pub fn post(state: &StateDir, text: &[u8]) -> Option<Self> {
        let name = format!("{DIR}/{}", Uuid::new_v4());
        let (request, answer) = (state.file(&name), state.file(format!("{name}.{ANSWER}")));
        let mut options = OpenOptions::new();
        // The name is random, because process ids are not unique when several containers share the
        // repository.
        let file = request.open("write", options.create_new(true).append(true)).ok()?;
        let posted = PostedRequest { request, answer, _file: file };
        // The lock is released when the process exits, so a request without a lock was left behind
        // by a killed process.
        posted._file.try_lock().ok()?;
        posted.request.append(text).ok()?;
        Some(posted)
    }

    /// Returns the answer, if another process has carried out the request. If there is no answer,
    /// another process may still be carrying it out, unless this process holds the writer lock.
    pub fn answer(&self) -> Option<Vec<u8>> {
        self.answer.read().ok().flatten()
    }
}

impl Drop for PostedRequest {
    fn drop(&mut self) {
        // If this fails, the next process that looks for requests will clean up.
        let _ = self.request.remove();
        let _ = self.answer.remove();
    }
}

impl WaitingRequest {
    /// Returns the requests from waiting processes, and removes the files that killed processes
    /// left behind. Only the holder of the writer lock calls this. Returns none in a repository
    /// shared by several users, because one user's request must not be carried out by another.
    pub fn all(state: &StateDir) -> Vec<Self> {
        if state.is_shared() {
            return Vec::new();
        }
        let files = files(state).into_iter().filter(|file| match is_alive(file) {
            true => !is_answer(file),
            false => {
                let _ = file.remove();
                false
            }
        });
        let find = |file: StateFile| {
            let text = read_file(file.path()).ok().flatten()?;
            let answer = file.path().with_extension(ANSWER);
            let answer = state.file(Path::new(DIR).join(answer.file_name()?));
            Some(WaitingRequest { text, answer })
        };
        files.filter_map(find).collect()
    }

    /// Returns the number of waiting processes.
    pub fn count(state: &StateDir) -> usize {
        files(state).iter().filter(|file| !is_answer(file) && is_alive(file)).count()
    }

    /// Answers the request once it has been carried out.
    ///
    /// # Errors
    /// Returns an error if the answer cannot be written.
    pub fn answer(&self, text: &[u8]) -> Result<(), StoreError> {
        self.answer.replace(text)
    }
}

/// Returns all request and answer files.
fn files(state: &StateDir) -> Vec<StateFile> {
    let dir = state.file(DIR);
    let entries = fs::read_dir(dir.path()).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    // The names are sorted, so that the requests are carried out in the same order on every run.
    names.sort();
    names.iter().map(|name| state.file(Path::new(DIR).join(name))).collect()
}

fn is_answer(file: &StateFile) -> bool {
    file.path().extension().is_some_and(|end| end == ANSWER)
}

/// Returns whether the process that posted a request is still alive, given the request's file or
/// its answer's file.
fn is_alive(file: &StateFile) -> bool {
    let request = File::open(file.path().with_extension(""));
    // The owner has an exclusive lock, so a shared one cannot be taken until the owner exits.
    request.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn a_request_is_answered_once_and_only_while_its_process_lives() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let state = StateDir::of(temp.path(), Sharing::default());
        assert!(WaitingRequest::all(&state).is_empty());
        let post = |text: &str| PostedRequest::post(&state, text.as_bytes()).expect("private");
        let (one, other) = (post("one"), post("other"));
        let mut waiting = WaitingRequest::all(&state);
        waiting.sort_by(|a, b| a.text.cmp(&b.text));
        assert_eq!(waiting.iter().map(|w| &*w.text).collect::<Vec<_>>(), [&b"one"[..], b"other"]);
        waiting[0].answer(b"done").expect("writable");
        assert_eq!((one.answer().as_deref(), other.answer()), (Some(&b"done"[..]), None));
        let left = [one.request.path(), other.request.path()].map(Path::to_owned);
        drop(one);
        assert!(!left[0].exists());
        // A killed process leaves its files behind, but no lock.
        fs::write(&left[0], "killed").expect("writable");
        fs::write(left[0].with_extension(ANSWER), "too late").expect("writable");
        let waiting = WaitingRequest::all(&state);
        assert_eq!(waiting.iter().map(|w| &*w.text).collect::<Vec<_>>(), [b"other"]);
        assert!(!left[0].exists() && !left[0].with_extension(ANSWER).exists());
        assert!(left[1].exists());
        assert_eq!(WaitingRequest::count(&state), 1);
        let shared = StateDir::of(temp.path(), Sharing::parse("group"));
        assert!(WaitingRequest::all(&shared).is_empty() && WaitingRequest::count(&shared) == 1);
    }
}

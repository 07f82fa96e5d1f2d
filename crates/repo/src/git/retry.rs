//! Retries git commands that lose a race with `git gc`, or that find the index or the configuration
//! locked by another program.
//!
//! An object is written to a temporary file in the object's directory, which is created if it is
//! missing. `git gc` removes empty object directories, even if another process has just created
//! them. Git then gives up, although nothing is lost and nothing has changed.

use std::ffi::OsStr;
use std::process::Output;
use std::time::Duration;
use std::{io, thread};

/// The pauses before each retry, in milliseconds; less than a second in total.
const PAUSES: [u64; 6] = [0, 0, 5, 20, 80, 300];
/// The git commands that store objects before they change anything else. They can safely be run
/// again after a lost race.
const STORING: [&str; 7] =
    ["commit", "commit-tree", "hash-object", "merge-tree", "mktree", "notes", "write-tree"];
/// git's messages when the directory is missing, either while creating the temporary file or while
/// renaming it.
const MESSAGES: [&str; 2] = ["unable to create temporary file", "unable to write file"];
const CAUSE: &str = "No such file or directory";

/// The pauses while a file is locked, in milliseconds; about a second in total. Editors run `git
/// status`, which briefly locks the index, whenever a file changes, and a script may install idhooks
/// in one clone twice at the same time.
const LOCK_PAUSES: [u64; 6] = [20, 50, 100, 200, 300, 300];
/// The git commands that lock the index or the configuration before they change anything else.
const LOCKING: [&str; 9] =
    ["add", "apply", "commit", "config", "mv", "read-tree", "reset", "rm", "update-index"];
/// git's messages when another program holds the lock.
const LOCKED: [&str; 2] = ["index.lock", "could not lock config file"];

/// Runs git, retrying for about a second if it loses a race with `git gc`, or if the index or the
/// configuration is locked.
pub(super) fn run_again<A: AsRef<OsStr>>(
    args: &[A],
    mut run: impl FnMut() -> io::Result<Output>,
) -> io::Result<Output> {
    let is_lost = |done: &io::Result<Output>| done.as_ref().is_ok_and(is_lost_race);
    let is_locked = |done: &io::Result<Output>| done.as_ref().is_ok_and(is_locked);
    let mut store = || match is_one_of(&STORING, args) {
        true => retry(PAUSES, &mut run, is_lost),
        false => run(),
    };
    if is_one_of(&LOCKING, args) { retry(LOCK_PAUSES, store, is_locked) } else { store() }
}

/// Calls `attempt`, and calls it again after each of these pauses as long as its result shows that
/// it has lost a race.
fn retry<T>(pauses: [u64; 6], mut attempt: impl FnMut() -> T, is_lost: impl Fn(&T) -> bool) -> T {
    for pause in pauses {
        let result = attempt();
        if !is_lost(&result) {
            return result;
        }
        thread::sleep(Duration::from_millis(pause));
    }
    attempt()
}

/// Retries writing a file for as long as a directory on its path keeps disappearing.
pub(super) fn retry_file<T>(attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let is_lost =
        |done: &io::Result<T>| matches!(done, Err(e) if e.kind() == io::ErrorKind::NotFound);
    retry(PAUSES, attempt, is_lost)
}

/// Polls a condition for about a second while it holds, and returns whether it still does.
pub(super) fn retry_while(is_so: impl Fn() -> bool) -> bool {
    retry(LOCK_PAUSES, is_so, |is_so| *is_so)
}

/// Returns whether these arguments run one of the given git commands.
fn is_one_of<A: AsRef<OsStr>>(commands: &[&str], args: &[A]) -> bool {
    subcommand(args).is_some_and(|word| commands.iter().any(|name| word == *name))
}

/// Returns the git command in these arguments.
fn subcommand<A: AsRef<OsStr>>(args: &[A]) -> Option<&OsStr> {
    let mut words = args.iter().map(AsRef::as_ref);
    while let Some(word) = words.next() {
        // Only `-c` is followed by a value in a separate argument.
        if word == "-c" {
            words.next();
        } else if !word.as_encoded_bytes().starts_with(b"-") {
            return Some(word);
        }
    }
    None
}

/// Returns whether git failed because another program has locked the index or the configuration.
fn is_locked(output: &Output) -> bool {
    let message = String::from_utf8_lossy(&output.stderr);
    let is_lock = LOCKED.iter().any(|name| message.contains(name));
    !output.status.success() && is_lock && message.contains("File exists")
}

/// Returns whether git failed because an object's directory was removed. git never translates these
/// messages.
fn is_lost_race(output: &Output) -> bool {
    let has = |line: &str, text: &str| line.contains(text);
    let is_of_race =
        |line: &str| MESSAGES.iter().any(|message| has(line, message)) && has(line, CAUSE);
    !output.status.success() && String::from_utf8_lossy(&output.stderr).lines().any(is_of_race)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_only_store_objects_are_repeated() {
        for (line, expected) in [
            ("write-tree", true),
            ("-c core.fsync=all hash-object -w --stdin", true),
            ("-c merge.idhooks.driver=false merge-tree --write-tree a b", true),
            ("--literal-pathspecs add --refresh", false),
            ("mv a b", false),
            ("update-ref HEAD a b", false),
            ("-c commit", false),
            ("", false),
        ] {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(is_one_of(&STORING, &words), expected, "{line}");
        }
    }

    #[test]
    fn a_race_that_is_always_lost_is_an_error_within_a_second() {
        assert!(PAUSES.iter().sum::<u64>() < 1000);
        let mut attempts = 0;
        let done: io::Result<()> = retry_file(|| {
            attempts += 1;
            Err(io::ErrorKind::NotFound.into())
        });
        assert_eq!((done.is_err(), attempts), (true, PAUSES.len() + 1));
        let mut attempts = 0;
        let done: io::Result<()> = retry_file(|| {
            attempts += 1;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!((done.is_err(), attempts), (true, 1));
    }
}

//! Finds a record by a former identity or path, in the registries of a history.

use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::History;

use crate::error::CommandResult;
use crate::output::{Bar, json};

/// A record from a history, with notes on how it was found.
pub(super) struct PastRecord {
    /// The current record or, if there is none, the last one.
    pub(super) record: Allocation,
    pub(super) notes: Vec<String>,
}

/// Reads the history of a commit.
pub(super) fn read_history(repo: &Repo, tip: CommitId) -> CommandResult<History> {
    let bar = Bar::start("reading the history", 0);
    Ok(History::of(repo, tip, &mut |count| bar.step_of(count))?)
}

/// Finds the record that had a path last; `when` describes the time of `registry`: 'now' or 'then'.
pub(super) fn by_former_path(
    repo: &Repo,
    history: &History,
    registry: &Registry,
    path: &RepoPath,
    when: &str,
) -> CommandResult<Option<PastRecord>> {
    let word = json::text(path);
    let records = search(repo, history, &word, &|record| record.path == *path)?;
    Ok(choose(registry, records, &format!("'{path}'"), |id, now| match now {
        Some(now) => format!("'{path}' is a former path of {id}, {when} '{}'", now.path),
        None => {
            format!("'{path}' is a former path of {id}, of which the registry has no record {when}")
        }
    }))
}

/// Finds the record that had or claimed an identity last.
pub(super) fn by_former_id(
    repo: &Repo,
    history: &History,
    registry: &Registry,
    id: Id,
) -> CommandResult<Option<PastRecord>> {
    let has_id = |record: &Allocation| record.answers_to(id) || record.claim == id;
    let records = search(repo, history, &id.to_string(), &has_id)?;
    Ok(choose(registry, records, &id.to_string(), |last, now| match now {
        Some(now) => format!("{id} was {last}, now '{}'", now.path),
        None => format!("{id} was {last}, of which the registry has no record now"),
    }))
}

/// Searches all registries of a history.
fn search(
    repo: &Repo,
    history: &History,
    word: &str,
    fits: &dyn Fn(&Allocation) -> bool,
) -> CommandResult<Vec<Allocation>> {
    let bar = Bar::start("looking through the history", history.len() as u64);
    Ok(history.search(repo, word, fits, &mut || bar.step())?)
}

/// Chooses the record that had `what` last, and names the others.
fn choose(
    registry: &Registry,
    records: Vec<Allocation>,
    what: &str,
    note: impl Fn(Id, Option<&Allocation>) -> String,
) -> Option<PastRecord> {
    let now = |record: &Allocation| {
        registry.allocations.iter().find(|now| now.origin == record.origin).cloned()
    };
    let mut records = records.into_iter().map(|then| (now(&then), then));
    let (current, then) = records.next()?;
    let mut notes = vec![note(current.as_ref().unwrap_or(&then).id, current.as_ref())];
    let others: Vec<String> =
        records.map(|(now, then)| now.unwrap_or(then).id.to_string()).collect();
    if !others.is_empty() {
        notes.push(format!("before that {what} was {}", others.join(", ")));
    }
    Some(PastRecord { record: current.unwrap_or(then), notes })
}

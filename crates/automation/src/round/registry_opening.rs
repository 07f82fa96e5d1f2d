//! Opens the registry in the index for a round, or determines what the round has to wait for.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{
    Observer, OpsError, RegistryTransaction, TriedLock, WriterLocks, try_writer_lock,
};
use idhooks_repo::git::Repo;
use idhooks_repo::transaction::PendingCommit;

use super::messages::RoundAnswer;

/// Returns an error's message without the explanation that git appends when a lock is held.
pub(super) fn first_line(error: &OpsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Acquires the locks for writing. If git or another command is at work, records what to wait for.
pub(super) fn lock(repo: &Repo, answer: &mut RoundAnswer) -> Result<Option<WriterLocks>, OpsError> {
    match try_writer_lock(repo, "watch")? {
        TriedLock::Taken(locks) => {
            // git may be at work even if the lock is free.
            answer.waits_for = repo.obstacle()?;
            Ok(Some(locks))
        }
        TriedLock::Held(held) => {
            answer.waits_for = Some(held.to_string());
            Ok(None)
        }
    }
}

/// Opens the registry in the index; returns `None` if there is none, or if there are unmerged
/// paths. If only HEAD has a registry, the round has to wait.
pub(super) fn open<'r>(
    observer: &mut dyn Observer,
    repo: &'r Repo,
    answer: &mut RoundAnswer,
) -> Result<Option<RegistryTransaction<'r>>, OpsError> {
    let transaction = RegistryTransaction::open_if_adopted(observer, repo, None)?;
    let Some(transaction) = transaction else {
        if PendingCommit::open(repo)?.head_has_registry()? {
            answer.waits_for = Some(format!("'{REGISTRY_PATH}' is in HEAD, but not in the index"));
        }
        return Ok(None);
    };
    if let Some(path) = transaction.unmerged() {
        answer.waits_for = Some(format!("'{path}' is not merged yet"));
        return Ok(None);
    }
    Ok(Some(transaction))
}

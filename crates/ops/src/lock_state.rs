//! Which commands hold locks, and how many are waiting.

use idhooks_repo::git::Repo;
use idhooks_repo::store::{HeldLocks, Holder, WaitingRequest, WriterLock};

/// The state of the locks in a working tree.
#[derive(Debug)]
pub struct LockState {
    /// The command that is changing the registry.
    pub writer: Option<Holder>,
    /// The other locks, and which commands hold them.
    pub held: HeldLocks,
    /// The number of commands waiting to change the registry.
    pub waiting: usize,
}

/// Returns which locks are held in a repository's working tree, and by whom.
pub fn lock_state(repo: &Repo) -> LockState {
    let state = repo.worktree_state_dir();
    let (held, writer) = (HeldLocks::of(&state), WriterLock::holder(&state));
    LockState { writer, held, waiting: WaitingRequest::count(&state) }
}

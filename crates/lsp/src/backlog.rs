//! [`Backlog`]: the size of the messages that wait for someone, with a limit.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a message takes besides its text, in bytes.
const OVERHEAD: usize = 256;

/// The size of the messages that wait for someone.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// From which size on no more should come, in bytes.
    limit: usize,
    size: Mutex<usize>,
    has_shrunk: Condvar,
}

/// The place of a message in a [`Backlog`], until it is dropped.
#[derive(Debug)]
pub(crate) struct BacklogPlace {
    backlog: Arc<Backlog>,
    size: usize,
}

impl Backlog {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Backlog { limit, size: Mutex::new(0), has_shrunk: Condvar::new() })
    }

    fn size(&self) -> MutexGuard<'_, usize> {
        self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether no more should come.
    pub(crate) fn is_full(&self) -> bool {
        *self.size() >= self.limit
    }

    /// Adds a message with so many bytes, even if no more should come.
    pub(crate) fn add(self: &Arc<Self>, bytes: usize) -> BacklogPlace {
        self.enter(self.size(), bytes)
    }

    /// Waits until more may come, and adds a message. It may be larger than the limit.
    pub(crate) fn wait_and_add(self: &Arc<Self>, bytes: usize) -> BacklogPlace {
        let size = self.has_shrunk.wait_while(self.size(), |size| *size >= self.limit);
        self.enter(size.unwrap_or_else(PoisonError::into_inner), bytes)
    }

    fn enter(self: &Arc<Self>, mut all: MutexGuard<'_, usize>, bytes: usize) -> BacklogPlace {
        let size = bytes + OVERHEAD;
        *all += size;
        BacklogPlace { backlog: self.clone(), size }
    }
}

impl Drop for BacklogPlace {
    fn drop(&mut self) {
        *self.backlog.size() -= self.size;
        self.backlog.has_shrunk.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_until_others_have_gone() {
        let backlog = Backlog::new(1_000);
        let first = backlog.add(1_000);
        assert!(backlog.is_full());
        let other = backlog.clone();
        let waiting = std::thread::spawn(move || other.wait_and_add(5_000));
        drop(first);
        let second = waiting.join().expect("it is added");
        assert!(backlog.is_full());
        drop(second);
        assert!(!backlog.is_full());
    }
}

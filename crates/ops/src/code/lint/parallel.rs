//! Runs many tasks on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs tasks on all processors and returns the results in task order. Each thread has its own
/// state, created by `start`.
pub(super) fn on_all_processors<T: Sync, S, R: Send>(
    tasks: &[T],
    start: impl Fn() -> S + Sync,
    work: impl Fn(&S, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let (state, mut done) = (start(), Vec::new());
        loop {
            // File sizes vary too much for an equal split, so each thread takes another task when
            // it finishes one.
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(task) = tasks.get(at) else { return done };
            done.push((at, work(&state, task)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(tasks.len());
    let mut done = match threads {
        0 | 1 => run(),
        _ => thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
            let joined = workers.into_iter().map(|worker| match worker.join() {
                Ok(done) => done,
                // If this thread's results were missing, the remaining results would be assigned to
                // the wrong files.
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.flatten().collect()
        }),
    };
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

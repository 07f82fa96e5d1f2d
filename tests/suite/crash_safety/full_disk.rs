//! A full disk is called one, at once.

use std::time::{Duration, Instant};

use super::limits::{Disk, remove, wide};
use crate::judge;

/// Far less than commands wait for each other.
const AT_ONCE: Duration = Duration::from_secs(20);

#[test]
fn a_full_disk_is_not_taken_for_another_process() {
    let start = wide();
    let Some(disk) = Disk::new(&start.root().join("disk")) else { return };
    for line in [
        "reserve --ns 100 --type 01",
        "deprecate --reason test src/1.py",
        "allocate new.md",
        "inject src/2.py",
        "backup create",
    ] {
        let mut outcomes = [0, 0];
        // In pages.
        for free in [0, 1, 2, 3, 4, 5, 6, 8, 12, 100] {
            let repo = start.copy_as("disk/full");
            disk.fill(free * 4096);
            let begin = Instant::now();
            let answer = repo.idhooks(line);
            let took = begin.elapsed();
            disk.empty();
            assert!(took < AT_ONCE, "{took:?}\n{answer}");
            outcomes[usize::from(answer.succeeded())] += 1;
            if !answer.succeeded() {
                answer.code(2).complains("hint: free some disk space").done();
            }
            remove(&repo);
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{line}: {outcomes:?}");
    }
    start.commit("new");
    judge::assert_good(&start);
}

//! Inspects the arguments of the git command that runs a hook.

use std::fs;

/// The maximum number of processes between git and the hook: shells and hook managers.
const MAX_DISTANCE: usize = 8;

/// Returns true if the `git commit` that runs this hook is certain to create a commit, even without
/// changes, and `false` if that is unknown. Only git's command line shows this, and only some
/// systems reveal it.
pub fn commits_without_changes() -> bool {
    let Some(mut process) = own_parent() else { return false };
    for _ in 0..MAX_DISTANCE {
        let Ok(line) = fs::read(format!("/proc/{process}/cmdline")) else { return false };
        let mut words = line.split(|byte| *byte == 0);
        let program = words.next().unwrap_or_default();
        // A wrapper's path may contain git's name, so only the last component counts.
        if program.rsplit(|byte| *byte == b'/').next() == Some(b"git") {
            let words: Vec<&[u8]> = words.take_while(|word| *word != b"--").collect();
            let has = |wanted: &[u8]| words.contains(&wanted);
            return has(b"commit") && (has(b"--amend") || has(b"--allow-empty"));
        }
        let Some(parent) = parent_of(process) else { return false };
        process = parent;
    }
    false
}

/// Returns the parent of this process, where the system tells.
fn own_parent() -> Option<u32> {
    #[cfg(unix)]
    let parent = Some(std::os::unix::process::parent_id());
    #[cfg(not(unix))]
    let parent = None;
    parent
}

/// Returns the parent of a process.
fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program name before these fields may contain any character.
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

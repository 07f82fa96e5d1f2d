//! Handles requests to terminate while programs are running: the programs and all their children
//! are terminated and their files removed before this process exits.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Returns the signals that ask this process to terminate.
fn signals() -> Vec<i32> {
    let signals = [SIGINT, SIGTERM].into_iter();
    #[cfg(target_os = "linux")]
    let signals = signals.chain((!ignores_hangup()).then_some(signal_hook::consts::SIGHUP));
    signals.collect()
}

/// Returns whether this process survives the closing of its terminal, as with 'nohup'.
#[cfg(target_os = "linux")]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // If the signal mask cannot be read, the signal is left alone.
    ignored.is_none_or(|mask| mask >> (signal_hook::consts::SIGHUP - 1) & 1 == 1)
}

/// The environment variable that names the directory a program may write to. It also identifies
/// programs left running by a killed process.
pub(super) const MARK: &str = "IDHOOKS_PROGRAM_DIR";

/// How often to check whether the parent process is still running.
#[cfg(unix)]
const PARENT_INTERVAL: std::time::Duration = std::time::Duration::from_millis(100);

/// The maximum number of searches for processes that were started while others were being
/// terminated.
#[cfg(target_os = "linux")]
const MOST_ROUNDS: u32 = 20;

/// The number of operations that currently hold back signals.
static HELD: AtomicUsize = AtomicUsize::new(0);
/// Whether a signal terminates this process immediately.
static IS_FREE: AtomicBool = AtomicBool::new(true);
/// The signal that asked this process to terminate while signals were held back, or zero.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Returns whether this process was asked to terminate while it was running programs.
pub fn is_interrupted() -> bool {
    ASKED.load(Ordering::SeqCst) != 0
}

/// Terminates the programs that this process is running, and prevents it from starting others.
pub fn end_programs() {
    ASKED.store(usize::try_from(SIGTERM).unwrap_or(1), Ordering::SeqCst);
}

/// Completes some work even if a signal asks this process to terminate: the signal then terminates
/// only the programs that this process is running.
pub fn holding_signals<T>(work: impl FnOnce() -> T) -> T {
    static REGISTERED: Once = Once::new();
    HELD.fetch_add(1, Ordering::SeqCst);
    IS_FREE.store(false, Ordering::SeqCst);
    REGISTERED.call_once(|| {
        for signal in signals() {
            let value = usize::try_from(signal).unwrap_or(1);
            // If the system refuses to register this, signals terminate this process immediately.
            let _ = signal_hook::flag::register_conditional_default(signal, &IS_FREE);
            let _ = signal_hook::flag::register_usize(signal, &ASKED, value);
        }
    });
    let result = work();
    if HELD.fetch_sub(1, Ordering::SeqCst) == 1 {
        IS_FREE.store(true, Ordering::SeqCst);
    }
    result
}

/// Does some work that runs programs. If a signal asks this process to terminate during that time,
/// the programs are terminated first, and then this process.
pub fn ending_programs<T>(work: impl FnOnce() -> T) -> T {
    let result = holding_signals(work);
    let asked = ASKED.load(Ordering::SeqCst);
    if asked != 0 && HELD.load(Ordering::SeqCst) == 0 {
        let _ = signal_hook::low_level::emulate_default_handler(i32::try_from(asked).unwrap_or(0));
    }
    result
}

/// Terminates the programs that this process is running once its parent process has exited.
pub fn end_programs_with_parent() {
    #[cfg(unix)]
    {
        let parent = std::os::unix::process::parent_id();
        std::thread::spawn(move || {
            while std::os::unix::process::parent_id() == parent {
                std::thread::sleep(PARENT_INTERVAL);
            }
            end_programs();
        });
    }
}

/// Calls `kill` with a signal, ignoring failures.
#[cfg(unix)]
fn kill(signal: &str, targets: &[String]) {
    // The shell's built-in 'kill' is available even if there is no program with that name.
    let mut shell = Command::new("sh");
    shell.args(["-c", "kill -s \"$0\" -- \"$@\"", signal]).args(targets);
    let _ = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Terminates the processes in a group, ignoring failures.
#[cfg(unix)]
pub(super) fn end_group(leader: u32) {
    kill("KILL", &[format!("-{leader}")]);
}

/// Terminates a process and any processes it has started, ignoring failures.
#[cfg(not(unix))]
pub(super) fn end_group(leader: u32) {
    let mut taskkill = Command::new("taskkill");
    taskkill.args(["/T", "/F", "/PID", &leader.to_string()]);
    let _ = taskkill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Terminates the remaining processes in a group after its leader has exited.
#[cfg(target_os = "linux")]
pub(super) fn end_group_left_behind(leader: u32) {
    end_all(|process| {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The state, the parent and the group come after the name, which may contain any character.
        let mut words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        words.next().is_some_and(|state| state != "Z")
            && words.nth(1).is_some_and(|group| group.parse() == Ok(leader))
    });
}

/// Terminates the remaining processes in a group after its leader has exited.
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) fn end_group_left_behind(leader: u32) {
    end_group(leader);
}

/// Does nothing: without the leader, this system cannot find the rest of the group.
#[cfg(not(unix))]
pub(super) fn end_group_left_behind(_: u32) {}

/// Asks a process to terminate.
pub(super) fn ask_to_end(process: u32) {
    #[cfg(unix)]
    kill("TERM", &[process.to_string()]);
    #[cfg(not(unix))]
    end_group(process);
}

/// Terminates programs that were started for a directory, whether they were left behind by another
/// program or started by a process that was killed. This works only if the system reveals other
/// processes' environments.
pub(crate) fn end_left_behind(dir: &Path) {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let mark = [MARK.as_bytes(), b"=", dir.as_os_str().as_bytes()].concat();
        end_all(|process| {
            let variables = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
            variables.split(|byte| *byte == 0).any(|variable| variable == mark)
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = dir;
}

/// Terminates all processes that `is_meant` selects, including any that they start in the meantime.
#[cfg(target_os = "linux")]
fn end_all(is_meant: impl Fn(&str) -> bool) {
    // A process may start another process after it is listed and before it is terminated.
    for _ in 0..MOST_ROUNDS {
        let Ok(entries) = std::fs::read_dir("/proc") else { return };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let processes = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
        let left: Vec<String> = processes.filter(|process| is_meant(process)).collect();
        if left.is_empty() {
            return;
        }
        kill("KILL", &left);
    }
}

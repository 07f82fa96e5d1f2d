//! Runs programs in the background, and programs that may be stopped at any moment.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::interrupt::ask_to_end;
use super::own_repository::hide_repository;
use super::{
    POLL_INTERVAL, ProgramOutput, RunningProgram, SystemError, WEBHOOK, WEBHOOK_TOKEN, error_of,
    lead_group,
};

/// Starts a program that outlives this one, and returns its process id. The program's error output
/// goes to a file, and keyboard signals do not reach it.
///
/// # Errors
/// Returns an error if it cannot be started.
pub fn start_background<A: AsRef<OsStr>>(
    program: &Path,
    args: &[A],
    errors: impl Into<Stdio>,
) -> Result<u32, SystemError> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    lead_group(&mut command);
    start(program, &mut command)
}

/// Starts a program in `dir` that outlives this one, without git's environment variables, which
/// name the calling hook's repository. No pipe of this process stays open in it, so whoever reads
/// this process's output does not wait for it. It should call [`super::lead_session`] first.
///
/// # Errors
/// Returns an error if it cannot be started.
pub fn start_detached<A: AsRef<OsStr>>(
    program: &Path,
    dir: &Path,
    args: &[A],
) -> Result<u32, SystemError> {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    hide_repository(&mut command);
    command.env_remove(WEBHOOK).env_remove(WEBHOOK_TOKEN);
    start(program, &mut command)
}

/// Starts a command that is not waited for, and returns its process id.
fn start(program: &Path, command: &mut Command) -> Result<u32, SystemError> {
    let started = command.spawn().map(|child| child.id());
    started.map_err(|cause| SystemError { program: program.display().to_string(), cause })
}

/// How long a program may take to exit after it has been asked to.
const END_LIMIT: Duration = Duration::from_millis(1_500);

/// Runs a program in `dir` with these environment variables and `input` on its standard input,
/// until it exits. Once `is_over` returns true, the program is asked to terminate, and killed if it
/// does not. Returns `None` if the program did not succeed before then.
///
/// # Errors
/// Returns an error if the program cannot be started.
pub fn run_unless<A: AsRef<OsStr>>(
    program: &Path,
    dir: &Path,
    args: &[A],
    env: &[(&str, &str)],
    input: Vec<u8>,
    is_over: &mut dyn FnMut() -> bool,
) -> Result<Option<ProgramOutput>, SystemError> {
    let failed = |cause: io::Error| SystemError { program: program.display().to_string(), cause };
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).env("LC_ALL", "C").envs(env.iter().copied());
    command.env_remove(WEBHOOK).env_remove(WEBHOOK_TOKEN);
    let mut running = RunningProgram::start(&mut command, input).map_err(failed)?;
    let child = &mut running.child;
    let mut asked: Option<Instant> = None;
    let status = loop {
        match (child.try_wait().map_err(failed)?, asked) {
            (Some(status), _) => break status,
            (None, None) if is_over() => {
                ask_to_end(child.id());
                asked = Some(Instant::now());
            }
            (None, Some(asked)) if asked.elapsed() > END_LIMIT => {
                // A program that has just exited does not need a signal.
                let _ = child.kill();
                break child.wait().map_err(failed)?;
            }
            (None, _) => std::thread::sleep(POLL_INTERVAL),
        }
    };
    // If the program had already finished its work when it was asked to terminate, its success
    // counts.
    if asked.is_some() && !status.success() {
        return Ok(None);
    }
    let [stdout, stderr] = running.printed();
    let error = error_of(&stderr, status);
    let (is_success, code) = (status.success(), status.code());
    Ok(Some(ProgramOutput { is_success, code, stdout, error }))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_ended_when_it_is_over() {
        let here = Path::new("/");
        let run = |script: &str, is_over: bool| {
            let sh = Path::new("sh");
            let answer =
                run_unless(sh, here, &["-c", script], &[("X", "y")], b"in".to_vec(), &mut || {
                    is_over
                });
            answer.expect("runs")
        };
        assert!(run("exec sleep 60", true).is_none());
        let answer = run("echo $X; cat; pwd >&2; exit 1", false).expect("it ended");
        assert_eq!((answer.code, &*answer.stdout, &*answer.error), (Some(1), &b"y\nin"[..], "/"));
        let missing =
            run_unless(Path::new("/no/such"), here, &[""; 0], &[], Vec::new(), &mut || false);
        assert!(missing.is_err());
        assert!(start_background(Path::new("/no/such"), &[""; 0], Stdio::null()).is_err());
    }
}

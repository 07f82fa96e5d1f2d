//! Runs programs other than git; no other module does so.

mod background;
mod failure;
mod git_caller;
mod interrupt;
mod own_repository;
mod process_facts;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub use background::{run_unless, start_background, start_detached};
pub use failure::{MOST_OUTPUT, ProgramFailure, SystemError};
pub use git_caller::commits_without_changes;
pub(crate) use interrupt::end_left_behind;
pub use interrupt::{
    end_programs, end_programs_with_parent, ending_programs, holding_signals, is_interrupted,
};

pub use own_repository::run_in_any_repository;
pub(crate) use process_facts::host_name;
pub use process_facts::{is_running, lead_session};

use interrupt::{MARK, end_group, end_group_left_behind};
use own_repository::hide_repository;

/// The result of running a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramOutput {
    /// Whether the program exited with code 0.
    pub is_success: bool,
    /// The program's exit code, unless it was terminated by a signal.
    pub code: Option<i32>,
    /// Its output.
    pub stdout: Vec<u8>,
    /// The program's error output on one line, or its exit status if it printed no errors.
    pub error: String,
}

/// The environment variable that holds the webhook's address. Since the address may be secret, no
/// program inherits the variable.
pub const WEBHOOK: &str = "IDHOOKS_WEBHOOK";
/// The environment variable that holds the webhook's token. No program inherits it.
pub const WEBHOOK_TOKEN: &str = "IDHOOKS_WEBHOOK_TOKEN";

/// How often to check whether a running program has exited.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How long to wait for the rest of a program's output after the program has exited. The output is
/// available at once unless a process left behind by the program keeps the pipe open, but reading
/// it may take a while on a busy machine.
const GRACE: Duration = Duration::from_secs(10);

/// A running program, with threads that write its input and read its output.
struct RunningProgram {
    child: Child,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
}

impl RunningProgram {
    /// Starts a program with `input` on its standard input. The program doesn't have to read it.
    fn start(command: &mut Command, input: Vec<u8>) -> io::Result<Self> {
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut pipe) = child.stdin.take() {
            // If a program exits without reading its input, the pipe breaks; that is not an error.
            std::thread::spawn(move || pipe.write_all(&input));
        }
        let (stdout, stderr) = (read_aside(child.stdout.take()), read_aside(child.stderr.take()));
        Ok(RunningProgram { child, stdout, stderr })
    }

    /// Returns the standard output and error output of a program that has exited. If processes it
    /// left behind keep the pipes open, the output is empty.
    fn printed(&self) -> [Vec<u8>; 2] {
        [&self.stdout, &self.stderr].map(|pipe| pipe.recv_timeout(GRACE).unwrap_or_default())
    }
}

/// Makes a program the leader of a process group, so that it can be terminated along with all its
/// children.
fn lead_group(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Runs a program on `PATH` until it exits, with untranslated messages and `input` on its standard
/// input. Returns `None` if the program does not exist.
///
/// # Errors
/// Returns an error if the program exists but cannot be started or does not read its input.
pub fn run_program<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
    input: &[u8],
) -> Result<Option<ProgramOutput>, SystemError> {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C").env_remove(WEBHOOK).env_remove(WEBHOOK_TOKEN);
    let output = match run_command(&mut command, input) {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(SystemError { program: program.to_owned(), cause }),
    };
    let error = error_of(&output.stderr, output.status);
    let is_success = output.status.success();
    let code = output.status.code();
    Ok(Some(ProgramOutput { is_success, code, stdout: output.stdout, error }))
}

/// Runs a program without input, and terminates it after `limit`. Returns the program's output, or
/// `None` if the program does not exist.
///
/// # Errors
/// Returns an error if the program exists but cannot be started, fails, or does not exit in time.
pub fn call_within<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
    limit: Duration,
) -> Result<Option<Vec<u8>>, ProgramFailure> {
    let failed = |cause| SystemError { program: program.to_owned(), cause };
    let mut command = Command::new(program);
    command.args(args).env_remove(WEBHOOK).env_remove(WEBHOOK_TOKEN);
    command.env_remove(WEBHOOK).env_remove(WEBHOOK_TOKEN);
    lead_group(&mut command);
    let mut running = match RunningProgram::start(&mut command, Vec::new()) {
        Ok(running) => running,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed(cause).into()),
    };
    let Some(status) = wait_within(&mut running.child, limit).map_err(failed)? else {
        return Err(match is_interrupted() {
            true => ProgramFailure::Interrupted,
            false => ProgramFailure::NoAnswer(limit),
        });
    };
    let [stdout, stderr] = running.printed();
    match status.success() {
        true => Ok(Some(stdout)),
        false => Err(ProgramFailure::Failed(error_of(&stderr, status))),
    }
}

/// Runs a command with `input` on its standard input; the command doesn't have to read it. After
/// `limit`, or if this process is asked to terminate, the command is terminated along with
/// everything it started, and this returns `None`.
pub(crate) fn run_or_end(
    command: &mut Command,
    input: Vec<u8>,
    limit: Duration,
) -> io::Result<Option<Output>> {
    lead_group(command);
    let mut running = RunningProgram::start(command, input)?;
    let Some(status) = wait_within(&mut running.child, limit)? else { return Ok(None) };
    let [stdout, stderr] = running.printed();
    Ok(Some(Output { status, stdout, stderr }))
}

/// Waits for a program, the leader of its process group, to exit. After `limit`, or if this process
/// is asked to terminate, the whole group is terminated, and this returns `None`.
fn wait_within(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let begin = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if begin.elapsed() < limit && !is_interrupted() => {
                std::thread::sleep(POLL_INTERVAL);
            }
            None => {
                // The group must be terminated first: once its leader is gone, nothing identifies
                // the other members.
                end_group(child.id());
                // A program that has just exited does not need a signal.
                let _ = child.kill();
                child.wait()?;
                return Ok(None);
            }
        }
    }
}

/// Runs a program in `dir`, with `input` on its standard input and without git's environment
/// variables. The program is terminated after `limit`, or if this process is asked to terminate.
/// Any processes the program started are then terminated as well. Returns the program's output.
///
/// # Errors
/// Returns an error if the program cannot be started, fails, prints too much or does not exit in
/// time.
pub fn run_contained(
    dir: &Path,
    program: &OsStr,
    args: &[OsString],
    input: Vec<u8>,
    limit: Duration,
) -> Result<Vec<u8>, ProgramFailure> {
    if is_interrupted() {
        return Err(ProgramFailure::Interrupted);
    }
    let mut command = Command::new(program);
    // The language and time zone are fixed, because the output is committed and must not depend on
    // the machine.
    command.args(args).current_dir(dir).env("LC_ALL", "C").env("TZ", "UTC").env(MARK, dir);
    hide_repository(&mut command);
    // The directory for temporary files may be in a repository, which is not the program's business.
    command.envs(dir.parent().map(|above| ("GIT_CEILING_DIRECTORIES", above)));
    lead_group(&mut command);
    let mut running =
        RunningProgram::start(&mut command, input).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ProgramFailure::Missing,
            _ => ProgramFailure::Io(error),
        })?;
    let group = running.child.id();
    let result = contained_result(&mut running, limit);
    end_group_left_behind(group);
    // Some of the program's processes may have left the group.
    end_left_behind(dir);
    result
}

/// Returns a program's output.
fn contained_result(
    running: &mut RunningProgram,
    limit: Duration,
) -> Result<Vec<u8>, ProgramFailure> {
    let waited = wait_within(&mut running.child, limit).map_err(ProgramFailure::Io)?;
    let Some(status) = waited else {
        return Err(match is_interrupted() {
            true => ProgramFailure::Interrupted,
            false => ProgramFailure::TimedOut(limit),
        });
    };
    let [stdout, stderr] = [&running.stdout, &running.stderr].map(|pipe| pipe.recv_timeout(GRACE));
    match (status.success(), stdout) {
        // The exit status does not matter here: closing the pipe makes the program exit too.
        (_, Ok(stdout)) if stdout.len() as u64 > MOST_OUTPUT => Err(ProgramFailure::TooMuchOutput),
        (false, _) => Err(ProgramFailure::Failed(error_of(&stderr.unwrap_or_default(), status))),
        (true, Err(_)) => Err(ProgramFailure::OutputOpen),
        (true, Ok(stdout)) => Ok(stdout),
    }
}

/// Reads a pipe to its end in a thread, and sends the output. Reading stops one byte past the
/// maximum.
fn read_aside(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // Output that cannot be read is left out of the result or the message.
        let _ = pipe.map(|pipe| pipe.take(MOST_OUTPUT + 1).read_to_end(&mut bytes));
        let _ = sender.send(bytes);
    });
    receiver
}

/// Returns a program's error output on one line, or its exit status if it printed no errors.
fn error_of(stderr: &[u8], status: ExitStatus) -> String {
    let stderr = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if lines.is_empty() { status.to_string() } else { lines.join(": ") }
}

/// Runs a command until it exits, with `input` on its standard input. The command doesn't have to
/// read it.
pub(crate) fn run_command(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    // A separate thread writes the input, so that the two processes cannot block each other on full
    // pipes.
    std::thread::scope(|scope| {
        let writer = stdin.map(|mut pipe| scope.spawn(move || pipe.write_all(input)));
        let output = child.wait_with_output()?;
        match writer.and_then(|writer| writer.join().ok()) {
            Some(Err(error)) if !is_closed_pipe(&error) => Err(error),
            _ => Ok(output),
        }
    })
}

/// Returns whether the error means that nobody reads from a pipe any more.
pub fn is_closed_pipe(error: &io::Error) -> bool {
    // The last is ERROR_PIPE_NOT_CONNECTED, for which the standard library has no kind.
    error.kind() == io::ErrorKind::BrokenPipe
        || (cfg!(windows) && error.raw_os_error() == Some(233))
}

/// Does some work in a thread, and waits at most `limit` for the result. After that, the work
/// continues in the background.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // After the time limit, nobody receives the result.
        let _ = sender.send(work());
    });
    receiver.recv_timeout(limit).ok()
}

/// Runs a program on `PATH` until it exits. If the program fails, returns the reason.
///
/// # Errors
/// Returns an error if the program exists but cannot be started.
pub fn call_program<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
) -> Result<Option<String>, SystemError> {
    Ok(match run_program(program, args, b"")? {
        Some(answer) => (!answer.is_success).then_some(answer.error),
        None => Some(format!("{program} is not on PATH")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_no_error() {
        assert_eq!(run_program("idhooks-has-no-such-program", &["x"], b"").ok(), Some(None));
    }

    #[cfg(unix)]
    #[test]
    fn a_contained_program_ends_with_all_that_it_started() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let run = |script: &str, limit| {
            let args = ["-c", script].map(OsString::from);
            let limit = Duration::from_millis(limit);
            let result = run_contained(temp.path(), "sh".as_ref(), &args, b"in".to_vec(), limit);
            result.map_err(|failure| failure.to_string())
        };
        assert_eq!(run("cat; pwd -P >&2", 60_000), Ok(b"in".to_vec()));
        assert_eq!(run("echo a >&2; exit 3", 60_000), Err("a".to_owned()));
        // If the system reveals other processes' environments, processes that have left the group
        // are terminated as well.
        let apart = if cfg!(target_os = "linux") { "setsid" } else { "exec" };
        let script = "sh -c 'sleep 60; echo late > late' & echo $! > child; \
                      (SETSID sleep 60) & echo $! >> child; wait";
        let error = run(&script.replace("SETSID", apart), 5_000).expect_err("too slow");
        assert!(error.contains("within 5s"), "{error}");
        let children = std::fs::read_to_string(temp.path().join("child")).expect("they started");
        assert_eq!(children.lines().count(), 2);
        let is_running = |process: &str| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while children.lines().any(is_running) {
            assert!(Instant::now() < deadline, "of {children} some survived");
            std::thread::yield_now();
        }
        // When a program succeeds, the processes it left behind are terminated as well, whether or
        // not they are in its group.
        let script = "for apart in '' SETSID; do $apart sh -c 'echo $$ >> left; exec sleep 600' \
                      > /dev/null 2>&1 < /dev/null & done; \
                      while [ \"$(wc -l < left 2> /dev/null)\" != 2 ]; do :; done; echo done";
        assert_eq!(run(&script.replace("SETSID", apart), 60_000), Ok(b"done\n".to_vec()));
        let left = std::fs::read_to_string(temp.path().join("left")).expect("they started");
        while left.lines().any(is_running) {
            assert!(Instant::now() < deadline, "of {left} some survived");
            std::thread::yield_now();
        }
        let missing = run_contained(temp.path(), "no-such".as_ref(), &[], vec![], GRACE);
        assert!(matches!(missing, Err(ProgramFailure::Missing)));
        let above = temp.path().parent().expect("a directory").display();
        let seen = format!("GIT_CEILING_DIRECTORIES={above}\n").into_bytes();
        assert_eq!(run("env | grep ^GIT_", 60_000), Ok(seen));
    }

    #[cfg(unix)]
    #[test]
    fn the_error_output_is_returned() {
        let run = |script: &str, input: &[u8]| {
            run_program("sh", &["-c", script], input).expect("runs").expect("is there")
        };
        let large = vec![b'x'; 1 << 20];
        let answer = run("cat; echo a >&2; echo b >&2", &large);
        assert_eq!((answer.is_success, answer.error.as_str()), (true, "a: b"));
        assert_eq!(answer.stdout, large);
        let call = |script: &str, limit| {
            let result = call_within("sh", &["-c", script], Duration::from_secs(limit));
            result.map_err(|failure| failure.to_string())
        };
        assert_eq!(call("echo a; sleep 60 & exit 0", 60), Ok(Some(Vec::new())));
        assert_eq!(call("echo a; exit 0", 60), Ok(Some(b"a\n".to_vec())));
        assert_eq!(call("echo a >&2; exit 1", 60), Err("a".to_owned()));
        assert_eq!(call("sleep 60", 0), Err("no answer within 0 seconds".to_owned()));
        // It is not an error if a program does not read its input.
        assert!(!run("exit 3", &large).is_success);
        assert_eq!(run("exit 3", b"").error, "exit status: 3");
    }
}

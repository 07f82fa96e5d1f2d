//! The one seam through which programs of the machine other than git are run.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write};
use std::process::{Command, Stdio};

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramOutput {
    /// Whether it ended with exit code 0.
    pub is_success: bool,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about, in one line.
    pub complaint: String,
}

/// A program that is there and cannot be run.
#[derive(Debug)]
pub struct SystemError {
    program: String,
    cause: io::Error,
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot run '{}': {}", self.program, self.cause)
    }
}

impl std::error::Error for SystemError {}

/// Shows an address in the browser of whoever is at the machine, without waiting for it.
///
/// # Errors
/// None that can be started.
pub fn browse(url: &str) -> io::Result<()> {
    open::that_detached(url)
}

/// Runs a program of `PATH` in the plain language, with `input` on its standard input, to its end;
/// nothing where there is no such program.
///
/// # Errors
/// A program that is there and cannot be started or fed.
pub fn ask<A: AsRef<OsStr>>(
    program: &str,
    args: &[A],
    input: &[u8],
) -> Result<Option<ProgramOutput>, SystemError> {
    let failed = |cause| SystemError { program: program.to_owned(), cause };
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C");
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let stdin = child.stdin.take();
    // A thread feeds the program, so that neither side waits for the other with full pipes.
    std::thread::scope(|scope| {
        let feeder = stdin.map(|mut pipe| scope.spawn(move || pipe.write_all(input)));
        let output = child.wait_with_output().map_err(failed)?;
        if let Some(Err(error)) = feeder.and_then(|feeder| feeder.join().ok())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(failed(error));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let complaint = if lines.is_empty() { output.status.to_string() } else { lines.join(": ") };
        let is_success = output.status.success();
        Ok(Some(ProgramOutput { is_success, stdout: output.stdout, complaint }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_is_no_failure() {
        assert_eq!(ask("idhooks-has-no-such-program", &["x"], b"").ok(), Some(None));
    }

    #[cfg(unix)]
    #[test]
    fn what_it_says_is_told() {
        let ask = |script: &str, input: &[u8]| {
            ask("sh", &["-c", script], input).expect("runs").expect("is there")
        };
        let large = vec![b'x'; 1 << 20];
        let answer = ask("cat; echo a >&2; echo b >&2", &large);
        assert_eq!((answer.is_success, answer.complaint.as_str()), (true, "a: b"));
        assert_eq!(answer.stdout, large);
        // Who reads nothing does not stop us.
        assert!(!ask("exit 3", &large).is_success);
        assert_eq!(ask("exit 3", b"").complaint, "exit status: 3");
    }
}

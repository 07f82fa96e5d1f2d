//! The time and the memory that one command takes with everything it starts.
//!
//! The figures of a process' children add up over its whole life, and the largest memory of any
//! of them stays. So each command is measured by a process of its own: this program again.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// What makes this program measure one command.
pub(crate) const WORD: &str = "--measure";

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// User and system time of the command and all it started, in microseconds.
    pub(crate) cpu: u64,
    /// Time from start to end, in microseconds.
    pub(crate) wall: u64,
    /// The largest resident memory of any of its processes, in KiB.
    pub(crate) memory: u64,
    /// Its exit code; -1 after a signal.
    pub(crate) code: i32,
}

impl Sample {
    /// Returns what this run and another one, after it, took together.
    pub(crate) fn plus(self, other: Sample) -> Sample {
        Sample {
            cpu: self.cpu + other.cpu,
            wall: self.wall + other.wall,
            memory: self.memory.max(other.memory),
            code: self.code.max(other.code),
        }
    }
}

/// Runs `<stdout file> <stderr file> <program> <argument>…`, and prints what it took.
pub(crate) fn child(args: &[OsString]) -> Result<ExitCode> {
    let [out, err, program, rest @ ..] = args else { bail!("nothing to measure") };
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).stdout(File::create(out)?).stderr(File::create(err)?);
    let start = Instant::now();
    let status = command.status().with_context(|| format!("{}", program.display()))?;
    let wall = start.elapsed().as_micros();
    let (cpu, memory) = used_by_children()?;
    println!("{cpu} {wall} {memory} {}", status.code().unwrap_or(-1));
    Ok(ExitCode::SUCCESS)
}

/// Returns the processor time in microseconds and the most memory in KiB that the children took.
#[cfg(unix)]
fn used_by_children() -> Result<(i64, i64)> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    // macOS counts bytes.
    Ok((cpu, usage.max_rss() / if cfg!(target_os = "macos") { 1024 } else { 1 }))
}

#[cfg(not(unix))]
fn used_by_children() -> Result<(i64, i64)> {
    bail!("this system does not tell what the children of a process took")
}

/// Has `command`, which is this program in some directory and environment, measure `words`.
pub(crate) fn measure(
    mut command: Command,
    words: &[OsString],
    out: &Path,
    err: &Path,
) -> Result<Sample> {
    command.arg(WORD).args([out, err]).args(words).stdin(Stdio::null());
    let answer = command.stderr(Stdio::inherit()).output()?;
    if !answer.status.success() {
        bail!("cannot measure {words:?}");
    }
    let text = String::from_utf8(answer.stdout)?;
    let numbers: Vec<&str> = text.split_whitespace().collect();
    let [cpu, wall, memory, code] = numbers[..] else { bail!("not a measurement: '{text}'") };
    Ok(Sample {
        cpu: cpu.parse()?,
        wall: wall.parse()?,
        memory: memory.parse()?,
        code: code.parse()?,
    })
}

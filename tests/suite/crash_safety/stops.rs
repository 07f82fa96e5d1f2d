//! A command that stops at every point where idhooks has changed something, to be let go on or
//! killed there.
//!
//! A scenario kills at a third of its points, which follow from its name and `IDHOOKS_SEED`, and at all of
//! them with `IDHOOKS_TEST_ALL=1`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::common::{Repo, sample, start};

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Victim {
    /// The process of idhooks alone; git lives on.
    Idhooks,
    /// git and everything it has started.
    Everything,
}

/// A running command, its processes in a group of their own.
pub(crate) struct Stops {
    dir: PathBuf,
    reached: BufReader<File>,
    group: u32,
    count: usize,
    is_over: bool,
    waiter: Option<JoinHandle<Ended>>,
}

/// How a command ended.
pub(crate) struct Ended {
    /// Its exit code, unless it was killed.
    pub(crate) code: Option<i32>,
    /// What it said on standard error.
    pub(crate) stderr: String,
    /// How often it stopped.
    pub(crate) stops: usize,
}

/// A process of idhooks that waits.
pub(crate) struct Stop {
    /// Its number.
    pub(crate) process: u32,
    /// Where in the program it is.
    pub(crate) point: String,
}

impl Stop {
    fn parse(line: &str) -> Option<Stop> {
        let (process, point) = line.trim_end().split_once(' ')?;
        let process = process.parse().expect("the number of a process");
        Some(Stop { process, point: point.to_owned() })
    }
}

impl Stops {
    /// Starts a command line of git or idhooks.
    pub(crate) fn start(repo: &Repo, line: &str) -> Stops {
        Self::start_with(repo, line, "")
    }

    /// Does the same with a standard input.
    pub(crate) fn start_with(repo: &Repo, line: &str, input: &str) -> Stops {
        let dir = tempfile::tempdir_in(repo.root()).expect("a directory can be made").keep();
        let pipes = ["reached", "go"].map(|pipe| dir.join(pipe));
        let made = Command::new("mkfifo").args(pipes).status();
        assert!(made.is_ok_and(|made| made.success()), "no named pipes");
        let open = || OpenOptions::new().read(true).write(true).open(dir.join("reached"));
        let (reached, mut end) = (open().expect("a pipe"), open().expect("a pipe"));
        std::fs::write(dir.join("input"), input).expect("the input can be kept");
        let input = File::open(dir.join("input")).expect("the input");
        let mut command = repo.line(line);
        command.env("IDHOOKS_PAUSE", &dir).process_group(0);
        command.stdin(input).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = start(&mut command).expect("the program can be started");
        let group = child.id();
        let waiter = std::thread::spawn(move || {
            let output = child.wait_with_output().expect("the program can be waited for");
            end.write_all(b"end\n").expect("the pipe is open");
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            Ended { code: output.status.code(), stderr, stops: 0 }
        });
        let waiter = Some(waiter);
        Stops { dir, reached: BufReader::new(reached), group, count: 0, is_over: false, waiter }
    }

    /// Waits for the next stop; nothing once the command has ended.
    pub(crate) fn next(&mut self) -> Option<Stop> {
        if self.is_over {
            return None;
        }
        let mut line = String::new();
        self.reached.read_line(&mut line).expect("the pipe is readable");
        let stop = Stop::parse(&line);
        self.count += usize::from(stop.is_some());
        self.is_over = stop.is_none();
        stop
    }

    /// Waits for the next stop of a process that outlives the command. Only tests that read `/proc` do.
    #[cfg(target_os = "linux")]
    pub(crate) fn next_left_behind(&mut self) -> Stop {
        let mut line = String::new();
        self.reached.read_line(&mut line).expect("the pipe is readable");
        Stop::parse(&line).expect("a stop")
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) {
        self.order("\n");
    }

    /// Makes it panic.
    pub(crate) fn panic(&self) {
        self.order("panic");
    }

    fn order(&self, order: &str) {
        // Opening waits until the process listens; when the pipe is closed it goes on.
        let pipe = OpenOptions::new().write(true).open(self.dir.join("go"));
        pipe.expect("the pipe is there").write_all(order.as_bytes()).expect("it listens");
    }

    /// Waits for the stop with this number, counted from 0; nothing if there are fewer.
    pub(crate) fn nth(&mut self, number: usize) -> Option<Stop> {
        for _ in 0..number {
            self.next()?;
            self.go_on();
        }
        self.next()
    }

    /// Waits for the next stop at this point.
    pub(crate) fn until(&mut self, point: &str) -> Stop {
        loop {
            let stop = self.next().expect("it comes to that point");
            if stop.point == point {
                return stop;
            }
            self.go_on();
        }
    }

    /// Kills without a chance to clean up.
    pub(crate) fn kill(&self, stop: &Stop, victim: Victim) {
        let killed = match victim {
            Victim::Idhooks => kill(process(stop.process), Signal::SIGKILL),
            Victim::Everything => killpg(process(self.group), Signal::SIGKILL),
        };
        assert_eq!(killed, Ok(()), "nothing to kill");
    }

    /// Lets it go on to its end.
    pub(crate) fn end(mut self) -> Ended {
        while self.next().is_some() {
            self.go_on();
        }
        let waiter = self.waiter.take().expect("it ends once");
        Ended { stops: self.count, ..waiter.join().expect("the program was waited for") }
    }
}

/// A test that fails leaves nobody waiting.
impl Drop for Stops {
    fn drop(&mut self) {
        if !self.is_over {
            _ = killpg(process(self.group), Signal::SIGKILL);
        }
    }
}

fn process(number: u32) -> Pid {
    Pid::from_raw(number.try_into().expect("the number of a process"))
}

/// Returns the points at which to kill what was not disturbed in the run that `ended`, and stopped `least`
/// times or more.
#[track_caller]
pub(crate) fn kill_points(ended: &Ended, least: usize) -> Vec<usize> {
    assert!(ended.stops >= least, "only {} stops: is it a debug build?", ended.stops);
    sample(ended.stops)
}

/// Kills a command line at these points, each time in another copy of the repository, which `judge` gets
/// with the name of the point.
#[expect(clippy::print_stderr, reason = "shown where a test fails: killed where")]
pub(crate) fn kill_at(
    points: &[usize],
    start: &Repo,
    line: &str,
    victim: Victim,
    mut judge: impl FnMut(&Repo, &str),
) {
    for &number in points {
        let repo = start.copy_as(&format!("killed-{number}"));
        let mut stops = Stops::start(&repo, line);
        let stop = stops.nth(number).expect("it stops as often as before");
        eprintln!("--- {victim:?} killed in '{line}' at {number}: {}", stop.point);
        stops.kill(&stop, victim);
        let ended = stops.end();
        assert!(victim == Victim::Idhooks || ended.code.is_none(), "git survived");
        judge(&repo, &stop.point);
        std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
    }
}

//! [`Holder`]: the process that holds a lock.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::clock::since_epoch;

/// The process that holds a lock. If the operating system does not reveal the holder, this is the
/// command recorded in the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// An idhooks command that recorded itself in the lock file.
    Command {
        /// The process id.
        process: u32,
        /// The command that the process is running.
        what: String,
        /// When the process acquired the lock, in seconds since the Unix epoch.
        since: u64,
    },
    /// A process that did not record itself, usually another program.
    Program {
        /// The process id.
        process: u32,
        /// The program's name.
        name: String,
    },
    /// The operating system does not reveal which process holds the lock.
    Unknown,
}

impl Holder {
    /// Returns the process id, if it is known.
    pub fn process(&self) -> Option<u32> {
        match self {
            Holder::Command { process, .. } | Holder::Program { process, .. } => Some(*process),
            Holder::Unknown => None,
        }
    }

    /// Returns the idhooks command that the process is running.
    pub fn command(&self) -> Option<&str> {
        match self {
            Holder::Command { what, .. } => Some(what),
            _ => None,
        }
    }

    /// Returns the note with which this process records in a lock file that it is running the
    /// command `what`.
    pub(super) fn note(what: &str) -> String {
        format!("{} {} {what}\n", std::process::id(), since_epoch().as_secs())
    }

    /// Returns the process that holds the lock on `file`, an open file, and what the lock is for,
    /// if the process recorded that.
    pub(super) fn of(file: &mut File, path: &Path) -> (Self, Option<String>) {
        let processes = locking_processes(file);
        match Self::noted(file) {
            Some((Holder::Command { process, what, since }, subject))
                // The note may be left over from a killed process. It counts only if that process
                // holds the lock, or, if the operating system does not reveal holders, if that
                // process is still running.
                if processes.contains(&process) || processes.is_empty() && is_running(process) =>
            {
                (Holder::Command { process, what, since }, Some(subject))
            }
            // The process may have exited after passing the open file on to another process.
            _ => {
                let process = processes.into_iter().find(|process| is_running(*process));
                let program = process.or_else(|| opener(path)).and_then(|process| {
                    let name = program_of(process)?;
                    Some(Holder::Program { process, name })
                });
                (program.unwrap_or(Holder::Unknown), None)
            }
        }
    }

    /// Removes this process's own note from a lock file.
    pub(super) fn forget(file: &mut File) {
        let own = std::process::id();
        if Self::noted(file).is_some_and(|(holder, _)| holder.process() == Some(own)) {
            // If the note outlived the lock, this process would be blamed for another program's
            // lock.
            let _ = file.set_len(0);
        }
    }

    /// Reads the note in a lock file: the command, and what the lock is for.
    fn noted(file: &mut File) -> Option<(Self, String)> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_end(&mut bytes)).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let (first, subject) = text.split_once('\n')?;
        let mut words = first.splitn(3, ' ');
        let (process, since) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let holder = Holder::Command { process, since, what: words.next()?.to_owned() };
        Some((holder, subject.trim_end().to_owned()))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Command { process, what, since } => {
                let age = since_epoch().as_secs().saturating_sub(*since);
                write!(f, "'idhooks {what}' (process {process}, for {age} s)")
            }
            Holder::Program { process, name } => write!(f, "'{name}' (process {process})"),
            Holder::Unknown => f.write_str("another process"),
        }
    }
}

/// Returns the processes that hold a lock on a file, if the operating system reveals them.
#[cfg(target_os = "linux")]
fn locking_processes(file: &File) -> Vec<u32> {
    use std::os::unix::fs::MetadataExt;
    let Ok(meta) = file.metadata() else { return Vec::new() };
    let (device, inode) = (meta.dev(), meta.ino());
    // `/proc/locks` contains the device's major and minor numbers, and `st_dev` packs them like
    // this.
    let major = (device >> 8 & 0xfff) | (device >> 32 & !0xfff);
    let minor = (device & 0xff) | (device >> 12 & !0xff);
    let place = format!("{major:02x}:{minor:02x}:{inode}");
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    // "1: FLOCK ADVISORY WRITE <process> <place> <from> <to>"; the line of a process that is
    // waiting for the lock has an additional "->".
    let holder = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        (words.get(4) == Some(&&*place)).then(|| words.get(3)?.parse().ok()).flatten()
    };
    locks.lines().filter_map(holder).collect()
}

/// Returns whether a process is running.
#[cfg(target_os = "linux")]
fn is_running(process: u32) -> bool {
    Path::new(&format!("/proc/{process}")).exists()
}

/// Returns another process that has a file open, if the operating system reveals one.
#[cfg(target_os = "linux")]
fn opener(path: &Path) -> Option<u32> {
    let path = super::resolve_path(path).ok()?;
    let entries = std::fs::read_dir("/proc").ok()?.flatten();
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let has_open = |process: &u32| {
        let files = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten();
        files.flatten().any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to == path))
    };
    processes.filter(|process| *process != std::process::id()).find(has_open)
}

/// Returns the name of the program that a process is running.
#[cfg(target_os = "linux")]
fn program_of(process: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn locking_processes(_: &File) -> Vec<u32> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
fn is_running(_: u32) -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
fn opener(_: &Path) -> Option<u32> {
    None
}

#[cfg(not(target_os = "linux"))]
fn program_of(_: u32) -> Option<String> {
    None
}

//! [`Task`]: one generator run in a temporary directory, separate from the repository.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{fs, io, time::Duration};

use idhooks_core::registry::{Mode, RepoPath};

use crate::store::{SymlinkGuard, permissions_of};
use crate::system::{MOST_OUTPUT, ending_programs, run_contained};

use super::command_line::{OUTPUT, named_path};
use super::task_dir::TaskDir;

/// One generator run. It needs no repository, so several can run at once.
#[derive(Debug)]
pub(super) struct Task {
    /// The files that the programs see, which do not include the outputs.
    pub(super) files: Vec<TaskFile>,
    /// The files that the run makes.
    pub(super) outputs: Vec<RepoPath>,
    pub(super) work: TaskWork,
    /// The program that checks the outputs, with its arguments; empty if there is no such program.
    pub(super) validator: Vec<String>,
    /// The time limit for each program.
    pub(super) timeout: Duration,
}

/// A file that the programs see.
#[derive(Debug)]
pub(super) struct TaskFile {
    pub(super) path: RepoPath,
    pub(super) mode: Mode,
    pub(super) content: Vec<u8>,
}

/// How the outputs are made.
#[derive(Debug)]
pub(super) enum TaskWork {
    /// A program with its arguments and its input.
    Command(Vec<String>, Vec<u8>),
    /// The content of the only output.
    Content(Vec<u8>),
}

/// Why a task failed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TaskFailure {
    pub(super) reason: String,
    pub(super) help: String,
}

impl Task {
    /// Creates the task's directory and writes the files that the programs see.
    fn prepare(&self) -> Result<TaskDir, TaskFailure> {
        let dir = TaskDir::new().map_err(|error| unusable(&std::env::temp_dir(), &error))?;
        let root = dir.path();
        for file in &self.files {
            file.write(root).map_err(|error| unusable(root, &error))?;
        }
        // Programs expect an output's directory to exist, as it does in the working tree.
        for output in &self.outputs {
            let place = root.join(output.to_os_path());
            let made = place.parent().map_or(Ok(()), fs::create_dir_all);
            made.map_err(|error| unusable(root, &error))?;
        }
        Ok(dir)
    }

    /// Runs the task in its directory and returns each output's content.
    fn run_in(&self, root: &Path) -> Result<Vec<Vec<u8>>, TaskFailure> {
        let outputs = match &self.work {
            TaskWork::Command(words, input) => {
                let printed = self.call(root, words, input.clone())?;
                self.assert_inputs_unchanged(root)?;
                self.read_outputs(root, &words[0], &printed)?
            }
            TaskWork::Content(bytes) => vec![bytes.clone()],
        };
        if let Some(validator) = self.validator.first() {
            for (path, content) in self.outputs.iter().zip(&outputs) {
                let written = fs::write(root.join(path.to_os_path()), content);
                written.map_err(|error| unusable(root, &error))?;
            }
            // The check sees all outputs, even those that were only printed.
            self.call(root, &self.validator, Vec::new()).map_err(|failure| TaskFailure {
                reason: format!("its check refuses the output: {}", failure.reason),
                help: format!(
                    "see what '{validator}' expects, and change the generator or its inputs"
                ),
            })?;
        }
        Ok(outputs)
    }

    /// Runs a program with its arguments.
    fn call(&self, root: &Path, words: &[String], input: Vec<u8>) -> Result<Vec<u8>, TaskFailure> {
        let name = &words[0];
        let program = self.program(root, name).ok_or_else(|| TaskFailure {
            reason: format!("'{name}' is not in the index"),
            help: format!("add the program, and make it executable: git add --chmod=+x -- {name}"),
        })?;
        let mut args: Vec<OsString> = Vec::new();
        for word in &words[1..] {
            match word.as_str() {
                OUTPUT => args.extend(
                    self.outputs.iter().map(|path| path.to_os_path().as_os_str().to_owned()),
                ),
                word => args.push(self.filled(word).into()),
            }
        }
        run_contained(root, &program, &args, input, self.timeout).map_err(|why| TaskFailure {
            reason: format!("'{name}': {why}"),
            help: "correct the command in idhooks.toml, or what it names; it sees only 'files', \
                   its own program and the records on standard input"
                .to_owned(),
        })
    }

    /// Returns a word from a command line with the name of the only output filled in.
    fn filled(&self, word: &str) -> String {
        match &*self.outputs {
            [only] => word.replace(OUTPUT, &only.to_string()),
            _ => word.to_owned(),
        }
    }

    /// Returns the program with this name: either a file in the index or a program on `PATH`.
    fn program(&self, root: &Path, name: &str) -> Option<OsString> {
        let is_file = |path: &RepoPath| self.files.iter().any(|file| file.path == *path);
        if let Some(path) = named_path(name).filter(is_file) {
            return Some(root.join(path.to_os_path()).into_os_string());
        }
        // A relative path that is not in the index would run an untrusted file.
        let is_outside = Path::new(name).is_absolute() || !name.contains(['/', '\\']);
        is_outside.then(|| OsStr::new(name).to_owned())
    }

    /// Refuses a command that changed its own inputs: its outputs would be out of date immediately.
    fn assert_inputs_unchanged(&self, root: &Path) -> Result<(), TaskFailure> {
        let is_same = |file: &TaskFile| {
            let there = fs::read(root.join(file.path.to_os_path()));
            there.is_ok_and(|there| there == file.content)
        };
        let Some(changed) = self.files.iter().find(|file| !is_same(file)) else { return Ok(()) };
        let path = &changed.path;
        Err(TaskFailure {
            reason: format!("it rewrites its own input '{path}'"),
            help: format!("let it write only its outputs, not '{path}'"),
        })
    }

    /// Reads the output files that the command wrote. If it did not write the only output, the text
    /// it printed is the output.
    fn read_outputs(
        &self,
        root: &Path,
        name: &str,
        printed: &[u8],
    ) -> Result<Vec<Vec<u8>>, TaskFailure> {
        let guard = SymlinkGuard::over([root.to_owned()]);
        let read = |path: &RepoPath| -> Result<Option<Vec<u8>>, TaskFailure> {
            let place = root.join(path.to_os_path());
            let wrong = |what: &str| TaskFailure {
                reason: format!("'{name}' wrote '{path}' as {what}"),
                help: "let it write a regular file".to_owned(),
            };
            // A symlink could make idhooks read and commit a file outside the directory.
            guard.check(&place).map_err(|_| wrong("a symbolic link"))?;
            match place.symlink_metadata() {
                Err(_) => Ok(None),
                Ok(meta) if !meta.is_file() => Err(wrong("something that is not a file")),
                Ok(meta) if meta.len() > MOST_OUTPUT => Err(wrong("a file that is too large")),
                Ok(_) => fs::read(&place).map(Some).map_err(|error| wrong(&error.to_string())),
            }
        };
        let nothing = |path: &RepoPath| TaskFailure {
            reason: format!("'{name}' did not write '{path}'"),
            help: "let it write its outputs below its working directory, or print the only one"
                .to_owned(),
        };
        let mut outputs = Vec::new();
        for path in &self.outputs {
            outputs.push(match read(path)? {
                Some(content) => content,
                None if self.outputs.len() == 1 && !printed.is_empty() => printed.to_owned(),
                None => return Err(nothing(path)),
            });
        }
        Ok(outputs)
    }
}

impl TaskFile {
    fn write(&self, root: &Path) -> io::Result<()> {
        let place: PathBuf = root.join(self.path.to_os_path());
        place.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&place, &self.content)?;
        if self.mode == Mode::Executable
            && let Some(permissions) = permissions_of(0o755)
        {
            fs::set_permissions(&place, permissions)?;
        }
        Ok(())
    }
}

fn unusable(dir: &Path, error: &io::Error) -> TaskFailure {
    TaskFailure {
        reason: format!("cannot use '{}': {error}", dir.display()),
        help: "make room there, or set TMPDIR to another directory".to_owned(),
    }
}

/// Runs tasks in parallel; returns their results in order.
pub(super) fn run_at_once(tasks: &[Task]) -> Vec<Result<Vec<Vec<u8>>, TaskFailure>> {
    let run = || {
        // All files are written before the first program starts. A program that is just being
        // started still holds this process's open files, and while it holds a script open for
        // writing, the system refuses to run that script ("Text file busy").
        let dirs = in_parallel(tasks.iter(), Task::prepare);
        in_parallel(tasks.iter().zip(dirs), |(task, dir)| task.run_in(dir?.path()))
    };
    // If this process is terminated, the programs must not keep running without it.
    ending_programs(run)
}

/// Does `work` with each item in a thread of its own; returns the results in order.
fn in_parallel<T: Send, R: Send>(
    items: impl Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = items.map(|item| scope.spawn(move || work(item))).collect();
        let ended = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended
            .map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn programs_of_many_tasks_start() {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let task = |n: usize| Task {
            files: vec![TaskFile {
                path: path("run.sh"),
                mode: Mode::Executable,
                content: format!("#!/bin/sh\necho {n}\n").into_bytes(),
            }],
            outputs: vec![path("out.txt")],
            work: TaskWork::Command(vec!["./run.sh".to_owned()], Vec::new()),
            validator: Vec::new(),
            timeout: Duration::from_secs(60),
        };
        for _ in 0..8 {
            let results = run_at_once(&(0..16).map(task).collect::<Vec<_>>());
            for (n, result) in results.into_iter().enumerate() {
                assert_eq!(result, Ok(vec![format!("{n}\n").into_bytes()]));
            }
        }
    }
}

//! `idhooks demo`: demonstrates idhooks in a temporary repository, isolated from the user's
//! configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use idhooks_core::config::is_own;
use idhooks_core::registry::{Id, REGISTRY_PATH, Registry, RepoPath};
use idhooks_ops::{Git, StoreError, SymlinkGuard, read_file, replace_file, resolve_path};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, aligned, count};

/// The script of the demo: one step per line.
const STORY: &str = include_str!("demo/story.txt");
/// The maximum number of lines to show of a command's output.
const SHOWN_LINES: usize = 6;
/// The time the story starts, in seconds since the Unix epoch; each command runs a minute after the
/// previous one. Commit ids and identities depend on these times, and should be the same in every
/// run.
const START: i64 = 1_768_773_600;

/// Demonstrate idhooks in a temporary repository
///
/// Creates a repository in a temporary directory, works in it with git and idhooks, and shows the
/// identity of each file after each step. At the end it verifies that no file lost its identity and
/// that no identity was used twice. Nothing outside that directory is read or changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks demo                    watch it work
  idhooks demo --keep             keep the repository to explore it

Exit code: 0 everything worked; 1 a step or the verification failed")]
pub(super) struct Demo {
    /// Keep the repository and print its path
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        let failed = |error: std::io::Error| {
            CommandError::new("cannot make a temporary directory")
                .because(&error)
                .hint("name a writable directory: TMPDIR=<dir> idhooks demo")
        };
        let program = std::env::current_exe().map_err(|error| {
            CommandError::internal("cannot find the file of this program").because(&error)
        })?;
        let dir = tempfile::Builder::new().prefix("idhooks-demo-").tempdir().map_err(failed)?;
        // On macOS, the temporary directory is behind a symlink, which git resolves in its output.
        let dir_path = resolve_path(dir.path()).map_err(failed)?;
        let mut sandbox = DemoSandbox::new(&dir_path, program, ui)?;
        let taken = STORY.lines().try_for_each(|step| sandbox.take(step));
        let outcome = taken.and_then(|()| sandbox.verify());
        let repository = sandbox.repository;
        if self.keep {
            let _ = dir.keep();
            ui.line("");
            ui.line(&format!("The repository is in {}", repository.display()));
        }
        if let Err(error) = outcome {
            error.hint("to look into the repository: idhooks demo --keep").show(ui);
            return Ok(Exit::Findings);
        }
        Ok(Exit::Fine)
    }
}

/// The outcome of a step in the demo.
type DemoStep = CommandResult<()>;

/// A file in the demo, with its current path.
struct DemoFile {
    path: String,
    id: Id,
    /// Whether the file is in the current tree.
    is_present: bool,
}

/// The demo's repository, the files it follows, and its output.
struct DemoSandbox<'a> {
    repository: PathBuf,
    git: Git,
    program: PathBuf,
    ui: &'a mut Ui,
    clock: i64,
    titles: u32,
    files: BTreeMap<&'static str, DemoFile>,
    before: BTreeMap<Id, String>,
}

impl<'a> DemoSandbox<'a> {
    /// Creates the repository in `dir`.
    fn new(dir: &Path, program: PathBuf, ui: &'a mut Ui) -> CommandResult<Self> {
        let [repository, home] = ["shop", "home"].map(|name| dir.join(name));
        for dir in [&repository, &home] {
            std::fs::create_dir_all(dir).map_err(|cause| StoreError::new("make", dir, cause))?;
        }
        // The user's hooks, signing and templates would change the demo's output, or make the demo
        // fail.
        let git = Git::sealed(&repository, &home)
            .env("GIT_AUTHOR_NAME", "Demo")
            .env("GIT_AUTHOR_EMAIL", "demo@example.org")
            .env("GIT_COMMITTER_NAME", "Demo")
            .env("GIT_COMMITTER_EMAIL", "demo@example.org")
            // Without this, if the first step failed, git would find a repository that contains the
            // temporary directory.
            .env("GIT_CEILING_DIRECTORIES", dir)
            // Without this, a merge would open an editor for its message.
            .env("GIT_EDITOR", "true");
        let (files, before) = (BTreeMap::new(), BTreeMap::new());
        Ok(DemoSandbox { repository, git, program, ui, clock: START, titles: 0, files, before })
    }

    /// Runs a step of the story: a title, a command, a change to a file, or a table of the files.
    fn take(&mut self, step: &'static str) -> DemoStep {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "#" => {
                self.titles += 1;
                self.ui.line(&format!("{}. {rest}", self.titles));
            }
            "git" | "idhooks" => return self.run(verb, rest),
            "write" => return self.write(first, second),
            "edit" => return self.append(first, second),
            // The state is recorded here, so that the next table shows only what is new since the
            // switch.
            "switch" => {
                self.run("git", &format!("checkout -q {rest}"))?;
                self.before = self.active()?;
            }
            "follow" => return self.follow(first, second),
            "moved" => {
                self.files.entry(first).and_modify(|file| second.clone_into(&mut file.path));
            }
            "absent" | "present" => {
                for name in rest.split(' ') {
                    self.files.entry(name).and_modify(|file| file.is_present = verb == "present");
                }
            }
            _ => return self.table(),
        }
        Ok(())
    }

    /// Runs git or this program with the arguments in `line`, and shows the output.
    fn run(&mut self, name: &str, line: &str) -> DemoStep {
        self.clock += 60;
        let now = format!("{} +0000", self.clock);
        let mut git = self.git.clone().env("GIT_AUTHOR_DATE", &now).env("GIT_COMMITTER_DATE", &now);
        if name == "idhooks" {
            git = git.other_program(&self.program);
        }
        self.ui.line(&format!("   $ {name} {line}"));
        let output = git.answer(&words(line), b"")?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        // If the command failed, all of its output is shown.
        let limit = if output.status.success() { SHOWN_LINES } else { lines.len() };
        self.ui.lines(lines.iter().take(limit).map(|line| format!("     {line}")));
        if lines.len() > limit {
            self.ui.line(&format!("     … {} more lines", lines.len() - limit));
        }
        match output.status.success() {
            true => Ok(()),
            false => Err(failure(&format!("'{name} {line}' failed ({})", output.status))),
        }
    }

    /// Writes a file with the given number of lines, each long enough for the file to be recognised
    /// after an edit. In the first line, `\n` stands for a line break.
    fn write(&mut self, path: &str, text: &str) -> DemoStep {
        self.ui.line(&format!("   write {path}"));
        let (lines, first) = text.split_once(' ').unwrap_or(("1", text));
        let (first, rest) = (first.replace(r"\n", "\n"), 2..=lines.parse().unwrap_or(1));
        let rest: String = rest.map(|n: usize| format!("{first}, line {n}\n")).collect();
        self.replace(path, &format!("{first}\n{rest}"))
    }

    /// Appends a line to a file.
    fn append(&mut self, path: &str, line: &str) -> DemoStep {
        self.ui.line(&format!("   edit {path}"));
        let text = read_file(&self.repository.join(path))?.unwrap_or_default();
        self.replace(path, &format!("{}{line}\n", String::from_utf8_lossy(&text)))
    }

    fn replace(&self, path: &str, text: &str) -> DemoStep {
        Ok(replace_file(&SymlinkGuard::default(), &self.repository.join(path), text.as_bytes())?)
    }

    /// Starts following the file at `path`, which has an identity in HEAD.
    fn follow(&mut self, path: &'static str, name: &'static str) -> DemoStep {
        let found = self.active()?.into_iter().find(|(_, held)| held == path);
        let (id, path) = found.ok_or_else(|| failure(&format!("'{path}' has no identity")))?;
        self.files.insert(name, DemoFile { path, id, is_present: true });
        Ok(())
    }

    /// Returns the path of each active identity in HEAD.
    fn active(&self) -> CommandResult<BTreeMap<Id, String>> {
        let registry = self.registry("HEAD")?;
        let active = registry.allocations.iter().filter(|record| record.is_active());
        Ok(active.map(|record| (record.id, record.path.to_string())).collect())
    }

    /// Shows the identity of each file in HEAD, and compares it with the expected one.
    fn table(&mut self) -> DemoStep {
        let now = self.active()?;
        let rows = rows(&self.before, &now);
        self.ui.line("");
        self.ui.lines(aligned(rows).iter().map(|line| format!("   {line}")));
        self.ui.line("");
        self.before = now.clone();
        let expected: BTreeMap<Id, String> =
            self.files.values().filter(|f| f.is_present).map(|f| (f.id, f.path.clone())).collect();
        let lost = expected.iter().find(|(id, path)| now.get(id) != Some(path));
        let unexpected = || now.iter().find(|(id, path)| expected.get(id) != Some(path));
        match lost.or_else(unexpected) {
            None => Ok(()),
            Some((id, path)) => Err(failure(&format!("{id} and '{path}' do not match"))),
        }
    }

    /// Verifies the commits themselves.
    fn verify(&mut self) -> DemoStep {
        self.take("# Verified")?;
        self.verify_every_commit()?;
        self.run("idhooks", "check --strict")?;
        let left = self.git.text(&["status", "--porcelain"])?;
        if !left.is_empty() {
            return Err(failure("the working tree is not clean").because(&left));
        }
        self.ui.line("   nothing left uncommitted");
        Ok(())
    }

    /// Compares the registry in every commit that has one with the commit's tree, using only git
    /// and the registry parser.
    fn verify_every_commit(&mut self) -> DemoStep {
        // A reader who doubts idhooks would not accept `idhooks check` as proof.
        let commits = self.git.text(&["rev-list", "--all"])?;
        let mut verified = 0;
        for commit in commits.lines() {
            if self.git.text(&["ls-tree", "--name-only", commit, "--", REGISTRY_PATH])?.is_empty() {
                continue;
            }
            let registry = self.registry(commit)?;
            let ids: BTreeSet<Id> = registry.allocations.iter().map(|record| record.id).collect();
            if ids.len() != registry.allocations.len() {
                return Err(failure(&format!("commit {commit} uses an identity twice")));
            }
            let active = registry.allocations.iter().filter(|record| record.is_active());
            let mut held: Vec<RepoPath> = active.map(|record| record.path.clone()).collect();
            held.sort();
            if held != self.paths(commit)? {
                return Err(failure(&format!("commit {commit} and its registry disagree")));
            }
            verified += 1;
        }
        let (files, commits) = (self.files.len(), count(verified, "commit", "commits"));
        let gone = self.files.values().filter(|file| !file.is_present).count();
        let identities = format!("{files} identities, {gone} of them deprecated");
        self.ui.line(&format!("   {identities}, none used twice"));
        self.ui.line(&format!("   {commits}, each with a registry that matches its files"));
        let ids: BTreeSet<Id> = self.files.values().map(|file| file.id).collect();
        if ids.len() == files { Ok(()) } else { Err(failure("two files share an identity")) }
    }

    fn registry(&self, commit: &str) -> CommandResult<Registry> {
        let bytes = self.git.run(&["show", &format!("{commit}:{REGISTRY_PATH}")])?;
        let unreadable = |error| failure("the registry cannot be read").because(&error);
        Registry::parse(&bytes).map_err(unreadable)
    }

    /// Returns the paths in a commit that need an identity, in bytewise order.
    fn paths(&self, commit: &str) -> CommandResult<Vec<RepoPath>> {
        let listed = self.git.run(&["ls-tree", "-r", "-z", "--name-only", commit])?;
        let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let mut paths = names.map(RepoPath::new).collect::<Result<Vec<_>, _>>()?;
        paths.retain(|path| !is_own(path));
        paths.sort();
        Ok(paths)
    }
}

/// Returns a row for each file, sorted by path: its identity, its path, and what has changed.
fn rows(before: &BTreeMap<Id, String>, now: &BTreeMap<Id, String>) -> Vec<[String; 3]> {
    let row = |(id, path): (&Id, &String)| {
        let news = match before.get(id) {
            None => "new".to_owned(),
            Some(before) if before != path => format!("was {before}"),
            Some(_) => String::new(),
        };
        [id.to_string(), path.clone(), news]
    };
    let gone = before.iter().filter(|(id, _)| !now.contains_key(id));
    let gone = gone.map(|(id, path)| [id.to_string(), path.clone(), "gone".to_owned()]);
    let mut rows: Vec<_> = now.iter().map(row).chain(gone).collect();
    rows.sort_by(|a, b| a[1].cmp(&b[1]));
    rows
}

fn failure(what: &str) -> CommandError {
    CommandError::new(format!("the demo failed: {what}"))
}

/// Splits a line at spaces that are not between single quotes, as a shell does.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        let last = words.len() - 1;
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words[last].push(c),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_does() {
        assert_eq!(words("commit -m 'two words' -q"), ["commit", "-m", "two words", "-q"]);
    }
}

//! The repository of the demo, isolated from the user's configuration, and the files that it follows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use idhooks_core::config::is_own;
use idhooks_core::registry::{Id, REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::git::Git;
use idhooks_repo::store::{LinkGuard, StoreError, read_file, replace_file};

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, aligned, count};

/// The number of lines that are shown of a command's output.
const SHOWN_LINES: usize = 6;
/// The time of the first step, in seconds since 1970; each step is a minute later.
const START: i64 = 1_768_773_600;

/// The outcome of a step of the demo.
pub(super) type DemoStep = CommandResult<()>;

/// A file of the demo, with its current path.
struct DemoFile {
    path: String,
    id: Id,
    /// Whether the file is in the current tree.
    is_present: bool,
}

/// The repository, the files that the demo follows, and the output.
pub(super) struct DemoSandbox<'a> {
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
    pub(super) fn new(dir: &Path, program: PathBuf, ui: &'a mut Ui) -> CommandResult<Self> {
        let repository = dir.join("shop");
        let make = |dir: &Path| {
            std::fs::create_dir_all(dir).map_err(|cause| StoreError::new("make", dir, cause))
        };
        make(&repository)?;
        let home = dir.join("home");
        make(&home)?;
        let git = Git::sealed(&repository, &home)
            .env("GIT_AUTHOR_NAME", "Demo")
            .env("GIT_AUTHOR_EMAIL", "demo@example.org")
            .env("GIT_COMMITTER_NAME", "Demo")
            .env("GIT_COMMITTER_EMAIL", "demo@example.org")
            .env("GIT_CEILING_DIRECTORIES", dir)
            .env("GIT_EDITOR", "true");
        let files = BTreeMap::new();
        let before = BTreeMap::new();
        Ok(DemoSandbox { repository, git, program, ui, clock: START, titles: 0, files, before })
    }

    /// Returns the path of the repository.
    pub(super) fn repository(&self) -> PathBuf {
        self.repository.clone()
    }

    /// Prints the title of the next part.
    pub(super) fn title(&mut self, title: &str) {
        self.titles += 1;
        self.ui.line(&format!("{}. {title}", self.titles));
    }

    /// Runs git with the words of a line, and shows the output.
    pub(super) fn git(&mut self, line: &str) -> DemoStep {
        let git = self.git.clone();
        self.run(git, "git", line)
    }

    /// Runs this program with the words of a line, and shows the output.
    pub(super) fn idhooks(&mut self, line: &str) -> DemoStep {
        let git = self.git.clone().other_program(&self.program);
        self.run(git, "idhooks", line)
    }

    fn run(&mut self, git: Git, name: &str, line: &str) -> DemoStep {
        self.clock += 60;
        let now = format!("{} +0000", self.clock);
        let git = git.env("GIT_AUTHOR_DATE", &now).env("GIT_COMMITTER_DATE", &now);
        self.ui.line(&format!("   $ {name} {line}"));
        let output = git.answer(&words(line), b"")?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        // Show everything if the command failed.
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

    /// Writes a file with so many lines, which are long enough to recognize it after an edit. In the
    /// first one, `\n` begins a new line.
    pub(super) fn write(&mut self, path: &str, text: &str) -> DemoStep {
        self.ui.line(&format!("   write {path}"));
        let (lines, first) = text.split_once(' ').unwrap_or(("1", text));
        let (first, rest) = (first.replace(r"\n", "\n"), 2..=lines.parse().unwrap_or(1));
        let rest: String = rest.map(|n: usize| format!("{first}, line {n}\n")).collect();
        self.replace(path, &format!("{first}\n{rest}"))
    }

    /// Appends a line to a file.
    pub(super) fn append(&mut self, path: &str, line: &str) -> DemoStep {
        self.ui.line(&format!("   edit {path}"));
        let text = read_file(&self.repository.join(path))?.unwrap_or_default();
        self.replace(path, &format!("{}{line}\n", String::from_utf8_lossy(&text)))
    }

    fn replace(&self, path: &str, text: &str) -> DemoStep {
        Ok(replace_file(&LinkGuard::default(), &self.repository.join(path), text.as_bytes())?)
    }

    /// Starts to follow the file at `path`, which has an identity in HEAD.
    pub(super) fn follow(&mut self, path: &'static str, name: &'static str) -> DemoStep {
        let registry = self.registry("HEAD")?;
        let mut here = registry.allocations.iter().filter(|r| r.is_active());
        let record = here.find(|record| record.path.as_str() == Some(path));
        let id = record.ok_or_else(|| failure(&format!("'{path}' has no identity")))?.id;
        self.files.insert(name, DemoFile { path: path.to_owned(), id, is_present: true });
        Ok(())
    }

    /// Notes the new path of a file.
    pub(super) fn moved_to(&mut self, name: &str, path: &str) {
        if let Some(file) = self.files.get_mut(name) {
            path.clone_into(&mut file.path);
        }
    }

    /// Notes whether files are in the current branch.
    pub(super) fn set_present(&mut self, names: &'static str, is_present: bool) {
        for name in names.split(' ') {
            self.files.entry(name).and_modify(|file| file.is_present = is_present);
        }
    }

    /// Switches to a branch; the next table shows what is new there.
    pub(super) fn switch_to(&mut self, branch: &str) -> DemoStep {
        self.git(&format!("checkout -q {branch}"))?;
        self.before = self.active()?;
        Ok(())
    }

    /// Returns the path of each active identity in HEAD.
    fn active(&self) -> CommandResult<BTreeMap<Id, String>> {
        let registry = self.registry("HEAD")?;
        let active = registry.allocations.iter().filter(|record| record.is_active());
        Ok(active.map(|record| (record.id, record.path.to_string())).collect())
    }

    /// Shows the identity of each file in HEAD, and compares it with the expected one.
    pub(super) fn table(&mut self) -> DemoStep {
        let now = self.active()?;
        let rows = rows(&self.before, &now);
        self.ui.line("");
        self.ui.lines(aligned(rows).iter().map(|line| format!("   {line}")));
        self.ui.line("");
        self.before = now.clone();
        let expected: BTreeMap<Id, String> =
            self.files.values().filter(|f| f.is_present).map(|f| (f.id, f.path.clone())).collect();
        if now == expected {
            return Ok(());
        }
        let lost = expected.iter().find(|(id, path)| now.get(id) != Some(path));
        let unexpected = || now.iter().find(|(id, path)| expected.get(id) != Some(path));
        let (id, path) = lost.or_else(unexpected).map(|(i, p)| (i.to_string(), p.as_str())).unzip();
        let (id, path) = (id.unwrap_or_default(), path.unwrap_or_default());
        Err(failure(&format!("{id} and '{path}' do not match")))
    }

    /// Compares every commit that has a registry with its tree, using only git and the parser of
    /// registries.
    pub(super) fn verify_every_commit(&mut self) -> DemoStep {
        let commits = self.git.text(&["rev-list", "--all"])?;
        let mut verified = 0;
        for commit in commits.lines() {
            if !self.has_registry(commit)? {
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
        let mut ids: Vec<Id> = self.files.values().map(|file| file.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() == files { Ok(()) } else { Err(failure("two files share an identity")) }
    }

    /// Asserts that nothing is left uncommitted.
    pub(super) fn verify_clean(&mut self) -> DemoStep {
        let left = self.git.text(&["status", "--porcelain"])?;
        if left.is_empty() {
            self.ui.line("   nothing left uncommitted");
            return Ok(());
        }
        Err(failure("the working tree is not clean").because(&left))
    }

    fn has_registry(&self, commit: &str) -> CommandResult<bool> {
        let listed = self.git.text(&["ls-tree", "--name-only", commit, "--", REGISTRY_PATH])?;
        Ok(!listed.is_empty())
    }

    fn registry(&self, commit: &str) -> CommandResult<Registry> {
        let bytes = self.git.run(&["show", &format!("{commit}:{REGISTRY_PATH}")])?;
        let unreadable = |error| failure("the registry cannot be read").because(&error);
        Registry::parse(&bytes).map_err(unreadable)
    }

    /// Returns the paths of a commit that need an identity, in byte order.
    fn paths(&self, commit: &str) -> CommandResult<Vec<RepoPath>> {
        let listed = self.git.run(&["ls-tree", "-r", "-z", "--name-only", commit])?;
        let names = listed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let paths: Result<Vec<_>, _> = names.map(RepoPath::new).collect();
        let mut paths = paths?;
        paths.retain(|path| !is_own(path));
        paths.sort();
        Ok(paths)
    }
}

/// Returns the identity of each file, sorted by path, and what changed.
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

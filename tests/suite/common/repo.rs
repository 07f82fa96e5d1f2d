//! Test repositories: each in a directory of its own, isolated from the machine.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use tempfile::TempDir;

use super::output::clip;
use super::program::write_file;
use super::record::start_timer;
use super::sealed::sealed;
use super::{Git, Output, start, text};
use crate::judge::View;

/// The scope of every repository that is adopted here.
pub(crate) const SCOPE: &str = "260118";

const REGISTRY: &str = ".idhooks/registry.json";

/// A working tree in an isolated environment; clones and linked worktrees share its directory.
#[derive(Clone)]
pub(crate) struct Repo {
    root: Rc<TempDir>,
    path: PathBuf,
    git: Git,
    pub(super) clock: Rc<Cell<u64>>,
    env: Vec<(OsString, Option<OsString>)>,
}

/// A command line: words of one string, or a list of arguments.
pub(crate) trait Args {
    /// Returns the arguments.
    fn list(self) -> Vec<OsString>;
}

impl Args for &str {
    fn list(self) -> Vec<OsString> {
        self.split_whitespace().map(OsString::from).collect()
    }
}

impl<const N: usize> Args for [&str; N] {
    fn list(self) -> Vec<OsString> {
        self.into_iter().map(OsString::from).collect()
    }
}

impl Args for Vec<OsString> {
    fn list(self) -> Vec<OsString> {
        self
    }
}

impl Repo {
    /// Creates a directory that is not a repository.
    pub(crate) fn nowhere(git: &Git) -> Repo {
        start_timer();
        let root = TempDir::with_prefix("idhooks-").expect("a temporary directory");
        let path = root.path().join("work");
        for dir in ["work", "home"] {
            std::fs::create_dir(root.path().join(dir)).expect("a directory can be made");
        }
        // Git need not look after every commit whether it is time to pack, nor wait for the disk.
        let config = "[core]\n\tfsync = none\n[maintenance]\n\tauto = false\n";
        std::fs::write(root.path().join("gitconfig"), config).expect("a file can be written");
        let clock = Rc::new(Cell::new(1_700_000_000));
        Repo { root: Rc::new(root), path, git: git.clone(), clock, env: Vec::new() }
    }

    /// Creates a repository without commits, with options for `git init`.
    pub(crate) fn empty_with(git: &Git, options: &str) -> Repo {
        let repo = Repo::nowhere(git);
        repo.run(format!("init -q -b main {options}").as_str());
        repo
    }

    /// Creates a repository without commits.
    pub(crate) fn empty(git: &Git) -> Repo {
        Repo::empty_with(git, "")
    }

    /// Adopts the repository with a few files, with options for `idhooks init`.
    pub(crate) fn adopt(self, options: &str) -> Repo {
        for path in ["README.md", "data/table.csv", "docs/guide.md", "docs/intro.md"] {
            self.stage(path, text(path));
        }
        for path in ["notes.txt", "src/app.py", "src/util.py"] {
            self.stage(path, text(path));
        }
        self.init_and_install(options);
        if is_dual_write() {
            self.stage("idhooks.toml", self.read("idhooks.toml"));
        }
        self.commit("adopt");
        self
    }

    /// Runs `init` and `install`.
    pub(crate) fn init_and_install(&self, options: &str) {
        let scope = if options.contains("--scope") { "" } else { SCOPE };
        let scope = if scope.is_empty() { String::new() } else { format!("--scope {scope}") };
        self.idhooks(format!("init {scope} {options}").trim()).ok().done();
        self.idhooks("install").ok().done();
    }

    /// Returns a sibling directory with the same environment and clock.
    pub(crate) fn beside(&self, name: &str) -> Repo {
        Repo { path: self.root.path().join(name), ..self.clone() }
    }

    /// Returns the same repository seen from a subdirectory.
    pub(crate) fn below(&self, dir: &str) -> Repo {
        Repo { path: self.path.join(dir), ..self.clone() }
    }

    /// Clones into a sibling directory and installs the hooks there.
    pub(crate) fn clone_as(&self, name: &str) -> Repo {
        let from = self.path.to_str().expect("a temporary directory has a plain name");
        self.run(["clone", "-q", from, &format!("../{name}")]);
        let clone = self.beside(name);
        clone.idhooks("install").ok().done();
        clone
    }

    /// Returns the same repository with another variable in the environment.
    pub(crate) fn with(&self, name: &str, value: &str) -> Repo {
        let mut repo = self.clone();
        repo.env.push((name.into(), Some(value.into())));
        repo
    }

    /// Returns the same repository without fixed dates.
    pub(crate) fn without_dates(&self) -> Repo {
        let mut repo = self.clone();
        repo.env.extend(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name.into(), None)));
        repo
    }

    /// Returns the top of the working tree.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the directory with the working tree and its siblings.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Copies the whole working tree with its repository into a sibling directory.
    pub(crate) fn copy_as(&self, name: &str) -> Repo {
        let copy = self.beside(name);
        let paths = [self.path.clone(), copy.path.clone()].map(PathBuf::into_os_string);
        let [from, to] = paths;
        self.answer(OsStr::new("cp"), &["-a".into(), from, to], b"").ok().done();
        copy
    }

    /// Returns a command of git, or of idhooks if the line begins with that name, without running
    /// it.
    pub(crate) fn line(&self, line: &str) -> Command {
        match line.strip_prefix("idhooks ") {
            Some(rest) => self.command(&binary(), &rest.list()),
            None => self.command(self.git.path.as_os_str(), &line.list()),
        }
    }

    fn command(&self, program: &OsStr, args: &[OsString]) -> Command {
        let now = self.clock.get() + 60;
        self.clock.set(now);
        let date = format!("{now} +0000");
        let mut command = sealed(program, &self.path, &self.root.path().join("home"));
        command.args(args).env("PATH", self.git.search_path());
        command.env("GIT_CONFIG_GLOBAL", self.root.path().join("gitconfig"));
        command.env("GIT_AUTHOR_NAME", "Ann Author").env("GIT_AUTHOR_EMAIL", "ann@example.org");
        command.env("GIT_COMMITTER_NAME", "Carl Committer");
        command.env("GIT_COMMITTER_EMAIL", "carl@example.org");
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn answer(&self, program: &OsStr, args: &[OsString], input: &[u8]) -> Output<'_> {
        let mut command = self.command(program, args);
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = start(&mut command).expect("the program can be started");
        let pipe = child.stdin.take();
        let answer = std::thread::scope(|scope| {
            if let Some(mut pipe) = pipe {
                // A program may exit without reading all input.
                scope.spawn(move || pipe.write_all(input).ok());
            }
            child.wait_with_output().expect("the program can be waited for")
        });
        let words = args.iter().map(|arg| arg.to_string_lossy().into_owned());
        let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        Output {
            repo: self,
            command: std::iter::once(name).chain(words).collect::<Vec<_>>().join(" "),
            code: answer.status.code(),
            stdout: answer.stdout,
            stderr: answer.stderr,
        }
    }

    /// Starts git with pipes for standard input and output.
    pub(crate) fn start_git(&self, args: impl Args) -> Child {
        let mut command = self.command(self.git.path.as_os_str(), &args.list());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        start(&mut command).expect("git can be started")
    }

    /// Runs git, without checking the result.
    pub(crate) fn try_git(&self, args: impl Args) -> Output<'_> {
        self.answer(self.git.path.as_os_str(), &args.list(), b"")
    }

    /// Runs git with input, without checking the result.
    pub(crate) fn try_git_with(&self, args: impl Args, input: &[u8]) -> Output<'_> {
        self.answer(self.git.path.as_os_str(), &args.list(), input)
    }

    /// Runs git, which must succeed.
    pub(crate) fn git(&self, args: impl Args) -> Output<'_> {
        self.try_git(args).ok()
    }

    /// Runs git, which must succeed, and ignores its output.
    pub(crate) fn run(&self, args: impl Args) {
        self.git(args).done();
    }

    /// Runs idhooks, without checking the result.
    pub(crate) fn idhooks(&self, args: impl Args) -> Output<'_> {
        self.answer(Path::new(&binary()).as_os_str(), &args.list(), b"")
    }

    /// Runs idhooks with input, without checking the result.
    pub(crate) fn idhooks_with(&self, args: impl Args, input: &[u8]) -> Output<'_> {
        self.answer(Path::new(&binary()).as_os_str(), &args.list(), input)
    }

    /// Runs a program with input, without checking the result.
    pub(crate) fn program_with(&self, program: &str, args: impl Args, input: &[u8]) -> Output<'_> {
        self.answer(OsStr::new(program), &args.list(), input)
    }

    /// Runs a shell script with an argument; it must succeed.
    pub(crate) fn script(&self, path: &Path, argument: &str) {
        self.answer(OsStr::new("sh"), &[path.into(), argument.into()], b"").ok().done();
    }

    /// Runs a program with arguments, without checking the result.
    pub(crate) fn sh_as(&self, program: &str, args: &[&str]) -> Output<'_> {
        self.answer(OsStr::new(program), &args.iter().map(OsString::from).collect::<Vec<_>>(), b"")
    }

    /// Returns the `PATH` of programs.
    pub(crate) fn search_path(&self) -> OsString {
        self.git.search_path()
    }

    /// Runs lines of shell in the working tree, without checking the result.
    pub(crate) fn sh(&self, lines: &str) -> Output<'_> {
        self.answer(OsStr::new("sh"), &["-ec".into(), lines.into()], b"")
    }

    /// Writes a working file and creates its directories.
    pub(crate) fn write(&self, path: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) {
        let full = self.path.join(Path::new(path.as_ref()));
        let parent = full.parent().expect("a file has a directory");
        std::fs::create_dir_all(parent).expect("a directory can be made");
        let mut bytes = bytes.as_ref().to_vec();
        // Without these rules the legacy file would be a file like any other.
        let lacks_rules = || !bytes.windows(12).any(|part| part == b"[dual_write]");
        if is_dual_write() && path.as_ref() == "idhooks.toml" && lacks_rules() {
            bytes.extend_from_slice(DUAL_WRITE.as_bytes());
        }
        write_file(&full, &bytes).expect("a file can be written");
    }

    /// Appends to a working file.
    pub(crate) fn append(&self, path: &str, more: &str) {
        let old = self.read(path);
        self.write(path, [old.as_slice(), more.as_bytes()].concat());
    }

    /// Removes a working file.
    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.path.join(path)).expect("the file is there");
    }

    /// Returns the bytes of a working file.
    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.path.join(path)).expect("the file is there")
    }

    /// Returns whether a working file exists.
    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path.join(path).symlink_metadata().is_ok()
    }

    /// Moves a tracked file and creates the directories of its new path.
    pub(crate) fn mv(&self, from: &str, to: &str) {
        let parent = self.path.join(to).parent().expect("a file has a directory").to_path_buf();
        std::fs::create_dir_all(parent).expect("a directory can be made");
        self.run(["mv", from, to]);
    }

    /// Writes a file and adds it to the index.
    pub(crate) fn stage(&self, path: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) {
        self.write(&path, bytes);
        self.run(vec!["add".into(), "-f".into(), "--".into(), path.as_ref().to_os_string()]);
    }

    /// Commits the index.
    pub(crate) fn commit(&self, message: &str) {
        self.run(["commit", "-q", "-m", message]);
    }

    /// Makes so many commits without a change on the branch that is checked out, without hooks.
    pub(crate) fn commit_nothing(&self, count: usize) {
        let branch = self.ask("symbolic-ref HEAD");
        let mut commits = String::new();
        for number in 0..count {
            let now = self.clock.get() + 60;
            self.clock.set(now);
            let from = if number == 0 { format!("from {branch}^0\n") } else { String::new() };
            let by = "Carl Committer <carl@example.org>";
            commits +=
                &format!("commit {branch}\ncommitter {by} {now} +0000\ndata 5\nlater\n{from}");
        }
        self.try_git_with("fast-import --quiet", commits.as_bytes()).ok().done();
    }

    /// Writes, adds and commits one file.
    pub(crate) fn commit_file(&self, path: &str, bytes: impl AsRef<[u8]>) {
        self.stage(path, bytes);
        self.commit(&format!("write {path}"));
    }

    /// Commits a configuration with the scope and these lines.
    pub(crate) fn configure(&self, lines: &str) {
        self.commit_file("idhooks.toml", format!("scope = \"{SCOPE}\"\n{lines}"));
    }

    /// Returns the output of git, without the final line end.
    pub(crate) fn ask(&self, args: impl Args) -> String {
        self.git(args).stdout().trim_end_matches('\n').to_owned()
    }

    /// Returns the commit id.
    pub(crate) fn rev(&self, name: &str) -> String {
        self.ask(["rev-parse", "--verify", name])
    }

    /// Returns the number of commits that HEAD reaches.
    pub(crate) fn commits(&self) -> u32 {
        self.ask("rev-list --count HEAD").parse().expect("git counts in decimal")
    }

    /// Returns the identity that a path has in HEAD.
    pub(crate) fn id(&self, path: &str) -> String {
        self.id_in("HEAD", path)
    }

    /// Returns the identity that a path has in a commit.
    pub(crate) fn id_in(&self, rev: &str, path: &str) -> String {
        let id = View::of(self, rev).ids().remove(path.as_bytes());
        assert!(id.is_some(), "no identity for {path} in {rev}\n{}", self.situation());
        id.expect("asserted above")
    }

    /// Returns the record of an identity in HEAD as JSON.
    pub(crate) fn record(&self, id: &str) -> serde_json::Value {
        let found = View::of(self, "HEAD").record(id);
        assert!(found.is_some(), "no record of {id} in HEAD\n{}", self.situation());
        found.expect("asserted above")
    }

    /// Returns the bytes of the registry in a commit, or in the index for an empty name.
    pub(crate) fn registry(&self, rev: &str) -> Vec<u8> {
        self.git(["show", &format!("{rev}:{REGISTRY}")]).bytes()
    }

    /// Returns the codes of the findings of `check`, in their order.
    pub(crate) fn findings(&self, options: &str) -> Vec<String> {
        let answer = self.idhooks(format!("check --format json {options}").as_str());
        let json = answer.json();
        let findings = json["findings"].as_array().expect("findings are a list");
        findings.iter().map(|f| f["code"].as_str().expect("a code is text").to_owned()).collect()
    }

    /// Describes the repository for the message of a failed assertion.
    pub(crate) fn situation(&self) -> String {
        let show = |line: &str| {
            let answer = self.try_git(line);
            clip(&(answer.stdout() + &answer.stderr()))
        };
        let registry = std::fs::read(self.path.join(REGISTRY)).unwrap_or_default();
        format!(
            "--- {} in {}\n{}{}--- working-tree registry\n{}",
            self.git.version,
            Path::new(OsStr::from_bytes(self.path.as_os_str().as_bytes())).display(),
            show("status --short --branch"),
            show("log --graph --oneline --all -n 12"),
            clip(&String::from_utf8_lossy(&registry)),
        )
    }
}

/// Returns the path of the program under test.
pub(crate) fn binary() -> OsString {
    std::env::var_os("IDHOOKS_TEST_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_idhooks").into())
}

/// Returns the path of the program under test as a word of a shell.
pub(crate) fn quoted_binary() -> String {
    format!("'{}'", binary().to_str().expect("a path of text").replace('\'', r"'\''"))
}

/// The rules with which every commit keeps a legacy file in step.
const DUAL_WRITE: &str = "\n[dual_write]\nenabled = true\n";

/// Returns lines without those of the legacy file, so that a scenario expects the same of all others
/// with dual write and without.
pub(crate) fn without_legacy(lines: &str) -> String {
    let is_other = |line: &&str| !(is_dual_write() && line.ends_with("registry/ID_REGISTRY.json"));
    lines.split_inclusive('\n').filter(|line| is_other(&line.trim_end_matches('\n'))).collect()
}

/// Returns whether adopted repositories keep a legacy file in step, so that the suite runs once more
/// with dual write: `IDHOOKS_TEST_DUAL_WRITE=all`.
pub(crate) fn is_dual_write() -> bool {
    std::env::var_os("IDHOOKS_TEST_DUAL_WRITE").is_some_and(|value| value == "all")
}

//! An adopted repository for tests of use cases: no program is started but git, and no hook runs.

use std::cell::Cell;
use std::ffi::OsString;
use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::git::Repo;

use crate::{
    CheckHistoryOptions, CheckOptions, CheckReport, CheckSubject, FindingFilter, InitOptions,
    InitReport, MergeDriverOptions, MergeDriverReport, Notice, OpsError, PostHook, check,
    check_history, complete_commit, init, merge_versions, run_later_hook,
};

/// The path of the registry.
pub(crate) const REGISTRY: &str = ".idhooks/registry.json";

/// The files of an adopted repository.
const FILES: [&str; 7] = [
    "README.md",
    "data/table.csv",
    "docs/guide.md",
    "docs/intro.md",
    "notes.txt",
    "src/app.py",
    "src/util.py",
];

/// The adopted repository as `init` and a commit leave it, made once for all tests.
static ADOPTED: OnceLock<Vec<(PathBuf, Option<Vec<u8>>)>> = OnceLock::new();

/// A repository in a temporary directory.
pub(crate) struct TestRepo {
    dir: tempfile::TempDir,
    commits: Cell<u64>,
}

/// Returns 24 lines that differ from those of every other seed, so that no file is a rename of another.
pub(crate) fn text(seed: &str) -> String {
    let mut state = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let line = |number: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        format!("{seed} {number} {state:016x}\n")
    };
    (0..24).map(line).collect()
}

/// Returns a path of a repository.
pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("a path inside the repository")
}

/// Asserts that a use case refuses with a message that contains `thing`.
#[track_caller]
pub(crate) fn refused<T: Debug>(done: Result<T, OpsError>, thing: &str) {
    let message = done.expect_err("refused").to_string();
    assert!(message.contains(thing), "{thing:?} in {message:?}");
}

/// Returns values as lines for people.
pub(crate) fn lines<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

impl TestRepo {
    /// Makes a repository without commits.
    pub(crate) fn empty() -> Self {
        let repo = TestRepo { dir: tempfile::tempdir().expect("writable"), commits: 0.into() };
        repo.run("init -q -b main --template=");
        for setting in ["user.name Ann", "user.email ann@example.org", "core.fsync none"] {
            repo.run(&format!("config {setting}"));
        }
        repo
    }

    /// Makes an adopted repository with one commit of [`FILES`], each with the text of its path.
    pub(crate) fn adopted() -> Self {
        let entries = ADOPTED.get_or_init(|| {
            let repo = TestRepo::empty();
            FILES.iter().for_each(|file| repo.stage(file, &text(file)));
            repo.adopt(&InitOptions::default());
            entries_below(repo.top())
        });
        let repo = TestRepo { dir: tempfile::tempdir().expect("writable"), commits: 1.into() };
        for (path, bytes) in entries {
            let path = repo.top().join(path);
            match bytes {
                Some(bytes) => std::fs::write(path, bytes).expect("writable"),
                None => std::fs::create_dir_all(path).expect("writable"),
            }
        }
        repo.run("update-index -q --refresh");
        repo
    }

    /// Clones it with options of git, and goes on there without the hooks of others.
    pub(crate) fn cloned(&self, options: &str) -> Self {
        let repo = TestRepo { dir: tempfile::tempdir().expect("writable"), commits: 100.into() };
        self.run("config uploadpack.allowFilter true");
        let url = format!("file://{}", self.top().display());
        repo.run(&format!("clone -q {options} {url} ."));
        for setting in ["user.name Ann", "user.email ann@example.org"] {
            repo.run(&format!("config {setting}"));
        }
        repo
    }

    /// Adopts it with a fixed scope, and commits that.
    pub(crate) fn adopt(&self, options: &InitOptions) {
        let scope = Some("260118".parse().expect("a scope"));
        let done =
            init(&mut self.notices(), &self.open(), &InitOptions { scope, ..options.clone() });
        assert!(matches!(done.expect("possible"), InitReport::Adopted(_)));
        self.commit("adopt");
    }

    /// Opens it.
    pub(crate) fn open(&self) -> Repo {
        Repo::open(self.top()).expect("a repository")
    }

    /// Returns an observer that keeps the notices.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        Vec::new()
    }

    /// Returns the directory of its working tree.
    pub(crate) fn top(&self) -> &Path {
        self.dir.path()
    }

    /// Returns a path as one could type it in any directory.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.top().join(path)
    }

    /// Returns paths as one could type them in any directory; identities stay as they are.
    pub(crate) fn subjects(&self, typed: &[&str]) -> Vec<OsString> {
        let is_id = |typed: &str| typed.bytes().all(|byte| byte.is_ascii_digit());
        let subject = |typed: &&str| match is_id(typed) {
            true => OsString::from(typed),
            false => self.at(typed).into_os_string(),
        };
        typed.iter().map(subject).collect()
    }

    /// Writes a working file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.at(path);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("writable");
        std::fs::write(file, text).expect("writable");
    }

    /// Reads a working file.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.at(path)).expect("readable")
    }

    /// Writes a file and adds it to the index.
    pub(crate) fn stage(&self, path: &str, text: &str) {
        self.write(path, text);
        self.git(&["add", "-f", "--", path]);
    }

    /// Adds lines to a working file, and adds it to the index.
    pub(crate) fn append(&self, path: &str, lines: &str) {
        self.stage(path, &(self.read(path) + lines));
    }

    /// Moves a file with git alone.
    pub(crate) fn git_mv(&self, from: &str, to: &str) {
        std::fs::create_dir_all(self.at(to).parent().expect("a directory")).expect("writable");
        self.git(&["mv", from, to]);
    }

    /// Commits the index as git does with the hooks of idhooks, and returns the notices of the first.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> Vec<Notice> {
        let mut notices = self.notices();
        let findings = complete_commit(&mut notices, &self.open()).expect("possible");
        assert!(findings.is_empty(), "{findings:#?}");
        self.commit_unseen(message);
        let done = run_later_hook(&mut self.notices(), &self.open(), &PostHook::PostCommit);
        done.expect("possible");
        notices
    }

    /// Commits the index as a clone without hooks does.
    pub(crate) fn commit_unseen(&self, message: &str) {
        self.commits.set(self.commits.get() + 1);
        self.git(&["commit", "-q", "--no-verify", "--allow-empty", "-m", message]);
    }

    /// Commits all that differs as a clone without hooks does.
    pub(crate) fn commit_all_unseen(&self, message: &str) {
        self.run("add -A");
        self.commit_unseen(message);
    }

    /// Changes the registry by hand and commits it as a clone without hooks does.
    pub(crate) fn edit_registry(&self, message: &str, edit: impl FnOnce(&mut Registry)) {
        let mut registry = Registry::parse(self.read(REGISTRY).as_bytes()).expect("a registry");
        let before = registry.clone();
        edit(&mut registry);
        assert_ne!(registry, before, "nothing was edited");
        self.write(REGISTRY, &registry.format());
        self.commit_all_unseen(message);
    }

    /// Begins to merge a branch as git does with the merge driver of idhooks.
    pub(crate) fn begin_merge(&self, branch: &str) {
        let base = self.git(&["merge-base", "HEAD", branch]);
        let version = |rev| self.answer(&["show", &format!("{rev}:{REGISTRY}")], "").stdout;
        let versions = [&*base, "HEAD", branch].map(version);
        self.answer(&["merge", "-q", "--no-commit", "--no-ff", branch], "");
        let [base, ours, theirs] = &versions;
        // git calls the driver for a file that both sides changed.
        if [ours, theirs].contains(&base) || ours == theirs || versions.contains(&Vec::new()) {
            return;
        }
        let files = [".git/base", REGISTRY, ".git/theirs"].map(PathBuf::from);
        for (file, bytes) in files.iter().zip(&versions) {
            std::fs::write(self.top().join(file), bytes).expect("writable");
        }
        let ([base, ours, theirs], path) = (files, REGISTRY.into());
        let (is_legacy, marker_size) = (false, None);
        let options = MergeDriverOptions { is_legacy, base, ours, theirs, marker_size, path };
        let done = merge_versions(self.top(), &options);
        assert!(matches!(done, MergeDriverReport::Merged(_)), "{done:?}");
        self.run(&format!("add {REGISTRY}"));
    }

    /// Merges a branch without conflicts, with the hooks and the merge driver of idhooks.
    pub(crate) fn merge(&self, branch: &str) {
        self.begin_merge(branch);
        self.commit(&format!("merge {branch}"));
    }

    /// Returns the commit id that a revision names.
    pub(crate) fn rev(&self, name: &str) -> String {
        self.git(&["rev-parse", "--verify", &format!("{name}^{{commit}}")])
    }

    /// Lets the clone forget which identities it gave on other branches, as another clone never knew.
    pub(crate) fn forget(&self) {
        std::fs::remove_file(self.at(".git/idhooks/given")).expect("there");
    }

    /// Writes, adds and commits a file.
    #[track_caller]
    pub(crate) fn commit_file(&self, path: &str, text: &str) {
        self.stage(path, text);
        self.commit(path);
    }

    /// Runs git with the words of a line, which must succeed.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) {
        self.git(&line.split(' ').collect::<Vec<_>>());
    }

    /// Runs git, which must succeed, and returns what it prints.
    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_with(args, "")
    }

    /// Runs git with input, which must succeed, and returns what it prints.
    #[track_caller]
    pub(crate) fn git_with(&self, args: &[&str], input: &str) -> String {
        let answer = self.answer(args, input);
        assert!(answer.status.success(), "git {args:?}: {answer:?}");
        String::from_utf8_lossy(&answer.stdout).trim_end().to_owned()
    }

    fn answer(&self, args: &[&str], input: &str) -> Output {
        // Each commit is a day younger than the one before it.
        let date = format!("{} +0000", 1_700_000_000 + self.commits.get() * 86_400);
        let mut command = Command::new("git");
        command.args(args).current_dir(self.top());
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("git runs");
        let mut pipe = child.stdin.take().expect("a pipe");
        pipe.write_all(input.as_bytes()).expect("git reads all of it");
        drop(pipe);
        child.wait_with_output().expect("git ends")
    }

    /// Returns the registry in a commit, or in the index for an empty name.
    pub(crate) fn registry(&self, rev: &str) -> Registry {
        let text = self.git(&["show", &format!("{rev}:.idhooks/registry.json")]);
        Registry::parse(text.as_bytes()).expect("a registry")
    }

    /// Returns the identity that the file at a path has in HEAD.
    #[track_caller]
    pub(crate) fn id(&self, path: &str) -> Id {
        self.id_in("HEAD", path)
    }

    /// Returns the identity that the file at a path has in a commit, or in the index for an empty name.
    #[track_caller]
    pub(crate) fn id_in(&self, rev: &str, path: &str) -> Id {
        let registry = self.registry(rev);
        let name = crate::tests::path(path);
        let holder = registry.holders(|_| true).get(&name).map(|record| record.id);
        assert!(holder.is_some(), "no identity for {path} in {rev:?}");
        holder.expect("asserted above")
    }

    /// Returns the record of an identity in HEAD.
    #[track_caller]
    pub(crate) fn record(&self, id: Id) -> Allocation {
        let mut records = self.registry("HEAD").allocations.into_iter();
        records.find(|record| record.id == id).expect("a record in HEAD")
    }

    /// Checks the index or a commit.
    pub(crate) fn check(&self, options: &CheckOptions) -> CheckReport {
        let mut filter = FindingFilter::new(CheckSubject::Files, None, None).expect("no baseline");
        check(&mut self.notices(), &self.open(), options, &mut filter).expect("possible")
    }

    /// Returns the codes of the findings in the index.
    pub(crate) fn findings(&self) -> Vec<Code> {
        self.check(&CheckOptions::default()).findings.iter().map(|one| one.code).collect()
    }

    /// Returns the findings in the commits since the adoption.
    pub(crate) fn check_history(&self) -> Vec<Finding> {
        let (revisions, least) = (Vec::new(), Severity::Error);
        let options = CheckHistoryOptions { revisions, least, repair_times: false };
        let mut filter = FindingFilter::new(CheckSubject::Files, None, None).expect("no baseline");
        let checked = check_history(&mut self.notices(), &self.open(), &options, &mut filter);
        checked.expect("possible").findings
    }

    /// Asserts that no commit loses or exchanges an identity, and that nothing is left to commit.
    #[track_caller]
    pub(crate) fn assert_in_order(&self) {
        let findings = self.check_history();
        assert!(findings.is_empty(), "{findings:#?}");
        assert_eq!(self.git(&["status", "--porcelain"]), "");
    }

    /// Asserts that `work` leaves the index, the working tree and the registry as they are.
    #[track_caller]
    pub(crate) fn unchanged<T>(&self, work: impl FnOnce(&Repo) -> T) -> T {
        let state = || {
            let [index, status] = [&["ls-files", "-s"][..], &["status", "--porcelain"]];
            (self.git(index), self.git(status), self.git(&["diff"]))
        };
        let before = state();
        let done = work(&self.open());
        assert_eq!(state(), before);
        done
    }
}

/// Returns the entries below a directory, each directory before its entries.
fn entries_below(top: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut entries = Vec::new();
    let mut dirs = vec![top.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).expect("readable") {
            let path = entry.expect("readable").path();
            let bytes = path.is_file().then(|| std::fs::read(&path).expect("readable"));
            if bytes.is_none() {
                dirs.push(path.clone());
            }
            entries.push((path.strip_prefix(top).expect("below").to_path_buf(), bytes));
        }
    }
    entries
}

//! Files that may not grow, and a disk that is full: done as a whole, or nothing.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::state::{State, at_one_time, unlock};
use crate::common::{Repo, gits, sample, skip, text};
use crate::judge;

/// A repository whose registry is by far its largest file.
pub(super) fn wide() -> Repo {
    let git = gits().first().expect("there is a git");
    let repo = at_one_time(&Repo::empty(git));
    for number in 0..30 {
        repo.write(format!("src/{number}.py"), format!("{number}\n"));
    }
    repo.run("add -A");
    repo.init_and_install("");
    repo.commit("adopt");
    repo.run("checkout -q -b side");
    repo.commit_file("src/side.py", text("side"));
    repo.run("checkout -q main");
    repo.commit_file("src/main.py", text("main"));
    repo.stage("new.md", text("new"));
    repo
}

/// Tries a line in a copy while something is scarce; then it must work or nothing has happened.
fn attempt(repo: &Repo, line: &str, known: &[State], scarce: &dyn Fn(&Repo) -> bool) -> bool {
    let head = repo.rev("HEAD");
    let fine = scarce(repo);
    unlock(repo);
    if fine {
        assert_ne!(repo.rev("HEAD"), head, "said to be done, and not done");
    } else {
        State::of(repo).assert_one_of(known, repo);
        if repo.try_git("rev-parse -q --verify MERGE_HEAD").succeeded() {
            repo.run("merge --abort");
        }
        if repo.rev("HEAD") == head {
            repo.run(line);
        }
    }
    judge::assert_good(repo);
    repo.run("fsck --no-dangling --no-progress");
    fine
}

fn known(start: &Repo, line: &str) -> [State; 2] {
    let after = start.copy_as("after");
    after.run(line);
    let known = [State::of(start), State::of(&after)];
    remove(&after);
    known
}

pub(super) fn remove(copy: &Repo) {
    std::fs::remove_dir_all(copy.path()).expect("a copy can be removed");
}

/// What is tried, and where.
fn lines() -> Vec<(Repo, &'static str)> {
    let start = wide();
    let clean = start.copy_as("clean");
    clean.run("reset -q --hard");
    vec![
        (start.clone(), "commit -q -m new"),
        (start.clone(), "commit -q -a -m new"),
        (start, "commit -q -m new new.md"),
        (clean, "merge -q --no-edit side"),
    ]
}

#[test]
fn files_that_may_not_grow() {
    for (start, line) in lines() {
        let known = known(&start, line);
        let mut outcomes = [0, 0];
        // In units of 512 bytes: the registry has ten of them, the index six.
        let limits = [0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 1000];
        let last = limits.len() - 1;
        for n in sample(last).into_iter().chain([last]) {
            let repo = start.copy_as("limited");
            let limit = limits[n];
            let ignored = n % 2 == 1;
            // A signal ends the process unless its shell had it ignored; then writing fails.
            let ignore = if ignored { "trap '' XFSZ;" } else { "" };
            let script = format!("{ignore} ulimit -c 0; ulimit -f {limit}; exec git {line}");
            let fine = attempt(&repo, line, &known, &|repo| {
                let answer = repo.sh(&script);
                let told = answer.succeeded() || !ignored || !answer.stderr().trim().is_empty();
                assert!(told, "failed without a word: {answer}");
                answer.succeeded()
            });
            outcomes[usize::from(fine)] += 1;
            remove(&repo);
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{line}: {outcomes:?}");
    }
}

#[test]
fn adoption_where_files_may_not_grow() {
    let start = wide();
    start.run("rm -q -r --cached .");
    start.run("commit -q --no-verify -m empty");
    start.run("clean -q -f -d -x");
    start.run("checkout -q HEAD~1 -- src");
    start.run("commit -q --no-verify -m files");
    start.run("branch -q -D side");
    start.run("checkout -q --orphan fresh");
    start.run("branch -q -D main");
    start.run("commit -q --no-verify -m files");
    for limit in [0, 1, 2, 4, 6, 8, 9, 10] {
        let repo = start.copy_as("limited");
        let idhooks = crate::common::quoted_binary();
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec {idhooks} init --scope 260118");
        let answer = repo.sh(&script);
        if !answer.succeeded() {
            answer.explains("").done();
            judge::assert_status(&repo, "");
            repo.idhooks("init --scope 260118").ok().done();
        }
        repo.commit("adopt");
        judge::assert_good(&repo);
        remove(&repo);
    }
}

/// A small file system of its own.
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn new(dir: &Path) -> Option<Disk> {
        std::fs::create_dir_all(dir).expect("a directory can be made");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "idhooks"]).arg(dir);
        let mounted = mount.output().is_ok_and(|answer| answer.status.success());
        if !mounted {
            skip("no file system can be mounted here");
        }
        mounted.then(|| Disk(dir.to_owned()))
    }

    /// Leaves so many bytes free.
    pub(crate) fn fill(&self, free: u64) {
        let file = File::create(self.0.join("filler")).expect("there is room for a name");
        let block = [0; 4096];
        while (&file).write_all(&block).is_ok() {}
        let size = file.metadata().expect("an open file").len();
        file.set_len(size - free).expect("a file can be cut");
    }

    pub(crate) fn empty(&self) {
        let filler = self.0.join("filler");
        // Cut first: a process that another test starts at this moment may have it open for a while.
        File::create(&filler).expect("it can be cut");
        std::fs::remove_file(filler).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk() {
    for (start, line) in lines() {
        let Some(disk) = Disk::new(&start.root().join("disk")) else { return };
        let known = known(&start, line);
        let mut outcomes = [0, 0];
        // In pages.
        let sizes = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 100];
        let last = sizes.len() - 1;
        for n in sample(last).into_iter().chain([last]) {
            let repo = start.copy_as("disk/full");
            let free = sizes[n];
            let fine = attempt(&repo, line, &known, &|repo| {
                disk.fill(free * 4096);
                let answer = repo.try_git(line);
                disk.empty();
                assert!(answer.succeeded() || !answer.stderr().trim().is_empty(), "{answer}");
                answer.succeeded()
            });
            outcomes[usize::from(fine)] += 1;
            remove(&repo);
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{line}: {outcomes:?}");
    }
}

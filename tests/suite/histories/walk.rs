//! A pseudo-random walk through what people do to a repository, judged at every commit.

use crate::common::{Dice, Git, Repo, cases, for_each_git, text};
use crate::judge;

/// How many steps a walk has by default, and with `IDHOOKS_TEST_ALL=1`.
const STEPS: [u64; 2] = [30, 150];
const FOLDERS: [&str; 6] = ["docs", "src", "data", "src/core", "assets/big", "odd name's"];
const KINDS: [&str; 5] = ["md", "py", "csv", "txt", "bin"];

struct Walk {
    repo: Repo,
    dice: Dice,
    step: usize,
    branches: usize,
}

impl Walk {
    fn new(git: &Git, seed: u64, options: &str) -> Walk {
        let repo = Repo::adopted_with(git, options);
        Walk { repo, dice: Dice::new(seed), step: 0, branches: 0 }
    }

    fn run(mut self) {
        for step in 0..cases("IDHOOKS_STEPS", STEPS) {
            self.step = step as usize;
            self.one_step();
            judge::assert_clean(&self.repo);
        }
        judge::assert_all_consistent(&self.repo);
        self.repo.idhooks("check --history=--all").ok().done();
        self.repo.run("fsck --no-dangling --no-progress");
    }

    fn one_step(&mut self) {
        match self.dice.roll(20) {
            0..=3 => self.add(),
            4 | 5 => self.edit(),
            6..=8 => self.rename(),
            9 => self.rename_folder(),
            10 => self.delete(),
            11 => self.copy(),
            12 => self.partial(),
            13 => self.amend(),
            14 => self.revert(),
            15 => self.many(),
            16 | 17 => self.branch(),
            _ => self.merge(),
        }
    }

    /// Returns the tracked files that are not the product's own.
    fn files(&self) -> Vec<String> {
        let list = self.repo.git("ls-files -z").stdout();
        let own = |path: &str| {
            [".idhooks/registry.json", "idhooks.toml", ".gitattributes"].contains(&path)
        };
        list.split('\0').filter(|p| !p.is_empty() && !own(p)).map(String::from).collect()
    }

    fn some_file(&mut self) -> String {
        let files = self.files();
        self.dice.choose(&files).clone()
    }

    fn fresh_path(&mut self) -> String {
        let (folder, kind) = (*self.dice.choose(&FOLDERS), *self.dice.choose(&KINDS));
        format!("{folder}/{}-{}.{kind}", self.step, self.dice.roll(1000))
    }

    /// Returns new content: mostly like nothing else, sometimes nearly nothing.
    fn content(&mut self) -> String {
        match self.dice.roll(8) {
            0 => String::new(),
            1 => "tiny\n".to_owned(),
            2 => text("a text that many files share"),
            _ => text(&format!("step {} {}", self.step, self.dice.roll(1000))),
        }
    }

    fn stage_new(&mut self) {
        let (path, content) = (self.fresh_path(), self.content());
        self.repo.stage(path, content);
    }

    fn stage_rename(&mut self) {
        let (old, new) = (self.some_file(), self.fresh_path());
        self.repo.mv(&old, &new);
        if self.dice.roll(2) == 0 {
            self.repo.append(&new, "renamed and edited\n");
            self.repo.run(["add", "--", &new]);
        }
    }

    fn commit(&self, what: &str) {
        self.repo.run(["commit", "-q", "--allow-empty", "-m", &format!("{}: {what}", self.step)]);
    }

    fn add(&mut self) {
        for _ in 0..=self.dice.roll(3) {
            self.stage_new();
        }
        self.commit("add");
    }

    fn edit(&mut self) {
        let path = self.some_file();
        self.repo.append(&path, &format!("edited in step {}\n", self.step));
        self.repo.run(["commit", "-q", "-a", "-m", &format!("{}: edit", self.step)]);
    }

    fn rename(&mut self) {
        self.stage_rename();
        self.commit("rename");
    }

    fn rename_folder(&mut self) {
        let folder = *self.dice.choose(&FOLDERS);
        let target = format!("moved/{}", self.step);
        if self.repo.exists(folder) && self.files().iter().any(|path| path.starts_with(folder)) {
            self.repo.mv(folder, &target);
        }
        self.commit("rename a folder");
    }

    fn delete(&mut self) {
        if self.files().len() > 5 {
            let path = self.some_file();
            self.repo.run(["rm", "-q", "--", &path]);
        }
        self.commit("delete");
    }

    fn copy(&mut self) {
        let (old, new) = (self.some_file(), self.fresh_path());
        let bytes = self.repo.read(&old);
        self.repo.stage(new, bytes);
        self.repo.append(&old, "edited when it was copied\n");
        self.repo.run(["commit", "-q", "-a", "-m", &format!("{}: copy", self.step)]);
    }

    /// A partial commit beside staged work, which the next commit takes.
    fn partial(&mut self) {
        self.stage_new();
        self.stage_rename();
        let path = self.fresh_path();
        let content = self.content();
        self.repo.stage(&path, content);
        self.repo.run(["commit", "-q", "-m", &format!("{}: partial", self.step), "--", &path]);
        self.commit("the rest");
    }

    fn amend(&mut self) {
        match self.dice.roll(3) {
            0 => self.stage_new(),
            1 => self.stage_rename(),
            _ => {}
        }
        self.repo.run("commit -q --allow-empty --amend --no-edit");
    }

    /// Takes back the last commit unless it is a merge or the first, or the way is blocked.
    fn revert(&mut self) {
        let parents = self.repo.ask("log -1 --format=%P");
        if parents.split_whitespace().count() == 1 {
            if !self.repo.try_git("revert --no-commit HEAD").succeeded() {
                self.repo.run("reset -q --hard");
            }
            self.repo.try_git("revert --quit").done();
            self.commit("revert");
        }
    }

    /// Everything at once.
    fn many(&mut self) {
        self.stage_new();
        self.stage_rename();
        self.stage_rename();
        self.stage_new();
        self.commit("many");
    }

    fn branch(&mut self) {
        let known: Vec<String> = self.branch_names();
        if known.len() < 4 || self.dice.roll(3) == 0 {
            self.branches += 1;
            self.repo.run(["checkout", "-q", "-b", &format!("branch-{}", self.branches)]);
        } else {
            let name = self.dice.choose(&known).clone();
            self.repo.run(["checkout", "-q", &name]);
        }
    }

    fn branch_names(&self) -> Vec<String> {
        let names = self.repo.ask("for-each-ref --format=%(refname:short) refs/heads");
        names.lines().map(String::from).collect()
    }

    /// Merges some branch; conflicts are resolved by taking the files as git leaves them.
    fn merge(&mut self) {
        let known = self.branch_names();
        let name = self.dice.choose(&known).clone();
        let message = format!("{}: merge {name}", self.step);
        let answer = self.repo.try_git(["merge", "-q", "--no-edit", "-m", &message, &name]);
        if answer.succeeded() {
            return;
        }
        let unmerged = self.repo.ask("ls-files --unmerged");
        assert!(!unmerged.contains("registry.json"), "the registry is in conflict\n{answer}");
        self.repo.run("add -A");
        self.repo.run(["commit", "-q", "-m", &message]);
    }
}

fn walk(seed: u64, options: &str) {
    for_each_git(|git| Walk::new(git, seed, options).run());
}

#[test]
fn a_walk() {
    walk(1, "");
}

#[test]
fn another_walk() {
    walk(2, "");
}

#[test]
fn a_walk_where_identities_collide() {
    walk(3, "--strategy sequential");
}

//! A history made without idhooks is made again with `git commit` and `git merge`, hooks on.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use crate::common::{Git, Repo, SCOPE, for_each_git, gits};
use crate::judge::{self, View};

const OWN: [&str; 3] = [".idhooks", "idhooks.toml", ".gitattributes"];

/// Replays the commits of one repository into another.
struct Replay {
    repo: Repo,
    /// The commits made, by the original ones.
    made: BTreeMap<String, String>,
    head: String,
}

impl Replay {
    /// Opens the story that the script tells in a new repository, without any commit of ours.
    fn new(git: &Git, script: &str) -> (Replay, Vec<Vec<String>>) {
        let repo = Repo::nowhere(git);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/repo").join(script);
        let story = repo.root().join("story");
        repo.script(&script, story.to_str().expect("a plain path"));
        let commits = repo
            .beside("story")
            .ask("rev-list --topo-order --reverse --parents main")
            .lines()
            .map(|line| line.split(' ').map(String::from).collect())
            .collect();
        repo.run("init -q -b main");
        repo.run("fetch -q ../story main:refs/story/main");
        repo.run("config core.autocrlf false");
        (Replay { repo, made: BTreeMap::new(), head: String::new() }, commits)
    }

    fn begin(&mut self, original: &str) {
        let repo = &self.repo;
        repo.run(["read-tree", "-u", "--reset", original]);
        repo.idhooks(format!("init --scope {SCOPE}").as_str()).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("begin");
        self.note(original);
    }

    fn note(&mut self, original: &str) {
        self.head = self.repo.rev("HEAD");
        self.made.insert(original.to_owned(), self.head.clone());
    }

    /// Returns a tree like the original one, with our own files as the index has them.
    fn wanted(&self, original: &str) -> String {
        let repo = self.repo.with("GIT_INDEX_FILE", ".git/replay-index");
        repo.run(["read-tree", original]);
        let own = self.repo.git(["ls-files", "-s", "-z", "--", OWN[0], OWN[1], OWN[2]]).bytes();
        repo.try_git_with("update-index -z --index-info", &own).ok().done();
        repo.ask("write-tree")
    }

    fn single(&mut self, original: &str) {
        let wanted = self.wanted(original);
        self.repo.run(["read-tree", "-u", "--reset", &wanted]);
        self.repo.run(["commit", "-q", "--allow-empty", "-m", original]);
        self.note(original);
    }

    /// Merges, then gives the result the files that it had in the story.
    fn merge(&mut self, original: &str, theirs: &str) {
        let repo = &self.repo;
        let answer = repo.try_git(["merge", "-q", "--no-ff", "-m", original, theirs]);
        let unmerged = repo.ask("ls-files --unmerged");
        assert!(!unmerged.contains("registry.json"), "the registry is in conflict\n{answer}");
        let wanted = self.wanted(original);
        let merged = answer.succeeded();
        if !merged || repo.try_git("write-tree").stdout().trim() != wanted {
            repo.run(["read-tree", "-u", "--reset", &wanted]);
            let amend: &[&str] = if merged { &["--amend"] } else { &[] };
            let words = ["commit", "-q", "--allow-empty", "-m", original];
            let words = words.iter().chain(amend).map(OsString::from).collect::<Vec<_>>();
            repo.run(words);
        }
        self.note(original);
    }

    fn all(&mut self, commits: &[Vec<String>]) {
        for line in commits {
            let (original, parents) = line.split_first().expect("git names the commit");
            let parents: Vec<String> = parents.iter().map(|name| self.made[name].clone()).collect();
            if let Some(ours) = parents.first()
                && *ours != self.head
            {
                self.repo.run(["checkout", "-q", "-f", "--detach", ours]);
            }
            match parents.as_slice() {
                [] => self.begin(original),
                [_] => self.single(original),
                [_, theirs] => self.merge(original, theirs),
                _ => assert_eq!(parents.len(), 2, "the story has no octopus"),
            }
        }
    }
}

#[test]
fn a_story_is_replayed() {
    for_each_git(|git| {
        let (mut replay, commits) = Replay::new(git, "make_history.sh");
        assert!((60..100).contains(&commits.len()), "{} commits", commits.len());
        replay.all(&commits);
        judge::assert_good(&replay.repo);
        let (originals, made): (Vec<&str>, Vec<&str>) =
            replay.made.iter().map(|(original, made)| (&**original, &**made)).unzip();
        let of_each = |revs: &[&str]| View::of_each(&replay.repo, revs);
        for (original, made) in of_each(&originals).iter().zip(of_each(&made)) {
            let files = made
                .tree
                .into_iter()
                .filter(|(path, _)| !OWN.iter().any(|own| path.starts_with(own.as_bytes())));
            assert!(files.eq(original.tree.clone()), "the replay has other files");
        }
    });
}

#[test]
fn the_story_is_always_the_same() {
    let head = |git: &Git| {
        let (replay, _) = Replay::new(git, "make_history.sh");
        replay.repo.rev("refs/story/main")
    };
    let first = &gits()[0];
    let last = &gits()[gits().len() - 1];
    assert_eq!(head(first), head(last));
}

//! Random edits without hooks: the hourly job alone keeps the branch in order.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Dice, Repo, cases, for_each_git, text};
use crate::judge::View;

/// How many walks there are, and with `IDHOOKS_TEST_ALL=1`.
const WALKS: [u64; 2] = [1, 20];
/// How often the job runs in a walk, and how many commits are made before each run at most.
const HOURS: usize = 4;
const COMMITS: usize = 4;

/// What a walk knows about files: the identity of each whose content was never similar to another's.
struct Walk {
    dice: Dice,
    births: usize,
    /// The identities that files must keep.
    known: BTreeMap<String, String>,
    /// The files that were copied, and their copies: a rename of one may be that of the other.
    copied: BTreeSet<String>,
}

impl Walk {
    /// Changes one to three files and commits that without hooks.
    fn commit(&mut self, repo: &Repo) {
        for _ in 0..=self.dice.roll(3) {
            self.change(repo);
        }
        repo.run("add -A");
        if !repo.try_git("diff --cached --quiet").succeeded() {
            repo.run("commit -q -m unseen");
        }
    }

    fn change(&mut self, repo: &Repo) {
        let list = repo.ask("ls-files -z");
        let is_ours =
            |path: &&str| !path.is_empty() && !path.contains("idhooks") && !path.starts_with('.');
        let files: Vec<String> = list.split('\0').filter(is_ours).map(str::to_owned).collect();
        let present = |path: &&String| repo.exists(path);
        let files: Vec<&String> = files.iter().filter(present).collect();
        self.births += 1;
        let new = format!("dir{}/f{}.md", self.dice.roll(3), self.births);
        if files.len() < 4 {
            return repo.write(&new, text(&new));
        }
        let file = (*self.dice.choose(&files)).clone();
        match self.dice.roll(7) {
            0 | 1 => repo.write(&new, text(&new)),
            2 => self.shift(repo, &file, &new),
            3 => {
                self.shift(repo, &file, &new);
                repo.append(&new, &format!("one more line {}\n", self.births));
            }
            4 => {
                repo.remove(&file);
                self.known.remove(&file);
            }
            5 => {
                repo.write(&new, repo.read(&file));
                self.known.remove(&file);
                self.copied.extend([file, new]);
            }
            _ => {
                // A chain of commits: another file takes the place of a moved one.
                self.shift(repo, &file, &new);
                repo.run("add -A");
                repo.run("commit -q -m moved");
                repo.write(&file, text(&format!("{file} {}", self.births)));
            }
        }
    }

    fn shift(&mut self, repo: &Repo, from: &str, to: &str) {
        repo.write(to, repo.read(from));
        repo.remove(from);
        if self.copied.remove(from) {
            self.copied.insert(to.to_owned());
        }
        if let Some(id) = self.known.remove(from) {
            self.known.insert(to.to_owned(), id);
        }
    }
}

/// Returns every identity in the registry.
fn ids(repo: &Repo) -> BTreeSet<String> {
    View::of(repo, "HEAD").records.iter().map(|record| record.id.clone()).collect()
}

#[test]
fn the_hourly_job_alone_keeps_the_branch_in_order() {
    for_each_git(|git| {
        for seed in 1..=cases("IDHOOKS_RECONCILE", WALKS) {
            let repo = Repo::adopted(git);
            repo.configure("[reconcile]\ncommit = \"branch idhooks/heal\"");
            let known = View::of(&repo, "HEAD").ids();
            let known = known.into_iter().filter(|(path, _)| !path.starts_with(b"idhooks"));
            let plain = |path: Vec<u8>| String::from_utf8(path).expect("plain");
            let known = known.map(|(path, id)| (plain(path), id)).collect();
            let mut walk =
                Walk { dice: Dice::new(seed), births: 0, known, copied: BTreeSet::new() };
            let unhooked = repo.with("IDHOOKS", "0");
            for hour in 0..HOURS {
                let before = ids(&repo);
                for _ in 0..=walk.dice.roll(COMMITS) {
                    walk.commit(&unhooked);
                }
                // 1: a rename is not certain.
                let run = repo.idhooks("schedule run hourly");
                let place = format!("seed {seed}, hour {hour}:\n{}", run.stderr());
                assert!(matches!(run.exit(), Some(0 | 1)), "{place}");
                unhooked.run("merge -q --ff-only idhooks/heal");
                assert_eq!(repo.findings("--rev HEAD --strict"), Vec::<String>::new(), "{place}");
                let history = repo.findings("--history");
                assert!(history.iter().all(|code| code == "BEHIND"), "{place}{history:?}");
                assert!(before.is_subset(&ids(&repo)), "{place}an identity is lost");
                let now = View::of(&repo, "HEAD").ids();
                for (path, id) in &walk.known {
                    assert_eq!(now.get(path.as_bytes()), Some(id), "{place}{path}");
                }
                for (path, id) in now {
                    let path = String::from_utf8(path).expect("plain");
                    let is_plain = path.starts_with("dir") && path.ends_with(".md");
                    if is_plain && !walk.copied.contains(&path) {
                        walk.known.entry(path).or_insert(id);
                    }
                }
                let rev = repo.rev("HEAD");
                let again = repo.idhooks("schedule run hourly");
                assert!(matches!(again.exit(), Some(0)), "{place}{}", again.stderr());
                assert_eq!(repo.rev("idhooks/heal"), rev, "{place}");
            }
        }
    });
}

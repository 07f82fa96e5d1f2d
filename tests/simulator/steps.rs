//! What a member of a team does next.

use crate::simulator::ledger::Rule;
use crate::simulator::team::{Outcome, Team};

impl Team {
    /// Lets a member take one step; afterwards all new commits are judged and the tree is clean.
    pub(crate) fn step(&mut self) -> Outcome {
        let m = self.dice.roll(self.members.len());
        self.serve(m)?;
        match self.dice.roll(50) {
            0..=13 => self.work(m)?,
            14..=20 => self.merge(m)?,
            21..=25 => self.pull(m)?,
            26..=29 => self.push(m)?,
            30..=33 => self.rebase(m)?,
            34..=38 => self.pick(m)?,
            39..=41 => self.revert(m)?,
            42 | 43 => self.switch(m)?,
            44 | 45 => self.stash(m)?,
            46 | 47 => self.amend(m)?,
            48 => self.redo(m)?,
            _ => self.bring(m)?,
        }
        self.clean(m)
    }

    /// Commits what is staged, if anything is.
    pub(crate) fn commit(&mut self, m: usize, what: &str) -> Outcome {
        if self.ask(m, &["status", "--porcelain"]).is_empty() {
            return Ok(());
        }
        let dice = match self.dice.roll(20) {
            // More of the commits are made here than by merges and the like.
            1..=9 if !self.services.is_empty() => 0,
            dice => dice,
        };
        match dice {
            0 => {
                self.must(m, &["commit", "-q", "--no-verify", "-m", what])?;
                return self.look(m, Rule::Free);
            }
            1 | 2 => self.commit_in_parts(m, what)?,
            3 | 4 => {
                self.must(m, &["commit", "-q", "-a", "-m", what])?;
            }
            _ => {
                self.must(m, &["commit", "-q", "-m", what])?;
            }
        }
        self.look(m, Rule::Consistent)
    }

    /// Makes a partial commit beside staged changes, then commits the rest.
    fn commit_in_parts(&mut self, m: usize, what: &str) -> Outcome {
        let list = self.ask(m, &["diff", "--cached", "--name-only", "--no-renames", "-z"]);
        let own = [".idhooks/registry.json", ""];
        let paths: Vec<&str> = list.split('\0').filter(|path| !own.contains(path)).collect();
        if let Some(path) = paths.first() {
            self.must(m, &["commit", "-q", "-m", what, "--", path])?;
            self.look(m, Rule::Consistent)?;
        }
        if !self.ask(m, &["status", "--porcelain"]).is_empty() {
            self.must(m, &["commit", "-q", "-m", "the rest"])?;
        }
        Ok(())
    }

    pub(crate) fn work(&mut self, m: usize) -> Outcome {
        self.change(m)?;
        self.commit(m, "work")
    }

    fn switch(&mut self, m: usize) -> Outcome {
        let refs = self.refs(m);
        if self.branches < 4 && self.dice.roll(2) == 0 {
            self.branches += 1;
            let start = self.dice.choose(&refs).clone();
            let name = format!("topic-{}", self.branches);
            self.must(m, &["checkout", "-q", "--no-track", "-b", &name, &start])?;
        } else {
            let own: Vec<&String> = refs.iter().filter(|name| !name.starts_with("hub/")).collect();
            let name = (*self.dice.choose(&own)).clone();
            self.must(m, &["checkout", "-q", &name])?;
        }
        Ok(())
    }

    /// Stashes changes, does something else, and restores them.
    fn stash(&mut self, m: usize) -> Outcome {
        self.change(m)?;
        if self.ask(m, &["status", "--porcelain"]).is_empty() {
            return Ok(());
        }
        self.must(m, &["stash", "push", "-q", "--include-untracked"])?;
        self.clean(m)?;
        match self.dice.roll(3) {
            0 => self.work(m)?,
            1 => self.pull(m)?,
            _ => self.switch(m)?,
        }
        let words: &[&str] = match self.dice.roll(2) {
            0 => &["stash", "pop", "-q"],
            _ => &["stash", "pop", "-q", "--index"],
        };
        if !self.git(m, words).ok {
            // Keep the result, whatever it is.
            self.git(m, &["checkout", "-q", "stash@{0}", "--", "."]);
            self.must(m, &["stash", "drop", "-q"])?;
        }
        self.must(m, &["add", "-A"])?;
        self.commit(m, "from the stash")
    }

    fn amend(&mut self, m: usize) -> Outcome {
        let head = self.head(m);
        if self.ledger.parents(&head).is_empty() {
            return Ok(());
        }
        if self.dice.roll(3) > 0 {
            self.change(m)?;
        }
        self.must(m, &["commit", "-q", "--amend", "--no-edit", "--allow-empty"])?;
        self.ledger.amending = Some(head);
        self.look(m, Rule::Consistent)?;
        self.ledger.amending = None;
        Ok(())
    }

    /// Undoes the last commit, and makes it again or drops it.
    fn redo(&mut self, m: usize) -> Outcome {
        let head = self.head(m);
        let [parent] = self.ledger.parents(&head) else { return Ok(()) };
        if self.ledger.parents(parent).is_empty() {
            return Ok(());
        }
        match self.dice.roll(3) {
            0 => {
                self.must(m, &["reset", "-q", "--soft", "HEAD~1"])?;
            }
            1 => {
                self.must(m, &["reset", "-q", "HEAD~1"])?;
                self.must(m, &["add", "-A"])?;
            }
            _ => {
                self.must(m, &["reset", "-q", "--hard", "HEAD~1"])?;
                return Ok(());
            }
        }
        self.commit(m, "done again")
    }

    /// Takes a file from another branch.
    fn bring(&mut self, m: usize) -> Outcome {
        let refs = self.refs(m);
        let from = self.dice.choose(&refs).clone();
        let commit = self.rev(m, &from).expect("the branch is there");
        let files = self.ledger.files(&commit);
        if !files.is_empty() {
            let path = self.dice.choose(&files).clone();
            self.git(m, &["checkout", "-q", &from, "--", &path]);
        }
        self.commit(m, "brought over")
    }
}

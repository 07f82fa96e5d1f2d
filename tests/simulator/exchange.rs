//! Merging, picking, rebasing, pushing and pulling.

use crate::simulator::conflicts::ConflictStyle;
use crate::simulator::ledger::Rule;
use crate::simulator::team::{Outcome, Team};

impl Team {
    /// Merges some branch.
    pub(crate) fn merge(&mut self, m: usize) -> Outcome {
        let refs = self.others(m);
        if refs.is_empty() {
            return self.work(m);
        }
        let other = self.dice.choose(&refs).clone();
        match self.dice.roll(12) {
            0 => return self.merge_and_commit(m, &["merge", "-q", "--squash", &other]),
            1 => {
                return self
                    .merge_and_commit(m, &["merge", "-q", "--no-ff", "--no-commit", &other]);
            }
            2..=7 => return self.merge_both_ways(m, &other),
            _ => {}
        }
        let words = ["merge", "-q", "--no-edit", "--no-ff", &other];
        let style = self.conflict_style();
        let without: Vec<&str> = words.iter().copied().filter(|w| *w != "--no-ff").collect();
        let words = if self.dice.roll(2) == 0 { &words[..] } else { &without };
        self.merge_with(m, words, style)?;
        Ok(())
    }

    /// Merges with these arguments; returns whether it completed.
    pub(crate) fn merge_with(
        &mut self,
        m: usize,
        words: &[&str],
        style: ConflictStyle,
    ) -> Outcome<bool> {
        let answer = self.git(m, words);
        self.look(m, Rule::Consistent)?;
        if !answer.ok && answer.text.contains("merge-ort.c") && answer.text.contains("Assertion") {
            // git 2.39 gives up on some swapped renames, whatever is installed.
            let _ = std::fs::remove_file(self.members[m].repo.path().join(".git/index.lock"));
            self.must(m, &["reset", "-q", "--hard"])?;
            return Ok(false);
        }
        if !answer.ok && self.busy(m).is_none() {
            return Err(format!("git merge refused:\n{}", answer.text));
        }
        self.resolve(m, style)
    }

    /// A merge that stops before it commits.
    fn merge_and_commit(&mut self, m: usize, words: &[&str]) -> Outcome {
        self.git(m, words);
        let style = ConflictStyle::Hurried;
        if self.busy(m).is_some() {
            self.resolve(m, style)?;
            return Ok(());
        }
        self.resolve_registry(m)?;
        self.must(m, &["add", "-A"])?;
        self.commit(m, "merged")
    }

    /// Merges a branch, and in the other direction too; where both have the same files, they
    /// have the same registry.
    fn merge_both_ways(&mut self, m: usize, other: &str) -> Outcome {
        let (Some(ours), Some(theirs)) = (self.rev(m, "HEAD"), self.rev(m, other)) else {
            return Ok(());
        };
        self.date = Some("1800000000 +0000");
        let words = ["merge", "-q", "--no-edit", "--no-ff", "-m", "both ways"];
        self.merge_with(m, &[&words[..], &[&theirs]].concat(), ConflictStyle::Careful)?;
        let one = self.head(m);
        let branch = self.branch(m);
        self.must(m, &["checkout", "-q", "--detach", &theirs])?;
        self.look(m, Rule::Free)?;
        self.merge_with(m, &[&words[..], &[&ours]].concat(), ConflictStyle::Careful)?;
        let other = self.head(m);
        self.clean(m)?;
        self.date = None;
        if one != ours && other != theirs && self.members[m].hooked {
            self.tally.both_directions += 1;
            self.tally.equal_in_both_directions += usize::from(self.equal(&one, &other)?);
        }
        self.must(m, &["checkout", "-q", &branch])?;
        Ok(())
    }

    /// Returns whether two commits have the same files; then they must have the same registry.
    pub(crate) fn equal(&mut self, one: &str, other: &str) -> Outcome<bool> {
        match self.ledger.compare(one, other) {
            (true, false) => {
                Err(format!("{one} and {other} have the same files, not the same registry"))
            }
            (same, _) => Ok(same),
        }
    }

    pub(crate) fn pull(&mut self, m: usize) -> Outcome {
        let branch = self.branch(m);
        self.must(m, &["fetch", "-q", "hub"])?;
        if self.rev(m, &format!("refs/remotes/hub/{branch}")).is_none() {
            return Ok(());
        }
        let style = self.conflict_style();
        if self.dice.roll(5) < 2 {
            self.tally.rebases += 1;
            return self.rebase_with(m, &[], &["pull", "-q", "--rebase", "hub", &branch], style);
        }
        let words = ["pull", "-q", "--no-rebase", "--no-edit", "hub", &branch];
        self.merge_with(m, &words, style)?;
        Ok(())
    }

    pub(crate) fn push(&mut self, m: usize) -> Outcome {
        for _ in 0..3 {
            let branch = self.branch(m);
            if self.git(m, &["push", "-q", "hub", &branch]).ok {
                return Ok(());
            }
            self.pull(m)?;
        }
        Ok(())
    }

    pub(crate) fn rebase(&mut self, m: usize) -> Outcome {
        let refs = self.others(m);
        if refs.is_empty() {
            return self.work(m);
        }
        let onto = self.dice.choose(&refs).clone();
        let style = self.conflict_style();
        self.tally.rebases += 1;
        match self.dice.roll(8) {
            0 => self.rebase_with(m, &[], &["rebase", "-q", "--rebase-merges", &onto], style),
            1 => self.rebase_with(m, &[], &["rebase", "-q", "--apply", &onto], style),
            2 | 3 => {
                let editor = [
                    "sed -i 2s/^pick/squash/",
                    "sed -i 2s/^pick/fixup/",
                    "sed -i '1{h;d};2G'",
                    "sed -i 1s/^pick/reword/",
                    "sed -i 1d",
                ];
                let editor = *self.dice.choose(&editor);
                let env = [("GIT_SEQUENCE_EDITOR", editor)];
                self.rebase_with(m, &env, &["rebase", "-q", "-i", &onto], style)
            }
            _ => self.rebase_with(m, &[], &["rebase", "-q", &onto], style),
        }
    }

    fn rebase_with(
        &mut self,
        m: usize,
        env: &[(&str, &str)],
        words: &[&str],
        style: ConflictStyle,
    ) -> Outcome {
        let answer = self.git_as(m, env, words);
        self.look(m, self.rebased(m))?;
        if !answer.ok && self.busy(m).is_none() && !answer.text.contains("error: nothing to do") {
            return Err(format!("git rebase refused:\n{}", answer.text));
        }
        self.resolve(m, style)?;
        Ok(())
    }

    /// Picks one commit or some in a row from another branch.
    pub(crate) fn pick(&mut self, m: usize) -> Outcome {
        let mut refs = self.others(m);
        if refs.is_empty() {
            refs = self.refs(m);
        }
        let from = self.dice.choose(&refs).clone();
        let list = self.ask(m, &["rev-list", "--max-count=6", &from]);
        let commits: Vec<String> = list.lines().map(String::from).collect();
        let commit = self.dice.choose(&commits).clone();
        let parents = self.ledger.parents(&commit).to_vec();
        let style = self.conflict_style();
        self.tally.picks += 1;
        let range = format!("{commit}~2..{commit}");
        let words: &[&str] = match (parents.len(), self.dice.roll(6)) {
            (0, _) => return Ok(()),
            (1, 0) if self.straight(&commit, 3) => &["cherry-pick", &range],
            (1, 1) => {
                self.git(m, &["cherry-pick", "-n", &commit]);
                self.resolve_registry(m)?;
                self.must(m, &["add", "-A"])?;
                self.commit(m, "picked")?;
                // Without a commit the sequencer may still be in progress.
                return if self.busy(m).is_some() { self.abort_pick(m) } else { Ok(()) };
            }
            (1, 2) => &["cherry-pick", "-x", &commit],
            (1, _) => &["cherry-pick", &commit],
            _ => &["cherry-pick", "-m", "1", &commit],
        };
        self.sequence(m, words, style)
    }

    fn abort_pick(&mut self, m: usize) -> Outcome {
        self.must(m, &["cherry-pick", "--quit"])?;
        Ok(())
    }

    /// Returns whether a commit and those before it have one parent each.
    fn straight(&self, commit: &str, count: usize) -> bool {
        let mut at = commit.to_owned();
        (0..count).all(|_| match self.ledger.parents(&at) {
            [parent] => {
                at = parent.clone();
                true
            }
            _ => false,
        })
    }

    /// Reverts one of the last commits.
    pub(crate) fn revert(&mut self, m: usize) -> Outcome {
        let list = self.ask(m, &["rev-list", "--max-count=5", "HEAD"]);
        let commits: Vec<String> = list.lines().map(String::from).collect();
        let commit = self.dice.choose(&commits).clone();
        let style = self.conflict_style();
        self.tally.reverts += 1;
        match self.ledger.parents(&commit).len() {
            0 => Ok(()),
            1 => self.sequence(m, &["revert", "--no-edit", &commit], style),
            _ => self.sequence(m, &["revert", "--no-edit", "-m", "1", &commit], style),
        }
    }

    fn sequence(&mut self, m: usize, words: &[&str], style: ConflictStyle) -> Outcome {
        let answer = self.git(m, words);
        self.look(m, Rule::Behind)?;
        // A commit that was reverted before leaves nothing to do.
        let is_done = answer.ok || answer.text.contains("nothing to commit");
        if !is_done && self.busy(m).is_none() {
            return Err(format!("git {} refused:\n{}", words[0], answer.text));
        }
        self.resolve(m, style)?;
        Ok(())
    }
}

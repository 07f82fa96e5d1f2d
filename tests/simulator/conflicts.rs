//! Resolves conflicts as people do when git stops.

use crate::simulator::ledger::Rule;
use crate::simulator::team::{Outcome, Team};

const REGISTRY: &str = ".idhooks/registry.json";

/// How a member resolves conflicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConflictStyle {
    /// Run `git add -A` and continue, with conflict markers.
    Hurried,
    /// Keep all lines of both sides, in an order that does not depend on the side.
    Careful,
    /// Abort the operation.
    Abort,
}

impl Team {
    /// Chooses how to resolve the next conflict.
    pub(crate) fn conflict_style(&mut self) -> ConflictStyle {
        match self.dice.roll(8) {
            0 => ConflictStyle::Abort,
            1 | 2 => ConflictStyle::Careful,
            _ => ConflictStyle::Hurried,
        }
    }

    /// Completes the operation that git stopped, if any; returns whether it changed HEAD.
    pub(crate) fn resolve(&mut self, m: usize, style: ConflictStyle) -> Outcome<bool> {
        if self.busy(m).is_none() {
            return Ok(true);
        }
        let before = self.head(m);
        if style == ConflictStyle::Abort && self.abort(m)? {
            return Ok(false);
        }
        self.tally.conflicts += 1;
        for _ in 0..30 {
            let Some(operation) = self.busy(m) else { return Ok(self.head(m) != before) };
            self.resolve_registry(m)?;
            if style == ConflictStyle::Careful {
                self.keep_every_line(m);
            }
            self.must(m, &["add", "-A"])?;
            // Without a pick that waits git has committed it before, when it stopped over the
            // registry; then it goes on with the next ones, and only the driver is called.
            let heads = [".git/CHERRY_PICK_HEAD", ".git/REVERT_HEAD"];
            let waits = heads.iter().any(|head| self.members[m].repo.exists(head));
            let here = self.head(m);
            let answer = match operation {
                "merge" => self.git(m, &["commit", "-q", "--no-edit"]),
                operation => self.git(m, &[operation, "--continue"]),
            };
            let rule = match operation {
                "merge" => Rule::Consistent,
                "rebase" => self.rebased(m),
                _ if waits => Rule::FirstConsistent,
                _ => Rule::Behind,
            };
            self.look(m, rule)?;
            // git reads the index once: where pre-commit had to change it, the range goes on only
            // when asked again.
            let again = "your local changes would be overwritten by cherry-pick";
            if answer.ok || (answer.text.contains(again) && self.clean_files(m)) {
                continue;
            }
            let unmerged = self.ask(m, &["ls-files", "--unmerged"]);
            if self.busy(m) == Some(operation) && unmerged.is_empty() {
                let nothing = ["empty", "nothing to commit", "No changes", "nothing added"];
                if operation == "merge" || !nothing.iter().any(|text| answer.text.contains(text)) {
                    // One was committed, and the next is in conflict though no file is: git
                    // does not know to which of several directories one was renamed, or the
                    // path that a file would get there is taken.
                    let of_directories = ["directory rename split", "implicit dir rename"];
                    let is_of_them = of_directories.iter().any(|text| answer.text.contains(text));
                    if self.head(m) != here && is_of_them {
                        continue;
                    }
                    return Err(format!("{operation} cannot go on:\n{}", answer.text));
                }
                self.git(m, &[operation, "--skip"]);
                self.look(m, Rule::Behind)?;
            }
        }
        Err("conflicts without end".to_owned())
    }

    /// Aborts the operation, which must restore everything.
    fn abort(&mut self, m: usize) -> Outcome<bool> {
        let Some(operation) = self.busy(m) else { return Ok(true) };
        self.must(m, &[operation, "--abort"])?;
        self.clean(m)?;
        Ok(true)
    }

    /// With the merge driver the registry is never in conflict; without it the member takes one
    /// side.
    pub(crate) fn resolve_registry(&mut self, m: usize) -> Outcome {
        let unmerged = self.ask(m, &["ls-files", "--unmerged", "--", REGISTRY]);
        if unmerged.is_empty() {
            return Ok(());
        }
        if self.members[m].hooked {
            return Err(format!("the registry is in conflict:\n{unmerged}"));
        }
        let side = *self.dice.choose(&["--ours", "--theirs"]);
        self.must(m, &["checkout", side, "--", REGISTRY])?;
        Ok(())
    }

    /// Keeps the lines of both sides of every file in conflict, sorted.
    fn keep_every_line(&mut self, m: usize) {
        let list = self.ask(m, &["diff", "--name-only", "--diff-filter=U", "-z"]);
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            let Ok(bytes) = std::fs::read(self.members[m].repo.path().join(path)) else { continue };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let markers = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"];
            if !text.lines().any(|line| line.starts_with(markers[0])) {
                continue;
            }
            let is_marker = |line: &&str| markers.iter().any(|marker| line.starts_with(marker));
            let mut lines: Vec<&str> = text.lines().filter(|line| !is_marker(line)).collect();
            lines.sort_unstable();
            lines.dedup();
            self.members[m].repo.write(path, lines.join("\n") + "\n");
            let name = &self.members[m].name;
            let line = format!(
                "grep -Ev '^(<<<<<<<|=======|>>>>>>>|[|]{{7}})' \"{path}\" | LC_ALL=C sort -u >.t; mv .t \"{path}\""
            );
            let line = format!("in {name} sh -c {}", crate::simulator::script::command(&[&line]));
            self.script.say(line);
        }
    }

    /// Returns the rule for rebased commits.
    pub(crate) fn rebased(&self, m: usize) -> Rule {
        if self.rewrites && self.busy(m).is_none() { Rule::Consistent } else { Rule::Passing }
    }
}

//! The members of a team, each with a clone.

use crate::common::{Dice, Repo};
use crate::simulator::ledger::{Ledger, Rule};
use crate::simulator::objects::Objects;
use crate::simulator::script::{Script, command};
use crate::simulator::tally::Tally;
use crate::simulator::template::Template;

/// A result, or the message of a fault.
pub(crate) type Outcome<T = ()> = Result<T, String>;

const DATES: [&str; 2] = ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"];

/// A member with a clone.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) repo: Repo,
    /// Whether idhooks is installed.
    pub(crate) hooked: bool,
    pub(crate) objects: Objects,
}

/// The answer of git.
pub(crate) struct Answer {
    pub(crate) ok: bool,
    pub(crate) text: String,
}

/// A team.
pub(crate) struct Team {
    pub(crate) members: Vec<Member>,
    /// The clones of the service, if there is one.
    pub(crate) services: Vec<Member>,
    pub(crate) ledger: Ledger,
    pub(crate) script: Script,
    pub(crate) tally: Tally,
    pub(crate) dice: Dice,
    /// Whether rebased commits become consistent at once.
    pub(crate) rewrites: bool,
    /// The date of all that is done, where the order must not matter.
    pub(crate) date: Option<&'static str>,
    pub(crate) births: usize,
    pub(crate) branches: usize,
}

impl Team {
    /// Makes a team of the size, of whom the last ones have no hooks, unless there is a service.
    pub(crate) fn new(template: &Template, seed: u64, script: Script, is_served: bool) -> Team {
        let mut dice = Dice::new(seed);
        let home = Repo::nowhere(&template.git);
        let directories = ["conflict", "true", "false"];
        let config = format!(
            "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n\
             [merge]\n\tdirectoryRenames = {}\n\tconflictStyle = {}\n",
            dice.choose(&directories),
            dice.choose(&["merge", "diff3"]),
        );
        std::fs::write(home.root().join("gitconfig"), config).expect("a file can be written");
        template.put("hub.git", &home.root().join("hub.git"));
        let size = 3 + dice.roll(4);
        let unhooked = dice.roll(3).min(size - 2);
        let unhooked = if is_served { 0 } else { unhooked };
        let members = (0..size).map(|number| {
            let hooked = number < size - unhooked;
            let name = format!("{}{number}", if hooked { "hooked" } else { "plain" });
            template.put(if hooked { "hooked" } else { "plain" }, &home.root().join(&name));
            let repo = home.beside(&name);
            let objects = Objects::of(&repo);
            Member { name, repo, hooked, objects }
        });
        let members: Vec<Member> = members.collect();
        let rewrites = members[0].repo.exists(".git/hooks/post-rewrite");
        Team {
            members,
            services: Vec::new(),
            ledger: Ledger::new(template.sequential),
            script,
            tally: Tally::default(),
            dice,
            rewrites,
            date: None,
            births: 0,
            branches: 0,
        }
    }

    /// Runs git, without checking the result.
    pub(crate) fn git(&mut self, m: usize, words: &[&str]) -> Answer {
        self.git_as(m, &[], words)
    }

    /// Runs git with more variables in its environment.
    pub(crate) fn git_as(&mut self, m: usize, env: &[(&str, &str)], words: &[&str]) -> Answer {
        let member = &self.members[m];
        let mut line = format!("in {} ", member.name);
        let mut repo = member.repo.clone();
        let date = self.date.iter().flat_map(|date| DATES.map(|name| (name, *date)));
        for (name, value) in env.iter().copied().chain(date) {
            repo = repo.with(name, value);
            line.push_str(&command(&["env", &format!("{name}={value}"), ""]).replace("''", ""));
        }
        self.script.say(format!("{line}git {}", command(words)));
        let answer = repo.try_git(words.iter().map(Into::into).collect::<Vec<_>>());
        let answer = Answer { ok: answer.succeeded(), text: answer.stdout() + &answer.stderr() };
        self.script.hear(&answer);
        answer
    }

    /// Runs git, which must succeed.
    pub(crate) fn must(&mut self, m: usize, words: &[&str]) -> Outcome<String> {
        let answer = self.git(m, words);
        if answer.ok { Ok(answer.text) } else { Err(format!("git refused:\n{}", answer.text)) }
    }

    /// Runs a git command that changes nothing and is not part of the script.
    pub(crate) fn ask(&self, m: usize, words: &[&str]) -> String {
        let words = words.iter().map(Into::into).collect::<Vec<_>>();
        self.members[m].repo.try_git(words).stdout().trim_end().to_owned()
    }

    /// Returns the commit that a name stands for.
    pub(crate) fn rev(&mut self, m: usize, name: &str) -> Option<String> {
        self.members[m].objects.find(name).map(|object| object.name)
    }

    /// Returns HEAD.
    pub(crate) fn head(&mut self, m: usize) -> String {
        self.members[m].objects.get("HEAD").name
    }

    /// Judges the new commits of a member; without hooks there is no promise.
    pub(crate) fn look(&mut self, m: usize, rule: Rule) -> Outcome {
        let member = &mut self.members[m];
        let rule = if member.hooked { rule } else { Rule::Free };
        let look = self.ledger.look(&mut member.objects, rule)?;
        self.tally.add(&look, rule);
        Ok(())
    }

    /// Returns whether neither index nor working tree differ from HEAD.
    pub(crate) fn clean_files(&self, m: usize) -> bool {
        self.ask(m, &["status", "--porcelain", "--untracked-files=all"]).is_empty()
    }

    /// Asserts that the working tree is clean.
    pub(crate) fn clean(&mut self, m: usize) -> Outcome {
        let left = self.ask(m, &["status", "--porcelain", "--untracked-files=all"]);
        let busy = self.busy(m);
        if left.is_empty() && busy.is_none() {
            return Ok(());
        }
        Err(format!("{} is not clean ({busy:?}):\n{left}", self.members[m].name))
    }

    /// Returns the operation in progress.
    pub(crate) fn busy(&self, m: usize) -> Option<&'static str> {
        const SIGNS: [(&str, &str); 6] = [
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
            ("MERGE_HEAD", "merge"),
            ("sequencer", "cherry-pick"),
        ];
        let repo = &self.members[m].repo;
        let sign = SIGNS.iter().find(|(sign, _)| repo.exists(&format!(".git/{sign}")));
        sign.map(|(_, operation)| *operation)
    }

    /// Returns the files of HEAD, except those of idhooks.
    pub(crate) fn files(&mut self, m: usize) -> Vec<String> {
        let head = self.head(m);
        self.ledger.files(&head)
    }

    /// Returns the name of the branch that is checked out.
    pub(crate) fn branch(&self, m: usize) -> String {
        self.ask(m, &["symbolic-ref", "--short", "HEAD"])
    }

    /// Returns the branches, local and of the hub, with commits that HEAD does not have.
    pub(crate) fn others(&mut self, m: usize) -> Vec<String> {
        if self.dice.roll(2) == 0 {
            self.git(m, &["fetch", "-q", "hub"]);
        }
        let words = ["for-each-ref", "--format=%(refname:short)", "--no-merged=HEAD"];
        let list = self.ask(m, &[&words[..], &["refs/heads", "refs/remotes"]].concat());
        list.lines().map(String::from).collect()
    }

    /// Returns all branches of a member.
    pub(crate) fn refs(&self, m: usize) -> Vec<String> {
        let refs = ["refs/heads", "refs/remotes"];
        let list = self.ask(m, &["for-each-ref", "--format=%(refname:short)", refs[0], refs[1]]);
        list.lines().map(String::from).collect()
    }
}

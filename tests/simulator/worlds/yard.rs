//! The directory of one history: its clones, its script, its judge.

use crate::common::{Dice, Repo};
use crate::simulator::script::{PRELUDE, Script, command};
use crate::simulator::team::{Answer, Outcome};
use crate::simulator::template::Template;

use super::judge::{Demand, Judge};

/// A clone, or the hub.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) repo: Repo,
}

/// A history while it is made.
pub(crate) struct Yard<'t> {
    pub(crate) template: &'t Template,
    pub(crate) judge: Judge,
    pub(crate) dice: Dice,
    pub(crate) script: Script,
    /// The number of the last birth, edit or commit.
    pub(crate) number: usize,
    root: Repo,
}

const CONFIG: &str = "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n\
    [advice]\n\tdetachedHead = false\n[protocol \"file\"]\n\tallow = always\n\
    [uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n\
    [receive]\n\tdenyDeleteCurrent = ignore\n";

impl<'t> Yard<'t> {
    /// Makes a directory with the hub and nothing else.
    pub(crate) fn new(template: &'t Template, seed: u64, loud: bool) -> Yard<'t> {
        let root = Repo::nowhere(&template.git);
        std::fs::write(root.root().join("gitconfig"), CONFIG).expect("a file can be written");
        let judge = Judge::new(&root);
        let mut script = Script::new(loud);
        script.say(PRELUDE.to_owned());
        if loud {
            script.say(format!("# this history stays in {}", root.root().display()));
            std::mem::forget(root.clone());
        }
        Yard { template, judge, dice: Dice::new(seed), script, number: 0, root }
    }

    /// Copies a repository of the template: `hooked`, `plain` or `hub.git`.
    pub(crate) fn copy(&mut self, kind: &str, name: &str) -> Place {
        let repo = self.root.beside(name);
        self.template.put(kind, repo.path());
        self.script.say(format!("cp -R {kind} {name}"));
        self.place(name)
    }

    /// Copies the hub. All its objects are also in a clone.
    pub(crate) fn hub(&mut self) -> Place {
        let repo = self.root.beside("hub.git");
        self.template.put("hub.git", repo.path());
        self.script.say("cp -R hub.git .".to_owned());
        Place { name: "hub.git".to_owned(), repo }
    }

    /// Makes a clone of another place with these options, with hooks.
    pub(crate) fn clone_of(&mut self, from: &str, name: &str, options: &[&str]) -> Outcome<Place> {
        let nowhere = Place { name: ".".to_owned(), repo: self.root.beside("") };
        let url = format!("file://{}", self.root.root().join(from).display());
        let words = ["clone", "-q", "-o", "hub"];
        self.must(&nowhere, &[&words[..], options, &[&url, name]].concat())?;
        let place = self.place(name);
        self.idhooks(&place, &["-q", "install"])?;
        Ok(place)
    }

    /// Returns a directory of the history whose objects the judge reads, too.
    pub(crate) fn place(&mut self, name: &str) -> Place {
        let repo = self.root.beside(name);
        let git = if repo.exists(".git") { ".git/objects" } else { "objects" };
        let objects = repo.path().join(git);
        self.judge.store.borrow(objects.to_str().expect("a plain name"));
        Place { name: name.to_owned(), repo }
    }

    /// Makes an empty repository.
    pub(crate) fn empty(&mut self, name: &str) -> Outcome<Place> {
        let nowhere = Place { name: ".".to_owned(), repo: self.root.beside("") };
        self.must(&nowhere, &["init", "-q", "-b", "main", name])?;
        Ok(self.place(name))
    }

    /// Returns the next number.
    pub(crate) fn next(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    /// Runs git, without checking the result.
    pub(crate) fn git(&mut self, place: &Place, words: &[&str]) -> Answer {
        self.script.say(format!("in {} git {}", place.name, command(words)));
        let words = words.iter().map(Into::into).collect::<Vec<_>>();
        let answer = place.repo.try_git(words);
        Answer { ok: answer.succeeded(), text: answer.stdout() + &answer.stderr() }
    }

    /// Runs git, which must succeed.
    pub(crate) fn must(&mut self, place: &Place, words: &[&str]) -> Outcome<String> {
        let answer = self.git(place, words);
        let refused = || format!("git {} refused:\n{}", command(words), answer.text);
        if answer.ok { Ok(answer.text.clone()) } else { Err(refused()) }
    }

    /// Runs git for a question that is not part of the script.
    pub(crate) fn ask(&self, place: &Place, words: &[&str]) -> String {
        let words = words.iter().map(Into::into).collect::<Vec<_>>();
        place.repo.try_git(words).stdout().trim_end().to_owned()
    }

    /// Returns the commit that a name stands for.
    pub(crate) fn rev(&self, place: &Place, name: &str) -> String {
        self.ask(place, &["rev-parse", "-q", "--verify", &format!("{name}^{{commit}}")])
    }

    /// Runs idhooks, which must succeed.
    pub(crate) fn idhooks(&mut self, place: &Place, words: &[&str]) -> Outcome<String> {
        let answer = self.try_idhooks(place, words);
        let refused = || format!("idhooks {} refused:\n{}", command(words), answer.text);
        if answer.ok { Ok(answer.text.clone()) } else { Err(refused()) }
    }

    /// Runs idhooks, without checking the result.
    pub(crate) fn try_idhooks(&mut self, place: &Place, words: &[&str]) -> Answer {
        self.script.say(format!("in {} idhooks {}", place.name, command(words)));
        let words = words.iter().map(Into::into).collect::<Vec<_>>();
        let answer = place.repo.idhooks(words);
        Answer { ok: answer.succeeded(), text: answer.stdout() + &answer.stderr() }
    }

    /// Notes a line of shell that the simulator itself carries out.
    pub(crate) fn shell(&mut self, place: &Place, line: &str) {
        self.script.say(format!("in {} sh -c {}", place.name, command(&[line])));
    }

    /// Writes a working file.
    pub(crate) fn write(&mut self, place: &Place, path: &str, text: &str) {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let line = format!("mkdir -p {folder}; printf '%s\\n' '{}' >{path}", text.trim_end());
        self.shell(place, &line);
        place.repo.write(path, text);
    }

    /// Judges what is new at HEAD.
    pub(crate) fn look(&mut self, place: &Place, demand: Demand) -> Outcome {
        self.judge.look(&self.rev(place, "HEAD"), demand)
    }

    /// Commits all changes with a subject of its own, without hooks if the demand is free.
    pub(crate) fn commit(&mut self, place: &Place, demand: Demand) -> Outcome {
        let subject = self.subject();
        self.commit_as(place, &subject, demand)
    }

    /// Returns the subject of the next commit.
    pub(crate) fn subject(&mut self) -> String {
        format!("work {}", self.next())
    }

    /// Commits all changes.
    pub(crate) fn commit_as(&mut self, place: &Place, subject: &str, demand: Demand) -> Outcome {
        self.must(place, &["add", "-A"])?;
        let words = ["commit", "-q", "--allow-empty", "-m", subject];
        let free: &[&str] = if demand == Demand::Free { &["--no-verify"] } else { &[] };
        self.must(place, &[&words[..], free].concat())?;
        self.look(place, demand)
    }

    /// Asserts that nothing is left over and in progress.
    pub(crate) fn clean(&mut self, place: &Place) -> Outcome {
        let left = self.ask(place, &["status", "--porcelain", "--untracked-files=all"]);
        match left.is_empty() {
            true => Ok(()),
            false => Err(format!("{} is not clean:\n{left}", place.name)),
        }
    }
}

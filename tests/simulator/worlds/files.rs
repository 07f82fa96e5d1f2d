//! Changes files of a working tree.

use crate::judge::View;
use crate::simulator::team::Outcome;
use crate::simulator::template::text;

use super::judge::Demand;
use super::promise::holders;
use super::yard::{Place, Yard};

const FOLDERS: [&str; 4] = ["data", "docs", "lib/core", "new"];

/// What a person does to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    AddSmall,
    Copy,
    Edit,
    Move,
    MoveAndEdit,
    MoveOver,
    Delete,
    Recreate,
    ExchangeContents,
}

impl Change {
    const ALL: [Change; 14] = [
        Change::Add,
        Change::Add,
        Change::AddSmall,
        Change::Copy,
        Change::Edit,
        Change::Edit,
        Change::Move,
        Change::Move,
        Change::Move,
        Change::MoveAndEdit,
        Change::MoveOver,
        Change::Delete,
        Change::Recreate,
        Change::ExchangeContents,
    ];
}

impl Yard<'_> {
    /// Makes one to three changes.
    pub(crate) fn change(&mut self, place: &Place) -> Outcome {
        for _ in 0..=self.dice.roll(3) {
            let change = *self.dice.choose(&Change::ALL);
            self.change_once(place, change)?;
        }
        Ok(())
    }

    /// Makes one change; an addition where there are hardly any files.
    pub(crate) fn change_once(&mut self, place: &Place, change: Change) -> Outcome {
        let files = self.files(place);
        if files.len() < 5 || change == Change::Add {
            self.add(place, 12);
            self.must(place, &["add", "-A"])?;
            return Ok(());
        }
        let file = self.dice.choose(&files).clone();
        let other = self.dice.choose(&files).clone();
        match change {
            Change::Add => {}
            Change::AddSmall => {
                let new = self.free_path();
                let number = self.next();
                self.write(place, &new, &format!("tiny {number}\n"));
            }
            Change::Copy => {
                let new = self.free_path();
                let bytes = String::from_utf8_lossy(&place.repo.read(&file)).into_owned();
                self.write(place, &new, &bytes);
            }
            Change::Edit => self.edit(place, &file),
            Change::Move | Change::MoveAndEdit => {
                let new = self.free_path();
                self.move_file(place, &file, &new)?;
                if change == Change::MoveAndEdit {
                    self.edit(place, &new);
                }
            }
            Change::MoveOver => {
                if file != other {
                    self.must(place, &["mv", "-f", &file, &other])?;
                }
            }
            Change::Delete => {
                self.must(place, &["rm", "-q", "-f", &file])?;
            }
            Change::Recreate => {
                let number = self.next();
                self.write(place, &file, &text(&format!("born-{number}"), 12));
            }
            Change::ExchangeContents => {
                let read =
                    |path: &str| String::from_utf8_lossy(&place.repo.read(path)).into_owned();
                let (one, two) = (read(&file), read(&other));
                self.write(place, &file, &two);
                self.write(place, &other, &one);
            }
        }
        self.must(place, &["add", "-A"])?;
        Ok(())
    }

    /// Returns the files of the index that are also in the working tree, except those of idhooks.
    pub(crate) fn files(&self, place: &Place) -> Vec<String> {
        let own = [".idhooks/", "idhooks.toml", ".gitattributes"];
        let list = self.ask(place, &["ls-files"]);
        let files = list.lines().filter(|path| !own.iter().any(|own| path.contains(own)));
        let files = files.filter(|path| place.repo.path().join(path).is_file());
        files.map(String::from).collect()
    }

    /// Returns a path that no file ever had.
    pub(crate) fn free_path(&mut self) -> String {
        let folder = *self.dice.choose(&FOLDERS);
        let kind = *self.dice.choose(&["md", "py", "txt"]);
        format!("{folder}/f{}.{kind}", self.next())
    }

    /// Adds a file with this number of lines.
    pub(crate) fn add(&mut self, place: &Place, lines: usize) -> String {
        let path = self.free_path();
        let number = self.next();
        self.write(place, &path, &text(&format!("born-{number}"), lines));
        path
    }

    /// Appends a note to one of the lines.
    pub(crate) fn edit(&mut self, place: &Place, path: &str) {
        let note = format!("edit-{}", self.next());
        let old = String::from_utf8_lossy(&place.repo.read(path)).into_owned();
        let mut lines: Vec<String> = old.lines().map(String::from).collect();
        if lines.is_empty() {
            lines.push(String::new());
        }
        let line = self.dice.roll(lines.len());
        lines[line] = format!("{} {note}", lines[line]);
        self.shell(place, &format!("sed -i '{}s/$/ {note}/' {path}", line + 1));
        place.repo.write(path, lines.join("\n") + "\n");
    }

    /// Moves a file with `git mv`.
    pub(crate) fn move_file(&mut self, place: &Place, from: &str, to: &str) -> Outcome {
        let parent = place.repo.path().join(to);
        let parent = parent.parent().expect("a file has a directory");
        std::fs::create_dir_all(parent).expect("a directory can be made");
        self.must(place, &["mv", "-f", from, to])?;
        Ok(())
    }

    /// Two or three files change places by `idhooks mv`, as part of the commit with this subject.
    pub(crate) fn swap_by_command(&mut self, place: &Place, subject: &str) -> Outcome {
        let files = self.files(place);
        let before = holders(&View::of(&place.repo, "HEAD"));
        let mut chosen: Vec<String> = Vec::new();
        for _ in 0..2 + self.dice.roll(2) {
            let file = self.dice.choose(&files).clone();
            if !chosen.contains(&file) && before.contains_key(file.as_bytes()) {
                chosen.push(file);
            }
        }
        let [first, .., last] = chosen.as_slice() else { return Ok(()) };
        let free = "swapped.tmp";
        self.idhooks(place, &["-q", "mv", last, free])?;
        for pair in chosen.windows(2).rev() {
            self.idhooks(place, &["-q", "mv", &pair[0], &pair[1]])?;
        }
        self.idhooks(place, &["-q", "mv", free, first])?;
        let said = self.judge.commands.note(subject);
        for (to, from) in chosen.iter().zip(std::iter::once(last).chain(&chosen)) {
            let origin = before[from.as_bytes()].clone();
            said.given.insert(to.as_bytes().to_vec(), origin);
        }
        self.judge.counts.note("swaps by idhooks mv");
        Ok(())
    }

    /// A file gets the identity of another one by `idhooks assign`.
    pub(crate) fn assign(&mut self, place: &Place, subject: &str) -> Outcome {
        let files = self.files(place);
        let (from, to) = (self.dice.choose(&files).clone(), self.dice.choose(&files).clone());
        let before = holders(&View::of(&place.repo, "HEAD"));
        let (Some(origin), true) =
            (before.get(from.as_bytes()), before.contains_key(to.as_bytes()))
        else {
            return Ok(());
        };
        if from == to {
            return Ok(());
        }
        self.idhooks(place, &["-q", "assign", &from, &to])?;
        let said = self.judge.commands.note(subject);
        said.given.insert(to.into_bytes(), origin.clone());
        said.taken.insert(from.into_bytes());
        self.judge.counts.note("assigns");
        Ok(())
    }
}

impl Yard<'_> {
    /// Exchanges two files by three commits, each of which renames one of them.
    pub(crate) fn swap_by_renames(
        &mut self,
        place: &Place,
        [one, two]: [&str; 2],
        demand: Demand,
    ) -> Outcome {
        if one == two {
            return Ok(());
        }
        let aside = self.free_path();
        for (from, to) in [(one, aside.as_str()), (two, one), (&aside, two)] {
            self.move_file(place, from, to)?;
            if self.dice.roll(4) == 0 {
                self.edit(place, to);
            }
            self.commit(place, demand)?;
        }
        self.judge.counts.note("swaps by three renames");
        Ok(())
    }

    /// Two commits without hooks delete a file and write another one, or exchange two files by renames, so
    /// that the registry fits again.
    pub(crate) fn put_back(&mut self, place: &Place) -> Outcome {
        let files = self.files(place);
        let (one, two) = (self.dice.choose(&files).clone(), self.dice.choose(&files).clone());
        if self.dice.roll(2) == 0 {
            return self.swap_by_renames(place, [&one, &two], Demand::Free);
        }
        self.must(place, &["rm", "-q", "-f", &one])?;
        self.commit(place, Demand::Free)?;
        let number = self.next();
        self.write(place, &one, &text(&format!("born-{number}"), 12));
        self.commit(place, Demand::Free)?;
        self.judge.counts.note("files put back as others");
        Ok(())
    }
}

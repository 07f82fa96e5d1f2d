//! Changes files of a working tree as people do.

use crate::simulator::team::{Outcome, Team};
use crate::simulator::template::text;

const FOLDERS: [&str; 7] = ["data", "docs", "docs/deep", "lib/core", "src", "src/core", "new"];
const NAMES: [&str; 6] = ["alpha", "beta", "gamma", "delta", "odd name's", "omega"];
const KINDS: [&str; 3] = ["md", "py", "txt"];

impl Team {
    /// Makes one to three changes.
    pub(crate) fn change(&mut self, m: usize) -> Outcome {
        for _ in 0..=self.dice.roll(6) / 2 {
            self.change_once(m);
        }
        self.must(m, &["add", "-A"])?;
        Ok(())
    }

    fn change_once(&mut self, m: usize) {
        let files = self.working_files(m);
        if files.len() < 3 {
            return self.create(m);
        }
        let file = self.dice.choose(&files).clone();
        match self.dice.roll(16) {
            0..=3 => self.create(m),
            4..=6 => self.edit(m, &file),
            7 | 8 => self.rename(m, &file, false),
            9 | 10 => self.rename(m, &file, true),
            11 => self.move_folder(m, &file),
            12 => self.copy(m, &file),
            13 => {
                self.copy(m, &file);
                self.edit(m, &file);
            }
            14 => self.delete(m, &file),
            _ => {
                let other = self.dice.choose(&files).clone();
                self.swap(m, &file, &other);
            }
        }
    }

    /// Returns the files of HEAD that are still there.
    fn working_files(&mut self, m: usize) -> Vec<String> {
        let files = self.files(m);
        let repo = &self.members[m].repo;
        files.into_iter().filter(|path| repo.path().join(path).is_file()).collect()
    }

    fn shell(&mut self, m: usize, line: &str) {
        let name = &self.members[m].name;
        self.script.say(format!("in {name} sh -c {}", crate::simulator::script::command(&[line])));
    }

    /// Returns a path that may be there already, or have been.
    fn some_path(&mut self) -> String {
        let folder = *self.dice.choose(&FOLDERS);
        let (name, kind) = (*self.dice.choose(&NAMES), *self.dice.choose(&KINDS));
        format!("{folder}/{name}.{kind}")
    }

    /// Returns a path without a file, except in rare cases.
    fn free_path(&mut self, m: usize) -> String {
        let mut path = self.some_path();
        for _ in 0..8 {
            if !self.members[m].repo.exists(&path) {
                break;
            }
            path = self.some_path();
        }
        path
    }

    fn create(&mut self, m: usize) {
        let path = self.free_path(m);
        if self.members[m].repo.exists(&path) {
            return;
        }
        self.births += 1;
        let (birth, lines) = match self.dice.roll(12) {
            0 => ("born-shared".to_owned(), 10),
            1 => (format!("born-{}", self.births), 1),
            2 => (String::new(), 0),
            _ => (format!("born-{}", self.births), 12),
        };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        self.shell(
            m,
            &format!("mkdir -p '{folder}'; seq -f '{birth} line %g' {lines} >\"{path}\""),
        );
        self.members[m].repo.write(&path, text(&birth, lines));
    }

    /// Changes a line, or adds one at the end or at the beginning.
    fn edit(&mut self, m: usize, path: &str) {
        self.births += 1;
        let note = format!("edit-{}", self.births);
        let Ok(old) = std::fs::read(self.members[m].repo.path().join(path)) else { return };
        let old = String::from_utf8_lossy(&old).into_owned();
        let mut lines: Vec<String> = old.lines().map(String::from).collect();
        let place = self.dice.roll(lines.len().max(1));
        match self.dice.roll(4) {
            0 if !lines.is_empty() => {
                self.shell(m, &format!("sed -i '1i {note}' \"{path}\""));
                lines.insert(0, note);
            }
            1 | 2 if !lines.is_empty() => {
                self.shell(m, &format!("sed -i '{}s/$/ {note}/' \"{path}\"", place + 1));
                lines[place].push_str(&format!(" {note}"));
            }
            _ => {
                self.shell(m, &format!("echo '{note}' >>\"{path}\""));
                lines.push(note);
            }
        }
        self.members[m].repo.write(path, lines.join("\n") + "\n");
    }

    fn rename(&mut self, m: usize, from: &str, edited: bool) {
        let to = self.free_path(m);
        if self.shift(m, from, &to) && edited {
            self.edit(m, &to);
        }
    }

    /// Moves a file or folder in the working tree, where nothing is in the way.
    fn shift(&mut self, m: usize, from: &str, to: &str) -> bool {
        let repo = &self.members[m].repo;
        let (old, new) = (repo.path().join(from), repo.path().join(to));
        let parent = new.parent().expect("a path has a parent").to_path_buf();
        if new.exists() || !old.exists() || std::fs::create_dir_all(&parent).is_err() {
            return false;
        }
        let done = std::fs::rename(old, new).is_ok();
        if done {
            let folder = to.rsplit_once('/').map_or(".", |(folder, _)| folder);
            self.shell(m, &format!("mkdir -p \"{folder}\"; mv \"{from}\" \"{to}\""));
        }
        done
    }

    fn move_folder(&mut self, m: usize, file: &str) {
        let folder = file.rsplit_once('/').map_or("src", |(folder, _)| folder).to_owned();
        let name = *self.dice.choose(&["moved", "src2", "docs", "new/inner"]);
        self.shift(m, &folder, name);
    }

    fn copy(&mut self, m: usize, from: &str) {
        let to = self.free_path(m);
        let repo = &self.members[m].repo;
        if repo.exists(&to) || !repo.exists(from) {
            return;
        }
        let bytes = repo.read(from);
        repo.write(&to, bytes);
        let folder = to.rsplit_once('/').map_or(".", |(folder, _)| folder);
        self.shell(m, &format!("mkdir -p \"{folder}\"; cp \"{from}\" \"{to}\""));
    }

    fn delete(&mut self, m: usize, path: &str) {
        if self.members[m].repo.exists(path) {
            self.members[m].repo.remove(path);
            self.shell(m, &format!("rm \"{path}\""));
        }
    }

    /// Swaps two files: git sees both as edited.
    fn swap(&mut self, m: usize, one: &str, other: &str) {
        if one != other && self.shift(m, one, "swap") {
            self.shift(m, other, one);
            self.shift(m, "swap", other);
        }
    }
}

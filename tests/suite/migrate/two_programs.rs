//! Random histories while the legacy file leads: idhooks commits, and another program edits the file, on
//! two branches, with and without the hooks. No edit is ever lost. `IDHOOKS_SEEDS` sets how many of each form.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{assert_clean, content};
use crate::common::{Dice, Git, Repo, cases, each_seed, for_each_git, text};

const FILES: usize = 12;
const STEPS: usize = 24;
/// How many histories there are of each form by default, and with `IDHOOKS_TEST_ALL=1`.
const SEEDS: [u64; 2] = [1, 12];

/// How the other program reads and writes its file.
#[derive(Debug, Clone, Copy)]
enum Form {
    Classic,
    Jsonl,
    Csv,
}

const REGISTRY: &str = ".idhooks/registry.json";

/// Where the other program adds files.
const ADDED: &str = "docs/added-";

/// What the other program writes.
const OWNERS: [&str; 3] = ["none", "ann", "bob"];

/// Returns the identities of the files in a registry.
fn ids(registry: Option<Vec<u8>>) -> Fields {
    let registry: Value = serde_json::from_slice(&registry.expect("it")).expect("JSON");
    let records = registry["allocations"].as_array().expect("records").iter();
    let pair = |record: &Value| {
        ["file_path", "id"].map(|name| record[name].as_str().expect("text").to_owned()).into()
    };
    records.filter(|record| record["status"] == "active").map(pair).collect()
}

/// A record as the other program sees it, its fields by name; or the owners of records.
type Fields = BTreeMap<String, String>;

/// Returns by what an edited record is found again: the identity that it had from the beginning, or, of
/// one that was added, the path, since two branches may have given it a number that only one can have.
fn name_of(id: &str, path: &str) -> String {
    if path.starts_with(ADDED) { path.to_owned() } else { id.to_owned() }
}

impl Form {
    fn path(self) -> &'static str {
        match self {
            Form::Classic => "registry/ids.json",
            Form::Jsonl => "registry/ids.jsonl",
            Form::Csv => "registry/ids.csv",
        }
    }

    /// Returns the file as it was before idhooks.
    fn original(self, paths: &[String]) -> String {
        let records = paths.iter().enumerate().map(|(n, path)| {
            let (id, at) = (format!("0110000{:03}250101", n + 1), "2025-01-01T10:00:00");
            match self {
                Form::Csv => format!("none,{path},{id},{at},active"),
                Form::Classic | Form::Jsonl => format!(
                    r#"{{"id":"{id}","file_path":"{path}","allocated_at":"{at}","status":"active","owner":"none","metadata":{{}}}}"#
                ),
            }
        });
        let records: Vec<String> = records.collect();
        match self {
            Form::Csv => format!("owner,path,id,allocated_at,status\n{}\n", records.join("\n")),
            Form::Jsonl => records.join("\n") + "\n",
            Form::Classic => format!(
                r#"{{"schema_version":"1.0","scope":"250101","counters":{{}},"metadata":{{}},"allocations":[{}]}}"#,
                records.join(",\n")
            ),
        }
    }

    /// Returns the owners, see [`name_of`].
    fn owners(self, text: &[u8]) -> Fields {
        let text = std::str::from_utf8(text).expect("text");
        let pair = |record: &Value| {
            let owner = record["owner"].as_str().unwrap_or("none");
            let of = |name: &str| record[name].as_str().expect("text");
            (name_of(of("id"), of("file_path")), owner.to_owned())
        };
        match self {
            Form::Classic => {
                let whole: Value = serde_json::from_str(text).expect("JSON");
                whole["allocations"].as_array().expect("records").iter().map(pair).collect()
            }
            Form::Jsonl => {
                text.lines().map(|line| pair(&serde_json::from_str(line).expect("JSON"))).collect()
            }
            Form::Csv => {
                let mut reader = csv::Reader::from_reader(text.as_bytes());
                let rows = reader.deserialize().map(|row| row.expect("a row"));
                rows.map(|mut row: Fields| {
                    (name_of(&row["id"], &row["path"]), row.remove("owner").expect("it"))
                })
                .collect()
            }
        }
    }

    /// Returns the file with another owner of a record, otherwise as it is.
    fn with_owner(self, text: &[u8], name: &str, owner: &str) -> String {
        let text = std::str::from_utf8(text).expect("text");
        let set = |record: &mut Value| {
            if record["id"] == name || record["file_path"] == name {
                record["owner"] = owner.into();
            }
        };
        match self {
            Form::Classic => {
                let mut whole: Value = serde_json::from_str(text).expect("JSON");
                whole["allocations"].as_array_mut().expect("records").iter_mut().for_each(set);
                serde_json::to_string_pretty(&whole).expect("JSON")
            }
            Form::Jsonl => {
                let line = |line: &str| {
                    let mut record = serde_json::from_str(line).expect("JSON");
                    set(&mut record);
                    format!("{record}\n")
                };
                text.lines().map(line).collect()
            }
            Form::Csv => {
                let mut reader = csv::Reader::from_reader(text.as_bytes());
                let head = reader.headers().expect("a head").clone();
                let place = |name: &str| head.iter().position(|own| own == name).expect("a column");
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.write_record(&head).expect("memory");
                for row in reader.records().map(|row| row.expect("a row")) {
                    let is_it = &row[place("id")] == name || &row[place("path")] == name;
                    let cells = row.iter().enumerate();
                    let cell = |(n, cell)| if is_it && n == place("owner") { owner } else { cell };
                    writer.write_record(cells.map(cell)).expect("memory");
                }
                String::from_utf8(writer.into_inner().expect("memory")).expect("text")
            }
        }
    }

    /// Returns the number that the other program gives next: one more than the last that it gave.
    fn next_number(self, text: &[u8]) -> usize {
        let text = std::str::from_utf8(text).expect("text");
        let given = text.match_indices("0110000").filter_map(|(at, _)| {
            text.get(at + 7..at + 10)?.parse().ok().filter(|number| *number >= 500)
        });
        given.max().map_or(500, |last: usize| last + 1)
    }

    /// Returns the file with a record more.
    fn with_record(self, text: &[u8], [id, path, owner]: [&str; 3]) -> String {
        let text = std::str::from_utf8(text).expect("text");
        let at = "2026-01-01T10:00:00";
        let record = serde_json::json!({
            "id": id, "file_path": path, "allocated_at": at, "status": "active", "owner": owner,
            "metadata": {}
        });
        match self {
            Form::Classic => {
                let mut whole: Value = serde_json::from_str(text).expect("JSON");
                whole["allocations"].as_array_mut().expect("records").push(record);
                serde_json::to_string_pretty(&whole).expect("JSON")
            }
            Form::Jsonl => format!("{text}{record}\n"),
            Form::Csv => {
                let head = text.lines().next().expect("a head").split(',');
                let cells = head.map(|name| match name {
                    "path" => path,
                    name => record[name].as_str().unwrap_or_default(),
                });
                format!("{text}{}\n", cells.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// A history of both programs.
struct Walk {
    repo: Repo,
    form: Form,
    dice: Dice,
    /// The branch that is checked out.
    branch: &'static str,
    /// The branch on which each record was edited.
    given: BTreeMap<String, &'static str>,
    /// The owners that the other program gave, by branch.
    on: BTreeMap<&'static str, Fields>,
    /// The record of each commit that has such an edit.
    edited: BTreeMap<String, String>,
    trace: Vec<String>,
}

impl Walk {
    fn new(git: &Git, form: Form, seed: u64) -> Walk {
        let date = "1800000000 +0000";
        let repo = Repo::empty(git).with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date);
        let paths: Vec<String> = (0..FILES).map(|n| format!("docs/file-{n}.md")).collect();
        for path in &paths {
            repo.write(path, text(path));
        }
        repo.write(form.path(), form.original(&paths));
        repo.run("add -A");
        repo.commit("files");
        repo.run("branch side");
        // Each form has histories of its own.
        let mut dice = Dice::new(3 * seed + form as u64);
        // The other branch knows the first step, or goes on without it.
        let is_late = dice.roll(2) == 0;
        repo.idhooks(["migrate", "run", "--from", form.path()]).ok().done();
        repo.idhooks("install").ok().done();
        // A clone that was installed before the first step may not have the driver.
        let is_installed = dice.roll(2) == 0;
        if !is_installed {
            repo.write(".git/info/attributes", "");
        }
        if !is_late {
            repo.run("branch -f side");
        }
        Walk {
            repo,
            form,
            dice,
            branch: "main",
            given: BTreeMap::new(),
            on: BTreeMap::new(),
            edited: BTreeMap::new(),
            trace: vec![format!("late: {is_late}, installed: {is_installed}")],
        }
    }

    fn step(&mut self, number: usize) {
        let repo = &self.repo;
        let choice = self.dice.roll(13);
        self.trace.push(format!("{number}: {choice} on {}", self.branch));
        match choice {
            0..=3 => self.edit(number),
            4 => {
                repo.stage(format!("docs/new-{number}.md"), text(&number.to_string()));
                repo.commit("a new file");
            }
            5 => {
                // The branches move different files.
                let n = self.dice.roll(FILES / 2) * 2 + usize::from(self.branch == "side");
                let file = format!("docs/file-{n}.md");
                if repo.exists(&file) {
                    repo.run(["mv", &file, &format!("docs/moved-{n}.md")]);
                    repo.commit("a move");
                }
            }
            6..=7 => self.switch(),
            8 => {
                self.merge(self.other());
                self.take_over();
            }
            9 => self.pick(),
            10 => self.add(number),
            _ if self.branch == "side" => {
                repo.run("rebase -q main");
                self.take_over();
            }
            _ => {}
        }
        self.assert_nothing_is_lost();
    }

    /// Merges a branch. On a branch from before the first step, git does not know the driver.
    fn merge(&self, other: &str) {
        let Walk { repo, form, .. } = self;
        if !repo.try_git(["merge", "-q", "--no-edit", other]).succeeded() {
            assert_eq!(repo.ask("diff --name-only --diff-filter=U"), form.path());
            repo.idhooks("resolve").ok().done();
            let mut resolved = ids(content(repo, "", REGISTRY));
            repo.run("commit -q --no-edit");
            let mut committed = ids(content(repo, "HEAD", REGISTRY));
            // The commit follows moves, and has the new files.
            let paths = committed.clone();
            resolved.retain(|path, _| paths.contains_key(path));
            committed.retain(|path, _| resolved.contains_key(path));
            assert_eq!(committed, resolved, "{:#?}", self.trace);
        }
    }

    /// Notes that this branch has the edits of the other one, too.
    fn take_over(&mut self) {
        let mut theirs = self.on.get(self.other()).cloned().unwrap_or_default();
        theirs.retain(|id, _| self.given[id] != self.branch);
        self.on.entry(self.branch).or_default().extend(theirs);
    }

    /// Asserts that the branch has all edits that were made on it or on what it contains.
    fn assert_nothing_is_lost(&self) {
        let Walk { repo, form, trace, .. } = self;
        let owners = form.owners(&content(repo, "HEAD", form.path()).expect("the legacy file"));
        for (id, owner) in self.on.get(self.branch).into_iter().flatten() {
            assert_eq!(owners.get(id), Some(owner), "{id} {trace:#?}\n{}", repo.situation());
        }
    }

    /// Edits a record as the other program does, with or without the hooks. Each record is edited on one
    /// branch, also back to what it was.
    fn edit(&mut self, number: usize) {
        let before = self.repo.read(self.form.path());
        let owners = self.form.owners(&before);
        let is_own = |id: &&String| self.given.get(*id).is_none_or(|given| *given == self.branch);
        let free: Vec<&String> = owners.keys().filter(is_own).collect();
        let Some(id) = (!free.is_empty()).then(|| (*self.dice.choose(&free)).clone()) else {
            return;
        };
        let others: Vec<&str> = OWNERS.into_iter().filter(|owner| owners[&id] != *owner).collect();
        let owner = (*self.dice.choose(&others)).to_owned();
        self.repo.stage(self.form.path(), self.form.with_owner(&before, &id, &owner));
        let without = if self.dice.roll(2) == 0 { "--no-verify" } else { "--verify" };
        self.trace.push(format!("{number}: {id} = {owner} {without}"));
        self.repo.run(["commit", "-q", "-m", "edited", without]);
        self.on.entry(self.branch).or_default().insert(id.clone(), owner);
        self.edited.insert(self.repo.rev("HEAD"), id.clone());
        self.given.insert(id, self.branch);
    }

    /// Adds a file with its record as the other program does, with or without the hooks.
    fn add(&mut self, number: usize) {
        let before = self.repo.read(self.form.path());
        let id = format!("0110000{:03}250101", self.form.next_number(&before));
        let path = format!("{ADDED}{number}.md");
        let (file, legacy) = (text(&path), self.form.with_record(&before, [&id, &path, "ann"]));
        let mut parts = [(path.as_str(), file.as_str()), (self.form.path(), &legacy)];
        let order = self.dice.roll(3);
        if order == 2 {
            parts.reverse();
        }
        for (n, (name, content)) in parts.into_iter().enumerate() {
            if n == 1 || order > 0 {
                // As the other program left it, also if a commit has written the legacy file since.
                self.repo.stage(name, content);
            }
            let without = if self.dice.roll(2) == 0 { "--no-verify" } else { "--verify" };
            self.trace.push(format!("{number}: {id} added for {path}: {name} {without}"));
            if n == 0 && order == 0 {
                self.repo.stage(name, content);
            } else {
                self.repo.run(["commit", "-q", "-m", "added", without]);
            }
        }
        self.on.entry(self.branch).or_default().insert(path.clone(), "ann".to_owned());
        self.given.insert(path, self.branch);
    }

    /// Picks the last commit of the other branch, if it is an edit that this branch does not have.
    fn pick(&mut self) {
        let other = self.other();
        let Some(id) = self.edited.get(&self.repo.rev(other)).cloned() else { return };
        if !self.form.owners(&self.repo.read(self.form.path())).contains_key(&id) {
            // The edit of a record whose file is not on this branch.
            return;
        }
        let owner = self.on[other][&id].clone();
        let own = self.on.entry(self.branch).or_default();
        if own.contains_key(&id) || !self.repo.exists(REGISTRY) {
            return;
        }
        own.insert(id.clone(), owner);
        // What two branches have is edited by none any more.
        self.given.insert(id, "");
        self.repo.run(["cherry-pick", other]);
    }

    fn other(&self) -> &'static str {
        if self.branch == "main" { "side" } else { "main" }
    }

    fn switch(&mut self) {
        self.branch = self.other();
        self.repo.run(["switch", "-q", self.branch]);
    }

    /// Merges both branches, and asserts that every edit is there, on both sides.
    fn finish(mut self) {
        if self.branch == "side" {
            self.switch();
        }
        self.merge("side");
        self.trace.push("the last one".to_owned());
        self.take_over();
        self.assert_nothing_is_lost();
        let repo = &self.repo;
        repo.stage("docs/last.md", text("last"));
        repo.commit("the last one");
        self.assert_nothing_is_lost();
        assert_eq!(self.on.get("main").map_or(0, Fields::len), self.given.len());
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --strict --rev HEAD").ok().done();
        assert_clean(repo);
    }
}

fn walk(form: Form, seed: u64) {
    for_each_git(|git| {
        let mut walk = Walk::new(git, form, seed);
        (0..STEPS).for_each(|number| walk.step(number));
        walk.finish();
    });
}

#[test]
fn on_classic_json_no_edit_is_lost() {
    each_seed(cases("IDHOOKS_SEEDS", SEEDS), |seed| walk(Form::Classic, seed));
}

#[test]
fn on_json_lines_no_edit_is_lost() {
    each_seed(cases("IDHOOKS_SEEDS", SEEDS), |seed| walk(Form::Jsonl, seed));
}

#[test]
fn on_a_table_no_edit_is_lost() {
    each_seed(cases("IDHOOKS_SEEDS", SEEDS), |seed| walk(Form::Csv, seed));
}

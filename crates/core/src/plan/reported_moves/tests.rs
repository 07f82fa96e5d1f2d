//! Which evidence outweighs a report, and which commits a report concerns.

use std::collections::BTreeMap;

use crate::check::Parent;
use crate::config::Config;
use crate::plan::{MoveLog, PlanInput, PlanOptions, ReportedMove, plan};
use crate::registry::{BlobId, Entry, Mode, Registry, RepoPath, Timestamp, Tree, key};
use crate::rename::Blobs;

/// Blobs that are named by their content.
#[derive(Default)]
struct FakeBlobs(BTreeMap<BlobId, Vec<u8>>);

impl Blobs for FakeBlobs {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.0.get(&blob).map(|content| content.len() as u64)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.0.get(&blob).cloned()
    }
}

/// A commit to be planned: each file is a path with a letter for its content.
#[derive(Default)]
struct Scenario<'a> {
    /// The files of the parent, whose identities are numbered from 1.
    before: &'a [(&'a str, char)],
    after: &'a [(&'a str, char)],
    /// The reported moves, each with the number of the identity.
    moved: &'a [(u32, &'a str, &'a str)],
    /// The paths in the staged registry that differ, each with the number of the identity.
    staged: &'a [(u32, &'a str)],
    /// Whether files may carry identities: content `1` carries the first one.
    embeds: bool,
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("a path")
}

fn id(number: u32) -> String {
    format!("20999{number:05}260118")
}

fn content(letter: char) -> Vec<u8> {
    match letter.to_digit(10) {
        Some(number) => format!("# doc_id: {}\nx = {number}\n", id(number)).into_bytes(),
        None => format!("a line of {letter} and of nothing else\n{letter}{letter}\n").into_bytes(),
    }
}

fn tree(files: &[(&str, char)], contents: &mut FakeBlobs) -> Tree {
    let entry = |(at, letter): &(&str, char)| {
        let blob: BlobId = format!("{:040x}", u32::from(*letter)).parse().expect("a blob id");
        contents.0.insert(blob, content(*letter));
        (path(at), Entry { mode: Mode::Regular, blob })
    };
    files.iter().map(entry).collect()
}

fn registry(paths: &[&str]) -> Registry {
    let record = |(number, at): (usize, &&str)| {
        let (number, id) = (number + 1, id(u32::try_from(number).expect("small") + 1));
        format!(
            r#"{{"id":"{id}","file_path":"{at}","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{{"origin":"{number:016x}"}}}}"#
        )
    };
    let records: Vec<String> = paths.iter().enumerate().map(record).collect();
    let text = format!(
        r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"allocations":[{}]}}"#,
        records.join(",")
    );
    Registry::parse(text.as_bytes()).expect("valid")
}

impl Scenario<'_> {
    /// Plans the commit; returns the paths of the active identities of the parent, `-` for others.
    fn paths(&self) -> Vec<String> {
        let after = self.planned();
        let shown = |number: usize| {
            let id = id(u32::try_from(number).expect("small")).parse().expect("an identity");
            let mut active = after.active().filter(|record| record.id == id);
            active.next().map_or("-".to_owned(), |record| record.path.to_string())
        };
        (1..=self.before.len()).map(shown).collect()
    }

    fn planned(&self) -> Registry {
        let mut contents = FakeBlobs::default();
        let [old, new] = [self.before, self.after].map(|files| tree(files, &mut contents));
        let paths: Vec<&str> = self.before.iter().map(|(at, _)| *at).collect();
        let before = registry(&paths);
        let mut staged = before.clone();
        for (number, to) in self.staged {
            let record = &mut staged.allocations[*number as usize - 1];
            record.set_text(key::MOVED_FROM, record.path.to_string());
            record.path = path(to);
        }
        let mut log = MoveLog::default();
        for (number, from, to) in self.moved {
            let (at, id) = (Timestamp::EPOCH, id(*number).parse().expect("an identity"));
            log.add(ReportedMove { at, from: path(from), to: path(to), id });
        }
        let embed = if self.embeds { "[[embed]]\npath = [\"**\"]\n" } else { "" };
        let situation = PlanInput {
            config: &Config::parse(embed).expect("valid"),
            scope: before.scope,
            index: &new,
            parents: &[Parent { registry: &before, tree: &old }],
            merged: Some(&before),
            base: Some(&before),
            staged: Some(&staged),
            blobs: &contents,
            now: Timestamp::EPOCH,
            options: PlanOptions { moved: Some(&log), ..PlanOptions::default() },
        };
        plan(&situation).expect("room").registry
    }
}

#[test]
fn a_rewritten_file_keeps_its_identity_and_notes_its_old_path() {
    let scenario = Scenario {
        before: &[("a.py", 'a')],
        after: &[("b.py", 'z')],
        moved: &[(1, "a.py", "b.py")],
        ..Scenario::default()
    };
    assert_eq!(scenario.paths(), ["b.py"]);
    let record = &scenario.planned().allocations[0];
    assert_eq!(record.text(key::MOVED_FROM), Some("a.py"));
    assert_eq!(Scenario { moved: &[], ..scenario }.paths(), ["-"]);
}

#[test]
fn it_outweighs_equal_content_and_yields_to_carried_identities_and_commands() {
    let equal = Scenario {
        before: &[("a.py", 'a'), ("x.py", 'x')],
        after: &[("b.py", 'x')],
        moved: &[(1, "a.py", "b.py")],
        ..Scenario::default()
    };
    assert_eq!(equal.paths(), ["b.py", "-"]);
    let elsewhere = Scenario { after: &[("b.py", 'z'), ("c.py", 'a')], ..equal };
    assert_eq!(elsewhere.paths(), ["b.py", "-"]);
    let carried = Scenario {
        before: &[("a.py", 'a'), ("x.py", '2')],
        after: &[("b.py", '2')],
        embeds: true,
        ..equal
    };
    assert_eq!(carried.paths(), ["-", "b.py"]);
    // The moved file's own identity is in another file.
    let own = Scenario {
        before: &[("a.py", '1'), ("x.py", 'x')],
        after: &[("b.py", 'z'), ("c.py", '1'), ("x.py", 'x')],
        ..carried
    };
    assert_eq!(own.paths(), ["c.py", "x.py"]);
    let commanded = Scenario { staged: &[(2, "b.py")], ..equal };
    assert_eq!(commanded.paths(), ["-", "b.py"]);
    let own = Scenario {
        after: &[("b.py", 'z'), ("c.py", 'y'), ("x.py", 'x')],
        staged: &[(1, "c.py")],
        ..equal
    };
    assert_eq!(own.paths(), ["c.py", "x.py"]);
}

#[test]
fn it_counts_only_where_the_old_path_leaves_and_the_new_one_enters() {
    let both = Scenario {
        before: &[("a.py", 'a'), ("x.py", 'x')],
        after: &[("a.py", 'a'), ("b.py", 'z'), ("x.py", 'x')],
        moved: &[(1, "a.py", "b.py")],
        ..Scenario::default()
    };
    assert_eq!(both.paths(), ["a.py", "x.py"]);
    assert_eq!(Scenario { after: &[("x.py", 'x')], ..both }.paths(), ["-", "x.py"]);
    // The new path had a file before.
    let taken = Scenario { after: &[("x.py", 'z')], moved: &[(1, "a.py", "x.py")], ..both };
    assert_eq!(taken.paths(), ["-", "x.py"]);
    // The record has never been at the reported path.
    let other = Scenario { after: &[("b.py", 'z'), ("x.py", 'x')], ..both };
    assert_eq!(Scenario { moved: &[(1, "c.py", "b.py")], ..other }.paths(), ["-", "x.py"]);
    assert_eq!(Scenario { moved: &[(2, "a.py", "b.py")], ..other }.paths(), ["-", "x.py"]);
}

#[test]
fn files_may_take_the_paths_of_files_that_move() {
    let shift = Scenario {
        before: &[("a.py", 'a'), ("b.py", 'b')],
        after: &[("b.py", 'y'), ("c.py", 'z')],
        moved: &[(2, "b.py", "c.py"), (1, "a.py", "b.py")],
        ..Scenario::default()
    };
    assert_eq!(shift.paths(), ["b.py", "c.py"]);
    // Only the second move is in the commit, so that the first one does not free its path.
    let half = Scenario { after: &[("b.py", 'b'), ("c.py", 'z')], ..shift };
    assert_eq!(half.paths(), ["-", "b.py"]);
    let exchange = Scenario {
        after: &[("a.py", 'y'), ("b.py", 'z')],
        moved: &[(1, "a.py", "t"), (2, "b.py", "a.py"), (1, "t", "b.py")],
        ..shift
    };
    assert_eq!(exchange.paths(), ["b.py", "a.py"]);
    let unchanged = Scenario { after: &[("a.py", 'a'), ("b.py", 'b')], ..exchange };
    assert_eq!(unchanged.paths(), ["a.py", "b.py"]);
}

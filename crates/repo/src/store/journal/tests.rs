//! Tests of rolling back a journal, from every state in which a run may have ended.

use std::path::PathBuf;

use idhooks_core::registry::Mode;

use super::*;
use crate::store::{Sharing, file_change};

fn repo_path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes().to_vec()).expect("valid")
}

fn steps() -> Vec<FileStep> {
    let step = |from: &str, to: &str, rewrite: Option<(Option<&str>, &str)>| FileStep {
        from: repo_path(from),
        to: repo_path(to),
        rewrite: rewrite.map(|(before, after)| [before.map(Into::into), Some(after.into())]),
    };
    vec![
        step("moved", "new-moved", None),
        step("both", "new-both", Some((Some("both"), "both, rewritten"))),
        step("kept", "kept", Some((Some("kept"), "kept, rewritten"))),
        step("fresh", "fresh", Some((None, "fresh"))),
    ]
}

/// Makes the steps, as a run does that is not killed.
fn apply(place: &TestPlace, steps: &[FileStep]) -> Result<(), StoreError> {
    let steps = steps.iter().cloned();
    let changes: Vec<FileChange> = steps.flat_map(|step| step.changes(place.top())).collect();
    file_change::apply(&place.scratch(), &changes)
}

/// Returns the names and contents of the files in a directory.
fn files(dir: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> = entries
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("text"))
        })
        .collect();
    files.sort();
    files
}

struct TestPlace(tempfile::TempDir);

impl TestPlace {
    fn new() -> Self {
        let place = TestPlace(tempfile::tempdir().expect("a temporary directory"));
        fs::create_dir(place.git()).expect("writable");
        for name in ["moved", "both", "kept"] {
            fs::write(place.top().join(name), name).expect("writable");
        }
        place
    }

    fn top(&self) -> &Path {
        self.0.path()
    }

    fn git(&self) -> PathBuf {
        self.top().join("git")
    }

    fn state(&self) -> StateDir {
        StateDir::of(self.git(), Sharing::default())
    }

    fn scratch(&self) -> Scratch {
        Scratch::in_dir(self.git())
    }

    fn begin(&self) -> Journal {
        let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().expect("valid");
        let entry = Entry { mode: Mode::Executable, blob };
        let index = vec![IndexStep { path: repo_path("moved"), before: Some(entry), after: None }];
        Journal::begin(&self.state(), &self.scratch(), self.top(), "test", &steps(), index, None)
            .expect("writable")
    }

    fn read(&self, kind: JournalKind) -> Option<Journal> {
        Journal::read(&self.state(), kind).expect("readable")
    }
}

#[test]
fn a_written_journal_is_read_back() {
    let place = TestPlace::new();
    assert!(place.read(JournalKind::Unfinished).is_none());
    let written = place.begin();
    let read = place.read(JournalKind::Unfinished).expect("there");
    assert_eq!((read.what(), read.len(), read.index()), ("test", 4, written.index()));
    let moves: Vec<_> = read.moves().map(|(from, to)| format!("{from} {to}")).collect();
    assert_eq!(moves, ["moved new-moved", "both new-both"]);
    assert!(!read.is_applied(place.top()).expect("readable"));
    apply(&place, &steps()).expect("possible");
    assert!(read.is_applied(place.top()).expect("readable"));
    read.finish().expect("possible");
    assert!(
        place.read(JournalKind::Unfinished).is_none() && place.read(JournalKind::Done).is_some()
    );
}

#[test]
fn any_number_of_steps_is_rolled_back() {
    for done in 0..=steps().len() {
        let place = TestPlace::new();
        let before = files(place.top());
        drop(place.begin());
        apply(&place, &steps()[..done]).expect("possible");
        let journal = place.read(JournalKind::Unfinished).expect("there");
        journal.roll_back(place.top(), &place.scratch()).expect("possible");
        assert_eq!(files(place.top()), before, "after {done} steps");
        journal.roll_back(place.top(), &place.scratch()).expect("nothing left");
        assert_eq!(files(place.top()), before, "twice after {done} steps");
    }
}

#[test]
fn a_file_with_one_of_its_two_changes_is_restored() {
    let place = TestPlace::new();
    let before = files(place.top());
    let journal = place.begin();
    fs::write(place.top().join("both"), "both, rewritten").expect("writable");
    assert_eq!(journal.changed_since(place.top()).expect("readable"), []);
    journal.roll_back(place.top(), &place.scratch()).expect("possible");
    assert_eq!(files(place.top()), before);
}

#[test]
fn files_changed_by_others_stay() {
    let place = TestPlace::new();
    let journal = place.begin();
    apply(&place, &steps()).expect("possible");
    fs::write(place.top().join("kept"), "mine").expect("writable");
    fs::write(place.top().join("new-both"), "mine, too").expect("writable");
    fs::write(place.top().join("moved"), "and this").expect("writable");
    let changed = journal.changed_since(place.top()).expect("readable");
    assert_eq!(changed, [repo_path("moved"), repo_path("new-both"), repo_path("kept")]);
    journal.roll_back(place.top(), &place.scratch()).expect("possible");
    let content = |name: &str| fs::read_to_string(place.top().join(name)).expect("there");
    assert_eq!(
        [content("kept"), content("new-both"), content("moved")],
        ["mine", "mine, too", "and this"]
    );
    assert_eq!(content("new-moved"), "moved");
    assert!(!place.top().join("fresh").exists());
}

#[test]
fn a_file_edited_in_the_meantime_stops_everything() {
    let place = TestPlace::new();
    let journal = place.begin();
    fs::write(place.top().join("kept"), "mine").expect("writable");
    let stopped = apply(&place, &steps());
    assert!(stopped.expect_err("edited").to_string().contains("in the meantime"));
    journal.roll_back(place.top(), &place.scratch()).expect("possible");
    let mine = ("kept".to_owned(), "mine".to_owned());
    assert!(files(place.top()).contains(&mine));
}

#[test]
fn a_torn_journal_is_an_error() {
    let place = TestPlace::new();
    drop(place.begin());
    let file = place.git().join("idhooks").join(UNFINISHED);
    let whole = fs::read(&file).expect("there");
    for length in [0, 10, whole.len() - 1] {
        fs::write(&file, &whole[..length]).expect("writable");
        Journal::read(&place.state(), JournalKind::Unfinished).expect_err("torn");
    }
}

//! Tests of changes to an index and to working files: all of it or nothing.

use idhooks_core::registry::{Entry, Mode};

use super::{IndexChange, Transaction, find_unfinished};
use crate::git::Repo;
use crate::git::tests::made::{MadeRepo, path};
use crate::state::StateError;
use crate::store::journal::{FileStep, IndexStep};

/// Adds `new.md` to the index and rewrites the working file of `a.md`.
fn change<'r>(repo: &'r Repo, journal: Option<&str>) -> Transaction<'r> {
    let file = repo.index_file();
    let index = repo.index(&file).expect("readable");
    let blob = repo.write_blob(b"new\n").expect("writable");
    let step = IndexStep::new(path("new.md"), None, Some(Entry { mode: Mode::Regular, blob }));
    let before = std::fs::read(repo.top().join("a.md")).expect("a file");
    let rewrite = FileStep::rewrite(path("a.md"), Some(before), Some(b"rewritten\n".to_vec()));
    Transaction {
        files: vec![rewrite],
        journal: journal.map(str::to_owned),
        ..Transaction::new(repo, [IndexChange::of(&file, &index, vec![step])])
    }
}

/// Returns what `git status` says.
fn status(made: &MadeRepo) -> String {
    made.git(&["status", "--porcelain"])
}

#[test]
fn files_and_entries_change_together() {
    let made = MadeRepo::adopted();
    let repo = made.open();
    change(&repo, None).commit(|| Ok(())).expect("changed");
    assert_eq!(status(&made), " M a.md\nAD new.md");
    assert_eq!(made.git(&["show", ":new.md"]), "new");
}

#[test]
fn nothing_changes_if_the_last_part_fails() {
    for journal in [None, Some("mv a b")] {
        let made = MadeRepo::adopted();
        let repo = made.open();
        let failed = change(&repo, journal).commit(|| Err(StateError::IndexMoved));
        assert!(failed.is_err());
        assert_eq!(status(&made), "", "{journal:?}");
        assert!(find_unfinished(&repo).expect("readable").is_none());
    }
}

#[test]
fn nothing_changes_if_a_file_is_not_what_it_was() {
    let made = MadeRepo::adopted();
    let repo = made.open();
    let change = change(&repo, None);
    made.write("a.md", "edited meanwhile\n");
    assert!(change.commit(|| Ok(())).is_err());
    assert_eq!(status(&made), " M a.md");
    assert_eq!(std::fs::read(made.top().join("a.md")).expect("a file"), b"edited meanwhile\n");
}

#[test]
fn nothing_changes_if_the_index_is_not_what_it_was() {
    let made = MadeRepo::adopted();
    let repo = made.open();
    let change = change(&repo, None);
    made.write("other.md", "staged meanwhile\n");
    made.git(&["add", "other.md"]);
    assert!(matches!(change.commit(|| Ok(())), Err(StateError::IndexMoved)));
    assert_eq!(status(&made), "A  other.md");
}

#[test]
fn a_step_whose_entry_is_not_in_the_index_is_left_out() {
    let made = MadeRepo::adopted();
    let repo = made.open();
    let file = repo.index_file();
    let index = repo.index(&file).expect("readable");
    let other = Entry { mode: Mode::Regular, blob: repo.write_blob(b"other\n").expect("writable") };
    let step = IndexStep::new(path("a.md"), Some(other), None);
    let change = IndexChange::of(&file, &index, vec![step]);
    Transaction::new(&repo, [change]).commit(|| Ok(())).expect("nothing to do");
    assert_eq!(status(&made), "");
}

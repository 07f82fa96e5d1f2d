//! Registries edited by hand: the commit undoes edits that no rule and no command explains.

mod adoption;
mod carried;
mod copies;
mod forged;
mod kinds;
mod put_back;
mod returned;
mod small;

use idhooks_core::check::{Code, Severity};
use idhooks_core::registry::{Id, Status, key};

use crate::tests::{REGISTRY, TestRepo, path, text};
use crate::{AssignOptions, CheckOptions, MoveOptions, Notice, Revision, assign, mv};

const UNRELATED: &str = "import os\nprint(os.getcwd(), 1, 2, 3)\nraise SystemExit\n";

/// Replaces text in the record of an identity, and stages the registry.
fn edit_record(repo: &TestRepo, id: Id, from: &str, to: &str) {
    let head = format!("{{\"id\":\"{id}\"");
    let before = repo.read(REGISTRY);
    let line = |line: &str| match line.starts_with(&head) {
        true => line.replace(from, to) + "\n",
        false => line.to_owned() + "\n",
    };
    let after: String = before.lines().map(line).collect();
    assert_ne!(before, after, "nothing was edited");
    repo.stage(REGISTRY, &after);
}

fn registry(repo: &TestRepo, rev: &str) -> String {
    repo.git(&["show", &format!("{rev}:{REGISTRY}")])
}

/// Commits with a change of another file, asserts that the registry is again that of before, and returns how
/// many notices say so.
#[track_caller]
fn assert_undone(repo: &TestRepo) -> usize {
    let before = registry(repo, "HEAD");
    repo.stage("src/app.py", &(text("src/app.py") + "# more\n"));
    let notices = repo.commit("edited");
    assert_eq!(registry(repo, "HEAD"), before);
    undone(&notices)
}

fn undone(notices: &[Notice]) -> usize {
    notices.iter().filter(|notice| matches!(notice, Notice::Undone(..))).count()
}

/// Asserts that checks of the last commit and of the history fail.
#[track_caller]
fn assert_found(repo: &TestRepo) {
    let revision = Revision::named("HEAD");
    assert!(repo.check(&CheckOptions { revision, ..CheckOptions::default() }).is_failed);
    let found = repo.check_history();
    assert!(found.iter().any(|one| one.severity == Severity::Error), "{found:#?}");
}

#[test]
fn a_record_that_was_ended_by_hand_is_active_again_and_found_if_no_hook_saw_it() {
    let active = "\"status\":\"active\",\"metadata\":{";
    let other = TestRepo::adopted().id("README.md");
    for (status, more) in [
        ("deprecated", String::new()),
        ("deprecated", "\"deprecated_reason\":\"\",".to_owned()),
        ("deprecated", "\"deprecated_reason\":\"deleted\",".to_owned()),
        ("deprecated", "\"purged\":true,".to_owned()),
        ("superseded", String::new()),
        ("superseded", "\"superseded_by\":\"2099900001260118\",".to_owned()),
        ("superseded", format!("\"superseded_by\":\"{other}\",")),
    ] {
        let ended = format!("\"status\":\"{status}\",\"metadata\":{{{more}");
        for is_seen in [true, false] {
            let repo = TestRepo::adopted();
            edit_record(&repo, repo.id("notes.txt"), active, &ended);
            if is_seen {
                assert_undone(&repo);
            } else {
                repo.commit_unseen("unseen");
                assert_found(&repo);
            }
        }
    }
}

#[test]
fn a_record_whose_file_is_gone_does_not_follow_an_edit_to_an_unrelated_file() {
    let point = |repo: &TestRepo| {
        let id = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.stage("unrelated.py", UNRELATED);
        edit_record(repo, id, "\"notes.txt\"", "\"unrelated.py\"");
        id
    };
    let repo = TestRepo::adopted();
    let id = point(&repo);
    let found = repo.check(&CheckOptions::default()).findings;
    let is_reused = |one: &&idhooks_core::check::Finding| one.code == Code::IdReused;
    assert_eq!(found.iter().find(is_reused).map(|one| one.severity), Some(Severity::Warning));
    assert_eq!(undone(&repo.commit("pointed")), 1);
    assert_eq!(repo.record(id).status, Status::Deprecated);
    assert_ne!(repo.id("unrelated.py"), id);
    repo.assert_in_order();
    // A commit that no hook saw keeps the edit, and every check of it warns.
    let repo = TestRepo::adopted();
    let id = point(&repo);
    repo.commit_unseen("unseen");
    assert_eq!(repo.id("unrelated.py"), id);
    // Remembered or not.
    for _ in 0..2 {
        let found = repo.check_history();
        let found: Vec<_> = found.iter().map(|one| (one.code, one.severity)).collect();
        assert_eq!(found, [(Code::IdReused, Severity::Warning)]);
    }
}

#[test]
fn a_record_whose_file_stays_is_not_pointed_elsewhere() {
    for is_seen in [true, false] {
        let repo = TestRepo::adopted();
        let id = repo.id("notes.txt");
        repo.stage("unrelated.py", UNRELATED);
        edit_record(&repo, id, "\"notes.txt\"", "\"unrelated.py\"");
        if is_seen {
            assert_eq!(undone(&repo.commit("pointed")), 1);
            assert_eq!(repo.id("notes.txt"), id);
        } else {
            repo.commit_unseen("unseen");
            assert_found(&repo);
        }
    }
}

#[test]
fn edits_of_an_identity_a_date_or_a_whole_record_are_undone() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    let other = id.to_string();
    let other = format!("{}9{}", &other[..9], &other[10..]);
    edit_record(&repo, id, &format!("\"id\":\"{id}\""), &format!("\"id\":\"{other}\""));
    assert_eq!(assert_undone(&repo), 1);
    let repo = TestRepo::adopted();
    edit_record(&repo, repo.id("notes.txt"), "\"allocated_at\":\"202", "\"allocated_at\":\"203");
    assert_eq!(assert_undone(&repo), 1);
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt").to_string();
    let registry = repo.read(REGISTRY);
    let others = registry.lines().filter(|line| !line.contains(&id));
    repo.stage(REGISTRY, &others.map(|line| line.to_owned() + "\n").collect::<String>());
    assert_eq!(assert_undone(&repo), 1);
}

#[test]
fn a_file_that_a_command_moved_stays_moved_however_it_was_rewritten() {
    let moved = |repo: &TestRepo, from: &str, to: &str| {
        let options = MoveOptions { from: repo.at(from), to: repo.at(to), is_dry_run: false };
        mv(&mut repo.notices(), &repo.open(), &options).expect("possible");
    };
    let by_mv = TestRepo::adopted();
    moved(&by_mv, "notes.txt", "moved.py");
    by_mv.commit_file("moved.py", UNRELATED);
    let by_assign = TestRepo::adopted();
    let id = by_assign.id("notes.txt");
    by_assign.run("rm -q notes.txt");
    by_assign.stage("moved.py", UNRELATED);
    let (identity, file) = (id.to_string().into(), by_assign.at("moved.py"));
    let options = AssignOptions { identity, file, is_dry_run: false };
    assign(&mut by_assign.notices(), &by_assign.open(), &options).expect("possible");
    by_assign.commit("assign");
    for repo in [&by_mv, &by_assign] {
        assert_eq!(repo.id("moved.py"), id);
        assert_eq!(repo.record(id).text(key::MOVED_FROM), Some("notes.txt"));
        assert!(repo.check_history().is_empty());
    }
    // There and back is nothing.
    let back = TestRepo::adopted();
    moved(&back, "notes.txt", "moved.py");
    moved(&back, "moved.py", "notes.txt");
    assert_eq!(registry(&back, ""), registry(&back, "HEAD"));
}

#[test]
fn commits_that_become_one_keep_the_file_that_they_moved() {
    let rewrite = |repo: &TestRepo| {
        let id = repo.id("notes.txt");
        repo.git_mv("notes.txt", "moved.py");
        repo.commit("rename");
        repo.commit_file("moved.py", UNRELATED);
        id
    };
    let reset = TestRepo::adopted();
    let id = rewrite(&reset);
    reset.run("reset -q --soft HEAD~2");
    let squashed = TestRepo::adopted();
    squashed.run("checkout -q -b side");
    rewrite(&squashed);
    squashed.run("checkout -q -");
    squashed.run("merge -q --squash side");
    for repo in [reset, squashed] {
        repo.commit("united");
        assert_eq!(repo.registry("HEAD").holders(|_| true)[&path("moved.py")].id, id);
        let found = repo.check_history();
        assert!(found.iter().all(|one| one.severity != Severity::Error), "{found:#?}");
    }
}

//! By which words an identity is found.

use super::*;
use crate::tests::{refused, text};
use crate::{InitOptions, PathAdvice};

fn note(text: String) -> FoundNote {
    FoundNote::History(text)
}

#[test]
fn a_former_path_finds_the_file_that_had_it_last_and_names_the_others() {
    let repo = TestRepo::adopted();
    let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
    moved(&repo, "src/app.py", "old.py", "first");
    moved(&repo, "old.py", "app.py", "first-on");
    let events = told(&repo, "app.py");
    assert_eq!(events.len(), 3);
    for former in ["old.py", "src/app.py"] {
        let log = logged(&repo, former);
        assert_eq!(lines_of(&log), events);
        let is_former = format!("'{former}' is a former path of {app}, now 'app.py'");
        assert_eq!(log.notes, [note(is_former)]);
    }
    moved(&repo, "src/util.py", "old.py", "second");
    moved(&repo, "old.py", "util.py", "second-on");
    let last = logged(&repo, "old.py");
    assert_eq!(last.record.id, util);
    let notes = [
        note(format!("'old.py' is a former path of {util}, now 'util.py'")),
        note(format!("before that 'old.py' was {app}")),
    ];
    assert_eq!(last.notes, notes);
}

#[test]
fn a_path_of_several_records_names_the_others() {
    let repo = TestRepo::adopted();
    let first = repo.id("notes.txt");
    deleted(&repo, "notes.txt", "delete");
    repo.commit_file("other.md", &text("something in between"));
    repo.commit_file("notes.txt", &text("something else"));
    let log = logged(&repo, "notes.txt");
    assert_eq!((log.record.id, first == log.record.id), (repo.id("notes.txt"), false));
    let also = format!("'notes.txt' is also the path of {first} (deprecated)");
    assert_eq!(log.notes, [note(also)]);
}

#[test]
fn a_path_of_another_branch_is_found_there() {
    let repo = TestRepo::adopted();
    repo.run("checkout -q -b side");
    repo.commit_file("side.md", &text("side"));
    repo.run("checkout -q main");
    let log = try_log(&repo, "side.md", Some("side")).expect("a record");
    assert_eq!(lines_of(&log), ["side.md: allocated side.md"]);
    refused(try_log(&repo, "side.md", None), "'side.md' in the history of 'HEAD'");
}

#[test]
fn an_unknown_subject_is_refused_with_a_suggestion() {
    let repo = TestRepo::empty();
    refused(try_log(&repo, "README.md", None), "there is no commit yet");
    repo.stage("README.md", &text("README.md"));
    repo.commit_unseen("before");
    refused(try_log(&repo, "README.md", None), "cannot find a registry");
    repo.adopt(&InitOptions::default());
    let why = |subject: &str| {
        let Err(OpsError::LookUp(error)) = try_log(&repo, subject, None) else {
            unreachable!("found")
        };
        let LookUpError::NoIdentity { why: WithoutIdentity::Unknown(why), .. } = *error else {
            unreachable!("{error:?}")
        };
        why
    };
    assert_eq!(why("READ.md"), PathAdvice::Near("README.md".into()));
    assert_eq!(why("idhooks.toml"), PathAdvice::OwnFile);
    for id in ["0199900000000000", "2099912345260118"] {
        refused(try_log(&repo, id, None), id);
    }
    refused(try_log(&repo, "../outside", None), "outside");
    refused(try_log(&repo, "README.md", Some("nonsense")), "cannot find a commit 'nonsense'");
    refused(try_log(&repo, "README.md", Some("HEAD~1")), "cannot find a registry");
}

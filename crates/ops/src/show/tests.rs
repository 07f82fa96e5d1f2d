//! Records of the present and of the past, by identities and by paths.

use super::*;
use crate::tests::{REGISTRY, TestRepo, refused, text};
use crate::{InitOptions, SubjectError};

fn try_show(repo: &TestRepo, subject: &str, at: Option<&str>) -> Result<ShownRecord, OpsError> {
    let (subject, at) = (repo.subjects(&[subject]).remove(0), at.map(str::to_owned));
    let options = ShowOptions { subject, revision: Revision::default(), at };
    show(&mut repo.notices(), &repo.open(), &options)
}

#[track_caller]
fn shown(repo: &TestRepo, subject: &str) -> ShownRecord {
    try_show(repo, subject, None).expect("a record")
}

/// Returns the record as it was at a commit or a date.
#[track_caller]
fn then(repo: &TestRepo, subject: &str, at: &str) -> ShownRecord {
    try_show(repo, subject, Some(at)).expect("a record")
}

/// Returns why a path has no identity.
#[track_caller]
fn reason(shown: Result<ShownRecord, OpsError>) -> WithoutIdentity {
    let Err(OpsError::LookUp(error)) = shown else { unreachable!("{shown:?}") };
    let LookUpError::NoIdentity { why, .. } = *error else { unreachable!("{error:?}") };
    why
}

fn moved(repo: &TestRepo, from: &str, to: &str) {
    repo.git_mv(from, to);
    repo.commit(to);
}

fn note(text: String) -> [FoundNote; 1] {
    [FoundNote::History(text)]
}

/// Returns the date of a commit, as git accepts it.
fn date(repo: &TestRepo, rev: &str) -> String {
    repo.git(&["log", "-1", "--format=%ct", rev])
}

/// Returns a repository in which `src/app.py` was `main.py` in HEAD~2 and HEAD~1, and is `start.py` in HEAD.
fn renamed_twice() -> TestRepo {
    let repo = TestRepo::adopted();
    moved(&repo, "src/app.py", "main.py");
    repo.append("README.md", "more\n");
    repo.commit("edit");
    moved(&repo, "main.py", "start.py");
    repo
}

#[test]
fn a_former_path_shows_the_record_and_its_path_of_now() {
    let repo = TestRepo::adopted();
    let app = repo.id("src/app.py");
    moved(&repo, "src/app.py", "between.py");
    moved(&repo, "between.py", "app.py");
    for old in ["src/app.py", "between.py"] {
        let record = shown(&repo, old);
        assert_eq!((record.record.id, record.record.path.to_string()), (app, "app.py".to_owned()));
        assert_eq!(record.notes, note(format!("'{old}' is a former path of {app}, now 'app.py'")));
        let (subject, revision) = (repo.subjects(&[old]).remove(0), Revision::named("HEAD"));
        let options = ShowOptions { subject, revision, at: None };
        let in_head = show(&mut repo.notices(), &repo.open(), &options).expect("a record");
        assert_eq!((in_head.record, in_head.notes), (record.record, record.notes));
    }
    let before = then(&repo, "src/app.py", "HEAD~1");
    assert_eq!(before.record.path.to_string(), "between.py");
    repo.run("rm -q app.py");
    repo.commit("delete");
    assert_eq!(shown(&repo, "between.py").record.id, app);
}

#[test]
fn a_path_with_a_new_file_or_that_never_had_one_is_no_former_path() {
    let repo = TestRepo::adopted();
    moved(&repo, "src/app.py", "app.py");
    repo.stage("src/app.py", &text("another file"));
    for path in ["src/app.py", "src/never.py", REGISTRY] {
        refused(try_show(&repo, path, None), "cannot find an identity");
    }
    let why = |path: &str| reason(try_show(&repo, path, None));
    let is_finding =
        |why| matches!(why, WithoutIdentity::Finding(found) if found.code == Code::MissingId);
    assert!(is_finding(why("src/app.py")));
    assert!(matches!(why(REGISTRY), WithoutIdentity::Unknown(crate::PathAdvice::OwnFile)));
}

#[test]
fn a_revision_comes_before_a_date() {
    let repo = renamed_twice();
    let id = repo.id("start.py").to_string();
    repo.run("tag 2026-03-31 HEAD~3");
    for (rev, path) in [("2026-03-31", "src/app.py"), ("HEAD~1", "main.py"), ("main", "start.py")] {
        let found = then(&repo, &id, rev);
        assert_eq!(found.record.path.to_string(), path, "{rev}");
        assert_eq!(found.at.expect("a commit").commit.to_string(), repo.rev(rev), "{rev}");
    }
}

#[test]
fn a_date_means_the_newest_commit_until_then() {
    let repo = renamed_twice();
    let id = repo.id("start.py").to_string();
    let before = |rev: &str| (date(&repo, rev).parse::<i64>().expect("a time") - 1).to_string();
    for (at, rev, path) in [
        (date(&repo, "HEAD~2"), "HEAD~2", "main.py"),
        (before("HEAD~1"), "HEAD~2", "main.py"),
        (date(&repo, "HEAD~1"), "HEAD~1", "main.py"),
        (before("HEAD~2"), "HEAD~3", "src/app.py"),
        ("2099-12-31".to_owned(), "HEAD", "start.py"),
        ("1 second ago".to_owned(), "HEAD", "start.py"),
        ("now".to_owned(), "HEAD", "start.py"),
    ] {
        let found = then(&repo, &id, &at);
        assert_eq!(
            (found.record.id.to_string(), found.record.path.to_string()),
            (id.clone(), path.to_owned()),
            "{at}"
        );
        assert_eq!(found.at.expect("a commit").commit.to_string(), repo.rev(rev), "{at}");
    }
}

#[test]
fn a_path_means_its_record_of_then_and_after_it_that_of_now() {
    let repo = renamed_twice();
    let id = repo.id("start.py");
    repo.commit_file("main.py", &text("another one"));
    let other = repo.id("main.py");
    let found = then(&repo, "main.py", "HEAD~2");
    assert_eq!(found.record.id, id);
    assert_eq!(found.notes, note(format!("'main.py' now has {other}")));
    let found = then(&repo, "start.py", "HEAD~2");
    assert_eq!(found.record.id, id);
    assert_eq!(found.notes, note("'start.py' was 'main.py' then".to_owned()));
    let found = then(&repo, "src/app.py", "HEAD~4");
    assert_eq!((found.record.id, found.notes), (id, vec![]));
}

#[test]
fn commits_that_were_merged_after_the_date_are_counted_and_not_shown() {
    let repo = renamed_twice();
    let id = repo.id("start.py").to_string();
    repo.run("checkout -q -b side HEAD~1");
    repo.git_mv("main.py", "side.py");
    repo.stage("new.md", &text("new"));
    repo.commit("side");
    let new = repo.id("new.md").to_string();
    repo.run("checkout -q main");
    repo.append("README.md", "more\n");
    repo.commit("edit");
    repo.run("merge -q -s ours --no-commit side");
    repo.run("checkout -q side -- new.md");
    repo.commit("join");
    let before = date(&repo, "HEAD~1");
    let found = then(&repo, &id, &before);
    assert_eq!(
        (found.record.path.to_string(), found.notes),
        ("start.py".to_owned(), vec![FoundNote::Excluded(1)])
    );
    refused(try_show(&repo, &new, Some(&before)), &new);
    let found = then(&repo, &new, &date(&repo, "HEAD"));
    assert_eq!((found.record.path.to_string(), found.notes), ("new.md".to_owned(), vec![]));
}

#[test]
fn a_time_without_the_record_or_without_a_registry_is_refused() {
    let repo = TestRepo::empty();
    refused(try_show(&repo, "a", Some("yesterday")), "there is no commit yet");
    repo.stage("README.md", &text("README.md"));
    repo.commit_unseen("before");
    repo.adopt(&InitOptions::default());
    repo.commit_file("new.md", &text("new"));
    let id = repo.id("new.md").to_string();
    let refuses =
        |subject: &str, at, thing: &str| refused(try_show(&repo, subject, Some(at)), thing);
    refuses("README.md", "HEAD~2", "cannot find a registry in commit ");
    refuses(&id, "HEAD~1", &id);
    refuses("new.md", "HEAD~1", "'new.md'");
    refuses("2099912345260118", "HEAD", "2099912345260118");
    refuses(&id, "2001-01-01", "no commit of HEAD is as old as '2001-01-01'");
    for neither in ["nonsense", "main2", "2026-02-30", "2026-13-01", "", "HEAD~99", "1234567"] {
        refuses(&id, neither, "is neither a revision nor a date");
    }
}

/// Adds metadata to the record of `notes.txt`.
fn with_metadata(repo: &TestRepo, members: &str) {
    let edited = |line: &str| match line.contains("\"notes.txt\"") {
        true => line.replace("\"}}", &format!("\",{members}}}}}")),
        false => line.to_owned(),
    };
    let registry: String = repo.read(REGISTRY).split_inclusive('\n').map(edited).collect();
    repo.stage(REGISTRY, &registry);
    repo.commit_unseen("metadata");
}

#[test]
fn an_alias_counts_if_no_identity_begins_with_the_digits() {
    let repo = TestRepo::adopted();
    let guide = repo.id("docs/guide.md").to_string();
    let alias = format!("{}99999260118", &guide[..5]);
    with_metadata(&repo, &format!("\"aliases\":[\"{alias}\",\"7799912345260118\"]"));
    for subject in ["7799", "7799912345260118", &alias] {
        assert_eq!(shown(&repo, subject).record.path.to_string(), "notes.txt");
    }
    let refused = try_show(&repo, &guide[..5], None).expect_err("several");
    let OpsError::Subject(SubjectError::Ambiguous { candidates, .. }) = refused else {
        unreachable!("{refused:?}")
    };
    let intro = repo.id("docs/intro.md");
    let mut expected = [format!("{guide} docs/guide.md"), format!("{intro} docs/intro.md")];
    expected.sort();
    assert_eq!(candidates, expected);
}

//! `idhooks show --at`: what an identity was called, and what a path was, at a commit or a date.

use serde_json::Value;

use super::commit_all;
use crate::common::{Args, Repo, for_each_git, text};
use crate::reviewed::assert_text;

/// Commits what differs, as if it were this date.
fn commit_on(repo: &Repo, date: &str, subject: &str) {
    let dated = repo.with("GIT_COMMITTER_DATE", date).with("GIT_AUTHOR_DATE", date);
    commit_all(&dated, subject);
}

/// Returns an adopted repository in which `src/app.py` was `main.py` from 2026-02-01 to
/// 2026-04-01, and `start.py` since then.
fn repo(git: &crate::common::Git) -> Repo {
    let repo = Repo::adopted(git);
    repo.mv("src/app.py", "main.py");
    commit_on(&repo, "2026-02-01T12:00:00+0000", "february");
    repo.append("README.md", "more\n");
    commit_on(&repo, "2026-03-01T20:00:00+0000", "march");
    repo.mv("main.py", "start.py");
    commit_on(&repo, "2026-04-01T12:00:00+0000", "april");
    repo
}

fn at(repo: &Repo, args: impl Args) -> Value {
    let mut words = vec!["show".into(), "--format".into(), "json".into()];
    words.extend(args.list());
    repo.idhooks(words).ok().json()
}

#[test]
fn what_it_was_called_on_a_day() {
    for_each_git(|git| {
        let repo = repo(git);
        let id = repo.id("start.py");
        for (date, path, subject) in [
            ("2026-01-31", "src/app.py", "adopt"),
            ("2026-02-01", "main.py", "february"),
            ("2026-03-01", "main.py", "march"),
            ("2026-03-01 19:59:59", "main.py", "february"),
            ("2026-03-01T20:00:00Z", "main.py", "march"),
            ("2026-03-31", "main.py", "march"),
            ("2099-12-31", "start.py", "april"),
            ("1 second ago", "start.py", "april"),
            ("now", "start.py", "april"),
            ("1770000000", "main.py", "february"),
        ] {
            let found = at(&repo, [id.as_str(), "--at", date]);
            assert_eq!(found["allocation"]["file_path"], path, "{date}");
            assert_eq!(found["allocation"]["id"], id, "{date}");
            let commit = found["commit"].as_str().expect("a commit");
            assert_eq!(repo.ask(["log", "-1", "--format=%s", commit]), subject, "{date}");
        }
        // The end of the day is that of the local zone.
        let east = repo.with("TZ", "UTC-9");
        let found = at(&east, [id.as_str(), "--at", "2026-02-01"]);
        assert_eq!(found["allocation"]["file_path"], "main.py");
        let found = at(&east, [id.as_str(), "--at", "2026-03-01"]);
        assert_eq!(found["commit"], repo.rev("HEAD~2"), "20:00 UTC is tomorrow there");
        let text = repo.idhooks(["show", &id, "--at", "2026-03-01"]).ok().stdout();
        assert_text("show_log-then-what_it_was_called_on_a_day", &text);
    });
}

#[test]
fn a_revision_comes_before_a_date() {
    for_each_git(|git| {
        let repo = repo(git);
        let id = repo.id("start.py");
        repo.run("tag 2026-03-31 HEAD~3");
        for (rev, path) in
            [("2026-03-31", "src/app.py"), ("HEAD~1", "main.py"), ("main", "start.py")]
        {
            let found = at(&repo, [id.as_str(), "--at", rev]);
            assert_eq!(found["allocation"]["file_path"], path, "{rev}");
            assert_eq!(found["commit"], repo.rev(&format!("{rev}^{{commit}}")), "{rev}");
        }
    });
}

#[test]
fn a_path_of_then_and_a_path_of_now() {
    for_each_git(|git| {
        let repo = repo(git);
        let id = repo.id("start.py");
        repo.stage("main.py", text("another one"));
        commit_on(&repo, "2026-05-01T12:00:00+0000", "may");
        let other = repo.id("main.py");
        let found = at(&repo, "main.py --at 2026-03-01");
        assert_eq!(found["allocation"]["id"], id);
        assert_eq!(found["note"], format!("'main.py' now has {other}"));
        let found = at(&repo, "start.py --at 2026-03-01");
        assert_eq!(found["allocation"]["id"], id);
        assert_eq!(found["note"], "'start.py' was 'main.py' then");
        let found = at(&repo.below("src"), "app.py --at HEAD~4");
        assert_eq!((&found["allocation"]["id"], &found["note"]), (&id.into(), &Value::Null));
    });
}

#[test]
fn what_a_merge_brought_later_is_not_counted_and_said() {
    for_each_git(|git| {
        let repo = repo(git);
        let id = repo.id("start.py");
        repo.run("checkout -q -b side HEAD~1");
        repo.mv("main.py", "side.py");
        repo.stage("new.md", text("new"));
        commit_on(&repo, "2026-03-10T12:00:00+0000", "side");
        let new = repo.id("new.md");
        repo.run("checkout -q main");
        repo.append("README.md", "more\n");
        commit_on(&repo, "2026-04-02T12:00:00+0000", "may");
        let late = repo.with("GIT_COMMITTER_DATE", "2026-05-01T12:00:00+0000");
        late.run("merge -q -s ours --no-commit side");
        late.run("checkout -q side -- new.md");
        commit_on(&late, "2026-05-01T12:00:00+0000", "join");
        let found = at(&repo, [id.as_str(), "--at", "2026-03-20"]);
        assert_eq!(found["allocation"]["file_path"], "main.py");
        let note = "omitted: 1 older commit, merged into HEAD later";
        assert_eq!(found["note"], note);
        let answer = repo.idhooks(["show", &new, "--at", "2026-03-20"]).code(2);
        answer.explains(&new).complains(&format!("idhooks log {new}")).done();
        let found = at(&repo, [new.as_str(), "--at", "2026-05-02"]);
        assert_eq!(found["allocation"]["file_path"], "new.md");
        assert_eq!(found["note"], Value::Null);
    });
}

#[test]
fn what_was_not_there() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.idhooks("show a --at yesterday").code(2).explains("there is no commit yet").done();
        repo.stage("README.md", text("README"));
        repo.commit("before");
        let repo = repo.adopt("");
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        let refuses = |args: &[&str], thing: &str| {
            let words: Vec<_> = ["show"].iter().chain(args).map(Into::into).collect();
            repo.idhooks(words).code(2).explains(thing).done();
        };
        refuses(&["README.md", "--at", "HEAD~2"], "idhooks was not adopted there yet");
        refuses(&[&id, "--at", "HEAD~1"], &id);
        refuses(&["new.md", "--at", "HEAD~1"], "new.md");
        refuses(&["2099912345260118", "--at", "HEAD"], "2099912345260118");
        refuses(&[&id, "--at", "2001-01-01"], "no commit of HEAD is as old as '2001-01-01'");
        for neither in ["nonsense", "main2", "2026-02-30", "2026-13-01", "", "HEAD~99", "1234567"] {
            refuses(&[&id, "--at", neither], "is neither a revision nor a date");
        }
        repo.idhooks(["show", &id, "--at", "HEAD", "--rev", "HEAD"]).code(2).done();
    });
}

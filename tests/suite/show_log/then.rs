//! `idhooks show --at`: what an identity was called, and what a path was, at a commit or a date.

use serde_json::Value;

use super::commit_all;
use crate::common::{Args, Repo, for_each_git};
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

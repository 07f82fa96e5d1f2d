//! Clocks that run backwards, stand still or are far off.

use crate::common::{Repo, for_each_git, is_long, text};
use crate::judge;

/// Returns the repository at another time.
fn at(repo: &Repo, date: &str) -> Repo {
    repo.with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date)
}

#[test]
fn every_commit_is_older_than_its_parent() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        let mut ids = Vec::new();
        let rounds = if is_long() { 6 } else { 2 };
        for (number, seconds) in (1_500_000_000..).step_by(50_000_000).take(rounds).enumerate() {
            let earlier = at(&repo, &format!("{} +0000", 3_000_000_000_u64 - seconds));
            let path = format!("docs/{number}.md");
            earlier.stage(&path, text(&path));
            earlier.commit("add");
            ids.push((path.clone(), repo.id(&path)));
            earlier.run(["checkout", "-q", "-b", &format!("side-{number}")]);
            earlier.commit_file(&format!("docs/side-{number}.md"), text(&format!("side {number}")));
            earlier.mv(&path, &format!("docs/moved-{number}.md"));
            earlier.commit("move");
            earlier.run("checkout -q main");
            earlier.commit_file(&format!("docs/main-{number}.md"), text(&format!("m {number}")));
            earlier.run(["merge", "-q", "--no-edit", &format!("side-{number}")]);
        }
        for (number, (_, id)) in ids.iter().enumerate() {
            assert_eq!(repo.id(&format!("docs/moved-{number}.md")), *id);
        }
        assert_eq!(repo.id("notes.txt"), id);
        judge::assert_good(&repo);
    });
}

#[test]
fn healing_against_the_clock() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        let earlier = at(&repo, "1000000000 +0000");
        earlier.mv("notes.txt", "docs/notes.txt");
        earlier.stage("docs/new.md", text("new"));
        earlier.run("commit -q --no-verify -m unseen");
        let unseen = repo.rev("HEAD");
        at(&repo, "900000000 +0000").commit_file("docs/newer.md", text("newer"));
        assert_eq!(repo.id("docs/notes.txt"), id);
        judge::assert_consistent_except(&repo, &[&unseen]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn dates_at_the_ends_of_time() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        // git itself ends at 2099 for what people write, not for seconds.
        for (number, date) in
            ["0 +0000", "1 -1200", "4102444800 +1400", "253402300799 +0000"].into_iter().enumerate()
        {
            at(&repo, &format!("@{date}")).commit_file(&format!("{number}.md"), text(date));
        }
        judge::assert_good(&repo);
    });
}

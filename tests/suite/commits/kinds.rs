//! What a plain commit does with each kind of change, and when it must do nothing.

use super::{assert_each_kind, stage_each_kind};
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;

#[test]
fn each_kind_of_change_in_one_commit() {
    on_adopted(|repo| {
        let commits = repo.commits();
        stage_each_kind(repo);
        repo.commit("each kind");
        assert_each_kind(repo, "HEAD~1");
        assert_eq!(repo.commits(), commits + 1);
    });
}

#[test]
fn identities_are_those_of_the_specification() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("docs/intro.md", "hello\n");
        repo.init_and_install("");
        repo.commit("adopt");
        repo.commit_file("src/a b.py", "");
        assert_eq!(repo.id("docs/intro.md"), "0110073814260118");
        assert_eq!(repo.id("src/a b.py"), "2099969654260118");
        let origin = &repo.record("0110073814260118")["metadata"]["origin"];
        assert_eq!(origin, "c122650e81a52c85");
        judge::assert_good(&repo);
    });
}

#[test]
fn an_allocation_is_dated_by_the_author() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        repo.run(["commit", "-q", "-m", "dated", "--date", "2031-05-06T07:08:09+0200"]);
        assert_eq!(repo.record(&repo.id("new.md"))["allocated_at"], "2031-05-06T05:08:09Z");
    });
}

#[test]
fn a_commit_without_fixed_dates() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        repo.without_dates().commit("today");
    });
}

#[test]
fn nothing_staged_is_nothing_written() {
    on_adopted(|repo| {
        let (head, index) = (repo.rev("HEAD"), repo.ask("ls-files --stage"));
        repo.try_git("commit -q -m nothing").code(1).done();
        assert_eq!((repo.rev("HEAD"), repo.ask("ls-files --stage")), (head, index));
    });
}

#[test]
fn the_same_change_after_a_reset_is_the_same_allocation() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        let first = repo.registry("HEAD");
        repo.run("reset -q --hard HEAD~1");
        repo.commit_file("new.md", text("new"));
        assert_eq!(repo.registry("HEAD"), first);
    });
}

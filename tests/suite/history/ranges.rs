//! Which commits are judged, and what is said where there are none or not all.

use super::{assert_fine, records, unhooked};
use crate::common::{Repo, for_each_git, text};

#[test]
fn ranges_that_name_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for (range, cause) in [
            ("=nothing..HEAD", "bad revision 'nothing..HEAD'"),
            (" HEAD nowhere", "bad revision 'nowhere'"),
            ("=--objects", "'--history' accepts only these options of git: --all"),
            ("=README.md", "bad revision 'README.md'"),
        ] {
            let answer = repo.idhooks(format!("check --history{range}").as_str()).code(2);
            assert_eq!(answer.stdout(), "");
            answer.explains(cause).done();
        }
        repo.idhooks("check --history=HEAD --rev HEAD").code(2).complains("cannot be used").done();
        let answer = repo.idhooks("check --history=HEAD..HEAD").ok();
        assert_eq!(answer.stdout(), "");
        assert_eq!(answer.stderr(), "no commits in 'HEAD..HEAD'\n");
        let json = repo.idhooks("check --history=HEAD..HEAD --format json").ok();
        assert_eq!(json.stdout(), "{\"version\":1,\"findings\":[\n],\"repair_times\":[\n]}\n");
        repo.idhooks("check --history=HEAD -q").ok().done();
    });
}

#[test]
fn histories_without_a_registry() {
    for_each_git(|git| {
        Repo::nowhere(git)
            .idhooks("check --history")
            .code(2)
            .explains("not in a git repository")
            .done();
        let repo = Repo::empty(git);
        let answer = repo.idhooks("check --history").ok();
        assert_eq!(answer.stderr(), "no commits in the history of HEAD\n");
        repo.commit_file("a.txt", text("a"));
        repo.idhooks("check --history").code(2).explains("cannot find a registry").done();
        repo.init_and_install("");
        repo.commit("adopt");
        repo.idhooks("check --history=HEAD~1").code(2).explains("cannot find a registry").done();
        assert_fine(&repo, "");
    });
}

#[test]
fn a_range_is_judged_by_itself() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let first = records(&repo);
        repo.commit_file("docs/a.md", text("a"));
        super::commit_records(&repo, "forget", &first);
        repo.commit_file("docs/b.md", text("b"));
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m edit");
        assert_fine(&repo, "=HEAD~1..HEAD");
        assert_fine(&repo, "=HEAD~2..HEAD");
        let answer = repo.idhooks("check --history HEAD ^HEAD~3 --format json").ok();
        assert_eq!(super::said(&answer).len(), 1, "{answer}");
        // What heals is not in this range.
        let answer = repo.idhooks("check --history=HEAD~4..HEAD~2 --format json").code(1);
        let codes: Vec<String> = super::said(&answer).into_iter().map(|said| said.0).collect();
        assert_eq!(codes, ["MISSING_ID", "RECORD_LOST"], "{answer}");
    });
}

#[test]
fn clones_that_lack_something_say_so() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for name in ["a", "b", "c"] {
            repo.commit_file(&format!("docs/{name}.md"), text(name));
        }
        let from = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--depth", "2", &from, "../shallow"]);
        let shallow = repo.beside("shallow");
        for _ in 0..2 {
            let answer = shallow.idhooks("check --history").ok();
            assert!(answer.stderr().starts_with("2 commits of the history of HEAD: no findings\n"));
            answer.complains("the clone is shallow: 1 commit at its boundary").done();
        }
        repo.run("config uploadpack.allowFilter true");
        repo.run(["clone", "-q", "--filter=blob:none", &from, "../partial"]);
        let partial = repo.beside("partial");
        let objects = partial.ask("count-objects -v");
        let answer = partial.idhooks("check --history").ok();
        assert!(
            answer.stderr().starts_with("1 commit of the history of HEAD: no findings\n"),
            "{answer}"
        );
        answer.complains("the registries of 3 commits are not in this clone").done();
        assert_eq!(partial.ask("count-objects -v"), objects, "something was fetched");
        repo.run(["clone", "-q", "--bare", &from, "../bare"]);
        assert_fine(&repo.beside("bare"), "");
    });
}

#[test]
fn the_memory_may_be_lost_or_torn() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("docs/a.md", text("a"));
        repo.mv("docs/a.md", "docs/b.md");
        repo.commit("move");
        assert_fine(&repo, "");
        let memory = ".git/idhooks/cache/history";
        let whole = repo.read(memory);
        repo.write(memory, &whole[..whole.len() / 2]);
        assert_fine(&repo, "");
        assert_eq!(repo.read(memory), whole);
        repo.remove(memory);
        assert_fine(&repo, "");
        // What is remembered of one commit is not taken for another's.
        repo.write("stray.txt", text("stray"));
        unhooked(&repo, "stray");
        super::assert_bad(&repo, "HEAD", &["MISSING_ID"]);
    });
}

//! `idhooks check --history`: ranges without commits, and clones that lack a part.

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
        repo.beside("bare").idhooks("check --history --strict").ok().done();
    });
}

//! What people get wrong: places, dates, files, options that do not go together.

use crate::common::{Repo, for_each_git, on_adopted};

#[test]
fn where_there_is_nothing_to_measure() {
    for_each_git(|git| {
        let empty = Repo::empty(git);
        for line in ["coverage --history", "coverage report --period week"] {
            empty.idhooks(line).code(2).explains("'HEAD'").done();
        }
        empty.commit_file("a.md", "a");
        for line in [
            "metrics",
            "coverage",
            "coverage --history",
            "coverage --check-regression",
            "coverage report --period week",
        ] {
            empty.idhooks(line).code(2).explains("cannot find a registry").done();
        }
        let bare = Repo::empty_with(git, "--bare");
        for line in ["metrics", "coverage"] {
            bare.idhooks(line).code(2).explains("bare").done();
        }
        bare.idhooks("coverage --history").code(2).explains("'HEAD'").done();
    });
}

#[test]
fn revisions_and_dates_that_are_none() {
    on_adopted(|repo| {
        for line in
            ["coverage --history --rev nothing", "coverage --check-regression --against nothing"]
        {
            repo.idhooks(line).code(2).explains("'nothing'").done();
        }
        for line in [
            "coverage --history --since 2026-02-30",
            "coverage --history --since yesterday",
            "coverage report --period week --until 31.1.2026",
        ] {
            repo.idhooks(line).code(2).complains("neither a day such as 2026-01-31").done();
        }
    });
}

#[test]
fn files_that_cannot_be_written() {
    on_adopted(|repo| {
        for line in [
            "metrics --output docs",
            "coverage --append docs",
            "coverage report --period month --output docs",
        ] {
            repo.idhooks(line).code(2).explains("'./docs' is a directory").done();
        }
        let append = "coverage --append nowhere/x.jsonl";
        repo.idhooks(append).code(2).explains("no directory './nowhere'").done();
        let svg = "coverage report --period week --output x.svg";
        repo.idhooks(svg).code(2).explains("would have the same name").done();
        assert!(!repo.exists("nowhere") && !repo.exists("x.svg"));
    });
}

#[test]
fn options_that_do_not_go_together() {
    on_adopted(|repo| {
        for line in [
            "coverage --since 7d",
            "coverage --history --by ns",
            "coverage --threshold 0.1",
            "coverage --against HEAD",
            "coverage --history --append x",
            "coverage --history --check-regression --against HEAD",
            "coverage --by ns report --period week",
        ] {
            repo.idhooks(line).code(2).complains("error: ").done();
        }
        assert!(!repo.exists("x"));
    });
}

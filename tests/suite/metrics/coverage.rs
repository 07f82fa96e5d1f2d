//! `idhooks coverage` of one commit or of the index: the table, the line of today, regressions.

use crate::checks::assert_fits;
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};

use super::{commit_unseen, on_day};

#[test]
fn the_table_in_every_form() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        commit_unseen(&repo, "docs/new.md");
        let before = Snapshot::of(&repo);
        let said =
            |options: &str| repo.idhooks(format!("coverage {options}").as_str()).ok().stdout();
        assert_eq!(said(""), "total  87.5 % (7 of 8 tracked files)\n");
        assert_eq!(
            said("--by dir"),
            ".      100.0 % (2 of 2 tracked files)\n\
             data   100.0 % (1 of 1 tracked file)\n\
             docs   66.6 % (2 of 3 tracked files)\n\
             src    100.0 % (2 of 2 tracked files)\n\
             total  87.5 % (7 of 8 tracked files)\n"
        );
        assert_eq!(said("--format csv"), "what,coverage,total_files,with_ids\ntotal,0.875,8,7\n");
        assert_eq!(
            said("--by type --format csv").lines().collect::<Vec<_>>(),
            [
                "type,coverage,total_files,with_ids",
                "01,0.75,4,3",
                "02,1,1,1",
                "10,1,1,1",
                "20,1,2,2"
            ]
        );
        assert_eq!(
            said("--format jsonl"),
            "{\"what\":\"total\",\"coverage\":0.875,\"total_files\":8,\"with_ids\":7}\n"
        );
        let json = repo.idhooks("coverage --by ns --format json").ok().json();
        assert_fits(&repo, "coverage", &json);
        assert_eq!((&json["coverage"], &json["by"]), (&0.875.into(), &"ns".into()));
        let json = repo.idhooks("coverage --format json").ok().json();
        assert_fits(&repo, "coverage", &json);
        assert_eq!(said("--rev HEAD~1"), "total  100.0 % (7 of 7 tracked files)\n");
        before.assert_same(&repo);
    });
}

#[test]
fn a_day_is_added_once() {
    on_adopted(|repo| {
        let file = repo.root().join("coverage_history.jsonl");
        let name = file.to_str().expect("a plain name");
        let add = |repo: &Repo| {
            repo.idhooks(["coverage", "--append", name]).ok().done();
            std::fs::read_to_string(&file).expect("written")
        };
        let first = "{\"date\":\"2023-11-20\",\"coverage\":1,\"total_files\":7,\"with_ids\":7}\n";
        let second = first.replace("-20", "-21");
        assert_eq!(add(&on_day(repo, 20)), first);
        assert_eq!(add(&on_day(repo, 20)), first);
        assert_eq!(add(&on_day(repo, 21)), format!("{first}{second}"));
        // A line that was torn stays by itself.
        std::fs::write(&file, &first[..9]).expect("writable");
        assert_eq!(add(&on_day(repo, 20)), format!("{}\n{first}", &first[..9]));
        repo.commit_file("more.md", text("more"));
        assert_eq!(add(&on_day(repo, 20)).lines().count(), 3);
    });
}

#[test]
fn a_loss_fails_and_names_both_values() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let check = "coverage --check-regression";
        let said = repo.idhooks(check).ok();
        said.complains("no earlier commit to compare with").done();
        commit_unseen(&repo, "new.md");
        repo.idhooks(check)
            .code(1)
            .explains("coverage is 87.5 % (7 of 8 tracked files), more than 0.05 lower than 100.0 % (7 of 7 tracked files)")
            .done();
        repo.idhooks(format!("{check} --threshold 20%").as_str())
            .ok()
            .complains("it was 100.0 %")
            .done();
        repo.idhooks(format!("{check} --against HEAD").as_str()).ok().done();
        commit_unseen(&repo, "newer.md");
        repo.idhooks(format!("{check} --threshold 0.1").as_str()).ok().done();
        repo.idhooks(format!("{check} --threshold 0.1 --against HEAD~2").as_str()).code(1).done();
        repo.idhooks(format!("{check} --rev HEAD~1").as_str()).code(1).done();
        repo.commit_file("healed.md", text("healed"));
        repo.idhooks(format!("{check} --against HEAD~3 --threshold 0").as_str()).ok().done();
    });
}

#[test]
fn the_day_before_is_compared_with() {
    for_each_git(|git| {
        let repo = on_day(&Repo::empty(git), 1).adopt("");
        let check = "coverage --history --check-regression";
        repo.idhooks(check).ok().complains("no two days").done();
        commit_unseen(&on_day(&repo, 2), "new.md");
        repo.idhooks(check).code(1).explains("at the end of 2023-11-01").done();
        on_day(&repo, 3).commit_file("healed.md", text("healed"));
        repo.idhooks(check).ok().complains("at the end of 2023-11-02 it was 87.5 %").done();
    });
}

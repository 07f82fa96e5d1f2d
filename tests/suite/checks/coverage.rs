//! A share of the files that must have an identity.

use crate::common::{Repo, for_each_git, on_adopted};

#[test]
fn what_is_known_is_not_covered_for_that() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::commit_unseen(&repo, "new.md");
        repo.idhooks("check --write-baseline known.json").ok().done();
        let answer = repo.idhooks("check --baseline known.json --min-coverage 0.9").code(1);
        assert_eq!(answer.stdout(), "");
        answer.complains("error: coverage is 87.5 %").done();
        repo.idhooks("check --baseline known.json --min-coverage 0.8").ok().done();
    });
}

#[test]
fn what_is_no_share_is_refused() {
    on_adopted(|repo| {
        for share in ["95", "1.01", "101%", "abc", "", "%", "NaN", "inf", "1e-1", "0,95", "½"] {
            repo.idhooks(["check", "--min-coverage", share]).code(2).complains("0.95").done();
        }
        repo.idhooks(["check", "--min-coverage=-0.5"]).code(2).done();
        repo.idhooks("check --min-coverage 0.9 --history").code(2).done();
        let answer = repo.idhooks("check uniqueness --min-coverage 0.9").code(2);
        answer.explains("'uniqueness' does not check coverage").done();
    });
}

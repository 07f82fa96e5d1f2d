//! A share of the files that must have an identity.

use crate::common::{Repo, for_each_git, on_adopted};

#[test]
fn enough_is_enough_and_less_is_not() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::commit_unseen(&repo, "new.md");
        // 7 of 8 files.
        for share in ["0.875", "87.5%", "87.5 %", "0", "0.5", "0%"] {
            let answer = repo.idhooks(["check", "--min-coverage", share]).ok();
            assert!(answer.stdout().starts_with("info[MISSING_ID]"), "{answer}");
            answer.complains("coverage is 87.5 % (7 of 8 tracked files)").done();
            repo.idhooks(["check", "--strict", "--min-coverage", share]).ok().done();
        }
        for share in ["0.876", "87.6%", "1", "100%", "1.000"] {
            let answer = repo.idhooks(["check", "--quiet", "--min-coverage", share]).code(1);
            assert!(answer.stdout().starts_with("error[MISSING_ID]"), "{answer}");
            answer.complains(&format!("less than {share}")).done();
        }
        repo.idhooks("check coverage --min-coverage 0.8").ok().done();
        // Anything else fails all the same.
        repo.run("rm -q -f notes.txt");
        repo.run("commit -q --no-verify -m unseen");
        let answer = repo.idhooks("check --min-coverage 0.5 --format json").code(1);
        assert_eq!(answer.json()["findings"][0]["severity"], "info");
        assert_eq!(answer.json()["findings"][1]["code"], "STALE_PATH");
        repo.idhooks("check coverage --min-coverage 0.5").ok().done();
    });
}

#[test]
fn a_clean_index_and_a_commit_are_covered() {
    on_adopted(|repo| {
        for line in ["check --min-coverage 1", "check --rev HEAD --min-coverage 100%"] {
            repo.idhooks(line).ok().complains("coverage is 100.0 % (7 of 7 tracked files)").done();
        }
    });
}

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

//! What 'idhooks health' reports about the clone besides the registry.

use super::commit_unseen;
use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, on_adopted};

fn line(repo: &Repo, name: &str) -> String {
    let text = repo.idhooks("health").ok().stdout();
    text.lines().find(|line| line.contains(name)).expect("the line").to_owned()
}

#[test]
fn a_fresh_clone_has_a_version_and_nothing_else() {
    on_adopted(|repo| {
        assert!(line(repo, "version").ends_with(&format!("idhooks {}", env!("CARGO_PKG_VERSION"))));
        assert!(line(repo, "timers").ends_with("none installed"));
        assert!(line(repo, "last CI").ends_with("none in this clone"));
        let json = repo.idhooks("health --format json").ok().json();
        assert_fits(repo, "health", &json);
        assert_eq!(json["program_version"], env!("CARGO_PKG_VERSION"));
        assert!(json["ci"].is_null() && json["schedule"]["timers"][0].is_null());
    });
}

#[test]
fn timers_with_their_last_runs() {
    on_adopted(|repo| {
        repo.idhooks("schedule install --systemd").ok().done();
        repo.idhooks("schedule run nightly").ok().done();
        let json = repo.idhooks("health --format json").ok().json();
        assert_fits(repo, "health", &json);
        assert_eq!(json["schedule"]["timers"][0]["kind"], "systemd");
        assert_eq!(json["schedule"]["jobs"][0]["last"]["result"], "fine");
        let said = line(repo, "timers");
        assert!(said.contains("systemd: ") && said.contains("nightly 20"), "{said}");
        // A timer that is gone is no reason to alarm an operator.
        repo.sh("rm ../home/.config/systemd/user/*nightly.timer").ok().done();
        let said = line(repo, "timers");
        assert!(said.starts_with("unknown") && said.contains("systemd: incomplete"), "{said}");
    });
}

#[test]
fn the_last_check_of_a_change() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.run("checkout -q -b topic");
        repo.idhooks("ci --base main").ok().done();
        let said = line(repo, "last CI");
        assert!(said.starts_with("ok") && said.contains("fine at 20"), "{said}");
        assert!(said.contains("merged into 'main'"), "{said}");
        commit_unseen(repo, "new.md");
        repo.idhooks("ci --base main").code(1).done();
        // The health of a good commit.
        let json = repo.idhooks("health --rev main --format json").ok().json();
        assert_fits(repo, "health", &json);
        assert_eq!(json["ci"]["result"], "findings");
        assert_eq!(json["state"], "ok");
        repo.idhooks("ci --base nowhere").code(2).done();
        let again = repo.idhooks("health --rev main --format json").ok().json();
        assert_eq!(again["ci"], json["ci"], "an error is no result");
        // A note that was damaged is none, and one that cannot be written does not fail the check.
        repo.write(".git/idhooks/schedule/ci", "nonsense");
        let json = repo.idhooks("health --rev main --format json").ok().json();
        assert!(json["ci"].is_null());
        let last = || {
            let said = repo.idhooks("health --rev main").ok().stdout();
            let mut lines = said.lines().filter(|line| line.contains("last CI"));
            lines.next().unwrap_or_default().to_owned()
        };
        assert!(last().starts_with("unknown") && last().contains("it is damaged"), "{}", last());
        repo.sh("rm .git/idhooks/schedule/ci && mkfifo .git/idhooks/schedule/ci").ok().done();
        assert!(
            last().starts_with("unknown") && last().contains("not a regular file"),
            "{}",
            last()
        );
        repo.sh("rm .git/idhooks/schedule/ci && mkdir .git/idhooks/schedule/ci").ok().done();
        repo.idhooks("ci --base main").code(1).done();
    });
}

#[test]
fn an_audit_log_that_is_a_pipe_blocks_no_report() {
    on_adopted(|repo| {
        repo.sh("rm -f .git/idhooks/audit.jsonl; mkfifo .git/idhooks/audit.jsonl").ok().done();
        repo.idhooks("health").ok().done();
        repo.remove(".git/idhooks/audit.jsonl");
    });
}

//! What a killed run leaves in the git directory is known as that, and goes.

use super::stops::{Stops, Victim};
use crate::common::{Repo, for_each_git, text};
use crate::judge;

/// Returns what doctor says of leftovers.
fn said(repo: &Repo) -> String {
    let report = repo.idhooks("doctor").stdout();
    let lines = report.lines().filter(|line| line.contains("leftovers"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns our temporary files in the git directory.
fn files(repo: &Repo) -> String {
    repo.sh("find .git -name '*.idhooks-*.tmp'").ok().stdout()
}

#[test]
fn files_of_killed_runs_are_not_being_written() {
    for_each_git(|git| {
        for (line, point) in [
            ("commit -q -m new", "a temporary file is written"),
            ("idhooks deprecate --reason test notes.txt", "a temporary file is made"),
            ("idhooks deprecate --reason test notes.txt", "a copy is kept"),
        ] {
            let repo = Repo::adopted(git);
            repo.stage("new.md", text("new"));
            let mut stops = Stops::start(&repo, line);
            let stop = stops.until(point);
            assert!(!files(&repo).is_empty());
            assert!(said(&repo).contains("is being written"), "{}", said(&repo));
            repo.idhooks("doctor --fix").done();
            assert!(!files(&repo).is_empty(), "taken from a process at work");
            stops.kill(&stop, Victim::Everything);
            stops.end();
            repo.sh("rm -f .git/index.lock").ok().done();
            assert_eq!(said(&repo).matches("unfinished file").count(), 1, "{}", said(&repo));
            let fixed = repo.idhooks("doctor --fix").stdout();
            assert!(fixed.contains(".tmp': removed"), "{fixed}");
            assert_eq!(files(&repo), "");
            assert!(!said(&repo).contains(".tmp"), "{}", said(&repo));
            repo.run("add -A");
            repo.commit("new");
            judge::assert_good(&repo);
        }
    });
}

//! Heads of files that no rule names, in reports.

use super::head;
use super::unruled::{carry_one, copy_unseen};
use crate::common::{Repo, for_each_git, on_adopted};

#[test]
fn the_nightly_report_reads_all_heads() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        carry_one(&repo);
        copy_unseen(&repo);
        let answer = repo.idhooks("schedule run nightly").code(1);
        answer.complains("needs attention: Uniqueness").done();
    });
}

/// The reports, and the options that make them print JSON.
const REPORTS: [&str; 2] = ["drift --format json", "alerts --format json"];

/// Returns the overview of the dashboard.
fn overview(repo: &Repo) -> serde_json::Value {
    repo.idhooks("dashboard --output ../site").ok().done();
    serde_json::from_slice(&repo.read("../site/api/overview.json")).expect("JSON")
}

/// Returns the value of a figure without labels.
fn figure(repo: &Repo, name: &str) -> f64 {
    let figures = repo.idhooks("metrics --no-history --format json").ok().json();
    let mut all = figures["metrics"].as_array().expect("figures").iter();
    let figure = all.find(|figure| figure["name"] == name).expect("the figure");
    figure["samples"][0]["value"].as_f64().expect("a number")
}

#[test]
fn every_report_has_the_finding_and_fix_repairs_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let app = carry_one(&repo);
        copy_unseen(&repo);
        let own = repo.id("src/copy.py");
        for line in ["check", "check --rev HEAD"] {
            repo.idhooks(line)
                .ok()
                .complains(
                    "; 8 files not searched for identities in their first lines (see --all-heads)",
                )
                .done();
        }
        for line in REPORTS {
            let told = repo.idhooks(line).code(1).stdout();
            assert!(told.contains("src/copy.py") && told.contains(&app), "{line}: {told}");
            assert!(told.contains("\"heads_unread\":0"), "{line}: {told}");
        }
        assert_eq!(repo.findings("uniqueness"), ["DUPLICATE_IN_FS"]);
        repo.idhooks("health").code(1).done();
        assert_eq!(figure(&repo, "identity_duplicate_detections"), 1.0);
        let page = overview(&repo);
        assert_eq!(page["duplicates"][0]["code"], "DUPLICATE_IN_FS");
        assert_eq!(page["heads_unread"], 0);
        repo.idhooks("fix").code(1).complains("--execute' fixes it").done();
        repo.idhooks("fix DUPLICATE_IN_FS --execute").ok().complains("fixed 1 finding").done();
        assert_eq!(head(&repo, "src/copy.py"), format!("# doc_id: {own}"));
        assert_eq!(head(&repo, "src/app.py"), format!("# doc_id: {app}"));
        assert_eq!(repo.findings("--all-heads"), [""; 0]);
        repo.commit("put right");
        assert_eq!([repo.id("src/copy.py"), repo.id("src/app.py")], [own, app]);
        for line in REPORTS.into_iter().chain(["health", "check uniqueness", "fix"]) {
            repo.idhooks(line).ok().done();
        }
        assert_eq!(figure(&repo, "identity_duplicate_detections"), 0.0);
        assert_eq!(overview(&repo)["duplicates"].as_array().map(Vec::len), Some(0));
    });
}

#[test]
fn no_report_speaks_of_heads_that_it_did_not_read() {
    on_adopted(|repo| {
        let long = format!("# doc_id: {}\n{}", repo.id("README.md"), "x = 1\n".repeat(3 << 20));
        repo.commit_file("src/long.py", long);
        let unread = "; 1 file not searched for identities in its first lines (too large, or not in this clone)";
        let agree = "the registry and what was read of the files agree";
        repo.idhooks("drift").ok().complains(&format!("{agree}{unread}")).done();
        let page = repo.idhooks("drift --format markdown").ok().stdout();
        assert!(
            page.contains("\nNone in what was read.\n") && !page.contains("\nNone.\n"),
            "{page}"
        );
        repo.idhooks("alerts")
            .ok()
            .complains(&format!("no problems in what was read{unread}"))
            .done();
        repo.idhooks("fix")
            .ok()
            .complains(&format!("nothing to fix in what was read{unread}"))
            .done();
        repo.idhooks("check uniqueness").ok().complains(unread).done();
        let health = repo.idhooks("health").ok().stdout();
        assert!(health.contains(&format!("no findings{unread}")), "{health}");
        assert_eq!(figure(repo, "identity_heads_unread"), 1.0);
        assert_eq!(overview(repo)["heads_unread"], 1);
    });
}

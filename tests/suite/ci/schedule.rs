//! The workflow that 'schedule install --github' writes, in the hands of a service.

use crate::checks::{fits, public_schema};
use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

use super::heal;
use super::service::Forge;
use super::workflows::{FROM, init};
use super::yaml;

const FILE: &str = ".github/workflows/idhooks-schedule.yml";

fn written(repo: &Repo) -> String {
    written_from(repo, FROM)
}

fn written_from(repo: &Repo, source: &str) -> String {
    repo.idhooks(["schedule", "install", "--github", "--from", source]).ok().done();
    String::from_utf8(repo.read(FILE)).expect("UTF-8")
}

#[test]
fn it_has_the_form_that_github_expects() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let text = written(&repo);
        let workflow = yaml::read(&text);
        fits(&public_schema("github-workflow.json"), &workflow);
        let crons = workflow["on"]["schedule"].as_array().expect("times").iter();
        let crons: Vec<_> = crons.map(|time| time["cron"].as_str().expect("a text")).collect();
        assert_eq!(crons, ["0 2 * * *", "0 6 * * 1", "0 3 1 * *"]);
        assert_eq!(workflow["permissions"], serde_json::json!({"contents": "read"}));
        // idhooks is there by the same command as in the workflow of 'ci init'.
        let other = yaml::read(&repo.idhooks(init("github", &["--dry-run"])).ok().stdout());
        assert_eq!(workflow["jobs"]["idhooks"]["steps"][1], other["jobs"]["idhooks"]["steps"][1]);
    });
}

#[test]
fn a_file_is_ours_until_somebody_changes_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let text = written(&repo);
        assert_eq!(written(&repo), text);
        let list = repo.idhooks("schedule list").ok().stdout();
        assert_text("ci-schedule-a_file_is_ours_until_somebody_changes_it", &list);
        let other = ["schedule", "install", "--github", "--install", "make tools"];
        repo.idhooks(other).ok().done();
        let changed = String::from_utf8(repo.read(FILE)).expect("UTF-8");
        assert_text("ci-schedule-a_file_is_ours_until_somebody_changes_it-2", &changed);
        repo.append(FILE, "# mine\n");
        repo.idhooks(other).code(2).explains("was changed by hand").done();
        repo.idhooks("schedule remove").ok().complains("which was changed by hand").done();
        assert!(repo.exists(FILE));
        repo.idhooks(["schedule", "install", "--github", "--force", "--from", FROM]).ok().done();
        assert_eq!(repo.read(FILE), text.into_bytes());
        let dry = repo.idhooks("schedule remove --dry-run").ok().stdout();
        assert!(dry.starts_with("would remove '") && repo.exists(FILE), "{dry}");
        repo.idhooks("schedule remove").ok().done();
        assert!(!repo.exists(FILE));
        repo.write(FILE, "on: push\n");
        repo.idhooks(other).code(2).explains("idhooks did not write it").done();
        repo.idhooks("schedule remove").ok().complains("no timer is installed").done();
        assert_eq!(repo.read(FILE), b"on: push\n");
        let lines = ["schedule", "install", "--github", "--install", "a\nb"];
        repo.idhooks(lines).code(2).explains("several lines").done();
    });
}

#[test]
fn its_steps_write_each_report_and_keep_it() {
    for_each_git(|git| {
        let forge = Forge::new(git, "", "");
        let workflow = written_from(&forge.ours, forge.source());
        let kinds = [("0 2 * * *", "nightly"), ("0 6 * * 1", "weekly"), ("0 3 1 * *", "monthly")];
        for (cron, kind) in kinds.into_iter().chain([("", "weekly")]) {
            let job = forge.run_by_clock(&workflow, cron, kind);
            assert!(job.passed, "{}", job.log);
            assert!(
                job.summary.starts_with(&format!("# Identities, {kind} report of ")),
                "{}",
                job.summary
            );
            let dir = forge.runner().join("temp/idhooks");
            assert_eq!(job.kept, [(dir.to_str().expect("plain").to_owned(), true)]);
            let names = std::fs::read_dir(dir)
                .expect("readable")
                .map(|e| e.expect("readable").file_name().into_string().expect("plain"));
            assert!(names.filter(|name| name.starts_with(kind)).count() == 2);
        }
        // What needs attention fails, and the report is kept all the same.
        let repo = forge.branch("main2", false);
        repo.stage("unseen.md", text("unseen"));
        repo.run("commit -q --no-verify -m unseen");
        repo.run("push -q --no-verify origin HEAD:main");
        let job = forge.run_by_clock(&workflow, "0 2 * * *", "");
        assert!(!job.passed && job.kept[0].1, "{}", job.log);
        assert_text("ci-schedule-its_steps_write_each_report_and_keep_it", &job.summary);
    });
}

#[test]
fn a_timer_for_github_writes_the_same_workflow() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let file = ".github/workflows/idhooks-heal.yml";
        repo.idhooks(["schedule", "install", "--github", "--hourly", "--from", FROM]).ok().done();
        let text = String::from_utf8(repo.read(file)).expect("UTF-8");
        let rest = |text: &str| text.split_once('\n').expect("lines").1.to_owned();
        assert_eq!(rest(&text), rest(&heal::written(&repo, "github")));
        assert!(text.starts_with("# Written by 'idhooks schedule install', "), "{text}");
        repo.idhooks("schedule remove").ok().done();
        assert!(!repo.exists(file));
    });
}

//! The job that heals the registry every hour.

use serde_json::{Value, json};

use super::{CRONTAB, at, listed, report, reports, section, timers, with_programs};
use crate::common::{Repo, for_each_git, text};

const HOUR: &str = "2023-11-21T14:15:00Z";

fn commit_unseen(repo: &Repo, path: &str) {
    repo.stage(path, text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", path]);
}

fn jobs(repo: &Repo) -> Vec<String> {
    let list = listed(repo);
    let jobs = list["jobs"].as_array().expect("jobs").iter();
    jobs.map(|job| job["job"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn without_a_place_it_only_reports() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let hour = at(&repo, HOUR);
        let quiet = hour.idhooks("--quiet schedule run hourly").ok();
        assert_eq!((quiet.stdout(), quiet.stderr()), (String::new(), String::new()));
        commit_unseen(&repo, "unseen.md");
        let head = repo.rev("HEAD");
        at(&repo, HOUR)
            .idhooks("schedule run hourly")
            .code(1)
            .complains("nothing was changed")
            .done();
        let (markdown, json) = report(&repo, "hourly-2023-11-21T14");
        assert!(markdown.contains("hourly report of 2023-11-21T14"), "{markdown}");
        let facts = &section(&json, "reconcile")["facts"];
        assert_eq!(
            (&facts["missing_from_registry"], &facts["target"]),
            (&json!(1), &json!("none"))
        );
        assert_eq!(repo.ask("for-each-ref --format=%(objectname) refs/heads"), head);
        // Reports of other hours stay, up to thirty.
        at(&repo, "2023-11-21T15:15:00Z").idhooks("schedule run hourly").code(1).done();
        assert!(reports(&repo).join("hourly-2023-11-21T14.md").exists());
    });
}

#[test]
fn it_heals_where_the_rules_say() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(
            "[reconcile]\ncommit = \"branch idhooks/heal\"\nauthor = \"Bot <bot@x.org>\"",
        );
        commit_unseen(&repo, "unseen.md");
        at(&repo, HOUR).idhooks("schedule run hourly").ok().complains("git merge --ff-only").done();
        // With --quiet a run that leaves nothing to a person says nothing, so that cron sends no mail.
        let hour = at(&repo, HOUR);
        let quiet = hour.idhooks("--quiet schedule run hourly").ok();
        assert_eq!((quiet.stdout(), quiet.stderr()), (String::new(), String::new()));
        let (_, json) = report(&repo, "hourly-2023-11-21T14");
        assert_eq!(json["result"], "fine");
        let facts = &section(&json, "reconcile")["facts"];
        assert_eq!(facts["healed_by"], repo.rev("idhooks/heal").as_str());
        assert_eq!(
            repo.ask("log -1 --format=%an:%ae:%cn:%ce idhooks/heal"),
            "Bot:bot@x.org:Bot:bot@x.org"
        );
        repo.run("merge -q --ff-only idhooks/heal");
        assert_eq!(repo.findings("--rev HEAD"), Vec::<String>::new());
        // In a working tree that someone uses, the run fails and says why.
        repo.append("notes.txt", "mine");
        at(&repo, HOUR)
            .idhooks("schedule run hourly")
            .code(2)
            .complains("uncommitted changes")
            .done();
        // The last report says so, too, and not that nothing needs attention.
        let (markdown, json) = report(&repo, "hourly-2023-11-21T14");
        assert!(markdown.contains("**The run was refused.**"), "{markdown}");
        let section = section(&json, "reconcile");
        assert_eq!((&json["result"], &section["is_well"]), (&json!("failed"), &json!(false)));
        let why = section["facts"]["failed"].as_str().expect("a reason");
        assert!(why.starts_with("there are uncommitted changes"), "{why}");
        assert!(section["help"].as_str().is_some_and(|help| help.contains("git stash")));
        // A timer of the user runs it: the list shows that it ran, and that no timer of idhooks does.
        let hourly = &listed(&repo)["jobs"][0];
        assert_eq!((&hourly["job"], &hourly["next_at"]), (&json!("hourly"), &Value::Null));
        assert_eq!(
            (&hourly["last"]["result"], &hourly["is_due"]),
            (&json!("failed"), &json!(false))
        );
        assert_eq!(hourly["last"]["done_at"], HOUR);
        let list = repo.idhooks("schedule list").ok().stdout();
        assert!(list.contains("next run by a timer of your own"), "{list}");
        repo.run("reset -q --hard");
        repo.run("checkout -q --detach");
        at(&repo, HOUR).idhooks("schedule run hourly").code(2).complains("HEAD is detached").done();
        let (markdown, _) = report(&repo, "hourly-2023-11-21T14");
        assert!(markdown.contains("HEAD is detached"), "{markdown}");
        // Without a working tree, too.
        repo.run("clone -q --bare . ../bare.git");
        let bare = at(&repo.beside("bare.git"), HOUR);
        bare.idhooks("schedule run hourly").code(2).complains("bare repository").done();
        let file = bare.path().join("idhooks/reports/hourly-2023-11-21T14.md");
        let markdown = std::fs::read_to_string(file).expect("a report");
        assert!(markdown.contains("**The run was refused.**"), "{markdown}");
    });
}

#[test]
fn timers_run_it_only_if_it_was_asked_for() {
    for_each_git(|git| {
        let repo = with_programs(&Repo::adopted(git), &[("crontab", CRONTAB)]);
        let crontab = || std::fs::read_to_string(repo.root().join("home/crontab")).expect("a file");
        repo.idhooks("schedule install --cron").ok().done();
        assert!(!crontab().contains("hourly"), "{}", crontab());
        assert_eq!(jobs(&repo), ["nightly", "weekly", "monthly"]);
        repo.idhooks("schedule install --cron --hourly --dry-run").ok().done();
        assert_eq!(jobs(&repo).len(), 3);
        repo.idhooks("schedule install --cron --hourly").ok().done();
        assert!(crontab().contains("15 * * * * ") && crontab().contains("schedule run hourly\n"));
        assert_eq!(jobs(&repo), ["hourly", "nightly", "weekly", "monthly"]);
        // A later installation keeps it.
        repo.idhooks("schedule install --cron").ok().complains("nothing to change").done();
        assert_eq!(timers(&repo), [("cron".to_owned(), "installed".to_owned())]);
        // What was missed is done later.
        let later = at(&repo, "2023-11-21T16:20:00Z");
        later.idhooks("schedule run --due").ok().done();
        assert!(reports(&repo).join("hourly-2023-11-21T16.md").exists());
        at(&repo, "2023-11-21T16:50:00Z")
            .idhooks("schedule run --due")
            .ok()
            .complains("next is hourly")
            .done();
        repo.idhooks("schedule remove").ok().done();
        assert_eq!(listed(&repo)["jobs"][0]["next_at"], Value::Null);
        for (option, file, line) in [
            ("--systemd", "-hourly.timer", "OnCalendar=*:15"),
            ("--windows", "-hourly.xml", "<Interval>PT1H</Interval>"),
        ] {
            repo.idhooks(["schedule", "install", option, "--hourly", "--output", "timers"])
                .ok()
                .done();
            let files = std::fs::read_dir(repo.path().join("timers")).expect("a directory");
            let mut files = files.map(|entry| entry.expect("readable").path());
            let of_job = files.find(|path| path.to_string_lossy().ends_with(file)).expect("a file");
            let text = std::fs::read_to_string(of_job).expect("UTF-8");
            assert!(text.contains(line), "{text}");
        }
    });
}

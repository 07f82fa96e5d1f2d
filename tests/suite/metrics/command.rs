//! What is measured, in each format.

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Repo, SCOPE, Snapshot, for_each_git, on_adopted, text};

use super::grammar::{Samples, openmetrics, prometheus};
use super::{commit_unseen, on_day};

fn measured(repo: &Repo) -> Samples {
    prometheus(&repo.idhooks("metrics").ok().stdout())
}

fn assert_values(samples: &Samples, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        let found = samples.get(*name);
        assert!(found.is_some_and(|found| (found - value).abs() < 1e-9), "{name}: {found:?}");
    }
}

#[test]
fn every_format_says_the_same() {
    on_adopted(|repo| {
        let before = Snapshot::of(repo);
        let plain = measured(repo);
        assert_values(
            &plain,
            &[
                ("identity_coverage_percentage", 100.0),
                ("identity_total_files", 7.0),
                ("identity_files_with_ids", 7.0),
                ("identity_total_allocations", 7.0),
                ("identity_active_allocations", 7.0),
                ("identity_deprecated_allocations", 0.0),
                ("identity_superseded_allocations", 0.0),
                ("identity_allocation_rate_per_day", 1.0),
                ("identity_duplicate_detections", 0.0),
                ("identity_heads_unread", 0.0),
                ("identity_registry_version", 1.0),
                ("identity_registry_schema_version", 1.0),
                ("identity_reassigned_by_merge", 0.0),
                ("identity_healed_commits", 0.0),
                ("identity_faulty_commits", 0.0),
                ("identity_validation_errors{code=\"MISSING_ID\"}", 0.0),
            ],
        );
        assert!(plain.contains_key("identity_lock_acquisition_time_seconds"));
        let counter =
            format!("identity_capacity_used_ratio{{type=\"20\",ns=\"999\",scope=\"{SCOPE}\"}}");
        assert_values(&plain, &[(&counter, 2.0 / (20.0 * 99_699.0))]);
        let open = openmetrics(&repo.idhooks("metrics --format openmetrics").ok().stdout());
        assert!(plain.keys().eq(open.keys()), "{open:?}");
        let json = repo.idhooks("metrics --format json").ok().json();
        assert_fits(repo, "metrics", &json);
        let figures = json["metrics"].as_array().expect("a list");
        let samples = figures.iter().flat_map(|f| f["samples"].as_array().expect("a list"));
        assert_eq!(samples.count(), plain.len());
        let csv = repo.idhooks("metrics --format csv").ok().stdout();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), plain.len());
        before.assert_same(repo);
    });
}

#[test]
fn what_is_wrong_and_what_was_healed_is_counted() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.run("rm -q notes.txt");
        repo.commit("less");
        commit_unseen(repo, "new.md");
        let samples = measured(repo);
        assert_values(
            &samples,
            &[
                ("identity_coverage_percentage", 600.0 / 7.0),
                ("identity_files_with_ids", 6.0),
                ("identity_deprecated_allocations", 1.0),
                ("identity_validation_errors{code=\"MISSING_ID\"}", 1.0),
                ("identity_healed_commits", 0.0),
                ("identity_faulty_commits", 1.0),
            ],
        );
        repo.commit_file("newer.md", text("newer"));
        let samples = measured(repo);
        assert_values(&samples, &[("identity_healed_commits", 1.0)]);
        assert_values(&samples, &[("identity_faulty_commits", 0.0)]);
        let times = &repo.idhooks("check --history --format json").ok().json()["repair_times"];
        for (stage, key) in
            [("detection", "detected_after_seconds"), ("repair", "healed_after_seconds")]
        {
            let metric = |end: &str| format!("identity_fault_{stage}_seconds_{end}");
            let took = times[0][key].as_f64().expect("it is known");
            assert_values(&samples, &[(&metric("count"), 1.0), (&metric("sum"), took)]);
        }
        let short = repo.idhooks("metrics --no-history").ok().stdout();
        assert!(!prometheus(&short).contains_key("identity_healed_commits"));
        // A commit of long ago is measured as it was.
        let old = prometheus(&repo.idhooks("metrics --rev HEAD~3").ok().stdout());
        assert_values(&old, &[("identity_total_allocations", 7.0)]);
        repo.run("reset -q --hard HEAD");
    });
}

#[test]
fn merges_that_renumber_are_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        let other = repo.clone_as("other");
        other.commit_file("side.py", text("side"));
        repo.commit_file("main.py", text("main"));
        repo.run("pull -q --no-rebase --no-edit ../other main");
        assert_values(&measured(&repo), &[("identity_reassigned_by_merge", 1.0)]);
    });
}

#[test]
fn the_rate_is_that_of_seven_days() {
    for_each_git(|git| {
        let repo = on_day(&Repo::empty(git), 1).adopt("");
        let later = on_day(&repo, 7);
        later.commit_file("late.md", text("late"));
        assert_values(&measured(&later), &[("identity_allocation_rate_per_day", 8.0 / 7.0)]);
        let last = on_day(&repo, 9);
        assert_values(&measured(&last), &[("identity_allocation_rate_per_day", 1.0 / 7.0)]);
    });
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    on_adopted(|repo| {
        let file = repo.root().join("figures.prom");
        let name = file.to_str().expect("a plain name");
        std::fs::write(&file, "old").expect("writable");
        assert_eq!(repo.idhooks(["metrics", "--output", name]).ok().stdout(), "");
        let text = std::fs::read_to_string(&file).expect("written");
        assert!(prometheus(&text).len() > 20);
        let beside = std::fs::read_dir(repo.root()).expect("readable");
        let names: Vec<_> = beside.map(|e| e.expect("readable").file_name()).collect();
        assert_eq!(names.iter().filter(|n| n.to_string_lossy().contains("figures")).count(), 1);
    });
}

#[test]
fn a_registry_that_cannot_be_read_is_a_figure() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage(".idhooks/registry.json", "<<<<<<< ours\n");
        let samples = measured(&repo);
        let corrupt = "identity_validation_errors{code=\"REGISTRY_CORRUPT\"}";
        assert!(samples[corrupt] >= 1.0);
        assert_values(&samples, &[("identity_files_with_ids", 0.0)]);
        assert!(!samples.contains_key("identity_total_allocations"));
    });
}

#[test]
fn a_writer_is_waited_for_and_named() {
    on_adopted(|repo| {
        repo.run("config idhooks.lockTimeout 50");
        let lock = repo.path().join(".git/idhooks/writer.lock");
        let file = std::fs::File::create(&lock).expect("writable");
        file.lock().expect("free");
        let said = repo.idhooks("metrics").ok().complains("warning: the writer lock was not free");
        let samples = prometheus(&said.stdout());
        assert!(samples["identity_lock_acquisition_time_seconds"] >= 0.05);
        drop(file);
        let free = measured(repo)["identity_lock_acquisition_time_seconds"];
        assert!(free < 5.0, "{free}");
    });
}

#[test]
fn without_a_working_tree_there_is_no_lock() {
    on_adopted(|repo| {
        let from = repo.path().to_str().expect("a plain name");
        repo.run(["clone", "-q", "--bare", from, "../bare.git"]);
        let bare = repo.beside("bare.git");
        bare.idhooks("metrics").code(2).explains("bare").done();
        let samples = prometheus(&bare.idhooks("metrics --rev HEAD").ok().stdout());
        assert_values(&samples, &[("identity_files_with_ids", 7.0)]);
        assert!(!samples.contains_key("identity_lock_acquisition_time_seconds"));
        let json: Value = bare.idhooks("metrics --rev HEAD --format json").ok().json();
        assert_eq!(json["commit"], repo.rev("HEAD"));
    });
}

#[test]
fn the_version_of_the_registry_grows_with_it_and_is_the_same_in_every_clone() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let version = |repo: &Repo| measured(repo)["identity_registry_version"];
        assert_values(&measured(repo), &[("identity_registry_version", 1.0)]);
        repo.write("README.md", text("other words"));
        repo.run("commit -q -a -m edit");
        assert!(version(repo) < 1.5, "the registry did not change");
        repo.run("checkout -q -b side");
        for name in ["a.md", "b.md"] {
            repo.commit_file(name, text(name));
        }
        repo.run("checkout -q main");
        repo.commit_file("c.md", text("c"));
        let (main, side) = (version(repo), measured_at(repo, "side"));
        // Both directions of a merge have more than each of its parents, and so has what follows.
        repo.run("checkout -q -b other side");
        repo.run("merge -q --no-edit main");
        let merged = version(repo);
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        assert!(version(repo) > main && version(repo) > side, "{main} {side}");
        assert!((version(repo) - merged).abs() < 1e-9);
        repo.commit_file("d.md", text("d"));
        assert!((version(repo) - merged - 1.0).abs() < 1e-9);
        // The side that is discarded still counts: the registry is another one.
        repo.run("checkout -q -b third side");
        repo.run("merge -q --no-edit -s ours main");
        assert!(version(repo) > side);
        let from = repo.path().to_str().expect("a plain name");
        repo.run("checkout -q main");
        assert_eq!(version(&repo.clone_as("other-clone")), version(repo));
        let url = format!("file://{from}");
        repo.run(["clone", "-q", "--depth=2", &url, "../shallow"]);
        let shallow = repo.beside("shallow");
        assert!(!measured(&shallow).contains_key("identity_registry_version"));
        shallow.run("fetch -q --unshallow");
        assert_eq!(version(&shallow), version(repo));
        let short = prometheus(&repo.idhooks("metrics --no-history").ok().stdout());
        assert!(!short.contains_key("identity_registry_version"));
    });
}

/// Returns the version of the registry of a commit.
fn measured_at(repo: &Repo, rev: &str) -> f64 {
    let text = repo.idhooks(["metrics", "--rev", rev]).ok().stdout();
    prometheus(&text)["identity_registry_version"]
}

#[test]
fn no_report_replaces_a_file_of_git() {
    on_adopted(|repo| {
        repo.run("worktree add -q ../tree");
        let tree = repo.beside("tree");
        std::os::unix::fs::symlink(repo.path().join(".git/HEAD"), repo.root().join("link"))
            .expect("a link");
        let before = repo.sh("cksum .git/config .git/HEAD .git/hooks/*").ok().stdout();
        for line in [
            "metrics --output .git/config",
            "metrics --output docs/../.git/identities.prom",
            "metrics --output ../link",
            "export --format csv --output .git/config",
            "drift --output .git/hooks/pre-commit",
            "check --write-baseline .git/known.json",
            "coverage --append .git/config",
            "coverage report --period week --output .git/report.md",
            "ci --base HEAD --head HEAD --report sarif=.git/config",
            "ci --base HEAD --head HEAD --patch .git/config",
            "dashboard --output .git/site",
            "dashboard --png .git/config",
            "schedule run nightly --output .git/none/../hooks",
            "schedule install --cron --output units --metrics .git/config",
        ] {
            let hint = "hint: name a file outside it";
            repo.idhooks(line).code(2).explains("is in the git directory").complains(hint).done();
        }
        for line in [
            "metrics --output .idhooks/registry.json",
            "metrics --output idhooks.toml",
            "export --format csv --output .gitattributes",
            "export --format csv --output docs/../.idhooks/registry.json",
            "dashboard --output .idhooks/site",
            "backup create --to .idhooks",
            "schedule install --cron --output units --metrics .idhooks/registry.json",
        ] {
            repo.idhooks(line).code(2).explains("belongs to idhooks itself").done();
        }
        assert_eq!(repo.ask("status --short"), "");
        // Any other file may be written; a tracked one only if the user says so.
        repo.idhooks("export --format csv --output data/table.csv --overwrite").ok().done();
        repo.run("checkout -q data/table.csv");
        repo.idhooks("backup create --to .git").code(2).explains("git directory").done();
        tree.idhooks("metrics --output .git").code(2).explains("git directory").done();
        tree.idhooks("metrics --output ../work/.git/config").code(2).explains("git dir").done();
        repo.run("worktree remove ../tree");
        assert_eq!(repo.sh("cksum .git/config .git/HEAD .git/hooks/*").ok().stdout(), before);
        repo.idhooks("schedule run nightly --output .git/idhooks/reports").ok().done();
    });
}

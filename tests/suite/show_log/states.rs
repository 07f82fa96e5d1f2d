//! Changes of status and what else a registry may say of a record.

use super::{commit_all, edit_registry, log, told};
use crate::common::{Repo, for_each_git, text};

/// Returns the registry with the record of an identity changed.
fn with_record(registry: &str, id: &str, change: impl Fn(&str) -> String) -> String {
    let head = format!("{{\"id\":\"{id}\"");
    let line = |line: &str| match line.starts_with(&head) {
        true => change(line),
        false => line.to_owned(),
    };
    registry.lines().map(|l| line(l) + "\n").collect()
}

#[test]
fn superseded_deprecated_and_purged_by_hand() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [notes, guide, intro] =
            ["notes.txt", "docs/guide.md", "docs/intro.md"].map(|p| repo.id(p));
        let metadata = |line: &str, status: &str, more: &str| {
            let line = line.replace("\"status\":\"active\"", &format!("\"status\":\"{status}\""));
            line.replace("\"metadata\":{", &format!("\"metadata\":{{{more},"))
        };
        edit_registry(&repo, "supersede", |text| {
            with_record(text, &guide, |line| {
                metadata(line, "superseded", &format!("\"superseded_by\":\"{intro}\""))
            })
        });
        edit_registry(&repo, "give-up", |text| {
            with_record(text, &notes, |line| {
                metadata(line, "deprecated", "\"deprecated_reason\":\"obsolete\"")
            })
        });
        edit_registry(&repo, "purge", |text| {
            with_record(text, &notes, |line| metadata(line, "deprecated", "\"purged\":true"))
        });
        let superseded = format!("supersede: superseded docs/guide.md by={intro}");
        assert_eq!(
            told(&repo, [guide.as_str()]),
            ["adopt: allocated docs/guide.md", superseded.as_str()]
        );
        assert_eq!(
            told(&repo, [notes.as_str()]),
            [
                "adopt: allocated notes.txt",
                "give-up: deprecated notes.txt reason=obsolete",
                "purge: purged notes.txt",
            ]
        );
        let said = repo.idhooks(["log", &guide]).ok();
        assert!(said.stdout().contains(&format!("docs/guide.md, by {intro}")), "{said}");
        said.complains(&format!("{guide}: superseded, 'docs/guide.md'")).done();
    });
}

#[test]
fn excluded_by_the_rules_and_taken_in_again() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[track]\nexclude = [\"data/**\"]\n");
        repo.configure("");
        let events = [
            "adopt: allocated data/table.csv",
            "write idhooks.toml: deprecated data/table.csv reason=excluded",
            "write idhooks.toml: revived data/table.csv",
        ];
        assert_eq!(told(&repo, "data/table.csv"), events);
    });
}

#[test]
fn a_record_that_was_lost_and_came_back() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        edit_registry(&repo, "lose", |text| {
            let kept = text.lines().filter(|line| !line.contains(&id));
            kept.map(|line| format!("{line}\n")).collect()
        });
        repo.commit_file("more.txt", text("more"));
        // A registry that cannot be read says nothing.
        edit_registry(&repo, "tear", |text| format!("<<<<<<< ours\n{text}"));
        repo.run("revert --no-edit HEAD");
        // One that is gone has no records.
        repo.run("rm -q .idhooks/registry.json");
        repo.run("commit -q --no-verify -m remove");
        repo.run("checkout -q HEAD~1 -- .idhooks/registry.json");
        repo.run("commit -q --no-verify -m return");
        let events = [
            "adopt: allocated notes.txt",
            "lose: lost notes.txt",
            "write more.txt: restored notes.txt",
            "remove: lost notes.txt",
            "return: restored notes.txt",
        ];
        assert_eq!(told(&repo, [id.as_str()]), events);
        // Where the newest registry lacks the record, the history still knows it.
        repo.run("checkout -q HEAD~5");
        let lost = log(&repo, [id.as_str()]);
        assert_eq!(told(&repo, [id.as_str()]), events[..2]);
        let note = format!("{id} was {id}, of which the registry has no record now");
        assert_eq!(lost["note"], note);
    });
}

#[test]
fn a_file_that_takes_a_path_over() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        let origin = repo.record(&repo.id("README.md"))["metadata"]["origin"].clone();
        let origin = origin.as_str().expect("text").to_owned();
        edit_registry(&repo, "correct", |text| {
            with_record(text, &id, |line| {
                let more = format!("\"metadata\":{{\"reassigned_from\":\"{origin}\",");
                line.replace("\"metadata\":{", &more)
            })
        });
        let events = [
            "adopt: allocated notes.txt".to_owned(),
            format!("correct: reassigned notes.txt reassigned_from={origin}"),
        ];
        assert_eq!(told(&repo, "notes.txt"), events);
        let said = repo.idhooks("log notes.txt -n 1").ok();
        let readme = repo.id("README.md");
        assert!(said.stdout().ends_with(&format!("notes.txt, previously of {readme}\n")), "{said}");
    });
}

#[test]
fn a_registry_in_another_form_says_the_same() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.mv("notes.txt", "n.txt");
        commit_all(&repo, "rename");
        edit_registry(&repo, "pretty", |text| {
            let json: serde_json::Value = serde_json::from_str(text).expect("JSON");
            serde_json::to_string_pretty(&json).expect("JSON")
        });
        repo.mv("n.txt", "m.txt");
        repo.run("commit -q --no-verify -m unseen");
        edit_registry(&repo, "by-hand", |text| text.replace("n.txt", "m.txt"));
        let events = [
            "adopt: allocated notes.txt",
            "rename: renamed n.txt from=notes.txt",
            "by-hand: renamed m.txt from=n.txt",
        ];
        assert_eq!(told(&repo, "m.txt"), events);
    });
}

#[test]
fn a_partial_clone_tells_what_it_knows() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.mv("notes.txt", "n.txt");
        commit_all(&repo, "rename");
        repo.run("config uploadpack.allowFilter true");
        let url = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--filter=blob:none", &url, "../partial"]);
        let partial = repo.beside("partial");
        // Nothing is fetched, neither by idhooks nor for it.
        let offline = partial.with("GIT_ALLOW_PROTOCOL", "none");
        let answer = offline.idhooks("log n.txt").ok();
        assert!(answer.stdout().contains("  initialized  "), "{answer}");
        answer.complains("warning: this clone is shallow or partial").done();
        assert_eq!(told(&partial, "n.txt"), ["rename: initialized n.txt"]);
    });
}

#[test]
fn a_closed_pipe_is_no_error() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let script = repo.root().join("pipe.sh");
        // The reader closes its end, and only then lets the writer begin.
        let run = "cd \"$1\"; mkfifo ../go; { read -r _ < ../go; \"$BIN\" log -q README.md; \
                   echo $? > ../code; } | { exec 0<&-; echo > ../go; }; [ \"$(cat ../code)\" = 0 ]";
        std::fs::write(&script, run).expect("a file can be written");
        let bin = crate::common::binary();
        let bin = bin.to_str().expect("a plain name");
        repo.with("BIN", bin).script(&script, repo.path().to_str().expect("a plain name"));
    });
}

#[test]
fn a_shallow_clone_tells_what_it_knows() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.mv("notes.txt", "n.txt");
        commit_all(&repo, "rename");
        repo.mv("n.txt", "m.txt");
        commit_all(&repo, "again");
        let url = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--depth", "2", &url, "../shallow"]);
        let shallow = repo.beside("shallow");
        let events = ["rename: initialized n.txt", "again: renamed m.txt from=n.txt"];
        assert_eq!(told(&shallow, "m.txt"), events);
        let answer = shallow.idhooks("log m.txt").ok();
        answer.complains("warning: this clone is shallow or partial").done();
    });
}

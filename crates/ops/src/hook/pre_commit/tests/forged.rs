//! Registries that are torn, foreign or forged: a check finds it, and a commit is blocked or heals it.

use idhooks_core::check::Code;
use idhooks_core::registry::key;

use crate::tests::{REGISTRY, TestRepo, text};
use crate::{CheckOptions, Revision, complete_commit};

/// Stages the registry with an edit, and a new file.
fn forged(repo: &TestRepo, edit: impl FnOnce(&str) -> String) {
    let before = repo.read(REGISTRY);
    let after = edit(&before);
    assert_ne!(before, after, "nothing was edited");
    repo.stage(REGISTRY, &after);
    repo.stage("new.md", &text("new"));
}

/// Asserts that a check has a finding, and that a commit is blocked by it and changes nothing.
#[track_caller]
fn assert_blocked(repo: &TestRepo, code: Code) {
    assert!(repo.findings().contains(&code), "{code} not in {:?}", repo.findings());
    let done = repo.unchanged(|open| complete_commit(&mut repo.notices(), open));
    let found = done.expect("possible");
    assert!(found.iter().any(|one| one.code == code), "{code} not in {found:#?}");
}

#[test]
fn a_registry_that_is_torn_or_of_another_scope_blocks() {
    let repo = TestRepo::adopted();
    forged(&repo, |text| text[..text.len() / 2].to_owned());
    assert_blocked(&repo, Code::RegistryCorrupt);
    repo.run("reset -q --hard");
    forged(&repo, |text| text.replace("\"scope\":\"260118\"", "\"scope\":\"999999\""));
    assert_blocked(&repo, Code::RegistryCorrupt);
    repo.run("reset -q --hard");
    repo.stage("idhooks.toml", "scope = \"999999\"\n");
    assert_blocked(&repo, Code::RegistryCorrupt);
}

#[test]
fn an_identity_an_origin_or_a_path_of_two_records_blocks() {
    let repo = TestRepo::adopted();
    let [notes, readme] = ["notes.txt", "README.md"].map(|path| repo.record(repo.id(path)));
    for (code, from, to) in [
        (Code::DuplicateId, notes.id.to_string(), readme.id.to_string()),
        (Code::DuplicateOrigin, notes.origin.to_string(), readme.origin.to_string()),
        (Code::DuplicatePath, "\"notes.txt\"".to_owned(), "\"README.md\"".to_owned()),
    ] {
        forged(&repo, |text| text.replace(&from, &to));
        assert_blocked(&repo, code);
        repo.run("reset -q --hard");
    }
}

#[test]
fn a_record_removed_by_hand_is_restored() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    forged(&repo, |text| {
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("notes.txt")).collect();
        kept.join("\n").replace(",\n]}", "\n]}") + "\n"
    });
    repo.commit("edited");
    assert_eq!(repo.id("notes.txt"), id);
    repo.assert_in_order();
}

#[test]
fn the_registry_of_the_index_counts_and_not_that_of_the_working_tree() {
    let repo = TestRepo::adopted();
    std::fs::remove_file(repo.at(REGISTRY)).expect("there");
    assert!(repo.findings().is_empty());
    repo.write(REGISTRY, "half a regis");
    assert!(repo.findings().is_empty());
    repo.commit_file("new.md", &text("new"));
    repo.id("new.md");
    assert_eq!(repo.read(REGISTRY), "half a regis");
    assert!(repo.check_history().is_empty());
}

#[test]
fn a_check_of_a_commit_reads_the_registry_of_that_commit() {
    let repo = TestRepo::adopted();
    repo.run("checkout -q --detach");
    repo.stage(REGISTRY, "half a regis");
    repo.commit_unseen("torn");
    let torn = repo.rev("HEAD");
    repo.run("checkout -q main");
    let codes = |rev: &str| -> Vec<Code> {
        let revision = Revision::named(rev);
        let report = repo.check(&CheckOptions { revision, ..CheckOptions::default() });
        report.findings.iter().map(|one| one.code).collect()
    };
    assert_eq!((codes(&torn), codes("main")), (vec![Code::RegistryCorrupt], vec![]));
}

#[test]
fn a_form_that_is_not_canonical_is_a_warning() {
    let repo = TestRepo::adopted();
    repo.stage(REGISTRY, &repo.read(REGISTRY).replace("\":", "\": "));
    let report = repo.check(&CheckOptions::default());
    let codes: Vec<Code> = report.findings.iter().map(|one| one.code).collect();
    assert_eq!((codes, report.is_failed), (vec![Code::NotCanonical], false));
}

#[test]
fn a_file_that_is_superseded_by_no_record_stays_active() {
    for by in ["", ",\"superseded_by\":\"2099918846260118\""] {
        let repo = TestRepo::adopted();
        let id = repo.id("notes.txt");
        forged(&repo, |text| {
            let edited = |line: &str| match line.contains("\"notes.txt\"") {
                true => line
                    .replace("\"active\"", "\"superseded\"")
                    .replace("\"}}", &format!("\"{by}}}}}")),
                false => line.to_owned(),
            };
            text.split_inclusive('\n').map(edited).collect()
        });
        repo.commit("by hand");
        assert_eq!(repo.id("notes.txt"), id);
        assert!(repo.record(id).is_active());
    }
}

#[test]
fn a_full_counter_blocks_new_files_of_its_own_only() {
    for strategy in ["scattered", "sequential"] {
        let repo = TestRepo::adopted();
        let rules = format!("scope = \"260118\"\n[allocation]\nstrategy = \"{strategy}\"\n");
        repo.commit_file("idhooks.toml", &rules);
        let chain = [100].into_iter().chain(980..1000);
        let floors = chain.map(|ns| format!("\"{ns}_01_260118\":{{\"floor\":99999}}"));
        let full = format!("\"counters\":{{{}}}", floors.collect::<Vec<_>>().join(","));
        repo.stage(REGISTRY, &repo.read(REGISTRY).replace("\"counters\":{}", &full));
        repo.commit("fill");
        let id = repo.id("docs/intro.md");
        repo.stage("docs/new.md", &text("new"));
        let found = repo.unchanged(|open| complete_commit(&mut repo.notices(), open));
        let found = found.expect("possible");
        let is_it = |message: &str| message.contains("100_01_260118");
        assert!(found.iter().any(|one| one.code == Code::Capacity && is_it(&one.message)));
        repo.run("reset -q --hard");
        repo.git_mv("docs/intro.md", "docs/start.md");
        repo.stage("src/new.py", &text("new"));
        repo.commit("other counters");
        assert_eq!(repo.id("docs/start.md"), id);
        let report = repo.check(&CheckOptions::default());
        assert!(report.findings.iter().all(|one| one.code == Code::Capacity) && !report.is_failed);
        let is_it = |message: &str| message.contains("are nearly full: 2,099,979 of 2,099,979");
        assert!(strategy == "scattered" || report.findings.iter().any(|one| is_it(&one.message)));
    }
}

#[test]
fn members_that_a_person_stages_are_kept() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    let path = "\"file_path\":\"notes.txt\"";
    forged(&repo, |text| text.replace(path, &format!("{path},\"owner\":\"ann\"")));
    repo.commit("owner");
    let record = repo.record(id);
    let owner = record.extra.get("owner").and_then(|owner| owner.as_str());
    assert_eq!((owner, record.text(key::DEPRECATED_REASON)), (Some("ann"), None));
}

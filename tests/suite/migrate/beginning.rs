//! What the first step finds by itself: the registry, settings, numbers in file names, and what it asks.

use serde_json::{Value, json};

use super::{
    LEGACY, RECORDS, assert_clean, classic, content, phase, refuses, with_file, with_legacy,
};
use crate::common::{Repo, for_each_git, text};

/// Settings of another program.
const SETTINGS: &str = "scope: \"240101\"\ntype_classification: {.py: 20, .md: 01}\n\
    namespace_routing:\n  - {pattern: \"docs/**\", code: 100}\n";

#[test]
fn the_only_file_with_records_is_found() {
    for_each_git(|git| {
        for (name, other) in [("ids/old.json", "data.json"), ("numbers.jsonl", "data.csv")] {
            let whole = match name {
                "ids/old.json" => classic(&RECORDS),
                _ => {
                    let records = classic(&RECORDS);
                    let records = records.lines().filter(|line| line.starts_with("{\"id\""));
                    records.map(|line| line.trim_end_matches(',').to_owned() + "\n").collect()
                }
            };
            let repo = with_file(git, name, &whole);
            repo.stage(other, "{\"id\": 1}\n");
            repo.commit("another file");
            let plan = repo.idhooks("migrate plan").ok().stdout();
            assert!(plan.contains(&format!("in '{name}'")), "{plan}");
            repo.idhooks("migrate run").ok().done();
            assert_eq!(phase(&repo), "legacy-leads");
            let status = repo.idhooks("migrate status --format json").ok().json();
            assert_eq!(status["path"], name);
        }
    });
}

#[test]
fn of_several_files_with_records_a_person_names_one() {
    for_each_git(|git| {
        let repo = with_file(git, "one.json", &classic(&RECORDS));
        repo.commit_file("two.json", classic(&RECORDS));
        for line in ["migrate plan", "migrate run"] {
            refuses(repo.idhooks(line), 2, &["'one.json'", "'two.json'", "--from FILE"]);
        }
        repo.idhooks("migrate plan --from two.json").ok().done();
        assert_clean(&repo);
    });
}

#[test]
fn settings_are_offered_until_there_are_own_ones() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        repo.commit_file("config/IDENTITY_CONFIG.yaml", SETTINGS);
        repo.commit_file("tools/ids.yml", SETTINGS.replace("240101", "250101"));
        repo.commit_file("other.yaml", "scope: all\ntypes: [a, b]\n");
        let plan = repo.idhooks("migrate plan").ok().stdout();
        for said in [
            "idhooks import --config tools/ids.yml",
            "'config/IDENTITY_CONFIG.yaml' has scope 240101, but the registry has 250101",
        ] {
            assert_eq!(plan.matches(said).count(), 1, "{said}: {plan}");
        }
        assert!(!plan.contains("'other.yaml' has"), "{plan}");
        // What contradicts the registry cannot be imported beside it.
        assert!(!plan.contains("--config config"), "{plan}");
        repo.idhooks("import --config tools/ids.yml").ok().done();
        repo.run("add idhooks.toml");
        repo.commit("settings");
        let plan = repo.idhooks("migrate plan").ok().stdout();
        assert!(!plan.contains("import --config"), "{plan}");
        repo.idhooks("migrate run").ok().done();
        repo.idhooks("check --rev HEAD").ok().done();
    });
}

/// Returns a repository whose files carry numbers that no record has.
fn with_names(git: &crate::common::Git, names: &[&str]) -> Repo {
    let repo = with_legacy(git);
    for name in names {
        repo.stage(name, text(name));
    }
    repo.commit("numbered by hand");
    repo
}

#[test]
fn a_free_number_in_a_name_is_kept() {
    for_each_git(|git| {
        let repo = with_names(git, &["docs/0110000077250101_terms.md", "docs/plain.md"]);
        let plan = repo.idhooks("migrate plan").ok().stdout();
        assert!(plan.contains("0110000077250101: kept, the number in the name of"), "{plan}");
        let other = repo.copy_as("other");
        repo.idhooks("migrate run").ok().done();
        assert_eq!(repo.id("docs/0110000077250101_terms.md"), "0110000077250101");
        repo.idhooks("check --rev HEAD").ok().done();
        repo.idhooks("migrate verify").ok().done();
        other.idhooks("migrate run --no-adopt-names").ok().done();
        assert_ne!(other.id("docs/0110000077250101_terms.md"), "0110000077250101");
    });
}

#[test]
fn a_number_of_two_files_is_a_question() {
    for_each_git(|git| {
        let names = ["docs/0110000078250101_a.md", "docs/0110000078250101_b.md"];
        let repo = with_names(git, &names);
        let commits = repo.commits();
        for line in ["migrate plan", "migrate run"] {
            refuses(repo.idhooks(line), 1, &[names[0], names[1], "--no-adopt-names"]);
        }
        assert_eq!(repo.commits(), commits);
        assert_clean(&repo);
        repo.run(["mv", names[1], "docs/b.md"]);
        repo.commit("another name");
        repo.idhooks("migrate run").ok().done();
        assert_eq!(repo.id(names[0]), "0110000078250101");
    });
}

#[test]
fn a_program_that_skips_no_reserved_numbers_has_a_band_of_its_own() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let whole = classic(&RECORDS)
            .replace("\"counters\":{}", "\"counters\":{\"100_01_250101\":{\"current\":3}}");
        repo.commit_file(LEGACY, &whole);
        let plan = repo.idhooks("migrate plan").ok().stdout();
        assert!(plan.contains("bound = 30000"), "{plan}");
        repo.commit_file("idhooks.toml", "[dual_write]\nbound = 2\n");
        refuses(repo.idhooks("migrate run"), 1, &["beyond bound = 2", "raise it"]);
        repo.commit_file("idhooks.toml", "[dual_write]\nbound = 90000\n");
        repo.idhooks("migrate run").ok().done();
        repo.idhooks("install --quiet").ok().done();
        repo.commit_file("docs/new.md", text("new"));
        assert!(&repo.id("docs/new.md")[5..10] > "90000", "{}", repo.id("docs/new.md"));
        let registry = String::from_utf8(repo.registry("HEAD")).expect("text");
        assert!(registry.contains("\"legacy_bound\":90000"), "{registry}");
        let legacy = content(&repo, "HEAD", LEGACY).expect("it");
        assert!(!String::from_utf8_lossy(&legacy).contains("legacy_bound"));
        // Two branches have one number: the merge leaves the band alone, too.
        let give = |path: &str| {
            let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
            let record = json!({
                "id": "0110000004250101", "file_path": path, "allocated_at": "2026-01-01T00:00:00",
                "status": "active", "metadata": {}
            });
            whole["allocations"].as_array_mut().expect("records").push(record);
            whole["counters"]["100_01_250101"]["current"] = 4.into();
            repo.stage(path, text(path));
            repo.stage(LEGACY, whole.to_string());
            repo.commit(path);
        };
        repo.run("branch side");
        give("docs/a.md");
        repo.run("switch -q side");
        give("docs/b.md");
        repo.run("merge -q -m merged main");
        let mut numbers = ["docs/a.md", "docs/b.md"].map(|path| repo.id(path)[5..10].to_owned());
        numbers.sort();
        assert!(numbers[0] == "00004" && *numbers[1] > *"90000", "{numbers:?}");
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_table_with_a_bound_alone_names_no_file() {
    for_each_git(|git| {
        let repo = with_file(git, "ids/old.json", &classic(&RECORDS));
        repo.commit_file("idhooks.toml", "[dual_write]\nbound = 30000\n");
        let whole = repo.copy_as("named");
        for (repo, line) in [(&repo, "migrate run"), (&whole, "migrate run --from ids/old.json")] {
            let plan = repo.idhooks("migrate plan").ok().stdout();
            assert!(plan.contains("in 'ids/old.json'"), "{plan}");
            let said = repo.idhooks(line).ok().stderr();
            assert!(said.contains("every commit writes 'ids/old.json' and the registry"), "{said}");
            assert!(!repo.exists(LEGACY));
            let status = repo.idhooks("migrate status --format json").ok().json();
            assert_eq!(status["path"], "ids/old.json");
            repo.idhooks("migrate verify").ok().done();
        }
    });
}

#[test]
fn an_adopted_repository_takes_no_file_that_is_not_named() {
    for_each_git(|git| {
        let repo = with_file(git, "fixtures/sample.json", &classic(&RECORDS));
        repo.idhooks("init --quiet --force").ok().done();
        repo.commit("adopt");
        for line in ["migrate plan", "migrate run"] {
            refuses(
                repo.idhooks(line),
                2,
                &["no legacy file is named", "--from fixtures/sample.json"],
            );
        }
        assert_clean(&repo);
    });
}

#[test]
fn what_git_does_not_have_is_named_with_what_helps() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        repo.run(["rm", "-q", "--cached", LEGACY]);
        repo.commit_file(".gitignore", "registry/\n");
        for line in ["migrate plan", "migrate run"] {
            let things = ["is ignored by git", "git add -f registry/ID_REGISTRY.json"];
            refuses(repo.idhooks(line), 2, &things);
        }
        repo.run(["add", "-f", LEGACY]);
        repo.commit("the registry");
        repo.idhooks("migrate plan").ok().done();

        let repo = with_file(git, "real/ids.json", &classic(&RECORDS));
        std::os::unix::fs::symlink("real", repo.path().join("linked")).expect("a link");
        repo.run("add linked");
        repo.commit("a link");
        for line in ["migrate plan", "migrate run"] {
            let line = format!("{line} --from linked/ids.json");
            refuses(repo.idhooks(&*line), 2, &["is behind the symbolic link 'linked'"]);
        }
        repo.idhooks("migrate plan --from real/ids.json").ok().done();

        let outer = Repo::empty(git);
        let from = repo.path().to_str().expect("UTF-8").to_owned();
        outer.run(["-c", "protocol.file.allow=always", "submodule", "add", "-q", &from, "inner"]);
        outer.commit("a submodule");
        for line in ["migrate plan", "migrate run"] {
            let line = format!("{line} --from inner/real/ids.json");
            refuses(outer.idhooks(&*line), 2, &["is in the submodule 'inner'", "cd inner"]);
        }
        assert_clean(&outer);
    });
}

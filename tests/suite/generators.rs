//! Files that are generated from records and other files: by `idhooks generate` and by commits.

mod bad_input;
mod commands;
mod commits;
mod foreign;
mod merges;
mod rules;
mod stopped;

use std::os::unix::fs::PermissionsExt;

use crate::common::{Repo, SCOPE};

/// A table of the documents.
const INDEX: &str = "[[generators]]\nname = \"index\"\ninputs = { path = \"docs/**\", status = \"active\" }\noutput = [\"docs/INDEX.md\"]\nbuiltin = \"markdown-index\"\n";

/// Returns a rule with a command, which is a script of the repository.
fn scripted(name: &str, output: &str, more: &str) -> String {
    format!(
        "[[generators]]\nname = \"{name}\"\noutput = [\"{output}\"]\ncommand = [\"scripts/{name}.sh\"]\n{more}\n"
    )
}

/// Stages rules.
fn stage_rules(repo: &Repo, rules: &str) {
    repo.stage("idhooks.toml", format!("scope = \"{SCOPE}\"\n{rules}"));
}

/// Stages an executable script.
fn stage_script(repo: &Repo, name: &str, lines: &str) {
    let path = format!("scripts/{name}.sh");
    repo.write(&path, format!("#!/bin/sh\n{lines}\n"));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(repo.path().join(&path), executable).expect("the file is ours");
    repo.run(["add", &path]);
}

/// Trusts the commands of the index, as the list of generators says.
fn trust(repo: &Repo) {
    let list = repo.idhooks("generate --list --format json").ok().json();
    let hash = list["trust"]["hash"].as_str().expect("there are commands");
    repo.run(["config", "idhooks.trust", hash]);
}

/// Returns the state of each output.
fn states(repo: &Repo) -> Vec<String> {
    let list = repo.idhooks("generate --list --format json").ok().json();
    let generators = list["generators"].as_array().expect("a list").clone();
    let outputs = generators.iter().flat_map(|one| one["outputs"].as_array().expect("a list"));
    let text =
        |output: &serde_json::Value, key: &str| output[key].as_str().expect("text").to_owned();
    outputs.map(|output| format!("{} {}", text(output, "path"), text(output, "state"))).collect()
}

/// Returns the codes and messages of the findings of `generate`.
fn findings(repo: &Repo, options: &str) -> Vec<(String, String)> {
    let report = repo.idhooks(format!("generate --format json {options}").as_str()).json();
    let text =
        |finding: &serde_json::Value, key: &str| finding[key].as_str().expect("text").to_owned();
    let findings = report["findings"].as_array().expect("a list").iter();
    findings.map(|finding| (text(finding, "code"), text(finding, "message"))).collect()
}

/// Asserts that one generator fails for a reason, and that nothing else changes.
fn assert_fails(repo: &Repo, reason: &str) {
    let before = crate::common::Snapshot::of(repo);
    let found = findings(repo, "");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "GENERATOR_FAILED");
    assert!(found[0].1.contains(reason), "{reason:?} is not in {:?}", found[0].1);
    before.assert_same(repo);
}

/// Returns a file of a commit or, for an empty name, of the index.
fn shown(repo: &Repo, rev: &str, path: &str) -> String {
    repo.git(["show", &format!("{rev}:{path}")]).stdout()
}

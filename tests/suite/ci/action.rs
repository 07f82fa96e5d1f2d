//! The action of this repository: it installs the release that it names and no other program, or
//! builds its commit where that is asked for.

use crate::common::{FileServer, Repo, for_each_git, text};

use super::service::{ACTION, Forge, Job, stand_in};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// What stands for building the commit of the action, which takes minutes.
const BUILD: &str = "#!/bin/sh\nset -e\n[ $# = 0 ]\n[ ! -e idhooks.toml ]\n\
    mkdir -p \"$CARGO_INSTALL_ROOT/bin\"\n\
    cp \"$(dirname \"$0\")/program\" \"$CARGO_INSTALL_ROOT/bin/idhooks\"\n";

fn own(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).expect("a file of the project")
}

/// Returns our action with other lines about the last release.
fn action(lines: &str) -> String {
    let own = own("action.yml");
    let (before, rest) = own.split_once("        VERSION: '").expect("the version");
    let (_, after) = rest.split_once("      # PATH gets").expect("the next key");
    format!("{before}{lines}      # PATH gets{after}")
}

/// Returns the manifest of a commit of the action.
fn of_version(version: &str) -> String {
    format!(
        "[package]\nversion.workspace = true\n[workspace.package]\nversion = \"{version}\"\n[x]\nversion = \"9\"\n"
    )
}

/// Returns a forge with a branch that must be stopped.
fn forge(git: &crate::common::Git) -> Forge {
    let forge = Forge::new(git, "", "");
    let branch = forge.branch("broken", false);
    branch.stage("new.md", text("new"));
    forge.push(&branch);
    forge
}

/// Runs the job of a workflow that gets idhooks from the action, with more inputs of it.
fn job(forge: &Forge, inputs: &str) -> Job {
    let source = format!("{ACTION}{COMMIT}");
    let init = ["ci", "init", "--provider", "github", "--dry-run", "--from", &source];
    let workflow = forge.ours.idhooks(init).ok().stdout();
    let given = "          check: 'false'\n";
    assert!(workflow.contains(given), "{workflow}");
    forge.run(&workflow.replace(given, &format!("{given}{inputs}")), "broken")
}

fn assert_checked(job: &Job) {
    assert!(!job.passed && job.log.contains("title=MISSING_ID::"), "{}", job.log);
}

/// Asserts that a job installed nothing, for one reason.
fn assert_refused(job: &Job, said: &str) {
    assert!(!job.passed && !job.log.contains("MISSING_ID"), "{}", job.log);
    let errors: Vec<_> = job.log.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(errors.len() == 1 && errors[0].contains(said), "{said}: {}", job.log);
}

/// Packs a program as a release for this machine; returns the name and the sum of the archive.
fn release(served: &Repo) -> (String, String) {
    let cpu = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" };
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-gnu" };
    let folder = format!("idhooks-1.0.0-{cpu}-{system}");
    served.write(format!("{folder}/idhooks"), stand_in());
    served.sh(&format!("chmod +x {folder}/idhooks; tar -czf {folder}.tar.gz {folder}")).ok().done();
    let sum = served.sh(&format!("openssl dgst -sha256 -r {folder}.tar.gz")).ok().stdout();
    (format!("{folder}.tar.gz"), sum[..64].to_owned())
}

#[test]
fn it_installs_the_release_that_it_names_and_nothing_unchecked() {
    for_each_git(|git| {
        let forge = forge(git);
        let tools = forge.ours.beside("tools");
        tools.write("install.sh", own("install.sh"));
        tools.sh("chmod +x install.sh").ok().done();
        tools.write("Cargo.toml", of_version("1.0.0"));
        let served = forge.ours.beside("served");
        let (name, sum) = release(&served);
        let Some(server) = FileServer::new(served.path()) else { return };
        let names = |lines: &[String]| {
            let lines: String = lines.iter().map(|line| format!("          {line}\n")).collect();
            let named = format!("        VERSION: '1.0.0'\n        ARCHIVES: |-\n{lines}");
            tools.write("action.yml", action(&named));
        };
        let line = |sum: &str| format!("{sum} {}/{name}", server.address);
        let wrong: String = sum.chars().rev().collect();
        let other =
            format!("{wrong} {}/idhooks-1.0.0-s390x-unknown-linux-gnu.tar.gz", server.address);

        names(&[other.clone(), line(&sum)]);
        let done = job(&forge, "");
        assert_checked(&done);
        assert!(done.log.contains("installed: idhooks "), "{}", done.log);
        // The commit of the next release, and those before it, do not install the last one instead.
        for version in ["1.1.0", "1.0.0-rc.1"] {
            tools.write("Cargo.toml", of_version(version));
            let refused = job(&forge, "");
            let said =
                format!("this commit of the action is of idhooks {version}, and names 1.0.0");
            assert_refused(&refused, &said);
            assert!(
                refused.log.contains(&format!("the tag action/v{version},")),
                "{}",
                refused.log
            );
            assert!(!refused.log.contains("installed: "), "{}", refused.log);
        }
        tools.write("Cargo.toml", of_version("1.0.0"));
        names(&[other.clone(), line(&wrong)]);
        assert_refused(&job(&forge, ""), "has another SHA-256");
        names(&[other]);
        assert_refused(&job(&forge, ""), "idhooks 1.0.0 has no archive for ");
        served.write(&name, "not what was released");
        names(&[line(&sum)]);
        assert_refused(&job(&forge, ""), "has another SHA-256");
        served.remove(&name);
        assert_refused(&job(&forge, ""), "cannot download ");
    });
}

#[test]
fn it_builds_only_where_that_is_asked_for() {
    for_each_git(|git| {
        let forge = forge(git);
        let tools = forge.ours.beside("tools");
        tools.write("install.sh", BUILD);
        tools.write("program", stand_in());
        tools.sh("chmod +x install.sh program").ok().done();
        tools.write("action.yml", action("        VERSION: ''\n        ARCHIVES: ''\n"));
        tools.write("Cargo.toml", of_version("1.0.0"));
        let said = "this commit of the action is of idhooks 1.0.0, and names no release";
        assert_refused(&job(&forge, ""), said);
        assert_refused(&job(&forge, "          from-source: 'yes'\n"), "from-source is 'yes'");
        assert_checked(&job(&forge, "          from-source: 'true'\n"));
    });
}

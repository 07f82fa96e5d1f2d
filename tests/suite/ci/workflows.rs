//! The files that 'ci init' writes, and those that others name in theirs.

use crate::checks::{fits, public_schema};
use crate::common::{Repo, for_each_git};

use super::yaml;

/// What 'ci init' writes for each provider.
const FILES: [(&str, &str); 5] = [
    ("github", ".github/workflows/idhooks.yml"),
    ("gitea", ".gitea/workflows/idhooks.yml"),
    ("gitlab", ".gitlab/idhooks.yml"),
    ("pre-commit", ".pre-commit-config.yaml"),
    ("lefthook", "lefthook.yml"),
];

/// Where jobs get idhooks.
pub(super) const FROM: &str =
    "https://git.example.org/tools/idhooks@0123456789abcdef0123456789abcdef01234567";

/// Returns the command line for a provider, with a source where one is needed.
pub(super) fn init<'a>(provider: &'a str, options: &[&'a str]) -> Vec<std::ffi::OsString> {
    let mut words = vec!["ci", "init", "--provider", provider];
    if !["pre-commit", "lefthook"].contains(&provider) {
        words.extend(["--from", FROM]);
    }
    words.into_iter().chain(options.iter().copied()).map(Into::into).collect()
}

fn written(repo: &Repo, provider: &str) -> String {
    repo.idhooks(init(provider, &["--dry-run"])).ok().stdout()
}

#[test]
fn they_have_the_form_that_their_services_expect() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let github = public_schema("github-workflow.json");
        for provider in ["github", "gitea"] {
            fits(&github, &yaml::read(&written(&repo, provider)));
        }
        fits(&public_schema("gitlab-ci.json"), &yaml::read(&written(&repo, "gitlab")));
        let pre_commit = yaml::read(&written(&repo, "pre-commit"));
        assert_eq!(pre_commit["repos"][0]["hooks"][0]["entry"], "idhooks check --rev HEAD");
        let lefthook = yaml::read(&written(&repo, "lefthook"));
        assert_eq!(lefthook["pre-push"]["commands"]["idhooks"]["run"], "idhooks check --rev HEAD");
    });
}

#[test]
fn ours_have_it_too() {
    let own = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        yaml::read(&std::fs::read_to_string(path).expect("a file"))
    };
    fits(&public_schema("github-action.json"), &own("action.yml"));
    for name in ["book", "ci", "release"] {
        let workflow = own(&format!(".github/workflows/{name}.yml"));
        fits(&public_schema("github-workflow.json"), &workflow);
    }
    let hooks = own(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().expect("hooks") {
        assert_eq!(hook["entry"], "idhooks check --rev HEAD");
        assert_eq!(hook["pass_filenames"], false);
    }
}

#[test]
fn a_file_is_written_once_and_what_is_there_stays() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for (provider, file) in FILES {
            assert_eq!(repo.idhooks(init(provider, &[])).ok().stdout(), format!("{file}\n"));
            assert_eq!(repo.read(file), written(&repo, provider).into_bytes());
            repo.idhooks(init(provider, &[])).ok().done();
            repo.append(file, "# mine\n");
            repo.idhooks(init(provider, &[])).refused().complains("already exists").done();
            assert!(repo.read(file).ends_with(b"# mine\n"));
            repo.idhooks(init(provider, &["--force"])).ok().done();
            assert_eq!(repo.read(file), written(&repo, provider).into_bytes());
        }
        repo.below("docs").idhooks(init("github", &[])).ok().done();
        repo.idhooks("ci init --provider svn").refused().complains("invalid value 'svn'").done();
        let lines = ["ci", "init", "--provider", "github", "--install", "a\nb"];
        repo.idhooks(lines).refused().complains("several lines").done();
    });
}

#[test]
fn the_workflow_names_the_branch_and_the_command() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("switch -q -c it's/trunk");
        let install =
            ["ci", "init", "--provider", "github", "--dry-run", "--install", "make tools"];
        let workflow = yaml::read(&repo.idhooks(install).ok().stdout());
        assert_eq!(workflow["on"]["push"]["branches"][0], "it's/trunk");
        let steps = workflow["jobs"]["idhooks"]["steps"].as_array().expect("steps");
        assert!(
            steps
                .iter()
                .any(|step| step["run"] == "if ! command -v idhooks; then\n  make tools\nfi\n")
        );
    });
}

//! The workflow that 'ci init --heal' writes, in the hands of a service.

use crate::checks::{fits, public_schema};
use crate::common::{Repo, for_each_git, text};

use super::service::Forge;
use super::workflows::init;
use super::yaml;

pub(super) fn written(repo: &Repo, provider: &str) -> String {
    repo.idhooks(init(provider, &["--heal", "--dry-run"])).ok().stdout()
}

#[test]
fn the_files_have_the_form_that_their_services_expect() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("switch -q -c it's/trunk");
        for provider in ["github", "gitea"] {
            let workflow = yaml::read(&written(&repo, provider));
            fits(&public_schema("github-workflow.json"), &workflow);
            let steps = workflow["jobs"]["idhooks"]["steps"].as_array().expect("steps");
            assert_eq!(steps[0]["with"]["ref"], "it's/trunk");
            assert_eq!(workflow["on"]["schedule"][0]["cron"], "15 * * * *");
            // The shell gets the name from the environment, where a quotation mark is no harm.
            let step = steps.last().expect("a step");
            assert_eq!(step["env"]["BASE"], "it's/trunk");
            assert!(!step["run"].as_str().expect("a script").contains("trunk"), "{step:#}");
        }
        let github = yaml::read(&written(&repo, "github"));
        let expected = serde_json::json!({"contents": "write", "pull-requests": "write"});
        assert_eq!(github["permissions"], expected);
        let gitlab = yaml::read(&written(&repo, "gitlab"));
        fits(&public_schema("gitlab-ci.json"), &gitlab);
        let rule = gitlab["idhooks-heal"]["rules"][0]["if"].as_str().expect("a rule");
        assert!(rule.ends_with("$CI_COMMIT_BRANCH == \"it's/trunk\""), "{rule}");
        for provider in ["pre-commit", "lefthook"] {
            repo.idhooks(init(provider, &["--heal"]))
                .refused()
                .complains("runs nothing by the clock")
                .complains("idhooks schedule install --systemd --hourly")
                .done();
        }
        let file = ".github/workflows/idhooks-heal.yml";
        let answer = repo.idhooks(init("github", &["--heal"])).ok();
        assert_eq!(answer.stdout(), format!("{file}\n"));
        assert_eq!(repo.read(file), written(&repo, "github").into_bytes());
        repo.append(file, "# mine\n");
        repo.idhooks(init("github", &["--heal"])).refused().complains("already exists").done();
        repo.idhooks("ci init --provider github --heal").refused().complains("--from").done();
    });
}

#[test]
fn names_of_files_mean_nothing_in_the_pull_request() {
    for_each_git(|git| {
        let forge = Forge::new(git, "", "");
        let from = ["ci", "init", "--provider", "github", "--heal", "--dry-run", "--from"];
        let words = from.into_iter().chain([forge.source()]).map(Into::into).collect::<Vec<_>>();
        let workflow = forge.ours.idhooks(words).ok().stdout();
        let unhooked = forge.branch("other", false);
        for n in 0..900 {
            let directory = format!("a-directory-with-a-rather-long-name-{n}/{n}");
            unhooked
                .write(format!("{directory}/@octocat see #1 <img src=x>.md"), text(&n.to_string()));
        }
        unhooked.run("add .");
        unhooked.run("commit -q -m many");
        unhooked.run("push -q --no-verify origin HEAD:main");
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(job.passed, "{}", job.log);
        let body = forge.comment().expect("a pull request");
        assert!(body.len() < 65_536 && body.contains("… and "), "{}", body.len());
        assert!(body.contains("&#64;octocat see \\#1 &lt;img src\\=x&gt;.md</code>"), "{body}");
        for raw in ["@octocat", " #1", "<img"] {
            assert!(!body.contains(raw) && !job.summary.contains(raw), "{raw}");
        }
        assert!(job.log.contains("@octocat see #1"), "the log has the names");
    });
}

#[test]
fn one_pull_request_is_opened_and_updated() {
    for_each_git(|git| {
        let forge = Forge::new(git, "", "");
        let from = ["ci", "init", "--provider", "github", "--heal", "--dry-run", "--from"];
        let words = from.into_iter().chain([forge.source()]).map(Into::into).collect::<Vec<_>>();
        let workflow = forge.ours.idhooks(words).ok().stdout();
        let heal = || forge.ours.ask("ls-remote origin refs/heads/idhooks/heal");
        let calls = || {
            let calls = forge.ours.root().join("comment.calls");
            std::fs::read_to_string(calls).unwrap_or_default()
        };
        // Nothing to heal: no branch and no pull request.
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(job.passed, "{}", job.log);
        assert_eq!((heal(), calls()), (String::new(), String::new()));

        let unhooked = forge.branch("other", false);
        unhooked.commit_file("unseen.md", text("unseen"));
        unhooked.run("push -q --no-verify origin HEAD:main");
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(job.passed, "{}", job.log);
        assert!(job.summary.contains("unseen.md"), "{}", job.summary);
        let first = heal();
        assert!(!first.is_empty() && calls() == "GET\nPOST\n", "{first} {}", calls());
        let body = forge.comment().expect("a pull request");
        // No command in it would bypass the pull request.
        assert!(body.contains("unseen.md") && !body.contains("git merge"), "{body}");

        // The next hour changes nothing but the text; a further commit moves the branch.
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(job.passed && heal() == first, "{}", job.log);
        unhooked.commit_file("later.md", text("later"));
        unhooked.run("push -q --no-verify origin HEAD:main");
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(job.passed && heal() != first, "{}", job.log);
        assert_eq!(calls(), "GET\nPOST\nGET\nPATCH\nGET\nPATCH\n");

        // The main branch was rewritten: what only its old commits had is kept.
        let lost = unhooked.rev("HEAD");
        unhooked.run("reset -q --hard HEAD~1");
        unhooked.commit_file("instead.md", text("instead"));
        unhooked.run("push -q -f --no-verify origin HEAD:main");
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(job.passed, "{}", job.log);
        assert!(job.summary.contains("had commits by others"), "{}", job.summary);
        let kept = forge.ours.ask("ls-remote origin refs/idhooks/reconcile/*");
        let kept = kept.split_whitespace().next().expect("a ref").to_owned();
        unhooked.run(["fetch", "-q", "origin", "refs/idhooks/reconcile/*:refs/kept/*"]);
        unhooked.run(["merge-base", "--is-ancestor", &lost, &kept]);

        // What someone else put on the branch stays.
        unhooked.run("fetch -q origin");
        unhooked.run("switch -q --detach origin/idhooks/heal");
        unhooked.commit_file("own.md", text("own"));
        unhooked.run("push -q --no-verify origin HEAD:idhooks/heal");
        let own = heal();
        let job = forge.run_by_clock(&workflow, "", "");
        assert!(!job.passed && heal() == own, "{}", job.log);
        assert!(job.summary.contains("a commit that idhooks did not make"), "{}", job.summary);
    });
}

//! Where the jobs of generated workflows get idhooks: from what the user names, pinned, and from
//! nowhere else.

use crate::checks::{fits, public_schema};
use crate::common::{Repo, for_each_git, text, uri};

use super::service::{Forge, Job, archive, stand_in};
use super::workflows::FROM;
use super::yaml;

/// The commands that write a workflow, and what they write.
const WRITERS: [(&str, &str); 4] = [
    ("ci init --provider github", ".github/workflows/idhooks.yml"),
    ("ci init --provider gitea", ".gitea/workflows/idhooks.yml"),
    ("ci init --provider gitlab", ".gitlab/idhooks.yml"),
    ("schedule install --github", ".github/workflows/idhooks-schedule.yml"),
];
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn words(line: &str, options: &[&str]) -> Vec<std::ffi::OsString> {
    line.split(' ').chain(options.iter().copied()).map(Into::into).collect()
}

#[test]
fn nothing_is_guessed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for (line, file) in WRITERS {
            for options in [&[][..], &["--dry-run"], &["--force"]] {
                let answer = repo.idhooks(words(line, options)).code(2);
                let said = answer.stderr();
                assert_eq!(answer.stdout(), "", "{answer}");
                assert!(!repo.exists(file), "{line}");
                // What to do can be pasted, and works.
                assert!(said.contains(&format!("idhooks {line} --from <SOURCE>")), "{said}");
                for form in ["idhooks@0123", "#sha256=0123", "--from tools/idhooks@0123"] {
                    assert!(said.contains(form), "{said}");
                }
            }
        }
        assert_eq!(repo.ask("status --porcelain -uall"), "");
        // Those that install nothing need no source.
        for provider in ["pre-commit", "lefthook"] {
            let init = format!("ci init --provider {provider} --dry-run");
            let text = repo.idhooks(&*init).ok().stdout();
            assert!(!text.contains("cargo"), "{text}");
            repo.idhooks(words(&init, &["--install", "make tools"])).code(2).done();
        }
        repo.idhooks("ci init --provider lefthook --from x/y@1").code(2).done();
        for keeper in ["--systemd", "--cron", "--windows"] {
            let install = ["schedule", "install", keeper, "--from", FROM, "--dry-run"];
            repo.idhooks(install).code(2).explains("only apply to --github").done();
        }
    });
}

#[test]
fn what_is_not_pinned_or_hostile_is_refused() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let at = |place: &str| format!("{place}@{COMMIT}");
        let sources = [
            at("https://example.org/a'; id; '"),
            at("https://example.org/a\"b"),
            at("https://example.org/a\nrun: id"),
            at("https://example.org/${{ secrets.TOKEN }}"),
            at("https://example.org/$(id)"),
            at("https://example.org/a b"),
            at("https://user:secret@example.org/a"),
            at("http://example.org/a"),
            at("/somewhere/idhooks"),
            at("git@example.org:tools/idhooks"),
            "https://example.org/idhooks@v1.0".to_owned(),
            "https://example.org/idhooks@0123456".to_owned(),
            "https://example.org/idhooks".to_owned(),
            "idhooks".to_owned(),
            String::new(),
            "tools/idhooks@v1".to_owned(),
            "https://example.org/idhooks.tar.gz".to_owned(),
            "https://example.org/idhooks.tar.gz#sha256=0123".to_owned(),
            format!("https://example.org/idhooks.tar.gz#md5={HASH}"),
            format!("https://example.org/$(id).tar.gz#sha256={HASH}"),
        ];
        for (line, file) in WRITERS {
            for source in &sources {
                let answer = repo.idhooks(words(line, &["--from", source])).code(2);
                answer.explains("is not a valid source for --from").done();
                assert!(!repo.exists(file), "{source}");
            }
            repo.idhooks(words(line, &["--from", FROM, "--install", "x"])).code(2).done();
            for command in ["", "  ", "a\nb", "a\u{1b}[2Jb"] {
                let answer = repo.idhooks(words(line, &["--install", command])).code(2);
                answer.explains("the command of --install").done();
            }
        }
        let gitlab = ["ci", "init", "--provider", "gitlab", "--from", &at("tools/idhooks")];
        repo.idhooks(gitlab).code(2).explains("GitLab runs no actions").done();
        assert_eq!(repo.ask("status --porcelain -uall"), "");
    });
}

#[test]
fn each_form_fits_its_service() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let schemas = ["github-workflow.json", "gitlab-ci.json"].map(public_schema);
        let archive = format!("https://example.org/get?file=idhooks.tar.gz&v=1#sha256={HASH}");
        let action = format!("tools/idhooks@{COMMIT}");
        let command = "curl -fsS 'https://example.org/x: y' | sh # \"it's\" @BRANCH@ {a: b}";
        for (line, _) in WRITERS {
            let is_gitlab = line.ends_with("gitlab");
            for (option, source) in [
                ("--from", FROM),
                ("--from", &archive),
                ("--from", &action),
                ("--install", command),
            ] {
                if is_gitlab && source == action {
                    continue;
                }
                let text = repo.idhooks(words(line, &["--dry-run", option, source])).ok().stdout();
                let (_, text) = text.split_once("# Written by").expect("a workflow");
                let workflow = yaml::read(&format!("#{text}"));
                fits(&schemas[usize::from(is_gitlab)], &workflow);
                let step = &workflow["jobs"]["idhooks"]["steps"][1];
                let script =
                    if is_gitlab { &workflow["idhooks"]["script"][0] } else { &step["run"] };
                match (option, source == action) {
                    (_, true) => {
                        assert_eq!(
                            (&step["uses"], &step["with"]["check"]),
                            (&action.as_str().into(), &"false".into())
                        );
                    }
                    ("--install", _) => {
                        assert_eq!(
                            *script,
                            format!("if ! command -v idhooks; then\n  {command}\nfi\n")
                        );
                    }
                    _ => {
                        let script = script.as_str().expect("a script");
                        let url = source.split(['#']).next().expect("a URL");
                        let url = url.trim_end_matches(&format!("@{COMMIT}"));
                        assert!(script.contains(&format!(" '{url}'")), "{script}");
                        assert!(script.contains(COMMIT) || script.contains(HASH), "{script}");
                    }
                }
            }
        }
        let pinned = ["ci", "init", "--provider", "pre-commit", "--dry-run", "--from", FROM];
        let config = yaml::read(&repo.idhooks(pinned).ok().stdout());
        assert_eq!(config["repos"][0]["repo"], "https://git.example.org/tools/idhooks");
        assert_eq!(config["repos"][0]["rev"], COMMIT);
        assert_eq!(config["repos"][0]["hooks"][0]["id"], "idhooks-check-rust");
    });
}

/// A program in the place of cargo, which really gets the commit it is to build.
const CARGO: &str = r#"#!/bin/sh
set -e
[ ! -e idhooks.toml ] # the checkout
[ "$1 $2 $3" = 'install --locked --root' ] && [ "$5" = --git ] && [ "$7" = --rev ] && [ "$9" = idhooks ]
git clone -q --no-checkout "$6" "$4/source"
git -C "$4/source" checkout -q --detach "$8"
mkdir -p "$4/bin"
cp "$4/source/idhooks" "$4/bin/idhooks"
"#;

/// Runs the job of a workflow that gets idhooks from a source, for a branch that must be stopped.
fn job(forge: &Forge, source: &str) -> Job {
    let init = ["ci", "init", "--provider", "github", "--dry-run", "--from", source];
    let workflow = forge.ours.idhooks(init).ok().stdout();
    forge.run(&workflow, "broken")
}

#[test]
fn a_job_gets_idhooks_from_what_is_named_and_from_nothing_else() {
    for_each_git(|git| {
        let forge = Forge::new(git, "", "");
        let branch = forge.branch("broken", false);
        branch.stage("new.md", text("new"));
        forge.push(&branch);
        let stopped = |source: &str| {
            let job = job(&forge, source);
            assert!(!job.passed && job.log.contains("title=MISSING_ID::"), "{source}\n{}", job.log);
        };
        let failed = |source: &str| {
            let job = job(&forge, source);
            assert!(!job.passed && !job.log.contains("MISSING_ID"), "{source}\n{}", job.log);
        };
        let tools = forge.ours.beside("tools");
        tools.write("README", "what the machine has\n");

        // An archive with the hash that was named, and one with another.
        stopped(forge.source());
        let (url, _) = forge.source().split_once('#').expect("a hash");
        failed(&format!("{url}#sha256={HASH}"));

        // A commit of a repository, though another one is the newest.
        let release = forge.ours.beside("release");
        release.run("init -q");
        release.write("idhooks", stand_in());
        release.sh("chmod +x idhooks; git add idhooks; git commit -q -m good").ok().done();
        let good = release.rev("HEAD");
        release.write("idhooks", "#!/bin/sh\necho hostile\n");
        release.run("commit -q -am hostile");
        tools.write("cargo", CARGO);
        tools.sh("chmod +x cargo").ok().done();
        let url = uri(release.path());
        stopped(&format!("{url}@{good}"));
        failed(&format!("{url}@{COMMIT}"));
    });
}

#[test]
fn the_script_of_gitlab_gets_it_too() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let repo = repo.with("RUNNER_TEMP", repo.root().to_str().expect("a plain name"));
        let source = archive(&repo);
        let run = |source: &str| {
            let init = ["ci", "init", "--provider", "gitlab", "--dry-run", "--from", source];
            let workflow = yaml::read(&repo.idhooks(init).ok().stdout());
            let script = workflow["idhooks"]["script"][0].as_str().expect("a script").to_owned();
            repo.sh(&format!("{script}\nidhooks --version"))
        };
        let answer = run(&source).ok();
        assert!(
            answer.stdout().contains("/bin/idhooks") || answer.stdout().contains("idhooks 0"),
            "{answer}"
        );
        let (url, _) = source.split_once('#').expect("a hash");
        run(&format!("{url}#sha256={HASH}")).refused().done();
    });
}

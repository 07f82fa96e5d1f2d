//! A forge, and a service that runs the steps of a workflow for a pull request.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::common::{Git, Repo, binary, text, uri};

use super::yaml;

/// A forge with an adopted repository, whose branch 'main' pull requests go to.
pub(super) struct Forge {
    /// The clone of somebody who has idhooks installed.
    pub(super) ours: Repo,
    bare: PathBuf,
    /// Where jobs get idhooks: an archive, and its hash.
    source: String,
}

/// What became of a job.
pub(super) struct Job {
    /// Whether it was green.
    pub(super) passed: bool,
    /// All that its steps printed.
    pub(super) log: String,
    /// What the summary of the job says.
    pub(super) summary: String,
    /// The files that it kept, and whether they were there.
    pub(super) kept: Vec<(String, bool)>,
}

/// What the name of our own action begins with.
pub(super) const ACTION: &str = "tools/idhooks@";

/// Packs the program into an archive, as a release has it; returns its URL and its hash.
pub(super) fn archive(repo: &Repo) -> String {
    let dir = repo.beside("release");
    dir.write("idhooks-1.0/bin/idhooks", stand_in());
    dir.write("idhooks-1.0/completions/idhooks", "no program\n");
    dir.sh("chmod +x idhooks-1.0/bin/idhooks; tar -czf idhooks.tar.gz idhooks-1.0").ok().done();
    let sum = dir.sh("sha256sum idhooks.tar.gz").ok().stdout();
    let sum = sum.split(' ').next().expect("a hash");
    format!("{}#sha256={sum}", uri(&dir.path().join("idhooks.tar.gz")))
}

/// A small program that runs the one that is tested.
pub(super) fn stand_in() -> String {
    format!("#!/bin/sh\nexec '{}' \"$@\"\n", binary().to_str().expect("a plain name"))
}

/// A program in the place of GitHub's, with a file for the one comment that there is.
const GH: &str = r#"#!/bin/sh
[ "$1" = api ] || exit 2
shift
method=GET
while [ $# -gt 0 ]; do
  case $1 in
    -X) method=$2; shift ;;
    -F) body=${2#body=@}; shift ;;
    repos/*) target=${1##*/} path=$1 ;;
    --jq) filter=$2; shift ;;
  esac
  shift
done
echo "$method" >>"$GH_STORE.calls"
case $method in
  # A comment of someone else has the mark, too.
  GET)
    # gh has jq built in; without one here, and of pull requests, only ours is found.
    is_plain=false
    case $path in */pulls*) is_plain=true ;; esac
    if "$is_plain" || ! command -v jq >/dev/null; then
      if [ -f "$GH_STORE" ]; then echo 77; fi
      exit
    fi
    all='[{"id": 66, "user": {"login": "someone"}, "body": "<!-- idhooks -->"}]'
    if [ -f "$GH_STORE" ]; then
      all=$(echo "$all" | jq '. + [{id: 77, user: {login: "github-actions[bot]"}, body: "<!-- idhooks -->"}]')
    fi
    echo "$all" | jq -r "$filter" ;;
  PATCH) [ "$target" = 77 ] && cp "$body" "$GH_STORE" ;;
  *) cp "$body" "$GH_STORE" ;;
esac
"#;

impl Forge {
    pub(super) fn new(git: &Git, options: &str, config: &str) -> Self {
        let ours = Repo::empty(git);
        // In a registry of some length two additions seldom stand side by side.
        for n in 0..80 {
            for dir in ["bulk", "docs/bulk"] {
                ours.write(format!("{dir}/{n}.md"), text(&n.to_string()));
            }
        }
        ours.run("add .");
        let ours = ours.adopt(options);
        if !config.is_empty() {
            ours.configure(config);
        }
        ours.run("branch -q -M main");
        let bare = ours.root().join("forge.git");
        let shown = bare.to_str().expect("a plain name").to_owned();
        ours.run(["clone", "-q", "--bare", ".", &shown]);
        ours.run(["remote", "add", "origin", &shown]);
        ours.run("fetch -q origin");
        let source = archive(&ours);
        Forge { ours, bare, source }
    }

    /// Returns the workflow of 'ci init'; its jobs really get idhooks.
    pub(super) fn workflow(&self) -> String {
        let init = ["ci", "init", "--provider", "github", "--dry-run", "--from", &self.source];
        self.ours.idhooks(init).ok().stdout()
    }

    /// Returns where jobs get idhooks.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Returns the clone at a new branch from 'main', without hooks where they are not wanted.
    pub(super) fn branch(&self, name: &str, has_hooks: bool) -> Repo {
        self.ours.run(["switch", "-q", "-c", name, "main"]);
        if has_hooks { self.ours.clone() } else { self.ours.with("IDHOOKS", "0") }
    }

    /// Commits all there is on the branch and pushes it.
    pub(super) fn push(&self, repo: &Repo) {
        repo.run("add -A");
        if !repo.try_git("diff --cached --quiet").succeeded() {
            repo.run("commit -q -m change");
        }
        repo.run("push -q -f --no-verify origin HEAD");
    }

    /// Has somebody else's file come into 'main'.
    pub(super) fn move_on(&self, path: &str) {
        self.ours.run("switch -q main");
        self.ours.commit_file(path, text(path));
        self.ours.run("push -q origin main");
    }

    /// Runs the job of the workflow for a pull request of a branch, as a service does: with the
    /// merge checked out that the forge has made of it.
    pub(super) fn run(&self, workflow: &str, branch: &str) -> Job {
        let context = self.context(branch);
        self.run_steps(workflow, &context, &|runner| self.check_out(branch, runner))
    }

    /// Runs the job of a workflow as a service does by the clock, or by hand where `cron` is empty,
    /// for the report that was chosen then.
    pub(super) fn run_by_clock(&self, workflow: &str, cron: &str, kind: &str) -> Job {
        let context = json!({
            "github": {
                "event_name": "schedule", "event": {"schedule": cron}, "token": "a secret",
            },
            "inputs": {"kind": kind},
            "runner": {"temp": self.runner().join("temp")},
        });
        self.run_steps(workflow, &context, &|runner| {
            let (bare, dir) = (self.bare.to_str().expect("plain"), runner.path());
            self.ours.run(["clone", "-q", bare, dir.to_str().expect("plain")]);
        })
    }

    /// Returns the directory of what the machine has on which jobs run: programs, and what an
    /// action brings.
    pub(super) fn tools(&self) -> PathBuf {
        self.ours.root().join("tools")
    }

    /// Returns the directory of the machine on which jobs run.
    pub(super) fn runner(&self) -> PathBuf {
        self.ours.root().join("runner")
    }

    fn run_steps(&self, workflow: &str, context: &Value, check_out: &dyn Fn(&Repo)) -> Job {
        let workflow = yaml::read(workflow);
        let steps = workflow["jobs"]["idhooks"]["steps"].as_array().expect("steps");
        let root = self.runner();
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(root.join("temp")).expect("a directory");
        let runner = self.ours.beside("runner/work");
        let mut job =
            Job { passed: true, log: String::new(), summary: String::new(), kept: Vec::new() };
        for step in steps {
            let condition = step["if"].as_str().unwrap_or("success()");
            if !holds(condition, context, job.passed) {
                continue;
            }
            match step["uses"].as_str() {
                Some(action) if action.starts_with("actions/checkout@") => {
                    assert_eq!(step["with"]["fetch-depth"], 0, "the whole history");
                    check_out(&runner);
                }
                Some(action) if action.starts_with(ACTION) => {
                    self.run_action(&runner, step, context, &mut job);
                }
                Some(_) => {
                    let named = &step["with"];
                    let paths = named["path"].as_str().or(named["sarif_file"].as_str());
                    let paths = filled(paths.expect("files"), context);
                    for path in paths.lines() {
                        job.kept.push((path.to_owned(), Path::new(path).exists()));
                    }
                }
                None => self.run_script(&runner, step, context, &mut job),
            }
        }
        job.summary = std::fs::read_to_string(root.join("summary")).unwrap_or_default();
        job
    }

    fn run_script(&self, runner: &Repo, step: &Value, context: &Value, job: &mut Job) {
        let repo = self.with_context(runner, step, context);
        let script = filled(step["run"].as_str().expect("a script"), context);
        let answer = repo.sh_as("bash", &["-e", "-c", &script]);
        job.log += &format!("{}{}", answer.stdout(), answer.stderr());
        let may_fail = step["continue-on-error"] == true;
        job.passed &= answer.succeeded() || may_fail;
    }

    /// Runs the steps of our own action, or of what is in its place among the tools.
    fn run_action(&self, runner: &Repo, step: &Value, context: &Value, job: &mut Job) {
        let own = self.tools().join("action.yml");
        let path = if own.exists() {
            own
        } else {
            Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")
        };
        let action = yaml::read(&std::fs::read_to_string(path).expect("readable"));
        let mut context = context.clone();
        for (name, input) in action["inputs"].as_object().expect("inputs") {
            context["inputs"][name] = input["default"].clone();
        }
        for (name, value) in step["with"].as_object().into_iter().flatten() {
            assert!(context["inputs"].get(name).is_some(), "the action has no input '{name}'");
            context["inputs"][name] = value.clone();
        }
        for step in action["runs"]["steps"].as_array().expect("steps") {
            let condition = step["if"].as_str().unwrap_or("success()");
            if holds(condition, &context, job.passed) {
                self.run_script(runner, step, &context, job);
            }
        }
    }

    /// Returns the comment that the pull request has.
    pub(super) fn comment(&self) -> Option<String> {
        std::fs::read_to_string(self.ours.root().join("comment")).ok()
    }

    fn check_out(&self, branch: &str, runner: &Repo) {
        let (bare, dir) = (self.bare.to_str().expect("plain"), runner.path());
        self.ours.run(["clone", "-q", bare, dir.to_str().expect("plain")]);
        runner.run(["checkout", "-q", "--detach", "origin/main"]);
        let head = format!("origin/{branch}");
        if !runner.try_git(["merge", "-q", "--no-edit", "--no-ff", &head]).succeeded() {
            // What conflicts is run on the branch by some services, and not at all by others.
            runner.run("merge --abort");
            runner.run(["checkout", "-q", "--detach", &head]);
        }
    }

    fn context(&self, branch: &str) -> Value {
        let rev = |name: &str| {
            let answer = self.ours.ask(["ls-remote", "origin", name]);
            answer.split_whitespace().next().expect("a branch").to_owned()
        };
        let temp = self.runner().join("temp");
        json!({
            "github": {
                "event_name": "pull_request",
                "token": "a secret",
                "ref": "refs/pull/1/merge",
                "event": {"pull_request": {
                    "number": 1,
                    "base": {"ref": "main", "sha": rev("refs/heads/main")},
                    "head": {"ref": branch, "sha": rev(&format!("refs/heads/{branch}"))},
                }},
            },
            "runner": {"temp": temp},
        })
    }

    fn with_context(&self, runner: &Repo, step: &Value, context: &Value) -> Repo {
        let root = self.runner();
        let event = root.join("event.json");
        std::fs::write(&event, context["github"]["event"].to_string()).expect("writable");
        let programs = root.join("programs");
        std::fs::create_dir_all(&programs).expect("a directory");
        if !programs.join("gh").exists() {
            std::fs::write(programs.join("gh"), GH).expect("writable");
            runner.sh(&format!("chmod +x '{}'", programs.join("gh").display())).ok().done();
        }
        let added = std::fs::read_to_string(root.join("path")).unwrap_or_default();
        let added = added.lines().rev().map(PathBuf::from).chain([programs, self.tools()]);
        let path = std::env::join_paths(added.chain(std::env::split_paths(&runner.search_path())));
        let shown = |path: PathBuf| path.to_str().expect("a plain name").to_owned();
        let mut repo = runner
            .with("PATH", path.expect("a path").to_str().expect("plain"))
            .with("GITHUB_ACTIONS", "true")
            .with("GITHUB_BASE_REF", "main")
            .with("GITHUB_SHA", &runner.rev("HEAD"))
            .with("GITHUB_REPOSITORY", "some/thing")
            .with("GITHUB_EVENT_PATH", &shown(event))
            .with("GITHUB_STEP_SUMMARY", &shown(root.join("summary")))
            .with("RUNNER_OS", if cfg!(target_os = "macos") { "macOS" } else { "Linux" })
            .with("RUNNER_ARCH", if cfg!(target_arch = "aarch64") { "ARM64" } else { "X64" })
            .with("RUNNER_TEMP", &shown(root.join("temp")))
            .with("GITHUB_PATH", &shown(root.join("path")))
            .with("GITHUB_OUTPUT", &shown(root.join("output")))
            .with("GITHUB_ACTION_PATH", &shown(self.tools()))
            .with("GH_STORE", &shown(self.ours.root().join("comment")));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            repo = repo.with(name, &filled(value.as_str().expect("a text"), context));
        }
        repo
    }
}

/// Returns whether a step is run.
fn holds(condition: &str, context: &Value, passed: bool) -> bool {
    condition.split("&&").map(str::trim).all(|part| match part {
        "always()" => true,
        "success()" => passed,
        part => {
            let (name, value) = part.split_once(" == ").expect("a comparison");
            looked_up(name, context) == value.trim_matches('\'')
        }
    }) && (passed || condition.contains("always()"))
}

/// Puts values in the place of expressions.
fn filled(text: &str, context: &Value) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (name, after) = after.split_once("}}").expect("an end");
        out += before;
        out += &looked_up(name.trim(), context);
        rest = after;
    }
    out + rest
}

fn looked_up(name: &str, context: &Value) -> String {
    match context.pointer(&format!("/{}", name.replace('.', "/"))) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        other => unreachable!("'{name}' is {other:?}"),
    }
}

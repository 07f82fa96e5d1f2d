//! Pull requests, broken and good, in the hands of the workflow that 'ci init' writes.

use crate::common::{Git, Repo, for_each_git, sample_of, text};

use super::service::{Forge, Job};

/// Does something on a branch.
type RegistryEvent = fn(&Forge) -> &'static str;

const EMBED: &str = "[[embed]]\npath = [\"src/**\"]\n";

/// Runs the workflow for what somebody has done.
fn job(git: &Git, options: &str, config: &str, deed: RegistryEvent) -> (Forge, Job) {
    let forge = Forge::new(git, options, config);
    let workflow = forge.workflow();
    let branch = deed(&forge);
    let job = forge.run(&workflow, branch);
    (forge, job)
}

fn without_hooks(forge: &Forge, change: fn(&Repo)) -> &'static str {
    let repo = forge.branch("broken", false);
    change(&repo);
    forge.push(&repo);
    "broken"
}

/// Changes the text of the registry.
fn edit(repo: &Repo, change: impl FnOnce(String) -> String) {
    let registry = String::from_utf8(repo.read(".idhooks/registry.json")).expect("text");
    repo.write(".idhooks/registry.json", change(registry));
}

/// Everything that must be stopped: its finding, options of init, rules, and how it is done.
const BROKEN: [(&str, &str, &str, RegistryEvent); 12] = [
    ("MISSING_ID", "", "", |forge| without_hooks(forge, |repo| repo.stage("new.md", text("new")))),
    ("STALE_PATH", "", "", |forge| without_hooks(forge, |repo| repo.mv("notes.txt", "memo.txt"))),
    ("STALE_PATH", "", "", |forge| without_hooks(forge, |repo| repo.run("rm -q notes.txt"))),
    ("REGISTRY_CORRUPT", "", "", |forge| {
        without_hooks(forge, |repo| edit(repo, |text| format!("<<<<<<< ours\n{text}")))
    }),
    ("REGISTRY_CORRUPT", "", "", |forge| {
        without_hooks(forge, |repo| repo.run("rm -q .idhooks/registry.json"))
    }),
    ("DUPLICATE_ID", "", "", |forge| {
        without_hooks(forge, |repo| {
            let [one, other] = [repo.id("README.md"), repo.id("notes.txt")];
            edit(repo, |text| text.replace(&one, &other));
        })
    }),
    ("RECORD_LOST", "", "", |forge| {
        without_hooks(forge, |repo| {
            let id = repo.id("notes.txt");
            edit(repo, |text| {
                let lines = text.lines().filter(|line| !line.contains(&id));
                lines.map(|line| format!("{line}\n")).collect()
            });
        })
    }),
    ("IDENTITY_CHANGED", "", "", |forge| {
        without_hooks(forge, |repo| {
            let [one, other] = ["README.md", "notes.txt"];
            edit(repo, |text| {
                text.replace(&format!("\"{one}\""), "\"?\"")
                    .replace(&format!("\"{other}\""), &format!("\"{one}\""))
                    .replace("\"?\"", &format!("\"{other}\""))
            });
        })
    }),
    ("MALFORMED_ID", "", "", |forge| {
        without_hooks(forge, |repo| {
            let id = repo.id("notes.txt");
            edit(repo, |text| text.replace(&id, &id[1..]));
        })
    }),
    ("REGISTRY_CORRUPT", "", "", |forge| {
        without_hooks(forge, |repo| {
            let scope = repo.id("notes.txt")[10..].to_owned();
            let other = "991231";
            edit(repo, |text| text.replace(&scope, other));
        })
    }),
    ("DUPLICATE_IN_FS", "", EMBED, |forge| {
        forge.ours.idhooks("inject --all").ok().done();
        forge.ours.commit("carry");
        forge.ours.run("push -q origin main");
        without_hooks(forge, |repo| repo.stage("src/copy.py", repo.read("src/app.py")))
    }),
    // Each branch is true; what the forge would make of both is not.
    ("REGISTRY_CORRUPT", "--strategy sequential", "", |forge| {
        let repo = forge.branch("parallel", true);
        repo.stage("docs/ours.md", text("ours"));
        forge.push(&repo);
        forge.move_on("docs/theirs.md");
        "parallel"
    }),
];

#[test]
fn broken_ones_are_blocked() {
    for_each_git(|git| {
        for (code, options, config, deed) in sample_of(&BROKEN) {
            let (forge, job) = job(git, options, config, *deed);
            assert!(!job.passed, "{code} passed:\n{}", job.log);
            assert!(job.log.contains(&format!("title={code}::")), "{code}:\n{}", job.log);
            assert!(job.summary.contains(&format!("`{code}`")), "{code}:\n{}", job.summary);
            assert!(job.summary.starts_with("<!-- idhooks -->\n### Identities: do not merge"));
            assert_eq!(forge.comment().as_deref(), Some(&*job.summary), "{code}");
            let missing: Vec<_> = job.kept.iter().filter(|(_, is_there)| !is_there).collect();
            assert!(missing.is_empty() && job.kept.len() == 4, "{code}: {:?}", job.kept);
        }
    });
}

#[test]
fn good_ones_pass() {
    let good: [RegistryEvent; 4] = [
        |forge| {
            let repo = forge.branch("adds", true);
            repo.stage("docs/plan.md", text("plan"));
            forge.push(&repo);
            "adds"
        },
        |forge| {
            let repo = forge.branch("moves", true);
            repo.mv("docs/guide.md", "docs/manual.md");
            repo.append("docs/manual.md", "more\n");
            forge.push(&repo);
            forge.move_on("elsewhere.md");
            "moves"
        },
        |forge| {
            let repo = forge.branch("edits", false);
            repo.append("README.md", "more\n");
            forge.push(&repo);
            "edits"
        },
        |forge| {
            let repo = forge.branch("merges", true);
            repo.commit_file("docs/ours.md", text("ours"));
            forge.move_on("docs/theirs.md");
            repo.run("switch -q merges");
            repo.run("merge -q --no-edit main");
            forge.push(&repo);
            "merges"
        },
    ];
    for_each_git(|git| {
        for deed in sample_of(&good) {
            let (forge, job) = job(git, "", "", *deed);
            assert!(job.passed, "{}", job.log);
            assert_eq!(job.summary, "<!-- idhooks -->\n### Identities: fine\n\nNo findings.\n");
            assert_eq!(forge.comment(), None, "who is good is left alone");
        }
    });
}

#[test]
fn a_comment_is_one_and_says_how_it_is_now() {
    for_each_git(|git| {
        let (forge, job) = job(git, "", "", BROKEN[0].3);
        assert!(!job.passed && forge.comment().is_some_and(|said| said.contains("MISSING_ID")));
        let branch = forge.ours.clone();
        branch.idhooks("ci --base origin/main --fix").ok().done();
        forge.push(&branch);
        let job = forge.run(&forge.workflow(), "broken");
        assert!(job.passed, "{}", job.log);
        let said = forge.comment().expect("the comment stays");
        assert!(
            said.contains("### Identities: warnings") && !said.contains("MISSING_ID"),
            "{said}"
        );
        let calls = std::fs::read_to_string(branch.root().join("comment.calls")).expect("calls");
        assert_eq!(calls, "GET\nPOST\nGET\nPATCH\n");
    });
}

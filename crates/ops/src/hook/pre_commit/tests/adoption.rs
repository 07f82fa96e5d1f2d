//! Commits that adopt a repository. A registry that is accepted without a plan is one that a plan
//! would not change.

use idhooks_core::plan::AllocationLog;
use idhooks_repo::transaction::PendingCommit;

use crate::tests::{REGISTRY, TestRepo, text};
use crate::{InitOptions, InitReport, init};

const FILES: [&str; 4] = ["a.py", "docs/b.md", "docs/c.txt", "d"];

/// A test case: its name, and a change made between `init` and the commit.
type Case = (&'static str, fn(&TestRepo));

/// Makes a repository with a commit, and adopts it without committing that.
fn staged() -> TestRepo {
    let repo = TestRepo::empty();
    FILES.iter().for_each(|file| repo.stage(file, &text(file)));
    repo.commit_unseen("files");
    let options =
        InitOptions { scope: Some("260118".parse().expect("a scope")), ..InitOptions::default() };
    let done = init(&mut repo.notices(), &repo.open(), &options).expect("possible");
    assert!(matches!(done, InitReport::Adopted(_)));
    repo
}

/// Returns whether the adoption is recognized without a plan. If so, asserts that a plan changes
/// nothing and finds nothing.
fn is_recognized(repo: &TestRepo) -> bool {
    // As git does before it runs the hook.
    repo.run("write-tree");
    let repo = repo.open();
    let pending = PendingCommit::open(&repo).expect("readable");
    let is_recognized = pending.is_plain_adoption().expect("readable");
    if is_recognized {
        let inputs = pending.read(None, &|_| {}).expect("readable").expect("a registry");
        let config = pending.config().expect("valid");
        assert!(pending.faults(&inputs, &config).is_empty());
        let plan = pending.plan(&inputs, &config, &AllocationLog::default(), true);
        assert!(!inputs.is_outdated_by(&plan.expect("room").registry));
    }
    is_recognized
}

/// Edits the staged registry.
fn edit(repo: &TestRepo, edit: impl FnOnce(String) -> String) {
    let before = repo.read(REGISTRY);
    let after = edit(before.clone());
    assert_ne!(before, after, "nothing was edited");
    repo.stage(REGISTRY, &after);
}

#[test]
fn what_init_has_staged_is_recognized() {
    let cases: [Case; 5] = [
        ("unchanged", |_| {}),
        ("a file is edited", |repo| repo.append("a.py", "print(1)\n")),
        ("another file is replaced", |repo| repo.stage("d", &text("another"))),
        ("names may carry identities, and none does", |repo| {
            repo.append("idhooks.toml", "\n[[file_names]]\npath = 'docs/**'\n");
        }),
        ("two files are swapped by hand", |repo| {
            edit(repo, |text| {
                let text = text.replace("\"a.py\"", "\"\"").replace("\"d\"", "\"a.py\"");
                text.replace("\"file_path\":\"\"", "\"file_path\":\"d\"")
            });
        }),
    ];
    for (what, change) in cases {
        let repo = staged();
        change(&repo);
        let before = repo.read(REGISTRY);
        assert!(is_recognized(&repo), "{what}");
        repo.commit("adopt");
        assert_eq!(repo.read(REGISTRY), before, "{what}");
        assert!(repo.check_history().is_empty(), "{what}");
    }
}

#[test]
fn everything_else_is_planned() {
    let cases: [Case; 11] = [
        ("a file is added", |repo| repo.stage("e.md", &text("e.md"))),
        ("a file is deleted", |repo| drop(repo.git(&["rm", "-q", "-f", "d"]))),
        ("a file is moved", |repo| repo.git_mv("a.py", "src/a.py")),
        ("a record is missing", |repo| {
            edit(repo, |text| {
                let lines: Vec<&str> = text.lines().filter(|line| !line.contains("a.py")).collect();
                lines.join("\n").replace(",\n]}", "\n]}") + "\n"
            });
        }),
        ("a path has two records", |repo| edit(repo, |text| text.replace("\"d\"", "\"a.py\""))),
        ("a record has a note", |repo| {
            edit(repo, |text| text.replacen("\"}}", "\",\"note\":\"x\"}}", 1));
        }),
        ("a record has ended", |repo| {
            edit(repo, |text| text.replacen("\"active\"", "\"deprecated\"", 1));
        }),
        ("it is written otherwise", |repo| edit(repo, |text| text.replacen(":", ": ", 1))),
        ("the working file differs", |repo| {
            repo.write(REGISTRY, &repo.read(REGISTRY).replace("\"d\"", "\"e\""));
        }),
        ("files carry their identities", |repo| {
            repo.append("idhooks.toml", "\n[[embed]]\npath = '**/*.py'\n");
        }),
        ("it is committed", |repo| drop(repo.commit("adopt"))),
    ];
    for (what, change) in cases {
        let repo = staged();
        change(&repo);
        assert!(!is_recognized(&repo), "{what}");
    }
}

#[test]
fn the_first_commit_of_all_is_planned() {
    let repo = TestRepo::empty();
    FILES.iter().for_each(|file| repo.stage(file, &text(file)));
    init(&mut repo.notices(), &repo.open(), &InitOptions::default()).expect("possible");
    assert!(!is_recognized(&repo));
}

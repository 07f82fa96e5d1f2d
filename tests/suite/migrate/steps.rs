//! The steps: each a commit, none skipped, none made twice, each undone to the bytes of before.

use super::{
    LEGACY, OWN, RECORDS, assert_clean, classic, content, own_files, phase, refuses, run_first,
    with_file, with_legacy,
};
use crate::common::{Repo, Snapshot, for_each_git, sample_of, text};

/// The commands of all steps, with the phases to which they lead.
const STEPS: [(&str, &str); 4] = [
    ("migrate run --from registry/ID_REGISTRY.json", "legacy-leads"),
    ("migrate run --to registry-leads --force", "registry-leads"),
    ("migrate run --to stopped --force", "stopped"),
    ("migrate finish --force", "finished"),
];

#[test]
fn a_file_at_the_usual_path_needs_no_name() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        // The plan has the time of a deprecation in it.
        let date = "1800000000 +0000";
        let repo = repo.with("GIT_COMMITTER_DATE", date).with("GIT_AUTHOR_DATE", date);
        let plan = repo.idhooks(["migrate", "plan", "--from", LEGACY]).ok().stdout();
        assert_eq!(repo.idhooks("migrate plan").ok().stdout(), plan);
        // Also from a directory below, where another file has that name.
        let below = repo.below("docs");
        below.write(LEGACY, "not this one");
        assert_eq!(below.idhooks("migrate plan").ok().stdout(), plan);
        below.idhooks("migrate run").ok().done();
        assert_eq!(phase(&repo), "legacy-leads");
    });
}

#[test]
fn each_step_is_a_commit_that_changes_nothing_the_second_time() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        assert_eq!(phase(&repo), "off");
        for (line, expected) in STEPS {
            let commits = repo.commits();
            repo.idhooks(line).ok().done();
            assert_eq!((repo.commits(), phase(&repo).as_str()), (commits + 1, expected), "{line}");
            assert_clean(&repo);
            repo.idhooks("check --history").ok().done();
            let before = Snapshot::of(&repo);
            repo.idhooks(line).ok().done();
            before.assert_same(&repo);
        }
        assert!(!repo.exists(LEGACY));
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert!(rules.contains("\nenabled = false\n") && rules.contains("\nfinished = true\n"));
        let attributes = String::from_utf8(repo.read(".gitattributes")).expect("text");
        assert_eq!(attributes.lines().count(), 1, "{attributes}");
        // Every other clone sees the phase, too, and can go back.
        repo.run("clone -q . ../clone");
        let clone = repo.beside("clone");
        assert_eq!(phase(&clone), "finished");
        clone.idhooks("migrate rollback --to registry-leads").ok().done();
        assert_eq!(phase(&clone), "registry-leads");
    });
}

#[test]
fn each_step_is_undone_to_the_bytes_of_before() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let mut before = vec![own_files(&repo, "HEAD")];
        for (line, _) in STEPS {
            repo.idhooks(line).ok().done();
            before.push(own_files(&repo, "HEAD"));
        }
        let expected = ["off", "legacy-leads", "registry-leads", "stopped"];
        for n in (0..STEPS.len()).rev() {
            repo.idhooks("migrate rollback --dry-run").ok().done();
            assert_eq!(own_files(&repo, "HEAD"), before[n + 1]);
            repo.idhooks("migrate rollback").ok().done();
            assert_eq!(own_files(&repo, "HEAD"), before[n], "{n}");
            assert_eq!(phase(&repo), expected[n]);
            assert_clean(&repo);
        }
        refuses(repo.idhooks("migrate rollback"), 2, &["'off'"]);
        // And forward again, to the same bytes but for times; then back over several steps at once.
        let ways: Vec<_> =
            (0..STEPS.len()).flat_map(|n| (0..=n).map(move |place| (n, place))).collect();
        let ways = sample_of(&ways);
        for (n, (line, _)) in STEPS.iter().enumerate() {
            repo.idhooks(*line).ok().done();
            for place in ways.iter().filter(|way| way.0 == n).map(|way| way.1) {
                let target = expected[place];
                let copy = repo.copy_as("back");
                copy.idhooks(["migrate", "rollback", "--to", target]).ok().done();
                assert_eq!(phase(&copy), target);
                assert_eq!(copy.commits(), repo.commits() + 1);
                let [was, is] = [
                    content(&repo, &format!("HEAD~{}", n + 1 - place), LEGACY),
                    content(&copy, "HEAD", LEGACY),
                ];
                assert_eq!(is, was, "{n} {target}");
                std::fs::remove_dir_all(copy.path()).expect("a copy can be removed");
            }
        }
    });
}

#[test]
fn a_phase_cannot_be_skipped_or_passed() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let before = Snapshot::of(&repo);
        for target in ["registry-leads", "stopped"] {
            let line = ["migrate", "run", "--to", target];
            refuses(repo.idhooks(line), 2, &[target, "the phase 'legacy-leads' must come first"]);
        }
        refuses(repo.idhooks("migrate finish --force"), 2, &["no migration to finish"]);
        before.assert_same(&repo);
        run_first(&repo);
        let before = Snapshot::of(&repo);
        let skipped = repo.idhooks("migrate run --to stopped --force");
        refuses(skipped, 2, &["the phase 'registry-leads' must come first"]);
        refuses(repo.idhooks("migrate finish --force"), 2, &["while dual write is enabled"]);
        before.assert_same(&repo);
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
        let passed = repo.idhooks("migrate run --to legacy-leads");
        refuses(passed, 2, &["beyond that phase", "migrate rollback --to legacy-leads"]);
        refuses(repo.idhooks("migrate finish --force"), 2, &["while dual write is enabled"]);
    });
}

#[test]
fn nothing_is_undone_that_other_commits_have_changed() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        repo.idhooks("install").ok().done();
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m edit");
        // A commit that changes no file of the step is no obstacle.
        repo.copy_as("edited").idhooks("migrate rollback").ok().done();
        repo.commit_file("docs/new.md", text("new"));
        let before = Snapshot::of(&repo);
        let answer = repo.idhooks("migrate rollback");
        refuses(answer, 2, &["other commits changed files", LEGACY, "(write docs/new.md)"]);
        before.assert_same(&repo);
        // Nor is a step undone over one that is still in effect.
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
        let before = Snapshot::of(&repo);
        refuses(repo.idhooks("migrate rollback --to off"), 2, &["(write docs/new.md)"]);
        before.assert_same(&repo);
        repo.idhooks("migrate rollback").ok().done();
        assert_eq!(phase(&repo), "legacy-leads");
    });
}

#[test]
fn rollbacks_are_not_the_work_of_others() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        for (line, _) in &STEPS[..3] {
            repo.idhooks(*line).ok().done();
        }
        repo.idhooks("install").ok().done();
        repo.commit_file("docs/new.md", text("new"));
        // The first one derives the legacy file from the registry.
        for phase_after in ["registry-leads", "legacy-leads"] {
            repo.idhooks("migrate rollback").ok().done();
            assert_eq!(phase(&repo), phase_after);
        }
        let refused = repo.idhooks("migrate rollback").code(2).stderr();
        let causes: Vec<&str> =
            refused.lines().filter(|line| line.starts_with("cause: ")).collect();
        assert_eq!(causes.len(), 1, "{refused}");
        assert!(causes[0].contains("registry.json") && causes[0].contains("(write docs/new.md)"));
        // What is changed after a rollback is named, and not the rollback.
        repo.append("idhooks.toml", "\n# ours\n");
        repo.run("commit -q -a -m rules");
        let refused = repo.idhooks("migrate rollback").code(2).stderr();
        assert!(refused.contains("'idhooks.toml' in") && refused.contains("(rules)"), "{refused}");
        assert!(!refused.contains("Roll the migration"), "{refused}");
    });
}

#[test]
fn both_files_are_in_step_after_a_late_rollback() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        for (line, _) in &STEPS[..3] {
            repo.idhooks(*line).ok().done();
        }
        repo.idhooks("install").ok().done();
        repo.commit_file("docs/new.md", text("new"));
        let finished = repo.copy_as("finished");
        finished.idhooks("migrate finish --force").ok().done();
        finished.commit_file("docs/newer.md", text("newer"));
        for repo in [&repo, &finished] {
            repo.idhooks("migrate rollback --to registry-leads").ok().done();
            assert_eq!(phase(repo), "registry-leads");
            repo.idhooks("migrate verify").ok().done();
            repo.idhooks("check --rev HEAD").ok().done();
            assert_clean(repo);
        }
        // But what others wrote into the legacy file since is not lost.
        let repo = with_legacy(git);
        for (line, _) in &STEPS[..3] {
            repo.idhooks(*line).ok().done();
        }
        repo.append(LEGACY, "\n");
        repo.run("commit -q -a -m another");
        let before = Snapshot::of(&repo);
        refuses(repo.idhooks("migrate rollback"), 2, &["other commits changed", "(another)"]);
        before.assert_same(&repo);
    });
}

#[test]
fn what_is_not_committed_is_in_the_way() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let lines = ["plan", "run"].map(|command| ["migrate", command, "--from", LEGACY]);
        repo.stage("docs/new.md", "new");
        for line in lines {
            refuses(repo.idhooks(line), 2, &["staged changes", "docs/new.md"]);
        }
        repo.run("rm -q --cached docs/new.md");
        for path in ["idhooks.toml", ".gitattributes", LEGACY] {
            let there = repo.exists(path).then(|| repo.read(path));
            let more = if path == LEGACY { "\n\n" } else { "# mine\n" };
            repo.write(path, [there.clone().unwrap_or_default(), more.into()].concat());
            let before = Snapshot::of(&repo);
            let undo = match there {
                Some(_) => format!("git restore --source=HEAD --staged --worktree {path}"),
                None => format!("git rm --cached --ignore-unmatch {path}"),
            };
            for line in lines {
                refuses(repo.idhooks(line), 2, &[path, "uncommitted changes", &undo]);
            }
            before.assert_same(&repo);
            match there {
                Some(bytes) => repo.write(path, bytes),
                None => repo.remove(path),
            }
        }
        lines.into_iter().for_each(|line| repo.idhooks(line).ok().done());
    });
}

#[test]
fn an_adopted_repository_takes_what_is_new_and_what_differs() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        repo.write("../other.json", classic(&RECORDS[..2]));
        repo.idhooks("import ../other.json").ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        // The adoption gave the legacy file, and the file of the last record, identities of their own.
        let answer = repo.idhooks(["migrate", "plan", "--from", LEGACY]);
        refuses(answer, 1, &["0110000003250101: skip", "2099900004240101: skip", "scope 240101"]);
        let before = Snapshot::of(&repo);
        let answer = repo.idhooks(["migrate", "run", "--from", LEGACY]);
        refuses(answer, 1, &["0110000003250101: skip", "nothing was changed"]);
        before.assert_same(&repo);
        let mut records = RECORDS[..2].to_vec();
        records[0].2 = r#""status":"active","metadata":{"owner":"bob"}"#;
        repo.commit_file(LEGACY, classic(&records));
        let answer = repo.idhooks(["migrate", "plan", "--from", LEGACY]).ok();
        assert!(answer.stdout().contains("metadata.owner: 'ann' -> 'bob'"), "{}", answer.stdout());
        run_first(&repo);
        repo.idhooks("check --history").ok().done();
        assert_eq!(repo.record("0110000001250101")["metadata"]["owner"], "bob");
        let legacy = repo.ask(["show", &format!("HEAD:{LEGACY}")]);
        // A file that is derived from the registry has no record there that is active.
        assert!(
            !legacy.contains(&format!("\"file_path\": \"{LEGACY}\",\n      \"allocated_at\""))
                || legacy.contains("\"excluded\"")
        );
        assert_clean(&repo);
    });
}

#[test]
fn changes_that_came_without_the_hooks_are_taken_by_the_next_run() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        let whole = repo.ask(["show", &format!("HEAD:{LEGACY}")]);
        repo.stage(LEGACY, whole.replace("\"ann\"", "\"bob\"") + "\n");
        repo.commit("by another program");
        refuses(repo.idhooks("migrate verify"), 1, &["metadata.owner: 'ann' != 'bob'"]);
        let answer = repo.idhooks("migrate run --to registry-leads --force");
        refuses(answer, 1, &["needs both files in step", "'ann' != 'bob'"]);
        let commits = repo.commits();
        repo.idhooks("migrate run").ok().done();
        assert_eq!(repo.commits(), commits + 1);
        assert_eq!(repo.record("0110000001250101")["metadata"]["owner"], "bob");
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --rev HEAD").ok().done();
        repo.idhooks("migrate rollback").ok().done();
        assert_eq!(phase(&repo), "legacy-leads");
        assert_eq!(content(&repo, "HEAD", LEGACY), content(&repo, "HEAD~2", LEGACY));
    });
}

#[test]
fn either_side_is_rebuilt_from_the_other() {
    for_each_git(|git| {
        for (name, format) in [("ids.json", "classic"), ("ids.jsonl", "jsonl"), ("ids.csv", "csv")]
        {
            let repo = with_legacy(git);
            repo.run(["rm", "-q", LEGACY]);
            repo.commit("elsewhere");
            repo.write("../source.json", classic(&RECORDS));
            let table = format!("[dual_write]\nlegacy = \"old/{name}\"\nformat = \"{format}\"\n");
            repo.commit_file("idhooks.toml", table);
            repo.idhooks("migrate run --from ../source.json").ok().done();
            let path = format!("old/{name}");
            let [registry, legacy] = [OWN[1], &path].map(|path| content(&repo, "HEAD", path));
            let exported = repo.idhooks("export --format legacy").ok().bytes();
            assert_eq!(Some(exported), legacy, "{format}");
            // The registry is damaged, then lost.
            for damage in [Some("<<<<<<< ours\n"), None] {
                match damage {
                    Some(damage) => repo.stage(OWN[1], damage),
                    None => repo.run(["rm", "-q", OWN[1]]),
                }
                repo.run("commit -q --no-verify -m damage");
                repo.idhooks("migrate status").ok().complains("migrate run --from legacy").done();
                repo.idhooks("migrate run --from legacy").ok().done();
                assert_eq!(content(&repo, "HEAD", OWN[1]), registry, "{format}");
                assert_eq!(content(&repo, "HEAD", &path), legacy, "{format}");
                repo.idhooks("check --rev HEAD").ok().done();
                let before = Snapshot::of(&repo);
                repo.idhooks("migrate run --from legacy").ok().done();
                before.assert_same(&repo);
            }
        }
    });
}

#[test]
fn a_legacy_file_without_all_records_rebuilds_nothing() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        refuses(repo.idhooks("migrate run --from legacy"), 2, &["no legacy file is named"]);
        run_first(&repo);
        let mut whole: serde_json::Value =
            serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
        whole["allocations"].as_array_mut().expect("a list").remove(0);
        repo.commit_file(LEGACY, whole.to_string());
        let before = Snapshot::of(&repo);
        let answer = repo.idhooks("migrate run --from legacy");
        refuses(answer, 1, &["has not all records", "0110000001250101 for 'docs/guide.md'"]);
        before.assert_same(&repo);
    });
}

/// Returns whether two repositories have the same files of steps in HEAD.
fn have_the_same(one: &Repo, other: &Repo) -> bool {
    own_files(one, "HEAD") == own_files(other, "HEAD")
}

#[test]
fn two_clones_that_migrate_have_the_same_bytes() {
    for_each_git(|git| {
        let date = "1800000000 +0000";
        let repo = with_legacy(git).with("GIT_COMMITTER_DATE", date);
        let repo = repo.with("GIT_AUTHOR_DATE", date);
        repo.run("clone -q . ../clone");
        let clone = repo.beside("clone");
        for repo in [&repo, &clone] {
            run_first(repo);
        }
        assert!(have_the_same(&repo, &clone));
    });
}

/// The other program goes on on a branch that was begun before the first step.
#[test]
fn what_the_other_program_wrote_on_an_older_branch_is_taken_by_the_merge() {
    for_each_git(|git| {
        let records = [RECORDS[0], ("2099900002250101", "src/app.py", RECORDS[1].2)];
        let repo = with_file(git, LEGACY, &classic(&records));
        repo.run("switch -q -c older");
        let (id, path, rest) = records[0];
        let rest = rest.replace("ann", "bob");
        let new = ("0110000009250101", "docs/new.md", r#""status":"active","metadata":{}"#);
        repo.stage(LEGACY, classic(&[(id, path, &*rest), records[1], new]));
        repo.stage("docs/new.md", text("new"));
        repo.commit("by the other program");
        repo.run("switch -q main");
        run_first(&repo);
        repo.idhooks("install").ok().done();
        let answer = repo.try_git("merge -m merged older").ok();
        answer.complains("metadata.owner: 'ann' -> 'bob'").done();
        for path in [LEGACY, ".idhooks/registry.json"] {
            let text = content(&repo, "HEAD", path).expect("there");
            let text = String::from_utf8(text).expect("text");
            assert!(text.contains("bob") && text.contains(new.0), "{path}: {text}");
        }
        assert_eq!(repo.idhooks("path 0110000009250101").ok().stdout(), "docs/new.md\n");
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --history").ok().done();
        assert_clean(&repo);
    });
}

//! `lint.enforce`: the linter looks at what a commit changes, and at nothing else.

use crate::common::{Repo, Snapshot, is_dual_write, on_adopted, on_adopted_leaving};

/// Code with a finding.
const RAW: &str = "import uuid\n\nrun = str(uuid.uuid4())\n";
/// Code without one.
const CLEAN: &str = "import uuid\n\nrun = uuid.UUID(int=1)\n";
const BLOCK: &str = "[lint]\nenforce = \"block\"\n";
const WARN: &str = "[lint]\nenforce = \"warn\"\n";

/// Tries to commit what is staged; that must be refused because of this file, and change nothing.
#[track_caller]
fn assert_refused(repo: &Repo, command: &str, path: &str) {
    let before = Snapshot::of(repo);
    let answer = repo.try_git(command).code(1).complains("error[RAW_UUID]").complains(path);
    let answer = answer.complains("idhooks blocked the commit").complains("# noqa: CODE");
    answer.complains("git commit --no-verify").complains("--write-baseline").done();
    before.assert_same(repo);
}

#[test]
fn block_refuses_and_warn_warns() {
    on_adopted(|repo| {
        repo.configure(BLOCK);
        repo.stage("src/app.py", RAW);
        assert_refused(repo, "commit -m no", "src/app.py");
        // The same with a new file, for which the registry changes.
        repo.run("restore --staged --worktree src/app.py");
        repo.stage("src/new.py", RAW);
        assert_refused(repo, "commit -m no", "src/new.py");
        repo.stage("src/new.py", RAW.replace("())\n", "())  # noqa: RAW_UUID\n"));
        repo.commit("accepted");
        repo.stage("src/new.py", RAW);
        repo.run("commit -q --no-verify -m unseen");
        repo.configure(WARN);
        repo.stage("src/util.py", RAW);
        let answer = repo.git("commit -m warned").ok().complains("warning[RAW_UUID]");
        let answer = answer.complains("src/util.py").stderr();
        assert!(!answer.contains("src/new.py"), "the commit does not change it: {answer}");
    });
}

#[test]
fn without_the_key_nothing_is_checked() {
    on_adopted(|repo| {
        repo.configure("[lint]\nselect = [\"RAW_UUID\"]\n");
        repo.stage("src/app.py", RAW);
        assert_eq!(repo.git("commit -q -m one").ok().stderr(), "");
        repo.configure("[hooks]\nenforce = \"block\"\n");
        repo.stage("src/new.py", RAW);
        assert_eq!(repo.git("commit -q -m two").ok().stderr(), "");
        if is_dual_write() {
            // The rules are read as a whole for the legacy file.
            return;
        }
        // Not even the patterns are read: one of these is none.
        let rules = "[lint]\ngenerators = [\"a.b\"]\npath = [\"[\"]\n";
        repo.stage("idhooks.toml", format!("scope = \"260118\"\n{rules}"));
        repo.run("commit -q --no-verify -m unseen");
        repo.append("src/app.py", "more = 1\n");
        assert_eq!(repo.git("commit -q -a -m three").ok().stderr(), "");
        repo.idhooks("lint").code(2).complains("'[' is not a glob").done();
        repo.stage("idhooks.toml", "scope = \"260118\"\n");
        repo.commit("right");
    });
}

#[test]
fn the_index_counts_and_not_the_working_tree() {
    on_adopted_leaving(" M src/app.py\n M src/util.py\n", |repo| {
        repo.configure(BLOCK);
        repo.stage("src/app.py", CLEAN);
        repo.write("src/app.py", RAW);
        repo.commit("clean in the index");
        repo.stage("src/util.py", RAW);
        repo.write("src/util.py", CLEAN);
        assert_refused(repo, "commit -m no", "src/util.py");
        repo.run("restore --staged src/util.py");
    });
}

#[test]
fn a_partial_commit_is_checked_by_itself() {
    on_adopted_leaving("M  src/app.py\n", |repo| {
        repo.configure(BLOCK);
        repo.stage("src/app.py", RAW);
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -m partial notes.txt");
        repo.write("src/util.py", RAW);
        assert_refused(repo, "commit -m no src/util.py", "src/util.py");
        repo.write("src/util.py", CLEAN);
        repo.run("commit -q -m partial src/util.py");
        repo.stage("src/new.py", CLEAN);
        repo.run("commit -q -m partial src/new.py");
        assert_refused(repo, "commit -a -m no", "src/app.py");
    });
}

#[test]
fn what_was_there_before_is_not_checked() {
    on_adopted(|repo| {
        repo.commit_file("src/raw.py", RAW);
        repo.commit_file("src/gone.py", RAW.replace("run", "gone"));
        repo.configure(BLOCK);
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m other");
        repo.run("commit -q --amend -m reworded");
        repo.append("README.md", "more\n");
        repo.run("commit -q -a --amend --no-edit");
        repo.mv("src/raw.py", "src/moved.py");
        repo.commit("only a rename");
        repo.run("update-index --chmod=+x src/moved.py");
        repo.run("commit -q -m mode");
        repo.run("checkout -q -- src/moved.py");
        repo.run("rm -q src/gone.py");
        repo.commit("only a deletion");
        repo.run("commit -q --allow-empty -m nothing");
        // An edit brings the findings of the whole file.
        repo.stage("src/moved.py", format!("{RAW}other = 1\n"));
        assert_refused(repo, "commit -m no", "src/moved.py");
        assert_refused(repo, "commit --amend -m no", "src/moved.py");
        repo.run("restore --source=HEAD --staged --worktree src/moved.py");
    });
}

#[test]
fn a_baseline_accepts_what_is_there() {
    on_adopted(|repo| {
        repo.commit_file("src/raw.py", RAW);
        repo.configure("[lint]\nenforce = \"block\"\nbaseline = \"ci/lint.json\"\n");
        repo.stage("src/raw.py", format!("\n{RAW}"));
        let answer = repo.try_git("commit -m no").code(1).complains("cannot find the baseline");
        let answer = answer.complains("ci/lint.json").complains("lint.baseline");
        answer.complains("idhooks lint --write-baseline ci/lint.json").complains("git add").done();
        repo.idhooks("lint --write-baseline lint.json").ok().done();
        // The one in the index counts.
        repo.stage("ci/lint.json", "{}");
        repo.write("ci/lint.json", repo.read("lint.json"));
        repo.try_git("commit -m no").code(1).complains("'ci/lint.json' is not a baseline").done();
        repo.run("add ci/lint.json");
        repo.remove("lint.json");
        repo.commit("known");
        repo.stage("src/raw.py", format!("{RAW}more = uuid.uuid4()\n"));
        assert_refused(repo, "commit -m no", "src/raw.py");
        repo.run("restore --staged --worktree src/raw.py");
    });
}

/// Makes a branch 'side' with a finding that no hook saw, and with a conflict in another file.
fn diverge(repo: &Repo) {
    repo.commit_file("src/side.py", CLEAN);
    repo.configure(BLOCK);
    repo.run("switch -q -c side");
    repo.stage("src/side.py", RAW);
    repo.stage("src/app.py", "a = 1\n");
    repo.run("commit -q --no-verify -m unseen");
    repo.run("switch -q -");
    repo.stage("src/app.py", "a = 2\n");
    repo.commit("ours");
}

#[test]
fn merges_are_checked_for_what_they_add() {
    on_adopted(|repo| {
        diverge(repo);
        repo.try_git("merge -q side").code(1).done();
        repo.stage("src/app.py", RAW);
        repo.try_git("commit -m no").code(1).complains("src/app.py").done();
        repo.stage("src/app.py", CLEAN);
        // What comes from the other side as it is there is not checked again.
        let answer = repo.git("commit -q -m merged").ok().stderr();
        assert!(!answer.contains("RAW_UUID"), "{answer}");
        assert_eq!(repo.ask("rev-list --count --min-parents=2 HEAD"), "1");
    });
}

#[test]
fn a_cherry_pick_stops_and_goes_on() {
    on_adopted(|repo| {
        diverge(repo);
        repo.try_git("cherry-pick side").code(1).done();
        repo.stage("src/app.py", RAW);
        let go_on = "-c core.editor=true cherry-pick --continue";
        repo.try_git(go_on).code(1).complains("src/app.py").done();
        assert!(repo.exists(".git/CHERRY_PICK_HEAD"), "the pick is not over");
        repo.stage("src/app.py", CLEAN);
        repo.run(go_on);
        assert_eq!(repo.ask("log -1 --format=%s"), "unseen");
    });
}

#[test]
fn a_rebase_is_not_disturbed() {
    on_adopted(|repo| {
        repo.configure(BLOCK);
        repo.run("switch -q -c side");
        repo.stage("src/app.py", RAW);
        repo.run("commit -q --no-verify -m unseen");
        repo.run("switch -q -");
        repo.commit_file("src/app.py", "a = 2\n");
        repo.run("switch -q side");
        repo.try_git("rebase -q -").code(1).done();
        repo.stage("src/app.py", RAW);
        repo.run("-c core.editor=true rebase --continue");
        assert_eq!(repo.ask("log -1 --format=%s"), "unseen");
        let editors = ["sequence.editor=sed -i s/^pick/reword/", "core.editor=true"];
        repo.run(["-c", editors[0], "-c", editors[1], "rebase", "-q", "-i", "HEAD~1"]);
    });
}

#[test]
fn files_that_python_refuses_are_named() {
    on_adopted(|repo| {
        repo.configure(BLOCK);
        repo.stage("src/app.py", "import uuid\nuuid.uuid4(\n");
        let answer = repo.git("commit -q -m broken").ok();
        answer.complains("'src/app.py' was not checked").done();
        // In no encoding that the file declares.
        repo.stage("src/util.py", b"import uuid\nname = '\xff\xfe'\nuuid.uuid4()\n");
        let answer = repo.git("commit -q -m bytes").ok();
        answer.complains("'src/util.py' was not checked").done();
        repo.stage("src/util.py", b"# coding: latin-1\nimport uuid\nname = '\xe9'\nuuid.uuid4()\n");
        assert_refused(repo, "commit -m no", "src/util.py");
        repo.run("restore --source=HEAD --staged --worktree src/util.py");
    });
}

#[test]
fn a_mistake_in_the_table_is_named() {
    on_adopted(|repo| {
        for (table, problem) in [
            ("[lint]\nenforce = \"blok\"\n", "did you mean 'block'?"),
            ("[lint]\nenforc = \"block\"\n", "unknown key 'enforc' in [lint]"),
        ] {
            repo.stage("idhooks.toml", format!("scope = \"260118\"\n{table}"));
            repo.try_git("commit -m no").code(1).complains(problem).done();
            // Past the hook; then a commit that only edits another file.
            repo.run("commit -q --no-verify -m unseen");
            repo.append("README.md", "more\n");
            let answer = repo.try_git("commit -a -m no").code(1).complains(problem);
            answer.complains("git commit --no-verify").done();
            repo.run("restore README.md");
        }
        // What only the linter can know: a warning where findings are warnings.
        let unknown = "[lint]\nenforce = \"warn\"\nselect = [\"RAW_UID\"]\n";
        repo.stage("idhooks.toml", format!("scope = \"260118\"\n{unknown}"));
        repo.stage("src/app.py", RAW);
        let answer = repo.git("commit -q -m warned").ok().complains("were not checked");
        answer.complains("RAW_UID").done();
        repo.stage(
            "idhooks.toml",
            format!("scope = \"260118\"\n{}", unknown.replace("warn", "block")),
        );
        repo.stage("src/app.py", CLEAN);
        repo.try_git("commit -m no").code(1).complains("RAW_UID").done();
        repo.stage("idhooks.toml", format!("scope = \"260118\"\n{BLOCK}"));
        repo.commit("right");
    });
}

#[test]
fn the_first_commit_and_many_findings() {
    on_adopted(|repo| {
        repo.configure(WARN);
        for n in 0..12 {
            repo.stage(format!("src/new{n}.py"), RAW.replace("run", &format!("run{n}")));
        }
        let answer = repo.git("commit -q -m many").ok().complains("2 more warnings");
        let answer = answer.complains("idhooks lint --staged").stderr();
        assert_eq!(answer.matches("warning[RAW_UUID]").count(), 10, "{answer}");
    });
}

//! Commits with more files than `[rename]` allows to compare: no identity is replaced unasked.

use serde_json::json;

use crate::common::{Repo, for_each_git, text};
use crate::judge::View;

const LIMITS: &str = "[rename]\nlimit = 1\nmax_files = 3\n";
const MOVED: [(&str, &str); 2] =
    [("docs/guide.md", "manual/first.md"), ("src/app.py", "lib/main.py")];

/// Stages moves of files to new names.
fn move_files(repo: &Repo) {
    for (from, to) in MOVED {
        repo.mv(from, to);
    }
}

/// Stages an edit of each of the moved files.
fn edit_files(repo: &Repo) {
    for (_, to) in MOVED {
        repo.append(to, "a line\n");
        repo.run(["add", to]);
    }
}

/// Makes a commit beyond the limits without hooks.
fn commit_unhooked(repo: &Repo) {
    move_files(repo);
    edit_files(repo);
    repo.stage("docs/fresh.md", text("fresh"));
    repo.run("commit -q --no-verify -m move");
}

/// Raises the limits in the index.
fn raise(repo: &Repo) {
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
    let raised = rules.replace("max_files = 3", "max_files = 5");
    repo.stage("idhooks.toml", raised.replace("max_bytes = 100", "max_bytes = 100000"));
}

/// Commits an edit with the hooks, and returns what they printed.
fn edit(repo: &Repo) -> String {
    repo.append("README.md", "more\n");
    repo.git("commit -q -a -m own").ok().stderr()
}

/// Asserts that the files that moved have no identity, and that these still belong to the old paths.
fn assert_undecided(repo: &Repo, before: &[String]) {
    let known = View::of(repo, "HEAD").ids();
    let new = MOVED.map(|(_, to)| to);
    for path in new.iter().chain(&["docs/fresh.md"]) {
        assert_eq!(known.get(path.as_bytes()), None, "{path}");
    }
    for (id, (from, _)) in before.iter().zip(MOVED) {
        let record = repo.record(id);
        assert_eq!((&record["status"], &record["file_path"]), (&json!("active"), &json!(from)));
    }
}

/// Clones the repository, and installs the hooks.
fn clone(repo: &Repo, name: &str) -> Repo {
    let (url, target) = (repo.path().display().to_string(), format!("../{name}"));
    repo.run(["clone", "-q", &url, &target]);
    let clone = repo.beside(name);
    clone.idhooks("install").ok().done();
    clone
}

fn ids_before(repo: &Repo) -> Vec<String> {
    MOVED.iter().map(|(from, _)| repo.id(from)).collect()
}

fn ids_after(repo: &Repo) -> Vec<String> {
    MOVED.iter().map(|(_, to)| repo.id(to)).collect()
}

#[test]
fn a_commit_beyond_a_limit_is_blocked_until_it_is_raised() {
    for_each_git(|git| {
        for limits in [LIMITS, "[rename]\nlimit = 1\nmax_bytes = 100\n"] {
            let repo = Repo::adopted(git);
            repo.configure(limits);
            let (before, head) = (ids_before(&repo), repo.rev("HEAD"));
            move_files(&repo);
            edit_files(&repo);
            let answer = repo.try_git("commit -q -m move").code(1);
            answer.complains("error[RENAME_LIMIT]").complains("2 identities").done();
            let answer = repo.idhooks("reconcile").code(1);
            answer.complains("error[RENAME_LIMIT]").done();
            assert_eq!(repo.rev("HEAD"), head);
            let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
            let raised = rules.replace("max_files = 3", "max_files = 4");
            repo.stage("idhooks.toml", raised.replace("max_bytes = 100", "max_bytes = 100000"));
            repo.git("commit -q -m move").ok().done();
            assert_eq!(ids_after(&repo), before);
            repo.idhooks("check --history").ok().done();
        }
    });
}

#[test]
fn a_move_before_the_edits_needs_no_comparison() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        move_files(&repo);
        repo.git("commit -q -m move").ok().done();
        edit_files(&repo);
        repo.git("commit -q -m edit").ok().done();
        assert_eq!(ids_after(&repo), before);
    });
}

#[test]
fn a_commit_beyond_a_limit_passes_with_a_warning() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(&format!("[hooks]\nenforce = \"warn\"\n{LIMITS}"));
        move_files(&repo);
        edit_files(&repo);
        let printed = repo.git("commit -q -m move").ok().stderr();
        assert!(printed.contains("warning[RENAME_LIMIT]"), "{printed}");
        assert!(printed.contains("2 identities"), "{printed}");
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn where_no_identity_is_at_stake_nothing_is_blocked() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        repo.run("rm -q docs/guide.md src/app.py notes.txt README.md");
        let printed = repo.git("commit -q -m delete").ok().stderr();
        assert!(!printed.contains("RENAME_LIMIT"), "{printed}");
        for n in 0..5 {
            repo.stage(format!("docs/{n}.md"), text(&format!("new {n}")));
        }
        let printed = repo.git("commit -q -m add").ok().stderr();
        assert!(!printed.contains("RENAME_LIMIT"), "{printed}");
    });
}

#[test]
fn a_merge_of_moves_that_were_followed_is_not_blocked() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        repo.run("checkout -q -b topic");
        for (from, to) in MOVED {
            repo.mv(from, to);
            repo.append(to, "a line\n");
            repo.run(["add", to]);
            repo.git("commit -q -m move").ok().done();
        }
        repo.run("checkout -q -");
        repo.append("README.md", "more\n");
        repo.git("commit -q -a -m own").ok().done();
        repo.git("merge -q --no-edit topic").ok().done();
        assert_eq!(ids_after(&repo), before);
        repo.idhooks("check").ok().done();
    });
}

const REMEDY: &str = "set max_files = 5 in [rename] of idhooks.toml and commit it";

#[test]
fn healing_beyond_a_limit_replaces_nothing_until_the_limit_is_raised() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        commit_unhooked(&repo);
        let clones = ["second", "third"].map(|name| clone(&repo, name));
        for _ in 0..2 {
            let printed = edit(&repo);
            let left =
                "3 files without an identity and 2 identities without a file are left unchanged";
            assert_eq!(printed.matches(left).count(), 1, "{printed}");
            assert!(printed.contains(&format!("to heal them, {REMEDY}")), "{printed}");
            assert_undecided(&repo, &before);
        }
        // Own changes are as always, also of the files that are left alone.
        let notes = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.mv("lib/main.py", "lib/start.py");
        repo.commit_file("docs/own.md", text("own"));
        assert_eq!(repo.id("docs/notes.txt"), notes);
        assert_eq!(repo.id("docs/own.md").len(), 16);
        assert_eq!(View::of(&repo, "HEAD").ids().get(&b"lib/start.py"[..]), None);
        repo.mv("lib/start.py", "lib/main.py");
        repo.run("commit -q -m back");
        assert_undecided(&repo, &before);
        raise(&repo);
        repo.git("commit -q -m raise").ok().done();
        assert_eq!(ids_after(&repo), before);
        repo.idhooks("check").ok().done();
        repo.idhooks("check --history").ok().done();
        // What is in the history decides, not who heals it, or when.
        let [second, third] = clones;
        for clone in [&second, &third] {
            clone.run("pull -q --ff-only");
            assert_eq!(clone.registry("HEAD"), repo.registry("HEAD"));
        }
        for clone in [&second, &third] {
            clone.run("reset -q --hard HEAD~4");
            clone.run("reset -q --hard HEAD~1");
            raise(clone);
        }
        second.run("commit -q -m raise");
        third.run("commit -q --no-verify -m raise");
        edit(&third);
        assert_eq!(ids_after(&second), before);
        assert_eq!(second.registry("HEAD"), third.registry("HEAD"));
    });
}

#[test]
fn reports_name_the_limit_and_how_to_raise_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        commit_unhooked(&repo);
        for hooked in [false, true] {
            if hooked {
                edit(&repo);
            }
            for command in ["status", "doctor", "check", "check --rev HEAD", "check --history"] {
                let answer = repo.idhooks(command);
                let printed = answer.stdout() + &answer.stderr();
                assert!(printed.contains(REMEDY), "{command}: {printed}");
                assert!(!printed.contains("git fetch"), "{command}: {printed}");
            }
            repo.idhooks("check").code(1).done();
            let answer = repo.idhooks("reconcile").ok();
            answer.complains(REMEDY).complains("nothing can be healed yet").done();
            repo.idhooks("fix --execute").code(1).done();
            repo.idhooks("fix MISSING_ID --execute").code(1).done();
            assert_undecided(&repo, &before);
            repo.run("checkout -q --detach HEAD~1");
            repo.git("checkout -q -").complains(REMEDY).done();
        }
        raise(&repo);
        let status = repo.idhooks("status").ok().stdout();
        assert!(status.contains("the next commit heals it"), "{status}");
        repo.idhooks("reconcile").ok().done();
        repo.run("commit -q --no-verify -m raise");
        assert_eq!(ids_after(&repo), before);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_limit_of_bytes_is_named_alone() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[rename]\nlimit = 1\nmax_bytes = 100\n");
        let before = ids_before(&repo);
        commit_unhooked(&repo);
        let printed = edit(&repo);
        assert!(printed.contains("set max_bytes = "), "{printed}");
        assert!(!printed.contains("set max_files"), "{printed}");
        assert_undecided(&repo, &before);
        raise(&repo);
        repo.run("commit -q -m raise");
        assert_eq!(ids_after(&repo), before);
    });
}

#[test]
fn new_files_get_identities_where_no_deleted_one_is_left() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(&format!("[track]\nexclude = [\"data/**\"]\n{LIMITS}"));
        repo.run("rm -q -r data");
        for n in 0..5 {
            repo.stage(format!("docs/{n}.md"), text(&format!("new {n}")));
        }
        repo.run("commit -q --no-verify -m many");
        edit(&repo);
        assert_eq!(repo.id("docs/4.md").len(), 16);
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn files_that_were_left_alone_stay_so_in_a_second_move_beyond_the_limit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        commit_unhooked(&repo);
        let again = MOVED.map(|(_, to)| (to, format!("again/{}.x", to.replace('/', "-"))));
        for (from, to) in &again {
            repo.mv(from, to);
            repo.append(to, "another line\n");
            repo.run(["add", to]);
        }
        repo.git("commit -q -m again").ok().done();
        for (_, to) in &again {
            assert_eq!(View::of(&repo, "HEAD").ids().get(to.as_bytes()), None, "{to}");
        }
        raise(&repo);
        repo.run("commit -q -m raise");
        assert_eq!(again.map(|(_, to)| repo.id(&to)).to_vec(), before);
    });
}

#[test]
fn merges_and_rebases_beyond_a_limit_replace_nothing() {
    for_each_git(|git| {
        for rebases in [false, true] {
            let repo = Repo::adopted(git);
            repo.configure(LIMITS);
            let before = ids_before(&repo);
            repo.run("checkout -q -b topic");
            commit_unhooked(&repo);
            repo.run("checkout -q main");
            repo.commit_file("docs/main.md", text("main"));
            if rebases {
                repo.run("checkout -q topic");
                repo.run("rebase -q main");
            } else {
                repo.run("merge -q --no-edit topic");
            }
            assert_undecided(&repo, &before);
            let printed = edit(&repo);
            assert!(printed.contains(REMEDY), "{printed}");
            assert_undecided(&repo, &before);
            raise(&repo);
            repo.run("commit -q -m raise");
            assert_eq!(ids_after(&repo), before);
            repo.idhooks("check --history").ok().done();
        }
    });
}

#[test]
fn a_rewrite_uses_the_limits_of_the_last_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let (before, first) = (ids_before(&repo), repo.rev("HEAD"));
        commit_unhooked(&repo);
        edit(&repo);
        raise(&repo);
        repo.run("commit -q -m raise");
        repo.idhooks(&*format!("reconcile --rewrite {first}..HEAD")).ok().done();
        assert_eq!(ids_after(&repo), before);
        for (id, (_, to)) in before.iter().zip(MOVED) {
            assert_eq!(repo.id_in("HEAD~2", to), *id);
        }
        repo.idhooks("check --history").ok().done();
    });
}

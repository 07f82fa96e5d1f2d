//! References in the commit being made: those that it adds, and those to files that it retires.

use crate::common::{
    Repo, Snapshot, for_each_git, gits, is_dual_write, on_adopted, on_adopted_leaving, text,
};

const UNKNOWN: &str = "idhooks:0199900001260118";
const TABLE: &str = "[references]\n";
const STRICT: &str = "[references]\nunknown = \"error\"\n";

/// Commits and returns what the hook says.
fn hook_of(repo: &Repo, line: &str) -> String {
    repo.git(line).ok().stderr()
}

/// Commits what is staged, without a hook.
fn commit_unseen(repo: &Repo) {
    repo.run("commit -q --no-verify -m unseen");
}

#[track_caller]
fn assert_refused(repo: &Repo, line: &str, place: &str) {
    let before = Snapshot::of(repo);
    let answer = repo.try_git(line).code(1).complains("error[REFERENCE_UNKNOWN]");
    let answer = answer.complains("heals the registry, but no reference");
    answer.complains(place).complains("idhooks blocked the commit; nothing was changed").done();
    before.assert_same(repo);
}

#[test]
fn only_what_a_commit_adds_is_warned_of() {
    on_adopted(|repo| {
        repo.stage("README.md", format!("{UNKNOWN}\n"));
        assert_eq!(hook_of(repo, "commit -q -m untold"), "");
        repo.configure(TABLE);
        let other = format!("# Title\n{UNKNOWN}\n");
        repo.stage("README.md", &other);
        assert_eq!(hook_of(repo, "commit -q -m moved"), "");
        repo.stage("README.md", format!("ü {UNKNOWN}, {UNKNOWN}\n{other}"));
        let said = hook_of(repo, "commit -q -m more");
        // One of three was there before.
        assert_eq!(said.matches("warning[REFERENCE_UNKNOWN]: README.md:").count(), 2, "{said}");
        assert!(
            said.contains("refers to 0199900001260118, which is not in the registry"),
            "{said}"
        );
        // A renamed file has the references that it had, and a copy has none.
        repo.run("mv README.md docs/new.md");
        repo.append("docs/new.md", "more\n");
        assert_eq!(hook_of(repo, "commit -q -a -m renamed"), "");
        repo.stage("docs/copy.md", repo.read("docs/new.md"));
        let said = hook_of(repo, "commit -q -m copied");
        assert_eq!(said.matches("docs/copy.md:").count(), 3, "{said}");
        // The commit itself counts: what it registers, and what it retires.
        let notes = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.stage("docs/late.md", format!("idhooks:{notes}\n"));
        let said = hook_of(repo, "commit -q -m late");
        assert!(said.contains("warning[REFERENCE_DEPRECATED]: docs/late.md:1:1:"), "{said}");
        let lines = (1..13).map(|n| format!("idhooks:01999{n:05}260118 01\n"));
        repo.stage("docs/many.md", lines.collect::<String>());
        let said = hook_of(repo, "commit -q -m many");
        assert!(said.matches("warning[REFERENCE_UNKNOWN]").count() == 10, "{said}");
        assert!(
            said.contains("warning: 2 more warnings of this kind; see: idhooks check"),
            "{said}"
        );
    });
}

#[test]
fn an_error_blocks_only_what_is_added() {
    on_adopted(|repo| {
        repo.stage("README.md", format!("{UNKNOWN}\n"));
        commit_unseen(repo);
        repo.configure(STRICT);
        repo.idhooks("check").code(1).done();
        repo.append("README.md", "more\n");
        assert_eq!(hook_of(repo, "commit -q -a -m edit"), "");
        repo.stage("notes.txt", format!("see\n  {UNKNOWN}\n"));
        assert_refused(repo, "commit -q -m no", "notes.txt:2:3:");
        repo.stage("docs/new.md", format!("{UNKNOWN}\n"));
        assert_refused(repo, "commit -q -m no", "docs/new.md:1:1:");
        let log = repo.idhooks("audit tail").ok().stdout();
        assert!(log.contains("notes.txt:2:3"), "{log}");
        // What is only a warning blocks nothing, also beside an error that does.
        repo.run("reset -q --hard");
        repo.stage("docs/new.md", format!("idhooks:{}#none\n", repo.id("docs/intro.md")));
        let said = hook_of(repo, "commit -q -m warned");
        assert!(said.contains("warning[REFERENCE_SECTION]: docs/new.md:1:1:"), "{said}");
        repo.configure(&format!("{STRICT}[hooks]\nenforce = \"warn\"\n"));
        repo.stage("docs/other.md", format!("{UNKNOWN}\n"));
        let said = hook_of(repo, "commit -q -m warned");
        assert!(said.contains("warning[REFERENCE_UNKNOWN]: docs/other.md:1:1:"), "{said}");
    });
}

#[test]
fn every_form_of_commit_is_checked_by_itself() {
    on_adopted_leaving("M  src/app.py\n", |repo| {
        repo.configure(TABLE);
        repo.stage("src/app.py", format!("# {UNKNOWN}\n"));
        repo.append("notes.txt", "more\n");
        assert_eq!(hook_of(repo, "commit -q -m partial notes.txt"), "");
        repo.append("README.md", &format!("{UNKNOWN}\n"));
        let said = hook_of(repo, "commit -q -m partial README.md");
        assert!(said.contains("README.md:") && !said.contains("src/app.py"), "{said}");
        assert_eq!(hook_of(repo, "commit -q --amend -m reworded --only"), "");
        repo.append("README.md", "more\n");
        assert_eq!(hook_of(repo, "commit -q --amend --no-edit README.md"), "");
        // The index stays, with the reference that no commit has.
        assert_eq!(repo.findings(""), ["REFERENCE_UNKNOWN"; 2]);
    });
}

#[test]
fn a_merge_adds_what_no_parent_has() {
    on_adopted(|repo| {
        repo.configure(TABLE);
        repo.commit_file("docs/base.md", text("base"));
        repo.run("switch -q -c topic");
        let base = String::from_utf8(repo.read("docs/base.md")).expect("text");
        repo.stage("docs/base.md", format!("{UNKNOWN}\n{base}"));
        repo.stage("docs/topic.md", format!("{UNKNOWN}\n"));
        repo.commit("topic");
        repo.run("switch -q main");
        repo.run("mv docs/base.md docs/moved.md");
        repo.stage("notes.txt", format!("{UNKNOWN}0\n"));
        repo.commit("moved");
        repo.run("merge -q --no-commit --no-ff topic");
        assert_eq!(hook_of(repo, "commit -q -m merged"), "");
        // A resolution may add one.
        repo.run("switch -q topic");
        repo.commit_file("README.md", "theirs\n");
        repo.run("switch -q main");
        repo.commit_file("README.md", "ours\n");
        repo.try_git("merge -q topic").code(1).done();
        repo.stage("README.md", format!("both {UNKNOWN}\n"));
        let said = hook_of(repo, "commit -q -m merged");
        assert!(said.contains("warning[REFERENCE_UNKNOWN]: README.md:1:6:"), "{said}");
    });
}

#[test]
fn the_first_commit_is_checked() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.write("README.md", format!("{UNKNOWN}\n"));
        repo.write("idhooks.toml", format!("scope = \"260118\"\n{TABLE}"));
        repo.run("add .");
        repo.init_and_install("");
        let said = hook_of(&repo, "commit -q -m first");
        assert!(said.contains("warning[REFERENCE_UNKNOWN]: README.md:1:1:"), "{said}");
    });
}

#[test]
fn files_that_refer_to_what_a_commit_retires_are_named() {
    on_adopted(|repo| {
        repo.configure(TABLE);
        let [app, intro, util] =
            ["src/app.py", "docs/intro.md", "src/util.py"].map(|path| repo.id(path));
        repo.stage("README.md", format!("idhooks:{app} idhooks:{app}\nidhooks:{app}\n"));
        repo.stage("notes.txt", format!("idhooks:{app}#x idhooks:{intro}\n"));
        repo.stage("src/util.py", format!("# idhooks:{util}\n"));
        repo.commit("refer");
        repo.run("rm -q src/app.py");
        let said = hook_of(repo, "commit -q -m delete");
        let line = format!(
            "warning: this commit deprecates 'src/app.py' ({app}), to which 2 files still refer: \
             README.md:1, README.md:2, notes.txt:1\n"
        );
        assert!(said.contains(&line), "{said}");
        assert!(said.contains(&format!("hint: to list them: idhooks refs {app}\n")), "{said}");
        assert_eq!(repo.idhooks(["refs", &app]).ok().stdout().lines().count(), 4);
        // It is not said again.
        repo.append("README.md", "more\n");
        assert_eq!(hook_of(repo, "commit -q -a -m more"), "");
        // Neither a rename nor a reference of the file to itself is worth a word.
        repo.run("mv docs/intro.md docs/start.md");
        assert_eq!(hook_of(repo, "commit -q -m rename"), "");
        repo.run("rm -q src/util.py");
        assert_eq!(hook_of(repo, "commit -q -m delete"), "");
        let notes = repo.id("notes.txt");
        repo.run("rm -q docs/start.md");
        repo.idhooks(["-q", "supersede", &intro, "--by", "notes.txt"]).ok().done();
        let said = hook_of(repo, "commit -q -m supersede");
        let line =
            format!("supersedes 'docs/start.md' ({intro}) by {notes}, to which 1 file still");
        assert!(said.contains(&line), "{said}");
        // A successor is news about a file that is gone, too, and a commit that keeps it has none.
        repo.idhooks(["-q", "supersede", &app, "--by", "notes.txt"]).ok().done();
        let said = hook_of(repo, "commit -q -m supersede");
        let line =
            format!("this commit supersedes 'src/app.py' ({app}) by {notes}, to which 2 files");
        assert!(said.contains(&line), "{said}");
        let said = repo.idhooks("ci --base HEAD~1").ok().stderr();
        assert!(said.contains(&format!("the change supersedes 'src/app.py' ({app})")), "{said}");
        repo.stage("README.md", format!("idhooks:{app}\n"));
        assert_eq!(hook_of(repo, "commit -q -m edit"), "");
        // The references may go in the same commit.
        repo.stage("README.md", format!("idhooks:{notes}\n"));
        repo.commit("refer");
        repo.stage("README.md", "nothing\n");
        repo.run("rm -q notes.txt");
        assert_eq!(hook_of(repo, "commit -q -m both"), "");
    });
}

#[test]
fn files_that_may_refer_to_what_a_commit_retires_are_counted() {
    on_adopted(|repo| {
        repo.configure(TABLE);
        let app = repo.id("src/app.py");
        repo.commit_file("latin.md", [format!("idhooks:{app} ").as_bytes(), b"\xe9\n"].concat());
        let object = repo.rev("HEAD:latin.md");
        repo.run("rm -q src/app.py");
        let note = |reason: &str| {
            let note = "note: 1 file was not searched for references to what is gone: latin.md";
            format!("{note} ({reason})\n")
        };
        let copy = repo.copy_as("partial");
        assert!(hook_of(repo, "commit -q -m delete").contains(&note("not UTF-8")));
        // In a partial clone, git commits although a file outside the sparse checkout is missing.
        copy.run("config extensions.partialClone origin");
        copy.run("config remote.origin.promisor true");
        copy.run("update-index --skip-worktree latin.md");
        copy.remove(&format!(".git/objects/{}/{}", &object[..2], &object[2..]));
        let said = hook_of(&copy, "commit -q -m delete");
        assert!(said.contains(&note("missing from this clone")), "{said}");
    });
}

#[test]
fn nothing_odd_stops_a_commit() {
    on_adopted(|repo| {
        repo.configure(STRICT);
        let large = ["x".repeat(9 << 20), format!(" {UNKNOWN}\n")].concat();
        repo.stage("large.txt", large);
        repo.stage("data.bin", format!("\0 {UNKNOWN}\n"));
        repo.stage("latin1.txt", [b"\xe9 ".as_slice(), UNKNOWN.as_bytes()].concat());
        repo.stage("ignored.md", format!("{UNKNOWN} <!-- idhooks: ignore -->\n"));
        repo.stage("Cargo.lock", format!("{UNKNOWN}\n"));
        repo.run("rm -q README.md");
        std::os::unix::fs::symlink(UNKNOWN, repo.path().join("README.md")).expect("a link");
        repo.run("add README.md");
        // The link ends an identity, to which files that cannot be searched may refer.
        let said = hook_of(repo, "commit -q -m odd");
        assert!(
            said.starts_with("note: 3 files were not searched") && said.lines().count() == 1,
            "{said}"
        );
        // What a cherry-pick brings is new here.
        repo.run("switch -q -c topic");
        repo.stage("notes.txt", format!("theirs {UNKNOWN}\n"));
        commit_unseen(repo);
        repo.run("switch -q main");
        repo.commit_file("notes.txt", "ours\n");
        repo.try_git("cherry-pick topic").code(1).done();
        repo.stage("notes.txt", format!("both {UNKNOWN}\n"));
        let pick = "-c core.editor=true cherry-pick --continue";
        repo.try_git(pick).code(1).complains("error[REFERENCE_UNKNOWN]: notes.txt:1:6:").done();
        repo.stage("notes.txt", "both\n");
        repo.run(pick);
    });
}

#[test]
fn rules_that_cannot_be_read_do_not_stop_an_edit() {
    // The rules say where the legacy file is.
    if is_dual_write() {
        return;
    }
    on_adopted(|repo| {
        repo.configure(STRICT);
        // They are read only if the file may have references.
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", format!("{rules}[references\n"));
        commit_unseen(repo);
        repo.append("notes.txt", "more\n");
        assert_eq!(hook_of(repo, "commit -q -a -m edit"), "");
        repo.append("notes.txt", &format!("{UNKNOWN}\n"));
        let said = hook_of(repo, "commit -q -a -m edit");
        assert!(said.contains("warning: references were not checked: idhooks.toml:"), "{said}");
        repo.stage("idhooks.toml", &rules);
        repo.commit("right");
    });
}

#[test]
fn a_commit_does_not_wait_for_a_long_search() {
    let git = gits().last().expect("a git");
    let repo = Repo::adopted(git);
    repo.configure(TABLE);
    for n in 0..5_001 {
        repo.write(format!("many/{n}.txt"), format!("{n}\n"));
    }
    let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
    repo.write("many/1.txt", format!("idhooks:{app}\nidhooks:{util}\n"));
    repo.run("add .");
    repo.commit("many");
    assert!(!repo.exists(".git/idhooks/cache/references"));
    repo.run("rm -q src/app.py");
    let said = hook_of(&repo, "commit -q -m delete");
    let line = format!("not searched, because it takes long: references to {app}, which");
    assert!(said.contains(&line), "{said}");
    assert!(said.contains(&format!("hint: to list them: idhooks refs {app}\n")), "{said}");
    // Once the files have been searched, the hook knows.
    assert!(repo.idhooks(["refs", &app]).ok().stdout().starts_with("many/1.txt:1:1"));
    repo.run("rm -q src/util.py");
    let said = hook_of(&repo, "commit -q -m delete");
    assert!(said.contains("to which 1 file still refers: many/1.txt:2"), "{said}");
}

#[test]
fn a_merge_names_references_that_no_side_could_warn_of() {
    for (on_main, on_topic) in [("delete", "refer"), ("refer", "delete")] {
        on_adopted(|repo| {
            repo.configure(TABLE);
            let app = repo.id("src/app.py");
            repo.commit_file("notes.txt", format!("notes\nidhooks:{app}\n"));
            repo.run("switch -q -c topic");
            let act = |what: &str| match what {
                "delete" => {
                    repo.run("rm -q src/app.py");
                    let said = hook_of(repo, "commit -q -m delete");
                    assert!(said.contains("to which 1 file still refers: notes.txt:2"), "{said}");
                }
                _ => {
                    repo.commit_file("README.md", format!("\nidhooks:{app}\n"));
                }
            };
            act(on_topic);
            repo.run("switch -q main");
            act(on_main);
            repo.run("merge -q --no-commit --no-ff topic");
            let said = hook_of(repo, "commit -q -m merged");
            // What was named when the file was deleted is not named again.
            let line = format!(
                "warning: one side of this merge deprecates 'src/app.py' ({app}), to which 1 file \
                 still refers: README.md:2\n"
            );
            assert!(said.contains(&line), "{said}");
            assert!(said.contains(&format!("hint: to list them: idhooks refs {app}\n")), "{said}");
            assert_eq!(repo.findings(""), ["REFERENCE_DEPRECATED"; 2]);
        });
    }
}

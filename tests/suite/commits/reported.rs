//! Commits of files that were moved without idhooks, and whose moves were reported.

use crate::common::{Repo, binary, gits, on_adopted, on_adopted_leaving, text};
use crate::crash_safety::{Stops, Victim, kill_at, kill_points};
use crate::judge;

const LOG: &str = ".git/idhooks/moved";
const GUIDE: &str = "docs/guide.md";

/// Moves a file in the working tree, and reports that.
fn moves(repo: &Repo, from: &str, to: &str) {
    let path = repo.path().join(to);
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("writable");
    std::fs::rename(repo.path().join(from), path).expect("the file can be moved");
    repo.idhooks(["mv", "--after", from, to]).ok().done();
}

/// Moves a file, reports that, and leaves nothing of its content.
fn moves_and_rewrites(repo: &Repo, from: &str, to: &str) {
    moves(repo, from, to);
    repo.write(to, text(&format!("nothing of {from}")));
}

fn log(repo: &Repo) -> String {
    String::from_utf8(repo.read(LOG)).expect("ASCII")
}

/// Commits and returns what the hook says.
fn hook_of(repo: &Repo, line: &str) -> String {
    repo.git(line).ok().stderr()
}

/// Runs the commands that a hook has printed, and amends the commit.
fn amend(repo: &Repo, remedy: &str) {
    let program = binary().into_string().expect("a plain name");
    repo.sh(&remedy.replace("idhooks ", &format!("'{program}' "))).ok().done();
    repo.run("commit -q --amend --no-edit");
    repo.idhooks("check --history").ok().done();
}

fn is_deprecated(repo: &Repo, id: &str) -> bool {
    repo.record(id)["status"] == "deprecated"
}

#[test]
fn a_rewritten_file_keeps_its_identity_in_each_form_of_commit() {
    for line in ["commit -q -m move", "commit -q -a -m move", "commit -q --amend -m move"] {
        on_adopted(|repo| {
            let id = repo.id(GUIDE);
            moves_and_rewrites(repo, GUIDE, "docs/manual.md");
            repo.run("add -A");
            // The previews agree with the hook.
            let status = repo.idhooks("reconcile --dry-run").stdout();
            assert!(status.contains(&format!("{id} renamed from {GUIDE}")), "{status}");
            assert!(repo.idhooks("check --staged").ok().stdout().contains(&id));
            let said = hook_of(repo, line);
            assert!(!said.contains("reported"), "{said}");
            let used =
                format!("idhooks: 'docs/manual.md' keeps {id}: it was moved from '{GUIDE}'\n");
            assert!(said.contains(&used), "{said}");
            assert_eq!(repo.id("docs/manual.md"), id);
            // The report ends with the first commit after the move.
            assert!(repo.exists(LOG));
            repo.commit_file("other.md", text("other"));
            assert!(!repo.exists(LOG));
            repo.idhooks("check --history").ok().done();
        });
    }
}

#[test]
fn both_ways_of_planning_agree() {
    on_adopted(|repo| {
        let ids = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        moves(repo, "notes.txt", "docs/deep/notes.txt");
        repo.run("add -A");
        let other = repo.copy_as("whole");
        // New rules make the hook read all paths.
        other.append("idhooks.toml", "# a comment\n");
        other.run("add idhooks.toml");
        for one in [repo, &other] {
            one.commit("move");
            assert_eq!(["docs/manual.md", "docs/deep/notes.txt"].map(|path| one.id(path)), ids);
        }
        assert_eq!(repo.registry("HEAD"), other.registry("HEAD"));
    });
}

#[test]
fn a_report_outweighs_equal_content() {
    on_adopted(|repo| {
        let [guide, notes] = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        let content = repo.read("notes.txt");
        repo.remove("notes.txt");
        moves(repo, GUIDE, "docs/manual.md");
        repo.write("docs/manual.md", content);
        repo.run("add -A");
        repo.commit("move");
        assert_eq!(repo.id("docs/manual.md"), guide);
        assert!(is_deprecated(repo, &notes));
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_carried_identity_outweighs_a_report() {
    on_adopted(|repo| {
        repo.configure("[[embed]]\npath = [\"src/**\"]\n");
        repo.idhooks("inject --all").ok().done();
        repo.run("add -A");
        repo.commit("carry");
        let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        let content = repo.read("src/util.py");
        repo.remove("src/util.py");
        moves(repo, "src/app.py", "src/main.py");
        repo.write("src/main.py", content);
        repo.run("add -A");
        repo.commit("move");
        assert_eq!(repo.id("src/main.py"), util);
        assert!(is_deprecated(repo, &app));
    });
}

#[test]
fn a_report_waits_through_commits_of_other_files() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -m partial notes.txt");
        repo.commit_file("other.md", text("other"));
        repo.append("README.md", "more\n");
        repo.run("add README.md");
        repo.commit("an edit");
        repo.run("add docs/manual.md");
        repo.run("commit -q -m move docs/guide.md docs/manual.md");
        assert_eq!(repo.id("docs/manual.md"), id);
    });
}

#[test]
fn moves_of_one_file_are_combined_or_cancelled() {
    on_adopted(|repo| {
        let [guide, notes] = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        moves(repo, GUIDE, "one.md");
        moves(repo, "one.md", "two.md");
        moves(repo, "notes.txt", "notes.md");
        moves(repo, "notes.md", "notes.txt");
        repo.write("two.md", text("rewritten"));
        repo.append("notes.txt", "more\n");
        repo.write("notes.md", text("another file at that path"));
        repo.run("add -A");
        repo.commit("moved twice");
        assert_eq!([repo.id("two.md"), repo.id("notes.txt")], [guide.clone(), notes]);
        // A later move begins where the last commit has the file.
        moves_and_rewrites(repo, "two.md", "three.md");
        repo.run("add -A");
        repo.commit("moved again");
        assert_eq!(repo.id("three.md"), guide);
        moves_and_rewrites(repo, "three.md", GUIDE);
        repo.run("add -A");
        repo.commit("moved back");
        assert_eq!(repo.id(GUIDE), guide);
    });
}

#[test]
fn a_file_takes_the_path_of_another_one_that_moves() {
    on_adopted(|repo| {
        let [guide, intro] = [GUIDE, "docs/intro.md"].map(|path| repo.id(path));
        moves_and_rewrites(repo, "docs/intro.md", "docs/start.md");
        moves_and_rewrites(repo, GUIDE, "docs/intro.md");
        repo.run("add -A");
        repo.commit("shift");
        assert_eq!(["docs/intro.md", "docs/start.md"].map(|path| repo.id(path)), [guide, intro]);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_directory_keeps_its_identities() {
    on_adopted(|repo| {
        let ids = [GUIDE, "docs/intro.md"].map(|path| repo.id(path));
        repo.sh("mv docs handbook").ok().done();
        let said = repo.idhooks("mv --after docs handbook").ok().stdout();
        assert_eq!(said.lines().count(), 2, "{said}");
        repo.sh("mkdir manual && mv handbook manual").ok().done();
        repo.idhooks("mv --after handbook manual").ok().done();
        for name in ["guide.md", "intro.md"] {
            repo.write(format!("manual/handbook/{name}"), text(&format!("new {name}")));
        }
        repo.run("add -A");
        repo.commit("move");
        let now = ["manual/handbook/guide.md", "manual/handbook/intro.md"];
        assert_eq!(now.map(|path| repo.id(path)), ids);
    });
}

#[test]
fn a_new_path_without_the_deletion_is_named() {
    on_adopted_leaving(" D docs/guide.md\n", |repo| {
        let id = repo.id(GUIDE);
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("add docs/manual.md");
        let said = hook_of(repo, "commit -q -m half");
        let remedy = format!(
            "git rm --cached --ignore-unmatch -- docs/guide.md && idhooks assign {id} docs/manual.md"
        );
        let note = format!(
            "idhooks: 'docs/guide.md' was reported to have moved to 'docs/manual.md', but this commit does not delete it, so 'docs/manual.md' gets a new identity; to keep {id}, run this, then amend the commit: {remedy}\n"
        );
        assert!(said.contains(&note), "{said}");
        assert_ne!(repo.id("docs/manual.md"), id);
        assert_eq!(repo.id(GUIDE), id);
        assert!(log(repo).contains(&id));
        let other = repo.copy_as("amended");
        amend(&other, &remedy);
        assert_eq!(other.id("docs/manual.md"), id);
    });
    // The same for an abandoned commit that is completed.
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("add docs/manual.md");
        repo.try_git("commit -q").refused().complains("then amend the commit").done();
        repo.run("rm -q --cached -- docs/guide.md");
        let said = hook_of(repo, "commit -q -m whole");
        assert!(!said.contains("reported"), "{said}");
        assert_eq!(repo.id("docs/manual.md"), id);
    });
}

#[test]
fn a_partial_commit_without_a_staged_deletion_is_named() {
    on_adopted_leaving("D  docs/guide.md\n", |repo| {
        let id = repo.id(GUIDE);
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("add -A");
        let said = hook_of(repo, "commit -q -m half -o docs/manual.md");
        assert!(said.contains("but this commit does not delete it"), "{said}");
        let remedy = said.split("then amend the commit: ").nth(1).expect("a remedy");
        let other = repo.copy_as("amended");
        amend(&other, remedy.lines().next().expect("a line"));
        assert_eq!(other.id("docs/manual.md"), id);
        assert!(!other.ask("ls-tree -r --name-only HEAD").contains(GUIDE));
        other.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_deletion_without_the_new_path_is_named() {
    on_adopted_leaving("?? docs/manual.md\n", |repo| {
        let id = repo.id(GUIDE);
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        let said = hook_of(repo, "commit -q -a -m half");
        let remedy = format!("git add -- docs/manual.md && idhooks assign {id} docs/manual.md");
        let note = format!(
            "which is not in this commit, so it deprecates {id}; to keep it, run this, then amend the commit: {remedy}\n"
        );
        assert!(said.contains(&note), "{said}");
        assert!(is_deprecated(repo, &id));
        let other = repo.copy_as("amended");
        amend(&other, &remedy);
        assert_eq!(other.id("docs/manual.md"), id);
    });
}

/// Returns the commands that a hook has printed about each file, in order.
fn remedies(said: &str) -> Vec<&str> {
    let lines = said.lines();
    lines.filter_map(|line| line.split("then amend the commit: ").nth(1)).collect()
}

#[test]
fn a_new_file_at_the_old_path_is_named() {
    for staged in ["add -A", "add docs/manual.md"] {
        on_adopted(|repo| {
            let id = repo.id(GUIDE);
            moves(repo, GUIDE, "docs/manual.md");
            repo.write(GUIDE, text("a new guide"));
            repo.run(staged);
            let said = hook_of(repo, "commit -q -m half");
            let note = "but 'docs/guide.md' still has a file, so 'docs/manual.md' gets a new identity; to keep";
            assert!(said.contains(note), "{said}");
            assert_eq!(remedies(&said), [format!("idhooks assign {id} docs/manual.md")]);
            assert_eq!(repo.id(GUIDE), id);
            amend(repo, remedies(&said)[0]);
            assert_eq!(repo.id("docs/manual.md"), id);
            assert_ne!(repo.id(GUIDE), id);
            repo.run("add -A");
            repo.run("commit -q --allow-empty -m rest");
        });
    }
}

#[test]
fn files_that_pass_on_their_paths_in_half_a_commit_are_named() {
    on_adopted_leaving(" D docs/guide.md\n", |repo| {
        let [guide, intro] = [GUIDE, "docs/intro.md"].map(|path| repo.id(path));
        moves(repo, "docs/intro.md", "docs/start.md");
        moves(repo, GUIDE, "docs/intro.md");
        repo.run("add docs/intro.md docs/start.md");
        let said = hook_of(repo, "commit -q -m half");
        assert!(said.contains("so 'docs/intro.md' keeps its own identity; to give it"), "{said}");
        let expected = [
            format!("idhooks assign {intro} docs/start.md"),
            format!(
                "git rm --cached --ignore-unmatch -- docs/guide.md && idhooks assign {guide} docs/intro.md"
            ),
        ];
        assert_eq!(remedies(&said), expected);
        let other = repo.copy_as("amended");
        expected.iter().for_each(|remedy| amend(&other, remedy));
        assert_eq!(
            ["docs/intro.md", "docs/start.md"].map(|path| other.id(path)),
            [guide.clone(), intro]
        );
        // The deletion follows without the remedy.
        let other = repo.copy_as("later");
        let said = hook_of(&other, "commit -q -a -m rest");
        assert!(
            said.contains("which has an identity of its own, so this commit deprecates"),
            "{said}"
        );
        assert_eq!(remedies(&said), [format!("idhooks assign {guide} docs/intro.md")]);
        amend(&other, remedies(&said)[0]);
        assert_eq!(other.id("docs/intro.md"), guide);
    });
}

#[test]
fn a_new_path_that_git_ignores_is_named() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        repo.commit_file(".gitignore", "build/\n");
        moves_and_rewrites(repo, GUIDE, "build/guide.md");
        repo.run("add -A");
        let said = hook_of(repo, "commit -q -m half");
        assert!(said.contains("which is not in this commit (git ignores it), so it"), "{said}");
        amend(repo, remedies(&said)[0]);
        assert_eq!(repo.id("build/guide.md"), id);
    });
}

#[test]
fn many_reports_of_half_a_commit_are_counted() {
    on_adopted(|repo| {
        for n in 0..40 {
            repo.write(format!("many/{n}.txt"), text(&format!("file {n}")));
        }
        repo.run("add many");
        repo.commit("many");
        repo.sh("mv many moved").ok().done();
        // A move that is reported twice is still one.
        for _ in 0..2 {
            repo.idhooks("mv --after many moved").ok().done();
        }
        let copy = repo.copy_as("copied");
        copy.sh("cp -R moved many").ok().done();
        for (repo, add) in [(repo, "add -u"), (&copy, "add moved")] {
            repo.run(add);
            let trace = repo.root().join("trace");
            let traced = repo.with("GIT_TRACE2_EVENT", trace.to_str().expect("plain"));
            let said = hook_of(&traced, "commit -q -m half");
            let trace = std::fs::read_to_string(&trace).expect("git writes it");
            let started = trace.lines().filter(|line| line.contains("\"event\":\"start\""));
            assert!(started.count() < 20, "{trace}");
            if add == "add -u" {
                assert_eq!(said.lines().count(), 6, "{said}");
                let rest = "idhooks: 35 more reported moves have no effect on this commit\n";
                assert!(said.ends_with(rest), "{said}");
            } else {
                // The files are at their old paths, too.
                assert_eq!(said, "");
            }
            std::fs::remove_file(repo.root().join("trace")).expect("there");
        }
        repo.sh("rm -r moved").ok().done();
    });
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        moves(repo, GUIDE, "docs/manual.md");
        repo.idhooks(["mv", "--after", GUIDE, "docs/manual.md"]).ok().done();
        repo.run("add -A");
        let said = hook_of(repo, "commit -q -m move");
        let line = format!("idhooks: 'docs/manual.md' keeps {id}: it was moved from '{GUIDE}'\n");
        assert_eq!(said, line);
    });
}

#[test]
fn a_report_that_the_working_tree_contradicts_is_not_named() {
    on_adopted(|repo| {
        moves(repo, GUIDE, "docs/manual.md");
        // The move is taken back without a report, and the file moves elsewhere.
        repo.remove("docs/manual.md");
        repo.write("docs/other.md", text("rewritten"));
        repo.run("add -A");
        let said = hook_of(repo, "commit -q -m elsewhere");
        assert!(!said.contains("reported"), "{said}");
    });
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("checkout -q -- docs/guide.md");
        repo.run("add -A");
        let said = hook_of(repo, "commit -q -m copy");
        assert!(!said.contains("reported"), "{said}");
        assert_eq!(repo.id(GUIDE), id);
    });
}

#[test]
fn each_working_tree_has_its_own_reports() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        repo.run("worktree add -q -b side ../linked");
        let linked = repo.beside("linked");
        moves_and_rewrites(&linked, GUIDE, "docs/manual.md");
        assert!(!repo.exists(LOG) && repo.exists(".git/worktrees/linked/idhooks/moved"));
        // The same change elsewhere is not the reported one.
        repo.mv(GUIDE, "docs/manual.md");
        repo.write("docs/manual.md", text("unrelated"));
        repo.run("add -A");
        repo.commit("unreported");
        assert_ne!(repo.id("docs/manual.md"), id);
        linked.run("add -A");
        linked.commit("reported");
        assert_eq!(linked.id("docs/manual.md"), id);
    });
}

#[test]
fn a_report_expires() {
    on_adopted(|repo| {
        let [guide, notes] = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        let day = |days: &str| {
            let now = repo.sh("echo ${GIT_COMMITTER_DATE% *}").stdout();
            let now: i64 = now.trim().parse().expect("seconds");
            let days: i64 = days.parse().expect("a number");
            repo.with("GIT_COMMITTER_DATE", &format!("{} +0000", now + days * 86_400))
        };
        repo.run("add -A");
        day("29").commit("in time");
        assert_eq!(repo.id("docs/manual.md"), guide);
        moves_and_rewrites(repo, "notes.txt", "late.txt");
        repo.run("add -A");
        day("31").commit("too late");
        assert_ne!(repo.id("late.txt"), notes);
        assert!(!repo.exists(LOG));
    });
}

#[test]
fn the_last_report_about_a_path_counts() {
    on_adopted(|repo| {
        let [guide, notes] = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        // Two new paths for one old path.
        moves(repo, GUIDE, "one.md");
        repo.sh("cp one.md two.md").ok().done();
        repo.idhooks("mv --after docs/guide.md two.md").ok().done();
        repo.write("two.md", text("two"));
        repo.run("add -A");
        repo.commit("two");
        assert_eq!(repo.id("two.md"), guide);
        // Another file at the new path.
        moves(repo, "two.md", "three.md");
        repo.remove("three.md");
        moves_and_rewrites(repo, "notes.txt", "three.md");
        repo.run("add -A");
        repo.commit("three");
        assert_eq!(repo.id("three.md"), notes);
        assert!(is_deprecated(repo, &guide));
    });
}

#[test]
fn commands_outweigh_reports() {
    on_adopted(|repo| {
        let [guide, notes] = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("rm -q --cached notes.txt");
        repo.remove("notes.txt");
        repo.run("add -A");
        repo.idhooks(["assign", &notes, "docs/manual.md"]).ok().done();
        repo.commit("assigned");
        assert_eq!(repo.id("docs/manual.md"), notes);
        assert_ne!(repo.record(&guide)["status"], "active");
        // A move by idhooks goes on from its new path.
        repo.idhooks("mv docs/manual.md docs/book.md").ok().done();
        moves_and_rewrites(repo, "docs/book.md", "docs/tome.md");
        repo.run("add -A");
        repo.commit("moved by two programs");
        assert_eq!(repo.id("docs/tome.md"), notes);
    });
}

#[test]
fn a_merge_commit_uses_reports() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q -");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-commit --no-ff side");
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("add -A");
        repo.commit("merge");
        assert_eq!(repo.id("docs/manual.md"), id);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_replayed_commit_keeps_what_it_had() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        repo.run("branch base");
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("add -A");
        repo.commit("move");
        let picked = repo.rev("HEAD");
        repo.run("commit -q --amend -m again --allow-empty");
        repo.run("checkout -q -b other base");
        repo.commit_file("other.md", text("other"));
        repo.run(["cherry-pick", &picked]);
        assert_eq!(repo.id("docs/manual.md"), id);
        repo.run("checkout -q -b third base");
        repo.commit_file("third.md", text("third"));
        repo.run("rebase -q third other");
        assert_eq!(repo.id("docs/manual.md"), id);
    });
}

#[test]
fn a_commit_made_while_git_replays_others_uses_reports() {
    on_adopted(|repo| {
        let [guide, notes] = [GUIDE, "notes.txt"].map(|path| repo.id(path));
        repo.run("checkout -q -b side");
        repo.commit_file("README.md", "side\n");
        repo.run("checkout -q -");
        repo.commit_file("README.md", "main\n");
        repo.try_git("cherry-pick side").refused().done();
        repo.write("README.md", "both\n");
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("add -A");
        repo.run("cherry-pick --continue");
        assert_eq!(repo.id("docs/manual.md"), guide);
        // The rebase stops at a commit that has none of the later paths.
        moves_and_rewrites(repo, "notes.txt", "notes.md");
        repo.run("add -A");
        repo.commit("moved");
        let edit = repo.with("GIT_SEQUENCE_EDITOR", "sed -i '1s/^pick/edit/'");
        edit.run("rebase -q -i HEAD~2");
        repo.run("commit -q --amend -m amended");
        repo.run("rebase --continue");
        assert_eq!(["docs/manual.md", "notes.md"].map(|path| repo.id(path)), [guide, notes]);
    });
}

#[test]
fn a_report_survives_a_stash_and_a_rebase_of_other_commits() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q -");
        repo.commit_file("main.md", text("main"));
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("stash push -q -u");
        repo.run("rebase -q side");
        repo.run("stash pop -q");
        repo.run("add -A");
        repo.commit("move");
        assert_eq!(repo.id("docs/manual.md"), id);
    });
}

#[test]
fn the_reports_of_another_branch_do_not_count() {
    on_adopted(|repo| {
        repo.run("branch other");
        moves_and_rewrites(repo, GUIDE, "docs/manual.md");
        repo.run("stash push -q -u");
        repo.run("checkout -q other");
        repo.run("rm -q docs/guide.md");
        repo.commit("gone");
        repo.stage(GUIDE, text("a new guide"));
        repo.commit("a new file");
        let new = repo.id(GUIDE);
        repo.run("rm -q docs/guide.md");
        repo.stage("docs/manual.md", text("unrelated"));
        repo.commit("another file");
        assert_ne!(repo.id("docs/manual.md"), new);
    });
}

#[test]
fn a_commit_that_is_killed_anywhere_is_repeated() {
    let start = Repo::adopted(&gits()[0]);
    let id = start.id(GUIDE);
    moves_and_rewrites(&start, GUIDE, "docs/manual.md");
    moves_and_rewrites(&start, "notes.txt", "notes.md");
    start.run("add -A docs");
    let line = "commit -q -m move";
    let ended = Stops::start(&start.copy_as("undisturbed"), line).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    kill_at(&kill_points(&ended, 4), &start, line, Victim::Everything, |repo, _| {
        let _ = std::fs::remove_file(repo.path().join(".git/index.lock"));
        if repo.commits() == start.commits() {
            repo.commit("again");
        }
        assert_eq!(repo.id("docs/manual.md"), id, "{}", repo.situation());
        repo.run("add -A");
        repo.commit("the other one");
        assert_eq!(repo.id("notes.md"), start.id("notes.txt"), "{}", repo.situation());
        judge::assert_all_consistent(repo);
    });
}

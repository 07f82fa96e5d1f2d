//! SIGKILL at the points of every operation: the repository is in the old or the new state,
//! the next command works, and nobody can tell afterwards.

use super::state::{FSCK, State, at_one_time, unlock};
use super::stops::{Stops, Victim, kill_at, kill_points};
use crate::common::{Repo, for_each_git, gits, is_dual_write, text, write_script};
use crate::judge::{self, View};

/// What is done, and where.
struct Story {
    /// Brings a repository to where the operation begins.
    prepare: fn(&Repo),
    /// The operation.
    line: &'static str,
    /// What concludes it, from wherever a killed operation has left the repository.
    conclude: fn(&Repo),
    /// Which commits may be behind, as an option of `git log`.
    behind: &'static str,
    /// How many stops there are at least, so that a loop which sees none cannot pass.
    least: usize,
}

/// Runs the story with every victim in an adopted repository.
fn kill(victims: &[Victim], story: &Story) {
    let git = gits().first().expect("there is a git");
    kill_everywhere(&at_one_time(&Repo::adopted(git)), story, victims);
}

/// Kills the operation at its points, and looks at what that leaves.
fn kill_everywhere(start: &Repo, story: &Story, victims: &[Victim]) {
    (story.prepare)(start);
    let told = start.copy_as("undisturbed");
    let ended = Stops::start(&told, story.line).end();
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.stderr, told.situation());
    let points = kill_points(&ended, story.least);
    // git makes a merge commit before the hook that completes it.
    let unhooked = start.copy_as("unhooked");
    unhooked.run("config core.hooksPath ../none");
    Stops::start(&unhooked, story.line).end();
    let mut known = vec![State::of(start)];
    known.extend([&told, &unhooked].into_iter().flat_map(|repo| State::between(start, repo)));
    (story.conclude)(&told);
    let behind = told.ask(["log", "--format=%H", story.behind, "HEAD~1", "--"]);
    judge::assert_consistent_except(&told, &behind.lines().collect::<Vec<_>>());
    judge::assert_clean(&told);
    let ids = View::of(&told, "HEAD").ids();
    for victim in victims {
        kill_at(&points, start, story.line, *victim, |repo, _| {
            State::of(repo).assert_one_of(&known, repo);
            unlock(repo);
            (story.conclude)(repo);
            // Commits that no hook could make true are healed by those that follow.
            let behind = repo.ask(["log", "--format=%H", story.behind, "HEAD~1", "--"]);
            judge::assert_consistent_except(repo, &behind.lines().collect::<Vec<_>>());
            judge::assert_clean(repo);
            repo.run(FSCK);
            assert_eq!(View::of(repo, "HEAD").ids(), ids, "identities\n{}", repo.situation());
        });
    }
}

const BOTH: [Victim; 2] = [Victim::Idhooks, Victim::Everything];

/// Asserts that the clone remembers every identity that its index has: if the commit is given up,
/// none of them may go to another file on another branch.
fn assert_remembered(repo: &Repo) {
    let registry = repo.ask("show :.idhooks/registry.json");
    let given = String::from_utf8(repo.read(".git/idhooks/given")).expect("text");
    for id in registry.split("{\"id\":\"").skip(1).map(|record| &record[..16]) {
        assert!(given.contains(id), "{id}\n{}", repo.situation());
    }
}

/// Repeats a commit that was not made.
fn commit_again(repo: &Repo, line: &str) {
    if repo.ask("log -1 --format=%s") != "new" {
        repo.run(line);
    }
}

#[test]
fn commit() {
    kill(
        &BOTH,
        &Story {
            prepare: crate::commits::stage_each_kind,
            line: "commit -q -m new",
            conclude: |repo| {
                assert_remembered(repo);
                commit_again(repo, "commit -q -m new");
            },
            behind: "--merges",
            least: 6,
        },
    );
}

/// Commits rules with which every commit keeps a legacy file in step.
fn write_both(repo: &Repo) {
    if !is_dual_write() {
        repo.append("idhooks.toml", "\n[dual_write]\nenabled = true\n");
        repo.run("add idhooks.toml");
        repo.commit("write both");
    }
    judge::assert_legacy_in_step(repo, "HEAD");
}

#[test]
fn commit_of_registry_and_legacy_file() {
    const LINE: &str = "commit -q -m new";
    kill(
        &BOTH,
        &Story {
            prepare: |repo| {
                write_both(repo);
                crate::commits::stage_each_kind(repo);
            },
            line: LINE,
            conclude: |repo| {
                // Whatever is committed has both.
                judge::assert_legacy_in_step(repo, "HEAD");
                commit_again(repo, LINE);
                judge::assert_legacy_in_step(repo, "HEAD");
                repo.idhooks("check --rev HEAD").ok().done();
            },
            behind: "--merges",
            least: 6,
        },
    );
}

#[test]
fn merge_of_registry_and_legacy_file() {
    const LINE: &str = "merge -q --no-edit side";
    kill(
        &[Victim::Everything],
        &Story {
            prepare: |repo| {
                write_both(repo);
                crate::merges::part_ways(repo);
            },
            line: LINE,
            conclude: |repo| {
                merge_again(repo, LINE);
                judge::assert_legacy_in_step(repo, "HEAD");
            },
            behind: "--merges",
            least: 3,
        },
    );
}

#[test]
fn commit_all() {
    kill(
        &BOTH,
        &Story {
            prepare: |repo| {
                crate::commits::stage_each_kind(repo);
                repo.append("notes.txt", "even more\n");
            },
            line: "commit -q -a -m new",
            conclude: |repo| commit_again(repo, "commit -q -a -m new"),
            behind: "--merges",
            least: 6,
        },
    );
}

#[test]
fn partial_commit() {
    const LINE: &str = "commit -q -m new src/new.py";
    kill(
        &BOTH,
        &Story {
            prepare: |repo| {
                repo.stage("src/new.py", text("new"));
                repo.stage("src/other.py", text("other"));
            },
            line: LINE,
            conclude: |repo| {
                commit_again(repo, LINE);
                repo.commit("the rest");
            },
            behind: "--merges",
            least: 8,
        },
    );
}

#[test]
fn init() {
    let git = gits().first().expect("there is a git");
    let repo = at_one_time(&Repo::empty(git));
    for path in ["README.md", "src/app.py", "src/util.py"] {
        repo.commit_file(path, text(path));
    }
    repo.stage("src/new.py", text("new"));
    repo.idhooks("install").ok().done();
    let story = Story {
        prepare: |_| {},
        line: "idhooks init --scope 260118",
        conclude: |repo| {
            repo.idhooks("init --scope 260118").ok().done();
            repo.commit("adopt");
        },
        behind: "--merges",
        least: 10,
    };
    kill_everywhere(&repo, &story, &[Victim::Everything]);
}

#[test]
fn resolve() {
    kill(
        &[Victim::Everything],
        &Story {
            prepare: |repo| {
                crate::merges::part_ways(repo);
                repo.run("config merge.idhooks.driver false");
                repo.try_git("merge -q --no-edit side").refused().done();
            },
            line: "idhooks resolve",
            conclude: |repo| {
                repo.idhooks("resolve").ok().done();
                repo.run("commit -q --no-edit");
            },
            behind: "--merges",
            least: 6,
        },
    );
}

#[test]
fn reconcile() {
    const LINE: &str = "idhooks reconcile";
    kill(
        &[Victim::Everything],
        &Story {
            prepare: |repo| {
                repo.mv("notes.txt", "docs/notes.txt");
                repo.stage("src/new.py", text("new"));
                repo.run("commit -q --no-verify -m unseen");
                repo.mv("docs/notes.txt", "docs/moved.txt");
                repo.run("commit -q --no-verify -m unseen");
            },
            line: LINE,
            conclude: |repo| {
                repo.idhooks("reconcile").ok().done();
                repo.commit("healed");
            },
            behind: "--grep=unseen",
            least: 6,
        },
    );
}

#[test]
fn rebase() {
    const LINE: &str = "-c merge.directoryRenames=true rebase -q main";
    kill(
        &[Victim::Idhooks],
        &Story {
            prepare: |repo| {
                crate::merges::shapes::move_a_directory_against_an_addition(repo);
                repo.commit_file("src/after.py", text("after"));
                repo.run("branch -q -m main old");
                repo.run("branch -q -m side main");
            },
            line: LINE,
            conclude: |repo| {
                if repo.exists(".git/rebase-merge") {
                    repo.idhooks("resolve").ok().done();
                    repo.run(
                        "-c core.editor=true -c merge.directoryRenames=true rebase --continue",
                    );
                }
                repo.commit_file("last.md", text("last"));
            },
            behind: "main..HEAD~1",
            least: 10,
        },
    );
}

/// Concludes a merge, wherever it was stopped.
fn merge_again(repo: &Repo, line: &str) {
    if !repo.try_git("merge-base --is-ancestor side HEAD").succeeded() && !is_merging(repo) {
        repo.try_git(line).done();
    }
    if is_merging(repo) {
        repo.idhooks("resolve").ok().done();
        repo.run("commit -q --no-edit");
    }
    // Where nobody could complete the merge commit, the next one heals.
    repo.commit_file("last.md", text("last"));
}

fn is_merging(repo: &Repo) -> bool {
    repo.try_git("rev-parse -q --verify MERGE_HEAD").succeeded()
}

#[test]
fn merge() {
    const LINE: &str = "merge -q --no-edit side";
    kill(
        &BOTH,
        &Story {
            prepare: crate::merges::part_ways,
            line: LINE,
            conclude: |repo| merge_again(repo, LINE),
            behind: "--merges",
            least: 3,
        },
    );
}

#[test]
fn merge_that_is_completed_afterwards() {
    const LINE: &str = "-c merge.directoryRenames=true merge -q --no-edit side";
    kill(
        &BOTH,
        &Story {
            prepare: crate::merges::shapes::move_a_directory_against_an_addition,
            line: LINE,
            conclude: |repo| merge_again(repo, LINE),
            behind: "--merges",
            least: 10,
        },
    );
}

#[test]
fn merge_that_conflicts() {
    kill(
        &[Victim::Everything],
        &Story {
            prepare: |repo| {
                crate::merges::part_ways_in_conflict(repo);
                repo.try_git("merge -q --no-edit side").refused().done();
                repo.stage("README.md", text("settled"));
                repo.stage("docs/late.md", text("late"));
            },
            line: "commit -q --no-edit",
            conclude: |repo| merge_again(repo, ""),
            behind: "--merges",
            least: 6,
        },
    );
}

/// Kills git itself where it runs another hook, when idhooks has done its part.
#[test]
fn git_alone() {
    for_each_git(|git| {
        for event in ["prepare-commit-msg", "commit-msg", "post-commit"] {
            for line in ["commit -q -m new", "commit -q -a -m new", "commit -q -m new new.md"] {
                let repo = Repo::adopted(git);
                repo.stage("new.md", text("new"));
                repo.remove("notes.txt");
                let hook = repo.path().join(".git/hooks").join(event);
                let kill = "#!/bin/sh\n[ -e ../spared ] || kill -KILL $PPID\n";
                write_script(&hook, kill);
                assert_eq!(repo.try_git(line).exit(), None, "git survived");
                repo.write("../spared", "");
                unlock(&repo);
                commit_again(&repo, line);
                repo.run("rm -q --ignore-unmatch notes.txt");
                repo.run("commit -q --allow-empty -m rest");
                judge::assert_good(&repo);
            }
        }
    });
}

//! What a command noted in a record is evidence in its own commit only: a later commit that moves
//! these files again, or does not touch them, is judged by its own files.

use super::swap;
use crate::common::{Repo, for_each_git, is_dual_write, sample_of, text};
use crate::judge;
use crate::merges::on_branch;

/// A file that moved to `a1.md`, and one that then exchanged places with it.
const A1: &str = "a1.md";
const F2: &str = "f2.md";

fn ids<const N: usize>(repo: &Repo, paths: [&str; N]) -> [String; N] {
    paths.map(|path| repo.id(path))
}

/// Asserts that nothing is wrong and nothing is lost, in any commit.
fn assert_nothing_lost(repo: &Repo) {
    let answer = repo.idhooks("check --history --format json").ok();
    let json = answer.json();
    let findings = json["findings"].as_array().expect("a list");
    let codes: Vec<&str> = findings.iter().filter_map(|f| f["code"].as_str()).collect();
    assert!(codes.iter().all(|code| *code == "BEHIND"), "{codes:?}\n{}", repo.situation());
    assert!(repo.findings("").is_empty(), "{}", repo.situation());
    judge::assert_clean(repo);
}

/// Moves `f1.md` to `a1.md` (tag `moved`), and exchanges it with `f2.md`. On `topic` it only
/// moved back. Returns the identities of `f1.md` and `f2.md` at the beginning.
fn moved_and_exchanged(repo: &Repo) -> [String; 2] {
    repo.stage("f1.md", text("one"));
    repo.stage(F2, text("two"));
    repo.commit("files");
    let known = ids(repo, ["f1.md", F2]);
    repo.run("mv f1.md a1.md");
    repo.commit("move");
    repo.run("tag moved");
    on_branch(repo, "topic", |repo| {
        repo.run("mv a1.md f1.md");
        repo.commit("move back");
    });
    swap(repo, A1, F2);
    repo.commit("exchange");
    repo.run("tag exchanged");
    known
}

/// The path that no commit after the exchange touches keeps its identity, and the renamed file
/// takes along the one that it had.
#[test]
fn an_exchange_says_nothing_about_a_later_commit() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let [one, two] = moved_and_exchanged(&start);
        let ways: [&[&str]; 4] = [
            &["revert --no-edit moved"],
            &["revert -n moved", "commit -q -m reverted"],
            &["cherry-pick topic"],
            &["cherry-pick -n topic", "commit -q -m picked"],
        ];
        for (n, way) in ways.into_iter().enumerate() {
            let repo = start.copy_as(&format!("way-{n}"));
            way.iter().for_each(|line| repo.run(*line));
            assert!(!repo.exists(A1) && repo.exists("f1.md"), "{way:?}");
            repo.commit_file("after.md", text("after"));
            assert_eq!(ids(&repo, [F2, "f1.md"]), [one.clone(), two.clone()], "{way:?}");
            assert_nothing_lost(&repo);
        }
    });
}

#[test]
fn an_exchange_says_nothing_about_a_squashed_merge_without_changes() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [one, two] = moved_and_exchanged(&repo);
        repo.run("checkout -q -b third moved");
        repo.run("mv a1.md a0.md");
        repo.commit("move elsewhere");
        repo.run("checkout -q main");
        repo.run("mv a1.md b1.md");
        repo.commit("move as well");
        let before = repo.rev("HEAD^{tree}");
        repo.try_git("merge -q --squash third").code(1).done();
        // No file changes, whatever the merge driver made of the registry.
        repo.run("rm -q -f --cached --ignore-unmatch a0.md a1.md b1.md f2.md");
        repo.run("checkout -q HEAD -- b1.md f2.md");
        repo.sh("rm -f a0.md a1.md").ok().done();
        repo.run("commit -q --allow-empty -m squashed");
        assert_eq!(ids(&repo, [F2, "b1.md"]), [one, two]);
        assert_eq!(repo.rev("HEAD^{tree}"), before, "{}", repo.situation());
        assert_nothing_lost(&repo);
    });
}

/// Exchanges files again and again, and takes the last exchange back in every way.
#[test]
fn an_exchange_that_is_repeated_counts_each_time() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("f1.md", text("one"));
        repo.stage(F2, text("two"));
        repo.commit("files");
        let [one, two] = ids(&repo, ["f1.md", F2]);
        for times in 1..=3 {
            let before = repo.rev("HEAD");
            swap(&repo, "f1.md", F2);
            repo.commit("exchange");
            let (now, then) = match times % 2 {
                1 => ([&two, &one], [&one, &two]),
                _ => ([&one, &two], [&two, &one]),
            };
            assert_eq!(ids(&repo, ["f1.md", F2]).each_ref(), now, "{times}");
            repo.run(format!("tag times-{times}").as_str());
            for line in sample_of(&["revert --no-edit HEAD", "revert -n HEAD"]) {
                repo.run(*line);
                if line.contains(" -n ") {
                    repo.commit("reverted");
                }
                assert_eq!(ids(&repo, ["f1.md", F2]).each_ref(), then, "{times} {line}");
                assert_eq!(repo.rev("HEAD^{tree}"), repo.rev(&format!("{before}^{{tree}}")));
                // Taken back once more, it is as before.
                repo.run("revert --no-edit HEAD");
                assert_eq!(ids(&repo, ["f1.md", F2]).each_ref(), now, "{times} {line}");
                repo.commit_file("after.md", text(&format!("after {times} {line}")));
                assert_nothing_lost(&repo);
                repo.run(format!("reset -q --hard times-{times}").as_str());
            }
            // Brought to another branch.
            repo.run(["checkout", "-q", "-B", "other", &before]);
            repo.commit_file("other.md", text(&format!("other {times}")));
            repo.run(format!("cherry-pick times-{times}").as_str());
            assert_eq!(ids(&repo, ["f1.md", F2]).each_ref(), now, "{times}");
            repo.commit_file("after.md", text(&format!("after {times}")));
            assert_eq!(ids(&repo, ["f1.md", F2]).each_ref(), now, "{times}");
            assert_nothing_lost(&repo);
            repo.run("checkout -q main");
        }
    });
}

#[test]
fn an_assignment_that_is_taken_back_leaves_every_file_as_it_was() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for path in ["f1.md", F2, "f3.md"] {
            repo.stage(path, text(path));
        }
        repo.commit("files");
        let known = ids(&repo, ["f1.md", F2, "f3.md"]);
        for to in [F2, "f3.md"] {
            let before = ids(&repo, ["f1.md", F2, "f3.md"]);
            repo.idhooks(["-q", "assign", &known[0], to]).ok().done();
            repo.commit("assign");
            repo.run("tag -f assigned");
            let after = ids(&repo, ["f1.md", F2, "f3.md"]);
            assert_eq!(repo.id(to), known[0]);
            for line in sample_of(&["revert --no-edit HEAD", "revert -n HEAD"]) {
                repo.run(*line);
                if line.contains(" -n ") {
                    repo.commit("reverted");
                }
                repo.commit_file("after.md", text(&format!("after {to}")));
                assert_eq!(ids(&repo, ["f1.md", F2, "f3.md"]), before, "{to} {line}");
                assert_nothing_lost(&repo);
                repo.run("reset -q --hard assigned");
            }
            assert_eq!(ids(&repo, ["f1.md", F2, "f3.md"]), after);
        }
        assert_nothing_lost(&repo);
    });
}

/// A later commit that was picked first brings the record that `assign` made along, as reverted.
#[test]
fn an_assignment_that_is_picked_after_a_later_commit_counts() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("branch topic");
        let id = repo.id("notes.txt");
        repo.idhooks(["-q", "assign", &id, "data/table.csv"]).ok().done();
        repo.commit("assign");
        repo.commit_file("docs/later.md", text("later"));
        repo.run("checkout -q topic");
        repo.run("cherry-pick main");
        repo.run("cherry-pick main~1");
        repo.run("commit -q --allow-empty -m next");
        for path in ["notes.txt", "data/table.csv", "docs/later.md"] {
            assert_eq!(repo.id(path), repo.id_in("main", path), "{path}");
        }
        assert_nothing_lost(&repo);
    });
}

/// What an earlier version of idhooks made of the revert of an exchange stays as it is, is named
/// with a remedy, and the next commit heals it.
#[test]
fn a_history_from_before_this_rule_has_a_remedy() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("f1.md", text("one"));
        repo.stage(F2, text("two"));
        repo.commit("files");
        let known = ids(&repo, ["f1.md", F2]);
        swap(&repo, "f1.md", F2);
        repo.commit("exchange");
        repo.run("revert --no-edit HEAD");
        // That version gave each path the identity back that it had had before the revert.
        let registry = String::from_utf8(repo.registry("HEAD")).expect("text");
        let crossed = registry.replace("\"f1.md\"", "\"f0.md\"");
        let crossed = crossed.replace("\"f2.md\"", "\"f1.md\"").replace("\"f0.md\"", "\"f2.md\"");
        repo.stage(".idhooks/registry.json", crossed);
        repo.run("commit -q --no-verify -m healed-wrongly");
        let answer = repo.idhooks("check --history").code(1).stdout();
        assert!(answer.contains("IDENTITY_CHANGED") && answer.contains("heals it"), "{answer}");
        repo.commit_file("after.md", text("after"));
        assert_eq!(ids(&repo, ["f1.md", F2]), known);
        assert_nothing_lost(&repo);
    });
}

/// On `topic` a file is deleted, made anew with other content and renamed; on `main` the old file has
/// got the same content by edits. Returns the identity of the old file.
fn deleted_and_made_anew(repo: &Repo) -> String {
    repo.commit_file("f1.md", text("old"));
    on_branch(repo, "topic", |repo| {
        repo.run("rm -q f1.md");
        repo.commit("delete");
        repo.commit_file("docs/one.md", text("one"));
        repo.commit_file("docs/two.md", text("two"));
        repo.commit_file("f1.md", text("new"));
        repo.run("mv f1.md g1.md");
        repo.commit("rename");
    });
    repo.commit_file("f1.md", text("new"));
    let old = repo.id("f1.md");
    assert_ne!(repo.id_in("topic", "g1.md"), old);
    old
}

/// The file that the commit renames without edits is the one of the commit built upon, however the
/// rename got there.
#[test]
fn an_exact_rename_in_a_replay_follows_the_file_that_is_there() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let old = deleted_and_made_anew(&start);
        let mail = start.git("format-patch --stdout -1 topic").bytes();
        std::fs::write(start.root().join("mail"), mail).expect("a file can be written");
        let ways: [&[&str]; 6] = [
            &["cherry-pick topic"],
            &["cherry-pick -n topic", "commit -q -m picked"],
            &["am -q -3 ../mail"],
            &["rebase -q --onto main topic~1 topic"],
            &["branch beside topic", "rebase -q --update-refs --onto main topic~1 topic"],
            &["cherry-pick topic", "commit -q --amend --no-edit"],
        ];
        for (n, way) in sample_of(&ways).into_iter().enumerate() {
            let repo = start.copy_as(&format!("way-{n}"));
            way.iter().for_each(|line| repo.run(*line));
            assert!(!repo.exists("f1.md") && repo.exists("g1.md"), "{way:?}");
            repo.commit_file("after.md", text("after"));
            assert_eq!(repo.id("g1.md"), old, "{way:?}\n{}", repo.situation());
            assert_nothing_lost(&repo);
        }
    });
}

/// Two steps that each keep an identity, and that are one exact rename of another file together.
#[test]
fn an_exact_rename_decides_in_a_squashed_commit() {
    for_each_git(|git| {
        let start = Repo::adopted(git).with("GIT_SEQUENCE_EDITOR", ":");
        start.stage("f1.md", text("one"));
        start.stage(F2, text("two"));
        start.commit("files");
        let one = start.id("f1.md");
        start.run("mv -f f1.md f2.md");
        start.commit("overwrite");
        let ways: [&[&str]; 3] = [
            &["commit -q --amend --no-edit"],
            &["commit -q --fixup HEAD", "rebase -q -i --autosquash HEAD~2"],
            &["commit -q -m move", "reset -q --soft HEAD~2", "commit -q -m both"],
        ];
        for (n, way) in ways.into_iter().enumerate() {
            let repo = start.copy_as(&format!("way-{n}"));
            repo.run("mv f2.md x3.md");
            way.iter().for_each(|line| repo.run(*line));
            assert_eq!(repo.id("x3.md"), one, "{way:?}\n{}", repo.situation());
            assert_nothing_lost(&repo);
        }
    });
}

/// Two files are moved, and before the commit is made anew their new paths exchange them: the one
/// commit says where each went.
#[test]
fn files_exchanged_while_a_commit_is_made_anew_keep_their_identities() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        start.stage("f1.md", text("one"));
        start.stage(F2, text("two"));
        start.commit("files");
        let [one, two] = ids(&start, ["f1.md", F2]);
        start.run("mv f1.md a1.md");
        start.run("mv f2.md a2.md");
        start.commit("move");
        for [from, to] in [["a1.md", "tmp.md"], ["a2.md", "a1.md"], ["tmp.md", "a2.md"]] {
            start.run(["mv", from, to]);
        }
        let ways: [&[&str]; 3] = [
            &["commit -q --amend --no-edit"],
            &["reset -q --soft HEAD~1", "commit -q -m moved"],
            &["commit -q --fixup HEAD", "rebase -q -i --autosquash HEAD~2"],
        ];
        for (n, way) in ways.into_iter().enumerate() {
            let repo = start.copy_as(&format!("way-{n}"));
            repo.run("config sequence.editor :");
            way.iter().for_each(|line| repo.run(*line));
            assert_eq!(ids(&repo, ["a2.md", "a1.md"]), [one.clone(), two.clone()], "{way:?}");
            assert_nothing_lost(&repo);
        }
    });
}

/// A pick brings only the notes of the picked commit, not those of earlier commits on its branch.
#[test]
fn what_was_assigned_before_the_picked_commit_counts_for_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for path in ["a.md", "b.md", "c.md"] {
            repo.stage(path, text(path));
        }
        repo.commit("files");
        let [a, b] = ids(&repo, ["a.md", "b.md"]);
        on_branch(&repo, "topic", |repo| {
            let content = repo.read("b.md");
            repo.idhooks(["assign", &a, "b.md"]).ok().done();
            repo.commit("assign");
            repo.run("rm -q b.md");
            repo.commit("delete");
            repo.write("0.md", content);
            repo.write("c.md", text("topic"));
            repo.run("add -A");
            repo.commit("bring it back");
            assert_eq!(repo.id("0.md"), a);
        });
        repo.write("c.md", text("main"));
        repo.run("commit -q -a -m edit");
        repo.try_git("cherry-pick topic").code(1).done();
        repo.write("c.md", text("both"));
        repo.run("add -A");
        if is_dual_write() {
            // The driver derived the legacy file from what it decided, and the hook decides otherwise.
            repo.idhooks("resolve").ok().done();
        }
        repo.run("-c core.editor=: commit -q --no-edit");
        assert_eq!(ids(&repo, ["a.md", "b.md"]), [a, b]);
        assert_nothing_lost(&repo);
    });
}

/// Both branches noted something about one record: the picked exchange keeps its reason.
#[test]
fn an_exchange_that_is_picked_beside_another_one_counts() {
    for_each_git(|git| {
        // Which of the notes is the larger one depends on the contents.
        for [first, second] in sample_of(&[["y.md", "z.md"], ["z.md", "y.md"]]) {
            let repo = Repo::adopted(git);
            for path in ["x.md", "y.md", "z.md"] {
                repo.stage(path, text(path));
            }
            repo.commit("files");
            let [x, former, other] = ids(&repo, ["x.md", first, second]);
            on_branch(&repo, "topic", |repo| {
                swap(repo, "x.md", second);
                repo.commit("exchange");
            });
            for _ in 0..2 {
                swap(&repo, "x.md", first);
                repo.commit("exchange");
            }
            repo.run("cherry-pick topic");
            repo.commit_file("new.md", text("new"));
            assert_eq!(ids(&repo, ["x.md", first, second]), [other, former, x]);
            assert_nothing_lost(&repo);
        }
    });
}

/// 'git cherry-pick -n' does not record which commit it applies, so an exact rename decides.
#[test]
fn what_a_pick_without_a_commit_brings_yields_to_an_exact_rename() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for path in ["a.md", "b.md"] {
            repo.stage(path, text(path));
        }
        repo.commit("files");
        let [a, b] = ids(&repo, ["a.md", "b.md"]);
        on_branch(&repo, "topic", |repo| {
            repo.idhooks(["assign", &a, "b.md"]).ok().done();
            repo.commit("assign");
            assert_ne!(repo.id("a.md"), a);
            repo.run("mv a.md c.md");
            repo.commit("move");
        });
        repo.run("cherry-pick -n topic");
        repo.commit("pick");
        repo.run("cherry-pick --quit");
        assert_eq!(ids(&repo, ["c.md", "b.md"]), [a, b]);
        assert_nothing_lost(&repo);
    });
}

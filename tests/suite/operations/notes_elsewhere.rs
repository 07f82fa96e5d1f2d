//! What a merge or a repeated commit takes over from elsewhere: an identity that comes to a file of another
//! one, and notes of commands that were made or corrected on another branch.

use super::{assert_right, swap};
use crate::common::{Git, Repo, for_each_git, sample_of, text};
use crate::judge;
use crate::merges::on_branch;

/// Makes a commit of everything, with an idhooks that heals the commits before it.
fn commit_all(repo: &Repo, message: &str) {
    repo.run("add -A");
    repo.run(["commit", "-q", "--allow-empty", "-m", message]);
}

/// Adds files; returns their identities.
fn added<const N: usize>(repo: &Repo, names: [&str; N]) -> [String; N] {
    for name in names {
        repo.stage(name, text(name));
    }
    repo.commit("files");
    names.map(|name| repo.id(name))
}

/// Both sides rename a file, and one puts another one in its place, which git merges into the other side's.
#[test]
fn a_new_file_does_not_get_the_path_of_the_one_whose_place_it_took() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let [old] = added(&start, ["f.md"]);
        on_branch(&start, "topic", |repo| {
            repo.mv("f.md", "a.md");
            repo.commit("rename");
            repo.commit_file("f.md", text("another"));
        });
        let new = start.id_in("topic", "f.md");
        start.mv("f.md", "m.md");
        start.append("m.md", "edited\n");
        commit_all(&start, "another rename");
        for hooked in [true, false] {
            let repo = start.copy_as(if hooked { "hooked" } else { "unhooked" });
            let hooks = if hooked { ".git/hooks" } else { "/dev/null" };
            let merge = format!("-c core.hooksPath={hooks} merge -q --no-edit -X ours topic");
            repo.run(merge.as_str());
            repo.commit_file("after.md", text("after"));
            assert_eq!(repo.id("a.md"), old, "{}", repo.situation());
            assert_eq!(repo.read("m.md"), start.read("m.md"));
            assert_ne!(repo.id("m.md"), new, "{}", repo.situation());
            assert_eq!(repo.record(&new)["status"], "deprecated");
            assert!(repo.findings("").is_empty(), "{}", repo.situation());
            judge::assert_clean(&repo);
        }
    });
}

/// `main` knows two identities of one path; the branch, which has the other one alone, is merged and its
/// files are left.
#[test]
fn a_path_with_two_identities_keeps_that_of_its_file() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        on_branch(&start, "topic", |repo| {
            repo.commit_file("f.md", text("theirs"));
        });
        start.commit_file("f.md", text("ours"));
        let ours = start.id("f.md");
        let theirs = start.id_in("topic", "f.md");
        start.run("tag before");
        start.try_git("merge -q topic").code(1).done();
        start.run("checkout -q --ours f.md");
        start.run("add f.md");
        start.commit("both");
        let held = start.id("f.md");
        start.run("checkout -q topic");
        start.run("merge -q --no-edit -s ours before");
        assert_eq!(start.id("f.md"), theirs, "{}", start.situation());
        start.append("f.md", "more\n");
        start.run("commit -q -a -m edit");
        start.run("checkout -q main");
        start.run("merge -q --no-edit -s ours topic");
        assert_eq!(start.id("f.md"), held, "{ours}\n{}", start.situation());
        assert_right(&start);
    });
}

/// An assignment is applied where its path has another file; the next commit corrects that. Picked to where
/// the assignment was made, the correction takes nothing back.
#[test]
fn a_correction_is_not_the_reversal_of_a_command() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [one, _, _] = added(&repo, ["a.md", "s.md", "o.md"]);
        on_branch(&repo, "topic", |repo| {
            for (from, to) in [("s.md", "s2.md"), ("o.md", "s.md")] {
                repo.mv(from, to);
                repo.commit("rename");
            }
        });
        repo.idhooks("-q assign a.md s.md").ok().done();
        commit_all(&repo, "assign");
        assert_eq!(repo.id("s.md"), one);
        repo.run("checkout -q topic");
        repo.run("cherry-pick --allow-empty main");
        commit_all(&repo, "correct");
        repo.run("checkout -q main");
        repo.run("cherry-pick -n topic");
        repo.run("checkout -q HEAD -- a.md s.md");
        commit_all(&repo, "the same");
        repo.commit_file("after.md", text("after"));
        assert_eq!(repo.id("s.md"), one, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// `main` moved the file whose identity the rebased commit assigns to another one.
#[test]
fn an_assignment_that_a_rebase_cannot_repeat_ends_no_identity() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [one, two] = added(&repo, ["a.md", "s.md"]);
        on_branch(&repo, "topic", |repo| {
            repo.idhooks("-q assign a.md s.md").ok().done();
            commit_all(repo, "assign");
        });
        repo.mv("a.md", "m.md");
        repo.commit("rename");
        repo.stage("a.md", repo.read("m.md"));
        repo.commit("copy");
        repo.run("rebase -q --empty=keep --onto main main topic");
        commit_all(&repo, "after");
        let now = ["m.md", "s.md"].map(|path| repo.id(path));
        assert_eq!(now, [one, two], "{}", repo.situation());
        assert_right(&repo);
    });
}

/// A record that was deleted at a path does not come back with another file there, because a squashed branch
/// has the record at another path.
#[test]
fn a_squash_revives_no_record_for_another_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [_, _] = added(&repo, ["f1.md", "f2.md"]);
        on_branch(&repo, "topic", |repo| {
            repo.commit_file("n1.md", text("first"));
            repo.commit_file("n2.md", text("second"));
        });
        repo.run("merge -q --squash topic");
        commit_all(&repo, "squash");
        let second = repo.id("n2.md");
        swap(&repo, "n1.md", "n2.md");
        commit_all(&repo, "exchange");
        assert_eq!(repo.id("n1.md"), second);
        repo.run("rm -q n1.md");
        commit_all(&repo, "delete");
        commit_all(&repo, "between");
        commit_all(&repo, "between again");
        repo.try_git("merge -q --squash topic").code(1).done();
        repo.run("checkout -q topic -- n1.md");
        repo.run("checkout -q HEAD -- n2.md");
        commit_all(&repo, "squash again");
        assert_ne!(repo.id("n1.md"), second, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// An exchange by command and a later fixup of it become one commit; so does, to git, one that a rebase finds
/// empty.
#[test]
fn an_exchange_stays_where_git_names_several_commits_for_one() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let [one, two, _] = added(&start, ["a.md", "b.md", "c.md"]);
        start.run("checkout -q -b topic");
        // A commit that must be repaired, so that those after it are made again.
        start.stage("new.md", text("new"));
        start.run("commit -q --no-verify -m unhooked");
        swap(&start, "a.md", "b.md");
        commit_all(&start, "exchange");
        start.run("tag exchange");
        start.append("c.md", "more\n");
        commit_all(&start, "more");

        let repo = start.copy_as("fixup");
        repo.append("a.md", "more\n");
        repo.run("commit -q -a --fixup exchange");
        repo.with("GIT_SEQUENCE_EDITOR", ":").run("rebase -q -i --autosquash main");
        assert_eq!(["a.md", "b.md"].map(|path| repo.id(path)), [two.clone(), one.clone()]);
        assert_right(&repo);

        let repo = start.copy_as("dropped");
        repo.run("checkout -q main");
        repo.append("c.md", "something else\n");
        repo.append("a.md", "something else\n");
        repo.run("commit -q -a -m edit");
        let files = ["a.md", "b.md"].map(|path| repo.ask(&*format!("show exchange:{path}")));
        repo.try_git("rebase -q main topic").code(1).done();
        for (path, file) in ["a.md", "b.md"].into_iter().zip(files) {
            repo.write(path, file + "\n");
        }
        repo.run("add -A");
        let quiet = repo.with("GIT_EDITOR", ":");
        quiet.try_git("rebase --continue").code(1).done();
        repo.run("checkout -q main -- c.md");
        quiet.run("rebase --continue");
        assert_eq!(["a.md", "b.md"].map(|path| repo.id(path)), [two, one], "{}", repo.situation());
        assert_right(&repo);
    });
}

/// A branch rewrote a file, and then replaced it with a new one that has the old content. Applied to `main`,
/// that patch renames the file.
#[test]
fn a_patch_that_ends_an_identity_elsewhere_moves_the_file_here() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [id] = added(&repo, ["f.md"]);
        let content = repo.read("f.md");
        on_branch(&repo, "topic", |repo| {
            repo.write("f.md", text("rewritten"));
            repo.run("commit -q -a -m rewrite");
            repo.run("rm -q f.md");
            repo.stage("new.md", &content);
            repo.commit("replace");
        });
        assert_ne!(repo.id_in("topic", "new.md"), id);
        repo.run("format-patch -q -1 topic -o ../patches");
        repo.try_git("am -q -3 ../patches/0001-replace.patch").code(128).done();
        repo.run("rm -q --cached f.md");
        repo.remove("f.md");
        repo.run("add -A");
        repo.run("am -q --continue");
        repo.commit_file("after.md", text("after"));
        assert_eq!(repo.id("new.md"), id, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// `main` moves a file and adds one with the same content, which gets its identity; where the commit is
/// picked, git moves another file with that name.
#[test]
fn an_identity_does_not_leave_its_file_for_an_equal_one_of_another_branch() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [one, _] = added(&repo, ["src/a.py", "src/b.py"]);
        on_branch(&repo, "topic", |repo| {
            repo.run("mv -f src/b.py src/a.py");
            repo.commit("another content");
        });
        repo.mv("src/a.py", "lib/f10.py");
        repo.stage("docs/f11.py", text("src/a.py"));
        repo.commit("a move and a copy");
        assert_eq!(repo.id("docs/f11.py"), one);
        repo.run("checkout -q topic");
        repo.run("cherry-pick main");
        assert_eq!(repo.read("lib/f10.py"), text("src/b.py").into_bytes());
        repo.commit_file("after.md", text("after"));
        assert_eq!(repo.id("lib/f10.py"), one, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// Returns a repository whose main branch has squashed a swap of two files on `topic`, and the identities of
/// these files on main.
fn swapped_on_both(git: &Git) -> (Repo, [String; 2]) {
    let repo = Repo::adopted(git);
    added(&repo, ["a.md", "b.md"]);
    on_branch(&repo, "topic", |repo| {
        swap(repo, "a.md", "b.md");
        repo.append("a.md", "more\n");
        commit_all(repo, "swap");
    });
    repo.run("merge -q --squash topic");
    repo.commit("squash of the swap");
    let ids = ["a.md", "b.md"].map(|name| repo.id(name));
    assert_right(&repo);
    (repo, ids)
}

/// Main has already squashed the swap. What the branch did after it decides, even though the identity is back at
/// the path where the branch began.
#[test]
fn an_identity_that_was_given_back_after_a_swap_is_given_back_by_the_next_squash() {
    for_each_git(|git| {
        let (repo, [ended, other]) = swapped_on_both(git);
        repo.run("switch -q topic");
        repo.idhooks("assign b.md a.md").ok().done();
        commit_all(&repo, "assign");
        let new = repo.id("b.md");
        assert_eq!(repo.id("a.md"), other);
        repo.run("switch -q main");
        repo.run("merge -q --squash topic");
        commit_all(&repo, "squash of all");
        let held = ["a.md", "b.md"].map(|name| repo.id(name));
        assert_eq!(held, [other, new], "{}", repo.situation());
        assert_eq!(repo.record(&ended)["status"], "superseded");
        assert_right(&repo);
    });
}

/// A new file at the path of one that both sides swapped does not follow it.
#[test]
fn a_new_file_in_the_place_of_one_that_both_sides_swapped_stays_there() {
    for_each_git(|git| {
        let (repo, [kept, gone]) = swapped_on_both(git);
        repo.run("switch -q topic");
        repo.run("rm -q b.md");
        commit_all(&repo, "without it");
        repo.commit_file("b.md", text("another"));
        let new = repo.id("b.md");
        assert_ne!(new, gone);
        repo.run("switch -q main");
        repo.run("merge -q --squash -X theirs topic");
        // As the merge driver leaves it.
        let driven = String::from_utf8(repo.registry("")).expect("text");
        let line = driven.lines().find(|line| line.contains(&new)).expect("the record");
        assert!(line.contains("\"file_path\":\"b.md\""), "{line}");
        commit_all(&repo, "squash of all");
        assert_eq!(repo.id("a.md"), kept, "{}", repo.situation());
        assert_ne!(repo.id("b.md"), kept, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// The work of one commit.
type Work = fn(&Repo);

/// When a branch is squashed again after more work, the files get the identities that they have on the branch.
#[test]
fn a_branch_that_went_on_after_a_squash_decides() {
    let assign: Work = |repo| repo.idhooks("assign a.md b.md").ok().done();
    let back: Work = |repo| repo.idhooks("assign b.md a.md").ok().done();
    let exchange: Work = |repo| swap(repo, "a.md", "b.md");
    let to_new: Work = |repo| {
        repo.commit_file("n.md", text("new"));
        repo.idhooks("assign a.md n.md").ok().done();
    };
    let to_other: Work = |repo| repo.idhooks("assign a.md c.md").ok().done();
    let works = [
        [assign, back],
        [assign, exchange],
        [exchange, assign],
        [exchange, back],
        [exchange, to_new],
        [exchange, to_other],
        [assign, to_new],
    ];
    for_each_git(|git| {
        for [first, second] in sample_of(&works) {
            let start = Repo::adopted(git);
            added(&start, ["a.md", "b.md", "c.md"]);
            on_branch(&start, "topic", |repo| {
                first(repo);
                commit_all(repo, "first");
            });
            start.run("merge -q --squash topic");
            commit_all(&start, "squash of the first");
            start.run("switch -q topic");
            second(&start);
            commit_all(&start, "second");
            let held = start.idhooks("list --status active").ok().stdout();
            start.run("switch -q main");
            for line in ["merge -q --squash topic", "merge -q --no-edit topic"] {
                let repo = start.copy_as("way");
                repo.run(line);
                commit_all(&repo, "all");
                let now = repo.idhooks("list --status active").ok().stdout();
                assert_eq!(now, held, "{line}: {}", repo.situation());
                assert_right(&repo);
                std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
            }
        }
    });
}

/// An identity that was assigned to another file goes where that is moved, although its own former file is gone
/// there.
#[test]
fn an_assigned_identity_goes_with_its_file_where_the_former_one_is_gone() {
    for_each_git(|git| {
        let ways = [
            ("topic", "cherry-pick main"),
            ("topic", "merge -q --no-edit main"),
            ("topic", "merge -q --squash main"),
            ("topic", "rebase -q main"),
            ("main", "merge -q --no-edit topic"),
            ("main", "merge -q --squash topic"),
        ];
        for &(branch, line) in sample_of(&ways) {
            let repo = Repo::adopted(git);
            let [assigned, ended] = added(&repo, ["a.md", "b.md"]);
            on_branch(&repo, "topic", |repo| {
                repo.idhooks("assign a.md b.md").ok().done();
                commit_all(repo, "assigned");
            });
            repo.run("rm -q a.md");
            repo.run("mv b.md c.md");
            commit_all(&repo, "moved");
            repo.run(["switch", "-q", branch]);
            repo.run(line);
            if line.contains("squash") {
                commit_all(&repo, "squash");
            }
            assert_eq!(repo.id("c.md"), assigned, "{line}: {}", repo.situation());
            assert_eq!(repo.record(&ended)["status"], "superseded", "{line}");
            assert_right(&repo);
        }
    });
}

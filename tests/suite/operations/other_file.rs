//! Files that another one takes the place of: a merge that has the file of one side, a rebase over commits
//! without hooks, a revert of the deletion, and moves by command that meet renames.

use super::{assert_right, swap};
use crate::common::{Repo, for_each_git, sample_of, text};
use crate::merges::on_branch;

/// Makes a commit without hooks.
fn unhooked(repo: &Repo, message: &str) {
    repo.run("add -A");
    repo.run(["commit", "-q", "--no-verify", "-m", message]);
}

/// Adds `f1.md` and `f2.md`, which are exchanged on `topic`; returns their identities.
fn exchanged_on_topic(repo: &Repo) -> [String; 2] {
    for name in ["f1", "f2"] {
        repo.stage(format!("{name}.md"), text(name));
    }
    repo.commit("files");
    on_branch(repo, "topic", |repo| {
        swap(repo, "f1.md", "f2.md");
        repo.commit("exchange");
    });
    ["f1.md", "f2.md"].map(|path| repo.id(path))
}

/// On a branch, a file is deleted and another one takes its path; the merge has the file of `main`.
#[test]
fn a_merge_with_the_file_of_one_side_has_its_identity() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        start.commit_file("f.md", text("old"));
        let id = start.id("f.md");
        on_branch(&start, "topic", |repo| {
            repo.run("rm -q f.md");
            repo.commit("delete");
            repo.commit_file("f.md", text("other"));
        });
        let other = start.id_in("topic", "f.md");
        assert_ne!(id, other);
        for (way, is_edited) in [("-s ours", false), ("-X ours", true)] {
            let repo = start.copy_as(way);
            repo.append(if is_edited { "f.md" } else { "notes.txt" }, "more\n");
            repo.run("commit -q -a -m edit");
            let before = repo.rev("HEAD");
            repo.run(format!("merge -q --no-edit {way} topic").as_str());
            assert_eq!(repo.id("f.md"), id, "{way}\n{}", repo.situation());
            repo.idhooks(["ci", "--base", &before]).ok().done();
            assert_right(&repo);
        }
        let repo = start.copy_as("by-hand");
        repo.append("f.md", "more\n");
        repo.run("commit -q -a -m edit");
        repo.try_git("merge -q topic").code(1).done();
        repo.run("checkout -q --ours f.md");
        repo.run("add f.md");
        repo.commit("ours");
        assert_eq!(repo.id("f.md"), id, "{}", repo.situation());
        assert_right(&repo);
        // The file of the branch comes with its identity.
        let repo = start.copy_as("theirs");
        repo.append("f.md", "more\n");
        repo.run("commit -q -a -m edit");
        repo.run("merge -q --no-edit -X theirs topic");
        assert_eq!(repo.id("f.md"), other, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// What a commit without hooks leaves in its registry says nothing about the file that it adds.
#[test]
fn a_rebase_over_commits_without_hooks_gives_no_file_the_identity_of_another() {
    for_each_git(|git| {
        for is_healed in [true, false] {
            let repo = Repo::adopted(git);
            repo.commit_file("f.md", text("old"));
            let old = repo.id("f.md");
            on_branch(&repo, "topic", |repo| {
                repo.run("rm -q f.md");
                unhooked(repo, "delete");
                repo.write("f.md", text("other"));
                unhooked(repo, "another file");
                if is_healed {
                    repo.run("commit -q --allow-empty -m heal");
                    assert_ne!(repo.id("f.md"), old);
                }
            });
            repo.commit_file("new.md", text("new"));
            repo.run("rebase -q main topic");
            let now = repo.id("f.md");
            assert_ne!(now, old, "{}", repo.situation());
            if is_healed {
                assert_eq!(now, repo.id_in("ORIG_HEAD", "f.md"));
            }
            assert_right(&repo);
        }
    });
}

/// A revert made by git alone restores a record without its file: the content that the path had meanwhile
/// is not that of the record.
#[test]
fn a_record_that_a_revert_restores_keeps_its_last_content() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("f.md", text("old"));
        let (old, blob) = (repo.id("f.md"), repo.rev("HEAD:f.md"));
        repo.run("rm -q f.md");
        unhooked(&repo, "delete");
        repo.commit_file("f.md", text("other"));
        let other = repo.id("f.md");
        repo.run("revert --no-edit HEAD");
        repo.run("commit -q --allow-empty -m heal");
        assert_eq!(repo.record(&old)["metadata"]["last_blob"], blob.as_str());
        for n in 0..3 {
            repo.commit_file(&format!("later{n}.md"), text(&format!("later {n}")));
        }
        for (content, may_have) in [("old", vec![&old]), ("other", vec![&other])] {
            let back = repo.copy_as(content);
            back.commit_file("f.md", text(content) + "one more line\n");
            let now = back.id("f.md");
            let is_new = now != old && now != other;
            assert!(may_have.contains(&&now) || (content == "other" && is_new), "{content}");
            assert_right(&back);
        }
    });
}

/// An exchange by command, taken to a branch that renamed one of the files, exchanges both identities.
#[test]
fn an_exchange_follows_the_rename_of_one_of_its_files() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let [one, two] = exchanged_on_topic(&start);
        // Before and after the other path in byte order.
        for new in ["a1.md", "m1.md"] {
            let renamed = start.copy_as(new);
            renamed.mv("f1.md", new);
            renamed.commit("rename");
            let ways = ["merge -q --no-edit topic", "rebase -q main topic", "cherry-pick topic"];
            for way in sample_of(&ways) {
                let repo = renamed.copy_as(&format!("{new}-{}", &way[..5]));
                repo.run(*way);
                repo.commit_file("after.md", text("after"));
                let now = [new, "f2.md"].map(|path| repo.id(path));
                assert_eq!(now, [two.clone(), one.clone()], "{way}\n{}", repo.situation());
                assert_right(&repo);
            }
        }
    });
}

/// A squashed exchange whose conflicts are resolved with the files of HEAD exchanges nothing.
#[test]
fn an_exchange_resolved_with_the_files_of_head_exchanges_nothing() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let [one, two] = exchanged_on_topic(&start);
        start.run("checkout -q topic");
        start.mv("f1.md", "t1.md");
        start.commit("rename");
        start.run("checkout -q main");
        start.mv("f1.md", "m1.md");
        start.commit("another rename");
        start.run("tag before");
        for way in ["merge --squash topic", "cherry-pick -n topic~1 topic"] {
            let repo = start.copy_as(&way[..5]);
            repo.try_git(way).code(1).done();
            repo.run("rm -q -f --ignore-unmatch t1.md f1.md");
            repo.run("checkout -q before -- m1.md f2.md");
            repo.run("commit -q --allow-empty -m resolved");
            let now = ["m1.md", "f2.md"].map(|path| repo.id(path));
            assert_eq!(now, [one.clone(), two.clone()], "{way}\n{}", repo.situation());
            assert_right(&repo);
        }
    });
}

/// Both branches add a file at one path; the conflict is resolved with the file of `main`, which the next
/// picked commit renames.
#[test]
fn a_picked_rename_of_another_file_takes_its_own_identity_along() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        on_branch(&start, "topic", |repo| {
            repo.commit_file("n.md", text("theirs"));
            repo.mv("n.md", "n2.md");
            repo.commit("rename");
        });
        start.commit_file("n.md", text("ours"));
        let id = start.id("n.md");
        let patches = start.git("format-patch --stdout main..topic").bytes();
        for command in ["am", "cherry-pick"] {
            let repo = start.copy_as(command);
            let file = repo.root().join("patches");
            std::fs::write(&file, &patches).expect("a file can be written");
            let file = file.to_str().expect("a plain name");
            match command {
                "am" => repo.try_git(["am", "-q", "-3", file]).code(128).done(),
                _ => repo.try_git("cherry-pick main..topic").code(1).done(),
            }
            repo.run("checkout -q --ours n.md");
            repo.run("add n.md");
            // Where it stops at the registry that the hook completed, it goes on when asked again.
            let is_stopped = !repo.try_git([command, "--continue"]).succeeded();
            if is_stopped || !repo.exists("n2.md") {
                repo.run([command, "--continue"]);
            }
            assert!(repo.exists("n2.md") && !repo.exists("n.md"), "{}", repo.situation());
            let found = repo.idhooks("check --rev HEAD").code(1).stdout();
            assert!(found.contains("IDENTITY_CHANGED"), "{found}");
            repo.run("commit -q --allow-empty -m heal");
            assert_eq!(repo.id("n2.md"), id, "{}", repo.situation());
            assert_right(&repo);
        }
    });
}

//! Merges with parents that are not true, and merges seen from either side.

use super::on_side;
use crate::common::{Repo, for_each_git, text};
use crate::judge;

#[test]
fn a_record_that_a_revert_dropped_comes_back_with_the_merge() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        on_side(&repo, |repo| repo.commit_file("side.md", text("side")));
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.run("revert --no-edit HEAD");
        let reverted = repo.rev("HEAD");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_consistent_except(&repo, &[&reverted]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_record_that_a_revert_dropped_after_a_commit_without_hooks_stays_beside_a_file_at_its_path() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        on_side(&repo, |repo| {
            repo.commit_file("new.md", text("new"));
            repo.run("tag added");
            repo.stage("unseen.md", text("unseen"));
            repo.run("commit -q --no-verify -m unseen");
            repo.run("tag unseen");
            repo.run("revert --no-edit added");
        });
        let dropped = repo.id_in("added", "new.md");
        repo.commit_file("new.md", text("another"));
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.record(&dropped)["status"], "deprecated");
        judge::assert_consistent_except(&repo, &["unseen", "side"]);
        judge::assert_clean(&repo);
    });
}

/// Two commits without the hooks: one that drops a record, and one that does not miss it.
fn drop_and_follow(repo: &Repo) -> String {
    repo.commit_file("README.md", text("edit"));
    repo.commit_file("new.md", text("new"));
    let id = repo.id("new.md");
    repo.run("revert --no-edit HEAD");
    repo.run("revert --no-edit HEAD~2");
    assert!(!String::from_utf8_lossy(&repo.registry("HEAD")).contains(&id));
    id
}

#[test]
fn a_record_that_the_commit_before_a_parent_dropped_comes_back_with_the_merge() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        on_side(&repo, |repo| repo.commit_file("side.md", text("side")));
        let id = drop_and_follow(&repo);
        let reverted = repo.rev("HEAD~1");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_consistent_except(&repo, &[&reverted]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_record_that_the_commit_before_the_new_base_dropped_comes_back_with_the_rebase() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        on_side(&repo, |repo| repo.commit_file("side.md", text("side")));
        let id = drop_and_follow(&repo);
        let reverted = repo.rev("HEAD~1");
        repo.run("checkout -q side");
        repo.run("rebase -q main");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_consistent_except(&repo, &[&reverted]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn what_a_true_parent_tells_outweighs_the_healing_of_the_other() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        on_side(&repo, |repo| repo.commit_file("new.txt", text("side")));
        repo.mv("notes.txt", "new.txt");
        repo.run("commit -q --no-verify -m unseen");
        let unseen = repo.rev("HEAD");
        repo.run("merge -q -X theirs --no-edit side");
        assert_eq!(repo.id("new.txt"), repo.id_in("side", "new.txt"));
        judge::assert_consistent_except(&repo, &[&unseen]);
        judge::assert_clean(&repo);
        repo.idhooks("check --rev HEAD").ok().done();
    });
}

#[test]
fn what_a_true_parent_tells_of_a_path_that_is_gone_does_not_count() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        on_side(&repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.commit("move");
            repo.stage("new.md", text("new"));
            repo.run("commit -q --no-verify -m unseen");
        });
        repo.mv("notes.txt", "elsewhere.txt");
        repo.commit("move elsewhere");
        let _ = repo.try_git("merge -q --no-edit side");
        repo.run("rm -q -f --ignore-unmatch notes.txt elsewhere.txt");
        repo.run("add -A");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("docs/notes.txt"), id);
        judge::assert_consistent_except(&repo, &[&repo.rev("side")]);
    });
}

/// Merges `theirs` into `ours`, with every file as the person wants it, and returns the registry.
fn concluded(repo: &Repo, ours: &str, theirs: &str, files: &[(&str, &str)], gone: &str) -> Vec<u8> {
    repo.run(["checkout", "-q", "--detach", ours]);
    // It may stop for the person, or not.
    let _ = repo.try_git(["merge", "-q", "--no-edit", theirs]);
    for (path, source) in files {
        let bytes = repo.git(["cat-file", "blob", source]).bytes();
        repo.write(path, bytes);
    }
    if repo.exists(gone) {
        repo.remove(gone);
    }
    repo.run("add -A");
    repo.git(["commit", "-q", "--allow-empty", "-m", "join"]).done();
    repo.registry("HEAD")
}

#[test]
fn a_file_kept_in_two_places_is_a_copy_of_the_same_from_either_side() {
    for_each_git(|git| {
        let repo = Repo::adopted(git).with("GIT_AUTHOR_DATE", "1700000000 +0000");
        on_side(&repo, |repo| {
            for (from, to) in
                [("notes.txt", "swap"), ("README.md", "notes.txt"), ("swap", "README.md")]
            {
                repo.mv(from, to);
            }
            repo.run("commit -q -a -m exchanged");
            repo.mv("notes.txt", "moved.txt");
            repo.run("commit -q -a -m moved");
        });
        repo.mv("notes.txt", "elsewhere.txt");
        repo.run("commit -q -a -m elsewhere");
        let files = [
            ("elsewhere.txt", "main:elsewhere.txt"),
            ("moved.txt", "side:moved.txt"),
            ("README.md", "main:README.md"),
        ];
        let registry = concluded(&repo, "main", "side", &files, "notes.txt");
        assert_eq!(concluded(&repo, "side", "main", &files, "notes.txt"), registry);
    });
}

#[test]
fn a_published_identity_outweighs_where_healing_thinks_that_the_file_went() {
    for_each_git(|git| {
        let repo = Repo::adopted(git).with("GIT_AUTHOR_DATE", "1700000000 +0000");
        let id = repo.id("notes.txt");
        on_side(&repo, |repo| {
            repo.mv("notes.txt", "published.txt");
            repo.commit("move");
            repo.stage("new.md", text("new"));
            repo.run("commit -q --no-verify -m unseen");
        });
        repo.mv("notes.txt", "estimated.txt");
        repo.run("commit -q --no-verify -m unseen");
        let unseen = ["main", "side"].map(|branch| repo.rev(branch));
        let files =
            [("estimated.txt", "main:estimated.txt"), ("published.txt", "side:published.txt")];
        let registry = concluded(&repo, "main", "side", &files, "notes.txt");
        let other = concluded(&repo, "side", "main", &files, "notes.txt");
        assert!(other == registry, "{}", repo.situation());
        assert_eq!(repo.id("published.txt"), id);
        let copy = repo.id("estimated.txt");
        repo.commit_file("next.md", text("next"));
        assert_eq!(["published.txt", "estimated.txt"].map(|path| repo.id(path)), [id, copy]);
        repo.idhooks("check --rev HEAD~1").ok().done();
        repo.idhooks("check --history").ok().done();
        judge::assert_consistent_except(&repo, &[&unseen[0], &unseen[1]]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_published_number_outweighs_the_one_that_healing_would_give() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        repo.commit_file("first.txt", text("first"));
        on_side(&repo, |repo| {
            repo.stage("unseen.txt", text("unseen"));
            repo.run("commit -q --no-verify --date 2026-01-01T00:00:00Z -m unseen");
        });
        repo.commit_file("seen.txt", text("seen"));
        repo.run("cherry-pick side");
        repo.commit_file("next.txt", text("next"));
        let paths = ["seen.txt", "unseen.txt", "next.txt"];
        let published = paths.map(|path| repo.id(path));
        let main = repo.rev("main");
        for (ours, theirs) in [("main", "side"), ("side", "main")] {
            repo.run(["checkout", "-q", "--detach", ours]);
            repo.run(["merge", "-q", "--no-ff", "--no-edit", theirs]);
            assert_eq!(paths.map(|path| repo.id(path)), published);
            repo.idhooks("check --rev HEAD").ok().done();
            judge::assert_clean(&repo);
        }
        judge::assert_consistent_except(&repo, &[&repo.rev("side"), &repo.rev("main~1")]);
        assert_eq!(repo.rev("main"), main);
    });
}

/// Exchanges by hand what the registry says of two files.
fn swap_identities(repo: &Repo, one: &str, other: &str) {
    const REGISTRY: &str = ".idhooks/registry.json";
    let quoted = |path: &str| format!("\"{path}\"");
    let text = String::from_utf8(repo.read(REGISTRY)).expect("UTF-8");
    let swapped = text.replace(&quoted(one), "\"swap\"").replace(&quoted(other), &quoted(one));
    repo.write(REGISTRY, swapped.replace("\"swap\"", &quoted(other)));
}

#[test]
fn what_a_commit_gave_over_an_untrue_one_is_not_given_anew_by_the_next() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        swap_identities(&repo, "notes.txt", "README.md");
        repo.remove("notes.txt");
        repo.run("commit -q -a --no-verify -m unseen");
        let unseen = repo.rev("HEAD");
        repo.commit_file("notes.txt", text("another"));
        assert_eq!(repo.id("README.md"), id);
        let given = repo.registry("HEAD");
        repo.commit_file("README.md", text("edit"));
        assert!(repo.registry("HEAD") == given, "{}", repo.situation());
        repo.idhooks("check --rev HEAD").ok().done();
        repo.idhooks("check --rev HEAD~1").ok().done();
        judge::assert_consistent_except(&repo, &[&unseen, &repo.rev("HEAD~1")]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_file_picked_anew_keeps_what_it_gets_however_late_it_is_healed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        // Of this text the second allocation is the junior one, and gives way at a shared path.
        repo.commit_file("new.md", text("anew"));
        let (added, id) = (repo.rev("HEAD"), repo.id("new.md"));
        repo.mv("new.md", "src/new.md");
        repo.commit("move");
        // One allocation at two paths: git adds the file anew, the moved one stays.
        repo.run(["cherry-pick", &added]);
        let picked = repo.rev("HEAD");
        repo.commit_file("next.md", text("next"));
        let given = repo.id("new.md");
        assert_eq!(repo.id("src/new.md"), id);
        assert_ne!(given, id);
        repo.run(["checkout", "-q", "-b", "late", &picked]);
        for n in 0..2 {
            repo.stage("README.md", text(&format!("edit {n}")));
            repo.run("commit -q --no-verify -m unseen");
        }
        let unseen = [0, 1].map(|n| repo.rev(&format!("HEAD~{n}")));
        repo.commit_file("next.md", text("next"));
        assert_eq!(["new.md", "src/new.md"].map(|path| repo.id(path)), [given, id]);
        let healed = repo.registry("HEAD");
        repo.commit_file("README.md", text("edit"));
        assert!(repo.registry("HEAD") == healed, "{}", repo.situation());
        // To the judge the pick has moved the identity; its two healings take it back.
        let healings = ["main", "late~1"].map(|rev| repo.rev(rev));
        let known = [&picked, &unseen[0], &unseen[1], &healings[0], &healings[1]];
        judge::assert_consistent_except(&repo, &known.map(String::as_str));
        judge::assert_clean(&repo);
    });
}

#[test]
fn identities_that_somebody_swapped_are_swapped_back() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = ["notes.txt", "README.md"].map(|path| repo.id(path));
        swap_identities(&repo, "notes.txt", "README.md");
        repo.run("commit -q -a --no-verify -m swap");
        assert_eq!(repo.id("notes.txt"), ids[1]);
        repo.commit_file("new.md", "new\n");
        assert_eq!(["notes.txt", "README.md"].map(|path| repo.id(path)), ids);
        judge::assert_clean(&repo);
    });
}

//! What aborted commits, other tools and earlier mistakes leave behind.

use crate::common::{Repo, for_each_git, on_adopted, text, write_script};
use crate::judge::{self, View};

const REGISTRY: &str = ".idhooks/registry.json";

/// Commits with a commit-msg hook that refuses.
fn abort(repo: &Repo, form: &str) {
    write_script(&repo.path().join(".git/hooks/commit-msg"), "#!/bin/sh\nexit 1\n");
    repo.try_git(form).code(1).done();
    repo.remove(".git/hooks/commit-msg");
}

#[test]
fn a_rename_outweighs_what_an_aborted_commit_gave() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        let copy = [repo.read("notes.txt"), b"more\n".to_vec()].concat();
        repo.stage("docs/notes.txt", copy);
        abort(repo, "commit -m no");
        repo.run("rm -q notes.txt");
        repo.commit("moved after all");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn identities_given_before_a_partial_commit_are_used() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[allocation]\non_new = \"require\"\n");
        for path in ["one.md", "two.md"] {
            repo.stage(path, text(path));
        }
        let said = repo.idhooks("allocate one.md two.md").ok().stdout();
        repo.run("commit -q -m one one.md");
        assert!(said.contains(&repo.id("one.md")), "{said}");
        judge::assert_status(&repo, "M  .idhooks/registry.json\nA  two.md\n");
        repo.run("commit -q -m two");
        assert!(said.contains(&repo.id("two.md")), "{said}");
        judge::assert_good(&repo);
    });
}

#[test]
fn files_taken_over_from_a_branch_that_chose_the_same_number() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        for name in ["one", "two"] {
            repo.run(["checkout", "-q", "-b", name, "main"]);
            repo.commit_file(&format!("docs/{name}.md"), text(name));
            // As in another clone, which does not know what this one gave.
            repo.remove(".git/idhooks/given");
        }
        assert_eq!(repo.id("docs/two.md"), repo.id_in("one", "docs/one.md"));
        repo.run("checkout one -- .");
        repo.commit("take over");
        judge::assert_good(&repo);
        repo.commit_file("docs/later.md", text("later"));
        repo.run("merge -q --no-edit one");
        judge::assert_good(&repo);
    });
}

#[test]
fn a_squash_merge_keeps_what_the_driver_displaced() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        repo.run("checkout -q -b side");
        repo.commit_file("docs/side.md", text("side"));
        repo.remove(".git/idhooks/given");
        repo.run("checkout -q main");
        repo.commit_file("docs/main.md", text("main"));
        repo.run("merge -q --squash side");
        repo.commit("squash");
        let ids = [repo.id("docs/main.md"), repo.id("docs/side.md")];
        assert_eq!(ids[1], repo.id_in("side", "docs/side.md"));
        let aliases = View::of(&repo, "HEAD").aliases_of(&ids[0]);
        assert!(aliases.contains(&repo.id_in("HEAD^", "docs/main.md")), "{aliases:?}");
        repo.commit_file("docs/later.md", text("later"));
        repo.idhooks("check --rev HEAD").ok().done();
        repo.run("merge -q --no-edit side");
        assert_eq!([repo.id("docs/main.md"), repo.id("docs/side.md")], ids);
        judge::assert_clean(&repo);
    });
}

#[test]
fn an_identity_twice_in_head_is_put_right() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let good = repo.registry("HEAD");
        let (one, other) = (repo.id("notes.txt"), repo.id("src/app.py"));
        let bad = String::from_utf8(good.clone()).expect("text");
        repo.write(
            REGISTRY,
            bad.replacen(&format!("\"id\":\"{one}\""), &format!("\"id\":\"{other}\""), 1),
        );
        repo.run("commit -q --no-verify -a -m bad");
        repo.append("README.md", "more\n");
        repo.git("commit -q -a -m good").complains("registry in HEAD was damaged").done();
        assert_eq!([repo.id("notes.txt"), repo.id("src/app.py")], [one, other]);
        assert_eq!(repo.registry("HEAD"), good);
        judge::assert_clean(&repo);
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn identities_exchanged_by_hand_are_found_and_put_back() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let (one, other) = (repo.id("notes.txt"), repo.id("src/app.py"));
        let good = String::from_utf8(repo.registry("HEAD")).expect("text");
        let bad = good.replace(&one, "#").replace(&other, &one).replace('#', &other);
        repo.write(REGISTRY, bad);
        repo.run("commit -q --no-verify -a -m exchanged");
        let found = repo.idhooks("check --rev HEAD").code(1).stdout();
        assert_eq!(found.matches("IDENTITY_CHANGED").count(), 2, "{found}");
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m back");
        assert_eq!([repo.id("notes.txt"), repo.id("src/app.py")], [one, other]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_new_root_keeps_retired_identities() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("retire");
        repo.run("checkout -q --orphan fresh");
        repo.commit("fresh");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_good(&repo);
    });
}

#[test]
fn scripts_that_trust_the_index_find_nothing_modified() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        repo.run("diff-index --quiet HEAD");
        repo.mv("new.md", "docs/new.md");
        repo.run("commit -q -m partial new.md docs/new.md");
        repo.run("diff-index --quiet HEAD");
        repo.append("docs/new.md", "more\n");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("commit -q -a -m all");
        repo.run("diff-index --quiet HEAD");
    });
}

#[test]
fn a_move_whose_first_half_no_hook_saw() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let (id, bytes) = (repo.id("notes.txt"), repo.read("notes.txt"));
        repo.run("rm -q notes.txt");
        repo.run("commit -q --no-verify -m gone");
        let unseen = repo.rev("HEAD");
        repo.stage("docs/elsewhere.md", bytes);
        let said = repo.git("commit -q -m found").stderr();
        let expected = format!(
            "idhooks: healed the registry after earlier commits:\nidhooks:   {id} deprecated: notes.txt (deleted)\n"
        );
        assert_eq!(said, expected);
        assert_eq!(repo.id("docs/elsewhere.md"), id);
        judge::assert_consistent_except(&repo, &[&unseen]);
    });
}

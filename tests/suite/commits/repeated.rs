//! Commits that repeat, take back or replace others: they bring what these changed, and no file gets the
//! identity of another one.

use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;

/// Two files change places by 'idhooks mv', in one commit.
fn exchange(repo: &Repo, one: &str, other: &str) {
    for (from, to) in [(one, "aside"), (other, one), ("aside", other)] {
        repo.idhooks(["mv", from, to]).ok().done();
    }
    repo.commit("exchange");
}

#[test]
fn a_file_added_by_a_reverted_commit_comes_back_with_its_content_only() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.commit_file("later.md", text("later"));
        // Here the merge driver ends the record, and sees no content.
        repo.run("revert --no-edit HEAD~1");
        let reverted = repo.rev("HEAD");
        repo.commit_file("new.md", text("another"));
        assert_ne!(repo.id("new.md"), id);
        repo.run(["reset", "-q", "--hard", &reverted]);
        repo.commit_file("new.md", text("new"));
        assert_eq!(repo.id("new.md"), id);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_rebase_over_an_exchange_follows_the_files_of_the_new_base() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [app, util, intro] = ["src/app.py", "src/util.py", "docs/intro.md"].map(|p| repo.id(p));
        repo.run("branch topic");
        repo.mv("src/app.py", "first.py");
        repo.commit("move the first");
        repo.mv("docs/intro.md", "src/app.py");
        repo.commit("move another one there");
        repo.run("checkout -q topic");
        exchange(&repo, "src/app.py", "src/util.py");
        repo.run("checkout -q main");
        repo.run("rebase -q topic");
        let now = ["first.py", "src/util.py", "src/app.py"].map(|path| repo.id(path));
        assert_eq!(now, [util, app, intro], "{}", repo.situation());
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn an_exact_rename_of_an_amended_commit_outweighs_the_steps() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        assert_eq!(repo.id("docs/manual.md"), id);
        repo.write("docs/copy.md", repo.read("docs/manual.md"));
        repo.write("docs/manual.md", text("another"));
        repo.run("add -A");
        repo.run("commit -q --amend --no-edit");
        assert_eq!(repo.id("docs/copy.md"), id);
        assert_ne!(repo.id("docs/manual.md"), id);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn an_exchange_by_hand_is_seen_although_commands_exchanged_the_same_files_before() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let files = ["notes.txt", "README.md"];
        exchange(repo, files[0], files[1]);
        exchange(repo, files[0], files[1]);
        let ids = files.map(|path| repo.id(path));
        let registry = String::from_utf8(repo.read(".idhooks/registry.json")).expect("UTF-8");
        let field = |path: &str| format!(r#""file_path":"{path}""#);
        let aside = registry.replace(&field(files[0]), "aside");
        let aside = aside.replace(&field(files[1]), &field(files[0]));
        repo.write(".idhooks/registry.json", aside.replace("aside", &field(files[1])));
        repo.run("commit -q -a --no-verify -m by-hand");
        assert_eq!(repo.id(files[0]), ids[1]);
        let found = repo.idhooks("check --history").code(1).stdout();
        assert!(found.contains("IDENTITY_CHANGED"), "{found}");
        repo.commit_file("new.md", text("new"));
        assert_eq!(files.map(|path| repo.id(path)), ids);
        judge::assert_clean(repo);
    });
}

#[test]
fn a_pick_does_not_revive_a_deleted_file_with_the_content_of_another() {
    on_adopted(|repo| {
        let id = repo.id("src/app.py");
        repo.run("checkout -q -b topic");
        exchange(repo, "src/app.py", "src/util.py");
        repo.append("src/app.py", "more\n");
        repo.mv("src/util.py", "src/tools.py");
        repo.run("commit -q -a -m both");
        assert_eq!(repo.id("src/tools.py"), id);
        repo.run("checkout -q main");
        repo.run("rm -q src/app.py");
        repo.commit("delete");
        repo.try_git("cherry-pick topic").code(1).done();
        repo.run("add -A");
        repo.run("commit -q --no-edit");
        assert!(repo.exists("src/app.py"));
        assert_ne!(repo.id("src/app.py"), id, "it has the content of src/util.py");
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_picked_command_about_an_identity_that_head_lacks_leaves_the_path_alone() {
    on_adopted(|repo| {
        let id = repo.id("src/app.py");
        repo.run("checkout -q -b topic");
        for _ in 0..2 {
            // The second time it is the new identity of the first file.
            repo.idhooks("assign src/app.py src/util.py").ok().done();
            repo.commit("assign");
        }
        repo.run("checkout -q main");
        repo.run("cherry-pick -n topic");
        repo.run("commit -q --allow-empty -m picked");
        assert_eq!(repo.id("src/app.py"), id);
        repo.idhooks("check --history").ok().done();
    });
}

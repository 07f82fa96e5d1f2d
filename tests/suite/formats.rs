//! Repositories and indexes in every format that git has: the same day's work in each.

mod indexes;

use crate::common::{Git, Repo, for_each_git, skip, text};
use crate::judge;

/// A day's work: each form of commit, a merge, an amended merge, a rebase.
pub(crate) fn work(repo: &Repo) {
    let ids = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
    repo.commit_file("src/new.py", text("new"));
    repo.mv("notes.txt", "src/notes.txt");
    repo.append("src/app.py", "more\n");
    repo.run("commit -q -a -m all");
    repo.stage("src/staged.py", text("staged"));
    repo.stage("src/partial.py", text("partial"));
    repo.run("commit -q -m partial src/partial.py");
    repo.run("checkout -q -b side");
    repo.commit("the rest");
    repo.mv("src/app.py", "src/main.py");
    repo.append("src/util.py", "theirs\n");
    repo.run("commit -q -a -m move");
    repo.run("checkout -q main");
    repo.commit_file("src/main-only.py", text("main only"));
    repo.run("merge -q --no-edit side");
    repo.run("rm -q src/new.py");
    repo.run("commit -q --amend --no-edit");
    assert_eq!(["src/notes.txt", "src/main.py"].map(|path| repo.id(path)), ids);
    rebase(repo);
    judge::assert_good(repo);
    repo.run("fsck --no-dangling --no-progress");
}

/// Rebases a branch that moves and adds onto one that does the same.
fn rebase(repo: &Repo) {
    let moved = repo.id("docs/intro.md");
    repo.run("checkout -q -b topic");
    repo.commit_file("src/topic.py", text("topic"));
    repo.mv("docs/intro.md", "docs/tour.md");
    repo.commit("move on the topic");
    let added = repo.id("src/topic.py");
    repo.run("checkout -q main");
    repo.commit_file("src/more.py", text("more"));
    repo.mv("docs/guide.md", "docs/manual.md");
    repo.commit("move on main");
    repo.run("checkout -q topic");
    repo.run("rebase -q main");
    assert_eq!(["docs/tour.md", "src/topic.py"].map(|path| repo.id(path)), [moved, added]);
    repo.run("checkout -q main");
}

/// Works in a repository made with options, some commands run before the adoption and some
/// after it.
fn works(git: &Git, options: &str, before: &[&str], after: &[&str]) -> Repo {
    let repo = if options.is_empty() && before.is_empty() {
        Repo::adopted(git)
    } else {
        let repo = Repo::empty_with(git, options);
        before.iter().for_each(|command| repo.run(*command));
        repo.adopt("")
    };
    for command in after {
        repo.run(*command);
    }
    work(&repo);
    repo
}

#[test]
fn sha256() {
    for_each_git(|git| {
        let repo = works(git, "--object-format=sha256", &[], &[]);
        assert_eq!(repo.rev("HEAD").len(), 64);
    });
}

#[test]
fn reftable() {
    for_each_git(|git| {
        let known = Repo::nowhere(git).try_git("init -q --ref-format=reftable").succeeded();
        if !known {
            skip(&format!("{} has no reftable", git.version));
            return;
        }
        works(git, "--ref-format=reftable", &[], &[]);
    });
}

#[test]
fn split_index() {
    for_each_git(|git| {
        works(git, "", &["config core.splitIndex true"], &["update-index --split-index"]);
    });
}

#[test]
fn index_version_2() {
    for_each_git(|git| {
        let repo = works(git, "", &["config index.version 2"], &[]);
        assert_eq!(repo.read(".git/index")[7], 2);
    });
}

#[test]
fn index_version_4() {
    for_each_git(|git| {
        works(git, "", &["config index.version 4"], &["update-index --index-version 4"]);
    });
}

#[test]
fn index_version_4_that_is_split() {
    for_each_git(|git| {
        let after = ["update-index --index-version 4", "update-index --split-index"];
        works(git, "", &["config core.splitIndex true"], &after);
    });
}

#[test]
fn untracked_cache() {
    for_each_git(|git| {
        let after = ["update-index --force-untracked-cache", "status"];
        let repo = works(git, "", &["config core.untrackedCache true"], &after);
        repo.write("untracked.txt", "");
        judge::assert_status(&repo, "?? untracked.txt\n");
    });
}

#[test]
fn end_of_index_markers() {
    for_each_git(|git| {
        works(git, "", &["config index.threads 2"], &[]);
    });
}

#[test]
fn skipped_hash() {
    for_each_git(|git| {
        works(git, "", &["config index.skipHash true"], &[]);
    });
}

#[test]
fn many_files_feature() {
    for_each_git(|git| {
        works(git, "", &["config feature.manyFiles true"], &[]);
    });
}

#[test]
fn no_cached_trees() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.remove(".git/index");
        repo.run("read-tree HEAD");
        repo.run("update-index -q --refresh");
        work(&repo);
    });
}

#[test]
fn automatic_line_ends() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.run("config core.autocrlf true");
        repo.run("config core.safecrlf false");
        let repo = repo.adopt("");
        repo.commit_file("windows.txt", text("windows").replace('\n', "\r\n"));
        work(&repo);
        assert!(!repo.read(".idhooks/registry.json").contains(&b'\r'));
        repo.run("checkout -q side");
        repo.run("checkout -q main");
        judge::assert_good(&repo);
    });
}

#[test]
fn a_registry_with_windows_line_ends_is_read() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        repo.write(".idhooks/registry.json", format!("\u{feff}{}", registry.replace('\n', "\r\n")));
        repo.run("add .idhooks/registry.json");
        repo.commit_file("new.md", text("new"));
        judge::assert_good(&repo);
    });
}

#[test]
fn a_registry_that_was_pretty_printed_is_read() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let json: serde_json::Value =
            serde_json::from_slice(&repo.registry("HEAD")).expect("a registry is JSON");
        repo.stage(".idhooks/registry.json", format!("{json:#}"));
        repo.commit_file("new.md", text("new"));
        judge::assert_good(&repo);
    });
}

#[test]
fn a_sparse_checkout() {
    // Entries that are not checked out have flags, which need version 3.
    sparse("sparse-checkout set --cone src", Some(3));
}

#[test]
fn a_sparse_checkout_with_a_sparse_index() {
    sparse("sparse-checkout set --cone --sparse-index src", None);
}

/// Works where `.idhooks` is outside of the cone.
fn sparse(command: &str, version: Option<u8>) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let outside = repo.id("docs/guide.md");
        repo.run(command);
        let written = repo.read(".git/index")[7];
        assert!(version.is_none_or(|version| version == written), "index version {written}");
        assert!(!repo.exists(".idhooks/registry.json"));
        repo.commit_file("src/new.py", text("new"));
        repo.mv("src/app.py", "src/main.py");
        repo.append("src/util.py", "more\n");
        repo.run("commit -q -a -m all");
        repo.stage("src/staged.py", text("staged"));
        repo.stage("src/partial.py", text("partial"));
        repo.run("commit -q -m partial src/partial.py");
        repo.commit("the rest");
        assert_eq!(repo.id("src/main.py"), repo.id_in("HEAD~4", "src/app.py"));
        assert_eq!(repo.id("docs/guide.md"), outside);
        let skipped = repo.ask("ls-files -t .idhooks/registry.json");
        assert_eq!(skipped, "S .idhooks/registry.json");
        assert!(!repo.exists(".idhooks/registry.json"));
        judge::assert_good(&repo);
        repo.run("sparse-checkout disable");
        assert_eq!(repo.read(".idhooks/registry.json"), repo.registry("HEAD"));
        judge::assert_good(&repo);
    });
}

#[test]
fn a_sparse_merge() {
    for command in ["set --cone src", "set --cone --sparse-index src"] {
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            repo.run(format!("sparse-checkout {command}").as_str());
            repo.run("checkout -q -b side");
            repo.commit_file("src/side.py", text("side"));
            repo.run("checkout -q main");
            repo.commit_file("src/main.py", text("main"));
            repo.run("merge -q --no-edit side");
            repo.run("checkout -q -b topic main~1");
            repo.mv("src/app.py", "src/program.py");
            repo.commit_file("src/topic.py", text("topic"));
            let topic = repo.id("src/topic.py");
            repo.run("rebase -q main");
            assert_eq!(repo.id("src/topic.py"), topic);
            assert_eq!(repo.id("src/program.py"), repo.id_in("main", "src/app.py"));
            judge::assert_good(&repo);
        });
    }
}

#[test]
fn an_intended_addition() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write("src/later.py", text("later"));
        repo.run("add -N src/later.py");
        repo.commit_file("src/new.py", text("new"));
        repo.append("README.md", "more\n");
        repo.run("commit -q -m partial README.md");
        judge::assert_all_consistent(&repo);
        judge::assert_status(&repo, " A src/later.py\n");
    });
}

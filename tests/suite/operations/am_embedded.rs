//! `git am` of files that carry their identities: no hook sees the commit, and the next one heals it.

use crate::common::{Repo, for_each_git, text};

/// Both branches add a file at one path; `git am -3` stops, and the file of the patch is taken. Returns the identity of
/// our file, and that of theirs.
fn taken_by_hand(repo: &Repo) -> [String; 2] {
    repo.append("idhooks.toml", "\n[[embed]]\npath = \"docs/new/**\"\n");
    repo.run("add -A");
    repo.commit("rules");
    repo.run("checkout -q -b side");
    repo.commit_file("docs/new/a.md", text("theirs"));
    let theirs = repo.id("docs/new/a.md");
    let file = repo.root().join("patches");
    std::fs::write(&file, repo.git("format-patch --stdout -1").bytes())
        .expect("a file can be written");
    repo.run("checkout -q main");
    repo.commit_file("docs/new/a.md", text("ours"));
    let ours = repo.id("docs/new/a.md");
    assert_ne!(ours, theirs);
    let file = file.to_str().expect("a plain name");
    repo.try_git(["am", "-q", "-3", file]).code(128).done();
    repo.run("checkout -q --theirs -- docs/new/a.md");
    repo.run("add docs/new/a.md");
    repo.run("am --continue");
    let content = String::from_utf8(repo.read("docs/new/a.md")).expect("text");
    assert!(content.contains(&theirs), "{content}");
    [ours, theirs]
}

#[test]
fn a_path_that_stays_keeps_its_identity_and_its_next_edit_rewrites_the_head() {
    for_each_git(|git| {
        for edits_it in [false, true] {
            let repo = Repo::adopted(git);
            let [ours, theirs] = taken_by_hand(&repo);
            let path = if edits_it { "docs/new/a.md" } else { "notes.txt" };
            repo.append(path, "more\n");
            repo.run("add -A");
            repo.commit("next");
            assert_eq!(repo.id("docs/new/a.md"), ours, "{}", repo.situation());
            let carried = if edits_it { &ours } else { &theirs };
            let content = String::from_utf8(repo.read("docs/new/a.md")).expect("text");
            assert!(content.contains(carried), "{content}");
            repo.idhooks("check --history").ok().done();
            repo.idhooks("fix --execute").ok().done();
            repo.idhooks("check").ok().done();
        }
    });
}

/// A patch with a conflict in one of two files that carry their identities; by hand, each of them gets the
/// content of the other one.
fn exchanged_by_hand(repo: &Repo) -> [String; 2] {
    repo.append("idhooks.toml", "\n[[embed]]\npath = \"docs/new/**\"\n");
    for name in ["a", "b"] {
        repo.write(format!("docs/new/{name}.md"), text(name));
    }
    repo.run("add -A");
    repo.commit("rules and two files");
    let ids = ["a", "b"].map(|name| repo.id(&format!("docs/new/{name}.md")));
    let [a, b] =
        ["a", "b"].map(|name| String::from_utf8(repo.read(&format!("docs/new/{name}.md"))));
    let (a, b) = (a.expect("text"), b.expect("text"));
    assert!(a.contains(&ids[0]) && b.contains(&ids[1]), "{a}{b}");
    repo.run("checkout -q -b side");
    repo.commit_file("docs/new/a.md", a.replace("a 5 ", "their 5 "));
    let file = repo.root().join("patches");
    std::fs::write(&file, repo.git("format-patch --stdout -1").bytes())
        .expect("a file can be written");
    repo.run("checkout -q main");
    repo.commit_file("docs/new/a.md", a.replace("a 5 ", "our 5 "));
    let file = file.to_str().expect("a plain name");
    repo.try_git(["am", "-q", "-3", file]).code(128).done();
    repo.write("docs/new/a.md", b);
    repo.write("docs/new/b.md", a);
    repo.run("add -A");
    repo.run("am --continue");
    ids
}

#[test]
fn two_files_that_were_exchanged_by_hand_take_their_identities_along() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [a, b] = exchanged_by_hand(&repo);
        let before = repo.idhooks("check").code(1).stdout();
        assert!(
            before.contains(&format!("the next 'git commit' with idhooks gives it {b}")),
            "{before}"
        );
        repo.write("notes.txt", "another file\n");
        repo.run("add -A");
        repo.commit("next");
        assert_eq!([repo.id("docs/new/b.md"), repo.id("docs/new/a.md")], [a, b]);
        repo.idhooks("check").ok().done();
        repo.idhooks("check --history").ok().done();
        repo.write("notes.txt", "another text\n");
        repo.run("add -A");
        repo.commit("and another one");
        repo.idhooks("check").ok().done();
    });
}

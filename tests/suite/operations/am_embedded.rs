//! `git am` of files that carry their identities: no hook sees the commit, and the next one heals it.

use crate::common::{Repo, for_each_git, text};

/// Both branches add a file at one path; `git am -3` stops, and the file of the patch is taken.
fn taken_by_hand(repo: &Repo) -> String {
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
    assert_ne!(repo.id("docs/new/a.md"), theirs);
    let file = file.to_str().expect("a plain name");
    repo.try_git(["am", "-q", "-3", file]).code(128).done();
    repo.run("checkout -q --theirs -- docs/new/a.md");
    repo.run("add docs/new/a.md");
    repo.run("am --continue");
    let content = String::from_utf8(repo.read("docs/new/a.md")).expect("text");
    assert!(content.contains(&theirs), "{content}");
    theirs
}

#[test]
fn the_next_commit_gives_a_file_the_identity_that_it_carries() {
    for_each_git(|git| {
        for edits_it in [false, true] {
            let repo = Repo::adopted(git);
            let theirs = taken_by_hand(&repo);
            let path = if edits_it { "docs/new/a.md" } else { "notes.txt" };
            repo.append(path, "more\n");
            repo.run("add -A");
            repo.commit("next");
            assert_eq!(repo.id("docs/new/a.md"), theirs, "{}", repo.situation());
            repo.idhooks("check").ok().done();
            repo.idhooks("check --history").ok().done();
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

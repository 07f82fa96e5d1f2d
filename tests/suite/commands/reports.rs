//! `idhooks mv --after`: what is reported and what is refused.

use std::slice;

use super::{refuses, said};
use crate::common::{Repo, Snapshot, gits, on_adopted, on_adopted_leaving, text};

const LOG: &str = ".git/idhooks/moved";
const GUIDE: &str = "docs/guide.md";

fn rename(repo: &Repo, from: &str, to: &str) {
    std::fs::rename(repo.path().join(from), repo.path().join(to)).expect("it can be moved");
}

#[test]
fn a_report_changes_nothing_but_its_log() {
    on_adopted_leaving(" D docs/guide.md\n?? docs/manual.md\n", |repo| {
        let id = repo.id(GUIDE);
        rename(repo, GUIDE, "docs/manual.md");
        let before = Snapshot::of(repo);
        let line =
            format!("{id} moves from {GUIDE} to docs/manual.md in the next commit of both paths");
        assert_eq!(
            said(repo, "mv --after --dry-run docs/guide.md docs/manual.md"),
            slice::from_ref(&line)
        );
        before.assert_same(repo);
        assert!(!repo.exists(LOG));
        let (index, registry) = (repo.ask("ls-files -s"), repo.registry(""));
        refuses(repo, "mv --after docs/guide.md docs", "'docs/guide.md' does not exist");
        assert_eq!(said(repo, "-C docs mv --after guide.md manual.md"), [line]);
        assert_eq!((repo.ask("ls-files -s"), repo.registry("")), (index, registry));
        assert_eq!(repo.read(LOG).iter().filter(|byte| **byte == b'\n').count(), 1);
        rename(repo, "docs/manual.md", GUIDE);
        let back = format!("{id} is back at {GUIDE}");
        assert_eq!(said(repo, "mv --after docs/manual.md docs/guide.md"), [back]);
        rename(repo, GUIDE, "docs/manual.md");
    });
}

#[test]
fn a_chain_is_reported_from_the_path_in_head() {
    on_adopted_leaving(" D docs/guide.md\n?? docs/book.md\n", |repo| {
        let id = repo.id(GUIDE);
        rename(repo, GUIDE, "docs/manual.md");
        repo.idhooks("mv --after docs/guide.md docs/manual.md").ok().done();
        rename(repo, "docs/manual.md", "docs/book.md");
        let line =
            format!("{id} moves from {GUIDE} to docs/book.md in the next commit of both paths");
        assert_eq!(said(repo, "mv --after docs/manual.md docs/book.md"), [line]);
    });
}

#[test]
fn what_cannot_be_reported_is_refused() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure("[track]\nexclude = [\"*.tmp\"]\n");
    repo.write("loose.md", text("loose"));
    let adopted = repo.copy_as("adopted");
    refuses(&repo, "mv --after docs/guide.md docs/manual.md", "'docs/guide.md' still exists");
    refuses(&repo, "mv --after nowhere.md loose.md", "'nowhere.md' has no identity");
    refuses(&repo, "mv --after docs manuals", "no file of 'docs' is in 'manuals'");
    refuses(&repo, "mv --after ../docs/guide.md loose.md", "outside");
    repo.remove(GUIDE);
    refuses(&repo, "mv --after docs/guide.md ../outside.md", "outside");
    refuses(&repo, "mv --after docs/guide.md nowhere.md", "'nowhere.md' does not exist");
    refuses(&repo, "mv --after docs/guide.md idhooks.toml", "'idhooks.toml'");
    refuses(&repo, "mv --after docs/guide.md notes.txt", "'notes.txt' has the identity");
    repo.write("new.tmp", text("excluded"));
    refuses(&repo, "mv --after docs/guide.md new.tmp", "the rules exclude 'new.tmp'");
    repo.sh("ln -s loose.md link.md; ln -s src linked; rm -f none").ok().done();
    refuses(&repo, "mv --after docs/guide.md link.md", "'link.md' is not a regular file");
    refuses(&repo, "mv --after docs/guide.md linked/app.py", "linked");
    // An identity that no commit has.
    repo.stage("fresh.md", text("fresh"));
    repo.idhooks("allocate fresh.md").ok().done();
    rename(&repo, "fresh.md", "moved.md");
    refuses(&repo, "mv --after fresh.md moved.md", "'fresh.md' is in no commit yet");
    assert!(!repo.exists(LOG));
    // Nothing of a symlink in the place of the log is followed.
    adopted.sh("mv docs/guide.md manual.md; ln -s ../../README.md .git/idhooks/moved").ok().done();
    adopted.idhooks("mv --after docs/guide.md manual.md").code(2).complains("moved").done();
    let bare = repo.beside("bare");
    repo.run(["clone", "-q", "--bare", ".", "../bare"]);
    bare.idhooks("mv --after docs/guide.md manual.md").code(2).complains("error:").done();
}

#[test]
fn the_hint_for_a_path_with_an_identity_works() {
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        rename(repo, GUIDE, "notes.txt");
        let answer = repo.idhooks("mv --after docs/guide.md notes.txt").code(2);
        let hint = format!("git add -u && idhooks assign {id} notes.txt");
        assert!(answer.stderr().contains(&hint), "{}", answer.stderr());
        repo.run("add -u");
        repo.idhooks(["assign", &id, "notes.txt"]).ok().done();
        repo.commit("assigned");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn files_that_exchange_their_paths_are_left_to_another_command() {
    on_adopted(|repo| {
        let [guide, intro] = [GUIDE, "docs/intro.md"].map(|path| repo.id(path));
        rename(repo, GUIDE, "t.md");
        said(repo, "mv --after docs/guide.md t.md");
        rename(repo, "docs/intro.md", GUIDE);
        said(repo, "mv --after docs/intro.md docs/guide.md");
        rename(repo, "t.md", "docs/intro.md");
        repo.append("docs/intro.md", "edited\n");
        let answer = repo.idhooks("mv --after t.md docs/intro.md").code(2).explains("exchanged");
        let hint = format!(
            "git add -u && idhooks assign {guide} docs/intro.md && idhooks assign {intro} docs/guide.md"
        );
        assert!(answer.stderr().contains(&hint), "{}", answer.stderr());
        repo.run("add -u");
        repo.idhooks(["assign", &guide, "docs/intro.md"]).ok().done();
        repo.idhooks(["assign", &intro, GUIDE]).ok().done();
        repo.commit("exchanged");
        assert_eq!(["docs/intro.md", GUIDE].map(|path| repo.id(path)), [guide, intro]);
    });
}

#[test]
fn any_name_can_be_reported() {
    on_adopted(|repo| {
        let names =
            ["docs/GUIDE.md", "a b%\u{e9}\t\"'\\.md", "-n.md", "line\nbreak.md", "docs/guide.md"];
        let id = repo.id(GUIDE);
        let mut from = GUIDE;
        for to in names {
            rename(repo, from, to);
            repo.idhooks(["mv", "--after", "--", from, to]).ok().done();
            repo.write(to, text(&format!("rewritten for {to}")));
            repo.run("add -A");
            repo.commit("move");
            assert_eq!(repo.id(to), id, "{to:?}");
            from = to;
        }
    });
}

#[test]
fn a_name_that_is_not_utf_8_can_be_reported() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    on_adopted(|repo| {
        let id = repo.id(GUIDE);
        let name = OsStr::from_bytes(b"docs/\xff\x01.md");
        std::fs::rename(repo.path().join(GUIDE), repo.path().join(name)).expect("possible");
        let args = ["mv", "--after", GUIDE].map(OsString::from).into_iter();
        repo.idhooks(args.chain([name.to_owned()]).collect::<Vec<_>>()).ok().done();
        std::fs::write(repo.path().join(name), text("rewritten")).expect("writable");
        repo.run("add -A");
        repo.commit("move");
        assert_eq!(repo.record(&id)["metadata"]["moved_from"], GUIDE);
        assert_eq!(repo.record(&id)["status"], "active");
    });
}

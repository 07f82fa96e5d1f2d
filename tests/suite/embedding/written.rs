//! What a commit and `idhooks inject` write into files.

use super::{committed, head, on_carrying, rule};
use crate::common::{Snapshot, on_adopted, on_adopted_leaving, text};
use crate::purpose::{as_shown, refuses};

#[test]
fn a_new_file_is_committed_with_its_identity() {
    on_carrying(|repo| {
        repo.stage("src/new.py", text("new"));
        repo.stage("docs/new.md", text("new"));
        repo.stage("other/new.py", text("new"));
        repo.commit("new");
        let id = repo.id("src/new.py");
        assert_eq!(head(repo, "src/new.py"), format!("# doc_id: {id}"));
        assert_eq!(committed(repo, "HEAD", "src/new.py"), format!("# doc_id: {id}"));
        let id = repo.id("docs/new.md");
        assert_eq!(committed(repo, "HEAD", "docs/new.md"), format!("<!-- doc_id: {id} -->"));
        assert_eq!(repo.read("other/new.py"), text("new").into_bytes());
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn unstaged_edits_stay() {
    on_adopted_leaving(" M src/new.py\n", |repo| {
        rule(repo);
        repo.stage("src/new.py", "one\ntwo\n");
        repo.write("src/new.py", "one\ntwo\nthree, not staged\n");
        repo.commit("new");
        let line = format!("# doc_id: {}\n", repo.id("src/new.py"));
        assert_eq!(
            repo.read("src/new.py"),
            format!("{line}one\ntwo\nthree, not staged\n").into_bytes()
        );
        assert_eq!(repo.ask("cat-file blob HEAD:src/new.py"), format!("{line}one\ntwo"));
    });
}

#[test]
fn a_partial_commit_takes_only_what_it_names() {
    on_adopted_leaving("A  src/later.py\n", |repo| {
        rule(repo);
        repo.stage("src/later.py", "later\n");
        repo.stage("src/now.py", "now\n");
        repo.run("commit -q -m now src/now.py");
        let line = format!("# doc_id: {}", repo.id("src/now.py"));
        assert_eq!([head(repo, "src/now.py"), committed(repo, "HEAD", "src/now.py")], [&*line; 2]);
        assert_eq!(committed(repo, "", "src/now.py"), line);
        assert_eq!(repo.read("src/later.py"), b"later\n");
    });
}

#[test]
fn an_aborted_commit_can_be_repeated() {
    on_carrying(|repo| {
        repo.stage("src/new.py", text("new"));
        repo.try_git("commit -q -m new -F /nowhere").refused().done();
        repo.run("-c core.editor=false -c core.hooksPath=/nowhere status -s");
        let aborted = repo.try_git(["-c", "core.editor=false", "commit", "-q"]).refused();
        aborted.done();
        let after = head(repo, "src/new.py");
        assert!(after.starts_with("# doc_id: "), "{after}");
        repo.commit("new");
        assert_eq!(after, format!("# doc_id: {}", repo.id("src/new.py")));
        // Begun anew, it is the same allocation.
        repo.run("reset -q --soft HEAD~1");
        repo.run("reset -q");
        repo.run("checkout -q -- .idhooks/registry.json");
        repo.run("add src/new.py");
        repo.commit("again");
        assert_eq!(after, format!("# doc_id: {}", repo.id("src/new.py")));
        assert_eq!(committed(repo, "HEAD", "src/new.py"), after);
    });
}

#[test]
fn a_copy_gets_its_own() {
    on_carrying(|repo| {
        let app = repo.id("src/app.py");
        repo.stage("src/copy.py", repo.read("src/app.py"));
        repo.commit("copy");
        let copy = repo.id("src/copy.py");
        assert_ne!(app, copy);
        assert_eq!(repo.id("src/app.py"), app);
        assert_eq!(committed(repo, "HEAD", "src/copy.py"), format!("# doc_id: {copy}"));
        assert_eq!(head(repo, "src/copy.py"), format!("# doc_id: {copy}"));
        assert_eq!(repo.record(&copy)["metadata"]["copied_from"], *app);
        // Pasted over a file that has one, it does not take it away.
        let util = repo.id("src/util.py");
        repo.stage("src/util.py", repo.read("src/app.py"));
        repo.commit("paste");
        assert_eq!([repo.id("src/app.py"), repo.id("src/util.py")], [app, util.clone()]);
        assert_eq!(committed(repo, "HEAD", "src/util.py"), format!("# doc_id: {util}"));
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn a_line_that_was_taken_out_comes_back() {
    on_carrying(|repo| {
        let id = repo.id("src/app.py");
        repo.stage("src/app.py", text("without"));
        repo.commit("edit");
        assert_eq!(committed(repo, "HEAD", "src/app.py"), format!("# doc_id: {id}"));
        assert_eq!(repo.id("src/app.py"), id);
    });
}

#[test]
fn injecting_on_purpose() {
    on_adopted(|repo| {
        let id = repo.id("src/app.py");
        let told = as_shown(repo, "inject src/app.py docs");
        let (guide, intro) = (repo.id("docs/guide.md"), repo.id("docs/intro.md"));
        assert_eq!(
            told,
            [
                format!("docs/guide.md carries {guide}"),
                format!("docs/intro.md carries {intro}"),
                format!("src/app.py carries {id}"),
            ]
        );
        assert_eq!(as_shown(repo, "inject src/app.py docs"), [""; 0]);
        repo.commit("carry");
        assert_eq!(
            as_shown(repo, "inject --remove ."),
            [
                "docs/guide.md carries no identity any more",
                "docs/intro.md carries no identity any more",
                "src/app.py carries no identity any more",
            ]
        );
        assert_eq!(repo.read("src/app.py"), text("src/app.py").into_bytes());
        repo.commit("no more");
        let missing = repo.idhooks("inject --check src/app.py").code(1);
        assert_eq!(missing.stdout(), format!("src/app.py does not carry {id}\n"));
    });
}

#[test]
fn what_cannot_carry_one() {
    on_adopted(|repo| {
        repo.stage("logo.png", b"\x89PNG\r\n\0\0");
        repo.stage("made.go", "// Code generated by x. DO NOT EDIT.\npackage x\n");
        repo.commit("more");
        refuses(repo, "inject logo.png", "logo.png");
        refuses(repo, "inject made.go", "another program writes it");
        refuses(repo, "inject src/ap.py", "src/ap.py");
        refuses(repo, "inject ../x", "../x");
        repo.idhooks("inject").code(2).complains("<PATH>").done();
        repo.stage("src/new.py", "new\n");
        refuses(repo, "inject src/new.py", "it has none yet");
        repo.commit("new");
        // Half of it can be done.
        let before = Snapshot::of(repo);
        let answer = repo.idhooks("inject src/app.py logo.png made.go").code(2);
        assert_eq!(answer.stdout(), "");
        assert!(answer.stderr().contains("--keep-going"), "{}", answer.stderr());
        before.assert_same(repo);
        let answer = repo.idhooks("inject --keep-going src/app.py logo.png made.go").code(1);
        assert_eq!(answer.stdout(), format!("src/app.py carries {}\n", repo.id("src/app.py")));
        repo.commit("half");
        // Another one's is not overwritten unasked.
        let (app, util) = (repo.id("src/app.py"), repo.id("src/util.py"));
        repo.stage("src/util.py", format!("# doc_id: {app}\n"));
        repo.commit("pasted");
        refuses(repo, "inject src/util.py", &app);
        repo.idhooks("inject --replace src/util.py").ok().done();
        assert_eq!(head(repo, "src/util.py"), format!("# doc_id: {util}"));
        repo.commit("its own");
    });
}

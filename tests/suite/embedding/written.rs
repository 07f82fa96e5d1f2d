//! What a commit and `idhooks inject` write into files.

use super::{committed, head, on_carrying, rule};
use crate::commands::{as_shown, refuses};
use crate::common::{Snapshot, on_adopted, on_adopted_leaving, text};
use crate::reviewed::assert_text;

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
        let (guide, intro) = (repo.id("docs/guide.md"), repo.id("docs/intro.md"));
        let files = [("docs/guide.md", &guide), ("docs/intro.md", &intro), ("src/app.py", &id)];
        let line = |line: &str| repo.idhooks(line).ok().stdout();
        let lines = |form: &dyn Fn(&str, &str) -> String| -> String {
            files.iter().map(|(path, id)| form(path, id)).collect()
        };
        // What was not done is not said to be.
        let before = Snapshot::of(repo);
        let would = lines(&|path, id| format!("{path} would carry {id}\n"));
        assert_eq!(line("inject src/app.py docs --dry-run"), would);
        before.assert_same(repo);
        let done = lines(&|path, id| format!("{path} carries {id}\n"));
        assert_eq!(line("inject src/app.py docs"), done);
        assert_eq!(as_shown(repo, "inject src/app.py docs"), [""; 0]);
        repo.commit("carry");
        let before = Snapshot::of(repo);
        let would = lines(&|path, id| format!("would remove {id} from {path}\n"));
        assert_eq!(line("inject --remove . --dry-run"), would);
        before.assert_same(repo);
        let done = lines(&|path, id| format!("removed {id} from {path}\n"));
        assert_eq!(line("inject --remove ."), done);
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
        refuses(repo, "inject made.go", "it is generated");
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
        assert_text("embedding-written-what_cannot_carry_one", &answer.stderr());
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

#[test]
fn what_git_keeps_in_another_form_is_left_alone() {
    on_adopted(|repo| {
        rule(repo);
        repo.run(["config", "filter.rot.clean", "tr a-z n-za-m"]);
        repo.run(["config", "filter.rot.smudge", "tr a-z n-za-m"]);
        repo.commit_file(".gitattributes", {
            let text = String::from_utf8(repo.read(".gitattributes")).expect("text");
            format!("{text}*.rot.md filter=rot\n*.wide.md working-tree-encoding=UTF-16LE-BOM\n")
        });
        repo.stage("docs/a.rot.md", "hello\n");
        repo.stage("docs/b.wide.md", b"\xff\xfeh\0i\0\n\0");
        repo.stage("docs/c.md", "hello\n");
        repo.commit("filtered");
        assert_eq!(repo.ask("cat-file blob HEAD:docs/a.rot.md"), "uryyb");
        assert_eq!(repo.ask("cat-file blob HEAD:docs/b.wide.md"), "hi");
        assert_eq!(
            committed(repo, "HEAD", "docs/c.md"),
            format!("<!-- doc_id: {} -->", repo.id("docs/c.md"))
        );
        refuses(repo, "inject docs/a.rot.md", "git filters it");
        refuses(repo, "inject docs/b.wide.md", "converts its encoding");
    });
}

#[test]
fn a_number_that_was_written_and_not_staged_stays() {
    on_adopted_leaving(" M src/new.py\n", |repo| {
        rule(repo);
        repo.stage("src/new.py", "one\n");
        repo.write("src/new.py", "# doc_id: 2099900001260118\none\n");
        repo.commit("new");
        assert_eq!(
            committed(repo, "HEAD", "src/new.py"),
            format!("# doc_id: {}", repo.id("src/new.py"))
        );
        assert_eq!(repo.read("src/new.py"), b"# doc_id: 2099900001260118\none\n");
    });
}

#[test]
fn a_resolved_conflict_says_the_number_that_the_file_has() {
    on_adopted(|repo| {
        rule(repo);
        repo.run("checkout -q -b side");
        repo.commit_file("docs/same.md", text("theirs"));
        repo.run("checkout -q main");
        repo.commit_file("docs/same.md", text("ours"));
        for side in ["--ours", "--theirs"] {
            repo.run("checkout -q -B trial main");
            let _ = repo.try_git("merge -q side");
            repo.run(["checkout", "-q", side, "docs/same.md"]);
            repo.run("add docs/same.md");
            repo.run("commit -q --no-edit");
            let line = format!("<!-- doc_id: {} -->", repo.id("docs/same.md"));
            assert_eq!(committed(repo, "HEAD", "docs/same.md"), line, "{side}");
            assert_eq!(repo.findings(""), [""; 0]);
        }
    });
}

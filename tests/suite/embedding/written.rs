//! What a commit and `idhooks inject` write into files.

use super::{committed, head, on_carrying, rule};
use crate::commands::refuses;
use crate::common::{on_adopted, on_adopted_leaving, text};

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

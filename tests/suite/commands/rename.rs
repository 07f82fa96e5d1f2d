//! File names that begin with their identity, and back.

mod imports;
mod package;
mod rollback;

use super::{as_shown, refuses, said};
use crate::common::{Repo, on_adopted, on_adopted_leaving, text};
use crate::reviewed::assert_text;

/// Returns the name of a file in HEAD with its identity before it.
fn prefixed(repo: &Repo, path: &str) -> String {
    let (dir, name) =
        path.rsplit_once('/').map_or((String::new(), path), |(d, n)| (format!("{d}/"), n));
    let lead = if name.ends_with(".py") { "P_" } else { "" };
    format!("{dir}{lead}{}_{name}", repo.id(path))
}

#[test]
fn a_file_gets_its_identity_into_its_name_and_out_of_it() {
    on_adopted(|repo| {
        repo.commit_file("notes.txt", "see docs/guide.md\n");
        repo.commit_file("docs/links.md", "see [it](guide.md#part), [app](../src/app.py)\n");
        let (id, new) = (repo.id("docs/guide.md"), prefixed(repo, "docs/guide.md"));
        let shown = as_shown(repo, "rename --to-id-prefix docs/guide.md");
        let name = new.strip_prefix("docs/").expect("in docs");
        assert_eq!(shown.last(), Some(&format!("{id} renamed from docs/guide.md to {new}")));
        let changed = format!("+see [it]({name}#part), [app](../src/app.py)");
        assert!(shown.contains(&"--- a/docs/links.md".to_owned()) && shown.contains(&changed));
        assert_eq!(repo.ask("status --short --untracked-files=all").lines().count(), 3);
        assert_eq!(repo.ask("diff --name-only"), "");
        let again = repo.idhooks(["rename", "--to-id-prefix", &new]).ok();
        assert_text(
            "commands-rename-a_file_gets_its_identity_into_its_name_and_out_of_it",
            &again.stderr(),
        );
        assert_eq!(again.stdout(), "");
        repo.commit("rename");
        assert_eq!(repo.id(&new), id);
        assert!(repo.findings("--strict").is_empty());
        let log = said(repo, &format!("log {id}")).join("\n");
        assert_text("commands-rename-a_file_gets_its_identity_into_its_name_and_out_of_it-2", &log);
        said(repo, &format!("rename --from-id-prefix {new}"));
        repo.commit("and back");
        assert_eq!(repo.id("docs/guide.md"), id);
        assert_eq!(repo.ask("diff --stat HEAD~2 -- docs notes.txt"), "");
        assert!(repo.findings("--strict").is_empty());
    });
}

#[test]
fn what_is_left_is_told_with_its_place() {
    on_adopted(|repo| {
        repo.commit_file("notes.txt", "\nsee docs/guide.md\n");
        repo.commit_file("run.sh", "#!/bin/sh\n. \"$LIB/util.sh\"\n");
        repo.commit_file("lib/util.sh", "true\n");
        let told = repo.idhooks("rename --to-id-prefix docs/guide.md lib/util.sh").ok();
        let stderr = told.stderr();
        assert_text("commands-rename-what_is_left_is_told_with_its_place", &stderr);
        assert!(!stderr.contains("still mentioned in run.sh"), "{stderr}");
        repo.commit("rename");
    });
}

#[test]
fn the_rules_select() {
    on_adopted(|repo| {
        refuses(repo, "rename --to-id-prefix --all", "[[file_names]]");
        repo.configure(
            "[[file_names]]\npath = \"docs/intro.md\"\nid_prefix = false\n[[file_names]]\npath = [\"docs/\", \"/README.md\"]\n[[file_names]]\npath = \"src/\"\nmodules = \"refuse\"\n",
        );
        let names = [prefixed(repo, "docs/guide.md"), prefixed(repo, "data/table.csv")];
        let told = repo.idhooks("rename --to-id-prefix --all").ok();
        assert_eq!(told.stdout().lines().count(), 1, "{told}");
        assert_text("commands-rename-the_rules_select", &told.stderr());
        assert!(repo.exists(&names[0]) && repo.exists("docs/intro.md"));
        // Twice changes nothing.
        assert!(as_shown(repo, "rename --to-id-prefix --all").is_empty());
        refuses(repo, "rename --to-id-prefix src/app.py", "the rules exclude Python modules");
        // What nobody selects can be asked for.
        said(repo, "rename --to-id-prefix data/table.csv");
        assert!(repo.exists(&names[1]));
        repo.commit("rename");
        assert!(repo.findings("--strict").is_empty());
        said(repo, "rename --from-id-prefix --all");
        assert!(repo.exists("docs/guide.md") && repo.exists(&names[1]));
        repo.commit("back");
    });
}

#[test]
fn what_cannot_be_renamed() {
    on_adopted_leaving("?? loose.txt\n", |repo| {
        repo.stage("pkg/__init__.py", "");
        repo.stage("conftest.py", "");
        repo.stage("Makefile", "all:\n");
        repo.stage("0199999999260118_x.md", text("foreign"));
        // The hook of a commit would stop over that name.
        repo.idhooks("allocate pkg/__init__.py conftest.py Makefile 0199999999260118_x.md")
            .ok()
            .done();
        repo.run("commit -q --no-verify -m more");
        repo.write("loose.txt", "not added\n");
        let to = |what: &str, thing: &str| {
            refuses(repo, &format!("rename --to-id-prefix {what}"), thing);
        };
        to("docs/giude.md", "docs/giude.md");
        to("loose.txt", "not in the index");
        to("docs", "'docs' is a directory");
        to("../x.md", "outside the repository");
        to("pkg/__init__.py", "Python itself looks for this name");
        to("conftest.py", "look for this name");
        to("Makefile", "look for this name");
        to(".gitattributes", "not tracked by the rules");
        to("0199999999260118_x.md", "not its identity");
        to("--batch none.csv", "none.csv");
        refuses(repo, "rename --rollback", "no run to undo");
        repo.idhooks("rename docs/guide.md").code(2).complains("--to-id-prefix").done();
        repo.idhooks("rename --to-id-prefix").code(2).complains("--all").done();
        repo.stage("new.md", text("new"));
        to("new.md", "has no identity yet");
        repo.idhooks("allocate new.md").ok().done();
        let told = repo.idhooks("rename --to-id-prefix new.md").ok();
        assert_eq!(told.stdout().lines().count(), 1, "{told}");
        repo.commit("new");
        assert!(repo.ask("ls-files").lines().any(|path| path.ends_with("_new.md")));
    });
}

#[test]
fn a_name_that_is_taken_is_left() {
    on_adopted_leaving("?? taken\n", |repo| {
        let new = prefixed(repo, "docs/guide.md");
        repo.write(&new, "not added\n");
        refuses(repo, "rename --to-id-prefix docs/guide.md", "that name is taken");
        std::fs::rename(repo.path().join(&new), repo.path().join("taken")).expect("there");
        std::fs::remove_file(repo.path().join("docs/intro.md")).expect("there");
        refuses(repo, "rename --to-id-prefix docs/intro.md", "not a file in the working tree");
        repo.run("checkout -q -- docs/intro.md");
    });
}

#[test]
fn of_a_batch_that_is_half_bad_nothing_is_done_unless_asked() {
    on_adopted_leaving("?? files.csv\n", |repo| {
        repo.write(
            "files.csv",
            "note,path\na,docs/guide.md\nb,docs/nane.md\nc,docs/intro.md\nd,\n",
        );
        let before = crate::common::Snapshot::of(repo);
        let told = repo.idhooks("rename --to-id-prefix --batch files.csv").code(2);
        let told = told.explains("line 3: 'docs/nane.md' is not in the index").explains("line 5");
        assert_eq!(told.stdout().lines().count(), 2, "{told}");
        told.complains("nothing was renamed").done();
        before.assert_same(repo);
        let told = repo.idhooks("rename --to-id-prefix --batch files.csv --keep-going").code(1);
        assert_eq!(told.stdout().lines().count(), 2, "{told}");
        repo.commit("the good half");
        assert!(!repo.exists("docs/guide.md") && !repo.exists("docs/intro.md"));
        assert!(repo.findings("--strict").is_empty());
    });
}

#[test]
fn unstaged_edits_survive() {
    on_adopted_leaving(" M docs/links.md\n", |repo| {
        repo.commit_file("docs/links.md", "[it](guide.md)\n");
        repo.append("docs/links.md", "unstaged [it](guide.md)\n");
        repo.append("docs/guide.md", "an edit\n");
        let new = prefixed(repo, "docs/guide.md");
        let name = new.strip_prefix("docs/").expect("in docs").to_owned();
        said(repo, "rename --to-id-prefix docs/guide.md");
        assert_eq!(repo.ask(["show", ":docs/links.md"]), format!("[it]({name})"));
        let working = format!("[it]({name})\nunstaged [it]({name})\n");
        assert_eq!(repo.read("docs/links.md"), working.into_bytes());
        assert!(repo.read(&new).ends_with(b"an edit\n"));
        assert_eq!(repo.ask("diff --name-only"), format!("{new}\ndocs/links.md"));
        repo.commit("only what was staged");
        repo.run(["commit", "-q", "-m", "the edit", &new]);
    });
}

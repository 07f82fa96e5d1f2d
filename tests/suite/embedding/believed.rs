//! What a file carries is the strongest evidence of where it went.

use super::{carrying, committed, head, on_carrying};
use crate::common::text;
use crate::reviewed::assert_text;

/// A content of which less than half is that of the file before.
fn rewritten(repo: &crate::common::Repo, path: &str, seed: &str) -> String {
    let before = String::from_utf8(repo.read(path)).expect("text");
    let kept: Vec<&str> = before.lines().take(9).collect();
    format!("{}\n{}{}", kept.join("\n"), text(seed), text(&format!("{seed} more")))
}

#[test]
fn a_file_that_is_renamed_and_rewritten_keeps_its_identity() {
    on_carrying(|repo| {
        let id = repo.id("src/app.py");
        let new = rewritten(repo, "src/app.py", "rewritten");
        repo.run("rm -q src/app.py");
        repo.stage("lib/main.py", &new);
        // Not where the rules do not say so: there git's similarity counts.
        repo.stage("src/main.py", &new);
        repo.run("rm -q --cached lib/main.py");
        repo.remove("lib/main.py");
        repo.commit("rename and rewrite");
        assert_eq!(repo.id("src/main.py"), id);
        assert_eq!(committed(repo, "HEAD", "src/main.py"), format!("# doc_id: {id}"));
        assert_eq!(repo.findings(""), [""; 0]);
        assert!(!repo.ask("log -1 -M --name-status --format=").contains('R'), "git sees no rename");
    });
}

#[test]
fn it_follows_even_where_the_old_path_still_has_a_file() {
    on_carrying(|repo| {
        let id = repo.id("src/app.py");
        repo.stage("src/core.py", rewritten(repo, "src/app.py", "core"));
        repo.stage("src/app.py", "from core import *\n");
        repo.commit("split");
        assert_eq!(repo.id("src/core.py"), id);
        let stub = repo.id("src/app.py");
        assert_ne!(stub, id);
        assert_eq!(committed(repo, "HEAD", "src/app.py"), format!("# doc_id: {stub}"));
        assert_eq!(repo.findings(""), [""; 0]);
        assert_eq!(repo.findings("--history"), [""; 0]);
        // And on with it.
        repo.stage("src/more.py", text("more"));
        repo.commit("more");
        assert_eq!([repo.id("src/core.py"), repo.id("src/app.py")], [id, stub]);
    });
}

#[test]
fn files_that_change_places_take_their_identities_along() {
    on_carrying(|repo| {
        let before = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.read(path));
        repo.stage("src/app.py", util);
        repo.stage("src/util.py", app);
        repo.commit("swap");
        assert_eq!(["src/util.py", "src/app.py"].map(|path| repo.id(path)), before);
        assert_eq!(repo.findings(""), [""; 0]);
        assert_eq!(repo.findings("--history"), [""; 0]);
    });
}

#[test]
fn commits_that_no_hook_saw_are_healed_by_it() {
    carrying(|repo| {
        let id = repo.id("src/app.py");
        let new = rewritten(repo, "src/app.py", "rewritten");
        repo.run("rm -q src/app.py");
        repo.stage("src/main.py", &new);
        repo.run("commit -q --no-verify -m rename");
        repo.stage("src/other.py", text("other"));
        repo.commit("heals");
        assert_eq!(repo.id("src/main.py"), id);
    });
}

#[test]
fn one_side_rewrites_while_the_other_adds() {
    on_carrying(|repo| {
        let id = repo.id("src/app.py");
        repo.run("checkout -q -b side");
        let new = rewritten(repo, "src/app.py", "rewritten");
        repo.run("rm -q src/app.py");
        repo.stage("src/main.py", &new);
        repo.commit("rename and rewrite");
        repo.run("checkout -q main");
        repo.stage("src/new.py", text("new"));
        repo.commit("new");
        let added = repo.id("src/new.py");
        repo.run("merge -q --no-edit side");
        assert_eq!([repo.id("src/main.py"), repo.id("src/new.py")], [id, added]);
        assert_eq!(repo.findings(""), [""; 0]);
        // Brought over alone, a file is the same allocation.
        repo.run("checkout -q -b third HEAD~1");
        repo.stage("docs/fresh.md", text("fresh"));
        repo.commit("fresh");
        let fresh = repo.id("docs/fresh.md");
        repo.run("checkout -q main");
        repo.run("checkout -q third -- docs/fresh.md");
        repo.commit("brought over");
        assert_eq!(repo.id("docs/fresh.md"), fresh);
        assert_eq!(head(repo, "docs/fresh.md"), format!("<!-- doc_id: {fresh} -->"));
        repo.run("merge -q --no-edit third");
        assert_eq!(repo.id("docs/fresh.md"), fresh);
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn what_two_files_carry_is_told_and_follows_neither() {
    carrying(|repo| {
        let id = repo.id("src/app.py");
        repo.stage("src/one.py", repo.read("src/app.py"));
        repo.stage("src/two.py", repo.read("src/app.py"));
        repo.run("commit -q --no-verify -m copies");
        let twice = |path: &str| format!("error[DUPLICATE_IN_FS]: '{path}' carries {id}");
        let told = || repo.idhooks("check").stdout();
        for path in ["src/one.py", "src/two.py"] {
            assert!(told().contains(&twice(path)), "{}", told());
        }
        repo.stage("src/one.py", [&repo.read("src/one.py"), &b"x = 1\n"[..]].concat());
        repo.commit("heals");
        let own = repo.id("src/one.py");
        assert_eq!(head(repo, "src/one.py"), format!("# doc_id: {own}"));
        assert_eq!(repo.findings(""), ["DUPLICATE_IN_FS"]);
        assert_text("embedding-believed-what_two_files_carry_is_told_and_follows_neither", &told());
        repo.idhooks("inject --replace src/two.py").ok().done();
        repo.commit("put right");
        assert_eq!(repo.findings(""), [""; 0]);
        assert_eq!(repo.id("src/app.py"), id);
    });
}

#[test]
fn what_somebody_assigned_is_not_undone_by_what_a_file_carries() {
    on_carrying(|repo| {
        let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        repo.idhooks(["assign", &app, "src/util.py"]).ok().done();
        repo.idhooks(["assign", &util, "src/app.py"]).ok().done();
        // Edited as well, so that the commit looks at what it carries.
        repo.stage("src/app.py", [&repo.read("src/app.py"), &b"x = 1\n"[..]].concat());
        repo.commit("assign");
        assert_eq!(
            ["src/util.py", "src/app.py"].map(|path| repo.id(path)),
            [app.clone(), util.clone()]
        );
        let heads = ["src/util.py", "src/app.py"].map(|path| committed(repo, "HEAD", path));
        assert_eq!(heads, [&app, &util].map(|id| format!("# doc_id: {id}")));
        assert_eq!(repo.findings(""), [""; 0]);
        // They change places as files, and back.
        for ids in [[&util, &app], [&app, &util]] {
            let [one, two] = ["src/app.py", "src/util.py"].map(|path| repo.read(path));
            repo.stage("src/app.py", two);
            repo.stage("src/util.py", one);
            repo.commit("swap");
            assert_eq!(
                ["src/util.py", "src/app.py"].map(|path| repo.id(path)),
                ids.map(String::clone)
            );
        }
        assert_eq!(repo.findings("--history"), [""; 0]);
    });
}

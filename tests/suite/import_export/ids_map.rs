//! Second identities from a map: all or none, found again, unique.

use std::ffi::OsString;
use std::fs;

use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::reviewed::assert_text;

/// Returns an adopted repository with some files, and the path of a map beside it.
fn fixture(git: &crate::common::Git, map: &str) -> (Repo, String) {
    let repo = Repo::adopted(git);
    for path in ["docs/a b.md", "docs/c.md", "d.py"] {
        repo.stage(path, text(path));
    }
    repo.commit("files");
    let file = repo.root().join("ids.map");
    fs::write(&file, map).expect("writable");
    (repo, file.to_str().expect("a plain path").to_owned())
}

fn refuses(repo: &Repo, args: &[&str], thing: &str) {
    let before = Snapshot::of(repo);
    let args = ["import", "--ids-map"].iter().chain(args);
    repo.idhooks(args.map(OsString::from).collect::<Vec<_>>()).code(2).explains(thing).done();
    before.assert_same(repo);
}

const MAP: &str = "# ours\nDOC-0001\tdocs/a b.md\nDOC-0002 = docs\\c.md\r\nDOC-0003: 'd.py'\n";

#[test]
fn a_second_identity_finds_its_file_wherever_it_goes() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, MAP);
        let before = Snapshot::of(&repo);
        let shown = repo.idhooks(["import", "--ids-map", &file, "--dry-run"]).ok().stdout();
        assert_text(
            "import_export-ids_map-a_second_identity_finds_its_file_wherever_it_goes",
            &shown,
        );
        before.assert_same(&repo);
        repo.idhooks(["import", "--ids-map", &file]).ok().done();
        assert_eq!(repo.ask("diff --cached --name-only"), ".idhooks/registry.json");
        repo.commit("second identities");
        repo.run("mv d.py e.py");
        repo.commit("moved");
        let id = repo.id("e.py");
        assert_eq!(repo.record(&id)["metadata"]["doc_id"], "DOC-0003");
        let shown = repo.idhooks("show DOC-0003").ok().stdout();
        assert_text(
            "import_export-ids_map-a_second_identity_finds_its_file_wherever_it_goes-2",
            &shown,
        );
        let listed = repo.idhooks("list --path e.py").ok().stdout();
        assert_text(
            "import_export-ids_map-a_second_identity_finds_its_file_wherever_it_goes-3",
            &listed,
        );
        let then = repo.idhooks("show DOC-0003 --at HEAD~1").ok().stdout();
        assert_text(
            "import_export-ids_map-a_second_identity_finds_its_file_wherever_it_goes-4",
            &then,
        );
        repo.idhooks("check --strict").ok().done();
        repo.idhooks("show DOC-0004").code(2).explains("DOC-0004").done();
        // Again is no change, and a file of that name comes first.
        fs::write(&file, MAP.replace("d.py", "e.py")).expect("writable");
        let again = Snapshot::of(&repo);
        repo.idhooks(["import", "--ids-map", &file]).ok().done();
        again.assert_same(&repo);
        repo.commit_file("DOC-0003", "a file");
        let shown = repo.idhooks("show DOC-0003").ok().stdout();
        assert!(!shown.contains(&id), "{shown}");
    });
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, MAP);
        let bad = "DOC-1 docs/c.md\nDOC-1 d.py\nDOC-2 docs/d.md\nDOC-3 docs/c.md\nx.md\n";
        fs::write(&file, bad).expect("writable");
        for thing in [
            "line 2: DOC-1 is also on line 1",
            "line 3: 'docs/d.md' has no identity in this repository; did you mean 'docs/",
            "line 4: 'docs/c.md' is also on line 1",
            "line 5: 'x.md' is not an identity such as DOC-0001",
        ] {
            refuses(&repo, &[&file], thing);
        }
        repo.stage("new.md", text("new"));
        fs::write(&file, "DOC-1 new.md\n").expect("writable");
        refuses(&repo, &[&file], "run 'idhooks allocate' first");
        refuses(&repo, &["../none.map"], "none.map");
        refuses(&repo, &["docs"], "docs");
        fs::write(&file, [0xff, 0xfe]).expect("writable");
        refuses(&repo, &[&file], "not UTF-8");
        repo.idhooks(["import", "--ids-map", &file, "--config", &file]).code(2).done();
        let fresh = Repo::empty(git);
        refuses(&fresh, &[&file], "UTF-8");
        fs::write(&file, MAP).expect("writable");
        refuses(&fresh, &[&file], "not adopted");
    });
}

#[test]
fn what_is_there_is_replaced_only_if_forced_and_stays_unique() {
    for_each_git(|git| {
        let (repo, file) = fixture(git, MAP);
        repo.idhooks(["import", "--ids-map", &file]).ok().done();
        repo.commit("second identities");
        fs::write(&file, "DOC-0009 d.py\n").expect("writable");
        refuses(&repo, &[&file], "line 1: 'd.py' already has DOC-0003");
        fs::write(&file, "DOC-0001 d.py\n").expect("writable");
        refuses(&repo, &[&file, "--force"], "line 1: DOC-0001 belongs to 'docs/a b.md'");
        // Two that change places.
        fs::write(&file, "DOC-0002 d.py\nDOC-0003 docs/c.md\n").expect("writable");
        repo.idhooks(["import", "--force", "--ids-map", &file]).ok().done();
        repo.commit("changed");
        assert_eq!(repo.record(&repo.id("d.py"))["metadata"]["doc_id"], "DOC-0002");
        // Two branches that give one to two files.
        repo.run("switch -q -c side");
        fs::write(&file, "DOC-0005 d.py\n").expect("writable");
        repo.idhooks(["import", "--force", "--ids-map", &file]).ok().done();
        repo.commit("side");
        repo.run("switch -q main");
        fs::write(&file, "DOC-0005 docs/c.md\n").expect("writable");
        repo.idhooks(["import", "--force", "--ids-map", &file]).ok().done();
        repo.commit("main");
        let merged = repo.git("merge --no-edit side");
        merged.complains("lost DOC-0005, which docs/c.md keeps: d.py").done();
        repo.idhooks("check --strict").ok().done();
        assert_eq!(repo.record(&repo.id("docs/c.md"))["metadata"]["doc_id"], "DOC-0005");
        fs::write(&file, "DOC-0006 d.py\n").expect("writable");
        repo.idhooks(["import", "--force", "--ids-map", &file]).ok().done();
        repo.idhooks("check --strict").ok().done();
        repo.commit("put right");
    });
}

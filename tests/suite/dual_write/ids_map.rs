//! A legacy file that maps second identities to paths.

use super::enable;
use crate::common::{on_adopted, text};

const TABLE: &str = "format = \"ids-map\"\nlegacy = \"old/ids.map\"\n";
const MAP: &str = "old/ids.map";

#[test]
fn it_can_be_read_again_whatever_the_paths_are() {
    on_adopted(|repo| {
        enable(repo, TABLE);
        let odd =
            ["docs/a\nb.md", "docs/tab\t.md", "docs/end ", "docs/back\\slash", "docs/plain one.md"];
        for (n, path) in odd.iter().enumerate() {
            repo.write(path, text(path));
            repo.run("add docs");
            repo.commit(&format!("file {n}"));
            repo.idhooks(["assign", "--second", &format!("DOC-{n}"), path]).ok().done();
            repo.commit(&format!("second {n}"));
        }
        let map = String::from_utf8(repo.read(MAP)).expect("text");
        assert_eq!(
            map.lines().collect::<Vec<_>>(),
            [
                "DOC-0 $'docs/a\\012b.md'",
                "DOC-1 $'docs/tab\\011.md'",
                "DOC-2 $'docs/end '",
                "DOC-3 $'docs/back\\\\slash'",
                "DOC-4 docs/plain one.md"
            ]
        );
        let read = repo.idhooks(["import", "--ids-map", MAP, "--dry-run"]).ok().stdout();
        assert!(read.contains("5 already had it"), "{read}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_text_can_be_read_again() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    on_adopted(|repo| {
        enable(repo, TABLE);
        let path = OsStr::from_bytes(b"docs/\xff.md");
        std::fs::write(repo.path().join(path), text("odd")).expect("writable");
        repo.run("add docs");
        repo.commit("file");
        repo.write(".git/map", "DOC-1 $'docs/\\377.md'\n");
        repo.idhooks("import --ids-map .git/map").ok().done();
        repo.commit("second");
        assert_eq!(repo.read(MAP), b"DOC-1 $'docs/\\377.md'\n");
        let read = repo.idhooks(["import", "--ids-map", MAP]).ok().stdout();
        assert!(read.contains("1 already had it"), "{read}");
    });
}

#[test]
fn an_edit_by_hand_is_named_with_the_ways_out() {
    on_adopted(|repo| {
        enable(repo, TABLE);
        repo.idhooks("assign --second DOC-1 README.md").ok().done();
        repo.commit("second");
        let map = String::from_utf8(repo.read(MAP)).expect("text");
        repo.stage(MAP, format!("{map}DOC-2 notes.txt\n"));
        let blocked = repo.try_git("commit -q -m edited").code(1).stderr();
        for part in [
            "LEGACY_MISMATCH",
            "'old/ids.map' was edited: its lines do not match the second identities",
            "idhooks import --ids-map old/ids.map",
            "idhooks resolve",
        ] {
            assert!(blocked.contains(part), "{part}: {blocked}");
        }
        repo.idhooks(["import", "--ids-map", MAP]).ok().done();
        repo.commit("taken");
        assert_eq!(repo.read(MAP), format!("{map}DOC-2 notes.txt\n").as_bytes());
        repo.idhooks("check --rev HEAD").ok().done();
    });
}

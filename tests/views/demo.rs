//! `demo` is a smoke test of everything.

use std::path::Path;

use crate::repo::Repo;

#[test]
fn the_demo_holds_what_it_promises_and_leaves_nothing_behind() {
    let nowhere = Repo::nowhere();
    let start = std::time::Instant::now();
    let answer = nowhere.idhooks("demo");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{}", answer.stdout);
    assert!(start.elapsed().as_secs() < 10);
    for said in ["$ idhooks init", "$ git merge", "none used twice", "nothing left uncommitted"] {
        assert!(answer.stdout.contains(said), "{}", answer.stdout);
    }
    // The same wherever and whenever it runs, and nowhere does it write where it stands.
    assert_eq!(nowhere.idhooks("demo").stdout, answer.stdout);
    assert_eq!(std::fs::read_dir(nowhere.path()).expect("readable").count(), 0);

    let kept = nowhere.idhooks("demo --keep").stdout;
    let last = kept.lines().last().expect("a last line");
    let path = Path::new(last.strip_prefix("The repository is ").expect("a path"));
    assert!(path.join(".idhooks/registry.json").is_file());
    std::fs::remove_dir_all(path.parent().expect("a temporary directory")).expect("removable");
}

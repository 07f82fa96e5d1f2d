//! The output of `demo`, a smoke test of everything.

use std::path::Path;

use crate::views::repo::Repo;

#[test]
fn demo_shows_every_step_and_cleans_up() {
    let nowhere = Repo::nowhere();
    let answer = nowhere.idhooks("demo");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{}", answer.stdout);
    for line in ["$ idhooks init", "$ git merge", "none used twice", "nothing left uncommitted"] {
        assert!(answer.stdout.contains(line), "{}", answer.stdout);
    }
    // The output is always the same, and nothing is written to the current directory.
    assert_eq!(nowhere.idhooks("demo").stdout, answer.stdout);
    assert_eq!(std::fs::read_dir(nowhere.path()).expect("readable").count(), 0);

    let kept = nowhere.idhooks("demo --keep").stdout;
    let last = kept.lines().last().expect("a last line");
    let path = Path::new(last.strip_prefix("The repository is in ").expect("a path"));
    assert!(path.join(".idhooks/registry.json").is_file());
    std::fs::remove_dir_all(path.parent().expect("a temporary directory")).expect("removable");
}

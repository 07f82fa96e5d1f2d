//! `demo`, a smoke test of everything. What it prints is in the story.

use std::path::Path;

use crate::views::repo::Repo;

#[test]
fn demo_writes_only_to_a_directory_of_its_own() {
    let nowhere = Repo::nowhere();
    let answer = nowhere.idhooks("demo --keep");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{}", answer.stdout);
    assert_eq!(std::fs::read_dir(nowhere.path()).expect("readable").count(), 0);
    let last = answer.stdout.lines().last().expect("a last line");
    let path = Path::new(last.strip_prefix("The repository is in ").expect("a path"));
    assert!(path.join(".idhooks/registry.json").is_file());
    std::fs::remove_dir_all(path.parent().expect("a temporary directory")).expect("removable");
}

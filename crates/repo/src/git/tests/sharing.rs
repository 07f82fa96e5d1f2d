//! Tests of the permissions of objects: they are those that git gives.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::made::MadeRepo;

fn modes(object: &Path) -> [u32; 2] {
    let dir = object.parent().expect("a directory");
    [object, dir].map(|path| fs::metadata(path).expect("there").permissions().mode() & 0o7777)
}

#[test]
fn objects_are_shared_as_git_shares_them() {
    for value in ["umask", "group", "all", "0660", "0640", "0600"] {
        let made = MadeRepo::empty();
        made.git(&["config", "core.sharedRepository", value]);
        let repo = made.open();
        let ours = repo.write_blob(b"ours\n").expect("writable");
        made.write("theirs", "theirs\n");
        let theirs = made.git(&["hash-object", "-w", "theirs"]).parse().expect("an id");
        let [ours, theirs] = [ours, theirs].map(|id| modes(&repo.loose_path(id)));
        assert_eq!(ours, theirs, "{value}");
    }
}

//! Tests of changes to several files: all of them or none.

use super::*;

fn write(path: &Path, bytes: &[u8]) -> FileChange {
    FileChange::Write { path: path.to_owned(), bytes: bytes.to_vec(), access: Access::Keep }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("readable").map(|e| e.expect("entry").file_name());
    let mut names: Vec<_> = entries.map(|n| n.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn all_or_nothing() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let dir = temp.path();
    let scratch = Scratch::in_dir(dir);
    fs::write(dir.join("a"), "old").expect("writable");
    fs::write(dir.join("b"), "other").expect("writable");
    fs::write(dir.join("gone"), "gone").expect("writable");
    let mut changes = vec![
        write(&dir.join("sub/deep/c"), b"c"),
        write(&dir.join("a"), b"new"),
        FileChange::Remove { path: dir.join("gone") },
        FileChange::Move { from: dir.join("b"), to: dir.join("b2") },
        write(&dir.join("b"), b"mine"),
        FileChange::Move { from: dir.join("nothing"), to: dir.join("x") },
    ];
    apply(&scratch, &changes).expect_err("the last one cannot be done");
    assert_eq!(names(dir), ["a", "b", "gone"]);
    assert_eq!(fs::read(dir.join("a")).expect("readable"), b"old");
    assert_eq!(fs::read(dir.join("b")).expect("readable"), b"other");

    changes.pop();
    let stopped = StoreError::new("stop", "x", io::ErrorKind::Other.into());
    apply_and(&scratch, None, &changes, || Err(stopped)).expect_err("the last step fails");
    assert_eq!(names(dir), ["a", "b", "gone"]);
    assert_eq!(fs::read(dir.join("a")).expect("readable"), b"old");

    apply(&scratch, &changes).expect("possible");
    assert_eq!(names(dir), ["a", "b", "b2", "sub"]);
    assert_eq!(fs::read(dir.join("a")).expect("readable"), b"new");
    assert_eq!(fs::read(dir.join("b2")).expect("readable"), b"other");
}

#[test]
fn a_file_at_the_path_of_a_directory_stops_everything() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let dir = temp.path();
    let scratch = Scratch::in_dir(dir);
    fs::write(dir.join("file"), "x").expect("writable");
    let changes = [write(&dir.join("new/a"), b"a"), write(&dir.join("file/b"), b"b")];
    apply(&scratch, &changes).expect_err("no directory");
    assert_eq!(names(dir), ["file"]);
}

#[test]
fn a_replaced_file_is_restored_unless_it_was_changed_since() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let (file, scratch) = (temp.path().join("file"), Scratch::in_dir(temp.path()));
    let put = |expected: &str, last: &dyn Fn()| {
        fs::write(&file, "old").expect("writable");
        let new = Replacement::prepare(&scratch, &file, b"new").expect("writable");
        let failed = StoreError::new("test", &file, io::ErrorKind::Other.into());
        let done = apply_and(&scratch, Some((new, None)), &[], || {
            last();
            Err(failed)
        });
        done.expect_err("the last step fails");
        assert_eq!(fs::read_to_string(&file).expect("readable"), expected);
        assert_eq!(names(temp.path()), ["file"]);
    };
    put("old", &|| {});
    put("mine", &|| fs::write(&file, "mine").expect("writable"));
    put("own", &|| {
        fs::write(temp.path().join("other"), "own").expect("writable");
        fs::rename(temp.path().join("other"), &file).expect("in one directory");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_replaced_across_file_systems_is_restored() {
    let Ok(far) = tempfile::tempdir_in("/dev/shm") else { return };
    let near = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("writable");
    let (file, scratch) = (near.path().join("file"), Scratch::in_dir(far.path()));
    fs::write(&file, "old").expect("writable");
    let new = Replacement::prepare(&scratch, &file, b"new").expect("writable");
    let failed = StoreError::new("test", &file, io::ErrorKind::Other.into());
    let stamp = FileStamp::at(&file);
    apply_and(&scratch, Some((new, stamp)), &[], || Err(failed)).expect_err("the last step fails");
    assert_eq!(fs::read_to_string(&file).expect("readable"), "old");
    let new = Replacement::prepare(&scratch, &file, b"new").expect("writable");
    fs::write(&file, "changed").expect("writable");
    let done = apply_and(&scratch, Some((new, stamp)), &[], || Ok(()));
    assert!(matches!(done, Err(StoreError::Changed(_))), "{done:?}");
    assert_eq!(fs::read_to_string(&file).expect("readable"), "changed");
    assert_eq!((names(near.path()), names(far.path())), (vec!["file".to_owned()], vec![]));
}

#[test]
fn only_empty_directories_are_removed() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let dir = temp.path().join("a/b/c");
    assert_eq!(missing_dirs(&dir), 3);
    fs::create_dir_all(&dir).expect("writable");
    fs::write(temp.path().join("a/file"), "x").expect("writable");
    remove_empty_dirs(&dir, 3);
    assert_eq!(names(&temp.path().join("a")), ["file"]);
}

#[test]
fn a_name_that_another_program_has_used_since_stays_its_own() {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let [old, new] = ["old", "new"].map(|name| temp.path().join(name));
    let removal = FileChange::Remove { path: old.clone() };
    let move_ = FileChange::Move { from: old.clone(), to: new };
    for change in [removal, move_] {
        fs::write(&old, "old").expect("writable");
        let failed = StoreError::new("test", &old, io::ErrorKind::Other.into());
        let scratch = Scratch::in_dir(temp.path());
        apply_and(&scratch, None, &[change], || {
            fs::write(&old, "another").expect("writable");
            Err(failed)
        })
        .expect_err("the last step fails");
        assert_eq!(fs::read_to_string(&old).expect("readable"), "another");
        // The original content is kept under the other name.
        let names = names(temp.path());
        let other = names.iter().find(|name| *name != "old").expect("another name");
        let other = temp.path().join(other);
        assert_eq!(fs::read_to_string(&other).expect("readable"), "old");
        fs::remove_file(other).expect("removed");
    }
}

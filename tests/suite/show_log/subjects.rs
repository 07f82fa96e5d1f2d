//! By which names a record is found.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::{commit_all, told};
use crate::common::{on_adopted, text};

#[test]
fn from_below_from_a_bare_repository_and_on_another_branch() {
    on_adopted(|repo| {
        let below = repo.below("src");
        let app = ["adopt: allocated src/app.py"];
        assert_eq!(told(&below, "app.py"), app);
        assert_eq!(told(&below, "../src/app.py"), app);
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        let side = ["write side.md: allocated side.md"];
        assert_eq!(told(repo, "side.md --rev side"), side);
        repo.run("clone -q --bare . ../bare.git");
        assert_eq!(told(&repo.beside("bare.git"), "side.md --rev side"), side);
    });
}

#[test]
fn odd_names() {
    let names: [&[u8]; 6] =
        ["ein Bär 🎉.txt".as_bytes(), b"two\nlines", b"-n", b"\xff\xfe", b" ", b"a\"b\\c"];
    on_adopted(|repo| {
        let path = |dir: &str, name: &[u8]| -> OsString {
            OsStr::from_bytes(&[dir.as_bytes(), name].concat()).to_owned()
        };
        for name in names {
            repo.stage(path("odd/", name), text(&name.escape_ascii().to_string()));
        }
        repo.commit("add");
        repo.run("mv odd even");
        commit_all(repo, "move");
        for name in names {
            let [old, new] = ["odd/", "even/"].map(|dir| path(dir, name));
            let events = told(repo, vec!["--".into(), new.clone()]);
            let shown = new.to_string_lossy();
            assert_eq!(events.len(), 2, "{events:?}");
            assert_eq!(events[0], format!("add: allocated {}", old.to_string_lossy()));
            let moved = format!("move: renamed {shown} from={}", old.to_string_lossy());
            assert_eq!(events[1], moved);
            // By its old name it is the same file.
            assert_eq!(told(repo, vec!["--".into(), old]), events);
            let text = repo.idhooks(vec!["log".into(), "--".into(), new]).ok();
            assert_eq!(text.stdout().lines().count(), 2, "{text}");
        }
    });
}

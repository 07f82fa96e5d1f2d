//! By which names a record is found.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::{commit_all, log, told};
use crate::common::{Repo, for_each_git, on_adopted, text};

#[test]
fn a_former_path() {
    on_adopted(|repo| {
        let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        repo.mv("src/app.py", "old.py");
        commit_all(repo, "first");
        repo.mv("old.py", "app.py");
        commit_all(repo, "first-on");
        let events = told(repo, "app.py");
        assert_eq!(events.len(), 3);
        assert_eq!(told(repo, "old.py"), events);
        assert_eq!(
            log(repo, "old.py")["note"],
            format!("'old.py' is a former path of {app}, now 'app.py'")
        );
        assert_eq!(told(repo, "src/app.py"), events);
        repo.mv("src/util.py", "old.py");
        commit_all(repo, "second");
        repo.mv("old.py", "util.py");
        commit_all(repo, "second-on");
        // The one that had it last, and the other by name.
        let last = log(repo, "old.py");
        assert_eq!(last["id"], util);
        let note = format!(
            "'old.py' is a former path of {util}, now 'util.py'; before that 'old.py' was {app}"
        );
        assert_eq!(last["note"], note);
        repo.idhooks("log old.py").ok().complains(&note).done();
        let quiet = repo.idhooks("log old.py -q").ok();
        assert_eq!(quiet.stderr(), "");
    });
}

#[test]
fn a_path_that_several_records_have() {
    on_adopted(|repo| {
        let first = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        commit_all(repo, "delete");
        repo.commit_file("other.md", text("something in between"));
        repo.commit_file("notes.txt", text("something else"));
        let second = repo.id("notes.txt");
        assert_ne!(first, second);
        let log = log(repo, "notes.txt");
        assert_eq!(log["id"], second);
        let note = format!("'notes.txt' is also the path of {first} (deprecated)");
        assert_eq!(log["note"], note);
    });
}

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

#[test]
fn what_is_not_known() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.idhooks("log README.md").code(2).explains("there is no commit yet").done();
        repo.stage("README.md", text("README"));
        repo.commit("before");
        repo.idhooks("log README.md").code(2).explains("cannot find a registry").done();
        let repo = repo.adopt("");
        repo.idhooks("log READ.md")
            .code(2)
            .explains("READ.md")
            .complains("did you mean 'README.md'?")
            .done();
        repo.idhooks("log idhooks.toml").code(2).explains("'idhooks.toml'").done();
        repo.idhooks("log 0199900000000000").code(2).explains("0199900000000000").done();
        repo.idhooks("log 2099912345260118").code(2).explains("2099912345260118").done();
        repo.idhooks("log ../outside").code(2).explains("outside").done();
        repo.idhooks("log README.md --rev nonsense").code(2).explains("nonsense").done();
        repo.idhooks("log README.md --rev HEAD~1")
            .code(2)
            .explains("cannot find a registry")
            .done();
        repo.idhooks("log").code(2).done();
    });
}

//! `idhooks show` of paths that files had before.

use super::commit_all;
use crate::common::{on_adopted, text};
use crate::reviewed::assert_text;

#[test]
fn a_former_path_shows_what_it_is_called_now() {
    on_adopted(|repo| {
        let app = repo.id("src/app.py");
        repo.mv("src/app.py", "between.py");
        commit_all(repo, "first");
        repo.mv("between.py", "app.py");
        commit_all(repo, "second");
        for old in ["src/app.py", "between.py"] {
            let shown = repo.idhooks(["show", old, "--format", "json"]).ok().json();
            assert_eq!(shown["allocation"]["id"], app);
            assert_eq!(shown["allocation"]["file_path"], "app.py");
            let note = format!("'{old}' is a former path of {app}, now 'app.py'");
            assert_eq!(shown["note"], note);
            // As 'log' says it, in a commit and in everything.
            repo.idhooks(["log", old]).ok().complains(&note).done();
            repo.idhooks(["show", old, "--rev", "HEAD"]).ok().done();
            let all = repo.idhooks(["show", old]).ok().stdout();
            assert!(all.contains(&note), "{all}");
        }
        let then = repo.idhooks(["show", "src/app.py", "--at", "HEAD~1"]).ok().stdout();
        assert_text("show_log-former-a_former_path_shows_what_it_is_called_now", &then);
        // Below the root, and gone since.
        repo.below("src").idhooks("show app.py").ok().done();
        repo.run("rm -q app.py");
        commit_all(repo, "gone");
        let gone = repo.idhooks("show between.py").ok().stdout();
        assert_text("show_log-former-a_former_path_shows_what_it_is_called_now-2", &gone);
    });
}

#[test]
fn what_is_there_and_what_never_was_are_no_former_paths() {
    on_adopted(|repo| {
        repo.mv("src/app.py", "app.py");
        commit_all(repo, "move");
        repo.stage("src/app.py", text("another file"));
        repo.idhooks("show src/app.py").code(2).explains("cannot find an identity").done();
        repo.idhooks("show src/never.py").code(2).explains("cannot find an identity").done();
        repo.idhooks("show .idhooks/registry.json")
            .code(2)
            .complains("files of idhooks have no identity")
            .done();
        commit_all(repo, "end");
    });
}

//! `idhooks url` for files that are deprecated or gone.

use crate::common::{Repo, on_adopted, text};

const FORGE: &str = "https://github.com/team/docs";

/// Says that HEAD is the branch `main` on a forge, as after a push.
fn pushed(repo: &Repo) {
    if repo.try_git("remote get-url origin").exit() != Some(0) {
        repo.run(["remote", "add", "origin", &format!("{FORGE}.git")]);
    }
    repo.run("update-ref refs/remotes/origin/main HEAD");
}

/// Asserts that a link leads to a file in a commit, and that this is said to be the last version.
fn assert_last_version(repo: &Repo, subject: &str, commit: &str, path: &str) {
    let said = repo.idhooks(["url", subject]).ok();
    assert_eq!(said.stdout(), format!("{FORGE}/blob/{commit}/{path}\n"));
    let note = format!("is deprecated; the link leads to the last version of '{path}'\n");
    assert!(said.stderr().ends_with(&note), "{said}");
}

#[test]
fn a_deprecated_file_that_stays_keeps_its_page() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        let before = repo.rev("HEAD");
        repo.idhooks("-q deprecate notes.txt --reason outdated").ok().done();
        repo.commit("deprecate");
        repo.append("notes.txt", "more\n");
        repo.run("commit -qam edit");
        pushed(repo);
        for rev in ["", "--rev HEAD", "--rev origin/main"] {
            let said = repo.idhooks(format!("url {id} {rev}").as_str()).ok();
            assert_eq!(said.stdout(), format!("{FORGE}/blob/main/notes.txt\n"), "{rev}");
            let note = format!("note: {id} is deprecated; its file 'notes.txt' is still there\n");
            assert_eq!(said.stderr(), note, "{rev}");
        }
        // It was not deprecated then.
        let said = repo.idhooks(["url", &id, "--rev", &before]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/{before}/notes.txt\n"));
        assert_eq!(said.stderr(), "");

        // The last version is the one that was edited after the identity was deprecated.
        let last = repo.rev("HEAD");
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        pushed(repo);
        assert_last_version(repo, &id, &last, "notes.txt");
    });
}

#[test]
fn a_last_version_is_found_however_often_another_file_changed_there() {
    on_adopted(|repo| {
        let (id, last) = (repo.id("src/app.py"), repo.rev("HEAD"));
        repo.run("rm -q src/app.py");
        repo.commit("delete");
        repo.commit_file("src/app.py", text("other"));
        for edit in 0..60 {
            repo.append("src/app.py", &format!("# {edit}\n"));
            repo.run("commit -qam edit");
        }
        pushed(repo);
        assert_last_version(repo, &id, &last, "src/app.py");
    });
}

#[test]
fn a_file_of_a_merged_branch_has_its_last_version() {
    on_adopted(|repo| {
        repo.run("checkout -q -b topic");
        repo.commit_file("draft.md", text("draft"));
        let last = repo.rev("HEAD");
        repo.run("rm -q draft.md");
        repo.commit("delete");
        repo.run("checkout -q main");
        repo.run("merge -q --no-ff -m merge topic");
        pushed(repo);
        assert_last_version(repo, "draft.md", &last, "draft.md");
    });
}

#[test]
fn what_a_partial_clone_lacks_is_named() {
    on_adopted(|repo| {
        repo.configure(&format!("[links]\nrepository = '{FORGE}'\n"));
        let id = repo.id("src/app.py");
        repo.run("rm -q src/app.py");
        repo.commit("delete");
        repo.commit_file("new.md", text("new"));
        repo.run("config uploadpack.allowFilter true");
        let from = format!("file://{}", repo.path().display());
        for (filter, arguments) in [
            ("tree:0", id),
            ("tree:0", "new.md --rev HEAD~1".to_owned()),
            ("blob:none", "new.md --rev HEAD~1".to_owned()),
        ] {
            repo.run(["clone", "-q", &format!("--filter={filter}"), &from, "../partial"]);
            repo.run("-C ../partial remote set-url origin file:///nowhere");
            let said = repo.idhooks(format!("-C ../partial url {arguments}").as_str()).code(1);
            let remedy = "fetch the rest: git fetch --refetch --no-filter";
            assert!(said.stderr().contains(remedy), "{said}");
            assert!(!said.stderr().contains("\\n"), "{said}");
            repo.sh("rm -r ../partial").ok().done();
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_utf_8_has_its_last_version() {
    use std::os::unix::ffi::OsStrExt;
    on_adopted(|repo| {
        let path = std::ffi::OsStr::from_bytes(b"docs/\xff.md");
        repo.stage(path, text("odd"));
        repo.commit("add");
        let last = repo.rev("HEAD");
        repo.run("rm -qr docs");
        repo.commit("delete");
        pushed(repo);
        let said = repo.idhooks(vec!["url".into(), path.to_os_string()]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/{last}/docs/%FF.md\n"));
    });
}

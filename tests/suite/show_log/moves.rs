//! Where a file went, commit by commit.

use super::{commit_all, told};
use crate::common::{Repo, for_each_git, on_adopted, text};

#[test]
fn renames_moves_of_directories_and_copies() {
    on_adopted(|repo| {
        let id = repo.id("src/app.py");
        repo.mv("src/app.py", "src/main.py");
        commit_all(repo, "rename");
        repo.append("src/main.py", "more\n");
        commit_all(repo, "edit");
        repo.run("mv src lib");
        commit_all(repo, "directory");
        repo.write("lib/copy.py", repo.read("lib/main.py"));
        repo.append("lib/main.py", "even more\n");
        commit_all(repo, "copy");
        let main = [
            "adopt: allocated src/app.py",
            "rename: renamed src/main.py from=src/app.py",
            "directory: renamed lib/main.py from=src/main.py",
        ];
        assert_eq!(told(repo, "lib/main.py"), main);
        assert_eq!(told(repo, [id.as_str()]), main);
        let copy = format!("copy: copied lib/copy.py copied_from={id}");
        assert_eq!(told(repo, "lib/copy.py"), [copy]);
        let util =
            ["adopt: allocated src/util.py", "directory: renamed lib/util.py from=src/util.py"];
        assert_eq!(told(repo, "lib/util.py"), util);
    });
}

#[test]
fn a_file_that_goes_and_comes_back() {
    on_adopted(|repo| {
        repo.run("rm -q notes.txt");
        commit_all(repo, "delete");
        let gone = ["adopt: allocated notes.txt", "delete: deprecated notes.txt reason=deleted"];
        assert_eq!(told(repo, "notes.txt"), gone);
        repo.stage("notes.txt", text("notes.txt"));
        repo.commit("again");
        repo.mv("notes.txt", "docs/notes.txt");
        commit_all(repo, "rename");
        repo.mv("docs/notes.txt", "notes.txt");
        commit_all(repo, "back");
        repo.run("rm -q notes.txt");
        commit_all(repo, "delete-again");
        let all = [
            gone[0],
            gone[1],
            "again: revived notes.txt",
            "rename: renamed docs/notes.txt from=notes.txt",
            "back: renamed notes.txt from=docs/notes.txt",
            "delete-again: deprecated notes.txt reason=deleted",
        ];
        assert_eq!(told(repo, "notes.txt"), all);
        assert_eq!(told(repo, "notes.txt -n 2"), all[4..]);
        assert_eq!(told(repo, "notes.txt --rev HEAD~3"), all[..3]);
        let newest_first = repo.idhooks("log notes.txt -n 2 --quiet").ok();
        assert_eq!(newest_first.stderr(), "");
        let rows = newest_first.stdout();
        let rows: Vec<&str> = rows.lines().collect();
        assert!(rows[0].ends_with("  deprecated  notes.txt (deleted)"), "{rows:?}");
        assert!(rows[1].ends_with("  renamed     docs/notes.txt -> notes.txt"), "{rows:?}");
        let head = &repo.rev("HEAD")[..10];
        assert!(rows[0].contains(&format!("Z  {head}  Ann Author  ")), "{rows:?}");
        assert_eq!(rows.len(), 2);
    });
}

#[test]
fn what_nobody_registered_is_told_of_the_commit_that_healed_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.mv("src/app.py", "src/main.py");
        repo.run("commit -q --no-verify -m unseen");
        repo.mv("src/main.py", "src/start.py");
        repo.run("commit -q --no-verify -m unseen-too");
        repo.commit_file("more.txt", text("more"));
        let events =
            ["adopt: allocated src/app.py", "write more.txt: renamed src/start.py from=src/app.py"];
        assert_eq!(told(&repo, "src/start.py"), events);
    });
}

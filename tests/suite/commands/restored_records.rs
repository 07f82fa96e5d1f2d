//! Restoring a backup loses no record, and takes no other project's registry by accident.

use super::refuses;
use crate::common::{Repo, Snapshot, for_each_git, gits, on_adopted, text};

/// The tracked files of an adopted repository.
const PATHS: [&str; 7] = [
    "README.md",
    "data/table.csv",
    "docs/guide.md",
    "docs/intro.md",
    "notes.txt",
    "src/app.py",
    "src/util.py",
];
const REFS: &str = "refs/idhooks/backups/*:refs/idhooks/backups/*";

/// Returns a new repository beside another one.
fn new_beside(repo: &Repo, name: &str) -> Repo {
    repo.run(["init", "-q", "-b", "main", &format!("../{name}")]);
    repo.beside(name)
}

/// Stages the files of another repository.
fn stage_files_of(repo: &Repo, other: &Repo, paths: &[&str]) {
    paths.iter().for_each(|path| repo.stage(path, other.read(path)));
}

/// Pushes a backup of a repository to the hub beside it.
fn push(repo: &Repo) {
    repo.idhooks("backup create").ok().done();
    repo.run("init -q --bare ../hub");
    repo.idhooks("backup push ../hub").ok().done();
}

/// Returns the id of the last backup.
fn last_backup(repo: &Repo) -> String {
    let line = super::said(repo, "backup list").pop().expect("a backup");
    line.split(' ').nth(1).expect("an id").to_owned()
}

#[test]
fn records_without_a_file_come_back_in_an_index_that_was_just_adopted() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let ids = PATHS.map(|path| repo.id(path));
        let scope = ids[0][10..].to_owned();
        push(repo);
        for staged in [0, 1, 4] {
            let new = new_beside(repo, &format!("new{staged}"));
            stage_files_of(&new, repo, &PATHS[..staged]);
            new.idhooks(["init", "--scope", &scope]).ok().done();
            new.idhooks("install --quiet").ok().done();
            let restored = new.idhooks("backup restore --from ../hub").ok();
            restored.complains("restored 7 of 7 records").done();
            new.commit("adopt");
            stage_files_of(&new, repo, &PATHS);
            new.stage("other.md", text("other"));
            new.commit("files");
            assert_eq!(PATHS.map(|path| new.id(path)), ids, "{staged} files");
            assert!(!ids.contains(&new.id("other.md")));
            assert!(new.findings("").is_empty());
        }
    });
}

#[test]
fn no_repository_with_backups_is_adopted_again_even_without_files() {
    on_adopted(|repo| {
        push(repo);
        let new = &new_beside(repo, "new");
        new.run(["fetch", "-q", "../hub", REFS]);
        refuses(new, "init", "this clone has backups of a registry");
        new.idhooks("init").code(2).complains("idhooks init --force").done();
        new.idhooks("init --force --scope 222222").ok().done();
        let refused = new.idhooks("backup restore").code(2).stderr();
        assert!(refused.contains("no backup has scope 222222"), "{refused}");
        let id = last_backup(new);
        let before = Snapshot::of(new);
        let refused = new.idhooks(["backup", "restore", &id]).code(2).stderr();
        before.assert_same(new);
        assert!(refused.contains("the backup of "), "{refused}");
        assert!(refused.contains("but this repository has scope 222222"), "{refused}");
        // The hint leads to a restored registry.
        let undo = refused.split("restore: git").nth(1).and_then(|rest| rest.lines().next());
        new.sh(&format!("git{}", undo.expect("a command"))).ok().done();
        new.idhooks("backup restore").ok().done();
        assert_eq!(new.idhooks("list").ok().stdout().lines().count(), PATHS.len());
    });
}

#[test]
fn the_backup_of_another_project_is_not_taken_by_accident() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let ids = PATHS.map(|path| repo.id(path));
        push(repo);
        let own = last_backup(repo);
        let other = &new_beside(repo, "other");
        other.stage("main.py", text("main"));
        other.idhooks("init --scope 111111").ok().done();
        push(other);
        let new = &new_beside(repo, "new");
        stage_files_of(new, repo, &PATHS);
        let refused = new.idhooks("backup restore --from ../hub").code(2).stderr();
        for text in
            ["several scopes", "111111 and 1 record, such as that of 'main.py'", "README.md"]
        {
            assert!(refused.contains(text), "{text}: {refused}");
        }
        assert!(refused.contains(&format!("backup restore {}", &own[..12])), "{refused}");
        new.idhooks(["backup", "restore", &own]).ok().done();
        new.commit("adopt");
        assert_eq!(PATHS.map(|path| new.id(path)), ids);
        // A repository with a scope has only the backups with that scope.
        new.idhooks("backup restore").ok().complains("restored 7 of 7 records").done();
        // One backup, but of other files.
        let last = &new_beside(repo, "last");
        stage_files_of(last, other, &["main.py"]);
        last.run(["fetch", "-q", "../work", REFS]);
        refuses(last, "backup restore", "has no path of a file in the index");
        last.idhooks(["backup", "restore", &own]).ok().done();
    });
}

#[test]
fn a_smaller_backup_does_not_replace_a_larger_one_by_accident() {
    on_adopted(|repo| {
        let ids = PATHS.map(|path| repo.id(path));
        let scope = ids[0][10..].to_owned();
        push(repo);
        let own = last_backup(repo);
        let empty = &new_beside(repo, "empty");
        empty.idhooks(["init", "--scope", &scope]).ok().done();
        push(empty);
        let new = &new_beside(repo, "new");
        stage_files_of(new, repo, &PATHS);
        let refused = new.idhooks("backup restore --from ../hub").code(2).stderr();
        assert!(refused.contains("the last backup lacks 7 records of an earlier one"), "{refused}");
        assert!(refused.contains(&format!("backup restore {}", &own[..12])), "{refused}");
        new.idhooks(["backup", "restore", &own]).ok().done();
        new.commit("adopt");
        assert_eq!(PATHS.map(|path| new.id(path)), ids);
    });
}

#[test]
fn records_that_a_commit_replaced_are_counted() {
    on_adopted(|repo| {
        let (id, scope) = (repo.id("README.md"), repo.id("README.md")[10..].to_owned());
        push(repo);
        let new = &new_beside(repo, "new");
        new.stage("README.md", text("another"));
        new.idhooks(["init", "--scope", &scope]).ok().done();
        new.idhooks("install --quiet").ok().done();
        new.commit("adopt");
        let restored = new.idhooks("backup restore --from ../hub --dry-run").ok().stderr();
        assert!(restored.contains("restored 0 of 7 records"), "{restored}");
        assert!(restored.contains("1 record was not restored"), "{restored}");
        assert!(restored.contains(&format!("{id} for 'README.md': commits gave")), "{restored}");
        assert!(restored.contains("6 records were not restored"), "{restored}");
    });
}

#[test]
fn a_registry_damaged_only_in_the_working_tree_is_restored_from_the_index() {
    let repo = &Repo::adopted(&gits()[0]);
    repo.idhooks("deprecate README.md --reason old").ok().done();
    let staged = repo.ask("rev-parse :.idhooks/registry.json");
    for damage in ["rm .idhooks/registry.json", "echo '{' > .idhooks/registry.json"] {
        repo.sh(damage).ok().done();
        let refused = repo.try_git("commit -q -a -m blocked").stderr();
        let command = "git restore --worktree .idhooks/registry.json";
        assert!(refused.contains(command), "{damage}: {refused}");
        repo.sh(command).ok().done();
        assert_eq!(repo.ask("hash-object .idhooks/registry.json"), staged);
    }
    repo.commit("deprecate");
}

//! Places that cannot be written. Permissions do not bind every user, so here a file stands
//! where a directory must be, or the other way round.

use crate::common::{Repo, Snapshot, for_each_git, on_adopted, quoted_binary, skip, text};
use crate::judge;

const REGISTRY: &str = ".idhooks/registry.json";

#[test]
fn init_where_a_file_is_in_the_way() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("a.md", text("a"));
        repo.write(".idhooks", "in the way\n");
        let before = Snapshot::of(&repo);
        repo.idhooks("init").code(2).explains(".idhooks").done();
        before.assert_same(&repo);
    });
}

#[test]
fn init_where_a_directory_is_in_the_way() {
    for_each_git(|git| {
        for path in ["idhooks.toml", ".gitattributes"] {
            let repo = Repo::empty(git);
            repo.stage("a.md", text("a"));
            repo.write(format!("{path}/file"), "in the way\n");
            let before = Snapshot::of(&repo);
            repo.idhooks("init").code(2).explains(path).done();
            before.assert_same(&repo);
        }
    });
}

#[test]
fn init_while_the_index_is_locked() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("a.md", text("a"));
        repo.write(".git/index.lock", "");
        let before = Snapshot::of(&repo);
        repo.idhooks("init").code(2).explains("index.lock").done();
        repo.remove(".git/index.lock");
        before.assert_same(&repo);
    });
}

#[test]
fn allocating_while_the_index_is_locked() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        repo.run("config idhooks.lockTimeout 0");
        repo.write(".git/index.lock", "");
        let before = Snapshot::of(repo);
        repo.idhooks("allocate new.md").code(2).explains("index.lock").done();
        repo.remove(".git/index.lock");
        before.assert_same(repo);
        repo.commit("new");
    });
}

#[test]
fn install_is_all_or_nothing() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        std::fs::remove_dir_all(repo.path().join(".git/hooks")).expect("there are hooks");
        repo.write(".git/hooks", "in the way\n");
        let config = repo.read(".git/config");
        repo.idhooks("install").code(2).explains("hooks").done();
        assert_eq!(repo.read(".git/config"), config);
        assert_eq!(repo.read(".git/hooks"), b"in the way\n");
        let attributes = repo.path().join(".git/info/attributes");
        let text = std::fs::read_to_string(attributes).unwrap_or_default();
        assert!(!text.contains("idhooks"), "{text}");
    });
}

#[test]
fn a_commit_where_the_registry_cannot_be_written() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.remove(REGISTRY);
        std::fs::remove_dir(repo.path().join(".idhooks")).expect("it is empty");
        repo.write(".idhooks", "in the way\n");
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(&repo);
        if repo.try_git("commit -q -m new").succeeded() {
            judge::assert_all_consistent(&repo);
            assert_eq!(repo.id("new.md").len(), 16);
        } else {
            before.assert_same(&repo);
        }
        assert_eq!(repo.read(".idhooks"), b"in the way\n");
    });
}

/// Gives a file or directory a mode.
fn chmod(repo: &Repo, path: &str, mode: u32) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(repo.path().join(path), mode).expect("own file");
}

#[test]
fn a_read_only_registry_is_replaced_and_stays_so() {
    on_adopted(|repo| {
        chmod(repo, REGISTRY, 0o444);
        repo.commit_file("new.md", text("new"));
        let meta = std::fs::metadata(repo.path().join(REGISTRY)).expect("it is there");
        let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions());
        assert_eq!(mode & 0o777, 0o444);
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-edit side");
    });
}

#[test]
fn a_directory_where_nothing_may_be_replaced() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        // Nobody, if we may become nobody: permissions do not bind every user.
        let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups --";
        chmod(&repo, "..", 0o777);
        let able = format!("chown -R 65534:65534 .. && {nobody} idhooks_of_the_clone list");
        let able = able.replace("idhooks_of_the_clone", &quoted_binary());
        if !repo.sh(&able).succeeded() {
            skip("another user cannot run idhooks here");
            return;
        }
        let run = |line: &str| repo.sh(&format!("{nobody} git {line}"));
        repo.write("new.md", text("new"));
        run("add new.md").ok().done();
        chmod(&repo, ".idhooks", 0o555);
        run("commit -q -m new").refused().explains("registry.json").done();
        chmod(&repo, ".idhooks", 0o755);
        run("commit -q -m new").ok().done();
        repo.sh("chown -R $(id -u) ..").ok().done();
        judge::assert_good(&repo);
    });
}

#[test]
fn a_registry_that_is_a_directory_in_the_working_tree() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.remove(REGISTRY);
        repo.write(format!("{REGISTRY}/file"), "in the way\n");
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(&repo);
        if repo.try_git("commit -q -m new").succeeded() {
            judge::assert_all_consistent(&repo);
        } else {
            before.assert_same(&repo);
        }
        assert_eq!(repo.read(&format!("{REGISTRY}/file")), b"in the way\n");
    });
}

#[test]
fn a_memory_that_cannot_be_written_is_a_warning() {
    on_adopted(|repo| {
        std::fs::remove_dir_all(repo.path().join(".git/idhooks")).ok();
        repo.write(".git/idhooks", "in the way\n");
        repo.stage("new.md", text("new"));
        repo.git("commit -q -m new").complains("warning: ").done();
        repo.commit_file("newer.md", text("newer"));
        assert_eq!(repo.read(".git/idhooks"), b"in the way\n");
    });
}

#[test]
fn a_memory_with_torn_lines_is_read() {
    on_adopted(|repo| {
        repo.write(".git/idhooks/given", b"c122650e81a52c85 01100\n\xff\xfe\n\n0".as_slice());
        repo.commit_file("new.md", text("new"));
        repo.remove(".git/idhooks/given");
        repo.commit_file("newer.md", text("newer"));
    });
}

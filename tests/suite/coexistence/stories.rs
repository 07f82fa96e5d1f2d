//! What must hold with every manager.

use super::manager::{Manager, follow, installed, marks, problems};
use crate::common::{Repo, SCOPE, for_each_git, text};
use crate::judge;

/// The manager comes first, then idhooks; idhooks goes, comes back, then the manager goes.
pub(super) fn manager_first(manager: &Manager) {
    for_each_git(|git| {
        let repo = manager.repo(git);
        manager.install(&repo);
        let before = installed(&repo);
        repo.idhooks(format!("init --scope {SCOPE}").as_str()).ok().done();
        let said = repo.idhooks("install").ok().stderr();
        assert!(problems(&repo).is_empty(), "{said}\n{:?}", problems(&repo));
        repo.commit("adopt");
        both_work(&repo, manager, "beside");

        repo.idhooks("uninstall").ok().done();
        assert_eq!(installed(&repo), before, "after: {said}");
        repo.stage("alone.txt", "alone\n");
        marks(&repo);
        repo.run(["commit", "-q", "-m", "without idhooks"]);
        assert_eq!(marks(&repo).is_empty(), !manager.has("pre-commit"));
        let untrue = repo.rev("HEAD");

        let said = repo.idhooks("install").ok().stderr();
        follow(&repo, &said);
        repo.stage("told.txt", "told\n");
        repo.run("add -A");
        repo.commit("healed, and told");
        manager.install_again(&repo);
        assert!(problems(&repo).is_empty(), "{said}\n{:?}", problems(&repo));
        both_work_but(&repo, manager, "told", &[&untrue]);

        manager.uninstall(&repo);
        assert!(problems(&repo).is_empty(), "{:?}", problems(&repo));
        idhooks_works(&repo, "last", &[&untrue]);
    });
}

/// idhooks comes first, then the manager; the manager goes, comes back, then idhooks goes.
pub(super) fn idhooks_first(manager: &Manager) {
    for_each_git(|git| {
        let repo = manager.repo(git);
        repo.init_and_install("");
        repo.commit("adopt");
        let alone = installed(&repo);

        manager.install(&repo);
        let displaced = problems(&repo);
        assert_eq!(!displaced.is_empty(), manager.displaces, "{displaced:?}");
        let said = repo.idhooks("install").ok().stderr();
        follow(&repo, &said);
        manager.install_again(&repo);
        assert!(problems(&repo).is_empty(), "{displaced:?}\n{said}\n{:?}", problems(&repo));
        repo.run("add -A");
        repo.run("commit -q --allow-empty -m told");
        both_work(&repo, manager, "beside");

        manager.uninstall(&repo);
        assert!(problems(&repo).is_empty(), "{:?}", problems(&repo));
        idhooks_works(&repo, "alone", &[]);
        let stub = repo.path().join(".git/hooks/pre-commit");
        assert_eq!(installed(&repo)[&stub], alone[&stub], "the stub as it was");

        manager.install_again(&repo);
        repo.idhooks("uninstall").ok().done();
        for (path, (_, text)) in installed(&repo) {
            let ours = text.contains(">>> idhooks") || text.contains("merge-driver");
            assert!(!ours, "left in {}:\n{text}", path.display());
        }
        manager.install(&repo);
        repo.stage("without.txt", "without\n");
        marks(&repo);
        repo.run(["commit", "-q", "-m", "without idhooks"]);
        assert_eq!(marks(&repo).is_empty(), !manager.has("pre-commit"));
    });
}

/// A stub of an older version is replaced where it stands, and nothing else changes.
pub(super) fn upgrade(manager: &Manager) {
    for_each_git(|git| {
        for manager_first in [true, false] {
            let repo = manager.repo(git);
            if manager_first {
                manager.install(&repo);
            }
            repo.init_and_install("");
            if !manager_first {
                manager.install(&repo);
                repo.idhooks("install").ok().done();
            }
            let new = installed(&repo);
            let mut older = 0;
            for (path, (_, text)) in &new {
                let old = text.replace("# >>> idhooks v1", "# >>> idhooks v0");
                let old = old.replace("# Runs idhooks. ", "# Older words. ");
                if old != *text && path.parent().is_some_and(|dir| !dir.ends_with("info")) {
                    older += 1;
                    std::fs::write(path, old).expect("writable");
                }
            }
            assert!(older >= 3, "every event has a stub: {older}");
            let outdated = problems(&repo);
            assert!(outdated.contains(&"hook pre-commit is outdated".to_owned()), "{outdated:?}");
            repo.idhooks("install").ok().done();
            assert_eq!(installed(&repo), new);
            assert!(problems(&repo).is_empty());
        }
    });
}

/// Commits and merges are true, the manager's hooks run, and one that fails stops the commit.
pub(super) fn both_work(repo: &Repo, manager: &Manager, name: &str) {
    both_work_but(repo, manager, name, &[]);
}

fn both_work_but(repo: &Repo, manager: &Manager, name: &str, untrue: &[&str]) {
    marks(repo);
    repo.stage(format!("{name}/old/a"), text(name));
    repo.stage(format!("{name}/old/b"), text(&format!("{name} b")));
    let output = repo.git(["commit", "-q", "-m", name]).stderr();
    let ran = marks(repo);
    assert_eq!(
        ran.contains(&"pre-commit".to_owned()),
        manager.has("pre-commit"),
        "{ran:?} {output}"
    );

    if manager.has("pre-commit") {
        let before = repo.rev("HEAD");
        repo.stage(format!("{name}/refused"), text("refused"));
        repo.with("FAIL", "1").try_git("commit -q -m refused").refused().done();
        assert_eq!(repo.rev("HEAD"), before);
        repo.run(["rm", "-q", "-f", &format!("{name}/refused")]);
        repo.run("reset -q --hard");
    }
    merges(repo, name);
    let ran = marks(repo);
    assert_eq!(ran.contains(&"post-merge".to_owned()), manager.has("post-merge"), "{ran:?}");
    rebases(repo, name);
    let ran = marks(repo);
    assert_eq!(ran.contains(&"post-rewrite".to_owned()), manager.has("post-rewrite"), "{ran:?}");
    judge::assert_consistent_except(repo, untrue);
    judge::assert_clean(repo);
}

/// Commits and merges are true.
fn idhooks_works(repo: &Repo, name: &str, untrue: &[&str]) {
    repo.stage(format!("{name}/old/a"), text(name));
    repo.stage(format!("{name}/old/b"), text(&format!("{name} b")));
    repo.commit(name);
    merges(repo, name);
    rebases(repo, name);
    judge::assert_consistent_except(repo, untrue);
    judge::assert_clean(repo);
}

/// Makes a rebase that only the post-rewrite hook can make true, for the same reason.
fn rebases(repo: &Repo, name: &str) {
    repo.run(["checkout", "-q", "-b", &format!("{name}-rebased")]);
    repo.commit_file(&format!("{name}/new/d"), text(&format!("{name} d")));
    let added = repo.id(&format!("{name}/new/d"));
    repo.run("checkout -q main");
    repo.mv(&format!("{name}/new"), &format!("{name}/newest"));
    repo.commit("rename the directory again");
    let branch = format!("{name}-rebased");
    repo.run(["-c", "merge.directoryRenames=true", "rebase", "-q", "main", &branch]);
    assert_eq!(repo.id(&format!("{name}/newest/d")), added);
    repo.run("checkout -q main");
    repo.run(["merge", "-q", "--ff-only", &branch]);
}

/// Makes a merge that only the post-merge hook can make true: git moves the new file into the
/// directory that the other side renamed.
fn merges(repo: &Repo, name: &str) {
    let id = repo.id(&format!("{name}/old/a"));
    repo.run(["checkout", "-q", "-b", name]);
    repo.mv(&format!("{name}/old"), &format!("{name}/new"));
    repo.commit("rename a directory");
    repo.run("checkout -q main");
    repo.commit_file(&format!("{name}/old/c"), text(&format!("{name} c")));
    let added = repo.id(&format!("{name}/old/c"));
    repo.run(["-c", "merge.directoryRenames=true", "merge", "-q", "--no-edit", name]);
    assert_eq!(repo.id(&format!("{name}/new/a")), id);
    assert_eq!(repo.id(&format!("{name}/new/c")), added);
}

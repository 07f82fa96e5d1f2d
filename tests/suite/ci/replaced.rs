//! Replaced objects: `refs/replace` and grafts change what git shows, and nothing that idhooks reads.

use super::receive::for_each_hook;
use crate::common::{Repo, for_each_git, text};
use crate::judge::View;

/// The ways in which a repository is set up to replace objects.
const SETTINGS: [Option<&str>; 2] = [None, Some("true")];

/// Commits a file without hooks.
fn unhooked(repo: &Repo, path: &str) {
    repo.stage(path, text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", path]);
}

/// Adds a replacement of an object by another.
fn replace(repo: &Repo, old: &str, new: &str) {
    repo.run(["replace", "-f", old, new]);
}

#[test]
fn a_push_is_judged_by_the_commits_that_it_stores() {
    for_each_hook(|server, clone| {
        for setting in SETTINGS {
            if let Some(value) = setting {
                server.run(["config", "core.useReplaceRefs", value]);
            }
            let head = server.rev("main");
            clone.commit_file("docs/good.md", text("good"));
            let good = clone.rev("HEAD");
            clone.run("reset -q --hard HEAD~1");
            unhooked(clone, "unseen.md");
            let bad = clone.rev("HEAD");
            replace(clone, &bad, &good);
            // The replacement comes with the commit, or before it.
            for _ in 0..2 {
                let refused = clone.try_git("push -q -f origin main refs/replace/*:refs/replace/*");
                refused.code(1).complains("MISSING_ID").complains("unseen.md").done();
                assert_eq!(server.rev("main"), head);
                clone.run("push -q -f origin refs/replace/*:refs/replace/*");
            }
            clone.run(["replace", "-d", &bad]);
            clone.run("reset -q --hard origin/main");
        }
    });
}

#[test]
fn a_replaced_parent_confirms_nothing() {
    for_each_hook(|server, clone| {
        // The pushed commit swaps two identities, and a replaced parent has them like this already.
        let registry = String::from_utf8(clone.registry("HEAD")).expect("text");
        let swapped = registry.replace("README.md", "\0").replace("notes.txt", "README.md");
        clone.write(".idhooks/registry.json", swapped.replace('\0', "notes.txt"));
        let [parent, tree] = [clone.rev("HEAD"), clone.rev("HEAD^{tree}")];
        clone.run("commit -q --no-verify -am swapped");
        let shown = clone.rev("HEAD^{tree}");
        replace(clone, &parent, &clone.ask(["commit-tree", "-m", "other", &shown]));
        replace(clone, &tree, &shown);
        server.run("repack -a -d -q");
        clone.run("push -q origin refs/replace/*:refs/replace/*");
        let refused = clone.try_git("push -q origin main").code(1);
        refused.complains("IDENTITY_CHANGED").done();
        assert_eq!(server.rev("main"), parent);
    });
}

/// Runs a story in a repository, and in a copy of it after `disturb`; the registries must be equal.
fn same_registry(disturb: impl Fn(&Repo), story: impl Fn(&Repo)) {
    for_each_git(|git| {
        for setting in SETTINGS {
            let plain = Repo::adopted(git);
            plain.commit_file("docs/new.md", text("new"));
            plain.mv("docs/new.md", "docs/moved.md");
            plain.run("commit -q --no-verify -m unseen");
            plain.append("docs/guide.md", "more\n");
            plain.run("commit -q --no-verify -a -m edit");
            let other = plain.copy_as("other");
            if let Some(value) = setting {
                other.run(["config", "core.useReplaceRefs", value]);
            }
            // Small loose objects have a reader of their own.
            other.run("repack -a -d -q");
            disturb(&other);
            for repo in [&plain, &other] {
                repo.write("late.md", text("late"));
                repo.run("add late.md");
                story(repo);
            }
            other.run("config core.useReplaceRefs false");
            let [one, two] = [&plain, &other].map(|repo| View::of(repo, "HEAD").ids());
            assert_eq!(one, two, "{}", other.situation());
            other.idhooks("check --history").ok().done();
        }
    });
}

/// Makes git show another commit, tree and registry in place of those of the last two commits.
fn replace_all(repo: &Repo) {
    let first = ["HEAD~3", "HEAD~3^{tree}"].map(|name| repo.rev(name));
    let shown = String::from_utf8(repo.registry("HEAD")).expect("text");
    repo.write("../other.json", shown.replace("README.md", "notes.md"));
    let other = repo.ask("hash-object -w ../other.json");
    let registry = repo.rev("HEAD:.idhooks/registry.json");
    let trees = ["HEAD^{tree}", "HEAD~1^{tree}"].map(|name| repo.rev(name));
    let commits = ["HEAD", "HEAD~1"].map(|name| repo.rev(name));
    replace(repo, &registry, &other);
    trees.iter().for_each(|tree| replace(repo, tree, &first[1]));
    commits.iter().for_each(|commit| replace(repo, commit, &first[0]));
}

/// Gives the last commit no parents.
fn graft(repo: &Repo) {
    repo.write(".git/info/grafts", format!("{}\n", repo.rev("HEAD")));
}

#[test]
fn hooks_and_healing_read_what_is_stored() {
    for disturb in [replace_all, graft] {
        same_registry(disturb, |repo| repo.commit("late"));
        same_registry(disturb, |repo| {
            repo.idhooks("reconcile").ok().done();
            repo.commit("healed");
        });
    }
}

//! What a forge does to the branches: it edits, squashes, rebases and merges without any hook and
//! without the merge driver. A clone without idhooks stands for it.

use super::{Known, assert_joined, fork, heal, on_adopted_but};
use crate::common::{Repo, text, without_legacy};
use crate::merges::unmerged_paths;

/// As [`fork`], in a repository of some size: two changes of the registry are seldom neighbours.
fn fork_among_many(repo: &Repo) {
    for number in 0..16 {
        for (dir, ending) in [("docs", "md"), ("data", "csv"), ("src", "py"), ("misc", "txt")] {
            let path = format!("{dir}/many-{number}.{ending}");
            repo.write(&path, text(&path));
        }
    }
    repo.run("add -A");
    repo.commit("many files");
    fork(repo);
}

/// Returns a clone as a forge has it: neither hooks nor driver.
fn forge(repo: &Repo) -> Repo {
    repo.run("clone -q . ../forge");
    let forge = repo.beside("forge");
    forge.run("branch -q side origin/side");
    forge
}

#[test]
fn a_merge() {
    on_adopted_but(|repo| {
        fork_among_many(repo);
        let forge = forge(repo);
        forge.run("merge -q --no-ff --no-edit side");
        repo.run("pull -q --ff-only ../forge main");
        assert_joined(repo, "HEAD");
        Known::default()
    });
}

#[test]
fn a_squash_merge() {
    on_adopted_but(|repo| {
        fork_among_many(repo);
        let forge = forge(repo);
        forge.git("merge -q --squash side").done();
        forge.commit("squashed");
        repo.run("pull -q --ff-only ../forge main");
        assert_joined(repo, "HEAD");
        // Whoever goes on with the branch meets nothing twice.
        repo.run("checkout -q side");
        repo.commit_file("docs/later.md", text("later"));
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        assert_joined_and_later(repo);
        Known::default()
    });
}

fn assert_joined_and_later(repo: &Repo) {
    assert_eq!(repo.id("docs/later.md"), repo.id_in("side", "docs/later.md"));
    assert_joined(repo, "HEAD~1");
}

#[test]
fn a_rebase_and_merge() {
    on_adopted_but(|repo| {
        fork_among_many(repo);
        let forge = forge(repo);
        forge.run("rebase -q main side");
        repo.run("pull -q --ff-only ../forge side");
        assert_joined(repo, "HEAD");
        Known::default()
    });
}

#[test]
fn the_web_editor() {
    on_adopted_but(|repo| {
        let ids = (repo.id("notes.txt"), repo.id("src/app.py"));
        repo.run("branch side");
        let forge = forge(repo);
        forge.mv("notes.txt", "docs/notes.txt");
        forge.commit("rename");
        forge.write("docs/notes.txt", text("notes.txt").replace("notes.txt 1", "edited"));
        forge.stage("web.md", text("web"));
        forge.run("commit -q -a -m edit");
        forge.mv("docs/notes.txt", "notes-2.txt");
        forge.mv("src/app.py", "src/main.py");
        forge.commit("rename again");
        assert_eq!(repo.git("pull -q --ff-only ../forge main").stderr(), "");
        let mut known = heal(repo);
        known.untrue.extend([repo.rev("HEAD~2"), repo.rev("HEAD~3")]);
        assert_eq!((repo.id("notes-2.txt"), repo.id("src/main.py")), ids);
        assert_eq!(repo.id("web.md").len(), 16);
        known
    });
}

/// Two new files whose lines in the registry are neighbours: a text merge conflicts there, and the
/// forge does not merge by itself.
#[test]
fn a_conflict_in_the_registry() {
    on_adopted_but(|repo| {
        repo.run("branch side");
        repo.run("rm -q -r src data notes.txt README.md");
        repo.commit("few files");
        repo.run("branch -f side");
        for number in 0..6 {
            repo.stage(format!("docs/main-{number}.md"), text(&format!("main {number}")));
        }
        repo.commit("on main");
        repo.run("checkout -q side");
        for number in 0..6 {
            repo.stage(format!("docs/side-{number}.md"), text(&format!("side {number}")));
        }
        repo.commit("on side");
        repo.run("checkout -q main");
        let forge = forge(repo);
        forge.try_git("merge -q --no-edit side").code(1).done();
        let unmerged = unmerged_paths(&forge).join("\n");
        assert_eq!(without_legacy(&unmerged).trim_end(), ".idhooks/registry.json");
        repo.run("merge -q --no-edit side");
        for number in 0..6 {
            let (main, side) = (format!("docs/main-{number}.md"), format!("docs/side-{number}.md"));
            assert_eq!(repo.id(&main), repo.id_in("main~1", &main));
            assert_eq!(repo.id(&side), repo.id_in("side", &side));
        }
        Known::default()
    });
}

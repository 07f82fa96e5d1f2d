//! Kinds of tree entries: directories in the place of files, links, modes, nothing inside.

use std::os::unix::fs::symlink;

use crate::common::{is_long, on_adopted, text};

#[test]
fn a_file_replaced_by_a_directory_and_back() {
    on_adopted(|repo| {
        let (id, bytes) = (repo.id("notes.txt"), repo.read("notes.txt"));
        repo.mv("notes.txt", "swap");
        repo.mv("swap", "notes.txt/inside.txt");
        repo.commit("a directory");
        assert_eq!(repo.id("notes.txt/inside.txt"), id);
        repo.run("rm -q -r notes.txt");
        repo.stage("notes.txt", bytes);
        repo.commit("a file again");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn a_file_replaced_by_a_link_and_back() {
    on_adopted(|repo| {
        let (id, bytes) = (repo.id("notes.txt"), repo.read("notes.txt"));
        repo.remove("notes.txt");
        symlink("README.md", repo.path().join("notes.txt")).expect("a link can be made");
        repo.run("commit -q -a -m link");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        repo.remove("notes.txt");
        repo.write("notes.txt", bytes);
        repo.run("commit -q -a -m file");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn links_get_no_identity() {
    on_adopted(|repo| {
        let before = repo.registry("HEAD");
        for (name, target) in [("link", "README.md"), ("broken", "nowhere"), ("dir", "docs")] {
            symlink(target, repo.path().join(name)).expect("a link can be made");
        }
        repo.run("add -A");
        repo.commit("links");
        assert_eq!(repo.registry("HEAD"), before);
    });
}

#[test]
fn submodules_get_no_identity() {
    on_adopted(|repo| {
        let inner = repo.beside("inner");
        std::fs::create_dir(inner.path()).expect("a directory can be made");
        inner.run("init -q -b main");
        inner.commit_file("inside.md", text("inside"));
        repo.run("-c protocol.file.allow=always submodule --quiet add ../inner vendor/inner");
        repo.commit("submodule");
        assert_eq!(repo.id(".gitmodules").len(), 16);
        inner.commit_file("more.md", text("more"));
        repo.below("vendor/inner").run("-c protocol.file.allow=always pull -q");
        let before = repo.registry("HEAD");
        repo.run("commit -q -a -m bump");
        assert_eq!(repo.registry("HEAD"), before);
        repo.run("mv vendor/inner vendor/moved");
        repo.run("commit -q -a -m move");
        repo.run("rm -q -f vendor/moved");
        repo.commit("remove");
    });
}

#[test]
fn a_change_of_mode_changes_no_identity() {
    on_adopted(|repo| {
        let before = repo.registry("HEAD");
        repo.run("update-index --chmod=+x src/app.py");
        repo.commit("executable");
        assert_eq!(repo.registry("HEAD"), before);
        repo.run("checkout -q -f");
        let id = repo.id("src/app.py");
        repo.mv("src/app.py", "src/run.py");
        repo.run("update-index --chmod=-x src/run.py");
        repo.commit("renamed and not executable");
        assert_eq!(repo.id("src/run.py"), id);
        repo.run("checkout -q -f");
    });
}

#[test]
fn empty_files() {
    on_adopted(|repo| {
        for path in ["a/__init__.py", "b/__init__.py", "c/empty"] {
            repo.stage(path, "");
        }
        repo.commit("empty");
        let ids = ["a/__init__.py", "c/empty"].map(|path| repo.id(path));
        repo.mv("a/__init__.py", "z/__init__.py");
        repo.commit("related");
        assert_eq!(repo.id("z/__init__.py"), ids[0]);
        repo.mv("c/empty", "c/unlike");
        repo.commit("not related");
        assert_ne!(repo.id("c/unlike"), ids[1]);
    });
}

#[test]
fn two_files_with_the_same_content() {
    on_adopted(|repo| {
        repo.stage("one.md", text("twin"));
        repo.stage("two.md", text("twin"));
        repo.commit("twins");
        let ids = ["one.md", "two.md"].map(|path| repo.id(path));
        assert_ne!(ids[0], ids[1]);
        repo.mv("one.md", "docs/one.md");
        repo.mv("two.md", "docs/two.md");
        repo.commit("move both");
        assert_eq!(["docs/one.md", "docs/two.md"].map(|path| repo.id(path)), ids);
        repo.run("rm -q docs/one.md");
        repo.commit("one is enough");
        assert_eq!(repo.id("docs/two.md"), ids[1]);
    });
}

#[test]
fn the_same_file_added_deleted_and_added_elsewhere_in_turn() {
    on_adopted(|repo| {
        for round in 0..4 {
            let path = format!("round-{round}.md");
            repo.commit_file(&path, text("the same"));
            repo.run(["rm", "-q", &path]);
            repo.commit("delete");
        }
    });
}

/// How many files there are by default, and with `IDHOOKS_TEST_ALL=1`.
const MANY: [usize; 2] = [500, 5_000];

#[test]
fn very_many_files_moved_in_one_commit() {
    on_adopted(|repo| {
        let files = MANY[usize::from(is_long())];
        for number in 0..files {
            let name = format!("many/{}/{number}.txt", number % 50);
            repo.write(name, format!("the content of file number {number:08}\n"));
        }
        repo.run("add -A");
        repo.commit("add many");
        let before: Vec<String> =
            crate::judge::View::of(repo, "HEAD").ids().into_values().collect();
        repo.run("mv many moved");
        repo.commit("move many");
        let mut after: Vec<String> =
            crate::judge::View::of(repo, "HEAD").ids().into_values().collect();
        let mut before = before;
        before.sort();
        after.sort();
        assert_eq!((before.len(), before == after), (files + 7, true));
        assert_eq!(repo.id("moved/7/7.txt"), repo.id_in("HEAD~1", "many/7/7.txt"));
    });
}

#[test]
fn a_file_named_as_one_of_our_own_elsewhere() {
    on_adopted(|repo| {
        for path in ["docs/.gitattributes", "docs/idhooks.toml", "docs/.idhooks/registry.json"] {
            repo.stage(path, text(path));
        }
        repo.commit("lookalikes");
        assert_eq!(repo.id("docs/idhooks.toml").len(), 16);
    });
}

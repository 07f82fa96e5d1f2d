//! Files that come from another repository with their identities, and that leave for one.

use super::assert_right;
use super::registry::{beside, with_files};
use crate::common::{Repo, text};

/// Brings a library into a directory, as `git subtree add` does.
fn add_subtree(repo: &Repo) {
    repo.run("fetch -q ../library main");
    repo.run("merge -q -s ours --no-commit --allow-unrelated-histories FETCH_HEAD");
    repo.run("read-tree --prefix=vendor/lib/ -u FETCH_HEAD");
    repo.commit("bring the library in");
}

/// Makes a library with a file that it deleted, beside the repository.
fn library(repo: &Repo) -> Repo {
    let library = beside(repo, "library", "222222", &["one.py", "two.py", "LICENSE"]);
    library.run("rm -q two.py");
    library.commit("remove");
    library
}

/// Returns the path and the status of a record.
fn status(repo: &Repo, id: &str) -> String {
    let rows = repo.idhooks(["show", id]).ok().stdout();
    let row = |name: &str| {
        let line = rows.lines().find(|line| line.starts_with(name)).expect("a row");
        line.split_whitespace().nth(1).expect("a value").to_owned()
    };
    format!("{} {}", row("path"), row("status"))
}

#[test]
fn a_subtree_gets_the_numbers_of_its_own_repository() {
    with_files(|repo| {
        repo.commit_file("LICENSE", text("LICENSE"));
        let license = repo.id("LICENSE");
        let library = library(repo);
        let [one, other] = ["one.py", "LICENSE"].map(|path| library.id(path));
        let two = library.ask("show HEAD~1:.idhooks/registry.json");
        let two =
            two.lines().find(|line| line.contains("two.py")).expect("a record")[7..23].to_owned();
        add_subtree(repo);
        let fresh = repo.id("vendor/lib/one.py");
        repo.idhooks("import --from FETCH_HEAD --prefix vendor/lib").ok().done();
        repo.commit("identities");
        let now = ["vendor/lib/one.py", "vendor/lib/LICENSE", "LICENSE"].map(|path| repo.id(path));
        // The same license in both is two files.
        assert_eq!(now, [one.clone(), other, license]);
        assert_eq!(status(repo, &fresh), "vendor/lib/one.py superseded");
        assert_eq!(status(repo, &two), "vendor/lib/two.py deprecated");
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert!(rules.contains("legacy_scopes = [\"222222\"]"), "{rules}");
        assert_right(repo);
        // Later work there comes along, and its new files bring their numbers at the next import.
        library.mv("one.py", "first.py");
        library.commit_file("three.py", text("three"));
        repo.run("fetch -q ../library main");
        repo.run("merge -q -X subtree=vendor/lib --no-edit FETCH_HEAD");
        let said = repo.idhooks("import --from vendor/lib --prefix vendor/lib").ok().stdout();
        assert!(said.contains("imported 1 record; "), "{said}");
        repo.commit("more identities");
        assert_eq!(repo.id("vendor/lib/first.py"), one);
        assert_eq!(repo.id("vendor/lib/three.py"), library.id("three.py"));
        let said = repo.idhooks("import --from ../library --prefix vendor/lib").ok().stdout();
        assert!(said.contains("imported 0 records; "), "{said}");
        assert_right(repo);
    });
}

#[test]
fn what_cannot_be_joined_is_refused_and_changes_nothing() {
    with_files(|repo| {
        let library = library(repo);
        add_subtree(repo);
        for (from, prefix, said) in [
            ("nothing", "vendor/lib", "'nothing' is neither a commit nor a file or directory"),
            ("HEAD", "vendor/lib", "'HEAD' has the scope of this repository, 111111"),
            ("../library", "vendor", "no file of a record in '../library' is in 'vendor'"),
            ("HEAD^{tree}", "vendor/lib", "'HEAD^{tree}' is neither a commit nor"),
        ] {
            let done = repo.idhooks(["import", "--from", from, "--prefix", prefix]);
            let stderr = done.code(2).stderr();
            assert!(stderr.contains(said) && stderr.contains("hint: "), "{stderr}");
        }
        repo.write("idhooks.toml", "# edited\n");
        let done = repo.idhooks("import --from ../library --prefix vendor/lib").code(2);
        assert!(done.stderr().contains("has unstaged changes"));
        repo.run("checkout -q idhooks.toml");
        // A number that has another file here.
        repo.idhooks("-q import --from ../library --prefix vendor/lib").ok().done();
        repo.commit("identities");
        let one = library.id("one.py");
        let other = library.ask("show HEAD:.idhooks/registry.json");
        let line = other.lines().find(|line| line.contains(&*one)).expect("a record");
        let origin = line.split("origin\":\"").nth(1).expect("an origin")[..16].to_owned();
        let forged = other.replace(&origin, "00000000000000aa").replace("one.py", "LICENSE.old");
        repo.commit_file("vendor/lib/LICENSE.old", text("old"));
        repo.write("../forged.json", forged);
        let done = repo.idhooks("import --from ../forged.json --prefix vendor/lib").code(2);
        let stderr = done.stderr();
        let said = "is the identity of 'vendor/lib/one.py' here, and of 'vendor/lib/LICENSE.old'";
        assert!(stderr.contains(said), "{stderr}");
        assert_eq!(repo.ask("status --porcelain"), "");
    });
}

#[test]
fn an_import_is_rolled_back_together_with_the_rules() {
    with_files(|repo| {
        library(repo);
        add_subtree(repo);
        repo.idhooks("-q import --from ../library --prefix vendor/lib").ok().done();
        assert_ne!(repo.ask("status --porcelain"), "");
        repo.idhooks("-q import --rollback").ok().done();
        assert_eq!(repo.ask("status --porcelain"), "");
    });
}

#[test]
fn a_single_file_takes_its_number_along_and_others_with_its_name_do_not() {
    with_files(|repo| {
        let library = beside(repo, "library", "222222", &["a.py", "pool.py"]);
        let [own, pool] = [repo.id("a.py"), library.id("pool.py")];
        repo.stage("pool.py", text("pool.py"));
        repo.idhooks("-q import --from ../library --prefix .").ok().done();
        repo.commit("take the pool");
        assert_eq!([repo.id("a.py"), repo.id("pool.py")], [own, pool]);
        assert_right(repo);
    });
}

#[test]
fn a_merge_with_another_adoption_keeps_what_had_ended_there() {
    with_files(|repo| {
        let library = beside(repo, "library", "222222", &["lib/one.py", "lib/two.py"]);
        let two = library.id("lib/two.py");
        library.run("rm -q lib/two.py");
        library.commit("remove");
        repo.run("fetch -q ../library main");
        repo.try_git("merge -q --allow-unrelated-histories FETCH_HEAD").code(1).done();
        repo.idhooks("-q resolve").ok().done();
        repo.commit("join");
        assert_eq!(status(repo, &two), "lib/two.py deprecated");
        assert_right(repo);
    });
}

const ADDRESS: &str = "https://example.org/pool/a.py?ref=main";

#[test]
fn a_file_that_left_is_shown_where_it_is_now() {
    with_files(|repo| {
        let id = repo.id("a.py");
        for address in ["ftp://example.org", "https://u:p@example.org/", "https://a b", "https://"]
        {
            let done = repo.idhooks(["deprecate", "a.py", "--moved-to", address]).code(2);
            assert!(done.stderr().contains("is not a web address"), "{address}");
        }
        repo.idhooks(["-q", "deprecate", "a.py", "--moved-to", "https://example.org/wrong"])
            .ok()
            .done();
        repo.run("rm -q a.py");
        repo.commit("a.py leaves");
        repo.idhooks(["-q", "deprecate", &id, "--moved-to", ADDRESS]).ok().done();
        repo.commit("the right address");
        for subject in [&*id, "a.py"] {
            assert_eq!(repo.idhooks(["-q", "url", subject]).ok().stdout().trim(), ADDRESS);
            assert!(repo.idhooks(["show", subject]).ok().stdout().contains(ADDRESS));
        }
        assert!(repo.idhooks("list --status deprecated").ok().stdout().contains(ADDRESS));
        // The file comes back, and is this repository's again.
        repo.run("checkout -q HEAD~2 -- a.py");
        repo.commit("a.py returns");
        repo.idhooks(["-q", "revive", &id]).ok().done();
        repo.commit("revive");
        assert_eq!(repo.id("a.py"), id);
        assert!(!repo.idhooks("show a.py").ok().stdout().contains("moved_to"));
        assert_right(repo);
    });
}

#[test]
fn a_merge_keeps_the_address_where_the_other_side_deleted_the_file() {
    with_files(|repo| {
        let id = repo.id("a.py");
        repo.run("checkout -q -b side");
        repo.run("rm -q a.py");
        repo.commit("delete");
        repo.run("checkout -q main");
        repo.idhooks(["-q", "deprecate", "a.py", "--moved-to", ADDRESS]).ok().done();
        repo.run("rm -q a.py");
        repo.commit("a.py leaves");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.idhooks(["-q", "url", &id]).ok().stdout().trim(), ADDRESS);
        assert_right(repo);
    });
}

//! Identities by their first digits, and files that are named like identities.

use serde_json::Value;

use super::{edit_registry, log};
use crate::common::{Repo, for_each_git, on_adopted, text};

/// Returns the record that `show` finds.
fn shown(repo: &Repo, subject: &str) -> Value {
    repo.idhooks(["show", subject, "--format", "json"]).ok().json()["allocation"].clone()
}

/// Returns the fewest digits with which only this identity begins, at least `least`.
fn shortest<'i>(id: &'i str, all: &[String], least: usize) -> &'i str {
    let is_unique =
        |n: &usize| all.iter().filter(|other| other.starts_with(&id[..*n])).count() == 1;
    &id[..(least..16).find(is_unique).expect("identities differ")]
}

#[test]
fn first_digits_name_an_identity_wherever_one_is_typed() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let paths = [
            "README.md",
            "docs/guide.md",
            "docs/intro.md",
            "src/app.py",
            "notes.txt",
            "src/util.py",
            "data/table.csv",
        ];
        let ids: Vec<String> = paths.map(|path| repo.id(path)).into();
        let read = |n: usize| shortest(&ids[n], &ids, 4);
        let change = |n: usize| shortest(&ids[n], &ids, 8);
        for n in 0..paths.len() {
            assert_eq!(shown(repo, read(n))["id"], ids[n]);
            assert_eq!(log(repo, read(n))["id"], ids[n]);
            let line = format!("path {}", read(n));
            assert_eq!(repo.idhooks(line.as_str()).ok().stdout(), format!("{}\n", paths[n]));
        }
        let then = repo.idhooks(["show", read(0), "--at", "HEAD", "--format", "json"]).ok().json();
        assert_eq!(then["allocation"]["id"], ids[0]);
        // Several begin with them: each is listed, and where it is.
        let several = repo.idhooks(["show", &ids[1][..5]]).code(2);
        let error = several.stderr();
        for n in [1, 2] {
            assert!(error.contains(&format!("cause: {} {}\n", ids[n], paths[n])), "{error}");
        }
        assert!(error.contains("type more digits"), "{error}");
        repo.idhooks(["log", &ids[1][..5]]).code(2).explains(&ids[1][..5]).done();
        repo.idhooks("show 011").code(2).complains("at least 4").done();
        repo.idhooks("show 9999").code(2).explains("'9999'").done();
        // What changes something wants more of them.
        for command in ["deprecate --reason x", "revive", "supersede --with-new", "assign"] {
            let path = if command == "assign" { " notes.txt" } else { "" };
            let line = format!("{command} {}{path}", &ids[1][..7]);
            crate::commands::refuses(repo, &line, "at least 8");
        }
        repo.idhooks(["deprecate", change(1), "--reason", "x"]).ok().done();
        assert_eq!(shown(repo, read(1))["status"], "deprecated");
        repo.idhooks(["revive", change(1)]).ok().done();
        repo.idhooks(["assign", change(4), "notes.txt"]).ok().complains("already has").done();
        let of = |id: &str| repo.idhooks(["audit", "query", "--id", id]).ok().stdout();
        assert_eq!(of(read(1)).lines().count(), 2);
        assert_eq!(of(read(1)), of(&ids[1]));
        assert_eq!(of("9999"), "");
        repo.idhooks("assign --second DOC-7 notes.txt").ok().done();
        assert_eq!(of("DOC-7"), of(&repo.id("notes.txt")));
        assert!(of("DOC-7").contains("DOC-7"));
        repo.idhooks("audit query --id 01x").code(2).complains("01x").done();
        let reserved = repo.idhooks("reserve --ns 100 --type 01").ok().stdout();
        repo.stage("docs/new.md", text("new"));
        repo.idhooks("allocate docs/new.md --reserved 01100").code(2).explains("01100").done();
        repo.idhooks(["allocate", "docs/new.md", "--reserved", &reserved[..10]]).ok().done();
        assert_eq!(shown(repo, "docs/new.md")["id"], reserved.trim_end());
        repo.commit("new");
    });
}

#[test]
fn of_many_ten_are_listed() {
    on_adopted(|repo| {
        for n in 0..12 {
            repo.stage(format!("docs/{n}.md"), text(&n.to_string()));
        }
        repo.commit("many");
        let error = repo.idhooks("show 01100").code(2).stderr();
        assert!(error.starts_with("error: 14 identities begin with '01100'\n"), "{error}");
        assert_eq!(error.matches("cause: 01100").count(), 10, "{error}");
        assert!(error.contains("cause: and 4 more\n"), "{error}");
    });
}

/// Adds metadata to the record of `notes.txt`, after its origin.
fn with_metadata(repo: &Repo, members: &str) {
    edit_registry(repo, "metadata", |text| {
        let edited = |line: &str| match line.contains("\"notes.txt\"") {
            true => line.replace("\"}}", &format!("\",{members}}}}}")),
            false => line.to_owned(),
        };
        text.split_inclusive('\n').map(edited).collect()
    });
}

#[test]
fn a_second_identity_of_digits_comes_before_the_first_digits_of_another() {
    on_adopted(|repo| {
        let second = repo.id("docs/guide.md")[..8].to_owned();
        with_metadata(repo, &format!("\"doc_id\":\"{second}\""));
        assert_eq!(shown(repo, &second)["file_path"], "notes.txt");
        assert_eq!(repo.idhooks(["path", &second]).ok().stdout(), "notes.txt\n");
        let line = format!("supersede {second} --with-new --dry-run");
        repo.idhooks(line.as_str()).ok().complains(&repo.id("notes.txt")).done();
    });
}

#[test]
fn a_file_comes_before_an_identity_of_the_same_spelling() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let (guide, short) = (repo.id("docs/guide.md"), repo.id("docs/guide.md")[..8].to_owned());
        let names = [guide.as_str(), &short];
        for name in names {
            assert_eq!(shown(repo, name)["file_path"], "docs/guide.md");
            repo.commit_file(name, text(name));
            let own = repo.id(name);
            assert_eq!(shown(repo, name)["id"], own, "not the identity {name}");
            assert_eq!(log(repo, name)["id"], own);
            assert_eq!(repo.idhooks(["id", name]).ok().stdout(), format!("{own}\n"));
            assert_eq!(shown(repo, &format!("./{name}"))["id"], own);
            let then = repo.idhooks(["show", &guide, "--at", "HEAD~1", "--format", "json"]).ok();
            assert_eq!(then.json()["allocation"]["id"] == guide, name == guide, "was it there?");
            // Identities only.
            assert_eq!(repo.idhooks(["path", &guide]).ok().stdout(), "docs/guide.md\n");
            // From elsewhere, it is another path.
            assert_eq!(shown(&repo.below("docs"), name)["file_path"], "docs/guide.md");
            let said = repo.idhooks(["deprecate", name, "--reason", "x", "--dry-run"]).ok();
            assert!(said.stdout().starts_with(&own), "{said}");
            let said = repo.idhooks(["assign", name, "notes.txt", "--dry-run"]).ok();
            assert!(said.stdout().contains(&own), "{said}");
            // Only in the working tree, it is no file; digits that a record has as its path are one.
            repo.run(["rm", "-q", "--cached", name]);
            let path = if name == guide { "docs/guide.md" } else { name };
            assert_eq!(shown(repo, name)["file_path"], path);
            repo.run("reset -q --hard");
        }
    });
}

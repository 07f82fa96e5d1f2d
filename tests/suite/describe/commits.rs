//! What commits keep of the facts in the registry.

use serde_json::{Value, json};

use crate::common::{Repo, Snapshot, for_each_git, on_adopted};
use crate::judge;

pub(super) const STORE: &str =
    "[describe]\nstore = [\"py_docstring_1l\", \"py_function_count\", \"py_module_qualname\"]\n";

/// The facts in the record of a path.
pub(super) fn kept(repo: &Repo, path: &str) -> Value {
    let record = repo.record(&repo.id(path));
    let metadata = record["metadata"].as_object().expect("an object").clone();
    metadata.into_iter().filter(|(key, _)| key.starts_with("py_")).collect()
}

#[test]
fn commits_keep_the_facts_of_the_files_that_they_change() {
    on_adopted(|repo| {
        repo.configure(STORE);
        repo.commit_file("pkg/a.py", "'''One.'''\ndef f(): pass\n");
        let first = json!({"py_docstring_1l": "One.", "py_function_count": 1, "py_module_qualname": "pkg.a"});
        assert_eq!(kept(repo, "pkg/a.py"), first);
        // An edit, which would leave the registry alone otherwise.
        let two = format!("'''Two.'''\nX = 1  # {}\n", "long ".repeat(20));
        repo.commit_file("pkg/a.py", two);
        let second = json!({"py_docstring_1l": "Two.", "py_function_count": 0, "py_module_qualname": "pkg.a"});
        assert_eq!(kept(repo, "pkg/a.py"), second);
        let id = repo.id("pkg/a.py");
        repo.run("mv pkg/a.py pkg/b.py");
        repo.commit("rename");
        assert_eq!(repo.id("pkg/b.py"), id);
        assert_eq!(kept(repo, "pkg/b.py")["py_module_qualname"], "pkg.b");
        // A docstring that ends leaves no value.
        repo.commit_file("pkg/b.py", "def f(): pass\n");
        assert!(kept(repo, "pkg/b.py").get("py_docstring_1l").is_none());
        // A commit that is made again says the same.
        let registry = repo.registry("HEAD");
        repo.run("commit -q --amend --no-edit");
        assert_eq!(repo.registry("HEAD"), registry);
        assert_eq!(repo.findings("--strict"), [""; 0]);
    });
}

#[test]
fn nothing_is_kept_unless_the_rules_say_so() {
    on_adopted(|repo| {
        repo.commit_file("a.py", "'''One.'''\n");
        assert_eq!(kept(repo, "a.py"), json!({}));
        repo.configure(STORE);
        // Only files that a commit changes.
        assert_eq!(kept(repo, "a.py"), json!({}));
        repo.idhooks("describe --all --stale").code(1).done();
        repo.idhooks("describe --all --write").ok().done();
        repo.commit("all of them");
        assert_eq!(kept(repo, "a.py")["py_docstring_1l"], "One.");
        repo.idhooks("describe --all --stale").ok().done();
    });
}

#[test]
fn what_cannot_be_parsed_never_blocks() {
    on_adopted(|repo| {
        repo.configure("[describe]\nstore = [\"py_parse_status\"]\n");
        for (path, bytes, status) in [
            ("a.py", &b"print 'x'\n"[..], "syntax_error"),
            ("b.py", b"\xff\xff", "encoding_error"),
            ("c.py", b"x = 1\n", "ok"),
        ] {
            repo.commit_file(path, bytes);
            assert_eq!(kept(repo, path), json!({"py_parse_status": status}));
        }
        repo.configure("[describe]\nstore = [\"py_parse_status\"]\ntimeout = \"1ms\"\n");
        repo.commit_file("d.py", "x = [1, 2, 3]\n".repeat(20_000));
        assert_eq!(kept(repo, "d.py"), json!({}));
        repo.commit_file("c.py", "y = [1, 2, 3]\n".repeat(20_000));
        assert_eq!(kept(repo, "c.py"), json!({"py_parse_status": "ok"}));
    });
}

#[test]
fn only_idhooks_writes_the_facts() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        let patch = json!({"changes": {id: {"metadata": {"py_docstring_1l": "mine"}}}});
        repo.write("../patch.json", patch.to_string());
        let before = Snapshot::of(&repo);
        let refused = repo.idhooks("patch apply ../patch.json").code(2);
        assert!(refused.stderr().contains("only idhooks writes 'py_docstring_1l'"));
        before.assert_same(&repo);
    });
}

#[test]
fn branches_that_both_keep_facts_converge() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(STORE);
        let body = crate::common::text("body").replace('\n', "\n# ");
        let code = |doc: &str, tail: &str| format!("'''{doc}'''\n# {body}\n{tail}");
        repo.commit_file("a.py", code("Base.", ""));
        repo.run("branch other");
        repo.commit_file("a.py", code("Ours.", ""));
        repo.run("checkout -q other");
        repo.commit_file("a.py", code("Base.", "def f(): pass\n"));
        repo.commit_file("b.py", "'''B.'''\n");
        let other = repo.copy_as("mirror");
        repo.run("merge -q --no-edit main");
        other.run("checkout -q main");
        other.run("merge -q --no-edit other");
        // Each key as the branch says that changed it.
        let merged =
            json!({"py_docstring_1l": "Ours.", "py_function_count": 1, "py_module_qualname": "a"});
        assert_eq!(kept(&repo, "a.py"), merged);
        assert_eq!(repo.registry("HEAD"), other.registry("HEAD"));
        judge::assert_all_consistent(&repo);
    });
}

#[test]
fn a_new_file_gets_class_identity_prefix_and_descriptor() {
    on_adopted(|repo| {
        repo.configure(&format!(
            "{STORE}[[classify]]\npath = \"src/**\"\nclass = \"governed\"\n[[file_names]]\npath = \"src/new/**\"\n"
        ));
        repo.write("src/new/tool.py", "'''A tool.'''\n");
        let class = repo.idhooks("classify src/new/tool.py --format json").ok().json();
        assert_eq!(class["files"][0]["is_governed"], true);
        repo.run("add .");
        repo.commit("tool");
        let id = repo.id("src/new/tool.py");
        repo.idhooks("rename --to-id-prefix --all").ok().done();
        repo.commit("prefix");
        let path = format!("src/new/P_{id}_tool.py");
        assert_eq!(repo.id(&path), id);
        assert_eq!(kept(repo, &path)["py_docstring_1l"], "A tool.");
        let json = repo.idhooks(["describe", &id, "--format", "json"]).ok().json();
        assert_eq!(json["path"], path);
        assert_eq!(json["python"]["py_docstring_1l"], "A tool.");
    });
}

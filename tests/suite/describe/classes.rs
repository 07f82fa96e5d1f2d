//! The class and the kind of files: `classify`, `list`, `scan`, `coverage`.

use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git};

const RULES: &str = "[[classify]]\npath = \"src/gen/**\"\nclass = \"generated\"\nkind = \"other\"\n\
                     [[classify]]\npath = \"src/**\"\nclass = \"governed\"\n[track]\nexclude = [\"tmp/\"]\n";

fn classified(git: &crate::common::Git) -> Repo {
    let repo = Repo::adopted(git);
    repo.configure(RULES);
    repo.write("src/gen/a.py", "x\n");
    repo.write(".gitignore", "*.log\n");
    repo.write("tmp/x.py", "");
    repo.write("src/b.log", "");
    repo.run("add .");
    repo.commit("classes");
    repo
}

#[test]
fn each_reason_is_reached() {
    for_each_git(|git| {
        let repo = classified(git);
        std::os::unix::fs::symlink("b.log", repo.path().join("src/link.py")).expect("a link");
        let paths = "src/gen/a.py src/new.py README.md tmp/x.py src/b.log src/link.py docs";
        let said = repo.idhooks(format!("classify {paths}").as_str()).ok().stdout();
        let lines: Vec<String> =
            said.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines,
            [
                "src/gen/a.py generated other governed",
                "src/new.py governed python governed",
                "README.md - doc unmanaged",
                "tmp/x.py - - ignored",
                "src/b.log - - ignored",
                "src/link.py - - wrong_type",
                "docs - - wrong_type",
            ]
        );
        let json = repo.idhooks(format!("classify {paths} --format json").as_str()).ok().json();
        assert_fits(&repo, "classify", &json);
        assert_eq!(json["files"][2]["is_governed"], false);
        repo.idhooks("classify ../x").code(2).explains("outside the repository").done();
        repo.remove("src/link.py");
    });
}

#[test]
fn classes_select_and_group() {
    for_each_git(|git| {
        let repo = classified(git);
        let said = |line: &str| repo.idhooks(line).ok().stdout();
        assert_eq!(said("list --class generated").split_whitespace().last(), Some("src/gen/a.py"));
        assert!(said("list --kind doc").contains("README.md"));
        assert!(!said("list --kind doc").contains(".py"));
        assert_eq!(said("list --class generated --kind python"), "");
        let by = said("coverage --by class --format csv");
        assert!(by.contains("generated,1,1,1\n") && by.starts_with("class,"), "{by}");
        let json = repo.idhooks("coverage --by class --format json").ok().json();
        assert_fits(&repo, "coverage", &json);
        let json = repo.idhooks("scan --json --with class,describe").ok().json();
        assert_fits(&repo, "scan", &json);
        let files = json["files"].as_array().expect("files");
        let of = |path: &str| files.iter().find(|f| f["relative_path"] == path).expect("there");
        assert_eq!(of("src/gen/a.py")["class"], "generated");
        assert_eq!(of("src/gen/a.py")["py_parse_status"], "ok");
        assert_eq!(of("README.md")["kind"], "doc");
        assert!(of("README.md")["py_parse_status"].is_null());
        assert!(files.iter().all(|file| file.get("py_docstring_1l").is_some()));
        let plain = repo.idhooks("scan --json").ok().json();
        assert!(plain["files"][0].get("class").is_none());
        repo.idhooks("scan --with size")
            .code(2)
            .complains("possible values: describe, class")
            .done();
    });
}

//! The table of TYPE codes: adoption writes it, and what is in no table stays as it was.

use crate::common::{Repo, for_each_git, is_dual_write, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

/// Paths with the TYPE of the table that adoption writes, and the one without any table.
const KINDS: [(&str, &str, &str); 12] = [
    ("main.rs", "23", "00"),
    ("main.go", "24", "00"),
    ("x.MJS", "25", "00"),
    ("x.tsx", "26", "00"),
    ("a/x.h", "60", "00"),
    ("x.cc", "61", "00"),
    ("x.bash", "63", "00"),
    ("x.jpeg", "45", "00"),
    ("x.tar.gz", "83", "00"),
    ("x.py", "20", "20"),
    ("x.md", "01", "01"),
    ("Makefile", "00", "00"),
];

fn stage_kinds(repo: &Repo, dir: &str) {
    for (path, ..) in KINDS {
        repo.stage(format!("{dir}{path}"), text(&format!("{dir}{path}")));
    }
}

fn config(repo: &Repo) -> String {
    String::from_utf8(repo.read("idhooks.toml")).expect("text")
}

#[test]
fn adoption_writes_the_table() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        stage_kinds(&repo, "");
        // What is shown beforehand is what comes.
        let scan = repo.idhooks("scan --json").ok().json().to_string();
        assert!(scan.contains("\"type_code\":\"24\""), "{scan}");
        repo.init_and_install("");
        assert!(config(&repo).contains("\n[types]\n"), "{}", config(&repo));
        repo.commit("adopt");
        stage_kinds(&repo, "later/");
        repo.commit("later");
        for (path, code, _) in KINDS {
            for dir in ["", "later/"] {
                let id = repo.id(&format!("{dir}{path}"));
                assert!(id.starts_with(code), "{dir}{path} {id}");
            }
        }
        // Without hooks the next commit finds the same.
        repo.stage("healed.go", text("healed"));
        repo.run("commit -q --no-verify -m unhooked");
        repo.idhooks("reconcile").ok().done();
        repo.commit("healed");
        assert!(repo.id("healed.go").starts_with("24"));
        repo.idhooks("check --strict --rev HEAD").ok().done();
    });
}

#[test]
fn a_repository_without_a_table_keeps_the_old_one() {
    if is_dual_write() {
        // Without 'idhooks.toml', the legacy file is a file like any other.
        return;
    }
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("");
        stage_kinds(&repo, "");
        repo.commit("without a table");
        repo.run("rm -q idhooks.toml");
        stage_kinds(&repo, "later/");
        repo.commit("without a file");
        let ids = KINDS.map(|(path, _, code)| {
            let [id, later] = ["", "later/"].map(|dir| repo.id(&format!("{dir}{path}")));
            assert!(id.starts_with(code) && later.starts_with(code), "{path} {id} {later}");
            id
        });
        // A table changes no number that was given.
        repo.configure("[types]\ngo = \"24\"\n");
        repo.commit_file("new.go", text("new"));
        assert!(repo.id("new.go").starts_with("24"));
        assert_eq!(KINDS.map(|(path, ..)| repo.id(path)), ids);
        judge::assert_good(&repo);
    });
}

#[test]
fn rules_without_a_table_get_it_at_adoption() {
    if is_dual_write() {
        // The rules are compared to the byte, and with dual write they have a table more.
        return;
    }
    for_each_git(|git| {
        let rules = "scope = \"260118\" # mine\n[track]\nexclude = [\"x.py\"]";
        // In the working tree only.
        let repo = Repo::empty(git);
        stage_kinds(&repo, "");
        repo.write("idhooks.toml", rules);
        let said = repo.idhooks("init").ok().stdout();
        assert_text("commits-types-rules_without_a_table_get_it_at_adoption", &said);
        assert!(config(&repo).starts_with(&format!("{rules}\n\n# ")), "{}", config(&repo));
        assert_eq!(repo.ask("show :idhooks.toml"), config(&repo).trim_end());
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        assert!(repo.id("main.go").starts_with("24"));
        // Staged, with an edit that is not.
        let repo = Repo::empty(git);
        stage_kinds(&repo, "");
        repo.stage("idhooks.toml", rules);
        repo.append("idhooks.toml", "\n[rename]\nlimit = 7\n");
        repo.idhooks("init --dry-run").ok().done();
        assert!(!config(&repo).contains("[types]"));
        repo.idhooks("init").ok().done();
        assert!(config(&repo).contains("limit = 7\n") && config(&repo).contains("go = \"24\"\n"));
        let staged = repo.ask("show :idhooks.toml");
        assert!(!staged.contains("limit = 7") && staged.contains("go = \"24\"\n"), "{staged}");
        // One of their own stays.
        let repo = Repo::empty(git);
        stage_kinds(&repo, "");
        repo.write("idhooks.toml", "[types]\ngo = \"07\"\n");
        let said = repo.idhooks("init").ok().stdout();
        assert!(!said.contains("table of TYPE"), "{said}");
        assert!(config(&repo).ends_with("\"\n[types]\ngo = \"07\"\n"), "{}", config(&repo));
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        assert!(repo.id("main.go").starts_with("07") && repo.id("main.rs").starts_with("00"));
    });
}

#[test]
fn other_files_have_the_default_type() {
    on_adopted(|repo| {
        repo.configure("default_type = \"05\"\n[types]\ngo = \"24\"\n");
        stage_kinds(repo, "new/");
        repo.commit("kinds");
        assert!(repo.id("new/main.go").starts_with("24"));
        assert!(repo.id("new/main.rs").starts_with("05"));
        assert!(repo.id("new/Makefile").starts_with("05"));
    });
}

//! References in 'idhooks check': what is remembered of a check, and severities.

use crate::common::on_adopted;

const CACHE: &str = ".git/idhooks/cache/references";
const UNKNOWN: &str = "idhooks:0199900001260118";

#[test]
fn a_second_check_of_the_same_index_searches_nothing() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let app = repo.id("src/app.py");
        repo.commit_file("README.md", format!("idhooks:{app}\n"));
        repo.idhooks("check --strict").ok().done();
        // A search would write what it has found.
        repo.remove(CACHE);
        repo.idhooks("check --strict").ok().done();
        assert!(!repo.exists(CACHE));
        // Another index and another HEAD are searched.
        repo.stage("notes.txt", format!("{UNKNOWN}\n"));
        assert_eq!(repo.findings(""), ["REFERENCE_UNKNOWN"]);
        assert!(repo.exists(CACHE));
        repo.run("reset -q --hard");
        repo.idhooks("check --strict").ok().done();
        repo.run("rm -q src/app.py");
        repo.commit("delete");
        for _ in 0..2 {
            assert_eq!(repo.findings(""), ["REFERENCE_DEPRECATED"]);
            repo.idhooks("check --strict").code(1).done();
        }
        // Without the table, nothing is said of the same files.
        repo.configure("");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.configure("[references]\n");
        assert_eq!(repo.findings(""), ["REFERENCE_DEPRECATED"]);
    });
}

#[test]
fn the_rules_make_unknown_references_an_error() {
    on_adopted(|repo| {
        repo.stage("README.md", format!("{UNKNOWN}\nidhooks:{}#x\n", repo.id("docs/intro.md")));
        repo.configure("[references]\nunknown = \"warning\"\n");
        repo.idhooks("check").ok().done();
        repo.configure("[references]\nunknown = \"error\"\n");
        let answer = repo.idhooks("check").code(1);
        let stdout = answer.stdout();
        assert!(stdout.contains("error[REFERENCE_UNKNOWN]: README.md:1:1:"), "{stdout}");
        assert!(stdout.contains("warning[REFERENCE_SECTION]: README.md:2:1:"), "{stdout}");
        repo.idhooks("check --rev HEAD").code(1).done();
        repo.stage("idhooks.toml", "scope = \"260118\"\n[references]\nunknown = \"fatal\"\n");
        repo.idhooks("check").code(2).explains("found 'fatal'").done();
        repo.run("reset -q --hard");
    });
}

#[test]
fn every_format_has_the_line_and_the_column() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        repo.commit_file("README.md", format!("\nü {UNKNOWN}\n"));
        let message = "'idhooks:0199900001260118' refers to 0199900001260118, which is not in";
        for (format, expected) in [
            ("text", format!("warning[REFERENCE_UNKNOWN]: README.md:2:3: {message}")),
            ("json", "\"line\":2,\"column\":3".to_owned()),
            ("jsonl", "\"line\":2,\"column\":3".to_owned()),
            ("sarif", "\"region\":{\"startColumn\":3,\"startLine\":2}".to_owned()),
            ("github", format!("file=README.md,line=2,col=3,title=REFERENCE_UNKNOWN::{message}")),
            ("gitlab", "\"lines\":{\"begin\":2}".to_owned()),
            ("junit", "name=\"README.md:2:3\" classname=\"idhooks.REFERENCE_UNKNOWN\"".to_owned()),
            ("markdown", "<code>README.md:2</code>".to_owned()),
        ] {
            let stdout = repo.idhooks(["check", "--format", format]).ok().stdout();
            let stdout = stdout.replace(": ", ":").replace(", \"", ",\"");
            assert!(stdout.contains(&expected.replace(": ", ":")), "{format}: {stdout}");
        }
    });
}

#[test]
fn a_reserved_identity_is_known() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let reserved = repo.idhooks("reserve --ns 100 --type 01").ok().stdout();
        let reserved = reserved.trim();
        repo.stage("README.md", format!("idhooks:{reserved}\n"));
        assert_eq!(repo.findings(""), [""; 0]);
        assert_eq!(repo.git("commit -q -m reserved").ok().stderr(), "");
        repo.append("README.md", &format!("{UNKNOWN}\n"));
        let said = repo.git("commit -q -a -m unknown").ok().stderr();
        assert!(said.contains("README.md:2:1:") && !said.contains("README.md:1:1:"), "{said}");
    });
}

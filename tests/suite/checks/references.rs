//! References in 'idhooks check': what is remembered of a check, and severities.

use crate::common::{Repo, for_each_git, on_adopted};

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
            (
                "gitlab",
                "\"lines\":{\"begin\":2},\"positions\":{\"begin\":{\"line\":2,\"column\":3}}"
                    .to_owned(),
            ),
            ("junit", "name=\"README.md:2:3\" classname=\"idhooks.REFERENCE_UNKNOWN\"".to_owned()),
            ("markdown", "<code>README.md:2:3</code>".to_owned()),
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

#[test]
fn files_that_cannot_be_searched_are_counted() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let text = |before: &[u8]| [before, UNKNOWN.as_bytes(), b"\n"].concat();
        repo.stage("latin1.txt", text(b"\xe9 "));
        repo.stage("data.bin", text(b"\0"));
        // A binary file without the text of a reference is not worth a word.
        repo.stage("logo.bin", b"\0\xff");
        repo.commit("files");
        let note = "note: 2 files were not searched for references (binary 1, not UTF-8 1); -v \
                    lists them\n";
        // A second check says it again.
        for line in ["check", "check", "check --rev HEAD", "drift", "ci --base HEAD"] {
            let said = repo.idhooks(line).ok().stderr();
            assert!(said.contains(note), "{line}: {said}");
        }
        let said = repo.idhooks("check -v").ok().stderr();
        assert!(said.contains("not searched for references: data.bin (binary)"), "{said}");
        assert_eq!(repo.idhooks("check -q").ok().stderr(), "");
        for line in ["check --format json", "drift --format json", "ci --base HEAD --format json"] {
            let unsearched = &repo.idhooks(line).ok().json()["unsearched"];
            assert_eq!(unsearched[1]["path"], "latin1.txt", "{line}");
            assert_eq!(unsearched[1]["reason"], "not_utf8", "{line}");
        }
        let markdown = repo.idhooks("check --format markdown").ok().stdout();
        assert!(markdown.contains("2 files were not searched for references"), "{markdown}");
        repo.run("rm -q latin1.txt data.bin");
        repo.commit("gone");
        assert!(!repo.idhooks("check").ok().stderr().contains("for references"));
        assert!(repo.idhooks("check --format json").ok().json().get("unsearched").is_none());
    });
}

#[test]
fn references_to_missing_content_are_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[references]\n");
        repo.commit_file("docs/limits.md", "# Limits\n");
        repo.commit_file("docs/latin.md", b"# \xe9\n");
        let [limits, latin] = ["docs/limits.md", "docs/latin.md"].map(|path| repo.id(path));
        let lines = [
            format!("idhooks:{limits}@0123456789ab"),
            format!("idhooks:{limits}#zzz"),
            format!("idhooks:{limits}"),
            format!("idhooks:{latin}#zzz"),
        ];
        repo.commit_file("README.md", lines.join("\n"));
        let object = repo.rev("HEAD:docs/limits.md");
        repo.remove(&format!(".git/objects/{}/{}", &object[..2], &object[2..]));
        let note = "note: 3 references were not compared (content unmerged, unreadable or not in \
                    this clone); -v lists them\n";
        for line in ["check", "check", "check --rev HEAD", "drift", "ci --base HEAD"] {
            let said = repo.idhooks(line).ok().stderr();
            assert!(said.contains(note), "{line}: {said}");
        }
        let said = repo.idhooks("check -v").ok().stderr();
        let detail = format!("not compared: README.md:2:1 {}\n", lines[1]);
        assert!(said.contains(&detail), "{said}");
        for line in ["check --format json", "drift --format json", "ci --base HEAD --format json"] {
            let uncompared = repo.idhooks(line).ok().json()["uncompared"].clone();
            let places = uncompared.as_array().expect("references").iter();
            let places: Vec<u64> =
                places.map(|one| one["line"].as_u64().expect("a line")).collect();
            assert_eq!(places, [1, 2, 4], "{line}");
        }
        let report = repo.idhooks("check --format markdown").ok().stdout();
        assert!(report.contains("3 references were not compared"), "{report}");
    });
}

#[test]
fn paths_begin_at_the_root_of_the_working_tree() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let notes = repo.id("notes.txt");
        repo.commit_file("docs/new/a.md", format!("idhooks:{notes}@0123456789ab\n"));
        let below = repo.below("docs/new");
        for line in ["check", "ci --base HEAD~1"] {
            let note = "note: these paths begin at the root of the working tree; run the commands there: cd ../..\n";
            let answer = below.idhooks(line).ok();
            assert!(answer.stderr().contains(note), "{line}: {}", answer.stderr());
            assert!(!repo.idhooks(line).ok().stderr().contains("begin at the root"));
        }
        for line in ["refs review docs/new/a.md:1", "refs --from docs/new/a.md"] {
            below.idhooks(line).code(2).complains("did you mean 'a.md'?").done();
        }
        for line in ["show b.md", "log b.md", "deprecate b.md --reason x"] {
            below.idhooks(line).code(2).complains("did you mean 'a.md'?").done();
        }
        below.idhooks("refs review a.md:1").ok().done();
        assert_eq!(below.idhooks("check").ok().stderr().matches("note:").count(), 0);
        // A hook runs at the root, but the user does not.
        repo.append("docs/new/a.md", &format!("{UNKNOWN}\n"));
        below
            .git("commit -q -a -m unknown")
            .ok()
            .complains("the commands there: cd ../..\n")
            .done();
    });
}

#[test]
fn the_remedy_names_the_commit_that_was_checked() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let intro = repo.id("docs/intro.md");
        repo.run("switch -q -c topic");
        repo.commit_file("README.md", format!("idhooks:{intro}@0123456789ab\n"));
        repo.run("switch -q main");
        let remedy = "see the change: idhooks refs suspect --rev topic --from README.md; if the \
                      reference is still right, on that branch: idhooks refs review README.md:1\n";
        let stdout = repo.idhooks("check --rev topic").ok().stdout();
        assert!(stdout.contains(remedy), "{stdout}");
        let shown = repo.idhooks("refs suspect --rev topic --from README.md").ok().stdout();
        assert!(shown.contains("README.md:1:1"), "{shown}");
    });
}

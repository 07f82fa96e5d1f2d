//! How files carry their identities where a rule chooses it.

use super::*;
use crate::tests::refused;
use crate::{AllocateOptions, CheckOptions, allocate};

/// Adds a rule with a style to the index.
fn style(repo: &TestRepo, path: &str, style: &str) {
    rule(repo, &format!("path = {path}\nstyle = \"{style}\""));
}

fn assert_no_findings(repo: &TestRepo) {
    let report = repo.check(&CheckOptions { all_heads: true, ..CheckOptions::default() });
    assert_eq!(report.findings, []);
}

#[test]
fn a_commit_writes_the_style_of_the_rule() {
    let repo = TestRepo::adopted();
    style(&repo, "\"docs/**\"", "front-matter");
    repo.stage("docs/new.md", "# New\n\nA text of its own, long enough.\n");
    repo.stage("docs/more.md", "---\ntitle: More\n---\nAnother text, with a title.\n");
    // A file that cannot have the style is committed without an identity inside.
    repo.stage("docs/tool.py", &text("tool"));
    repo.commit("new");
    let id = repo.id("docs/new.md");
    let new = format!("---\ndoc_id: \"{id}\"\n---\n# New\n\nA text of its own, long enough.\n");
    assert_eq!(repo.read("docs/new.md"), new);
    assert_eq!(repo.git(&["show", "HEAD:docs/new.md"]) + "\n", new);
    let more = format!("---\ndoc_id: \"{}\"\ntitle: More\n", repo.id("docs/more.md"));
    assert!(repo.read("docs/more.md").starts_with(&more));
    assert_eq!(repo.read("docs/tool.py"), text("tool"));
    refuses(&repo, Write, &["docs/tool.py"], "can only have \"comment\"");
    assert_no_findings(&repo);
    // It is evidence as in any style: a rename that leaves nothing else is followed.
    repo.run("rm -q docs/new.md");
    repo.stage("docs/start.md", &format!("---\ndoc_id: \"{id}\"\n---\n{}", text("start")));
    repo.commit("rewritten and renamed");
    assert_eq!(repo.id("docs/start.md"), id);
    // A copy gets its own, in the same place.
    repo.stage("docs/copy.md", &repo.read("docs/start.md"));
    repo.commit("copy");
    let copy = format!("---\ndoc_id: \"{}\"\n---\n", repo.id("docs/copy.md"));
    assert!(repo.read("docs/copy.md").starts_with(&copy));
}

#[test]
fn another_style_moves_the_identity_and_removing_it_restores_the_file() {
    let repo = TestRepo::adopted();
    repo.stage("docs/a.yaml", "# why\n%YAML 1.2\n---\na: 1\n---\n- b\n");
    repo.stage("docs/crlf.md", "\u{feff}# Title\r\n\r\nText of the title.\r\n");
    repo.stage("docs/empty.md", "");
    repo.commit("files");
    let files = ["docs/a.yaml", "docs/crlf.md", "docs/empty.md", "docs/guide.md"];
    let mut before = files.map(|path| repo.read(path));
    for (kind, first) in [("comment", "# doc_id: "), ("key", "# why"), ("comment", "# doc_id: ")] {
        style(&repo, "\"*.yaml\"", kind);
        done(&repo, Write, &[]);
        let yaml = repo.read("docs/a.yaml");
        assert!(yaml.starts_with(first) && yaml.matches("doc_id").count() == 1, "{yaml}");
        assert_eq!(missing(&repo, &[]), [""; 0]);
        repo.commit(kind);
    }
    style(&repo, "\"*.md\"", "comment");
    done(&repo, Write, &[]);
    repo.commit("comments");
    style(&repo, "\"*.md\"", "front-matter");
    // A commit leaves an identity where the file has it.
    repo.append("docs/guide.md", "more\n");
    repo.commit("edit");
    let id = repo.id("docs/guide.md");
    assert!(repo.read("docs/guide.md").starts_with(&format!("<!-- doc_id: {id} -->\n")));
    let moved = format!("docs/guide.md {id} as front-matter");
    assert_eq!(missing(&repo, &["docs/guide.md"]), [&*moved]);
    assert!(done(&repo, Write, &[]).contains(&moved));
    assert!(repo.read("docs/crlf.md").starts_with("\u{feff}---\r\ndoc_id: \""));
    for path in &files[1..] {
        assert_eq!(repo.read(path).matches("doc_id").count(), 1, "{path}");
    }
    repo.commit("front matter");
    assert_no_findings(&repo);
    style(&repo, "\"none/**\"", "key");
    done(&repo, Remove, &[]);
    before[3] += "more\n";
    assert_eq!(files.map(|path| repo.read(path)), before);
}

#[test]
fn a_style_that_no_file_of_the_rule_can_have_is_an_error() {
    let repo = TestRepo::adopted();
    repo.commit_file("docs/list.yaml", "- a\n- b\n");
    let kept = repo.read("idhooks.toml");
    let run = || inject(&mut repo.notices(), &repo.open(), &options(&repo, Write, &[]));
    for (path, kind) in [
        ("[\"docs/**\", \"*.json\"]", "comment"),
        ("\"src/*.py\"", "front-matter"),
        ("\"**\"", "keys"),
    ] {
        style(&repo, path, kind);
        refused(repo.unchanged(|_| run()), "idhooks.toml");
    }
    repo.stage("idhooks.toml", &kept);
    style(&repo, "\"docs/**\"", "key");
    refuses(&repo, Write, &["docs/list.yaml"], "its top level is not a list of keys");
    // Files that are not named themselves are left out.
    let report = repo.unchanged(|_| run().expect("possible"));
    assert_eq!((changes(&report), report.left_out), (vec![], 3));
}

#[test]
fn a_quoted_key_is_the_same_key() {
    let repo = TestRepo::adopted();
    let matter = "[\"docs/b.md\", \"docs/toml.md\", \"docs/foreign.md\"]";
    rule(
        &repo,
        &format!(
            "path = \"docs/*.yaml\"\nstyle = \"key\"\n\n[[embed]]\npath = {matter}\nstyle = \"front-matter\""
        ),
    );
    let files = ["docs/a.yaml", "docs/b.md", "docs/toml.md"];
    let bare = ["a: 1\n", "---\ntitle: B\n---\nText.\n", "+++\ntitle = 1\n+++\nMore text.\n"];
    files.iter().zip(bare).for_each(|(path, content)| repo.stage(path, content));
    repo.commit("files");
    let ids = files.map(|path| repo.id(path).to_string());
    for quote in ['"', '\''] {
        let quoted = files.map(|path| {
            let key = format!("{quote}doc_id{quote}");
            let content = repo.read(path).replacen("doc_id", &key, 1);
            repo.stage(path, &content);
            content
        });
        repo.commit("quoted");
        assert_eq!(missing(&repo, &[]), [""; 0]);
        assert_eq!(files.map(|path| repo.read(path)), quoted);
        assert_no_findings(&repo);
        // It is replaced.
        for ((path, content), id) in files.iter().zip(&quoted).zip(&ids) {
            repo.stage(path, &content.replace(id.as_str(), "0110000001260118"));
        }
        done(&repo, Replace, &[]);
        assert_eq!(files.map(|path| repo.read(path)), quoted);
        files.iter().zip(&quoted).for_each(|(path, content)| {
            repo.stage(path, &content.replace(&format!("{quote}doc_id{quote}"), "doc_id"));
        });
        repo.commit("bare");
    }
    for (path, content) in [
        ("docs/foreign.yaml", "\"doc_id\": \"x\"\na: 1\n"),
        ("docs/foreign.md", "---\n'doc_id': x\ntitle: F\n---\nText.\n"),
    ] {
        repo.stage(path, content);
        let options = AllocateOptions { files: vec![repo.at(path)], ..AllocateOptions::default() };
        allocate(&mut repo.notices(), &repo.open(), &options).expect("possible");
        refuses(&repo, Write, &[path], "its doc_id is 'x'");
        repo.run("reset -q --hard");
    }
    // It is removed.
    style(&repo, "\"none/**\"", "key");
    repo.stage(files[0], &repo.read(files[0]).replacen("doc_id", "\"doc_id\"", 1));
    done(&repo, Remove, &["docs/a.yaml"]);
    assert_eq!(repo.read(files[0]), bare[0]);
}

#[test]
fn front_matter_in_json_gets_no_other_above_it() {
    let repo = TestRepo::adopted();
    style(&repo, "\"docs/**\"", "front-matter");
    for (path, content) in [
        ("docs/hugo.md", "{\n  \"title\": \"Hugo\"\n}\n\nText of its own.\n"),
        ("docs/hexo.md", "\"title\": \"Hexo\",\n\"tags\": []\n;;;\nText of its own.\n"),
        ("docs/fence.md", ";;;\n\"title\": \"Hexo\"\n;;;\nMore text of its own.\n"),
    ] {
        repo.commit_file(path, content);
        assert_eq!(repo.read(path), content);
        refuses(&repo, Write, &[path], "its front matter is JSON");
    }
    // Braces alone are no front matter.
    repo.commit_file("docs/braces.md", "{{< toc >}}\n\nText with a short code.\n");
    assert!(repo.read("docs/braces.md").starts_with("---\ndoc_id: "));
}

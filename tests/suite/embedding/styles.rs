//! How files carry their identities where the rules choose it.

use super::{committed, head};
use crate::commands::refuses;
use crate::common::{Repo, Snapshot, on_adopted, text};

/// Adds a rule to the index.
fn style(repo: &Repo, path: &str, style: &str) {
    let config = String::from_utf8(repo.read("idhooks.toml")).expect("text");
    let before = config.split("\n[[embed]]\n").next().unwrap_or_default();
    let rule = format!("{before}\n[[embed]]\npath = {path}\nstyle = \"{style}\"\n");
    repo.stage("idhooks.toml", rule);
}

fn shown(repo: &Repo, path: &str) -> String {
    String::from_utf8(repo.read(path)).expect("text")
}

#[test]
fn a_commit_writes_the_style_of_the_rule() {
    on_adopted(|repo| {
        style(repo, "\"docs/**\"", "front-matter");
        repo.stage("docs/new.md", "# New\n\nA text of its own, long enough.\n");
        repo.stage("docs/more.md", "---\ntitle: More\n---\nAnother text, with a title.\n");
        // A file that cannot have the style is committed without an identity inside.
        repo.stage("docs/tool.py", text("tool"));
        repo.commit("new");
        let id = repo.id("docs/new.md");
        let new = format!("---\ndoc_id: \"{id}\"\n---\n# New\n\nA text of its own, long enough.\n");
        assert_eq!(shown(repo, "docs/new.md"), new);
        assert_eq!(repo.ask("cat-file blob HEAD:docs/new.md"), new.trim_end());
        let id = repo.id("docs/more.md");
        let more = format!("---\ndoc_id: \"{id}\"\ntitle: More\n");
        assert!(shown(repo, "docs/more.md").starts_with(&more));
        assert_eq!(shown(repo, "docs/tool.py"), text("tool"));
        refuses(repo, "inject docs/tool.py", "can only have \"comment\"");
        assert_eq!(repo.findings("--all-heads"), [""; 0]);
        // It is believed as any other: a rename that leaves nothing else is followed.
        let id = repo.id("docs/new.md");
        repo.run("rm -q docs/new.md");
        repo.stage("docs/start.md", format!("---\ndoc_id: \"{id}\"\n---\n{}", text("start")));
        repo.commit("rewritten and renamed");
        assert_eq!(repo.id("docs/start.md"), id);
        // A copy gets its own, in the same place.
        repo.stage("docs/copy.md", repo.read("docs/start.md"));
        repo.commit("copy");
        let copy = repo.id("docs/copy.md");
        assert_eq!(committed(repo, "HEAD", "docs/copy.md"), "---");
        assert!(
            shown(repo, "docs/copy.md").starts_with(&format!("---\ndoc_id: \"{copy}\"\n---\n"))
        );
    });
}

#[test]
fn another_style_moves_the_identity() {
    on_adopted(|repo| {
        repo.stage("docs/a.yaml", "# why\n%YAML 1.2\n---\na: 1\n---\n- b\n");
        repo.stage("docs/crlf.md", "\u{feff}# Title\r\n\r\nText of the title.\r\n");
        repo.stage("docs/empty.md", "");
        repo.commit("files");
        let files = ["docs/a.yaml", "docs/crlf.md", "docs/empty.md", "docs/guide.md"];
        let before = files.map(|path| repo.read(path));
        for (kind, first) in
            [("comment", "# doc_id: "), ("key", "# why"), ("comment", "# doc_id: ")]
        {
            style(repo, "\"*.yaml\"", kind);
            repo.idhooks("inject --all").ok().done();
            assert!(head(repo, "docs/a.yaml").starts_with(first), "{}", shown(repo, "docs/a.yaml"));
            assert_eq!(shown(repo, "docs/a.yaml").matches("doc_id").count(), 1);
            repo.idhooks("inject --all --check").ok().done();
            repo.commit(kind);
        }
        style(repo, "\"*.md\"", "comment");
        repo.idhooks("inject --all").ok().done();
        repo.commit("comments");
        style(repo, "\"*.md\"", "front-matter");
        // A commit leaves what a file carries where it is.
        repo.append("docs/guide.md", "more\n");
        repo.run("add docs/guide.md");
        repo.commit("edit");
        let id = repo.id("docs/guide.md");
        assert_eq!(head(repo, "docs/guide.md"), format!("<!-- doc_id: {id} -->"));
        let check = repo.idhooks("inject --check docs/guide.md").code(1);
        assert_eq!(check.stdout(), format!("docs/guide.md does not carry {id} as front-matter\n"));
        let moved = repo.idhooks("inject --all").ok().stdout();
        assert!(
            moved.contains(&format!("docs/guide.md carries {id} as front-matter\n")),
            "{moved}"
        );
        assert!(repo.read("docs/crlf.md").starts_with("\u{feff}---\r\ndoc_id: \"".as_bytes()));
        for path in &files[1..] {
            assert_eq!(shown(repo, path).matches("doc_id").count(), 1, "{path}");
        }
        repo.commit("front matter");
        assert_eq!(repo.findings("--all-heads"), [""; 0]);
        // Without a rule everything goes, and what was there before is left.
        style(repo, "\"none/**\"", "key");
        repo.idhooks("inject --remove --all").ok().done();
        repo.commit("no more");
        let mut guide = before[3].clone();
        guide.extend_from_slice(b"more\n");
        assert_eq!(files.map(|path| repo.read(path)), [&before[..3], &[guide]].concat()[..]);
    });
}

#[test]
fn an_impossible_style_is_an_error() {
    on_adopted(|repo| {
        repo.commit_file("docs/list.yaml", "- a\n- b\n");
        let kept = repo.read("idhooks.toml");
        for (path, kind, place, possible) in [
            ("[\"docs/**\", \"*.json\"]", "comment", "'*.json'", "\"key\""),
            ("\"src/*.py\"", "front-matter", "'src/*.py'", "\"comment\""),
        ] {
            style(repo, path, kind);
            let answer = repo.idhooks("inject --all").code(2);
            answer.explains("idhooks.toml:").complains(place).complains(possible).done();
        }
        style(repo, "\"**\"", "keys");
        repo.idhooks("list").ok().done();
        repo.idhooks("check").code(2).complains("did you mean 'key'?").done();
        repo.stage("idhooks.toml", kept);
        style(repo, "\"docs/**\"", "key");
        let before = Snapshot::of(repo);
        let answer = repo.idhooks("inject docs/list.yaml").code(2);
        answer
            .explains("its top level is not a list of keys")
            .complains("style = \"comment\"")
            .done();
        before.assert_same(repo);
        let answer = repo.idhooks("inject --all -v").ok();
        assert!(answer.stderr().contains("docs/guide.md"), "{answer}");
        repo.commit("keys");
    });
}

#[test]
fn a_quoted_key_is_the_same_key() {
    on_adopted(|repo| {
        style(repo, "\"docs/*.yaml\"", "key");
        repo.append(
            "idhooks.toml",
            "\n[[embed]]\npath = [\"docs/b.md\", \"docs/toml.md\", \"docs/foreign.md\"]\nstyle = \"front-matter\"\n",
        );
        repo.run("add idhooks.toml");
        let files = ["docs/a.yaml", "docs/b.md", "docs/toml.md"];
        let bare = ["a: 1\n", "---\ntitle: B\n---\nText.\n", "+++\ntitle = 1\n+++\nMore text.\n"];
        files.iter().zip(bare).for_each(|(path, content)| repo.stage(path, content));
        repo.commit("files");
        let ids = files.map(|path| repo.id(path));
        for quote in ['"', '\''] {
            let quoted = files.map(|path| {
                let key = format!("{quote}doc_id{quote}");
                let content = shown(repo, path).replacen("doc_id", &key, 1);
                repo.stage(path, &content);
                content
            });
            repo.commit("quoted");
            repo.idhooks("inject --all --check").ok().done();
            // It is read, and stays as it is.
            assert_eq!(files.map(|path| shown(repo, path)), quoted);
            assert_eq!(repo.findings("--all-heads"), [""; 0]);
            // It is replaced.
            for ((path, content), id) in files.iter().zip(&quoted).zip(&ids) {
                repo.stage(path, content.replace(id.as_str(), "0110000001260118"));
            }
            repo.idhooks("inject --all --replace").ok().done();
            assert_eq!(files.map(|path| shown(repo, path)), quoted);
            files.iter().zip(&quoted).for_each(|(path, content)| {
                repo.stage(path, content.replace(&format!("{quote}doc_id{quote}"), "doc_id"));
            });
            repo.run("commit -q --allow-empty -m bare");
        }
        // A value that is no identity is not ours.
        for (path, content) in [
            ("docs/foreign.yaml", "\"doc_id\": \"x\"\na: 1\n"),
            ("docs/foreign.md", "---\n'doc_id': x\ntitle: F\n---\nText.\n"),
        ] {
            repo.stage(path, content);
            repo.idhooks(["allocate", path]).ok().done();
            refuses(repo, &format!("inject {path}"), "its doc_id is 'x'");
            repo.run("reset -q --hard");
        }
        // It is removed.
        style(repo, "\"none/**\"", "key");
        let quoted = shown(repo, files[0]).replacen("doc_id", "\"doc_id\"", 1);
        repo.stage(files[0], quoted);
        repo.idhooks("inject --remove docs/a.yaml").ok().done();
        assert_eq!(shown(repo, files[0]), bare[0]);
        repo.commit("removed");
    });
}

#[test]
fn front_matter_in_json_gets_no_other_above_it() {
    on_adopted(|repo| {
        style(repo, "\"docs/**\"", "front-matter");
        for (path, content) in [
            ("docs/hugo.md", "{\n  \"title\": \"Hugo\"\n}\n\nText of its own.\n"),
            ("docs/hexo.md", "\"title\": \"Hexo\",\n\"tags\": []\n;;;\nText of its own.\n"),
            ("docs/fence.md", ";;;\n\"title\": \"Hexo\"\n;;;\nMore text of its own.\n"),
        ] {
            repo.stage(path, content);
            repo.commit("json");
            assert_eq!(shown(repo, path), content);
            refuses(repo, &format!("inject {path}"), "its front matter is JSON");
        }
        // Braces alone are no front matter.
        repo.commit_file("docs/braces.md", "{{< toc >}}\n\nText with a short code.\n");
        assert!(shown(repo, "docs/braces.md").starts_with("---\ndoc_id: "));
    });
}

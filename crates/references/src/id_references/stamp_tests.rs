//! Tests of stamps: of the content that they cover, and of writing them.

use idhooks_core::config::Config;
use idhooks_core::embed;
use idhooks_core::registry::RepoPath;
use proptest::prelude::*;

use super::*;

/// The page whose table other programs test against.
const PAGE: &str = include_str!("../../../../docs/references.md");

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("a path")
}

fn stamp_of(file: &str, content: &[u8], section: Option<&str>) -> Option<String> {
    Some(StampedContent::of(&path(file), content, section)?.stamp().to_string())
}

fn compared(file: &str, content: &str, section: Option<&str>) -> String {
    let part = StampedContent::of(&path(file), content.as_bytes(), section).expect("a section");
    String::from_utf8_lossy(part.as_bytes()).into_owned()
}

/// Returns a text with the same stamp in all references that take one.
fn stamped(file: &str, text: &str, stamp: &str) -> String {
    let config = Config::parse("[[references.forms]]\ntext = 'DOC-{id}'\n").expect("valid rules");
    let scanner = ReferenceScanner::new(config.references());
    let found = scanner.scan(&path(file), text.as_bytes()).expect("text");
    let stamp: ContentStamp = stamp.parse().expect("a stamp");
    let edits: Vec<ReferenceEdit> =
        found.into_iter().map(|reference| ReferenceEdit::stamp(reference, stamp)).collect();
    let edited = with_edits(text.as_bytes(), &edits);
    let again = scanner.scan(&path(file), &edited).expect("text");
    assert_eq!(again.len(), edits.len(), "{text}");
    for (one, edit) in again.iter().zip(&edits) {
        assert_eq!((&one.target, &one.section), (&edit.reference.target, &edit.reference.section));
        assert_eq!(one.stamp, Some(stamp), "{text}");
    }
    String::from_utf8(edited).expect("text")
}

#[test]
fn the_table_for_other_programs_is_right() {
    let mut count = 0;
    for row in PAGE.lines().filter(|line| {
        (line.starts_with("| `a.") || line.starts_with("| `A.")) && line.contains("\"` |")
    }) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let plain = |at: usize| cells[at].trim_matches('`');
        let content: String = unescaped(plain(1));
        let section = Some(plain(2)).filter(|section| !section.is_empty());
        let expected = Some(plain(3).to_owned()).filter(|stamp| stamp != "none");
        assert_eq!(stamp_of(plain(0), content.as_bytes(), section), expected, "{row}");
        count += 1;
    }
    assert_eq!(count, 23);
}

/// Reads a JSON string with the escapes that the table has.
fn unescaped(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).expect("a string");
    let plain = inner.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
    plain.replace("\\\"", "\"").replace("\\u0000", "\0")
}

#[test]
fn a_section_ends_where_the_next_one_of_its_level_begins() {
    let text = "---\ntitle: x\n---\nintro\n\n# One\na\n> ## Quoted\n\n## Sub\nb\n### Deep\nc\n\nTwo\n---\nd\n\
        ```\n# code\n```\n<h1 id=\"x\">HTML</h1>\n\ne\n# One\nf";
    for (section, expected) in [
        ("sub", "## Sub\nb\n### Deep\nc\n"),
        ("deep", "### Deep\nc\n"),
        ("two", "Two\n---\nd\n```\n# code\n```\n"),
        ("html", "<h1 id=\"x\">HTML</h1>\n\ne\n"),
        ("one-1", "# One\nf\n"),
        ("quoted", "> ## Quoted\n"),
        ("x", &format!("{text}\n")),
        ("Two", "Two\n---\nd\n```\n# code\n```\n"),
    ] {
        assert_eq!(compared("a.md", text, Some(section)), expected, "{section}");
    }
    let one = compared("a.MD", text, Some("one"));
    assert!(one.starts_with("# One\na\n") && one.ends_with("```\n"), "{one}");
    assert_eq!(stamp_of("a.md", text.as_bytes(), Some("three")), None);
    let crlf = text.replace('\n', "\r\n");
    for section in ["sub", "two", "html", "one-1"] {
        let [lf, crlf] = [text, &crlf].map(|text| compared("a.md", text, Some(section)));
        assert_eq!(lf, crlf, "{section}");
    }
}

#[test]
fn an_identity_of_the_file_itself_does_not_count() {
    let id = "0110073814260118".parse().expect("an identity");
    for (file, content) in [
        ("a.py", "#!/usr/bin/python\nprint(1)\n"),
        ("a.md", "# Title\r\n\r\ntext\r\n"),
        ("a.md", "---\ntitle: x\n---\n# Title\n"),
        ("a.json", "{\n  \"a\": 1\n}\n"),
        ("a.yaml", "a: 1\n"),
        ("a.html", "<!doctype html>\n<p>\n"),
    ] {
        for style in [None, embed::styles_of(file.as_bytes()).and_then(|all| all.last().copied())] {
            let with = embed::write(&path(file), content.as_bytes(), id, style);
            let with = with.expect("possible").expect("new");
            let [before, after] =
                [content.as_bytes(), &with].map(|text| stamp_of(file, text, None));
            assert_eq!(before, after, "{file} {style:?}");
        }
    }
    // An identity further down is content.
    let below = "print(1)\n# doc_id: 0110073814260118\n";
    assert_eq!(compared("a.py", below, None), below);
}

#[test]
fn content_that_is_no_text_counts_byte_by_byte() {
    for content in [&b"a \r\n\0"[..], b"\xff \r\nidhooks:0110073814260118@0123456789ab\n"] {
        let part = StampedContent::of(&path("a.md"), content, Some("x")).expect("all of it");
        assert_eq!(part.as_bytes(), content);
    }
}

#[test]
fn a_stamp_is_written_into_each_spelling() {
    for (before, after) in [
        ("idhooks:0110073814260118", "idhooks:0110073814260118@0123456789ab"),
        ("idhooks:0110073814260118#a", "idhooks:0110073814260118@0123456789ab#a"),
        (
            "é idhooks:0110073814260118@ffffffffffff#a.",
            "é idhooks:0110073814260118@0123456789ab#a.",
        ),
        (
            "DOC-0110073814260118@x, idhooks:0110073814260118#0110073814260118\r\n",
            "DOC-0110073814260118@0123456789ab@x, \
             idhooks:0110073814260118@0123456789ab#0110073814260118\r\n",
        ),
        ("", ""),
    ] {
        assert_eq!(stamped("a.txt", before, "0123456789ab"), after);
        assert_eq!(stamped("a.txt", after, "0123456789ab"), after);
    }
    // So do the values of a key in front matter.
    let config = Config::parse("[[references.forms]]\nkey = 'related'\n").expect("valid rules");
    let text = "---\nrelated: [0110073814260118, \"0110073814260118@ffffffffffff#run\"]\n---\n";
    let scanner = ReferenceScanner::new(config.references());
    let found = scanner.scan(&path("a.md"), text.as_bytes()).expect("text");
    let stamp = "0123456789ab".parse().expect("a stamp");
    let edits = found.into_iter().map(|reference| ReferenceEdit::stamp(reference, stamp));
    let edited = with_edits(text.as_bytes(), &edits.collect::<Vec<_>>());
    assert_eq!(
        String::from_utf8_lossy(&edited),
        "---\nrelated: [0110073814260118@0123456789ab, \"0110073814260118@0123456789ab#run\"]\n---\n"
    );
    let again = scanner.scan(&path("a.md"), &edited).expect("text");
    assert_eq!(again.iter().filter(|one| one.stamp == Some(stamp)).count(), 2);
    // Other text after the name leaves no place for a stamp.
    let config = Config::parse("[[references.forms]]\ntext = '[[{id}]]'\n").expect("valid rules");
    let text = b"[[0110073814260118]]";
    let found = ReferenceScanner::new(config.references()).scan(&path("a.md"), text).expect("text");
    let stamp = "0123456789ab".parse().expect("a stamp");
    let edits = found.into_iter().map(|reference| ReferenceEdit::stamp(reference, stamp));
    assert_eq!(with_edits(text, &edits.collect::<Vec<_>>()), text);
}

#[test]
fn each_section_of_a_long_file_is_found() {
    let text: String = (0..2000).map(|n| format!("## Part {n}\n\nline\n")).collect();
    let file = StampableFile::of(&path("a.md"), text.into_bytes());
    for n in 0..2000 {
        let part = file.part(Some(&format!("part-{n}"))).expect("a section");
        assert_eq!(part.as_bytes(), format!("## Part {n}\n\nline\n").as_bytes());
    }
}

/// Texts with references, stamps, and whatever may look like one.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("idhooks:0110073814260118".to_owned()),
        Just("DOC-0110073814260118".to_owned()),
        "@[0-9a-f]{12}",
        "[@#a-f0-9 é.\n-]{1,4}",
        Just("\r\n# Title\r\n".to_owned()),
        Just(" \t\n".to_owned()),
        "\\PC{0,6}",
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_stamp_does_not_change_the_stamp_of_the_file_that_holds_it(text in texts(), stamp in "[0-9a-f]{12}") {
        let with = stamped("a.txt", &text, &stamp);
        prop_assert_eq!(stamp_of("a.txt", with.as_bytes(), None), stamp_of("a.txt", text.as_bytes(), None));
        prop_assert_eq!(stamped("a.txt", &with, &stamp), with);
    }

    #[test]
    fn line_ends_do_not_count(text in texts()) {
        let lf = text.replace("\r\n", "\n");
        let crlf = lf.replace('\n', " \t\r\n");
        prop_assert_eq!(compared("a.md", &crlf, None), compared("a.md", &lf, None));
    }

    #[test]
    fn any_content_has_a_stamp(content in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC*") {
        prop_assert!(stamp_of("a.md", &content, None).is_some());
        let whole = format!("# a\n{text}\n# b\n");
        if let Some(part) = StampedContent::of(&path("a.md"), whole.as_bytes(), Some("b")) {
            prop_assert!(part.as_bytes().starts_with(b"# b") || !text.is_empty());
        }
    }
}

//! Tests of the grammar of references, and of the scan of a file.

use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;
use proptest::prelude::*;
use std::time::{Duration, Instant};

use super::*;

const ID: &str = "0110073814260118";

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("a path")
}

fn scan_with(rules: &str, file: &str, content: &[u8]) -> Result<Vec<IdReference>, Unscannable> {
    let config = Config::parse(rules).expect("valid rules");
    ReferenceScanner::new(config.references()).scan(&path(file), content)
}

fn scan(text: &str) -> Vec<IdReference> {
    scan_with("", "notes.txt", text.as_bytes()).expect("text")
}

/// Returns the references in a text as they are written in it.
fn written<'t>(text: &'t str, found: &[IdReference]) -> Vec<&'t str> {
    found.iter().map(|one| &text[one.range.clone()]).collect()
}

fn by_rules<'t>(rules: &str, file: &str, text: &'t str) -> Vec<&'t str> {
    written(text, &scan_with(rules, file, text.as_bytes()).expect("text"))
}

#[test]
fn a_reference_has_a_stamp_and_a_section() {
    for (text, stamp, section) in [
        ("idhooks:0110073814260118", None, None),
        ("idhooks:0110073814260118#install", None, Some("install")),
        ("idhooks:0110073814260118@0123456789ab", Some("0123456789ab"), None),
        ("idhooks:0110073814260118@0123456789AB#a-1", Some("0123456789ab"), Some("a-1")),
        ("idhooks:0110073814260118#größe_2", None, Some("größe_2")),
        ("idhooks:0110073814260118#gr%C3%B6%C3%9Fe", None, Some("größe")),
        ("idhooks:0110073814260118#a%FFb", None, Some("a%FFb")),
        ("idhooks:0110073814260118#a%20b", None, Some("a%20b")),
    ] {
        for (before, after) in [("", ""), ("See <", ">."), ("(", ")"), ("`", "`"), ("é ", "\r\n")]
        {
            let whole = format!("{before}{text}{after}");
            let found = scan(&whole);
            assert_eq!(written(&whole, &found), [text], "{whole}");
            assert_eq!(found[0].target.to_string(), ID);
            assert_eq!(found[0].stamp.map(|stamp| stamp.to_string()).as_deref(), stamp);
            assert_eq!(found[0].section.as_deref(), section);
            assert_eq!(found[0].form, 0);
        }
    }
}

#[test]
fn an_ending_that_is_none_belongs_to_the_text() {
    for rest in [
        "@0123456789a",
        "@0123456789abc",
        "@0123456789aß",
        "@example.org",
        "#",
        "# heading",
        "#!",
        ".",
        "_",
        "-x",
        "/x",
        "@",
    ] {
        let text = format!("idhooks:{ID}{rest}");
        let found = scan(&text);
        assert_eq!(written(&text, &found), [format!("idhooks:{ID}")], "{text}");
        assert_eq!((found[0].stamp, &found[0].section), (None, &None), "{text}");
    }
    // The stamp comes first, so this is a section and a text.
    let text = format!("idhooks:{ID}#a@0123456789ab");
    assert_eq!(written(&text, &scan(&text)), [format!("idhooks:{ID}#a")]);
}

#[test]
fn a_number_or_a_longer_word_is_no_reference() {
    for text in [
        "0110073814260118",
        "id 0110073814260118",
        "idhooks:011007381426011",
        "idhooks:01100738142601180",
        "idhooks:0110073814260118a",
        "idhooks:0110073814260118ß",
        "idhooks:0110073814260118٣",
        "idhooks: 0110073814260118",
        "IDHOOKS:0110073814260118",
        "xidhooks:0110073814260118",
        "éidhooks:0110073814260118",
        "my_idhooks:0110073814260118",
        "7idhooks:0110073814260118",
        // Sequence 00000 is never allocated.
        "idhooks:0000000000000000",
        "idhooks:٠١١٠٠٧٣٨١٤٢٦٠١١٨",
        "idhooks:",
        "",
    ] {
        assert_eq!(scan(text), [], "{text}");
    }
    let emphasis = "_idhooks:0110073814260118_ and __idhooks:0110073814260118__";
    assert_eq!(scan(emphasis).len(), 2);
}

#[test]
fn places_are_lines_and_characters() {
    let places = |text: &str| -> Vec<[usize; 2]> {
        scan(text).iter().map(|one| [one.line, one.column]).collect()
    };
    let one = format!("idhooks:{ID}");
    assert_eq!(places(&format!("{one} ä {one}\r\n\r\n\tö {one}")), [[1, 1], [1, 28], [3, 4]]);
    assert_eq!(places(&format!("\u{feff}{one}\n{one}")), [[1, 1], [2, 1]]);
    assert_eq!(places(&format!("\u{feff}x {one}")), [[1, 3]]);
    assert_eq!(places(&format!("```sh\ncat {one}\n```\n")), [[2, 5]]);
}

#[test]
fn a_line_can_be_switched_off() {
    let text = format!(
        "idhooks:{ID} <!-- idhooks: ignore -->\nidhooks:{ID} # idhooks: ignored\n\
        # idhooks: ignore: idhooks:{ID} idhooks: ignore\nidhooks:{ID}\nidhooks: ignore idhooks:{ID}"
    );
    let lines: Vec<usize> = scan(&text).iter().map(|one| one.line).collect();
    assert_eq!(lines, [2, 4]);
}

#[test]
fn own_identities_are_no_references() {
    let rules =
        "[[references.forms]]\ntext = 'doc_id: {id}'\n[[references.forms]]\ntext = 'DOC-{second}'";
    let text = "---\ndoc_id: 0110073814260118\n---\nSee doc_id: 0110073814260118, and DOC-12.\n";
    let found = by_rules(rules, "a.md", text);
    assert_eq!(found, ["doc_id: 0110073814260118", "DOC-12"]);
    let text = "# doc_id: DOC-0001\nx = 'DOC-0002'\n";
    assert_eq!(by_rules(rules, "a.py", text), ["DOC-0002"]);
}

#[test]
fn other_spellings_count_where_the_rules_say() {
    let rules = "[[references.forms]]\npath = 'docs/**'\ntext = 'DOC-{id}'\n\
        [[references.forms]]\ntext = '[[{id}]]'\n\
        [[references.forms]]\ntext = 'doc:{second}'\n\
        [[references.forms]]\ntext = '<REQ-{second}>'";
    let text = format!("DOC-{ID}#a XDOC-{ID} [[[{ID}]]] [[{ID}]x doc:SPEC-7. <REQ-0_1> <REQ-x y>");
    let here = ["[[0110073814260118]]", "doc:SPEC-7", "<REQ-0_1>"];
    assert_eq!(by_rules(rules, "a.txt", &text), here);
    let all = [&["DOC-0110073814260118#a"][..], &here].concat();
    assert_eq!(by_rules(rules, "docs/a.txt", &text), all);
    let found = scan_with(rules, "a.txt", text.as_bytes()).expect("text");
    let found: Vec<_> = found.iter().map(|one| (one.form, one.target.to_string())).collect();
    let second = |form, name: &str| (form, name.to_owned());
    assert_eq!(found, [second(2, ID), second(3, "SPEC-7"), second(4, "REQ-0_1")]);
}

#[test]
fn the_literal_is_part_of_a_second_identity_that_is_none_without_it() {
    let target = |text: &str, content: &str| {
        let rules = format!("[[references.forms]]\ntext = '{text}'");
        let found = scan_with(&rules, "a.txt", content.as_bytes()).expect("text");
        found.iter().map(|one| one.target.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(target("DOC-{second}", "see DOC-0001."), ["DOC-0001"]);
    assert_eq!(target("ref:{second}", "see ref:DOC-0001-"), ["DOC-0001"]);
    assert_eq!(target("ref:{second}", "see ref:0001"), [""; 0]);
    assert_eq!(target("ref:{second}", "see ref:DOC-1é"), [""; 0]);
    let long = format!("ref:DOC-{}", "1".repeat(300));
    assert_eq!(target("ref:{second}", &long), [""; 0]);
}

#[test]
fn front_matter_has_references_in_the_values_of_a_key() {
    let rules = "[[references.forms]]\npath = '*.md'\nkey = 'related'";
    for (text, expected) in [
        ("---\nrelated: 0110073814260118\n---\n", &["0110073814260118"][..]),
        ("---\r\nrelated: '0110073814260118#a'\r\n---\r\n", &["0110073814260118#a"]),
        (
            "---\ntitle: related\nrelated:\n  - 0110073814260118@0123456789ab # why\n  - \"DOC-0001\"\n---\n",
            &["0110073814260118@0123456789ab", "DOC-0001"],
        ),
        ("\u{feff}---\nrelated: [DOC-1, 'ä', DOC-2]\n---", &["DOC-1", "DOC-2"]),
        ("+++\nrelated = ['DOC-1', \"0110073814260118\"]\n+++\n", &["DOC-1", "0110073814260118"]),
        ("+++\nrelated = 'DOC-1'\n+++\n", &["DOC-1"]),
        ("---\nrelated: [idhooks:0110073814260118]\n---\n", &["idhooks:0110073814260118"]),
        ("---\na: {b: c}\nrelated: DOC-1\nc: DOC-2\n---\n", &["DOC-1"]),
        // Paths, titles and values further down are none.
        ("---\nrelated: docs/a-1.md\n---\n", &[]),
        ("---\nrelated: 01100738142601180\n---\n", &[]),
        ("---\nrelated: {see: DOC-1}\n---\n", &["DOC-1"]),
        ("---\nrelated: [[[DOC-1]]]\n---\n", &[]),
        ("---\nother: {related: DOC-1}\n---\n", &[]),
        ("---\nrelated: DOC-1\n", &[]),
        ("\n---\nrelated: DOC-1\n---\n", &[]),
        ("related: DOC-1\n", &[]),
        ("---\nrelated: \"DOC\\u002D1\"\n---\n", &[]),
        ("---\nrelated: |\n  DOC-1\n---\n", &[]),
        ("---\n: : [\nrelated: DOC-1\n---\n", &[]),
    ] {
        assert_eq!(by_rules(rules, "a.md", text), expected, "{text}");
        assert!(!by_rules(rules, "a.txt", text).contains(&"DOC-1"), "{text}");
    }
}

#[test]
fn a_file_that_is_not_text_is_skipped_only_if_it_may_have_references() {
    let one = format!("idhooks:{ID}");
    let of = |content: &[u8]| scan_with("", "a", content).map(|found| found.len());
    assert_eq!(of(&[one.as_bytes(), b"\0"].concat()), Err(Unscannable::Binary));
    assert_eq!(of(&[one.as_bytes(), b"\xff"].concat()), Err(Unscannable::NotUtf8));
    assert_eq!(of(b"\0\xff"), Ok(0));
    let mut large = vec![b' '; 8 << 20];
    large[..one.len()].copy_from_slice(one.as_bytes());
    assert_eq!(of(&large), Ok(1));
    large.push(b' ');
    assert_eq!(of(&large), Err(Unscannable::TooLarge));
    assert_eq!(of(&large[one.len()..]), Ok(0));
}

#[test]
fn the_literals_are_those_of_all_spellings() {
    let rules = "[[references.forms]]\ntext = 'DOC-{id}'\n[[references.forms]]\ntext = 'DOC-{second}'\n\
        [[references.forms]]\nkey = 'related'";
    let config = Config::parse(rules).expect("valid");
    let scanner = ReferenceScanner::new(config.references());
    assert_eq!(scanner.literals(), ["DOC-", "idhooks:", "related"]);
    assert_eq!([0, 1, 3].map(|form| scanner.form(form)), ["idhooks:{id}", "DOC-{id}", "related"]);
}

#[test]
fn hostile_content_takes_linear_time() {
    let rules = "[[references.forms]]\ntext = '[[{id}]]'\n[[references.forms]]\ntext = '_{second}'\n\
        [[references.forms]]\ntext = 'D-{second}>'\n[[references.forms]]\nkey = 'related'";
    let size = 1 << 18;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    for text in [
        fill("["),
        fill("_"),
        fill("D-"),
        fill("_a"),
        fill("idhooks:"),
        fill(&format!("idhooks:{ID}")),
        fill(&format!("idhooks:{ID} ")),
        fill(&format!("idhooks:{ID}#")),
        fill(&format!("_idhooks:{ID}a")),
        fill("idhooks: ignore "),
        fill(&format!("idhooks: ignore idhooks:{ID}\n")),
        format!("idhooks:{ID}#{}", fill("a")),
        format!("---\nrelated: {}\n---\n", fill("[")),
        format!("---\nrelated: {}\n---\n", fill("- ")),
        format!("---\n{}\n---\n", fill("related: &a [*a]\n")),
    ] {
        let started = Instant::now();
        let found = scan_with(rules, "a.md", text.as_bytes()).expect("text");
        assert!(found.len() <= size / 16);
        // A quadratic search of 256 KiB takes minutes.
        assert!(started.elapsed() < Duration::from_secs(10), "{}", &text[..40]);
    }
}

#[test]
fn headings_have_the_slugs_of_github() {
    for (text, slugs) in [
        ("\u{feff}# Head\n\nb\n", &["head"][..]),
        ("# Install it, now!\n", &["install-it-now"][..]),
        ("# A\n## A\n# A\n# A-1\n", &["a", "a-1", "a-2", "a-1-1"]),
        ("Title\n===\nSub title\n---\n", &["title", "sub-title"]),
        ("# `code_x()` and **bold** [link](x.md) ![image](y.png)\n", &["code_x-and-bold-link-"]),
        ("# Größe & Maß: ÄÖ\n", &["größe--maß-äö"]),
        ("# 日本語 タイトル\n", &["日本語-タイトル"]),
        ("# naïve cafe\u{301}\n", &["naïve-cafe\u{301}"]),
        ("# a  b\n", &["a--b"]),
        ("# x² ½ ٣\n", &["x--٣"]),
        ("# a&amp;b &lt;c&gt;\n", &["ab-c"]),
        ("# 🚀 Go\n", &["-go"]),
        ("# a <kbd>b</kbd>\n", &["a-b"]),
        ("#no heading\n\n    # code\n\n```\n# code\n```\n", &[]),
        ("> # Quoted\n\n- # Item\n", &["quoted", "item"]),
        ("---\ntitle: x\n---\n# A\n", &["a"]),
        ("<h1 align=\"center\">My <b>Name</b></h1>\n\n<a id=\"top\"></a>\n", &["my-name", "top"]),
        ("<header>x</header>\n\n# A\n", &["a"]),
        ("<a data-id=\"1\" href='?id=2' hidden ID = \"x\"></a>\n\n<a name=y/>\n", &["x", "y/"]),
        ("<a id></a> <a =id= \"x\"> <a id=\"x> <aid=\"x\"> <a id\n", &[]),
    ] {
        assert_eq!(heading_slugs(text), slugs, "{text}");
    }
}

/// Returns references and texts around them, and how many references there are.
fn texts() -> impl Strategy<Value = Vec<(String, bool)>> {
    let reference = ("[0-9]{5}[1-9][0-9]{10}", "(@[0-9a-f]{12})?", "(#[a-zé_-]{1,9})?")
        .prop_map(|(digits, stamp, section)| (format!("idhooks:{digits}{stamp}{section}"), true));
    let other = prop_oneof!["[ \t\r\n(),.é<>\"]{1,12}", Just(" idhooks: ".to_owned())]
        .prop_map(|text| (format!(" {text} "), false));
    prop::collection::vec(prop_oneof![reference, other], 0..30)
}

proptest! {
    #[test]
    fn every_written_reference_is_found_at_its_place(parts in texts()) {
        let (mut text, mut expected) = (String::new(), Vec::new());
        for (part, is_reference) in parts {
            if is_reference {
                text.push(' ');
                let line = 1 + text.matches('\n').count();
                let start = text.rfind('\n').map_or(0, |end| end + 1);
                let column = 1 + text[start..].chars().count();
                expected.push((text.len()..text.len() + part.len(), line, column));
            }
            text.push_str(&part);
        }
        let found = scan(&text).into_iter().map(|one| (one.range, one.line, one.column));
        prop_assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn any_content_is_scanned(content in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC*") {
        let rules = "[[references.forms]]\ntext = '[[{second}]]'\n[[references.forms]]\nkey = 'k'";
        let _ = scan_with(rules, "a.md", &[b"idhooks:", &content[..]].concat());
        let whole = format!("---\nk: {text}\n---\n[[{text}]] idhooks:{ID}{text}");
        for one in scan_with(rules, "a.md", whole.as_bytes()).unwrap_or_default() {
            prop_assert!(whole.get(one.range).is_some());
        }
        let _ = heading_slugs(&text);
    }
}

#[test]
fn a_baseline_refers_to_nothing() {
    let rules = "[[references.forms]]\npath = '**'\ntext = '\"id\":\"{id}'";
    let finding = format!(r#"{{"code":"X","id":"{ID}","text":"idhooks:{ID}"}}"#);
    let written = |beginning: &str| format!("{beginning}{finding}\n]}}\n");
    for beginning in [
        "{\"version\":1,\"findings\":[\n",
        "\u{feff}{\r\n  \"version\": 1,\r\n  \"findings\": [\r\n    ",
        "{\n    \"findings\": [",
    ] {
        assert_eq!(by_rules(rules, "known.json", &written(beginning)), [""; 0], "{beginning}");
    }
    for beginning in ["[", "{\"version\":2,\"findings\":[", "{\"results\":["] {
        assert_eq!(by_rules(rules, "a.json", &written(beginning)).len(), 2, "{beginning}");
    }
}

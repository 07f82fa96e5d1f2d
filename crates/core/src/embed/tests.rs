//! Embeds and removes identities in each kind of file, byte for byte.

use super::Style::{Comment, FrontMatter, Key};
use super::*;

const DIGITS: &str = "2099900007260118";

fn path(name: &str) -> RepoPath {
    RepoPath::new(name.as_bytes().to_vec()).expect("a path")
}

fn id() -> Id {
    DIGITS.parse().expect("an identity")
}

/// Embeds an identity, and asserts that a second time changes nothing and that removing it restores
/// the content.
fn assert_round_trip(name: &str, before: &str, after: &str) {
    let path = path(name);
    let after =
        after.replace(": ID", &format!(": {DIGITS}")).replace("\"ID\"", &format!("\"{DIGITS}\""));
    let written =
        write(&path, before.as_bytes(), id(), None).expect("can carry one").expect("changed");
    assert_eq!(String::from_utf8_lossy(&written), after, "{name}");
    assert_eq!(read_id(&path, &written), Some(id()), "{name}: read");
    assert_eq!(write(&path, &written, id(), None), Ok(None), "{name}: twice");
    let stripped = strip(&path, &written).expect("carries one");
    assert_eq!(String::from_utf8_lossy(&stripped), before, "{name}: back");
    assert_eq!(strip(&path, before.as_bytes()), None, "{name}: nothing to remove");
    let other: Id = "0110068833260118".parse().expect("an identity");
    let replaced = write(&path, &written, other, None).expect("can carry one").expect("changed");
    assert_eq!(
        String::from_utf8_lossy(&replaced),
        after.replace(DIGITS, "0110068833260118"),
        "{name}: replaced"
    );
}

/// Names with contents without and with an identity.
const KINDS: &[(&str, &str, &str)] = &[
    ("a.py", "import os\n", "# doc_id: ID\nimport os\n"),
    ("a.py", "", "# doc_id: ID\n"),
    ("a.py", "x", "# doc_id: ID\nx"),
    (
        "a.py",
        "#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\nx\n",
        "#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n# doc_id: ID\nx\n",
    ),
    ("a.py", "#!/usr/bin/python", "#!/usr/bin/python\n# doc_id: ID"),
    (
        "a.py",
        "# Copyright 2026 us\n# All rights\n\nx\n",
        "# Copyright 2026 us\n# All rights\n\n# doc_id: ID\nx\n",
    ),
    ("a.py", "# Copyright 2026 us\nx\n", "# Copyright 2026 us\n# doc_id: ID\nx\n"),
    ("a.py", "# a comment\nx\n", "# doc_id: ID\n# a comment\nx\n"),
    ("a.py", "\u{feff}x\r\ny\r\n", "\u{feff}# doc_id: ID\r\nx\r\ny\r\n"),
    ("run", "#!/bin/sh\nset -e\n", "#!/bin/sh\n# doc_id: ID\nset -e\n"),
    ("a.sh", "#!/bin/sh\r\nset -e\r\n", "#!/bin/sh\r\n# doc_id: ID\r\nset -e\r\n"),
    ("a.ps1", "<#\n License: MIT\n#>\nparam()\n", "<#\n License: MIT\n#>\n# DOC_ID: ID\nparam()\n"),
    ("a.yaml", "---\na: 1\n", "# doc_id: ID\n---\na: 1\n"),
    ("a.toml", "[a]\n", "# doc_id: ID\n[a]\n"),
    ("a.rs", "#![allow(x)]\n", "// doc_id: ID\n#![allow(x)]\n"),
    ("a.rs", "//! About.\nfn a() {}\n", "// doc_id: ID\n//! About.\nfn a() {}\n"),
    (
        "a.cpp",
        "/* Copyright\n * us\n */\n\nint a;\n",
        "/* Copyright\n * us\n */\n\n// doc_id: ID\nint a;\n",
    ),
    ("a.c", "int a;\n", "/* doc_id: ID */\nint a;\n"),
    ("a.css", "@charset \"utf-8\";\na {}\n", "@charset \"utf-8\";\n/* doc_id: ID */\na {}\n"),
    ("a.go", "package a\n", "// doc_id: ID\n\npackage a\n"),
    ("a.php", "<?php\necho 1;\n", "<?php\n// doc_id: ID\necho 1;\n"),
    ("a.sql", "select 1;\n", "-- doc_id: ID\nselect 1;\n"),
    ("a.ini", "[a]\n", "; doc_id: ID\n[a]\n"),
    ("a.bat", "@echo off\r\ndir\r\n", "@echo off\r\n@REM doc_id: ID\r\ndir\r\n"),
    (
        "Dockerfile",
        "# syntax=docker/dockerfile:1\nFROM a\n",
        "# syntax=docker/dockerfile:1\n# doc_id: ID\nFROM a\n",
    ),
    ("a.rst", "Title\n=====\n", ".. doc_id: ID\n\nTitle\n=====\n"),
    ("a.html", "<!DOCTYPE html>\n<html>\n", "<!DOCTYPE html>\n<!-- doc_id: ID -->\n<html>\n"),
    ("a.html", "<!doctype html><html>\n", "<!doctype html><!-- doc_id: ID --><html>\n"),
    ("a.html", "<!doctype html>", "<!doctype html>\n<!-- doc_id: ID -->"),
    ("a.html", "<p>\n", "<!-- doc_id: ID -->\n<p>\n"),
    (
        "a.xml",
        "<?xml version=\"1.0\"?>\r\n<a/>\r\n",
        "<?xml version=\"1.0\"?>\r\n<!-- doc_id: ID -->\r\n<a/>\r\n",
    ),
    ("a.xml", "<?xml version=\"1.0\"?><a/>", "<?xml version=\"1.0\"?><!-- doc_id: ID --><a/>"),
    (
        "a.xml",
        "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"a\"?>\n<!DOCTYPE a [\n<!ENTITY b \">\">\n]>\n<a/>\n",
        "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"a\"?>\n<!DOCTYPE a [\n<!ENTITY b \">\">\n]>\n<!-- doc_id: ID -->\n<a/>\n",
    ),
    (
        "a.svg",
        "<!-- Copyright us -->\n<svg/>\n",
        "<!-- Copyright us -->\n<!-- doc_id: ID -->\n<svg/>\n",
    ),
    ("a.md", "# Title\n", "<!-- doc_id: ID -->\n# Title\n"),
    ("a.md", "---\ntitle: a\n---\n# Title\n", "---\ndoc_id: \"ID\"\ntitle: a\n---\n# Title\n"),
    ("a.md", "---\r\ntitle: a\r\n...\r\n", "---\r\ndoc_id: \"ID\"\r\ntitle: a\r\n...\r\n"),
    ("a.md", "---\n# why\n  title: a\n---\n", "---\n  doc_id: \"ID\"\n# why\n  title: a\n---\n"),
    ("a.md", "+++\ntitle = \"a\"\n+++\n", "+++\ndoc_id = \"ID\"\ntitle = \"a\"\n+++\n"),
    ("a.md", "---\nJust text\n---\nmore\n", "<!-- doc_id: ID -->\n---\nJust text\n---\nmore\n"),
    ("a.md", "---\nnot closed\n", "<!-- doc_id: ID -->\n---\nnot closed\n"),
    ("a.json", "{\n  \"a\": 1\n}\n", "{\n  \"doc_id\": \"ID\",\n  \"a\": 1\n}\n"),
    ("a.json", "{\"a\":1}", "{\"doc_id\":\"ID\",\"a\":1}"),
    (
        "a.json",
        "{\"a\": 1, \"b\": {\"doc_id\": 2}}",
        "{\"doc_id\": \"ID\", \"a\": 1, \"b\": {\"doc_id\": 2}}",
    ),
    ("a.json", "{}", "{\"doc_id\": \"ID\"}"),
    ("a.json", "{\r\n\t\"a\": []\r\n}\r\n", "{\r\n\t\"doc_id\": \"ID\",\r\n\t\"a\": []\r\n}\r\n"),
];

#[test]
fn every_kind_of_file_byte_for_byte() {
    for (name, before, after) in KINDS {
        assert_round_trip(name, before, after);
    }
}

#[test]
fn files_that_cannot_carry_an_identity_have_an_obstacle() {
    let refused =
        |name: &str, content: &[u8]| write(&path(name), content, id(), None).expect_err("refused");
    assert_eq!(refused("a.png", b"\x89PNG\0"), Obstacle::Binary);
    assert_eq!(refused("a.py", b"\xff\xfea\0"), Obstacle::Binary);
    assert_eq!(refused("a.xyz", b"text"), Obstacle::UnknownKind);
    assert_eq!(refused("LICENSE", b"text"), Obstacle::UnknownKind);
    assert_eq!(refused("package-lock.json", b"{}"), Obstacle::UnknownKind);
    assert_eq!(
        refused("a.go", b"// Code generated by x. DO NOT EDIT.\npackage a\n"),
        Obstacle::Generated
    );
    assert_eq!(refused("a.html", b"<!-- @generated -->\n<p>"), Obstacle::Generated);
    assert_eq!(refused("a.ps1", b"a\n# SIG # Begin signature block\n"), Obstacle::Signed);
    assert_eq!(refused("a.py", b"# doc_id: DOC-7\n"), Obstacle::Foreign("DOC-7".to_owned()));
    assert_eq!(
        refused("a.md", b"---\ndoc_id: DOC-7\n---\n"),
        Obstacle::Foreign("DOC-7".to_owned())
    );
    assert_eq!(
        refused("a.json", b"{\"doc_id\": \"DOC-7\"}"),
        Obstacle::Foreign("DOC-7".to_owned())
    );
    for (name, content) in [
        ("a.json", &b"[1]"[..]),
        ("a.json", b"{"),
        ("a.php", b"<html>\n"),
        ("a.md", b"---\n{a: 1}\n---\n"),
    ] {
        assert!(matches!(refused(name, content), Obstacle::Malformed(_)), "{name}");
    }
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
    assert_eq!(refused("a.md", pointer), Obstacle::Pointer);
}

#[test]
fn only_the_head_counts() {
    let carried = |name: &str, text: &str| read(&path(name), text.as_bytes()).map(|m| m.text);
    let id = Some(DIGITS.to_owned());
    assert_eq!(carried("a.py", &format!("#!x\n\n# doc_id : {DIGITS}  \nx")), id);
    assert_eq!(carried("a.py", &format!("#doc_id:{DIGITS}")), id);
    assert_eq!(carried("a.ps1", &format!("# Doc_Id: {DIGITS}\r\n")), id);
    assert_eq!(carried("a.c", &format!("/* doc_id: {DIGITS} */ int a;\n")), None);
    assert_eq!(carried("a.py", &format!("x = 1\n# doc_id: {DIGITS}\n")), None);
    assert_eq!(carried("a.py", &format!("\"\"\"\n# doc_id: {DIGITS}\n\"\"\"\n")), None);
    assert_eq!(carried("a.py", "# doc_id: the id of a document\n"), None);
    assert_eq!(carried("a.html", &format!("<p><!-- doc_id: {DIGITS} -->")), None);
    assert_eq!(carried("a.md", &format!("---\ndoc_id: {DIGITS} # ours\n---\n")), id);
    assert_eq!(carried("a.md", &format!("---\na:\n  doc_id: {DIGITS}\n---\n")), None);
    assert_eq!(carried("a.json", &format!("{{\"a\": {{}}, \"doc_id\": \"{DIGITS}\"}}")), id);
    assert_eq!(carried("a.json", "{\"doc_id\": 2099900007260118, \"b\": 1}"), id);
    assert_eq!(carried("a.json", "{\"a\": \"doc_id\"}"), None);
}

/// Names with contents without and with an identity, in a style.
const STYLED: &[(Style, &str, &str, &str)] = &[
    (FrontMatter, "a.md", "# Title\n", "---\ndoc_id: \"ID\"\n---\n# Title\n"),
    (FrontMatter, "a.md", "", "---\ndoc_id: \"ID\"\n---\n"),
    (FrontMatter, "a.md", "x", "---\ndoc_id: \"ID\"\n---\nx"),
    (FrontMatter, "a.md", "\u{feff}x\r\n", "\u{feff}---\r\ndoc_id: \"ID\"\r\n---\r\nx\r\n"),
    // A thematic break, with and without another one.
    (FrontMatter, "a.md", "---\nText\n", "---\ndoc_id: \"ID\"\n---\n---\nText\n"),
    (FrontMatter, "a.md", "---\nText\n---\n", "---\ndoc_id: \"ID\"\n---\n---\nText\n---\n"),
    (FrontMatter, "a.md", "---\ntitle: a\n---\n", "---\ndoc_id: \"ID\"\ntitle: a\n---\n"),
    // Front matter that was empty stays.
    (FrontMatter, "a.md", "---\n---\nx\n", "---\ndoc_id: \"ID\"\n\n---\nx\n"),
    (FrontMatter, "a.md", "---\n\n---\n", "---\ndoc_id: \"ID\"\n\n\n---\n"),
    (FrontMatter, "a.md", "+++\n+++\n", "+++\ndoc_id = \"ID\"\n\n+++\n"),
    (FrontMatter, "a.rst", "Title\n=====\n", "---\ndoc_id: \"ID\"\n---\nTitle\n=====\n"),
    (FrontMatter, "a.html", "<!doctype html>\n", "---\ndoc_id: \"ID\"\n---\n<!doctype html>\n"),
    (Comment, "a.md", "# Title\n", "<!-- doc_id: ID -->\n# Title\n"),
    (Comment, "a.md", "---\na: 1\n---\nx\n", "---\na: 1\n---\n<!-- doc_id: ID -->\nx\n"),
    (Comment, "a.md", "---\r\na: 1\r\n---", "---\r\na: 1\r\n---\r\n<!-- doc_id: ID -->"),
    (Comment, "a.md", "---\n---\n", "---\n---\n<!-- doc_id: ID -->\n"),
    (Comment, "a.rst", "---\na: 1\n---\nx\n", "---\na: 1\n---\n.. doc_id: ID\n\nx\n"),
    (Comment, "a.rst", "---\na: 1\n---", "---\na: 1\n---\n.. doc_id: ID"),
    (Comment, "a.yml", "a: 1\n", "# doc_id: ID\na: 1\n"),
    (Comment, "a.py", "x\n", "# doc_id: ID\nx\n"),
    (Key, "a.json", "{\"a\": 1}", "{\"doc_id\": \"ID\", \"a\": 1}"),
    (Key, "a.yaml", "a: 1\n", "doc_id: \"ID\"\na: 1\n"),
    (Key, "a.yaml", "", "doc_id: \"ID\"\n"),
    (Key, "a.yaml", "# x\n\n  \"a b\" : 1\n", "  doc_id: \"ID\"\n# x\n\n  \"a b\" : 1\n"),
    (Key, "a.yaml", "# Copyright us\n\na:\n- 1\n", "# Copyright us\n\ndoc_id: \"ID\"\na:\n- 1\n"),
    (Key, "a.yaml", "# Copyright us", "# Copyright us\ndoc_id: \"ID\""),
    (Key, "a.yaml", "\u{feff}a: 1\r\n", "\u{feff}doc_id: \"ID\"\r\na: 1\r\n"),
    (Key, "a.yaml", "---\na: 1\n---\nb: 2\n", "---\ndoc_id: \"ID\"\na: 1\n---\nb: 2\n"),
    (Key, "a.yaml", "a: 1\n--- # two\n- b\n", "doc_id: \"ID\"\na: 1\n--- # two\n- b\n"),
    (
        Key,
        "a.yaml",
        "# x\n%YAML 1.2\n%TAG ! !a\n--- # y\nhttp://x: 1\n",
        "# x\n%YAML 1.2\n%TAG ! !a\n--- # y\ndoc_id: \"ID\"\nhttp://x: 1\n",
    ),
    (Key, "a.yaml", "---", "---\ndoc_id: \"ID\""),
    (Key, "a.yaml", "a: |\n  doc_id: x\n", "doc_id: \"ID\"\na: |\n  doc_id: x\n"),
];

#[test]
fn every_style_byte_for_byte() {
    for (style, name, before, after) in STYLED {
        let path = path(name);
        let after = after.replace("ID", DIGITS).into_bytes();
        let before = before.as_bytes();
        let as_style = |content: &[u8]| write(&path, content, id(), Some(*style));
        let written = as_style(before).expect("fits").expect("changed");
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&after), "{name}");
        assert_eq!((read_id(&path, &written), as_style(&written)), (Some(id()), Ok(None)));
        assert_eq!(write(&path, &written, id(), None), Ok(None), "{name}: without a style");
        assert_eq!(strip(&path, &written).as_deref(), Some(before), "{name}: back");
        // From every other style, and back again.
        for other in Style::ALL.map(Some).into_iter().chain([None]) {
            let Ok(Some(otherwise)) = write(&path, before, id(), other) else { continue };
            let moved = as_style(&otherwise).expect("fits").unwrap_or(otherwise);
            assert_eq!(String::from_utf8_lossy(&moved), String::from_utf8_lossy(&after), "{name}");
        }
    }
}

#[test]
fn styles_that_a_file_cannot_have_are_obstacles() {
    let refused = |style, name: &str, content: &str| {
        write(&path(name), content.as_bytes(), id(), Some(style)).expect_err("refused")
    };
    for content in [
        "- a\n",
        "-\n  a: 1\n",
        "# x\n---\n- a: 1\n",
        "text\n",
        "{a: 1}\n",
        "[a: 1]\n",
        "---\n---\na: 1\n",
        "--- |\n  a: 1\n",
        "--- {a: 1}\n",
        "? a\n: 1\n",
        "!t\na: 1\n",
        "\"a: 1\"\n",
        "{{ if a: 1 }}\n",
        "a:1\n",
    ] {
        assert_eq!(refused(Key, "a.yaml", content), Obstacle::NoKeys, "{content}");
    }
    let only = |style, name: &str, content: &str| refused(style, name, content).to_string();
    assert!(
        only(Comment, "a.json", "{}")
            .ends_with("style \"comment\", but this kind of file can only have \"key\"")
    );
    assert!(only(Key, "run", "#!/bin/sh\n").ends_with("can only have \"comment\""));
    assert!(only(FrontMatter, "a.yml", "a: 1\n").ends_with("can only have \"comment\" or \"key\""));
    let generated = "# @generated\na: 1\n";
    assert_eq!(refused(Key, "a.yaml", generated), Obstacle::Generated);
    let foreign = Obstacle::Foreign("DOC-7".to_owned());
    assert_eq!(refused(Key, "a.yaml", "a: 1\ndoc_id: DOC-7\n"), foreign);
    assert_eq!(refused(FrontMatter, "a.md", "<!-- doc_id: DOC-7 -->\n"), foreign);
    assert_eq!(refused(Comment, "a.md", "---\ndoc_id: DOC-7\n---\n"), foreign);
    let two = format!("# doc_id: {DIGITS}\ndoc_id: 0110068833260118\n");
    assert!(matches!(refused(Key, "a.yaml", &two), Obstacle::Malformed(_)));
    // A value that is no identity belongs to the file.
    assert_eq!(read(&path("a.yaml"), b"a: 1\ndoc_id: DOC-7\n"), None);
}

#[test]
fn of_two_marks_one_is_left() {
    let two = format!("# doc_id: {DIGITS}\na: 1\ndoc_id: {DIGITS}\n");
    let one = |style| {
        let one = write(&path("a.yaml"), two.as_bytes(), id(), Some(style));
        String::from_utf8(one.expect("fits").expect("changed")).expect("text")
    };
    assert_eq!(one(Key), format!("a: 1\ndoc_id: {DIGITS}\n"));
    assert_eq!(one(Comment), format!("# doc_id: {DIGITS}\na: 1\n"));
}

#[test]
fn a_moved_key_can_be_removed() {
    let out = |text: &str| {
        let text = text.replace("ID", DIGITS);
        let out = strip(&path("a.json"), text.as_bytes()).expect("carries one");
        String::from_utf8(out).expect("text")
    };
    assert_eq!(out("{\"a\": 1, \"doc_id\": \"ID\"}"), "{\"a\": 1}");
    assert_eq!(out("{\"a\": 1, \"doc_id\": \"ID\", \"b\": \"}\"}"), "{\"a\": 1, \"b\": \"}\"}");
    assert_eq!(out("{\n  \"a\": 1,\n  \"doc_id\": \"ID\"\n}"), "{\n  \"a\": 1\n}");
}

#[test]
fn a_licence_that_is_never_closed_does_not_count() {
    for content in ["/* copyright\n", "// copyright\n/* license\n\nbody\n"] {
        let written =
            write(&path("a.go"), content.as_bytes(), id(), None).expect("fits").expect("new");
        assert_eq!(read_id(&path("a.go"), &written), Some(id()), "{content}");
        assert_eq!(strip(&path("a.go"), &written), Some(content.as_bytes().to_vec()));
    }
}

proptest::proptest! {
    #[test]
    fn any_content_is_restored(
        name in proptest::sample::select(vec![
            "a.py", "a.c", "a.md", "a.html", "a.json", "a.go", "run", "a.php", "a.ps1", "a.yaml", "a.rst",
        ]),
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "#!/bin/sh\n", "# x\n", "\n", "\r\n", "// y\r\n", "/* ", " */", "<!-- ", " -->\n", "---\n", "a: b\n",
            "{", "}", "\"k\": 1", ", ", "<?xml ?>", "<?php\n", "copyright\n", "\u{feff}", "text", " ", "<!doctype ",
            ">", "[", "doc_id: ", "...\n", "- ", "%YAML 1.2\n", "# x", "+++\n", "2099900007260118", "'",
        ]), 0..12),
    ) {
        let path = path(name);
        let content = pieces.concat().into_bytes();
        if !read_all(&path, &content).is_empty() {
            return Ok(());
        }
        let styles = Style::ALL.map(Some);
        for style in styles.into_iter().chain([None]) {
            let Ok(Some(written)) = write(&path, &content, id(), style) else { continue };
            proptest::prop_assert_eq!(read_id(&path, &written), Some(id()));
            proptest::prop_assert_eq!(strip(&path, &written), Some(content.clone()));
            for other in styles {
                let Ok(Some(moved)) = write(&path, &written, id(), other) else { continue };
                proptest::prop_assert_eq!(read_all(&path, &moved).len(), 1);
                proptest::prop_assert_eq!(strip(&path, &moved), Some(content.clone()));
            }
        }
    }
}

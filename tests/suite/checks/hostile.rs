//! File names that are made to break a report.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use super::formats::annotation;
use super::{FORMATS, assert_form, xml};
use crate::common::{Repo, for_each_git, text};

const NAMES: [&[u8]; 17] = [
    b"a,b:c;d=e",
    b"100%25 %0A",
    b"'single' \"double\" `back`",
    b"line\nbreak\r::error file=x::y",
    b"tab\there",
    b"<b>&amp;</b>]]>",
    b"bell\x07 escape\x1b[31m red",
    b"\x01\x02\x1f\x7f",
    b"\x01",
    b"{0} {} [link](mailto:example)",
    b"back\\slash",
    "right\u{202e}left é 😀 \u{fffe}".as_bytes(),
    b"latin1-\xe9",
    b"\xff\xfe",
    b" ",
    b"#?&=+",
    b"-->",
];

fn hostile(git: &crate::common::Git) -> Repo {
    let repo = Repo::adopted(git);
    for name in NAMES {
        repo.stage(OsStr::from_bytes(name), text(&name.escape_ascii().to_string()));
    }
    repo.run("commit -q --no-verify -m hostile");
    repo
}

fn lossy() -> BTreeSet<String> {
    NAMES.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

fn report(repo: &Repo, format: &str) -> String {
    repo.idhooks(["check", "--format", format]).code(1).stdout()
}

#[test]
fn every_form_stays_valid() {
    for_each_git(|git| {
        let repo = hostile(git);
        for format in FORMATS {
            assert_form(&repo, format, report(&repo, format).as_bytes(), NAMES.len());
        }
        let shown = repo.idhooks("check").code(1).stdout();
        assert_eq!(shown.lines().count(), 2 * NAMES.len(), "{shown}");
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    });
}

#[test]
fn names_come_back_as_they_are() {
    for_each_git(|git| {
        let repo = hostile(git);
        let sarif: Value = serde_json::from_str(&report(&repo, "sarif")).expect("JSON");
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        let uris = results.iter().map(|result| {
            let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            unescaped(place.as_str().expect("a path"))
        });
        let names: BTreeSet<Vec<u8>> = NAMES.iter().map(|name| name.to_vec()).collect();
        assert_eq!(uris.collect::<BTreeSet<_>>(), names);
        let braces = results.iter().filter_map(|result| result["message"]["text"].as_str());
        assert!(braces.into_iter().any(|message| message.contains("'{{0}} {{}} [link]")));

        let gitlab: Value = serde_json::from_str(&report(&repo, "gitlab")).expect("JSON");
        let paths = gitlab
            .as_array()
            .expect("issues")
            .iter()
            .map(|issue| issue["location"]["path"].as_str().expect("a path").to_owned());
        assert_eq!(paths.collect::<BTreeSet<_>>(), lossy());

        let github = report(&repo, "github");
        let files: BTreeSet<String> =
            github.lines().map(|line| annotation(line)[1].clone()).collect();
        let plain = |name: &String| !name.contains(|c: char| c.is_control() && !"\r\n".contains(c));
        for name in lossy().iter().filter(|name| plain(name) && !name.contains('\u{202e}')) {
            assert!(files.contains(name), "{name:?} is not in {files:?}");
        }

        let junit = xml::parse(&report(&repo, "junit"));
        let cases = junit["children"][0]["children"].as_array().expect("cases").iter();
        let shown: BTreeSet<String> = cases
            .map(|case| case["attributes"]["name"].as_str().expect("a name").to_owned())
            .collect();
        let kept = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        let kept = |name: &String| name.chars().filter(kept).collect::<String>();
        let expected: BTreeSet<String> = lossy().iter().map(kept).collect();
        // A name of which nothing can be shown is that of the code.
        let expected = expected.into_iter().map(|name| match name.as_str() {
            "" => "MISSING_ID".to_owned(),
            _ => name,
        });
        assert_eq!(shown, expected.collect());
    });
}

fn unescaped(uri: &str) -> Vec<u8> {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("hexadecimal"));
        bytes.extend(part[2..].bytes());
    }
    bytes
}

#[test]
fn a_baseline_tells_hostile_names_apart() {
    for_each_git(|git| {
        let repo = hostile(git);
        repo.idhooks("check --write-baseline known.json").ok().done();
        repo.idhooks("check --baseline known.json --strict").ok().done();
        // To a reader this is the same name as one that is known.
        repo.stage(OsStr::from_bytes(b"\xfe\xff"), text("another"));
        repo.run("commit -q --no-verify -m hostile");
        let answer = repo.idhooks("check --baseline known.json --format jsonl").code(1);
        assert_eq!(answer.stdout().lines().count(), 1);
        answer.complains("17 known findings").done();
    });
}

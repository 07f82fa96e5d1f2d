//! Manual pages: printed, written, and where they cannot be written.

use std::fs;

use crate::common::{Repo, for_each_git};

#[test]
fn the_page_is_printed() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        let page = nowhere.idhooks("man").ok();
        assert_eq!(page.stderr(), "");
        let page = page.stdout();
        assert!(page.starts_with(".\\\" Written by 'idhooks man'.\n"), "{page}");
        assert!(page.contains("\n.TH idhooks 1 "), "{page}");
        for part in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
            assert!(page.contains(&format!("\n.SH {part}\n")), "{part}: {page}");
        }
        assert!(page.contains("idhooks\\-check(1)"), "{page}");
    });
}

#[test]
fn every_page_is_written_and_written_again() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        for _ in 0..2 {
            nowhere.idhooks("man --output made/man1").ok().done();
        }
        let names = fs::read_dir(nowhere.path().join("made/man1")).expect("written");
        let names: Vec<String> = names
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        for name in ["idhooks.1", "idhooks-check.1", "idhooks-audit-export.1", "git-idhooks.1"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        let help = nowhere.idhooks("help --all").stdout();
        assert!(!names.iter().any(|name| name == "idhooks-hook.1"));
        let has_page = |line: &&str| {
            let name = line.split_whitespace().next().unwrap_or_default();
            names.contains(&format!("idhooks-{name}.1"))
        };
        assert!(help.lines().filter(|line| line.starts_with("  ")).filter(has_page).count() > 40);
    });
}

#[test]
fn what_cannot_be_written_is_named_and_the_rest_goes_on() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        nowhere.write("file", "");
        let refused = nowhere.idhooks("man --output file/man1").code(2);
        assert!(refused.stderr().starts_with("warning: "), "{}", refused.stderr());
        refused.complains("file/man1").done();
        fs::create_dir_all(nowhere.path().join("man1/idhooks-check.1/x")).expect("writable");
        let partly = nowhere.idhooks("man --output man1").code(2);
        let warnings = partly.stderr().lines().filter(|line| line.starts_with("warning: ")).count();
        assert_eq!(warnings, 1, "{}", partly.stderr());
        partly.complains("idhooks-check.1").done();
        assert!(nowhere.exists("man1/idhooks-show.1") && nowhere.exists("man1/git-idhooks.1"));
    });
}

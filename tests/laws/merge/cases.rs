//! Telling cases, one folder each: `base`, `ours`, `theirs` and what must come out.

use std::path::{Path, PathBuf};

use idhooks_core::merge::merge;
use idhooks_core::registry::{ReadError, Registry};

/// Returns a registry as it stands in a file; an empty base means there was none.
fn read(file: &Path, scope_of: Option<&Registry>) -> Registry {
    let bytes = std::fs::read(file).expect("a case has this file");
    match (Registry::parse(&bytes), scope_of) {
        (Ok(registry), _) => registry,
        (Err(ReadError::Empty), Some(side)) => Registry::new(side.scope),
        (Err(error), _) => unreachable!("{}: {error}", file.display()),
    }
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/merge/working");
    let entries = std::fs::read_dir(root).expect("there are cases");
    let mut cases: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
    cases.sort();
    cases
}

#[test]
fn every_case_comes_out_as_it_should() {
    let cases = cases();
    assert!(cases.len() >= 12, "cases are missing");
    for case in cases {
        let ours = read(&case.join("ours.json"), None);
        let theirs = read(&case.join("theirs.json"), None);
        let base = read(&case.join("base.json"), Some(&ours));
        let merged = merge(&base, &ours, &theirs).expect("a working case").format();
        let expected = case.join("expected.json");
        // To write a new case: IDHOOKS_NEW_CASES=1, then read what came out.
        if std::env::var_os("IDHOOKS_NEW_CASES").is_some() && !expected.exists() {
            std::fs::write(&expected, &merged).expect("writable");
        }
        let expected = std::fs::read_to_string(expected).expect("a case has this file");
        assert_eq!(merged, expected, "{}", case.display());
        let back = merge(&base, &theirs, &ours).expect("a working case").format();
        assert_eq!(back, expected, "{}, sides swapped", case.display());
    }
}

//! Tests of reading classic settings.

use super::*;

fn parse(text: &str) -> Classic {
    Classic::parse(text).expect("understood")
}

fn types(text: &str) -> String {
    let types = parse(text).template.types;
    types.iter().map(|(extension, code)| format!("{extension}={code} ")).collect()
}

fn namespaces(text: &str) -> String {
    let rules = parse(text).template.namespaces;
    rules.iter().map(|(glob, code)| format!("{glob}={code} ")).collect()
}

fn faults(text: &str) -> Vec<String> {
    let faults = Classic::parse(text).expect_err("must be refused");
    faults.iter().map(Remark::to_string).collect()
}

#[test]
fn types_are_read_in_every_shape() {
    for text in [
        "types: {py: 20, .MD: \"01\"}",
        "type_codes:\n  .py: 20\n  md: 01\n",
        "type_classification:\n  python: {extensions: [.py], code: 20}\n  text: {extensions: md, code: '01'}\n",
        "types:\n  \"20\": [py]\n  \"01\": ['*.md']\n",
        "types:\n  20: {extensions: [py], name: Python}\n  01: {extensions: [md]}\n",
        "types:\n  - {extensions: [py, .py], code: 20}\n  - {ext: md, type: 01}\n",
        "tool:\n  types:\n    by_extension: {py: {code: 20, description: x}, md: {code: 01}}\n    default: 00\n",
    ] {
        assert_eq!(types(text), "py=20 md=01 ", "{text}");
        assert!(parse(text).left_out.is_empty(), "{text}");
    }
}

#[test]
fn namespaces_are_read_in_every_shape_and_in_their_order() {
    for text in [
        "namespaces: {docs/**: 100, src: 007}",
        "namespace_routing:\n  - {pattern: docs/**, code: 100}\n  - {path: src/, ns: 007}\n",
        "namespace-routing:\n  - docs/**: 100\n  - ./src: 007\n",
        "routing:\n  rules:\n    - {glob: 'docs\\', code: '100'}\n    - {glob: /src, code: '007'}\n  default: 999\n",
        "namespaces:\n  documentation: {paths: [docs], code: 100}\n  code: {path: src, code: 007}\n",
        "namespaces:\n  100: [docs]\n  007: {folders: [src], name: Code}\n",
    ] {
        assert_eq!(namespaces(text), "docs/**=100 src/**=007 ", "{text}");
    }
    assert_eq!(namespaces("namespaces: {'**': 500, v1.2: 100}"), "/v1.2=100 **=500 ");
    assert_eq!(
        namespaces("default: 500\nnamespaces: {a: 1OO}".replace("1OO", "100").as_str()),
        "a/**=100 **=500 "
    );
    assert_eq!(namespaces("defaults: {ns: 500, type: 00}"), "**=500 ");
}

#[test]
fn every_fault_has_its_line() {
    assert_eq!(
        faults(
            "scope: 26011\nid_regex: '\\d{15}'\ntypes:\n  py: 2\n  a/b: 20\n  c: 20\n  .C: 21\n  x: [y]\nnamespaces:\n  docs: 1\n  '^src/': 100\n  ../up: 100\n  '[': 100\n  - x\n"
                .trim_end_matches("  - x\n")
        ),
        [
            "line 1: expected six digits, such as \"260118\", found '26011'",
            "line 2: '\\d{15}' must describe 16 digits, but it describes 15 characters",
            "line 4: expected two digits, such as \"20\", found '2'",
            "line 5: 'a/b' is not an extension",
            "line 7: '.C' already has TYPE 20, but 21 here",
            "line 8: expected two digits, such as \"20\" before a list, found 'x'",
            "line 10: expected three digits, such as \"200\", found '1'",
            "line 11: '^src/' is a regular expression; write a glob such as docs/**",
            "line 12: '../up' leads out of the repository",
            "line 13: '[' is not a glob: unclosed character class; missing ']'",
        ]
    );
    assert_eq!(faults(""), ["line 1: the file is empty"]);
    assert_eq!(faults("- a\n"), ["line 1: expected a map, found a list"]);
    assert_eq!(faults("a: 1\n"), ["line 1: the file has no scope, types or namespaces"]);
    assert_eq!(
        faults("types:\n  - py\n"),
        ["line 2: expected a rule with 'extensions' and 'code', found 'py'"]
    );
    assert_eq!(
        faults("namespaces:\n  '!docs': 100\n"),
        ["line 2: '!docs' is not a path; write a glob such as docs/**"]
    );
}

#[test]
fn settings_without_a_counterpart_are_remarked() {
    let classic = parse(
        "version: 3\nscope: 260118\ntypes: {tar.gz: 60, default: 99}\nprofile: {id_regex: '(?i)x'}\n",
    );
    let left_out: Vec<String> = classic.left_out.iter().map(Remark::to_string).collect();
    assert_eq!(
        left_out,
        [
            "line 1: 'version' has no counterpart in idhooks.toml",
            "line 3: 'tar.gz' has no counterpart in idhooks.toml: only what follows the last dot counts",
            "line 4: 'profile.id_regex' has no counterpart in idhooks.toml: identities have 16 digits; this pattern was not checked",
        ]
    );
    assert_eq!(classic.template.default_type.map(|code| code.to_string()).as_deref(), Some("99"));
}

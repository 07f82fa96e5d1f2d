//! What makes outputs stale, and what idhooks writes itself.

use super::build::Build;
use super::built_in::built_in_output;
use super::order::levels;
use super::slice::Slices;
use super::{TrustedParts, selected};
use idhooks_core::config::Config;
use idhooks_core::registry::{Entry, Json, Mode, Registry, RepoPath, Tree, key};

const REGISTRY: &str = r#"{"schema_version":"1.0","scope":"260118","allocations":[
    {"id":"0110000001260118","file_path":"docs/b.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"0000000000000001","title":"B | b","team":"x"}},
    {"id":"0110000002260118","file_path":"docs/a c.md","allocated_at":"2026-01-19T22:00:00Z","status":"active","metadata":{"origin":"0000000000000002","team":"y"}},
    {"id":"0110000003260118","file_path":"docs/INDEX.md","allocated_at":"2026-01-19T22:00:00Z","status":"active","metadata":{"origin":"0000000000000004"}},
    {"id":"2099900003260118","file_path":"=b.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"origin":"0000000000000003","deprecated_reason":"deleted"}}]}"#;

const RULES: &str = r#"
[[generators]]
name = "index"
inputs = { path = "docs/**", status = "active" }
fields = ["file_path", "metadata.title"]
sort = ["file_path"]
output = ["docs/INDEX.md"]
builtin = "markdown-index"
[[generators]]
name = "all"
output = ["all.csv"]
builtin = "csv"
[[generators]]
name = "team"
inputs = { ns = "100" }
fields = ["id"]
output = ["teams/{metadata.team}.json"]
command = ["scripts/team.sh", "{output}"]
files = ["templates/**"]
after = ["index"]
"#;

fn config(more: &str) -> Config {
    Config::parse(&format!("{RULES}{more}")).expect("valid")
}

fn registry() -> Registry {
    Registry::parse(REGISTRY.as_bytes()).expect("valid")
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("valid")
}

fn tree(files: &[(&str, u8)]) -> Tree {
    let blob = |n: u8| idhooks_core::registry::BlobId::from_bytes(&[n; 20]).expect("20 bytes");
    let entry = |n| Entry { mode: Mode::Regular, blob: blob(n) };
    files.iter().map(|(name, n)| (path(name), entry(*n))).collect()
}

/// Returns the outputs of each run, with the hash of its inputs.
fn hashes(config: &Config, registry: &Registry, tree: &Tree) -> Vec<(String, String)> {
    let slices = Slices::of(registry, &config.generators);
    let mut all = Vec::new();
    for generator in &config.generators {
        for build in Build::all(generator, &slices, tree).expect("paths") {
            all.push((build.outputs[0].to_string(), build.hash));
        }
    }
    all
}

/// Returns the outputs whose inputs differ.
fn stale(before: &[(String, String)], after: &[(String, String)]) -> Vec<String> {
    let is_new = |one: &&(String, String)| !before.contains(one);
    after.iter().filter(is_new).map(|(output, _)| output.clone()).collect()
}

#[test]
fn a_record_makes_stale_what_sees_it_and_nothing_else() {
    let (config, files) =
        (config(""), tree(&[("scripts/team.sh", 1), ("templates/a", 1), ("x", 1)]));
    let before = hashes(&config, &registry(), &files);
    let outputs: Vec<&str> = before.iter().map(|(output, _)| &**output).collect();
    assert_eq!(outputs, ["docs/INDEX.md", "all.csv", "teams/x.json", "teams/y.json"]);
    assert_eq!(hashes(&config, &registry(), &files), before);
    let changed = |change: &dyn Fn(&mut Registry)| {
        let mut registry = registry();
        change(&mut registry);
        stale(&before, &hashes(&config, &registry, &files))
    };
    let none: [&str; 0] = [];
    assert_eq!(changed(&|r| r.allocations.reverse()), none);
    // The title is a field of one generator only, the path of two.
    assert_eq!(changed(&|r| r.allocations[0].set_text("title", "C")), ["docs/INDEX.md"]);
    assert_eq!(
        changed(&|r| r.allocations[0].path = path("docs/c.md")),
        ["docs/INDEX.md", "all.csv"]
    );
    assert_eq!(changed(&|r| r.allocations[1].path = path("c.md")), ["docs/INDEX.md", "all.csv"]);
    assert_eq!(changed(&|r| r.allocations[0].set_text("team", "y")), ["teams/y.json"]);
    assert_eq!(changed(&|r| r.allocations[0].set_text("other", "z")), none);
    assert_eq!(changed(&|r| r.allocations[3].activate(path("=b.py"))), ["all.csv"]);
    assert_eq!(changed(&|r| r.allocations[3].set_text(key::DEPRECATED_REASON, "z")), none);
    // Records of outputs are in no slice.
    assert_eq!(changed(&|r| drop(r.allocations.remove(2))), none);
}

#[test]
fn files_and_rules_make_stale_what_depends_on_them() {
    let files = [("scripts/team.sh", 1), ("templates/a", 1), ("x", 1)];
    let before = hashes(&config(""), &registry(), &tree(&files));
    let with = |name: &str, n| {
        let others = files.iter().copied().filter(|(other, _)| *other != name);
        let files: Vec<_> = others.chain([(name, n)]).collect();
        stale(&before, &hashes(&config(""), &registry(), &tree(&files)))
    };
    let teams = ["teams/x.json", "teams/y.json"];
    assert_eq!(with("templates/a", 2), teams);
    assert_eq!(with("templates/b", 1), teams);
    assert_eq!(with("scripts/team.sh", 2), teams);
    assert!(with("x", 2).is_empty() && with("docs/b.md", 2).is_empty());
    let with_rule = |from: &str, to: &str| {
        let config = Config::parse(&RULES.replacen(from, to, 1)).expect("valid");
        stale(&before, &hashes(&config, &registry(), &tree(&files)))
    };
    assert_eq!(with_rule("[\"file_path\"]", "[\"-file_path\"]"), ["docs/INDEX.md"]);
    assert_eq!(with_rule("\"{output}\"]", "\"-v\"]"), teams);
    assert_eq!(with_rule("builtin = \"csv\"", "builtin = \"json\""), ["all.csv"]);
    assert!(with_rule("after = [\"index\"]", "run = 'manual'\ntimeout = '1s'").is_empty());
}

#[test]
fn outputs_of_idhooks_are_safe_text() {
    let (config, registry, files) = (config(""), registry(), tree(&[]));
    let slices = Slices::of(&registry, &config.generators);
    let output = |at: usize| {
        let generator = &config.generators[at];
        let build = Build::all(generator, &slices, &files).expect("paths").remove(0);
        match generator.built_in {
            Some(format) => built_in_output(format, &build, &slices),
            None => build.document(&slices),
        }
    };
    assert_eq!(
        output(0),
        "# index\n\n<!-- Generated by idhooks; do not edit. -->\n\n| file_path | metadata.title |\n|---|---|\n\
         | [docs/a c.md](a%20c.md) |  |\n| [docs/b.md](b.md) | B \\| b |\n"
    );
    assert_eq!(
        output(1),
        "id,file_path,status\n0110000001260118,docs/b.md,active\n0110000002260118,docs/a c.md,active\n\
         2099900003260118,'=b.py,deprecated\n"
    );
    let document = output(2);
    assert_eq!(
        document,
        "{\"version\":1,\"generator\":\"team\",\"outputs\":[\"teams/x.json\"],\"values\":{\"metadata.team\":\"x\"},\"records\":[\n\
         {\"id\":\"0110000001260118\"}\n]}\n"
    );
    assert!(Json::parse(&document).is_ok());
}

#[test]
fn generators_run_after_those_that_they_name() {
    let named = |name: &str, after: &str| {
        format!(
            "[[generators]]\nname = '{name}'\noutput = ['{name}.x']\nbuiltin = 'json'\nafter = [{after}]\n"
        )
    };
    let rules = [
        named("a", "'d'"),
        named("b", ""),
        named("c", "'a', 'b'"),
        named("d", ""),
        named("e", "'b'"),
    ];
    let generators = Config::parse(&rules.concat()).expect("valid").generators;
    assert_eq!(levels(&generators), [vec![1, 3], vec![0, 4], vec![2]]);
    let of = |name: &str| selected(&generators, |generator| generator.name == name);
    assert_eq!(of("c"), [true, true, true, true, false]);
    assert_eq!(of("d"), [false, false, false, true, false]);
}

fn hash_of(generators: &[idhooks_core::config::Generator], tree: &Tree) -> Option<String> {
    TrustedParts::of(generators, tree).map(|trusted| trusted.hash)
}

#[test]
fn what_is_trusted_is_what_runs() {
    let generators = config("").generators;
    let trusted = hash_of(&generators, &tree(&[("scripts/team.sh", 1), ("x", 1)]));
    assert!(trusted.as_ref().is_some_and(|hash| hash.len() == 64));
    assert_eq!(hash_of(&generators, &tree(&[("scripts/team.sh", 1), ("x", 2)])), trusted);
    assert_ne!(hash_of(&generators, &tree(&[("scripts/team.sh", 2)])), trusted);
    assert_ne!(hash_of(&generators, &tree(&[])), trusted);
    let other = Config::parse(&RULES.replace("\"{output}\"", "\"x\"")).expect("valid").generators;
    assert_ne!(hash_of(&other, &tree(&[("scripts/team.sh", 1)])), trusted);
    assert_eq!(hash_of(&generators[..2], &tree(&[])), None);
}

#[test]
fn a_stamp_is_the_hash_of_the_inputs() {
    let config =
        config("[[generators]]\nname = 's'\noutput = ['s.json']\nbuiltin = 'json'\nstamp = true\n");
    let (registry, files) = (registry(), tree(&[]));
    let slices = Slices::of(&registry, &config.generators);
    let build = Build::all(&config.generators[3], &slices, &files).expect("paths").remove(0);
    let output = built_in_output(idhooks_core::config::BuiltIn::Json, &build, &slices);
    assert!(
        output.starts_with(&format!("{{\"version\":1,\"hash\":\"{}\",\"records\":[\n", build.hash)),
        "{output}"
    );
}

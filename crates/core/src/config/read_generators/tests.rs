//! What the rules may say, and which mistakes they may have.

use std::time::Duration;

use crate::config::{Config, GeneratorRun, RecordField};
use crate::registry::Status;

fn refusal(text: &str) -> String {
    let error = Config::parse(text).expect_err("must be refused");
    format!("{error}; {}", error.hint.clone().unwrap_or_default())
}

/// Returns a rule with these lines.
fn rule(lines: &str) -> String {
    format!("[[generators]]\n{lines}\n")
}

/// Returns a valid rule with this name and output.
fn named(name: &str, output: &str, more: &str) -> String {
    rule(&format!("name = '{name}'\noutput = ['{output}']\nbuiltin = 'json'\n{more}"))
}

#[test]
fn every_key_is_parsed() {
    let config = Config::parse(
        r#"
[[generators]]
name = "index-2"
inputs = { path = ["docs/**"], status = "active", ns = ["100", "999"], type = "01", ids = ["0110073814260118"] }
files = ["templates/index.tera", "scripts/"]
fields = ["id", "file_path", "allocated_at", "status", "ns", "type", "metadata.title"]
sort = ["-metadata.title", "file_path"]
output = ["docs/{ns}/INDEX.md", "docs/{ns}/index.json"]
command = ["scripts/index.sh", "--all"]
check = ["mdl", "{output}"]
run = "manual"
timeout = "1500ms"
required = true
stamp = true
[[generators]]
name = "other"
output = "all.csv"
builtin = "csv"
after = ["index-2"]
"#,
    );
    let config = config.expect("valid");
    let [index, other] = &*config.generators else { unreachable!("two rules") };
    assert_eq!(
        (&*index.name, index.run, index.timeout),
        ("index-2", GeneratorRun::Manual, Duration::from_millis(1500))
    );
    assert!(index.is_required && index.is_stamped && !other.is_required && !other.is_stamped);
    assert_eq!(index.inputs.status.as_deref(), Some(&[Status::Active][..]));
    assert_eq!(index.inputs.ns.as_ref().map(Vec::len), Some(2));
    assert_eq!(index.fields.len(), 7);
    assert_eq!(index.sort.iter().map(|key| key.is_descending).collect::<Vec<_>>(), [true, false]);
    assert_eq!(index.programs().count(), 2);
    assert_eq!((other.run, other.timeout), (GeneratorRun::Commit, Duration::from_secs(60)));
    assert_eq!(other.fields, [RecordField::Id, RecordField::FilePath, RecordField::Status]);
    assert_eq!((&*other.after, other.programs().count()), (&["index-2".to_owned()][..], 0));
    assert!(config.generates_in_commits());
}

/// Lines of a rule, and a part of the message that they get.
const MISTAKES: &[(&str, &str)] = &[
    ("fiels = []", "did you mean 'fields'?"),
    ("nam = 'a'", "idhooks.toml:2:1: unknown key 'nam' in [generators]; did you mean 'name'?"),
    (
        "inputs = { paths = 'a' }",
        "idhooks.toml:2:12: unknown key 'paths' in [generators.inputs]; did you mean 'path'?",
    ),
    (
        "name = 'A b'",
        "idhooks.toml:2:8: expected a name of lowercase letters, digits and '-' in quotes, found 'A b'; ",
    ),
    (
        "name = 3",
        "idhooks.toml:2:8: expected a name of lowercase letters, digits and '-' in quotes, found integer; ",
    ),
    (
        "output = ['a']\nbuiltin = 'csv'",
        "idhooks.toml:1:1: this [[generators]] rule lacks the key 'name'; ",
    ),
    ("fields = ['title']", "found 'title'; "),
    ("sort = ['+id']", "found '+id'; "),
    (
        "fields = 3",
        "idhooks.toml:2:10: expected an array of fields, such as [\"id\", \"metadata.title\"], found integer; ",
    ),
    (
        "command = 'scripts/x.sh a'",
        "idhooks.toml:2:11: expected a program and its arguments, such as [\"scripts/index.sh\"]; ",
    ),
    ("command = []", "expected a program and its arguments"),
    ("command = ['']", "expected a program and its arguments"),
    (
        "builtin = 'html'",
        "idhooks.toml:2:11: expected \"markdown-index\" or \"csv\" or \"json\", found 'html'; ",
    ),
    ("run = 'commits'", "did you mean 'commit'?"),
    ("timeout = '0s'", "expected a time from 1ms to 1d in quotes, such as \"30s\", found '0s'"),
    ("timeout = '25h'", "found '25h'"),
    ("timeout = '+5s'", "found '+5s'"),
    ("timeout = '1w'", "found '1w'"),
    ("timeout = 60", "idhooks.toml:2:11: expected a time from"),
    ("required = 'yes'", "expected true or false"),
    ("inputs = { status = 'alive' }", "expected a status, such as \"active\", found 'alive'; "),
    ("inputs = { ns = '1' }", "expected three digits in quotes, such as \"100\", found '1'; "),
    ("files = ['[']", "'[' is not a glob"),
    (
        "output = ['../x']",
        "idhooks.toml:2:11: '../x' cannot be an output: it is not a path inside the repository; ",
    ),
    ("output = ['/etc/x']", "it is not a path inside the repository"),
    ("output = ['.git/x']", "it is not a path inside the repository"),
    ("output = ['idhooks.toml']", "it is a file of idhooks itself"),
    ("output = ['{file_path}']", "'{file_path}' is not {id}, {ns}"),
    ("name = 'a'\nbuiltin = 'csv'", "generator 'a' lacks 'output'"),
    ("name = 'a'\noutput = ['x']", "generator 'a' lacks 'command' or 'builtin'"),
    (
        "name = 'a'\noutput = ['x']\nbuiltin = 'csv'\ncommand = ['y']",
        "generator 'a' has both 'command' and 'builtin'",
    ),
    ("name = 'a'\noutput = ['x', 'y']\nbuiltin = 'csv'", "generator 'a' has several outputs"),
    (
        "name = 'a'\noutput = ['x', '{ns}']\ncommand = ['y']",
        "generator 'a' has outputs with different fields in braces",
    ),
    ("name = 'a'\noutput = ['x', 'x']\ncommand = ['y']", "generator 'a' has the same output twice"),
    ("name = 'a'\noutput = ['x']\nbuiltin = 'csv'\nstamp = true", "CSV has no place for it"),
    ("name = 'a'\noutput = ['x']\nbuiltin = 'csv'\nfields = []", "generator 'a' has no 'fields'"),
];

#[test]
fn mistakes_have_their_place() {
    for (lines, message) in MISTAKES {
        let refused = refusal(&rule(lines));
        assert!(refused.contains(message), "{lines}\n{refused}\n{message}");
    }
}

#[test]
fn rules_fit_together() {
    let refused = |rules: &[String]| refusal(&rules.concat());
    let twice = refused(&[named("a", "x", ""), named("a", "y", "")]);
    assert_eq!(twice, "idhooks.toml:6:1: two generators have the name 'a'; ");
    let output = refused(&[named("a", "docs/{ns}.md", ""), named("b", "docs/1.md", "")]);
    assert_eq!(
        output,
        "idhooks.toml:6:1: 'docs/1.md', an output of generator 'b', is an output of generator 'a' too ('docs/{ns}.md'); give each generator outputs of its own"
    );
    assert!(
        refused(&[named("a", "x", ""), named("b", "x/y", "")])
            .contains("is an output of generator")
    );
    let unknown = refused(&[named("index", "x", ""), named("b", "y", "after = ['indx']")]);
    assert_eq!(
        unknown,
        "idhooks.toml:6:1: generator 'b' runs after 'indx', which does not exist; did you mean 'index'?"
    );
    let cycle = refused(&[
        named("a", "x", "after = ['d']"),
        named("b", "y", "after = ['a', 'c']"),
        named("c", "z", "after = ['b']"),
        named("d", "w", ""),
    ]);
    assert_eq!(
        cycle,
        "idhooks.toml:6:1: generators run after each other in a cycle: b -> c -> b; remove one of these names from 'after'"
    );
    let own = refused(&[named("a", "x", "after = ['a']")]);
    assert!(own.contains("in a cycle: a -> a"), "{own}");
}

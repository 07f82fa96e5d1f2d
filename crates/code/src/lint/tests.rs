//! Golden cases: what the linter finds in small files.

use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;

use super::{CountMode, FINDING_KINDS, FileReport, LintSelection, Linter};
use crate::formats::Formats;

const CONFIG: &str = "
[formats.run_id]
template = 'run_{thread}_{hex8}'
[formats.old_ws]
template = 'ws_{hex8}'
legacy = true
successor = 'run_id'
[lint]
generators = ['app.ids.IdGenerator', 'app.new_id']
attributes = ['chat_thread_id']
attribute_modules = ['ids_only.py']
deprecated_calls = ['create_thread_id', 'app.old.make']
errors = ['ID_FORMAT']
select = ['RAW_UUID', 'ID_FSTRING', 'HARDCODED_ID', 'DIRECT_ID_ACCESS', 'DEPRECATED_ID_CALL',
  'ID_FORMAT', 'UNVALIDATED_CONTEXT']
[[lint.file_ignores]]
path = 'ignored/'
codes = ['RAW_UUID']
[[lint.category]]
name = 'websocket'
path = ['*ws_*']
[[lint.service]]
name = 'backend'
path = '/backend/'
[[lint.priority]]
name = 'critical'
path = ['*ws_*']
[[lint.priority]]
name = 'medium'
service = ['backend']
";

/// Returns a report as the cache gives it back.
fn reread(report: &FileReport) -> FileReport {
    serde_json::from_str(&serde_json::to_string(report).expect("JSON")).expect("a report")
}

fn findings_at(path: &str, text: &str, count: CountMode) -> Vec<Finding> {
    let config = Config::parse(CONFIG).expect("valid");
    let formats = Formats::compile(&config).expect("valid");
    let selection = LintSelection { count, ..LintSelection::default() };
    let linter = Linter::new(config.lint(), formats, &selection).expect("valid");
    let report = linter.examine(text.as_bytes(), path.ends_with(".py"));
    assert_eq!(report.problem, None, "{text}");
    assert_eq!(reread(&report), report);
    linter.findings(&RepoPath::new(path.as_bytes()).expect("a path"), report)
}

/// Returns the kind of a finding.
fn kind_of(finding: &Finding) -> &str {
    &finding.code_class().expect("a class").kind
}

/// Describes the findings in a file, each as `CODE kind line:column`.
fn lint_at(path: &str, text: &str) -> Vec<String> {
    let describe = |finding: Finding| {
        let place = finding.place.as_ref().expect("a place");
        format!("{} {} {}:{}", finding.code, kind_of(&finding), place.line, place.column)
    };
    findings_at(path, text, CountMode::Calls).into_iter().map(describe).collect()
}

fn lint(text: &str) -> Vec<String> {
    lint_at("a.py", text)
}

/// The cases: what it is about, the text, the findings.
const CASES: [(&str, &str, &[&str]); 60] = [
    ("a call", "import uuid\nx = uuid.uuid4()\n", &["RAW_UUID direct_uuid 2:5"]),
    ("version 1", "import uuid\nx = uuid.uuid1()\n", &["RAW_UUID direct_uuid 2:5"]),
    ("version 3", "from uuid import uuid3\nuuid3(a, b)\n", &["RAW_UUID direct_uuid 2:1"]),
    ("version 5", "from uuid import *\nuuid5(a, b)\n", &["RAW_UUID direct_uuid 2:1"]),
    ("module alias", "import uuid as u\nx = u.uuid4()\n", &["RAW_UUID direct_uuid 2:5"]),
    ("name alias", "from uuid import uuid4 as x\ny = x()\n", &["RAW_UUID direct_uuid 2:5"]),
    ("another module", "from uuid_utils import uuid4\nuuid4()\n", &[]),
    ("uuid6", "import uuid6\nx = uuid6.uuid7()\n", &["RAW_UUID direct_uuid 2:5"]),
    (
        "uuid6, a name",
        "from uuid6 import uuid6 as u\nx = str(u())\n",
        &["RAW_UUID method_call 2:9"],
    ),
    ("uuid6, version 8", "import uuid6 as m\nm.uuid8().hex\n", &["RAW_UUID direct_uuid 2:1"]),
    ("uuid6, other functions", "import uuid6\nuuid6.UUID(x)\nuuid6.uuid4()\n", &[]),
    ("uuid6, at run time", "__import__('uuid6').uuid7()\n", &["RAW_UUID dynamic 1:1"]),
    (
        "import in a function",
        "def f():\n  import uuid\ndef g():\n  uuid.uuid4()\n",
        &["RAW_UUID direct_uuid 4:3"],
    ),
    ("no import", "uuid.uuid4()\n", &[]),
    ("other functions", "import uuid\nuuid.UUID(x)\nuuid.uuid4x()\n", &[]),
    ("str", "import uuid\nx = str(uuid.uuid4())\n", &["RAW_UUID method_call 2:9"]),
    ("str slice", "import uuid\nx = str(uuid.uuid4())[:8]\n", &["RAW_UUID method_call 2:9"]),
    ("hex", "import uuid\nx = uuid.uuid4().hex\n", &["RAW_UUID direct_uuid 2:5"]),
    ("hex slice", "import uuid\nx = uuid.uuid4().hex[:8]\n", &["RAW_UUID string_format 2:5"]),
    ("f-string", "import uuid\nx = f'a {uuid.uuid4()}'\n", &["RAW_UUID direct_uuid 2:10"]),
    (
        "nested f-string",
        "import uuid\nx = f\"{f'{uuid.uuid4().hex[:8]}'}\"\n",
        &["RAW_UUID string_format 2:11"],
    ),
    (
        "format specification",
        "import uuid\nx = f'{y:{uuid.uuid4()}}'\n",
        &["RAW_UUID direct_uuid 2:11"],
    ),
    ("string", "import uuid\nx = 'uuid.uuid4()'\n", &[]),
    ("braces in an f-string", "import uuid\nx = f'{{uuid.uuid4()}}'\n", &[]),
    ("comment", "import uuid\n# uuid.uuid4()\n", &[]),
    ("docstring", "\"\"\"uuid.uuid4()\"\"\"\nimport uuid\n", &[]),
    (
        "type hint",
        "import uuid\ndef f(x: uuid.uuid4 = None) -> 'uuid.uuid4()': ...\n",
        &["RAW_UUID reference 2:10"],
    ),
    (
        "multi-line call",
        "import uuid\nx = str(\n    uuid\n    .uuid4(\n    )\n)\n",
        &["RAW_UUID method_call 3:5"],
    ),
    ("decorator", "import uuid\n@tag(uuid.uuid4())\ndef f(): ...\n", &["RAW_UUID direct_uuid 2:6"]),
    (
        "default_factory",
        "import uuid\nid = field(default_factory=uuid.uuid4)\n",
        &["RAW_UUID reference 2:28"],
    ),
    (
        "lambda",
        "import uuid\nid = field(default_factory=lambda: str(uuid.uuid4()))\n",
        &["RAW_UUID method_call 2:40"],
    ),
    (
        "default of a parameter",
        "import uuid\ndef f(x=uuid.uuid4()): ...\n",
        &["RAW_UUID direct_uuid 2:9"],
    ),
    (
        "two on a line",
        "import uuid\nx = uuid.uuid4(), uuid.uuid1()\n",
        &["RAW_UUID direct_uuid 2:5", "RAW_UUID direct_uuid 2:19"],
    ),
    (
        "column in characters",
        "import uuid\nx = 'ä€', uuid.uuid4()\n",
        &["RAW_UUID direct_uuid 2:11"],
    ),
    ("getattr", "import uuid\ngetattr(uuid, 'uuid4')()\n", &["RAW_UUID dynamic 2:1"]),
    ("__import__", "__import__('uuid').uuid4()\n", &["RAW_UUID dynamic 1:1"]),
    (
        "match",
        "import uuid\nmatch x:\n    case 1 if uuid.uuid4(): pass\n",
        &["RAW_UUID direct_uuid 3:15"],
    ),
    (
        "walrus and await",
        "import uuid\nasync def f():\n    if (x := await g(uuid.uuid4())): ...\n",
        &["RAW_UUID direct_uuid 3:22"],
    ),
    ("noqa", "import uuid\nuuid.uuid4()  # noqa\n", &[]),
    ("noqa with the code", "import uuid\nuuid.uuid4()  # noqa: E501,RAW_UUID\n", &[]),
    (
        "noqa with another code",
        "import uuid\nuuid.uuid4()  # noqa: E501\n",
        &["RAW_UUID direct_uuid 2:1"],
    ),
    (
        "noqa in a string",
        "import uuid\nf('# noqa', uuid.uuid4())\n",
        &["RAW_UUID direct_uuid 2:13"],
    ),
    ("allow", "import uuid\nuuid.uuid4()  # idhooks: allow\n", &[]),
    ("allow at the end of a call", "import uuid\nuuid.uuid4(\n)  # idhooks: allow RAW_UUID\n", &[]),
    ("allow-file", "# idhooks: allow-file\nimport uuid\nuuid.uuid4()\n", &[]),
    ("generated", "# Generated by make. DO NOT EDIT.\nimport uuid\nuuid.uuid4()\n", &[]),
    (
        "line of a generator",
        "import uuid\nfrom app.ids import IdGenerator as G\nG.make(uuid.uuid4())\nuuid.uuid4()\n",
        &["RAW_UUID direct_uuid 4:1"],
    ),
    (
        "prefix in an f-string",
        "import secrets\nx = f'ws_{secrets.token_hex(4)}'\n",
        &["ID_FSTRING fstring 2:5"],
    ),
    (
        "prefix and time",
        "import time\nx = f'run_{a}_' f'{int(time.time() * 1000)}'\n",
        &["ID_FSTRING fstring 2:5"],
    ),
    (
        "percent",
        "import uuid\nx = 'user_%s' % str(uuid.uuid4())\n",
        &["ID_FSTRING percent 2:5", "RAW_UUID method_call 2:21"],
    ),
    (
        "format",
        "from random import randint\nx = 'req_{}'.format(randint(0, 9))\n",
        &["ID_FSTRING format 2:5"],
    ),
    (
        "plus",
        "from datetime import datetime\nx = 'agent_' + a + str(datetime.now())\n",
        &["ID_FSTRING concatenation 2:5"],
    ),
    ("prefix without a random part", "import time\nx = f'ws_{name}' + 'ws_%s' % name\n", &[]),
    (
        "identifiers by hand",
        "run_id = 'test-run'\nf(thread_id='x')\nd = {'session_id': 'y'}\nd['run_id'] = 'run_t_0011aabb'\n\
         self.request_id: str = 'z'\nrun_id = ''\ndef g(run_id='w'): ...\nif run_id == 'v': ...\n",
        &[
            "HARDCODED_ID assignment 1:10",
            "HARDCODED_ID keyword 2:13",
            "HARDCODED_ID dict 3:20",
            "HARDCODED_ID assignment 5:24",
            "HARDCODED_ID default 7:14",
        ],
    ),
    (
        "attribute",
        "x = a.chat_thread_id\na.chat_thread_id = 1\nchat_thread_id = 2\n",
        &["DIRECT_ID_ACCESS read 1:5", "DIRECT_ID_ACCESS assignment 2:1"],
    ),
    (
        "deprecated call",
        "from app import old as o\nself.create_thread_id()\no.make()\nmake()\ncreate_thread_id\n",
        &["DEPRECATED_ID_CALL call 2:1", "DEPRECATED_ID_CALL call 3:1"],
    ),
    (
        "legacy format",
        "f('ws_0011aabb', 'ws_0011aab', b'ws_0011aabb', 'ws_' '0011aabb')\n",
        &["ID_FORMAT literal 1:3", "ID_FORMAT literal 1:48"],
    ),
    (
        "import after a comma",
        "import os, \\\n  uuid\nuuid.uuid4()\n",
        &["RAW_UUID direct_uuid 3:1"],
    ),
    ("name inside of a name", "import uuid\nmy_uuid4 = uuid4x()\n", &[]),
    (
        "context",
        "def execute(run_id): g(x)\ndef execute(run_id: str): validate(run_id)\ndef other(run_id): ...\n",
        &["UNVALIDATED_CONTEXT parameter 1:13"],
    ),
];

#[test]
fn golden_cases() {
    for (name, text, expected) in CASES {
        assert_eq!(lint(text), expected, "{name}: {text}");
    }
}

#[test]
fn all_kinds_are_listed() {
    let in_code = CASES.iter().flat_map(|(_, _, expected)| *expected);
    let mut found: Vec<&str> = in_code.filter_map(|line| line.split(' ').nth(1)).collect();
    // In files that are not Python; see below.
    found.push("value");
    let mut listed = FINDING_KINDS.to_vec();
    for kinds in [&mut found, &mut listed] {
        kinds.sort_unstable();
        kinds.dedup();
    }
    assert_eq!(found, listed);
}

#[test]
fn findings_depend_on_the_path() {
    let text = "import uuid\nuuid.uuid4()\nx.chat_thread_id\n";
    assert_eq!(lint_at("a.py", text).len(), 2);
    assert_eq!(lint_at("ignored/a.py", text), ["DIRECT_ID_ACCESS read 3:1"]);
    assert_eq!(lint_at("ids_only.py", text), ["RAW_UUID direct_uuid 2:1"]);
    for own in ["app/ids.py", "src/app/ids/__init__.py", "app.py"] {
        assert_eq!(lint_at(own, text), ["DIRECT_ID_ACCESS read 3:1"], "{own}");
    }
    assert_eq!(lint_at("myapp/ids.py", text).len(), 2);
    let classes = |path| {
        let findings = findings_at(path, text, CountMode::Calls);
        let class = findings[0].code_class().expect("a class").clone();
        [class.category, class.service, class.priority].join(" ")
    };
    assert_eq!(classes("backend/WS_x.py"), "websocket backend critical");
    assert_eq!(classes("backend/x.py"), "other backend medium");
    assert_eq!(classes("x.py"), "other other low");
}

#[test]
fn values_in_other_files_have_legacy_formats_too() {
    let found =
        lint_at("a.yaml", "a: ws_0011aabb\nb: [\"ws_0011aabb\", 'ws_0011aabbc', é ws_0011aabc.]\n");
    assert_eq!(found, ["ID_FORMAT value 1:4", "ID_FORMAT value 2:6", "ID_FORMAT value 2:38"]);
}

#[test]
fn lines_are_counted_by_their_text() {
    let text = "# uuid.uuid4() uuid.uuid4()\nx = str(uuid.uuid4())  # noqa\n\
                é = f'{uuid.uuid4().hex[:8]}' + str(uuid.uuid4())\nuuid.uuid4 ()\nuuid.uuid4()";
    let findings = findings_at("ignored/a.py", text, CountMode::Lines);
    let place = |finding: &'_ Finding| {
        let place = finding.place.as_ref().expect("a place");
        (place.line, place.column, kind_of(finding).to_owned())
    };
    let places: Vec<_> = findings.iter().map(place).collect();
    assert_eq!(
        places,
        [
            (1, 3, "direct_uuid".to_owned()),
            (2, 9, "method_call".to_owned()),
            (3, 8, "string_format".to_owned()),
            (5, 1, "direct_uuid".to_owned())
        ]
    );
}

#[test]
fn files_that_python_refuses_have_a_problem() {
    let config = Config::default();
    let linter =
        Linter::new(config.lint(), Formats::default(), &LintSelection::default()).expect("valid");
    let report = linter.examine(b"import uuid\nprint uuid.uuid4()\n", true);
    let problem = "line 2: Simple statements must be separated by newlines or semicolons";
    assert_eq!(report, FileReport { spots: vec![], problem: Some(problem.to_owned()) });
    assert_eq!(reread(&report), report);
    assert_eq!(linter.examine(b"print 'a'\n", true), FileReport::default());
}

#[test]
fn codes_of_the_configuration_are_those_of_the_linter() {
    let config = Config::parse("[lint]\nselect = ['RAW_UUIDS']\n").expect("valid");
    let error = Linter::new(config.lint(), Formats::default(), &LintSelection::default());
    let error = error.expect_err("must be refused");
    assert_eq!(error.to_string(), "idhooks.toml:2:11: 'RAW_UUIDS' is not a code of the linter");
    assert_eq!(error.hint.as_deref(), Some("did you mean 'RAW_UUID'?"));
}

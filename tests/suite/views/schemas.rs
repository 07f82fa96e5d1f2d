//! Inputs and outputs match the schemas that `idhooks schema` prints.

use serde_json::{Value, json};

use idhooks_core::config::Strategy;
use idhooks_ops::config_template;

use crate::checks::fits;
use crate::common::Schema;
use crate::views::repo::{A, B, GONE, Repo, SHADOWED, registry};

fn schema(of: &str) -> Schema {
    let answer = Repo::nowhere().idhooks(&format!("schema {of}"));
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let schema = answer.json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    Schema::new(schema)
}

#[test]
fn registries() {
    let schema = schema("registry");
    let good: Value = serde_json::from_str(&registry(&[B, A, SHADOWED, GONE])).expect("JSON");
    fits(&schema, &good);
    let mut with_counters = good.clone();
    with_counters["counters"] =
        json!({"100_01_260118": {"current": 5, "allocated": 1, "reserved": [3], "x": 1}});
    with_counters["extra"] = json!({"anything": true});
    fits(&schema, &with_counters);
    let bad = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        assert!(!schema.is_valid(&value), "{value:#}");
    };
    bad(&|v| v["scope"] = json!(260_118));
    bad(&|v| v["schema_version"] = json!("2.0"));
    bad(&|v| v["counters"] = json!({"x": {}}));
    bad(&|v| v["allocations"][0]["id"] = json!("0110000000260118"));
    bad(&|v| v["allocations"][0]["file_path"] = json!("../a"));
    bad(&|v| v["allocations"][0]["file_path"] = json!("/a"));
    bad(&|v| v["allocations"][0]["status"] = json!("alive"));
    bad(&|v| v["allocations"][0]["allocated_at"] = json!("yesterday"));
    bad(&|v| v["allocations"][0]["metadata"]["origin"] = json!("xyz"));
    for key in ["scope", "allocations", "schema_version"] {
        bad(&|v| drop(v.as_object_mut().expect("an object").remove(key)));
    }
    bad(&|v| *v = json!([]));
}

#[test]
fn configurations() {
    let schema = schema("config");
    let value = |text: &str| -> Value {
        serde_json::to_value(toml::from_str::<toml::Table>(text).expect("TOML")).expect("JSON")
    };
    let scope = "260118".parse().expect("a scope");
    fits(&schema, &value(&config_template::render(scope, Strategy::Sequential)));
    fits(&schema, &value(""));
    let all = r#"
scope = "260118"
legacy_scopes = ["250101"]
requires = ">=0.1"
[track]
include = ["**"]
exclude = "vendor/"
[types]
py = "20"
[[namespaces]]
path = "docs/**"
ns = "100"
[allocation]
strategy = "scattered"
on_new = "require"
[formats.run_id]
template = "run_{thread}_{hex8}"
parts = { thread = "[a-z]+" }
derives = { thread_id = "thread" }
key = ["thread"]
[formats.old]
template = "old_{ms}_{hex8}"
max_age = "365d"
max_future = "1h"
legacy = true
successor = "run_id"
[formats.other]
template = "other_{hex8}"
shares = "run_id"
[contexts.user]
formats = ["run_id", "other"]
[[bridge]]
from = "old"
to = "run_id"
map = "ids.jsonl"
keep = "hex8"
[rename]
similarity = 50
copies = true
limit = 1000
max_files = 200000
max_bytes = 1073741824
[hooks]
enforce = "warn"
[patch]
writable = ["metadata", "metadata.doc_id", "status", "file_path"]
[lint]
select = ["RAW_UUID"]
generators = ["app.ids.IdGenerator"]
[[lint.category]]
name = "auth"
path = ["*auth*", "*session*"]
[[lint.priority]]
name = "medium"
service = ["auth"]
[[lint.replace]]
find = "uuid.uuid4()"
with = "Ids.make(user_id)"
needs = ["user_id", "self.a"]
import = "from app.ids import Ids"
path = "src/"
[[lint.replace]]
field = "run_id"
with = "Ids.run()"
[[lint.file_ignores]]
path = "tests/"
codes = ["RAW_UUID"]
[references]
exclude = ["old/**"]
[[references.forms]]
path = "docs/**"
text = "[[{second}]]"
[[references.forms]]
key = "related"
[[generators]]
name = "index"
inputs = { path = "docs/**", status = "active", ns = ["100"], type = "01", ids = [] }
files = ["templates/index.tera"]
fields = ["id", "metadata.title"]
sort = ["-file_path"]
output = ["docs/{ns}/INDEX.md"]
command = ["scripts/index.sh", "{output}"]
check = ["mdl", "{output}"]
run = "manual"
timeout = "90s"
required = true
stamp = true
[[generators]]
name = "all"
output = "all.csv"
builtin = "csv"
after = ["index"]
"#;
    fits(&schema, &value(all));
    for bad in [
        "scop = \"260118\"",
        "scope = 260118",
        "[allocation]\nstrategy = \"scatered\"",
        "[rename]\nsimilarity = 101",
        "[types]\npy = \"2\"",
        "[[namespaces]]\npath = \"docs/**\"",
        "[hooks]\nenforce = true",
        "[patch]\nwritable = [\"id\"]",
        "[lint]\ngenerators_allow = true",
        "[[lint.priority]]\nname = \"high\"",
        "[[lint.replace]]\nwith = \"x\"",
        "[[lint.replace]]\nwith = \"x\"\nfind = \"y\"\nfield = \"z\"",
        "[[generators]]\nname = \"a\"\nbuiltin = \"csv\"",
        "[[generators]]\nname = \"a\"\noutput = \"a\"",
        "[[generators]]\nname = \"A\"\noutput = \"a\"\nbuiltin = \"csv\"",
        "[[generators]]\nname = \"a\"\noutput = \"a\"\nbuiltin = \"html\"",
        "[formats.Run]\ntemplate = \"a\"",
        "[formats.run]\nkey = []",
        "[formats.run]\ntemplate = \"a\"\nmax_age = \"1y\"",
        "[contexts.user]\nformats = []",
        "[[bridge]]\nfrom = \"a\"",
        "[[references.forms]]\npath = \"docs/**\"",
        "[[references.forms]]\ntext = \"{id}\"",
        "[[references.forms]]\ntext = \"a{id}\"\nkey = \"b\"",
    ] {
        assert!(!schema.is_valid(&value(bad)), "{bad}");
    }
}

#[test]
fn reports() {
    let repo = Repo::adopted(&["a.md", "docs/b.md"], &[B, A, SHADOWED, GONE]);
    repo.git("mv a.md c.md");
    let twice = A.replace("a.md", "docs/b.md");
    repo.write(crate::views::repo::REGISTRY, &registry(&[B, &twice, SHADOWED, GONE]));
    repo.git("add -A");
    fits(&schema("check"), &repo.idhooks("check --format json").json());
    repo.git("reset -q --hard");
    fits(&schema("check"), &repo.idhooks("check --format json").json());
    fits(&schema("list"), &repo.idhooks("list --format json").json());
    fits(&schema("list"), &repo.idhooks("list --format json --path none").json());
    fits(&schema("list"), &repo.idhooks("list --format json --counters").json());
    fits(&schema("show"), &repo.idhooks("show a.md --format json").json());
    fits(&schema("show"), &repo.idhooks("show gone.py --format json").json());
    fits(&schema("show"), &repo.idhooks("show a.md --format json --at HEAD").json());
    repo.write("docs/b.md", "idhooks:0110000009260118@0123456789ab#x idhooks:0199900001260118\n");
    repo.write("bin", "idhooks:0110000009260118\0");
    repo.git("add docs/b.md bin");
    fits(&schema("refs"), &repo.idhooks("refs --format json").json());
    fits(&schema("refs-suspect"), &repo.idhooks("refs suspect --format json").json());
    repo.write("idhooks.toml", "scope = \"260118\"\n[references]\n");
    repo.git("add idhooks.toml");
    let document = repo.idhooks("fix --format json").json();
    assert!(document["left"].as_array().is_some_and(|left| !left.is_empty()), "{document}");
    fits(&schema("fix"), &document);
    repo.git("reset -q --hard");
    fits(&schema("log"), &repo.idhooks("log a.md --format json").json());
    fits(&schema("log"), &repo.idhooks("log 0110000009260118 --format json -n 0").json());
    fits(&schema("status"), &repo.idhooks("status --format json").json());
    fits(&schema("status"), &Repo::empty().idhooks("status --format json").json());
    fits(&schema("doctor"), &repo.idhooks("doctor --format json").json());
    fits(&schema("doctor"), &repo.idhooks("doctor --fix --dry-run --format json").json());
    repo.write("a.py", "import uuid\nrun_id = 'test-run', uuid.uuid4\nstr(uuid.uuid4())\n");
    repo.write("b.py", "import uuid\nprint uuid.uuid4()\n");
    fits(&schema("lint"), &repo.idhooks("lint --format json").json());
    fits(&schema("lint"), &repo.idhooks("lint --format json --no-findings").json());
    for line in repo.idhooks("lint --format jsonl").stdout.lines() {
        fits(&schema("finding"), &serde_json::from_str(line).expect("JSON"));
    }
    let rules = "[[lint.replace]]\nfind = 'str(uuid.uuid4())'\nwith = 'repr(1)'\n\
                 [[lint.replace]]\nfind = 'uuid.uuid4'\nwith = 'name'\n";
    repo.write("rules.toml", rules);
    fits(&schema("lint-fix"), &repo.idhooks("lint --fix --config rules.toml --format json").json());
    repo.git("add -A");
    repo.git("commit -q --no-verify -m code");
    fits(&schema("lint-history"), &repo.idhooks("lint --history --format json").json());
    repo.write("new \u{e9}.md", "new\n");
    fits(&schema("scan"), &repo.idhooks("scan --json").json());
    fits(&schema("scan"), &Repo::empty().idhooks("scan --json").json());
    assert!(!schema("list").is_valid(&json!({"version": 1})));
    assert!(!schema("check").is_valid(&json!({"version": 2, "findings": []})));
    assert_eq!(repo.idhooks("schema nonsense").code, 2);
}

//! The modules that `idhooks ids emit` writes, really run: they do what the program does.

use idhooks_code::{Formats, Given, MAX_BYTES, Minter, Source};
use idhooks_core::config::Config;
use regex_automata::meta::Regex;
use serde_json::{Value, json};

use super::{FORMATS, beside, with_formats};
use crate::checks::assert_fits;
use crate::common::{Dice, Repo, has, is_long, on_adopted};

/// How many texts both languages and the program read by default, and with `IDHOOKS_TEST_ALL=1`.
const TEXTS: [usize; 2] = [10_000, 100_000];

fn count() -> usize {
    TEXTS[usize::from(is_long())]
}

const NOW: u64 = 1_726_000_000_000;

/// A time, and random numbers that are the same on every run.
struct Rolled(Dice);

impl Source for Rolled {
    fn now(&mut self) -> u64 {
        // Some too old, some from the future.
        NOW + 400 * 86_400_000 - u64::try_from(self.0.roll(800)).expect("small") * 86_400_000
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| u8::try_from(self.0.roll(256)).expect("a byte"));
    }
}

fn formats() -> Formats {
    let config = Config::parse(FORMATS).expect("valid");
    Formats::compile(&config).expect("valid")
}

/// Writes the modules, and returns a function that runs one of them with input.
fn emit(repo: &Repo, lang: &str, file: &str) {
    let line = format!("ids emit --lang {lang} --out {file} --config f.toml");
    repo.idhooks(line.as_str()).ok().done();
}

/// Runs a harness with lines of JSON, and returns the lines that it prints.
fn runs(repo: &Repo, program: &str, mode: &str, lines: &[Value]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let answer = match program {
        "python3" => {
            let mut args = vec!["-B".into(), beside("harness.py").into()];
            args.extend(mode.split('=').map(Into::into));
            repo.program_with(program, args, input.as_bytes())
        }
        _ => {
            let harness = beside("harness.mjs");
            repo.program_with(program, [&*harness, mode, "ids"], input.as_bytes())
        }
    };
    let printed = answer.ok().stdout();
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Returns values with which an identifier of any format can be minted.
fn values(format: &str) -> Given {
    let values: &[(&str, &str)] = match format {
        "run_id" | "thread_id" => &[("thread", "a_12345678")],
        "base" => &[("prefix", "jwt_token")],
        "thread" | "run" | "req" => &[("op", "agent_execution")],
        "ws_conn" => &[("user", "0123456789")],
        "session" => &[("user", "u-1"), ("type", "web")],
        "wrapped" => &[("inner", "run_a_01234567")],
        "odd" => &[("class", "aab")],
        "legacy_test" => &[("n", "7")],
        _ => &[],
    };
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Returns valid identifiers, most of them changed a little, and noise.
fn texts(formats: &Formats) -> Vec<String> {
    const SIGNS: &[char] = &[
        '_', '-', 'a', 'f', 'g', 'F', '0', '1', '9', '<', '>', ' ', '\n', '\r', '\u{2028}', 'ä',
        '٣', '😀', '~', '.', '\'', '$', '\\',
    ];
    let (mut minter, mut source) = (Minter::default(), Rolled(Dice::new(7)));
    let mut dice = Dice::new(37);
    let mut texts = vec![String::new(), "a".repeat(MAX_BYTES), "a".repeat(MAX_BYTES + 1)];
    while texts.len() < count() {
        let format = dice.choose(&formats.all);
        let minted = minter.mint(format, &values(&format.name), 1, &mut source).expect("minted");
        let mut text: Vec<char> = match dice.roll(8) {
            0 => (0..dice.roll(30)).map(|_| *dice.choose(SIGNS)).collect(),
            _ => minted[0].chars().collect(),
        };
        for _ in 0..dice.roll(4) {
            let at = dice.roll(text.len() + 1);
            let sign = *dice.choose(SIGNS);
            match dice.roll(4) {
                0 => text.insert(at, sign),
                1 if at < text.len() => drop(text.remove(at)),
                2 if at < text.len() => text[at] = sign,
                _ => text.truncate(at.max(text.len() / 2)),
            }
        }
        texts.push(text.into_iter().collect());
    }
    texts
}

/// Returns what the program reads in a text, as the harness says it.
fn expected(formats: &Formats, text: &str) -> Value {
    let readings: serde_json::Map<String, Value> = formats
        .readings(text)
        .into_iter()
        .map(|reading| {
            let values: Vec<&str> = reading.values.iter().map(|(_, value)| *value).collect();
            (reading.format.name.clone(), json!(values))
        })
        .collect();
    let is_valid = |format: &&idhooks_code::IdFormat| format.validate(text, NOW).is_ok();
    let valid: Vec<&str> = formats.all.iter().filter(is_valid).map(|f| &*f.name).collect();
    json!([readings, valid])
}

#[test]
fn very_many_texts_are_read_the_same_in_every_language() {
    let formats = formats();
    let texts = texts(&formats);
    let lines: Vec<Value> = texts.iter().map(|text| json!(text)).collect();
    let expected: Vec<Value> = texts.iter().map(|text| expected(&formats, text)).collect();
    let valid = expected.iter().filter(|one| one[1] != json!([])).count();
    assert!((count() / 5..count() * 19 / 20).contains(&valid), "a mix of both: {valid}");
    with_formats(|repo| {
        emit(repo, "python", "ids.py");
        emit(repo, "ts", "ids.ts");
        for program in ["python3", "node"] {
            if !has(program) {
                continue;
            }
            let read = runs(repo, program, &format!("read={NOW}"), &lines);
            assert_eq!(read.len(), count());
            for ((text, expected), read) in texts.iter().zip(&expected).zip(&read) {
                assert_eq!(expected, read, "{program}: {text:?}");
            }
        }
    });
}

#[test]
fn what_a_module_mints_the_program_reads() {
    let formats = formats();
    with_formats(|repo| {
        emit(repo, "python", "ids.py");
        emit(repo, "ts", "ids.ts");
        let all = formats.all.iter();
        let lines: Vec<Value> =
            all.map(|format| json!([format.name, values(&format.name), 1000])).collect();
        for program in ["python3", "node"].into_iter().filter(|program| has(program)) {
            for minted in runs(repo, program, "mint", &lines) {
                let format = formats.get(minted[0].as_str().expect("a name")).expect("declared");
                let ids = minted[1].as_array().expect("a list");
                assert_eq!(ids.len(), 1000);
                for id in ids.iter().map(|id| id.as_str().expect("text")) {
                    let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).expect("now");
                    assert!(format.validate(id, now).is_ok(), "{program}: {} {id}", format.name);
                }
            }
        }
    });
}

/// Returns whether a value has the form: a regex for a text, or a form for each member.
fn fits(form: &Value, value: &Value) -> bool {
    match (form, value) {
        (Value::String(regex), Value::String(text)) => {
            Regex::new(&format!("^(?:{regex})$")).expect("a regex").is_match(text)
        }
        (Value::Object(forms), Value::Object(values)) => {
            forms.len() == values.len()
                && forms.iter().all(|(name, form)| fits(form, &values[name.as_str()]))
        }
        (Value::Array(forms), Value::Array(values)) => {
            forms.len() == values.len()
                && forms.iter().zip(values).all(|(form, one)| fits(form, one))
        }
        _ => false,
    }
}

#[test]
fn modules_behave_as_specified() {
    with_formats(|repo| {
        emit(repo, "python", "ids.py");
        emit(repo, "ts", "ids.ts");
        let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).expect("JSON");
        for (program, pair) in [("python3", "IDPair"), ("node", "create_id_pair")] {
            if !has(program) {
                continue;
            }
            let mut calls = vectors.clone();
            for call in calls.iter_mut().filter(|call| call["call"] == "pair_class") {
                call["call"] = json!(pair);
            }
            let answers = runs(repo, program, "call", &calls);
            assert_eq!(answers.len(), calls.len());
            for (call, answer) in calls.iter().zip(&answers) {
                // Functions that return nothing: null in Python, no member in JavaScript.
                let result = answer.get("result").unwrap_or(&Value::Null);
                let is_right = if let Some(error) = call.get("error") {
                    answer.get("error") == Some(error)
                } else if let Some(form) = call.get("fits").or(call.get("order")) {
                    fits(form, result)
                } else if let Some(counts) = call.get("count").and_then(Value::as_object) {
                    counts.iter().all(|(name, count)| {
                        result[name]["count"] == *count
                            && result[name]["seconds"].as_f64().is_some_and(|time| time < 1.0)
                    })
                } else {
                    answer.get("error").is_none() && call["result"] == *result
                };
                assert!(is_right, "{program}: {call}\n{answer}");
            }
        }
    });
}

#[test]
fn several_pairs_have_names_of_their_own_and_doubles_are_refused() {
    with_formats(|repo| {
        let two = format!(
            "{FORMATS}\n[formats.words]\ntemplate = \"{{class}}.{{count}}.{{format}}.{{values}}.{{named}}\"\n[formats.job_id]\ntemplate = \"job_{{queue}}_{{hex8}}\"\n\
             derives = {{ queue_id = \"queue\" }}\n"
        );
        repo.write("f.toml", two);
        emit(repo, "python", "ids.py");
        emit(repo, "ts", "ids.ts");
        let call =
            |name: &str, args: Value, result: Value| (json!({"call": name, "args": args}), result);
        let calls = [
            call("validate_queue_id", json!(["q1"]), json!(true)),
            call("generate_words", json!(["a", "b", "c", "d", "e"]), json!("a.b.c.d.e")),
            call("validate_job_id", json!(["job_q1_01234567"]), json!(true)),
        ];
        for program in ["python3", "node"].into_iter().filter(|program| has(program)) {
            let suffixed = match program {
                "python3" => "extract_queue_id_of_job_id_queue_id",
                _ => "extractQueueIdOfJobIdQueueId",
            };
            let more = call(suffixed, json!(["job_q1_01234567"]), json!("q1"));
            let (lines, results): (Vec<_>, Vec<_>) = calls.iter().cloned().chain([more]).unzip();
            let answers = runs(repo, program, "call", &lines);
            assert_eq!(
                answers,
                results.iter().map(|one| json!({"result": one})).collect::<Vec<_>>()
            );
        }
        repo.idhooks("ids pair run_a_12345678 a --config f.toml")
            .code(2)
            .explains("several formats derive a field")
            .done();
        let line = "ids pair job_q1_01234567 q1 --as job_id --config f.toml";
        repo.idhooks(line).ok().done();
        for (table, expected) in [
            (
                "[formats.a_b]\ntemplate = \"x{hex8}\"\n[formats.a__b]\ntemplate = \"y{hex8}\"",
                "defined twice",
            ),
            (
                "[formats.class]\ntemplate = \"x{hex8}_{t}\"\nderives = { t_id = \"t\" }",
                "'class' cannot be",
            ),
            (
                "[formats.t]\ntemplate = \"x{hex8}_{a}\"\nderives = { t = \"a\" }",
                "derives a field of its own name",
            ),
        ] {
            repo.write("f.toml", table);
            let refused = repo.idhooks("ids emit --lang ts --config f.toml").code(2);
            refused.explains(expected).done();
        }
    });
}

#[test]
fn a_regex_that_other_languages_match_slowly_is_named() {
    with_formats(|repo| {
        repo.write("f.toml", "[formats.a]\ntemplate = \"{x}.\"\nparts = { x = \"([a-z]+)*\" }\n");
        let emitted = repo.idhooks("ids emit --lang ts --config f.toml").ok();
        emitted.complains("warning: the part {x} of 'a' repeats a repetition").done();
        repo.write("f.toml", "[formats.a]\ntemplate = \"{x}.\"\nparts = { x = \"[a-z]*\" }\n");
        assert_eq!(repo.idhooks("ids emit --lang ts --config f.toml").ok().stderr(), "");
    });
}

#[test]
fn fixtures_and_compliance_tests_run() {
    with_formats(|repo| {
        emit(repo, "python", "ids.py");
        emit(repo, "ts", "ids.ts");
        for line in [
            "ids fixtures --lang python --out fixtures.py",
            "ids fixtures --lang pytest --out conftest.py",
            "ids fixtures --lang ts --out fixtures.ts",
            "ids emit --suite pytest --out test_ids.py",
        ] {
            repo.idhooks(format!("{line} --config f.toml").as_str()).ok().done();
        }
        let json = |command: &str| repo.idhooks(command).ok().stdout();
        let data = json("ids fixtures --lang json --config f.toml");
        assert_eq!(data, json("ids fixtures --lang json --config f.toml"), "always the same");
        let data: Value = serde_json::from_str(&data).expect("JSON");
        assert_fits(repo, "ids-fixtures", &data);
        assert_eq!(data["sets"].as_object().expect("sets").len(), 6);
        assert_eq!(data["contexts"]["agent"]["thread_id"], "agent_thread");
        assert_eq!(data["contexts"]["websocket"]["routing_key"], "websocket_test");
        for pair in data["sets"].as_object().expect("sets").values() {
            let text = |name: &str| pair[name].as_str().expect("text").to_owned();
            let line = format!("ids pair {} {} --config f.toml", text("run_id"), text("thread_id"));
            repo.idhooks(line.as_str()).ok().done();
        }
        repo.write("raw/auth/login.py", "from uuid import uuid4 as u\nid = str(u())\n");
        let all = "import test_ids, fixtures\n\
                   for name in sorted(vars(test_ids)):\n\
                   \x20   if name.startswith('test_'):\n\
                   \x20       try: vars(test_ids)[name](); print(name, 'passed')\n\
                   \x20       except AssertionError as error: print(name, 'failed:', error)\n\
                   print([fixtures.id_set(name).thread_id for name in fixtures.SETS])\n\
                   print(fixtures.agent_ids('a')['thread_id'], fixtures.websocket_ids()['routing_key'])\n";
        if has("python3") {
            let tested = repo.program_with("python3", ["-B", "-c", all], b"").ok().stdout();
            let passed = tested.lines().filter(|line| line.ends_with(" passed")).count();
            let failed: Vec<&str> =
                tested.lines().filter(|line| line.contains(" failed: ")).collect();
            assert_eq!((passed, failed.len()), (10, 2), "{tested}");
            assert!(failed[0].contains("test_01_no_raw_uuid4 failed: 1 raw UUIDs: "), "{tested}");
            assert!(failed[1].starts_with("test_02_auth_identifiers"), "{tested}");
            assert!(tested.ends_with("'agent_test']\na_thread websocket_test\n"), "{tested}");
            std::fs::remove_dir_all(repo.path().join("raw")).expect("ours");
            let tested = repo.program_with("python3", ["-B", "-c", all], b"").ok().stdout();
            assert_eq!(tested.lines().filter(|line| line.ends_with(" passed")).count(), 12);
        }
        if has("node") {
            let harness = beside("harness.mjs");
            let call = b"{\"call\":\"agent_ids\",\"args\":[\"a\"]}\n{\"call\":\"id_set\",\"args\":[\"x\"]}\n";
            let args = [&*harness, "call", "ids", "fixtures"];
            let answers = repo.program_with("node", args, call).ok().stdout();
            assert!(
                answers.contains("\"thread_id\":\"a_thread\",\"agent_name\":\"a\""),
                "{answers}"
            );
            assert!(answers.contains("there is no set 'x'"), "{answers}");
        }
    });
}

#[test]
fn a_specification_has_its_four_sections() {
    with_formats(|repo| {
        let titles = [
            "ID format specifications",
            "Migration guidelines",
            "Usage patterns",
            "SSOT compliance rules",
        ];
        let markdown = repo.idhooks("ids spec --config f.toml").ok().stdout();
        let found: Vec<&str> =
            markdown.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, titles);
        assert!(markdown.contains("\n- Form: `run_{thread_id}_{uuid8}`\n"), "{markdown}");
        let xml = repo.idhooks("ids spec --format xml --config f.toml").ok().stdout();
        assert!(titles.iter().all(|title| xml.contains(&format!("<section title=\"{title}\">"))));
        if has("python3") {
            let parse = "import sys, xml.etree.ElementTree as e; print(len(e.fromstring(sys.stdin.read())))";
            let parsed = repo.program_with("python3", ["-c", parse], xml.as_bytes());
            assert_eq!(parsed.ok().stdout(), "4\n");
        }
    });
}

#[test]
fn a_generator_writes_the_module_again_when_the_formats_change() {
    on_adopted(|repo| {
        let rules = |template: &str| {
            format!(
                "scope = \"{}\"\n[formats.run_id]\ntemplate = \"{template}\"\n\
                 [[generators]]\nname = \"ids\"\nfiles = [\"idhooks.toml\"]\noutput = [\"app/ids.py\"]\n\
                 command = [{:?}, \"ids\", \"emit\", \"--lang\", \"python\"]\n",
                crate::common::SCOPE,
                crate::common::binary().to_str().expect("UTF-8"),
            )
        };
        repo.stage("idhooks.toml", rules("run_{thread}_{hex8}"));
        let list = repo.idhooks("generate --list --format json").ok().json();
        repo.run(["config", "idhooks.trust", list["trust"]["hash"].as_str().expect("a hash")]);
        repo.commit("formats");
        let module = || String::from_utf8(repo.read("app/ids.py")).expect("UTF-8");
        assert_eq!(module(), repo.idhooks("ids emit --lang python").ok().stdout());
        let before = module();
        repo.stage("idhooks.toml", rules("run_{thread}_{hex16}"));
        repo.commit("longer");
        assert_ne!(module(), before);
        assert_eq!(module(), repo.idhooks("ids emit --lang python").ok().stdout());
    });
}

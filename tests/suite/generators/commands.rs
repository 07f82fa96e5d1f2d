//! `idhooks generate` and `idhooks generate --list`.

use std::process::Stdio;

use serde_json::json;

use super::{INDEX, findings, scripted, shown, stage_rules, stage_script, states, trust};
use crate::checks::assert_fits;
use crate::commands::refuses;
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};

#[test]
fn only_what_is_stale_is_made_again() {
    on_adopted(|repo| {
        let data = "inputs = { path = \"data/**\" }\nfields = [\"id\"]\n";
        let files = "inputs = { ids = [] }\nfiles = [\"src/**\"]\n";
        stage_script(repo, "data", "cat > data.json; echo ran >> \"$LOG\"");
        stage_script(repo, "files", "cat src/*.py | wc -l; echo ran >> \"$LOG\"");
        let rules = [
            INDEX.to_owned(),
            scripted("data", "data.json", data),
            scripted("files", "lines.txt", files),
        ];
        stage_rules(repo, &rules.concat());
        trust(repo);
        let log = repo.root().join("log");
        let repo = &repo.with("LOG", log.to_str().expect("a plain name"));
        repo.commit("rules");
        let runs = || std::fs::read_to_string(&log).unwrap_or_default().lines().count();
        assert_eq!(runs(), 2);
        let all = ["docs/INDEX.md fresh", "data.json fresh", "lines.txt fresh"];
        assert_eq!(states(repo), all);
        let commit = |change: &dyn Fn()| {
            let before = runs();
            change();
            repo.commit("change");
            assert_eq!(states(repo), all);
            let changed = repo.ask("diff --name-only HEAD~1 HEAD");
            let outputs = ["docs/INDEX.md", "data.json", "lines.txt"];
            let made = outputs.into_iter().filter(|path| changed.lines().any(|line| line == *path));
            (made.collect::<Vec<_>>(), runs() - before)
        };
        // Content of a document is no input, its path is.
        assert_eq!(commit(&|| repo.stage("docs/guide.md", text("other"))), (vec![], 0));
        assert_eq!(
            commit(&|| repo.mv("docs/guide.md", "docs/handbook.md")),
            (vec!["docs/INDEX.md"], 0)
        );
        // An identity does not change when its file moves within the filter.
        assert_eq!(commit(&|| repo.mv("data/table.csv", "data/other.csv")), (vec![], 0));
        assert_eq!(commit(&|| repo.stage("data/new.csv", "1,2")), (vec!["data.json"], 1));
        // A commit that only edits files, one of them an input by its content.
        let longer = || [repo.read("src/app.py"), b"more\n".to_vec()].concat();
        assert_eq!(commit(&|| repo.stage("src/app.py", longer())), (vec!["lines.txt"], 1));
    });
}

#[test]
fn a_commit_that_only_edits_files_sees_inputs_by_content() {
    on_adopted(|repo| {
        stage_script(repo, "files", "cat src/*.py | wc -l");
        stage_rules(
            repo,
            &scripted("files", "lines.txt", "inputs = { ids = [] }\nfiles = [\"src/**\"]"),
        );
        trust(repo);
        repo.commit("rules");
        let before = shown(repo, "HEAD", "lines.txt");
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m unrelated");
        assert_eq!(repo.ask("diff --name-only HEAD~1 HEAD"), "README.md");
        repo.append("src/app.py", "more\n");
        repo.run("commit -q -a -m related");
        assert_ne!(shown(repo, "HEAD", "lines.txt"), before);
        // Edited by hand, an output is made again.
        repo.write("lines.txt", "wrong\n");
        repo.stage("README.md", text("other"));
        repo.run("commit -q -m unstaged");
        assert_eq!(repo.read("lines.txt"), b"wrong\n");
        repo.run("commit -q -a -m edited");
        assert_eq!(repo.read("lines.txt"), shown(repo, "HEAD", "lines.txt").as_bytes());
        assert_ne!(repo.read("lines.txt"), b"wrong\n");
        assert_eq!(states(repo), ["lines.txt fresh"]);
    });
}

#[test]
fn check_is_for_ci() {
    on_adopted(|repo| {
        stage_rules(repo, INDEX);
        repo.commit("rules");
        // A new clone knows nothing, and compares.
        let clone = repo.clone_as("ci");
        assert_eq!(states(&clone), ["docs/INDEX.md unknown"]);
        clone.idhooks("generate --check").ok().done();
        assert_eq!(states(&clone), ["docs/INDEX.md fresh"]);
        // It finds what someone edited, and what a commit without hooks left.
        clone.stage("docs/INDEX.md", "by hand\n");
        clone.run("commit -q --no-verify -m edited");
        let before = Snapshot::of(&clone);
        let answer = clone.idhooks("generate --check").code(1);
        assert!(
            answer.stdout().starts_with(
                "warning[STALE_OUTPUT]: 'docs/INDEX.md' is not what generator 'index' produces"
            ),
            "{answer}"
        );
        assert_eq!(findings(&clone, "--check")[0].0, "STALE_OUTPUT");
        before.assert_same(&clone);
        clone.idhooks("generate").ok().done();
        clone.idhooks("generate --check").ok().done();
        clone.commit("made again");
        assert_eq!(shown(&clone, "HEAD", "docs/INDEX.md"), shown(repo, "HEAD", "docs/INDEX.md"));
    });
}

#[test]
fn reports_fit_their_schemas() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_script(repo, "bad", "exit 3");
        stage_rules(repo, &(INDEX.to_owned() + &scripted("bad", "bad.txt", "")));
        let list = || repo.idhooks("generate --list --format json").ok().json();
        assert_fits(repo, "generators", &list());
        assert_eq!(list()["trust"]["is_trusted"], false);
        for options in ["--dry-run", "--check", "", "--all"] {
            let report = repo.idhooks(format!("generate --format json {options}").as_str());
            assert_fits(repo, "generate", &report.json());
        }
        trust(repo);
        assert_eq!(list()["trust"]["is_trusted"], true);
        assert_fits(repo, "generate", &repo.idhooks("generate --format json").code(1).json());
        assert_eq!(states(repo), ["docs/INDEX.md fresh", "bad.txt unknown"]);
    });
}

#[test]
fn named_generators_run_with_those_that_they_come_after() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let copy = |name: &str, from: &str, after: &str| {
            stage_script(repo, name, &format!("cat {from}; echo {name}"));
            let more = format!("inputs = {{ ids = [] }}\nfiles = [\"/{from}\"]\nafter = [{after}]");
            scripted(name, &format!("{name}.txt"), &more)
        };
        // In the wrong order on purpose.
        let rules = [
            copy("c", "b.txt", "\"b\""),
            copy("b", "a.txt", "\"a\""),
            copy("a", "notes.txt", ""),
            INDEX.to_owned(),
        ];
        stage_rules(repo, &rules.concat());
        trust(repo);
        let dry = repo.idhooks("generate b --dry-run").ok().stdout();
        assert_eq!(dry, "would generate b.txt (b)\nwould generate a.txt (a)\n");
        let made = repo.idhooks("generate b").ok().stdout();
        assert_eq!(made, "generated a.txt (a)\ngenerated b.txt (b)\n");
        assert!(!repo.exists("docs/INDEX.md") && !repo.exists("c.txt"));
        for jobs in [1, 8] {
            repo.idhooks(format!("generate --all --jobs {jobs}").as_str()).ok().done();
            assert!(String::from_utf8_lossy(&repo.read("c.txt")).ends_with("\na\nb\nc\n"));
            let index = repo.ask("ls-files -s");
            repo.idhooks("generate --all").ok().done();
            assert_eq!(repo.ask("ls-files -s"), index, "two runs");
        }
        // One change runs through all of them.
        repo.append("notes.txt", "last line\n");
        repo.run("add notes.txt");
        let made = repo.idhooks("generate").ok().stdout();
        assert_eq!(made, "generated a.txt (a)\ngenerated b.txt (b)\ngenerated c.txt (c)\n");
        assert!(String::from_utf8_lossy(&repo.read("c.txt")).ends_with("last line\na\nb\nc\n"));
    });
}

#[test]
fn an_output_for_each_namespace() {
    on_adopted(|repo| {
        stage_rules(
            repo,
            "[[generators]]\nname = \"by-ns\"\ninputs = { status = \"active\" }\nfields = [\"file_path\"]\noutput = [\"lists/{ns}.json\"]\nbuiltin = \"json\"\n",
        );
        repo.commit("rules");
        let lists = repo.ask("ls-files lists");
        assert_eq!(lists, "lists/100.json\nlists/110.json\nlists/999.json");
        assert!(
            shown(repo, "HEAD", "lists/100.json").contains("{\"file_path\":\"docs/guide.md\"}")
        );
        repo.commit_file("docs/new.md", text("new"));
        let changed = repo.ask("diff --name-only HEAD~1 HEAD -- lists");
        assert_eq!(changed, "lists/100.json");
        assert_eq!(states(repo).iter().filter(|state| state.ends_with("fresh")).count(), 3);
        // Without records, an output is reported until it is removed.
        repo.run("rm -q data/table.csv");
        let answer =
            repo.git("commit -m gone").complains("warning[STALE_OUTPUT]: 'lists/110.json'");
        answer.complains("git rm -- lists/110.json").done();
        repo.idhooks("generate --check").code(1).done();
        repo.run("rm -q lists/110.json");
        repo.commit("removed");
        repo.idhooks("generate --check").ok().done();
    });
}

#[test]
fn known_outputs_need_no_program() {
    on_adopted(|repo| {
        stage_script(repo, "count", "grep -c id; echo ran >> \"$LOG\"");
        stage_rules(repo, &scripted("count", "count.txt", ""));
        trust(repo);
        let log = repo.root().join("log");
        let repo = &repo.with("LOG", log.to_str().expect("a plain name"));
        repo.commit("rules");
        repo.run("checkout -q -b other");
        repo.commit_file("docs/new.md", text("new"));
        repo.run("checkout -q main");
        let runs = || std::fs::read_to_string(&log).expect("it ran").lines().count();
        assert_eq!(runs(), 2);
        repo.stage("count.txt", "wrong\n");
        repo.idhooks("generate").ok().done();
        repo.run("checkout -q other");
        repo.idhooks("generate --check").ok().done();
        assert_eq!(runs(), 2);
        repo.idhooks("generate --all").ok().done();
        assert_eq!(runs(), 3);
        repo.run("checkout -q main");
    });
}

#[test]
fn others_need_not_wait_for_a_program() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let [begun, go] = ["begun", "go"].map(|name| repo.root().join(name));
        let repo = &repo.with("BEGUN", begun.to_str().expect("a plain name"));
        let repo = &repo.with("GO", go.to_str().expect("a plain name"));
        stage_script(
            repo,
            "slow",
            "cat > slow.json; echo >> \"$BEGUN\"; until test -e \"$GO\"; do :; done",
        );
        stage_rules(repo, &scripted("slow", "slow.json", "run = \"manual\""));
        trust(repo);
        repo.run("config idhooks.lockTimeout 0");
        let mut command = repo.line("idhooks generate");
        let mut slow = command.stdout(Stdio::null()).spawn().expect("can be started");
        while !begun.exists() {
            std::thread::yield_now();
        }
        // Only its output is locked.
        refuses(repo, "generate slow", "'idhooks generate' (process");
        let held = repo.idhooks("status --locks --format json").ok().json();
        assert_eq!(
            (&held["writer"], &held["files"][0]["path"]),
            (&json!(null), &json!("slow.json"))
        );
        // What another command changes meanwhile is an input: the program runs once more.
        repo.idhooks("deprecate docs/guide.md --reason old").ok().done();
        std::fs::write(&go, "").expect("writable");
        assert!(slow.wait().expect("ends").success());
        let made = shown(repo, "", "slow.json");
        assert!(made.contains("\"status\":\"deprecated\""), "{made}");
        assert_eq!(std::fs::read_to_string(&begun).expect("readable").lines().count(), 2);
        assert_eq!(states(repo), ["slow.json fresh"]);
    });
}

#[test]
fn a_command_that_stages_its_own_input_is_given_up() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let (runs, top) = (repo.root().join("runs"), repo.path().to_owned());
        let repo = &repo.with("RUNS", runs.to_str().expect("a plain name"));
        let repo = &repo.with("TOP", top.to_str().expect("a plain name"));
        let script = "cat > out.json; echo x >> \"$RUNS\"; cp \"$RUNS\" \"$TOP/in.txt\"; git -C \"$TOP\" add in.txt";
        stage_script(repo, "selfish", script);
        repo.stage("in.txt", "none\n");
        let more = "run = \"manual\"\nfiles = [\"in.txt\"]";
        stage_rules(repo, &scripted("selfish", "out.json", more));
        trust(repo);
        repo.idhooks("generate").code(2).complains("changes the index itself").done();
        let count = std::fs::read_to_string(&runs).expect("it ran").lines().count();
        assert!((2..=12).contains(&count), "{count}");
    });
}

#[test]
fn runs_with_the_same_inputs_make_the_same_bytes() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let rule = |name: &str, output: &str, more: &str| {
            format!("[[generators]]\nname = \"{name}\"\noutput = [\"made/{output}\"]\n{more}\n")
        };
        let built_in = |format: &str| {
            rule(format, format, &format!("builtin = \"{format}\"\nsort = [\"-file_path\"]"))
        };
        stage_script(repo, "script", "cat > script.json");
        repo.commit("script");
        let rules = [
            ["csv", "json", "markdown-index"].map(built_in).concat(),
            rule("grouped", "{type}.csv", "builtin = \"csv\""),
            scripted("script", "script.json", "after = [\"csv\"]"),
        ];
        stage_rules(repo, &rules.concat());
        trust(repo);
        let lines = |repo: &Repo, options: &str| {
            repo.idhooks(&*format!("generate --all {options}")).ok().stdout()
        };
        let order = lines(repo, "--dry-run").replace("would generate", "generated");
        assert_eq!(lines(repo, "--jobs 1"), order);
        repo.commit("outputs");
        let bytes = |repo: &Repo| repo.ask("ls-files -s made script.json");
        let first = bytes(repo);
        assert!(first.lines().count() >= 6, "{first}");
        for jobs in ["--jobs 1", "--jobs 4"] {
            assert_eq!(lines(repo, jobs), "");
            assert_eq!(bytes(repo), first);
        }
        // A clone knows no earlier run.
        let clone = repo.clone_as("clone");
        trust(&clone);
        clone.run("rm -q -r made script.json");
        assert_eq!(lines(&clone, "--jobs 4"), order);
        assert_eq!(bytes(&clone), first);
    });
}

#[test]
fn a_change_of_one_record_reaches_only_those_that_see_it() {
    on_adopted(|repo| {
        let inputs =
            ["path = \"docs/**\"", "path = \"data/**\"", "status = \"active\"", "ids = []"];
        let fields = ["\"id\"", "\"file_path\"", "\"status\"", "\"metadata.title\""];
        let rule = |(n, (inputs, field)): (usize, (&str, &str))| {
            format!(
                "[[generators]]\nname = \"g{n}\"\ninputs = {{ {inputs} }}\nfields = [{field}]\n\
                 output = [\"made/{n}\"]\nbuiltin = \"json\"\n"
            )
        };
        let pairs = inputs.iter().flat_map(|one| fields.iter().map(move |two| (*one, *two)));
        let rules: String = pairs.enumerate().map(rule).collect();
        stage_rules(repo, &format!("[patch]\nwritable = [\"metadata\"]\n{rules}"));
        repo.commit("rules");
        let made = |change: &dyn Fn()| {
            change();
            repo.commit("change");
            let changed = repo.ask("diff --name-only HEAD~1 HEAD -- made");
            let number = |path: &str| path.trim_start_matches("made/").parse().expect("a number");
            let mut made: Vec<usize> = changed.lines().map(number).collect();
            made.sort_unstable();
            made
        };
        let id = repo.id("docs/guide.md");
        let patch = |fields: &str| {
            repo.write("../patch.json", format!("{{\"changes\":{{\"{id}\":{fields}}}}}"));
            repo.idhooks("patch apply ../patch.json").ok().done();
        };
        // Those of the documents and of the active files, by the field that has changed.
        assert_eq!(made(&|| patch("{\"metadata\":{\"title\":\"A\"}}")), [3, 11]);
        assert_eq!(made(&|| patch("{\"metadata\":{\"other\":\"A\"}}")), [0; 0]);
        assert_eq!(made(&|| repo.mv("docs/guide.md", "docs/handbook.md")), [1, 9]);
        // It leaves the active ones, with all its fields.
        let deprecate = || repo.idhooks("deprecate docs/handbook.md --reason old").ok().done();
        assert_eq!(made(&deprecate), [2, 8, 9, 10, 11]);
        assert_eq!(made(&|| repo.stage("data/new.csv", "1")), [4, 5, 6, 7, 8, 9, 10, 11]);
    });
}

#[test]
fn what_a_command_runs_or_loads_is_part_of_what_is_trusted() {
    on_adopted(|repo| {
        stage_script(repo, "count", "sh scripts/part.sh");
        stage_script(repo, "part", "grep -c id || true");
        stage_rules(repo, &scripted("count", "count.txt", "programs = [\"scripts/**\"]"));
        trust(repo);
        repo.git("commit -m rules").complains("generated 'count.txt'").done();
        stage_script(repo, "part", "echo evil");
        repo.git("commit -m evil").complains("does not trust").done();
        let shown = repo.idhooks("generate --list").ok().stderr();
        assert!(shown.contains("since it was trusted: changed: scripts/part.sh"), "{shown}");
        stage_script(repo, "more", "echo more");
        repo.run("rm -q -f scripts/part.sh");
        let list = repo.idhooks("generate --list --format json").ok().json();
        let changes = &list["trust"]["changes"];
        assert_eq!(
            *changes,
            serde_json::json!(["added: scripts/more.sh", "removed: scripts/part.sh"])
        );
        assert_eq!(list["trust"]["outside"], serde_json::json!([]));
        repo.run("commit -q -m more");
    });
}

#[test]
fn a_command_that_hides_its_programs_must_name_them() {
    on_adopted(|repo| {
        let rule = |command: &str, more: &str| {
            format!(
                "[[generators]]\nname = \"x\"\noutput = [\"x.txt\"]\ncommand = [{command}]\n{more}\n"
            )
        };
        for command in [
            "\"sh\", \"-c\", \"echo x\"",
            "\"make\", \"x\"",
            "\"python3\", \"-m\", \"x\"",
            "\"env\", \"true\"",
            "\"python3\", \"-Bm\", \"scripts.x\"",
            "\"python3\", \"-mscripts.x\"",
            "\"perl\", \"-we\", \"do './scripts/x.sh'\"",
            "\"git\", \"-c\", \"alias.x=!. ./scripts/x.sh\", \"x\"",
            "\"awk\", \"BEGIN{system(1)}\"",
            "\"sh\", \"scripts/none.sh\"",
            "\"sh\", \"x.txt\"",
        ] {
            stage_rules(repo, &rule(command, ""));
            let list = repo.idhooks("generate --list --format json").ok().json();
            assert_eq!(list["trust"]["undeclared"], serde_json::json!(["x"]), "{command}");
            let hash = list["trust"]["hash"].as_str().expect("a hash");
            repo.run(["config", "idhooks.trust", hash]);
            super::assert_fails(repo, "may run programs that idhooks.toml does not name");
        }
        stage_rules(repo, &rule("\"sh\", \"-c\", \"echo x\"", "programs = []"));
        super::assert_fails(repo, "does not trust");
        let shown = repo.idhooks("generate --list").ok().stderr();
        assert!(
            shown.contains("does not cover programs outside of the repository: 'sh'"),
            "{shown}"
        );
        trust(repo);
        repo.git("commit -m rules").complains("generated 'x.txt'").done();
    });
}

#[test]
fn a_script_is_part_of_what_is_trusted_however_it_is_spelled() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        for script in ["scripts//gen.sh", "scripts/../scripts/gen.sh", "./scripts/./gen.sh"] {
            stage_script(repo, "gen", "echo good");
            stage_rules(
                repo,
                &format!(
                    "[[generators]]\nname = \"x\"\noutput = [\"x.txt\"]\ncommand = [\"sh\", \"{script}\"]\nfiles = [\"scripts/**\"]\n"
                ),
            );
            trust(repo);
            repo.idhooks("generate").ok().done();
            assert_eq!(repo.read("x.txt"), b"good\n", "{script}");
            stage_script(repo, "gen", "echo evil");
            super::assert_fails(repo, "does not trust");
        }
    });
}

#[test]
fn a_glob_of_programs_that_matches_nothing_is_reported() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_script(repo, "gen", "echo good");
        let rule = |globs: &str| {
            format!(
                "[[generators]]\nname = \"x\"\noutput = [\"x.txt\"]\ncommand = [\"sh\", \"-c\", \". ./scripts/gen.sh\"]\nfiles = [\"scripts/**\"]\nprograms = [{globs}]\n"
            )
        };
        stage_rules(repo, &rule("\"scripts/**\", \"script/**\""));
        trust(repo);
        super::assert_fails(repo, "the glob 'script/**' in its 'programs' matches no file");
        let list = repo.idhooks("generate --list --format json").ok().json();
        assert_eq!(list["trust"]["undeclared"], serde_json::json!(["x"]));
        let answer = repo.idhooks("generate --list").ok().stderr();
        assert!(
            answer.contains("the glob 'script/**' in its 'programs' matches no file"),
            "{answer}"
        );
        stage_rules(repo, &rule("\"scripts/**\", \"!scripts/none.sh\""));
        trust(repo);
        repo.idhooks("generate").ok().done();
    });
}

#[test]
fn an_output_that_runs_in_the_same_round_must_be_trusted() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_script(repo, "first", "cat notes.txt");
        let first = scripted("first", "gen.sh", "files = [\"/notes.txt\"]");
        let second = "[[generators]]\nname = \"second\"\noutput = [\"x.txt\"]\ncommand = [\"sh\", \"gen.sh\"]\nafter = [\"first\"]\n";
        repo.stage("notes.txt", "echo good\n");
        repo.stage("gen.sh", "echo good\n");
        stage_rules(repo, &(first + second));
        trust(repo);
        repo.idhooks("generate").ok().done();
        assert_eq!(repo.read("x.txt"), b"good\n");
        repo.stage("notes.txt", "echo evil\n");
        repo.idhooks("generate").code(1).stdout();
        assert_eq!(repo.read("x.txt"), b"good\n");
    });
}

#[test]
fn an_output_that_others_obey_needs_trust_and_none_is_of_git() {
    on_adopted(|repo| {
        let rule = |output: &str| {
            format!("[[generators]]\nname = \"x\"\noutput = [\"{output}\"]\nbuiltin = \"json\"\n")
        };
        for output in [".github/workflows/x.yml", ".gitmodules", ".GitHub/x.json"] {
            stage_rules(repo, &rule(output));
            super::assert_fails(repo, "does not trust");
        }
        for output in ["GIT~1/x", ".git./x", ".git::$INDEX_ALLOCATION/x", ".g\u{200c}it/x"] {
            stage_rules(repo, &rule(output));
            super::assert_fails(repo, "git refuses its output");
        }
        stage_rules(repo, &rule(".github/workflows/x.yml"));
        trust(repo);
        repo.git("commit -m rules").complains("generated '.github/workflows/x.yml'").done();
    });
}

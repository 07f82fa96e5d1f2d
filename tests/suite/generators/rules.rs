//! What generators declare, and what that means for outputs.

use super::{assert_fails, scripted, shown, stage_rules, stage_script, states, trust};
use crate::common::{Repo, for_each_git, on_adopted, text};

#[test]
fn a_command_reads_its_records_and_writes_its_outputs() {
    on_adopted(|repo| {
        stage_script(
            repo,
            "two",
            "cat > out/all.json; sed -n '/file_path/p' out/all.json | wc -l | tr -d ' ' > \"$2\"; test \"$1\" = -n",
        );
        stage_rules(
            repo,
            "[[generators]]\nname = \"two\"\ninputs = { ns = [\"100\"], type = \"01\" }\nsort = [\"-file_path\"]\noutput = [\"out/all.json\", \"out/count.txt\"]\ncommand = [\"./scripts/two.sh\", \"-n\", \"out/count.txt\"]\ncheck = [\"test\", \"-s\", \"out/count.txt\"]\n",
        );
        trust(repo);
        repo.commit("rules");
        let id = |path: &str| repo.id(path);
        let record = |path: &str| {
            format!("{{\"file_path\":\"{path}\",\"id\":\"{}\",\"status\":\"active\"}}", id(path))
        };
        let expected = format!(
            "{{\"version\":1,\"generator\":\"two\",\"outputs\":[\"out/all.json\",\"out/count.txt\"],\"values\":{{}},\"records\":[\n{},\n{}\n]}}\n",
            record("docs/intro.md"),
            record("docs/guide.md")
        );
        assert_eq!(shown(repo, "HEAD", "out/all.json"), expected);
        assert_eq!(shown(repo, "HEAD", "out/count.txt"), "2\n");
    });
}

#[test]
fn a_check_refuses_an_output() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_script(repo, "list", "cat");
        let rule = |check: &str| scripted("list", "list.json", &format!("check = {check}"));
        stage_rules(repo, &rule("[\"grep\", \"-q\", \"nothing of this\", \"{output}\"]"));
        trust(repo);
        assert_fails(repo, "its check refuses the output: 'grep': exit status: 1");
        stage_rules(repo, &rule("[\"grep\", \"-q\", \"records\", \"{output}\"]"));
        trust(repo);
        repo.idhooks("generate").ok().done();
        assert!(repo.exists("list.json"));
    });
}

#[test]
fn a_generator_that_rewrites_its_own_input_stops() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        // An input that is no output.
        stage_script(repo, "own", "echo more >> notes.txt; echo ran >> \"$LOG\"; cat notes.txt");
        stage_rules(repo, &scripted("own", "own.txt", "files = [\"/notes.txt\"]"));
        trust(repo);
        let log = repo.root().join("log");
        let repo = &repo.with("LOG", log.to_str().expect("a plain name"));
        assert_fails(repo, "it rewrites its own input 'notes.txt'");
        // An output that is an input, too.
        stage_script(repo, "own", "cat notes.txt; date +%N; echo ran >> \"$LOG\"");
        stage_rules(repo, &scripted("own", "docs/own.md", "files = [\"docs/**\", \"/notes.txt\"]"));
        trust(repo);
        repo.stage("docs/own.md", "old\n");
        assert_fails(repo, "it rewrites its own input 'docs/own.md'");
        let runs = std::fs::read_to_string(&log).expect("it ran").lines().count();
        assert_eq!(runs, 2, "one round each");
        let answer = repo.git("commit -m rules").complains("rewrites its own input");
        answer.complains("add \"!/docs/own.md\"").done();
        assert_eq!(shown(repo, "HEAD", "docs/own.md"), "old\n");
        // Excluded, it is an output and nothing else.
        stage_rules(
            repo,
            &scripted(
                "own",
                "docs/own.md",
                "files = [\"docs/**\", \"/notes.txt\", \"!/docs/own.md\"]",
            ),
        );
        trust(repo);
        repo.idhooks("generate").ok().done();
        assert_eq!(states(repo), ["docs/own.md fresh"]);
    });
}

#[test]
fn an_output_that_its_own_command_names_is_no_input() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_script(repo, "gen", "cat notes.txt > \"$1\"");
        let rule = |files: &str| {
            format!(
                "[[generators]]\nname = \"g\"\noutput = [\"out/a.txt\"]\nfiles = [{files}]\n\
                 command = [\"scripts/gen.sh\", \"out/a.txt\"]\nprograms = [\"scripts/**\", \"out/**\"]\n"
            )
        };
        repo.stage("out/b.txt", "b\n");
        stage_rules(repo, &rule("\"/notes.txt\""));
        trust(repo);
        for line in ["one", "two"] {
            repo.append("notes.txt", line);
            repo.run("add notes.txt");
            // What is trusted does not depend on the output.
            repo.idhooks("generate").ok().done();
            assert_eq!(repo.read("out/a.txt"), repo.read("notes.txt"));
            assert_eq!(states(repo), ["out/a.txt fresh"]);
            repo.run("add out/a.txt");
        }
        // The remedy is one that helps, also for an output that does not exist yet.
        repo.run("rm -q -f out/a.txt");
        stage_rules(repo, &rule("\"/notes.txt\", \"out/**\""));
        trust(repo);
        assert_fails(repo, "it rewrites its own input 'out/a.txt'");
        stage_rules(repo, &rule("\"/notes.txt\", \"out/**\", \"!/out/a.txt\""));
        trust(repo);
        repo.idhooks("generate").ok().done();
        assert_eq!(states(repo), ["out/a.txt fresh"]);
    });
}

#[test]
fn an_input_that_changes_later_is_reported() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_script(repo, "first", "cat second.txt");
        stage_script(repo, "second", "cat notes.txt");
        let first =
            scripted("first", "first.txt", "inputs = { ids = [] }\nfiles = [\"/second.txt\"]");
        let second =
            scripted("second", "second.txt", "inputs = { ids = [] }\nfiles = [\"/notes.txt\"]");
        stage_rules(repo, &(first.clone() + &second));
        trust(repo);
        repo.stage("second.txt", "old\n");
        let answer = repo.idhooks("generate").code(1);
        let stdout = answer.stdout();
        assert!(
            stdout.contains("generator 'second' wrote its input 'second.txt' after it had run"),
            "{answer}"
        );
        assert!(stdout.contains("add \"second\" to its 'after'"), "{answer}");
        stage_rules(repo, &(first + "after = [\"second\"]\n" + &second));
        repo.append("notes.txt", "more\n");
        repo.run("add notes.txt");
        repo.idhooks("generate").ok().done();
        assert_eq!(repo.read("first.txt"), repo.read("notes.txt"));
    });
}

#[test]
fn a_stamp_is_written_where_it_is_wanted() {
    on_adopted(|repo| {
        stage_rules(
            repo,
            "[[generators]]\nname = \"index\"\noutput = [\"INDEX.md\"]\nbuiltin = \"markdown-index\"\nstamp = true\n",
        );
        repo.commit("rules");
        let stamp = |rev: &str| {
            let text = shown(repo, rev, "INDEX.md");
            let (_, stamp) = text.split_once("do not edit. sha256:").expect("a stamp");
            stamp.split(' ').next().expect("a word").to_owned()
        };
        assert_eq!(stamp("HEAD").len(), 64);
        repo.commit_file("docs/new.md", text("new"));
        assert_ne!(stamp("HEAD"), stamp("HEAD~1"));
    });
}

//! Rules and commands that a hurried or hostile person would write.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use super::{INDEX, assert_fails, scripted, shown, stage_rules, stage_script, trust};
use crate::common::{Repo, Snapshot, for_each_git, gits, is_running, on_adopted};

#[test]
fn mistakes_in_the_rules_stop_commands_and_commits() {
    on_adopted(|repo| {
        for (rules, words) in [
            ("[[generators]]\nnam = \"a\"\n", ["idhooks.toml:3", "did you mean 'name'?"]),
            (
                "[[generators]]\nname = \"a\"\noutput = [\"../x\"]\n",
                ["idhooks.toml:4", "not a path inside the repository"],
            ),
            ("[[generators]]\nname = \"a\"\noutput = [3]\n", ["idhooks.toml:4", "found integer"]),
            (
                &*(INDEX.to_owned() + "after = [\"index\"]\n"),
                ["idhooks.toml:2", "cycle: index -> index"],
            ),
            (
                &*(INDEX.to_owned() + &scripted("b", "docs/INDEX.md", "")),
                ["'docs/INDEX.md'", "outputs of its own"],
            ),
        ] {
            stage_rules(repo, rules);
            let before = Snapshot::of(repo);
            for command in ["generate", "generate --list", "generate --check"] {
                let answer = repo.idhooks(command).code(2).explains("idhooks.toml");
                for word in words {
                    assert!(answer.stderr().contains(word), "{word}\n{answer}");
                }
            }
            repo.try_git("commit -m no").code(1).complains("idhooks.toml").done();
            before.assert_same(repo);
        }
        repo.run("reset -q --hard");
    });
}

#[test]
fn outputs_that_git_ignores_are_refused() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_rules(repo, INDEX);
        repo.stage(".gitignore", "docs/INDEX.md\n");
        assert_fails(repo, "git ignores its output 'docs/INDEX.md'");
        // An ignored file that is tracked is a file like any other.
        repo.stage("docs/INDEX.md", "old\n");
        repo.idhooks("generate --overwrite").ok().done();
    });
}

#[test]
fn outputs_behind_links_are_refused() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let outside = repo.root().join("outside");
        std::fs::create_dir(&outside).expect("a directory");
        symlink(&outside, repo.path().join("out")).expect("a link");
        let rule = |output: &str| {
            format!("[[generators]]\nname = \"a\"\noutput = [\"{output}\"]\nbuiltin = \"csv\"\n")
        };
        stage_rules(repo, &rule("out/x.csv"));
        assert_fails(repo, "leads through a link");
        repo.run("add out");
        assert_fails(repo, "is below 'out', which is not a directory");
        stage_rules(repo, &rule("out"));
        assert_fails(repo, "its output 'out' is not a regular file in the index");
        stage_rules(repo, &rule("docs"));
        assert_fails(repo, "its output 'docs' is a directory");
        assert_eq!(std::fs::read_dir(&outside).expect("readable").count(), 0);
    });
}

#[test]
fn commands_that_fail_leave_the_old_output() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.stage("x.txt", "old\n");
        for (lines, reason) in [
            ("exit 3", "'scripts/x.sh': exit status: 3"),
            ("true", "'scripts/x.sh' did not write 'x.txt'"),
            ("ln -s /etc/passwd x.txt", "as a symbolic link"),
            ("mkdir x.txt", "as something that is not a file"),
            ("kill -9 $$", "signal: 9"),
        ] {
            stage_script(repo, "x", lines);
            stage_rules(repo, &scripted("x", "x.txt", ""));
            trust(repo);
            assert_fails(repo, reason);
        }
        stage_rules(
            repo,
            "[[generators]]\nname = \"x\"\noutput = [\"x.txt\"]\ncommand = [\"idhooks-has-no-such-program\"]\n",
        );
        trust(repo);
        assert_fails(repo, "'idhooks-has-no-such-program': there is no such program");
        stage_rules(
            repo,
            "[[generators]]\nname = \"x\"\noutput = [\"x.txt\"]\ncommand = [\"scripts/none.sh\"]\n",
        );
        trust(repo);
        assert_fails(repo, "'scripts/none.sh' is not in the index");
    });
}

#[test]
fn a_command_that_hangs_is_stopped_with_its_children() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let pids = repo.root().join("pids");
        let repo = &repo.with("PIDS", pids.to_str().expect("a plain name"));
        stage_script(
            repo,
            "x",
            "sh -c 'echo $$ >> \"$PIDS\"; sleep 600' & echo $$ >> \"$PIDS\"; sleep 600",
        );
        stage_rules(repo, &scripted("x", "x.txt", "timeout = \"2s\""));
        trust(repo);
        assert_fails(repo, "it did not end within 2s and was stopped");
        let started = std::fs::read_to_string(&pids).expect("they have started");
        assert_eq!(started.lines().count(), 2, "{started}");
        let deadline = Instant::now() + Duration::from_secs(20);
        while started.lines().any(is_running) {
            assert!(Instant::now() < deadline, "they survived: {started}");
            std::thread::yield_now();
        }
    });
}

#[test]
fn a_value_that_is_no_part_of_a_path_is_refused() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        stage_rules(
            repo,
            "[[generators]]\nname = \"a\"\noutput = [\"lists/{metadata.team}.csv\"]\nbuiltin = \"csv\"\n[patch]\nwritable = [\"metadata\"]\n",
        );
        repo.commit("rules");
        assert!(!repo.exists("lists"));
        let id = repo.id("docs/guide.md");
        let patch = |team: &str| {
            let patch =
                format!("{{\"changes\":{{\"{id}\":{{\"metadata\":{{\"team\":\"{team}\"}}}}}}}}");
            repo.write("../patch.json", patch);
            repo.idhooks("patch apply ../patch.json").ok()
        };
        patch("../../x").complains("cannot be a part of a path").done();
        assert_fails(repo, "'../../x', the value of 'metadata.team', cannot be a part of a path");
        patch("blue").complains("generated 'lists/blue.csv'").done();
        assert!(repo.exists("lists/blue.csv"));
    });
}

#[test]
fn if_one_run_fails_no_output_of_its_generator_changes() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let lines = "cat > slice; case $1 in *110*) exit 3;; esac; mv slice \"$1\"";
        stage_script(repo, "lists", lines);
        let rule = "[[generators]]\nname = \"lists\"\nfields = [\"file_path\"]\nrun = \"manual\"\n\
            output = [\"lists/{ns}.json\"]\ncommand = [\"scripts/lists.sh\", \"{output}\"]\n";
        let other = INDEX.replace("\"commit\"", "\"manual\"");
        stage_rules(repo, &format!("{rule}{other}"));
        trust(repo);
        let failed = repo.idhooks("generate").code(1).stdout();
        assert!(failed.contains("generator 'lists' failed"), "{failed}");
        // Another generator is not concerned.
        assert_eq!(repo.ask("ls-files lists docs/INDEX.md"), "docs/INDEX.md");
        assert!(!repo.exists("lists"));
        stage_script(repo, "lists", &lines.replace("exit 3", "true"));
        trust(repo);
        repo.idhooks("generate").ok().done();
        let lists = repo.ask("ls-files lists");
        assert_eq!(lists, "lists/100.json\nlists/110.json\nlists/999.json");
        // An output that there was stays as it was, too.
        let before = ["100", "110"].map(|ns| shown(repo, "", &format!("lists/{ns}.json")));
        stage_script(repo, "lists", lines);
        trust(repo);
        repo.stage("docs/new.md", "new\n");
        repo.idhooks("generate").code(1).done();
        assert_eq!(["100", "110"].map(|ns| shown(repo, "", &format!("lists/{ns}.json"))), before);
    });
}

#[test]
fn generators_that_are_not_staged_are_mentioned() {
    let repo = Repo::adopted(&gits()[0]);
    let hint = "git add idhooks.toml";
    for line in ["generate --list", "generate", "generate --dry-run"] {
        let shown = repo.idhooks(line).ok().stderr();
        assert!(shown.contains("no [[generators]]") && !shown.contains(hint), "{shown}");
    }
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("UTF-8");
    repo.write("idhooks.toml", format!("{rules}\n{INDEX}"));
    for line in ["generate --list", "generate", "generate --dry-run"] {
        let shown = repo.idhooks(line).ok().stderr();
        assert!(shown.contains("no [[generators]]") && shown.contains(hint), "{shown}");
    }
}

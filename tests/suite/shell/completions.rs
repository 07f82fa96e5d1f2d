//! Candidates from the repository, and nothing where it cannot be read.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::common::{Repo, for_each_git, has, on_adopted, text};
use crate::reviewed::assert_text;

/// Runs a scenario that may leave anything in the repository.
fn on_repository(scenario: impl Fn(&Repo)) {
    for_each_git(|git| scenario(&Repo::adopted(git)));
}

/// Returns what a shell gets for the last of some words; asserts that nothing else is printed.
fn ask_as(repo: &Repo, shell: &str, words: &[&str]) -> String {
    let index = words.len().to_string();
    let repo = repo.with("IDHOOKS_COMPLETE", shell).with("_CLAP_COMPLETE_INDEX", &index);
    let all = ["--", "idhooks"].iter().chain(words).map(OsString::from);
    let output = repo.idhooks(all.collect::<Vec<_>>()).code(0);
    assert_eq!(output.stderr(), "", "{words:?}");
    output.stdout()
}

fn ask(repo: &Repo, words: &[&str]) -> Vec<String> {
    ask_as(repo, "bash", words).lines().map(str::to_owned).collect()
}

#[test]
fn commands_and_options_and_their_values_complete() {
    on_repository(|repo| {
        let all = ask(repo, &[""]);
        for command in ["check", "show", "completions", "man", "--color"] {
            assert!(all.contains(&command.to_owned()), "{command}: {all:?}");
        }
        assert!(!all.iter().any(|name| name == "hook" || name == "merge-driver"), "{all:?}");
        assert_eq!(ask(repo, &["comp"]), ["completions"]);
        assert_eq!(ask(repo, &["show", "--form"]), ["--format"]);
        assert_eq!(ask(repo, &["show", "--format", "j"]), ["json"]);
        // As bash takes it apart.
        assert_eq!(ask(repo, &["show", "--format", "=", "j"]), ["json"]);
        assert_eq!(ask(repo, &["completions", "f"]), ["fish"]);
        assert_eq!(ask(repo, &["explain", "stale-p"]), ["STALE_PATH"]);
        repo.run("remote add safe ../safe.git");
        assert_eq!(ask(repo, &["backup", "push", "s"]), ["safe"]);
        let fish = ask_as(repo, "fish", &["check", "--sta"]);
        assert!(fish.starts_with("--staged\t"), "{fish}");
    });
}

#[test]
fn paths_complete_from_the_index() {
    on_repository(|repo| {
        repo.write("untracked.md", "");
        fs::create_dir_all(repo.path().join("src/deep")).expect("writable");
        repo.stage("src/deep/er.py", text("er"));
        let paths = |words: &[&str]| -> Vec<String> {
            ask(repo, words).into_iter().filter(|word| !word.starts_with('-')).collect()
        };
        assert_eq!(paths(&["show", ""]), ["README.md", "data", "docs", "notes.txt", "src"]);
        assert_eq!(paths(&["show", "docs/i"]), ["docs/intro.md"]);
        assert_eq!(paths(&["show", "src/"]), ["src/app.py", "src/deep", "src/util.py"]);
        assert_eq!(paths(&["show", "./docs/../src/d"]), ["./docs/../src/deep"]);
        assert_eq!(paths(&["show", "../"]), [""; 0]);
        assert_eq!(paths(&["-C", "docs", "deprecate", "intro.md", "g"]), ["guide.md"]);
        assert_eq!(paths(&["-C", "docs", "show", "../s"]), ["../src/"]);
        assert_eq!(paths(&["list", "--path", "=", "docs/g"]), ["docs/guide.md"]);
        let below = repo.below("src/deep");
        assert_eq!(ask(&below, &["show", "../a"]), ["../app.py"]);
        // Files of the system, tracked or not.
        assert_eq!(paths(&["patch", "apply", "unt"]), ["untracked.md"]);
        assert_eq!(paths(&["scan", "d"]), ["data", "docs"]);
        for form in ["update-index --index-version 4", "update-index --split-index"] {
            repo.run(form);
            assert_eq!(paths(&["show", "docs/i"]), ["docs/intro.md"], "{form}");
        }
    });
}

#[test]
fn identities_and_their_parts_complete_from_the_registry() {
    on_repository(|repo| {
        let id = repo.id("docs/intro.md");
        assert_eq!(ask(repo, &["show", &id[..15]]), [id.as_str()]);
        assert_eq!(ask(repo, &["audit", "query", "--id", &id[..15]]), [id.as_str()]);
        let fish = ask_as(repo, "fish", &["log", &id]);
        assert_eq!(fish, format!("{id}\tdocs/intro.md\n"));
        repo.idhooks(["deprecate", "notes.txt", "--reason", "old"]).ok().done();
        repo.commit("deprecated");
        let old = ask_as(repo, "fish", &["revive", "0"]);
        assert_text(
            "shell-completions-identities_and_their_parts_complete_from_the_registry",
            &old,
        );
        let namespaces = ask(repo, &["list", "--ns", ""]);
        assert!(namespaces.contains(&id[2..5].to_owned()), "{namespaces:?}");
        assert!(ask(repo, &["reserve", "--type", ""]).contains(&id[..2].to_owned()));
        repo.configure("[[namespaces]]\npath = \"own/**\"\nns = \"345\"\n");
        assert_eq!(ask(repo, &["list", "--ns", "34"]), ["345"]);
        // A file whose name is an identity is one by its path only.
        repo.stage(&id, text("digits"));
        assert_eq!(ask(repo, &["show", &id]), [id.clone(), format!("./{id}")]);
    });
}

#[test]
fn of_many_the_next_digits_complete() {
    on_repository(|repo| {
        for n in 0..150 {
            repo.write(format!("many/file{n}.md"), text(&n.to_string()));
        }
        repo.run("add -A");
        repo.commit("many");
        let first = ask(repo, &["audit", "query", "--id", ""]);
        assert!(first.len() > 1 && first.iter().all(|digits| digits.len() < 16), "{first:?}");
        let all = ask(repo, &["show", "many/"]);
        assert_eq!(all.len(), 150);
    });
}

#[test]
fn without_a_repository_nothing_is_said() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        for words in [&["show", ""][..], &["show", "0"], &["audit", "query", "--id", ""]] {
            let found = ask(&nowhere, words);
            assert!(found.iter().all(|word| word.starts_with('-')), "{found:?}");
        }
        // Rules that every repository has.
        assert_eq!(ask(&nowhere, &["list", "--ns", ""]), [""; 0]);
        assert_eq!(ask(&nowhere, &["sho"]), ["show"]);
        assert_eq!(ask(&nowhere, &["-C", "missing", "show", ""]), [""; 0]);
        for shell in ["", "0", "tcsh", "../bash"] {
            assert_eq!(ask_as(&nowhere, shell, &["show", ""]), "");
        }
        let bare = nowhere.beside("bare");
        nowhere.run(["init", "-q", "--bare", bare.path().to_str().expect("a plain path")]);
        ask(&bare, &["show", "x"]);
    });
}

#[test]
fn in_a_damaged_repository_nothing_is_said() {
    on_repository(|repo| {
        let words = [
            &["show", ""][..],
            &["show", "0"],
            &["audit", "query", "--id", ""],
            &["list", "--ns", ""],
            &["list", "--type", ""],
            &["fix", ""],
            &["mv", "docs/", ""],
        ];
        let ask_all = |repo: &Repo| words.map(|words| ask(repo, words)).concat();
        let good = repo.read(".idhooks/registry.json");
        for bad in [&b""[..], b"{", b"\xff\xfe\n\n", &good[..good.len() / 2], b"{}\n", b"[1]"] {
            repo.write(".idhooks/registry.json", bad);
            ask_all(repo);
        }
        repo.write(".idhooks/registry.json", good.repeat(2));
        ask_all(repo);
        // What never ends is not read.
        repo.remove(".idhooks/registry.json");
        repo.sh("mkfifo .idhooks/registry.json").ok().done();
        ask_all(repo);
        for bad in [&b"scope = "[..], b"\xff\x00", b"[[namespaces]]\n"] {
            repo.write("idhooks.toml", bad);
            ask_all(repo);
        }
        let index = repo.read(".git/index");
        for bad in [&index[..index.len() / 2], b"", b"DIRC\0\0\0\x02\xff\xff\xff\xff", b"garbage"] {
            repo.write(".git/index", bad);
            ask_all(repo);
        }
        repo.write(".git/HEAD", "nonsense");
        let found = ask_all(repo);
        assert!(!found.iter().any(|word| word.contains("intro")), "{found:?}");
    });
}

#[test]
fn hostile_names_are_left_out_or_harmless() {
    on_repository(|repo| {
        let names: [&[u8]; 8] = [
            b"h/new\nline",
            b"h/esc\x1b[31m",
            b"h/not utf\xff8",
            b"h/\xe2\x80\xaetxt.exe",
            b"h/$(touch pwned)",
            b"h/quo'te\"",
            b"-rf",
            b"h/tab\there",
        ];
        for name in names {
            repo.stage(OsStr::from_bytes(name), name);
        }
        assert_eq!(ask(repo, &["show", "h/"]), ["h/$(touch pwned)", "h/quo'te\""]);
        // PowerShell would run it.
        assert_eq!(ask_as(repo, "powershell", &["show", "h/"]), "");
        let all = ask(repo, &["show", ""]);
        assert!(all.contains(&"./-rf".to_owned()) && !all.contains(&"-rf".to_owned()), "{all:?}");
        assert_eq!(ask(repo, &["show", "h/$(to"]), ["h/$(touch pwned)"]);
        assert!(!repo.exists("pwned") && !repo.exists("h/pwned"));
        // Hostile words before the cursor.
        for odd in ["\u{1b}[2J", "\n", "--", "-", "\u{0}"] {
            let odd = odd.trim_matches('\0');
            ask(repo, &["show", odd, ""]);
            ask(repo, &[odd]);
        }
    });
}

/// What bash makes of the script: the candidates for the last word.
const IN_BASH: &str = "source ./script; COMP_WORDS=(idhooks show \"$1\") COMP_CWORD=2; \
     _idhooks idhooks \"$1\" show; printf '%s\\n' \"${COMPREPLY[@]}\"; \
     COMP_WORDS=(git idhooks show \"$1\") COMP_CWORD=3; _git_idhooks; \
     printf '%s\\n' \"${COMPREPLY[@]}\"";

#[test]
fn the_script_of_bash_works_in_bash() {
    if !has("bash") {
        return;
    }
    on_repository(|repo| {
        repo.stage("docs/a * b.md", text("star"));
        repo.stage("docs/$(touch pwned).md", text("hostile"));
        repo.write("script", repo.idhooks("completions bash").ok().stdout());
        let said = repo.sh_as("bash", &["-uc", IN_BASH, "bash", "docs/"]).ok();
        let both = "docs/$(touch pwned).md\ndocs/a * b.md\ndocs/guide.md\ndocs/intro.md\n";
        assert_eq!((said.stdout(), said.stderr()), (both.repeat(2), String::new()));
        let said = repo.sh_as("bash", &["-uc", IN_BASH, "bash", "docs/a\\ "]).ok();
        assert_eq!(said.stdout(), "docs/a * b.md\n".repeat(2));
        assert!(!repo.exists("pwned") && !repo.exists("docs/pwned"));
    });
}

#[test]
fn every_shell_has_a_script() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            let output = nowhere.idhooks(["completions", shell]).ok();
            let script = output.stdout();
            let head: Vec<&str> = script.lines().take(2).collect();
            assert!(head.concat().contains("Written by 'idhooks completions"), "{head:?}");
            assert!(script.contains("IDHOOKS_COMPLETE"), "{script}");
        }
        assert!(nowhere.idhooks("completions zsh").stdout().starts_with("#compdef idhooks\n"));
        nowhere.idhooks("completions tcsh").code(2).done();
    });
}

#[test]
fn hooks_and_merges_do_not_look_at_the_variable() {
    on_adopted(|repo| {
        for (n, name) in ["IDHOOKS_COMPLETE", "COMPLETE", "_CLAP_COMPLETE_INDEX"].iter().enumerate()
        {
            let repo = repo.with(name, "bash");
            let (ours, theirs) = (format!("ours{n}.md"), format!("theirs{n}.md"));
            repo.run(["checkout", "-q", "-b", &format!("side{n}")]);
            repo.commit_file(&theirs, text(&theirs));
            repo.run("checkout -q main");
            repo.commit_file(&ours, text(&ours));
            repo.run(["merge", "-q", "--no-edit", &format!("side{n}")]);
            assert_eq!([repo.id(&ours).len(), repo.id(&theirs).len()], [16, 16]);
            assert_eq!(repo.findings("").len(), 0);
            // A command that is typed works, too.
            assert!(repo.idhooks("--version").ok().stdout().starts_with("idhooks "));
        }
        // Without the variable it is an error, as any other.
        repo.idhooks("-- idhooks show").code(2).done();
    });
}

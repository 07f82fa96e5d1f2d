//! How much a push may make a server read.

use super::receive::for_each_hook;
use crate::common::{Repo, quoted_binary, sample_of, text};

/// A few trees, each many times in the next one, that stand for very many paths.
struct Bomb {
    levels: usize,
    /// How often a tree is in the next one.
    times: usize,
    /// How many bytes the names have.
    name: usize,
    has_file: bool,
    refused: &'static str,
}

const BOMBS: [Bomb; 3] = [
    Bomb {
        levels: 13,
        times: 10,
        name: 1,
        has_file: true,
        refused: "1000000 files and directories",
    },
    // Directories without a single file.
    Bomb {
        levels: 30,
        times: 10,
        name: 1,
        has_file: false,
        refused: "1000000 files and directories",
    },
    // Few enough files, with long paths.
    Bomb { levels: 16, times: 2, name: 250, has_file: true, refused: "256000000 bytes of paths" },
];

/// Makes the trees, and returns the entry of the last one.
fn bomb(repo: &Repo, bomb: &Bomb) -> String {
    let make_tree = |lines: &str| {
        let tree = repo.try_git_with("mktree", lines.as_bytes()).ok().stdout();
        format!("040000 tree {}", tree.trim())
    };
    let mut entry = make_tree("");
    if bomb.has_file {
        repo.write("leaf", "leaf");
        entry = format!("100644 blob {}", repo.ask("hash-object -w leaf"));
        repo.remove("leaf");
    }
    let long = "x".repeat(bomb.name - 1);
    for _ in 0..bomb.levels {
        let lines: String = (0..bomb.times).map(|n| format!("{entry}\t{long}{n}\n")).collect();
        entry = make_tree(&lines);
    }
    entry
}

#[test]
fn a_tree_of_trees_is_counted_and_not_listed() {
    for_each_hook(|server, clone| {
        let head = server.rev("main");
        for kind in &BOMBS {
            let lines = clone.ask("ls-tree HEAD") + "\n" + &bomb(clone, kind) + "\tz-bomb\n";
            let tree = clone.try_git_with("mktree", lines.as_bytes()).ok().stdout();
            let commit = clone.ask(["commit-tree", "-m", "bomb", "-p", "HEAD", tree.trim()]);
            // Neither as the tip nor below it.
            let tip = clone.ask(["commit-tree", "-m", "tip", "-p", &commit, "HEAD^{tree}"]);
            for commit in [commit, tip] {
                let refs = format!("{commit}:refs/heads/main");
                let refused = clone.try_git(["push", "-q", "origin", &refs]).code(1);
                let message = format!("has more than {}", kind.refused);
                refused.complains(&message).complains("idhooks.maxFiles").done();
                assert_eq!(server.rev("main"), head);
            }
        }
    });
}

#[test]
fn the_limits_are_settings() {
    for_each_hook(|server, clone| {
        let refused = |setting: &str, value: &str, words: &str| {
            server.run(["config", setting, value]);
            clone.try_git("push -q origin main").code(1).complains(words).done();
            server.run(["config", "--unset", setting]);
        };
        clone.commit_file("docs/new.md", text("new"));
        refused("idhooks.maxFiles", "5", "has more than 5 files and directories");
        refused("idhooks.maxRegistry", "100", "bytes, more than 100");
        clone.run("push -q origin main");
        for n in 0..5 {
            clone.stage(format!("unseen{n}.md"), text("unseen"));
        }
        clone.run("commit -q --no-verify -m unseen");
        refused("idhooks.maxFindings", "2", "only 2 of 5 findings are shown");
    });
}

#[test]
fn a_large_registry_is_not_blown_up() {
    for_each_hook(|_, clone| {
        let registry = String::from_utf8(clone.registry("HEAD")).expect("text");
        let spaces = format!("\n{}{{\"id\"", " ".repeat(17 << 20));
        clone.write(".idhooks/registry.json", registry.replacen("\n{\"id\"", &spaces, 1));
        clone.run("commit -q --no-verify -am blown");
        clone.commit_file("docs/new.md", text("new"));
        let refused = clone.try_git("push -q origin main").code(1);
        let hint = refused.complains("in canonical form").stderr();
        // As the hint says; an editor would ask for the message.
        let (_, command) = hint.split_once("push again: ").expect("a command");
        let program = quoted_binary();
        let command = command.lines().next().unwrap_or_default().replace("idhooks", &program);
        clone.sh(&format!("{command} -q -m again")).ok().done();
        clone.run("push -q origin main");
        assert!(clone.registry("HEAD").len() < 1 << 20);
    });
}

/// Pushes an idhooks.toml that is not valid; returns what the server answers.
fn refusal_of_rules(clone: &Repo, rules: &str) -> String {
    clone.write("idhooks.toml", rules);
    clone.run("commit -q --no-verify -am long");
    let refused = clone.try_git("push -q origin main").code(1).stderr();
    clone.run("reset -q --hard HEAD~1");
    refused
}

#[test]
fn a_malformed_line_is_quoted_in_part() {
    for_each_hook(|server, _| {
        for input in [
            vec![0; 1_000_000],
            vec![b'x'; 1_000_000],
            [vec![b'x'; 1_000_000], b" 0 refs/heads/main".to_vec()].concat(),
        ] {
            let refused = server.idhooks_with("receive", &input).code(2).stderr();
            assert!(refused.len() < 2_000, "{} bytes: {}", refused.len(), &refused[..300]);
        }
    });
}

#[test]
fn what_somebody_else_wrote_is_quoted_in_part() {
    for_each_hook(|_, clone| {
        let registry = String::from_utf8(clone.registry("HEAD")).expect("text");
        let long = "x".repeat(1 << 16);
        let id = clone.id("README.md");
        let field = |name: &str, value: &str| format!("\"{name}\":\"{value}\"");
        let faults = [
            ("\"1.0\"".to_owned(), format!("\"{long}\"")),
            (field("id", &id), field("id", &long)),
            (field("status", "active"), field("status", &long)),
            ("{\"id\"".to_owned(), format!("{{\"{long}\":1,\"{long}\":1,\"id\"")),
            ("\"scope\":\"".to_owned(), format!("\"scope\":\"{long}")),
            ("\"file_path\":\"".to_owned(), format!("\"file_path\":\"{long}/")),
            ("\"allocated_at\":\"".to_owned(), format!("\"allocated_at\":\"{long}")),
        ];
        for (old, new) in sample_of(&faults) {
            assert!(registry.contains(old), "{old}");
            clone.write(".idhooks/registry.json", registry.replacen(old, new, 1));
            clone.run("commit -q --no-verify -am long");
            let refused = clone.try_git("push -q origin main").code(1).stderr();
            assert!(refused.len() < 16_000, "{old}: {} bytes: {}", refused.len(), &refused[..300]);
            clone.run("reset -q --hard HEAD~1");
        }
        let rules = String::from_utf8(clone.read("idhooks.toml")).expect("text");
        let lines = [
            format!("requires = \"{long}\""),
            format!("default_type = \"{long}\""),
            format!("{long} = 1"),
        ];
        for line in sample_of(&lines) {
            let said = refusal_of_rules(clone, &format!("{line}\n{rules}"));
            assert!(said.len() < 4_000, "{} bytes: {}", said.len(), &said[..300]);
        }
        // Names of tables and rules.
        let long = "a".repeat(60_000);
        let named = [
            (format!("[formats.{long}]\n"), "] lacks a template"),
            (format!("[formats.{long}A]\ntemplate = \"x\"\n"), "expected a name of"),
            (format!("[[generators]]\nname = \"{long}\"\n"), "' lacks 'command' or 'builtin'"),
            (format!("[[generators]]\nname = \"{long}A\"\n"), "expected a name of"),
            (format!("[watch]\n{long} = 1\n"), "' in [watch]"),
            (format!("[watch]\n\"{}\" = 1\n", "a ".repeat(30_000)), "' in [watch]"),
            (format!("[types]\n{long} = \"x\"\n"), "' in [types]"),
        ];
        for (rule, words) in sample_of(&named) {
            let said = refusal_of_rules(clone, rule);
            assert!(said.contains(words), "{words}: {}", &said[..said.len().min(900)]);
            assert!(said.len() < 2_000, "{words}: {} bytes: {}", said.len(), &said[..300]);
        }
    });
}

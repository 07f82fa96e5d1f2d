//! Any sequence of commands, commits and merges leaves identities as they must be.

use serde_json::{Value, json};

use crate::common::{Dice, Repo, cases, each_seed, for_each_git, text};
use crate::judge;

/// How many sequences are tried by default, and with `IDHOOKS_TEST_ALL=1`.
const SEEDS: [u64; 2] = [2, 12];
/// How long each is.
const STEPS: usize = 24;

fn live(seed: u64) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let embed = "[[embed]]\npath = [\"src/**\", \"moved/**\", \"*.md\"]\n\
                     [[file_names]]\npath = [\"src/**\", \"new/**\"]\n";
        let patch = "[patch]\nwritable = [\"metadata\", \"status\", \"file_path\"]\n";
        // Copies and names that a commit stops over are for others.
        let warn = "[hooks]\nenforce = \"warn\"\n";
        // Every other one has files that carry their identities.
        repo.configure(&format!("{warn}{patch}{}", if seed % 2 == 1 { embed } else { "" }));
        let mut dice = Dice::new(seed);
        for step in 0..STEPS {
            act(&repo, &mut dice, &format!("{seed}-{step}"));
        }
        settle(&repo, "last");
        judge::assert_all_consistent(&repo);
        judge::assert_status(&repo, "");
        repo.idhooks("check --history").ok().done();
        repo.idhooks("audit verify").ok().done();
    });
}

/// Does something, which may be refused.
fn act(repo: &Repo, dice: &mut Dice, name: &str) {
    let tracked = repo.ask("ls-files -- :!.idhooks :!idhooks.toml :!.gitattributes");
    let tracked: Vec<&str> = tracked.lines().collect();
    let any = tracked[dice.roll(tracked.len())];
    let listed = repo.idhooks("list").ok().stdout();
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    let (id, other) = (ids[dice.roll(ids.len())], ids[dice.roll(ids.len())]);
    let reserved = repo.root().join("reserved");
    match dice.roll(30) {
        0 | 1 => {
            repo.stage(format!("new/{name}.md"), text(name));
            tried(repo, ["allocate", &format!("new/{name}.md")]);
        }
        2 => repo.stage(format!("new/{name}.py"), text(name)),
        3 => repo.mv(any, &format!("moved/{name}")),
        4 if tracked.len() > 4 => repo.run(["rm", "-qf", "--", any]),
        5 => tried(repo, ["deprecate", any, "--reason", name]),
        6 => tried(repo, ["deprecate", id, "--reason", name]),
        7 => tried(repo, ["revive", id]),
        8 => tried(repo, ["supersede", any, "--with-new"]),
        9 => tried(repo, ["supersede", id, "--by", other]),
        10 => {
            let held = repo.idhooks("reserve --ns 100 --type 01").ok().stdout();
            std::fs::write(reserved, held.trim()).expect("writable");
        }
        11 => {
            if let Ok(held) = std::fs::read_to_string(reserved) {
                repo.stage(format!("kept/{name}.md"), text(name));
                tried(repo, ["allocate", "--reserved", &held, &format!("kept/{name}.md")]);
            }
        }
        12 => settle(repo, name),
        13 => {
            tried(repo, ["mv", any, &format!("{name}.{}", dice.roll(3))]);
        }
        14 => rewrite_moved(repo, any, name),
        15 => tried(repo, ["purge", "--deprecated-before", "9999-12-31"]),
        16 | 17 => {
            // An identity that was never committed does not follow what git alone moves.
            tried(repo, ["assign", id, any]);
            settle(repo, name);
        }
        18 => {
            let others = ids[dice.roll(ids.len())];
            tried(repo, ["assign", id, any]);
            tried(repo, ["assign", others, any]);
            settle(repo, name);
        }
        22 => tried(repo, ["inject", "--all"]),
        23 => tried(repo, ["inject", "--replace", any]),
        24 => copy(repo, any, name),
        25..=27 => rename_or_fix(repo, dice, [any, name]),
        19..=21 => patch(repo, dice, [id, any, name]),
        _ => merge_side(repo, name),
    }
}

/// Moves a file by a command and writes it again.
fn rewrite_moved(repo: &Repo, path: &str, name: &str) {
    let moved = format!("rewritten-{name}");
    tried(repo, ["mv", path, &moved]);
    if repo.exists(&moved) {
        repo.stage(moved, text(&format!("{name} anew")));
    }
}

/// Changes to the other branch and merges this one into it.
fn merge_side(repo: &Repo, name: &str) {
    settle(repo, name);
    if repo.try_git("checkout -q side").succeeded() {
        let _ = repo.try_git(["merge", "-q", "--no-edit", "-"]);
        // What git cannot merge is for another day.
        if repo.exists(".git/MERGE_HEAD") {
            repo.run("merge --abort");
        }
    } else {
        repo.run("checkout -q -b side");
    }
}

/// Changes names, or whatever is wrong.
fn rename_or_fix(repo: &Repo, dice: &mut Dice, [any, name]: [&str; 2]) {
    match dice.roll(3) {
        0 => {
            // People do it to what is committed.
            settle(repo, name);
            tried(repo, ["rename", "--to-id-prefix", any]);
            if dice.roll(3) == 0 {
                tried(repo, ["rename", "--rollback"]);
            }
        }
        1 => tried(repo, ["rename", "--from-id-prefix", any]),
        _ => assert!(matches!(repo.idhooks("fix --execute").exit(), Some(0..=2))),
    }
}

/// Copies a file with all that it carries.
fn copy(repo: &Repo, path: &str, name: &str) {
    let file = std::path::Path::new(path).file_name().expect("a name").to_string_lossy();
    repo.stage(format!("moved/{name}-{file}"), repo.read(path));
}

/// Has another program change something.
fn patch(repo: &Repo, dice: &mut Dice, [id, any, name]: [&str; 3]) {
    let fields = |fields: Value| json!({"reason": name, "changes": {id: fields}});
    let patch = match dice.roll(5) {
        0 => fields(json!({"metadata": {"owner": name, "team": null}})),
        1 => fields(json!({"status": "deprecated"})),
        2 => fields(json!({"status": "active"})),
        3 => fields(json!({"file_path": any})),
        _ => fields(json!({"status": "active", "metadata": {"team": name}})),
    };
    repo.write("../patch.json", patch.to_string());
    tried(repo, ["patch", "apply", "../patch.json", "--reason", name]);
}

/// Runs a command that may refuse, but not fail.
fn tried<const N: usize>(repo: &Repo, words: [&str; N]) {
    let answer = repo.idhooks(words);
    assert!(matches!(answer.exit(), Some(0 | 2)), "{answer}");
}

/// Commits what there is.
fn settle(repo: &Repo, name: &str) {
    repo.run("add -A");
    if !repo.try_git("diff --cached --quiet").succeeded() {
        repo.commit(name);
    }
}

#[test]
fn identities_stay_as_they_must_be() {
    each_seed(cases("IDHOOKS_SEEDS", SEEDS), live);
}

//! What a check says that finds an index plainly in order, or a commit plainly after true ones, is
//! what the check of everything says.
//!
//! Seeded random damage to the index, the registry and HEAD; each state and its history is checked
//! with and without shortcuts (`IDHOOKS_SHORTCUTS=0`), from nothing and from memory, as text and as
//! JSON.
//! `IDHOOKS_STATES=5000 cargo test --test clean` makes more of them; `IDHOOKS_SEED=17` goes through
//! one repository again.

#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/common/mod.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/judge/mod.rs"]
mod judge;

use std::fs;

use common::{Dice, Repo, each_seed, gits, number};

const REGISTRY: &str = ".idhooks/registry.json";
const STATES: u64 = 400;
/// States of one repository.
const LENGTH: u64 = 25;

/// How the index is kept.
const FORMS: [&[&str]; 6] = [
    &[],
    &[],
    &[],
    &["index.version 4"],
    &["core.splitIndex true"],
    &["core.untrackedCache true", "index.skipHash true"],
];

#[test]
fn what_is_plainly_in_order_is_in_order() {
    if let Some(seed) = number("IDHOOKS_SEED") {
        return live(seed);
    }
    let repositories = number("IDHOOKS_STATES").unwrap_or(STATES).div_ceil(LENGTH);
    each_seed(repositories, live);
}

/// Damages one repository again and again.
fn live(seed: u64) {
    let mut dice = Dice::new(seed);
    let repo = Repo::empty(dice.choose(gits()));
    for setting in *dice.choose(&FORMS) {
        repo.run(format!("config {setting}").as_str());
    }
    let repo = repo.adopt("");
    grow(&repo, &mut dice);
    repo.run("tag good");
    compare(&repo, &format!("IDHOOKS_SEED={seed}, before any damage"));
    for step in 0..LENGTH {
        let made: Vec<String> = (0..dice.roll(4)).map(|_| damage(&repo, &mut dice)).collect();
        compare(&repo, &format!("IDHOOKS_SEED={seed}, step {step}: {made:?}"));
        if dice.roll(3) > 0 {
            let _ = repo.try_git("merge --abort");
            // With the flags of its entries.
            let _ = fs::remove_file(repo.path().join(".git/index"));
            repo.run("reset -q --hard good");
        }
    }
}

/// Makes a history with records in every state.
fn grow(repo: &Repo, dice: &mut Dice) {
    for n in 0..4 + dice.roll(8) {
        let path =
            format!("{}new{n}.{}", dice.choose(&["", "src/", "a b/"]), ["py", "q\"t"][n % 2]);
        repo.commit_file(&path, common::text(&n.to_string()));
        match dice.roll(4) {
            0 => repo.run(["rm", "-q", path.as_str()]),
            1 => repo.mv(&path, &format!("moved/{n}.md")),
            _ => continue,
        }
        repo.commit("change");
    }
    if dice.roll(2) == 0 {
        rewrite(repo, |text| by_command(text, "docs/intro.md"));
        repo.run("rm -q --cached docs/intro.md");
        repo.run("commit -q --no-verify -m set-aside");
    }
    if dice.roll(3) == 0 {
        // A record that is not of the plainest form.
        rewrite(repo, |text| text.replacen("\"}}", "\",\"note\":[1]}}", 1));
        repo.run("commit -q --no-verify -m note");
    }
}

/// Damages something, or not at all; returns what was done.
fn damage(repo: &Repo, dice: &mut Dice) -> String {
    let files = repo.ask("ls-files -- :!.idhooks :!.gitattributes :!idhooks.toml");
    let files: Vec<&str> = files.lines().filter(|path| !path.starts_with('"')).collect();
    let file = *dice.choose(if files.is_empty() { &["absent"] } else { &files });
    let told = |what: &str| format!("{what} {file}");
    let with = |args: &[&str]| drop(repo.try_git(args.iter().map(Into::into).collect::<Vec<_>>()));
    match dice.roll(22) {
        0 => {
            let lead = *dice.choose(&["", "", "0199900001260118_", "20260122_"]);
            let name = format!("{lead}new{}", dice.roll(9));
            repo.stage(name.as_str(), "new");
            format!("add {name}")
        }
        1 => {
            with(&["rm", "-q", "--cached", "--", file]);
            told("remove")
        }
        2 => {
            with(&["mv", "-f", "--", file, "elsewhere.py"]);
            told("move")
        }
        3 => {
            let _ = fs::write(repo.path().join(file), "edited");
            with(&["add", "--", file]);
            told("edit")
        }
        4 => {
            let _ = fs::remove_file(repo.path().join(file));
            let _ = std::os::unix::fs::symlink("x", repo.path().join(file));
            with(&["add", "--", file]);
            told("link")
        }
        5 => {
            with(&["update-index", "--chmod=+x", "--", file]);
            told("execute")
        }
        6 => {
            let _ = fs::write(repo.path().join("intended"), "x");
            with(&["add", "-N", "intended"]);
            "intend".to_owned()
        }
        7 => {
            let flag = dice.choose(&["--skip-worktree", "--assume-unchanged"]);
            let path = *dice.choose(&[file, REGISTRY]);
            with(&["update-index", flag, "--", path]);
            format!("{flag} {path}")
        }
        8 => {
            let lines = *dice.choose(&[
                "[track]\nexclude = [\"src/**\"]\n",
                "[track]\ninclude = [\"**\", \"!*.md\"]\n",
                "[track]\nexclude = [\"*.none\"]\n",
                "scope = 1\n",
                "[[file_names]]\npath = \"*\"\n",
                "legacy_scopes = [\"260119\"]\n",
            ]);
            repo.stage("idhooks.toml", format!("scope = \"{}\"\n{lines}", common::SCOPE));
            format!("configure {lines}")
        }
        9 => {
            repo.stage("idhooks.toml", "scope = \"260119\"\n");
            "another scope".to_owned()
        }
        10 => {
            with(&["commit", "-q", "--no-verify", "-m", "unseen"]);
            "commit unseen".to_owned()
        }
        11 => {
            with(&["commit", "-q", "-m", "seen"]);
            "commit".to_owned()
        }
        12 => {
            with(&["merge", "-q", "--no-commit", "--no-ff", "-X", "ours", "HEAD~2"]);
            with(&["checkout", "-q", "-B", "side", "HEAD~1"]);
            with(&["commit", "-q", "--allow-empty", "-m", "side"]);
            with(&["merge", "-q", "--no-commit", "good"]);
            if dice.roll(2) == 0 {
                with(&["commit", "-q", "--no-edit"]);
            }
            "merge".to_owned()
        }
        13 => {
            with(&["rm", "-q", "--cached", "--", REGISTRY]);
            "no registry".to_owned()
        }
        14 => {
            let _ = fs::write(repo.path().join(REGISTRY), "unstaged\n");
            "unstaged registry".to_owned()
        }
        _ => edit_registry(repo, dice, file),
    }
}

/// Edits the registry as somebody might, and stages it; sometimes HEAD gets it, too.
fn edit_registry(repo: &Repo, dice: &mut Dice, file: &str) -> String {
    let (n, how) = (dice.roll(40), dice.roll(18));
    rewrite(repo, |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let places = lines.len().saturating_sub(2);
        if places == 0 {
            return text.to_owned();
        }
        let at = 1 + n % places;
        let line = lines[at].clone();
        match how {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            2 => lines.swap(at, 1),
            3 => lines[at] = line.replace("260118\",\"file", "260119\",\"file"),
            4 => lines[at] = line.replace("\"file_path\":\"", "\"file_path\":\"x"),
            5 => lines[at] = line.replace("\"active\"", "\"superseded\""),
            6 => lines[at] = line.replace("\":\"", "\": \""),
            7 => lines[at] = line.replace("}}", ",\"zeta\":\"z\"}}"),
            8 => lines[at] = line.replace("}}", ",\"zeta\":{\"b\":1}}}"),
            9 => {
                let other = origin(&lines[1]);
                lines[at] = line.replace(&origin(&line), &other);
            }
            10 => lines[at] = line.replace(&origin(&line), "c122650e81a52c85"),
            11 => {
                let at =
                    *["reserved\":[1,2", "floor\":99998", "floor\":5"].get(n % 3).unwrap_or(&"");
                let close = if at.contains('[') { "]}" } else { "}" };
                let counter = format!("\"counters\":{{\"100_01_260118\":{{\"{at}{close}}}");
                lines[0] = lines[0].replace("\"counters\":{}", &counter);
            }
            12 => {
                let claim =
                    "\",\"aliases\":[\"0110000001260118\"],\"claim\":\"0110000002260118\"}}";
                lines[at] = line.replace("\"}}", claim);
            }
            13 => lines[at] = line.replace("\",\"file_path\"", "0\",\"file_path\""),
            14 => return by_command(text, file),
            15 => return text.replace('\n', "\r\n"),
            16 => return format!("{text}\n"),
            _ => lines[at] = line.replace("\"}}", "\",\"shadowed\":true}}"),
        }
        lines.join("\n") + "\n"
    });
    if dice.roll(2) == 0 {
        let _ = repo.try_git("commit -q --no-verify -m registry");
    }
    format!("registry {how} {n}")
}

/// Marks the records of a file as deprecated by command.
fn by_command(text: &str, file: &str) -> String {
    let mark = |line: &str| match line.contains(&format!("\"file_path\":\"{file}\"")) {
        true => line.replace("\"active\"", "\"deprecated\"").replacen(
            "\"}}",
            "\",\"deprecated_at\":\"2026-03-01T00:00:00Z\",\"deprecated_reason\":\"obsolete\"}}",
            1,
        ),
        false => line.to_owned(),
    };
    text.lines().map(|line| mark(line) + "\n").collect()
}

fn origin(line: &str) -> String {
    let at = line.find("\"origin\":\"").map_or(0, |at| at + 10);
    line.get(at..at + 16).unwrap_or("none").to_owned()
}

/// Edits and stages the registry.
fn rewrite(repo: &Repo, edit: impl Fn(&str) -> String) {
    let Ok(text) = fs::read_to_string(repo.path().join(REGISTRY)) else { return };
    fs::write(repo.path().join(REGISTRY), edit(&text)).expect("writable");
    let _ = repo.try_git(["add", "--sparse", "-f", "--", REGISTRY]);
}

/// Checks the index and the history in every way.
fn compare(repo: &Repo, place: &str) {
    let forget =
        |file: &str| drop(fs::remove_file(repo.path().join(".git/idhooks/cache").join(file)));
    let answer = |repo: &Repo, form: &str| {
        let output = repo.idhooks(form);
        (output.exit(), output.stdout(), output.stderr())
    };
    let thorough = repo.with("IDHOOKS_SHORTCUTS", "0");
    for form in ["check", "check --strict --format json"] {
        forget("checks");
        let expected = answer(&thorough, form);
        for time in ["first", "second"] {
            assert_eq!(answer(repo, form), expected, "{form}, the {time} time: {place}");
        }
    }
    for form in ["check --history", "check --strict --format json --history --all"] {
        let [expected, found] = [&thorough, repo].map(|repo| {
            forget("history");
            let said = answer(repo, form);
            let learnt = fs::read(repo.path().join(".git/idhooks/cache/history"));
            (said, learnt.unwrap_or_default())
        });
        assert_eq!(found, expected, "{form}: {place}");
        assert_eq!(answer(repo, form), found.0, "{form}, the second time: {place}");
    }
}

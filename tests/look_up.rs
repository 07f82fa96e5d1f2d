//! What `show` says of a record that it finds without reading the registry is what it says with
//! all of it read.
//!
//! Seeded random repositories with records in every state and odd paths, random damage to index,
//! registry, working file and to the path index that is kept in the git directory; random
//! questions are answered with and without shortcuts (`IDHOOKS_SHORTCUTS=0`).
//! `IDHOOKS_STATES=5000 cargo test --test look_up` makes more of them; `IDHOOKS_SEED=17` goes
//! through one repository again.

#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/common/mod.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/judge/mod.rs"]
mod judge;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{Dice, Repo, each_seed, gits, number};

const REGISTRY: &str = ".idhooks/registry.json";
const STATES: u64 = 200;
/// States of one repository.
const LENGTH: u64 = 20;
/// Questions in each state.
const QUESTIONS: usize = 6;

/// How the index is kept.
const FORMS: [&[&str]; 5] =
    [&[], &[], &["index.version 4"], &["core.splitIndex true"], &["index.skipHash true"]];
/// Names that are not of the plainest form, or mean something else.
const NAMES: [&[u8]; 8] = [
    b"new.md",
    b"src/new.py",
    b"a b.txt",
    b"q\"uote.md",
    "\u{e4}.md".as_bytes(),
    b"\xff\xfe.md",
    b"back\\slash",
    b"0110000001260118",
];

#[test]
fn what_is_looked_up_is_what_is_there() {
    if let Some(seed) = number("IDHOOKS_SEED") {
        return live(seed);
    }
    let repositories = number("IDHOOKS_STATES").unwrap_or(STATES).div_ceil(LENGTH);
    each_seed(repositories, live);
}

/// Changes one repository again and again.
fn live(seed: u64) {
    let mut dice = Dice::new(seed);
    let repo = Repo::empty(dice.choose(gits()));
    for setting in *dice.choose(&FORMS) {
        repo.run(format!("config {setting}").as_str());
    }
    let repo = repo.adopt("");
    let other = repo.copy_as("other");
    other.commit_file("other.md", "other");
    let _ = other.idhooks("show other.md");
    for name in &NAMES {
        repo.stage(OsStr::from_bytes(name), common::text(&format!("{name:?}")));
    }
    repo.commit("names");
    repo.run("rm -q notes.txt src/new.py");
    repo.commit("remove");
    repo.run("tag good");
    for step in 0..LENGTH {
        if dice.roll(3) > 0 {
            repo.run("reset -q --hard good");
        }
        let made: Vec<String> = (0..1 + dice.roll(3)).map(|_| change(&repo, &mut dice)).collect();
        if step == LENGTH / 2 && seed.is_multiple_of(4) {
            // The working file is old enough to be known by its metadata.
            std::thread::sleep(Duration::from_secs(4));
        }
        for _ in 0..QUESTIONS {
            let harm = damage_cache(&repo, &other, &mut dice);
            let place = format!("IDHOOKS_SEED={seed}, step {step}: {made:?}, {harm}");
            compare(&repo, &question(&repo, &mut dice), &place);
        }
    }
}

/// Changes the repository as somebody might; returns how.
fn change(repo: &Repo, dice: &mut Dice) -> String {
    let with = |args: &[&str]| drop(repo.try_git(args.iter().map(Into::into).collect::<Vec<_>>()));
    let files = repo.git("ls-files -z -- :!.idhooks :!.gitattributes :!idhooks.toml").bytes();
    let files: Vec<&[u8]> = files.split(|b| *b == 0).filter(|path| !path.is_empty()).collect();
    let file = files.get(dice.roll(files.len().max(1))).copied().unwrap_or(b"absent");
    let file = OsStr::from_bytes(file);
    let by_path = |command: &[&str], more: &[&OsStr]| {
        let words = command.iter().map(OsString::from);
        drop(repo.try_git(words.chain(more.iter().map(OsString::from)).collect::<Vec<_>>()));
    };
    let kind = dice.roll(18);
    match kind {
        0..3 => {
            let name = OsStr::from_bytes(NAMES[dice.roll(NAMES.len())]);
            let full = repo.path().join(Path::new(name));
            let _ = fs::create_dir_all(full.parent().expect("a directory"));
            let _ = fs::write(full, format!("{name:?} {}", dice.roll(99)));
            by_path(&["add", "-f", "--"], &[name]);
        }
        3 => by_path(&["rm", "-q", "-f", "--"], &[file]),
        4 => by_path(&["mv", "-f", "--"], &[file, OsStr::new("moved.md")]),
        5..9 => with(&["commit", "-q", "-m", "seen"]),
        9 => with(&["commit", "-q", "--no-verify", "-m", "unseen"]),
        10 => {
            with(&["checkout", "-q", "-B", "side", "HEAD~1"]);
            with(&["merge", "-q", "main"]);
            with(&["checkout", "-q", "-f", "-B", "main"]);
        }
        11 => with(&["reset", "-q", "--hard"]),
        12 => {
            let _ = fs::write(repo.path().join(REGISTRY), "unstaged\n");
        }
        _ => return edit_registry(repo, dice),
    }
    format!("{kind} {file:?}")
}

/// Edits the registry and stages it.
fn edit_registry(repo: &Repo, dice: &mut Dice) -> String {
    let Ok(text) = fs::read_to_string(repo.path().join(REGISTRY)) else { return String::new() };
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (n, how) = (dice.roll(40), dice.roll(10));
    if lines.len() > 3 {
        let at = 1 + n % (lines.len() - 2);
        let line = lines[at].clone();
        let other = lines[1].get(7..23).unwrap_or_default().to_owned();
        let path = |line: &str| line.split('"').nth(7).unwrap_or_default().to_owned();
        match how {
            0 => lines[at] = line.replace("\"active\"", "\"superseded\""),
            1 => lines[at] = line.replace("\":\"", "\": \""),
            2 => lines[at] = line.replace("\"}}", "\",\"note\":[1]}}"),
            3 => lines[at] = line.replace(&path(&line), &path(&lines[1])),
            4 => {
                let names = format!("\",\"aliases\":[\"{other}\"]}}}}");
                lines[at] = line.replacen("\"}}", &names, 1);
            }
            5 => lines[at] = line.replacen("\"}}", "\",\"claim\":\"0110000001260118\"}}", 1),
            6 => lines.swap(at, 1),
            7 => {
                let reason = "\",\"deprecated_reason\":\"obsolete\"}}";
                let line = line.replace("\"active\"", "\"deprecated\"");
                lines[at] = line.replacen("\"}}", reason, 1);
            }
            8 => lines[at] = line.replacen("\"}}", "\",\"zeta\":\"z\"}}", 1),
            _ => lines[at] = line.replacen("\"}}", "\",\"shadowed\":true}}", 1),
        }
    }
    repo.stage(REGISTRY, lines.join("\n") + "\n");
    format!("registry {how} {n}")
}

/// Damages what is kept in the git directory, or not at all; returns how.
fn damage_cache(repo: &Repo, other: &Repo, dice: &mut Dice) -> String {
    let cache = |repo: &Repo| -> PathBuf { repo.path().join(".git/idhooks/cache/paths") };
    let bytes = fs::read(cache(repo)).unwrap_or_default();
    let how = dice.roll(9);
    let _ = match how {
        0 => fs::remove_file(cache(repo)),
        1 => fs::write(cache(repo), &bytes[..dice.roll(bytes.len() + 1)]),
        2 => fs::copy(cache(other), cache(repo)).map(drop),
        3 => {
            let random: Vec<u8> = bytes.iter().map(|_| dice.roll(256) as u8).collect();
            fs::write(cache(repo), random)
        }
        4 if !bytes.is_empty() => {
            let mut bytes = bytes;
            let at = dice.roll(bytes.len());
            bytes[at] ^= 1 << dice.roll(8);
            fs::write(cache(repo), bytes)
        }
        _ => Ok(()),
    };
    format!("cache {how}")
}

/// Returns a question about something that is there, was, or never was.
fn question(repo: &Repo, dice: &mut Dice) -> Vec<OsString> {
    let text = fs::read_to_string(repo.path().join(REGISTRY)).unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("{\"id\"")).collect();
    let of_record = |n: usize, dice: &mut Dice| -> Option<OsString> {
        let parts = dice.choose(if lines.is_empty() { &[""] } else { &lines }).split('"');
        parts.skip(n).step_by(4).next().map(OsString::from)
    };
    let files = repo.git("ls-files -z").bytes();
    let files: Vec<&[u8]> = files.split(|b| *b == 0).filter(|path| !path.is_empty()).collect();
    let subject = match dice.roll(10) {
        // The first record is the one that others were made to name.
        8 | 9 => lines.first().and_then(|line| line.get(7..23)).unwrap_or_default().into(),
        0 | 1 => of_record(3, dice).unwrap_or_default(),
        2 => of_record(7, dice).unwrap_or_default(),
        3 => OsStr::from_bytes(NAMES[dice.roll(NAMES.len())]).to_owned(),
        4 => ["moved.md", "./README.md", "src", "../x", "docs/intr.md", "9910000001260118"]
            [dice.roll(6)]
        .into(),
        _ => {
            let file = files.get(dice.roll(files.len().max(1))).copied().unwrap_or(b"absent");
            OsStr::from_bytes(file).to_owned()
        }
    };
    let mut words: Vec<OsString> = vec!["show".into()];
    if dice.roll(3) == 0 {
        words.extend(["--format".into(), "json".into()]);
    }
    if dice.roll(8) == 0 {
        words.extend(["--rev".into(), "HEAD".into()]);
    }
    words.extend(["--".into(), subject]);
    words
}

/// Asks in both ways, the quick one three times, of which two are at once.
fn compare(repo: &Repo, words: &[OsString], place: &str) {
    let answer = |repo: &Repo| {
        let output = repo.idhooks(words.to_vec());
        (output.exit(), output.stdout(), output.stderr())
    };
    let expected = answer(&repo.with("IDHOOKS_SHORTCUTS", "0"));
    assert_eq!(answer(repo), expected, "{words:?}: {place}");
    let start = || {
        let command = repo.line("idhooks show");
        let mut again = Command::new(command.get_program());
        again.args(words).current_dir(repo.path()).env_clear();
        again.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        again.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        again.spawn().expect("the program can be started")
    };
    for child in [start(), start()] {
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let found = (output.status.code(), text(&output.stdout), text(&output.stderr));
        assert_eq!(found, expected, "{words:?}, two at once: {place}");
    }
}

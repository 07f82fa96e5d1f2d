//! What `idhooks init` makes of an index that it only looks through is, byte for byte, what it
//! makes of one that it takes up.
//!
//! Seeded random repositories, plain and odd, each in two copies, of which one is adopted the
//! complete way (`IDHOOKS_SHORTCUTS=0`). `IDHOOKS_STATES=5000 cargo test --test adoption` makes
//! more of them; `IDHOOKS_SEED=17` makes one of them again.

#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/common/mod.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/judge/mod.rs"]
mod judge;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use common::{Dice, Repo, each_seed, gits, number};

const STATES: u64 = 200;
const FILES: [&str; 5] =
    [".idhooks/registry.json", "idhooks.toml", ".gitattributes", ".git/idhooks/given", ".idhooks"];

/// How the index is kept.
const FORMS: [&[&str]; 7] = [
    &[],
    &[],
    &[],
    &["index.version 4"],
    &["core.splitIndex true"],
    &["core.untrackedCache true", "index.skipHash true"],
    &["index.threads 2"],
];

/// How many were adopted the quick way.
static QUICK: AtomicU64 = AtomicU64::new(0);

#[test]
fn an_index_that_is_looked_through_is_adopted_alike() {
    if let Some(seed) = number("IDHOOKS_SEED") {
        return adopt(seed);
    }
    let states = number("IDHOOKS_STATES").unwrap_or(STATES);
    each_seed(states, adopt);
    assert!(QUICK.load(Ordering::Relaxed) > states / 8, "none was adopted the quick way");
}

fn adopt(seed: u64) {
    let mut dice = Dice::new(seed);
    let format = *dice.choose(&["", "", "--object-format=sha256"]);
    let repo = Repo::empty_with(dice.choose(gits()), format);
    for setting in *dice.choose(&FORMS) {
        repo.run(format!("config {setting}").as_str());
    }
    for _ in 0..dice.roll(40) {
        grow(&repo, &mut dice);
    }
    if dice.roll(3) > 0 {
        repo.run("commit -q --allow-empty -m first");
    }
    let oddities: Vec<String> = (0..dice.roll(3)).map(|_| oddity(&repo, &mut dice)).collect();
    let options = *dice.choose(&["", "", "--strategy sequential", "--force", "--dry-run"]);
    let scope = *dice.choose(&["--scope 260118", "--scope 260118", ""]);
    let place = format!("IDHOOKS_SEED={seed}: {oddities:?}, {scope} {options}");
    let thorough = repo.copy_as("thorough").with("IDHOOKS_SHORTCUTS", "0");
    let both = [&repo, &thorough].map(|repo| {
        let date = "1700000000 +0000";
        repo.with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date)
    });
    let before = written(&repo);
    let said = both.each_ref().map(|repo| {
        let output = repo.idhooks(format!("init {scope} {options}").as_str());
        (output.exit(), output.stdout(), output.stderr().replace("thorough", "work"))
    });
    assert_eq!(said[0], said[1], "what was said: {place}");
    // The new index is a moment older, which git's own is not.
    if written(&repo) < before {
        QUICK.fetch_add(1, Ordering::Relaxed);
    }
    for file in FILES {
        let [one, other] = both.each_ref().map(|repo| fs::read(repo.path().join(file)).ok());
        assert!(one == other, "{file}: {place}");
        let there = both.each_ref().map(|repo| repo.path().join(file).exists());
        assert_eq!(there[0], there[1], "{file}: {place}");
    }
    let names = both.each_ref().map(|repo| names(&repo.path().join(".git")));
    assert_eq!(names[0], names[1], "git directory: {place}");
    for question in ["ls-files -s -v", "status --porcelain", "write-tree", "fsck --no-dangling"] {
        let answers = both.each_ref().map(|repo| {
            let output = repo.try_git(question);
            (output.exit(), output.bytes())
        });
        assert!(answers[0] == answers[1], "{question}: {place}");
    }
}

/// Stages one more file.
fn grow(repo: &Repo, dice: &mut Dice) {
    let dir = *dice.choose(&["", "src/", "docs/", "a b/", "src/deep/er/", ".idhooks2/", ".a/"]);
    let end = *dice.choose(&["py", "md", "PY", "q\"t", "tar.gz", ""]);
    let path = format!("{dir}{}{}.{end}", dice.choose(&["n", "näme ", "ba\\ck"]), dice.roll(30));
    let _ = fs::create_dir_all(repo.path().join(dir));
    let file = repo.path().join(&path);
    let _ = fs::remove_file(&file);
    if dice.roll(8) == 0 {
        std::os::unix::fs::symlink("x", &file).expect("a link");
    } else {
        repo.write(&path, common::text(&dice.roll(5).to_string()));
    }
    repo.run(["add", "--", path.as_str()]);
    if dice.roll(8) == 0 {
        let _ = repo.try_git(["update-index", "--chmod=+x", "--", path.as_str()]);
    }
}

/// Does something to the repository that adoption has to mind; returns what.
fn oddity(repo: &Repo, dice: &mut Dice) -> String {
    let with = |args: &[&str]| drop(repo.try_git(args.iter().map(Into::into).collect::<Vec<_>>()));
    let configs = [
        "[track]\nexclude = [\"src/**\", \"*.md\"]\n",
        "scope = \"260119\"\n",
        "[allocation]\nstrategy = \"sequential\"\n",
        "[track]\ninclude = [\"docs/**\"]\n",
        "nonsense\n",
    ];
    let attributes = ["*.md text\n", "# none", "\u{feff}x y\r\n"];
    let kind = dice.roll(20);
    match kind {
        0 => stage(repo, "idhooks.toml", dice.choose(&configs)),
        1 => write(repo, "idhooks.toml", dice.choose(&configs)),
        2 => stage(repo, ".gitattributes", dice.choose(&attributes)),
        3 => write(repo, ".gitattributes", dice.choose(&attributes)),
        4 => stage(repo, ".idhooks/other", "x"),
        5 => write(repo, ".idhooks/registry.json", dice.choose(&["{}", "nonsense"])),
        6 => {
            write(repo, "intended", "x");
            with(&["add", "-N", "intended"]);
        }
        7 => {
            use std::os::unix::ffi::OsStrExt;
            let name = std::ffi::OsStr::from_bytes(b"odd\xff.py");
            stage(repo, name, "x");
        }
        8 => write(
            repo,
            ".git/idhooks/given",
            "c122650e81a52c85 0110073814260118 2026-01-01T00:00:00Z\n",
        ),
        9 => {
            stage(repo, "side.py", "1");
            with(&["commit", "-q", "-m", "base"]);
            with(&["checkout", "-q", "-b", "side"]);
            stage(repo, "side.py", "2");
            with(&["commit", "-q", "-m", "2"]);
            with(&["checkout", "-q", "main"]);
            stage(repo, "side.py", "3");
            with(&["commit", "-q", "-m", "3"]);
            with(&["merge", "-q", "side"]);
        }
        10 => {
            let blob = repo.git("hash-object -w --stdin").stdout();
            let path = *dice.choose(&["idhooks.toml/x", ".gitattributes/x", ".idhooks"]);
            with(&[
                "update-index",
                "--add",
                "--cacheinfo",
                &format!("100644,{},{path}", blob.trim()),
            ]);
        }
        11 => {
            with(&["commit", "-q", "--allow-empty", "-m", "one"]);
            let head = repo.try_git("rev-parse HEAD").stdout();
            let head = head.trim();
            with(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},module")]);
        }
        12 => write(repo, ".git/index.lock", ""),
        13 => {
            let hook = ".git/hooks/post-index-change";
            write(repo, hook, "#!/bin/sh\n");
            repo.sh(&format!("chmod +x {hook}")).done();
        }
        14 => {
            with(&[
                "update-index",
                "--skip-worktree",
                "--assume-unchanged",
                "--",
                ".gitattributes",
            ]);
        }
        15 => drop(fs::remove_file(repo.path().join(".git/index"))),
        16 => with(&["read-tree", "HEAD"]),
        17 => write(repo, ".idhooks", "x"),
        18 => {
            with(&["checkout", "-q", "-b", "adopted"]);
            stage(repo, ".idhooks/registry.json", "x");
            with(&["commit", "-q", "-m", "x"]);
            with(&["checkout", "-q", "main"]);
        }
        _ => {
            let listed = repo.ask("ls-files");
            let first = listed.lines().next().unwrap_or("absent");
            with(&["update-index", "--skip-worktree", "--", first]);
        }
    }
    kind.to_string()
}

fn written(repo: &Repo) -> Option<SystemTime> {
    fs::metadata(repo.path().join(".git/index")).and_then(|meta| meta.modified()).ok()
}

/// Returns the names in a directory, but for those of the parts of a split index.
fn names(dir: &std::path::Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).expect("readable").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with("sharedindex.")).collect()
}

/// Writes a file, where nothing is in its way.
fn write(repo: &Repo, path: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) {
    let file = repo.path().join(path.as_ref());
    let _ = file.parent().map(fs::create_dir_all);
    let _ = fs::write(file, bytes);
}

/// Does so, and stages it.
fn stage(repo: &Repo, path: impl AsRef<OsStr>, bytes: impl AsRef<[u8]>) {
    write(repo, &path, bytes);
    let words = ["add", "-f", "--"].map(Into::into);
    let _ = repo.try_git(words.into_iter().chain([path.as_ref().to_owned()]).collect::<Vec<_>>());
}

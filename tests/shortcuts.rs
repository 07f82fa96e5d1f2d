//! What a hook makes of what a commit changes alone is, byte for byte, what it makes of everything.
//!
//! Seeded random commits in two copies of one repository, of which one reads everything
//! (`IDHOOKS_SHORTCUTS=0`): both must make the same commits, leave the same index and say the
//! same. `IDHOOKS_COMMITS=5000 cargo test --test shortcuts` makes more of them; `IDHOOKS_SEED=17`
//! goes through one history again.

#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/common/mod.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "suite/judge/mod.rs"]
mod judge;

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use common::{Dice, Repo, each_seed, gits, number};

const REGISTRY: &str = ".idhooks/registry.json";
const COMMITS: u64 = 400;
/// Commits of one history.
const LENGTH: u64 = 25;

/// What files carry that is not theirs stops no commit here, and is told alike.
const RULES: &str = "[hooks]\nenforce = \"warn\"\n[[file_names]]\npath = \"src/\"\n";
/// What a head or a name may begin with: identities of nobody, and digits that are none.
const CARRIED: [&str; 3] = ["2099900001260118", "2026012201111004", "20260122"];

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

#[test]
fn shortcuts_lead_to_the_same_commits() {
    if let Some(seed) = number("IDHOOKS_SEED") {
        return live(seed);
    }
    let histories = number("IDHOOKS_COMMITS").unwrap_or(COMMITS).div_ceil(LENGTH);
    each_seed(histories, live);
}

/// Lives through one history in both copies.
fn live(seed: u64) {
    let mut dice = Dice::new(seed);
    let git = dice.choose(gits());
    let strategy = *dice.choose(&["", "", "--strategy sequential"]);
    let repo = Repo::empty(git);
    for setting in *dice.choose(&FORMS) {
        repo.run(format!("config {setting}").as_str());
    }
    let quick = repo.adopt(strategy);
    quick.configure(RULES);
    let thorough = quick.copy_as("thorough").with("IDHOOKS_SHORTCUTS", "0");
    let both = [&quick, &thorough];
    let mut names = 0;
    for step in 0..LENGTH {
        let changes: Vec<Change> =
            (0..1 + dice.roll(4)).map(|_| Change::random(&mut dice, &quick, &mut names)).collect();
        let how = How::random(&mut dice);
        let date = format!("{} +0000", 1_700_000_000 + step * 60);
        let said = both.map(|repo| {
            let repo = repo.with("GIT_AUTHOR_DATE", &date).with("GIT_COMMITTER_DATE", &date);
            changes.iter().for_each(|change| change.make(&repo));
            how.commit(&repo)
        });
        let place = format!("IDHOOKS_SEED={seed}, step {step}: {changes:?}, {how:?}");
        assert_eq!(said[0], said[1], "what was said: {place}");
        let registries = both.map(|repo| String::from_utf8(repo.registry("HEAD")));
        assert_eq!(registries[0], registries[1], "registry: {place}");
        for question in ["rev-parse HEAD", "ls-files -s -v", "status --porcelain"] {
            let answers = both.map(|repo| repo.ask(question));
            assert_eq!(answers[0], answers[1], "{question}: {place}");
        }
        let [one, other] = both.map(|repo| repo.read(REGISTRY));
        assert!(one == other, "working file: {place}");
    }
    quick.run("fsck --strict --no-dangling");
}

/// Something that is done in a working tree.
#[derive(Debug)]
enum Change {
    Write(PathBuf, Vec<u8>),
    Append(PathBuf),
    Copy(PathBuf, PathBuf),
    Move(PathBuf, PathBuf),
    Remove(PathBuf),
    Link(PathBuf),
    Execute(PathBuf),
    Configure(&'static str),
    Restyle,
    /// Has idhooks do something to a file.
    Call(&'static str, PathBuf),
}

impl Change {
    fn random(dice: &mut Dice, repo: &Repo, names: &mut u64) -> Change {
        let listed = repo.git("ls-files -z").bytes();
        let all = listed.split(|b| *b == 0).filter(|path| !path.is_empty());
        let own = |path: &[u8]| path.starts_with(b".") || path == b"idhooks.toml";
        let mut files: Vec<PathBuf> = all
            .filter(|path| !own(path))
            .map(|path| PathBuf::from(std::ffi::OsStr::from_bytes(path)))
            .collect();
        if files.is_empty() {
            files.push("absent".into());
        }
        let file = |dice: &mut Dice| dice.choose(&files).clone();
        *names += 1;
        let fresh = *names;
        let new = |dice: &mut Dice| {
            let dir = *dice.choose(&["", "src/", "docs/", "a b/", "src/deep/er/"]);
            let end = *dice.choose(&["py", "md", "txt", "MD", "q\"t"]);
            let name = *dice.choose(&["n", "näme ", "ba\\ck", "same"]);
            let number = if name == "same" { 0 } else { fresh };
            let carried = match dice.roll(12) {
                0 => format!("{}_", dice.choose(&CARRIED)),
                _ => String::new(),
            };
            PathBuf::from(format!("{dir}{carried}{name}{number}.{end}"))
        };
        match dice.roll(27) {
            0..5 => {
                let seed = if dice.roll(4) == 0 { 0 } else { fresh };
                Change::Write(new(dice), common::text(&seed.to_string()).into())
            }
            5 => Change::Write(new(dice), dice.choose(&[&b""[..], b"x\n", b"\xff\x00"]).to_vec()),
            6 => {
                Change::Write(PathBuf::from(std::ffi::OsStr::from_bytes(b"b\xffd")), b"by".to_vec())
            }
            7..10 => Change::Append(file(dice)),
            10..12 => Change::Copy(file(dice), new(dice)),
            12..16 => Change::Move(file(dice), new(dice)),
            16 => Change::Move(file(dice), file(dice)),
            17 => match file(dice).parent() {
                Some(dir) if dir.as_os_str().len() > 1 => {
                    Change::Move(dir.into(), format!("moved{fresh}").into())
                }
                _ => Change::Append(file(dice)),
            },
            18..21 => Change::Remove(file(dice)),
            21 => Change::Link(file(dice)),
            22 => Change::Execute(file(dice)),
            23 => {
                let head = format!("# doc_id: {}\n", dice.choose(&CARRIED));
                Change::Write(new(dice), (head + &common::text(&fresh.to_string())).into())
            }
            24 => Change::Call("inject --replace", file(dice)),
            25 => Change::Call("rename --to-id-prefix", file(dice)),
            _ => match dice.roll(6) {
                0 => Change::Configure("[track]\nexclude = [\"docs/**\"]\n"),
                1 => Change::Configure("[rename]\nsimilarity = 80\n"),
                2 => Change::Restyle,
                _ => Change::Append(file(dice)),
            },
        }
    }

    /// Does it, as far as it can be done.
    fn make(&self, repo: &Repo) {
        use std::fs;
        let at = |path: &PathBuf| repo.path().join(path);
        let room = |path: &PathBuf| drop(path.parent().map(fs::create_dir_all));
        let _ = match self {
            Change::Write(path, bytes) => {
                room(&at(path));
                fs::write(at(path), bytes)
            }
            Change::Append(path) => fs::read(at(path))
                .and_then(|bytes| fs::write(at(path), [&bytes, &b"one more line\n"[..]].concat())),
            Change::Copy(from, to) => {
                room(&at(to));
                fs::copy(at(from), at(to)).map(drop)
            }
            Change::Move(from, to) => {
                room(&at(to));
                fs::rename(at(from), at(to))
            }
            Change::Remove(path) => fs::remove_file(at(path)),
            Change::Link(path) => fs::remove_file(at(path))
                .and_then(|()| std::os::unix::fs::symlink("README.md", at(path))),
            Change::Execute(path) => {
                use std::os::unix::fs::PermissionsExt;
                fs::set_permissions(at(path), fs::Permissions::from_mode(0o755))
            }
            Change::Configure(text) => fs::write(
                at(&"idhooks.toml".into()),
                format!("scope = \"{}\"\n{RULES}{text}", common::SCOPE),
            ),
            Change::Call(command, path) => {
                let words = command.split(' ').map(Into::into);
                // It may refuse.
                let _ = repo.idhooks(words.chain([path.into()]).collect::<Vec<_>>());
                Ok(())
            }
            // A registry in another form than the canonical one.
            Change::Restyle => fs::read_to_string(at(&REGISTRY.into()))
                .and_then(|text| fs::write(at(&REGISTRY.into()), text.replace("\",\"", "\", \""))),
        };
    }
}

/// How a commit is made.
#[derive(Debug)]
enum How {
    Staged,
    All,
    Amended,
    Partial,
    Reverted,
    Unseen,
}

impl How {
    fn random(dice: &mut Dice) -> How {
        match dice.roll(16) {
            0..9 => How::Staged,
            9..11 => How::All,
            11..13 => How::Amended,
            13 => How::Partial,
            14 => How::Reverted,
            _ => How::Unseen,
        }
    }

    /// Makes it, and returns what was said.
    fn commit(&self, repo: &Repo) -> String {
        let said = |args: &str| {
            let answer = repo.try_git(args);
            format!("{args}: {}", answer.stderr())
        };
        let stage = || said("add -A");
        let made = match self {
            How::Staged => stage() + &said("commit -q -m work"),
            How::All => said("add src") + &said("commit -q -a -m work") + &stage(),
            How::Amended => stage() + &said("commit -q --amend --no-edit"),
            How::Partial => stage() + &said("commit -q -m part -- src"),
            How::Reverted => {
                stage() + &said("commit -q -m work") + &said("revert --no-edit HEAD~1")
            }
            How::Unseen => stage() + &said("commit -q --no-verify -m unseen"),
        };
        // A revert that stopped is given up.
        let _ = repo.try_git("revert --abort");
        made
    }
}

//! An index in which one entry was patched, compared with the one that `git update-index` makes
//! of the same index.

#![cfg(unix)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use idhooks_core::registry::{BlobId, REGISTRY_PATH, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::store::FileStamp;

use crate::common::sealed;

/// A repository with random files in its index.
struct Place {
    dir: tempfile::TempDir,
    state: u64,
}

impl Place {
    fn new(seed: u64, options: &[&str]) -> Place {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut place = Place { dir, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 };
        place.git(&[&["init", "-q"], options].concat(), "");
        place.git(&["config", "user.name", "Ann"], "");
        place.git(&["config", "user.email", "ann@example.org"], "");
        let blobs = ["one\n", "two\n"].map(|text| place.store(text));
        let registry = place.store("{}\n");
        let mut lines = format!("100644 {registry}\t{REGISTRY_PATH}\n");
        for number in 0..place.roll(60) {
            let path: String = (0..=place.roll(4))
                .map(|_| ["a", ".idhooks", "b", ".z", "long-name"][place.roll(5)])
                .collect::<Vec<_>>()
                .join("/");
            let mode = ["100644", "100755", "120000"][place.roll(3)];
            lines.push_str(&format!("{mode} {}\t{path}/{number}\n", blobs[place.roll(2)]));
        }
        place.git(&["update-index", "--index-info"], &lines);
        place.git(&["commit", "-q", "-m", "files"], "");
        place.git(&["reset", "-q", "--hard"], "");
        place
    }

    fn roll(&mut self, sides: u64) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from((self.state >> 11) % sides).expect("a small number")
    }

    fn git(&self, args: &[&str], input: &str) -> String {
        let mut command = sealed("git", self.dir.path(), self.dir.path());
        command.args(args).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("git can be started");
        let mut pipe = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut pipe, input.as_bytes()).expect("git reads");
        drop(pipe);
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {args:?}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn store(&self, text: &str) -> String {
        self.git(&["hash-object", "-w", "--stdin"], text)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Brings the index into a form, and says its name.
    fn form(&mut self) -> &'static str {
        let somewhere = self.git(&["ls-files"], "");
        let paths: Vec<&str> = somewhere.lines().filter(|path| *path != REGISTRY_PATH).collect();
        let any = paths.get(self.roll(paths.len().max(1) as u64)).copied();
        let (name, args): (_, &[&str]) = match (self.roll(10), any) {
            (1, Some(path)) => ("version 3", &["update-index", "--skip-worktree", path]),
            (2, _) => ("version 4", &["update-index", "--index-version", "4"]),
            (3, _) => ("split", &["update-index", "--split-index"]),
            (4, _) => ("untracked", &["update-index", "--force-untracked-cache"]),
            (5, Some(path)) => ("assumed", &["update-index", "--assume-unchanged", path]),
            (6, Some(path)) => ("removed", &["update-index", "--force-remove", path]),
            (7, _) => ("no trees", &["read-tree", "--empty"]),
            (8, _) => ("marked", &["config", "index.threads", "2"]),
            (9, _) => ("no checksum", &["config", "index.skipHash", "true"]),
            _ => ("plain", &["update-index", "--refresh"]),
        };
        self.git(args, "");
        if name == "no trees" {
            let id = self.store("{}\n");
            let lines = format!("100644 {id}\t{REGISTRY_PATH}\n100644 {id}\tother\n");
            self.git(&["update-index", "--index-info"], &lines);
        } else {
            // Makes git write the index again, in the form that was asked for.
            self.git(&["update-index", "--force-write-index"], "");
        }
        name
    }

    /// Returns what can be seen of the index but times and sizes, and the tree it stands for.
    fn seen(&self) -> (Vec<String>, u8, bool) {
        let bytes = fs::read(self.file(".git/index")).expect("an index");
        let list = self.git(&["ls-files", "-s", "-t", "-v", "--debug"], "");
        let shown = list.lines().map(|line| match line.split_once("flags: ") {
            Some((_, flags)) => flags.to_owned(),
            None => line.to_owned(),
        });
        let is_stat = |line: &String| line.starts_with("  ");
        let mut lines: Vec<String> = shown.filter(|line| !is_stat(line)).collect();
        for name in ["TREE", "REUC", "UNTR", "FSMN", "IEOT", "EOIE", "link", "sdir"] {
            if bytes.windows(4).any(|window| window == name.as_bytes()) {
                lines.push(name.to_owned());
            }
        }
        lines.push(self.git(&["write-tree"], ""));
        (lines, bytes[7], bytes.ends_with(&[0; 20]))
    }

    fn stage_written(&self, blob: &str, working: Option<&Path>) {
        let repo = Repo::open(self.dir.path()).expect("a repository");
        let blob: BlobId = blob.parse().expect("an id");
        let file = repo.index_file();
        let glance = repo.peek(&file).expect("readable");
        repo.stage_written(&file, &[(REGISTRY_PATH, blob, working.is_some())], glance.as_ref())
            .expect("possible");
    }

    /// Returns what a quick look tells of the index, which must be what the whole of it tells.
    fn look(&self) -> Option<String> {
        let repo = Repo::open(self.dir.path()).expect("a repository");
        let file = repo.index_file();
        let glance = repo.peek(&file).expect("readable")?;
        let index = repo.index(&file).expect("readable");
        let stamp = FileStamp::at(file.path());
        assert_eq!([Some(glance.registry.stamp()), index.stamp], [stamp; 2]);
        assert_eq!(index.root, Some(glance.root));
        assert_eq!(index.tree.get(&RepoPath::registry()), Some(&glance.registry.entry));
        Some(glance.root.to_string())
    }
}

fn set_time(file: &Path, time: SystemTime) {
    let file = File::options().write(true).open(file).expect("writable");
    file.set_modified(time).expect("own file");
}

#[test]
fn a_patch_leaves_what_git_leaves() {
    for seed in 0..40 {
        let options: &[&str] = if seed % 5 == 4 { &["--object-format=sha256"] } else { &[] };
        let mut place = Place::new(seed, options);
        let form = place.form();
        let new = place.store("{\"new\":1}\n");
        let before = fs::read(place.file(".git/index")).expect("an index");
        place.stage_written(&new, None);
        let patched = place.seen();
        place.git(&["fsck", "--no-dangling", "--no-progress"], "");
        fs::write(place.file(".git/index"), before).expect("writable");
        let line = format!("100644,{new},{REGISTRY_PATH}");
        place.git(&["update-index", "--cacheinfo", &line], "");
        assert_eq!(patched, place.seen(), "seed {seed}, {form}");
    }
}

#[test]
fn a_look_tells_what_git_tells() {
    let mut found = 0;
    for seed in 100..120 {
        let mut place = Place::new(seed, &[]);
        let form = place.form();
        let told = [place.look(), Some(place.git(&["write-tree"], "")), place.look()];
        // Without a whole tree it says nothing; now git has made that.
        let is_plain = !["version 4", "split"].contains(&form);
        assert_eq!(told[2].is_some(), is_plain, "seed {seed}, {form}");
        for answer in [&told[0], &told[2]].into_iter().filter(|answer| answer.is_some()) {
            assert_eq!(*answer, told[1], "seed {seed}, {form}");
            found += 1;
        }
    }
    assert!(found > 20, "only {found} answers");
}

#[test]
fn a_patch_notes_the_working_file() {
    let place = Place::new(7, &[]);
    let file = place.file(REGISTRY_PATH);
    fs::write(&file, "{\"new\":1}\n").expect("writable");
    let new = place.store("{\"new\":1}\n");
    place.stage_written(&new, Some(&file));
    let debug = || place.git(&["ls-files", "-s", "--debug", REGISTRY_PATH], "");
    let patched = debug();
    assert_eq!(place.git(&["diff-files"], ""), "");
    place.git(&["update-index", "--cacheinfo", &format!("100644,{new},{REGISTRY_PATH}")], "");
    assert_ne!(patched, debug());
    place.git(&["add", "--refresh", REGISTRY_PATH], "");
    assert_eq!(patched, debug());
}

/// A file that was changed in the second in which the index was written can only be told by its
/// content, and only as long as the index is not newer.
#[test]
fn a_patch_hides_no_change() {
    let place = Place::new(11, &[]);
    place.git(&["config", "core.trustctime", "false"], "");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let file = place.file("file");
    fs::write(&file, "one\n").expect("writable");
    set_time(&file, then);
    place.git(&["add", "file"], "");
    fs::write(&file, "two\n").expect("writable");
    set_time(&file, then);
    set_time(&place.file(".git/index"), then);
    // Nothing may write the index again before the patch.
    let before = fs::read(place.file(".git/index")).expect("an index");
    let status = || place.git(&["--no-optional-locks", "status", "--porcelain", "file"], "");
    assert_eq!(status(), "AM file");
    assert_eq!(fs::read(place.file(".git/index")).expect("an index"), before);
    place.stage_written(&place.store("{\"new\":1}\n"), None);
    assert_eq!(status(), "AM file");
}

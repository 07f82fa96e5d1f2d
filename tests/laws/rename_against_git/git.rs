//! Real git, sealed off from this machine's configuration.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use idhooks_core::registry::{BlobId, Entry, Mode, Tree};
use idhooks_core::rename::Blobs;
use tempfile::TempDir;

use crate::common::sealed;

use crate::laws::rename_against_git::diffs::{Diff, diffs};
use crate::laws::rename_against_git::scenario::{Files, Kind};

/// A repository that holds pairs of trees.
pub(crate) struct Repo {
    dir: TempDir,
    /// The content of every blob.
    pub(crate) blobs: Memory,
}

/// Blobs in memory.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<BlobId, Vec<u8>>);

impl Blobs for Memory {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.0.get(&blob).map(|data| data.len() as u64)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.0.get(&blob).cloned()
    }
}

/// Runs git in `dir` and returns what it says; fails the test if git does.
pub(crate) fn git(dir: &Path, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = sealed("git", dir, dir)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git is installed");
    let mut pipe = child.stdin.take().expect("piped");
    // A thread feeds git, so that neither side waits for the other with full pipes.
    let output = std::thread::scope(|scope| {
        scope.spawn(move || pipe.write_all(input).expect("git reads"));
        child.wait_with_output().expect("git ends")
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {stderr}");
    output.stdout
}

/// Returns whether git counts a last line without LF (since 2.44).
pub(crate) fn counts_last_line() -> bool {
    let said = git(Path::new("."), &["version"], b"");
    let said = String::from_utf8(said).expect("ASCII");
    let version = said.split_whitespace().nth(2).expect("a version");
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next(), parts.next()) >= (Some(2), Some(44))
}

impl Repo {
    /// Makes a repository with a commit `refs/heads/<n>` for each of `trees`, and returns the
    /// trees as idhooks sees them.
    pub(crate) fn new(trees: &[&Files]) -> (Self, Vec<Tree>) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        git(dir.path(), &["init", "-q"], b"");
        let mut stream = Stream::default();
        for (number, files) in trees.iter().enumerate() {
            stream.commit(number, files);
        }
        git(dir.path(), &["fast-import", "--quiet", "--export-marks=marks"], &stream.text);
        let marks = std::fs::read_to_string(dir.path().join("marks")).expect("written");
        let ids: BTreeMap<usize, BlobId> = marks
            .lines()
            .map(|line| {
                let (mark, id) = line[1..].split_once(' ').expect("a mark and an id");
                (mark.parse().expect("a number"), id.parse().expect("an id"))
            })
            .collect();
        let blob = |content: &Vec<u8>| ids[&stream.marks[content]];
        let trees = trees
            .iter()
            .map(|files| {
                let entries = files.iter().map(|(path, (kind, content))| {
                    let path = idhooks_core::registry::RepoPath::new(path.as_bytes().to_vec());
                    (path.expect("valid"), Entry { mode: mode(*kind), blob: blob(content) })
                });
                entries.collect()
            })
            .collect();
        let blobs = Memory(stream.marks.keys().map(|data| (blob(data), data.clone())).collect());
        (Repo { dir, blobs }, trees)
    }

    /// Returns git's renames and copies from one commit to another, as `R087 from to` lines.
    pub(crate) fn diff(&self, options: &[&str], old: usize, new: usize) -> Vec<String> {
        let (old, new) = (format!("refs/heads/{old}"), format!("refs/heads/{new}"));
        let mut args = vec!["diff", "--raw", "-z", "--abbrev=40"];
        args.extend(options);
        args.extend([old.as_str(), new.as_str(), "--"]);
        pairs(&git(self.dir.path(), &args, b""))
    }

    /// Returns what git says of the first `count` pairs of trees, 0 and 1, 2 and 3, and so on.
    pub(crate) fn diffs(&self, count: usize) -> Vec<Diff> {
        let tree = |number: usize| format!("refs/heads/{number}^{{tree}}\n");
        let names: String = (0..2 * count).map(tree).collect();
        let ids =
            git(self.dir.path(), &["cat-file", "--batch-check=%(objectname)"], names.as_bytes());
        let ids = String::from_utf8(ids).expect("ids are ASCII");
        let ids: Vec<&str> = ids.lines().collect();
        let pairs = ids.chunks(2).enumerate();
        let pairs: Vec<_> = pairs
            .map(|(n, pair)| [format!("scenario {n}"), pair[0].to_owned(), pair[1].to_owned()])
            .collect();
        diffs(self.dir.path(), &pairs)
    }

    /// Returns the same with `new` in the index, as a hook sees it.
    pub(crate) fn diff_cached(&self, options: &[&str], old: usize, new: usize) -> Vec<String> {
        git(self.dir.path(), &["read-tree", &format!("refs/heads/{new}")], b"");
        let old = format!("refs/heads/{old}");
        let mut args = vec!["diff", "--cached", "--raw", "-z", "--abbrev=40"];
        args.extend(options);
        args.extend([old.as_str(), "--"]);
        pairs(&git(self.dir.path(), &args, b""))
    }
}

/// Input of `git fast-import`.
#[derive(Default)]
struct Stream {
    text: Vec<u8>,
    marks: BTreeMap<Vec<u8>, usize>,
}

impl Stream {
    fn commit(&mut self, number: usize, files: &Files) {
        for (_, content) in files.values() {
            let next = self.marks.len() + 1;
            if !self.marks.contains_key(content) {
                self.marks.insert(content.clone(), next);
                self.text.extend(format!("blob\nmark :{next}\ndata {}\n", content.len()).bytes());
                self.text.extend(content);
                self.text.push(b'\n');
            }
        }
        let head = format!("commit refs/heads/{number}\ncommitter a <a@example.org> 1 +0000\n");
        self.text.extend(head.bytes());
        self.text.extend(b"data 0\ndeleteall\n");
        for (path, (kind, content)) in files {
            let (octal, mark) = (octal(*kind), self.marks[content]);
            self.text.extend(format!("M {octal} :{mark} {path}\n").bytes());
        }
    }
}

fn octal(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "100644",
        Kind::Program => "100755",
        Kind::Link => "120000",
    }
}

fn mode(kind: Kind) -> Mode {
    match kind {
        Kind::File => Mode::Regular,
        Kind::Program => Mode::Executable,
        Kind::Link => Mode::Symlink,
    }
}

/// Reads `--raw -z`: a header, then one path, or two for renames and copies. Links are left
/// out: they never get an identity.
fn pairs(raw: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(raw).expect("the tests use ASCII paths");
    let mut fields = text.split('\0');
    let mut pairs = Vec::new();
    while let Some(header) = fields.next().filter(|field| !field.is_empty()) {
        let status = header.rsplit(' ').next().expect("a status");
        let path = fields.next().expect("a path");
        if status.starts_with(['R', 'C']) {
            let to = fields.next().expect("a second path");
            if header.starts_with(":100") {
                pairs.push(format!("{status} {path} {to}"));
            }
        }
    }
    pairs.sort();
    pairs
}

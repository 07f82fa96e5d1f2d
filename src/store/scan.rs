//! What is in a directory: every file, looked at and read, in parallel.

use std::fs::{File, FileType, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ignore::{DirEntry, WalkBuilder, WalkState};
use sha2::{Digest, Sha256};

use crate::registry::{RepoPath, Timestamp, hex};

use super::permissions::permissions;

/// How much of a file is read at once.
const CHUNK: usize = 64 << 10;
/// The directory that git keeps, and the file that leads there.
const GIT: &str = ".git";

/// The kind of what is at a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory: one that cannot be read, or another repository.
    Directory,
    /// A symbolic link; it is not followed.
    Link,
    /// A pipe, a socket, a device: it is not read. Or nobody could look.
    #[default]
    Other,
}

/// Why a path could not be looked at or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanFault {
    /// One word.
    pub kind: &'static str,
    /// What the operating system says.
    pub message: String,
}

/// What was found at a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScannedFile {
    /// What it is.
    pub kind: EntryKind,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// When it was written last.
    pub modified: Option<Timestamp>,
    /// When it was made, where the file system knows.
    pub created: Option<Timestamp>,
    /// Who may do what with it, as `ls` shows it.
    pub permissions: Option<String>,
    /// SHA-256 of its content, of a link that of its target, in hexadecimal.
    pub hash: Option<String>,
    /// Why something of that is missing.
    pub fault: Option<ScanFault>,
}

/// All files below a directory.
#[derive(Debug, Clone)]
pub struct TreeScan {
    /// When it was made.
    pub at: Timestamp,
    /// What was found at which path, relative to the directory, in byte order of the paths.
    pub sightings: Vec<(RepoPath, ScannedFile)>,
}

/// Looks through a directory, but not at what git ignores, keeps for itself, or finds in another
/// repository; at the `listed` paths in any case.
///
/// What cannot be read is found too, with a fault.
pub fn survey(top: &Path, listed: impl IntoIterator<Item = RepoPath>) -> TreeScan {
    let at = SystemTime::now();
    let found = Mutex::new(Vec::new());
    let note = |path: PathBuf, sighting: ScannedFile| {
        let relative = path.strip_prefix(top).unwrap_or(&path);
        if let Ok(path) = RepoPath::of_os_path(relative) {
            found.lock().unwrap_or_else(PoisonError::into_inner).push((path, sighting));
        }
    };
    let walk =
        WalkBuilder::new(top).hidden(false).ignore(false).require_git(false).build_parallel();
    walk.run(|| {
        Box::new(|entry| match entry {
            Ok(entry) => look(&entry, &note),
            Err(error) => {
                let path = place(&error).map(Path::to_owned);
                let cause = error.io_error();
                if let (Some(path), Some(cause)) = (path, cause) {
                    note(path, ScannedFile::failed(EntryKind::Directory, cause));
                }
                WalkState::Continue
            }
        })
    });
    let mut sightings = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    sightings.sort_by(|(a, _), (b, _)| a.cmp(b));
    let known = |path: &RepoPath| sightings.binary_search_by(|(own, _)| own.cmp(path)).is_ok();
    let rest: Vec<RepoPath> = listed.into_iter().filter(|path| !known(path)).collect();
    for path in rest {
        if let Some(sighting) = ScannedFile::of_listed(top, &path) {
            sightings.push((path, sighting));
        }
    }
    sightings.sort_by(|(a, _), (b, _)| a.cmp(b));
    sightings.dedup_by(|(a, _), (b, _)| a == b);
    TreeScan { at: instant(at).unwrap_or(Timestamp::EPOCH), sightings }
}

/// Looks at what the walk came to, and says whether it goes on below.
fn look(entry: &DirEntry, note: &impl Fn(PathBuf, ScannedFile)) -> WalkState {
    let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_below = entry.depth() > 0;
    if is_below && entry.file_name() == GIT {
        return WalkState::Skip;
    }
    let is_repository = || entry.path().join(GIT).symlink_metadata().is_ok();
    if is_dir && !(is_below && is_repository()) {
        return WalkState::Continue;
    }
    note(entry.path().to_owned(), ScannedFile::of(entry.path()));
    WalkState::Skip
}

/// Returns where an error of the walk arose.
fn place(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            place(err)
        }
        _ => None,
    }
}

impl ScannedFile {
    fn of(path: &Path) -> Self {
        let meta = match path.symlink_metadata() {
            Ok(meta) => meta,
            Err(error) => return Self::failed(EntryKind::Other, &error),
        };
        let mut sighting = Self::outside(&meta);
        let hash = match sighting.kind {
            EntryKind::File => hash_of(path).map(Some),
            EntryKind::Link => {
                path.read_link().map(|to| Some(hash(to.as_os_str().as_encoded_bytes())))
            }
            EntryKind::Directory | EntryKind::Other => Ok(None),
        };
        match hash {
            Ok(hash) => sighting.hash = hash,
            Err(error) => sighting.fault = Some(ScanFault::of(&error)),
        }
        sighting
    }

    /// Looks at a path that the walk did not come to; nothing where no file or link is there.
    fn of_listed(top: &Path, path: &RepoPath) -> Option<Self> {
        let mut dir = path.parent();
        while let Some(above) = dir {
            let meta = top.join(above.to_os_path()).symlink_metadata().ok()?;
            if !meta.is_dir() {
                return None;
            }
            dir = above.parent();
        }
        let full = top.join(path.to_os_path());
        let is_dir = full.symlink_metadata().ok()?.is_dir();
        (!is_dir).then(|| Self::of(&full))
    }

    /// Returns what can be said without opening the file.
    fn outside(meta: &Metadata) -> Self {
        let time = |time: io::Result<SystemTime>| time.ok().and_then(instant);
        ScannedFile {
            kind: kind(meta.file_type()),
            size: Some(meta.len()),
            modified: time(meta.modified()),
            created: time(meta.created()),
            permissions: Some(permissions(meta)),
            hash: None,
            fault: None,
        }
    }

    fn failed(kind: EntryKind, error: &io::Error) -> Self {
        ScannedFile { kind, fault: Some(ScanFault::of(error)), ..ScannedFile::default() }
    }
}

impl ScanFault {
    fn of(error: &io::Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::PermissionDenied => "permission_denied",
            ErrorKind::NotFound => "not_found",
            _ => "unreadable",
        };
        ScanFault { kind, message: error.to_string() }
    }
}

fn kind(of: FileType) -> EntryKind {
    match (of.is_file(), of.is_dir(), of.is_symlink()) {
        (true, ..) => EntryKind::File,
        (_, true, _) => EntryKind::Directory,
        (.., true) => EntryKind::Link,
        _ => EntryKind::Other,
    }
}

fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hex::encode(&hasher.finalize())),
            Ok(read) => hasher.update(&chunk[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}

/// Returns an instant in whole seconds; nothing for one that cannot be written.
fn instant(time: SystemTime) -> Option<Timestamp> {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok()?,
        Err(before) => {
            let before = before.duration();
            let whole = i64::try_from(before.as_secs()).ok()?;
            -whole - i64::from(before.subsec_nanos() > 0)
        }
    };
    Timestamp::from_unix(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_git_would_and_what_is_listed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            std::fs::write(path, text).expect("writable");
        };
        write(".gitignore", "*.log\n");
        write("b/x.txt", "abc");
        write("b.txt", "");
        write("b/x.log", "ignored");
        write("kept.log", "listed");
        write("other/.git/HEAD", "a repository");
        write("other/inside", "not ours");
        write(".git/config", "");
        let listed = ["kept.log", "b.txt", "gone", "b", "b.txt/no"];
        let listed = listed.map(|path| RepoPath::new(path.as_bytes()).expect("valid"));
        let survey = survey(dir.path(), listed);
        let names: Vec<String> = survey.sightings.iter().map(|(p, _)| p.to_string()).collect();
        assert_eq!(names, [".gitignore", "b.txt", "b/x.txt", "kept.log", "other"]);
        let x = &survey.sightings[2].1;
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((x.kind, x.size, x.hash.as_deref()), (EntryKind::File, Some(3), Some(abc)));
        assert_eq!(survey.sightings[4].1.kind, EntryKind::Directory);
    }

    #[test]
    fn what_is_not_there_has_a_fault() {
        let sighting = ScannedFile::of(Path::new("/none/such"));
        assert_eq!(sighting.fault.map(|fault| fault.kind), Some("not_found"));
        assert_eq!(
            instant(UNIX_EPOCH).map(|at| at.to_string()).as_deref(),
            Some("1970-01-01T00:00:00Z")
        );
    }
}

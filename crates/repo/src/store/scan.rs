//! Scans a directory, reading and hashing every file in parallel.

use std::fs::{FileType, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{collections::BTreeMap, time::SystemTime};

use idhooks_core::registry::{RepoPath, Timestamp};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::content_hash::{hash_of, hash_of_file};

/// The name of a git directory, or of the file that points to one.
const GIT: &str = ".git";

/// The kind of a directory entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory that cannot be read, or another repository.
    Directory,
    /// A symlink. It is not followed.
    Link,
    /// A pipe, socket or device, which is not read, or an entry of unknown type.
    #[default]
    Other,
}

/// The reason a path could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanFault {
    /// A single word.
    pub kind: &'static str,
    /// The operating system's message.
    pub message: String,
}

/// A scanned path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScannedFile {
    /// Its kind.
    pub kind: EntryKind,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// When it was last modified.
    pub modified: Option<Timestamp>,
    /// When it was created, if the file system records that.
    pub created: Option<Timestamp>,
    /// Its permissions, as `ls` shows them.
    pub permissions: Option<String>,
    /// The SHA-256 of its content, or of a symlink's target, in hexadecimal.
    pub hash: Option<String>,
    /// The reason some of these facts are missing.
    pub fault: Option<ScanFault>,
}

/// The result of scanning a directory.
#[derive(Debug, Clone)]
pub struct TreeScan {
    /// When the scan started.
    pub at: Timestamp,
    /// The files, with paths relative to the directory, sorted bytewise by path.
    pub files: Vec<(RepoPath, ScannedFile)>,
}

/// Scans a directory, always including the `listed` paths. Skips ignored files, git directories,
/// and the contents of other repositories.
///
/// Unreadable entries are included, with a fault.
pub fn scan_tree(top: &Path, listed: impl IntoIterator<Item = RepoPath>) -> TreeScan {
    let at = SystemTime::now();
    let found_files = Mutex::new(BTreeMap::new());
    let note = |path: PathBuf, file: ScannedFile| {
        let relative = path.strip_prefix(top).unwrap_or(&path);
        if let Ok(path) = RepoPath::of_os_path(relative) {
            // A panic in another thread must not lose this thread's results.
            found_files.lock().unwrap_or_else(PoisonError::into_inner).insert(path, file);
        }
    };
    // The walk visits the files that git sees: hidden files are included, and other tools'
    // `.ignore` files have no effect.
    let walk =
        WalkBuilder::new(top).hidden(false).ignore(false).require_git(false).build_parallel();
    walk.run(|| {
        Box::new(|entry| match entry {
            Ok(entry) => visit(&entry, &note),
            Err(error) => {
                let path = error_path(&error).map(Path::to_owned);
                let cause = error.io_error();
                if let (Some(path), Some(cause)) = (path, cause) {
                    note(path, ScannedFile::failed(EntryKind::Directory, cause));
                }
                WalkState::Continue
            }
        })
    });
    let mut files = found_files.into_inner().unwrap_or_else(PoisonError::into_inner);
    // git may track files even if they match its ignore rules.
    for path in listed {
        if !files.contains_key(&path)
            && let Some(file) = ScannedFile::read_listed(top, &path)
        {
            files.insert(path, file);
        }
    }
    let files = files.into_iter().collect();
    TreeScan { at: instant(at).unwrap_or(Timestamp::EPOCH), files }
}

/// Scans an entry found by the walk, and returns whether to descend into it.
fn visit(entry: &DirEntry, note: &impl Fn(PathBuf, ScannedFile)) -> WalkState {
    let is_dir = entry.file_type().is_some_and(|kind| kind.is_dir());
    let is_below = entry.depth() > 0;
    if is_below && entry.file_name() == GIT {
        return WalkState::Skip;
    }
    let is_repository = || entry.path().join(GIT).symlink_metadata().is_ok();
    if is_dir && !(is_below && is_repository()) {
        return WalkState::Continue;
    }
    note(entry.path().to_owned(), ScannedFile::read(entry.path()));
    WalkState::Skip
}

/// Returns the path that an error from the walk refers to.
fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            error_path(err)
        }
        _ => None,
    }
}

impl ScannedFile {
    fn read(path: &Path) -> Self {
        let meta = match path.symlink_metadata() {
            Ok(meta) => meta,
            Err(error) => return Self::failed(EntryKind::Other, &error),
        };
        let time = |time: io::Result<SystemTime>| time.ok().and_then(instant);
        let mut file = ScannedFile {
            kind: kind(meta.file_type()),
            size: Some(meta.len()),
            modified: time(meta.modified()),
            created: time(meta.created()),
            permissions: Some(permissions(&meta)),
            ..ScannedFile::default()
        };
        let hash = match file.kind {
            EntryKind::File => hash_of_file(path).map(Some),
            EntryKind::Link => {
                path.read_link().map(|to| Some(hash_of(to.as_os_str().as_encoded_bytes())))
            }
            EntryKind::Directory | EntryKind::Other => Ok(None),
        };
        match hash {
            Ok(hash) => file.hash = hash,
            Err(error) => file.fault = Some(ScanFault::of(&error)),
        }
        file
    }

    /// Scans a path that the walk did not visit. Returns `None` if it is not a file or a symlink.
    fn read_listed(top: &Path, path: &RepoPath) -> Option<Self> {
        let mut dir = path.parent();
        while let Some(above) = dir {
            // If a parent directory is a symlink, the path points outside the scanned directory.
            let meta = top.join(above.to_os_path()).symlink_metadata().ok()?;
            if !meta.is_dir() {
                return None;
            }
            dir = above.parent();
        }
        let full = top.join(path.to_os_path());
        let is_dir = full.symlink_metadata().ok()?.is_dir();
        (!is_dir).then(|| Self::read(&full))
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

/// Returns a time in whole seconds, or `None` if a timestamp cannot represent it.
fn instant(time: SystemTime) -> Option<Timestamp> {
    let nanoseconds = jiff::Timestamp::try_from(time).ok()?.as_nanosecond();
    Timestamp::from_unix(i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?).ok()
}

/// Returns a file's mode in the form `-rw-r--r--`.
#[cfg(unix)]
fn permissions(meta: &Metadata) -> String {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    let kind = meta.file_type();
    let kinds = [
        (kind.is_dir(), 'd'),
        (kind.is_symlink(), 'l'),
        (kind.is_fifo(), 'p'),
        (kind.is_socket(), 's'),
        (kind.is_block_device(), 'b'),
        (kind.is_char_device(), 'c'),
    ];
    let letter = kinds.iter().find(|(is, _)| *is).map_or('-', |(_, letter)| *letter);
    format!("{letter}{}", triples(meta.permissions().mode()))
}

/// Returns a file's mode in the form `-rw-rw-rw-`; this system only reports whether the file is
/// writable.
#[cfg(not(unix))]
fn permissions(meta: &Metadata) -> String {
    let letter = if meta.is_dir() { 'd' } else { '-' };
    let one = if meta.permissions().readonly() { "r--" } else { "rw-" };
    format!("{letter}{}", one.repeat(3))
}

/// Returns the nine letters for a mode. The setuid, setgid and sticky bits replace the `x`.
#[cfg(unix)]
fn triples(mode: u32) -> String {
    let mut letters = String::with_capacity(9);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        letters.push(if mode >> shift & 4 != 0 { 'r' } else { '-' });
        letters.push(if mode >> shift & 2 != 0 { 'w' } else { '-' });
        letters.push(match (mode >> shift & 1 != 0, mode & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn scans_unignored_and_listed_files() {
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
        let scan = scan_tree(dir.path(), listed);
        let names: Vec<String> = scan.files.iter().map(|(p, _)| p.to_string()).collect();
        assert_eq!(names, [".gitignore", "b.txt", "b/x.txt", "kept.log", "other"]);
        let x = &scan.files[2].1;
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((x.kind, x.size, x.hash.as_deref()), (EntryKind::File, Some(3), Some(abc)));
        assert_eq!(scan.files[4].1.kind, EntryKind::Directory);
    }

    #[test]
    fn a_missing_file_has_a_fault() {
        let file = ScannedFile::read(Path::new("/none/such"));
        assert_eq!(file.fault.map(|fault| fault.kind), Some("not_found"));
        assert_eq!(
            instant(UNIX_EPOCH).map(|at| at.to_string()).as_deref(),
            Some("1970-01-01T00:00:00Z")
        );
    }

    #[cfg(unix)]
    #[test]
    fn modes_are_written_as_ls_does() {
        for (mode, letters) in [
            (0o644, "rw-r--r--"),
            (0o755, "rwxr-xr-x"),
            (0o000, "---------"),
            (0o4755, "rwsr-xr-x"),
            (0o2644, "rw-r-Sr--"),
            (0o1777, "rwxrwxrwt"),
        ] {
            assert_eq!(triples(mode), letters);
        }
    }
}

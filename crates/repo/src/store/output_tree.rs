//! [`OutputTree`]: a directory in which idhooks keeps files beside those of other programs.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::content_hash::{Hash, hash_at, hash_of};
use super::disk;
use super::error::{StoreError, if_exists};
use super::scratch::Scratch;
use super::{SymlinkGuard, read_file, replace_file};

/// The version of the manifest's format.
const VERSION: u32 = 1;

/// A file to be kept in the directory.
#[derive(Debug, Clone, Copy)]
pub struct OutputFile<'a> {
    /// Its path below the directory, with slashes.
    pub path: &'a str,
    /// Its content.
    pub content: &'a [u8],
    /// Whether the other files are of no use without it.
    pub is_required: bool,
}

impl OutputFile<'_> {
    /// Returns whether a path can be that of a file below the directory on every system.
    pub fn is_path(path: &str) -> bool {
        let is_name = |part| matches!(part, Component::Normal(_));
        !path.is_empty()
            && !path.contains(['\\', '\0'])
            && Path::new(path).components().all(is_name)
    }
}

/// The result of [`OutputTree::keep`].
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct OutputChanges {
    /// The number of files that were written.
    pub written: usize,
    /// The number of files that were removed because they are no longer wanted.
    pub removed: usize,
    /// The number of files that were as wanted.
    pub unchanged: usize,
    /// The paths of the files that were not written because something else is in their places: a
    /// file that idhooks has not written, or one that has been changed since, or a symlink.
    pub taken: Vec<String>,
}

/// A directory in which idhooks keeps files beside those of other programs. A manifest in it lists
/// them with their hashes, so that a file which somebody else has written or changed is never
/// replaced or removed.
#[derive(Debug)]
pub struct OutputTree {
    dir: PathBuf,
    manifest: PathBuf,
    /// The hashes that each file may have: after an interrupted run, an old and a new one.
    known: BTreeMap<String, Vec<Hash>>,
    /// The directories that are known not to be symlinks.
    checked: HashSet<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    version: u32,
    files: BTreeMap<String, Vec<Hash>>,
}

/// The step for a file.
enum OutputStep {
    Keep,
    Write,
}

impl OutputTree {
    /// Opens a directory, which need not exist, with the name of its manifest.
    ///
    /// # Errors
    /// Returns an error if the manifest cannot be read.
    pub fn open(dir: &Path, manifest: &str) -> Result<Self, StoreError> {
        let manifest = dir.join(manifest);
        let known = read_manifest(&manifest)?;
        Ok(OutputTree { dir: dir.to_owned(), manifest, known, checked: HashSet::new() })
    }

    /// Returns the step for a file, unless something else is in its place.
    fn step(&mut self, file: OutputFile<'_>) -> Result<Option<OutputStep>, StoreError> {
        let place = self.dir.join(file.path);
        let failed = |cause| StoreError::new("read", &place, cause);
        if !OutputFile::is_path(file.path) || !self.is_real(&place).map_err(failed)? {
            return Ok(None);
        }
        let Some(found) = hash_at(&place).map_err(failed)? else {
            return Ok(Some(OutputStep::Write));
        };
        if found == hash_of(file.content) {
            return Ok(Some(OutputStep::Keep));
        }
        let is_own = self.known.get(file.path).is_some_and(|known| known.contains(&found));
        Ok(is_own.then_some(OutputStep::Write))
    }

    /// Returns whether no directory between this one and a file is a symlink or a file.
    fn is_real(&mut self, place: &Path) -> io::Result<bool> {
        let above = place.ancestors().skip(1).take_while(|above| *above != self.dir);
        let above: Vec<&Path> = above.take_while(|above| !self.checked.contains(*above)).collect();
        for dir in above.into_iter().rev() {
            match if_exists(fs::symlink_metadata(dir))? {
                Some(meta) if !meta.is_dir() => return Ok(false),
                None => break,
                Some(_) => drop(self.checked.insert(dir.to_owned())),
            }
        }
        Ok(true)
    }

    /// Makes these the files of idhooks in the directory: writes them, removes those of earlier runs
    /// that are not among them, and replaces the manifest. Each file is replaced as a whole. If that
    /// is interrupted, the next run finishes it.
    ///
    /// # Errors
    /// Returns an error if something else is in the place of a required file, in which case nothing
    /// is written, or if a file cannot be written.
    pub fn keep(mut self, files: &[OutputFile<'_>]) -> Result<OutputChanges, StoreError> {
        if files.is_empty() && self.known.is_empty() {
            return Ok(OutputChanges::default());
        }
        fs::create_dir_all(&self.dir)
            .map_err(|cause| StoreError::new("create", &self.dir, cause))?;
        // Another process may have written here since the manifest was read.
        let _lock = lock(&self.dir)?;
        self.known = read_manifest(&self.manifest)?;
        let (mut changes, mut wanted, mut new) =
            (OutputChanges::default(), BTreeMap::new(), Vec::new());
        for file in files {
            let Some(step) = self.step(*file)? else {
                if file.is_required {
                    return Err(StoreError::Taken(self.dir.join(file.path)));
                }
                changes.taken.push(file.path.to_owned());
                continue;
            };
            wanted.insert(file.path.to_owned(), vec![hash_of(file.content)]);
            match step {
                OutputStep::Keep => changes.unchanged += 1,
                OutputStep::Write => new.push(*file),
            }
        }
        let stale: Vec<String> =
            self.known.keys().filter(|path| !wanted.contains_key(*path)).cloned().collect();
        if new.is_empty() && stale.is_empty() && self.known == wanted {
            return Ok(changes);
        }
        if !new.is_empty() {
            // The manifest comes first, so that everything in the directory can be recognized.
            let mut both = self.known.clone();
            for (path, hashes) in &wanted {
                let known = both.entry(path.clone()).or_default();
                known.extend(
                    hashes.iter().filter(|hash| !known.contains(hash)).cloned().collect::<Vec<_>>(),
                );
            }
            self.write_manifest(both)?;
        }
        self.write(&new)?;
        changes.written = new.len();
        for path in &stale {
            changes.removed += usize::from(self.remove(path)?);
        }
        self.write_manifest(wanted)?;
        Ok(changes)
    }

    fn write(&self, files: &[OutputFile<'_>]) -> Result<(), StoreError> {
        let scratch = Scratch::in_dir(&self.dir);
        let mut made: HashSet<PathBuf> = HashSet::new();
        for file in files {
            let place = self.dir.join(file.path);
            let failed = |cause| StoreError::new("write", &place, cause);
            let dir = place.parent().unwrap_or(&self.dir);
            if !self.checked.contains(dir) && !made.contains(dir) {
                fs::create_dir_all(dir).map_err(failed)?;
                made.insert(dir.to_owned());
            }
            let mut temp = scratch.file(readable()).map_err(failed)?;
            temp.write_all(file.content).map_err(failed)?;
            disk::rename(&temp.into_temp_path(), &place).map_err(failed)?;
        }
        Ok(())
    }

    /// Removes a file of an earlier run, and the directories that it leaves empty. Returns whether
    /// it was still there as idhooks had written it.
    fn remove(&mut self, path: &str) -> Result<bool, StoreError> {
        let place = self.dir.join(path);
        let failed = |cause| StoreError::new("remove", &place, cause);
        let known = self.known.get(path).map(Vec::as_slice).unwrap_or_default();
        let found = hash_at(&place).map_err(failed)?;
        let is_own = found.is_some_and(|found| known.contains(&found));
        if !is_own || !self.is_real(&place).map_err(failed)? {
            return Ok(false);
        }
        fs::remove_file(&place).map_err(failed)?;
        let above = place.ancestors().skip(1).take_while(|above| *above != self.dir);
        for dir in above {
            // A directory that is not empty stays.
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
        Ok(true)
    }

    fn write_manifest(&self, files: BTreeMap<String, Vec<Hash>>) -> Result<(), StoreError> {
        let failed = |cause| StoreError::new("write", &self.manifest, cause);
        let text = serde_json::to_vec(&Manifest { version: VERSION, files });
        let text = text.map_err(|error| failed(io::Error::other(error)))?;
        replace_file(&SymlinkGuard::default(), &self.manifest, &text)
    }
}

/// Reads a manifest; without one, no file is known.
fn read_manifest(manifest: &Path) -> Result<BTreeMap<String, Vec<Hash>>, StoreError> {
    let failed = |cause| StoreError::new("read", manifest, cause);
    match if_exists(fs::symlink_metadata(manifest)).map_err(failed)? {
        None => return Ok(BTreeMap::new()),
        Some(meta) if !meta.is_file() => return Err(StoreError::NoList(manifest.to_owned())),
        Some(_) => {}
    }
    let bytes = read_file(manifest)?.unwrap_or_default();
    let read = serde_json::from_slice(&bytes).ok();
    let valid = read.filter(|read: &Manifest| {
        read.version == VERSION && read.files.keys().all(|path| OutputFile::is_path(path))
    });
    Ok(valid.ok_or_else(|| StoreError::NoList(manifest.to_owned()))?.files)
}

/// Locks a directory against other processes that keep files in it, as long as the result lives.
#[cfg(unix)]
fn lock(dir: &Path) -> Result<Option<fs::File>, StoreError> {
    let failed = |cause| StoreError::new("lock", dir, cause);
    let opened = fs::File::open(dir).map_err(failed)?;
    match opened.lock() {
        // Not every file system has locks.
        Err(cause) if cause.kind() != io::ErrorKind::Unsupported => Err(failed(cause)),
        _ => Ok(Some(opened)),
    }
}

/// A directory cannot be locked here.
#[cfg(not(unix))]
fn lock(_: &Path) -> Result<Option<fs::File>, StoreError> {
    Ok(None)
}

/// Returns the permissions of a file that everybody may read, as far as the umask allows.
#[cfg(unix)]
fn readable() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable() -> Option<fs::Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = ".list.json";

    fn keep(dir: &Path, files: &[[&str; 2]]) -> OutputChanges {
        let files: Vec<OutputFile<'_>> = files
            .iter()
            .map(|[path, text]| OutputFile { path, content: text.as_bytes(), is_required: false })
            .collect();
        OutputTree::open(dir, MANIFEST).expect("readable").keep(&files).expect("writable")
    }

    fn read(path: &Path) -> Option<String> {
        read_file(path).expect("readable").map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    fn changes(written: usize, removed: usize, unchanged: usize) -> OutputChanges {
        OutputChanges { written, removed, unchanged, taken: Vec::new() }
    }

    fn taken(mut changes: OutputChanges, taken: &[&str]) -> OutputChanges {
        changes.taken = taken.iter().map(|path| (*path).to_owned()).collect();
        changes
    }

    #[test]
    fn only_its_own_files_are_replaced_and_removed() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("new/site");
        assert_eq!(
            keep(&dir, &[["a/b/index.html", "1"], ["c", "1"], ["d", "1"]]),
            changes(3, 0, 0)
        );
        fs::write(dir.join("a/own"), "mine").expect("writable");
        fs::write(dir.join("d"), "changed").expect("writable");
        fs::write(dir.join("e"), "mine").expect("writable");
        assert_eq!(keep(&dir, &[["c", "2"], ["e", "1"]]), taken(changes(1, 1, 0), &["e"]));
        assert_eq!(read(&dir.join("c")).as_deref(), Some("2"));
        assert_eq!(read(&dir.join("d")).as_deref(), Some("changed"));
        assert_eq!(read(&dir.join("e")).as_deref(), Some("mine"));
        assert!(!dir.join("a/b").exists() && dir.join("a/own").exists());
        assert_eq!(keep(&dir, &[["c", "2"]]), changes(0, 0, 1));
        let list = read(&dir.join(MANIFEST)).expect("a manifest");
        assert_eq!(keep(&dir, &[]), changes(0, 1, 0));
        assert!(list.contains("\"c\"") && !dir.join("c").exists());
        let left: Vec<_> = fs::read_dir(&dir).expect("a directory").flatten().collect();
        assert_eq!(left.len(), 4, "{left:?}");
    }

    #[test]
    fn nothing_is_written_if_a_required_file_cannot_be() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path();
        fs::write(dir.join("b"), "mine").expect("writable");
        let [a, b] =
            ["a", "b"].map(|path| OutputFile { path, content: b"1", is_required: path == "b" });
        let error = OutputTree::open(dir, MANIFEST).expect("readable").keep(&[a, b]);
        assert!(matches!(error, Err(StoreError::Taken(place)) if place == dir.join("b")));
        let left: Vec<_> = fs::read_dir(dir).expect("a directory").flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn an_interrupted_run_is_finished_by_the_next() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path();
        keep(dir, &[["a", "1"], ["b", "1"], ["c", "1"]]);
        // The run ended after the first file.
        let tree = OutputTree::open(dir, MANIFEST).expect("readable");
        let hashes = |texts: &[&str]| texts.iter().map(|text| hash_of(text.as_bytes())).collect();
        let both = ["a", "b", "c"].map(|path| (path.to_owned(), hashes(&["1", "2"])));
        tree.write_manifest(both.into()).expect("writable");
        fs::write(dir.join("a"), "2").expect("writable");
        assert_eq!(keep(dir, &[["a", "2"], ["b", "2"]]), changes(1, 1, 1));
        assert_eq!(read(&dir.join("b")).as_deref(), Some("2"));
    }

    #[test]
    fn no_path_leads_elsewhere() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let dir = temp.path().join("site");
        for path in ["../x", "/x", "a/../../x", "", "./x/../../y"] {
            assert_eq!(keep(&dir, &[[path, "1"]]), taken(changes(0, 0, 0), &[path]));
        }
        fs::create_dir_all(&dir).expect("writable");
        let victim = temp.path().join("victim");
        fs::write(&victim, "1").expect("writable");
        let list = format!("{{\"version\":1,\"files\":{{\"../victim\":[\"{}\"]}}}}", hash_of(b"1"));
        fs::write(dir.join(MANIFEST), list).expect("writable");
        let error = OutputTree::open(&dir, MANIFEST).expect_err("refused").to_string();
        assert!(error.ends_with("is not a list of files that idhooks wrote"), "{error}");
        assert!(victim.exists());
    }

    #[cfg(unix)]
    #[test]
    fn no_symlink_is_followed() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let [dir, far] = ["site", "far"].map(|name| temp.path().join(name));
        fs::create_dir_all(&dir).expect("writable");
        fs::create_dir_all(&far).expect("writable");
        std::os::unix::fs::symlink("../far", dir.join("docs")).expect("a link");
        std::os::unix::fs::symlink("../far/x", dir.join("y")).expect("a link");
        let all = ["docs/a", "y"];
        assert_eq!(keep(&dir, &all.map(|path| [path, "1"])), taken(changes(0, 0, 0), &all));
        assert_eq!(fs::read_dir(&far).expect("a directory").count(), 0);
        // A directory that idhooks had made became a symlink.
        keep(&dir, &[["b/c", "1"]]);
        fs::rename(dir.join("b"), far.join("b")).expect("movable");
        std::os::unix::fs::symlink("../far/b", dir.join("b")).expect("a link");
        assert_eq!(keep(&dir, &[]), changes(0, 0, 0));
        assert!(far.join("b/c").exists());
    }
}

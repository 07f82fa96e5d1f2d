//! Writes loose objects the way git does: each object is written to a temporary file, which is
//! synced if `core.fsync` asks for it and then renamed. Also syncs existing objects before a ref
//! names them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gix::objs::{Kind, encode::loose_header};
use gix::zlib::stream::deflate;
use idhooks_core::registry::{BlobId, BlockWriter};
use tempfile::NamedTempFile;

use crate::store::{
    Access, FsyncComponent, Replacement, Scratch, SymlinkGuard, SyncLevel, disk, failpoint::pause,
};

use super::retry::retry_file;
use super::{CommitId, GitError, Repo, object_ids::to_gix};

/// The prefix of temporary files. `git gc` uses it to find and remove files left by killed
/// processes.
const PREFIX: &str = "tmp_obj_";

/// A new loose object, in a temporary file until it is placed under its name.
#[derive(Debug)]
pub(super) struct NewObject {
    /// Takes the deflated object.
    pub(super) out: BlockWriter<NamedTempFile>,
}

impl Repo {
    /// Stores an object with this id and length, unless it exists.
    pub(super) fn write_loose(
        &self,
        kind: Kind,
        id: BlobId,
        length: u64,
        from: &mut dyn Read,
    ) -> io::Result<()> {
        if self.is_stored(id)? {
            return Ok(());
        }
        let object = self.new_object()?;
        let mut out = deflate::Write::new(object.out, self.gix.objects.loose_compression);
        out.write_all(&loose_header(kind, length))?;
        // If the length differs, the source has changed since the id was computed.
        if io::copy(from, &mut out)? != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.flush()?;
        self.place(NewObject { out: out.into_inner() }, id)
    }

    /// Creates the temporary file for a new object.
    pub(super) fn new_object(&self) -> io::Result<NewObject> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        // git also makes object files read-only, because their content never changes.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
        let temp = builder.tempfile_in(self.gix.objects.store_ref().path())?;
        Ok(NewObject { out: BlockWriter::new(temp) })
    }

    /// Gives a new object its name.
    pub(super) fn place(&self, object: NewObject, id: BlobId) -> io::Result<()> {
        let level = self.sync_level(FsyncComponent::LooseObject);
        let temp = object.out.into_inner()?;
        let sharing = self.sharing();
        sharing.share_object(temp.path())?;
        disk::wrote(temp.path());
        level.file(temp.as_file(), temp.path())?;
        let (temp, object) = (temp.into_temp_path(), self.loose_path(id));
        let fan = object.parent().unwrap_or(self.gix.objects.store_ref().path());
        retry_file(|| {
            let is_new = match fs::create_dir(fan) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                made => made.is_ok(),
            };
            if is_new {
                sharing.share_object(fan)?;
            }
            pause("an object directory is made");
            disk::rename(&temp, &object)?;
            level.dir(fan, usize::from(is_new))
        })
    }

    /// Returns whether an object exists, and syncs it if it does.
    pub(super) fn is_stored(&self, id: BlobId) -> io::Result<bool> {
        // Don't refresh: gix would look for new packs on every miss, and a second copy of an object
        // does no harm.
        let is_stored = self.gix.objects.exists_without_refresh(&to_gix(id));
        if is_stored {
            // Another process may have written it without syncing it.
            self.sync_objects(&[id], self.sync_level(FsyncComponent::LooseObject))?;
        }
        Ok(is_stored)
    }

    /// Syncs the objects that are loose files in the repository's own object directory. Packs are
    /// synced when they are created.
    pub(super) fn sync_objects(&self, ids: &[BlobId], level: SyncLevel) -> io::Result<()> {
        if level == SyncLevel::Nothing {
            return Ok(());
        }
        let mut dirs = BTreeSet::new();
        for id in ids {
            let path = self.loose_path(*id);
            if let Ok(file) = File::open(&path) {
                level.file(&file, &path)?;
                dirs.extend(path.ancestors().skip(1).take(2).map(Path::to_owned));
            }
        }
        level.dirs(&dirs)
    }

    /// Syncs the objects that are new in a commit, compared with the `old` commits or, if there are
    /// none, with all refs. This puts them on disk before a ref names the commit.
    ///
    /// # Errors
    /// Returns an error if git cannot list the objects, or if an object cannot be synced.
    pub(super) fn sync_new(&self, new: CommitId, old: &[CommitId]) -> Result<(), GitError> {
        let mut args = vec!["rev-list".to_owned(), "--objects".to_owned()];
        args.extend(["--no-object-names", "--missing=allow-any"].map(str::to_owned));
        args.extend([new.to_string(), "--not".to_owned()]);
        match old {
            [] => args.push("--all".to_owned()),
            _ => args.extend(old.iter().map(CommitId::to_string)),
        }
        // Let git list the objects: it knows best which of them the refs already have.
        let listed = self.git().text(&args)?;
        let ids: Vec<BlobId> = listed.lines().filter_map(|line| line.parse().ok()).collect();
        self.sync_named(&ids)
    }

    /// Syncs objects to disk before a ref names them.
    ///
    /// # Errors
    /// Returns an error if an object cannot be synced.
    pub(super) fn sync_named(&self, ids: &[BlobId]) -> Result<(), GitError> {
        let synced = self.sync_objects(ids, self.fsync().method());
        synced.map_err(|error| GitError::failed("syncing the objects of a ref", &error))
    }

    /// Writes a new ref and syncs it, regardless of `core.fsync`.
    pub(super) fn write_ref(&self, name: &str, id: BlobId) -> io::Result<()> {
        let path = self.common_dir().join(name);
        let scratch = Scratch::in_dir(self.common_dir()).synced(self.fsync().method());
        let scratch = scratch.guarded(SymlinkGuard::over([self.common_dir()]));
        let text = format!("{id}\n");
        let replace = || {
            let write = |out: &mut dyn Write| out.write_all(text.as_bytes());
            let new = Replacement::prepare_by(&scratch, &path, Access::Data, write);
            new.and_then(Replacement::commit).map_err(|error| error.into_cause())
        };
        // 'git pack-refs' may remove an empty directory at any time, just as 'git gc' does.
        retry_file(replace)
    }

    /// Returns where an object is if it is a loose file.
    pub(crate) fn loose_path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        let (fan, rest) = name.split_at(2);
        self.gix.objects.store_ref().path().join(fan).join(rest)
    }
}

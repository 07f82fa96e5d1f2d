//! The index that git is about to commit, and how to replace its registry piece by piece.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

use idhooks_core::registry::{Entry, Registry, RepoPath};

use crate::git::{GitError, IndexFile, IndexPeek, Repo};
use crate::state::StateError;
use crate::store::{Access, FileStamp, OpenFile, Replacement, StoreError, if_exists};

/// An index that git will commit unchanged.
#[derive(Debug, Clone)]
pub struct CommittedIndex {
    pub(crate) file: IndexFile,
    /// Its content.
    pub glance: IndexPeek,
    /// The index that remains after a partial commit. Its registry is the same.
    pub(crate) lasting: Option<(IndexFile, IndexPeek)>,
}

impl CommittedIndex {
    /// Reads the index to be committed, or returns `None` if a quick look at it is not enough.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn of(repo: &Repo) -> Result<Option<Self>, GitError> {
        let file = repo.index_file();
        let Some(sibling) = file.sibling() else {
            let glance = repo.peek(&file)?;
            return Ok(glance.map(|glance| CommittedIndex { file, glance, lasting: None }));
        };
        let Some(lasting) = repo.peek(&sibling)? else { return Ok(None) };
        let mut glance = repo.peek(&file)?;
        if glance.is_none() {
            // git writes the temporary index without cached trees, and creates them only later.
            repo.cache_trees(&file);
            glance = repo.peek(&file)?;
        }
        // If the remaining index has a different registry, that registry contains staged edits, and
        // the two have to be merged.
        let glance = glance.filter(|glance| glance.registry.entry == lasting.registry.entry);
        let lasting = Some((sibling, lasting));
        Ok(glance.map(|glance| CommittedIndex { file, glance, lasting }))
    }

    /// Closes the files of the indexes, which are about to be replaced.
    pub(crate) fn close(&self) {
        self.glance.close();
        self.lasting.iter().for_each(|(_, lasting)| lasting.close());
    }

    /// Opens the registry's working file, or returns `None` if its content differs from the index.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read.
    pub fn source(&self, repo: &Repo) -> Result<Option<WorkingFile>, StateError> {
        // The working file belongs to the remaining index, whose entry contains its time and size.
        let known = self.lasting.as_ref().map_or(&self.glance, |(_, glance)| glance);
        let entry = self.glance.registry.entry;
        let knows = |meta: &Metadata| known.registry.knows(meta);
        Ok(WorkingFile::open(repo, RepoPath::registry(), entry, knows)?)
    }

    /// Opens the working file for another entry in the index. Returns `None` if the file's content,
    /// or the entry in the remaining index, is different.
    ///
    /// # Errors
    /// Returns an error if the file or a tree cannot be read.
    pub fn other_source(
        &self,
        repo: &Repo,
        path: &RepoPath,
        entry: Entry,
    ) -> Result<Option<WorkingFile>, StateError> {
        let known = self.lasting.as_ref().map_or(&self.glance, |(_, glance)| glance);
        if self.lasting.is_some() && repo.tree_entry(known.root, path.as_bytes())? != Some(entry) {
            return Ok(None);
        }
        Ok(WorkingFile::open(repo, path.clone(), entry, |meta| known.knows(path, meta))?)
    }
}

/// A working file with the same content as its index entry.
#[derive(Debug)]
pub struct WorkingFile {
    pub(crate) path: RepoPath,
    pub(crate) entry: Entry,
    /// The open file, which may be read piece by piece, until it is replaced.
    pub file: OpenFile,
    /// The file's stamp when it was opened.
    pub(crate) stamp: FileStamp,
}

impl WorkingFile {
    /// Opens the working file at a path, or returns `None` if its content differs from `entry`, the
    /// file's entry in the index. `knows` returns whether the index recognizes the file by its
    /// metadata.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read.
    pub fn open(
        repo: &Repo,
        path: RepoPath,
        entry: Entry,
        knows: impl FnOnce(&Metadata) -> bool,
    ) -> Result<Option<Self>, StoreError> {
        let place = repo.top().join(path.to_os_path());
        let failed = |error| StoreError::new("read", &place, error);
        // Reading something other than a regular file might never end.
        if std::fs::metadata(&place).is_ok_and(|meta| !meta.is_file()) {
            return Ok(None);
        }
        // It must be the file that git tracks, not one reached through a symlink.
        if repo.link_guard().check(&place).is_err() {
            return Ok(None);
        }
        let file = if_exists(File::open(&place)).map_err(failed)?;
        let Some(file) = file else { return Ok(None) };
        let meta = file.metadata().map_err(failed)?;
        let is_same =
            meta.is_file() && (knows(&meta) || repo.blob_of(&file, meta.len()) == Some(entry.blob));
        (&file).rewind().map_err(failed)?;
        Ok(is_same.then(|| WorkingFile {
            path,
            entry,
            file: OpenFile::new(file),
            stamp: FileStamp::of(&meta),
        }))
    }

    /// Writes the file's new content to a temporary file.
    ///
    /// # Errors
    /// Returns an error if the temporary file cannot be written, or if the file has changed since
    /// it was opened: the copied content may then be a mixture of two versions.
    pub(crate) fn replaced(
        &self,
        repo: &Repo,
        access: Access,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Replacement, StateError> {
        let new = Replacement::prepare_by(&repo.scratch(), &self.place(repo), access, write);
        // If the file has changed, that change is the likely cause of the error, so the caller
        // starts over.
        if new.is_err() && self.has_changed(repo) {
            return Err(StateError::IndexMoved);
        }
        Ok(new?)
    }

    /// Reads the whole file.
    ///
    /// # Errors
    /// Returns an error if it cannot be read, or if it has changed since it was opened, because its
    /// content then differs from its index entry.
    pub(crate) fn read(&self, repo: &Repo) -> Result<Vec<u8>, StateError> {
        let mut bytes = Vec::new();
        let read = self.file.get().and_then(|file| {
            (&*file).rewind()?;
            (&*file).read_to_end(&mut bytes)
        });
        if self.has_changed(repo) {
            return Err(StateError::IndexMoved);
        }
        read.map_err(|error| StoreError::new("read", self.place(repo), error))?;
        Ok(bytes)
    }

    /// Returns whether the file has changed since it was opened.
    pub(crate) fn has_changed(&self, repo: &Repo) -> bool {
        !self.stamp.is_of_moved(&self.place(repo))
    }

    /// Returns its path.
    pub(crate) fn place(&self, repo: &Repo) -> PathBuf {
        repo.top().join(self.path.to_os_path())
    }

    /// Returns whether the registry is small enough to be read.
    pub fn is_readable(&self) -> bool {
        let meta = self.file.get().and_then(|file| file.metadata());
        meta.is_ok_and(|meta| Registry::check_size(meta.len()).is_ok())
    }
}

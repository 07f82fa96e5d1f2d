//! The index that git is about to commit, and changes to the registry in it piece by piece.

use std::fs::{File, Metadata};
use std::io::{self, Seek};

use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, Registry};

use crate::git::{IndexFile, IndexPeek, Repo};
use crate::store::{FileStamp, StoreError};

use crate::state::StateError;

/// An index that git will commit as it is.
#[derive(Debug)]
pub struct CommittedIndex {
    pub(crate) file: IndexFile,
    /// Its content.
    pub glance: IndexPeek,
    /// The index that remains after a partial commit, with the same registry.
    pub(crate) lasting: Option<(IndexFile, IndexPeek)>,
}

impl CommittedIndex {
    /// Reads the index to be committed; `None` if a quick read is not enough.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn of(repo: &Repo) -> Result<Option<Self>, StateError> {
        let file = repo.index_file();
        let Some(sibling) = file.sibling() else {
            let glance = repo.peek(&file)?;
            return Ok(glance.map(|glance| CommittedIndex { file, glance, lasting: None }));
        };
        let Some(lasting) = repo.peek(&sibling)? else { return Ok(None) };
        let mut glance = repo.peek(&file)?;
        if glance.is_none() {
            // Git writes that index without its trees, and creates them later.
            repo.cache_trees(&file);
            glance = repo.peek(&file)?;
        }
        let glance = glance.filter(|glance| glance.registry == lasting.registry);
        let lasting = Some((sibling, lasting));
        Ok(glance.map(|glance| CommittedIndex { file, glance, lasting }))
    }

    /// Opens the working file of the registry; `None` if its content differs from the index.
    ///
    /// # Errors
    /// Returns an error if the file exists and cannot be read.
    pub fn source(&self, repo: &Repo) -> Result<Option<WorkingRegistry>, StateError> {
        let known = self.lasting.as_ref().map_or(&self.glance, |(_, glance)| glance);
        Ok(WorkingRegistry::open(repo, self.glance.registry.blob, |meta| known.knows(meta))?)
    }

    /// Calls `look` for each path, in byte order. Returns whether it saw all paths.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn look_through(
        &self,
        repo: &Repo,
        look: impl FnMut(&[u8], Entry),
    ) -> Result<bool, StateError> {
        Ok(repo.look_through(&self.file, look)?)
    }
}

/// The working file of the registry, equal to the registry in the index.
#[derive(Debug)]
pub struct WorkingRegistry {
    /// The file, which may be read piece by piece.
    pub file: File,
    stamp: FileStamp,
}

impl WorkingRegistry {
    /// Opens the working file; `None` if its content differs from the index. The index has this
    /// blob, and `knows` returns whether it knows the file by its metadata.
    ///
    /// # Errors
    /// Returns an error if the file exists and cannot be read.
    pub fn open(
        repo: &Repo,
        blob: BlobId,
        knows: impl FnOnce(&Metadata) -> bool,
    ) -> Result<Option<Self>, StoreError> {
        let path = repo.top().join(REGISTRY_PATH);
        let failed = |error| StoreError::new("read", &path, error);
        // Reading anything but a file might never end.
        if std::fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
            return Ok(None);
        }
        // It must also be the file that git knows.
        if repo.link_guard().check(&path).is_err() {
            return Ok(None);
        }
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let meta = file.metadata().map_err(failed)?;
        let is_same =
            meta.is_file() && (knows(&meta) || repo.blob_of(&file, meta.len()) == Some(blob));
        (&file).rewind().map_err(failed)?;
        Ok(is_same.then(|| WorkingRegistry { file, stamp: FileStamp::of(&meta) }))
    }

    /// Returns whether the registry is small enough to be read.
    pub fn is_readable(&self) -> bool {
        self.file.metadata().is_ok_and(|meta| Registry::check_size(meta.len()).is_ok())
    }

    /// Returns the stamp that the file had when it was opened.
    pub fn stamp(&self) -> FileStamp {
        self.stamp
    }
}

//! Objects outside the repository's own object directory: `GIT_OBJECT_DIRECTORY` and
//! `GIT_ALTERNATE_OBJECT_DIRECTORIES`, which git sets while it receives a push.

use std::path::{Path, PathBuf};
use std::{
    ffi::{OsStr, OsString},
    fmt,
};

use gix::objs::{Exists, Find, Kind};
use idhooks_core::registry::BlobId;
use tempfile::TempDir;

use crate::environment::Environment;

use super::{Git, GitError, object_ids::to_gix};

const OWN: &str = "GIT_OBJECT_DIRECTORY";
const OTHERS: &str = "GIT_ALTERNATE_OBJECT_DIRECTORIES";

/// The object directories named in the environment.
#[derive(Default)]
pub(super) struct Alternates {
    /// The directory that git writes objects to, if it is not the repository's own.
    own: Option<PathBuf>,
    stores: Vec<gix::odb::Handle>,
    /// The directories that git must also search if `own` is a temporary directory.
    others: Option<OsString>,
    _dir: Option<TempDir>,
}

impl fmt::Debug for Alternates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alternates").field("own", &self.own).finish_non_exhaustive()
    }
}

impl Alternates {
    /// Returns the object directories named in the environment, for a process whose current
    /// directory is `dir`.
    pub(super) fn of_environment(
        environment: &Environment,
        dir: &Path,
        hash: gix::hash::Kind,
    ) -> Self {
        let named = |name| environment.non_empty(name).map(OsStr::to_owned);
        // git resolves relative paths against its current directory, but our child processes run
        // elsewhere.
        let absolute = |path: PathBuf| {
            let path = dir.join(path);
            std::path::absolute(&path).unwrap_or(path)
        };
        // While git receives a push, the new objects are in a quarantine directory. Objects stored
        // anywhere else would remain even if the push were refused.
        let own = named(OWN).map(|path| absolute(path.into()));
        let others = named(OTHERS).unwrap_or_default();
        let others = std::env::split_paths(&others).filter(|path| !path.as_os_str().is_empty());
        let dirs = own.iter().cloned().chain(others.map(absolute));
        // Like git, treat a directory that cannot be opened as empty.
        let stores = dirs.filter_map(|dir| gix::odb::at(dir, hash).ok()).collect();
        Alternates { own, stores, others: None, _dir: None }
    }

    /// Redirects writes to a temporary directory, which is removed on drop. `objects` is the
    /// repository's object directory.
    pub(super) fn with_temporary_dir(
        self,
        environment: &Environment,
        objects: &Path,
        hash: gix::hash::Kind,
    ) -> Result<Self, GitError> {
        let failed = |cause: &dyn fmt::Display| {
            GitError::failed("creating a temporary object directory", cause)
        };
        let dir = TempDir::with_prefix("idhooks-").map_err(|error| failed(&error))?;
        // git only searches its own directory and the alternates, so the repository's objects and
        // any quarantined objects become alternates.
        let named = environment.var(OTHERS).unwrap_or_default();
        let others =
            [objects.to_owned()].into_iter().chain(self.own).chain(std::env::split_paths(named));
        let others = std::env::join_paths(others.filter(|path| !path.as_os_str().is_empty()));
        let store = gix::odb::at(dir.path(), hash).map_err(|error| failed(&error))?;
        Ok(Alternates {
            own: Some(dir.path().to_owned()),
            stores: [store].into_iter().chain(self.stores).collect(),
            others: Some(others.map_err(|error| failed(&error))?),
            _dir: Some(dir),
        })
    }

    /// Finds an object.
    pub(super) fn find(&self, id: BlobId) -> Option<(Kind, Vec<u8>)> {
        self.stores.iter().find_map(|store| {
            let mut data = Vec::new();
            let kind = store.try_find(&to_gix(id), &mut data).ok()??.kind;
            Some((kind, data))
        })
    }

    /// Returns whether an object exists.
    pub(super) fn has(&self, id: BlobId) -> bool {
        self.stores.iter().any(|store| store.exists(&to_gix(id)))
    }

    /// Returns whether objects are written to a directory outside the repository.
    pub(super) fn redirects_writes(&self) -> bool {
        self.own.is_some()
    }

    /// Passes the directories on to git, no matter where it runs.
    pub(super) fn export_to(&self, git: Git) -> Git {
        let git = match &self.own {
            Some(dir) => git.env(OWN, dir),
            None => git,
        };
        match &self.others {
            Some(dirs) => git.env(OTHERS, dirs),
            None => git,
        }
    }
}

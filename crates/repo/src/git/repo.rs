//! Opens a repository, for a command or for a hook that git runs.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use gix::discover::upwards::Options;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::sec::trust::Mapping;
use uuid::Uuid;

use crate::environment::Environment;
use crate::store::{
    Fsync, FsyncComponent, Scratch, Sharing, StateDir, StoreError, SymlinkGuard, SyncLevel,
    read_file,
};

use super::ownership::{OpenError, UnsafeRepository};
use super::{
    Git, GitError, IndexFile, alternates::Alternates, command::os_string,
    object_sources::ObjectSources, ownership,
};

/// The maximum size in bytes of the cache for delta bases of packed objects.
const DELTA_BASES: usize = 32 << 20;

/// A repository as seen by a single invocation.
#[derive(Debug)]
pub struct Repo {
    pub(super) gix: gix::Repository,
    pub(super) git: Git,
    environment: Environment,
    top: PathBuf,
    reftable: bool,
    is_synced: bool,
    fsync: OnceCell<Fsync>,
    gives_way: bool,
    run: OnceCell<GitRun>,
    pub(super) objects: ObjectSources,
}

/// Whether a repository without a working tree is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bare {
    Accept,
    Refuse,
}

/// The id and name of a run, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRun {
    /// Its id, a UUID.
    pub id: String,
    /// The command, in one or two words.
    pub what: String,
    /// Whether git called the command as a hook.
    pub is_hook: bool,
}

impl Repo {
    /// Opens the repository that contains `dir`, respecting the environment variables that git sets
    /// for hooks.
    ///
    /// # Errors
    /// Returns an error if there is no repository, or if it is bare, unsafe in git's eyes, or
    /// unreadable.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_as(dir, Bare::Refuse)
    }

    /// Opens a repository, which may be bare, for reading commits.
    ///
    /// # Errors
    /// Returns an error if there is no repository, or if it is unsafe in git's eyes or unreadable.
    pub fn open_to_read(dir: &Path) -> Result<Self, OpenError> {
        let mut repo = Self::open_as(dir, Bare::Accept)?;
        // Versions of a file often share delta bases. With this cache, each base is decoded only
        // once.
        repo.gix.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(DELTA_BASES)));
        Ok(repo)
    }

    fn open_as(dir: &Path, bare: Bare) -> Result<Self, OpenError> {
        let shown = || std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let environment = Environment::read();
        let git = Git::with_environment(dir, &environment);
        // As in git, ceilings that are elsewhere mean nothing.
        let options = Options { match_ceiling_dir_or_error: false, ..Options::default() };
        let found = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            dir,
            options,
            Mapping::default(),
        );
        let mut gix = match found {
            Ok(found) => ownership::trusted(&git, &environment, found)?.to_thread_local(),
            // gix reports a missing repository in several different ways, so git decides.
            Err(error) => {
                return Err(match git.run(&["rev-parse", "--git-dir"]) {
                    Err(refusal) => no_repository(refusal, &environment, shown()),
                    Ok(_) => match git.ask(&["rev-parse", "--is-inside-git-dir"]) {
                        Ok(Some(inside)) if inside.trim() == "true" => OpenError::InGitDir,
                        _ => OpenError::Broken(GitError::reading("the repository", &error)),
                    },
                });
            }
        };
        // As in git, GIT_NAMESPACE affects only fetches and pushes.
        gix.clear_namespace();
        // Child git processes also ignore replacements, and all processes must read the same
        // objects.
        gix.objects.ignore_replacements = true;
        let is_bare = || gix.config_snapshot().boolean("core.bare").unwrap_or(false);
        let top = match (gix.workdir(), bare) {
            (Some(top), _) => top.to_owned(),
            // If the environment names a git directory but no working tree, the working tree is the
            // directory in which git was called. Git sets such an environment for hooks when the
            // git directory is separate.
            (None, _) if environment.is_set("GIT_DIR") && !is_bare() => dir.to_owned(),
            (None, Bare::Accept) => gix.git_dir().to_owned(),
            (None, Bare::Refuse) => return Err(OpenError::Bare(shown())),
        };
        let top = std::path::absolute(&top).unwrap_or(top);
        // With reftable, the HEAD file names a branch that never exists, so gix would find no
        // commit.
        let ref_storage = gix.config_snapshot().string("extensions.refStorage");
        let reftable = ref_storage.is_some_and(|kind| kind != "files");
        let alternates = Alternates::of_environment(&environment, dir, gix.object_hash());
        let git = alternates.export_to(child_git(&environment, &top, gix.git_dir()));
        let objects = ObjectSources::new(&gix, alternates);
        let repo = Repo {
            git,
            gix,
            environment,
            top,
            reftable,
            is_synced: false,
            fsync: OnceCell::new(),
            gives_way: false,
            run: OnceCell::new(),
            objects,
        };
        // Check this now: state is written after the index, when it is too late to refuse.
        repo.state_dir().check().map_err(OpenError::Linked)?;
        if repo.git_dir() != repo.common_dir() {
            repo.worktree_state_dir().check().map_err(OpenError::Linked)?;
        }
        Ok(repo)
    }

    /// Returns a runner for git at the root of the working tree.
    ///
    /// If git named an index for the hook, it is passed on as an absolute path.
    pub fn git(&self) -> Git {
        // Child processes run at the root of the working tree, but a relative path is relative to
        // this process's directory.
        match self.named_index() {
            Some(_) => self.git.clone().env("GIT_INDEX_FILE", self.index_file().path()),
            None => self.git.clone(),
        }
    }

    /// Returns whether git or the user has named the index in the environment.
    pub fn index_is_named(&self) -> bool {
        self.named_index().is_some()
    }

    fn named_index(&self) -> Option<&OsStr> {
        self.environment.non_empty("GIT_INDEX_FILE")
    }

    /// Returns the environment that this process was started in.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Returns the absolute path of the working tree's root.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Returns the repository's name, which is the name of its directory.
    pub fn name(&self) -> String {
        let dir = self.top.file_name().unwrap_or_default().to_string_lossy();
        dir.trim_end_matches(".git").to_owned()
    }

    /// Returns whether there is no working tree.
    pub fn is_bare(&self) -> bool {
        self.gix.workdir().is_none() && self.top == self.git_dir()
    }

    /// Returns this working tree's git directory.
    pub fn git_dir(&self) -> PathBuf {
        absolute(self.gix.git_dir())
    }

    /// Returns the git directory shared by all working trees.
    pub fn common_dir(&self) -> PathBuf {
        absolute(self.gix.common_dir())
    }

    /// Returns the state directory shared by all working trees.
    pub fn state_dir(&self) -> StateDir {
        StateDir::of(self.common_dir(), self.sharing())
    }

    /// Returns this working tree's state directory.
    pub fn worktree_state_dir(&self) -> StateDir {
        StateDir::of(self.git_dir(), self.sharing())
    }

    pub(super) fn sharing(&self) -> Sharing {
        self.setting("core.sharedRepository").map_or_else(Sharing::default, |v| Sharing::parse(&v))
    }

    /// Returns the guard against symlinks in the working tree and the git directories.
    pub fn link_guard(&self) -> SymlinkGuard {
        SymlinkGuard::over([self.top.clone(), self.git_dir(), self.common_dir()])
    }

    /// Reads a file in the working tree; returns `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is reached through a symlink.
    pub fn read_working(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.top.join(path);
        self.link_guard().check(&path)?;
        read_file(&path)
    }

    /// Like [`Repo::scratch`], for the repository that contains `dir`. If git called idhooks at the
    /// root of an ordinary repository, the repository is not opened.
    pub fn scratch_of(dir: &Path) -> Option<Scratch> {
        // The merge driver only needs a directory for a temporary file, and opening the repository
        // would read its entire configuration.
        let git_dir = dir.join(".git");
        let is_plain = !Environment::read().is_set("GIT_DIR")
            && git_dir.symlink_metadata().is_ok_and(|meta| meta.is_dir())
            && git_dir.join("HEAD").is_file();
        if is_plain {
            return Some(Scratch::in_dir(git_dir));
        }
        Self::open_to_read(dir).ok().map(|repo| repo.scratch())
    }

    /// Returns the scratch directory for files in the working tree.
    pub fn scratch(&self) -> Scratch {
        let scratch = Scratch::in_dir(self.git_dir()).guarded(self.link_guard());
        scratch.synced(self.sync_level(FsyncComponent::Index))
    }

    /// Syncs everything that is written before anything refers to it, regardless of `core.fsync`,
    /// and rechecks files in the working tree. Commands can afford to wait for this, but hooks sync
    /// only what git would.
    #[must_use]
    pub fn synced(self) -> Self {
        Repo { is_synced: true, git: self.git.synced(), ..self }
    }

    /// Returns which files the configuration requires to be synced.
    pub(super) fn fsync(&self) -> Fsync {
        *self.fsync.get_or_init(|| {
            let (components, method) =
                (self.setting("core.fsync"), self.setting("core.fsyncMethod"));
            let older = self.gix.config_snapshot().boolean("core.fsyncObjectFiles");
            Fsync::parse(components.as_deref(), method.as_deref(), older.unwrap_or(false))
        })
    }

    /// Returns how files of this kind are synced. Files in the working tree are synced like the
    /// index, because its entries vouch for their content.
    pub(super) fn sync_level(&self, component: FsyncComponent) -> SyncLevel {
        match self.is_synced {
            true => self.fsync().method(),
            false => self.fsync().level(component),
        }
    }

    /// Makes this program give way to git, because no user is waiting for it: a new index is
    /// prepared next to the real one, which is locked only while comparing and renaming, and only
    /// if no git operation is in progress.
    #[must_use]
    pub fn giving_way(self) -> Self {
        Repo { gives_way: true, ..self }
    }

    /// Returns whether [`Repo::giving_way`] was called.
    pub fn gives_way(&self) -> bool {
        self.gives_way
    }

    /// Returns a number from the git configuration.
    pub fn number(&self, key: &str) -> Option<u64> {
        u64::try_from(self.gix.config_snapshot().integer(key)?).ok()
    }

    /// Returns a string from the git configuration.
    pub fn setting(&self, key: &str) -> Option<String> {
        Some(self.gix.config_snapshot().string(key)?.to_string())
    }

    /// Returns the index for this invocation: the one that git named, or the repository's own.
    pub fn index_file(&self) -> IndexFile {
        // Git resolves a relative path from the root of the working tree.
        IndexFile::at(match self.named_index() {
            Some(name) => absolute(&self.top.join(name)),
            None => absolute(&self.gix.index_path()),
        })
    }

    /// Returns the repository's own index, even if git named another one. It is the index that
    /// remains if a commit fails.
    pub fn own_index_file(&self) -> IndexFile {
        IndexFile::at(absolute(&self.git_dir().join("index")))
    }

    /// Redirects new objects to a temporary directory, which is removed on drop.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be created.
    pub fn writing_aside(mut self) -> Result<Self, GitError> {
        let objects = self.common_dir().join("objects");
        let alternates = std::mem::take(&mut self.objects.alternates);
        self.objects.alternates =
            alternates.with_temporary_dir(&self.environment, &objects, self.gix.object_hash())?;
        self.git = self.objects.alternates.export_to(self.git);
        Ok(self)
    }

    /// Records that the command `what` has started. Later calls have no effect.
    pub fn begin(&self, what: &str) {
        self.begin_as(what, false);
    }

    /// Records that git has called the hook `what`. Later calls have no effect.
    pub fn begin_hook(&self, what: &str) {
        self.begin_as(what, true);
    }

    fn begin_as(&self, what: &str, is_hook: bool) {
        let id = || Uuid::new_v4().to_string();
        self.run.get_or_init(|| GitRun { id: id(), what: what.to_owned(), is_hook });
    }

    /// Returns the current run, if one has begun.
    pub fn run(&self) -> Option<&GitRun> {
        self.run.get()
    }

    /// Returns whether the refs are stored in a format that gix cannot read.
    pub(super) fn has_foreign_refs(&self) -> bool {
        self.reftable
    }

    /// Returns the repository's main directory, which is the same for all of its working trees: the
    /// root of the main working tree, or the git directory if there is no main working tree.
    ///
    /// # Errors
    /// Returns an error if git does not list the working trees.
    pub fn main_dir(&self) -> Result<PathBuf, GitError> {
        if self.git_dir() == self.common_dir() {
            return Ok(self.top().to_owned());
        }
        let list = self.git().run(&["worktree", "list", "--porcelain"])?;
        // git lists the main working tree first.
        let first = list.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(path) = first.strip_prefix(b"worktree ") else {
            return Err(GitError::reading("the working trees", &String::from_utf8_lossy(first)));
        };
        Ok(PathBuf::from(os_string(path)))
    }
}

/// Returns why git finds no repository for a directory.
fn no_repository(refusal: GitError, environment: &Environment, dir: PathBuf) -> OpenError {
    match (UnsafeRepository::read(&refusal), environment.var("GIT_DIR")) {
        _ if refusal.code.is_none() => OpenError::Broken(refusal),
        (Some(refused), _) => OpenError::Unsafe(refused),
        (None, Some(git_dir)) => OpenError::InvalidGitDir(git_dir.into()),
        (None, None) => OpenError::NotARepository(dir),
    }
}

/// Returns a runner for git at the root of the working tree. It passes absolute paths to git,
/// because the paths in the environment are relative to this process's current directory.
fn child_git(environment: &Environment, top: &Path, git_dir: &Path) -> Git {
    let mut git = Git::with_environment(top, environment);
    if environment.is_set("GIT_DIR") {
        git = git.env("GIT_DIR", absolute(git_dir));
    }
    if environment.is_set("GIT_WORK_TREE") {
        git = git.env("GIT_WORK_TREE", top);
    }
    git
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

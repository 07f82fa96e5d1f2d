//! [`LintScene`]: where the files that are checked come from.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::{CommandError, CommandResult};
use idhooks_core::config::{CONFIG_PATH, Config, ConfigError, LintRules};
use idhooks_core::registry::{BlobId, Entry, RepoPath, Tree};
use idhooks_ops::{BaselineRefusal, FindingFilter, OpsError, find_commit, relative};
use idhooks_repo::git::{IndexedFile, OpenError, Repo};
use idhooks_repo::store::{WalkedFile, read_file, walk_files};

/// The largest file that is checked, in bytes.
pub(super) const LARGEST: u64 = 16 << 20;

/// A configuration with its text, on which what is cached depends.
pub(in crate::commands) struct LintConfig {
    pub(in crate::commands) config: Config,
    pub(in crate::commands) text: String,
    /// The name of its file.
    pub(in crate::commands) name: String,
}

/// A file to check.
#[derive(Debug, Clone)]
pub(in crate::commands) struct LintSource {
    pub(in crate::commands) path: RepoPath,
    /// Its content as a blob, if that is known.
    pub(in crate::commands) blob: Option<BlobId>,
    /// Whether it is read from the working tree.
    pub(in crate::commands) is_working: bool,
    /// How many bytes it has in the working tree; 0 elsewhere.
    pub(in crate::commands) size: u64,
}

/// A directory, and the commit or index of it that is checked instead of the files, if any.
pub(in crate::commands) struct LintScene {
    /// The top of the repository, or the directory.
    pub(in crate::commands) top: PathBuf,
    dir: PathBuf,
    pub(in crate::commands) repo: Option<Rc<Repo>>,
    pub(in crate::commands) tree: Option<Tree>,
}

impl LintSource {
    /// Returns a file of a commit or an index.
    pub(in crate::commands) fn committed(path: &RepoPath, entry: Entry) -> Self {
        LintSource { path: path.clone(), blob: Some(entry.blob), is_working: false, size: 0 }
    }
}

impl LintScene {
    /// Opens the directory; `is_staged` says that the index of a repository is needed.
    ///
    /// # Errors
    /// Returns an error if a commit or the index is needed and cannot be read.
    pub(in crate::commands) fn open(
        dir: &Path,
        rev: Option<&str>,
        is_staged: bool,
    ) -> CommandResult<Self> {
        let repo = match Repo::open_to_read(dir) {
            Ok(repo) => Some(Rc::new(repo)),
            Err(OpenError::NotARepository(_)) if rev.is_none() && !is_staged => None,
            Err(error) => return Err(error.into()),
        };
        let tree = match (&repo, rev) {
            (Some(repo), Some(rev)) => {
                let commit = find_commit(repo, rev)?;
                Some(repo.tree(repo.commit(commit)?.tree)?)
            }
            (Some(repo), None) if is_staged => Some(repo.index(&repo.index_file())?.tree),
            (Some(repo), None) if repo.is_bare() => {
                return Err(CommandError::new("this repository has no working tree")
                    .hint("name a commit: --rev HEAD"));
            }
            _ => None,
        };
        let top = match &repo {
            Some(repo) => repo.top().to_owned(),
            None => std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()),
        };
        Ok(LintScene { top, dir: dir.to_owned(), repo, tree })
    }

    /// Returns the scene of some files of a repository, which may be in no commit.
    pub(in crate::commands) fn of_tree(repo: &Rc<Repo>, tree: Tree) -> Self {
        let top = repo.top().to_owned();
        LintScene { dir: top.clone(), top, repo: Some(Rc::clone(repo)), tree: Some(tree) }
    }

    /// Reads a file; nothing if that is not possible, or if it is too large to be checked.
    pub(super) fn content(&self, source: &LintSource) -> Option<Vec<u8>> {
        if let (false, Some(blob), Some(repo)) = (source.is_working, source.blob, &self.repo) {
            return repo.blob(blob).ok().filter(|bytes| bytes.len() as u64 <= LARGEST);
        }
        let full = self.top.join(source.path.to_os_path());
        (source.size <= LARGEST).then(|| fs::read(full).ok())?
    }

    /// Creates the filter for the baseline that the rules name, if they name one.
    ///
    /// # Errors
    /// Returns an error if the baseline is missing or damaged.
    pub(in crate::commands) fn baseline(
        &self,
        rules: &LintRules,
    ) -> Result<Option<FindingFilter>, OpsError> {
        let Some(path) = &rules.baseline else { return Ok(None) };
        let bytes = match (&self.tree, &self.repo) {
            (Some(tree), Some(repo)) => {
                let entry = tree.get(path).filter(|entry| entry.mode.is_file());
                entry.map(|entry| repo.blob(entry.blob)).transpose()?
            }
            _ => read_file(&self.top.join(path.to_os_path()))?,
        };
        let is_to_be_committed = self.tree.is_some();
        let missing =
            || BaselineRefusal::MissingConfigured { file: path.clone(), is_to_be_committed };
        let bytes = bytes.ok_or_else(missing)?;
        Ok(Some(FindingFilter::configured(path.to_os_path().into(), &bytes)?))
    }

    /// Reads the rules: of a file, of the commit or the index, or of the working tree.
    ///
    /// # Errors
    /// Returns an error if the file does not exist or is not valid.
    pub(in crate::commands) fn config(&self, file: Option<&Path>) -> CommandResult<LintConfig> {
        let name = file.map_or(CONFIG_PATH.to_owned(), |file| file.display().to_string());
        let bytes = match (file, &self.tree, &self.repo) {
            (Some(file), ..) => read_file(file)?.ok_or_else(|| {
                CommandError::new(format!("cannot find '{}'", file.display()))
                    .hint("name a file with rules: --config idhooks.toml")
            })?,
            (None, Some(tree), Some(repo)) => {
                let entry = tree.get(&RepoPath::config()).filter(|entry| entry.mode.is_file());
                entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default()
            }
            _ => read_file(&self.top.join(CONFIG_PATH))?.unwrap_or_default(),
        };
        let text = String::from_utf8(bytes).map_err(|error| {
            CommandError::new(format!("'{name}' is not UTF-8")).because(&error.utf8_error())
        })?;
        let config = Config::parse(&text).map_err(|error| invalid(&name, &error))?;
        Ok(LintConfig { config, text, name })
    }

    /// Returns the files that the rules name, and the notebooks beside them, at or below these paths if there are any.
    ///
    /// # Errors
    /// Returns an error if a path does not exist or is outside.
    pub(in crate::commands) fn sources(
        &self,
        rules: &LintRules,
        paths: &[PathBuf],
    ) -> CommandResult<Vec<LintSource>> {
        let places =
            paths.iter().map(|typed| self.place(typed)).collect::<CommandResult<Vec<_>>>()?;
        let is_everything = places.is_empty() || places.contains(&None);
        let places: Vec<RepoPath> = places.into_iter().flatten().collect();
        let is_below = |path: &RepoPath, place: &RepoPath| {
            let rest = path.as_bytes().strip_prefix(place.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        let is_named =
            |path: &RepoPath| is_everything || places.iter().any(|place| is_below(path, place));
        let Some(tree) = &self.tree else {
            for (place, typed) in places.iter().zip(paths.iter().filter(|_| !is_everything)) {
                if self.top.join(place.to_os_path()).symlink_metadata().is_err() {
                    return Err(missing(typed));
                }
            }
            let mut sources = self.working(rules)?;
            sources.retain(|source| is_named(&source.path));
            return Ok(sources);
        };
        for (place, typed) in places.iter().zip(paths.iter().filter(|_| !is_everything)) {
            if !tree.keys().any(|path| is_below(path, place)) {
                return Err(missing(typed));
            }
        }
        let files = tree.iter().filter(|(path, entry)| {
            entry.mode.is_file() && is_source(rules, path) && is_named(path)
        });
        Ok(files.map(|(path, entry)| LintSource::committed(path, *entry)).collect())
    }

    /// Returns the files of the working tree: those that git tracks or does not ignore.
    fn working(&self, rules: &LintRules) -> CommandResult<Vec<LintSource>> {
        let any = RepoPath::new(*b"_").ok();
        let skips = |path: &RepoPath, is_dir: bool| match (is_dir, &any) {
            (true, Some(any)) => rules.exclude.matches(&path.join(any)),
            _ => !is_source(rules, path),
        };
        let walked = walk_files(&self.top, skips);
        let indexed = match &self.repo {
            Some(repo) => repo.indexed_files(&repo.index_file())?,
            None => Vec::new(),
        };
        let mut indexed: HashMap<&RepoPath, &IndexedFile> =
            indexed.iter().map(|file| (&file.path, file)).collect();
        let mut sources: Vec<LintSource> = Vec::with_capacity(walked.len());
        for WalkedFile { path, meta } in walked {
            let known = indexed.remove(&path).filter(|file| file.is_unchanged(&meta));
            let blob = known.map(|file| file.blob);
            sources.push(LintSource { path, blob, is_working: true, size: meta.len() });
        }
        // What git tracks although it ignores it.
        for (path, file) in indexed {
            if is_source(rules, path)
                && let Ok(meta) = fs::symlink_metadata(self.top.join(path.to_os_path()))
                && meta.is_file()
            {
                let blob = file.is_unchanged(&meta).then_some(file.blob);
                let (path, size) = (path.clone(), meta.len());
                sources.push(LintSource { path, blob, is_working: true, size });
            }
        }
        sources.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(sources)
    }

    /// Returns the path of an argument; nothing for the top.
    fn place(&self, typed: &Path) -> CommandResult<Option<RepoPath>> {
        if let Some(repo) = &self.repo {
            return Ok(relative(repo, &self.dir, typed)?);
        }
        let outside = || {
            CommandError::new(format!("'{}' is outside of the directory", typed.display()))
                .hint("change to a directory above it, or name it with -C")
        };
        let full = self.top.join(typed);
        let inside = full.strip_prefix(&self.top).map_err(|_| outside())?;
        let parts = inside.components().filter(|part| *part != std::path::Component::CurDir);
        let inside: PathBuf = parts.collect();
        match inside.as_os_str().is_empty() {
            true => Ok(None),
            false => RepoPath::of_os_path(&inside).map(Some).map_err(|_| outside()),
        }
    }
}

/// Returns whether a file is checked, or named as one that is not.
pub(in crate::commands) fn is_source(rules: &LintRules, path: &RepoPath) -> bool {
    rules.includes(path) || rules.is_unread_notebook(path)
}

fn missing(typed: &Path) -> CommandError {
    CommandError::new(format!("cannot find '{}'", typed.display()))
        .hint("name a file or a directory that exists")
}

/// Returns the error of a configuration that is not valid.
pub(super) fn invalid(file: &str, error: &ConfigError) -> CommandError {
    let shown = error.to_string();
    let place =
        shown.strip_prefix("idhooks.toml").map_or(shown.clone(), |rest| format!("{file}{rest}"));
    let hint = "run 'idhooks schema config' to see which keys and values it accepts";
    CommandError::new(place).hint(error.hint.clone().unwrap_or_else(|| hint.to_owned()))
}

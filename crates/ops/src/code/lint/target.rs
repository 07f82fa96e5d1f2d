//! [`LintTarget`]: the source of the files to lint.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use idhooks_core::config::{CONFIG_PATH, Config, ConfigError, LintRules};
use idhooks_core::registry::{BlobId, Entry, RepoPath, Tree};
use idhooks_repo::git::{CommitId, IndexedFile, Repo};
use idhooks_repo::store::{WalkedFile, read_file, walk_files};

use super::refusal::LintRefusal;
use crate::typed_paths::relative;
use crate::{BaselineRefusal, FindingFilter, OpsError};

/// The largest file to check, in bytes.
pub(super) const LARGEST: u64 = 16 << 20;

/// A configuration and its text, which is part of the cache key.
pub(super) struct LintConfig {
    pub(super) config: Config,
    pub(super) text: String,
    /// The file's name.
    pub(super) name: String,
}

impl LintConfig {
    /// Returns the refusal for an error in this configuration.
    pub(super) fn invalid(&self, error: ConfigError) -> LintRefusal {
        LintRefusal::Config(self.name.clone(), error)
    }
}

/// A file to check.
#[derive(Debug, Clone)]
pub(super) struct LintSource {
    pub(super) path: RepoPath,
    /// The content as a blob, if known.
    pub(super) blob: Option<BlobId>,
    /// Whether the file is read from the working tree.
    pub(super) is_working: bool,
    /// The file's size in the working tree, in bytes; 0 elsewhere.
    pub(super) size: u64,
}

/// What to check: a directory's files, or a commit or the index in its repository.
#[derive(Debug)]
pub struct LintTarget<'r> {
    /// The root of the working tree or, outside a repository, the directory.
    pub(super) top: PathBuf,
    /// The directory that typed paths are relative to.
    pub(super) dir: PathBuf,
    pub(super) repo: Option<&'r Repo>,
    pub(super) tree: Option<Tree>,
}

impl LintSource {
    /// Returns a file from a commit or an index.
    pub(super) fn committed(path: &RepoPath, entry: Entry) -> Self {
        LintSource { path: path.clone(), blob: Some(entry.blob), is_working: false, size: 0 }
    }
}

impl<'r> LintTarget<'r> {
    /// Returns the files in a repository's working tree, or in a directory outside any repository.
    pub fn of_files(dir: &Path, repo: Option<&'r Repo>) -> Self {
        let top = match repo {
            Some(repo) => repo.top().to_owned(),
            None => std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()),
        };
        LintTarget { top, dir: dir.to_owned(), repo, tree: None }
    }

    /// Returns the files in the index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn of_index(dir: &Path, repo: &'r Repo) -> Result<Self, OpsError> {
        let tree = Some(repo.index(&repo.index_file())?.tree);
        Ok(LintTarget { tree, ..Self::of_files(dir, Some(repo)) })
    }

    /// Returns the files in a commit.
    ///
    /// # Errors
    /// Returns an error if an object cannot be read.
    pub fn of_commit(dir: &Path, repo: &'r Repo, commit: CommitId) -> Result<Self, OpsError> {
        let tree = Some(repo.tree(repo.commit(commit)?.tree)?);
        Ok(LintTarget { tree, ..Self::of_files(dir, Some(repo)) })
    }

    /// Returns a target for some of a repository's files, which may not be in any commit.
    pub(super) fn of_tree(repo: &'r Repo, tree: Tree) -> Self {
        LintTarget { tree: Some(tree), ..Self::of_files(repo.top(), Some(repo)) }
    }

    /// Reads a file; returns `None` if it cannot be read or is too large to check.
    pub(super) fn content(&self, source: &LintSource) -> Option<Vec<u8>> {
        if let (false, Some(blob), Some(repo)) = (source.is_working, source.blob, self.repo) {
            return repo.blob(blob).ok().filter(|bytes| bytes.len() as u64 <= LARGEST);
        }
        let full = self.top.join(source.path.to_os_path());
        (source.size <= LARGEST).then(|| fs::read(full).ok())?
    }

    /// Reads a file from the commit, the index or the working tree, if it exists.
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, OpsError> {
        Ok(match (&self.tree, self.repo) {
            (Some(tree), Some(repo)) => {
                let entry = tree.get(path).filter(|entry| entry.mode.is_file());
                entry.map(|entry| repo.blob(entry.blob)).transpose()?
            }
            _ => read_file(&self.top.join(path.to_os_path()))?,
        })
    }

    /// Creates the filter for the baseline that the rules name, if any.
    ///
    /// # Errors
    /// Returns an error if the baseline is missing or damaged.
    pub(super) fn baseline(&self, rules: &LintRules) -> Result<Option<FindingFilter>, OpsError> {
        let Some(path) = &rules.baseline else { return Ok(None) };
        let missing = || BaselineRefusal::MissingConfigured(path.clone(), self.tree.is_some());
        let bytes = self.read(path)?.ok_or_else(missing)?;
        Ok(Some(FindingFilter::configured(path.to_os_path().into(), &bytes)?))
    }

    /// Reads the rules from a file, from the commit or index, or from the working tree.
    ///
    /// # Errors
    /// Returns an error if the file does not exist or is not valid.
    pub(super) fn config(&self, file: Option<&Path>) -> Result<LintConfig, OpsError> {
        let name = file.map_or(CONFIG_PATH.to_owned(), |file| file.display().to_string());
        let bytes = match file {
            Some(file) => read_file(file)?.ok_or_else(|| LintRefusal::NoConfig(file.to_owned()))?,
            None => self.read(&RepoPath::config())?.unwrap_or_default(),
        };
        let text = String::from_utf8(bytes)
            .map_err(|error| LintRefusal::NotUtf8(name.clone(), error.utf8_error()))?;
        let config =
            Config::parse(&text).map_err(|error| LintRefusal::Config(name.clone(), error))?;
        Ok(LintConfig { config, text, name })
    }

    /// Returns the files that the rules include, as well as notebooks; if there are any `paths`,
    /// only files at or below them.
    ///
    /// # Errors
    /// Returns an error if a path does not exist or is outside the directory.
    pub(super) fn sources(
        &self,
        rules: &LintRules,
        paths: &[PathBuf],
    ) -> Result<Vec<LintSource>, OpsError> {
        let places = paths.iter().map(|typed| self.place(typed));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        let is_everything = places.is_empty() || places.contains(&None);
        let places: Vec<RepoPath> = places.into_iter().flatten().collect();
        let is_named = |path: &RepoPath| {
            is_everything || places.iter().any(|place| path.is_at_or_below(place))
        };
        let exists = |place: &RepoPath| match &self.tree {
            Some(tree) => tree.keys().any(|path| path.is_at_or_below(place)),
            None => self.top.join(place.to_os_path()).symlink_metadata().is_ok(),
        };
        let mut named = places.iter().zip(paths.iter().filter(|_| !is_everything));
        if let Some((_, typed)) = named.find(|(place, _)| !exists(place)) {
            return Err(LintRefusal::NoFile(typed.clone()).into());
        }
        let Some(tree) = &self.tree else {
            let mut sources = self.working(rules)?;
            sources.retain(|source| is_named(&source.path));
            return Ok(sources);
        };
        let files = tree.iter().filter(|(path, entry)| {
            entry.mode.is_file() && is_source(rules, path) && is_named(path)
        });
        Ok(files.map(|(path, entry)| LintSource::committed(path, *entry)).collect())
    }

    /// Returns the files in the working tree that git tracks or does not ignore.
    fn working(&self, rules: &LintRules) -> Result<Vec<LintSource>, OpsError> {
        // A glob such as 'vendor/**' matches the files in a directory, but not the directory
        // itself.
        let any = RepoPath::new(*b"_").ok();
        let skips = |path: &RepoPath, is_dir: bool| match (is_dir, &any) {
            (true, Some(any)) => rules.exclude.matches(&path.join(any)),
            _ => !is_source(rules, path),
        };
        let walked = walk_files(&self.top, skips);
        let indexed = match self.repo {
            Some(repo) => repo.indexed_files(&repo.index_file())?,
            None => Vec::new(),
        };
        let mut indexed: HashMap<&RepoPath, &IndexedFile> =
            indexed.iter().map(|file| (&file.path, file)).collect();
        let mut sources: Vec<LintSource> = Vec::with_capacity(walked.len());
        for WalkedFile { path, meta } in walked {
            // If the index's stat data match, the blob's report applies, so the file need not be
            // read.
            let known = indexed.remove(&path).filter(|file| file.is_unchanged(&meta));
            let blob = known.map(|file| file.blob);
            sources.push(LintSource { path, blob, is_working: true, size: meta.len() });
        }
        // Tracked files may match ignore rules, in which case the walk skipped them.
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
        // Sorted like a git tree, so that reports from all sources look the same.
        sources.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(sources)
    }

    /// Returns the path that an argument names; `None` for the root.
    fn place(&self, typed: &Path) -> Result<Option<RepoPath>, OpsError> {
        if let Some(repo) = self.repo {
            return Ok(relative(repo, &self.dir, typed)?);
        }
        let outside = || LintRefusal::Outside(typed.to_owned());
        let full = self.top.join(typed);
        let inside = full.strip_prefix(&self.top).map_err(|_| outside())?;
        let parts = inside.components().filter(|part| *part != std::path::Component::CurDir);
        let inside: PathBuf = parts.collect();
        match inside.as_os_str().is_empty() {
            true => Ok(None),
            false => RepoPath::of_os_path(&inside).map(Some).map_err(|_| outside().into()),
        }
    }
}

/// Returns whether a file is to be checked, or reported as not checked.
pub(super) fn is_source(rules: &LintRules, path: &RepoPath) -> bool {
    rules.includes(path) || is_unread_notebook(rules, path)
}

/// Returns whether the file is a Python notebook that would be checked if it were a module.
pub(super) fn is_unread_notebook(rules: &LintRules, path: &RepoPath) -> bool {
    let is_left_out = || rules.exclude.matches(path) || rules.generated.matches(path);
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(b"ipynb"))
        && !rules.path.matches(path)
        && !is_left_out()
}

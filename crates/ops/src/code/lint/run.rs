//! [`LintRun`]: checks files in parallel; reports on content that has been checked before come from
//! the cache.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use idhooks_code::{FileReport, Formats, LintSelection, Linter};
use idhooks_core::config::LintRules;
use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_repo::cache::{Cache, FactsText, LintKey};
use idhooks_repo::git::Repo;
use idhooks_repo::store::digest;

use crate::{Notice, Observer, OpsError, SkippedFile};

use super::parallel::on_all_processors;
use super::refusal::LintRefusal;
use super::target::{LARGEST, LintConfig, LintSource, LintTarget, is_unread_notebook};
use crate::tree_lint::LintResult;

/// The file extensions of Python files.
const PYTHON: [&[u8]; 3] = [b"py", b"pyi", b"pyw"];
/// Why notebooks are not checked.
const NOTEBOOK: &str = "notebooks are not read";
/// The maximum size of the blobs held in memory at once, in bytes.
const BATCH: usize = 64 << 20;

impl LintResult {
    /// Issues a notice that lists files that were not checked, if any.
    pub(super) fn report_skipped(&self, observer: &mut dyn Observer) {
        if !self.skipped.is_empty() {
            observer.notice(Notice::NotLinted(self.skipped.clone()));
        }
    }
}

/// A run's rules, and where its files come from.
pub(super) struct LintRun<'c> {
    pub(super) target: &'c LintTarget<'c>,
    pub(super) linter: Linter<'c>,
    /// A digest of everything that findings depend on, apart from a file's content.
    pub(super) digest: u64,
}

/// The content of a file to examine.
enum LintContent {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// A file to examine.
struct LintTask {
    /// The file's position in the list.
    at: usize,
    /// The size in bytes; 0 if unknown.
    size: u64,
    content: LintContent,
    is_python: bool,
}

impl<'c> LintRun<'c> {
    /// Prepares the rules.
    ///
    /// # Errors
    /// Returns an error if the configuration's formats or codes are not valid.
    pub(super) fn new(
        target: &'c LintTarget<'c>,
        config: &'c LintConfig,
        selection: &LintSelection,
    ) -> Result<Self, LintRefusal> {
        let invalid = |error| config.invalid(error);
        let formats = Formats::compile(&config.config).map_err(invalid)?;
        let linter = Linter::new(config.config.lint(), formats, selection).map_err(invalid)?;
        let codes = [&selection.select, &selection.ignore];
        let digest =
            digest((&config.text, codes.map(|codes| codes.clone()), selection.count.as_str()));
        Ok(LintRun { target, linter, digest })
    }

    /// Returns the rules.
    pub(super) fn rules(&self) -> &'c LintRules {
        self.linter.rules
    }

    /// Checks the target's files; if there are any `paths`, only the files at or below them.
    ///
    /// # Errors
    /// Returns an error if a path does not exist, or if the repository cannot be read.
    pub(super) fn lint(&self, paths: &[PathBuf]) -> Result<LintResult, OpsError> {
        self.lint_sources(self.target.sources(self.rules(), paths)?)
    }

    /// Checks some files.
    ///
    /// # Errors
    /// Returns an error if a blob cannot be read.
    pub(super) fn lint_sources(&self, sources: Vec<LintSource>) -> Result<LintResult, OpsError> {
        self.lint_rest(sources, HashMap::new())
    }

    /// Checks the files whose reports are not known yet.
    ///
    /// # Errors
    /// Returns an error if a blob cannot be read.
    pub(super) fn lint_rest(
        &self,
        sources: Vec<LintSource>,
        mut known: HashMap<RepoPath, FileReport>,
    ) -> Result<LintResult, OpsError> {
        let (notebooks, sources): (Vec<LintSource>, Vec<LintSource>) =
            sources.into_iter().partition(|source| is_unread_notebook(self.rules(), &source.path));
        let mut reports: Vec<Option<FileReport>> =
            sources.iter().map(|source| known.remove(&source.path)).collect();
        match self.target.repo {
            Some(repo) => {
                let mut cache: Cache<LintKey> = Cache::open(&repo.state_dir());
                self.examine(repo, &sources, &mut cache, &mut reports)?;
                cache.save();
            }
            None => {
                let open = sources.iter().enumerate().filter(|(at, _)| reports[*at].is_none());
                let mut tasks: Vec<LintTask> =
                    open.map(|(at, source)| self.task(at, source)).collect();
                let found = work(&self.linter, &mut tasks);
                for (task, report) in tasks.iter().zip(found) {
                    reports[task.at] = report;
                }
            }
        }
        let notebook = |LintSource { path, .. }| SkippedFile { path, reason: NOTEBOOK.to_owned() };
        let skipped = notebooks.into_iter().map(notebook).collect();
        let mut result = LintResult { skipped, ..LintResult::default() };
        for (source, report) in sources.into_iter().zip(reports) {
            // A file that has disappeared in the meantime counts as not checked.
            let Some(mut report) = report else { continue };
            if let Some(reason) = report.problem.take() {
                result.skipped.push(SkippedFile { path: source.path.clone(), reason });
                result.unchecked.push(source.path);
                continue;
            }
            result.findings.extend(self.linter.findings(&source.path, report));
            result.files.push(source.path);
        }
        result.findings.sort();
        result.skipped.sort();
        Ok(result)
    }

    /// Completes the reports, taking them from the cache where possible.
    fn examine(
        &self,
        repo: &Repo,
        sources: &[LintSource],
        cache: &mut Cache<LintKey>,
        reports: &mut [Option<FileReport>],
    ) -> Result<(), OpsError> {
        let mut tasks: Vec<LintTask> = Vec::new();
        let mut blobs: Vec<Option<BlobId>> = vec![None; sources.len()];
        let mut held = 0;
        for (at, source) in sources.iter().enumerate() {
            if reports[at].is_some() {
                continue;
            }
            let mut task = self.task(at, source);
            blobs[at] = match source.blob {
                Some(blob) => Some(blob),
                None => {
                    // Content in the working tree may not be stored as a blob, but the cache can
                    // use the id that it would have.
                    let bytes = task.read();
                    let blob = bytes.as_ref().and_then(|b| repo.blob_of(&**b, b.len() as u64));
                    if let Some(bytes) = bytes {
                        held += bytes.len();
                        task.hold(bytes);
                    }
                    blob
                }
            };
            let key = blobs[at].map(|blob| self.key(blob, task.is_python));
            // A report that cannot be parsed was cached by another version, so examine the file
            // again.
            let cached = key.and_then(|key| serde_json::from_str(&cache.get(&key)?.0).ok());
            if cached.is_some() {
                reports[at] = cached;
                continue;
            }
            if let Some(blob) = source.blob.filter(|_| !source.is_working) {
                let bytes = repo.blob(blob)?;
                held += bytes.len();
                task.hold(bytes);
            }
            tasks.push(task);
            // The files in a large repository might not fit into memory all at once.
            if held > BATCH {
                held = 0;
                self.finish(&mut tasks, &blobs, cache, reports);
            }
        }
        self.finish(&mut tasks, &blobs, cache, reports);
        Ok(())
    }

    /// Runs the tasks and caches their findings.
    fn finish(
        &self,
        tasks: &mut Vec<LintTask>,
        blobs: &[Option<BlobId>],
        cache: &mut Cache<LintKey>,
        reports: &mut [Option<FileReport>],
    ) {
        let found = work(&self.linter, tasks);
        for (task, report) in tasks.iter().zip(found) {
            let text = report.as_ref().and_then(|report| serde_json::to_string(report).ok());
            if let (Some(blob), Some(text)) = (blobs[task.at], text) {
                cache.insert(&self.key(blob, task.is_python), &FactsText(text));
            }
            reports[task.at] = report;
        }
        tasks.clear();
    }

    fn key(&self, blob: BlobId, is_python: bool) -> LintKey {
        // Python files are examined under different rules than other files with the same content.
        LintKey(blob, self.digest ^ u64::from(is_python))
    }

    fn task(&self, at: usize, source: &LintSource) -> LintTask {
        let content = LintContent::File(self.target.top.join(source.path.to_os_path()));
        LintTask { at, size: source.size, content, is_python: is_python(&source.path) }
    }
}

/// Returns whether a file is a Python file, judging by its name.
pub(super) fn is_python(path: &RepoPath) -> bool {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    PYTHON.contains(&&*extension)
}

/// Runs tasks, largest first, so that no processor is left with a long task at the end.
fn work(linter: &Linter<'_>, tasks: &mut [LintTask]) -> Vec<Option<FileReport>> {
    tasks.sort_by_key(|task| Reverse(task.size));
    on_all_processors(tasks, || (), |(), task| report(linter, task))
}

/// Examines a file; returns `None` if it is gone.
fn report(linter: &Linter<'_>, task: &LintTask) -> Option<FileReport> {
    let problem = |problem: String| FileReport { spots: Vec::new(), problem: Some(problem) };
    let bytes = match &task.content {
        LintContent::Bytes(bytes) => Cow::from(bytes),
        LintContent::File(path) => match fs::read(path) {
            Ok(bytes) => Cow::from(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => return Some(problem(error.to_string())),
        },
    };
    Some(match bytes.len() as u64 > LARGEST {
        true => problem(format!("it has more than {} MiB", LARGEST >> 20)),
        false => linter.examine(&bytes, task.is_python),
    })
}

impl LintTask {
    /// Takes the file's content.
    fn hold(&mut self, bytes: Vec<u8>) {
        self.size = bytes.len() as u64;
        self.content = LintContent::Bytes(bytes);
    }

    /// Reads the file if possible, unless it is too large.
    fn read(&self) -> Option<Vec<u8>> {
        let LintContent::File(path) = &self.content else { return None };
        // A file of several gigabytes must not be read just to be rejected.
        fs::metadata(path).ok().filter(|meta| meta.len() <= LARGEST)?;
        fs::read(path).ok()
    }
}

//! Replaces code according to the `[[lint.replace]]` rules.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use idhooks_code::{Codemods, FileReport, FixContext, FixPlace, FixedFile, LintSelection};
use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use idhooks_python::{PythonFile, SyntaxTree};
use idhooks_references::PythonPackages;
use idhooks_repo::git::Repo;
use idhooks_repo::store::journal::FileStep;
use idhooks_repo::transaction::Transaction;

use super::fix_balance::{FixBalance, UnfitFile};
use super::fix_candidates::Candidates;
use super::import_faults::ImportFaults;
use super::import_sections::ImportSections;
use super::parallel::on_all_processors;
use super::refusal::LintRefusal;
use super::run::LintRun;
use super::target::{LintConfig, LintSource, LintTarget};
use crate::interrupted_run::assert_settled;
use crate::tree_lint::LintResult;
use crate::{OpsError, Reach, SkippedFile, Writer, open_to_change};

/// Which code to replace.
#[derive(Debug)]
pub struct LintFixOptions {
    /// Only in these files and in files under these directories, as typed; in all files if empty.
    pub paths: Vec<PathBuf>,
    /// Only in files with one of these extensions; any extension if empty.
    pub extensions: Vec<String>,
    /// A file whose rules are used instead of the configuration.
    pub config: Option<PathBuf>,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// What the rules did to the files.
#[derive(Debug, Default)]
pub struct LintFixReport {
    /// The number of files read.
    pub scanned: usize,
    /// The files where a rule matched.
    pub files: Vec<FileFixes>,
    /// The files that were not checked.
    pub skipped: Vec<SkippedFile>,
    /// The files that Python would reject after the changes; nothing in them is replaced.
    pub unfit: Vec<UnfitFile>,
    /// The number of files with findings from the linter.
    pub files_with_findings: usize,
    /// The number of places by outcome.
    pub balance: FixBalance,
}

/// What the rules did to a file.
#[derive(Debug)]
pub struct FileFixes {
    /// The file's path.
    pub path: RepoPath,
    /// The file's content before the replacements.
    pub before: Vec<u8>,
    /// The outcome.
    pub fixed: FixedFile,
}

/// Replaces code in all files, or in no file if any of them cannot be written.
///
/// # Errors
/// Returns an error if there are no rules, if one is not valid, if a path does not exist, or if a
/// file or the repository cannot be read or written. In that case nothing was changed.
pub fn lint_fix(
    target: &LintTarget<'_>,
    options: &LintFixOptions,
) -> Result<LintFixReport, OpsError> {
    let config = target.config(options.config.as_deref())?;
    let run = LintRun::new(target, &config, &LintSelection::default())?;
    let rules = compile(&config)?;
    if rules.is_empty() {
        return Err(LintRefusal::NoReplacements(config.name).into());
    }
    if options.is_dry_run {
        return find(&run, &rules, options);
    }
    if target.repo.is_none() {
        return Err(LintRefusal::NoRepository.into());
    }
    // From here on, no other command can write.
    let repo = open_to_change(&target.dir)?;
    let writer = Writer::open_for(&repo, "lint", Reach::Everything)?;
    assert_settled(writer.repo)?;
    // The files are not read until now, since another command could have changed them before the
    // lock was taken.
    let report = find(&run, &rules, options)?;
    report.write(writer.repo)?;
    Ok(report)
}

/// Returns the replacement for a finding's code, if there is one.
pub fn fix_of<'f>(files: &'f [FileFixes], finding: &Finding) -> Option<(&'f FixPlace, &'f str)> {
    let place = finding.place.as_ref()?;
    let file = files.iter().find(|file| Some(&file.path) == finding.path.as_ref())?;
    file.fixed.places.iter().find_map(|fix| {
        let after = fix.outcome.as_ref().ok()?;
        fix.contains((place.line, place.column)).then_some((fix, &**after))
    })
}

/// Applies the rules, if any, to the files with findings, in memory.
///
/// # Errors
/// Returns an error if a rule is not valid, or if the files cannot be listed.
pub(super) fn fixes_of(
    run: &LintRun<'_>,
    config: &LintConfig,
    findings: &[Finding],
) -> Result<Vec<FileFixes>, OpsError> {
    let rules = compile(config)?;
    // Listing all files is slow, so it is avoided if there is nothing to do.
    if rules.is_empty() || findings.is_empty() {
        return Ok(Vec::new());
    }
    let paths: BTreeSet<_> = findings.iter().filter_map(|one| one.path.as_ref()).collect();
    // The whole project is searched, since the imports in a fix depend on other files.
    let project = run.target.sources(run.rules(), &[])?;
    let is_found = |source: &&LintSource| paths.contains(&source.path);
    let sources = project.iter().filter(is_found).cloned().collect();
    Ok(apply(run, &rules, sources, project).0.files)
}

fn compile(config: &LintConfig) -> Result<Codemods, LintRefusal> {
    let rules = &config.config.lint().replace;
    Codemods::compile(rules).map_err(|error| config.invalid(error))
}

/// Applies the rules in memory and returns the outcome at each place.
fn find(
    run: &LintRun<'_>,
    rules: &Codemods,
    options: &LintFixOptions,
) -> Result<LintFixReport, OpsError> {
    let project = run.target.sources(run.rules(), &[])?;
    let mut sources = match &options.paths[..] {
        [] => project.clone(),
        paths => run.target.sources(run.rules(), paths)?,
    };
    sources.retain(|source| options.has_extension(&source.path));
    let (report, known) = apply(run, rules, sources.clone(), project);
    Ok(report.with_balance(run.lint_rest(sources, known)?)?)
}

/// Applies the rules to some of the project's files, in memory; also returns the linter's findings
/// in these files, which are discovered along the way.
fn apply(
    run: &LintRun<'_>,
    rules: &Codemods,
    sources: Vec<LintSource>,
    project: Vec<LintSource>,
) -> (LintFixReport, HashMap<RepoPath, FileReport>) {
    let project: HashMap<RepoPath, LintSource> =
        project.into_iter().map(|source| (source.path.clone(), source)).collect();
    let known: BTreeSet<RepoPath> = project.keys().cloned().collect();
    let (target, linter) = (run.target, &run.linter);
    let top_name = target.top.file_name().and_then(|name| name.to_str());
    let candidates = Candidates::find(target, linter, rules, sources, &project);
    let texts = &candidates.texts;
    // Following imports is slow, and only needed if a rule matches.
    let faults = match texts.is_empty() {
        true => ImportFaults::default(),
        false => {
            let files = texts.iter().map(|(path, _)| path).collect();
            let read = |path: &RepoPath| target.content(project.get(path)?);
            ImportFaults::find(&Vec::from_iter(rules.imported()), &files, &known, &read)
        }
    };
    let start = || ImportSections::new(PythonPackages::new(&known, &[], top_name));
    let is_hardcoded = |name: &str, id: &str| linter.is_hardcoded(name, id);
    let fixed = on_all_processors(texts, start, |sections, (path, before)| {
        let section = |module: &str| sections.of(path, module);
        let import_fault = |module: &str| faults.fault(path, module);
        let is_used_outside = |name: &str| candidates.is_used_outside(path, name);
        let context = FixContext {
            is_hardcoded: &is_hardcoded,
            section: &section,
            import_fault: &import_fault,
            is_used_outside: &is_used_outside,
        };
        // A file that cannot be parsed must not keep the others from being checked.
        let file = match PythonFile::parse(before) {
            Ok(file) => file,
            Err(problem) => {
                let problem = problem.to_string();
                let report = FileReport { spots: Vec::new(), problem: Some(problem) };
                return (report, None);
            }
        };
        file.on_stack(|file| {
            let tree = SyntaxTree::of(file);
            let fixed = rules.fix(path, before, &tree, context);
            (linter.examine_tree(before, &tree), Some(fixed))
        })
    });
    let mut fixes = LintFixReport { scanned: candidates.read, ..LintFixReport::default() };
    let mut reports = candidates.reports;
    for ((path, before), (report, fixed)) in candidates.texts.into_iter().zip(fixed) {
        reports.insert(path.clone(), report);
        match fixed {
            None => {}
            Some(Ok(fixed)) if fixed.places.is_empty() => {}
            Some(Ok(fixed)) => fixes.files.push(FileFixes { path, before, fixed }),
            Some(Err(reason)) => fixes.unfit.push(UnfitFile::new(path, before, reason)),
        }
    }
    (fixes, reports)
}

impl LintFixOptions {
    fn has_extension(&self, path: &RepoPath) -> bool {
        let extension = path.extension().unwrap_or_default();
        let is_it = |name: &String| name.trim_start_matches('.').as_bytes() == extension;
        self.extensions.is_empty() || self.extensions.iter().any(is_it)
    }
}

impl LintFixReport {
    /// Sets the number of places by outcome, and adds the files that could not be checked.
    ///
    /// # Errors
    /// Returns an error if a place occurs twice.
    fn with_balance(mut self, linted: LintResult) -> Result<Self, LintRefusal> {
        let LintResult { findings, skipped, .. } = linted;
        let refused = |path: &RepoPath| self.unfit.iter().any(|file| file.path == *path);
        self.balance = FixBalance::new(&findings, self.places(), refused)?;
        self.files_with_findings = findings.chunk_by(|one, next| one.path == next.path).count();
        self.skipped = skipped;
        self.unfit.iter_mut().for_each(|file| file.find_places(&findings));
        Ok(self)
    }

    /// Writes all files, or none of them.
    fn write(&self, repo: &Repo) -> Result<(), OpsError> {
        let step = |file: &FileFixes| {
            let (before, after) = (file.before.clone(), file.fixed.bytes.clone());
            FileStep::rewrite(file.path.clone(), Some(before), Some(after))
        };
        let files: Vec<FileStep> = self.changed().map(step).collect();
        if files.is_empty() {
            return Ok(());
        }
        let journal = Some("lint --fix".to_owned());
        Ok(Transaction { files, journal, ..Transaction::new(repo, []) }.commit(|| Ok(()))?)
    }

    /// Returns the files that will change.
    pub fn changed(&self) -> impl Iterator<Item = &FileFixes> {
        self.files.iter().filter(|file| file.fixed.bytes != file.before)
    }

    /// Returns the places where a rule matched, in all files that Python would still accept.
    pub fn places(&self) -> impl Iterator<Item = (&RepoPath, &FixPlace)> {
        self.files.iter().flat_map(|file| file.fixed.places.iter().map(|place| (&file.path, place)))
    }
}

//! `idhooks lint --fix`: replaces code by the rules `[[lint.replace]]`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use idhooks_identifiers::{Codemods, FileReport, FixContext, FixPlace, FixRefusal, FixedFile};
use idhooks_ops::{Reach, Writer, assert_settled, open_to_change};
use idhooks_python::{PythonFile, Tree};
use idhooks_references::PythonPackages;
use idhooks_repo::git::Repo;
use idhooks_repo::store::journal::FileStep;
use idhooks_repo::transaction::Transaction;
use serde::Serialize;

use crate::commands::rollback::roll_back;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{ReportFormat, Ui, count, json, unified};

use super::candidates::Candidates;
use super::fix_balance::{FixBalance, UnfitFile};
use super::import_faults::ImportFaults;
use super::import_sections::ImportSections;
use super::parallel::on_all_processors;
use super::run::{LintResult, LintRun};
use super::skipped::{SkippedFile, warn_of_skipped};
use super::sources::{LintConfig, LintScene, LintSource, invalid};

/// How many characters of a line a report shows.
const SHOWN: usize = 80;

/// The options of `--fix`.
#[derive(Debug, Args)]
pub(super) struct FixOptions {
    /// Replace code by the rules of lint.replace: show what would change
    #[arg(long, conflicts_with_all = ["rev", "staged", "history", "select", "ignore", "count", "by", "no_findings", "baseline", "write_baseline", "min_score", "max", "strict"])]
    pub(super) fix: bool,
    /// Make the changes: in all files or in none
    #[arg(long, alias = "apply", requires = "fix")]
    execute: bool,
    /// Undo the last run of --fix --execute, or one that was interrupted
    #[arg(long, conflicts_with_all = ["fix", "paths", "path"])]
    pub(super) rollback: bool,
    /// Show what would change; change nothing (default)
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
    /// The same as PATH
    #[arg(long, value_name = "PATH", hide = true, requires = "fix")]
    pub(super) path: Vec<PathBuf>,
    /// Only files with one of these extensions
    #[arg(long, value_name = "NAME", value_delimiter = ',', hide = true, requires = "fix")]
    extensions: Vec<String>,
}

/// The document.
#[derive(Serialize)]
struct FixReport<'r> {
    mode: &'static str,
    files: usize,
    files_with_findings: usize,
    totals: &'r FixBalance,
    changes: Vec<FixLine<'r>>,
    refused: Vec<FixLine<'r>>,
    skipped: Vec<SkippedFile<'r>>,
}

/// A place of a file, with one line of it.
#[derive(Serialize)]
struct FixLine<'r> {
    path: &'r RepoPath,
    line: usize,
    current: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What the rules do to the files.
#[derive(Default)]
pub(super) struct Fixes {
    scanned: usize,
    files: Vec<FileFixes>,
    skipped: Vec<(RepoPath, String)>,
    /// The files that Python would refuse after the changes, so that nothing in them is replaced.
    unfit: Vec<UnfitFile>,
    /// The files in which the linter found something.
    files_with_findings: usize,
    balance: FixBalance,
}

/// What the rules do to a file.
struct FileFixes {
    path: RepoPath,
    before: Vec<u8>,
    fixed: FixedFile,
}

impl FixOptions {
    /// Undoes the last run.
    pub(super) fn roll_back(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, "lint", Reach::Everything)?;
        roll_back(ui, writer.repo, "lint", self.dry_run)
    }

    /// Replaces code, or shows that.
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        dir: &Path,
        (scene, config, run): (&LintScene, &LintConfig, &LintRun<'_>),
        (paths, format): (&[PathBuf], ReportFormat),
    ) -> CommandResult<Exit> {
        let paths = [paths, &self.path].concat();
        if !matches!(format, ReportFormat::Text | ReportFormat::Json) {
            return Err(CommandError::new("'idhooks lint --fix' has no such format")
                .hint("use --format text or --format json"));
        }
        let rules = compile(config)?;
        if rules.is_empty() {
            let what = format!("'{}' has no rule [[lint.replace]]", config.name);
            return Err(CommandError::new(what)
                .hint("write what to find and what to put in its place; see docs/linting.md"));
        }
        let find = || {
            let project = scene.sources(run.rules(), &[])?;
            let mut sources = match &paths[..] {
                [] => project.clone(),
                paths => scene.sources(run.rules(), paths)?,
            };
            sources.retain(|source| self.has_extension(&source.path));
            let (fixes, reports) = Fixes::find((scene, run), &rules, sources.clone(), project);
            fixes.with_balance(run.lint_rest(sources, reports)?)
        };
        if !self.execute {
            let fixes = find()?;
            return Ok(fixes.show(ui, false, format));
        }
        if scene.repo.is_none() {
            return Err(CommandError::new("this directory is in no git repository")
                .hint("what is changed could not be undone; make a repository first: git init"));
        }
        // No other command writes from here on.
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, "lint", Reach::Everything)?;
        assert_settled(writer.repo)?;
        let fixes = find()?;
        fixes.write(writer.repo)?;
        Ok(fixes.show(ui, true, format))
    }

    fn has_extension(&self, path: &RepoPath) -> bool {
        let extension = path.extension().unwrap_or_default();
        let is_it = |name: &String| name.trim_start_matches('.').as_bytes() == extension;
        self.extensions.is_empty() || self.extensions.iter().any(is_it)
    }
}

fn compile(config: &LintConfig) -> CommandResult<Codemods> {
    let rules = &config.config.lint().replace;
    Codemods::compile(rules).map_err(|error| invalid(&config.name, &error))
}

impl Fixes {
    /// Applies the rules, if there are any, to the files of findings, in memory.
    ///
    /// # Errors
    /// Returns an error if a rule is not valid, or if the files cannot be listed.
    pub(super) fn of_findings(
        (scene, config, run): (&LintScene, &LintConfig, &LintRun<'_>),
        findings: &[Finding],
    ) -> CommandResult<Self> {
        let rules = compile(config)?;
        if rules.is_empty() || findings.is_empty() {
            return Ok(Fixes::default());
        }
        let paths: BTreeSet<_> = findings.iter().filter_map(|one| one.path.as_ref()).collect();
        let project = scene.sources(run.rules(), &[])?;
        let is_found = |source: &&LintSource| paths.contains(&source.path);
        let sources = project.iter().filter(is_found).cloned().collect();
        Ok(Fixes::find((scene, run), &rules, sources, project).0)
    }

    /// Returns what replaces the code of a finding, if something does.
    pub(super) fn of_finding(&self, finding: &Finding) -> Option<(&FixPlace, &str)> {
        let place = finding.place.as_ref()?;
        let file = self.files.iter().find(|file| Some(&file.path) == finding.path.as_ref())?;
        file.fixed.places.iter().find_map(|fix| {
            let after = fix.outcome.as_ref().ok()?;
            fix.contains((place.line, place.column)).then_some((fix, &**after))
        })
    }

    /// Applies the rules to some files of the project, in memory; also returns what the linter finds in
    /// them, as far as that is known then.
    fn find(
        (scene, run): (&LintScene, &LintRun<'_>),
        rules: &Codemods,
        sources: Vec<LintSource>,
        project: Vec<LintSource>,
    ) -> (Self, HashMap<RepoPath, FileReport>) {
        let project: HashMap<RepoPath, LintSource> =
            project.into_iter().map(|source| (source.path.clone(), source)).collect();
        let known: BTreeSet<RepoPath> = project.keys().cloned().collect();
        let top_name = scene.top.file_name().and_then(|name| name.to_str());
        let linter = run.linter();
        let candidates = Candidates::find(scene, (linter, rules), sources, &project);
        let texts = &candidates.texts;
        let faults = match texts.is_empty() {
            true => ImportFaults::default(),
            false => {
                let files = texts.iter().map(|(path, _)| path).collect();
                let read = |path: &RepoPath| scene.content(project.get(path)?);
                ImportFaults::of(&Vec::from_iter(rules.imported()), &files, &known, &read)
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
            let file = match PythonFile::parse(before) {
                Ok(file) => file,
                Err(problem) => {
                    let problem = problem.to_string();
                    let report = FileReport { spots: Vec::new(), problem: Some(problem) };
                    return (report, None);
                }
            };
            file.on_stack(|file| {
                let tree = Tree::of(file);
                let fixed = rules.fix(path, (before, &tree), context);
                (linter.examine_tree(before, &tree), Some(fixed))
            })
        });
        let mut fixes = Fixes { scanned: candidates.read, ..Fixes::default() };
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

    /// Adds what becomes of the places, and the files that could not be checked.
    ///
    /// # Errors
    /// Returns an error if a place comes twice.
    fn with_balance(mut self, linted: LintResult) -> CommandResult<Self> {
        let LintResult { findings, skipped, .. } = linted;
        let refused = |path: &RepoPath| self.unfit.iter().any(|file| file.path == *path);
        self.balance = FixBalance::new(&findings, self.places(), refused)?;
        self.files_with_findings = findings.chunk_by(|one, next| one.path == next.path).count();
        self.skipped = skipped;
        self.unfit.iter_mut().for_each(|file| file.find_places(&findings));
        Ok(self)
    }

    /// Writes the files, all or none.
    fn write(&self, repo: &Repo) -> CommandResult<()> {
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

    fn changed(&self) -> impl Iterator<Item = &FileFixes> {
        self.files.iter().filter(|file| file.fixed.bytes != file.before)
    }

    /// Returns the places in files that Python would refuse after the changes.
    fn unfit_lines(&self) -> impl Iterator<Item = FixLine<'_>> {
        self.unfit.iter().flat_map(|UnfitFile { path, reason, places, .. }| {
            places.iter().map(move |(line, text)| FixLine {
                path,
                line: *line,
                current: one_line(text),
                suggested: None,
                reason: Some(reason.to_string()),
            })
        })
    }

    /// Returns the places of all files.
    fn places(&self) -> impl Iterator<Item = (&RepoPath, &FixPlace)> {
        self.files.iter().flat_map(|file| file.fixed.places.iter().map(|place| (&file.path, place)))
    }

    fn show(&self, ui: &mut Ui, is_done: bool, format: ReportFormat) -> Exit {
        let [changes, refused] = [true, false].map(|is_changed| {
            let places = self.places().filter(|(_, place)| place.outcome.is_ok() == is_changed);
            places.map(|(path, place)| FixLine::new(path, place)).collect::<Vec<_>>()
        });
        let refused = Vec::from_iter(refused.into_iter().chain(self.unfit_lines()));
        let (changed, left) = (changes.len(), refused.len());
        if format == ReportFormat::Json {
            ui.data(&json::document(&FixReport {
                mode: if is_done { "execute" } else { "dry-run" },
                files: self.scanned,
                files_with_findings: self.files_with_findings,
                totals: &self.balance,
                changes,
                refused,
                skipped: SkippedFile::all(&self.skipped),
            }));
        } else {
            for file in self.changed() {
                let shown = unified([&file.path; 2], [&file.before, &file.fixed.bytes]);
                shown.lines().for_each(|line| ui.report(line.trim_end_matches('\r')));
            }
            for FixLine { path, line, current, reason, .. } in &refused {
                let reason = reason.as_deref().unwrap_or_default();
                ui.warning(&format!("not replaced: {path}:{line}: {current}: {reason}"));
            }
        }
        warn_of_skipped(ui, &self.skipped);
        self.conclude(ui, changed, is_done);
        match (changed, left, is_done) {
            (_, 0, true) | (0, 0, _) => Exit::Fine,
            _ => Exit::Findings,
        }
    }

    fn conclude(&self, ui: &mut Ui, changed: usize, is_done: bool) {
        let scanned = count(self.scanned, "file", "files");
        let files = count(self.changed().count(), "file", "files");
        let places = count(changed, "place", "places");
        let them = if changed == 1 { "it" } else { "them" };
        ui.status(&match (changed, is_done) {
            (0, true) => format!("{scanned}: nothing was replaced"),
            (0, false) => format!("{scanned}: would replace nothing"),
            (_, true) => format!(
                "{scanned}: replaced {places} in {files}; to undo it: idhooks lint --rollback"
            ),
            (_, false) => {
                format!(
                    "{scanned}: would replace {places} in {files}; to replace {them}: --execute"
                )
            }
        });
        ui.status(&self.balance.equation(is_done));
    }
}

impl<'r> FixLine<'r> {
    fn new(path: &'r RepoPath, place: &'r FixPlace) -> Self {
        let suggested = place.outcome.as_ref().ok().map(|text| one_line(text));
        let reason = place.outcome.as_ref().err().map(FixRefusal::to_string);
        FixLine { path, line: place.line, current: one_line(&place.found), suggested, reason }
    }
}

/// Returns the beginning of code as one line.
pub(super) fn one_line(code: &str) -> String {
    let words: Vec<&str> = code.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => {
            format!("{}…", &line[..line[..end].char_indices().last().map_or(0, |(at, _)| at)])
        }
        None => line,
    }
}

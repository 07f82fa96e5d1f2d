//! [`CodeState`]: identifiers in the code of a commit or of the index, for the reports about it.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;
use idhooks_identifiers::bridge::{Bridge, Scanner};
use idhooks_identifiers::{LintSelection, LintTally, count_violations, is_legacy_use};
use idhooks_repo::cache::{Cache, FactsText, LintKey};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::store::digest;
use idhooks_report::metrics::{CodeMeasures, CodeSigns, LegacyMeasures};

use crate::error::CommandResult;

use super::fix::Fixes;
use super::history::{LintDay, last_commits, lint_days};
use super::run::{LintResult, LintRun};
use super::sources::{LARGEST, LintConfig, LintScene, LintSource, invalid};

/// The priority of the files in which nothing of the past may be used.
const CRITICAL: &str = "critical";

/// What the linter finds in a commit or in the index.
pub(in crate::commands) struct CodeState {
    /// The numbers.
    pub(super) tally: LintTally,
    /// The findings, sorted.
    pub(super) findings: Vec<Finding>,
    /// Those about what the configuration declares to be of the past, and that the baseline does not
    /// have.
    pub(in crate::commands) legacy_findings: Vec<Finding>,
    /// What would be replaced: nothing, since no report asks.
    pub(super) fixes: Fixes,
    /// The files that could not be checked, with the reason.
    pub(super) skipped: Vec<(RepoPath, String)>,
    /// The formats of the past, if any are declared.
    pub(super) legacy: Vec<LegacyUse>,
    /// The numbers of each day, if they were asked for.
    pub(super) days: Vec<LintDay>,
}

/// A format of the past, and where it is used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct LegacyUse {
    /// Its name.
    pub(super) format: String,
    /// The number of its identifiers in code.
    pub(super) identifiers: u64,
    /// The formats that replace it.
    pub(super) successors: Vec<String>,
    /// The services that use it together with one of them.
    pub(super) mixed_in: BTreeSet<String>,
}

/// Which days a [`CodeState`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum CodeDays {
    /// Those of the history of its commit.
    History,
    /// None.
    None,
}

impl CodeState {
    /// Checks the files of the commit, or of the index, by its rules; `None` if its configuration has
    /// no table `[lint]`, which costs nothing.
    ///
    /// # Errors
    /// Returns an error if the rules are not valid, or if an object cannot be read.
    pub(in crate::commands) fn of(
        repo: &Repo,
        config: &Config,
        commit: Option<CommitId>,
        days: CodeDays,
    ) -> CommandResult<Option<Self>> {
        if !config.has_lint() {
            return Ok(None);
        }
        let rev = commit.map(|commit| commit.to_string());
        let scene = LintScene::open(repo.top(), rev.as_deref(), true)?;
        let config = scene.config(None)?;
        let run = LintRun::new(&scene, &config, &LintSelection::default())?;
        let sources = scene.sources(run.rules(), &[])?;
        let result = run.lint_sources(sources.clone())?;
        let tally = result.tally(run.rules(), &result.findings);
        let LintResult { findings, skipped, .. } = result;
        let days = match commit.filter(|_| days == CodeDays::History) {
            Some(tip) => lint_days(repo, &run, last_commits(repo, tip)?, &|| {})?,
            None => Vec::new(),
        };
        let legacy =
            LegacySearch { repo, config: &config, sources: &sources }.formats(&findings)?;
        let mut legacy_findings = findings.clone();
        legacy_findings.retain(is_legacy_use);
        if let Some(mut filter) = scene.baseline(run.rules())? {
            filter.apply(&mut legacy_findings);
        }
        let fixes = Fixes::default();
        Ok(Some(CodeState { tally, findings, legacy_findings, fixes, skipped, legacy, days }))
    }

    /// Returns what the metrics say.
    pub(in crate::commands) fn measures(&self) -> CodeMeasures {
        let services = self.tally.by.get(&idhooks_identifiers::TallyBy::Service);
        let service = |(name, count): (&String, &idhooks_identifiers::ClassCount)| {
            (name.clone(), (count.files, count.files - count.files_with_findings))
        };
        let identifiers = self.legacy.iter().map(|f| (f.format.clone(), f.identifiers)).collect();
        let mixed = self.legacy.iter().filter(|format| !format.mixed_in.is_empty()).count();
        CodeMeasures {
            files: self.tally.total.files,
            score: self.tally.score(),
            violations: count_violations(&self.findings),
            services: services.into_iter().flatten().map(service).collect(),
            legacy: (!self.legacy.is_empty()).then_some(LegacyMeasures { identifiers, mixed }),
        }
    }

    /// Returns what may be an alert.
    pub(in crate::commands) fn signs(&self) -> CodeSigns {
        let is_critical = |finding: &&Finding| {
            finding.severity != Severity::Info
                && finding.place.as_ref().is_some_and(|place| place.priority == CRITICAL)
        };
        let mixed = self.legacy.iter().flat_map(|LegacyUse { format, mixed_in, .. }| {
            mixed_in.iter().map(move |service| format!("'{format}' in the service '{service}'"))
        });
        CodeSigns {
            legacy_in_critical: self.legacy_findings.iter().filter(is_critical).cloned().collect(),
            mixed: mixed.collect(),
        }
    }
}

/// The number of identifiers of each format of the past, by service.
type LegacyUses = BTreeMap<String, BTreeMap<String, u64>>;

/// Looks for formats of the past, and for what replaces them.
struct LegacySearch<'s> {
    repo: &'s Repo,
    config: &'s LintConfig,
    sources: &'s [LintSource],
}

impl LegacySearch<'_> {
    /// Returns the formats of the past. Which of them are mixed is only looked for in services that
    /// use them.
    fn formats(&self, findings: &[Finding]) -> CommandResult<Vec<LegacyUse>> {
        let identifiers = &self.config.config.identifiers;
        if !identifiers.formats.iter().any(|format| format.is_legacy) {
            return Ok(Vec::new());
        }
        let bridge =
            Bridge::compile(identifiers).map_err(|error| invalid(&self.config.name, &error))?;
        let mut used: LegacyUses = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.code == Code::IdFormat) {
            let (Some(id), Some(place)) = (&finding.id, &finding.place) else { continue };
            let Some(format) = format_of(&bridge, id) else { continue };
            *used.entry(format).or_default().entry(place.service.clone()).or_default() += 1;
        }
        let legacy = bridge.formats.all.iter().filter(|format| format.is_legacy);
        let mut formats: Vec<LegacyUse> = legacy
            .map(|format| LegacyUse {
                format: format.name.clone(),
                identifiers: used.get(&format.name).map_or(0, |services| services.values().sum()),
                successors: bridge.successors(&format.name).map(str::to_owned).collect(),
                mixed_in: BTreeSet::new(),
            })
            .collect();
        self.find_mixed(&bridge, &used, &mut formats)?;
        Ok(formats)
    }

    /// Looks for successors in the files of the services that use formats of the past.
    fn find_mixed(
        &self,
        bridge: &Bridge,
        used: &LegacyUses,
        formats: &mut [LegacyUse],
    ) -> CommandResult<()> {
        let mut open: BTreeSet<(usize, &str)> = BTreeSet::new();
        for (at, format) in formats.iter().enumerate().filter(|(_, f)| !f.successors.is_empty()) {
            let services = used.get(&format.format).into_iter().flat_map(BTreeMap::keys);
            open.extend(services.map(|service| (at, &**service)));
        }
        let Some(scanner) = Scanner::new(bridge).filter(|_| !open.is_empty()) else {
            return Ok(());
        };
        let rules = digest(("formats", &self.config.text));
        let mut cache: Cache<LintKey> = Cache::open(&self.repo.state_dir());
        for source in self.sources {
            let service = self.config.config.lint().service(&source.path);
            let here: Vec<(usize, &str)> =
                open.iter().copied().filter(|(_, name)| *name == service).collect();
            let Some(blob) = source.blob.filter(|_| !here.is_empty()) else { continue };
            let key = LintKey(blob, rules);
            let names = match cache.get(&key) {
                Some(names) => names,
                None => {
                    let text = self.repo.blob(blob)?;
                    let names = FactsText(format_names(&scanner, &text));
                    cache.insert(&key, &names);
                    names
                }
            };
            for (at, name) in here {
                if names.0.lines().any(|name| formats[at].successors.iter().any(|to| to == name)) {
                    formats[at].mixed_in.insert(name.to_owned());
                    open.remove(&(at, name));
                }
            }
        }
        cache.save();
        Ok(())
    }
}

/// Returns the format of an identifier; of several, the one that explains most of it.
fn format_of(bridge: &Bridge, id: &str) -> Option<String> {
    bridge.detect(id).candidates.into_iter().next().map(|candidate| candidate.format)
}

/// Returns the formats of the identifiers in a text, one a line.
fn format_names(scanner: &Scanner<'_>, text: &[u8]) -> String {
    let mut counter = scanner.counter();
    if text.len() as u64 <= LARGEST {
        counter.add(text);
    }
    let counts = counter.finish();
    let found = scanner.formats().zip(&counts.by_format).filter(|(_, count)| **count > 0);
    found.map(|(format, _)| &*format.name).collect::<Vec<_>>().join("\n")
}

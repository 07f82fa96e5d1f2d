//! Checks the code in a commit or in the index for reports, and finds legacy formats in it.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_code::LintSelection;
use idhooks_code::bridge::{Bridge, Scanner};
use idhooks_core::check::{Code, Finding};
use idhooks_repo::cache::{Cache, FactsText, LintKey};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::store::digest;

use super::history::lint_days;
use super::run::LintRun;
use super::target::{LARGEST, LintConfig, LintSource, LintTarget};
use crate::tree_lint::LintResult;
use crate::{CodeDays, CodeState, LegacyUse, Notice, OpsError, is_legacy_use};

/// Checks the files in the commit or index using the rules found there.
///
/// # Errors
/// Returns an error if the rules are not valid, or if an object cannot be read.
pub(crate) fn code_state(
    repo: &Repo,
    commit: Option<CommitId>,
    days: CodeDays,
) -> Result<CodeState, OpsError> {
    let target = match commit {
        Some(commit) => LintTarget::of_commit(repo.top(), repo, commit)?,
        None => LintTarget::of_index(repo.top(), repo)?,
    };
    let config = target.config(None)?;
    let run = LintRun::new(&target, &config, &LintSelection::default())?;
    let sources = target.sources(run.rules(), &[])?;
    let result = run.lint_sources(sources.clone())?;
    let tally = result.tally(run.rules(), &result.findings);
    let LintResult { findings, skipped, .. } = result;
    let days = match commit.filter(|_| days == CodeDays::History) {
        Some(tip) => lint_days(&mut Vec::<Notice>::new(), repo, &run, tip)?,
        None => Vec::new(),
    };
    let legacy = LegacySearch { repo, config: &config, sources: &sources }.formats(&findings)?;
    let mut legacy_findings = findings.clone();
    legacy_findings.retain(is_legacy_use);
    // Findings that the baseline accepts must not raise an alert.
    if let Some(mut filter) = target.baseline(run.rules())? {
        filter.apply(&mut legacy_findings);
    }
    Ok(CodeState { tally, findings, legacy_findings, skipped, legacy, days })
}

/// The number of identifiers in each legacy format, for each service.
type LegacyUses = BTreeMap<String, BTreeMap<String, u64>>;

/// Searches for legacy formats and their successors.
struct LegacySearch<'s> {
    repo: &'s Repo,
    config: &'s LintConfig,
    sources: &'s [LintSource],
}

impl LegacySearch<'_> {
    /// Returns the legacy formats. Only services that use a legacy format are searched for its
    /// successors.
    fn formats(&self, findings: &[Finding]) -> Result<Vec<LegacyUse>, OpsError> {
        let config = &self.config.config;
        if !config.formats.iter().any(|format| format.is_legacy) {
            return Ok(Vec::new());
        }
        let bridge = Bridge::compile(config).map_err(|error| self.config.invalid(error))?;
        let mut used: LegacyUses = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.code == Code::IdFormat) {
            let (Some(id), Some(class)) = (&finding.id, finding.code_class()) else { continue };
            let Some(format) = format_of(&bridge, id) else { continue };
            *used.entry(format).or_default().entry(class.service.clone()).or_default() += 1;
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

    /// Searches for successors in the files of services that use legacy formats.
    fn find_mixed(
        &self,
        bridge: &Bridge,
        used: &LegacyUses,
        formats: &mut [LegacyUse],
    ) -> Result<(), OpsError> {
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
                    // A single successor makes the service mixed, so the service's other files need
                    // not be read.
                    open.remove(&(at, name));
                }
            }
        }
        cache.save();
        Ok(())
    }
}

/// Returns an identifier's format; if several match, the one that accounts for most of the
/// identifier.
fn format_of(bridge: &Bridge, id: &str) -> Option<String> {
    bridge.detect(id).candidates.into_iter().next().map(|candidate| candidate.format)
}

/// Returns the formats of the identifiers in a string with one identifier per line.
fn format_names(scanner: &Scanner<'_>, text: &[u8]) -> String {
    let mut counter = scanner.counter();
    // The linter also skips files larger than this.
    if text.len() as u64 <= LARGEST {
        counter.add(text);
    }
    let counts = counter.finish();
    let found = scanner.formats().zip(&counts.by_format).filter(|(_, count)| **count > 0);
    found.map(|(format, _)| &*format.name).collect::<Vec<_>>().join("\n")
}

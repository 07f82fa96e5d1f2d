//! The numbers of the linter at the end of each day with commits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use idhooks_core::registry::Timestamp;
use idhooks_identifiers::{ClassCount, LintSelection, LintTally, rounded_score};
use idhooks_repo::cache::{Cache, FactsText, LintTreeKey};
use idhooks_repo::git::{CommitId, Listed, Repo};
use serde::{Deserialize, Serialize};

use super::run::LintRun;
use super::target::{LintSource, LintTarget};
use crate::json_text::json_text;
use crate::{Observer, OpsError, Progress};

/// The numbers at the end of a day.
#[derive(Debug, Clone, Serialize)]
pub struct LintDay {
    /// The day.
    pub date: String,
    /// Its last commit.
    pub commit: CommitId,
    /// The numbers.
    #[serde(flatten)]
    pub totals: LintTotals,
}

/// The numbers of a run as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LintTotals {
    /// The files that were checked.
    pub files: usize,
    /// Those with findings.
    pub files_with_findings: usize,
    /// The files that were not checked.
    pub not_checked: usize,
    /// The findings that count and that no baseline accepts.
    pub findings: usize,
    /// The findings of references.
    pub references: usize,
    /// The findings of names that are looked up at run time.
    pub dynamic: usize,
    /// The findings that a baseline accepts.
    pub accepted: usize,
    /// The score, with one digit after the point.
    pub score: f64,
}

impl LintTotals {
    /// Returns the numbers of a tally.
    pub fn new(tally: &LintTally, not_checked: usize) -> Self {
        let ClassCount { files, files_with_findings, findings, .. } = tally.total;
        let uncounted = |kind: &str| tally.uncounted.get(kind).copied().unwrap_or(0);
        LintTotals {
            files,
            files_with_findings,
            not_checked,
            findings,
            references: uncounted("reference"),
            dynamic: uncounted("dynamic"),
            accepted: tally.accepted,
            score: rounded_score(tally.score()),
        }
    }
}

/// Which days to check, and what.
#[derive(Debug)]
pub struct LintHistoryOptions {
    /// The last commit.
    pub tip: CommitId,
    /// A file with rules instead of the configuration.
    pub config: Option<PathBuf>,
    /// The codes, and what is counted.
    pub selection: LintSelection,
}

/// Returns the numbers of each day (UTC) along the first parents of a commit, all by the rules of the target.
///
/// # Errors
/// Returns an error if the rules are not valid, or if the repository cannot be read.
pub fn lint_history(
    observer: &mut dyn Observer,
    target: &LintTarget<'_>,
    options: &LintHistoryOptions,
) -> Result<Vec<LintDay>, OpsError> {
    let Some(repo) = target.repo else { return Ok(Vec::new()) };
    let config = target.config(options.config.as_deref())?;
    let run = LintRun::new(target, &config, &options.selection)?;
    let days = lint_days(observer, repo, &run, options.tip)?;
    observer.progress(Progress::Done);
    Ok(days)
}

/// Returns the numbers of each day. Those of a tree are kept, so that only new days cost time.
///
/// # Errors
/// Returns an error if an object cannot be read.
pub(super) fn lint_days(
    observer: &mut dyn Observer,
    repo: &Repo,
    run: &LintRun<'_>,
    tip: CommitId,
) -> Result<Vec<LintDay>, OpsError> {
    let commits = last_commits(repo, tip)?;
    let mut cache: Cache<LintTreeKey> = Cache::open(&repo.state_dir());
    let (total, mut days) = (commits.len(), Vec::with_capacity(commits.len()));
    for (date, commit) in commits {
        let key = LintTreeKey(commit.tree.object(), run.digest());
        let known = cache.get(&key).and_then(|text| serde_json::from_str(&text.0).ok());
        let totals = match known {
            Some(totals) => totals,
            None => {
                let totals = totals_of(repo, run, &commit)?;
                cache.insert(&key, &FactsText(json_text(&totals)));
                totals
            }
        };
        days.push(LintDay { date, commit: commit.id, totals });
        observer.progress(Progress::LintHistory(total));
    }
    cache.save();
    Ok(days)
}

/// Checks the files of a commit.
fn totals_of(repo: &Repo, run: &LintRun<'_>, commit: &Listed) -> Result<LintTotals, OpsError> {
    let tree = repo.tree(commit.tree)?;
    let files = tree.iter().filter(|(path, e)| e.mode.is_file() && run.rules().includes(path));
    let sources = files.map(|(path, entry)| LintSource::committed(path, *entry)).collect();
    let result = run.lint_sources(sources)?;
    let tally = result.tally(run.rules(), &result.findings);
    Ok(LintTotals::new(&tally, result.skipped.len()))
}

/// Returns the last commit of each day along the first parents.
///
/// # Errors
/// Returns an error if a commit cannot be read.
fn last_commits(repo: &Repo, tip: CommitId) -> Result<BTreeMap<String, Listed>, OpsError> {
    let mut days = BTreeMap::new();
    for commit in repo.first_parents(tip)? {
        let at = Timestamp::from_unix(commit.time).unwrap_or(Timestamp::EPOCH);
        // The newest comes first.
        days.entry(at.date().to_owned()).or_insert(commit);
    }
    Ok(days)
}

//! The linter's statistics at the end of each day with commits.

use std::path::PathBuf;

use idhooks_code::LintSelection;
use idhooks_core::registry::BlobId;
use idhooks_repo::cache::{CacheKey, CacheValue, LintKey};
use idhooks_repo::git::{CommitId, Repo, TreeId};
use idhooks_repo::history::{DayEnd, measure_days};

use super::run::LintRun;
use super::target::{LintSource, LintTarget};
use crate::json_text::json_text;
use crate::{LintDay, LintTotals, Observer, OpsError, Progress};

/// Which days to report, and which code to check.
#[derive(Debug)]
pub struct LintHistoryOptions {
    /// The last commit.
    pub tip: CommitId,
    /// A file whose rules are used instead of the configuration.
    pub config: Option<PathBuf>,
    /// The codes to count, and how to count them.
    pub selection: LintSelection,
}

/// Returns the statistics for each day (UTC) along a commit's first-parent history, all computed
/// with the target's rules.
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

/// Returns the statistics for each day. The statistics for a tree are cached, so only new days take
/// time.
///
/// # Errors
/// Returns an error if an object cannot be read.
pub(super) fn lint_days(
    observer: &mut dyn Observer,
    repo: &Repo,
    run: &LintRun<'_>,
    tip: CommitId,
) -> Result<Vec<LintDay>, OpsError> {
    // Keyed by tree, not by commit: commits with the same files share one result.
    let key = |tree: TreeId| LintTreeKey(tree.object(), run.digest);
    let measure = |tree| totals_of(repo, run, tree).map(Some);
    let step = &mut |total| observer.progress(Progress::LintHistory(total));
    let days = measure_days(repo, tip, None, key, measure, step)?.into_iter();
    let day = |end: DayEnd<LintTotals>| {
        let (date, commit) = (end.at.date().to_owned(), end.commit);
        end.value.map(|totals| LintDay { date, commit, totals })
    };
    Ok(days.filter_map(day).collect())
}

/// A tree, and a digest of the rules used to check its files.
#[derive(Hash)]
struct LintTreeKey(BlobId, u64);

impl CacheKey for LintTreeKey {
    type Value = LintTotals;
    const NAME: &str = "lint-history";
    const RULES: &str = LintKey::RULES;
    const LIMIT: usize = 4 << 20;
}

impl CacheValue for LintTotals {
    fn encode(&self) -> Vec<u8> {
        json_text(self).into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Checks the files in a tree.
fn totals_of(repo: &Repo, run: &LintRun<'_>, tree: TreeId) -> Result<LintTotals, OpsError> {
    let tree = repo.tree(tree)?;
    let files = tree.iter().filter(|(path, e)| e.mode.is_file() && run.rules().includes(path));
    let sources = files.map(|(path, entry)| LintSource::committed(path, *entry)).collect();
    let result = run.lint_sources(sources)?;
    let tally = result.tally(run.rules(), &result.findings);
    Ok(LintTotals::new(&tally, result.skipped.len()))
}

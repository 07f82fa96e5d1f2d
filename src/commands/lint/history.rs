//! `idhooks lint --history`: the numbers at the end of each day with commits.

use std::collections::BTreeMap;

use idhooks_core::registry::Timestamp;
use idhooks_ops::{find_commit, json_text};
use idhooks_repo::cache::{Cache, FactsText, LintTreeKey};
use idhooks_repo::git::{CommitId, Listed, Repo};
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Bar, ReportFormat, Ui, json};

use super::report::LintTotals;
use super::run::LintRun;
use super::sources::{LintScene, LintSource};

/// The numbers at the end of a day.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LintDay {
    date: String,
    commit: CommitId,
    #[serde(flatten)]
    totals: LintTotals,
}

/// Shows the numbers of each day (UTC) along the first parents of the commit, by the same rules.
pub(super) fn run(
    ui: &mut Ui,
    scene: &LintScene,
    run: &LintRun<'_>,
    (rev, format): (Option<&str>, ReportFormat),
) -> CommandResult<Exit> {
    let Some(repo) = &scene.repo else { return Ok(Exit::Fine) };
    let tip = find_commit(repo, rev.unwrap_or("HEAD"))?;
    let commits = last_commits(repo, tip)?;
    let bar = Bar::start("checking the history", commits.len() as u64);
    let days = lint_days(repo, run, commits, &|| bar.step())?;
    bar.finish();
    match format {
        ReportFormat::Text => ui.table(days.iter().map(LintDay::row)),
        ReportFormat::Json => ui.data(&json::document_of("points", &days)),
        ReportFormat::Jsonl => {
            let lines = days.iter().map(|point| json_text(point) + "\n");
            ui.data(&lines.collect::<String>());
        }
        _ => {
            return Err(CommandError::new("a history has no findings for this format")
                .hint("name another one: --format text, json or jsonl"));
        }
    }
    Ok(Exit::Fine)
}

impl LintDay {
    /// Returns the day for people.
    fn row(&self) -> [String; 5] {
        let LintTotals { files, files_with_findings, findings, score, .. } = self.totals;
        let findings = format!("{findings} findings");
        let files = format!("{files_with_findings}/{files} files");
        [self.date.clone(), self.commit.short(), findings, files, format!("{score:.1}")]
    }
}

/// Returns the numbers at each of the commits. Those of a tree are kept, so that only new days cost
/// time.
///
/// # Errors
/// Returns an error if an object cannot be read.
pub(super) fn lint_days(
    repo: &Repo,
    run: &LintRun<'_>,
    commits: BTreeMap<String, Listed>,
    step: &dyn Fn(),
) -> CommandResult<Vec<LintDay>> {
    let mut cache: Cache<LintTreeKey> = Cache::open(&repo.state_dir());
    let mut days = Vec::with_capacity(commits.len());
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
        step();
    }
    cache.save();
    Ok(days)
}

/// Checks the files of a commit.
fn totals_of(repo: &Repo, run: &LintRun<'_>, commit: &Listed) -> CommandResult<LintTotals> {
    let tree = repo.tree(commit.tree)?;
    let files = tree.iter().filter(|(path, e)| e.mode.is_file() && run.rules().includes(path));
    let source = |(path, entry): (&_, &idhooks_core::registry::Entry)| LintSource {
        path: Clone::clone(path),
        blob: Some(entry.blob),
        is_working: false,
        size: 0,
    };
    let result = run.lint_sources(files.map(source).collect())?;
    let tally = result.tally(run.rules(), &result.findings);
    Ok(LintTotals::new(&tally, result.skipped.len()))
}

/// Returns the last commit of each day along the first parents.
///
/// # Errors
/// Returns an error if a commit cannot be read.
pub(super) fn last_commits(repo: &Repo, tip: CommitId) -> CommandResult<BTreeMap<String, Listed>> {
    let mut days = BTreeMap::new();
    for commit in repo.first_parents(tip)? {
        let at = Timestamp::from_unix(commit.time).unwrap_or(Timestamp::EPOCH);
        // The newest comes first.
        days.entry(at.date().to_owned()).or_insert(commit);
    }
    Ok(days)
}

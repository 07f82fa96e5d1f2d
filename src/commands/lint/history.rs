//! `idhooks lint --history`: the numbers at the end of each day with commits.

use std::collections::BTreeMap;

use idhooks_core::registry::Timestamp;
use idhooks_identifiers::LintTally;
use idhooks_repo::git::{CommitId, Listed, Repo};
use serde::Serialize;

use crate::commands::revision_args::find_commit;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Bar, ReportFormat, Ui, json};

use super::report::{LintTotals, score};
use super::run::LintRun;
use super::sources::{LintScene, LintSource};

/// The numbers at the end of a day.
#[derive(Serialize)]
struct LintDay {
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
    let days = days(repo, tip)?;
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    let bar = Bar::start("checking the history", days.len() as u64);
    for (date, commit) in &days {
        let tree = repo.tree(commit.tree)?;
        let files = tree.iter().filter(|(path, e)| e.mode.is_file() && run.rules().includes(path));
        let source = |(path, entry): (&_, &idhooks_core::registry::Entry)| LintSource {
            path: Clone::clone(path),
            blob: Some(entry.blob),
            is_working: false,
        };
        let result = run.lint_sources(files.map(source).collect())?;
        let tally = LintTally::new(run.rules(), &result.files, &result.findings);
        let (total, short) = (tally.total, commit.id.short());
        let findings = format!("{} findings", total.findings);
        let files = format!("{}/{} files", total.files_with_findings, total.files);
        rows.push([date.clone(), short, findings, files, score(tally.score())]);
        points.push(LintDay {
            date: date.clone(),
            commit: commit.id,
            totals: LintTotals::new(&tally),
        });
        bar.step();
    }
    bar.finish();
    match format {
        ReportFormat::Text => ui.table(rows),
        ReportFormat::Json => ui.data(&json::document_of("points", &points)),
        ReportFormat::Jsonl => {
            let lines = points.iter().map(|point| json::text(point) + "\n");
            ui.data(&lines.collect::<String>());
        }
        _ => {
            return Err(CommandError::new("a history has no findings for this format")
                .hint("name another one: --format text, json or jsonl"));
        }
    }
    Ok(Exit::Fine)
}

/// Returns the last commit of each day.
fn days(repo: &Repo, tip: CommitId) -> CommandResult<BTreeMap<String, Listed>> {
    let mut days = BTreeMap::new();
    for commit in repo.first_parents(tip)? {
        let at = Timestamp::from_unix(commit.time).unwrap_or(Timestamp::EPOCH);
        // The newest comes first.
        days.entry(at.date().to_owned()).or_insert(commit);
    }
    Ok(days)
}

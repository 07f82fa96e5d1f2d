//! `idhooks check --history`: checks every commit of a history, and names the first bad one.

use std::path::Path;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::plan::EventKind;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{FindingFilter, RepairTime, named_commits, record_findings, repair_times};
use idhooks_repo::git::{CommitId, Listed, Repo, Title};
use idhooks_repo::history::{Examined, verify_history};
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::json::document;
use crate::output::{Bar, FindingsReport, ReportFormat, Ui, count};

use super::super::output_file::finish_baseline;

/// The options of `git rev-list` that name revisions; others would change which commits it lists.
const OPTIONS: [&str; 6] = ["--all", "--branches", "--tags", "--remotes", "--glob", "--not"];

/// Excludes our own refs from '--all'.
const OURS: &str = "--exclude=refs/idhooks/*";

/// What the check prints as JSON.
#[derive(Serialize)]
struct HistoryDocument<'f> {
    findings: &'f [Finding],
    repair_times: Vec<RepairTime>,
}

/// Checks the commits that `revisions` name, or all commits since adoption.
pub(super) fn run(
    ui: &mut Ui,
    dir: &Path,
    revisions: &[String],
    (format, least): (ReportFormat, Severity),
    mut filter: FindingFilter,
) -> CommandResult<Exit> {
    let repo = Repo::open_to_read(dir)?;
    repo.begin("check");
    let shown = match revisions {
        [] => "the history of HEAD".to_owned(),
        words => format!("'{}'", words.join(" ")),
    };
    let commits = commits(&repo, revisions)?;
    let bar = Bar::start("checking commits", commits.len().try_into().unwrap_or(u64::MAX));
    let mut history = verify_history(&repo, &commits, &|| bar.step())?;
    bar.finish();
    if history.judged + history.absent == 0 && !commits.is_empty() {
        return Err(CommandError::new(format!("cannot find a registry in {shown}"))
            .because(&format!("no commit there has '{REGISTRY_PATH}'"))
            .hint("to adopt this repository: idhooks init"));
    }
    history.faults.iter_mut().for_each(|(_, findings)| filter.apply(findings));
    history.faults.retain(|(_, findings)| !findings.is_empty());
    let titles = repo.titles(&history.faults.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
    let faults = history.faults.iter().flat_map(|(_, findings)| findings);
    let mut findings: Vec<Finding> = faults.cloned().collect();
    findings.sort();
    let report =
        FindingsReport::new("check", &findings, least, &[]).leaving_out(filter.hidden(), 0);
    if format == ReportFormat::Json {
        let repair_times = repair_times(&repo, &commits, &history.faults)?;
        ui.data(&document(&HistoryDocument { findings: &findings, repair_times }));
    } else if let Some(document) = format.document(&report) {
        ui.data(&document);
    } else {
        for (id, findings) in &history.faults {
            ui.line(&named(&titles, *id));
            ui.findings(findings);
        }
    }
    if commits.is_empty() {
        ui.status(&format!("no commits in {shown}"));
    } else {
        let judged = count(history.judged, "commit", "commits");
        ui.status(&format!("{judged} of {shown}: {}", report.summary()));
    }
    let is_bad = |findings: &[_]| Severity::Error.count(findings) > 0;
    if let Some((first, _)) = history.faults.iter().find(|(_, findings)| is_bad(findings)) {
        ui.status(&format!("the first bad commit is {}", named(&titles, *first)));
    }
    warn(ui, &history);
    finish_baseline(ui, &filter, Some(&repo))?;
    let exit = Exit::of(&findings, least);
    if exit != Exit::Fine {
        let last = commits.last().map(|last| last.id);
        record_findings(&repo, EventKind::CheckFailed, last, &findings);
    }
    Ok(exit)
}

/// Returns the commits to check, parents first.
fn commits(repo: &Repo, revisions: &[String]) -> CommandResult<Vec<Listed>> {
    if revisions.is_empty() {
        // Before the first commit there is nothing to check.
        let head = repo.head()?.map(|head| repo.commits(&[head.to_string()])).transpose()?;
        return Ok(head.unwrap_or_default());
    }
    let is_known = |word: &String| {
        let name = word.split('=').next().unwrap_or(word);
        !word.starts_with('-') || OPTIONS.contains(&name)
    };
    if let Some(option) = revisions.iter().find(|word| !is_known(word)) {
        return Err(CommandError::new(format!("'{option}' names no commits"))
            .because(&format!("of the options of git, '--history' takes {}", OPTIONS.join(", ")))
            .hint("name a range: idhooks check --history=v1.0..HEAD"));
    }
    // The refs that keep replaced commits are not branches.
    let named = revisions.iter().flat_map(|word| {
        let but = (word == "--all").then(|| OURS.to_owned());
        but.into_iter().chain([word.clone()])
    });
    Ok(named_commits(repo, &named.collect::<Vec<_>>())?)
}

/// Returns the description of a commit.
fn named(titles: &[Title], id: CommitId) -> String {
    let short = id.short();
    match titles.iter().find(|title| title.id == id) {
        Some(Title { subject, author, date, .. }) => {
            format!("{short} {subject} ({author}, {date})")
        }
        None => short,
    }
}

/// Warns of commits that could not be checked, or not completely.
fn warn(ui: &mut Ui, history: &Examined) {
    if history.shallow > 0 {
        let commits = count(history.shallow, "commit", "commits");
        let what = "at its boundary could not be compared with their parents";
        ui.warning(&format!("the clone is shallow: {commits} {what}"));
        ui.hint("fetch the rest, then check again: git fetch --unshallow");
    }
    if history.absent > 0 {
        let commits = count(history.absent, "commit", "commits");
        let what = "are not in this clone; they were not checked";
        ui.warning(&format!("the registries of {commits} {what}"));
        ui.hint("fetch them, then check again: git fetch --refetch --no-filter");
    }
    if history.unread > 0 {
        let commits = count(history.unread, "commit", "commits");
        let what = "are not in this clone; these moves were not checked";
        ui.warning(&format!("contents of files that {commits} moved {what}"));
        ui.hint("fetch them, then check again: git fetch --refetch --no-filter");
    }
}

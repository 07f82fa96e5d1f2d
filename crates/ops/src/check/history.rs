//! Checking every commit in a history.

use std::cell::RefCell;

use idhooks_core::check::{Finding, Severity};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{Listed, Repo, Title};
use idhooks_repo::history::{Examined, verify_history};

use super::refusal::CheckRefusal;
use crate::audit_events::record_findings;
use crate::{FindingFilter, Observer, OpsError, Progress, RepairTime, named_commits, repair_times};

/// The `git rev-list` options that name revisions; other options would change which commits it
/// lists.
const REVISION_OPTIONS: [&str; 6] =
    ["--all", "--branches", "--tags", "--remotes", "--glob", "--not"];

/// Excludes our own refs from `--all`.
const OURS: &str = "--exclude=refs/idhooks/*";

/// Which commits to check, and how.
#[derive(Debug)]
pub struct CheckHistoryOptions {
    /// The revisions, as `git rev-list` accepts them; by default every commit in HEAD's history
    /// since adoption.
    pub revisions: Vec<String>,
    /// The lowest severity that fails the check.
    pub least: Severity,
    /// Whether to compute how long it took to detect and heal faults.
    pub repair_times: bool,
}

impl CheckHistoryOptions {
    /// Returns a human-readable description of the history to check.
    pub fn history(&self) -> String {
        match &*self.revisions {
            [] => "the history of HEAD".to_owned(),
            words => format!("'{}'", words.join(" ")),
        }
    }
}

/// The result of checking the commits in a history.
#[derive(Debug)]
pub struct CheckHistoryReport {
    /// The number of commits in the history.
    pub commits: usize,
    /// The result of the check, with the findings that pass the filter.
    pub examined: Examined,
    /// The same findings, sorted.
    pub findings: Vec<Finding>,
    /// The titles of the commits with findings.
    pub titles: Vec<Title>,
    /// When the faulty commits were detected and healed; empty unless requested.
    pub repair_times: Vec<RepairTime>,
    /// Whether the findings fail the check.
    pub is_failed: bool,
}

/// Checks every commit in a history. A failed check is recorded in the audit log.
///
/// # Errors
/// Returns an error if the revisions name no commits, if none of the commits has a registry, or if
/// an object cannot be read.
pub fn check_history(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &CheckHistoryOptions,
    filter: &mut FindingFilter,
) -> Result<CheckHistoryReport, OpsError> {
    repo.begin("check");
    let commits = commits(repo, &options.revisions)?;
    let mut examined = {
        let step = Progress::CheckCommits(commits.len());
        let observer = RefCell::new(&mut *observer);
        verify_history(repo, &commits, &|| observer.borrow_mut().progress(step))?
    };
    observer.progress(Progress::Done);
    // A history without any registry would otherwise pass as clean.
    if examined.judged + examined.absent == 0 && !commits.is_empty() {
        return Err(CheckRefusal::NoRegistry(options.history()).into());
    }
    examined.faults.iter_mut().for_each(|(_, findings)| filter.apply(findings));
    examined.faults.retain(|(_, findings)| !findings.is_empty());
    let faults = &examined.faults;
    let titles = repo.titles(&faults.iter().map(|(id, _)| *id).collect::<Vec<_>>())?;
    let mut findings: Vec<Finding> = faults.iter().flat_map(|(_, all)| all).cloned().collect();
    findings.sort();
    let repair_times = match options.repair_times {
        true => repair_times(repo, &commits, faults)?,
        false => Vec::new(),
    };
    let is_failed = findings.iter().any(|finding| finding.severity <= options.least);
    if is_failed {
        let last = commits.last().map(|last| last.id);
        record_findings(repo, EventKind::CheckFailed, last, &findings);
    }
    let commits = commits.len();
    Ok(CheckHistoryReport { commits, examined, findings, titles, repair_times, is_failed })
}

/// Returns the commits to check, parents first.
fn commits(repo: &Repo, revisions: &[String]) -> Result<Vec<Listed>, OpsError> {
    if revisions.is_empty() {
        // Before the first commit there is nothing to check.
        let head = repo.head()?.map(|head| repo.commits(&[head.to_string()])).transpose()?;
        return Ok(head.unwrap_or_default());
    }
    let is_accepted = |word: &String| {
        let name = word.split('=').next().unwrap_or(word);
        !word.starts_with('-') || REVISION_OPTIONS.contains(&name)
    };
    if let Some(option) = revisions.iter().find(|word| !is_accepted(word)) {
        return Err(CheckRefusal::NoRevision(option.clone(), &REVISION_OPTIONS).into());
    }
    // The refs that keep replaced commits alive are not branches.
    let named = revisions.iter().flat_map(|word| {
        let but = (word == "--all").then(|| OURS.to_owned());
        but.into_iter().chain([word.clone()])
    });
    named_commits(repo, &named.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;

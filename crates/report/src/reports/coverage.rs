//! Determines the coverage of a commit or the index, and compares it with earlier commits.

use std::fmt::{self, Display};

use idhooks_core::check::{Coverage, Point};
use idhooks_core::registry::Timestamp;
use idhooks_ops::{
    CoverageGroup, GroupBy, Notice, Observer, OpsError, Progress, Revision, RuledState, find_commit,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::coverage_history;
use idhooks_repo::state::is_adopted_at;

/// The reason coverage is unknown.
#[derive(Debug, thiserror::Error)]
pub enum CoverageError {
    /// A use case failed, or an object cannot be read.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// A commit has no registry.
    #[error("cannot find a registry in commit {}", .0.short())]
    NoRegistry(CommitId),
    /// The commit to compare with is not in this clone.
    #[error("{0} is not in this clone")]
    Absent(EarlierCommit),
    /// All commits on HEAD's first-parent line are newer than this time.
    #[error("no commit of HEAD is as old as {0}")]
    NoneAsOld(Timestamp),
}

/// A commit to compare coverage with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierCommit {
    /// The commit that the user named.
    Named(String),
    /// The commit before.
    Parent(CommitId),
    /// The last commit made on a day.
    OfDay(Timestamp),
}

impl Display for EarlierCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EarlierCommit::Named(rev) => write!(f, "'{rev}'"),
            EarlierCommit::Parent(commit) => write!(f, "commit {}", commit.short()),
            EarlierCommit::OfDay(at) => write!(f, "the end of {}", at.date()),
        }
    }
}

/// Returns the coverage of the index or a commit, in total and, on request, for each group.
///
/// # Errors
/// Returns an error if there is no registry, or if it cannot be read.
pub fn coverage(
    repo: &Repo,
    revision: &Revision,
    by: Option<GroupBy>,
) -> Result<(Coverage, Vec<CoverageGroup>), OpsError> {
    let state = readable_state(repo, revision)?;
    let files = state.files();
    Ok((files.coverage(), by.map(|by| files.groups(by)).unwrap_or_default()))
}

fn readable_state(repo: &Repo, revision: &Revision) -> Result<RuledState, OpsError> {
    let view = revision.view(repo)?;
    // If there is no registry, this returns an error; the coverage would otherwise be zero.
    revision.registry(repo, &view)?;
    RuledState::read(repo, view)
}

/// The coverage of the index or a commit, and the coverage of an earlier commit.
#[derive(Debug)]
pub struct CoverageChange {
    /// The current coverage, including files whose identity is pending.
    pub now: Coverage,
    /// The earlier commit and its coverage; `None` if there is no earlier commit.
    pub before: Option<(EarlierCommit, Coverage)>,
}

/// Compares the coverage with the coverage of the commit `against`, or of the previous commit if
/// none is given.
///
/// # Errors
/// Returns an error if there is no registry, if the commit is not in this clone, or if an object
/// cannot be read.
pub fn compare_coverage(
    repo: &Repo,
    revision: &Revision,
    against: Option<&str>,
) -> Result<CoverageChange, CoverageError> {
    let state = readable_state(repo, revision)?;
    // The next commit gives pending files their identities, so these files do not count as a loss.
    let now = state.coverage().with_pending(&state.check(repo)?);
    let earlier = match against {
        Some(rev) => Some((find_commit(repo, rev)?, EarlierCommit::Named(rev.to_owned()))),
        None => {
            let tip = revision.tip(repo)?.map(|tip| repo.commit(tip)).transpose();
            let parent = tip.map_err(OpsError::from)?.and_then(|tip| tip.parents.first().copied());
            parent.map(|parent| (parent, EarlierCommit::Parent(parent)))
        }
    };
    let Some((commit, name)) = earlier else { return Ok(CoverageChange { now, before: None }) };
    // In a shallow clone, the parent is often missing; this does not mean that anything is damaged.
    if !repo.has_commit(commit) {
        return Err(CoverageError::Absent(name));
    }
    let before = RuledState::read_commit(repo, commit)?.coverage();
    Ok(CoverageChange { now, before: Some((name, before)) })
}

/// Returns the coverage for each day with commits, up to the index or a commit.
///
/// # Errors
/// Returns an error if there is no commit, if it has no registry, or if the history cannot be read.
pub fn coverage_by_day(
    observer: &mut dyn Observer,
    repo: &Repo,
    revision: &Revision,
    since: Option<Timestamp>,
) -> Result<Vec<Point>, CoverageError> {
    let tip = revision.commit(repo)?.map_or_else(|| find_commit(repo, "HEAD"), Ok)?;
    days(observer, repo, tip, since)
}

/// Returns the coverage for each day up to `tip`, which must have a registry, and reports any days
/// left out.
pub(super) fn days(
    observer: &mut dyn Observer,
    repo: &Repo,
    tip: CommitId,
    since: Option<Timestamp>,
) -> Result<Vec<Point>, CoverageError> {
    if !is_adopted_at(repo, tip).map_err(OpsError::from)? {
        return Err(CoverageError::NoRegistry(tip));
    }
    let mut step = |days| observer.progress(Progress::ReadHistory(days));
    let history = coverage_history(repo, tip, since, &mut step).map_err(OpsError::from)?;
    observer.progress(Progress::Done);
    // Without this notice, the gap would look like days without commits.
    if history.absent > 0 {
        observer.notice(Notice::DaysLeftOut(history.absent));
    }
    Ok(history.points)
}

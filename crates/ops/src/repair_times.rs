//! How long it took to detect and heal faulty commits, based on the history and the audit log.

use std::collections::{BTreeMap, HashMap};

use idhooks_core::check::{Code, Finding};
use idhooks_core::registry::Timestamp;
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Listed, Repo};
use idhooks_repo::store::AuditFile;
use idhooks_repo::store::audit_log::AuditEntry;
use idhooks_repo::transaction::is_follow_up;
use serde::Serialize;

use crate::OpsError;

/// The keys in an event's data that name the commit the event is about.
const COMMITS: [&str; 2] = ["old_commit", "commit"];

idhooks_core::words! {
    /// The state of a faulty commit.
    enum RepairState {
        /// This clone has not detected the commit yet.
        Open = "open",
        /// The commit was detected but has not been repaired.
        Detected = "detected",
        /// A later commit repairs the faulty one.
        Repaired = "repaired",
    }
}

/// When a faulty commit was detected and healed.
#[derive(Debug, Serialize)]
pub struct RepairTime {
    commit: CommitId,
    state: RepairState,
    /// The time the commit was made.
    at: Option<Timestamp>,
    /// The time from the commit until its detection; `None` if it has not been detected yet or, for
    /// a repaired commit, if the time is unknown.
    pub detected_after_seconds: Option<i64>,
    /// The time from the commit until it was healed; `None` if it has not been healed yet, or if
    /// the time is unknown.
    pub healed_after_seconds: Option<i64>,
}

/// The times of commits in this clone's audit log.
struct AuditTimes {
    /// The time something was first found in each commit.
    found: Vec<(i64, CommitId)>,
    /// The time each healing commit was made.
    made: BTreeMap<CommitId, i64>,
}

impl AuditTimes {
    fn read(repo: &Repo, ids: &HashMap<String, CommitId>) -> Result<Self, OpsError> {
        let text = AuditFile::in_dir(&repo.state_dir()).read()?.unwrap_or_default();
        let mut times = AuditTimes { found: Vec::new(), made: BTreeMap::new() };
        for entry in text.lines().filter_map(AuditEntry::parse) {
            let Ok(at) = entry.at().parse::<Timestamp>() else { continue };
            let commit = |name: &str| ids.get(entry.fact(name)?).copied();
            let kind = EventKind::parse(entry.event());
            if !matches!(kind, Some(EventKind::Healed | EventKind::CheckFailed)) {
                continue;
            }
            times.found.extend(COMMITS.into_iter().find_map(commit).map(|id| (at.unix(), id)));
            if kind == Some(EventKind::Healed)
                && let Some(made) = commit("commit")
            {
                times.made.entry(made).or_insert(at.unix());
            }
        }
        // The log's entries are in the order they were written, but their times may not be: a clock
        // may have been set back.
        times.found.sort_unstable();
        Ok(times)
    }
}

/// Returns the times the faulty commits were detected and healed. `commits` are the commits in the
/// history.
///
/// A commit counts as healed at the time of the commit that heals it. The reconciler gives its
/// commits the dates of the commits they heal, so their times are taken from the audit log or,
/// failing that, from the first commit after them. A commit counts as detected when this clone's
/// audit log first reports a failed check or a repair in one of its descendants, or at the latest
/// when it is healed.
///
/// # Errors
/// Returns an error if the audit log or an object cannot be read.
pub fn repair_times(
    repo: &Repo,
    commits: &[Listed],
    faults: &[(CommitId, Vec<Finding>)],
) -> Result<Vec<RepairTime>, OpsError> {
    let ids: HashMap<String, CommitId> =
        commits.iter().map(|one| (one.id.to_string(), one.id)).collect();
    let audit = AuditTimes::read(repo, &ids)?;
    let known: HashMap<CommitId, &Listed> = commits.iter().map(|one| (one.id, one)).collect();
    let found = found_at(&audit, &known);
    let mut times = Vec::new();
    for (id, findings) in faults {
        let committed = known.get(id).map(|listed| listed.time);
        let healer = findings.iter().find(|finding| finding.code == Code::Behind);
        let healer = healer.and_then(|finding| finding.related.get(1)?.commit.as_ref());
        let healer = healer.and_then(|healer| ids.get(healer).copied());
        let healed = match healer {
            Some(healer) => healed_at(repo, &audit, commits, healer)?,
            None => None,
        };
        let found = [found.get(id).copied(), healed].into_iter().flatten().min();
        let is_healed = findings.iter().any(|finding| finding.code == Code::Behind);
        let state = match (is_healed, found) {
            (true, _) => RepairState::Repaired,
            (false, Some(_)) => RepairState::Detected,
            (false, None) => RepairState::Open,
        };
        // Other machines' clocks may be wrong.
        let after = |at: Option<i64>| Some((at? - committed?).max(0));
        times.push(RepairTime {
            commit: *id,
            state,
            at: committed.and_then(|at| Timestamp::from_unix(at).ok()),
            detected_after_seconds: after(found),
            healed_after_seconds: after(healed),
        });
    }
    Ok(times)
}

/// Returns the time something was first found in each commit or one of its descendants.
fn found_at(audit: &AuditTimes, known: &HashMap<CommitId, &Listed>) -> HashMap<CommitId, i64> {
    let mut found = HashMap::new();
    for (at, tip) in &audit.found {
        let mut open = vec![*tip];
        while let Some(id) = open.pop() {
            // Faults already revealed by an earlier event keep that event's time.
            if let Some(listed) = known.get(&id).filter(|_| !found.contains_key(&id)) {
                found.insert(id, *at);
                open.extend(&listed.parents);
            }
        }
    }
    found
}

/// Returns the time a commit healed the commits before it, if that time is known.
fn healed_at(
    repo: &Repo,
    audit: &AuditTimes,
    commits: &[Listed],
    healer: CommitId,
) -> Result<Option<i64>, OpsError> {
    if let Some(at) = audit.made.get(&healer) {
        return Ok(Some(*at));
    }
    let time = |id: CommitId| commits.iter().find(|one| one.id == id).map(|one| one.time);
    if !is_follow_up(repo, healer)? {
        return Ok(time(healer));
    }
    let children = commits.iter().filter(|one| one.parents.contains(&healer));
    Ok(children.map(|child| child.time).min())
}

//! [`examine`]: which commits in a history are inconsistent, and whether later ones healed them.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::{Origin, REGISTRY_PATH, RepoPath};

use super::history_commit::{HistoryCommit, HistoryState, related};
use super::losses::Loss;
use super::reuse::{IdReuse, reused};

/// The findings about a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// The commits, by number, that are inconsistent or changed an identity. Each finding lists the
    /// commit first among its related places.
    pub commits: BTreeMap<usize, Vec<Finding>>,
    /// Identities that named two files.
    pub reuses: Vec<IdReuse>,
}

/// Returns the commit that restored a record missing in another commit; `None` if it is still
/// missing at the end.
pub(super) type RestoredIn<'a> = dyn Fn(usize, Origin) -> Option<usize> + 'a;

/// Checks a history.
pub(crate) fn examine(steps: &[HistoryCommit], restored_in: &RestoredIn<'_>) -> Faults {
    let mut ledger = HealLedger::default();
    for (n, step) in steps.iter().enumerate() {
        if let HistoryState::Consistent { losses } = &step.state {
            ledger.close(steps, n, losses, restored_in);
        }
        for finding in step.changed.iter().filter(|finding| is_error(finding)) {
            ledger.lost.entry(n).or_default().push(confirmed(steps, n, n, finding));
        }
    }
    // A loss outweighs a healer: even if a later commit is consistent, that does not bring the
    // identity back.
    let healed = |n: usize| ledger.healed.contains_key(&n) && !ledger.lost.contains_key(&n);
    // A healed commit does not count: its healer corrected the identities it named.
    let mut reuses = reused(steps, &|n| !healed(n));
    let mut commits: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    let mut followers = BTreeSet::new();
    for (n, step) in steps.iter().enumerate() {
        let findings = match (&step.state, ledger.lost.get(&n), ledger.healed.get(&n)) {
            (_, Some(lost), _) => lost.clone(),
            // Faults inherited from a commit that lost an identity are reported at that commit.
            (HistoryState::Inconsistent(why), None, Some(_))
                if ledger.follows(steps, n, why, &followers) =>
            {
                followers.insert(n);
                Vec::new()
            }
            (HistoryState::Inconsistent(why), None, Some(healer)) => {
                vec![behind(steps, n, *healer, why)]
            }
            (HistoryState::Inconsistent(why), None, None) => ledger.unhealed(steps, n, why),
            _ => Vec::new(),
        };
        if !findings.is_empty() {
            commits.insert(n, findings);
        }
    }
    // A finding about a changed identity already implies that the identity names two files.
    reuses.retain(|reuse| !commits.get(&reuse.then.0).is_some_and(|found| mention(found, reuse)));
    // Warnings come last: they must not hide a reused identity above.
    for (n, step) in steps.iter().enumerate() {
        for finding in step.changed.iter().filter(|finding| !is_error(finding)) {
            let mut finding = finding.clone();
            finding.related.insert(0, related(step));
            commits.entry(n).or_default().push(finding);
        }
    }
    Faults { commits, reuses }
}

/// The healed commits, and the losses.
#[derive(Default)]
struct HealLedger {
    /// For each inconsistent commit, the first later consistent commit that lacks nothing from it.
    healed: BTreeMap<usize, usize>,
    /// The losses from inconsistent commits.
    lost: BTreeMap<usize, Vec<Finding>>,
}

impl HealLedger {
    /// Records which of the inconsistent commits before it were healed by the consistent commit
    /// `n`, and what was lost.
    fn close(
        &mut self,
        steps: &[HistoryCommit],
        n: usize,
        losses: &[Loss],
        restored_in: &RestoredIn<'_>,
    ) {
        // Only these can have caused a loss: a consistent commit in between would have revealed it.
        let region = inconsistent_before(steps, n);
        let mut healers: BTreeMap<usize, usize> = region.iter().map(|p| (*p, n)).collect();
        let mut guilty = BTreeSet::new();
        for loss in losses {
            let Some(commit) = culprit(steps, &region, &loss.finding) else { continue };
            if let Some(healer) = loss.gone.and_then(|origin| restored_in(n, origin)) {
                let known = healers.entry(commit).or_insert(healer);
                // The commit is healed once the last of its records is back.
                *known = healer.max(*known);
                continue;
            }
            guilty.insert(commit);
            let finding = confirmed(steps, commit, n, &loss.finding);
            let lost = self.lost.entry(commit).or_default();
            // Several commits may confirm the same loss.
            if !lost.iter().any(|known| known.message == finding.message) {
                lost.push(finding);
            }
        }
        for (commit, healer) in healers.into_iter().filter(|(p, _)| !guilty.contains(p)) {
            // The first healer counts; commits are visited parents first.
            self.healed.entry(commit).or_insert(healer);
        }
    }

    /// Returns whether all faults in an inconsistent commit come from commits that lost an
    /// identity.
    fn follows(
        &self,
        steps: &[HistoryCommit],
        n: usize,
        why: &[Finding],
        followers: &BTreeSet<usize>,
    ) -> bool {
        let guilty = |p: &&usize| self.lost.contains_key(p) || followers.contains(p);
        why.iter().all(|finding| has_parent_with(steps, n, guilty, finding))
    }

    /// Returns the findings about an inconsistent commit that nothing heals, without those it
    /// inherits from unhealed parents.
    fn unhealed(&self, steps: &[HistoryCommit], n: usize, why: &[Finding]) -> Vec<Finding> {
        let step = &steps[n];
        let open = |p: &&usize| !self.healed.contains_key(p) && !self.lost.contains_key(p);
        let mut new = why.to_vec();
        // A fault is reported where it began. Every later commit inherits it until it is healed.
        new.retain(|finding| !has_parent_with(steps, n, open, finding));
        for finding in &mut new {
            finding.help = help(steps, n, finding);
            finding.related.insert(0, related(step));
        }
        new
    }
}

fn why_of(step: &HistoryCommit) -> Option<&Vec<Finding>> {
    match &step.state {
        HistoryState::Inconsistent(why) => Some(why),
        _ => None,
    }
}

/// Returns whether one of these parents of `n` is inconsistent with the same finding.
fn has_parent_with(
    steps: &[HistoryCommit],
    n: usize,
    counts: impl Fn(&&usize) -> bool,
    finding: &Finding,
) -> bool {
    let mut known = steps[n].parents.iter().filter(counts).filter_map(|p| why_of(&steps[*p]));
    let Finding { code, path, id, .. } = finding;
    // Messages contain paths and commits that differ between child and parent, so a fault is
    // identified by these fields only.
    known.any(|why| why.iter().any(|f| (&f.code, &f.path, &f.id) == (code, path, id)))
}

/// Returns the inconsistent ancestors of `n` that are separated from it only by inconsistent
/// commits.
fn inconsistent_before(steps: &[HistoryCommit], n: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = steps[n].parents.clone();
    while let Some(p) = open.pop() {
        if why_of(&steps[p]).is_some() && found.insert(p) {
            open.extend(&steps[p].parents);
        }
    }
    found
}

/// Returns the commit to blame for a loss: the first with a finding about the identity, or else
/// about the path, or else the first of all.
fn culprit(steps: &[HistoryCommit], region: &BTreeSet<usize>, loss: &Finding) -> Option<usize> {
    let ids = |finding: &Finding| -> BTreeSet<String> {
        let related = finding.related.iter().filter_map(|r| r.id.as_ref());
        finding.id.iter().chain(related).cloned().collect()
    };
    let lost = ids(loss);
    let mentions = |n: &&usize, of: &dyn Fn(&Finding) -> bool| {
        why_of(&steps[**n]).is_some_and(|why| why.iter().any(of))
    };
    let by_id = region.iter().find(|n| mentions(n, &|f| !ids(f).is_disjoint(&lost)));
    let by_path =
        || region.iter().find(|n| mentions(n, &|f| f.path.is_some() && f.path == loss.path));
    by_id.or_else(by_path).or(region.first()).copied()
}

/// Returns a loss as a finding about the commit that caused it.
fn confirmed(steps: &[HistoryCommit], commit: usize, by: usize, loss: &Finding) -> Finding {
    let mut finding = loss.clone();
    let first = &steps[commit].short;
    finding.help = match finding.code {
        Code::RecordLost => format!(
            "restore its record as it was before {first}: git show {first}^:{REGISTRY_PATH}"
        ),
        // The identity is unchanged; only its status differs.
        Code::IdentityChanged if finding.related.is_empty() => {
            let id = finding.id.as_deref().unwrap_or_default();
            format!("restore its status: idhooks revive {id}")
        }
        _ => format!(
            "published commits stay as they are; if no one else has {first} yet, rewrite it and the commits after it: idhooks reconcile --rewrite {first}^..HEAD"
        ),
    };
    finding.related.insert(0, related(&steps[commit]));
    if by != commit {
        finding.message.push_str(&format!(", which {} confirms", steps[by].short));
        finding.related.insert(1, related(&steps[by]));
    }
    finding
}

/// Returns the warning for a commit that a later commit heals.
fn behind(steps: &[HistoryCommit], n: usize, healer: usize, why: &[Finding]) -> Finding {
    let mut codes: BTreeMap<Code, usize> = BTreeMap::new();
    for finding in why {
        *codes.entry(finding.code).or_default() += 1;
    }
    let counts: Vec<String> = codes.iter().map(|(code, n)| format!("{n} {code}")).collect();
    let (short, healer_short) = (&steps[n].short, &steps[healer].short);
    let what = format!("the registry of {short} is inconsistent ({})", counts.join(", "));
    let (message, help) = match steps[n].fetch.or(steps[healer].fetch) {
        None => (
            format!("{what}; {healer_short} heals it, and no identity is lost"),
            "no action is needed; to keep commits consistent from the start: idhooks install"
                .to_owned(),
        ),
        Some(fetch) => (
            format!(
                "{what}; that of {healer_short} is consistent, but this clone lacks what shows whether an identity was lost"
            ),
            format!("fetch the rest, then check again: {fetch}"),
        ),
    };
    let mut finding = Finding::new(Code::Behind, message, help);
    finding.related = vec![related(&steps[n]), related(&steps[healer])];
    finding
}

/// Returns the help for a fault that no later commit heals.
fn help(steps: &[HistoryCommit], n: usize, finding: &Finding) -> String {
    let is_open = matches!(finding.code, Code::MissingId | Code::StalePath);
    if let Some(fetch) = steps[n].fetch.filter(|_| is_open) {
        return format!(
            "this clone lacks what shows which file is which: run '{fetch}', then 'idhooks reconcile'"
        );
    }
    if let Some(limit) = steps[n].limit.as_ref().filter(|_| is_open) {
        return format!("the files were not compared because of a limit: {limit}");
    }
    match finding.code {
        Code::MissingId | Code::StalePath | Code::RecordLost | Code::IdentityChanged => {
            "the next 'git commit' with idhooks installed heals it; to do it now: idhooks reconcile"
                .to_owned()
        }
        // The rules are wrong, not the registry.
        _ if finding.path.as_ref() == Some(&RepoPath::config()) => finding.help.clone(),
        _ if steps[n].parents.is_empty() => finding.help.clone(),
        _ => format!(
            "restore the last good version with 'git restore --source={}^ --staged --worktree {REGISTRY_PATH}', then commit",
            steps[n].short
        ),
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn mention(findings: &[Finding], reuse: &IdReuse) -> bool {
    let id = Some(reuse.id.to_string());
    findings.iter().any(|f| f.id == id || f.related.iter().any(|r| r.id == id))
}

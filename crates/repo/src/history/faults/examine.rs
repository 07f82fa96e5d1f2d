//! [`examine`]: finds out which commits in a history are inconsistent, and whether later commits
//! healed them.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::{Origin, REGISTRY_PATH, RepoPath};

use super::history_commit::{HistoryCommit, HistoryState, related};
use super::losses::Loss;
use super::reuse::{IdReuse, reused};

/// The problems found in a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// The findings about commits that are inconsistent or changed an identity, by commit number.
    /// The first related place in each finding is the commit itself.
    pub commits: BTreeMap<usize, Vec<Finding>>,
    /// The identities that have named two files.
    pub reuses: Vec<IdReuse>,
}

/// Returns the commit that restored a record missing from another commit, or `None` if the record
/// is still missing at the end of the history.
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
    // A commit that lost an identity does not count as healed: even if a later commit is
    // consistent, the identity is still lost.
    let healed = |n: usize| ledger.healed.contains_key(&n) && !ledger.lost.contains_key(&n);
    // Healed commits don't count, because later commits corrected the identities.
    let mut reuses = reused(steps, &|n| !healed(n));
    let mut commits: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
    let mut followers = BTreeSet::new();
    for (n, step) in steps.iter().enumerate() {
        let findings = match (&step.state, ledger.lost.get(&n), ledger.healed.get(&n)) {
            (_, Some(lost), _) => lost.clone(),
            // Faults inherited from commits that lost an identity are reported at those commits.
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
    // Add warnings last, so that they don't hide a reused identity above.
    for (n, step) in steps.iter().enumerate() {
        for finding in step.changed.iter().filter(|finding| !is_error(finding)) {
            let mut finding = finding.clone();
            finding.related.insert(0, related(step));
            commits.entry(n).or_default().push(finding);
        }
    }
    Faults { commits, reuses }
}

/// Which commits were healed, and what was lost.
#[derive(Default)]
struct HealLedger {
    /// For each inconsistent commit, the first later commit that is consistent and has lost nothing
    /// from it.
    healed: BTreeMap<usize, usize>,
    /// The losses that inconsistent commits caused.
    lost: BTreeMap<usize, Vec<Finding>>,
}

impl HealLedger {
    /// Records which inconsistent commits the consistent commit `n` healed, and what was lost.
    fn close(
        &mut self,
        steps: &[HistoryCommit],
        n: usize,
        losses: &[Loss],
        restored_in: &RestoredIn<'_>,
    ) {
        // Only these commits can have caused a loss: a consistent commit in between would already
        // have revealed an earlier one.
        let region = inconsistent_before(steps, n);
        let mut healers: BTreeMap<usize, usize> = region.iter().map(|p| (*p, n)).collect();
        let mut guilty = BTreeSet::new();
        for loss in losses {
            let Some(commit) = culprit(steps, &region, &loss.finding) else { continue };
            if let Some(healer) = loss.gone.and_then(|origin| restored_in(n, origin)) {
                let known = healers.entry(commit).or_insert(healer);
                // The commit counts as healed once the last of its missing records is back.
                *known = healer.max(*known);
                continue;
            }
            guilty.insert(commit);
            let finding = confirmed(steps, commit, n, &loss.finding);
            let lost = self.lost.entry(commit).or_default();
            // Several commits may confirm the same loss, so list it only once.
            if !lost.iter().any(|known| known.message == finding.message) {
                lost.push(finding);
            }
        }
        for (commit, healer) in healers.into_iter().filter(|(p, _)| !guilty.contains(p)) {
            // Commits are visited parents first, and only the first healer counts.
            self.healed.entry(commit).or_insert(healer);
        }
    }

    /// Returns whether an inconsistent commit inherits all its faults from commits that lost an
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

    /// Returns the findings about an inconsistent commit that is never healed, except those it
    /// inherits from unhealed parents.
    fn unhealed(&self, steps: &[HistoryCommit], n: usize, why: &[Finding]) -> Vec<Finding> {
        let step = &steps[n];
        let open = |p: &&usize| !self.healed.contains_key(p) && !self.lost.contains_key(p);
        let mut new = why.to_vec();
        // A fault is reported at the commit where it began. Later commits inherit it until it is
        // healed.
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

/// Returns whether `n` has an inconsistent parent, accepted by `counts`, with the same fault as
/// this finding.
fn has_parent_with(
    steps: &[HistoryCommit],
    n: usize,
    counts: impl Fn(&&usize) -> bool,
    finding: &Finding,
) -> bool {
    let mut known = steps[n].parents.iter().filter(counts).filter_map(|p| why_of(&steps[*p]));
    let Finding { code, path, id, .. } = finding;
    // Messages contain paths and commits that differ between child and parent, so only these fields
    // are compared.
    known.any(|why| why.iter().any(|f| (&f.code, &f.path, &f.id) == (code, path, id)))
}

/// Returns the ancestors of `n` that can be reached from it through inconsistent commits only.
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

/// Returns the commit to blame for a loss: the first one with a finding about the identity,
/// otherwise the first one with a finding about the path, otherwise the first of all.
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

/// Turns a loss into a finding about the commit that caused the loss.
fn confirmed(steps: &[HistoryCommit], commit: usize, by: usize, loss: &Finding) -> Finding {
    let mut finding = loss.clone();
    let first = &steps[commit].short;
    finding.help = match finding.code {
        Code::RecordLost => format!(
            "restore its record as it was before {first}: git show {first}^:{REGISTRY_PATH}"
        ),
        // The identity itself is unchanged; only its status differs.
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

/// Returns the warning about a commit that a later commit heals.
fn behind(steps: &[HistoryCommit], n: usize, healer: usize, why: &[Finding]) -> Finding {
    let mut codes: BTreeMap<Code, usize> = BTreeMap::new();
    for finding in why {
        *codes.entry(finding.code).or_default() += 1;
    }
    let counts: Vec<String> = codes.iter().map(|(code, n)| format!("{n} {code}")).collect();
    let (short, healer_short) = (&steps[n].short, &steps[healer].short);
    let what = format!("the registry of {short} is inconsistent ({})", counts.join(", "));
    // Identities that ended although their files were only moved have a warning of their own.
    let is_open = steps[n].changed.iter().any(|finding| finding.code == Code::IdentityChanged);
    let no_loss = if is_open { "" } else { ", and no identity is lost" };
    let (message, help) = match steps[n].fetch.or(steps[healer].fetch) {
        None => (
            format!("{what}; {healer_short} heals it{no_loss}"),
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

/// The help text for a fault that a commit with hooks heals.
const HEALED_BY: &str =
    "the next 'git commit' with idhooks installed heals it; to do it now: idhooks reconcile";

/// Returns the help text for a fault that no later commit heals.
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
        // A commit and 'reconcile' search only the most recent commits for an exchange, but always
        // the newest one.
        Code::IdentityChanged if n + 1 < steps.len() => format!(
            "{HEALED_BY}; if that finds nothing because it is too long ago: idhooks assign <ID> <path>"
        ),
        Code::MissingId | Code::StalePath | Code::RecordLost | Code::IdentityChanged => {
            HEALED_BY.to_owned()
        }
        // The fault is in the rules, not in the registry.
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

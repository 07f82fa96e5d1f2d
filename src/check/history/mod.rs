//! What is wrong with a history: which commits are not true, whether later ones healed them,
//! and whether an identity named two files. Pure.

mod ancestry;
mod losses;
mod names;
mod reuse;

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Origin, REGISTRY_PATH};

use super::{Code, Finding, Related, Severity};

pub use ancestry::{AT_ONCE, follows, led_to};
pub use losses::{Loss, Published, losses};
pub use names::{Bond, IdBinding, NotAName, names, new_names, parted};
pub use reuse::{IdReuse, ReuseCause};

/// A commit of a history; others know it by its place, and parents come before their children.
#[derive(Debug, Clone)]
pub struct HistoryCommit {
    /// The commit's id.
    pub commit: String,
    /// The same as short as it can be.
    pub short: String,
    /// The places of its parents, as far as they are in this history.
    pub parents: Vec<usize>,
    /// What is known of it.
    pub state: HistoryState,
    /// Identities of exactly renamed files that it changed for good, and as warnings those that it
    /// gave to other files.
    pub changed: Vec<Finding>,
    /// The names that it brings.
    pub names: Vec<IdBinding>,
}

/// What is known of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryState {
    /// It has no registry and needs none: there is none yet, or idhooks was given up.
    Unadopted,
    /// Its registry is not at hand; nothing is said of it.
    Unjudged,
    /// It is true.
    True {
        /// What it lacks or changes of what its untrue ancestors should have been.
        losses: Vec<Loss>,
    },
    /// It is not, for these reasons.
    Untrue(Vec<Finding>),
}

impl HistoryCommit {
    /// Returns the places of the parents whose identities it has to keep; none where it is not
    /// adopted, so that no line leads across commits which gave idhooks up.
    pub fn heir_of(&self) -> &[usize] {
        match self.state {
            HistoryState::Unadopted => &[],
            _ => &self.parents,
        }
    }
}

/// A commit with which something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFault {
    /// Its place in the history.
    pub commit: usize,
    /// What is wrong; each names the commit as the first of the related places.
    pub findings: Vec<Finding>,
}

/// What is wrong with a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Commits that are not true or changed an identity, parents first.
    pub commits: Vec<CommitFault>,
    /// Identities that named two files.
    pub reuses: Vec<IdReuse>,
}

/// Says which commit brought a record back that was gone in another one; nothing where it is
/// missing in the end.
pub type CameBack<'a> = dyn Fn(usize, Origin) -> Option<usize> + 'a;

/// Works out what is wrong with a history.
pub fn examine(steps: &[HistoryCommit], came_back: &CameBack<'_>) -> Faults {
    let mut ledger = HealLedger::default();
    for (n, step) in steps.iter().enumerate() {
        if let HistoryState::True { losses } = &step.state {
            ledger.close(steps, n, losses, came_back);
        }
        for finding in step.changed.iter().filter(|finding| is_error(finding)) {
            ledger.lost.entry(n).or_default().push(confirmed(steps, n, n, finding));
        }
    }
    let healed = |n: usize| ledger.healed.contains_key(&n) && !ledger.lost.contains_key(&n);
    let mut reuses = reuse::reused(steps, &|n| !healed(n));
    let mut commits = BTreeMap::new();
    let mut followers = BTreeSet::new();
    for (n, step) in steps.iter().enumerate() {
        let findings = match (&step.state, ledger.lost.get(&n), ledger.healed.get(&n)) {
            (_, Some(lost), _) => lost.clone(),
            // What it has from a commit that cost an identity, is told of that one.
            (HistoryState::Untrue(why), None, Some(_))
                if ledger.follows(steps, n, why, &followers) =>
            {
                followers.insert(n);
                Vec::new()
            }
            (HistoryState::Untrue(why), None, Some(healer)) => vec![behind(steps, n, *healer, why)],
            (HistoryState::Untrue(why), None, None) => ledger.unhealed(steps, n, why),
            _ => Vec::new(),
        };
        if !findings.is_empty() {
            commits.insert(n, findings);
        }
    }
    // What changed an identity, says so; that the identity names two files then is no news.
    reuses.retain(|reuse| !commits.get(&reuse.then.0).is_some_and(|found| tell(found, reuse)));
    for (n, step) in steps.iter().enumerate() {
        for finding in step.changed.iter().filter(|finding| !is_error(finding)) {
            let mut finding = finding.clone();
            finding.related.insert(0, related(step));
            commits.entry(n).or_default().push(finding);
        }
    }
    let commits = commits.into_iter().map(|(commit, findings)| CommitFault { commit, findings });
    Faults { commits: commits.collect(), reuses }
}

/// Who healed what, and what was not.
#[derive(Default)]
struct HealLedger {
    /// The first true commit after an untrue one that lacks nothing of it.
    healed: BTreeMap<usize, usize>,
    /// What untrue commits cost.
    lost: BTreeMap<usize, Vec<Finding>>,
}

impl HealLedger {
    /// Notes what the true commit `n` made of the untrue ones that lead to it.
    fn close(
        &mut self,
        steps: &[HistoryCommit],
        n: usize,
        losses: &[Loss],
        came_back: &CameBack<'_>,
    ) {
        let region = untrue_before(steps, n);
        let mut healers: BTreeMap<usize, usize> = region.iter().map(|p| (*p, n)).collect();
        let mut guilty = BTreeSet::new();
        for loss in losses {
            let Some(commit) = culprit(steps, &region, &loss.finding) else { continue };
            if let Some(healer) = loss.gone.and_then(|origin| came_back(n, origin)) {
                let known = healers.entry(commit).or_insert(healer);
                *known = healer.max(*known);
                continue;
            }
            guilty.insert(commit);
            let finding = confirmed(steps, commit, n, &loss.finding);
            let lost = self.lost.entry(commit).or_default();
            if !lost.iter().any(|known| known.message == finding.message) {
                lost.push(finding);
            }
        }
        for (commit, healer) in healers.into_iter().filter(|(p, _)| !guilty.contains(p)) {
            self.healed.entry(commit).or_insert(healer);
        }
    }

    /// Returns whether an untrue commit is so only by what it has from such as cost an identity.
    fn follows(
        &self,
        steps: &[HistoryCommit],
        n: usize,
        why: &[Finding],
        followers: &BTreeSet<usize>,
    ) -> bool {
        let guilty = |p: &&usize| self.lost.contains_key(p) || followers.contains(p);
        let before = steps[n].parents.iter().filter(guilty).filter_map(|p| why_of(&steps[*p]));
        let before: Vec<&Finding> = before.flatten().collect();
        why.iter().all(|finding| before.iter().any(|known| same(known, finding)))
    }

    /// Returns what is wrong with an untrue commit that nothing heals, but for what it has from
    /// parents of the same kind.
    fn unhealed(&self, steps: &[HistoryCommit], n: usize, why: &[Finding]) -> Vec<Finding> {
        let step = &steps[n];
        let open = |p: &&usize| !self.healed.contains_key(p) && !self.lost.contains_key(p);
        let inherited = step.parents.iter().filter(open).filter_map(|p| why_of(&steps[*p]));
        let inherited: Vec<&Finding> = inherited.flatten().collect();
        let mut new = why.to_vec();
        new.retain(|finding| !inherited.iter().any(|known| same(known, finding)));
        for finding in &mut new {
            finding.help = help(steps, n, finding);
            finding.related.insert(0, related(step));
        }
        new
    }
}

fn why_of(step: &HistoryCommit) -> Option<&Vec<Finding>> {
    match &step.state {
        HistoryState::Untrue(why) => Some(why),
        _ => None,
    }
}

fn same(a: &Finding, b: &Finding) -> bool {
    (a.code, &a.path, &a.id) == (b.code, &b.path, &b.id)
}

/// Returns the untrue commits from which only untrue ones lead to `n`.
fn untrue_before(steps: &[HistoryCommit], n: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut open = steps[n].parents.clone();
    while let Some(p) = open.pop() {
        if why_of(&steps[p]).is_some() && found.insert(p) {
            open.extend(&steps[p].parents);
        }
    }
    found
}

/// Returns the commit to blame for a loss: the first that speaks of the identity, else of the
/// path, else the first of all.
fn culprit(steps: &[HistoryCommit], region: &BTreeSet<usize>, loss: &Finding) -> Option<usize> {
    let ids = |finding: &Finding| -> BTreeSet<String> {
        finding
            .id
            .iter()
            .chain(finding.related.iter().filter_map(|r| r.id.as_ref()))
            .cloned()
            .collect()
    };
    let lost = ids(loss);
    let speaks = |n: &&usize, of: &dyn Fn(&Finding) -> bool| {
        why_of(&steps[**n]).is_some_and(|why| why.iter().any(of))
    };
    let by_id = region.iter().find(|n| speaks(n, &|f| !ids(f).is_disjoint(&lost)));
    let by_path =
        || region.iter().find(|n| speaks(n, &|f| f.path.is_some() && f.path == loss.path));
    by_id.or_else(by_path).or(region.first()).copied()
}

/// Returns a loss as a finding about the commit that brought it about.
fn confirmed(steps: &[HistoryCommit], commit: usize, by: usize, loss: &Finding) -> Finding {
    let mut finding = loss.clone();
    let first = &steps[commit].short;
    finding.help = match finding.code {
        Code::RecordLost => format!(
            "put its record back as it was before {first}: git show {first}^:{REGISTRY_PATH}"
        ),
        // The identity is the same, only its status is another one.
        Code::IdentityChanged if finding.related.is_empty() => {
            let id = finding.id.as_deref().unwrap_or_default();
            format!("give the identity its status back: idhooks revive {id}")
        }
        _ => format!(
            "what is published stays; if no one else has {first} yet, rewrite it and what follows it: idhooks reconcile --rewrite {first}^..HEAD"
        ),
    };
    finding.related.insert(0, related(&steps[commit]));
    if by != commit {
        finding.message.push_str(&format!(", which {} confirms", steps[by].short));
        finding.related.insert(1, related(&steps[by]));
    }
    finding
}

/// Returns the warning about a commit that a later one heals.
fn behind(steps: &[HistoryCommit], n: usize, healer: usize, why: &[Finding]) -> Finding {
    let mut codes: BTreeMap<Code, usize> = BTreeMap::new();
    for finding in why {
        *codes.entry(finding.code).or_default() += 1;
    }
    let told: Vec<String> = codes.iter().map(|(code, number)| format!("{number} {code}")).collect();
    let message = format!(
        "the registry of {} is not true ({}); {} heals it, and no identity is lost",
        steps[n].short,
        told.join(", "),
        steps[healer].short
    );
    let help = "nothing has to be done; where idhooks is installed, commits are true at once: idhooks install";
    let mut finding = Finding::new(Code::Behind, message, help);
    finding.related = vec![related(&steps[n]), related(&steps[healer])];
    finding
}

/// Returns what to do about a fault that no later commit heals.
fn help(steps: &[HistoryCommit], n: usize, finding: &Finding) -> String {
    match finding.code {
        Code::MissingId | Code::StalePath | Code::RecordLost | Code::IdentityChanged => {
            "the next 'git commit' with idhooks installed heals it; to do it now: idhooks reconcile"
                .to_owned()
        }
        _ if steps[n].parents.is_empty() => finding.help.clone(),
        _ => format!(
            "get the last good one with 'git restore --source={}^ --staged --worktree {REGISTRY_PATH}', then commit",
            steps[n].short
        ),
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn tell(findings: &[Finding], reuse: &IdReuse) -> bool {
    let id = Some(reuse.id.to_string());
    findings.iter().any(|f| f.id == id || f.related.iter().any(|r| r.id == id))
}

/// Returns a commit as a related place.
fn related(step: &HistoryCommit) -> Related {
    Related { path: None, id: None, commit: Some(step.commit.clone()) }
}

#[cfg(test)]
mod tests;

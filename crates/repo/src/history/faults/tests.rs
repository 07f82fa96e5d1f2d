//! Checks of invented histories.

use idhooks_core::check::{BindingKind, Code, Finding, IdBinding, Severity};
use idhooks_core::registry::{Id, Origin, RepoPath};

use super::*;

const ID: &str = "0110073814260118";

fn id() -> Id {
    ID.parse().expect("an identity")
}

fn origin(digit: u8) -> Origin {
    format!("{digit:016x}").parse().expect("an origin")
}

fn path() -> RepoPath {
    RepoPath::new(*b"a.md").expect("a path")
}

fn fault(code: Code) -> Finding {
    Finding::new(code, "m", "h").at(&path()).of(id())
}

/// Makes a history of commits `c0`, `c1` …, each with its parents and state.
fn history(states: Vec<(&[usize], HistoryState)>) -> Vec<HistoryCommit> {
    let step = |(n, (parents, state)): (usize, (&[usize], HistoryState))| HistoryCommit {
        fetch: None,
        limit: None,
        commit: format!("commit{n}"),
        short: format!("c{n}"),
        parents: parents.to_vec(),
        state,
        changed: Vec::new(),
        names: Vec::new(),
    };
    states.into_iter().enumerate().map(step).collect()
}

fn consistent() -> HistoryState {
    HistoryState::Consistent { losses: Vec::new() }
}

fn inconsistent(code: Code) -> HistoryState {
    HistoryState::Inconsistent(vec![fault(code)])
}

fn lost() -> HistoryState {
    let loss = Loss { finding: fault(Code::RecordLost), gone: Some(origin(1)) };
    HistoryState::Consistent { losses: vec![loss] }
}

/// Returns the codes found, with the commits they are about.
fn found(steps: &[HistoryCommit], restored_in: Option<usize>) -> Vec<(usize, Code)> {
    let found = examine(steps, &|_, _| restored_in);
    let all = found.commits.iter();
    all.flat_map(|(commit, findings)| findings.iter().map(|found| (*commit, found.code))).collect()
}

#[test]
fn commits_healed_later_are_behind() {
    let steps = history(vec![
        (&[], consistent()),
        (&[0], inconsistent(Code::MissingId)),
        (&[1], inconsistent(Code::MissingId)),
        (&[2], consistent()),
    ]);
    assert_eq!(found(&steps, None), [(1, Code::Behind), (2, Code::Behind)]);
    let faults = examine(&steps, &|_, _| None).commits;
    assert_eq!(faults[&1][0].severity, Severity::Warning);
    let commits: Vec<_> = faults[&1][0].related.iter().map(|r| &r.commit).collect();
    assert_eq!(commits, [&Some("commit1".to_owned()), &Some("commit3".to_owned())]);
}

#[test]
fn unhealed_faults_are_reported_where_they_began() {
    let steps = history(vec![
        (&[], consistent()),
        (&[0], inconsistent(Code::MissingId)),
        (&[1], inconsistent(Code::MissingId)),
        (&[1], consistent()),
        (&[2], inconsistent(Code::StalePath)),
    ]);
    // The first is healed on one branch; on the other the second is where it begins.
    let expected = [(1, Code::Behind), (2, Code::MissingId), (4, Code::StalePath)];
    assert_eq!(found(&steps, None), expected);
}

#[test]
fn losses_are_reported_unless_restored_in_the_end() {
    let steps = history(vec![
        (&[], consistent()),
        (&[0], inconsistent(Code::MissingId)),
        (&[1], inconsistent(Code::RecordLost)),
        (&[2], lost()),
        (&[3], consistent()),
    ]);
    // Both mention the identity; the first is to blame, and the other has its own fault.
    assert_eq!(found(&steps, None), [(1, Code::RecordLost), (2, Code::Behind)]);
    assert_eq!(found(&steps, Some(4)), [(1, Code::Behind), (2, Code::Behind)]);
    let faults = examine(&steps, &|_, _| Some(4)).commits;
    let healers: Vec<_> = faults.values().map(|findings| &findings[0].related[1].commit).collect();
    assert_eq!(healers, [&Some("commit4".to_owned()), &Some("commit3".to_owned())]);
}

#[test]
fn reuses_are_found_with_their_cause() {
    let name = |digit, kind| IdBinding { id: id(), origin: origin(digit), kind };
    let mut steps = history(vec![
        (&[], consistent()),
        (&[0], consistent()),
        (&[0], consistent()),
        (&[1, 2], consistent()),
    ]);
    steps[1].names = vec![name(1, BindingKind::Own)];
    steps[2].names = vec![name(2, BindingKind::Own)];
    let causes = |steps: &[HistoryCommit]| {
        let found = examine(steps, &|_, _| None).reuses;
        found.iter().map(|r| (r.first.0, r.then.0, r.cause)).collect::<Vec<_>>()
    };
    assert_eq!(causes(&steps), [(1, 2, ReuseCause::Parallel)]);
    steps[3].names = vec![name(2, BindingKind::Alias)];
    assert_eq!(causes(&steps), [(1, 2, ReuseCause::Collision)]);
    steps[3].names = vec![name(3, BindingKind::Split)];
    assert_eq!(causes(&steps), [(1, 2, ReuseCause::Parallel), (1, 3, ReuseCause::Split)]);
    steps[2].names = Vec::new();
    steps[3].names = vec![name(2, BindingKind::Own)];
    assert_eq!(causes(&steps), [(1, 3, ReuseCause::Reallocated)]);
    // Healed commits do not count.
    steps[1].state = inconsistent(Code::MissingId);
    assert_eq!(causes(&steps), []);
}

#[test]
fn identities_from_before_idhooks_was_removed_are_free_again() {
    let name = |digit| IdBinding { id: id(), origin: origin(digit), kind: BindingKind::Own };
    let unadopted = || HistoryState::Unadopted;
    // idhooks is removed in 1 and adopted again in 3; 4 never removed it.
    let mut steps = history(vec![
        (&[], consistent()),
        (&[0], unadopted()),
        (&[1], unadopted()),
        (&[2], consistent()),
        (&[0], consistent()),
        (&[3], consistent()),
    ]);
    let causes = |steps: &[HistoryCommit]| {
        let found = examine(steps, &|_, _| None).reuses;
        found.iter().map(|r| (r.first.0, r.then.0, r.cause)).collect::<Vec<_>>()
    };
    steps[0].names = vec![name(1)];
    steps[3].names = vec![name(2)];
    assert_eq!(causes(&steps), []);
    steps[4].names = vec![name(3)];
    assert_eq!(causes(&steps), [(0, 4, ReuseCause::Reallocated)]);
    steps[4].names = Vec::new();
    steps[5].names = vec![name(4)];
    assert_eq!(causes(&steps), [(3, 5, ReuseCause::Reallocated)]);
    // If a line bypasses the commits without idhooks, the identity was not free.
    steps[3].parents.push(4);
    assert_eq!(causes(&steps), [(0, 3, ReuseCause::Reallocated), (0, 5, ReuseCause::Reallocated)]);
}

//! The ledger on invented histories.

use super::*;
use crate::check::Severity;
use crate::registry::{Id, RepoPath};

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
        commit: format!("commit{n}"),
        short: format!("c{n}"),
        parents: parents.to_vec(),
        state,
        changed: Vec::new(),
        names: Vec::new(),
    };
    states.into_iter().enumerate().map(step).collect()
}

fn fine() -> HistoryState {
    HistoryState::True { losses: Vec::new() }
}

fn untrue(code: Code) -> HistoryState {
    HistoryState::Untrue(vec![fault(code)])
}

fn lost() -> HistoryState {
    let loss = Loss { finding: fault(Code::RecordLost), gone: Some(origin(1)) };
    HistoryState::True { losses: vec![loss] }
}

/// Returns the codes found, with the commits they are about.
fn found(steps: &[HistoryCommit], came_back: Option<usize>) -> Vec<(usize, Code)> {
    let found = examine(steps, &|_, _| came_back);
    let codes = found.commits.iter().flat_map(|f| f.findings.iter().map(|g| (f.commit, g.code)));
    codes.collect()
}

#[test]
fn what_a_later_commit_heals_is_behind() {
    let steps = history(vec![
        (&[], fine()),
        (&[0], untrue(Code::MissingId)),
        (&[1], untrue(Code::MissingId)),
        (&[2], fine()),
    ]);
    assert_eq!(found(&steps, None), [(1, Code::Behind), (2, Code::Behind)]);
    let faults = examine(&steps, &|_, _| None).commits;
    assert_eq!(faults[0].findings[0].severity, Severity::Warning);
    let commits: Vec<_> = faults[0].findings[0].related.iter().map(|r| &r.commit).collect();
    assert_eq!(commits, [&Some("commit1".to_owned()), &Some("commit3".to_owned())]);
}

#[test]
fn what_nothing_heals_is_told_where_it_came_from() {
    let steps = history(vec![
        (&[], fine()),
        (&[0], untrue(Code::MissingId)),
        (&[1], untrue(Code::MissingId)),
        (&[1], fine()),
        (&[2], untrue(Code::StalePath)),
    ]);
    // The first is healed on one branch; on the other the second is where it begins.
    let expected = [(1, Code::Behind), (2, Code::MissingId), (4, Code::StalePath)];
    assert_eq!(found(&steps, None), expected);
}

#[test]
fn what_healing_did_not_bring_back_is_lost_unless_it_is_there_in_the_end() {
    let steps = history(vec![
        (&[], fine()),
        (&[0], untrue(Code::MissingId)),
        (&[1], untrue(Code::RecordLost)),
        (&[2], lost()),
        (&[3], fine()),
    ]);
    // Both speak of the identity; the first is to blame, and the other has its own fault.
    assert_eq!(found(&steps, None), [(1, Code::RecordLost), (2, Code::Behind)]);
    assert_eq!(found(&steps, Some(4)), [(1, Code::Behind), (2, Code::Behind)]);
    let faults = examine(&steps, &|_, _| Some(4)).commits;
    let healers: Vec<_> = faults.iter().map(|f| &f.findings[0].related[1].commit).collect();
    assert_eq!(healers, [&Some("commit4".to_owned()), &Some("commit3".to_owned())]);
}

#[test]
fn an_identity_names_one_file() {
    let name = |digit, bond| IdBinding { id: id(), origin: origin(digit), bond };
    let mut steps = history(vec![(&[], fine()), (&[0], fine()), (&[0], fine()), (&[1, 2], fine())]);
    steps[1].names = vec![name(1, Bond::Own)];
    steps[2].names = vec![name(2, Bond::Own)];
    let causes = |steps: &[HistoryCommit]| {
        let found = examine(steps, &|_, _| None).reuses;
        found.iter().map(|r| (r.first.0, r.then.0, r.cause)).collect::<Vec<_>>()
    };
    assert_eq!(causes(&steps), [(1, 2, ReuseCause::Parallel)]);
    steps[3].names = vec![name(2, Bond::Alias)];
    assert_eq!(causes(&steps), [(1, 2, ReuseCause::Collision)]);
    steps[3].names = vec![name(3, Bond::Parted)];
    assert_eq!(causes(&steps), [(1, 2, ReuseCause::Parallel), (1, 3, ReuseCause::Parted)]);
    steps[2].names = Vec::new();
    steps[3].names = vec![name(2, Bond::Own)];
    assert_eq!(causes(&steps), [(1, 3, ReuseCause::Given)]);
    // What a healed commit says does not count.
    steps[1].state = untrue(Code::MissingId);
    assert_eq!(causes(&steps), []);
}

#[test]
fn what_was_named_before_idhooks_was_given_up_is_free_again() {
    let name = |digit| IdBinding { id: id(), origin: origin(digit), bond: Bond::Own };
    let unadopted = || HistoryState::Unadopted;
    // 0 is given up in 1 and adopted again in 3; 4 never gave it up.
    let mut steps = history(vec![
        (&[], fine()),
        (&[0], unadopted()),
        (&[1], unadopted()),
        (&[2], fine()),
        (&[0], fine()),
        (&[3], fine()),
    ]);
    let causes = |steps: &[HistoryCommit]| {
        let found = examine(steps, &|_, _| None).reuses;
        found.iter().map(|r| (r.first.0, r.then.0, r.cause)).collect::<Vec<_>>()
    };
    steps[0].names = vec![name(1)];
    steps[3].names = vec![name(2)];
    assert_eq!(causes(&steps), []);
    steps[4].names = vec![name(3)];
    assert_eq!(causes(&steps), [(0, 4, ReuseCause::Given)]);
    steps[4].names = Vec::new();
    steps[5].names = vec![name(4)];
    assert_eq!(causes(&steps), [(3, 5, ReuseCause::Given)]);
    // Where a line leads past those that gave it up, the identity was not free.
    steps[3].parents.push(4);
    assert_eq!(causes(&steps), [(0, 3, ReuseCause::Given), (0, 5, ReuseCause::Given)]);
}

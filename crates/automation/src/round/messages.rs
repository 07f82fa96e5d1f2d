//! [`RoundRequest`] and [`RoundAnswer`]: the messages between a watcher and its child process.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A move in the working tree: the old path and the new path.
pub type ObservedMove = (RepoPath, RepoPath);

/// The work to do in a round that needs a registry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RoundRequest {
    /// The moves to handle in this round.
    #[serde(serialize_with = "write_moves", deserialize_with = "read_moves")]
    pub moves: Vec<ObservedMove>,
    /// The maximum number of index changes to make in order to follow the moves and give identities
    /// to new files; `None` leaves the index unchanged.
    pub stages: Option<usize>,
    /// The generators to skip while the others run; `None` if no generators are to run.
    pub generates_without: Option<BTreeSet<String>>,
    /// Whether to check the index, and to find the moves that the next commit would not recognise.
    pub checks: bool,
}

/// The result of a round.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct RoundAnswer {
    /// The changes, one per line.
    pub done: Vec<String>,
    /// Why some of the work was not done; it can be done later.
    pub waits_for: Option<String>,
    /// Whether more work can be done right away.
    pub has_more: bool,
    /// The generators that produced output.
    pub generators: BTreeSet<String>,
    /// The generators' problems.
    pub problems: Vec<String>,
    /// The generators whose outputs could not be staged because the index had changed meanwhile.
    pub overtaken: Option<Overtaken>,
    /// The result of the check, if requested.
    pub checked: Option<CheckOutcome>,
}

/// Generators whose outputs could not be staged because the index had changed meanwhile.
#[derive(Debug, Serialize, Deserialize)]
pub struct Overtaken {
    /// Their names.
    pub generators: BTreeSet<String>,
    /// The error message.
    pub why: String,
}

/// The result of a check.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckOutcome {
    /// The number of findings with severity error.
    pub errors: usize,
    /// The number of findings with severity warning.
    pub warnings: usize,
    /// The findings, up to 200.
    pub findings: Vec<Box<RawValue>>,
    /// The indices of the finished moves, for which HEAD lacks the old path or already contains the
    /// new one.
    pub settled: Vec<usize>,
}

impl RoundAnswer {
    /// Adds changes to the result.
    pub(super) fn note<T: ToString>(&mut self, changes: impl IntoIterator<Item = T>) {
        self.done.extend(changes.into_iter().map(|change| change.to_string()));
    }
}

/// Writes moves as bytes, because JSON cannot represent a path that is not UTF-8.
fn write_moves<S: Serializer>(moves: &[ObservedMove], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(moves.iter().map(|(from, to)| [from.as_bytes(), to.as_bytes()]))
}

fn read_moves<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<ObservedMove>, D::Error> {
    let path = |bytes| RepoPath::new(bytes).map_err(serde::de::Error::custom);
    let moves: Vec<[Vec<u8>; 2]> = Vec::deserialize(from)?;
    moves.into_iter().map(|[from, to]| Ok((path(from)?, path(to)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_read_as_they_were_written() {
        let path = |name: &[u8]| RepoPath::new(name).expect("a path");
        let moves = vec![(path(b"a\nb"), path(b"c \xff")), (path(b"d"), path(b"e/f"))];
        let request = RoundRequest { moves: moves.clone(), stages: Some(2), ..Default::default() };
        let text = serde_json::to_string(&request).expect("JSON");
        let read: RoundRequest = serde_json::from_str(&text).expect("its own");
        assert_eq!((read.moves, read.stages, read.checks), (moves, Some(2), false));
        let above = text.replace("[97,10,98]", "[46,46]");
        assert!(serde_json::from_str::<RoundRequest>(&above).is_err());
    }
}

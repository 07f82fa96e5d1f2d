//! The clone's memory of the identities it has given.

use std::collections::BTreeMap;

use crate::registry::{Id, Origin, Timestamp};

/// Identities this clone has given, on any branch, committed or not.
///
/// Kept as lines `<origin> <id> <allocated_at>`; the last line of an origin wins, torn lines
/// are ignored. Never read by merge, check or healing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    by_origin: BTreeMap<Origin, (Id, Timestamp)>,
    by_id: BTreeMap<Id, Origin>,
}

impl Given {
    /// Reads the lines; what is not such a line is ignored.
    pub fn parse(text: &[u8]) -> Self {
        let mut given = Given::default();
        // Without its line end a line may be torn, even if it looks whole.
        let whole = text.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        for line in String::from_utf8_lossy(&text[..whole]).lines() {
            let mut words = line.split(' ');
            let (Some(origin), Some(id), Some(at), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                continue;
            };
            if let (Ok(origin), Ok(id), Ok(at)) = (origin.parse(), id.parse(), at.parse()) {
                given.by_origin.insert(origin, (id, at));
                given.by_id.insert(id, origin);
            }
        }
        given
    }

    /// Returns the line that remembers one gift.
    pub fn line(origin: Origin, id: Id, at: Timestamp) -> String {
        format!("{origin} {id} {at}\n")
    }

    /// Returns what was given to an origin.
    pub fn to(&self, origin: Origin) -> Option<(Id, Timestamp)> {
        self.by_origin.get(&origin).copied()
    }

    /// Returns whether an identity was given to another origin.
    pub fn is_taken(&self, id: Id, by_other_than: Origin) -> bool {
        self.by_id.get(&id).is_some_and(|origin| *origin != by_other_than)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_of_an_origin_wins() {
        let given = Given::parse(
            b"c122650e81a52c85 0110073814260118 2026-01-01T00:00:00Z\nnonsense\n\xff\xfe\nc122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\nc122650e81a52c85 0110073397260118 2026-01-03T00:00:00Z",
        );
        let origin: Origin = "c122650e81a52c85".parse().expect("valid");
        let other: Origin = "0000000000000000".parse().expect("valid");
        let (id, at) = given.to(origin).expect("given");
        assert_eq!(id.to_string(), "0110073107260118");
        assert_eq!(
            Given::line(origin, id, at),
            "c122650e81a52c85 0110073107260118 2026-01-02T00:00:00Z\n"
        );
        assert!(given.is_taken(id, other) && !given.is_taken(id, origin));
    }
}

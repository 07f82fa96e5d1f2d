//! The audit log: a chain of events, each linked to the one before it. No I/O. Each event is a line
//! of JSON. Its `prev` is the previous line's hash, and its `hash` is the SHA-256 of `prev` and of
//! the event without these two members. Changing, removing, inserting or swapping a line therefore
//! means changing every line after it. A line cut off by a crash is not tampering: the next line is
//! linked to the line before it.
//!
//! Lines keep their original wording. `former` translates the words used by earlier versions.

mod former;

use std::collections::BTreeSet;

use idhooks_core::registry::{Json, Object, Timestamp, hex};
use sha2::{Digest, Sha256};

use crate::events::EventKind;
use former::{FORMER_AT, FORMER_EVENT};

/// The JSON Schema for an event, as `idhooks schema audit` prints it.
pub const AUDIT_SCHEMA: &str = include_str!("audit.json");
/// The hash that the first event links to.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The keys that link an event to the chain. They are not included in its hash.
const PREV: &str = "prev";
const HASH: &str = "hash";
/// The key for an event's time.
const AT: &str = "at";
/// The key for an event's kind.
const EVENT: &str = "event";

/// The names to use for an event's keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AuditKeys {
    /// The keys used in the log: `at` and `event`.
    #[default]
    Own,
    /// The keys `timestamp` and `event_type`, for programs that expect them.
    Plan,
}

impl AuditKeys {
    /// Links an event, which has the log's own keys, to the hash `prev`. Returns its line, written
    /// with these keys, and its own hash.
    pub fn line(self, mut event: Object, prev: &str) -> (String, String) {
        // Compute the links again, because the event may come from another log and have links of
        // its own.
        event.remove(PREV);
        event.remove(HASH);
        if self == AuditKeys::Plan {
            for (own, other) in [(AT, FORMER_AT), (EVENT, FORMER_EVENT)] {
                let value = event.remove(own);
                event.extend(value.map(|value| (other.to_owned(), value)));
            }
        }
        let hash = hash(prev, &event);
        event.insert(PREV.to_owned(), Json::string(prev));
        event.insert(HASH.to_owned(), Json::string(&hash));
        (format!("{}\n", Json::Object(event).compact()), hash)
    }
}

/// A single event in the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The event's id, a UUID.
    pub event_id: String,
    /// The id of the run that caused the event. A run may cause several events.
    pub run_id: String,
    /// The time of the event.
    pub at: Timestamp,
    /// The kind of event.
    pub kind: EventKind,
    /// The details.
    pub data: Object,
}

impl AuditEvent {
    /// Returns the event's line, linked to the hash `prev`, and the event's own hash.
    pub fn line(&self, prev: &str) -> (String, String) {
        AuditKeys::Own.line(self.members(), prev)
    }

    /// Returns the event's members, except for its links in the chain.
    pub fn members(&self) -> Object {
        let members = [
            ("event_id", Json::string(&self.event_id)),
            ("run_id", Json::string(&self.run_id)),
            (AT, Json::string(self.at.as_str())),
            (EVENT, Json::string(self.kind.as_str())),
            ("data", Json::Object(self.data.clone())),
        ];
        members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}

/// Returns the lines for these events. The first event is linked to the hash `prev`.
pub fn lines(events: &[AuditEvent], prev: &str) -> String {
    let mut prev = prev.to_owned();
    let mut lines = String::new();
    for event in events {
        let (line, hash) = event.line(&prev);
        lines += &line;
        prev = hash;
    }
    lines
}

fn hash(prev: &str, event: &Object) -> String {
    let mut hash = Sha256::new();
    hash.update(prev);
    // Objects are written with sorted keys, so the order of the keys in a line does not affect the
    // hash.
    hash.update(Json::Object(event.clone()).compact());
    hex::encode(&hash.finalize())
}

/// A line that has been read from the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// All members.
    pub members: Object,
    /// The hash that the line links to.
    pub prev: String,
    /// The line's own hash, as stored in it.
    pub hash: String,
}

impl AuditEntry {
    /// Parses a line; returns `None` if it is not a complete event.
    pub fn parse(line: &str) -> Option<Self> {
        // Even if a Windows editor or `core.autocrlf` has changed the line endings, the events are
        // the same.
        let Ok(Json::Object(members)) = Json::parse(line.trim_end_matches(['\n', '\r'])) else {
            return None;
        };
        let text = |name: &str| members.get(name).and_then(Json::as_str).map(str::to_owned);
        let (prev, hash) = (text(PREV)?, text(HASH)?);
        let word = text(EVENT).or_else(|| text(FORMER_EVENT));
        word.filter(|_| matches!(members.get("data"), Some(Json::Object(_))))?;
        Some(AuditEntry { members, prev, hash })
    }

    /// Returns a member's value if it is a string, or an empty string otherwise.
    pub fn text(&self, name: &str) -> &str {
        self.members.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// Returns the time of the event.
    pub fn at(&self) -> &str {
        let written = if self.members.contains_key(AT) { AT } else { FORMER_AT };
        self.text(written)
    }

    /// Returns the word for the event's kind, translated if the line comes from an earlier version.
    pub fn event(&self) -> &str {
        if self.members.contains_key(EVENT) {
            return self.text(EVENT);
        }
        let word = self.text(FORMER_EVENT);
        match former::kind(word, |name| self.fact(name)) {
            Some(kind) => kind.as_str(),
            None => word,
        }
    }

    /// Returns the members with current keys and words, for reports. The hash still applies to the
    /// line as it was written.
    pub fn current(&self) -> Object {
        let mut members = self.members.clone();
        for (former, key, value) in
            [(FORMER_AT, AT, self.at()), (FORMER_EVENT, EVENT, self.event())]
        {
            if members.remove(former).is_some() {
                members.insert(key.to_owned(), Json::string(value));
            }
        }
        members
    }

    /// Returns the value of a member of the event's `data`, if it is a string.
    pub fn fact(&self, name: &str) -> Option<&str> {
        match self.members.get("data") {
            Some(Json::Object(data)) => data.get(name).and_then(Json::as_str),
            _ => None,
        }
    }

    /// Returns the line.
    pub fn line(&self) -> String {
        format!("{}\n", Json::Object(self.members.clone()).compact())
    }

    fn is_complete(&self) -> bool {
        let mut event = self.members.clone();
        event.remove(PREV);
        event.remove(HASH);
        hash(&self.prev, &event) == self.hash
    }
}

idhooks_core::words! {
    /// What is wrong with a line in the log.
    pub enum LineFault, description {
        /// The line was changed after it was written.
        Altered = "altered", "the line was changed after it was written";
        /// Lines before it are missing.
        Missing = "missing", "lines before it are missing";
        /// The line was moved.
        OutOfOrder = "out-of-order", "the line was moved";
        /// A crash cut the line off, but nothing else was lost.
        Torn = "torn", "a crash cut the line off; the chain continues after it";
    }
}

/// The result of verifying an audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The number of events.
    pub events: usize,
    /// The hash of the last event.
    pub head: Option<String>,
    /// The faulty lines, counted from 1.
    pub faults: Vec<(usize, LineFault)>,
    /// Whether any event has the expected hash.
    pub has_expected: bool,
}

impl Verdict {
    /// Returns whether the log has been tampered with.
    pub fn is_tampered(&self) -> bool {
        self.faults.iter().any(|(_, kind)| *kind != LineFault::Torn)
    }
}

/// Verifies all lines in an audit log. `expected` is a hash that one of the lines must have.
pub fn verify<'l>(lines: impl Iterator<Item = &'l str>, expected: Option<&str>) -> Verdict {
    // For each readable line: its number, whether it is complete, its own hash, and the previous
    // line's hash.
    let mut links = Vec::new();
    let mut unreadable = Vec::new();
    for (line, number) in lines.zip(1..) {
        match AuditEntry::parse(line) {
            Some(entry) => links.push((number, entry.is_complete(), entry.hash, entry.prev)),
            None => unreadable.push((number, is_beginning(line))),
        }
    }
    let hashes: BTreeSet<&str> = links.iter().map(|(_, _, hash, _)| hash.as_str()).collect();
    let mut faults = Vec::new();
    let (mut before, mut last) = (BEGINNING, 0);
    for (number, is_complete, hash, prev) in &links {
        let between = unreadable.iter().filter(|(n, _)| (last + 1..*number).contains(n));
        let follows = prev == before;
        let unread: Vec<_> = between.map(|(n, torn)| (*n, line_fault(*torn && follows))).collect();
        if !is_complete {
            faults.push((*number, LineFault::Altered));
        // If there is an unreadable line in between, that line is reported instead.
        } else if !follows && unread.is_empty() {
            let is_elsewhere = prev == BEGINNING || hashes.contains(prev.as_str());
            let kind = if is_elsewhere { LineFault::OutOfOrder } else { LineFault::Missing };
            faults.push((*number, kind));
        }
        faults.extend(unread);
        (before, last) = (hash, *number);
    }
    let after = unreadable.iter().filter(|(n, _)| *n > last);
    faults.extend(after.map(|(n, torn)| (*n, line_fault(*torn))));
    faults.sort_by_key(|(number, _)| *number);
    // If someone noted the last hash elsewhere, it shows whether the end of the log has been cut
    // off.
    let has_expected = expected.is_none_or(|expected| hashes.contains(expected));
    let head = links.last().map(|(_, _, hash, _)| hash.clone());
    Verdict { events: links.len(), head, faults, has_expected }
}

/// Returns what is wrong with a line that is not an event.
fn line_fault(is_torn: bool) -> LineFault {
    if is_torn { LineFault::Torn } else { LineFault::Altered }
}

/// Returns whether a line may be the beginning of an event that was not written completely.
fn is_beginning(line: &str) -> bool {
    // The JSON in a cut-off line is valid up to its end, whereas an edited line becomes invalid
    // before that.
    let end = serde_json::from_str::<serde::de::IgnoredAny>(line).err();
    line.starts_with('{') && end.is_some_and(|error| error.is_eof())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(count: usize) -> Vec<String> {
        let event = |n: usize| AuditEvent {
            event_id: format!("e{n}"),
            run_id: "r".to_owned(),
            at: Timestamp::EPOCH,
            kind: EventKind::Renamed,
            data: [("n".to_owned(), Json::Number(n.to_string()))].into(),
        };
        let events: Vec<AuditEvent> = (1..=count).map(event).collect();
        lines(&events, BEGINNING).lines().map(str::to_owned).collect()
    }

    fn faults(lines: &[String]) -> Vec<(usize, LineFault)> {
        verify(lines.iter().map(String::as_str), None).faults
    }

    #[test]
    fn every_change_of_a_line_is_detected() {
        let whole = chain(6);
        assert_eq!(faults(&whole), []);
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            faults(&lines)
        };
        for n in 0..6 {
            let altered = with(&|lines| lines[n] = lines[n].replace("\"n\":", "\"m\":"));
            assert_eq!(altered, [(n + 1, LineFault::Altered)]);
            // Even if someone recomputes the line's own hash, the next line reveals the change.
            let forged = with(&|lines| {
                let mut entry = AuditEntry::parse(&lines[n]).expect("whole");
                entry.members.insert("run_id".to_owned(), Json::string("x"));
                let mut event = entry.members.clone();
                event.remove(PREV);
                event.remove(HASH);
                let new = hash(&entry.prev, &event);
                entry.members.insert(HASH.to_owned(), Json::string(new));
                lines[n] = entry.line();
            });
            let next = if n < 5 { vec![(n + 2, LineFault::Missing)] } else { Vec::new() };
            assert_eq!(forged, next);
            let gone = with(&|lines| drop(lines.remove(n)));
            assert_eq!(gone.len(), usize::from(n < 5), "{gone:?}");
            let garbage = with(&|lines| lines[n] = "garbage".to_owned());
            assert_eq!(garbage, [(n + 1, LineFault::Altered)]);
            let between = with(&|lines| lines.insert(n, "{\"data\":{}}".to_owned()));
            assert_eq!(between, [(n + 1, LineFault::Altered)]);
            let twice = with(&|lines| lines.insert(n, lines[n].clone()));
            assert_eq!(twice, [(n + 2, LineFault::OutOfOrder)]);
        }
        let exchanged = with(&|lines| lines.swap(2, 3));
        assert!(exchanged.iter().all(|(_, kind)| *kind == LineFault::OutOfOrder), "{exchanged:?}");
        assert_eq!(exchanged.len(), 3);
        assert_eq!(with(&|lines| drop(lines.drain(..3))), [(1, LineFault::Missing)]);
    }

    #[test]
    fn a_torn_line_is_not_tampering() {
        let mut lines = chain(4);
        lines.insert(2, "{\"event_id\":\"e3\",\"run".to_owned());
        let verdict = verify(lines.iter().map(String::as_str), None);
        assert_eq!(verdict.faults, [(3, LineFault::Torn)]);
        assert!(!verdict.is_tampered());
        assert_eq!(verdict.events, 4);
        let head = verdict.head.expect("events");
        assert!(verify(lines.iter().map(String::as_str), Some(&head)).has_expected);
        // If the end of the log is removed, only a hash noted elsewhere reveals it.
        lines.pop();
        let cut = verify(lines.iter().map(String::as_str), Some(&head));
        assert!(!cut.is_tampered() && !cut.has_expected);
    }
}

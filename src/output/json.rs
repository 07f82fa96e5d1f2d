//! Formats JSON documents. Each has a version, a schema, and a test that checks the document
//! against the schema.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::{Id, RepoPath, Timestamp};
use idhooks_ops::{Commit, CommitId, EventKind, IdentityEvent, IdentityLogEntry, json_text};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Returns a document with its version and the members of `body`, followed by a newline.
pub fn document<T: Serialize>(body: &T) -> String {
    #[derive(Serialize)]
    struct VersionedDocument<'b, T> {
        version: u8,
        #[serde(flatten)]
        body: &'b T,
    }
    json_text(&VersionedDocument { version: 1, body }) + "\n"
}

/// An object with one member.
pub type One<T> = BTreeMap<&'static str, T>;

/// Returns an object with one member.
pub fn one<T>(name: &'static str, value: T) -> One<T> {
    BTreeMap::from([(name, value)])
}

/// Returns a document with one member in addition to its version.
pub fn document_of<T: Serialize + ?Sized>(name: &'static str, value: &T) -> String {
    document(&one(name, value))
}

/// Serializes a number with six decimal places.
///
/// # Errors
/// Returns an error if the number is not finite.
pub fn six_digits<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
    raw(format!("{number:.6}")).serialize(to)
}

/// Returns JSON that is written unchanged.
///
/// # Panics
/// Panics if the text is not JSON.
pub fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("JSON")
}

/// The members of a finding, without its related locations.
#[derive(Debug, Serialize)]
pub struct FindingSummary<'f> {
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    path: Option<&'f RepoPath>,
    id: Option<&'f str>,
    message: &'f str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'f str>,
    /// Where in the file, if the finding is about a place in a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl<'f> FindingSummary<'f> {
    /// Returns the code, path, identity and message.
    pub fn short(finding: &'f Finding) -> Self {
        let &Finding { code, ref path, ref id, ref message, ref place, .. } = finding;
        let (path, id, place) = (path.as_ref(), id.as_deref(), place.as_deref());
        let [line, column] = [place.map(|place| place.line), place.map(|place| place.column)];
        FindingSummary { code, severity: None, path, id, message, help: None, line, column }
    }

    /// Returns all members except the help.
    pub fn without_help(finding: &'f Finding) -> Self {
        FindingSummary { severity: Some(finding.severity), ..Self::short(finding) }
    }

    /// Returns all members.
    pub fn full(finding: &'f Finding) -> Self {
        FindingSummary { help: Some(&finding.help), ..Self::without_help(finding) }
    }
}

/// Returns the document for a list, given the records in the registry's JSON format.
pub fn list(records: &[String]) -> String {
    let mut text = document_of("allocations", &[(); 0]);
    if !records.is_empty() {
        // A list may contain a million records that are already JSON, and parsing them again would
        // be slow.
        text.insert_str(text.len() - "\n]}\n".len(), &format!("\n{}", records.join(",\n")));
    }
    text
}

/// An identity's log.
#[derive(Debug, Serialize)]
pub struct IdentityLog<'l> {
    /// The identity.
    pub id: Id,
    /// A note about how the record was found.
    pub note: Option<&'l str>,
    /// The events.
    pub events: Vec<LogEntry<'l>>,
}

/// An event in an identity's log, with its commit's author.
#[derive(Debug, Serialize)]
pub struct LogEntry<'e> {
    event: EventKind,
    commit: CommitId,
    /// The author date.
    pub at: Timestamp,
    /// The author's name.
    pub author: String,
    mail: String,
    id: Id,
    path: &'e RepoPath,
    #[serde(flatten)]
    details: EventDetails<'e>,
}

/// Members that only some events use; in other events, they are null.
#[derive(Debug, Default, Serialize)]
struct EventDetails<'e> {
    old_id: Option<Id>,
    from: Option<&'e RepoPath>,
    reason: Option<&'e str>,
    by: Option<&'e str>,
    alias: Option<Id>,
    copied_from: Option<&'e str>,
    reassigned_from: Option<&'e str>,
}

impl<'e> LogEntry<'e> {
    /// Returns an event with its commit's author.
    pub fn new(entry: &'e IdentityLogEntry, commit: &Commit) -> Self {
        let [author, mail] = commit.author();
        // git accepts dates that RFC 3339 cannot express, but no event may be lost for that reason.
        let at = Timestamp::from_unix(commit.author_time).unwrap_or(Timestamp::EPOCH);
        let mut details = EventDetails::default();
        match &entry.what {
            IdentityEvent::IdReassigned { from } => details.old_id = Some(*from),
            IdentityEvent::Renamed { from } => details.from = Some(from),
            IdentityEvent::Deprecated { reason } => details.reason = reason.as_deref(),
            IdentityEvent::Superseded { by } | IdentityEvent::Shadowed { by } => {
                details.by = by.as_deref();
            }
            IdentityEvent::Aliased { id } => details.alias = Some(*id),
            IdentityEvent::Allocated { copied_from } => {
                details.copied_from = copied_from.as_deref();
            }
            IdentityEvent::PathReassigned { from } => details.reassigned_from = Some(from),
            _ => {}
        }
        let (event, path) = (entry.what.kind(), &entry.path);
        LogEntry { event, commit: entry.commit, at, author, mail, id: entry.id, path, details }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_are_null() {
        let path = RepoPath::new(*b"a \"b\"\n").expect("valid");
        let id = "0110073814260118".parse().expect("valid");
        let finding = Finding::new(Code::DuplicateId, "twice", "undo it").at(&path);
        let finding = finding.of(id).related_to(Some(&path), None);
        let other = Finding::new(Code::RegistryCorrupt, "torn", "restore it");
        assert_eq!(
            document_of("findings", &[other, finding]),
            concat!(
                "{\"version\":1,\"findings\":[\n",
                r#"{"code":"REGISTRY_CORRUPT","severity":"error","path":null,"id":null,"message":"torn","help":"restore it","related":[]},"#,
                "\n",
                r#"{"code":"DUPLICATE_ID","severity":"error","path":"a \"b\"\n","id":"0110073814260118","message":"twice","help":"undo it","related":[{"path":"a \"b\"\n","id":null,"commit":null}]}"#,
                "\n]}\n"
            )
        );
        assert_eq!(document_of("findings", &[0; 0]), "{\"version\":1,\"findings\":[\n]}\n");
    }

    #[test]
    fn records_are_printed_as_stored() {
        assert_eq!(
            list(&["{\"a\":1.0}".into(), "{}".into()]),
            "{\"version\":1,\"allocations\":[\n{\"a\":1.0},\n{}\n]}\n"
        );
    }
}

//! JSON documents; each has a version, a schema and a test against it.

use idhooks_core::check::{Finding, Related};
use idhooks_core::plan::Edit;
use idhooks_core::registry::json::{Members, write_string};
use idhooks_core::registry::{Id, RepoPath, Timestamp};
use idhooks_repo::git::Backup;
use idhooks_repo::history::{IdentityEvent, IdentityLogEntry};

/// JSON Schema of what `check --format json` prints.
pub const CHECK_SCHEMA: &str = include_str!("schema/check.json");
/// JSON Schema of what `list --format json` prints.
pub const LIST_SCHEMA: &str = include_str!("schema/list.json");
/// JSON Schema of what `backup list --format json` prints.
pub const BACKUP_SCHEMA: &str = include_str!("schema/backup.json");
/// JSON Schema of what `reconcile --format json` prints.
pub const RECONCILE_SCHEMA: &str = include_str!("schema/reconcile.json");
/// JSON Schema of what `show --format json` prints.
pub const SHOW_SCHEMA: &str = include_str!("schema/show.json");
/// JSON Schema of what `log --format json` prints.
pub const LOG_SCHEMA: &str = include_str!("schema/log.json");
/// JSON Schema of what `doctor --format json` prints.
pub const DOCTOR_SCHEMA: &str = include_str!("schema/doctor.json");
/// JSON Schema of what `scan --json` prints.
pub const SCAN_SCHEMA: &str = include_str!("schema/scan.json");
/// JSON Schema of what `status --format json` prints.
pub const STATUS_SCHEMA: &str = include_str!("schema/status.json");

/// JSON Schema of what `metrics --format json` prints.
pub const METRICS_SCHEMA: &str = include_str!("schema/metrics.json");
/// JSON Schema of what `coverage --format json` prints.
pub const COVERAGE_SCHEMA: &str = include_str!("schema/coverage.json");
/// JSON Schema of what `coverage --history --format json` prints.
pub const COVERAGE_HISTORY_SCHEMA: &str = include_str!("schema/coverage-history.json");

/// JSON Schema of what `schedule list --format json` prints.
pub const SCHEDULE_SCHEMA: &str = include_str!("schema/schedule.json");

/// Returns a document with its version, the members that `fill` adds, and a newline.
pub fn document(fill: impl FnOnce(&mut Members<'_>)) -> String {
    let mut out = String::new();
    object(&mut out, |members| {
        members.key("version").push('1');
        fill(members);
    });
    out.push('\n');
    out
}

/// Appends an object with the members that `fill` adds.
pub fn object(out: &mut String, fill: impl FnOnce(&mut Members<'_>)) {
    out.push('{');
    fill(&mut Members::new(out));
    out.push('}');
}

/// Appends an array with one element per line.
pub fn lines<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (n, item) in items.into_iter().enumerate() {
        out.push_str(if n > 0 { ",\n" } else { "\n" });
        write(out, item);
    }
    out.push_str("\n]");
}

/// Appends an array on one line.
pub fn list_of<T>(
    out: &mut String,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push('[');
    for (n, item) in items.into_iter().enumerate() {
        out.push_str(if n > 0 { "," } else { "" });
        write(out, item);
    }
    out.push(']');
}

/// Appends a string, or `null`.
pub fn optional(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => write_string(out, text),
        None => out.push_str("null"),
    }
}

/// Returns the document of a check.
pub fn check(findings: &[Finding]) -> String {
    document(|members| write_findings(members.key("findings"), findings))
}

/// Appends findings as an array.
pub fn write_findings(out: &mut String, findings: &[Finding]) {
    lines(out, findings, write_finding);
}

/// Appends a finding as an object.
pub fn write_finding(out: &mut String, finding: &Finding) {
    object(out, |members| finding_members(members, finding));
}

/// Appends the members of a finding.
pub fn finding_members(members: &mut Members<'_>, finding: &Finding) {
    finding_summary(members, finding);
    let out = members.key("related");
    out.push('[');
    for (n, related) in finding.related.iter().enumerate() {
        out.push_str(if n > 0 { "," } else { "" });
        write_related(out, related);
    }
    out.push(']');
}

/// Appends the members of a finding, but for what it is related to.
pub fn finding_summary(members: &mut Members<'_>, finding: &Finding) {
    members.string("code", finding.code.as_str());
    members.string("severity", finding.severity.as_str());
    optional(members.key("path"), shown(finding.path.as_ref()).as_deref());
    optional(members.key("id"), finding.id.as_deref());
    members.string("message", &finding.message);
    members.string("help", &finding.help);
}

fn write_related(out: &mut String, related: &Related) {
    object(out, |members| {
        optional(members.key("path"), shown(related.path.as_ref()).as_deref());
        optional(members.key("id"), related.id.as_deref());
        optional(members.key("commit"), related.commit.as_deref());
    });
}

/// Appends changes of identities as an array; absent values are `null`.
pub fn write_edits(out: &mut String, edits: &[Edit]) {
    lines(out, edits, |out, edit| {
        let (kind, id, path) = edit.subject();
        let (mut from, mut old_id, mut reason, mut copied_from) = (None, None, None, None);
        match edit {
            Edit::Allocate { copied_from: source, .. } => copied_from = source.clone(),
            Edit::Rename { from: path, .. } => from = Some(path.to_string()),
            Edit::Revive { .. } | Edit::Purge { .. } => {}
            Edit::Retire { reason: why, .. } => reason = why.clone(),
            Edit::Renumber { old, .. } => old_id = Some(old.to_string()),
        }
        object(out, |members| {
            members.string("event", kind.as_str());
            members.string("id", &id.to_string());
            members.string("path", &path.to_string());
            optional(members.key("from"), from.as_deref());
            optional(members.key("old_id"), old_id.as_deref());
            optional(members.key("reason"), reason.as_deref());
            optional(members.key("copied_from"), copied_from.as_deref());
        });
    });
}

fn shown(path: Option<&RepoPath>) -> Option<String> {
    path.map(ToString::to_string)
}

/// Returns the document of a list; `records` are texts as in the registry.
pub fn list(records: &[String]) -> String {
    document(|members| {
        lines(members.key("allocations"), records, |out, record| out.push_str(record));
    })
}

/// Returns the document of the backups.
pub fn backups(kept: &[Backup]) -> String {
    document(|members| {
        lines(members.key("backups"), kept, |out, backup| {
            object(out, |members| {
                members.string("at", backup.at.as_str());
                members.string("blob", &backup.blob.to_string());
                members.string("name", &backup.name);
            });
        });
    })
}

/// Returns the document of one record as in the registry. `at` is the commit in which it was looked
/// up and its date, if one was given.
pub fn show(record: &str, note: Option<&str>, at: Option<(&str, &str)>) -> String {
    document(|members| {
        members.key("allocation").push_str(record);
        optional(members.key("note"), note);
        if let Some((commit, at)) = at {
            members.string("commit", commit);
            members.string("at", at);
        }
    })
}

/// An event in the log of an identity, with the author of its commit.
pub struct LogEntry<'e> {
    /// The event.
    pub event: &'e IdentityLogEntry,
    /// The author date.
    pub at: Timestamp,
    /// The author's name.
    pub author: String,
    /// The author's email address.
    pub mail: String,
}

/// Returns the document of the log of an identity.
pub fn log(id: Id, note: Option<&str>, entries: &[LogEntry<'_>]) -> String {
    document(|members| {
        members.string("id", &id.to_string());
        optional(members.key("note"), note);
        lines(members.key("events"), entries, write_entry);
    })
}

fn write_entry(out: &mut String, entry: &LogEntry<'_>) {
    let what = &entry.event.what;
    object(out, |members| {
        members.string("event", what.kind().as_str());
        members.string("commit", &entry.event.commit.to_string());
        members.string("at", entry.at.as_str());
        members.string("author", &entry.author);
        members.string("mail", &entry.mail);
        members.string("id", &entry.event.id.to_string());
        members.string("path", &entry.event.path.to_string());
        for (name, value) in details(what) {
            optional(members.key(name), value.as_deref());
        }
    });
}

/// Returns the members that only some events use; every event has all the keys.
fn details(what: &IdentityEvent) -> [(&'static str, Option<String>); 7] {
    let mut details = ["old_id", "from", "reason", "by", "alias", "copied_from", "reassigned_from"]
        .map(|name| (name, None));
    let detail = match what {
        IdentityEvent::IdReassigned { from } => Some((0, Some(from.to_string()))),
        IdentityEvent::Renamed { from } => Some((1, Some(from.to_string()))),
        IdentityEvent::Deprecated { reason } => Some((2, reason.clone())),
        IdentityEvent::Superseded { by } | IdentityEvent::Shadowed { by } => Some((3, by.clone())),
        IdentityEvent::Aliased { id } => Some((4, Some(id.to_string()))),
        IdentityEvent::Allocated { copied_from } => Some((5, copied_from.clone())),
        IdentityEvent::PathReassigned { from } => Some((6, Some(from.clone()))),
        _ => None,
    };
    if let Some((place, value)) = detail {
        details[place].1 = value;
    }
    details
}

/// Returns a text as a JSON string, as in the registry.
pub fn text(text: &str) -> String {
    let mut out = String::new();
    write_string(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::Code;

    #[test]
    fn absent_values_are_null() {
        let path = RepoPath::new(*b"a \"b\"\n").expect("valid");
        let id = "0110073814260118".parse().expect("valid");
        let finding = Finding::new(Code::DuplicateId, "twice", "undo it").at(&path);
        let finding = finding.of(id).related_to(Some(&path), None);
        let other = Finding::new(Code::RegistryCorrupt, "torn", "restore it");
        assert_eq!(
            check(&[other, finding]),
            concat!(
                "{\"version\":1,\"findings\":[\n",
                r#"{"code":"REGISTRY_CORRUPT","severity":"error","path":null,"id":null,"message":"torn","help":"restore it","related":[]},"#,
                "\n",
                r#"{"code":"DUPLICATE_ID","severity":"error","path":"a \"b\"\n","id":"0110073814260118","message":"twice","help":"undo it","related":[{"path":"a \"b\"\n","id":null,"commit":null}]}"#,
                "\n]}\n"
            )
        );
        assert_eq!(check(&[]), "{\"version\":1,\"findings\":[\n]}\n");
    }

    #[test]
    fn records_are_printed_as_stored() {
        assert_eq!(
            list(&["{\"a\":1.0}".into(), "{}".into()]),
            "{\"version\":1,\"allocations\":[\n{\"a\":1.0},\n{}\n]}\n"
        );
        assert_eq!(show("{}", None, None), "{\"version\":1,\"allocation\":{},\"note\":null}\n");
        assert_eq!(
            show("{}", Some("n"), None),
            "{\"version\":1,\"allocation\":{},\"note\":\"n\"}\n"
        );
    }
}

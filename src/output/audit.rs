//! Formats events of the audit log.

use idhooks_core::plan::audit::{AuditEntry, Verdict};
use idhooks_core::registry::Json;
use idhooks_core::registry::json::{Members, write_value};

use super::Ui;
use super::json::{document, lines, object, optional};

/// The format of an audit report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AuditFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// One JSON object per line.
    Jsonl,
}

impl Ui {
    /// Prints an audit report.
    pub fn audit(&mut self, text: &str, form: AuditFormat) {
        match form {
            AuditFormat::Text => text.lines().for_each(|line| self.line(line)),
            _ => self.data(text),
        }
    }
}

/// Returns events in the given format.
pub fn events(entries: &[AuditEntry], form: AuditFormat) -> String {
    match form {
        AuditFormat::Text => entries.iter().map(|entry| shown(entry) + "\n").collect(),
        AuditFormat::Jsonl => entries.iter().map(AuditEntry::line).collect(),
        AuditFormat::Json => document(|members| {
            lines(members.key("events"), entries, |out, entry| {
                write_value(out, &Json::Object(entry.current()));
            });
        }),
    }
}

/// Returns an event on one line: time, event, identity, path and other data.
fn shown(entry: &AuditEntry) -> String {
    let mut words = vec![entry.at().to_owned(), entry.event().to_owned()];
    words.extend(["id", "path"].iter().filter_map(|name| entry.fact(name)).map(str::to_owned));
    if let Some(Json::Object(data)) = entry.members.get("data") {
        for (name, value) in data.iter().filter(|(name, _)| *name != "id" && *name != "path") {
            words.push(format!("{name}={}", value.compact()));
        }
    }
    // A path may contain line ends.
    words.join(" ").replace('\n', "\\n").replace('\r', "\\r")
}

/// Returns the result of verifying an audit log.
pub fn audit_verdict(verdict: &Verdict, form: AuditFormat) -> String {
    let fault = |members: &mut Members<'_>,
                 (line, kind): &(usize, idhooks_core::plan::audit::LineFault)| {
        members.key("line").push_str(&line.to_string());
        members.string("kind", kind.word());
    };
    match form {
        AuditFormat::Text => {
            let faults = verdict.faults.iter();
            let faults =
                faults.map(|(line, kind)| format!("line {line}: {} ({kind})\n", kind.word()));
            let head = verdict.head.iter().map(|head| format!("head {head}\n"));
            faults.chain(head).collect()
        }
        AuditFormat::Jsonl => {
            let mut text = String::new();
            for one in &verdict.faults {
                object(&mut text, |members| fault(members, one));
                text.push('\n');
            }
            text
        }
        AuditFormat::Json => document(|members| {
            members.key("events").push_str(&verdict.events.to_string());
            optional(members.key("head"), verdict.head.as_deref());
            members.key("tampered").push_str(&verdict.is_tampered().to_string());
            lines(members.key("faults"), &verdict.faults, |out, one| {
                object(out, |members| fault(members, one));
            });
        }),
    }
}

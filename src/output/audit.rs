//! Formats audit log events.

use idhooks_core::registry::Json;
use idhooks_ops::audit_log::{AuditEntry, LineFault, Verdict};
use idhooks_ops::json_text;
use serde::Serialize;

use super::{Ui, json};

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
        // The lines are printed exactly as in the log, including the hashes, so that another
        // program can verify the chain.
        AuditFormat::Jsonl => entries.iter().map(AuditEntry::line).collect(),
        AuditFormat::Json => {
            let events = entries.iter().map(|entry| Json::Object(entry.current()));
            json::document_of("events", &events.collect::<Vec<_>>())
        }
    }
}

/// Formats an event as one line: time, event, identity, path and other data.
fn shown(entry: &AuditEntry) -> String {
    let mut words = vec![entry.at().to_owned(), entry.event().to_owned()];
    words.extend(["id", "path"].iter().filter_map(|name| entry.fact(name)).map(str::to_owned));
    if let Some(Json::Object(data)) = entry.members.get("data") {
        for (name, value) in data.iter().filter(|(name, _)| *name != "id" && *name != "path") {
            words.push(format!("{name}={}", value.compact()));
        }
    }
    // A path may contain newlines, which could otherwise be used to forge an event.
    words.join(" ").replace('\n', "\\n").replace('\r', "\\r")
}

#[derive(Serialize)]
struct VerdictDocument<'v> {
    events: usize,
    head: Option<&'v str>,
    tampered: bool,
    faults: Vec<FaultyLine>,
}

#[derive(Serialize)]
struct FaultyLine {
    line: usize,
    kind: LineFault,
}

/// Returns the result of verifying an audit log, as text.
pub fn audit_verdict(verdict: &Verdict, form: AuditFormat) -> String {
    let faulty = |&(line, kind)| FaultyLine { line, kind };
    let faults: Vec<FaultyLine> = verdict.faults.iter().map(faulty).collect();
    let head = verdict.head.as_deref();
    match form {
        AuditFormat::Text => {
            let faults = faults.iter().map(|FaultyLine { line, kind }| {
                format!("line {line}: {kind} ({})\n", kind.description())
            });
            faults.chain(head.iter().map(|head| format!("head {head}\n"))).collect()
        }
        AuditFormat::Jsonl => faults.iter().map(|fault| json_text(fault) + "\n").collect(),
        AuditFormat::Json => json::document(&VerdictDocument {
            events: verdict.events,
            head,
            tampered: verdict.is_tampered(),
            faults,
        }),
    }
}

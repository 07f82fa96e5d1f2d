//! Formats alerts and health for operators, as text, JSON and mail.

use idhooks_core::{check::Finding, registry::Timestamp};
use idhooks_report::metrics::{Alert, Health, HealthState, Urgency};
use serde::Serialize;

use crate::output::json::{FindingSummary, document};
use crate::output::{aligned, at_most, safe};

/// The maximum number of findings to list per alert; the count includes all of them.
const MAX_FINDINGS: usize = 20;
/// The maximum length of a line in a mail, in bytes (RFC 5322 allows 998).
const MAX_LINE: usize = 900;

/// The repository, commit and time that the alerts are about.
#[derive(Debug, Clone, Serialize)]
pub struct AlertContext<'a> {
    /// The time the alerts were raised.
    pub at: Timestamp,
    /// The repository's name.
    pub repository: &'a str,
    /// The commit; `None` for the index.
    pub commit: Option<&'a str>,
    /// The number of files whose heads were not read; `None` if the checks failed.
    pub heads_unread: Option<usize>,
}

/// Returns the alerts as text.
pub fn alert_lines(alerts: &[Alert]) -> Vec<String> {
    let mut out = Vec::new();
    for alert in alerts {
        out.push(format!("{} {}: {}", alert.urgency.as_str(), alert.name, alert.message));
        let line = |finding: &Finding| {
            let place = finding.location().map(|place| format!("{place}: ")).unwrap_or_default();
            format!("{place}{} [{}]", finding.message, finding.code.as_str())
        };
        let lines = at_most(alert.findings.iter().map(line), MAX_FINDINGS);
        out.extend(lines.iter().map(|line| format!("  {line}")));
        out.push(format!("  help: {}", alert.help));
    }
    out
}

#[derive(Serialize)]
struct AlertsDocument<'a> {
    #[serde(flatten)]
    context: &'a AlertContext<'a>,
    alerts: Vec<AlertItem<'a>>,
}

#[derive(Serialize)]
struct AlertItem<'a> {
    #[serde(flatten)]
    alert: &'a Alert,
    count: usize,
    findings: Vec<FindingSummary<'a>>,
}

/// Returns the alerts as JSON.
pub fn alerts_json(alerts: &[Alert], context: &AlertContext<'_>) -> String {
    let items = alerts.iter().map(|alert| {
        // Webhook receivers refuse large bodies, so the list is limited; `count` is the full
        // number.
        let findings = alert.findings.iter().take(MAX_FINDINGS).map(FindingSummary::short);
        AlertItem { alert, count: alert.findings.len(), findings: findings.collect() }
    });
    document(&AlertsDocument { context, alerts: items.collect() })
}

/// Returns a mail for a program such as `sendmail -t`, with recipients if any are given, or an
/// empty string if there are no alerts.
pub fn alerts_mail(alerts: &[Alert], context: &AlertContext<'_>, to: &[String]) -> String {
    let Some(worst) = alerts.iter().map(|alert| alert.urgency).min() else {
        return String::new();
    };
    let what = match alerts {
        [one] => one.message.clone(),
        more => format!("{} alerts", more.len()),
    };
    let subject =
        format!("[idhooks] {} in {}: {what}", worst.as_str().to_uppercase(), context.repository);
    let mut out = String::new();
    if !to.is_empty() {
        out.push_str(&format!("To: {}\n", to.join(",\n ")));
    }
    // `safe` escapes newlines, because a repository's name must not be able to add headers.
    out.push_str(&format!("Subject: {}\n", encoded(&safe(&subject))));
    out.push_str(match worst {
        Urgency::Critical | Urgency::High => "Importance: high\n",
        Urgency::Warning => "",
    });
    // This header prevents automatic replies.
    out.push_str("Auto-Submitted: auto-generated\nMIME-Version: 1.0\n");
    out.push_str("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n");
    let commit = context.commit.map(|commit| format!(", commit {commit}")).unwrap_or_default();
    let head = format!("{}{commit}, {}", context.repository, context.at.as_str());
    for line in std::iter::once(head).chain([String::new()]).chain(alert_lines(alerts)) {
        folded(&mut out, &safe(&line));
    }
    out
}

/// Returns a string for a mail header, encoded if necessary (RFC 2047).
fn encoded(text: &str) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    // A longer line would have to be folded, which the encoding takes care of.
    if text.is_ascii() && text.len() < 200 {
        return text.to_owned();
    }
    let mut parts = vec![String::new()];
    for c in text.chars().take(200) {
        // An encoded part has at most 75 characters; base64 turns every three bytes into four
        // characters.
        match parts.last_mut() {
            Some(part) if part.len() + c.len_utf8() <= 42 => part.push(c),
            _ => parts.push(c.to_string()),
        }
    }
    let part = |part: &String| format!("=?utf-8?B?{}?=", STANDARD.encode(part));
    parts.iter().map(part).collect::<Vec<_>>().join("\n ")
}

/// Appends a line, folded to the maximum length.
fn folded(out: &mut String, line: &str) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > MAX_LINE {
            out.push_str("\n    ");
            length = 4;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push('\n');
}

/// Returns one line per check, with help for the checks that failed.
pub fn health_lines(all: &[Health]) -> Vec<String> {
    let rows = all.iter().map(|health| [health.state.as_str(), health.name, &health.detail]);
    let mut out = Vec::new();
    for (line, health) in aligned(rows).into_iter().zip(all) {
        out.push(line);
        out.extend(health.help.iter().map(|help| format!("  help: {help}")));
    }
    out
}

#[derive(Serialize)]
struct HealthDocument<'h, F> {
    at: &'h Timestamp,
    state: HealthState,
    checks: &'h [Health],
    #[serde(flatten)]
    facts: &'h F,
}

/// Returns the document for all checks at a given time, along with other facts.
pub fn health_json(checks: &[Health], at: &Timestamp, facts: &impl Serialize) -> String {
    document(&HealthDocument { at, state: HealthState::of_all(checks), checks, facts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::{Code, Finding};
    use idhooks_core::registry::RepoPath;

    fn alert(message: &str) -> Alert {
        let path = RepoPath::new("docs/ä\n.md".as_bytes()).expect("a path");
        Alert {
            name: "duplicate_id",
            urgency: Urgency::Critical,
            message: message.to_owned(),
            help: "h".to_owned(),
            findings: vec![Finding::new(Code::DuplicateId, "m", "h").at(&path)],
        }
    }

    fn mail(alerts: &[Alert], repository: &str) -> String {
        let context =
            AlertContext { at: Timestamp::EPOCH, repository, commit: None, heads_unread: Some(0) };
        alerts_mail(alerts, &context, &["a@example.com".to_owned(), "b@example.com".to_owned()])
    }

    #[test]
    fn a_mail_has_a_header_and_a_body_whatever_the_names() {
        let mail = mail(&[alert("twice")], "con\r\nBcc: x@example.com\r\ntracts é");
        let (head, body) = mail.split_once("\n\n").expect("a header and a body");
        assert!(head.starts_with("To: a@example.com,\n b@example.com\nSubject: =?utf-8?B?"));
        assert!(!mail.contains("\nBcc:") && !mail.contains('\r'));
        assert!(head.lines().all(|line| line.is_ascii() && line.len() <= 78), "{head}");
        assert!(body.contains("critical duplicate_id: twice\n  docs/ä\\n.md: m [DUPLICATE_ID]\n"));
    }

    #[test]
    fn long_lines_are_folded_and_no_alerts_make_no_mail() {
        let long = mail(&[alert(&"é".repeat(5000))], "contracts");
        assert!(long.lines().all(|line| line.len() <= 998));
        assert_eq!(long.matches('é').count(), 5000 + long.matches("contracts: é").count());
        assert!(mail(&[], "contracts").is_empty());
    }
}

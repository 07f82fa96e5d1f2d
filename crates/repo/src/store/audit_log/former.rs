//! Translates the words that earlier versions wrote to the audit log.

use crate::events::EventKind;

/// The former key for an event's time.
pub(super) const FORMER_AT: &str = "timestamp";
/// The former key for an event's kind.
pub(super) const FORMER_EVENT: &str = "event_type";
/// The former message for a command that ended with findings.
const FINDINGS: &str = "it has findings";

/// Returns the kind of event that a former word stands for, given the other data in the event.
pub(super) fn kind<'a>(word: &str, fact: impl Fn(&str) -> Option<&'a str>) -> Option<EventKind> {
    let kind = match word {
        "allocation" if fact("copied_from").is_some() => EventKind::Copied,
        "allocation" => EventKind::Allocated,
        "move" => EventKind::Renamed,
        "revival" => EventKind::Revived,
        "deprecation" => EventKind::Deprecated,
        "supersession" => EventKind::Superseded,
        "purge" => EventKind::Purged,
        "merge_reassignment" => EventKind::Reassigned,
        "metadata" => EventKind::Edited,
        "forgetting" => EventKind::Discarded,
        "reservation" => EventKind::Reserved,
        "release" => EventKind::Released,
        "patch" => EventKind::Patched,
        "import" => EventKind::Imported,
        "resolve" | "fix" | "rewrite" => EventKind::Healed,
        "backup" => EventKind::BackedUp,
        "restore" => EventKind::Restored,
        "validation_error" if fact("message") == Some(FINDINGS) => EventKind::CheckFailed,
        "validation_error" => EventKind::Blocked,
        _ => return None,
    };
    Some(kind)
}

#[cfg(test)]
mod tests {
    use crate::store::audit_log::AuditEntry;

    fn read(word: &str, data: &str) -> AuditEntry {
        let line = format!(
            r#"{{"data":{{{data}}},"event_type":"{word}","timestamp":"2026-01-18T22:00:00Z","prev":"","hash":""}}"#
        );
        AuditEntry::parse(&line).expect("an event")
    }

    #[test]
    fn former_words_are_translated() {
        for (word, data, event) in [
            ("allocation", "", "allocated"),
            ("allocation", r#""copied_from":"0110000001260118""#, "copied"),
            ("move", "", "renamed"),
            ("merge_reassignment", "", "reassigned"),
            ("metadata", "", "edited"),
            ("forgetting", "", "discarded"),
            ("purge", "", "purged"),
            ("release", "", "released"),
            ("import", "", "imported"),
            ("resolve", "", "healed"),
            ("rewrite", "", "healed"),
            ("validation_error", r#""message":"it has findings""#, "check_failed"),
            ("validation_error", r#""message":"0110000001260118 is active""#, "blocked"),
            // A word that no version has ever written is left unchanged.
            ("unheard", "", "unheard"),
        ] {
            let entry = read(word, data);
            assert_eq!(entry.event(), event, "{word}");
            let current = entry.current();
            let text =
                |name: &str| current.get(name).and_then(idhooks_core::registry::Json::as_str);
            assert_eq!((text("event"), text("at")), (Some(event), Some("2026-01-18T22:00:00Z")));
            assert_eq!((text("event_type"), text("timestamp")), (None, None));
        }
    }
}

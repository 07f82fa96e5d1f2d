//! Updates `last_updated`, and a `version` that counts changes, in the head of a legacy file: other
//! programs reread the file when these values change.

use std::borrow::Cow;

use crate::registry::{Json, Object, Registry, Timestamp, key};

/// The names of the two members, which are in `metadata` or beside it.
const LAST_UPDATED: &str = "last_updated";
const VERSION: &str = "version";
/// The lengths of a date alone, and of a date with a time down to the seconds.
const DATE: usize = 10;
const SECONDS: usize = 19;

/// If the records differ from `before`, updates each of the two values that has not been updated
/// yet: sets the time of the last change to `now`, in the same format, and increments the version
/// if it is a whole number. Leaves a value that is not a time, or any other version, such as the
/// program's own, unchanged.
pub(super) fn move_last_updated(registry: &mut Registry, before: &Registry, now: Timestamp) {
    let moves = [LAST_UPDATED, VERSION].map(|name| {
        let former = member(before, name)?;
        let value = member(registry, name).filter(|value| !is_later(value, &former));
        Some((name, moved(&value?, now)?))
    });
    // Comparing the records is the slowest step, so it is done only if there is something to
    // update.
    if moves.iter().all(Option::is_none) || registry.has_records_of(before) {
        return;
    }
    for (name, value) in moves.into_iter().flatten() {
        set_member(registry, name, value);
    }
}

/// Returns whether a value is later than the former one. If it is earlier, a program has written an
/// old copy of the file.
fn is_later(value: &Json, former: &Json) -> bool {
    let number = |value: &Json| match value {
        Json::Number(text) => text.parse::<u64>().ok(),
        _ => None,
    };
    match (value, former) {
        // Times in the same format sort like strings.
        (Json::String(value), Json::String(former)) => value > former,
        _ => match (number(value), number(former)) {
            (Some(value), Some(former)) => value > former,
            _ => value != former,
        },
    }
}

/// Returns a member's new value; `None` if it does not change.
fn moved(value: &Json, now: Timestamp) -> Option<Json> {
    match value {
        // The other program's clock may be ahead, and the time of an amended commit is in the past.
        Json::String(text) => in_form_of(text, now).filter(|new| *new > *text).map(Json::string),
        Json::Number(text) => {
            Some(Json::Number(text.parse::<u64>().ok()?.checked_add(1)?.to_string()))
        }
        _ => None,
    }
}

/// Returns a member of the head of a registry's legacy file. A version beside `metadata` is the
/// file format's version.
fn member(registry: &Registry, name: &str) -> Option<Json> {
    let beside = || registry.extra.get(name).filter(|_| name != VERSION);
    let inside = || registry.metadata.get(name);
    kept(registry).get(name).or_else(inside).or_else(beside).cloned()
}

fn set_member(registry: &mut Registry, name: &str, value: Json) {
    let mut kept = kept(registry).into_owned();
    if kept.contains_key(name) {
        kept.insert(name.to_owned(), value);
        registry.metadata.insert(key::LEGACY_SPELLING.to_owned(), Json::Object(kept));
    } else if registry.metadata.contains_key(name) {
        registry.metadata.insert(name.to_owned(), value);
    } else {
        registry.extra.insert(name.to_owned(), value);
    }
}

/// Returns the members of the head that only the other program writes.
fn kept(registry: &Registry) -> Cow<'_, Object> {
    match registry.metadata.get(key::LEGACY_SPELLING).map(Json::expanded) {
        Some(Cow::Borrowed(Json::Object(kept))) => Cow::Borrowed(kept),
        Some(Cow::Owned(Json::Object(kept))) => Cow::Owned(kept),
        _ => Cow::Owned(Object::new()),
    }
}

/// Returns a time in the same format as `text`: a date, with seconds, a fraction and UTC if `text`
/// has them. Returns `None` if the format of `text` is unknown.
fn in_form_of(text: &str, now: Timestamp) -> Option<String> {
    let (now, bytes) = (now.as_str(), text.as_bytes());
    let is_like = |part: &[u8], model: &[u8]| {
        part.len() == model.len()
            && part
                .iter()
                .zip(model)
                .all(|(own, other)| own.is_ascii_digit() && other.is_ascii_digit() || own == other)
    };
    if is_like(bytes, &now.as_bytes()[..DATE]) {
        return Some(now[..DATE].to_owned());
    }
    let separator = char::from(*bytes.get(DATE)?);
    let (date, time) = (bytes.get(..DATE)?, bytes.get(DATE + 1..SECONDS)?);
    let is_time = is_like(date, &now.as_bytes()[..DATE])
        && is_like(time, &now.as_bytes()[DATE + 1..SECONDS])
        && matches!(separator, 'T' | ' ');
    let rest = text.get(SECONDS..).filter(|_| is_time)?;
    let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let fraction = &rest[..rest.len() - zone.len()];
    let digits = fraction.strip_prefix('.').unwrap_or_default();
    let is_fraction = fraction.is_empty() || (!digits.is_empty() && !digits.contains('.'));
    let has_form = is_fraction && matches!(zone, "" | "Z" | "+00:00");
    has_form.then(|| {
        // Commit times are whole seconds, so any fraction must be zero.
        let zeros = fraction.replace(|c: char| c.is_ascii_digit(), "0");
        format!("{}{separator}{}{zeros}{zone}", &now[..DATE], &now[DATE + 1..SECONDS])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_its_form() {
        let now: Timestamp = "2026-11-26T01:02:03Z".parse().expect("a time");
        for (text, expected) in [
            ("2025-01-31T08:00:00.123456", Some("2026-11-26T01:02:03.000000")),
            ("2025-01-31T08:00:00Z", Some("2026-11-26T01:02:03Z")),
            ("2025-01-31 08:00:00+00:00", Some("2026-11-26 01:02:03+00:00")),
            ("2025-01-31T08:00:00", Some("2026-11-26T01:02:03")),
            ("2025-01-31", Some("2026-11-26")),
            ("2025-01-31T08:00:00+02:00", None),
            ("2025-01-31T08:00:00.1.2", None),
            ("31.01.2025", None),
            ("monday", None),
            ("", None),
            ("2025-01-31Tü8:00:00", None),
        ] {
            assert_eq!(in_form_of(text, now).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn it_moves_with_the_records_unless_it_has_moved() {
        let text = |number: u32, at: &str, version: &str| {
            let record = format!(
                r#"{{"id":"01100{number:05}260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00","status":"active","metadata":{{}}}}"#
            );
            format!(
                r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"metadata":{{"last_updated":"{at}","version":{version}}},"allocations":[{record}]}}"#
            )
        };
        let read = |number, at: &str, version: &str| {
            Registry::parse_foreign(text(number, at, version).as_bytes()).expect("valid")
        };
        let now: Timestamp = "2026-11-26T01:02:03Z".parse().expect("a time");
        let first = "2025-01-31T08:00:00";
        for (version, next) in [("7", "8"), ("\"2.3.1\"", "\"2.3.1\""), ("1.5", "1.5")] {
            let before = read(1, first, version);
            for (mut after, expected) in [
                (read(1, first, version), [first, version]),
                (read(2, first, version), ["2026-11-26T01:02:03", next]),
                (read(2, "2025-02-01T08:00:00", version), ["2025-02-01T08:00:00", next]),
                (read(2, first, "9"), ["2026-11-26T01:02:03", "9"]),
                // The file is an old copy.
                (read(2, "2024-12-31T08:00:00", version), ["2026-11-26T01:02:03", next]),
            ] {
                move_last_updated(&mut after, &before, now);
                assert_eq!(member(&after, LAST_UPDATED), Some(Json::string(expected[0])));
                assert_eq!(
                    member(&after, VERSION).map(|one| one.compact()).as_deref(),
                    Some(expected[1])
                );
                let again = after.clone();
                move_last_updated(&mut after, &before, now.days_before(1));
                assert_eq!(after, again);
            }
            // The other program's clock is ahead.
            let before = read(1, "2027-01-01T00:00:00", version);
            let mut after = read(2, "2027-01-01T00:00:00", version);
            move_last_updated(&mut after, &before, now);
            assert_eq!(member(&after, LAST_UPDATED), Some(Json::string("2027-01-01T00:00:00")));
        }
    }
}

//! Parses registries: any JSON that follows the schema, in any layout.

mod error;
mod record;

use std::collections::BTreeMap;

use error::{MAX_REGISTRY_BYTES, RecordError, newer_version, schema_version};
use record::{Dialect, RecordDraft, text};

use super::json::{JsonError, Object, Parser};
use super::{Allocation, Counter, CounterKey, Registry, Scope, Sequence};

pub use error::{MalformedId, ReadError, SCHEMA_VERSION};

impl Registry {
    /// Refuses a registry that is too large.
    ///
    /// # Errors
    /// Returns an error if the registry is larger than two billion bytes.
    pub fn check_size(bytes: u64) -> Result<(), ReadError> {
        if bytes > MAX_REGISTRY_BYTES { Err(ReadError::TooLarge(bytes)) } else { Ok(()) }
    }

    /// Parses a registry, which may be pretty-printed or unsorted, and may contain CRs or a byte
    /// order mark.
    ///
    /// Duplicate identities or origins are not an error here; see
    /// [`Registry::duplicate_ids`].
    ///
    /// ```
    /// use idhooks_core::registry::Registry;
    ///
    /// let text = concat!(
    ///     r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#,
    ///     "\n",
    ///     r#"{"id":"0110073814260118","file_path":"README.md","allocated_at":"2026-01-18T22:00:00Z","#,
    ///     r#""status":"active","metadata":{"origin":"c122650e81a52c85"}}"#,
    ///     "\n]}\n",
    /// );
    /// let registry = Registry::parse(text.as_bytes())?;
    /// assert_eq!(registry.allocations[0].path.to_string(), "README.md");
    /// assert_eq!(registry.format(), text);
    /// # Ok::<(), idhooks_core::registry::ReadError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error, with its position, if the text is not a valid registry with this schema
    /// version.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::parse_as(bytes, Dialect::Own)
    }

    /// Parses a registry written by another program that uses the schema: dates may have fractions,
    /// which are dropped, or no time zone, which means UTC; paths may contain backslashes. The
    /// other program may continue counting, so `current` becomes a floor regardless of the claims.
    /// Reserved sequences that a record already has are dropped.
    ///
    /// # Errors
    /// Returns the same errors as [`Registry::parse`].
    pub fn parse_foreign(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut registry = Self::parse_as(bytes, Dialect::Foreign)?;
        record::at_home(&mut registry);
        Ok(registry)
    }

    fn parse_as(bytes: &[u8], dialect: Dialect) -> Result<Self, ReadError> {
        Self::check_size(bytes.len() as u64)?;
        // Some editors add a byte order mark.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            return Err(ReadError::Empty);
        }
        let text = std::str::from_utf8(bytes).map_err(|e| ReadError::NotText(e.valid_up_to()))?;
        match read_registry(&mut Parser::new(text), dialect) {
            Ok((registry, malformed)) if malformed.is_empty() => Ok(registry),
            Ok((_, malformed)) => Err(ReadError::Ids(malformed)),
            // Neither of these is a registry, but their errors tell users what to do.
            Err(error) => Err(match (conflict_marker_line(bytes), newer_version(text)) {
                (Some(line), _) => ReadError::ConflictMarkers(line),
                (None, Some(version)) => ReadError::Newer(version),
                (None, None) => ReadError::Malformed(error),
            }),
        }
    }
}

/// Parses text that consists of exactly one record with a valid identity.
pub(super) fn parse_record(text: &str) -> Option<Allocation> {
    let mut parser = Parser::new(text);
    let record = RecordDraft::read(&mut parser, Dialect::Own).ok()?.finish(&parser).ok()?;
    parser.end().ok()?;
    Some(record)
}

/// Returns the line of the first marker left by an unfinished merge in a text file, counted from 1.
pub fn conflict_marker_line(bytes: &[u8]) -> Option<usize> {
    // There is no need to search for `=======`, because it occurs only after one of these markers.
    let markers: [&[u8]; 3] = [b"<<<<<<<", b">>>>>>>", b"|||||||"];
    let is_marked = |line: &[u8]| markers.iter().any(|marker| line.starts_with(marker));
    bytes.split(|byte| *byte == b'\n').position(is_marked).map(|n| n + 1)
}

/// A counter and its `current`, as read.
type ReadCounter = (Counter, Option<u32>);

/// Reads a whole registry, returning records with malformed identities separately.
fn read_registry(
    parser: &mut Parser<'_>,
    dialect: Dialect,
) -> Result<(Registry, Vec<MalformedId>), JsonError> {
    let (mut version, mut scope, mut records) = (false, None, None);
    let mut counters = BTreeMap::new();
    let (mut metadata, mut extra) = (Object::new(), Object::new());
    parser.object(|p, name| {
        match name {
            "schema_version" => version = schema_version(p)?,
            "scope" => scope = Some(text::<Scope>(p)?),
            "counters" => counters = read_counters(p)?,
            "metadata" => p.object(|p, name| p.keep(&mut metadata, name))?,
            "allocations" => records = Some(read_records(p, dialect)?),
            _ => p.keep(&mut extra, name)?,
        }
        Ok(())
    })?;
    let missing = |name: &str| parser.error(format!("the key \"{name}\" is missing"));
    if !version {
        return Err(missing("schema_version"));
    }
    let scope = scope.ok_or_else(|| missing("scope"))?;
    let (allocations, malformed) = records.ok_or_else(|| missing("allocations"))?;
    parser.end()?;
    let counters = match dialect {
        Dialect::Own => settle_counters(counters, &allocations),
        Dialect::Foreign => foreign_counters(counters, &allocations),
    };
    Ok((Registry { scope, counters, metadata, extra, allocations }, malformed))
}

/// Turns any `current` above the highest claim into a floor, and drops derived values.
fn settle_counters(
    read: BTreeMap<CounterKey, ReadCounter>,
    allocations: &[Allocation],
) -> BTreeMap<CounterKey, Counter> {
    if read.is_empty() {
        return BTreeMap::new();
    }
    let mut highest: BTreeMap<CounterKey, u32> = BTreeMap::new();
    for claim in allocations.iter().map(|a| a.claim) {
        let top = highest.entry(claim.counter()).or_default();
        *top = (*top).max(claim.sequence().get());
    }
    let settle = |(name, (mut counter, current)): (CounterKey, ReadCounter)| {
        let top = highest.get(&name).copied().unwrap_or(0);
        counter.floor = counter.floor.max(current.filter(|current| *current > top));
        (name, counter)
    };
    read.into_iter().map(settle).filter(|(_, c)| !c.is_empty()).collect()
}

/// Turns every `current` into a floor, and drops reservations for numbers that records have.
fn foreign_counters(
    read: BTreeMap<CounterKey, ReadCounter>,
    allocations: &[Allocation],
) -> BTreeMap<CounterKey, Counter> {
    let settle = |(name, (counter, current)): (CounterKey, ReadCounter)| {
        (name, Counter { floor: counter.floor.max(current), ..counter })
    };
    let mut counters: BTreeMap<CounterKey, Counter> = read.into_iter().map(settle).collect();
    for id in allocations.iter().flat_map(Allocation::ids) {
        if let Some(counter) = counters.get_mut(&id.counter()) {
            counter.reserved.remove(&id.sequence().get());
        }
    }
    counters.retain(|_, counter| !counter.is_empty());
    counters
}

fn read_counters(p: &mut Parser<'_>) -> Result<BTreeMap<CounterKey, ReadCounter>, JsonError> {
    let mut counters = BTreeMap::new();
    p.object(|p, name| {
        let counter: CounterKey = name.parse().map_err(|e| p.error(format!("{e}")))?;
        counters.insert(counter, read_counter(p)?);
        Ok(())
    })?;
    Ok(counters)
}

fn read_counter(p: &mut Parser<'_>) -> Result<ReadCounter, JsonError> {
    let (mut counter, mut current) = ReadCounter::default();
    p.object(|p, name| {
        match name {
            "current" => current = Some(sequence_or_zero(p)?),
            "floor" => counter.floor = Some(sequence_or_zero(p)?),
            // The number of records is always counted, never read.
            "allocated" => drop(p.whole_number()?),
            "reserved" => p.array(|p| {
                let number = p.whole_number()?;
                let sequence = Sequence::new(number);
                let sequence =
                    sequence.ok_or_else(|| p.error("a sequence must be from 1 to 99999"))?;
                counter.reserved.insert(sequence.get());
                Ok(())
            })?,
            _ => p.keep(&mut counter.extra, name)?,
        }
        Ok(())
    })?;
    Ok((counter, current))
}

fn sequence_or_zero(p: &mut Parser<'_>) -> Result<u32, JsonError> {
    let number = p.whole_number()?;
    if number > Sequence::MAX {
        return Err(p.error("expected a number from 0 to 99999"));
    }
    Ok(number)
}

fn read_records(
    p: &mut Parser<'_>,
    dialect: Dialect,
) -> Result<(Vec<Allocation>, Vec<MalformedId>), JsonError> {
    let (mut records, mut malformed) = (Vec::new(), Vec::new());
    p.array(|p| {
        match RecordDraft::read(p, dialect)?.finish(p) {
            Ok(record) => records.push(record),
            // The remaining records are still read, so that all malformed identities can be
            // reported.
            Err(RecordError::Id(bad)) => malformed.push(bad),
            Err(RecordError::Json(error)) => return Err(error),
        }
        Ok(())
    })?;
    Ok((records, malformed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::CounterState;

    const HEAD: &str =
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;

    fn registry(records: &str) -> Result<Registry, ReadError> {
        Registry::parse(format!("{HEAD}{records}]}}").as_bytes())
    }

    fn refusal(text: &[u8]) -> String {
        Registry::parse(text).expect_err("must be refused").to_string()
    }

    #[test]
    fn any_layout_gives_the_same_canonical_text() {
        let untidy = "\u{feff}{ \"allocations\" : [\r\n  {\"status\":\"active\",\"zeta\":[1.0],\"id\":\"2099941877260118\",\r\n \"file_path\":\"src\\/db/pool.py\", \"allocated_at\":\"2026-02-03T10:12:00Z\", \"metadata\":{\"b\":1,\"origin\":\"7d0a75c1e9b04f13\",\"a\":\"\\u00e9\"}},\r\n {\"id\":\"0110073814260118\",\"file_path\":\"docs/intro.md\",\"allocated_at\":\"2026-02-03T10:11:12Z\",\"status\":\"active\",\"metadata\":{\"origin\":\"c122650e81a52c85\"}}],\r\n \"unknown\":true, \"counters\":{\"100_01_260118\":{\"current\":73814,\"allocated\":1,\"reserved\":[]}}, \"scope\":\"260118\", \"schema_version\":\"1.0\"}";
        let canonical = concat!(
            r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"unknown":true,"allocations":["#,
            "\n",
            r#"{"id":"0110073814260118","file_path":"docs/intro.md","allocated_at":"2026-02-03T10:11:12Z","status":"active","metadata":{"origin":"c122650e81a52c85"}},"#,
            "\n",
            r#"{"id":"2099941877260118","file_path":"src/db/pool.py","allocated_at":"2026-02-03T10:12:00Z","status":"active","metadata":{"origin":"7d0a75c1e9b04f13","a":"é","b":1},"zeta":[1.0]}"#,
            "\n]}\n"
        );
        let read = Registry::parse(untidy.as_bytes()).expect("valid");
        assert_eq!(read.format(), canonical);
        let again = Registry::parse(canonical.as_bytes()).expect("valid");
        assert_eq!(again.format(), canonical);
        let empty = Registry::new("260118".parse().expect("valid"));
        assert_eq!(empty.format(), format!("{HEAD}\n]}}\n"));
    }

    #[test]
    fn a_current_above_every_claim_is_a_floor() {
        let text = HEAD.replace(
            r#""counters":{}"#,
            r#""counters":{"100_01_260118":{"current":7,"allocated":0,"reserved":[9,3]},"999_00_260118":{"current":0}}"#,
        ) + "]}";
        let read = Registry::parse(text.as_bytes()).expect("valid");
        assert!(
            read.format().contains(r#""counters":{"100_01_260118":{"floor":7,"reserved":[3,9]}}"#)
        );
    }

    #[test]
    fn a_current_of_a_program_that_counts_on_is_a_floor() {
        let text = concat!(
            r#"{"schema_version":"1.0","scope":"260118","counters":{"100_01_260118":{"current":7,"reserved":[3,9,12]},"#,
            r#""999_00_260118":{"current":0,"reserved":[]}},"metadata":{},"allocations":[{"id":"0110000009260118","#,
            r#""file_path":"a.md","allocated_at":"2026-01-18T22:00:00","status":"active","metadata":{"aliases":["0110000012260118"]}}]}"#
        );
        let read = Registry::parse_foreign(text.as_bytes()).expect("valid");
        let counters = r#""counters":{"100_01_260118":{"floor":7,"reserved":[3]},"999_00_260118":{"floor":0}}"#;
        assert!(read.format().contains(counters), "{}", read.format());
        assert_eq!(
            Registry::parse(read.format().as_bytes()).expect("valid").format(),
            read.format()
        );
        let states: Vec<_> = read.legacy_counters().into_values().collect();
        let docs = CounterState { current: 7, allocated: 1, reserved: [3, 9, 12].into() };
        assert_eq!(states, [docs, CounterState::default()]);
    }

    #[test]
    fn the_second_record_of_a_path_is_written_as_shadowed_and_read_back_as_active() {
        let record = |id: &str, at: &str, origin: &str| {
            format!(
                r#"{{"id":"{id}","file_path":"a","allocated_at":"{at}","status":"active","metadata":{{"origin":"{origin}"}}}}"#
            )
        };
        let older = record("0099900001260118", "2026-01-01T00:00:00Z", "ffffffffffffffff");
        let newer = record("0099900002260118", "2026-01-02T00:00:00Z", "0000000000000000");
        let read = registry(&format!("{newer},{older}")).expect("valid");
        let text = read.format();
        assert!(text.contains(r#""id":"0099900002260118","file_path":"a","allocated_at":"2026-01-02T00:00:00Z","status":"superseded","metadata":{"origin":"0000000000000000","shadowed":true,"superseded_by":"0099900001260118"}"#), "{text}");
        let again = Registry::parse(text.as_bytes()).expect("valid");
        assert!(again.allocations.iter().all(Allocation::is_active));
        assert_eq!(again.format(), text);
    }

    #[test]
    fn a_path_that_is_not_text_keeps_its_bytes() {
        let text = r#"{"id":"0099900001260118","file_path":"a\ufffdb","allocated_at":"2026-01-01T00:00:00Z","status":"active","metadata":{"origin":"0000000000000000","path_hex":"61ff62"}}"#;
        let read = registry(text).expect("valid");
        assert_eq!(read.allocations[0].path.as_bytes(), b"a\xffb");
        assert!(read.format().contains(r#""path_hex":"61ff62""#));
        for (bytes, reason) in [
            ("61FF62", "path_hex is not lowercase hexadecimal"),
            ("61ff", "file_path 'a\u{fffd}b' and path_hex name different paths"),
        ] {
            let error = registry(&text.replace("61ff62", bytes)).expect_err("refused").to_string();
            assert!(error.ends_with(&format!(": {reason}")), "{error}");
        }
    }

    #[test]
    fn names_the_place_of_what_it_refuses() {
        assert_eq!(refusal(b""), "the file is empty");
        assert_eq!(refusal(b"\x00\xff\xfe"), "byte 1 is not UTF-8 text");
        assert_eq!(refusal(b"[]"), "line 1, column 1: expected an object");
        assert_eq!(refusal(b"{\n<<<<<<< HEAD\n"), "line 2: conflict marker of an unresolved merge");
        assert_eq!(refusal(b"{}"), "line 1, column 3: the key \"schema_version\" is missing");
        assert_eq!(
            refusal(br#"{"schema_version":"0.9"}"#),
            "line 1, column 24: schema version \"0.9\" is not \"1.0\", the one this idhooks understands"
        );
        let escape = registry(
            r#"{"id":"0099900001260118","file_path":"../x","allocated_at":"2026-01-01T00:00:00Z","status":"active"}"#,
        );
        assert!(
            escape
                .expect_err("escapes")
                .to_string()
                .contains("'../x' is not a path inside the repository")
        );
        let bad_id = r#"{"id":"0099900000260118","file_path":"x","allocated_at":"2026-01-01T00:00:00Z","status":"active"}"#;
        let bad_ids = |records: &str| registry(records).expect_err("no identity").to_string();
        let message = "line 1: '0099900000260118' is not an identity";
        assert_eq!(bad_ids(bad_id), message);
        assert_eq!(bad_ids(&[bad_id; 3].join(",")), format!("{message} (and 2 more)"));
        assert!(
            refusal(format!("{HEAD}{}", "[".repeat(1_000_000)).as_bytes())
                .contains("expected an object")
        );
    }
}

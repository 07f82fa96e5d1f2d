//! The canonical form of a registry, implemented independently: its bytes, given its values.

use serde_json::{Map, Value};

const TOP: [&str; 4] = ["schema_version", "scope", "counters", "metadata"];
const RECORD: [&str; 5] = ["id", "file_path", "allocated_at", "status", "metadata"];

/// Returns the faults in the form of a registry.
pub(super) fn faults(raw: &[u8]) -> Vec<String> {
    let registry: Value = match serde_json::from_slice(raw) {
        Ok(value) => value,
        Err(error) => return vec![format!("the registry is not JSON: {error}")],
    };
    let Some(records) = registry["allocations"].as_array() else {
        return vec!["the registry has no list of allocations".to_owned()];
    };
    let mut faults: Vec<String> = records.iter().filter_map(bad_record).collect();
    if let Some(fault) = bad_counters(&registry["counters"]) {
        faults.push(fault);
    }
    let scope = registry["scope"].as_str().unwrap_or_default();
    if registry["schema_version"] != "1.0" || !digits(scope, 6) {
        faults.push("wrong schema_version or scope".to_owned());
    }
    let ids: Vec<&str> = records.iter().filter_map(|record| record["id"].as_str()).collect();
    if ids.windows(2).any(|pair| pair[0] > pair[1]) {
        faults.push("records are not sorted by id".to_owned());
    }
    if faults.is_empty() && write(&registry, records).as_bytes() != raw {
        faults.push("the registry is not in canonical form".to_owned());
    }
    faults
}

fn bad_record(record: &Value) -> Option<String> {
    let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let origin = record["metadata"]["origin"].as_str().unwrap_or_default();
    let (id, path) = (text("id"), text("file_path"));
    let good = digits(&id, 16)
        && &id[5..10] != "00000"
        && origin.len() == 16
        && origin.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && ["active", "deprecated", "superseded"].contains(&text("status").as_str())
        && is_instant(&text("allocated_at"))
        && path.split('/').all(|part| !["", ".", ".."].contains(&part));
    (!good).then(|| format!("malformed record: {record}"))
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `YYYY-MM-DDTHH:MM:SSZ`
fn is_instant(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    shape == "9999-99-99T99:99:99Z"
}

/// Checks that counters store only what cannot be derived.
fn bad_counters(counters: &Value) -> Option<String> {
    let counters = counters.as_object()?;
    let derived = |counter: &Value| {
        let counter = counter.as_object().cloned().unwrap_or_default();
        counter.is_empty() || counter.keys().any(|key| key == "current" || key == "allocated")
    };
    counters.values().any(derived).then(|| "a counter stores what can be derived".to_owned())
}

fn write(registry: &Value, records: &[Value]) -> String {
    let mut head = registry.as_object().cloned().unwrap_or_default();
    head.remove("allocations");
    let mut text = ordered(&head, &TOP, &Value::to_string);
    text.pop();
    text.push_str(",\"allocations\":[\n");
    for (position, record) in records.iter().enumerate() {
        let record = record.as_object().cloned().unwrap_or_default();
        text.push_str(&ordered(&record, &RECORD, &Value::to_string));
        text.push_str(if position + 1 < records.len() { ",\n" } else { "\n" });
    }
    text.push_str("]}\n");
    text
}

/// Formats an object: the known keys in their order, then all others sorted.
fn ordered(
    object: &Map<String, Value>,
    known: &[&str],
    value: &dyn Fn(&Value) -> String,
) -> String {
    let mut others: Vec<&str> =
        object.keys().map(String::as_str).filter(|key| !known.contains(key)).collect();
    others.sort_unstable();
    let present = known.iter().copied().filter(|key| object.contains_key(*key));
    let pairs = present.chain(others).map(|key| {
        let inner = match object[key].as_object() {
            Some(metadata) if key == "metadata" => ordered(metadata, &["origin"], value),
            _ => value(&object[key]),
        };
        format!("{}:{inner}", Value::from(key))
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

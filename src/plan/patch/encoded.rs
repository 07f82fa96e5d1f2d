//! JSON on its way through the crate that knows the two RFCs of patching.
//!
//! That crate works on the values of `serde_json`, which keep no number as it was written. So a
//! number goes as a string that begins with `n`, and a string as one that begins with `s`: what
//! comes back is what went in. Numbers are therefore equal where they are written alike.

use serde_json::Value;

use crate::registry::Json;

/// Returns the value as it goes there.
pub(super) fn encode(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(is) => Value::Bool(*is),
        Json::Number(literal) => Value::String(format!("n{literal}")),
        Json::String(text) => Value::String(format!("s{text}")),
        Json::Array(elements) => Value::Array(elements.iter().map(encode).collect()),
        Json::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), encode(value))).collect())
        }
        Json::Compact(_) => encode(&value.expanded()),
    }
}

/// Returns the value that went there so.
pub(super) fn decode(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(is) => Json::Bool(is),
        // None goes there.
        Value::Number(number) => Json::Number(number.to_string()),
        Value::String(text) => match text.strip_prefix('n') {
            Some(literal) => Json::Number(literal.to_owned()),
            None => Json::String(text.strip_prefix('s').unwrap_or(&text).to_owned()),
        },
        Value::Array(elements) => Json::Array(elements.into_iter().map(decode).collect()),
        Value::Object(members) => {
            Json::Object(members.into_iter().map(|(key, value)| (key, decode(value))).collect())
        }
    }
}

/// Returns what a merge patch (RFC 7386) makes of a value, which may not be there.
pub(super) fn merged(value: Option<&Json>, patch: &Json) -> Json {
    let mut document = value.map_or(Value::Null, encode);
    json_patch::merge(&mut document, &encode(patch));
    decode(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_on_the_way() {
        let text =
            r#"{"a":[-0,1.50e+3,12345678901234567890123,"n1","s","",true,null],"b":{"":{}}}"#;
        let value = Json::parse(text).expect("valid");
        assert_eq!(decode(encode(&value)), value);
    }

    /// The examples of the RFC.
    #[test]
    fn merges_as_the_rfc_says() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let [target, patch] = [target, patch].map(|text| Json::parse(text).expect("valid"));
            assert_eq!(merged(Some(&target), &patch).compact(), result);
        }
    }
}

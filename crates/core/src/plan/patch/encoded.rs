//! Encodes JSON for the crate that implements the two RFCs of patching.
//!
//! That crate uses the values of `serde_json`, which do not keep numbers as they were written. So a
//! number is encoded as a string that begins with `n`, and a string as one that begins with `s`,
//! and nothing is lost. Therefore numbers are equal only if they are written alike.

use serde_json::Value;

use crate::registry::Json;

/// Encodes a value.
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

/// Decodes a value.
pub(super) fn decode(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(is) => Json::Bool(is),
        // Never encoded like this.
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

/// Returns the result of a merge patch (RFC 7386) on a value, which may be missing.
pub(super) fn merged(value: Option<&Json>, patch: &Json) -> Json {
    let mut document = value.map_or(Value::Null, encode);
    json_patch::merge(&mut document, &encode(patch));
    decode(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_loses_nothing() {
        let text =
            r#"{"a":[-0,1.50e+3,12345678901234567890123,"n1","s","",true,null],"b":{"":{}}}"#;
        let value = Json::parse(text).expect("valid");
        assert_eq!(decode(encode(&value)), value);
    }

    /// The examples of the RFC.
    #[test]
    fn merges_follow_the_rfc() {
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

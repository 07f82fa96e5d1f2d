//! JSON Schema, as far as the schemas of this project and those in `fixtures/schemas` use it. A schema
//! with any other keyword is refused, so that none is skipped silently.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use serde_json::{Map, Value};

/// What the formats allow.
const FORMATS: [(&str, &str); 5] = [
    ("date", "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
    ("date-time", "^[0-9-]{10}T([01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]+)?(Z|[+-][0-9:]{5})$"),
    ("uri", "^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$"),
    ("uri-reference", "^([A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$"),
    ("uuid", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
];

/// The patterns of all schemas, which are used again and again.
static PATTERNS: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());

/// A JSON Schema.
pub(crate) struct Schema(Value);

impl Schema {
    /// Returns the schema in a document. All of it must be understood.
    pub(crate) fn new(document: Value) -> Self {
        assert_understood(&document);
        Schema(document)
    }

    /// Returns whether a document fits.
    pub(crate) fn is_valid(&self, document: &Value) -> bool {
        self.validate(document).is_ok()
    }

    /// Returns the first fault of a document that does not fit.
    pub(crate) fn validate(&self, document: &Value) -> Result<(), String> {
        self.check(&self.0, document, "")
    }

    fn check(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let Value::Object(keywords) = schema else {
            return if schema == true { Ok(()) } else { Err(format!("{place} must not exist")) };
        };
        for (keyword, rule) in keywords {
            if !self.is_kept(keyword, rule, value) {
                return Err(format!("{place} does not keep {keyword}: {value}"));
            }
        }
        if let Some(Value::String(reference)) = keywords.get("$ref") {
            let target = reference.strip_prefix('#').and_then(|place| self.0.pointer(place));
            self.check(target.expect("a place in this schema"), value, place)?;
        }
        for part in keywords.get("allOf").into_iter().flat_map(list) {
            self.check(part, value, place)?;
        }
        if let Some(condition) = keywords.get("if") {
            let is_met = self.check(condition, value, place).is_ok();
            if let Some(then) = keywords.get(if is_met { "then" } else { "else" }) {
                self.check(then, value, place)?;
            }
        }
        if let (Some(rule), Value::Array(items)) = (keywords.get("items"), value) {
            for (n, item) in items.iter().enumerate() {
                self.check(rule, item, &format!("{place}/{n}"))?;
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            self.check_member(keywords, name, member, &format!("{place}/{name}"))?;
        }
        Ok(())
    }

    fn check_member(
        &self,
        keywords: &Map<String, Value>,
        name: &str,
        member: &Value,
        place: &str,
    ) -> Result<(), String> {
        let rules = |keyword: &str| keywords.get(keyword).into_iter().flat_map(object);
        let named = rules("properties").filter(|(own, _)| *own == name);
        let alike = rules("patternProperties").filter(|(pattern, _)| matches(pattern, name));
        let mut own = named.chain(alike).map(|(_, rule)| rule).peekable();
        let other = keywords.get("additionalProperties").filter(|_| own.peek().is_none());
        for rule in own.chain(other) {
            self.check(rule, member, place)?;
        }
        let of_names = keywords.get("propertyNames");
        of_names.map_or(Ok(()), |rule| self.check(rule, &Value::from(name), place))
    }

    /// Returns whether a value keeps a rule that is not about its parts.
    fn is_kept(&self, keyword: &str, rule: &Value, value: &Value) -> bool {
        let fits = |rule: &&Value| self.check(rule, value, "").is_ok();
        match (keyword, value) {
            ("type", _) => match rule {
                Value::Array(types) => types.iter().any(|name| has_type(name, value)),
                name => has_type(name, value),
            },
            ("const", _) => value == rule,
            ("enum", _) => list(rule).contains(value),
            ("not", _) => !fits(&rule),
            ("anyOf", _) => list(rule).iter().any(|rule| fits(&rule)),
            ("oneOf", _) => list(rule).iter().filter(fits).count() == 1,
            ("minimum", Value::Number(_)) => number(value) >= number(rule),
            ("maximum", Value::Number(_)) => number(value) <= number(rule),
            ("pattern", Value::String(text)) => matches(string(rule), text),
            ("format", Value::String(text)) => {
                let format = FORMATS.iter().find(|(name, _)| rule == name);
                matches(format.expect("a format that is understood").1, text)
            }
            ("minLength", Value::String(text)) => text.chars().count() as f64 >= number(rule),
            ("maxLength", Value::String(text)) => text.chars().count() as f64 <= number(rule),
            ("minItems", Value::Array(items)) => items.len() as f64 >= number(rule),
            ("maxItems", Value::Array(items)) => items.len() as f64 <= number(rule),
            ("uniqueItems", Value::Array(items)) => {
                rule == false || (1..items.len()).all(|n| !items[..n].contains(&items[n]))
            }
            ("minProperties", Value::Object(members)) => members.len() as f64 >= number(rule),
            ("maxProperties", Value::Object(members)) => members.len() as f64 <= number(rule),
            ("required", Value::Object(members)) => has_all(members, rule),
            ("dependencies" | "dependentRequired", Value::Object(members)) => object(rule)
                .iter()
                .all(|(name, needed)| !members.contains_key(name) || has_all(members, needed)),
            // A rule for values of another type.
            _ => true,
        }
    }
}

fn assert_understood(schema: &Value) {
    assert!(schema.is_object() || schema.is_boolean(), "not a schema: {schema}");
    for (keyword, rule) in schema.as_object().into_iter().flatten() {
        match keyword.as_str() {
            "$defs" | "definitions" | "patternProperties" | "properties" => {
                object(rule).values().for_each(assert_understood);
            }
            "additionalProperties" | "else" | "if" | "items" | "not" | "propertyNames" | "then" => {
                assert_understood(rule);
            }
            "allOf" | "anyOf" | "oneOf" => list(rule).iter().for_each(assert_understood),
            "$ref" | "const" | "dependencies" | "dependentRequired" | "enum" | "format"
            | "maxItems" | "maxLength" | "maxProperties" | "maximum" | "minItems" | "minLength"
            | "minProperties" | "minimum" | "pattern" | "required" | "type" | "uniqueItems" => {}
            "$comment"
            | "$id"
            | "$schema"
            | "default"
            | "description"
            | "examples"
            | "markdownDescription"
            | "title" => {}
            _ => unreachable!("a keyword that is not understood: {keyword}: {rule}"),
        }
    }
}

fn has_all(members: &Map<String, Value>, names: &Value) -> bool {
    list(names).iter().all(|name| members.contains_key(string(name)))
}

fn has_type(name: &Value, value: &Value) -> bool {
    match string(name) {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        other => unreachable!("no type: {other}"),
    }
}

/// Returns whether a pattern is found in a text. Classes such as `\d` are ASCII, as in JavaScript.
fn matches(pattern: &str, text: &str) -> bool {
    let mut patterns = PATTERNS.lock().expect("no panic while it was held");
    let regex = patterns.entry(pattern.to_owned()).or_insert_with(|| {
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        Regex::builder().syntax(syntax).build(pattern).expect("a pattern that is understood")
    });
    regex.is_match(text)
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn string(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn every_keyword_refuses_what_it_should() {
    // What fits, and what does not.
    let cases = [
        (r#"{"type": "integer"}"#, "1.0", "1.5"),
        (r#"{"type": "number"}"#, "1.5", "\"1\""),
        (r#"{"type": ["null", "string", "array"]}"#, "[]", "{}"),
        (r#"{"type": "boolean"}"#, "true", "null"),
        (r#"{"const": {"a": [1]}}"#, r#"{"a": [1]}"#, r#"{"a": [2]}"#),
        (r#"{"enum": ["a", 1]}"#, "1", "2"),
        (r#"{"not": {"type": "string"}}"#, "1", "\"a\""),
        (r#"{"allOf": [{"minimum": 1}, {"maximum": 2}]}"#, "2", "3"),
        (r#"{"anyOf": [{"const": 1}, {"minimum": 1}]}"#, "1", "0"),
        (r#"{"oneOf": [{"const": 1}, {"minimum": 1}]}"#, "2", "1"),
        (r#"{"if": {"minimum": 5}, "then": {"const": 5}, "else": {"const": 1}}"#, "5", "6"),
        (r#"{"if": {"minimum": 5}, "then": {"const": 5}, "else": {"const": 1}}"#, "1", "2"),
        (r#"{"minimum": 1}"#, "1", "0.5"),
        (r#"{"maximum": 1}"#, "1", "1.5"),
        (r#"{"pattern": "b\\d$"}"#, "\"ab1\"", "\"b1a\""),
        (r#"{"format": "date"}"#, "\"2024-12-31\"", "\"2024-13-31\""),
        (r#"{"format": "date-time"}"#, "\"2024-12-31T23:59:00.5Z\"", "\"2024-12-31 23:59:00Z\""),
        (r#"{"format": "uri"}"#, "\"https://a/b\"", "\"a/b\""),
        (r#"{"format": "uri-reference"}"#, "\"a/%20\"", "\"a%2\""),
        (r#"{"format": "uuid"}"#, "\"00000000-0000-4000-8000-00000000000a\"", "\"0\""),
        (r#"{"minLength": 2}"#, "\"\u{e4}\u{e4}\"", "\"\u{e4}\""),
        (r#"{"maxLength": 1}"#, "\"\u{e4}\"", "\"aa\""),
        (r#"{"items": {"type": "null"}, "minItems": 1}"#, "[null]", "[]"),
        (r#"{"items": {"type": "null"}, "maxItems": 2}"#, "[null, null]", "[null, 1]"),
        (r#"{"maxItems": 1}"#, "[1]", "[1, 2]"),
        (r#"{"uniqueItems": true}"#, "[1, 2]", "[1, 2, 1]"),
        (r#"{"minProperties": 1}"#, r#"{"a": 1}"#, "{}"),
        (r#"{"maxProperties": 1}"#, r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#),
        (r#"{"required": ["a"]}"#, r#"{"a": 1}"#, r#"{"b": 1}"#),
        (r#"{"dependentRequired": {"a": ["b"]}}"#, r#"{"b": 1}"#, r#"{"a": 1}"#),
        (r#"{"dependencies": {"a": ["b"]}}"#, r#"{"a": 1, "b": 1}"#, r#"{"a": 1}"#),
        (r#"{"propertyNames": {"maxLength": 1}}"#, r#"{"a": 1}"#, r#"{"aa": 1}"#),
        (r#"{"properties": {"a": {"const": 1}}}"#, r#"{"b": 2}"#, r#"{"a": 2}"#),
        (r#"{"patternProperties": {"^a": {"const": 1}}}"#, r#"{"b": 2}"#, r#"{"ab": 2}"#),
        (
            r#"{"properties": {"a": true}, "additionalProperties": false}"#,
            r#"{"a": 2}"#,
            r#"{"b": 2}"#,
        ),
        (r##"{"items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"const": 1}}}"##, "[1]", "[1, 2]"),
        (
            r##"{"properties": {"a": {"$ref": "#"}}, "maxProperties": 1}"##,
            r#"{"a": {}}"#,
            r#"{"a": {"a": 1, "b": 1}}"#,
        ),
    ];
    for (schema, good, bad) in cases {
        let [rules, good, bad] = [schema, good, bad].map(|text| text.parse().expect("JSON"));
        let rules = Schema::new(rules);
        assert_eq!(rules.validate(&good), Ok(()), "{schema}");
        assert!(!rules.is_valid(&bad), "{schema}: {bad}");
    }
}

#[test]
#[should_panic = "not understood: minContains"]
fn an_unknown_keyword_is_refused() {
    Schema::new(serde_json::json!({"items": {"minContains": 1}}));
}

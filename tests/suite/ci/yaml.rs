//! YAML as the JSON that it means.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// Reads a document without anchors.
pub(super) fn read(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    for event in events.by_ref() {
        if matches!(event, Event::DocumentStart(_)) {
            break;
        }
    }
    let first = events.next().expect("a document");
    value(first, &mut events)
}

fn value<'a>(event: Event<'a>, events: &mut dyn Iterator<Item = Event<'a>>) -> Value {
    match event {
        Event::Scalar(text, style, ..) => scalar(&text, style),
        Event::SequenceStart(..) => {
            let mut all = Vec::new();
            loop {
                match events.next().expect("an end") {
                    Event::SequenceEnd => return Value::Array(all),
                    item => all.push(value(item, events)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut all = Map::new();
            loop {
                match events.next().expect("an end") {
                    Event::MappingEnd => return Value::Object(all),
                    Event::Scalar(key, ..) => {
                        let key = key.into_owned();
                        let item = events.next().expect("a value");
                        assert!(all.insert(key, value(item, events)).is_none(), "a key twice");
                    }
                    key => unreachable!("{key:?} is no key"),
                }
            }
        }
        event => unreachable!("{event:?} is not expected"),
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match (style, text) {
        (ScalarStyle::Plain, "" | "~" | "null") => Value::Null,
        (ScalarStyle::Plain, "true") => Value::Bool(true),
        (ScalarStyle::Plain, "false") => Value::Bool(false),
        (ScalarStyle::Plain, _) if text.parse::<i64>().is_ok() => {
            Value::from(text.parse::<i64>().expect("a number"))
        }
        _ => Value::from(text),
    }
}

//! A reader of XML that takes nothing but what is well-formed, as strict as a test has to be.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Returns a document as JSON: `name`, `attributes`, `children` and `text` of each element.
pub(crate) fn parse(text: &str) -> Value {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(allowed), "a character that XML cannot hold: {text:?}");
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a prolog");
    let mut rest = body.trim_start();
    let root = element(&mut rest);
    assert_eq!(rest.trim(), "", "more than one root");
    root
}

fn element(rest: &mut &str) -> Value {
    let (head, after) = rest.strip_prefix('<').expect("a tag").split_once('>').expect("its end");
    *rest = after;
    let (head, is_empty) = match head.strip_suffix('/') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let (name, attributes) = head.split_once(' ').unwrap_or((head, ""));
    let attributes = self::attributes(attributes);
    let (mut children, mut text) = (Vec::new(), String::new());
    let mut is_open = !is_empty;
    while is_open {
        let (before, _) = rest.split_once('<').expect("an end tag");
        text.push_str(&decoded(before));
        *rest = &rest[before.len()..];
        if let Some(after) = rest.strip_prefix("</") {
            let (end, after) = after.split_once('>').expect("its end");
            assert_eq!(end, name, "another end tag");
            *rest = after;
            is_open = false;
        } else {
            children.push(element(rest));
        }
    }
    json!({"name": name, "attributes": attributes, "children": children, "text": text})
}

fn attributes(mut text: &str) -> Map<String, Value> {
    let (mut found, mut names) = (Map::new(), BTreeSet::new());
    while !text.trim().is_empty() {
        let (name, after) = text.trim_start().split_once("=\"").expect("a value in quotes");
        let (value, after) = after.split_once('"').expect("its end");
        assert!(!value.contains(['<', '\n', '\t', '\r']), "not escaped: {value:?}");
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        found.insert(name.to_owned(), Value::String(decoded(value)));
        text = after;
    }
    found
}

fn decoded(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, after) = part.split_once(';').expect("an entity");
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => {
                let number = number.strip_prefix('#').expect("a character reference");
                let number = number.parse().expect("decimal");
                char::from_u32(number).expect("a character")
            }
        });
        out.push_str(after);
    }
    out
}

#[test]
fn nothing_that_is_not_well_formed_is_read() {
    const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let read = |body: &str| std::panic::catch_unwind(|| parse(&format!("{PROLOG}{body}")));
    let good = read("<a b=\"1&amp;2&#10;\"><c/>x&lt;</a>\n").expect("well-formed");
    assert_eq!(good["attributes"]["b"], "1&2\n");
    assert_eq!(
        (good["children"][0]["name"].as_str(), good["text"].as_str()),
        (Some("c"), Some("x<"))
    );
    for bad in [
        "<a>",
        "<a></b>",
        "<a b=\"<\"/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a>&</a>",
        "<a>&x;</a>",
        "<a/><b/>",
        "<a>\u{1b}</a>",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

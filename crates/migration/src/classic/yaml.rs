//! [`YamlNode`]: a YAML document as a tree with line numbers, in which numbers keep their digits.

use std::fmt;

use saphyr_parser::{Event, Parser};

/// The maximum depth to which a document may be nested.
const DEEPEST: usize = 32;

/// A remark about a line in a classic file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The line, counted from 1.
    pub line: usize,
    /// The message.
    pub message: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A node in a document.
#[derive(Debug)]
pub(super) struct YamlNode {
    /// The line, counted from 1.
    pub(super) line: usize,
    pub(super) what: What,
}

/// The content of a node.
#[derive(Debug)]
pub(super) enum What {
    Text(String),
    List(Vec<YamlNode>),
    Map(Vec<(YamlNode, YamlNode)>),
}

impl YamlNode {
    pub(super) fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[YamlNode]> {
        match &self.what {
            What::List(list) => Some(list),
            _ => None,
        }
    }

    pub(super) fn map(&self) -> Option<&[(YamlNode, YamlNode)]> {
        match &self.what {
            What::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Returns the value of the first of `keys` that the map has.
    pub(super) fn get(&self, keys: &[&str]) -> Option<&YamlNode> {
        let map = self.map()?;
        let has = |expected: &&str| map.iter().find(|(key, _)| key.text() == Some(expected));
        keys.iter().find_map(has).map(|(_, value)| value)
    }

    /// Returns the strings in a list, or a scalar as the only string.
    pub(super) fn texts(&self) -> Option<Vec<(usize, &str)>> {
        match &self.what {
            What::Text(text) => Some(vec![(self.line, text)]),
            What::List(list) => list.iter().map(|item| Some((item.line, item.text()?))).collect(),
            What::Map(_) => None,
        }
    }

    /// Describes the node, for an error about an unexpected one.
    pub(super) fn kind(&self) -> String {
        match &self.what {
            What::Text(text) => format!("'{text}'"),
            What::List(_) => "a list".to_owned(),
            What::Map(_) => "a map".to_owned(),
        }
    }
}

/// Parses the first document in `text`; `None` if the text is empty.
///
/// # Errors
/// Returns an error if the text is not YAML, or contains anything other than plain maps, lists and
/// strings.
pub(super) fn read(text: &str) -> Result<Option<YamlNode>, Remark> {
    let mut open: Vec<YamlNode> = Vec::new();
    let mut keys: Vec<Option<YamlNode>> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Remark {
            line: error.marker().line(),
            message: format!("this is not YAML: {}", error.info()),
        })?;
        let line = span.start.line();
        let refused = |message: &str| Err(Remark { line, message: message.to_owned() });
        let done = match event {
            // The number is kept as a string so that `020` keeps its leading zero.
            Event::Scalar(text, ..) => YamlNode { line, what: What::Text(text.into_owned()) },
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                // Deep nesting is refused because the functions that read a node are recursive.
                if open.len() == DEEPEST {
                    return refused("this is nested too deeply");
                }
                let is_list = matches!(event, Event::SequenceStart(..));
                let what = if is_list { What::List(Vec::new()) } else { What::Map(Vec::new()) };
                open.push(YamlNode { line, what });
                keys.push(None);
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                keys.pop();
                match open.pop() {
                    Some(node) => node,
                    None => continue,
                }
            }
            // Aliases are refused so that a small file cannot expand to a huge tree.
            Event::Alias(_) => {
                return refused("aliases ('*name') are not supported; write out the value");
            }
            _ => continue,
        };
        match (open.last_mut().map(|node| &mut node.what), keys.last_mut()) {
            (Some(What::List(list)), _) => list.push(done),
            (Some(What::Map(map)), Some(key)) => match key.take() {
                None => *key = Some(done),
                Some(name) => map.push((name, done)),
            },
            _ => return Ok(Some(done)),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_nodes_their_lines() {
        let node = read("a: 007\nb:\n  - .py\n  - {c: \"20\"}\n").expect("YAML").expect("a map");
        let a = node.get(&["x", "a"]).expect("there");
        assert_eq!((a.line, a.text()), (1, Some("007")));
        let list = match &node.get(&["b"]).expect("there").what {
            What::List(list) => &list[..],
            _ => &[],
        };
        assert_eq!((list[0].line, list[0].text()), (3, Some(".py")));
        assert_eq!(list[1].get(&["c"]).and_then(YamlNode::text), Some("20"));
        assert!(read("").expect("YAML").is_none());
    }

    #[test]
    fn unsupported_yaml_is_refused_with_its_line() {
        let line = |text: &str| read(text).expect_err("refused").line;
        assert_eq!(line("a: &x 1\nb: *x\n"), 2);
        assert_eq!(line(&"[".repeat(100_000)), 1);
        assert!(line("a: b: c\n") >= 1);
        assert!(line("a: [1\nb: 2\n") >= 2);
    }
}

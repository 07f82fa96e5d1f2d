//! Writes canonical JSON, and pretty-prints JSON with one member per line, indented by two spaces.

use super::Json;

/// Appends `text` as a JSON string, with only the escapes that JSON requires.
pub fn write_string(out: &mut String, text: &str) {
    // Most strings have nothing to escape.
    if !text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
        return;
    }
    // Writing a string as JSON cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// Appends the compact canonical text of a value.
pub fn write_value(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(literal) => out.push_str(literal),
        Json::String(text) => write_string(out, text),
        Json::Compact(text) => out.push_str(text),
        Json::Array(elements) => {
            out.push('[');
            for (n, element) in elements.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write_value(out, element);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            let mut list = Members::new(out);
            for (key, member) in members {
                list.member(key, member);
            }
            out.push('}');
        }
    }
}

/// Writes an object's members, separated by commas.
#[derive(Debug)]
pub struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Members<'a> {
    /// Starts writing members; `out` must end with an opening brace.
    pub fn new(out: &'a mut String) -> Self {
        Members { out, first: true }
    }

    /// Writes a key, and returns the buffer that its value must be appended to.
    pub fn key(&mut self, key: &str) -> &mut String {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        write_string(self.out, key);
        self.out.push(':');
        self.out
    }

    /// Writes a key with a string value.
    pub fn string(&mut self, key: &str, text: &str) {
        write_string(self.key(key), text);
    }

    /// Writes a key with any value.
    pub fn member(&mut self, key: &str, value: &Json) {
        write_value(self.key(key), value);
    }
}

/// Pretty-prints compact JSON without reordering it; empty arrays and objects stay on one line.
pub fn indented(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    write_indented(&mut out, compact, 0);
    out.push('\n');
    out
}

/// Appends pretty-printed JSON at nesting level `depth`; the first line is not indented, and the
/// last line has no line ending.
pub fn write_indented(out: &mut String, compact: &str, mut depth: usize) {
    let bytes = compact.as_bytes();
    let (mut at, mut written) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        let is_end = matches!(byte, b'}' | b']');
        // Brackets and commas inside a string are just text.
        if *byte == b'"' {
            at = string_end(bytes, at);
            continue;
        }
        // A closing bracket starts a new line; opening brackets and commas end one.
        at += usize::from(!is_end);
        match byte {
            b'{' | b'[' if matches!(bytes.get(at), Some(b'}' | b']')) => {
                at += 1;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' => {}
            _ => continue,
        }
        out.push_str(&compact[written..at]);
        written = at;
        match byte {
            b':' => out.push(' '),
            _ => new_line(out, depth),
        }
        at += usize::from(is_end);
    }
    out.push_str(&compact[written..]);
}

/// Returns the position after the JSON string that starts at `start`.
pub fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(rest) = bytes.get(at..) {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(n) if rest[n] == b'"' => return at + n + 1,
            // Skips a backslash and the character it escapes.
            Some(n) => at += n + 2,
            None => break,
        }
    }
    bytes.len()
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Json;

    #[test]
    fn strings_and_order_stay_as_they_are() {
        let compact = r#"{"b":[1,{"x":"{[,:\"\\"}],"a":{},"c":[],"d":null}"#;
        let spread = "{\n  \"b\": [\n    1,\n    {\n      \"x\": \"{[,:\\\"\\\\\"\n    }\n  ],\n  \"a\": {},\n  \"c\": [],\n  \"d\": null\n}\n";
        assert_eq!(indented(compact), spread);
        assert_eq!(Json::parse(spread), Json::parse(compact));
        assert_eq!(indented("1"), "1\n");
    }
}

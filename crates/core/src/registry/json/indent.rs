//! Pretty-printed JSON: one member per line, indented by two spaces.

/// Returns compact JSON pretty-printed, in the same order; empty arrays and objects stay on one
/// line.
pub fn indented(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    let mut rest = compact.chars().peekable();
    while let Some(c) = rest.next() {
        if is_string {
            out.push(c);
            is_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                match rest.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        new_line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                is_string = c == '"';
                out.push(c);
            }
        }
    }
    out.push('\n');
    out
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

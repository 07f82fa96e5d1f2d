//! The values of string literals.

use tree_sitter::Node;

/// A string literal, cut into its parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literal<'t> {
    /// The letters before the quotes.
    pub(crate) prefix: &'t str,
    /// What is between the quotes.
    pub(crate) body: &'t str,
}

impl<'t> Literal<'t> {
    /// Cuts the text of a literal.
    pub(crate) fn of(text: &'t str) -> Option<Self> {
        let (prefix, quoted) = text.split_at(text.find(['"', '\''])?);
        let mark = ["\"\"\"", "'''"].into_iter().find(|mark| quoted.starts_with(mark));
        let mark = mark.filter(|_| quoted.len() >= 6).unwrap_or(&quoted[..1]);
        let body = quoted.strip_prefix(mark)?.strip_suffix(mark)?;
        Some(Literal { prefix, body })
    }

    pub(crate) fn has(self, letter: char) -> bool {
        self.prefix.contains(|c: char| c.eq_ignore_ascii_case(&letter))
    }

    /// Returns whether the literal is a plain string: neither bytes nor a template.
    pub(crate) fn is_plain(self) -> bool {
        !['b', 'f', 't'].into_iter().any(|letter| self.has(letter))
    }

    /// Returns the value, or what is wrong with an escape.
    pub(crate) fn value(self) -> Result<String, &'static str> {
        if self.has('r') || !self.body.contains('\\') {
            return Ok(self.body.to_owned());
        }
        let mut value = String::with_capacity(self.body.len());
        let mut rest = self.body;
        while let Some((before, after)) = rest.split_once('\\') {
            value.push_str(before);
            let mut signs = after.chars();
            let sign = signs.next().unwrap_or('\\');
            let plain = match sign {
                '\n' => None,
                '\\' | '\'' | '"' => Some(sign),
                'a' => Some('\u{7}'),
                'b' => Some('\u{8}'),
                'f' => Some('\u{c}'),
                'n' => Some('\n'),
                'r' => Some('\r'),
                't' => Some('\t'),
                'v' => Some('\u{b}'),
                _ => {
                    rest = self.number(after, &mut value)?;
                    continue;
                }
            };
            value.extend(plain);
            rest = signs.as_str();
        }
        value.push_str(rest);
        Ok(value)
    }

    /// Adds what an escape with a number or a name stands for, and returns what follows it.
    fn number<'r>(self, after: &'r str, value: &mut String) -> Result<&'r str, &'static str> {
        let is_bytes = self.has('b');
        let (radix, skip, digits, is_exact) = match after.as_bytes() {
            [b'x', ..] => (16, 1, 2, true),
            [b'u', ..] if !is_bytes => (16, 1, 4, true),
            [b'U', ..] if !is_bytes => (16, 1, 8, true),
            [b'0'..=b'7', ..] => (8, 0, 3, false),
            [b'N', ..] if !is_bytes => {
                let name = after[1..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let (name, rest) = name.ok_or("malformed \\N character escape")?;
                // The names of Unicode are not known here.
                value.push_str(&format!("\\N{{{name}}}"));
                return Ok(rest);
            }
            _ => {
                value.push('\\');
                return Ok(after);
            }
        };
        let is_digit = |c: &char| c.is_digit(radix);
        let length = after[skip..].chars().take(digits).take_while(is_digit).count();
        if is_exact && length < digits {
            return Err("truncated escape in a string");
        }
        let (number, rest) = after[skip..].split_at(length);
        let code = u32::from_str_radix(number, radix).map_err(|_| "illegal escape in a string")?;
        if code > u32::from(char::MAX) {
            return Err("illegal Unicode character in a string");
        }
        // Half of a surrogate pair is a character in Python alone.
        value.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(rest)
    }
}

/// Returns the first line of the docstring of a module or of a block.
pub(crate) fn docstring_1l(body: Node<'_>, text: &str) -> Option<String> {
    let mut cursor = body.walk();
    let mut statements = body.named_children(&mut cursor);
    let first = statements.find(|node| !matches!(node.kind(), "comment" | "line_continuation"))?;
    if first.kind() != "expression_statement" || first.child_count() != 1 {
        return None;
    }
    first_line(&string_value(first.child(0)?, text)?)
}

/// Returns the value of an expression that is a plain string.
pub(crate) fn string_value(mut node: Node<'_>, text: &str) -> Option<String> {
    while node.kind() == "parenthesized_expression" {
        let mut cursor = node.walk();
        let mut inner = node.named_children(&mut cursor);
        node = inner.find(|node| !matches!(node.kind(), "comment" | "line_continuation"))?;
    }
    let mut cursor = node.walk();
    let parts: Vec<Node<'_>> = match node.kind() {
        "string" => vec![node],
        "concatenated_string" => {
            node.named_children(&mut cursor).filter(|part| part.kind() == "string").collect()
        }
        _ => return None,
    };
    let value = |part: Node<'_>| {
        let literal = Literal::of(text.get(part.byte_range())?)?;
        literal.is_plain().then_some(literal)?.value().ok()
    };
    parts.into_iter().map(value).collect()
}

/// Returns the first line of a text that is not empty.
fn first_line(text: &str) -> Option<String> {
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let mut lines = text.split('\n').map(|line| line.trim_matches(is_space));
    lines.find(|line| !line.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<String, &'static str> {
        Literal::of(text).expect("a literal").value()
    }

    #[test]
    fn escapes_are_those_of_python() {
        assert_eq!(value(r#""a\n\x41\101\u00e9\U0001F600\q\\""#), Ok("a\nAAé😀\\q\\".into()));
        assert_eq!(value(r"r'a\n'"), Ok("a\\n".into()));
        assert_eq!(value("'''a'b''c'''"), Ok("a'b''c".into()));
        assert_eq!(value("''"), Ok(String::new()));
        assert_eq!(value("'a\\\nb'"), Ok("ab".into()));
        assert_eq!(value(r"'\8\0'"), Ok("\\8\0".into()));
        assert_eq!(value(r"'\ud800'"), Ok("\u{fffd}".into()));
        assert_eq!(value(r"b'\u12'"), Ok("\\u12".into()));
        for bad in [r"'\x4'", r"'\u123'", r"'\U00110000'", r"'\Nx'", r"'\N{x'"] {
            assert!(value(bad).is_err(), "{bad}");
        }
    }
}

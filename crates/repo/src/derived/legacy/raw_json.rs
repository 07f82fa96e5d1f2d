//! The raw members and elements in a JSON document. It must be known to be valid JSON: values are
//! only located, not checked.

use idhooks_core::registry::json::string_end;

/// An object's members: each key without its quotes, and its value. The iteration ends early if the
/// text is not an object, or at a key with escapes.
#[derive(Debug, Clone)]
pub(super) struct RawMembers<'a>(RawItems<'a>);

/// An array's elements. The iteration ends early if the text is not an array.
#[derive(Debug, Clone)]
pub(super) struct RawElements<'a>(RawItems<'a>);

/// The items between two brackets, separated by commas.
#[derive(Debug, Clone)]
struct RawItems<'a> {
    text: &'a str,
    at: usize,
    open: u8,
    has_begun: bool,
    is_over: bool,
}

impl<'a> RawMembers<'a> {
    /// Returns an object's members.
    pub(super) fn of(text: &'a str) -> Self {
        RawMembers(RawItems::of(text, b'{'))
    }

    /// Returns whether all members have been read and nothing follows them.
    pub(super) fn is_complete(&self) -> bool {
        self.0.is_complete()
    }
}

impl<'a> RawElements<'a> {
    /// Returns an array's elements.
    pub(super) fn of(text: &'a str) -> Self {
        RawElements(RawItems::of(text, b'['))
    }

    /// Returns whether all elements have been read and nothing follows them.
    pub(super) fn is_complete(&self) -> bool {
        self.0.is_complete()
    }
}

impl<'a> Iterator for RawMembers<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let items = &mut self.0;
        items.begin()?;
        let key = items.value()?.strip_prefix('"')?.strip_suffix('"')?;
        items.skip_space();
        // A key with escapes may be a known key in a different spelling.
        (items.byte()? == b':' && !key.contains('\\')).then_some(())?;
        items.at += 1;
        items.skip_space();
        Some((key, items.value()?))
    }
}

impl<'a> Iterator for RawElements<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.begin()?;
        self.0.value()
    }
}

impl<'a> RawItems<'a> {
    fn of(text: &'a str, open: u8) -> Self {
        RawItems { text, at: 0, open, has_begun: false, is_over: false }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Moves to the next item, or returns `None` at the end.
    fn begin(&mut self) -> Option<()> {
        // In ASCII, a closing bracket's code is its opening bracket's plus two.
        let close = self.open + 2;
        self.skip_space();
        let found = self.byte().filter(|_| !self.is_over)?;
        if !self.has_begun {
            (found == self.open).then_some(())?;
            (self.at, self.has_begun) = (self.at + 1, true);
            self.skip_space();
            return if self.byte()? == close { self.end() } else { Some(()) };
        }
        if found == close {
            return self.end();
        }
        (found == b',').then_some(())?;
        self.at += 1;
        self.skip_space();
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        (self.at, self.is_over) = (self.at + 1, true);
        None
    }

    /// Reads a value.
    fn value(&mut self) -> Option<&'a str> {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' => self.at = string_end(bytes, self.at),
                b'{' | b'[' => (depth, self.at) = (depth + 1, self.at + 1),
                b'}' | b']' if depth > 0 => (depth, self.at) = (depth - 1, self.at + 1),
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => break,
                _ => self.at += 1,
            }
            if depth == 0 && matches!(bytes[self.at - 1], b'"' | b'}' | b']') {
                break;
            }
        }
        self.text.get(start..self.at).filter(|value| !value.is_empty())
    }

    fn is_complete(&self) -> bool {
        self.is_over && self.text.get(self.at..).is_some_and(|rest| rest.trim().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_found_as_they_are_written() {
        let text = " {\"a\": \"x,}\\\"]\", \"b\":{\"c\": [1, {}], \"d\" : null},\n\"é\":-1.5e3,\"f\":[]} \n";
        let mut members = RawMembers::of(text);
        let found: Vec<_> = members.by_ref().collect();
        assert_eq!(
            found,
            [
                ("a", "\"x,}\\\"]\""),
                ("b", "{\"c\": [1, {}], \"d\" : null}"),
                ("é", "-1.5e3"),
                ("f", "[]")
            ]
        );
        assert!(members.is_complete());
        let mut elements = RawElements::of("[ {\"x\":[1]},\n2 ,\"ß\", []]");
        assert_eq!(elements.by_ref().collect::<Vec<_>>(), ["{\"x\":[1]}", "2", "\"ß\"", "[]"]);
        assert!(elements.is_complete());
        for empty in ["[]", "[ \n]"] {
            let mut elements = RawElements::of(empty);
            assert_eq!((elements.next(), elements.is_complete()), (None, true));
        }
    }

    #[test]
    fn what_is_no_json_ends_early() {
        for text in [
            "",
            "{",
            "[1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1,}",
            "{\"a\":1}x",
            "{\"a\\u0062\":1}",
        ] {
            let mut members = RawMembers::of(text);
            assert!(members.by_ref().count() < 2);
            assert!(!members.is_complete(), "{text}");
        }
    }
}

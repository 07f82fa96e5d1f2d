//! [`Ordered`]: JSON that keeps its keys in order and its scalars as written; [`JsonStyle`]: the
//! layout of a JSON document.

use std::borrow::Cow;

use idhooks_core::registry::json::{Json, JsonError, Parser, string_end, write_string};

/// A JSON value with its keys in their original order, and its scalars as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ordered<'a> {
    /// A literal, a number or a string.
    Scalar(&'a str),
    /// An array.
    Array(Vec<Ordered<'a>>),
    /// An object.
    Object(Vec<(Cow<'a, str>, Ordered<'a>)>),
}

impl<'a> Ordered<'a> {
    /// Parses a complete JSON document.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, has a duplicate key or is nested too deeply.
    pub(super) fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut parser = Parser::new(text);
        let value = Self::read(&mut parser)?;
        parser.end()?;
        Ok(value)
    }

    fn read(parser: &mut Parser<'a>) -> Result<Self, JsonError> {
        match parser.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                parser.object_with_keys(|p, key| {
                    members.push((key, Self::read(p)?));
                    Ok(())
                })?;
                Ok(Ordered::Object(members))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                parser.array(|p| {
                    elements.push(Self::read(p)?);
                    Ok(())
                })?;
                Ok(Ordered::Array(elements))
            }
            _ => Ok(Ordered::Scalar(parser.scalar()?)),
        }
    }

    /// Returns an object's member.
    pub(super) fn get(&self, key: &str) -> Option<&Ordered<'a>> {
        match self {
            Ordered::Object(members) => {
                members.iter().find(|(own, _)| own == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Returns a string's text.
    pub(super) fn as_string(&self) -> Option<String> {
        match self {
            Ordered::Scalar(raw) => Some(Parser::new(raw).string("a string").ok()?.into_owned()),
            _ => None,
        }
    }

    /// Sorts the keys of objects as in `model`, followed by any other keys. A scalar that has the
    /// same value in the model is written the way the model writes it.
    pub(super) fn arrange(&mut self, model: &Ordered<'a>) {
        match (self, model) {
            (Ordered::Object(own), Ordered::Object(model)) => {
                let places: Vec<usize> = own
                    .iter_mut()
                    .enumerate()
                    .map(|(n, (key, value))| {
                        let is_it = |(other, _): &(Cow<'_, str>, _)| other == key;
                        // The two objects usually have the same keys in the same order.
                        let here = model.get(n).filter(|member| is_it(member)).map(|_| n);
                        let place = here.or_else(|| model.iter().position(is_it))?;
                        value.arrange(&model[place].1);
                        Some(place)
                    })
                    .map(|place| place.unwrap_or(usize::MAX))
                    .collect();
                if !places.is_sorted() {
                    let mut placed: Vec<_> = places.into_iter().zip(std::mem::take(own)).collect();
                    placed.sort_by_key(|(place, _)| *place);
                    own.extend(placed.into_iter().map(|(_, member)| member));
                }
            }
            (Ordered::Array(own), Ordered::Array(model)) => {
                own.iter_mut().zip(model).for_each(|(own, model)| own.arrange(model));
            }
            (Ordered::Scalar(own), Ordered::Scalar(model)) if own != model => {
                let same = |one: &str, other: &str| {
                    Some(Json::parse(one).ok()? == Json::parse(other).ok()?)
                };
                // The same number or string can be written in different ways; changing only the way
                // it is written would produce a needless diff.
                if same(own, model) == Some(true) {
                    *own = model;
                }
            }
            _ => {}
        }
    }
}

/// The layout of a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonStyle {
    /// The indentation for each level; `None` if the document is on one line.
    pub(super) indent: Option<String>,
    /// The separator between elements on one line.
    pub(super) comma: &'static str,
    /// The separator between a key and its value.
    pub(super) colon: &'static str,
    /// Whether only ASCII characters are written.
    pub(super) is_ascii: bool,
    /// The layout of the array whose elements are each on their own line, if there is one.
    pub(super) lines: Option<ElementLines>,
}

/// The layout of an array whose elements are each on their own line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ElementLines {
    /// The array's name.
    name: String,
    /// The whitespace before each element, and after the last one.
    ends: [String; 2],
    /// The separators between an element's members, and between a key and its value.
    separators: [&'static str; 2],
}

impl ElementLines {
    /// Returns the layout of the elements in a document's array with this name, if each is on its
    /// own line.
    pub(super) fn of(text: &str, name: &str) -> Option<Self> {
        let mut array = None;
        let mut parser = Parser::new(text);
        parser
            .object_with_keys(|p, key| {
                p.peek();
                let start = p.at();
                Ordered::read(p)?;
                if key == name {
                    array = Some(&text[start..p.at()]);
                }
                Ok(())
            })
            .ok()?;
        let inside = array?.strip_prefix('[')?.strip_suffix(']')?;
        let before = &inside[..inside.len() - inside.trim_start().len()];
        let after = &inside[inside.trim_end().len()..];
        let ends = [before, after].map(|text| text.replace('\r', ""));
        let first = inside.trim().split('\n').next().unwrap_or_default();
        let JsonStyle { comma, colon, .. } = JsonStyle::of(first);
        let separators = [comma, colon];
        before.contains('\n').then(|| ElementLines { name: name.to_owned(), ends, separators })
    }

    /// Returns whether the first element in a document's array with this name spans several lines,
    /// as far as can be seen without reading the whole text.
    fn are_spread(text: &str, name: &str) -> bool {
        let inside = text.split_once(&format!("\"{name}\"")).map_or("", |(_, after)| after);
        let first = inside.trim_start_matches([' ', '\t', ':', '\n', '\r', '[']);
        first
            .strip_prefix('{')
            .is_none_or(|first| first.trim_start_matches(' ').starts_with(['\n', '\r']))
    }
}

impl JsonStyle {
    /// Returns the style of a valid JSON document.
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let open = bytes.iter().position(|byte| matches!(byte, b'{' | b'['));
        let inside = &text[open.map_or(text.len(), |at| at + 1)..];
        let space = &inside[..inside.len() - inside.trim_start().len()];
        let indent = space.rsplit_once('\n').map(|(_, indent)| indent.to_owned());
        let (mut comma, mut colon, mut at) = (None, None, 0);
        while let Some(byte) = bytes.get(at).filter(|_| comma.is_none() || colon.is_none()) {
            let has_space = bytes.get(at + 1) == Some(&b' ');
            match byte {
                // A comma or a colon inside a string says nothing about the style.
                b'"' => {
                    at = string_end(bytes, at);
                    continue;
                }
                b',' => comma = comma.or(Some(if has_space { ", " } else { "," })),
                b':' => colon = colon.or(Some(if has_space { ": " } else { ":" })),
                _ => {}
            }
            at += 1;
        }
        JsonStyle {
            indent,
            comma: comma.unwrap_or(","),
            colon: colon.unwrap_or(":"),
            is_ascii: text.is_ascii(),
            lines: None,
        }
    }

    /// Returns the style of a document that contains an array with this name.
    pub(super) fn with_elements(text: &str, name: &str) -> Self {
        let style = JsonStyle::of(text);
        match style.indent.is_some() && ElementLines::are_spread(text, name) {
            true => style,
            false => JsonStyle { lines: ElementLines::of(text, name), ..style },
        }
    }

    /// Appends a value in this style.
    pub(super) fn write(&self, out: &mut String, value: &Ordered<'_>) {
        self.write_at(out, value, 0);
    }

    fn write_at(&self, out: &mut String, value: &Ordered<'_>, depth: usize) {
        match value {
            Ordered::Scalar(raw) => self.write_raw(out, raw),
            Ordered::Array(elements) => {
                out.push('[');
                for (n, element) in elements.iter().enumerate() {
                    self.separate(out, n, depth + 1);
                    self.write_at(out, element, depth + 1);
                }
                self.close(out, elements.is_empty(), depth);
                out.push(']');
            }
            Ordered::Object(members) => {
                out.push('{');
                for (n, (key, member)) in members.iter().enumerate() {
                    self.separate(out, n, depth + 1);
                    if self.is_ascii && !key.is_ascii() {
                        let mut quoted = String::new();
                        write_string(&mut quoted, key);
                        self.write_raw(out, &quoted);
                    } else {
                        write_string(out, key);
                    }
                    out.push_str(self.colon);
                    let lines =
                        self.lines.as_ref().filter(|lines| depth == 0 && lines.name == *key);
                    match (lines, member) {
                        (Some(lines), Ordered::Array(elements)) => {
                            self.write_lines(out, elements, lines);
                        }
                        _ => self.write_at(out, member, depth + 1),
                    }
                }
                self.close(out, members.is_empty(), depth);
                out.push('}');
            }
        }
    }

    fn write_lines(&self, out: &mut String, elements: &[Ordered<'_>], lines: &ElementLines) {
        let [before, after] = &lines.ends;
        let [comma, colon] = lines.separators;
        let style = JsonStyle { indent: None, comma, colon, is_ascii: self.is_ascii, lines: None };
        out.push('[');
        for (n, element) in elements.iter().enumerate() {
            out.push_str(if n > 0 { "," } else { "" });
            out.push_str(before);
            style.write_at(out, element, 1);
        }
        out.push_str(if elements.is_empty() { "" } else { after });
        out.push(']');
    }

    fn separate(&self, out: &mut String, n: usize, depth: usize) {
        match &self.indent {
            None => out.push_str(if n > 0 { self.comma } else { "" }),
            Some(indent) => {
                out.push_str(if n > 0 { ",\n" } else { "\n" });
                out.extend(std::iter::repeat_n(indent.as_str(), depth));
            }
        }
    }

    fn close(&self, out: &mut String, is_empty: bool, depth: usize) {
        if let Some(indent) = self.indent.as_ref().filter(|_| !is_empty) {
            out.push('\n');
            out.extend(std::iter::repeat_n(indent.as_str(), depth));
        }
    }

    fn write_raw(&self, out: &mut String, raw: &str) {
        if !self.is_ascii || raw.is_ascii() {
            out.push_str(raw);
            return;
        }
        for letter in raw.chars() {
            if letter.is_ascii() {
                out.push(letter);
                continue;
            }
            // JSON escapes a character beyond the Basic Multilingual Plane as two UTF-16 code
            // units.
            for unit in letter.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_one_style_is_written_as_it_was() {
        for text in [
            "{\n  \"b\": [\n    1.50,\n    {}\n  ],\n  \"a\": \"\\u00e9\\/\"\n}",
            "{\n\t\"b\":[],\n\t\"a\":null\n}",
            "{\"b\": [1, 2], \"a\": {\"x\": true}}",
            "{\"b\":[1,2],\"a\":{\"x\":\"é\"}}",
            "[]",
        ] {
            let mut out = String::new();
            JsonStyle::of(text).write(&mut out, &Ordered::parse(text).expect("valid"));
            assert_eq!(out, text);
        }
    }

    #[test]
    fn elements_on_lines_of_their_own_stay_there() {
        for text in [
            "{\"a\":[1,2],\"all\":[\n{\"n\":1},\n{\"n\":[2,3]}\n]}",
            "{\"all\": [\n  {\"n\": 1, \"all\": [1, 2]}\n], \"z\": 1}",
            "{\"a\": \"all\", \"all\": [\n1,\n2\n], \"z\": [1]}",
            "{\n  \"a\": [\n    1\n  ],\n  \"all\": [\n    {\"n\": 1, \"m\": {\"x\": 2}},\n    {\"n\": 2}\n  ]\n}",
            "{\n  \"all\": [\n    {\n      \"n\": 1\n    }\n  ]\n}",
            "{\"all\":[]}",
            "{\n  \"all\": [\n    1\n  ]\n}",
        ] {
            let mut out = String::new();
            let value = Ordered::parse(text).expect("valid");
            JsonStyle::with_elements(text, "all").write(&mut out, &value);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn keys_and_scalars_are_arranged_as_in_a_model() {
        let model = r#"{"z":1,"a":{"y":"\u00e9","x":[{"q":1,"p":2}]},"gone":0}"#;
        let mut value =
            Ordered::parse(r#"{"a":{"n":"ß😀","x":[{"p":2,"q":3}],"y":"é"},"b":0,"z":1}"#)
                .expect("valid");
        value.arrange(&Ordered::parse(model).expect("valid"));
        let mut out = String::new();
        JsonStyle::of(model).write(&mut out, &value);
        assert_eq!(
            out,
            r#"{"z":1,"a":{"y":"\u00e9","x":[{"q":3,"p":2}],"n":"\u00df\ud83d\ude00"},"b":0}"#
        );
    }
}

//! The layout of JSON documents.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

/// The keys whose arrays are written on one line.
const SHORT: [&str; 14] = [
    "related",
    "samples",
    "reserved",
    "tags",
    "after",
    "buckets",
    "bases",
    "methods",
    "args",
    "decorators",
    "py_imports_local",
    "py_imports_external",
    "derives",
    "key",
];

/// The layout: compact, but with one array element per line.
#[derive(Default)]
struct JsonLayout {
    is_key: bool,
    /// Whether the last key's value belongs on one line.
    is_short: bool,
    /// For each open array, whether it is written on one line.
    arrays: Vec<bool>,
}

impl Formatter for JsonLayout {
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.is_key = true;
        if first { Ok(()) } else { out.write_all(b",") }
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_key = false;
        Ok(())
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        // This function receives both keys and values.
        if self.is_key {
            self.is_short = SHORT.contains(&text);
        }
        out.write_all(text.as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.arrays.push(self.is_short);
        out.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        let is_short = self.arrays.last() == Some(&true);
        out.write_all(match (is_short, first) {
            (true, true) => b"",
            (true, false) => b",",
            (false, true) => b"\n",
            (false, false) => b",\n",
        })
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.arrays.pop() == Some(true) { b"]" } else { b"\n]" })
    }

    /// Numbers have no exponent, and no fraction if the fraction is zero.
    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, number: f64) -> io::Result<()> {
        write!(out, "{number}")
    }
}

/// Formats a value as JSON, without a trailing newline.
///
/// # Panics
/// Panics if the value has a key that is not a string.
pub fn json_text<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::with_formatter(&mut out, JsonLayout::default());
    value.serialize(&mut writer).expect("a report can be serialized");
    String::from_utf8(out).expect("JSON is UTF-8")
}

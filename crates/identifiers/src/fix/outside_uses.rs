//! [`OutsideUses`]: which names of modules other files use, by a search that finds too much rather than
//! too little.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

/// What `from module import *` uses.
const EVERYTHING: &str = "*";

/// The names of modules that files use: by `module.name`, `from module import name`, or a text such as
/// those of `mock.patch("module.name")` and `setattr(module, "name", …)`.
#[derive(Debug, Default)]
pub struct OutsideUses {
    /// The last parts of the modules by the name.
    modules: BTreeMap<String, BTreeSet<Vec<u8>>>,
}

impl OutsideUses {
    /// Starts a search for these names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let all = names.into_iter().chain([EVERYTHING.to_owned()]);
        OutsideUses { modules: all.map(|name| (name, BTreeSet::new())).collect() }
    }

    /// Adds what a Python file uses.
    pub fn add(&mut self, bytes: &[u8]) {
        for (name, modules) in &mut self.modules {
            let mut found = BTreeSet::new();
            for at in memmem::find_iter(bytes, name.as_bytes()) {
                let (before, after) = (&bytes[..at], &bytes[at + name.len()..]);
                if !after.first().is_some_and(|byte| is_of_name(*byte)) {
                    found.extend(module_before(before).filter(|module| !module.is_empty()));
                }
            }
            // The module may have another name in this file.
            for alias in &found {
                modules.extend(renamed(bytes, alias).map(<[u8]>::to_vec));
            }
            modules.extend(found.into_iter().map(<[u8]>::to_vec));
        }
    }

    /// Returns whether a file may use a name of a module, of which this is the last part.
    pub fn has(&self, module: &[u8], name: &str) -> bool {
        [name, EVERYTHING].iter().any(|name| {
            // What was not searched for may be used.
            self.modules.get(*name).is_none_or(|modules| modules.contains(module))
        })
    }
}

/// Returns the last part of the module whose name follows this text, if it is one.
fn module_before(before: &[u8]) -> Option<&[u8]> {
    match before.last() {
        Some(b'.') => Some(last_name(&before[..before.len() - 1])),
        Some(b'"' | b'\'') => {
            let rest = before[..before.len() - 1].trim_ascii_end().strip_suffix(b",")?;
            Some(last_name(rest.trim_ascii_end()))
        }
        Some(byte) if is_of_name(*byte) => None,
        _ => imported_module(before),
    }
}

/// Returns the last part of the module of an import statement that ends with this text.
fn imported_module(before: &[u8]) -> Option<&[u8]> {
    let line_start =
        |text: &[u8]| text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut start = line_start(before);
    while before[..start].ends_with(b"\\\n") || before[..start].ends_with(b"\\\r\n") {
        start = line_start(&before[..start - 1]);
    }
    let statement = |start: usize| {
        let text = before[start..].trim_ascii_start().strip_prefix(b"from")?;
        let end = memmem::find(text, b"import")?;
        Some(last_name(text[..end].trim_ascii_end()))
    };
    // A list in parentheses may have several lines.
    let of_list = || {
        let open = before.iter().rposition(|byte| matches!(byte, b'(' | b')'))?;
        (before[open] == b'(').then(|| statement(line_start(&before[..open])))?
    };
    statement(start).or_else(of_list)
}

/// Returns the last parts of what a file imports under another name.
fn renamed<'b>(bytes: &'b [u8], alias: &[u8]) -> impl Iterator<Item = &'b [u8]> {
    let mark = [b" as ", alias].concat();
    let places: Vec<usize> = memmem::find_iter(bytes, &mark).collect();
    let is_whole =
        move |at: &usize| !bytes.get(at + mark.len()).is_some_and(|byte| is_of_name(*byte));
    places.into_iter().filter(is_whole).map(|at| last_name(&bytes[..at]))
}

/// Returns the other names that a file gives to what it imports by this name.
pub(super) fn aliases(bytes: &[u8], name: &str) -> Vec<String> {
    let mark = format!("{name} as ");
    let text = |at: usize| {
        let rest = &bytes[at + mark.len()..];
        let end = rest.iter().position(|byte| !is_of_name(*byte)).unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    };
    memmem::find_iter(bytes, &mark).map(text).filter(|alias| !alias.is_empty()).collect()
}

/// Returns the name that a text ends with.
fn last_name(text: &[u8]) -> &[u8] {
    let start = text.iter().rposition(|byte| !is_of_name(*byte)).map_or(0, |at| at + 1);
    &text[start..]
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_use_a_name_of_a_module_is_found() {
        for text in [
            "import app.a\napp.a.uuid.UUID(x)\n",
            "from app import a\na.uuid\n",
            "from app import b, a as z\nz.uuid.uuid4()\n",
            "import app.a as z\nz.uuid\n",
            "from app.a import make, uuid\n",
            "from app.a import (\n    make,  # a comment\n    uuid,\n)\n",
            "from app.a import make, \\\n    uuid as other\n",
            "def f():\n    from .a import uuid\n",
            "from app.a import *\n",
            "mock.patch('app.a.uuid')\n",
            "mock.patch.object(a, \"uuid\")\n",
            "monkeypatch.setattr(app.a, 'uuid', 1)\n",
        ] {
            let mut uses = OutsideUses::new(["uuid".to_owned()]);
            uses.add(text.as_bytes());
            assert!(uses.has(b"a", "uuid"), "{text}");
            assert!(!uses.has(b"other", "uuid"), "{text}");
        }
    }

    #[test]
    fn a_name_alone_is_no_use_of_a_module() {
        let mut uses = OutsideUses::new(["uuid".to_owned()]);
        for text in ["import uuid\n", "from uuid import UUID\n", "(a, uuid)\n", "x = {'uuid': a}\n"]
        {
            uses.add(text.as_bytes());
        }
        uses.add(b"from app.a import uuids, my_uuid\na.uuids\na.my_uuid\n");
        assert!(!uses.has(b"a", "uuid") && !uses.has(b"app", "uuid"), "{uses:?}");
        assert!(uses.has(b"a", "never_searched"));
    }
}

//! [`OutsideUses`]: finds the names in modules that other files use. It may find too many names,
//! but never too few.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

/// The key for uses of `from module import *`.
const EVERYTHING: &str = "*";

/// The names that files use from modules: in `module.name`, in `from module import name`, or in a
/// string, as in `mock.patch("module.name")` and `setattr(module, "name", …)`.
#[derive(Debug, Default)]
pub struct OutsideUses {
    /// For each name, the dotted names of the modules it is used from, as far as files spell them
    /// out.
    modules: BTreeMap<String, UsedModules>,
}

/// Dotted module names, grouped by their last part.
type UsedModules = BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>;

impl OutsideUses {
    /// Starts a search for the given names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        // An `import *` may use any of these names.
        let all = names.into_iter().chain([EVERYTHING.to_owned()]);
        OutsideUses { modules: all.map(|name| (name, UsedModules::new())).collect() }
    }

    /// Adds the uses found in a Python file.
    pub fn add(&mut self, bytes: &[u8]) {
        for (name, modules) in &mut self.modules {
            // A star by itself is rarely part of an import, so the whole phrase is searched for.
            let (needle, skip) = match &**name {
                EVERYTHING => ("import *", "import ".len()),
                name => (name, 0),
            };
            // The files are searched as text: parsing every file in a project would take far
            // longer, and a use found by mistake merely keeps an import.
            let places = places(bytes, needle.as_bytes());
            let found: BTreeSet<&[u8]> =
                places.filter_map(|at| module_before(&bytes[..at + skip])).collect();
            for module in found {
                for module in meanings(bytes, module) {
                    let last = last_part(&module, b'.').to_vec();
                    modules.entry(last).or_default().insert(module);
                }
            }
        }
    }

    /// Returns the aliases under which a file imports this search's names.
    pub fn aliases(&self, bytes: &[u8]) -> Vec<String> {
        let names = self.modules.keys().filter(|name| *name != EVERYTHING);
        names.flat_map(|name| aliases(bytes, name)).collect()
    }

    /// Adds the results of a search for other names.
    pub fn merge(&mut self, other: OutsideUses) {
        for (name, modules) in other.modules {
            let known = self.modules.entry(name).or_default();
            for (last, modules) in modules {
                known.entry(last).or_default().extend(modules);
            }
        }
    }

    /// Returns whether a file may use a name from a module; `module` is the module's path without
    /// its extension.
    pub fn has(&self, module: &[u8], name: &str) -> bool {
        let is_module = |dotted: &Vec<u8>| {
            // A file does not show where its packages begin, so the two names are compared from the
            // end, as far as both go.
            let parts = dotted.rsplit(|byte| *byte == b'.');
            parts.zip(module.rsplit(|byte| *byte == b'/')).all(|(part, dir)| part == dir)
        };
        let last = last_part(module, b'/');
        [name, EVERYTHING].iter().any(|name| {
            // A name that was not searched for counts as used.
            let Some(modules) = self.modules.get(*name) else { return true };
            modules.get(last).is_some_and(|modules| modules.iter().any(is_module))
        })
    }
}

fn last_part(name: &[u8], separator: u8) -> &[u8] {
    name.rsplit(|byte| *byte == separator).next().unwrap_or(name)
}

/// Returns the positions where a file contains a name as a whole word.
fn places<'b>(bytes: &'b [u8], name: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    memmem::find_iter(bytes, name).filter(move |at| {
        let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| is_of_name(*byte));
        !is_part(bytes.get(at + name.len())) && !is_part(bytes[..*at].last())
    })
}

/// Returns the module, as written, that a name directly after this text belongs to.
fn module_before(before: &[u8]) -> Option<&[u8]> {
    let module = match before.last()? {
        b'.' => dotted(&before[..before.len() - 1]),
        b'"' | b'\'' => {
            let rest = before[..before.len() - 1].trim_ascii_end().strip_suffix(b",")?;
            dotted(rest.trim_ascii_end())
        }
        _ => imported_module(before)?,
    };
    (!module.is_empty()).then_some(module)
}

/// Returns what a dotted name may mean according to the file's imports, or the name itself if no
/// import binds it.
fn meanings(bytes: &[u8], module: &[u8]) -> Vec<Vec<u8>> {
    let end = module.iter().position(|byte| *byte == b'.').unwrap_or(module.len());
    let (first, rest) = module.split_at(end);
    let mut found = Vec::new();
    for at in places(bytes, first) {
        let before = &bytes[..at];
        // The cases are 'import module as first', 'from package import module as first' and 'from
        // package import first'.
        let (before, bound) = match before.strip_suffix(b" as ") {
            Some(rest) => {
                let target = dotted(rest);
                (&rest[..rest.len() - target.len()], target)
            }
            None => (before, first),
        };
        let package = imported_module(before).filter(|package| !package.is_empty());
        match package {
            Some(package) => found.push([package, b".", bound, rest].concat()),
            None if bound != first || before.ends_with(b"import ") => {
                found.push([bound, rest].concat());
            }
            None => {}
        }
    }
    if found.is_empty() { vec![module.to_vec()] } else { found }
}

/// If this text ends inside an import statement just before a name, returns the module, without
/// leading dots.
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
        Some(dotted(text[..end].trim_ascii_end()))
    };
    // A parenthesized list may span several lines.
    let of_list = || {
        let open = before.iter().rposition(|byte| matches!(byte, b'(' | b')'))?;
        (before[open] == b'(').then(|| statement(line_start(&before[..open])))?
    };
    statement(start).or_else(of_list)
}

/// Returns the aliases under which a file imports this name.
fn aliases(bytes: &[u8], name: &str) -> Vec<String> {
    let mark = format!("{name} as ");
    let text = |at: usize| {
        let rest = &bytes[at + mark.len()..];
        let end = rest.iter().position(|byte| !is_of_name(*byte)).unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    };
    memmem::find_iter(bytes, &mark).map(text).filter(|alias| !alias.is_empty()).collect()
}

/// Returns the dotted name at the end of `text`, without leading dots.
fn dotted(text: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| is_of_name(*byte) || *byte == b'.';
    let start = text.iter().rposition(|byte| !is_part(byte)).map_or(0, |at| at + 1);
    let dots = text[start..].iter().take_while(|byte| **byte == b'.').count();
    &text[start + dots..]
}

fn is_of_name(byte: u8) -> bool {
    // Python allows letters from any script in names.
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
            assert!(uses.has(b"src/app/a", "uuid") && uses.has(b"a", "uuid"), "{text}");
            assert!(!uses.has(b"src/app/other", "uuid"), "{text}");
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
        // A module in another package has the same name.
        uses.add(b"from app.b import a\na.uuid\nimport app.c as z\nz.uuid\nself.d.uuid\n");
        for path in [&b"app/a"[..], b"app/z", b"app/d"] {
            assert!(!uses.has(path, "uuid"), "{uses:?}");
        }
        assert!(uses.has(b"app/b/a", "uuid") && uses.has(b"app/c", "uuid"), "{uses:?}");
        assert!(uses.has(b"a", "never_searched"));
    }
}

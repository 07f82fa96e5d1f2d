//! Which files of a crate use which, found in their text.

/// The code of a file.
pub(crate) struct SourceFile {
    /// Its module, such as `config::rules`; that of `config/mod.rs` is `config`.
    module: String,
    code: String,
}

impl SourceFile {
    /// Returns the file with this path inside the sources of its crate. The code is without tests
    /// and comments.
    pub(crate) fn new(path: &str, code: &str) -> Self {
        let module = path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        // To pass a name on, or to show it to a module, is not to use it.
        let code = replaced(code, "pub(", ")", "pub");
        SourceFile { module, code: replaced(&code, "pub use ", ";", "") }
    }

    /// Returns whether the file defines an item of this name.
    fn defines(&self, name: &str) -> bool {
        self.code.lines().any(|line| defined_name(line) == Some(name))
    }
}

/// Returns which module uses which, for modules that are files of their own.
pub(crate) fn uses_between(files: &[SourceFile]) -> Vec<(&str, &str)> {
    let mut uses: Vec<(&str, &str)> = Vec::new();
    for file in files {
        let used = paths(&file.code).into_iter().filter_map(|path| used_file(files, file, &path));
        let others = used.map(|used| &*used.module).filter(|used| *used != file.module);
        uses.extend(others.map(|used| (&*file.module, used)));
    }
    uses.sort_unstable();
    uses.dedup();
    uses
}

/// Returns the uses between files that use each other in a circle. Uses on the way from one circle
/// to another are among them.
pub(crate) fn circular_uses(files: &[SourceFile]) -> Vec<String> {
    let mut uses = uses_between(files);
    let mut count = usize::MAX;
    while uses.len() < count {
        count = uses.len();
        let (users, used): (Vec<&str>, Vec<&str>) = uses.iter().copied().unzip();
        uses.retain(|(user, file)| used.contains(user) && users.contains(file));
    }
    uses.into_iter().map(|(user, used)| format!("{user} uses {used}")).collect()
}

/// Returns the file that a path in another file leads to: that of the module or, for an item that a
/// module passes on, the only one below it that defines the item.
fn used_file<'f>(files: &'f [SourceFile], user: &SourceFile, path: &str) -> Option<&'f SourceFile> {
    let module = |names: &[&str]| {
        let module = names.join("::");
        files.iter().find(|file| file.module == module)
    };
    let mut names: Vec<&str> = user.module.split("::").collect();
    let own = names.len();
    for name in path.split("::").filter(|name| !["", "self"].contains(name)) {
        match name {
            "crate" => names.clear(),
            "super" => drop(names.pop()),
            name => names.push(name),
        }
    }
    let is_relative = !["crate::", "super::", "self::"].iter().any(|word| path.starts_with(word));
    if is_relative && module(&names[..=own]).is_none() {
        return None;
    }
    let (length, file) = (1..=names.len()).rev().find_map(|n| Some((n, module(&names[..n])?)))?;
    let Some(item) = names.get(length).filter(|item| !file.defines(item)) else {
        return Some(file);
    };
    let inside = format!("{}::", file.module);
    let mut below =
        files.iter().filter(|file| file.module.starts_with(&inside) && file.defines(item));
    below.next().filter(|_| below.next().is_none())
}

/// Returns the paths in a code, those in the braces of an import in full.
fn paths(code: &str) -> Vec<String> {
    let mut paths = words(code);
    paths.retain(|path| path.contains("::"));
    paths
}

/// Returns the names and paths in a code.
fn words(code: &str) -> Vec<String> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(is_of_name) {
        rest = &rest[start..];
        let end = rest.find(|c| !is_of_name(c) && c != ':').unwrap_or(rest.len());
        let (path, after) = rest.split_at(end);
        rest = after;
        match rest.strip_prefix('{').filter(|_| path.ends_with("::")) {
            Some(tree) => {
                let (tree, after) = tree.split_at(closing_brace(tree));
                found.extend(words(tree).into_iter().map(|inner| format!("{path}{inner}")));
                rest = after;
            }
            None => found.push(path.to_owned()),
        }
    }
    found
}

/// Returns the position of the brace that closes the one before the text.
fn closing_brace(text: &str) -> usize {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    end.unwrap_or(text.len())
}

/// Returns the name of the item whose definition begins on a line, outside of any block.
fn defined_name(line: &str) -> Option<&str> {
    const KINDS: [&str; 8] =
        ["struct", "enum", "fn", "trait", "const", "static", "type", "macro_rules!"];
    let mut words = line.split(' ').skip_while(|word| ["pub", "async", "unsafe"].contains(word));
    let mut word = words.next().filter(|word| KINDS.contains(word))?;
    while KINDS.contains(&word) {
        word = words.next()?;
    }
    word.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// Returns a text with `new` for every part from `start` to `end`.
fn replaced(text: &str, start: &str, end: &str, new: &str) -> String {
    let mut parts = text.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |done, part| done + new + part.split_once(end).map_or("", |(_, rest)| rest))
}

#[test]
fn circles_are_found() {
    let file = |path: &str, code: &str| SourceFile::new(path, code);
    let files = [
        file("a/mod.rs", "mod b;\nmod c;\npub(super) use c::{D, d};\nuse b::B;\nfn a() {}\n"),
        file("a/b.rs", "use super::D;\npub(in crate::a) struct B;\n"),
        file("a/c.rs", "use crate::e::{self, f::{F, G}};\npub const fn d() {}\npub struct D;\n"),
        file("e.rs", "fn e() { crate::a::d(); }\nstruct F;\n"),
        file("e/f.rs", "use std::fmt;\nstruct F;\npub(super) struct G;\n"),
    ];
    assert_eq!(circular_uses(&files), ["a::c uses e", "e uses a::c"]);
    let back = file("e/f.rs", "use super::e;\npub struct F;\n");
    let [mod_file, b, c, e, _] = files;
    assert_eq!(circular_uses(&[mod_file, b, c, e, back]).len(), 4);
}

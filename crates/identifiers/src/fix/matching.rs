//! Finds code by its structure: layout, quotes and the way of an import do not matter.

use std::cell::RefCell;
use std::collections::HashMap;

use super::code_piece::{CodePiece, Segment};
use super::scope::{Meaning, meaning};
use super::snippet::{MARK, placeholder};
use crate::python::Imports;

/// Modules of Python whose names only mean them where they are imported.
const MODULES: [&str; 7] = ["datetime", "hashlib", "os", "random", "secrets", "time", "uuid"];

/// What the placeholders of a snippet stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound<'t> {
    pub(super) pieces: HashMap<String, CodePiece<'t>>,
    /// Parts of strings.
    pub(super) texts: HashMap<String, String>,
}

/// Compares snippets with the code of a file.
pub(super) struct Matcher<'t> {
    imports: Imports<'t>,
    /// What names mean, by the scope that surrounds them.
    known: RefCell<HashMap<(usize, String), Meaning>>,
    /// Whether names mean what they are, without an import.
    is_literal: bool,
}

impl<'t> Matcher<'t> {
    pub(super) fn new(imports: Imports<'t>) -> Self {
        Matcher { imports, known: RefCell::default(), is_literal: false }
    }

    /// Compares snippets with each other.
    pub(super) fn literal() -> Self {
        Matcher { is_literal: true, ..Self::new(Imports::default()) }
    }

    pub(super) fn imports(&self) -> &Imports<'t> {
        &self.imports
    }

    /// Returns what a name means at a place.
    pub(super) fn meaning(&self, place: CodePiece<'_>, name: &str) -> Meaning {
        let is_scope = |kind: &str| {
            kind == "lambda"
                || kind.ends_with("_definition")
                || kind.ends_with("_comprehension")
                || kind == "generator_expression"
        };
        // A name in a header belongs to the scope outside.
        let part = place.outer().find(|(outer, _)| is_scope(outer.kind()));
        let key = (part.map_or(0, |(_, inner)| inner.node.id()), name.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let found = meaning(&self.imports, place, name);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }

    /// Returns whether code has the structure of a snippet, and fills its placeholders.
    pub(super) fn is_match(
        &self,
        find: CodePiece<'_>,
        code: CodePiece<'t>,
        bound: &mut Bound<'t>,
    ) -> bool {
        let (find, code) = (find.bare(), code.bare());
        if let Some(name) = placeholder(find.source()) {
            return match bound.pieces.get(name) {
                Some(before) => is_same(*before, code),
                None => {
                    bound.pieces.insert(name.to_owned(), code);
                    true
                }
            };
        }
        if let Some(names) = dotted(find).filter(|_| !find.source().contains(MARK)) {
            return dotted(code).is_some_and(|found| self.is_same_name(&names, &found, code));
        }
        if let Some((is_bytes, parts)) = find.segments() {
            let Some((is_code_bytes, code_parts)) = code.segments() else { return false };
            return is_bytes == is_code_bytes
                && parts.len() == code_parts.len()
                && parts
                    .iter()
                    .zip(code_parts)
                    .all(|(one, other)| self.is_same_part(one, &other, bound));
        }
        if find.kind() != code.kind() {
            return false;
        }
        let (parts, code_parts) = (find.children(), children_like(find, code));
        if parts.is_empty() && code_parts.is_empty() {
            return find.source() == code.source();
        }
        parts.len() == code_parts.len()
            && parts.iter().zip(code_parts).all(|(part, code_part)| {
                let is_name = is_only_a_name(find, *part);
                match is_name && !part.source().contains(MARK) {
                    true => part.source() == code_part.source(),
                    false => self.is_match(*part, code_part, bound),
                }
            })
    }

    /// Returns whether a dotted name of a file means that of a snippet.
    fn is_same_name(&self, find: &[&str], code: &[&str], place: CodePiece<'_>) -> bool {
        let Some(first) = code.first() else { return false };
        let is_module = !self.is_literal
            && find.len() > 1
            && find.first().is_some_and(|name| MODULES.contains(name));
        if find == code && !is_module {
            return true;
        }
        // What an import of the file may mean is looked up before the scopes are.
        let whole = find.join(".");
        self.imports.names.iter().any(|name| name.bound == *first)
            && self.imports.targets(code).contains(&whole)
            && match self.meaning(place, first) {
                Meaning::Imported(targets) => targets
                    .iter()
                    .any(|target| [&[&**target], &code[1..]].concat().join(".") == whole),
                _ => false,
            }
    }

    fn is_same_part(&self, find: &Segment<'_>, code: &Segment<'t>, bound: &mut Bound<'t>) -> bool {
        match (find, code) {
            (Segment::Value(find, rest), Segment::Value(code, code_rest)) => {
                rest == code_rest && self.is_match(*find, *code, bound)
            }
            (Segment::Text(find), Segment::Text(code)) => {
                let mut parts = find.split(MARK);
                let (Some(before), Some(name)) = (parts.next(), parts.next()) else {
                    return find == code;
                };
                let after = parts.next().unwrap_or_default();
                let inner = code.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                let is_plain = |c: char| !c.is_control() && !" \"'\\{}".contains(c);
                let Some(inner) =
                    inner.filter(|inner| !inner.is_empty() && inner.chars().all(is_plain))
                else {
                    return false;
                };
                let known = bound.texts.insert(name.to_owned(), inner.to_owned());
                known.is_none_or(|known| known == inner)
            }
            _ => false,
        }
    }
}

/// Returns the children of code that are compared with those of a snippet: the type of an assignment
/// only if the snippet has one.
pub(super) fn children_like<'t>(find: CodePiece<'_>, code: CodePiece<'t>) -> Vec<CodePiece<'t>> {
    let mut children = code.children();
    if find.kind() == "assignment" && find.field("type").is_none() {
        let kind = code.field("type");
        children
            .retain(|child| child.kind() != ":" && kind.is_none_or(|one| one.node != child.node));
    }
    children
}

/// Returns whether a part is a name that belongs to something, rather than one that is looked up.
fn is_only_a_name(parent: CodePiece<'_>, part: CodePiece<'_>) -> bool {
    (parent.kind() == "attribute" && part.is_field_of(parent, "attribute"))
        || (parent.kind() == "keyword_argument" && part.is_field_of(parent, "name"))
}

/// Returns whether two pieces are the same code, apart from the layout.
pub(super) fn is_same(one: CodePiece<'_>, other: CodePiece<'_>) -> bool {
    let (parts, others) = (one.children(), other.children());
    one.kind() == other.kind()
        && parts.len() == others.len()
        && match parts.is_empty() {
            true => one.source() == other.source(),
            false => parts.iter().zip(others).all(|(part, other)| is_same(*part, other)),
        }
}

/// Returns the parts of a dotted name.
fn dotted<'t>(piece: CodePiece<'t>) -> Option<Vec<&'t str>> {
    let (mut piece, mut parts) = (piece.bare(), Vec::new());
    while piece.kind() == "attribute" {
        parts.push(piece.field("attribute")?.source());
        piece = piece.field("object")?.bare();
    }
    if piece.kind() != "identifier" {
        return None;
    }
    parts.push(piece.source());
    parts.reverse();
    Some(parts)
}

//! Adds an import where isort would put it.

use super::code_piece::CodePiece;
use super::edits::TextEdit;

/// The length that a line does not exceed because a name is added to it.
const LONGEST_LINE: usize = 79;

/// The sections of imports, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportSection {
    /// `from __future__ import …`
    Future,
    /// Modules of Python.
    Standard,
    /// Modules of others.
    ThirdParty,
    /// Modules of the project.
    FirstParty,
    /// `from . import …`
    Local,
}

/// An import statement that a rule adds, or one of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ImportKey {
    section: ImportSection,
    is_from: bool,
    module: String,
}

/// An import statement at the top of a file.
struct TopImport<'t> {
    key: ImportKey,
    piece: CodePiece<'t>,
}

/// Returns the changes that add an import statement at the top of a module. `section` returns the
/// section of a module by the first part of its name.
pub(super) fn add_import(
    module: CodePiece<'_>,
    import: CodePiece<'_>,
    section: &dyn Fn(&str) -> ImportSection,
) -> TextEdit {
    let key = key_of(import, section);
    let statements = module.named();
    let rest = match statements.first() {
        Some(first) if is_docstring(*first) => &statements[1..],
        _ => &statements[..],
    };
    // Names such as __all__ may be before the imports.
    let imports = rest.iter().skip_while(|one| is_dunder(**one));
    let top: Vec<TopImport<'_>> = imports
        .take_while(|one| one.kind().contains("import"))
        .map(|piece| TopImport { key: key_of(*piece, section), piece: *piece })
        .collect();
    let same = top.iter().find(|one| one.key == key && key.is_from);
    if let Some(edit) = same.and_then(|one| add_name(one.piece, import)) {
        return edit;
    }
    let text = import.source();
    let of_section = |one: &&TopImport<'_>| one.key.section == key.section;
    let before = top.iter().rfind(|one| of_section(one) && one.key <= key);
    if let Some(before) = before {
        let at = end_of_line(before.piece);
        return insertion(at, format!("\n{text}"));
    }
    if let Some(after) = top.iter().find(of_section) {
        return insertion(start_of_line(after.piece), format!("{text}\n"));
    }
    if let Some(before) = top.iter().rfind(|one| one.key.section < key.section) {
        let at = end_of_line(before.piece);
        let next = top.iter().find(|one| one.key.section > key.section);
        let is_close = next.is_some_and(|next| is_next_line(module.text, at, next.piece));
        return insertion(at, format!("\n\n{text}{}", if is_close { "\n" } else { "" }));
    }
    if let Some(after) = top.first() {
        return insertion(start_of_line(after.piece), format!("{text}\n\n"));
    }
    without_imports(module, rest.first().copied(), (rest.len() < statements.len(), text))
}

/// Returns whether a statement assigns a name such as `__all__`.
fn is_dunder(statement: CodePiece<'_>) -> bool {
    let inner = statement.named();
    let left = inner.first().filter(|inner| inner.kind() == "assignment");
    left.and_then(|inner| inner.field("left")).is_some_and(|left| left.source().starts_with("__"))
}

/// Returns the change for a module without imports at its top.
fn without_imports(
    module: CodePiece<'_>,
    first: Option<CodePiece<'_>>,
    (has_docstring, import): (bool, &str),
) -> TextEdit {
    if has_docstring && let Some(docstring) = module.named().first() {
        let at = end_of_line(*docstring);
        let is_last = module.text[at..].trim().is_empty();
        let has_space = is_last || module.text[at..].starts_with("\n\n");
        return insertion(at, format!("\n\n{import}{}", if has_space { "" } else { "\n" }));
    }
    let Some(first) = first else { return insertion(module.text.len(), format!("{import}\n")) };
    // Comments right above a statement belong to it, unless they begin the file.
    let mut at = start_of_line(first);
    let mut start = at;
    while start > 0 {
        let before = module.text[..start - 1].rfind('\n').map_or(0, |end| end + 1);
        if !module.text[before..start].trim_start_matches('\u{feff}').trim_start().starts_with('#')
        {
            at = start;
            break;
        }
        start = before;
    }
    insertion(at, format!("{import}\n\n"))
}

/// Returns the change that adds the name of an import to a statement for the same module; nothing if
/// that has to be written differently.
fn add_name(statement: CodePiece<'_>, import: CodePiece<'_>) -> Option<TextEdit> {
    let [(_, name)] = &names(import)[..] else { return None };
    let present = names(statement);
    let line = statement.text[start_of_line(statement)..end_of_line(statement)].chars().count();
    let is_one_line = !statement.source().contains('\n');
    let is_plain = statement.named().iter().all(|part| part.kind() != "wildcard_import")
        && !statement.text[start_of_line(statement)..end_of_line(statement)]
            .contains(['#', ';', '\\']);
    if !is_plain || present.is_empty() || (is_one_line && line + name.len() + 2 > LONGEST_LINE) {
        return None;
    }
    let after = present.iter().find(|(piece, own)| {
        order(own) > order(name) && piece.range().start > statement.range().start
    });
    // What follows the comma between this name and another.
    let gap = |piece: &CodePiece<'_>| {
        let indent = &piece.text[start_of_line(*piece)..piece.range().start];
        if indent.trim().is_empty() { format!("\n{indent}") } else { " ".to_owned() }
    };
    match after {
        Some((piece, _)) => Some(insertion(piece.range().start, format!("{name},{}", gap(piece)))),
        None => {
            let (last, _) = present.last()?;
            Some(insertion(last.range().end, format!(",{}{name}", gap(last))))
        }
    }
}

/// Returns what isort sorts names by: constants, classes, others.
fn order(name: &str) -> (u8, &str) {
    let is_upper = name.chars().all(|c| !c.is_lowercase()) && name.len() > 1;
    let kind = match name.chars().next() {
        _ if is_upper => 0,
        Some(first) if first.is_uppercase() => 1,
        _ => 2,
    };
    (kind, name)
}

/// Returns the names that a `from` import lists.
fn names(statement: CodePiece<'_>) -> Vec<(CodePiece<'_>, String)> {
    let mut cursor = statement.node.walk();
    let items = statement.node.children_by_field_name("name", &mut cursor);
    items.map(|item| (statement.at(item), statement.at(item).source().to_owned())).collect()
}

fn key_of(statement: CodePiece<'_>, section: &dyn Fn(&str) -> ImportSection) -> ImportKey {
    let module = match statement.field("module_name") {
        Some(module) => module.source(),
        None => statement.field("name").map_or("__future__", |name| match name.field("name") {
            Some(name) => name.source(),
            None => name.source(),
        }),
    };
    let is_from = statement.kind() != "import_statement";
    let first = module.split('.').next().unwrap_or_default();
    let section = match statement.kind() {
        "future_import_statement" => ImportSection::Future,
        _ if module.starts_with('.') => ImportSection::Local,
        _ => section(first),
    };
    ImportKey { section, is_from, module: module.to_lowercase() }
}

pub(super) fn is_docstring(statement: CodePiece<'_>) -> bool {
    let inner = statement.named();
    let is_text =
        inner.first().is_some_and(|inner| matches!(inner.kind(), "string" | "concatenated_string"));
    statement.kind() == "expression_statement" && inner.len() == 1 && is_text
}

fn insertion(at: usize, text: String) -> TextEdit {
    TextEdit { range: at..at, text }
}

/// Returns the place of the first character of the line of a piece; the mark of the byte order stays
/// before it.
pub(super) fn start_of_line(piece: CodePiece<'_>) -> usize {
    piece.text[..piece.range().start].rfind('\n').map_or(0, |at| at + 1)
}

/// Returns the end of the last line of a statement, and of those on the same line.
pub(super) fn end_of_line(piece: CodePiece<'_>) -> usize {
    let mut end = piece.range().end;
    let mut next = piece.node.next_named_sibling();
    while let Some(sibling) = next {
        let between = piece.text.get(end..sibling.start_byte()).unwrap_or("\n");
        if between.contains('\n') {
            break;
        }
        end = sibling.end_byte();
        next = sibling.next_named_sibling();
    }
    piece.text[end..].find('\n').map_or(piece.text.len(), |at| end + at)
}

/// Returns whether a piece is on the line after a place.
fn is_next_line(text: &str, at: usize, next: CodePiece<'_>) -> bool {
    text.get(at..next.range().start).is_some_and(|gap| gap.matches('\n').count() == 1)
}

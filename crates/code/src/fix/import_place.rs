//! Adds an import where isort would put it, provided that it would run early enough there.

use std::ops::Range;

use idhooks_python::{Node, PythonFile, is_constant, module_of};
use ruff_python_ast::{Alias, AnyNodeRef};

use super::edits::TextEdit;
use super::refusal::FixRefusal;

/// The maximum line length when adding a name to an import, as in PEP 8.
const LONGEST_LINE: usize = 79;

/// The sections of imports, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportSection {
    /// `from __future__ import …`
    Future,
    /// Modules in the standard library.
    Standard,
    /// Third-party modules.
    ThirdParty,
    /// The project's own modules.
    FirstParty,
    /// `from . import …`
    Local,
}

/// The key that imports are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ImportKey {
    // The order of the fields matters: isort puts `from a import b` after every `import a`.
    section: ImportSection,
    is_from: bool,
    module: String,
}

/// An import statement at the top of a file.
struct TopImport<'t> {
    key: ImportKey,
    node: Node<'t>,
    /// The statement's index within the module.
    at: usize,
}

/// Where to add an import.
pub(super) struct ImportPlace {
    pub(super) edit: TextEdit,
    /// The index of the module's first statement that runs after the new import.
    pub(super) before: usize,
}

/// Returns where to add an import statement at the top of a module: after an import from the same
/// package or, if no other code runs before them, among the file's first imports. `section` returns
/// a module's section, given the first part of its name; `changes_path` means that the file changes
/// where Python looks for modules.
///
/// # Errors
/// Returns the reason if the import is not certain to succeed anywhere.
pub(super) fn import_place(
    module: Node<'_>,
    import: Node<'_>,
    section: &dyn Fn(&str) -> ImportSection,
    changes_path: bool,
) -> Result<ImportPlace, FixRefusal> {
    let statements: Vec<Node<'_>> = module.children().collect();
    let place = place_among(&statements, import, section, changes_path)?;
    let is_future = |node: &&Node<'_>| match node.ast() {
        AnyNodeRef::StmtImportFrom(from) => module_of(from) == "__future__",
        _ => false,
    };
    // Python accepts `from __future__` only before all other imports.
    let last = statements.iter().rfind(is_future);
    match last.is_some_and(|last| place.edit.range.start <= last.range().start) {
        true => Err(FixRefusal::FutureLine),
        false => Ok(place),
    }
}

fn place_among(
    statements: &[Node<'_>],
    import: Node<'_>,
    section: &dyn Fn(&str) -> ImportSection,
    changes_path: bool,
) -> Result<ImportPlace, FixRefusal> {
    let key = key_of(import, section);
    let all: Vec<TopImport<'_>> = statements
        .iter()
        .enumerate()
        .filter(|(_, node)| is_import(**node) && is_alone(statements, **node))
        .map(|(at, node)| TopImport { key: key_of(*node, section), node: *node, at })
        .collect();
    let is_package = |one: &&TopImport<'_>| {
        package(&one.key.module) == package(&key.module) && one.key.section != ImportSection::Future
    };
    let same = all.iter().find(|one| one.key == key && key.is_from);
    if let Some(place) = same.and_then(|one| {
        let edit = add_name(one.node, import)?;
        Some(ImportPlace { edit, before: one.at + 1 })
    }) {
        return Ok(place);
    }
    // A relative import does not depend on the search path.
    if !changes_path || key.section == ImportSection::Local {
        // Code above the imports may affect them, for example by changing the environment.
        let start = statements.iter().take_while(|one| is_harmless(**one)).count();
        let first = statements.iter().position(|one| is_import(*one));
        if first.is_none_or(|first| first <= start) {
            return Ok(in_first_run(statements, &all, first, start, &key, import));
        }
    }
    let Some(anchor) = all.iter().position(|one| is_package(&one)) else {
        return Err(match changes_path {
            true => FixRefusal::ChangedPath,
            false => FixRefusal::CodeBeforeImports,
        });
    };
    // The new import is sorted into the run of imports that starts with the one from the same
    // package.
    let run =
        all.iter().skip(anchor).enumerate().take_while(|(n, one)| one.at == all[anchor].at + n);
    let sorted = run.map(|(_, one)| one).filter(|one| {
        one.at == all[anchor].at || (one.key.section == key.section && one.key <= key)
    });
    let after = sorted.last().unwrap_or(&all[anchor]);
    Ok(after_import(after, format!("\n{}", import.source())))
}

fn after_import(one: &TopImport<'_>, text: String) -> ImportPlace {
    ImportPlace { edit: insertion(line_of(one.node).end, text), before: one.at + 1 }
}

fn before_import(one: &TopImport<'_>, text: String) -> ImportPlace {
    ImportPlace { edit: insertion(line_of(one.node).start, text), before: one.at }
}

/// Returns the place among the first imports or, if there are none, the place for a first import.
fn in_first_run(
    statements: &[Node<'_>],
    all: &[TopImport<'_>],
    first: Option<usize>,
    start: usize,
    key: &ImportKey,
    import: Node<'_>,
) -> ImportPlace {
    let text = import.source();
    let first = first.unwrap_or(start);
    let end = first + statements[first..].iter().take_while(|one| is_import(**one)).count();
    let top: Vec<&TopImport<'_>> =
        all.iter().filter(|one| (first..end).contains(&one.at)).collect();
    let of_section = |one: &&&TopImport<'_>| one.key.section == key.section;
    if let Some(before) = top.iter().rfind(|one| of_section(one) && one.key <= *key) {
        return after_import(before, format!("\n{text}"));
    }
    if let Some(after) = top.iter().find(of_section) {
        return before_import(after, format!("{text}\n"));
    }
    if let Some(before) = top.iter().rfind(|one| one.key.section < key.section) {
        let next = top.iter().find(|one| one.key.section > key.section);
        let file = before.node.file();
        // A blank line separates sections. One is added before the next section even if there was
        // none.
        let is_close = next.is_some_and(|next| {
            let between = line_of(before.node).end..next.node.range().start;
            file.text_of(between).matches('\n').count() == 1
        });
        return after_import(before, format!("\n\n{text}{}", if is_close { "\n" } else { "" }));
    }
    if let Some(after) = top.first() {
        return before_import(after, format!("{text}\n\n"));
    }
    without_imports(statements, import)
}

/// Returns the place in a module that has no imports at its top.
fn without_imports(statements: &[Node<'_>], import: Node<'_>) -> ImportPlace {
    let text = import.source();
    let Some(first) = statements.first() else {
        return ImportPlace { edit: insertion(0, format!("{text}\n")), before: 0 };
    };
    let file = first.file();
    if is_docstring(*first) && is_alone(statements, *first) {
        let end = line_of(*first).end;
        let rest = file.text_of(end..file.text().len());
        let has_space = rest.trim().is_empty() || rest.starts_with("\n\n");
        let text = format!("\n\n{text}{}", if has_space { "" } else { "\n" });
        return ImportPlace { edit: insertion(end, text), before: 1 };
    }
    // Comments right above a statement belong to it, unless they are at the start of the file.
    let mut at = line_of(*first).start;
    let mut start = at;
    while start > 0 {
        let line = file.line_range(start - 1);
        if !file.text_of(line.clone()).trim_start().starts_with('#') {
            at = start;
            break;
        }
        start = line.start;
    }
    ImportPlace { edit: insertion(at, format!("{text}\n\n")), before: 0 }
}

/// Returns whether a statement may precede an import because it calls no project code.
fn is_harmless(statement: Node<'_>) -> bool {
    match statement.ast() {
        AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_) => true,
        AnyNodeRef::StmtExpr(one) => is_constant(&one.value),
        AnyNodeRef::StmtAssign(assign) => is_constant(&assign.value),
        AnyNodeRef::StmtAnnAssign(assign) => assign.value.as_deref().is_none_or(is_constant),
        _ => false,
    }
}

fn is_import(statement: Node<'_>) -> bool {
    matches!(statement.ast(), AnyNodeRef::StmtImport(_) | AnyNodeRef::StmtImportFrom(_))
}

/// Returns whether a statement shares its lines with nothing but imports.
fn is_alone(statements: &[Node<'_>], one: Node<'_>) -> bool {
    let lines = line_of(one);
    let others = statements.iter().filter(|other| {
        let range = other.range();
        range.start < lines.end && lines.start < range.end
    });
    others.into_iter().all(|other| *other == one || is_import(*other))
}

/// Returns the first part of a module's name; a dot for a relative name.
fn package(module: &str) -> &str {
    match module.starts_with('.') {
        true => ".",
        false => module.split('.').next().unwrap_or(module),
    }
}

/// Returns the change that adds an import's name to an existing statement for the same module;
/// `None` if the statement would have to be rewritten.
fn add_name(statement: Node<'_>, import: Node<'_>) -> Option<TextEdit> {
    let (present, added) = (aliases(statement), aliases(import));
    let [(added, _)] = &added[..] else { return None };
    let name = added.source();
    let file = statement.file();
    let lines = line_of(statement);
    let whole = file.text_of(lines);
    let is_one_line = !statement.source().contains('\n');
    // A comment on the line might appear to refer to the added name.
    let is_plain = present.iter().all(|(_, alias)| alias.name.as_str() != "*")
        && !whole.contains(['#', ';', '\\']);
    if !is_plain
        || present.is_empty()
        || (is_one_line && whole.chars().count() + name.len() + 2 > LONGEST_LINE)
    {
        return None;
    }
    let after = present.iter().find(|(node, _)| order(node.source()) > order(name));
    // The white space to put after the added name's comma.
    let gap = |node: &Node<'_>| {
        let at = node.range().start;
        let indent = file.text_of(file.line_range(at).start..at);
        if indent.trim().is_empty() { format!("\n{indent}") } else { " ".to_owned() }
    };
    match after {
        Some((node, _)) => Some(insertion(node.range().start, format!("{name},{}", gap(node)))),
        None => {
            let (last, _) = present.last()?;
            Some(insertion(last.range().end, format!(",{}{name}", gap(last))))
        }
    }
}

/// Returns isort's sort key for a name: constants first, then classes, then others.
fn order(name: &str) -> (u8, &str) {
    // isort treats a single capital letter as a class name.
    let is_upper = name.chars().all(|c| !c.is_lowercase()) && name.len() > 1;
    let kind = match name.chars().next() {
        _ if is_upper => 0,
        Some(first) if first.is_uppercase() => 1,
        _ => 2,
    };
    (kind, name)
}

/// Returns the parts of an import statement.
pub(super) fn aliases(statement: Node<'_>) -> Vec<(Node<'_>, &Alias)> {
    fn alias(part: Node<'_>) -> Option<(Node<'_>, &Alias)> {
        match part.ast() {
            AnyNodeRef::Alias(alias) => Some((part, alias)),
            _ => None,
        }
    }
    statement.children().filter_map(alias).collect()
}

fn key_of(statement: Node<'_>, section: &dyn Fn(&str) -> ImportSection) -> ImportKey {
    let (is_from, module) = match statement.ast() {
        AnyNodeRef::StmtImportFrom(from) => (true, module_of(from)),
        _ => {
            let first = aliases(statement).first().map(|(_, alias)| alias.name.to_string());
            (false, first.unwrap_or_default())
        }
    };
    let section = match package(&module) {
        "__future__" => ImportSection::Future,
        "." => ImportSection::Local,
        first => section(first),
    };
    // isort ignores the case of module names.
    ImportKey { section, is_from, module: module.to_lowercase() }
}

fn is_docstring(statement: Node<'_>) -> bool {
    match statement.ast() {
        AnyNodeRef::StmtExpr(one) => one.value.is_string_literal_expr(),
        _ => false,
    }
}

fn insertion(at: usize, text: String) -> TextEdit {
    TextEdit { range: at..at, text }
}

/// Returns a node's full lines, from the start of the first to the end of the last.
pub(super) fn line_of(node: Node<'_>) -> Range<usize> {
    let (file, range): (&PythonFile<'_>, _) = (node.file(), node.range());
    file.line_range(range.start).start..file.line_range(range.end).end
}

//! The smallest changes that turn found code into its replacement.

use std::ops::Range;

use super::code_piece::CodePiece;
use super::matching::{Bound, children_like, is_same};
use super::snippet::{MARK, placeholder};

/// A change to a range of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextEdit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// Returns the changes that turn statements of a file into those of a replacement.
///
/// # Errors
/// Returns the reason if a replacement cannot be written there.
pub(super) fn statement_edits<'t>(
    find: &[CodePiece<'_>],
    with: &[CodePiece<'_>],
    code: &[CodePiece<'t>],
    bound: &Bound<'t>,
) -> Result<Vec<TextEdit>, String> {
    let (Some(first), Some(last)) = (code.first(), code.last()) else { return Ok(Vec::new()) };
    let indent = indentation(*first);
    let render =
        |statement: &CodePiece<'_>| Ok(indented(&rendered(*statement, *first, bound)?, &indent));
    let mut edits = Vec::new();
    let Some(more) = with.len().checked_sub(find.len()) else {
        let texts = with.iter().map(render).collect::<Result<Vec<_>, String>>()?;
        let range = first.range().start..last.range().end;
        edits.push(TextEdit { range, text: texts.join(&separator(*first, &indent)) });
        return Ok(edits);
    };
    // Statements that come in addition are before the others.
    let mut text = String::new();
    for statement in &with[..more] {
        text.push_str(&render(statement)?);
        text.push_str(&separator(*first, &indent));
    }
    if more > 0 {
        let start = first.range().start;
        edits.push(TextEdit { range: start..start, text });
    }
    for ((find, with), code) in find.iter().zip(&with[more..]).zip(code) {
        add_edits(*find, *with, *code, bound, &mut edits)?;
    }
    Ok(edits)
}

/// Adds the changes that turn code which matches `find` into `with`: only of the parts in which these
/// differ.
///
/// # Errors
/// Returns the reason if a replacement cannot be written there.
pub(super) fn add_edits<'t>(
    find: CodePiece<'_>,
    with: CodePiece<'_>,
    code: CodePiece<'t>,
    bound: &Bound<'t>,
    edits: &mut Vec<TextEdit>,
) -> Result<(), String> {
    if is_same(find, with) {
        return Ok(());
    }
    let (find, code) = (find.bare(), code.bare());
    let parts = [find.children(), with.children(), children_like(find, code)];
    let [finds, withs, codes] = &parts;
    let is_inside = find.kind() == with.kind()
        && find.kind() == code.kind()
        && !matches!(find.kind(), "string" | "concatenated_string" | "attribute")
        && !finds.is_empty()
        && finds.len() == withs.len()
        && finds.len() == codes.len();
    if is_inside {
        let mut parts = finds.iter().zip(withs).zip(codes);
        return parts
            .try_for_each(|((find, with), code)| add_edits(*find, *with, *code, bound, edits));
    }
    if code.has_comment() {
        return Err("a comment in it would be lost".to_owned());
    }
    let mut text = rendered(with, code, bound)?;
    let is_loose = code.parent().is_some_and(|parent| binds_closer(parent, code));
    if is_loose && !is_tight(with) {
        text = format!("({text})");
    }
    let indent = indentation(code);
    edits.push(TextEdit { range: code.range(), text: indented(&text, &indent) });
    Ok(())
}

/// Returns the text of a replacement with what its placeholders stand for, to be written where `code`
/// is.
fn rendered(with: CodePiece<'_>, code: CodePiece<'_>, bound: &Bound<'_>) -> Result<String, String> {
    let around = quotes_around(code);
    let mut text = String::new();
    render(with, &around, bound, &mut text)?;
    if !around.is_empty() && text.contains(['\\', '\n', '#']) {
        return Err("it cannot be written in an f-string".to_owned());
    }
    Ok(text)
}

fn render(
    with: CodePiece<'_>,
    around: &str,
    bound: &Bound<'_>,
    out: &mut String,
) -> Result<(), String> {
    if let Some(name) = placeholder(with.source()) {
        let piece = bound.pieces.get(name);
        let text = piece.map(|piece| piece.source()).or(bound.texts.get(name).map(|text| &**text));
        let text = text.ok_or_else(|| format!("'${name}' stands for nothing"))?;
        let is_loose = piece.is_some_and(|piece| !is_tight(*piece))
            && with.parent().is_some_and(|parent| binds_closer(parent, with));
        out.push_str(&if is_loose { format!("({text})") } else { text.to_owned() });
        return Ok(());
    }
    let mut cursor = with.node.walk();
    let children: Vec<_> = with.node.children(&mut cursor).map(|node| with.at(node)).collect();
    if children.is_empty() {
        out.push_str(&with_texts(with.source(), bound));
        return Ok(());
    }
    let mut parts = String::new();
    let mut at = with.range().start;
    for child in children {
        parts.push_str(&with_texts(&with.text[at..child.range().start], bound));
        render(child, around, bound, &mut parts)?;
        at = child.range().end;
    }
    parts.push_str(&with_texts(&with.text[at..with.range().end], bound));
    match with.kind() {
        "string" => out.push_str(&requoted(with, &parts, around)?),
        _ => out.push_str(&parts),
    }
    Ok(())
}

/// Puts texts in the place of the placeholders in a part of a string.
fn with_texts(text: &str, bound: &Bound<'_>) -> String {
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let Some(name) = parts.next() {
        out.push_str(bound.texts.get(name).map(|text| &**text).unwrap_or_default());
        out.push_str(parts.next().unwrap_or_default());
    }
    out
}

/// Returns a string of a replacement in quotes that neither the strings around it nor the expressions
/// in it use: Python allows the same ones only since 3.12.
fn requoted(with: CodePiece<'_>, text: &str, around: &str) -> Result<String, String> {
    let start = with.string_start().unwrap_or_default();
    let (prefix, mark) = start.split_at(start.find(['"', '\'']).unwrap_or(0));
    let inner = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(mark));
    let Some(inner) = inner else { return Ok(text.to_owned()) };
    let has_values = with.named().iter().any(|part| part.kind() == "interpolation");
    let clashes = |mark: &str| {
        let quote = mark.chars().next().unwrap_or('"');
        around.contains(quote) || (has_values && inner.contains(quote))
    };
    if !clashes(mark) {
        return Ok(text.to_owned());
    }
    let other =
        if mark.starts_with('"') { mark.replace('"', "'") } else { mark.replace('\'', "\"") };
    match clashes(&other)
        || inner.contains(['\\', '"', '\'']) && mark.len() == 1 && inner.contains(&*other)
    {
        true => Err("its quotes would be those of a string around it".to_owned()),
        false => Ok(format!("{prefix}{other}{inner}{other}")),
    }
}

/// Returns the quotes of the f-strings around a piece.
fn quotes_around(code: CodePiece<'_>) -> String {
    let strings = code.outer().filter_map(|(outer, _)| outer.string_start());
    strings.filter_map(|start| start.chars().next_back()).collect()
}

/// Returns whether an expression can stand beside any operator without parentheses.
fn is_tight(piece: CodePiece<'_>) -> bool {
    let loose = [
        "boolean_operator",
        "binary_operator",
        "comparison_operator",
        "not_operator",
        "unary_operator",
        "conditional_expression",
        "lambda",
        "await",
        "named_expression",
        "expression_list",
        "yield",
    ];
    !loose.contains(&piece.kind())
}

/// Returns whether the parent binds a part more closely than an operator in this part would.
fn binds_closer(parent: CodePiece<'_>, part: CodePiece<'_>) -> bool {
    match parent.kind() {
        "binary_operator"
        | "boolean_operator"
        | "comparison_operator"
        | "not_operator"
        | "unary_operator"
        | "conditional_expression"
        | "await"
        | "attribute"
        | "list_splat"
        | "dictionary_splat" => true,
        "subscript" => part.is_field_of(parent, "value"),
        "call" => part.is_field_of(parent, "function"),
        _ => false,
    }
}

/// Returns the spaces and tabs at the beginning of the line of a piece.
fn indentation(piece: CodePiece<'_>) -> String {
    line_start(piece).chars().take_while(|c| " \t\u{c}".contains(*c)).collect()
}

/// Returns what is before a piece on its line.
fn line_start(piece: CodePiece<'_>) -> &str {
    let before = &piece.text[..piece.range().start];
    &before[before.rfind('\n').map_or(0, |at| at + 1)..]
}

/// Returns what separates statements where a piece is.
fn separator(piece: CodePiece<'_>, indent: &str) -> String {
    match line_start(piece).trim().trim_start_matches('\u{feff}').is_empty() {
        true => format!("\n{indent}"),
        false => "; ".to_owned(),
    }
}

/// Indents the lines of a snippet after the first, which have one space of their own.
fn indented(text: &str, indent: &str) -> String {
    text.replace("\n ", &format!("\n{indent}"))
}

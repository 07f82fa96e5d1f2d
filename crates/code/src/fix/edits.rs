//! The smallest changes that turn matched code into its replacement.

use std::ops::Range;

use idhooks_python::Node;
use ruff_python_ast::{AnyNodeRef, Expr};

use super::code_matching::{Bound, is_like, parts_like};
use super::node_text::{
    begins_line, has_comment, indentation, is_quoted, is_same, own_tokens, segments, string_start,
};
use super::refusal::FixRefusal;
use super::snippet::{MARK, placeholder};

/// A change to a range of the source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextEdit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// Returns the changes that turn a file's statements into a replacement's statements.
///
/// # Errors
/// Returns the reason if a replacement cannot be inserted there.
pub(super) fn statement_edits<'t>(
    find: &[Node<'_>],
    with: &[Node<'_>],
    code: &[Node<'t>],
    bound: &Bound<'t>,
) -> Result<Vec<TextEdit>, FixRefusal> {
    let (Some(first), Some(last)) = (code.first(), code.last()) else { return Ok(Vec::new()) };
    // In Python, indentation determines which block a statement belongs to.
    let indent = indentation(*first);
    let render =
        |statement: &Node<'_>| Ok(indented(&rendered(*statement, *first, bound)?, &indent));
    let mut edits = Vec::new();
    // If the replacement has fewer statements, they cannot be paired with the old ones.
    let Some(more) = with.len().checked_sub(find.len()) else {
        let texts = with.iter().map(render).collect::<Result<Vec<_>, FixRefusal>>()?;
        let range = first.range().start..last.range().end;
        edits.push(TextEdit { range, text: texts.join(&separator(*first, &indent)) });
        return Ok(edits);
    };
    // Extra statements are inserted first, so that the others are paired with the old ones.
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

/// Adds the changes that turn code matching `find` into `with`. Only the parts that differ are
/// changed.
///
/// # Errors
/// Returns the reason if a replacement cannot be inserted there.
pub(super) fn add_edits<'t>(
    find: Node<'_>,
    with: Node<'_>,
    code: Node<'t>,
    bound: &Bound<'t>,
    edits: &mut Vec<TextEdit>,
) -> Result<(), FixRefusal> {
    if is_same(find, with) {
        return Ok(());
    }
    let parts = [find.children().collect(), with.children().collect(), parts_like(find, code)];
    let [finds, withs, codes]: &[Vec<Node<'_>>; 3] = &parts;
    // Small changes preserve the layout and comments of the surrounding code.
    let is_inside = find.ast().kind() == with.ast().kind()
        && is_like(find, code)
        // A node's own operators and keywords can be changed only by replacing the whole node.
        && own_tokens(find) == own_tokens(with)
        && segments(find).is_none()
        // A name in the code may have more or fewer parts, depending on how it was imported.
        && !matches!(find.ast(), AnyNodeRef::ExprAttribute(_))
        && !finds.is_empty()
        && finds.len() == withs.len()
        && finds.len() == codes.len();
    if is_inside {
        let mut parts = finds.iter().zip(withs).zip(codes);
        return parts
            .try_for_each(|((find, with), code)| add_edits(*find, *with, *code, bound, edits));
    }
    // The replacement cannot contain the code's comments, because patterns never match comments.
    if has_comment(code) {
        return Err(FixRefusal::LostComment);
    }
    let mut text = rendered(with, code, bound)?;
    // Without parentheses, `x + y` in place of `a` in `a.b` would become `x + y.b`.
    let is_loose = code.parent().is_some_and(|parent| binds_closer(parent, code));
    if is_loose && !is_tight(with) {
        text = format!("({text})");
    }
    let indent = indentation(code);
    edits.push(TextEdit { range: code.range(), text: indented(&text, &indent) });
    Ok(())
}

/// Returns the text that replaces `code`: the replacement with its placeholders filled in.
fn rendered(with: Node<'_>, code: Node<'_>, bound: &Bound<'_>) -> Result<String, FixRefusal> {
    let around = quotes_around(code);
    let mut text = String::new();
    render(with, &around, bound, &mut text)?;
    // Before Python 3.12, backslashes, line breaks and comments are not allowed inside an
    // f-string's braces.
    if !around.is_empty() && text.contains(['\\', '\n', '#']) {
        return Err(FixRefusal::InFString);
    }
    Ok(text)
}

fn render(
    with: Node<'_>,
    around: &str,
    bound: &Bound<'_>,
    out: &mut String,
) -> Result<(), FixRefusal> {
    if let Some(name) = placeholder(with.source()) {
        let piece = bound.pieces.get(name);
        let text = piece.map(|piece| piece.source()).or(bound.texts.get(name).map(|text| &**text));
        let text = text.ok_or_else(|| FixRefusal::EmptyPlaceholder(name.to_owned()))?;
        let parent = with.parent();
        let is_loose = piece.is_some_and(|piece| {
            needs_parentheses(*piece)
                || (!is_tight(*piece) && parent.is_some_and(|parent| binds_closer(parent, with)))
        });
        let is_starred =
            piece.is_some_and(|piece| matches!(piece.ast(), AnyNodeRef::ExprStarred(_)));
        // Python rejects `*values` where it expects a single value.
        if is_starred && !parent.is_some_and(is_list) {
            return Err(FixRefusal::SeveralValues(name.to_owned()));
        }
        out.push_str(&if is_loose { format!("({text})") } else { text.to_owned() });
        return Ok(());
    }
    let mut parts = String::new();
    let mut at = with.range().start;
    for child in with.children() {
        parts.push_str(&with_texts(with.file().text_of(at..child.range().start), bound));
        render(child, around, bound, &mut parts)?;
        at = child.range().end;
    }
    parts.push_str(&with_texts(with.file().text_of(at..with.range().end), bound));
    match is_quoted(with) {
        true => out.push_str(&requoted(with, &parts, around)?),
        false => out.push_str(&parts),
    }
    Ok(())
}

/// Fills the placeholders in part of a string.
fn with_texts(text: &str, bound: &Bound<'_>) -> String {
    let mut parts = text.split(MARK);
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let Some(name) = parts.next() {
        out.push_str(bound.texts.get(name).map(|text| &**text).unwrap_or_default());
        out.push_str(parts.next().unwrap_or_default());
    }
    out
}

/// Returns a replacement's string in quotes that occur neither in the enclosing strings nor in the
/// expressions inside the string: Python has allowed quotes to be reused only since 3.12.
fn requoted(with: Node<'_>, text: &str, around: &str) -> Result<String, FixRefusal> {
    let start = string_start(with).unwrap_or_default();
    let (prefix, mark) = start.split_at(start.find(['"', '\'']).unwrap_or(0));
    let inner = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(mark));
    let Some(inner) = inner else { return Ok(text.to_owned()) };
    let has_values =
        with.children().any(|part| matches!(part.ast(), AnyNodeRef::InterpolatedElement(_)));
    // Before Python 3.12, the expressions in an f-string cannot contain its quotes.
    let clashes = |mark: &str| {
        let quote = mark.chars().next().unwrap_or('"');
        around.contains(quote) || (has_values && inner.contains(quote))
    };
    if !clashes(mark) {
        return Ok(text.to_owned());
    }
    let other =
        if mark.starts_with('"') { mark.replace('"', "'") } else { mark.replace('\'', "\"") };
    // The string would end early if its content contained the other quotes.
    match clashes(&other)
        || inner.contains(['\\', '"', '\'']) && mark.len() == 1 && inner.contains(&*other)
    {
        true => Err(FixRefusal::SameQuotes),
        false => Ok(format!("{prefix}{other}{inner}{other}")),
    }
}

/// Returns the quotes of all f-strings that enclose some code.
fn quotes_around(code: Node<'_>) -> String {
    let strings = code.ancestors().filter_map(string_start);
    strings.filter_map(|start| start.chars().next_back()).collect()
}

/// Returns whether an expression never needs parentheses as an operand.
fn is_tight(piece: Node<'_>) -> bool {
    !matches!(
        piece.ast(),
        AnyNodeRef::ExprBoolOp(_)
            | AnyNodeRef::ExprBinOp(_)
            | AnyNodeRef::ExprCompare(_)
            | AnyNodeRef::ExprUnaryOp(_)
            | AnyNodeRef::ExprIf(_)
            | AnyNodeRef::ExprLambda(_)
            | AnyNodeRef::ExprAwait(_)
    ) && !needs_parentheses(piece)
}

/// Returns whether an expression must be parenthesized when it is an element in a list of
/// expressions.
fn needs_parentheses(piece: Node<'_>) -> bool {
    match piece.ast() {
        AnyNodeRef::ExprNamed(_) | AnyNodeRef::ExprYield(_) | AnyNodeRef::ExprYieldFrom(_) => true,
        AnyNodeRef::ExprTuple(tuple) => !tuple.parenthesized,
        AnyNodeRef::ExprGenerator(generator) => !generator.parenthesized,
        _ => false,
    }
}

/// Returns whether a node may contain several values in one position, such as `*values`.
fn is_list(parent: Node<'_>) -> bool {
    matches!(
        parent.ast(),
        AnyNodeRef::Arguments(_)
            | AnyNodeRef::ExprList(_)
            | AnyNodeRef::ExprTuple(_)
            | AnyNodeRef::ExprSet(_)
    )
}

/// Returns whether a child node that is an operation must be parenthesized within its parent.
fn binds_closer(parent: Node<'_>, part: Node<'_>) -> bool {
    let is_part = |expr: &Expr| part.ast().ptr_eq(expr.into());
    match parent.ast() {
        AnyNodeRef::ExprBinOp(_)
        | AnyNodeRef::ExprBoolOp(_)
        | AnyNodeRef::ExprCompare(_)
        | AnyNodeRef::ExprUnaryOp(_)
        | AnyNodeRef::ExprIf(_)
        | AnyNodeRef::ExprAwait(_)
        | AnyNodeRef::ExprAttribute(_)
        | AnyNodeRef::ExprStarred(_) => true,
        AnyNodeRef::Keyword(keyword) => keyword.arg.is_none(),
        AnyNodeRef::ExprSubscript(subscript) => is_part(&subscript.value),
        AnyNodeRef::ExprCall(call) => is_part(&call.func),
        _ => false,
    }
}

/// Returns the separator to insert between statements where the given code stands.
fn separator(piece: Node<'_>, indent: &str) -> String {
    // Several statements may share a line, as in `a = 1; b = 2`.
    match begins_line(piece) {
        true => format!("\n{indent}"),
        false => "; ".to_owned(),
    }
}

/// Indents all lines of a snippet except the first. In the snippet, they are indented by one space.
fn indented(text: &str, indent: &str) -> String {
    text.replace("\n ", &format!("\n{indent}"))
}

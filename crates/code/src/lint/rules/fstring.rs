//! ID_FSTRING: identifiers built from a known prefix and a random value or a time.

use std::ops::Range;

use idhooks_core::check::Code;
use idhooks_python::{NameUse, SyntaxTree, string_value};
use ruff_python_ast::{
    AnyNodeRef, Expr, ExprBinOp, ExprCall, FStringPart, InterpolatedStringElement, Operator,
};

use super::super::python_finding::PythonFinding;
use super::raw_uuid::MAKERS;

/// The functions that return random values or times, apart from those that make UUIDs.
const SOURCES: [&str; 12] = [
    "os.urandom",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "django.utils.timezone.now",
];
/// The modules all of whose functions count as returning random values.
const MODULES: [&str; 2] = ["secrets.", "random."];

/// Returns the dotted names of all functions and modules that return random values or times; a
/// module's name ends with a dot.
pub(in super::super) fn sources() -> impl Iterator<Item = &'static str> {
    MAKERS.into_iter().chain(SOURCES).chain(MODULES)
}

/// Finds identifiers in a file that are built from a known prefix and a random value or a time.
pub(in super::super) fn check(
    tree: &SyntaxTree<'_>,
    prefixes: &[String],
    uses: &[NameUse<'_>],
    hits: &mut Vec<PythonFinding>,
) {
    let is_source = |target: &String| {
        let name = &**target;
        MAKERS.contains(&name)
            || SOURCES.contains(&name)
            || MODULES.iter().any(|module| name.starts_with(module))
    };
    let calls = uses.iter().filter(|found| found.targets.iter().any(is_source));
    let sources: Vec<Range<usize>> =
        calls.filter_map(|found| Some(found.call?.node.range())).collect();
    if sources.is_empty() {
        return;
    }
    let inserts = |range: Range<usize>| {
        sources.iter().any(|source| range.start <= source.start && source.end <= range.end)
    };
    let prefix_of = |text: Option<&str>| {
        let text = text?;
        prefixes.iter().find(|prefix| text.starts_with(&***prefix))
    };
    for node in tree.nodes() {
        let found = match node.ast() {
            AnyNodeRef::ExprFString(_) => prefix_of(opening(node.ast())).zip(Some("fstring")),
            AnyNodeRef::ExprBinOp(one) => {
                let kind = match one.op {
                    Operator::Mod => "percent",
                    Operator::Add => "concatenation",
                    _ => continue,
                };
                // The whole chain of operators counts as one finding.
                let is_part = node.parent().is_some_and(|parent| match parent.ast() {
                    AnyNodeRef::ExprBinOp(outer) => outer.op == one.op,
                    _ => false,
                });
                prefix_of(leftmost(one)).filter(|_| !is_part).zip(Some(kind))
            }
            AnyNodeRef::ExprCall(call) => prefix_of(formatted(call)).zip(Some("format")),
            _ => None,
        };
        if let Some((prefix, kind)) = found
            && inserts(node.range())
        {
            let message = format!("an identifier is made of '{prefix}' and a random or time part");
            hits.push(PythonFinding::new(node, Code::IdFstring, kind, message));
        }
    }
}

/// Returns the text at the start of a literal, up to the first inserted value.
fn opening(node: AnyNodeRef<'_>) -> Option<&str> {
    match node {
        AnyNodeRef::ExprStringLiteral(_) => string_value(node),
        AnyNodeRef::ExprFString(string) => match string.value.iter().next()? {
            FStringPart::Literal(literal) => Some(literal.as_str()),
            FStringPart::FString(first) => match first.elements.first()? {
                InterpolatedStringElement::Literal(literal) => Some(literal),
                InterpolatedStringElement::Interpolation(_) => None,
            },
        },
        _ => None,
    }
}

/// Returns the text at the start of the first operand in a chain of operators.
fn leftmost(operator: &ExprBinOp) -> Option<&str> {
    let mut left = &operator.left;
    while let Expr::BinOp(inner) = &**left {
        left = &inner.left;
    }
    opening((&**left).into())
}

/// Returns the text that `.format(…)` is called on.
fn formatted(call: &ExprCall) -> Option<&str> {
    let Expr::Attribute(function) = &*call.func else { return None };
    (function.attr.as_str() == "format").then(|| opening((&*function.value).into()))?
}

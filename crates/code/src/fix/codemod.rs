//! [`Codemod`]: a `[[lint.replace]]` rule, ready to be applied.

use std::collections::BTreeSet;

use idhooks_core::config::{ConfigError, Globs, PlacedText, ReplaceRule};
use idhooks_python::{ImportTime, Node};
use ruff_python_ast::{AnyNodeRef, NodeKind};

use super::code_matching::kinds_like;
use super::node_text::has_comment;
use super::snippet::{MARK, Snippet, expression, placeholder, statements};

/// The placeholders allowed in the replacement of a rule for a field.
const FIELD_PLACEHOLDERS: [&str; 2] = ["word", "value"];

/// What a rule searches for.
#[derive(Debug)]
pub(super) enum Target {
    /// This code.
    Code(Snippet),
    /// Hard-coded strings for a field with this name.
    Field(String),
}

/// Why it would be unclear what a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum UncertainFind {
    /// The rule's code contains a comment.
    #[error("a comment is never found")]
    Comment,
    /// Part of a string can be divided among placeholders in several ways.
    #[error("two placeholders in one part of a string are ambiguous")]
    Ambiguous,
    /// The rule's code is just a placeholder.
    #[error("a placeholder alone finds everything")]
    Everything,
}

/// A rule whose code has been parsed.
#[derive(Debug)]
pub(super) struct Codemod {
    pub(super) target: Target,
    pub(super) with: Snippet,
    /// The names that must be in scope, in addition to those the replacement uses.
    pub(super) needs: Vec<String>,
    pub(super) import: Option<Snippet>,
    /// The dotted names of the modules and names that the import provides to the replacement.
    pub(super) imported: BTreeSet<String>,
    pub(super) path: Option<Globs>,
    /// Words that a file must contain for the rule to match anything in it.
    pub(super) words: Vec<String>,
    /// The kinds of syntax that a match can begin with; empty if there is no restriction.
    kinds: Vec<NodeKind>,
}

impl Codemod {
    /// Parses a rule's code.
    ///
    /// # Errors
    /// Returns an error with its position if the code is not Python, or if it cannot be applied.
    pub(super) fn new(rule: &ReplaceRule) -> Result<Self, ConfigError> {
        let with = parse(&rule.with, "with")?;
        let (target, words) = match (&rule.find, &rule.field) {
            (Some(find), None) => {
                let snippet = parse(find, "find")?;
                check_find(&snippet).map_err(|why| find.error(format!("'find': {why}")))?;
                let words = snippet.words();
                (Target::Code(snippet), words)
            }
            (None, Some(field)) => (Target::Field(field.text.clone()), vec![field.text.clone()]),
            _ => {
                let message = "a rule of lint.replace has either 'find' or 'field'";
                return Err(rule.with.error(message.to_owned()));
            }
        };
        let is_known = |name: &&str| match &target {
            Target::Code(find) => find.placeholders().contains(name),
            Target::Field(_) => FIELD_PLACEHOLDERS.contains(name),
        };
        if let Some(unknown) = with.placeholders().into_iter().find(|name| !is_known(name)) {
            let what = match &target {
                Target::Code(_) => "'find' does not contain it".to_owned(),
                Target::Field(_) => "a field has $word and $value".to_owned(),
            };
            return Err(rule.with.error(format!("'with' uses ${unknown}: {what}")));
        }
        let is_expression = match &target {
            Target::Code(find) => expression(&find.tree()).is_some(),
            Target::Field(_) => true,
        };
        // A statement cannot be part of an expression.
        if is_expression && expression(&with.tree()).is_none() {
            return Err(rule
                .with
                .error("'with' must be an expression, as what it replaces".into()));
        }
        let import = rule.import.as_ref().map(parse_import).transpose()?;
        let imported = rule.import.as_ref().map(|import| imported(import, &rule.with));
        let imported = imported.unwrap_or_default();
        let (needs, path) = (rule.needs.clone(), rule.path.clone());
        let kinds = match &target {
            Target::Code(find) => kinds_of(find),
            Target::Field(_) => Vec::new(),
        };
        Ok(Codemod { target, with, needs, import, imported, path, words, kinds })
    }

    /// Returns whether the rule may match anything in a file, judging by the names in it.
    pub(super) fn may_find(&self, bytes: &[u8]) -> bool {
        let has = |word: &String| memchr::memmem::find(bytes, word.as_bytes()).is_some();
        self.words.iter().all(has)
    }

    /// Returns whether a match may begin with this kind of syntax.
    pub(super) fn may_begin(&self, kind: NodeKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// Returns the kinds of syntax that matches begin with.
fn kinds_of(find: &Snippet) -> Vec<NodeKind> {
    let tree = find.tree();
    let first = expression(&tree).or_else(|| statements(&tree).first().copied());
    first.map(kinds_like).unwrap_or_default()
}

fn parse(code: &PlacedText, key: &str) -> Result<Snippet, ConfigError> {
    Snippet::parse(&code.text).map_err(|why| code.error(format!("'{key}' is not Python: {why}")))
}

fn parse_import(code: &PlacedText) -> Result<Snippet, ConfigError> {
    let snippet = parse(code, "import")?;
    let tree = snippet.tree();
    let is_import = match &statements(&tree)[..] {
        [one] => match one.ast() {
            AnyNodeRef::StmtImport(_) => true,
            AnyNodeRef::StmtImportFrom(from) => {
                // An `import *` statement does not say which names it binds.
                from.names.iter().all(|alias| alias.name.as_str() != "*")
            }
            _ => false,
        },
        _ => false,
    };
    match is_import && snippet.placeholders().is_empty() {
        true => Ok(snippet),
        false => {
            let form = "one import statement of names, such as 'from app.ids import IdGenerator'";
            Err(code.error(format!("'import' must be {form}")))
        }
    }
}

/// Returns the dotted names of the modules that a statement imports, and of the names that later
/// code uses from them.
fn imported(import: &PlacedText, with: &PlacedText) -> BTreeSet<String> {
    // Only the code after the import shows which of its names are used.
    let both = format!("{}\n{}", import.text.trim(), with.text.trim());
    let Ok(both) = Snippet::parse(&both).or_else(|_| Snippet::parse(&import.text)) else {
        return BTreeSet::new();
    };
    let time = ImportTime::of(&both.tree());
    let runs = time.all();
    let names = runs.iter().flat_map(|runs| &runs.names).flat_map(|name| time.targets(name));
    let modules = runs.iter().flat_map(|runs| runs.modules.iter().cloned());
    modules.chain(names).collect()
}

/// Checks that it is clear what a rule matches.
fn check_find(find: &Snippet) -> Result<(), UncertainFind> {
    let tree = find.tree();
    let all = statements(&tree);
    if all.iter().any(|one| has_comment(*one)) {
        return Err(UncertainFind::Comment);
    }
    let is_ambiguous = |node: Node<'_>| {
        let text = match node.ast() {
            AnyNodeRef::StringLiteral(literal) => &*literal.value,
            AnyNodeRef::InterpolatedStringLiteralElement(literal) => &*literal.value,
            _ => return false,
        };
        // Each placeholder has a mark both before and after its name.
        text.matches(MARK).count() > 2
    };
    if all.iter().flat_map(|one| one.nodes()).any(is_ambiguous) {
        return Err(UncertainFind::Ambiguous);
    }
    match expression(&tree).is_some_and(|only| placeholder(only.source()).is_some()) {
        true => Err(UncertainFind::Everything),
        false => Ok(()),
    }
}

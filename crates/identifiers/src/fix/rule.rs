//! [`Codemod`]: a rule `[[lint.replace]]`, ready to be applied.

use idhooks_core::config::{ConfigError, Globs, PlacedText, ReplaceRule};

use super::snippet::{MARK, Snippet};

/// What a rule for a field may use in its replacement.
const FIELD_PLACEHOLDERS: [&str; 2] = ["thread", "value"];

/// What a rule looks for.
#[derive(Debug)]
pub(super) enum Target {
    /// This code.
    Code(Snippet),
    /// The texts that are written down for a field of this name.
    Field(String),
}

/// A rule whose code is parsed.
#[derive(Debug)]
pub(super) struct Codemod {
    pub(super) target: Target,
    pub(super) with: Snippet,
    /// The names that must be in scope, besides those that the replacement uses.
    pub(super) needs: Vec<String>,
    pub(super) import: Option<Snippet>,
    pub(super) path: Option<Globs>,
    /// Names that every file contains in which the rule finds something.
    pub(super) words: Vec<String>,
    /// The kinds of syntax that what it finds begins with; any if there are none.
    kinds: Vec<&'static str>,
}

impl Codemod {
    /// Parses the code of a rule.
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
                Target::Field(_) => "a field has $thread and $value".to_owned(),
            };
            return Err(rule.with.error(format!("'with' uses ${unknown}: {what}")));
        }
        let is_expression = match &target {
            Target::Code(find) => find.expression().is_some(),
            Target::Field(_) => true,
        };
        if is_expression && with.expression().is_none() {
            return Err(rule
                .with
                .error("'with' must be an expression, as what it replaces".into()));
        }
        let import = rule.import.as_ref().map(parse_import).transpose()?;
        let (needs, path) = (rule.needs.clone(), rule.path.clone());
        let kinds = match &target {
            Target::Code(find) => kinds_of(find),
            Target::Field(_) => Vec::new(),
        };
        Ok(Codemod { target, with, needs, import, path, words, kinds })
    }

    /// Returns whether the rule may find something in a text, by the names in it.
    pub(super) fn may_find(&self, bytes: &[u8]) -> bool {
        let has = |word: &String| memchr::memmem::find(bytes, word.as_bytes()).is_some();
        self.words.iter().all(has)
    }

    /// Returns whether what it finds may begin with this kind of syntax.
    pub(super) fn may_begin(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

/// Returns the kinds of syntax that what is found begins with.
fn kinds_of(find: &Snippet) -> Vec<&'static str> {
    let Some(expression) = find.expression() else {
        return find.statements().first().map(|first| first.kind()).into_iter().collect();
    };
    match expression.bare().kind() {
        "string" | "concatenated_string" => vec!["string", "concatenated_string"],
        "identifier" | "attribute" => vec!["identifier", "attribute"],
        kind => vec![kind],
    }
}

fn parse(code: &PlacedText, key: &str) -> Result<Snippet, ConfigError> {
    Snippet::parse(&code.text).map_err(|why| code.error(format!("'{key}' is not Python: {why}")))
}

fn parse_import(code: &PlacedText) -> Result<Snippet, ConfigError> {
    let snippet = parse(code, "import")?;
    let statements = snippet.statements();
    let is_import = match &statements[..] {
        [one] => matches!(one.kind(), "import_statement" | "import_from_statement"),
        _ => false,
    };
    let is_star = statements.iter().any(|one| one.source().contains('*'));
    match is_import && !is_star && snippet.placeholders().is_empty() {
        true => Ok(snippet),
        false => {
            let form = "one import statement of names, such as 'from app.ids import IdGenerator'";
            Err(code.error(format!("'import' must be {form}")))
        }
    }
}

/// Checks that what a rule finds is certain.
fn check_find(find: &Snippet) -> Result<(), String> {
    if find.statements().iter().any(|one| one.has_comment()) {
        return Err("a comment is never found".to_owned());
    }
    let mut problem = None;
    for statement in find.statements() {
        statement.walk(&mut |piece| {
            let marks = piece.source().matches(MARK).count();
            if piece.kind() == "string_content" && marks > 2 {
                problem = Some("two placeholders in one part of a string are ambiguous".to_owned());
            }
        });
    }
    let only = find.expression().map(|one| one.source().trim());
    if only.is_some_and(|only| super::snippet::placeholder(only).is_some()) {
        problem = Some("a placeholder alone finds everything".to_owned());
    }
    problem.map_or(Ok(()), Err)
}

//! [`FileFix`]: applies rules to one file, round by round, until none finds anything.

use std::collections::BTreeSet;
use std::ops::Range;

use idhooks_core::check::Code;

use super::code_piece::{CodePiece, Parents};
use super::edits::{TextEdit, add_edits, statement_edits};
use super::fix_place::FixPlace;
use super::import_place::{ImportSection, add_import, is_docstring};
use super::matching::{Bound, Matcher};
use super::needs;
use super::rule::{Codemod, Target};
use super::snippet::Snippet;
use super::unused::remove_unused;
use crate::lint::{self, allowed_lines};
use crate::python::PythonFile;

/// The codes of which an accepted finding is not replaced.
const CODES: [Code; 3] = [Code::RawUuid, Code::IdFstring, Code::HardcodedId];
/// How often the rules are applied to what they have written.
const MOST_ROUNDS: usize = 10;

/// What the rules need to know besides the text.
#[derive(Clone, Copy)]
pub struct FixContext<'c> {
    /// Returns whether a text that is written down for a field should be replaced: by the name of the
    /// field, and the text.
    pub is_hardcoded: &'c dyn Fn(&str, &str) -> bool,
    /// Returns the section of imports that a module belongs to, by the first part of its name.
    pub section: &'c dyn Fn(&str) -> ImportSection,
}

/// What the rules did to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedFile {
    /// The new content.
    pub bytes: Vec<u8>,
    /// What was found, in the order of the text.
    pub places: Vec<FixPlace>,
}

/// The rules for a file.
pub(super) struct FileFix<'c> {
    pub(super) rules: Vec<&'c Codemod>,
    pub(super) context: FixContext<'c>,
}

/// What one round changes.
#[derive(Default)]
struct FixRound<'c> {
    edits: Vec<TextEdit>,
    places: Vec<FixPlace>,
    imports: Vec<&'c Snippet>,
    /// The imported names that the code which goes away uses.
    dropped: BTreeSet<String>,
    /// The ranges that a rule has found.
    claimed: Vec<Range<usize>>,
}

/// What a rule found, and what it changes.
struct Match<'t> {
    code: Vec<CodePiece<'t>>,
    edits: Result<(Vec<TextEdit>, bool), String>,
}

impl FileFix<'_> {
    /// Applies the rules.
    ///
    /// # Errors
    /// Returns the problem if the text does not parse, or would not after the changes.
    pub(super) fn run(&self, bytes: &[u8]) -> Result<FixedFile, String> {
        let mut text = EditedText { bytes: bytes.to_vec(), expected: None };
        let mut places: Vec<FixPlace> = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let file = text.parse()?;
            // Most rules remove the names by which they find something.
            let may_find = self.rules.iter().any(|rule| rule.may_find(&text.bytes));
            let round = if may_find { self.round(&file) } else { FixRound::default() };
            // Lines are those of the original text, except where a replacement was changed again.
            let is_known = |place: &FixPlace| {
                places.iter().any(|known| known.found == place.found && known.outcome.is_err())
            };
            let new =
                round.places.into_iter().filter(|place| place.outcome.is_ok() || !is_known(place));
            let new: Vec<FixPlace> = new.collect();
            places.extend(new);
            if round.edits.is_empty() {
                places.sort_by_key(|place| place.line);
                return Ok(FixedFile { bytes: text.bytes, places });
            }
            let mut next = text.edit(&file, round.edits)?;
            for import in round.imports {
                let file = next.parse()?;
                let root = CodePiece { text: file.text(), node: file.root(), parents: None };
                let Some(import) = import.statements().first().copied() else { continue };
                let edit = add_import(root, import, self.context.section);
                next = next.edit(&file, vec![edit])?;
            }
            let file = next.parse()?;
            let names: Vec<String> = round.dropped.into_iter().collect();
            let edits = remove_unused(&file, &names);
            // What it becomes is parsed, and so checked, by the next round.
            text = next.edit(&file, edits)?;
        }
        Err(format!("the rules still change it after {MOST_ROUNDS} rounds"))
    }

    fn round(&self, file: &PythonFile<'_>) -> FixRound<'_> {
        let mut parents = Parents::new();
        file.walk(&mut |path| {
            if let [.., parent, node] = path {
                parents.insert(node.id(), *parent);
            }
        });
        let matcher = Matcher::new(file.imports());
        let mut round = FixRound::default();
        let Some(lines) = allowed_lines(file, &CODES) else { return round };
        let text = file.text();
        file.walk(&mut |path| {
            let Some(node) = path.last().filter(|node| node.is_named()) else { return };
            let range = node.byte_range();
            let is_inside = round
                .claimed
                .last()
                .is_some_and(|last| last.start <= range.start && range.end <= last.end);
            if is_inside || range.is_empty() {
                return;
            }
            let piece = CodePiece { text, node: *node, parents: Some(&parents) };
            for rule in self.rules.iter().filter(|rule| rule.may_begin(node.kind())) {
                let Some(found) = self.found(rule, (file, &matcher), piece) else { continue };
                let (Some(first), Some(last)) = (found.code.first(), found.code.last()) else {
                    continue;
                };
                let rows = first.node.start_position().row + 1..=last.node.end_position().row + 1;
                if lines.range(rows).next().is_none() {
                    round.add(rule, &matcher, found);
                } else {
                    round.claimed.push(first.range().start..last.range().end);
                }
                break;
            }
        });
        round
    }

    /// Returns what a rule finds at a piece of code.
    fn found<'t>(
        &self,
        rule: &Codemod,
        (file, matcher): (&PythonFile<'_>, &Matcher<'t>),
        piece: CodePiece<'t>,
    ) -> Option<Match<'t>> {
        let (code, bound) = match &rule.target {
            Target::Code(find) => find_code(find, matcher, piece)?,
            Target::Field(field) => self.find_field(field, file, piece)?,
        };
        let with = rule.with.statements();
        let edits = needs::check(rule, matcher, &code).and_then(|is_missing| {
            let edits = match (&rule.target, rule.with.expression()) {
                (Target::Code(find), _) => match (find.expression(), rule.with.expression()) {
                    (Some(find), Some(with)) => one_edit(find, with, &code, &bound),
                    _ => statement_edits(&find.statements(), &with, &code, &bound),
                },
                (Target::Field(_), Some(with)) => one_edit(piece, with, &code, &bound),
                _ => Ok(Vec::new()),
            };
            edits.map(|edits| (edits, is_missing))
        });
        Some(Match { code, edits })
    }

    /// Finds a text that is written down for a field.
    fn find_field<'t>(
        &self,
        field: &str,
        file: &PythonFile<'_>,
        piece: CodePiece<'t>,
    ) -> Option<(Vec<CodePiece<'t>>, Bound<'t>)> {
        let (name, value, _) = lint::field(file, piece.node)?;
        let value = piece.at(value);
        let id = file.string_value(value.node)?;
        if name != field || !(self.context.is_hardcoded)(&name, &id) {
            return None;
        }
        let line = piece.text.lines().nth(piece.node.start_position().row).unwrap_or_default();
        let mut bound = Bound::default();
        let value_text = id.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        bound.texts.insert("thread".to_owned(), thread_of(&id, line));
        bound.texts.insert("value".to_owned(), value_text);
        Some((vec![value], bound))
    }
}

fn one_edit<'t>(
    find: CodePiece<'_>,
    with: CodePiece<'_>,
    code: &[CodePiece<'t>],
    bound: &Bound<'t>,
) -> Result<Vec<TextEdit>, String> {
    let mut edits = Vec::new();
    for code in code {
        add_edits(find, with, *code, bound, &mut edits)?;
    }
    Ok(edits)
}

/// Finds the code of a rule at a piece: an expression, or the first of several statements.
fn find_code<'t>(
    find: &Snippet,
    matcher: &Matcher<'t>,
    piece: CodePiece<'t>,
) -> Option<(Vec<CodePiece<'t>>, Bound<'t>)> {
    let mut bound = Bound::default();
    if let Some(expression) = find.expression() {
        // The parent of a node has to be searched for: what is cheap comes first.
        let is_it = !matches!(piece.kind(), "parenthesized_expression" | "expression_statement")
            && matcher.is_match(expression, piece, &mut bound)
            && is_evaluated(piece, find.is_name());
        return is_it.then(|| (vec![piece], bound));
    }
    let statements = find.statements();
    let first = statements.first()?;
    if first.kind() != piece.kind() || !matcher.is_match(*first, piece, &mut bound) {
        return None;
    }
    let block = piece.parent().filter(|parent| matches!(parent.kind(), "block" | "module"))?;
    let after = block.named().into_iter().skip_while(|one| one.node != piece.node);
    let code: Vec<_> = after.take(statements.len()).collect();
    let mut others = statements.iter().zip(&code).skip(1);
    let is_it = code.len() == statements.len()
        && others.all(|(find, code)| matcher.is_match(*find, *code, &mut bound));
    is_it.then_some((code, bound))
}

/// Returns whether a piece is an expression whose value is used, and that can be replaced.
fn is_evaluated(piece: CodePiece<'_>, is_name: bool) -> bool {
    let Some(parent) = piece.parent() else { return false };
    if is_docstring(parent) || parent.kind() == "concatenated_string" {
        return false;
    }
    // A name alone is found where it is used without a call.
    !is_name
        || !(piece.outer().any(|(outer, _)| outer.kind().contains("import"))
            || ["function", "attribute", "name", "left", "alias"]
                .iter()
                .any(|field| piece.is_field_of(parent, field))
            || parent.kind().ends_with("parameters")
            || parent.kind().ends_with("pattern")
            || matches!(parent.kind(), "pattern_list" | "as_pattern_target" | "delete_statement"))
}

impl<'c> FixRound<'c> {
    fn add(&mut self, rule: &'c Codemod, matcher: &Matcher<'_>, found: Match<'_>) {
        let (Some(first), Some(last)) = (found.code.first(), found.code.last()) else { return };
        let range = first.range().start..last.range().end;
        let text = first.text.get(range.clone()).unwrap_or_default();
        let mut added = None;
        let outcome = found.edits.map(|(edits, is_missing)| {
            for one in &found.code {
                one.walk(&mut |piece| {
                    let is_gone =
                        || edits.iter().any(|edit| edit.range.contains(&piece.range().start));
                    if piece.kind() == "identifier"
                        && matcher.imports().may_bind(piece.source())
                        && is_gone()
                    {
                        self.dropped.insert(piece.source().to_owned());
                    }
                });
            }
            let import = rule.import.as_ref().filter(|_| is_missing);
            let statement = import.and_then(|import| import.statements().first().copied());
            added = statement.map(|statement| statement.source().to_owned());
            if let Some(import) = import
                && !self.imports.iter().any(|known| known.is_same(import))
            {
                self.imports.push(import);
            }
            let after = edited(text, range.start, &edits);
            self.edits.extend(edits);
            after
        });
        let line = first.node.start_position().row + 1;
        let before = first.text.get(..range.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[line_start..].chars().count() + 1;
        let found = text.to_owned();
        self.places.push(FixPlace { line, column, found, outcome, import: added });
        self.claimed.push(range);
    }
}

/// Returns a part of a text, which begins at `start`, with changes.
fn edited(text: &str, start: usize, edits: &[TextEdit]) -> String {
    let (mut out, mut at) = (String::new(), start);
    for edit in edits {
        out.push_str(text.get(at - start..edit.range.start - start).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.range.end;
    }
    out.push_str(text.get(at - start..).unwrap_or_default());
    out
}

/// The content of a file after some changes.
struct EditedText {
    bytes: Vec<u8>,
    /// The text that it must be after the last change, if there was one.
    expected: Option<String>,
}

impl EditedText {
    /// Parses it, and checks the last change.
    ///
    /// # Errors
    /// Returns the problem if it does not parse, or is not what it should be.
    fn parse(&self) -> Result<PythonFile<'_>, String> {
        let file = PythonFile::parse(&self.bytes);
        let Some(expected) = &self.expected else { return file };
        let file = file
            .map_err(|problem| format!("after the changes, Python would refuse it: {problem}"))?;
        match file.text() == expected {
            true => Ok(file),
            false => Err("the changes cannot be written in the encoding of the file".to_owned()),
        }
    }

    /// Applies changes to the bytes, of which `file` is what was parsed; every other byte stays.
    ///
    /// # Errors
    /// Returns the problem if changes overlap.
    fn edit(&self, file: &PythonFile<'_>, mut edits: Vec<TextEdit>) -> Result<Self, String> {
        let bytes = &self.bytes;
        edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let newline = match bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(at) if bytes[at..].starts_with(b"\r\n") => "\r\n",
            Some(at) if bytes[at] == b'\r' => "\r",
            _ => "\n",
        };
        let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
        for edit in &edits {
            let range = file.in_bytes(edit.range.clone());
            out.extend_from_slice(bytes.get(at..range.start).ok_or("changes overlap")?);
            out.extend_from_slice(edit.text.replace('\n', newline).as_bytes());
            at = range.end;
        }
        out.extend_from_slice(bytes.get(at..).ok_or("changes overlap")?);
        Ok(EditedText { bytes: out, expected: Some(edited(file.text(), 0, &edits)) })
    }
}

/// Returns whether a rule finds something in what a rule writes.
pub(super) fn is_found_in(rules: &[Codemod], with: &Snippet) -> bool {
    let matcher = Matcher::literal();
    let mut is_found = false;
    for statement in with.statements() {
        statement.walk(&mut |piece| {
            let finds = |rule: &Codemod| match &rule.target {
                Target::Code(find) => find_code(find, &matcher, piece).is_some(),
                Target::Field(_) => false,
            };
            is_found |= piece.node.is_named() && rules.iter().any(finds);
        });
    }
    is_found
}

/// Returns the thread that a written identifier probably belongs to, by a word in it or on its line.
fn thread_of(id: &str, line: &str) -> String {
    let words = [
        ("test-run", "test_thread"),
        ("test_run", "test_thread"),
        ("integration", "integration_test"),
        ("e2e", "e2e_test"),
        ("websocket", "websocket_test"),
        ("agent", "agent_test"),
    ];
    let lower = [id.to_lowercase(), line.to_lowercase()];
    let known = lower.iter().find_map(|text| words.iter().find(|(word, _)| text.contains(word)));
    if let Some((_, thread)) = known {
        return (*thread).to_owned();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let clean: String = id.chars().map(plain).collect();
    match clean.trim_matches('_') {
        "" => "migrated_test".to_owned(),
        clean => clean.to_owned(),
    }
}

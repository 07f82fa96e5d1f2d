//! [`FileFix`]: applies rules to one file, round by round, until none finds anything.

use std::collections::BTreeSet;
use std::ops::Range;

use idhooks_core::check::Code;
use idhooks_python::{Imports, Node, PythonFile, Scopes, Tree, modules_of, string_value};
use ruff_python_ast::AnyNodeRef;

use super::edited_text::{EditedText, edited};
use super::edits::{TextEdit, add_edits, statement_edits};
use super::fix_place::FixPlace;
use super::import_place::{ImportSection, import_place};
use super::matching::{Bound, FileNames, Matcher};
use super::needs;
use super::prepared::{PreparedRule, RuleTrees};
use super::rule::{Codemod, Target};
use super::snippet::{Snippet, expression, statements};
use super::unused::remove_unused;
use crate::lint::{self, allowed_lines};

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
    /// Returns whether a module, with the dots of a relative import, imports the file itself when it is
    /// imported, directly or not.
    pub is_circular: &'c dyn Fn(&str) -> bool,
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
struct FixRound {
    edits: Vec<TextEdit>,
    places: Vec<FixPlace>,
    /// The numbers of the rules whose imports are added.
    imports: BTreeSet<usize>,
    /// The imported names that the code which goes away uses.
    dropped: BTreeSet<String>,
    /// The ranges that a rule has found.
    claimed: Vec<Range<usize>>,
}

/// What a rule found, and what it changes.
struct Match<'t> {
    code: Vec<Node<'t>>,
    /// The changes, and whether the import of the rule has to be added.
    edits: Result<(Vec<TextEdit>, bool), String>,
}

/// What is known of a file while rules are applied.
struct Scene<'s, 't> {
    tree: &'t Tree<'t>,
    names: &'s FileNames<'t>,
    /// Whether the file changes where Python looks for modules.
    changes_path: bool,
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
            // Most rules remove the names by which they find something.
            let may_find = self.rules.iter().any(|rule| rule.may_find(&text.bytes));
            let (found, next) = text.parse()?.on_stack(|file| {
                let round = if may_find { self.round(file) } else { FixRound::default() };
                let next = match round.edits.is_empty() {
                    true => None,
                    false => Some(text.edit(file, round.edits.clone())?),
                };
                Ok::<_, String>((round, next))
            })?;
            // Lines are those of the original text, except where a replacement was changed again.
            let is_known = |place: &FixPlace| {
                places.iter().any(|known| known.found == place.found && known.outcome.is_err())
            };
            let new =
                found.places.into_iter().filter(|place| place.outcome.is_ok() || !is_known(place));
            let new: Vec<FixPlace> = new.collect();
            places.extend(new);
            let Some(mut next) = next else {
                places.sort_by_key(|place| place.line);
                return Ok(FixedFile { bytes: text.bytes, places });
            };
            let names: Vec<String> = found.dropped.into_iter().collect();
            let mut imports: Vec<&Snippet> = Vec::new();
            for import in found.imports.iter().filter_map(|at| self.rules[*at].import.as_ref()) {
                if !imports.iter().any(|known| known.is_same(import)) {
                    imports.push(import);
                }
            }
            while imports.len() > 1 {
                let first: Vec<&Snippet> = imports.drain(..1).collect();
                next = next.parse()?.on_stack(|file| self.tidy(&next, file, (&first, &[])))?.0;
            }
            let (tidied, is_whole) =
                next.parse()?.on_stack(|file| self.tidy(&next, file, (&imports, &names)))?;
            // What it becomes is parsed, and so checked, by the next round.
            text = match is_whole {
                true => tidied,
                false => {
                    tidied.parse()?.on_stack(|file| self.tidy(&tidied, file, (&[], &names)))?.0
                }
            };
        }
        Err(format!("the rules still change it after {MOST_ROUNDS} rounds"))
    }

    /// Adds imports, and removes those of names that nothing uses any more: unless one is to be added
    /// beside one that goes, which then has to be done afterwards, as the second value says.
    fn tidy(
        &self,
        text: &EditedText,
        file: &PythonFile<'_>,
        (imports, names): (&[&Snippet], &[String]),
    ) -> Result<(EditedText, bool), String> {
        let tree = Tree::of(file);
        let mut edits = Vec::new();
        for import in imports {
            let changes_path = needs::changes_path(&Imports::of(&tree), tree.root());
            let added = import.tree();
            let statement = statements(&added).first().copied().ok_or("there is no import")?;
            let place = import_place(tree.root(), statement, self.context.section, changes_path)?;
            edits.push(place.edit);
        }
        let unused = match names.is_empty() {
            true => Vec::new(),
            false => remove_unused(tree.root(), &names_of(&tree), names),
        };
        let meets = |added: &TextEdit| {
            let at = added.range.start;
            unused.iter().any(|gone| gone.range.start <= at && at <= gone.range.end)
        };
        let is_whole = !edits.iter().any(meets);
        if is_whole {
            edits.extend(unused);
        }
        Ok((text.edit(file, edits)?, is_whole))
    }

    fn round(&self, file: &PythonFile<'_>) -> FixRound {
        let tree = Tree::of(file);
        let names = names_of(&tree);
        let changes_path = needs::changes_path(&names.imports, tree.root());
        let scene = Scene { tree: &tree, names: &names, changes_path };
        let trees: Vec<_> = self.rules.iter().map(|rule| RuleTrees::of(rule)).collect();
        let rules: Vec<_> =
            trees.iter().enumerate().map(|(at, one)| PreparedRule::of(at, one)).collect();
        let mut round = FixRound::default();
        let Some(lines) = allowed_lines(file, &CODES) else { return round };
        for node in tree.nodes() {
            let range = node.range();
            let is_inside = round
                .claimed
                .last()
                .is_some_and(|last| last.start <= range.start && range.end <= last.end);
            if is_inside || range.is_empty() {
                continue;
            }
            let kind = node.ast().kind();
            for rule in rules.iter().filter(|rule| rule.rule.may_begin(kind)) {
                let Some(found) = self.found(rule, &scene, node) else { continue };
                let (Some(first), Some(last)) = (found.code.first(), found.code.last()) else {
                    continue;
                };
                if lines.range(first.line()..=last.end_line()).next().is_none() {
                    round.add(rule, &names, found);
                } else {
                    round.claimed.push(first.range().start..last.range().end);
                }
                break;
            }
        }
        round
    }

    /// Returns what a rule finds at a node.
    fn found<'t>(
        &self,
        rule: &PreparedRule<'_>,
        scene: &Scene<'_, 't>,
        node: Node<'t>,
    ) -> Option<Match<'t>> {
        let (code, bound) = match &rule.rule.target {
            Target::Code(_) => rule.find_code(Matcher { names: Some(scene.names) }, node)?,
            Target::Field(field) => self.find_field(field, node)?,
        };
        let edits = match bound.doubt.clone() {
            Some(doubt) => Err(doubt),
            None => self.changes(rule, scene, &code, &bound),
        };
        Some(Match { code, edits })
    }

    /// Returns the changes to code that a rule has found, and whether its import has to be added.
    fn changes<'t>(
        &self,
        rule: &PreparedRule<'_>,
        scene: &Scene<'_, 't>,
        code: &[Node<'t>],
        bound: &Bound<'t>,
    ) -> Result<(Vec<TextEdit>, bool), String> {
        let is_missing = needs::check(rule, scene.names, code)?;
        if is_missing && let Some(import) = rule.import {
            self.check_import(scene, import, code)?;
        }
        let mut edits = Vec::new();
        match expression(rule.with)
            .filter(|_| rule.find_expression.is_some() || rule.find.is_empty())
        {
            Some(with) => {
                for code in code {
                    let find = rule.find_expression.unwrap_or(*code);
                    add_edits(find, with, *code, bound, &mut edits)?;
                }
            }
            None => edits = statement_edits(&rule.find, &statements(rule.with), code, bound)?,
        }
        needs::check_left(scene.tree, scene.names, code, &edits)?;
        Ok((edits, is_missing))
    }

    /// Checks that the import of a rule can be added, and is executed before some code.
    fn check_import(
        &self,
        scene: &Scene<'_, '_>,
        import: &Tree<'_>,
        code: &[Node<'_>],
    ) -> Result<(), String> {
        let (Some(statement), Some(first)) = (statements(import).first().copied(), code.first())
        else {
            return Ok(());
        };
        let modules = modules_of(statement);
        if let Some(module) = modules.iter().find(|module| (self.context.is_circular)(module)) {
            return Err(format!("'{module}' imports this file, so that neither could be imported"));
        }
        let root = scene.tree.root();
        let place = import_place(root, statement, self.context.section, scene.changes_path)?;
        match scene.names.scopes.runs_after(&first.range(), place.before) {
            true => Ok(()),
            false => Err("it may be executed before the import that it needs".to_owned()),
        }
    }

    /// Finds a text that is written down for a field.
    fn find_field<'t>(&self, field: &str, node: Node<'t>) -> Option<(Vec<Node<'t>>, Bound<'t>)> {
        let id = string_value(node.ast())?;
        let (name, _) = lint::field(node)?;
        if name != field || !(self.context.is_hardcoded)(name, id) {
            return None;
        }
        let file = node.file();
        let line = file.text_of(file.line_range(node.range().start));
        let mut bound = Bound::default();
        let value_text = id.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        bound.texts.insert("thread".to_owned(), thread_of(id, line));
        bound.texts.insert("value".to_owned(), value_text);
        Some((vec![node], bound))
    }
}

fn names_of<'t>(tree: &'t Tree<'t>) -> FileNames<'t> {
    FileNames { imports: Imports::of(tree), scopes: Scopes::of(tree.file()) }
}

impl FixRound {
    fn add(&mut self, rule: &PreparedRule<'_>, names: &FileNames<'_>, found: Match<'_>) {
        let (Some(first), Some(last)) = (found.code.first(), found.code.last()) else { return };
        let range = first.range().start..last.range().end;
        let file = first.file();
        let text = file.text_of(range.clone());
        let mut added = None;
        let outcome = found.edits.map(|(edits, is_missing)| {
            for node in found.code.iter().flat_map(|one| one.nodes()) {
                let AnyNodeRef::ExprName(name) = node.ast() else { continue };
                let at = node.range().start;
                let is_gone = edits.iter().any(|edit| edit.range.contains(&at));
                if is_gone && names.imports.may_bind(name.id.as_str()) {
                    self.dropped.insert(name.id.to_string());
                }
            }
            let tree = rule.import.filter(|_| is_missing);
            let statement = tree.and_then(|tree| statements(tree).first().copied());
            added = statement.map(|statement| statement.source().to_owned());
            if is_missing {
                self.imports.insert(rule.at);
            }
            let after = edited(text, range.start, &edits);
            self.edits.extend(edits);
            after
        });
        let (line, column) = (file.line(range.start), file.column(range.start));
        let found = text.to_owned();
        self.places.push(FixPlace { line, column, found, outcome, import: added });
        self.claimed.push(range);
    }
}

/// Returns whether a rule finds something in what a rule writes.
pub(super) fn is_found_in(rules: &[Codemod], with: &Snippet) -> bool {
    let tree = with.tree();
    let trees: Vec<_> = rules.iter().map(RuleTrees::of).collect();
    let rules: Vec<_> =
        trees.iter().enumerate().map(|(at, one)| PreparedRule::of(at, one)).collect();
    let written = statements(&tree).into_iter().flat_map(Node::nodes);
    let finds = |node: Node<'_>| {
        rules.iter().any(|rule| rule.find_code(Matcher { names: None }, node).is_some())
    };
    written.into_iter().any(finds)
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

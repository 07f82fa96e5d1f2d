//! [`FileFix`]: applies rules to one file in rounds until no rule matches.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use idhooks_core::check::Code;
use idhooks_python::{Node, SyntaxTree, leading_name};
use ruff_python_ast::AnyNodeRef;

use super::code_matching::{Bound, Matcher};
use super::codemod::{Codemod, Target};
use super::edited_text::{EditedText, edited};
use super::edits::{TextEdit, add_edits, statement_edits};
use super::field::find_field;
use super::file_names::FileNames;
use super::fix_error::FixError;
use super::fix_place::FixPlace;
use super::import_fault::ImportFault;
use super::import_place::{ImportPlace, ImportSection, import_place};
use super::name_availability;
use super::prepared_rule::{PreparedRule, RuleTrees};
use super::refusal::FixRefusal;
use super::snippet::{Snippet, expression, statements};
use super::unused_imports::remove_unused;
use crate::lint::allowed_lines;

/// A match is left alone if a comment on one of its lines allows one of these codes.
const CODES: [Code; 3] = [Code::RawUuid, Code::IdFstring, Code::HardcodedId];
/// The maximum number of rounds: two rules may keep undoing each other's changes.
const MOST_ROUNDS: usize = 10;

/// The context that the rules need in addition to the file's text.
#[derive(Clone, Copy)]
pub struct FixContext<'c> {
    /// Returns whether a string for the named field should be replaced.
    pub is_hardcoded: &'c dyn Fn(&str, &str) -> bool,
    /// Returns the import section that a module belongs to, given the first part of its name.
    pub section: &'c dyn Fn(&str) -> ImportSection,
    /// Returns the reason that importing a module (with any leading dots) in the file would fail.
    pub import_fault: &'c dyn Fn(&str) -> Option<ImportFault>,
    /// Returns whether another file may use a name that the file imports.
    pub is_used_outside: &'c dyn Fn(&str) -> bool,
}

/// The result of applying the rules to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedFile {
    /// The new content.
    pub bytes: Vec<u8>,
    /// The places where rules matched, in source order.
    pub places: Vec<FixPlace>,
}

/// The rules that apply to a file.
pub(super) struct FileFix<'c> {
    pub(super) rules: Vec<&'c Codemod>,
    pub(super) context: FixContext<'c>,
}

/// The changes to be made in one round.
#[derive(Default)]
struct FixRound {
    edits: Vec<TextEdit>,
    /// The places where rules matched, with their positions in the text.
    places: Vec<(usize, FixPlace)>,
    /// The indices of the rules whose imports are added.
    imports: BTreeSet<usize>,
    /// The names bound by these imports, and what they refer to.
    bound: BTreeMap<String, String>,
    /// The imported names used by the code being removed.
    dropped: BTreeSet<String>,
    /// The ranges matched by rules.
    claimed: Vec<Range<usize>>,
}

/// A rule's match, and its changes.
struct Match<'t> {
    code: Vec<Node<'t>>,
    /// The changes, and whether the rule's import has to be added.
    edits: Result<(Vec<TextEdit>, bool), FixRefusal>,
}

/// The import changes still required after a round of replacements.
#[derive(Default)]
struct OpenImports<'c> {
    added: Vec<&'c Snippet>,
    /// The imported names used by the code that was removed.
    dropped: Vec<String>,
}

/// The intermediate result while rules are being applied to a file.
#[derive(Default)]
struct FixProgress<'c> {
    /// The places where rules matched, keyed by their positions in the original text.
    places: BTreeMap<usize, FixPlace>,
    imports: OpenImports<'c>,
    /// The number of rounds in which rules made changes.
    rounds: usize,
}

impl<'c> FileFix<'c> {
    /// Applies the rules to a file, given its bytes and syntax tree.
    ///
    /// # Errors
    /// Returns an error if the text would not parse after the changes.
    pub(super) fn run(&self, bytes: &[u8], tree: &SyntaxTree<'_>) -> Result<FixedFile, FixError> {
        let mut progress = FixProgress::default();
        let mut text = EditedText::unchanged(bytes);
        let mut next = self.step(&text, tree, &mut progress)?;
        while let Some(changed) = next {
            text = changed;
            // Parsing the result also checks it.
            next = text.parse()?.on_stack(|file| match self.is_settled(&text, &progress) {
                true => Ok(None),
                false => self.step(&text, &SyntaxTree::of(file), &mut progress),
            })?;
        }
        let places = progress.places.into_iter().map(|(at, place)| {
            let (line, column) = (tree.file().line(at), tree.file().column(at));
            FixPlace { line, column, ..place }
        });
        Ok(FixedFile { bytes: text.bytes, places: places.collect() })
    }

    /// Makes all changes that can be made in one pass; returns `None` if there are none left.
    fn step(
        &self,
        text: &EditedText,
        tree: &SyntaxTree<'_>,
        progress: &mut FixProgress<'c>,
    ) -> Result<Option<EditedText>, FixError> {
        let names = FileNames::of(tree);
        let mut edits = self.tidy(&names, &mut progress.imports, &[])?;
        // All imports are added before the next round, which depends on the names they bind.
        if edits.is_empty() && self.may_find(text) {
            let mut round = self.round(&names);
            let code = std::mem::take(&mut round.edits);
            progress.imports = self.open_imports(&round);
            edits = self.tidy(&names, &mut progress.imports, &code)?;
            edits.extend(code);
            progress.add(text, round.places);
            progress.rounds += usize::from(!edits.is_empty());
        }
        if progress.rounds > MOST_ROUNDS {
            return Err(FixError::Endless { rounds: MOST_ROUNDS });
        }
        if edits.is_empty() {
            return Ok(None);
        }
        text.edit(tree.file(), edits).map(Some)
    }

    /// Returns whether nothing is left to change, since most rules remove the names they match.
    fn is_settled(&self, text: &EditedText, progress: &FixProgress<'_>) -> bool {
        let OpenImports { added, dropped } = &progress.imports;
        added.is_empty() && dropped.is_empty() && !self.may_find(text)
    }

    fn may_find(&self, text: &EditedText) -> bool {
        self.rules.iter().any(|rule| rule.may_find(&text.bytes))
    }

    /// Returns the import changes that a round requires.
    fn open_imports(&self, round: &FixRound) -> OpenImports<'c> {
        let mut added: Vec<&Snippet> = Vec::new();
        for import in round.imports.iter().filter_map(|at| self.rules[*at].import.as_ref()) {
            if !added.iter().any(|known| known.is_same(import)) {
                added.push(import);
            }
        }
        OpenImports { added, dropped: round.dropped.iter().cloned().collect() }
    }

    /// Adds one import or, if none is left, removes unused ones. The next step does the rest.
    fn tidy(
        &self,
        names: &FileNames<'_>,
        open: &mut OpenImports<'c>,
        code: &[TextEdit],
    ) -> Result<Vec<TextEdit>, FixError> {
        let mut edits = Vec::new();
        if !open.added.is_empty() {
            // Imports are added one at a time, because each affects the position of the next.
            let added = open.added.remove(0).tree();
            let statement = statements(&added).first().copied().ok_or(FixError::NoImport)?;
            edits.push(self.place(names, statement)?.edit);
        }
        if !open.added.is_empty() || open.dropped.is_empty() {
            return Ok(edits);
        }
        // Only the text with the replacements shows whether these names are still used.
        let is_written = |name: &String| code.iter().any(|edit| edit.text.contains(&**name));
        let dropped = std::mem::take(&mut open.dropped);
        let (later, now): (Vec<String>, Vec<String>) = dropped.into_iter().partition(is_written);
        let unused = remove_unused(names, &now, code, self.context.is_used_outside);
        let meets = |added: &TextEdit| {
            let at = added.range.start;
            unused.iter().any(|gone| gone.range.start <= at && at <= gone.range.end)
        };
        open.dropped = later;
        match edits.iter().chain(code).any(meets) {
            true => open.dropped.extend(now),
            false => edits.extend(unused),
        }
        Ok(edits)
    }

    /// Returns the place at which to add an import.
    fn place(&self, names: &FileNames<'_>, import: Node<'_>) -> Result<ImportPlace, FixRefusal> {
        import_place(names.tree.root(), import, self.context.section, names.changes_path())
    }

    fn round(&self, names: &FileNames<'_>) -> FixRound {
        let trees: Vec<_> = self.rules.iter().map(|rule| RuleTrees::of(rule)).collect();
        let rules: Vec<_> =
            trees.iter().enumerate().map(|(at, one)| PreparedRule::of(at, one)).collect();
        let mut round = FixRound::default();
        let Some(lines) = allowed_lines(names.tree.file(), &CODES) else { return round };
        for node in names.tree.nodes() {
            let kind = node.ast().kind();
            let mut rules = rules.iter().filter(|rule| rule.rule.may_begin(kind)).peekable();
            if rules.peek().is_none() || round.has_claimed(&node.range()) {
                continue;
            }
            let name = leading_name(node.ast());
            let is_imported = name.is_some_and(|name| names.imports.may_bind(name));
            for rule in rules.filter(|rule| rule.may_be(name, is_imported)) {
                let Some(found) = self.found(rule, names, node) else { continue };
                let (Some(first), Some(last)) = (found.code.first(), found.code.last()) else {
                    continue;
                };
                if lines.range(first.line()..=last.end_line()).next().is_none() {
                    round.add(rule, names, found);
                } else {
                    // This code is claimed as well, so that no other rule replaces part of it.
                    round.claimed.push(first.range().start..last.range().end);
                }
                break;
            }
        }
        round
    }

    /// Returns a rule's match at a node.
    fn found<'t>(
        &self,
        rule: &PreparedRule<'_>,
        names: &FileNames<'t>,
        node: Node<'t>,
    ) -> Option<Match<'t>> {
        let (code, bound) = match &rule.rule.target {
            Target::Code(_) => rule.find_code(Matcher { names: Some(names) }, node)?,
            Target::Field(field) => find_field(field, node, self.context.is_hardcoded)?,
        };
        let edits = match bound.doubt.clone() {
            Some(doubt) => Err(doubt),
            None => self.changes(rule, names, &code, &bound),
        };
        Some(Match { code, edits })
    }

    /// Returns the changes to code that a rule has matched, and whether its import has to be added.
    fn changes<'t>(
        &self,
        rule: &PreparedRule<'_>,
        names: &FileNames<'t>,
        code: &[Node<'t>],
        bound: &Bound<'t>,
    ) -> Result<(Vec<TextEdit>, bool), FixRefusal> {
        if code.iter().copied().any(is_shown) {
            return Err(FixRefusal::ShownCode);
        }
        let is_missing = name_availability::check(rule, names, code)?;
        if is_missing {
            self.check_import(names, rule, code)?;
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
        name_availability::check_left(names, code, &edits)?;
        Ok((edits, is_missing))
    }

    /// Checks that a rule's import can be added and that it would run before the given code.
    fn check_import(
        &self,
        names: &FileNames<'_>,
        rule: &PreparedRule<'_>,
        code: &[Node<'_>],
    ) -> Result<(), FixRefusal> {
        let statement = rule.import.and_then(|import| statements(import).first().copied());
        let (Some(statement), Some(first)) = (statement, code.first()) else { return Ok(()) };
        for imported in &rule.rule.imported {
            if let Some(fault) = (self.context.import_fault)(imported) {
                return Err(FixRefusal::FailedImport { fault, imported: imported.clone() });
            }
        }
        let place = self.place(names, statement)?;
        match names.scopes().runs_after(&first.range(), place.before) {
            true => Ok(()),
            false => Err(FixRefusal::LateImport),
        }
    }
}

impl FixProgress<'_> {
    /// Adds the places found in a round. A later round may replace what an earlier one refused.
    fn add(&mut self, text: &EditedText, places: Vec<(usize, FixPlace)>) {
        for (at, place) in places {
            // In later rounds, positions refer to the changed text, but users see the original.
            let at = text.original(at);
            if self.places.get(&at).is_none_or(|known| known.outcome.is_err()) {
                self.places.insert(at, place);
            }
        }
    }
}

impl FixRound {
    /// Returns whether a range is empty or lies within a range that a rule has already matched.
    fn has_claimed(&self, range: &Range<usize>) -> bool {
        // Nodes come in source order, so only the last matched range can contain this one.
        let is_around = |last: &Range<usize>| last.start <= range.start && range.end <= last.end;
        range.is_empty() || self.claimed.last().is_some_and(is_around)
    }

    /// Returns a name that both a rule's import and another added import bind, to different things.
    fn other_import(&self, rule: &PreparedRule<'_>) -> Option<String> {
        let is_other =
            |(name, target): &(String, String)| self.bound.get(name).is_some_and(|it| it != target);
        rule.import_names().into_iter().find(is_other).map(|(name, _)| name)
    }

    fn add(&mut self, rule: &PreparedRule<'_>, names: &FileNames<'_>, found: Match<'_>) {
        let (Some(first), Some(last)) = (found.code.first(), found.code.last()) else { return };
        let range = first.range().start..last.range().end;
        let file = first.file();
        let text = file.text_of(range.clone());
        let mut added = None;
        let edits = found.edits.and_then(|(edits, is_missing)| match self.other_import(rule) {
            Some(name) if is_missing => Err(FixRefusal::OtherImport(name)),
            _ => Ok((edits, is_missing)),
        });
        let outcome = edits.map(|(edits, is_missing)| {
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
                self.bound.extend(rule.import_names());
            }
            let after = edited(text, range.start, &edits);
            self.edits.extend(edits);
            after
        });
        let (line, column) = (file.line(range.start), file.column(range.start));
        let found = text.to_owned();
        let place = FixPlace { line, column, found, outcome, import: added };
        self.places.push((range.start, place));
        self.claimed.push(range);
    }
}

/// Returns whether the code is inside an f-string that prints its source, as in `f"{code=}"`.
fn is_shown(code: Node<'_>) -> bool {
    code.ancestors().any(|outer| match outer.ast() {
        AnyNodeRef::InterpolatedElement(element) => element.debug_text.is_some(),
        _ => false,
    })
}

/// Returns whether any of the rules matches the output of a rule.
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

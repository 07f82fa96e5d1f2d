//! [`Linter`]: a configuration's rules, ready to check files.

use std::collections::BTreeSet;

use idhooks_core::check::{Code, CodeClass, Family, Finding, FindingPlace, Severity};
use idhooks_core::config::{ConfigError, LintRules, PlacedText, nearest};
use idhooks_core::registry::RepoPath;
use idhooks_python::{Imports, PythonFile, SyntaxTree, dynamic_names, uses};

use super::file_finding::{FileFinding, FileReport};
use super::lines::count_lines;
use super::prefilter::Prefilter;
use super::python_finding::PythonFinding;
use super::rules::{context, fstring, hardcoded, names, raw_uuid, texts};
use super::suppressions::remove_allowed;
use crate::formats::Formats;

/// All kinds of findings that a linter can report.
pub const FINDING_KINDS: [&str; 18] = [
    "direct_uuid",
    "string_format",
    "method_call",
    "reference",
    "dynamic",
    "fstring",
    "percent",
    "concatenation",
    "format",
    "assignment",
    "keyword",
    "dict",
    "default",
    "read",
    "call",
    "literal",
    "value",
    "parameter",
];

idhooks_core::words! {
    /// What to count.
    #[derive(Default)]
    pub enum CountMode, help {
        /// Counts calls, with names resolved through imports.
        #[default]
        Calls = "calls", "Calls, with names resolved through the imports of the file";
        /// Counts lines that contain a certain text.
        Lines = "lines", "Lines that contain 'uuid.uuid4()', in comments and strings, too";
    }
}

/// The codes selected on the command line.
#[derive(Debug, Clone, Default)]
pub struct LintSelection {
    /// If not empty, only these codes are reported.
    pub select: Vec<Code>,
    /// Not these codes.
    pub ignore: Vec<Code>,
    /// What to count.
    pub count: CountMode,
}

/// Checks files against a configuration's rules.
#[derive(Debug)]
pub struct Linter<'c> {
    /// The rules.
    pub rules: &'c LintRules,
    formats: Formats,
    count: CountMode,
    errors: BTreeSet<Code>,
    /// The codes to ignore in the files that each ignore rule matches, in the same order as the
    /// rules.
    file_ignores: Vec<Vec<Code>>,
    prefilter: Prefilter,
}

impl<'c> Linter<'c> {
    /// Returns every code that a linter can report.
    pub fn codes() -> impl Iterator<Item = Code> {
        Code::ALL.into_iter().filter(|code| code.family() == Family::Identifiers)
    }

    /// Prepares a configuration's rules.
    ///
    /// # Errors
    /// Returns an error with its position if a code in the configuration does not belong to the
    /// linter.
    pub fn new(
        rules: &'c LintRules,
        formats: Formats,
        selection: &LintSelection,
    ) -> Result<Self, ConfigError> {
        let configured = rules.select.as_deref().map(parse_codes).transpose()?;
        let selected: BTreeSet<Code> = match (&selection.select[..], configured) {
            ([], Some(configured)) => configured.into_iter().collect(),
            // UNVALIDATED_CONTEXT needs function names, which only a configuration provides.
            ([], None) => Self::codes().filter(|code| *code != Code::UnvalidatedContext).collect(),
            (codes, _) => codes.iter().copied().collect(),
        };
        let errors = parse_codes(&rules.errors)?.into_iter().collect();
        let file_ignores = rules.file_ignores.iter().map(|rule| parse_codes(&rule.codes));
        let file_ignores = file_ignores.collect::<Result<_, _>>()?;
        let codes = selected.into_iter().filter(|code| !selection.ignore.contains(code));
        let prefilter = Prefilter::new(rules, &formats, codes).map_err(|why| {
            let message = format!("the names in [lint] are too many: {why}");
            ConfigError::new(1, 1, message)
        })?;
        let count = selection.count;
        Ok(Linter { rules, formats, count, errors, file_ignores, prefilter })
    }

    /// Checks a file's content, which need not be Python.
    pub fn examine(&self, bytes: &[u8], is_python: bool) -> FileReport {
        let codes = match self.codes_in(bytes) {
            Ok(codes) => codes,
            Err(report) => return report,
        };
        if !is_python {
            let is_format = codes.contains(&Code::IdFormat);
            let text = std::str::from_utf8(bytes).ok().filter(|_| is_format);
            let spots = text.map(|text| texts::check_values(text, &self.formats));
            return FileReport { spots: spots.unwrap_or_default(), problem: None };
        }
        match PythonFile::parse(bytes) {
            Ok(file) => {
                let spots = file.on_stack(|file| self.spots(&SyntaxTree::of(file), &codes));
                FileReport { spots, problem: None }
            }
            Err(problem) => FileReport { spots: Vec::new(), problem: Some(problem.to_string()) },
        }
    }

    /// Like [`Linter::examine`], but for a Python file that has already been parsed. Must be called
    /// within [`PythonFile::on_stack`].
    pub fn examine_tree(&self, bytes: &[u8], tree: &SyntaxTree<'_>) -> FileReport {
        match self.codes_in(bytes) {
            Ok(codes) => FileReport { spots: self.spots(tree, &codes), problem: None },
            Err(report) => report,
        }
    }

    /// Returns a Python file's report without parsing the file, if the words in the file determine
    /// it.
    pub fn report_of_words(&self, bytes: &[u8]) -> Option<FileReport> {
        self.codes_in(bytes).err()
    }

    /// Returns the codes that may be found in a file, judging by the words in it.
    ///
    /// # Errors
    /// Returns the report itself if the bytes alone determine it.
    fn codes_in(&self, bytes: &[u8]) -> Result<Vec<Code>, FileReport> {
        if self.count == CountMode::Lines {
            return Err(FileReport { spots: count_lines(bytes), problem: None });
        }
        let codes = self.prefilter.candidates(bytes);
        // There is no point in fixing a generated file by hand: its generator will overwrite it.
        match codes.is_empty() || is_generated(bytes) {
            true => Err(FileReport::default()),
            false => Ok(codes),
        }
    }

    /// Returns the rules' findings in a Python file, without first searching the file for words.
    #[cfg(test)]
    pub(super) fn examine_all(
        &self,
        bytes: &[u8],
    ) -> Result<Vec<FileFinding>, idhooks_python::PythonError> {
        let file = PythonFile::parse(bytes)?;
        let codes: Vec<Code> =
            Self::codes().filter(|code| self.prefilter.searches(*code)).collect();
        Ok(file.on_stack(|file| self.spots(&SyntaxTree::of(file), &codes)))
    }

    /// Returns the findings with the given codes in a Python file.
    fn spots(&self, tree: &SyntaxTree<'_>, codes: &[Code]) -> Vec<FileFinding> {
        let rules = self.rules;
        let imports = Imports::of(tree);
        let uses = uses(tree, &imports);
        let mut hits = Vec::new();
        for code in codes {
            let hits = &mut hits;
            match code {
                Code::RawUuid => {
                    raw_uuid::check(&uses, &dynamic_names(tree, &imports), hits);
                }
                Code::IdFstring => fstring::check(tree, &rules.prefixes, &uses, hits),
                Code::HardcodedId => hardcoded::check(tree, rules, &self.formats, hits),
                Code::DirectIdAccess => names::check_attributes(tree, &rules.attributes, hits),
                Code::DeprecatedIdCall => {
                    names::check_calls(&rules.deprecated_calls, &uses, hits);
                }
                Code::IdFormat => texts::check(tree, &self.formats, hits),
                Code::UnvalidatedContext => context::check(tree, rules, &uses, hits),
                _ => {}
            }
        }
        // Most files have no findings, so the comments are searched only if there are any.
        if !hits.is_empty() {
            remove_allowed(rules, tree.file(), &uses, &mut hits);
        }
        let mut spots: Vec<FileFinding> =
            hits.into_iter().map(|PythonFinding { spot, .. }| spot).collect();
        // The rules run one after another, but reports list findings in the order they appear in
        // the file.
        spots.sort_by_key(|spot| (spot.line, spot.column, spot.code));
        spots
    }

    /// Returns a file's findings.
    pub fn findings(&self, path: &RepoPath, report: FileReport) -> Vec<Finding> {
        let mut spots = report.spots;
        // When lines are counted, every line that contains the text counts, even where it is
        // allowed.
        if self.count == CountMode::Calls {
            let ignores = self.rules.file_ignores.iter().zip(&self.file_ignores);
            let ignored: Vec<Code> = ignores
                .filter(|(rule, _)| rule.path.matches(path))
                .flat_map(|(_, codes)| codes.iter().copied())
                .collect();
            // A generator's own module has to make identifiers itself.
            let is_maker = self.defines_generator(path);
            let may_access = self.rules.attribute_modules.matches(path);
            spots.retain(|spot| match spot.code {
                code if ignored.contains(&code) => false,
                Code::RawUuid | Code::IdFstring => !is_maker,
                Code::DirectIdAccess => !may_access,
                _ => true,
            });
        }
        if spots.is_empty() {
            return Vec::new();
        }
        let service = self.rules.service(path);
        let category = self.rules.category(path);
        let priority = self.rules.priority(path, service);
        let finding = |FileFinding { code, line, column, kind, id, message }| {
            let class = CodeClass {
                kind,
                category: category.to_owned(),
                service: service.to_owned(),
                priority: priority.to_owned(),
            };
            let place = FindingPlace { line, column, code: Some(class) };
            let mut finding = Finding::new(code, message, self.help(code)).at(path);
            if self.errors.contains(&code) {
                finding.severity = Severity::Error;
            }
            (finding.id, finding.place) = (id, Some(Box::new(place)));
            finding
        };
        spots.into_iter().map(finding).collect()
    }

    /// Returns whether this program may change a file: files that are generated, and modules that
    /// contain a configured generator, are left alone.
    pub fn may_change(&self, path: &RepoPath, bytes: &[u8]) -> bool {
        !is_generated(bytes) && !self.defines_generator(path)
    }

    /// Returns whether HARDCODED_ID reports a given string in a field with this name.
    pub fn is_hardcoded(&self, name: &str, id: &str) -> bool {
        hardcoded::is_hardcoded(self.rules, &self.formats, name, id)
    }

    /// Returns advice for findings with a code.
    fn help(&self, code: Code) -> String {
        let generator = self.rules.generators.first();
        match (code, generator) {
            (Code::RawUuid | Code::IdFstring | Code::DeprecatedIdCall, Some(generator)) => {
                format!("call a function of {generator}; see: idhooks explain {code}")
            }
            _ => format!("see: idhooks explain {code}"),
        }
    }

    /// Returns whether a file is the module that contains a configured generator.
    fn defines_generator(&self, path: &RepoPath) -> bool {
        let path = path.to_string();
        self.rules.generators.iter().any(|name| {
            let parts: Vec<&str> = name.split('.').collect();
            // The name ends with a function, or with a class and a method.
            (1..=2).any(|members| {
                let module = parts[..parts.len().saturating_sub(members)].join("/");
                let ends = [format!("{module}.py"), format!("{module}/__init__.py")];
                let is_it = |end: &String| {
                    path.strip_suffix(&**end)
                        .is_some_and(|before| before.is_empty() || before.ends_with('/'))
                };
                !module.is_empty() && ends.iter().any(is_it)
            })
        })
    }
}

/// Returns whether a comment in the first lines says that the file is generated.
fn is_generated(bytes: &[u8]) -> bool {
    // Such a comment is at the top, so the rest of the file need not be searched.
    let head = &bytes[..bytes.len().min(1_000)];
    let lines = head.split(|byte| *byte == b'\n').take(5);
    let is_comment = |line: &[u8]| line.starts_with(b"#") || line.starts_with(b"//");
    let mut comments = lines.filter(|line| is_comment(line.trim_ascii_start()));
    comments.any(|line| {
        let has = |text: &[u8]| memchr::memmem::find(line, text).is_some();
        has(b"@generated") || (has(b"enerated by") && has(b"DO NOT EDIT"))
    })
}

/// Parses the codes listed in a configuration.
fn parse_codes(names: &[PlacedText]) -> Result<Vec<Code>, ConfigError> {
    let parse = |name: &PlacedText| {
        let code = Linter::codes().find(|code| code.as_str() == name.text);
        code.ok_or_else(|| {
            let known: Vec<&str> = Linter::codes().map(Code::as_str).collect();
            let mut error = name.error(format!("'{}' is not a code of the linter", name.text));
            error.hint = Some(nearest(&name.text, &known));
            error
        })
    };
    names.iter().map(parse).collect()
}

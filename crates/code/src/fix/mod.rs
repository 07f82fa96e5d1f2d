//! Replaces code according to rules: takes a file's text, and returns the changed text and the
//! places where rules matched. Code that no rule matches is kept byte for byte.

mod code_matching;
mod codemod;
mod edited_text;
mod edits;
mod field;
mod file_fix;
mod file_names;
mod fix_error;
mod fix_place;
mod import_fault;
mod import_place;
mod name_availability;
mod node_text;
mod outside_uses;
mod prepared_rule;
mod refusal;
#[cfg(test)]
mod safety_tests;
mod snippet;
#[cfg(test)]
mod tests;
mod unused_imports;

use std::collections::BTreeSet;

use idhooks_core::config::ConfigError;
use idhooks_core::config::ReplaceRule;
use idhooks_core::registry::RepoPath;
use idhooks_python::{SyntaxTree, is_builtin_name};

use codemod::Codemod;
use file_fix::FileFix;
pub use file_fix::{FixContext, FixedFile};
pub use fix_error::FixError;
pub use fix_place::FixPlace;
pub use import_fault::ImportFault;
pub use import_place::ImportSection;
pub use outside_uses::OutsideUses;
pub use refusal::FixRefusal;

/// The `[[lint.replace]]` rules, ready to be applied.
#[derive(Debug)]
pub struct Codemods {
    rules: Vec<Codemod>,
}

impl Codemods {
    /// Parses the code in the rules.
    ///
    /// # Errors
    /// Returns an error with its position if a rule's code is not Python, or if a rule matches
    /// another rule's output.
    pub fn compile(rules: &[ReplaceRule]) -> Result<Self, ConfigError> {
        let compiled = rules.iter().map(Codemod::new).collect::<Result<Vec<_>, _>>()?;
        for (codemod, rule) in compiled.iter().zip(rules) {
            let written = file_fix::is_found_in(&compiled, &codemod.with);
            if written {
                let message = "'with' contains what a rule of lint.replace finds: a second run would \
                               change it again";
                return Err(rule.with.error(message.to_owned()));
            }
        }
        Ok(Codemods { rules: compiled })
    }

    /// Returns whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Returns the modules and names that the rules import, as dotted names.
    pub fn imported(&self) -> BTreeSet<String> {
        self.rules.iter().flat_map(|rule| &rule.imported).cloned().collect()
    }

    /// Returns the names in the code that the rules match. Replacing that code may leave imports of
    /// these names unused.
    pub fn names(&self) -> BTreeSet<String> {
        let words = self.rules.iter().flat_map(|rule| &rule.words);
        // Built-in names need no import.
        words.filter(|word| !is_builtin_name(word)).cloned().collect()
    }

    /// Returns whether a rule may match in a file, judging by the names in it.
    pub fn may_fix(&self, path: &RepoPath, bytes: &[u8]) -> bool {
        self.of_file(path).any(|rule| rule.may_find(bytes))
    }

    /// Applies the rules to a Python file, given its bytes and syntax tree. Must be called within
    /// [`PythonFile::on_stack`](idhooks_python::PythonFile::on_stack).
    ///
    /// # Errors
    /// Returns an error if the file would not parse after the changes, or if the rules never stop
    /// changing it.
    pub fn fix(
        &self,
        path: &RepoPath,
        bytes: &[u8],
        tree: &SyntaxTree<'_>,
        context: FixContext<'_>,
    ) -> Result<FixedFile, FixError> {
        FileFix { rules: self.of_file(path).collect(), context }.run(bytes, tree)
    }

    fn of_file<'c>(&'c self, path: &'c RepoPath) -> impl Iterator<Item = &'c Codemod> {
        self.rules.iter().filter(|rule| rule.path.as_ref().is_none_or(|globs| globs.matches(path)))
    }
}

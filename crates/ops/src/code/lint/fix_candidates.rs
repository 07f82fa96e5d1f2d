//! [`Candidates`]: the files where code may be replaced, and which of their imports other files
//! use.

use std::collections::{BTreeSet, HashMap};

use idhooks_code::{Codemods, FileReport, Linter, OutsideUses};
use idhooks_core::registry::RepoPath;

use super::run::is_python;
use super::target::{LintSource, LintTarget};

/// The files where code may be replaced.
pub(super) struct Candidates {
    /// The number of Python files read to find the candidates.
    pub(super) read: usize,
    /// The candidates' paths and contents.
    pub(super) texts: Vec<(RepoPath, Vec<u8>)>,
    /// Findings in other files that were read but did not need parsing.
    pub(super) reports: HashMap<RepoPath, FileReport>,
    /// The imports that candidates may lose but that other files in the project use.
    uses: OutsideUses,
}

impl Candidates {
    /// Finds the candidates among these project files, reading each file once.
    pub(super) fn find(
        target: &LintTarget<'_>,
        linter: &Linter<'_>,
        rules: &Codemods,
        sources: Vec<LintSource>,
        project: &HashMap<RepoPath, LintSource>,
    ) -> Self {
        let uses = OutsideUses::new(rules.names());
        let (texts, reports) = (Vec::new(), HashMap::new());
        let mut found = Candidates { read: 0, texts, reports, uses };
        let (mut read, mut aliases) = (BTreeSet::new(), BTreeSet::new());
        for source in sources.into_iter().filter(|source| is_python(&source.path)) {
            let Some(text) = target.content(&source) else { continue };
            found.read += 1;
            found.uses.add(&text);
            if rules.may_fix(&source.path, &text) && linter.may_change(&source.path, &text) {
                aliases.extend(found.uses.aliases(&text));
                found.texts.push((source.path.clone(), text));
            // Most files contain none of the words that the rules look for, so parsing them would
            // be a waste of time.
            } else if let Some(report) = linter.report_of_words(&text) {
                found.reports.insert(source.path.clone(), report);
            }
            read.insert(source.path);
        }
        found.search_rest(target, &aliases, project, &read);
        found
    }

    /// Searches the files that have not been read yet. If there are aliases, which are rare and
    /// only become known at this point, searches all files for them.
    fn search_rest(
        &mut self,
        target: &LintTarget<'_>,
        aliases: &BTreeSet<String>,
        project: &HashMap<RepoPath, LintSource>,
        read: &BTreeSet<RepoPath>,
    ) {
        // Imports are only removed from files where code is replaced.
        if self.texts.is_empty() {
            return;
        }
        let is_searched = |path: &RepoPath| aliases.is_empty() && read.contains(path);
        let mut of_aliases = OutsideUses::new(aliases.iter().cloned());
        let rest = project.values().filter(|source| is_python(&source.path));
        for source in rest.filter(|source| !is_searched(&source.path)) {
            let Some(text) = target.content(source) else { continue };
            of_aliases.add(&text);
            if !read.contains(&source.path) {
                self.uses.add(&text);
            }
        }
        self.uses.merge(of_aliases);
    }

    /// Returns whether another file may use a name that this file imports.
    pub(super) fn is_used_outside(&self, path: &RepoPath, name: &str) -> bool {
        let path = path.as_bytes();
        let end = path.iter().rposition(|byte| *byte == b'.').unwrap_or(path.len());
        let module = &path[..end];
        // A package re-exports the names that it imports.
        module.ends_with(b"__init__") || self.uses.has(module, name)
    }
}

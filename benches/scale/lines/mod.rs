//! The lines of the table, one file for each family.

mod changes;
mod check;
mod commits;
mod disk;
mod dual_write;
mod generate;
mod history;
mod hook;
mod identifiers;
mod import;
mod index;
mod init;
mod kept_spelling;
mod lived_in;
mod managers;
mod merge;
mod redirects;
mod references;
mod registry;
mod show;
mod start;
mod waiting;
mod whole_merge;

use std::cell::OnceCell;

use anyhow::Result;

use crate::bench::{Bench, grouped};
use crate::repository::Repository;

/// How large the memory proof is.
const MILLION: u32 = 1_000_000;

/// Measures every line that is wanted.
pub(crate) fn all(bench: &Bench) -> Result<()> {
    for files in bench.options.files.clone() {
        let subject = Subject::new(bench, files);
        // Before anything adopts the repository.
        init::measure(&subject)?;
        import::measure(&subject)?;
        changes::measure(&subject)?;
        index::measure(&subject)?;
        check::measure(&subject)?;
        hook::measure(&subject)?;
        commits::measure(&subject)?;
        merge::measure(&subject)?;
        whole_merge::measure(&subject)?;
        registry::measure(&subject)?;
        show::measure(&subject)?;
        redirects::measure(&subject)?;
        references::measure(&subject)?;
        lived_in::measure(&subject)?;
        dual_write::measure(&subject)?;
        disk::measure(&subject)?;
    }
    start::measure(bench)?;
    waiting::measure(bench)?;
    kept_spelling::measure(bench)?;
    generate::measure(bench)?;
    identifiers::measure(bench)?;
    managers::measure(bench)?;
    history::measure(bench)?;
    if bench.options.million {
        let subject = Subject::new(bench, MILLION);
        init::measure(&subject)?;
        check::measure(&subject)?;
        hook::measure(&subject)?;
        merge::measure(&subject)?;
        lived_in::measure_million(&subject)?;
    } else {
        bench.skip("a million files: --million");
    }
    Ok(())
}

/// A size, and the repository of that size, which is built when the first line needs it.
struct Subject<'a> {
    bench: &'a Bench,
    files: u32,
    repository: OnceCell<Repository<'a>>,
}

impl<'a> Subject<'a> {
    fn new(bench: &'a Bench, files: u32) -> Self {
        Subject { bench, files, repository: OnceCell::new() }
    }

    /// Returns the repository, which is not adopted before [`Subject::adopted`] was called.
    fn repository(&self) -> Result<&Repository<'a>> {
        if let Some(repository) = self.repository.get() {
            return Ok(repository);
        }
        let built = Repository::build(&self.bench.sandbox, self.files)?;
        Ok(self.repository.get_or_init(|| built))
    }

    /// Returns the repository, adopted and with the index of HEAD.
    fn adopted(&self) -> Result<&Repository<'a>> {
        let repository = self.repository()?;
        repository.adopt()?;
        repository.git("read-tree HEAD")?;
        Ok(repository)
    }

    /// Returns the name of a line about this size, if that line is wanted.
    fn line(&self, what: &str) -> Option<String> {
        let name = format!("{what}, {} files", grouped(self.files));
        self.bench.wants(&name).then_some(name)
    }

    /// Returns `target` where the repository is as large as that target is meant for.
    fn large(&self, target: f64) -> Option<f64> {
        (self.files >= 100_000).then_some(target)
    }

    fn is_million(&self) -> bool {
        self.files >= MILLION
    }

    /// Returns how many rounds are bearable.
    fn rounds(&self) -> u32 {
        if self.is_million() { 3 } else { u32::MAX }
    }

    /// Returns how much memory a command may take, in MiB.
    fn memory(&self) -> f64 {
        if self.files > 100_000 { 250.0 } else { 60.0 }
    }
}

//! `idhooks check` of the index: against `git ls-files`.

use std::fs;

use anyhow::Result;

use super::Subject;
use crate::report::Line;
use crate::rounds::Contender;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let first = subject.line("check, nothing cached");
    let again = subject.line("check, unchanged since the last time");
    let memory = subject.line("memory of check");
    if first.is_none() && again.is_none() && memory.is_none() {
        return Ok(());
    }
    let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
    let dir = &repository.dir;
    let forget = || {
        let cache = dir.join(".git/idhooks");
        if cache.exists() {
            fs::remove_dir_all(cache)?;
        }
        Ok(())
    };
    let git = || Contender::new("git ls-files", dir, ["git", "ls-files"]);
    let check = || {
        let words = ["check", "--strict"].map(AsRef::as_ref);
        let program = sandbox.idhooks_path().as_os_str();
        Contender::new("idhooks", dir, [program].into_iter().chain(words)).compared()
    };
    if let Some(name) = first.as_ref().or(memory.as_ref()) {
        let contenders = [git(), check().before(forget)];
        let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
        if let Some(name) = &first {
            subject.bench.add(Line::ratio(name, figures.clone(), subject.large(3.0)));
        }
        if let Some(name) = &memory {
            subject.bench.add(Line::memory(name, figures, Some(subject.memory())));
        }
    }
    if let Some(name) = again {
        let figures = subject.bench.measure(&name, subject.rounds(), &[git(), check()])?;
        subject.bench.add(Line::ratio(&name, figures, subject.large(1.2)));
    }
    Ok(())
}

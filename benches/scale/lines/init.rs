//! Adopting a repository: against listing its index into a file.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::{MILLION, Subject};
use crate::report::Line;
use crate::repository::Repository;
use crate::rounds::Contender;
use crate::stream::BASE;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let (ratio, memory) = (subject.line("init"), subject.line("memory of init"));
    if ratio.is_none() && memory.is_none() {
        return Ok(());
    }
    let (sandbox, repository) = (&subject.bench.sandbox, subject.repository()?);
    let dir = &repository.dir;
    let restore = || unadopt(repository);
    let look = || {
        let registry = fs::read_to_string(dir.join(".idhooks/registry.json"))?;
        if registry.matches("\"status\":\"active\"").count() != subject.files as usize {
            bail!("not every file has an identity");
        }
        Ok(())
    };
    let listed = "git ls-files -s >.git/listed";
    let program = sandbox.idhooks_path().as_os_str();
    let words = ["init", "--quiet", "--scope", "260118"].map(AsRef::as_ref);
    let contenders = [
        Contender::new("git ls-files -s >file", dir, ["sh", "-c", listed]).before(restore),
        Contender::new("idhooks", dir, [program].into_iter().chain(words))
            .compared()
            .before(restore)
            .after(look),
    ];
    let name = ratio.as_ref().or(memory.as_ref()).map_or("init", String::as_str);
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    restore()?;
    if let Some(name) = ratio {
        let target = if subject.files >= MILLION { 12.0 } else { 3.0 };
        subject.bench.add(Line::ratio(&name, figures.clone(), subject.large(target)));
    }
    if let Some(name) = memory {
        // Nobody waits for memory here; it is told for what it is.
        subject.bench.add(Line::memory(&name, figures, None));
    }
    Ok(())
}

/// Brings a repository without hooks to where it was before its adoption.
pub(super) fn unadopt(repository: &Repository<'_>) -> Result<()> {
    repository.git(&format!("read-tree {BASE}"))?;
    for made in [".idhooks", ".git/idhooks", "idhooks.toml", ".gitattributes"] {
        remove(&repository.dir.join(made))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

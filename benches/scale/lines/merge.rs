//! The merge driver: against `git merge-file`, on registries as idhooks writes them.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use idhooks_core::registry::Registry;

use super::Subject;
use crate::bench::grouped;
use crate::records::{self, Additions};
use crate::report::Line;
use crate::rounds::Contender;

/// Changes of each side: one in so many records.
const RARE: u32 = 200;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    for additions in [Additions::Spread, Additions::AtEnd] {
        let (records, changes) = (grouped(subject.files), grouped(subject.files / RARE));
        let what = match additions {
            Additions::Spread => "spread",
            Additions::AtEnd => "both append at the end",
        };
        let name = format!("merge driver, {records} records, {changes} changes a side, {what}");
        let memory = subject.line("memory of the merge driver");
        let memory = memory.filter(|_| additions == Additions::Spread);
        let ratio = subject.bench.wants(&name);
        if ratio || memory.is_some() {
            measure_one(subject, additions, ratio.then_some(&name), memory.as_ref())?;
        }
    }
    Ok(())
}

fn measure_one(
    subject: &Subject<'_>,
    additions: Additions,
    ratio: Option<&String>,
    memory: Option<&String>,
) -> Result<()> {
    let sandbox = &subject.bench.sandbox;
    let dir = &sandbox.path("merge");
    if !dir.exists() {
        sandbox.git(&sandbox.path(""), "init -q merge")?;
    }
    let base = records::registry(subject.files)?;
    let [ours, theirs] = records::sides(&base, subject.files / RARE, additions)?;
    let added = ours.allocations.len() + theirs.allocations.len() - 2 * base.allocations.len();
    let expected = base.allocations.len() + added;
    let files = [("O", &base), ("A", &ours), ("B", &theirs)];
    for (file, registry) in files {
        fs::write(dir.join(format!("saved-{file}")), registry.format())?;
    }
    let restore = || {
        for (file, _) in files {
            fs::copy(dir.join(format!("saved-{file}")), dir.join(file))?;
        }
        Ok(())
    };
    let as_text = ["git", "merge-file", "-p", "A", "O", "B"];
    let program = sandbox.idhooks_path().as_os_str();
    let words = ["merge-driver", "O", "A", "B", "7", ".idhooks/registry.json"].map(AsRef::as_ref);
    let contenders = [
        Contender::new("git merge-file", dir, as_text).before(restore).accepting(127),
        Contender::new("idhooks", dir, [program].into_iter().chain(words))
            .compared()
            .before(restore),
    ];
    let name = ratio.or(memory).map_or("merge driver", String::as_str);
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    contenders[1].run(sandbox)?;
    assert_merged(&dir.join("A"), expected)?;
    let conflicts = contenders[0].run(sandbox)?.code;
    if let Some(name) = memory {
        subject.bench.add(Line::memory(name, figures.clone(), Some(subject.memory())));
    }
    if let Some(name) = ratio {
        let target = match subject.files {
            ..10_000 => None,
            10_000..100_000 => Some(0.4),
            _ => Some(0.35),
        };
        let note = format!("conflicts of merge-file: {conflicts}, of idhooks: 0");
        subject.bench.add(Line { note, ..Line::ratio(name, figures, target) });
    }
    Ok(())
}

/// Asserts that the result is a registry with the records of both sides.
fn assert_merged(file: &Path, expected: usize) -> Result<()> {
    let merged = Registry::parse(&fs::read(file)?)?;
    if merged.allocations.len() != expected || !merged.is_consistent() {
        bail!("the merged registry does not hold what both sides have");
    }
    Ok(())
}

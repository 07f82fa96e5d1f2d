//! What commits leave on the disk: the size of the object database during many commits of one file
//! each, while git packs the versions of the registry in the background.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Subject;
use crate::life::Life;
use crate::report::Line;
use crate::repository::{Counts, Repository};

/// How many commits are made.
const COMMITS: usize = 400;
/// The length of the periods at the beginning and at the end whose low points are compared. Each
/// has at least one commit after which git has packed.
const PERIOD: usize = 80;
const ONE_FILE: Counts = Counts { renamed: 0, added: 1, modified: 0, deleted: 0 };
/// How many MiB the object database may grow by, at any time, and per commit in the long run.
const TARGETS: [f64; 2] = [130.0, 0.15];

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let what = format!("object database during {COMMITS} one-file commits");
    let most = subject.line(&format!("{what}, most"));
    let long_run = subject.line(&format!("{what}, per commit in the long run"));
    let (Some(most), Some(long_run)) = (most, long_run) else { return Ok(()) };
    eprintln!("measuring: {most}");
    let name = format!("disk-{}", subject.files);
    let repository = &Repository::build_in(&subject.bench.sandbox, &name, subject.files)?;
    repository.check_out()?;
    repository.adopt()?;
    repository.pack()?;
    for setting in ["maintenance.auto true", "gc.auto 1000000"] {
        repository.git(&format!("config {setting}"))?;
    }
    let mut life = Life::new(repository);
    let objects = repository.path(".git/objects");
    let before = size(&objects);
    let mut grown = Vec::new();
    for _ in 0..COMMITS {
        life.stage(ONE_FILE)?;
        repository.git("commit -q -m change")?;
        grown.push(size(&objects).saturating_sub(before) as f64 / f64::from(1 << 20));
    }
    repository.assert_true("HEAD", life.len())?;
    repository.git("fsck --strict --no-dangling --no-progress")?;
    let greatest = grown.iter().copied().fold(0.0, f64::max);
    let (start, end) = (lowest(&grown[..PERIOD]), lowest(&grown[COMMITS - PERIOD..]));
    let distance = (COMMITS - PERIOD + end.0 - start.0) as f64;
    let note = |what: &str| format!("{what}; {:.1} MiB after the last one", grown[COMMITS - 1]);
    for (name, measured, target, note) in [
        (most, greatest, TARGETS[0], note("greatest growth in MiB")),
        (long_run, (end.1 - start.1) / distance, TARGETS[1], note("between the low points")),
    ] {
        let target = subject.large(target);
        let line = Line::memory(&name, Vec::new(), target);
        subject.bench.add(Line { measured, note, ..line });
    }
    fs::remove_dir_all(&repository.dir)?;
    Ok(())
}

/// Returns the position and the value of the low point.
fn lowest(grown: &[f64]) -> (usize, f64) {
    let all = grown.iter().copied().enumerate();
    // While git has not packed yet, the database only grows.
    let packed = all.filter(|(n, size)| *n > 0 && *size < grown[n - 1]);
    packed.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, grown[0]))
}

/// Returns the size of all files below a directory. What goes while it is read does not count.
fn size(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let size_of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.map(size_of).sum()
}

//! A whole `git merge` of two branches on which people have worked, against the same merge without
//! hooks and with a merge driver that only appends a byte to the registry.

use std::fs;

use anyhow::Result;

use super::Subject;
use super::commits::hooks_dir;
use crate::life::Life;
use crate::report::Line;
use crate::repository::{Counts, Kind, Repository, copy_dir};
use crate::rounds::Contender;

/// What each side changes, and how many times the other merge it may take with 100,000 files.
const SIDES: [(Counts, f64); 2] = [
    (Counts { renamed: 1, added: 1, modified: 2, deleted: 1 }, 1.3),
    (Counts { renamed: 143, added: 143, modified: 143, deleted: 71 }, 1.6),
];
/// The number of commits before the branches diverge.
const HISTORY: u32 = 4;
const DRIVER: &str = "merge.idhooks.driver=printf x >>%A";

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let wanted = |(counts, target): (Counts, f64)| {
        let size = counts.size();
        let fits = subject.files >= 20 * size;
        let name = format!("whole merge, {size} changes a side");
        Some((fits.then(|| subject.line(&name))??, counts, target))
    };
    let wanted: Vec<_> = SIDES.into_iter().filter_map(wanted).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let name = format!("merged-{}", subject.files);
    let repository = &Repository::build_in(&subject.bench.sandbox, &name, subject.files)?;
    repository.check_out()?;
    repository.adopt()?;
    let mut life = Life::new(repository);
    for _ in 0..HISTORY {
        life.stage(Kind::Many.counts())?;
        repository.git("commit -q -m change")?;
    }
    repository.git("branch base")?;
    for (name, counts, target) in wanted {
        measure_one(subject, repository, &life, &name, counts, target)?;
    }
    fs::remove_dir_all(&repository.dir)?;
    Ok(())
}

fn measure_one(
    subject: &Subject<'_>,
    repository: &Repository<'_>,
    life: &Life<'_, '_>,
    name: &str,
    counts: Counts,
    target: f64,
) -> Result<()> {
    for (side, mut life) in [("theirs", life.elsewhere()), ("ours", life.clone())] {
        repository.git(&format!("switch -q -C {side} base"))?;
        life.stage(counts)?;
        repository.git("commit -q -m change")?;
    }
    repository.pack()?;
    repository.git("status")?;
    let objects = repository.loose_objects()?;
    let [memory, log] = ["idhooks", "logs/HEAD"].map(|name| repository.path(".git").join(name));
    let saved = subject.bench.sandbox.path("merge-saved");
    copy_dir(&memory, &saved)?;
    fs::copy(&log, saved.join("log"))?;
    let restore = || {
        repository.git("reset -q --hard ours")?;
        // An object that is there already would not be written again.
        for later in repository.loose_objects()?.difference(&objects) {
            fs::remove_file(later)?;
        }
        copy_dir(&saved, &memory)?;
        fs::rename(memory.join("log"), &log)?;
        repository.git("status").map(drop)
    };
    // The branch stays where it is.
    repository.git("switch -q --detach ours")?;
    let look = || repository.git("rev-parse --quiet --verify HEAD^2").map(drop);
    let merge = ["merge", "-q", "--no-edit", "theirs"];
    let none = hooks_dir(&subject.bench.sandbox, "no-hooks", None)?;
    let none = format!("core.hooksPath={}", none.display());
    let plain = ["git", "-c", &none, "-c", DRIVER].into_iter().chain(merge);
    let whole = ["git"].into_iter().chain(merge);
    let contenders = [
        Contender::new("a driver that appends a byte", &repository.dir, plain)
            .before(restore)
            .after(look),
        Contender::new("idhooks", &repository.dir, whole).compared().before(restore).after(look),
    ];
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    contenders[1].run(&subject.bench.sandbox)?;
    repository.assert_true("HEAD", life.len() + 2 * counts.added - 2 * counts.deleted)?;
    restore()?;
    subject.bench.add(Line::ratio(name, figures, subject.large(target)));
    Ok(())
}

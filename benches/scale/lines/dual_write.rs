//! Commits that also write the legacy file of `[dual_write]`, beside the same commits without it, in two
//! repositories that differ in nothing else.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;

use anyhow::{Context, Result};

use super::Subject;
use super::commits::commit;
use crate::life::Life;
use crate::report::{Line, Unit};
use crate::repository::{Counts, Repository};
use crate::rounds::Contender;
use crate::seed;

/// How many commits there are before the first one that is measured.
const HISTORY: u32 = 30;
/// How many commits in a row are measured.
const COMMITS: u32 = 30;
/// What each of them changes.
const ADDED: Counts = Counts { renamed: 0, added: 1, modified: 0, deleted: 0 };
/// The legacy file.
const LEGACY: &str = "registry/ID_REGISTRY.json";
/// How many times as long a commit may take.
const COMMIT: f64 = 1.2;
/// How many times as large the repository may be.
const SIZE: f64 = 2.0;
/// How many times as long a command may take that reads; what is above 1 is noise.
const READ: f64 = 1.05;

/// Two repositories, without dual write and with it.
type Both<T> = [T; 2];

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let commits = [
        subject.line("commit with dual write ÷ without, 1 added"),
        subject.line("commit with dual write ÷ (without + git hash-object -w), 1 added"),
    ];
    let readers = [
        (subject.line("show PATH with dual write ÷ without"), "show"),
        (subject.line("list with dual write ÷ without"), "list"),
    ];
    let size = subject.line("repository with dual write ÷ without, after git gc");
    let is_wanted = commits.iter().chain([&size]).any(Option::is_some)
        || readers.iter().any(|(line, _)| line.is_some());
    if !is_wanted {
        return Ok(());
    }
    let both = [build(subject, false)?, build(subject, true)?];
    let lives = both.each_ref().map(|repository| RefCell::new(Life::new(repository)));
    for (repository, life) in both.iter().zip(&lives) {
        for _ in 0..HISTORY {
            life.borrow_mut().stage(ADDED)?;
            repository.git("commit -q -m change")?;
        }
        repository.pack()?;
    }
    if commits.iter().any(Option::is_some) {
        measure_commits(subject, &both, &lives, commits)?;
    }
    for (repository, life) in both.iter().zip(&lives) {
        repository.assert_true("HEAD", life.borrow().len())?;
    }
    for (name, command) in readers {
        if let Some(name) = name {
            measure_reader(subject, &both, command, &name)?;
        }
    }
    if let Some(name) = size {
        measure_size(subject, &both, name)?;
    }
    both.iter().try_for_each(|repository| Ok(fs::remove_dir_all(&repository.dir)?))
}

/// Builds a repository with all files in the working tree, adopted.
fn build<'a>(subject: &Subject<'a>, is_dual: bool) -> Result<Repository<'a>> {
    let name = if is_dual { "with-dual-write" } else { "without-dual-write" };
    let repository = Repository::build_in(&subject.bench.sandbox, name, subject.files)?;
    repository.check_out()?;
    repository.adopt()?;
    if is_dual {
        let rules = repository.path("idhooks.toml");
        fs::write(&rules, fs::read_to_string(&rules)? + "[dual_write]\nenabled = true\n")?;
        repository.git("add idhooks.toml")?;
        repository.git("commit -q -m both")?;
    }
    Ok(repository)
}

/// Measures commits in a row, and storing a legacy file of the same size, which is what they have to do
/// in any case.
fn measure_commits(
    subject: &Subject<'_>,
    [without, with]: &Both<Repository<'_>>,
    [plain, dual]: &Both<RefCell<Life<'_, '_>>>,
    [alone, stored]: [Option<String>; 2],
) -> Result<()> {
    let sandbox = &subject.bench.sandbox;
    let copy = sandbox.path("legacy.json");
    let next = |name, repository: &Repository<'_>| {
        commit(name, &repository.dir, &repository.path(".git/hooks").into_os_string())
    };
    let words = ["git".as_ref(), "hash-object".as_ref(), "-w".as_ref(), copy.as_os_str()];
    let contenders = [
        next("without", without).before(|| plain.borrow_mut().stage(ADDED)),
        Contender::new("git hash-object -w", &without.dir, words).before(|| {
            let mut bytes = fs::read(with.path(LEGACY))?;
            // So that no earlier blob has the same content.
            bytes.extend(dual.borrow().len().to_string().bytes());
            Ok(fs::write(&copy, bytes)?)
        }),
        next("with", with).before(|| dual.borrow_mut().stage(ADDED)),
    ];
    let name = alone.as_ref().or(stored.as_ref()).map_or("", String::as_str);
    let figures = subject.bench.measure_rounds(name, COMMITS, &contenders)?;
    let [plain, hashed, dual] = figures.try_into().ok().context("three contenders")?;
    let least = plain.plus(&hashed);
    let is_small = subject.files < 5_000;
    let lines = [(alone, plain, is_small), (stored, least, !is_small)];
    for (name, first, is_target) in lines {
        let Some(name) = name else { continue };
        let note = format!(
            "medians of {COMMITS} commits: {:.1} and {:.1}; wall {:.2}×",
            first.median_cpu(),
            dual.median_cpu(),
            dual.median_wall() / first.median_wall()
        );
        let measured = dual.median_cpu() / first.median_cpu();
        let line = Line::ratio(&name, vec![first, dual.clone()], is_target.then_some(COMMIT));
        subject.bench.add(Line { measured, note, ..line });
    }
    Ok(())
}

/// Measures a command that reads the registry.
fn measure_reader(
    subject: &Subject<'_>,
    both: &Both<Repository<'_>>,
    command: &str,
    name: &str,
) -> Result<()> {
    let program = subject.bench.sandbox.idhooks_path().as_os_str();
    let path = seed::path(subject.files / 2 + 1);
    let words =
        [program, command.as_ref()].into_iter().chain((command == "show").then(|| path.as_ref()));
    let words: Vec<&OsStr> = words.collect();
    let [without, with] = both.each_ref().map(|repository| &repository.dir);
    let contenders =
        [Contender::new("without", without, &words), Contender::new("with", with, &words)];
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    subject.bench.add(Line::ratio(name, figures, Some(READ)));
    Ok(())
}

/// Compares how large the repositories are.
fn measure_size(subject: &Subject<'_>, both: &Both<Repository<'_>>, name: String) -> Result<()> {
    let size = |repository: &Repository<'_>| -> Result<f64> {
        repository.git("gc -q --prune=now")?;
        let counted = repository.git("count-objects -v")?;
        let kib = counted.lines().find_map(|line| line.strip_prefix("size-pack: "));
        Ok(kib.context("the size of the packs")?.parse()?)
    };
    let [without, with] = [size(&both[0])?, size(&both[1])?];
    let commits = both[0].git("rev-list --count HEAD")?;
    let note = format!("{without} KiB and {with} KiB after {commits} commits");
    let (unit, contenders) = (Unit::Times, Vec::new());
    let (measured, target) = (with / without, Some(SIZE));
    subject.bench.add(Line { name, unit, measured, target, contenders, note });
    Ok(())
}

//! What a user waits for on an ordinary day: the whole hook, as git calls it, in a repository where
//! commits of typical shape and plain edits have alternated for a while, against `git diff` of the
//! same change just before it, as a user types it; beside it, one that only names the files, and a
//! program that only passes the bytes on which no program can leave out (the floor).

use std::fs;

use anyhow::Result;

use super::changes::GIT_DIFF;
use super::commits::{commit, hooks_dir};
use super::{MILLION, Subject};
use crate::life::Life;
use crate::part;
use crate::report::{Figures, Line};
use crate::repository::{Counts, Repository};
use crate::rounds::{Contender, interleave};
use crate::staged::Staged;

/// How many commits there are before anything is measured, and with a million files.
const HISTORY: [u32; 2] = [32, 4];
/// How many commits in a row are measured, and with a million files.
const COMMITS: [u32; 2] = [10, 4];
/// How often each of them is made, at most.
const ROUNDS: u32 = 5;

/// 70 files, as a typical commit changes them.
const TYPICAL: Counts = Counts { renamed: 20, added: 20, modified: 20, deleted: 10 };
/// A commit that only edits.
const EDITS: Counts = Counts { renamed: 0, added: 0, modified: 20, deleted: 0 };

/// What a commit changes, how a line calls it, and how many times `git diff` it may take with 1,000,
/// 10,000, 100,000 and 1,000,000 files.
struct Shape {
    title: &'static str,
    counts: Counts,
    targets: [Option<f64>; 4],
}

const SHAPES: [Shape; 4] = [
    Shape {
        title: "1 changed",
        counts: Counts { renamed: 0, added: 1, modified: 0, deleted: 0 },
        targets: [None, Some(3.0), Some(4.0), Some(5.0)],
    },
    Shape {
        title: "5 changed",
        counts: Counts { renamed: 1, added: 1, modified: 2, deleted: 1 },
        targets: [None; 4],
    },
    Shape {
        title: "70 changed",
        counts: TYPICAL,
        targets: [Some(1.5), Some(1.8), Some(3.0), None],
    },
    Shape {
        title: "1,000 changed",
        counts: Counts { renamed: 286, added: 286, modified: 286, deleted: 142 },
        targets: [None; 4],
    },
];

const PLAIN: Shape = Shape {
    title: "only content edited",
    counts: EDITS,
    targets: [Some(1.2), Some(1.0), Some(0.3), None],
};

impl Shape {
    fn target(&self, files: u32) -> Option<f64> {
        let [small, middle, large, million] = self.targets;
        match files {
            ..5_000 => small,
            5_000..50_000 => middle,
            50_000..MILLION => large,
            _ => million,
        }
    }
}

/// How older objects are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    Loose,
    Packed,
}

impl Storage {
    fn title(self) -> &'static str {
        match self {
            Storage::Loose => "loose",
            Storage::Packed => "packed",
        }
    }
}

/// The lines about one size.
struct LivedIn<'s, 'a, 'b> {
    subject: &'s Subject<'b>,
    repository: &'a Repository<'b>,
    life: Life<'a, 'b>,
}

/// Returns the name of the line about commits of one shape, if that line is wanted.
fn line_of(subject: &Subject<'_>, shape: &Shape, storage: Storage) -> Option<String> {
    subject.line(&format!("lived in, {}, hook ÷ git diff, {}", storage.title(), shape.title))
}

/// Measures the hook of a commit that adds one file to a million.
pub(super) fn measure_million(subject: &Subject<'_>) -> Result<()> {
    let shape = &SHAPES[0];
    let Some(name) = line_of(subject, shape, Storage::Packed) else { return Ok(()) };
    let repository = &Repository::build_in(&subject.bench.sandbox, "lived-in", subject.files)?;
    LivedIn::new(subject, repository)?.measure_row(Storage::Packed, shape, Some(name), None)?;
    Ok(fs::remove_dir_all(&repository.dir)?)
}

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let shapes = || SHAPES.iter().filter(|shape| subject.files >= 5 * shape.counts.size());
    let storages = [Storage::Loose, Storage::Packed];
    let title = |shape: &Shape, storage: Storage| line_of(subject, shape, storage);
    let status = subject.line("lived in, git status after a commit, 70 changed");
    let clone = subject.line("lived in, first commit after a clone, 70 changed");
    let switch = subject.line("lived in, first commit after a switch, 70 changed");
    let lines = storages
        .iter()
        .flat_map(|storage| shapes().chain([&PLAIN]).filter_map(|shape| title(shape, *storage)));
    if lines.chain(status.clone()).chain(clone.clone()).chain(switch.clone()).next().is_none() {
        return Ok(());
    }
    let name = format!("lived-in-{}", subject.files);
    let repository = &Repository::build_in(&subject.bench.sandbox, &name, subject.files)?;
    let mut lived_in = LivedIn::new(subject, repository)?;
    for storage in storages {
        for shape in shapes() {
            let plain = title(&PLAIN, storage).filter(|_| shape.counts.size() == 70);
            lived_in.measure_row(storage, shape, title(shape, storage), plain)?;
        }
    }
    if let Some(name) = status {
        lived_in.measure_status(&name)?;
    }
    if let Some(name) = switch {
        lived_in.measure_switch(&name)?;
    }
    if let Some(name) = clone {
        lived_in.measure_clone(&name)?;
    }
    fs::remove_dir_all(&repository.dir)?;
    Ok(())
}

impl<'s, 'a, 'b> LivedIn<'s, 'a, 'b> {
    /// Adopts the repository, and commits until it has a history.
    fn new(subject: &'s Subject<'b>, repository: &'a Repository<'b>) -> Result<Self> {
        repository.check_out()?;
        repository.adopt()?;
        repository.pack()?;
        let mut lived_in = LivedIn { subject, repository, life: Life::new(repository) };
        let history = HISTORY[usize::from(subject.is_million())];
        eprintln!("committing {history} times");
        for n in 0..history {
            lived_in.commit(if n % 2 == 0 { TYPICAL } else { EDITS })?;
        }
        repository.assert_true("HEAD", lived_in.life.len())?;
        Ok(lived_in)
    }

    fn commits(&self) -> u32 {
        COMMITS[usize::from(self.subject.is_million())]
    }

    /// Makes the next commit.
    fn commit(&mut self, counts: Counts) -> Result<()> {
        self.life.stage(counts)?;
        let staged = Staged::as_it_is(self.repository, counts)?;
        self.commit_staged(&hook_of(self.repository).before(|| staged.restore()))
    }

    /// Commits what is staged, after every program has run the hook.
    fn commit_staged(&self, hook: &Contender<'_>) -> Result<()> {
        let (sandbox, repository) = (self.repository.sandbox, self.repository);
        // What counts is what this program writes, the first of them.
        for program in sandbox.programs().iter().rev() {
            sandbox.with(*program, &repository.dir, || hook.run(sandbox))?;
        }
        repository.git("commit -q --no-verify -m change").map(drop)
    }

    /// Measures commits of one shape, with plain edits between them.
    fn measure_row(
        &mut self,
        storage: Storage,
        shape: &Shape,
        name: Option<String>,
        plain: Option<String>,
    ) -> Result<()> {
        if name.is_none() && plain.is_none() {
            return Ok(());
        }
        eprintln!("measuring: {}", name.as_ref().or(plain.as_ref()).map_or("", String::as_str));
        let mut rows = [(shape, name, None), (&PLAIN, plain, None::<Vec<Figures>>)];
        for _ in 0..self.commits() {
            for (shape, name, all) in &mut rows {
                if name.is_none() {
                    self.commit(shape.counts)?;
                    continue;
                }
                self.life.stage(shape.counts)?;
                if storage == Storage::Packed {
                    self.repository.pack()?;
                }
                let figures = self.measure_commit(shape.counts, None)?;
                let first = || figures.iter().map(|one| Figures::new(&one.name)).collect();
                for (row, one) in all.get_or_insert_with(first).iter_mut().zip(&figures) {
                    row.add_fastest(one);
                }
            }
        }
        self.repository.assert_true("HEAD", self.life.len())?;
        for (shape, name, all) in rows {
            if let Some((name, all)) = name.zip(all) {
                self.subject.bench.add(self.line(&name, all, shape.target(self.subject.files)));
            }
        }
        Ok(())
    }

    /// Returns a line about several commits: the median counts.
    fn line(&self, name: &str, all: Vec<Figures>, target: Option<f64>) -> Line {
        let ratios = all.last().zip(all.first()).map(|(last, first)| last.ratios(first));
        let ratios = ratios.unwrap_or_default();
        let measured = ratios.get(ratios.len() / 2).copied().unwrap_or(0.0);
        let (least, most) = (ratios.first().unwrap_or(&0.0), ratios.last().unwrap_or(&0.0));
        let note = format!("median of {} commits, {least:.2} to {most:.2}", self.commits());
        Line { measured, note, ..Line::ratio(name, all, target) }
    }

    /// Measures what is staged, and commits it. `forget` is done before each run.
    fn measure_commit(
        &self,
        counts: Counts,
        forget: Option<&dyn Fn() -> Result<()>>,
    ) -> Result<Vec<Figures>> {
        let (sandbox, repository) = (self.repository.sandbox, self.repository);
        let staged = Staged::as_it_is(repository, counts)?;
        let restore = || {
            staged.restore()?;
            forget.map_or(Ok(()), |forget| forget())
        };
        let hook = hook_of(repository).before(restore).after(|| staged.assert_registry("", true));
        let words = GIT_DIFF.iter().filter(|word| **word != "--name-status");
        // Without the registry that the last hook staged.
        let diff = Contender::new("git diff -M -C", &repository.dir, words).before(restore);
        let names = Contender::new("git diff --name-status", &repository.dir, GIT_DIFF);
        let names = names.before(restore);
        let own = std::env::current_exe()?.into_os_string();
        let floor = [own, part::WORD.into(), "floor".into(), repository.dir.clone().into()];
        let floor = Contender::new("floor", &repository.dir, floor).before(restore);
        let rounds = self.subject.bench.options.rounds.min(ROUNDS);
        let contenders = [diff, names, floor, hook];
        let figures = interleave(sandbox, rounds, rounds, &contenders)?;
        self.commit_staged(&contenders[3])?;
        Ok(figures)
    }

    /// Measures what a commit costs the next git command.
    fn measure_status(&mut self, name: &str) -> Result<()> {
        let (sandbox, repository) = (self.repository.sandbox, self.repository);
        self.life.stage(TYPICAL)?;
        let staged = &Staged::as_it_is(repository, TYPICAL)?;
        let none = hooks_dir(sandbox, "no-hooks", None)?;
        let idhooks = repository.path(".git/hooks").into_os_string();
        let status = |name, hooks| {
            let commit = commit(name, &repository.dir, hooks);
            let words = ["git", "status", "--short"];
            Contender::new(name, &repository.dir, words).before(move || {
                staged.restore()?;
                commit.run(sandbox).map(drop)
            })
        };
        let contenders = [
            status("after a commit without hooks", &none),
            status("after idhooks", &idhooks).compared(),
        ];
        let figures = self.subject.bench.measure(name, u32::MAX, &contenders)?;
        self.subject.bench.add(Line::ratio(name, figures, None));
        self.commit_staged(&hook_of(repository).before(|| staged.restore()))?;
        Ok(())
    }

    /// Measures the first commit on a branch that was left for a while.
    fn measure_switch(&mut self, name: &str) -> Result<()> {
        let other = self.life.clone();
        for n in 0..8 {
            self.commit(if n % 2 == 0 { TYPICAL } else { EDITS })?;
        }
        self.repository.git("switch -q -c other HEAD~8")?;
        self.life = other;
        for _ in 0..3 {
            self.commit(TYPICAL)?;
        }
        self.repository.git("switch -q main")?;
        self.repository.git("switch -q other")?;
        self.life.stage(TYPICAL)?;
        let figures = self.measure_commit(TYPICAL, None)?;
        self.subject.bench.add(Line::ratio(name, figures, None));
        Ok(())
    }

    /// Measures the first commit in a new clone, of which nothing is known yet.
    fn measure_clone(&mut self, name: &str) -> Result<()> {
        let repository = self.repository;
        let forget = || {
            let memory = repository.path(".git/idhooks");
            if memory.exists() {
                fs::remove_dir_all(memory)?;
            }
            // It searches the last commits, and is all that a person does in a clone.
            repository.idhooks("install --quiet").map(drop)
        };
        // As in a clone, everything is in one pack.
        repository.pack()?;
        self.life.stage(TYPICAL)?;
        let figures = self.measure_commit(TYPICAL, Some(&forget))?;
        self.subject.bench.add(Line::ratio(name, figures, None));
        Ok(())
    }
}

/// Returns the hook as git calls it, with its stub.
fn hook_of<'c>(repository: &Repository<'_>) -> Contender<'c> {
    Contender::new("idhooks", &repository.dir, [repository.path(".git/hooks/pre-commit")])
        .compared()
        .with("GIT_INDEX_FILE", ".git/index")
        .with("GIT_PREFIX", "")
        .with("GIT_EDITOR", ":")
}

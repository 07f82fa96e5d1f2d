//! Commands that wait for each other: ten `idhooks allocate` at once, against ten `flock … git add`.

use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::thread;

use anyhow::{Result, bail};

use crate::bench::{Bench, grouped};
use crate::measure::{Sample, measure as measure_command};
use crate::report::{Figures, Line, Unit};
use crate::repository::Repository;
use crate::sandbox::Program;
use crate::seed;

/// How many files the repository has.
const FILES: u32 = 1_000;
/// How many commands wait, besides the one that they wait for.
const WAITING: u32 = 10;
/// How often.
const ROUNDS: u32 = 30;
/// How long a command may take, waiting included, in ms.
const TARGET: f64 = 100.0;

pub(super) fn measure(bench: &Bench) -> Result<()> {
    let what = format!("{WAITING} waiting allocate, wall time p99");
    let name = format!("{what}, {} files", grouped(FILES));
    if !bench.wants(&name) {
        return Ok(());
    }
    if Command::new("flock").arg("--version").output().is_err() {
        bench.skip(format!("{name}: there is no program 'flock'"));
        return Ok(());
    }
    eprintln!("measuring: {name}");
    let repository = Repository::build_in(&bench.sandbox, "waiting", FILES)?;
    repository.adopt()?;
    repository.check_out()?;
    let program = bench.sandbox.idhooks_path().as_os_str().to_owned();
    let allocate =
        |path: &str| -> Vec<OsString> { vec![program.clone(), "allocate".into(), path.into()] };
    let add = |path: &str| ["flock", ".git/lock", "git", "add", path].map(OsString::from).into();
    let mut figures = [Figures::new("flock … git add"), Figures::new("idhooks allocate")];
    for round in 0..=ROUNDS {
        for (all, words) in figures.iter_mut().zip([&add as &dyn Fn(&str) -> _, &allocate]) {
            let paths = new_files(&repository, round)?;
            if all.name.starts_with("idhooks") {
                repository.git(&format!("add {}", paths.join(" ")))?;
            }
            for sample in at_once(bench, &repository, &paths, words)? {
                if round > 0 {
                    all.add(Program::This, sample);
                }
            }
            let expected = paths.len();
            let listed = repository.git(&format!("ls-files {}", paths.join(" ")))?;
            if listed.lines().count() != expected {
                bail!("some of {expected} files are not in the index");
            }
            if all.name.starts_with("idhooks") {
                let ids = repository.idhooks(&format!("id {}", paths.join(" ")))?;
                if ids.lines().count() != expected {
                    bail!("some of {expected} files have no identity");
                }
            }
            repository.git("reset -q --hard")?;
        }
    }
    let [git, idhooks] = figures.each_ref().map(|figures| figures.wall_at(99));
    let figures = Vec::from(figures);
    let note = format!("wall p99: flock … git add {git:.0} ms");
    let line = Line::time(&name, figures.clone(), Some(TARGET));
    bench.add(Line { measured: idhooks, note: note.clone(), ..line });
    let line = Line::ratio(&format!("{name} ÷ flock … git add"), figures, None);
    bench.add(Line { measured: idhooks / git, unit: Unit::Times, note, ..line });
    Ok(())
}

/// Makes a file for each command, and returns their paths.
fn new_files(repository: &Repository<'_>, round: u32) -> Result<Vec<String>> {
    let file = |n: u32| {
        let number = FILES + round * (WAITING + 1) + n;
        let path = format!("waiting-{round}-{n}.md");
        fs::write(repository.path(&path), seed::content(number, 0))?;
        Ok(path)
    };
    (0..=WAITING).map(file).collect()
}

/// Runs a command for each path, all at the same time.
fn at_once(
    bench: &Bench,
    repository: &Repository<'_>,
    paths: &[String],
    words: &dyn Fn(&str) -> Vec<OsString>,
) -> Result<Vec<Sample>> {
    let sandbox = &bench.sandbox;
    let run = |(n, path): (usize, &String)| {
        let command = sandbox.command(sandbox.own_path(), &repository.dir);
        let [out, err] = ["out", "err"].map(|end| sandbox.path(format!("waiting-{n}.{end}")));
        let words = words(path);
        thread::spawn(move || -> Result<Sample> {
            let sample = measure_command(command, &words, &out, &err)?;
            if sample.code != 0 {
                bail!("{words:?} ended with {}: {}", sample.code, fs::read_to_string(err)?);
            }
            Ok(sample)
        })
    };
    let running: Vec<_> = paths.iter().enumerate().map(run).collect();
    let ended = running.into_iter().map(thread::JoinHandle::join);
    ended.map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
}

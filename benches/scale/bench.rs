//! One run of the benchmark: what was chosen, where it happens, what came out.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::options::Options;
use crate::report::{Figures, Line, Report};
use crate::rounds::{Contender, interleave};
use crate::sandbox::{Program, Sandbox};

/// How many times as many rounds a noisy machine gets.
const MOST: u32 = 4;

/// One run of the benchmark.
pub(crate) struct Bench {
    /// What was chosen.
    pub(crate) options: Options,
    /// Where it happens.
    pub(crate) sandbox: Sandbox,
    report: RefCell<Report>,
}

impl Bench {
    /// Prepares a run.
    pub(crate) fn new(options: Options) -> Result<Self> {
        let program = options.idhooks.clone().map_or_else(built_program, Ok)?;
        let sandbox = Sandbox::new(&program, options.against.as_deref())?;
        let here = sandbox.path("");
        let version = sandbox.idhooks(&here, "--version")?;
        let git = sandbox.git(&here, "--version")?;
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        let mut machine = vec![
            ("idhooks", version.trim_start_matches("idhooks ").to_owned()),
            ("build", build.to_owned()),
            ("git", git.trim_start_matches("git version ").to_owned()),
            ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
            ("CPUs", cores.to_string()),
            ("rounds", options.rounds.to_string()),
        ];
        if sandbox.programs().contains(&Program::Other) {
            let other = sandbox.with(Program::Other, &here, || sandbox.idhooks(&here, "--version"));
            machine.insert(1, ("against", other?.trim_start_matches("idhooks ").to_owned()));
        }
        let most = 1.0 + f64::from(options.slack) / 100.0;
        let report = Report { machine, most, lines: Vec::new(), skipped: Vec::new() };
        Ok(Bench { options, sandbox, report: RefCell::new(report) })
    }

    /// Returns whether a line of this name is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.options.wants(name)
    }

    /// Measures the contenders of a line, in so many rounds at most.
    pub(crate) fn measure(
        &self,
        name: &str,
        most_rounds: u32,
        contenders: &[Contender<'_>],
    ) -> Result<Vec<Figures>> {
        eprintln!("measuring: {name}");
        let rounds = most_rounds.min(self.options.rounds);
        interleave(&self.sandbox, rounds, MOST * rounds, contenders)
    }

    /// Measures the contenders of a line, in exactly so many rounds, however many were chosen.
    pub(crate) fn measure_rounds(
        &self,
        name: &str,
        rounds: u32,
        contenders: &[Contender<'_>],
    ) -> Result<Vec<Figures>> {
        eprintln!("measuring: {name}");
        interleave(&self.sandbox, rounds, rounds, contenders)
    }

    /// Adds a line to the table.
    pub(crate) fn add(&self, line: Line) {
        self.report.borrow_mut().lines.push(line);
    }

    /// Says that something is left out.
    pub(crate) fn skip(&self, what: impl Into<String>) {
        self.report.borrow_mut().skipped.push(what.into());
    }

    /// Prints and writes the report, and returns the exit code.
    pub(crate) fn finish(self) -> Result<ExitCode> {
        let report = self.report.into_inner();
        print!("{}", report.markdown());
        if let Some(file) = &self.options.json {
            write_json(file, &report)?;
        }
        let fails = report.lines.iter().any(|line| !line.passes() || report.is_slower(line));
        Ok(if fails && self.options.strict { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// Builds the program as `cargo build --release` does, and returns where it is.
fn built_program() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--locked", "--release", "--package", "idhooks"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(built.stdout)?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    programs.next().context("cargo did not build the program")
}

fn write_json(file: &Path, report: &Report) -> Result<()> {
    let text = serde_json::to_string_pretty(&report.json())?;
    Ok(fs::write(file, text + "\n")?)
}

/// Returns a number of files as people write it.
pub(crate) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

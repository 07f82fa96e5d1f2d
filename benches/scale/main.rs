//! Measures idhooks against git, line by line, and says which targets are met.
//!
//! `cargo bench -p idhooks-benches --bench scale -- --help` tells what can be chosen. For every line
//! all contenders run in every round, beginning with another one each time, on the same state of the
//! same repository; so whatever else the machine does meets them alike, and what counts are ratios.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark talks to whoever runs it"
)]

mod bench;
mod growth;
mod life;
mod lines;
mod measure;
mod options;
mod part;
mod records;
mod report;
mod repository;
mod rounds;
mod sandbox;
mod seed;
mod staged;
mod stream;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use bench::Bench;
use options::Options;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    let rest = args.get(2..).unwrap_or_default();
    let done = match args.get(1).and_then(|word| word.to_str()) {
        Some(measure::WORD) => measure::child(rest),
        Some(part::WORD) => part::run(rest),
        _ => measure_all(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn measure_all(args: &[OsString]) -> Result<ExitCode> {
    if !args.iter().any(|word| word == "--bench") {
        // `cargo test --benches` starts benchmarks too, with arguments of its own.
        println!("nothing measured; run: cargo bench -p idhooks-benches --bench scale");
        return Ok(ExitCode::SUCCESS);
    }
    let bench = Bench::new(Options::parse_from(args))?;
    lines::all(&bench)?;
    bench.finish()
}

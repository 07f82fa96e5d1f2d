//! What can be chosen on the command line.

use std::path::PathBuf;

/// Measure idhooks against git, side by side
#[derive(Debug, clap::Parser)]
#[command(name = "scale", bin_name = "cargo bench -p idhooks-benches --bench scale --")]
pub(crate) struct Options {
    /// Sizes of the repositories, in files
    #[arg(
        long,
        value_name = "NUMBER",
        value_delimiter = ',',
        default_value = "1000,10000,100000",
        value_parser = clap::value_parser!(u32).range(500..=2_000_000)
    )]
    pub(crate) files: Vec<u32>,
    /// Rounds that count, after one that does not; up to four times as many on a noisy machine
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) rounds: u32,
    /// Write all numbers to a file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Only the lines whose name contains this text; may be repeated
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Measure hook managers, too, which .ci/managers installs below target/managers
    #[arg(long)]
    pub(crate) with_managers: bool,
    /// Measure the memory that a million files take, too
    #[arg(long)]
    pub(crate) million: bool,
    /// Measure 'check --history' over this adopted repository, or a bundle of one
    #[arg(long, value_name = "PATH")]
    pub(crate) history: Option<PathBuf>,
    /// Exit with code 1 if a line misses its target
    #[arg(long)]
    pub(crate) strict: bool,
    /// The program to measure, instead of a release build of these sources
    #[arg(long, value_name = "PATH")]
    pub(crate) idhooks: Option<PathBuf>,
    /// Measure another idhooks in turns with this one, too: no line may be slower than there
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Option<PathBuf>,
    /// By how many percent a line may be slower than with '--against'
    #[arg(long, value_name = "PERCENT", default_value_t = 5, requires = "against")]
    pub(crate) slack: u32,
    /// What 'cargo bench' passes
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// Returns whether a line of this name is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| name.contains(pattern.as_str()))
    }
}

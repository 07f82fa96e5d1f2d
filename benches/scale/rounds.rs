//! Every round runs every contender once, beginning with another one each time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::measure::Sample;
use crate::report::Figures;
use crate::sandbox::{Program, Sandbox};

type Step<'a> = Box<dyn Fn() -> Result<()> + 'a>;

/// A command that is measured.
pub(crate) struct Contender<'a> {
    name: String,
    dir: PathBuf,
    words: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    highest_code: i32,
    is_compared: bool,
    before: Step<'a>,
    after: Step<'a>,
}

impl<'a> Contender<'a> {
    /// Returns a command that runs in `dir` and must exit with 0.
    pub(crate) fn new<W: Into<OsString>>(
        name: impl Into<String>,
        dir: &Path,
        words: impl IntoIterator<Item = W>,
    ) -> Self {
        Contender {
            name: name.into(),
            dir: dir.to_owned(),
            words: words.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
            highest_code: 0,
            is_compared: false,
            before: Box::new(|| Ok(())),
            after: Box::new(|| Ok(())),
        }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Runs with the other idhooks, too, if there is one: here, `dir` is the top of a repository.
    #[must_use]
    pub(crate) fn compared(mut self) -> Self {
        self.is_compared = true;
        self
    }

    /// Accepts exit codes up to this one.
    #[must_use]
    pub(crate) fn accepting(mut self, code: i32) -> Self {
        self.highest_code = code;
        self
    }

    /// Makes the state it starts from, which is not measured.
    #[must_use]
    pub(crate) fn before(mut self, step: impl Fn() -> Result<()> + 'a) -> Self {
        self.before = Box::new(step);
        self
    }

    /// Looks whether it did its work, which is not measured.
    #[must_use]
    pub(crate) fn after(mut self, step: impl Fn() -> Result<()> + 'a) -> Self {
        self.after = Box::new(step);
        self
    }

    /// Runs it once, as this program.
    fn run_as(&self, sandbox: &Sandbox, program: Program) -> Result<Sample> {
        sandbox.with(program, &self.dir, || self.run(sandbox))
    }

    /// Runs it once.
    pub(crate) fn run(&self, sandbox: &Sandbox) -> Result<Sample> {
        (self.before)().with_context(|| format!("before '{}'", self.name))?;
        let (sample, said) = sandbox.measure(&self.dir, &self.variables, &self.words)?;
        if !(0..=self.highest_code).contains(&sample.code) {
            bail!("'{}' ended with {}: {}", self.name, sample.code, said.trim());
        }
        (self.after)().with_context(|| format!("after '{}'", self.name))?;
        Ok(sample)
    }
}

/// Runs all contenders in turn, after one round that does not count; on and on, up to `most`
/// rounds, while the fastest run of one of them may be luck.
pub(crate) fn interleave(
    sandbox: &Sandbox,
    rounds: u32,
    most: u32,
    contenders: &[Contender<'_>],
) -> Result<Vec<Figures>> {
    let mut figures: Vec<Figures> =
        contenders.iter().map(|contender| Figures::new(&contender.name)).collect();
    for round in 0..=most {
        if round > rounds && figures.iter().all(Figures::is_settled) {
            break;
        }
        for turn in 0..contenders.len() {
            let which = (round as usize + turn) % contenders.len();
            let mut programs = sandbox.programs().to_vec();
            if !contenders[which].is_compared {
                programs.truncate(1);
            }
            if round % 2 == 1 {
                programs.reverse();
            }
            for program in programs {
                let sample = contenders[which].run_as(sandbox, program)?;
                if round > 0 {
                    figures[which].add(program, sample);
                }
            }
        }
    }
    Ok(figures)
}

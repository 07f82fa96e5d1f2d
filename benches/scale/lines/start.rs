//! The start of a hook that has nothing to do: what every commit pays for the size of the program.

use std::fs;

use anyhow::Result;

use crate::bench::Bench;
use crate::report::{Figures, Line, Unit};
use crate::rounds::Contender;

/// How many starts.
const STARTS: u32 = 200;
/// How much longer a start may take than one of the other program, in ms.
const TARGET: f64 = 0.2;

pub(super) fn measure(bench: &Bench) -> Result<()> {
    let name = format!("hook start, minimum of {STARTS}");
    if !bench.wants(&name) {
        return Ok(());
    }
    let sandbox = &bench.sandbox;
    // A repository that is not adopted.
    let dir = &sandbox.path("start");
    fs::create_dir(dir)?;
    sandbox.git(dir, "init -q .")?;
    let words = ["hook", "pre-commit"].map(AsRef::as_ref);
    let program = sandbox.idhooks_path().as_os_str();
    let contenders = [
        Contender::new("true", dir, ["true"]),
        Contender::new("idhooks", dir, [program].into_iter().chain(words)).compared(),
    ];
    let figures = bench.measure_rounds(&name, STARTS, &contenders)?;
    let more = figures.last().and_then(Figures::over_other_cpu);
    match more {
        None => {
            bench.skip(format!("{name}, above another program: --against <program>"));
            bench.add(Line::time(&name, figures, None));
        }
        Some(measured) => {
            let name = format!("{name}, above the other program");
            let line = Line::time(&name, figures, Some(TARGET));
            bench.add(Line { measured, unit: Unit::Milliseconds, ..line });
        }
    }
    Ok(())
}

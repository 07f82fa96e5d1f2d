//! Whether the outputs of 200 generators are up to date: beside `git ls-files`.

use std::fmt::Write;
use std::fs;

use anyhow::{Result, bail};

use crate::bench::{Bench, grouped};
use crate::report::Line;
use crate::repository::Repository;
use crate::rounds::Contender;
use crate::seed;

/// How many files the repository has.
const FILES: u32 = 10_000;
/// How many generators.
const GENERATORS: u32 = 200;
/// How long it may take, in ms.
const TARGET: f64 = 200.0;

pub(super) fn measure(bench: &Bench) -> Result<()> {
    let name = format!("staleness of {GENERATORS} generators, {} records", grouped(FILES));
    if !bench.wants(&name) {
        return Ok(());
    }
    let sandbox = &bench.sandbox;
    let repository = Repository::build_in(sandbox, "generators", FILES)?;
    repository.adopt()?;
    let file = repository.path("idhooks.toml");
    fs::write(&file, fs::read_to_string(&file)? + &rules())?;
    repository.git("add idhooks.toml")?;
    repository.git("commit -q -m generators")?;
    let dir = &repository.dir;
    let program = sandbox.idhooks_path().as_os_str();
    let contenders = [
        Contender::new("git ls-files", dir, ["git", "ls-files"]),
        Contender::new(
            "idhooks generate --list",
            dir,
            [program, "generate".as_ref(), "--list".as_ref()],
        ),
    ];
    contenders[1].run(sandbox)?;
    let fresh = fs::read_to_string(sandbox.printed())?.matches("  fresh  ").count();
    if fresh != GENERATORS as usize {
        bail!("{fresh} outputs are up to date instead of {GENERATORS}");
    }
    let figures = bench.measure(&name, u32::MAX, &contenders)?;
    bench.add(Line::time(&name, figures, Some(TARGET)));
    Ok(())
}

/// Returns rules with different filters, fields and files.
fn rules() -> String {
    let mut rules = String::new();
    for number in 0..GENERATORS {
        let path = seed::path(number * (FILES / GENERATORS));
        let dir = path.rsplit_once('/').map_or(&*path, |(dir, _)| dir);
        let inputs = match number % 4 {
            0 | 1 => format!("path = \"{dir}/**\", status = \"active\""),
            2 => format!("ns = \"{}\"", ["100", "110", "300", "400", "999"][number as usize % 5]),
            _ => "status = \"active\"".to_owned(),
        };
        let fields = ["\"id\"", "\"id\", \"file_path\"", "\"file_path\", \"status\"", "\"ns\""];
        let fields = fields[number as usize / 4 % 4];
        let _infallible = write!(
            rules,
            "\n[[generators]]\nname = \"g{number}\"\ninputs = {{ {inputs} }}\nfields = [{fields}]\n\
             files = [\"{dir}/**\"]\noutput = [\"generated/{number}.csv\"]\nbuiltin = \"csv\"\n"
        );
    }
    rules
}

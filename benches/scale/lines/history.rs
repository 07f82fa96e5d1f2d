//! `idhooks check --history`: against `git log --name-status -M`.

use std::fs;

use anyhow::Result;

use crate::bench::Bench;
use crate::report::Line;
use crate::rounds::Contender;
use crate::sandbox::answer;

const NAME: &str = "check --history";

pub(super) fn measure(bench: &Bench) -> Result<()> {
    if !bench.wants(NAME) {
        return Ok(());
    }
    let Some(path) = &bench.options.history else {
        bench.skip(format!("{NAME}: --history <path of an adopted repository or its bundle>"));
        return Ok(());
    };
    let sandbox = &bench.sandbox;
    let dir = &sandbox.path("history");
    let path = std::path::absolute(path)?;
    let mut clone = sandbox.command("git", &sandbox.path(""));
    answer(clone.args(["clone", "-q"]).args([&path, dir]))?;
    if !dir.join(".idhooks/registry.json").is_file() {
        bench.skip(format!("{NAME}: '{}' has no registry", path.display()));
        return Ok(());
    }
    let forget = || {
        let cache = dir.join(".git/idhooks");
        if cache.exists() {
            fs::remove_dir_all(cache)?;
        }
        Ok(())
    };
    let log = ["git", "log", "--name-status", "-M"];
    let program = sandbox.idhooks_path().as_os_str();
    let words = ["check", "--history"].map(AsRef::as_ref);
    let contenders = [
        Contender::new("git log --name-status -M", dir, log),
        // Findings are an answer, too.
        Contender::new("idhooks", dir, [program].into_iter().chain(words))
            .compared()
            .before(forget)
            .accepting(1),
    ];
    let figures = bench.measure(NAME, 3, &contenders)?;
    let commits = sandbox.git(dir, "rev-list --count HEAD")?;
    let name = format!("{NAME}, {commits} commits");
    bench.add(Line::ratio(&name, figures, Some(1.5)));
    Ok(())
}

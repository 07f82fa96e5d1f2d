//! Commits beside another program: as many records as a registry has that grew for years, all of them spelled
//! as that program spells them, with dual write and without.

use std::cell::RefCell;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::commits::commit;
use crate::bench::Bench;
use crate::life::Life;
use crate::report::Line;
use crate::repository::{Counts, Repository};

/// How many records there are.
const RECORDS: u32 = 549;
/// How many commits there are before the first one that is measured.
const HISTORY: u32 = 30;
/// How many commits in a row are measured.
const COMMITS: u32 = 50;
/// What each of them changes.
const ADDED: Counts = Counts { renamed: 0, added: 1, modified: 0, deleted: 0 };
/// The legacy file.
const LEGACY: &str = "registry/ID_REGISTRY.json";
/// How many times as long a commit may take.
const COMMIT: f64 = 1.2;

pub(super) fn measure(bench: &Bench) -> Result<()> {
    let name = format!("commit beside another program ÷ without, {RECORDS} kept spellings");
    if !bench.wants(&name) {
        return Ok(());
    }
    let both = [build(bench, false)?, build(bench, true)?];
    let lives = both.each_ref().map(|repository| RefCell::new(Life::new(repository)));
    for (repository, life) in both.iter().zip(&lives) {
        for _ in 0..HISTORY {
            life.borrow_mut().stage(ADDED)?;
            repository.git("commit -q -m change")?;
        }
        repository.pack()?;
    }
    let next = |name, place: usize| {
        let (repository, life): (&Repository<'_>, &RefCell<Life<'_, '_>>) =
            (&both[place], &lives[place]);
        commit(name, &repository.dir, &repository.path(".git/hooks").into_os_string())
            .before(move || life.borrow_mut().stage(ADDED))
    };
    let figures = bench.measure_rounds(&name, COMMITS, &[next("without", 0), next("with", 1)])?;
    let [without, with]: [_; 2] = figures.try_into().ok().context("two contenders")?;
    let sizes = [".idhooks/registry.json", LEGACY].map(|path| fs::metadata(both[1].path(path)));
    let [registry, legacy] = sizes;
    let note = format!(
        "medians of {COMMITS} commits: {:.1} and {:.1}; wall {:.2}×; registry {} and legacy file {} bytes",
        without.median_cpu(),
        with.median_cpu(),
        with.median_wall() / without.median_wall(),
        registry?.len(),
        legacy?.len()
    );
    let measured = with.median_cpu() / without.median_cpu();
    let line = Line::ratio(&name, vec![without, with], Some(COMMIT));
    bench.add(Line { measured, note, ..line });
    for (repository, life) in both.iter().zip(&lives) {
        // The counters of the other program are nearly full, which is a warning: its last numbers are
        // scattered, as idhooks allocates them.
        repository.idhooks("check --rev HEAD")?;
        repository.assert_names("HEAD", life.borrow().len())?;
    }
    both.iter().try_for_each(|repository| Ok(fs::remove_dir_all(&repository.dir)?))
}

/// Builds a repository with the registry of another program, which writes on in one of them.
fn build(bench: &Bench, is_dual: bool) -> Result<Repository<'_>> {
    let numbered = Repository::build_in(&bench.sandbox, "numbered", RECORDS)?;
    numbered.check_out()?;
    numbered.adopt()?;
    let foreign = spelled(&numbered.idhooks("export --format eafix")?)?;
    fs::remove_dir_all(&numbered.dir)?;
    let name = if is_dual { "beside" } else { "alone" };
    let repository = Repository::build_in(&bench.sandbox, name, RECORDS)?;
    repository.check_out()?;
    let file = match is_dual {
        true => repository.path(LEGACY),
        false => bench.sandbox.path("foreign.json"),
    };
    fs::create_dir_all(file.parent().context("a directory")?)?;
    fs::write(&file, foreign)?;
    if is_dual {
        repository.git("add registry")?;
        repository.git("commit -q -m registry")?;
        repository.idhooks("migrate run")?;
        repository.idhooks("install --quiet")?;
    } else {
        repository.idhooks("import --quiet ../foreign.json")?;
        repository.idhooks("install --quiet")?;
        repository.git("commit -q -m adopt")?;
    }
    Ok(repository)
}

/// Returns a registry as another program spells it: times without a zone, keys of its own, in its order.
fn spelled(registry: &str) -> Result<String> {
    let whole: Value = serde_json::from_str(registry)?;
    let records = whole["allocations"].as_array().context("records")?;
    let record = |record: &Value| {
        let (id, path) = (&record["id"], &record["file_path"]);
        let at = record["allocated_at"].as_str().unwrap_or_default().trim_end_matches('Z');
        format!(
            "    {{\n      \"id\": {id},\n      \"file_path\": {path},\n      \"status\": \"active\",\n      \"allocated_at\": \"{at}.000000\",\n      \"allocated_by\": \"batch\",\n      \"metadata\": {{\n        \"canonical_path\": {path}\n      }}\n    }}"
        )
    };
    let records: Vec<String> = records.iter().map(record).collect();
    let (scope, counters) = (&whole["scope"], &whole["counters"]);
    Ok(format!(
        "{{\n  \"schema_version\": \"1.0\",\n  \"scope\": {scope},\n  \"metadata\": {{\n    \"version\": \"2.3.1\"\n  }},\n  \"counters\": {counters},\n  \"allocations\": [\n{}\n  ]\n}}\n",
        records.join(",\n")
    ))
}

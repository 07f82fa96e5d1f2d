//! The hook against hook managers whose own hook does nothing, in repositories of 1,000 files.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::commits::{commit, hooks_dir};
use crate::bench::Bench;
use crate::report::{Figures, Line};
use crate::repository::{Kind, Repository, copy_dir};
use crate::rounds::Contender;
use crate::sandbox::answer;
use crate::staged::Staged;

const FILES: u32 = 1_000;

/// A hook manager: its program, its configuration, and how it is installed in a repository.
struct Manager {
    program: &'static str,
    configuration: Option<(&'static str, &'static str)>,
    install: &'static str,
}

const PRE_COMMIT: Option<(&str, &str)> = Some((
    ".pre-commit-config.yaml",
    "repos:\n  - repo: local\n    hooks:\n      - id: empty\n        name: empty\n        \
     entry: 'true'\n        language: system\n        always_run: true\n        \
     pass_filenames: false\n",
));

const MANAGERS: [Manager; 5] = [
    Manager { program: "prek", configuration: PRE_COMMIT, install: "prek install" },
    Manager {
        program: "lefthook",
        configuration: Some((
            "lefthook.yml",
            "pre-commit:\n  commands:\n    empty:\n      run: 'true'\n",
        )),
        install: "lefthook install",
    },
    Manager {
        program: "husky",
        configuration: Some((".husky/pre-commit", "true\n")),
        install: "husky",
    },
    Manager { program: "pre-commit", configuration: PRE_COMMIT, install: "pre-commit install" },
    Manager {
        program: "git-lfs",
        configuration: Some((".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")),
        install: "git lfs install --local",
    },
];

pub(super) fn measure(bench: &Bench) -> Result<()> {
    let title = |kind: Kind, beside: &str| format!("hook ÷ hook of {beside}, {}", kind.title());
    let kinds = [Kind::Edits, Kind::Many]
        .into_iter()
        .filter(|kind| MANAGERS.iter().any(|manager| bench.wants(&title(*kind, manager.program))));
    let kinds: Vec<Kind> = kinds.collect();
    if kinds.is_empty() {
        return Ok(());
    }
    if !bench.options.with_managers {
        bench.skip("hook managers: --with-managers");
        return Ok(());
    }
    let path = search_path(bench)?;
    // Beside what may have been built of the same size.
    let base = Repository::build(&bench.sandbox, FILES + 1)?;
    base.check_out()?;
    let mut repositories = Vec::new();
    for manager in &MANAGERS {
        match install(bench, &base, manager, &path) {
            Ok(repository) => repositories.push((manager.program, repository)),
            Err(error) => bench.skip(format!("{}: {error:#}", manager.program)),
        }
    }
    let adopted = Repository { dir: bench.sandbox.path("adopted"), ..base };
    copy_dir(&bench.sandbox.path(format!("files-{}", FILES + 1)), &adopted.dir)?;
    adopted.adopt()?;
    adopted.pack()?;
    for kind in kinds {
        let figures = measure_kind(bench, &adopted, &repositories, &path, kind)?;
        let (none, idhooks) = (&figures[0], &figures[figures.len() - 1]);
        for manager in &figures[1..figures.len() - 1] {
            let measured = (idhooks.cpu() - none.cpu()) / (manager.cpu() - none.cpu());
            let all = vec![none.clone(), manager.clone(), idhooks.clone()];
            let name = title(kind, &manager.name);
            bench.add(Line { measured, ..Line::ratio(&name, all, Some(1.0)) });
        }
    }
    Ok(())
}

/// Installs the managers, and returns the search path with them and idhooks.
fn search_path(bench: &Bench) -> Result<OsString> {
    let named = std::env::var_os("IDHOOKS_TEST_MANAGERS").filter(|dir| !dir.is_empty());
    let bin = match named {
        Some(dir) => PathBuf::from(dir),
        None => {
            eprintln!("installing hook managers");
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let mut command = std::process::Command::new("bash");
            let said = answer(command.arg(".ci/managers").current_dir(root))?;
            PathBuf::from(said.lines().last().context("the directory of the managers")?)
        }
    };
    let idhooks = bench.sandbox.idhooks_path().parent().context("a directory")?;
    let rest = std::env::var_os("PATH").unwrap_or_default();
    // The package of lefthook has a script in front of the program, for which it would be wrong to
    // blame lefthook.
    let lefthook = native_lefthook(&bin);
    let dirs = lefthook.into_iter().chain([bin, idhooks.to_owned()]);
    Ok(std::env::join_paths(dirs.chain(std::env::split_paths(&rest)))?)
}

/// Returns the directory of lefthook's program itself, in the package for this machine.
fn native_lefthook(bin: &Path) -> Option<PathBuf> {
    let packages = fs::read_dir(bin.join("../lefthook/node_modules")).ok()?;
    packages
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .find(|dir| dir.join("lefthook").is_file())
}

/// Returns a copy of the repository in which a manager is installed.
fn install<'a>(
    bench: &'a Bench,
    base: &Repository<'a>,
    manager: &Manager,
    path: &OsString,
) -> Result<Repository<'a>> {
    let sandbox = &bench.sandbox;
    let dir = sandbox.path(format!("with-{}", manager.program));
    copy_dir(&base.dir, &dir)?;
    let repository = Repository { sandbox, dir, files: base.files };
    fs::create_dir_all(repository.path(".husky"))?;
    // What is restored in every repository that is measured.
    fs::create_dir_all(repository.path(".idhooks"))?;
    fs::write(repository.path(".idhooks/registry.json"), "not of interest\n")?;
    if let Some((name, text)) = manager.configuration {
        fs::write(repository.path(name), text)?;
    }
    repository.git("add -A")?;
    repository.git("commit -q -m configure")?;
    repository.pack()?;
    let mut command = sandbox.command("sh", &repository.dir);
    answer(command.args(["-e", "-c", manager.install]).env("PATH", path))?;
    Ok(repository)
}

fn measure_kind(
    bench: &Bench,
    adopted: &Repository<'_>,
    repositories: &[(&str, Repository<'_>)],
    path: &OsString,
    kind: Kind,
) -> Result<Vec<Figures>> {
    let stage = |repository| Staged::in_working_tree(repository, kind);
    let staged = stage(adopted)?;
    let others: Vec<Staged<'_, '_>> =
        repositories.iter().map(|(_, repository)| stage(repository)).collect::<Result<_>>()?;
    let none = hooks_dir(&bench.sandbox, "no-hooks", None)?;
    let idhooks = adopted.dir.join(".git/hooks").into_os_string();
    let mut contenders = vec![
        commit("no hook", &adopted.dir, &none)
            .before(|| staged.restore())
            .after(|| staged.assert_registry("HEAD", false)),
    ];
    for ((program, repository), staged) in repositories.iter().zip(&others) {
        let words = ["git", "commit", "-q", "-m", "change"];
        contenders.push(
            Contender::new(*program, &repository.dir, words)
                .before(|| staged.restore())
                .after(|| staged.assert_registry("HEAD", false)),
        );
    }
    contenders.push(
        commit("idhooks", &adopted.dir, &idhooks)
            .before(|| staged.restore())
            .after(|| staged.assert_registry("HEAD", true)),
    );
    let contenders: Vec<_> = contenders.into_iter().map(|c| c.with("PATH", path)).collect();
    let name = format!("hook managers, {}", kind.title());
    let figures = bench.measure(&name, u32::MAX, &contenders)?;
    if let Some(idhooks) = contenders.last() {
        idhooks.run(&bench.sandbox)?;
    }
    staged.assert_true("HEAD")?;
    staged.restore()?;
    others.iter().try_for_each(Staged::restore)?;
    Ok(figures)
}

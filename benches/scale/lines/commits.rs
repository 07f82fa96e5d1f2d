//! `git commit` without a hook, with an empty hook, and with idhooks, in one repository.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::Subject;
use super::changes::GIT_DIFF;
use crate::report::{Figures, Line};
use crate::repository::{Kind, Repository};
use crate::rounds::Contender;
use crate::sandbox::Sandbox;
use crate::staged::Staged;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let over = |kind: Kind| subject.line(&format!("commit ÷ empty hook, {}", kind.title()));
    let (edits, added) = (over(Kind::Edits), over(Kind::Added));
    let whole = subject.line("whole hook over an empty one ÷ git diff, 70 changed");
    let after_command = subject.line("commit after a command ÷ ordinary commit, one added");
    if edits.is_none() && added.is_none() && whole.is_none() && after_command.is_none() {
        return Ok(());
    }
    let repository = subject.adopted()?;
    repository.pack()?;
    repository.check_out()?;
    if let Some(name) = edits {
        let figures = measure_kind(subject, repository, Kind::Edits, &name)?;
        let target = subject.large(1.06).or(Some(1.15));
        subject.bench.add(Line::ratio(&name, over_empty(figures), target));
    }
    if let Some(name) = added {
        let figures = measure_kind(subject, repository, Kind::Added, &name)?;
        subject.bench.add(Line::ratio(&name, over_empty(figures), None));
    }
    if let Some(name) = whole {
        let figures = measure_kind(subject, repository, Kind::Many, &name)?;
        let cpu: Vec<f64> = figures.iter().map(Figures::cpu).collect();
        let target = match subject.files {
            ..5_000 => 1.8,
            5_000..50_000 => 2.3,
            _ => 4.4,
        };
        let measured = (cpu[3] - cpu[2]) / cpu[0];
        subject.bench.add(Line { measured, ..Line::ratio(&name, figures, Some(target)) });
    }
    if let Some(name) = after_command {
        let figures = measure_after_command(subject, repository, &name)?;
        subject.bench.add(Line::ratio(&name, figures, Some(1.3)));
    }
    Ok(())
}

/// Compares the commit of a file to which a command has already given an identity with one to which
/// the hook gives it.
fn measure_after_command(
    subject: &Subject<'_>,
    repository: &Repository<'_>,
    name: &str,
) -> Result<Vec<Figures>> {
    let plain = &Staged::in_working_tree(repository, Kind::Added)?;
    let added = repository.git("diff --cached --name-only --diff-filter=A")?;
    let staged = &plain.after_command(&format!("allocate {added}"))?;
    let hooks = repository.dir.join(".git/hooks").into_os_string();
    let states = [("ordinary commit", plain), ("after a command", staged)];
    let [ordinary, after_command] = states.map(|(name, state)| {
        commit(name, &repository.dir, &hooks)
            .before(|| state.restore())
            .after(|| state.assert_registry("HEAD", true))
    });
    let contenders = [ordinary, after_command.compared()];
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    contenders[1].run(&subject.bench.sandbox)?;
    staged.assert_true("HEAD")?;
    plain.restore()?;
    Ok(figures)
}

/// Returns the commits only, that with an empty hook first.
fn over_empty(figures: Vec<Figures>) -> Vec<Figures> {
    let mut commits: Vec<Figures> = figures.into_iter().skip(1).collect();
    commits.swap(0, 1);
    commits
}

/// Returns a directory of hooks with nothing but, perhaps, an empty pre-commit hook.
pub(super) fn hooks_dir(sandbox: &Sandbox, name: &str, script: Option<&str>) -> Result<OsString> {
    let dir = sandbox.path(name);
    fs::create_dir_all(&dir)?;
    if let Some(script) = script {
        let file = dir.join("pre-commit");
        fs::write(&file, script)?;
        make_executable(&file)?;
    }
    Ok(dir.into_os_string())
}

#[cfg(unix)]
fn make_executable(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(file, fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> Result<()> {
    Ok(())
}

/// Returns `git commit` with the hooks of a directory.
pub(super) fn commit<'a>(name: &str, dir: &Path, hooks: &OsString) -> Contender<'a> {
    let mut setting = OsString::from("core.hooksPath=");
    setting.push(hooks);
    let words = ["git".into(), "-c".into(), setting, "commit".into(), "-q".into(), "-m".into()];
    Contender::new(name, dir, words.into_iter().chain([OsString::from("change")]))
}

fn measure_kind(
    subject: &Subject<'_>,
    repository: &Repository<'_>,
    kind: Kind,
    name: &str,
) -> Result<Vec<Figures>> {
    let sandbox = &subject.bench.sandbox;
    let staged = &Staged::in_working_tree(repository, kind)?;
    let dir = &repository.dir;
    let none = hooks_dir(sandbox, "no-hooks", None)?;
    let empty = hooks_dir(sandbox, "empty-hook", Some("#!/bin/sh\nexit 0\n"))?;
    let idhooks = dir.join(".git/hooks").into_os_string();
    let other = |name, hooks| {
        commit(name, dir, hooks)
            .before(|| staged.restore())
            .after(|| staged.assert_registry("HEAD", false))
    };
    let contenders = [
        Contender::new("git diff -M -C", dir, GIT_DIFF).before(|| staged.restore()),
        other("no hook", &none),
        other("empty sh hook", &empty),
        commit("idhooks", dir, &idhooks)
            .compared()
            .before(|| staged.restore())
            .after(|| staged.assert_registry("HEAD", true)),
    ];
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    contenders[3].run(sandbox)?;
    staged.assert_true("HEAD")?;
    staged.restore()?;
    Ok(figures)
}

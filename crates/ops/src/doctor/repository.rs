//! Checks git, the kind of repository, its settings, the environment, and leftovers.

use std::path::Path;

use idhooks_core::check::{TwinPaths, and_more, count};
use idhooks_core::registry::{RepoPath, shell_quoted};
use idhooks_repo::derived::generators::abandoned_tasks;
use idhooks_repo::git::{Leftover, OLDEST_GIT};
use idhooks_repo::store::journal::{Journal, JournalKind};
use idhooks_repo::store::{RunOutcome, Runs, StateDir};
use idhooks_repo::transaction::audit_recording;

use super::diagnosis::Diagnosis;
use super::doctor_line::{DoctorLine, error, note, ok, warning};
use super::installation::add_attributes_line;
use super::protected_branches;
use crate::command_that_undoes;

/// Checks git and the kind of repository.
pub(super) fn lines(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let mut lines = vec![
        git(diagnosis).of("git"),
        kind(diagnosis).of("repository"),
        history(diagnosis).of("history"),
        objects(diagnosis).of("objects"),
    ];
    if !diagnosis.is_bare() {
        lines.push(checkout(diagnosis).of("checkout"));
        lines.push(index(diagnosis).of("index"));
        lines.push(case(diagnosis).of("case"));
    }
    lines
}

fn git(diagnosis: &Diagnosis) -> DoctorLine {
    let (version, [major, minor]) = (&diagnosis.diagnostics.version, OLDEST_GIT);
    match diagnosis.diagnostics.too_old() {
        Some(false) => ok(version),
        Some(true) => error(format!("{version} is older than {major}.{minor}"))
            .help(format!("install git {major}.{minor} or later")),
        None => warning(format!("cannot tell the version from '{version}'"))
            .help("see which git runs: command -v git"),
    }
}

fn kind(diagnosis: &Diagnosis) -> DoctorLine {
    match (diagnosis.is_bare(), diagnosis.state.places.is_linked()) {
        (true, _) => {
            note("bare: nothing is committed here, so it needs no hooks and no merge driver")
        }
        (_, true) => ok("a linked working tree; it shares the hooks and the data of idhooks"),
        _ => ok("has a working tree"),
    }
}

fn history(diagnosis: &Diagnosis) -> DoctorLine {
    match diagnosis.diagnostics.shallow {
        true => note("shallow: earlier history is not in this clone").help("git fetch --unshallow"),
        false => ok("complete"),
    }
}

fn objects(diagnosis: &Diagnosis) -> DoctorLine {
    let diagnostics = &diagnosis.diagnostics;
    let is_promisor = |key: &String| {
        key.starts_with("remote.") && key.ends_with(".promisor") && diagnostics.is_true(key)
    };
    let is_partial = diagnostics.value("extensions.partialclone").is_some()
        || diagnostics.config.keys().any(is_promisor);
    let partial = "a partial clone: contents are fetched when they are needed";
    if is_partial { note(partial) } else { ok("a full clone") }
}

fn checkout(diagnosis: &Diagnosis) -> DoctorLine {
    if !diagnosis.diagnostics.is_true("core.sparsecheckout") {
        return ok("full");
    }
    let index = diagnosis.repo.index(&diagnosis.repo.index_file());
    match index.is_ok_and(|index| index.skipped.has_registry()) {
        false => ok("sparse; the registry is part of it"),
        true => note("sparse; the registry is not part of it, and is updated in the index only")
            .help("git sparse-checkout add .idhooks"),
    }
}

fn index(diagnosis: &Diagnosis) -> DoctorLine {
    let diagnostics = &diagnosis.diagnostics;
    // The value is a boolean or the path of a program.
    let has_monitor = diagnostics.is_true("core.fsmonitor")
        || diagnostics.value("core.fsmonitor").is_some_and(|value| value.contains('/'));
    let forms = [
        (diagnostics.split_index, "split"),
        (diagnosis.repo.index_is_sparse(), "sparse"),
        (diagnostics.is_true("core.untrackedcache"), "with untracked cache"),
        (has_monitor, "with fsmonitor"),
    ];
    let forms: Vec<&str> = forms.into_iter().filter(|(is_so, _)| *is_so).map(|f| f.1).collect();
    let forms = forms.join(", ");
    if forms.is_empty() { ok("plain") } else { ok(format!("{forms}; idhooks keeps its form")) }
}

/// Checks for paths that differ only in case, or in the Unicode form of letters, and are therefore
/// one file on some machines.
fn case(diagnosis: &Diagnosis) -> DoctorLine {
    // git can store both paths in a tree on any machine, but some file systems cannot hold both
    // files.
    let twins = TwinPaths::among(diagnosis.view.iter().flat_map(|view| view.tree.keys()));
    let ignores = diagnosis.diagnostics.is_true("core.ignorecase");
    // Those that cannot both exist here come first.
    let is_one_here = |[first, second]: &[&RepoPath; 2]| {
        ignores && (cfg!(target_os = "macos") || TwinPaths::differ_in_case(first, second))
    };
    let one_here = twins.0.iter().find(|pair| is_one_here(pair));
    let Some(pair @ [first, second]) = one_here.or(twins.0.first()) else {
        let message = if ignores { "is ignored here (core.ignorecase)" } else { "matters here" };
        return ok(format!("{message}; no two paths differ in case only"));
    };
    let mut message = format!("'{first}' and '{second}' {}", TwinPaths::difference(first, second));
    if is_one_here(pair) {
        message.push_str("; only one of them can exist here");
    }
    if let more @ 1.. = twins.0.len() - 1 {
        let pairs = count(more, "more pair", "more pairs");
        message.push_str(&format!("; {pairs} of such paths: idhooks check"));
    }
    let line = if is_one_here(pair) { warning(message) } else { note(message) };
    line.help(format!("git mv -- {} <another name>", second.shell_quoted()))
}

/// Checks settings and the environment.
pub(super) fn settings(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let mut lines = Vec::new();
    if !diagnosis.is_bare() {
        lines.push(line_ends(diagnosis).of("line-ends"));
        lines.push(renames(diagnosis).of("renames"));
    }
    lines.extend(environment(diagnosis).into_iter().map(|line| line.of("environment")));
    lines.extend(audit_setting(diagnosis).map(|line| line.of("audit")));
    lines.extend(protected_branches::lines(diagnosis));
    lines.extend(packing(diagnosis).map(|line| line.of("packing")));
    lines
}

/// Reports that git could not pack the registry's versions. It happened in the background, where
/// the user did not see it.
fn packing(diagnosis: &Diagnosis) -> Option<DoctorLine> {
    let runs = Runs::in_dir(&diagnosis.repo.state_dir());
    let failed = runs.last(Runs::PACKING).filter(|run| run.outcome == RunOutcome::Failed)?;
    let reason = failed.report.unwrap_or_default();
    let reason = reason.lines().next().unwrap_or_default();
    let line =
        format!("git could not pack the versions of the registry at {}: {reason}", failed.at);
    Some(warning(line).help("git gc"))
}

/// Warns about unknown words in the audit log setting.
fn audit_setting(diagnosis: &Diagnosis) -> Option<DoctorLine> {
    let value = diagnosis.diagnostics.value(audit_recording::SETTING)?;
    let unknown = audit_recording::unknown_words(value).join(", ");
    let line =
        warning(format!("{} is '{value}': '{unknown}' has no effect", audit_recording::SETTING))
            .help("use required, hooks, both as 'required,hooks', or off: idhooks audit --help");
    (!unknown.is_empty()).then_some(line)
}

fn environment(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let diagnostics = &diagnosis.diagnostics;
    let off = warning("IDHOOKS=0: the hooks are skipped in this shell").help("unset IDHOOKS");
    let mut lines = if diagnostics.switched_off { vec![off] } else { Vec::new() };
    match diagnostics.environment.as_slice() {
        [] if diagnostics.switched_off => {}
        [] => lines.push(ok("nothing in it affects git")),
        names => lines.push(
            note(format!("{} set, which affects git", names.join(", ")))
                .help(format!("if that is not intended: unset {}", names.join(" "))),
        ),
    }
    lines
}

fn line_ends(diagnosis: &Diagnosis) -> DoctorLine {
    let diagnostics = &diagnosis.diagnostics;
    let attribute = |name: &str| diagnostics.attributes.get(name).map(String::as_str);
    // git would store different bytes than the working tree contains, but the registry is compared
    // byte by byte.
    for name in ["filter", "working-tree-encoding"] {
        let value = attribute(name);
        if let Some(value) = value.filter(|value| !["unspecified", "unset"].contains(value)) {
            let what = format!("'{name}={value}' in the attributes");
            return error(format!("{what} changes the bytes of the registry"))
                .help(add_attributes_line(diagnosis));
        }
    }
    let autocrlf = diagnostics.value("core.autocrlf").unwrap_or("false");
    let converts =
        ["true", "input"].contains(&autocrlf) || diagnostics.value("core.eol") == Some("crlf");
    let is_kept = attribute("eol") == Some("lf") || attribute("text") == Some("unset");
    match (converts, is_kept) {
        (true, true) => ok("git converts them, but not the registry's"),
        (true, false) => {
            warning("git converts them (core.autocrlf, core.eol), including the registry's")
                .help(add_attributes_line(diagnosis))
        }
        (false, _) => ok("git leaves them alone"),
    }
}

fn renames(diagnosis: &Diagnosis) -> DoctorLine {
    let diagnostics = &diagnosis.diagnostics;
    let follows = |key: &str| {
        // To git, the value "copies" includes renames.
        Some(["copies", "copy"].contains(&diagnostics.value(key)?) || diagnostics.is_true(key))
    };
    // git falls back to diff.renames if merge.renames is not set.
    if !follows("merge.renames").or_else(|| follows("diff.renames")).unwrap_or(true) {
        return note("git does not follow renames in merges (merge.renames, diff.renames): a file that one side renamed and the other edited becomes a conflict")
            .help("git config merge.renames true");
    }
    let moves_files = diagnostics.is_true("merge.directoryrenames")
        // git treats an empty value as false, unlike a key without a value.
        && diagnostics.value("merge.directoryrenames") != Some("");
    ok(match moves_files {
        true => "git also moves new files into renamed directories; the post-merge hook follows",
        false => "git follows them in merges",
    })
}

/// Checks the permissions of idhooks' files in the git directory.
pub(super) fn permissions(diagnosis: &Diagnosis) -> DoctorLine {
    let wrong: Vec<_> =
        diagnosis.state_dirs().iter().flat_map(StateDir::with_wrong_permissions).collect();
    let line = match wrong.split_first() {
        None => ok("the files of idhooks in the git directory have the right permissions"),
        Some((first, others)) => {
            let shown = diagnosis.state.places.shown(first);
            let what = "the permissions are not those of core.sharedRepository";
            warning(format!("'{shown}'{}: {what}", and_more(others.len())))
                .help("idhooks doctor --fix")
        }
    };
    line.of("permissions")
}

/// Checks for files left by interrupted programs.
pub(super) fn leftovers(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let diagnostics = &diagnosis.diagnostics;
    let locks = diagnostics.locks.iter().map(|lock| left_lock(diagnosis, lock));
    let (unfinished, others): (Vec<&Leftover>, Vec<&Leftover>) =
        diagnostics.temporary.iter().partition(|file| file.dead && kept_name(file).is_none());
    let files = others.into_iter().map(|file| left_file(diagnosis, file));
    let mut lines: Vec<DoctorLine> =
        locks.chain(files).chain(unfinished_files(diagnosis, &unfinished)).collect();
    if !diagnosis.is_bare() {
        match Journal::read(&diagnosis.repo.worktree_state_dir(), JournalKind::Unfinished) {
            Ok(None) => {}
            Ok(Some(journal)) => {
                let line = warning(format!("'idhooks {}' was interrupted", journal.what()));
                let command = command_that_undoes(journal.what());
                lines.push(line.help(format!("idhooks {command} --rollback")));
            }
            Err(error) => {
                let line =
                    "a command that changes files was interrupted, and its journal is damaged";
                lines.push(warning(format!("{line}: {error}")).help("git status"));
            }
        }
    }
    lines.extend(abandoned_tasks().iter().map(|dir| {
        let what = "was left by generators when idhooks was killed; their programs may still run";
        warning(format!("'{}' {what}", dir.display())).help("idhooks doctor --fix")
    }));
    if lines.is_empty() {
        lines.push(ok("none"));
    }
    lines.into_iter().map(|line| line.of("leftovers")).collect()
}

fn left_lock(diagnosis: &Diagnosis, lock: &Leftover) -> DoctorLine {
    let shown = diagnosis.state.places.shown(&lock.path);
    match lock.dead {
        true => warning(format!("'{shown}' blocks git from writing"))
            .help(format!("if no git is running here: rm {}", quoted(&lock.path))),
        false => note(format!("'{shown}' is held by a running git")),
    }
}

fn left_file(diagnosis: &Diagnosis, file: &Leftover) -> DoctorLine {
    let shown = diagnosis.state.places.shown(&file.path);
    if !file.dead {
        return note(format!("'{shown}' is being written"));
    }
    let kept = kept_name(file).unwrap_or_default();
    let (path, to) = (quoted(&file.path), quoted(&file.path.with_file_name(&kept)));
    warning(format!("'{shown}' is '{kept}' from before idhooks was interrupted"))
        .help(format!("mv {path} {to}"))
}

/// Returns the line about unfinished files, which contain nothing of value.
fn unfinished_files(diagnosis: &Diagnosis, files: &[&Leftover]) -> Option<DoctorLine> {
    let (first, others) = files.split_first()?;
    let shown = diagnosis.state.places.shown(&first.path);
    Some(match others.len() {
        0 => warning(format!("'{shown}' is an unfinished file of idhooks"))
            .help(format!("idhooks doctor --fix (or: rm {})", quoted(&first.path))),
        more => warning(format!("'{shown}'{} are unfinished files of idhooks", and_more(more)))
            .help("idhooks doctor --fix"),
    })
}

/// Returns the name of the file that a temporary file was created for.
fn kept_name(file: &Leftover) -> Option<String> {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let (kept, _) = name.split_once(".idhooks-")?;
    (!kept.is_empty()).then(|| kept.to_owned())
}

fn quoted(path: &Path) -> String {
    shell_quoted(&path.to_string_lossy())
}

//! `idhooks doctor`: checks git, the kind of repository, its settings, the environment and leftovers.

use std::collections::BTreeMap;

use idhooks_core::registry::{RepoPath, shell_quoted};
use idhooks_repo::git::{Leftover, OLDEST_GIT};
use idhooks_repo::store::StateDir;
use idhooks_repo::store::journal::{Journal, JournalKind};

use crate::output::and_more;

use super::diagnosis::{Diagnosis, DoctorLine};

/// Checks git and the kind of repository.
pub(super) fn lines(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let diagnostics = &diagnosis.diagnostics;
    let mut lines = vec![git(diagnosis)];
    let kind = match (diagnosis.is_bare(), diagnostics.linked) {
        (true, _) => DoctorLine::note(
            "repository",
            "bare: nothing is committed here, so it needs no hooks and no merge driver",
        ),
        (_, true) => DoctorLine::ok(
            "repository",
            "a linked working tree; it shares the hooks and the data of idhooks",
        ),
        _ => DoctorLine::ok("repository", "has a working tree"),
    };
    lines.push(kind);
    lines.push(match diagnostics.shallow {
        true => DoctorLine::note("history", "shallow: earlier history is not in this clone")
            .help("git fetch --unshallow"),
        false => DoctorLine::ok("history", "complete"),
    });
    let promisor = |(key, _): &(&String, &(String, String))| {
        key.starts_with("remote.") && key.ends_with(".promisor") && diagnostics.is_true(key)
    };
    let partial = diagnostics.value("extensions.partialclone").is_some()
        || diagnostics.config.iter().any(|entry| promisor(&entry));
    lines.push(match partial {
        true => DoctorLine::note(
            "objects",
            "a partial clone: contents are fetched when they are needed",
        ),
        false => DoctorLine::ok("objects", "a full clone"),
    });
    if !diagnosis.is_bare() {
        lines.push(checkout(diagnosis));
        lines.push(index(diagnosis));
        lines.push(case(diagnosis));
    }
    lines
}

fn git(diagnosis: &Diagnosis) -> DoctorLine {
    let (version, [major, minor]) = (&diagnosis.diagnostics.version, OLDEST_GIT);
    match diagnosis.diagnostics.too_old() {
        Some(false) => DoctorLine::ok("git", version),
        Some(true) => DoctorLine::error("git", format!("{version} is older than {major}.{minor}"))
            .help(format!("install git {major}.{minor} or later")),
        None => DoctorLine::warning("git", format!("cannot tell the version from '{version}'"))
            .help("see which git runs: command -v git"),
    }
}

fn checkout(diagnosis: &Diagnosis) -> DoctorLine {
    if !diagnosis.diagnostics.is_true("core.sparsecheckout") {
        return DoctorLine::ok("checkout", "full");
    }
    let index = diagnosis.repo.index(&diagnosis.repo.index_file());
    match index.is_ok_and(|index| index.registry_is_skipped) {
        false => DoctorLine::ok("checkout", "sparse; the registry is part of it"),
        true => DoctorLine::note(
            "checkout",
            "sparse; the registry is not part of it, and is updated in the index only",
        )
        .help("git sparse-checkout add .idhooks"),
    }
}

fn index(diagnosis: &Diagnosis) -> DoctorLine {
    let mut forms = Vec::new();
    let diagnostics = &diagnosis.diagnostics;
    if diagnostics.split_index {
        forms.push("split");
    }
    if diagnosis.repo.index_is_sparse() {
        forms.push("sparse");
    }
    if diagnostics.is_true("core.untrackedcache") {
        forms.push("with untracked cache");
    }
    // The value is a boolean or the path of a program.
    let monitor = diagnostics.value("core.fsmonitor");
    if diagnostics.is_true("core.fsmonitor") || monitor.is_some_and(|value| value.contains('/')) {
        forms.push("with fsmonitor");
    }
    match forms.is_empty() {
        true => DoctorLine::ok("index", "plain"),
        false => DoctorLine::ok("index", format!("{}; idhooks keeps its form", forms.join(", "))),
    }
}

/// Checks for paths that differ only in case: on some machines they are one file.
fn case(diagnosis: &Diagnosis) -> DoctorLine {
    let mut names: BTreeMap<String, Vec<&RepoPath>> = BTreeMap::new();
    let paths = diagnosis.view.iter().flat_map(|view| view.tree.keys());
    for path in paths {
        let name = String::from_utf8_lossy(path.as_bytes()).to_lowercase();
        names.entry(name).or_default().push(path);
    }
    let ignores = diagnosis.diagnostics.is_true("core.ignorecase");
    let Some(twins) = names.values().find(|paths| paths.len() > 1) else {
        let message = if ignores { "is ignored here (core.ignorecase)" } else { "matters here" };
        return DoctorLine::ok("case", format!("{message}; no two paths differ in case only"));
    };
    let message = format!("'{}' and '{}' differ in case only", twins[0], twins[1]);
    let help = format!("git mv -- {} <another name>", shell_quoted(&twins[1].to_string()));
    match ignores {
        true => DoctorLine::warning("case", format!("{message}: only one of them can exist here")),
        false => DoctorLine::note("case", format!("{message}: on some machines they are one file")),
    }
    .help(help)
}

/// Checks settings and the environment.
pub(super) fn settings(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let mut lines = Vec::new();
    if !diagnosis.is_bare() {
        lines.push(line_ends(diagnosis));
        lines.push(renames(diagnosis));
    }
    let diagnostics = &diagnosis.diagnostics;
    if diagnostics.switched_off {
        let message = "IDHOOKS=0: the hooks are skipped in this shell";
        lines.push(DoctorLine::warning("environment", message).help("unset IDHOOKS"));
    }
    match diagnostics.environment.as_slice() {
        [] if diagnostics.switched_off => {}
        [] => lines.push(DoctorLine::ok("environment", "nothing in it affects git")),
        names => {
            let message = format!("{} set, which affects git", names.join(", "));
            let help = format!("if that is not intended: unset {}", names.join(" "));
            lines.push(DoctorLine::note("environment", message).help(help));
        }
    }
    lines
}

fn line_ends(diagnosis: &Diagnosis) -> DoctorLine {
    let diagnostics = &diagnosis.diagnostics;
    let attribute = |name: &str| diagnostics.attributes.get(name).map(String::as_str);
    let converts = ["true", "input"]
        .contains(&diagnostics.value("core.autocrlf").unwrap_or("false"))
        || diagnostics.value("core.eol") == Some("crlf");
    let kept = attribute("eol") == Some("lf") || attribute("text") == Some("unset");
    let is_set =
        |name: &str| attribute(name).filter(|value| !["unspecified", "unset"].contains(value));
    for name in ["filter", "working-tree-encoding"] {
        if let Some(value) = is_set(name) {
            let message =
                format!("'{name}={value}' in the attributes changes the bytes of the registry");
            let help = super::installation::add_attributes_line(diagnosis);
            return DoctorLine::error("line-ends", message).help(help);
        }
    }
    match (converts, kept) {
        (true, true) => DoctorLine::ok("line-ends", "git converts them, but not the registry's"),
        (true, false) => {
            let message = "git converts them (core.autocrlf, core.eol), including the registry's";
            DoctorLine::warning("line-ends", message)
                .help(super::installation::add_attributes_line(diagnosis))
        }
        (false, _) => DoctorLine::ok("line-ends", "git leaves them alone"),
    }
}

fn renames(diagnosis: &Diagnosis) -> DoctorLine {
    let diagnostics = &diagnosis.diagnostics;
    let off = |key: &str| diagnostics.value(key).is_some() && !diagnostics.is_true(key);
    let follows = diagnostics.value("merge.renames").map_or_else(
        || !off("diff.renames") || diagnostics.value("diff.renames").is_some_and(is_copies),
        |value| diagnostics.is_true("merge.renames") || is_copies(value),
    );
    if !follows {
        let message = "git does not follow renames in merges (merge.renames, diff.renames): a file \
                    that one side renamed and the other edited becomes a conflict";
        return DoctorLine::note("renames", message).help("git config merge.renames true");
    }
    if diagnostics.is_true("merge.directoryrenames")
        && diagnostics.value("merge.directoryrenames") != Some("")
    {
        let message =
            "git also moves new files into renamed directories; the post-merge hook follows";
        return DoctorLine::ok("renames", message);
    }
    DoctorLine::ok("renames", "git follows them in merges")
}

fn is_copies(value: &str) -> bool {
    value == "copies" || value == "copy"
}

/// Checks the permissions of the files of idhooks in the git directory.
pub(super) fn permissions(diagnosis: &Diagnosis) -> DoctorLine {
    const CHECK: &str = "permissions";
    let wrong: Vec<_> =
        diagnosis.state_dirs().iter().flat_map(StateDir::with_wrong_permissions).collect();
    let Some(first) = wrong.first() else {
        return DoctorLine::ok(
            CHECK,
            "the files of idhooks in the git directory have the right permissions",
        );
    };
    let shown = diagnosis.state.places.shown(first);
    let more = and_more(wrong.len() - 1);
    let message =
        format!("'{shown}'{more}: the permissions are not those of core.sharedRepository");
    DoctorLine::warning(CHECK, message).help("idhooks doctor --fix")
}

/// Checks for files that interrupted programs left.
pub(super) fn leftovers(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    let places = &diagnosis.state.places;
    let quoted = |found: &Leftover| shell_quoted(&found.path.to_string_lossy());
    let mut lines = Vec::new();
    for lock in &diagnosis.diagnostics.locks {
        let shown = places.shown(&lock.path);
        lines.push(match lock.dead {
            true => DoctorLine::warning("leftovers", format!("'{shown}' blocks git from writing"))
                .help(format!("if no git is running here: rm {}", quoted(lock))),
            false => DoctorLine::note("leftovers", format!("'{shown}' is held by a running git")),
        });
    }
    for file in &diagnosis.diagnostics.temporary {
        let shown = places.shown(&file.path);
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        lines.push(match (file.dead, name.starts_with(".idhooks-")) {
            (true, false) => {
                let kept = name.split(".idhooks-").next().unwrap_or_default();
                let message = format!("'{shown}' is '{kept}' from before idhooks was interrupted");
                let back = file.path.with_file_name(kept);
                let help = format!("mv {} {}", quoted(file), shell_quoted(&back.to_string_lossy()));
                DoctorLine::warning("leftovers", message).help(help)
            }
            (true, true) => DoctorLine::warning(
                "leftovers",
                format!("'{shown}' is an unfinished file of idhooks"),
            )
            .help(format!("idhooks doctor --fix (or: rm {})", quoted(file))),
            (false, _) => DoctorLine::note("leftovers", format!("'{shown}' is being written")),
        });
    }
    let half_done = Journal::read(&diagnosis.repo.worktree_state_dir(), JournalKind::Unfinished);
    if !diagnosis.is_bare() && !matches!(half_done, Ok(None)) {
        let message = "a command that renames files was interrupted";
        lines.push(DoctorLine::warning("leftovers", message).help("idhooks rename --rollback"));
    }
    if lines.is_empty() {
        lines.push(DoctorLine::ok("leftovers", "none"));
    }
    lines
}

//! Git, the kind of repository, its settings, the environment, leftovers.

use std::collections::BTreeMap;

use super::Diagnosis;
use super::line::DoctorLine;
use crate::git::{Leftover, OLDEST_GIT};
use crate::registry::{RepoPath, shell_quoted};
use crate::store::StateDir;
use crate::store::journal::{Journal, JournalKind};

/// Looks at git and at the kind of repository.
pub(super) fn lines(patient: &Diagnosis) -> Vec<DoctorLine> {
    let facts = &patient.facts;
    let mut lines = vec![git(patient)];
    let kind = match (patient.is_bare(), facts.linked) {
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
    lines.push(match facts.shallow {
        true => DoctorLine::note("history", "shallow: earlier history is not in this clone")
            .help("git fetch --unshallow"),
        false => DoctorLine::ok("history", "complete"),
    });
    let promisor = |(key, _): &(&String, &(String, String))| {
        key.starts_with("remote.") && key.ends_with(".promisor") && facts.is_true(key)
    };
    let partial = facts.value("extensions.partialclone").is_some()
        || facts.config.iter().any(|entry| promisor(&entry));
    lines.push(match partial {
        true => DoctorLine::note(
            "objects",
            "a partial clone: contents are fetched when they are needed",
        ),
        false => DoctorLine::ok("objects", "a full clone"),
    });
    if !patient.is_bare() {
        lines.push(checkout(patient));
        lines.push(index(patient));
        lines.push(case(patient));
    }
    lines
}

fn git(patient: &Diagnosis) -> DoctorLine {
    let (version, [major, minor]) = (&patient.facts.version, OLDEST_GIT);
    match patient.facts.too_old() {
        Some(false) => DoctorLine::ok("git", version),
        Some(true) => DoctorLine::error("git", format!("{version} is older than {major}.{minor}"))
            .help(format!("install git {major}.{minor} or later")),
        None => DoctorLine::warning("git", format!("cannot tell the version from '{version}'"))
            .help("see which git runs: command -v git"),
    }
}

fn checkout(patient: &Diagnosis) -> DoctorLine {
    if !patient.facts.is_true("core.sparsecheckout") {
        return DoctorLine::ok("checkout", "full");
    }
    let index = patient.repo.index(&patient.repo.index_file());
    match index.is_ok_and(|index| index.registry_is_skipped) {
        false => DoctorLine::ok("checkout", "sparse; the registry is part of it"),
        true => DoctorLine::note(
            "checkout",
            "sparse; the registry is not part of it, and is updated in the index only",
        )
        .help("git sparse-checkout add .idhooks"),
    }
}

fn index(patient: &Diagnosis) -> DoctorLine {
    let mut forms = Vec::new();
    let facts = &patient.facts;
    if facts.split_index {
        forms.push("split");
    }
    if patient.repo.index_is_sparse() {
        forms.push("sparse");
    }
    if facts.is_true("core.untrackedcache") {
        forms.push("with untracked cache");
    }
    // Either a switch or the path of a program.
    let monitor = facts.value("core.fsmonitor");
    if facts.is_true("core.fsmonitor") || monitor.is_some_and(|value| value.contains('/')) {
        forms.push("with fsmonitor");
    }
    match forms.is_empty() {
        true => DoctorLine::ok("index", "plain"),
        false => DoctorLine::ok("index", format!("{}; idhooks keeps its form", forms.join(", "))),
    }
}

/// Paths that differ in nothing but case are one file on some machines.
fn case(patient: &Diagnosis) -> DoctorLine {
    let mut names: BTreeMap<String, Vec<&RepoPath>> = BTreeMap::new();
    let paths = patient.view.iter().flat_map(|view| view.tree.keys());
    for path in paths {
        let name = String::from_utf8_lossy(path.as_bytes()).to_lowercase();
        names.entry(name).or_default().push(path);
    }
    let ignores = patient.facts.is_true("core.ignorecase");
    let Some(twins) = names.values().find(|paths| paths.len() > 1) else {
        let said = if ignores { "is ignored here (core.ignorecase)" } else { "matters here" };
        return DoctorLine::ok("case", format!("{said}; no two paths differ in case only"));
    };
    let said = format!("'{}' and '{}' differ in case only", twins[0], twins[1]);
    let help = format!("git mv -- {} <another name>", shell_quoted(&twins[1].to_string()));
    match ignores {
        true => DoctorLine::warning("case", format!("{said}: only one of them can exist here")),
        false => DoctorLine::note("case", format!("{said}: on some machines they are one file")),
    }
    .help(help)
}

/// Looks at settings and environment.
pub(super) fn settings(patient: &Diagnosis) -> Vec<DoctorLine> {
    let mut lines = Vec::new();
    if !patient.is_bare() {
        lines.push(line_ends(patient));
        lines.push(renames(patient));
    }
    let facts = &patient.facts;
    if facts.switched_off {
        let said = "IDHOOKS=0: the hooks are skipped in this shell";
        lines.push(DoctorLine::warning("environment", said).help("unset IDHOOKS"));
    }
    match facts.environment.as_slice() {
        [] if facts.switched_off => {}
        [] => lines.push(DoctorLine::ok("environment", "nothing in it affects git")),
        names => {
            let said = format!("{} set, which affects git", names.join(", "));
            let help = format!("if that is not intended: unset {}", names.join(" "));
            lines.push(DoctorLine::note("environment", said).help(help));
        }
    }
    lines
}

fn line_ends(patient: &Diagnosis) -> DoctorLine {
    let facts = &patient.facts;
    let attribute = |name: &str| facts.attributes.get(name).map(String::as_str);
    let converts = ["true", "input"].contains(&facts.value("core.autocrlf").unwrap_or("false"))
        || facts.value("core.eol") == Some("crlf");
    let kept = attribute("eol") == Some("lf") || attribute("text") == Some("unset");
    let is_set =
        |name: &str| attribute(name).filter(|value| !["unspecified", "unset"].contains(value));
    for name in ["filter", "working-tree-encoding"] {
        if let Some(value) = is_set(name) {
            let said =
                format!("'{name}={value}' in the attributes changes the bytes of the registry");
            let help = super::installation::add_attributes_line(patient);
            return DoctorLine::error("line-ends", said).help(help);
        }
    }
    match (converts, kept) {
        (true, true) => DoctorLine::ok("line-ends", "git converts them, but not the registry's"),
        (true, false) => {
            let said = "git converts them (core.autocrlf, core.eol), including the registry's";
            DoctorLine::warning("line-ends", said)
                .help(super::installation::add_attributes_line(patient))
        }
        (false, _) => DoctorLine::ok("line-ends", "git leaves them alone"),
    }
}

fn renames(patient: &Diagnosis) -> DoctorLine {
    let facts = &patient.facts;
    let off = |key: &str| facts.value(key).is_some() && !facts.is_true(key);
    let follows = facts.value("merge.renames").map_or_else(
        || !off("diff.renames") || facts.value("diff.renames").is_some_and(is_copies),
        |value| facts.is_true("merge.renames") || is_copies(value),
    );
    if !follows {
        let said = "git does not follow renames in merges (merge.renames, diff.renames): a file \
                    that one side renamed and the other edited becomes a conflict";
        return DoctorLine::note("renames", said).help("git config merge.renames true");
    }
    if facts.is_true("merge.directoryrenames") && facts.value("merge.directoryrenames") != Some("")
    {
        let said = "git also moves new files into renamed directories; the post-merge hook follows";
        return DoctorLine::ok("renames", said);
    }
    DoctorLine::ok("renames", "git follows them in merges")
}

fn is_copies(value: &str) -> bool {
    value == "copies" || value == "copy"
}

/// Looks at who may use what idhooks keeps in the git directory.
pub(super) fn permissions(patient: &Diagnosis) -> DoctorLine {
    const CHECK: &str = "permissions";
    let wrong: Vec<_> =
        patient.state_dirs().iter().flat_map(StateDir::with_wrong_permissions).collect();
    let Some(first) = wrong.first() else {
        return DoctorLine::ok(
            CHECK,
            "the files of idhooks in the git directory have the right permissions",
        );
    };
    let shown = patient.state.places.shown(first);
    let more = match wrong.len() {
        1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    let said = format!("'{shown}'{more}: the permissions are not those of core.sharedRepository");
    DoctorLine::warning(CHECK, said).help("idhooks doctor --fix")
}

/// Looks at what programs left that ended before their time.
pub(super) fn leftovers(patient: &Diagnosis) -> Vec<DoctorLine> {
    let places = &patient.state.places;
    let quoted = |found: &Leftover| shell_quoted(&found.path.to_string_lossy());
    let mut lines = Vec::new();
    for lock in &patient.facts.locks {
        let shown = places.shown(&lock.path);
        lines.push(match lock.dead {
            true => DoctorLine::warning("leftovers", format!("'{shown}' blocks git from writing"))
                .help(format!("if no git is running here: rm {}", quoted(lock))),
            false => DoctorLine::note("leftovers", format!("'{shown}' is held by a running git")),
        });
    }
    for file in &patient.facts.temporary {
        let shown = places.shown(&file.path);
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        lines.push(match (file.dead, name.starts_with(".idhooks-")) {
            (true, false) => {
                let kept = name.split(".idhooks-").next().unwrap_or_default();
                let said = format!("'{shown}' is '{kept}' from before idhooks was interrupted");
                let back = file.path.with_file_name(kept);
                let help = format!("mv {} {}", quoted(file), shell_quoted(&back.to_string_lossy()));
                DoctorLine::warning("leftovers", said).help(help)
            }
            (true, true) => DoctorLine::warning(
                "leftovers",
                format!("'{shown}' is an unfinished file of idhooks"),
            )
            .help(format!("idhooks doctor --fix (or: rm {})", quoted(file))),
            (false, _) => DoctorLine::note("leftovers", format!("'{shown}' is being written")),
        });
    }
    let half_done = Journal::read(&patient.repo.worktree_state_dir(), JournalKind::Unfinished);
    if !patient.is_bare() && !matches!(half_done, Ok(None)) {
        let said = "a command that renames files was interrupted";
        lines.push(DoctorLine::warning("leftovers", said).help("idhooks rename --rollback"));
    }
    if lines.is_empty() {
        lines.push(DoctorLine::ok("leftovers", "none"));
    }
    lines
}

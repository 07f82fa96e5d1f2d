//! Checks the hooks, merge driver and attributes.

use idhooks_core::{check::Code, registry::REGISTRY_PATH};
use idhooks_repo::git::attributes::ATTRIBUTES_LINE;
use idhooks_repo::git::{DriverState, EVENTS, HookProgram, HookState, HookStatus};
use idhooks_repo::store::own_install_method;
use idhooks_repo::{derived::legacy::LegacyFile, transaction::clone_legacy_line};

use super::diagnosis::Diagnosis;
use super::doctor_line::{DoctorLevel, DoctorLine, note, ok, warning};
use crate::OpsError;
use crate::install::{passing_cache, reported_version};

const INSTALL: &str = "idhooks install";

/// Checks the installation, which a bare repository does not need.
pub(super) fn lines(diagnosis: &Diagnosis) -> Result<Vec<DoctorLine>, OpsError> {
    if diagnosis.is_bare() {
        return Ok(Vec::new());
    }
    let mut lines = vec![hooks_directory(diagnosis).of("hooks-directory")];
    for event in EVENTS {
        let hook_status = HookStatus::read(event, &diagnosis.state.places)?;
        lines.extend(hook(diagnosis, &hook_status).into_iter().map(|line| line.of(event.name)));
    }
    let drivers = std::iter::once(driver(diagnosis)).chain(other_program(diagnosis));
    lines.extend(drivers.map(|line| line.of("merge-driver")));
    lines.push(attributes(diagnosis).of("attributes"));
    lines.push(committed_attributes(diagnosis).of("gitattributes"));
    Ok(lines)
}

/// Returns the line for a missing part: an error, or only a note if the repository is not adopted.
fn missing(diagnosis: &Diagnosis, message: impl Into<String>, help: &str) -> DoctorLine {
    let level = if diagnosis.is_adopted() { DoctorLevel::Error } else { DoctorLevel::Note };
    DoctorLine::new(level, message).help(help).code(Code::NotInstalled)
}

fn hooks_directory(diagnosis: &Diagnosis) -> DoctorLine {
    let places = &diagnosis.state.places;
    let shown = places.shown(&places.hooks_dir);
    if places.hooks_dir.exists() && !places.hooks_dir.is_dir() {
        let help = "see where that is set: git config --show-origin --get core.hooksPath";
        return missing(diagnosis, format!("'{shown}' is not a directory: hooks are off"), help);
    }
    match &diagnosis.state.settings.hooks_path_scope {
        None => ok(format!("'{shown}'")),
        Some(scope) => {
            let is_shared = places.hooks_shared();
            let shared = if is_shared { "; other repositories may share it" } else { "" };
            note(format!("'{shown}' (core.hooksPath, {scope} configuration){shared}"))
        }
    }
}

fn hook(diagnosis: &Diagnosis, hook_status: &HookStatus) -> Vec<DoctorLine> {
    let chain = hook_status.chain();
    let order: Vec<&str> = chain.iter().map(|link| link.name.as_str()).collect();
    let order = if order.is_empty() { "nothing".to_owned() } else { order.join(", then ") };
    let first = match hook_status.state() {
        HookState::Installed | HookState::Managed => ok(format!("runs {order}")),
        HookState::Outdated => {
            let message = format!("runs {order}; the idhooks part is outdated or not executable");
            missing(diagnosis, message, INSTALL)
        }
        HookState::Missing => missing(diagnosis, "is not installed", INSTALL),
        HookState::Foreign => {
            missing(diagnosis, format!("does not run idhooks, but {order}"), INSTALL)
        }
        HookState::Damaged => {
            let path = diagnosis.state.places.shown(&hook_status.front.path);
            let help = format!("remove the lines of idhooks from '{path}', then: {INSTALL}");
            missing(diagnosis, "has a damaged idhooks block", &help)
        }
    };
    let faults = chain.iter().filter_map(|link| link.fault.as_ref()).map(warning);
    // The hook manager will overwrite the hook when it reinstalls its own hooks.
    let manager = hook_status.overwriting_manager().map(|manager| {
        let (message, help) = manager.advice(&[hook_status.event.name]);
        note(message.trim_end_matches(':')).help(help.concat())
    });
    std::iter::once(first).chain(faults).chain(manager).collect()
}

fn driver(diagnosis: &Diagnosis) -> DoctorLine {
    let message = match &diagnosis.state.driver {
        DriverState::Missing => "is not configured".to_owned(),
        DriverState::Outdated => "is outdated, or was edited".to_owned(),
        DriverState::NoProgram(path) => format!("'{}' does not exist", path.display()),
        DriverState::Installed(program) => {
            let path = &program.path;
            let own = concat!("idhooks ", env!("CARGO_PKG_VERSION"));
            let shown = path.display();
            match reported_version(&diagnosis.git, path) {
                Ok(reported) if reported == own => {
                    let installed = program.method.described();
                    if let Some(cache) = passing_cache(path, &diagnosis.state.places.common_dir) {
                        return warning(format!(
                            "runs {reported} ('{shown}'), which is in the cache of {}",
                            cache.as_str()
                        ))
                        .help(format!(
                            // Without a path, the idhooks that comes first may be the one in the cache.
                            "{}, then: {INSTALL} --program <path of that idhooks>",
                            cache.lasting_install()
                        ));
                    }
                    return ok(format!("runs {reported} ('{shown}', {installed})"));
                }
                Ok(reported) => match HookProgram::of_version(path, &reported) {
                    Some(configured) => {
                        let running = HookProgram::new(path);
                        let help = match configured.is_newer_than(&running) {
                            true => {
                                let method = own_install_method();
                                format!("update this one: {}", method.how_to_install())
                            }
                            false => INSTALL.to_owned(),
                        };
                        let message =
                            format!("runs '{shown}', which is '{reported}'; this is {own}");
                        return warning(message).help(help);
                    }
                    None => format!("runs '{shown}', which is not idhooks"),
                },
                Err(error) => format!("'{shown}' cannot be run: {error}"),
            }
        }
    };
    missing(diagnosis, message, INSTALL)
}

/// Notes that the hooks call another program than the merge driver. It is no problem as long as both
/// are there: clones that share a directory of hooks have a merge driver each.
fn other_program(diagnosis: &Diagnosis) -> Option<DoctorLine> {
    let DriverState::Installed(program) = &diagnosis.state.driver else { return None };
    let other = diagnosis.state.programs.iter().find(|other| other.path != program.path)?;
    let message = format!("the hooks call '{}', version {}", other.path.display(), other.version);
    Some(note(message).help(format!("to let both call one program: {INSTALL}")))
}

fn attributes(diagnosis: &Diagnosis) -> DoctorLine {
    let places = &diagnosis.state.places;
    let shown = places.shown(&places.info_attributes);
    if !diagnosis.state.info_attributes {
        return missing(diagnosis, format!("'{shown}' does not name the merge driver"), INSTALL);
    }
    if legacy_line(diagnosis) != diagnosis.state.legacy_line {
        let message = format!("'{shown}' is not up to date with [dual_write] of idhooks.toml");
        return missing(diagnosis, message, INSTALL);
    }
    // A later line in the file may override ours, so git has to be asked.
    match diagnosis.diagnostics.attributes.get("merge").map_or("unspecified", String::as_str) {
        "idhooks" => ok(format!("git merges the registry with idhooks ('{shown}')")),
        other => {
            let message = format!("git merges '{REGISTRY_PATH}' with '{other}', not with idhooks");
            let help = format!("remove what follows the line of idhooks in '{shown}'");
            missing(diagnosis, message, &help)
        }
    }
}

/// Returns the attributes line that this clone should have for the legacy file; returns the
/// existing line if the rules cannot be read.
fn legacy_line(diagnosis: &Diagnosis) -> Option<String> {
    let (repo, present) = (&diagnosis.repo, &diagnosis.state.legacy_line);
    let file = diagnosis.view.as_ref().map(|view| LegacyFile::of(repo, &view.tree));
    let bytes = present.as_deref().unwrap_or_default().as_bytes();
    let line = |file: Option<LegacyFile<'_>>| clone_legacy_line(repo, file.as_ref(), bytes);
    let line = file.transpose().and_then(|file| line(file.flatten()));
    line.unwrap_or_else(|_| present.clone())
}

fn committed_attributes(diagnosis: &Diagnosis) -> DoctorLine {
    let found = diagnosis.state.attributes;
    if found.head && found.index {
        ok("'.gitattributes' names the merge driver, for every clone")
    } else if !diagnosis.is_adopted() {
        note("'.gitattributes' does not name the merge driver")
    } else if found.index {
        warning("'.gitattributes' names the merge driver, but is not committed yet")
            .help("git commit")
    } else {
        warning("'.gitattributes' does not name the merge driver for other clones")
            .help(add_attributes_line(diagnosis))
            .code(Code::NotInstalled)
    }
}

/// Returns the command that adds the line to `.gitattributes`, or the one that stages the file if
/// the line is already there.
pub(super) fn add_attributes_line(diagnosis: &Diagnosis) -> String {
    let stage = "git add :/.gitattributes";
    if diagnosis.state.attributes.worktree {
        return stage.to_owned();
    }
    format!(
        "echo '{ATTRIBUTES_LINE}' >>\"$(git rev-parse --show-toplevel)/.gitattributes\" && {stage}"
    )
}

//! `idhooks doctor`: checks hooks, merge driver and attributes.

use std::path::Path;
use std::time::Duration;

use idhooks_core::check::Code;
use idhooks_core::config::ATTRIBUTES_LINE;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_repo::git::{DriverState, EVENTS, HookState, HookStatus};

use super::diagnosis::{Diagnosis, DoctorLine, Level};
use crate::error::CommandResult;

/// How long to wait for the version of the merge driver.
const TIMEOUT: Duration = Duration::from_secs(10);

const INSTALL: &str = "idhooks install";

/// Checks the installation; a bare repository has none.
pub(super) fn lines(diagnosis: &Diagnosis) -> CommandResult<Vec<DoctorLine>> {
    if diagnosis.is_bare() {
        return Ok(Vec::new());
    }
    let mut lines = vec![hooks_directory(diagnosis)];
    for event in EVENTS {
        let hook_status = HookStatus::read(event, &diagnosis.state.places)?;
        lines.extend(hook(diagnosis, &hook_status));
    }
    lines.push(driver(diagnosis));
    lines.push(attributes(diagnosis));
    lines.push(committed_attributes(diagnosis));
    Ok(lines)
}

/// Returns the line for a missing part: an error, or a note if the repository is not adopted.
fn missing(
    diagnosis: &Diagnosis,
    check: &'static str,
    message: impl Into<String>,
    help: &str,
) -> DoctorLine {
    let level = if diagnosis.is_adopted() { Level::Error } else { Level::Note };
    DoctorLine::new(check, level, message).help(help).code(Code::NotInstalled)
}

fn hooks_directory(diagnosis: &Diagnosis) -> DoctorLine {
    let places = &diagnosis.state.places;
    let shown = places.shown(&places.hooks_dir);
    let scope = diagnosis.state.settings.hooks_path_scope.as_deref();
    if places.hooks_dir.exists() && !places.hooks_dir.is_dir() {
        let help = "see where that is set: git config --show-origin --get core.hooksPath";
        let message = format!("'{shown}' is not a directory: hooks are off");
        return missing(diagnosis, "hooks-directory", message, help);
    }
    match scope {
        None => DoctorLine::ok("hooks-directory", format!("'{shown}'")),
        Some(scope) => {
            let shared =
                if places.hooks_shared() { "; other repositories may share it" } else { "" };
            let message = format!("'{shown}' (core.hooksPath, {scope} configuration){shared}");
            DoctorLine::note("hooks-directory", message)
        }
    }
}

fn hook(diagnosis: &Diagnosis, hook_status: &HookStatus) -> Vec<DoctorLine> {
    let name = hook_status.event.name;
    let chain = hook_status.chain();
    let order: Vec<&str> = chain.iter().map(|link| link.name.as_str()).collect();
    let order = if order.is_empty() { "nothing".to_owned() } else { order.join(", then ") };
    let first = match hook_status.state() {
        HookState::Installed | HookState::Managed => DoctorLine::ok(name, format!("runs {order}")),
        HookState::Outdated => {
            let message = format!("runs {order}; the idhooks part is outdated or not executable");
            missing(diagnosis, name, message, INSTALL)
        }
        HookState::Missing => missing(diagnosis, name, "is not installed", INSTALL),
        HookState::Foreign => {
            missing(diagnosis, name, format!("does not run idhooks, but {order}"), INSTALL)
        }
        HookState::Damaged => {
            let path = diagnosis.state.places.shown(&hook_status.front.path);
            let help = format!("remove the lines of idhooks from '{path}', then: {INSTALL}");
            missing(diagnosis, name, "has a damaged idhooks block", &help)
        }
    };
    let mut lines = vec![first];
    let faults = chain.iter().filter_map(|link| link.fault.as_ref());
    lines.extend(faults.map(|fault| DoctorLine::warning(name, fault)));
    if let Some(manager) = hook_status.overwriting_manager() {
        let (message, help) = manager.advice(&[name]);
        let message = message.trim_end_matches(':');
        lines.push(DoctorLine::note(name, message).help(help.concat()));
    }
    lines
}

fn driver(diagnosis: &Diagnosis) -> DoctorLine {
    const CHECK: &str = "merge-driver";
    match &diagnosis.state.driver {
        DriverState::Missing => missing(diagnosis, CHECK, "is not configured", INSTALL),
        DriverState::Outdated => {
            missing(diagnosis, CHECK, "is configured for another version of idhooks", INSTALL)
        }
        DriverState::NoProgram(path) => {
            missing(diagnosis, CHECK, format!("'{}' does not exist", path.display()), INSTALL)
        }
        DriverState::Installed(path) => {
            let own = concat!("idhooks ", env!("CARGO_PKG_VERSION"));
            match version(diagnosis, path) {
                Ok(reported) if reported == own => {
                    DoctorLine::ok(CHECK, format!("runs {reported} ('{}')", path.display()))
                }
                Ok(reported) => {
                    let message =
                        format!("runs '{}', which is {reported}; this is {own}", path.display());
                    DoctorLine::warning(CHECK, message).help(INSTALL)
                }
                Err(error) => {
                    let message = format!("'{}' cannot be run: {error}", path.display());
                    missing(diagnosis, CHECK, message, INSTALL)
                }
            }
        }
    }
}

fn version(diagnosis: &Diagnosis, program: &Path) -> Result<String, idhooks_repo::git::GitError> {
    let other = diagnosis.git.clone().other_program(program);
    let output = other.run_within(&["--version"], b"", TIMEOUT)?;
    Ok(String::from_utf8_lossy(&output).trim().to_owned())
}

fn attributes(diagnosis: &Diagnosis) -> DoctorLine {
    let places = &diagnosis.state.places;
    let shown = places.shown(&places.info_attributes);
    if !diagnosis.state.info_attributes {
        let message = format!("'{shown}' does not name the merge driver");
        return missing(diagnosis, "attributes", message, INSTALL);
    }
    match diagnosis.diagnostics.attributes.get("merge").map(String::as_str) {
        Some("idhooks") => DoctorLine::ok(
            "attributes",
            format!("git merges the registry with idhooks ('{shown}')"),
        ),
        other => {
            let other = other.unwrap_or("unspecified");
            let message = format!("git merges '{REGISTRY_PATH}' with '{other}', not with idhooks");
            let help = format!("remove what follows the line of idhooks in '{shown}'");
            missing(diagnosis, "attributes", message, &help)
        }
    }
}

fn committed_attributes(diagnosis: &Diagnosis) -> DoctorLine {
    const CHECK: &str = "gitattributes";
    let found = diagnosis.state.attributes;
    if found.head && found.index {
        return DoctorLine::ok(CHECK, "'.gitattributes' names the merge driver, for every clone");
    }
    if !diagnosis.is_adopted() {
        return DoctorLine::note(CHECK, "'.gitattributes' does not name the merge driver");
    }
    if found.index {
        let message = "'.gitattributes' names the merge driver, but is not committed yet";
        return DoctorLine::warning(CHECK, message).help("git commit");
    }
    let message = "'.gitattributes' does not name the merge driver for other clones";
    DoctorLine::warning(CHECK, message)
        .help(add_attributes_line(diagnosis))
        .code(Code::NotInstalled)
}

/// Returns the command that adds the line to `.gitattributes`, or only stages it.
pub(super) fn add_attributes_line(diagnosis: &Diagnosis) -> String {
    let stage = "git add :/.gitattributes";
    if diagnosis.state.attributes.worktree {
        return stage.to_owned();
    }
    format!(
        "echo '{ATTRIBUTES_LINE}' >>\"$(git rev-parse --show-toplevel)/.gitattributes\" && {stage}"
    )
}

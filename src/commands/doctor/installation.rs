//! Hooks, merge driver and attributes.

use std::path::Path;
use std::time::Duration;

use super::Diagnosis;
use super::line::{DoctorLine, Level};
use crate::check::Code;
use crate::config::ATTRIBUTES_LINE;
use crate::error::CommandError;
use crate::git::{DriverState, EVENTS, HookState, HookStatus};
use crate::registry::REGISTRY_PATH;

/// The merge driver need not take long to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

const INSTALL: &str = "idhooks install";

/// Looks at the installation; in a bare repository there is none to look at.
pub(super) fn lines(patient: &Diagnosis) -> Result<Vec<DoctorLine>, CommandError> {
    if patient.is_bare() {
        return Ok(Vec::new());
    }
    let mut lines = vec![hooks_directory(patient)];
    for event in EVENTS {
        let standing = HookStatus::read(event, &patient.state.places)?;
        lines.extend(hook(patient, &standing));
    }
    lines.push(driver(patient));
    lines.push(attributes(patient));
    lines.push(committed_attributes(patient));
    Ok(lines)
}

/// Returns a line that something is not installed; where nothing is adopted, that is no fault.
fn missing(
    patient: &Diagnosis,
    check: &'static str,
    said: impl Into<String>,
    help: &str,
) -> DoctorLine {
    let level = if patient.is_adopted() { Level::Error } else { Level::Note };
    DoctorLine::new(check, level, said).help(help).code(Code::NotInstalled)
}

fn hooks_directory(patient: &Diagnosis) -> DoctorLine {
    let places = &patient.state.places;
    let shown = places.shown(&places.hooks_dir);
    let scope = patient.state.settings.hooks_path_scope.as_deref();
    if places.hooks_dir.exists() && !places.hooks_dir.is_dir() {
        let help = "see where that is set: git config --show-origin --get core.hooksPath";
        let said = format!("'{shown}' is not a directory: hooks are off");
        return missing(patient, "hooks-directory", said, help);
    }
    match scope {
        None => DoctorLine::ok("hooks-directory", format!("'{shown}'")),
        Some(scope) => {
            let shared =
                if places.hooks_shared() { "; other repositories may share it" } else { "" };
            let said = format!("'{shown}' (core.hooksPath, {scope} configuration){shared}");
            DoctorLine::note("hooks-directory", said)
        }
    }
}

fn hook(patient: &Diagnosis, standing: &HookStatus) -> Vec<DoctorLine> {
    let name = standing.event.name;
    let chain = standing.chain();
    let order: Vec<&str> = chain.iter().map(|link| link.name.as_str()).collect();
    let order = if order.is_empty() { "nothing".to_owned() } else { order.join(", then ") };
    let first = match standing.state() {
        HookState::Installed | HookState::Managed => DoctorLine::ok(name, format!("runs {order}")),
        HookState::Outdated => {
            let said = format!("runs {order}; the idhooks part is outdated or not executable");
            missing(patient, name, said, INSTALL)
        }
        HookState::Missing => missing(patient, name, "is not installed", INSTALL),
        HookState::Foreign => {
            missing(patient, name, format!("does not run idhooks, but {order}"), INSTALL)
        }
        HookState::Damaged => {
            let path = patient.state.places.shown(&standing.front.path);
            let help = format!("remove the lines of idhooks from '{path}', then: {INSTALL}");
            missing(patient, name, "has a damaged idhooks block", &help)
        }
    };
    let mut lines = vec![first];
    let faults = chain.iter().filter_map(|link| link.fault.as_ref());
    lines.extend(faults.map(|fault| DoctorLine::warning(name, fault)));
    if let Some(manager) = standing.overwriting_manager() {
        let (said, help) = manager.advice(&[name]);
        let said = said.trim_end_matches(':');
        lines.push(DoctorLine::note(name, said).help(help.concat()));
    }
    lines
}

fn driver(patient: &Diagnosis) -> DoctorLine {
    const CHECK: &str = "merge-driver";
    match &patient.state.driver {
        DriverState::Missing => missing(patient, CHECK, "is not configured", INSTALL),
        DriverState::Outdated => {
            missing(patient, CHECK, "is configured for another version of idhooks", INSTALL)
        }
        DriverState::NoProgram(path) => {
            missing(patient, CHECK, format!("'{}' does not exist", path.display()), INSTALL)
        }
        DriverState::Installed(path) => {
            let own = concat!("idhooks ", env!("CARGO_PKG_VERSION"));
            match version(patient, path) {
                Ok(said) if said == own => {
                    DoctorLine::ok(CHECK, format!("runs {said} ('{}')", path.display()))
                }
                Ok(said) => {
                    let said = format!("runs '{}', which is {said}; this is {own}", path.display());
                    DoctorLine::warning(CHECK, said).help(INSTALL)
                }
                Err(error) => {
                    let said = format!("'{}' cannot be run: {error}", path.display());
                    missing(patient, CHECK, said, INSTALL)
                }
            }
        }
    }
}

fn version(patient: &Diagnosis, program: &Path) -> Result<String, crate::git::GitError> {
    let other = patient.git.clone().other_program(program);
    let said = other.run_within(&["--version"], b"", PATIENCE)?;
    Ok(String::from_utf8_lossy(&said).trim().to_owned())
}

fn attributes(patient: &Diagnosis) -> DoctorLine {
    let places = &patient.state.places;
    let shown = places.shown(&places.info_attributes);
    if !patient.state.info_attributes {
        let said = format!("'{shown}' does not name the merge driver");
        return missing(patient, "attributes", said, INSTALL);
    }
    match patient.facts.attributes.get("merge").map(String::as_str) {
        Some("idhooks") => DoctorLine::ok(
            "attributes",
            format!("git merges the registry with idhooks ('{shown}')"),
        ),
        other => {
            let other = other.unwrap_or("unspecified");
            let said = format!("git merges '{REGISTRY_PATH}' with '{other}', not with idhooks");
            let help = format!("remove what follows the line of idhooks in '{shown}'");
            missing(patient, "attributes", said, &help)
        }
    }
}

fn committed_attributes(patient: &Diagnosis) -> DoctorLine {
    const CHECK: &str = "gitattributes";
    let found = patient.state.attributes;
    if found.head && found.index {
        return DoctorLine::ok(CHECK, "'.gitattributes' names the merge driver, for every clone");
    }
    if !patient.is_adopted() {
        return DoctorLine::note(CHECK, "'.gitattributes' does not name the merge driver");
    }
    if found.index {
        let said = "'.gitattributes' names the merge driver, but is not committed yet";
        return DoctorLine::warning(CHECK, said).help("git commit");
    }
    let said = "'.gitattributes' does not name the merge driver for other clones";
    DoctorLine::warning(CHECK, said).help(add_attributes_line(patient)).code(Code::NotInstalled)
}

/// Returns the command that adds the line to `.gitattributes`, or only stages it.
pub(super) fn add_attributes_line(patient: &Diagnosis) -> String {
    let stage = "git add :/.gitattributes";
    if patient.state.attributes.worktree {
        return stage.to_owned();
    }
    format!(
        "echo '{ATTRIBUTES_LINE}' >>\"$(git rev-parse --show-toplevel)/.gitattributes\" && {stage}"
    )
}

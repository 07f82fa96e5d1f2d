//! `idhooks doctor`: checks whether the registry is readable, canonical and consistent.

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::registry::{REGISTRY_PATH, Registry};
use idhooks_repo::history::{Consistency, check_consistency};
use idhooks_repo::state::{CommitState, RegistryState};

use super::diagnosis::{Diagnosis, DoctorLine};
use crate::error::{CommandError, CommandResult};
use crate::output::{count, summary};

const CHECK: &str = "registry";

/// Checks the registry of the index (in a bare repository, of HEAD), its working file, and whether
/// HEAD is consistent.
pub(super) fn lines(diagnosis: &Diagnosis) -> CommandResult<Vec<DoctorLine>> {
    let Some(view) = &diagnosis.view else {
        return Ok(vec![DoctorLine::note(CHECK, "no commit yet")]);
    };
    let mut lines = staged(diagnosis, view)?;
    if let RegistryState::Read(stored) = &view.registry {
        lines.extend(working(diagnosis, &stored.bytes)?);
    }
    lines.extend(head(diagnosis)?);
    Ok(lines)
}

fn staged(diagnosis: &Diagnosis, view: &CommitState) -> CommandResult<Vec<DoctorLine>> {
    let of = |findings: Vec<Finding>| findings.iter().map(|f| DoctorLine::of(CHECK, f)).collect();
    let stored = match &view.registry {
        RegistryState::NotAdopted => {
            let elsewhere = diagnosis.repo.ref_with(REGISTRY_PATH)?;
            return Ok(vec![match elsewhere {
                Some(name) => DoctorLine::note(CHECK, format!("not adopted here, but in '{name}'"))
                    .help(format!("git merge {name}")),
                None => {
                    DoctorLine::note(CHECK, "this repository is not adopted").help("idhooks init")
                }
            }]);
        }
        RegistryState::Read(stored) => stored,
        _ => {
            return Ok(of(view.why_unreadable()));
        }
    };
    let config = match view.config(&diagnosis.repo) {
        Ok(config) => config,
        Err(error) => {
            let line = DoctorLine::error("configuration", error.to_string());
            return Ok(vec![line.help("fix idhooks.toml; its keys: idhooks schema config")]);
        }
    };
    let findings = view.check(&diagnosis.repo, &config)?;
    let (form, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.code == Code::NotCanonical);
    let mut lines = Vec::new();
    if form.is_empty() {
        let records = count(stored.registry.allocations.len(), "identity", "identities");
        lines.push(DoctorLine::ok(CHECK, format!("can be read, in canonical form: {records}")));
    } else {
        let message = format!("'{REGISTRY_PATH}' is valid, but not in canonical form");
        lines.push(
            DoctorLine::warning(CHECK, message)
                .help("idhooks doctor --fix")
                .code(Code::NotCanonical),
        );
    }
    if !others.is_empty() {
        let (found, is_fault) = (summary(&others), |f: &Finding| f.severity != Severity::Info);
        let line = match others.iter().any(is_fault) {
            true => {
                DoctorLine::warning(CHECK, format!("{found}; the next commit repairs what it can"))
            }
            false => DoctorLine::note(CHECK, format!("{found}; the next commit repairs it")),
        };
        lines.push(line.help("idhooks check"));
    }
    Ok(lines)
}

/// Compares the working file with the index.
fn working(diagnosis: &Diagnosis, staged: &[u8]) -> CommandResult<Option<DoctorLine>> {
    if diagnosis.is_bare() {
        return Ok(None);
    }
    let bytes = match diagnosis.repo.read_working(REGISTRY_PATH) {
        Err(error) if error.link_path().is_some() => {
            let read_error = CommandError::from(error);
            return Ok(Some(
                DoctorLine::error(CHECK, read_error.message).help(read_error.hints.join("; ")),
            ));
        }
        read => read?,
    };
    let Some(bytes) = bytes else { return Ok(None) };
    let shown = format!("'{REGISTRY_PATH}' in the working tree");
    let same_text = |registry: &Registry| registry.format().as_bytes() == staged;
    Ok(match Registry::parse(&bytes) {
        _ if bytes == staged => None,
        Err(_) => {
            let help = format!("git restore {REGISTRY_PATH}");
            Some(DoctorLine::warning(CHECK, format!("{shown} cannot be read")).help(help))
        }
        Ok(registry) if same_text(&registry) => {
            let message = format!("{shown} is not in canonical form");
            Some(DoctorLine::warning(CHECK, message).help("idhooks doctor --fix"))
        }
        Ok(_) => {
            let help = format!("git diff {REGISTRY_PATH}, then git add it or git restore it");
            Some(DoctorLine::note(CHECK, format!("{shown} differs from the staged one")).help(help))
        }
    })
}

fn head(diagnosis: &Diagnosis) -> CommandResult<Option<DoctorLine>> {
    let Some(head) = diagnosis.repo.head()? else {
        return Ok(diagnosis.is_adopted().then(|| DoctorLine::ok("HEAD", "no commit yet")));
    };
    Ok(match check_consistency(&diagnosis.repo, head)? {
        Consistency::NotAdopted => None,
        Consistency::Consistent => Some(DoctorLine::ok("HEAD", "its registry is consistent")),
        Consistency::Inconsistent(_) => {
            let message = "its registry is inconsistent; the next commit heals it";
            Some(DoctorLine::warning("HEAD", message).help("idhooks check --rev HEAD"))
        }
    })
}

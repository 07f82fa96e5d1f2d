//! Checks whether the registry is readable, in canonical form and consistent.

use idhooks_core::check::{Code, Finding, Severity, by_severity, count};
use idhooks_core::registry::{REGISTRY_PATH, Registry};
use idhooks_repo::derived::legacy::{legacy_file_is_back, needs_resolve};
use idhooks_repo::history::{Consistency, MissingObjects, check_consistency, missing_to_heal};
use idhooks_repo::state::{
    CommitState, RegistrySource, RegistryState, StateError, Stored, how_to_take_over,
};
use idhooks_repo::store::own_install_method;

use super::diagnosis::Diagnosis;
use super::doctor_line::{DoctorLine, error, note, ok, warning};
use crate::OpsError;
use crate::steps::code_engine;

const CHECK_HEAD: &str = "idhooks check --rev HEAD";
const HEALED_BY_COMMIT: &str = "the next commit heals it";
/// Advice for when another program changed the legacy file although the registry leads.
const BLOCKED: &str =
    "the next commit heals it once the legacy file is derived again: idhooks resolve";
/// Advice for a bare repository, where nothing is committed.
const HEALED_BY_PUSH: &str = "push a commit that heals it: idhooks reconcile, in a clone";

/// Checks the registry in the index (or in HEAD, for a bare repository) and in the working tree,
/// and checks whether HEAD is consistent.
pub(super) fn lines(diagnosis: &Diagnosis) -> Result<Vec<DoctorLine>, OpsError> {
    let Some(view) = &diagnosis.view else {
        return Ok(vec![note("no commit yet").of("registry")]);
    };
    // No rules are needed to report that a registry cannot be read.
    let checked = match &view.registry {
        RegistryState::Read(_) => view.config(&diagnosis.repo).map(Some),
        _ => Ok(None),
    };
    let checked = match checked {
        Ok(Some(config)) => {
            let findings = view.check(&diagnosis.repo, &config)?;
            let is_blocked = needs_resolve(&config, &findings);
            Ok((findings, is_blocked))
        }
        Ok(None) => Ok((Vec::new(), false)),
        Err(fault) => Err(fault),
    };
    let is_blocked = checked.as_ref().is_ok_and(|(_, is_blocked)| *is_blocked);
    let mut lines = staged(diagnosis, view, checked)?;
    lines.extend(formats(diagnosis, view).map(|line| line.of("configuration")));
    if let RegistryState::Read(stored) = &view.registry {
        lines.extend(working(diagnosis, &stored.bytes)?.map(|line| line.of("registry")));
        let back = legacy_file_is_back(&diagnosis.repo)?;
        lines.extend(back.map(|finding| DoctorLine::of_finding(&finding).of("legacy-file")));
    }
    lines.extend(head(diagnosis, is_blocked)?.map(|line| line.of("HEAD")));
    Ok(lines)
}

/// Returns whether a finding reports that the legacy file is back after the migration; no commit
/// fixes that.
fn is_legacy_file_back(finding: &Finding) -> bool {
    finding.code == Code::LegacyMismatch && finding.severity == Severity::Warning
}

/// Returns the lines about the registry in the index. `checked` has its findings and whether the
/// legacy file blocks the next commit, or an error if its rules cannot be used.
fn staged(
    diagnosis: &Diagnosis,
    view: &CommitState,
    checked: Result<(Vec<Finding>, bool), StateError>,
) -> Result<Vec<DoctorLine>, OpsError> {
    let lines = match &view.registry {
        RegistryState::Read(stored) => match checked {
            Ok((findings, is_blocked)) => found(diagnosis, stored, findings, is_blocked),
            Err(fault) => {
                let help = match &fault {
                    StateError::Config(mistake) if mistake.required_version.is_some() => {
                        format!("update idhooks: {}", own_install_method().how_to_install())
                    }
                    _ => "fix idhooks.toml; its keys: idhooks schema config".to_owned(),
                };
                return Ok(vec![error(fault.to_string()).help(help).of("configuration")]);
            }
        },
        RegistryState::NotAdopted => {
            vec![match RegistrySource::find(&diagnosis.repo, &view.tree)? {
                Some(RegistrySource { name, how, is_former }) => match is_former {
                    true => note(format!("not adopted; had identities until '{name}'")).help(how),
                    false => {
                        note(format!("not adopted here, but '{name}' has a registry")).help(how)
                    }
                },
                None => {
                    let begin = how_to_take_over(&diagnosis.repo, &view.tree);
                    let begin = begin.unwrap_or_else(|| "idhooks init".to_owned());
                    note("this repository is not adopted").help(begin)
                }
            }]
        }
        _ => view.why_unreadable(&diagnosis.repo)?.iter().map(DoctorLine::of_finding).collect(),
    };
    Ok(lines.into_iter().map(|line| line.of("registry")).collect())
}

/// Checks the identifier formats, because hooks do not compile them.
fn formats(diagnosis: &Diagnosis, view: &CommitState) -> Option<DoctorLine> {
    let config = view.config(&diagnosis.repo).ok()?;
    if config.formats.is_empty() {
        return None;
    }
    let engine = match code_engine("formats in idhooks.toml") {
        Ok(engine) => engine,
        Err(missing) => return Some(warning(missing.to_string())),
    };
    let mistake = (engine.check_formats)(&config)?;
    let help = mistake.hint.clone().unwrap_or_else(|| "idhooks ids formats".to_owned());
    Some(error(mistake.to_string()).help(help))
}

fn found(
    diagnosis: &Diagnosis,
    stored: &Stored,
    findings: Vec<Finding>,
    is_blocked: bool,
) -> Vec<DoctorLine> {
    let (form, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.code == Code::NotCanonical);
    // Commits do not fix a corrupt registry.
    let (blocking, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|finding| finding.code == Code::RegistryCorrupt);
    let mut lines = vec![if form.is_empty() {
        let records = count(stored.registry.allocations.len(), "identity", "identities");
        ok(format!("can be read, in canonical form: {records}"))
    } else {
        warning(format!("'{REGISTRY_PATH}' is valid, but not in canonical form"))
            .help("idhooks doctor --fix")
            .code(Code::NotCanonical)
    }];
    let (back, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_legacy_file_back);
    lines.extend(blocking.iter().chain(&back).map(DoctorLine::of_finding));
    if !others.is_empty() {
        let found = by_severity(&others);
        let line = match others.iter().any(|finding| finding.severity != Severity::Info) {
            // Nobody commits in a bare repository, so only a push can heal it.
            _ if diagnosis.is_bare() => warning(format!("{found}; {HEALED_BY_PUSH}")),
            true if is_blocked => warning(format!("{found}; {BLOCKED}")),
            true => warning(format!("{found}; the next commit repairs what it can")),
            false if others.iter().all(|finding| finding.code == Code::MissingId) => {
                note(format!("{found}; the next commit repairs it"))
            }
            false => note(found),
        };
        let command = if diagnosis.is_bare() { CHECK_HEAD } else { "idhooks check" };
        lines.push(line.help(command));
    }
    lines
}

/// Compares the working tree's registry with the index.
fn working(diagnosis: &Diagnosis, staged: &[u8]) -> Result<Option<DoctorLine>, OpsError> {
    if diagnosis.is_bare() {
        return Ok(None);
    }
    let bytes = match diagnosis.repo.read_working(REGISTRY_PATH) {
        Err(fault) if fault.link_path().is_some() => {
            return Ok(Some(error(fault.to_string()).help(fault.remedy())));
        }
        read => read?,
    };
    // The staged bytes have already been checked.
    let Some(bytes) = bytes.filter(|bytes| bytes != staged) else { return Ok(None) };
    let shown = format!("'{REGISTRY_PATH}' in the working tree");
    Ok(Some(match Registry::parse(&bytes) {
        Err(_) => {
            warning(format!("{shown} cannot be read")).help(format!("git restore {REGISTRY_PATH}"))
        }
        Ok(registry) if registry.format().as_bytes() == staged => {
            warning(format!("{shown} is not in canonical form")).help("idhooks doctor --fix")
        }
        Ok(_) => note(format!("{shown} differs from the staged one"))
            .help(format!("git diff {REGISTRY_PATH}, then git add it or git restore it")),
    }))
}

fn head(diagnosis: &Diagnosis, is_blocked: bool) -> Result<Option<DoctorLine>, OpsError> {
    let Some(head) = diagnosis.repo.head()? else {
        return Ok(diagnosis.is_adopted().then(|| ok("no commit yet")));
    };
    Ok(match check_consistency(&diagnosis.repo, head)? {
        Consistency::NotAdopted => None,
        Consistency::Consistent => Some(ok("its registry is consistent")),
        Consistency::Inconsistent(_) => {
            // If the clone lacks objects needed for healing, the next commit cannot heal it either.
            let outlook = missing_to_heal(&diagnosis.repo, head)?.map(MissingObjects::outlook);
            let healed_by = match diagnosis.is_bare() {
                true => HEALED_BY_PUSH,
                false if is_blocked => BLOCKED,
                false => HEALED_BY_COMMIT,
            };
            let outlook = outlook.unwrap_or_else(|| healed_by.to_owned());
            let line = warning(format!("its registry is inconsistent; {outlook}"));
            Some(line.help(CHECK_HEAD))
        }
    })
}

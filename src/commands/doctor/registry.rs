//! The registry: whether it can be read, its form, and whether it is true.

use super::Diagnosis;
use super::line::DoctorLine;
use crate::check::{Code, Finding, Severity};
use crate::error::CommandError;
use crate::history::{Consistency, check_consistency};
use crate::output::{count, summary};
use crate::registry::{REGISTRY_PATH, Registry};
use crate::transaction::{Held, View};

const CHECK: &str = "registry";

/// Looks at the registry of the index (in a bare repository, of HEAD), at its working file, and
/// whether HEAD is true.
pub(super) fn lines(patient: &Diagnosis) -> Result<Vec<DoctorLine>, CommandError> {
    let Some(view) = &patient.view else {
        return Ok(vec![DoctorLine::note(CHECK, "no commit yet")]);
    };
    let mut lines = staged(patient, view)?;
    if let Held::Stored(stored) = &view.held {
        lines.extend(working(patient, &stored.bytes)?);
    }
    lines.extend(head(patient)?);
    Ok(lines)
}

fn staged(patient: &Diagnosis, view: &View) -> Result<Vec<DoctorLine>, CommandError> {
    let of = |findings: Vec<Finding>| findings.iter().map(|f| DoctorLine::of(CHECK, f)).collect();
    let stored = match &view.held {
        Held::NotAdopted => {
            let elsewhere = patient.repo.ref_with(REGISTRY_PATH)?;
            return Ok(vec![match elsewhere {
                Some(name) => DoctorLine::note(CHECK, format!("not adopted here, but in '{name}'"))
                    .help(format!("git merge {name}")),
                None => {
                    DoctorLine::note(CHECK, "this repository is not adopted").help("idhooks init")
                }
            }]);
        }
        Held::Missing | Held::Unmerged | Held::Unreadable(_) => {
            return Ok(of(view.why_unreadable()));
        }
        Held::Stored(stored) => stored,
    };
    let config = match view.config(&patient.repo) {
        Ok(config) => config,
        Err(error) => {
            let line = DoctorLine::error("configuration", error.to_string());
            return Ok(vec![line.help("fix idhooks.toml; its keys: idhooks schema config")]);
        }
    };
    let findings = view.check(&patient.repo, &config)?;
    let (form, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.code == Code::NotCanonical);
    let mut lines = Vec::new();
    if form.is_empty() {
        let records = count(stored.registry.allocations.len(), "identity", "identities");
        lines.push(DoctorLine::ok(CHECK, format!("can be read, in canonical form: {records}")));
    } else {
        let said = format!("'{REGISTRY_PATH}' is valid, but not in canonical form");
        lines.push(
            DoctorLine::warning(CHECK, said).help("idhooks doctor --fix").code(Code::NotCanonical),
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

/// Looks at the working file, which should say what the index says.
fn working(patient: &Diagnosis, staged: &[u8]) -> Result<Option<DoctorLine>, CommandError> {
    if patient.is_bare() {
        return Ok(None);
    }
    let bytes = match patient.repo.read_working(REGISTRY_PATH) {
        Err(error) if error.link_path().is_some() => {
            let told = CommandError::from(error);
            return Ok(Some(DoctorLine::error(CHECK, told.message).help(told.hints.join("; "))));
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
            let said = format!("{shown} is not in canonical form");
            Some(DoctorLine::warning(CHECK, said).help("idhooks doctor --fix"))
        }
        Ok(_) => {
            let help = format!("git diff {REGISTRY_PATH}, then git add it or git restore it");
            Some(DoctorLine::note(CHECK, format!("{shown} differs from the staged one")).help(help))
        }
    })
}

fn head(patient: &Diagnosis) -> Result<Option<DoctorLine>, CommandError> {
    let Some(head) = patient.repo.head()? else {
        return Ok(patient.is_adopted().then(|| DoctorLine::ok("HEAD", "no commit yet")));
    };
    Ok(match check_consistency(&patient.repo, head)? {
        Consistency::NotAdopted => None,
        Consistency::Consistent => Some(DoctorLine::ok("HEAD", "its registry is consistent")),
        Consistency::Inconsistent(_) => {
            let said = "its registry is inconsistent; the next commit heals it";
            Some(DoctorLine::warning("HEAD", said).help("idhooks check --rev HEAD"))
        }
    })
}

//! Hints for records that cannot be found.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{LookUpError, NoHolder, NotRegular, Searched, WithoutIdentity};

use super::{CommandError, path_hint, revision_option};
use crate::output::shell_quoted;

impl From<LookUpError> for CommandError {
    fn from(error: LookUpError) -> Self {
        let causes = error.cause().into_iter().collect();
        let converted = Self { causes, ..Self::new(error.to_string()) };
        converted.hint(hint(error))
    }
}

impl From<NoHolder> for CommandError {
    fn from(error: NoHolder) -> Self {
        let converted = Self::new(error.to_string());
        converted.hint(match error {
            NoHolder::AtPath { typed, revision, .. } => format!(
                "to see why: idhooks show{} -- {}",
                revision_option(&revision),
                shell_quoted(&typed.to_string_lossy())
            ),
            NoHolder::Unknown { revision, .. } => {
                format!("list the identities: idhooks list{}", revision_option(&revision))
            }
            NoHolder::WithoutFile { id, revision } => {
                format!("to see its last path: idhooks show{} {id}", revision_option(&revision))
            }
        })
    }
}

fn hint(error: LookUpError) -> String {
    match error {
        LookUpError::NoMoment(_) => "name a commit, or a date that git accepts: 2026-03-01, '2026-03-01 12:00', '2 weeks ago'".to_owned(),
        LookUpError::NoCommitYet { can_name_other: false } => "commit first".to_owned(),
        LookUpError::NoCommitYet { can_name_other: true } => {
            "commit first, or name a commit: --rev <commit>".to_owned()
        }
        LookUpError::NoneAsOld(_) => {
            "list the oldest commits: git log --first-parent --reverse".to_owned()
        }
        LookUpError::NotAdoptedThen(_) => {
            format!("see when it was adopted: git log --diff-filter=A -- {REGISTRY_PATH}")
        }
        LookUpError::NoRecord { id, is_present: true, .. } => format!(
            "it was allocated later, or on a branch that was merged later: idhooks log {id}"
        ),
        LookUpError::NoRecord { place, .. } => {
            let option = match place {
                Searched::Revision(revision) => revision_option(&revision),
                Searched::At(at) => format!(" --rev {}", at.commit.short()),
                Searched::History(rev) => format!(" --rev {rev}"),
            };
            format!("list the identities: idhooks list{option}")
        }
        LookUpError::NoIdentity { path, why: WithoutIdentity::NotRegular(what), .. } => {
            match what {
                NotRegular::Directory => {
                    let below = shell_quoted(&format!("{path}/**"));
                    format!("list the identities of its files: idhooks list --path {below}")
                }
                _ => "list files with an identity: idhooks list".to_owned(),
            }
        }
        LookUpError::NoIdentity { typed, place: Searched::At(_), .. } => {
            let typed = shell_quoted(&typed.to_string_lossy());
            format!("see when it was added, and its earlier paths: idhooks log {typed}")
        }
        LookUpError::NoIdentity { why: WithoutIdentity::Finding(finding), .. } => finding.help,
        LookUpError::NoIdentity { why: WithoutIdentity::Unknown(advice), .. } => {
            path_hint(&advice)
        }
    }
}

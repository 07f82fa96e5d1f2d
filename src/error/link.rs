//! Hints for files without a link.

use idhooks_ops::{LinkRefusal, NoForge};

use super::CommandError;
use crate::output::shell_quoted;

/// How to name the repository.
const REPOSITORY: &str =
    "name it in idhooks.toml: [links] repository = \"https://example.org/team/docs\"";
/// How to name the forge.
const FORGE: &str = "name the forge in idhooks.toml: [links] forge = \"gitlab\", for example; or, for another kind of server, [links] template";
/// What to do about a host that has another name elsewhere.
const ALIAS: &str = "; if the host is only a name in your ssh configuration, [links] repository";

impl From<LinkRefusal> for CommandError {
    fn from(refusal: LinkRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            LinkRefusal::Remote { fault: NoForge::UnknownHost { .. }, .. } => {
                converted.hint(format!("{FORGE}{ALIAS}"))
            }
            LinkRefusal::Repository(NoForge::UnknownHost { .. }) => converted.hint(FORGE),
            LinkRefusal::Repository(_) => converted
                .hint("write the URL that 'git clone' takes, or the address of the repository's page"),
            LinkRefusal::NoRemote | LinkRefusal::NoUrl(_) | LinkRefusal::Remote { .. } => {
                converted.hint(REPOSITORY)
            }
            LinkRefusal::SeveralRemotes(_) => converted.hint(format!(
                "{REPOSITORY}; or let the branch follow one: git branch --set-upstream-to=<remote>/<branch>"
            )),
            LinkRefusal::NothingPushed(remote) => {
                converted.hint(format!("to see what it has now: git fetch {}", shell_quoted(&remote)))
            }
            LinkRefusal::NoCommit => converted.hint("commit the files, and push the commit"),
            LinkRefusal::NoSuccessor { .. } => {
                converted.hint("check the registry: idhooks check")
            }
            LinkRefusal::NoFile { id, .. } => {
                converted.hint(format!("to see its history: idhooks log {id}"))
            }
            LinkRefusal::NoLastVersion { missing: Some(missing), .. } => {
                converted.hint(format!("fetch the rest: {}", missing.command()))
            }
            LinkRefusal::NoLastVersion { id, .. } => {
                converted.hint(format!("to see its history: idhooks log {id}"))
            }
        }
    }
}

//! Hints for identities that cannot be written to files or removed from them.

use idhooks_core::registry::RepoPath;
use idhooks_ops::{InjectRefusal, config_template};

use super::CommandError;

impl From<InjectRefusal> for CommandError {
    fn from(refusal: InjectRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            InjectRefusal::Path(error) => error.into(),
            InjectRefusal::NoFile(_) => {
                converted.hint("only regular files can, except the files of idhooks itself")
            }
            InjectRefusal::NotInIndex(path) => converted
                .hint(format!("list the index: git ls-files; or first run: git add -- {path}")),
            InjectRefusal::NoIdentity(path) => {
                let quoted = path.shell_quoted();
                converted.hint(format!("run 'git commit', or now: idhooks allocate -- {quoted}"))
            }
            InjectRefusal::CarriesOther { path, other, .. } => converted.hint(format!(
                "show the file it belongs to: idhooks show {other}; to replace it: idhooks inject --replace -- {}",
                path.shell_quoted()
            )),
            InjectRefusal::Impossible(_, obstacle) => converted.hint(obstacle.help()),
            InjectRefusal::Foreign(path, ..) => converted.hint(to_remove_foreign(&path)),
            InjectRefusal::NoId(..) => converted.hint("to remove it, edit the file"),
            InjectRefusal::Kept(..) => converted.hint("remove it by hand"),
            InjectRefusal::Ruled { paths, .. } => converted.hint(match &paths[..] {
                [path] => {
                    let keys = config_template::exclusion(path);
                    let keys = keys.unwrap_or_else(|| "embed = false".to_owned());
                    format!("exclude the file first: above that rule, add an [[embed]] rule with {keys}; then run 'git add idhooks.toml' and try again")
                }
                _ => "exclude them first: change that rule, or add one with embed = false above it; then run 'git add idhooks.toml' and try again".to_owned(),
            }),
        }
    }
}

/// Returns advice on removing an identity that does not belong to the file.
pub fn to_remove_foreign(path: &RepoPath) -> String {
    format!("to remove it: idhooks inject --remove --foreign -- {}", path.shell_quoted())
}

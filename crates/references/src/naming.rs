//! The new name of a file.

use idhooks_core::config::{Config, ModuleNaming};
use idhooks_core::registry::{Allocation, FileName, Id, RepoPath};

use super::reserved;

/// Whether names get or lose their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Names get their identity as a prefix.
    To,
    /// Names lose their identity.
    From,
}

/// The reason why a file keeps its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameRefusal {
    /// Tools or people look for this name.
    #[error("'{0}' keeps its name: {1}")]
    Reserved(RepoPath, String),
    /// The file is a Python module, and the rules exclude modules.
    #[error("'{0}' keeps its name: the rules exclude Python modules")]
    Module(RepoPath),
    /// The name begins with an identity that is not the file's own.
    #[error("'{0}' begins with {1}, which is not its identity")]
    Foreign(RepoPath, Id),
    /// Nothing of the name would be left, or the new name is not valid.
    #[error("'{0}' would have no valid name")]
    Nameless(RepoPath),
}

impl NameRefusal {
    /// Returns what to do about it.
    pub fn help(&self) -> String {
        match self {
            NameRefusal::Reserved(..) => "omit this file".to_owned(),
            NameRefusal::Module(_) => {
                "omit this file, or write modules = \"lead\" in the [[file_names]] rule".to_owned()
            }
            NameRefusal::Foreign(path, id) => format!(
                "see which file it belongs to: idhooks show {id}; then give this file a plain name: idhooks mv {} <name>",
                path.shell_quoted()
            ),
            NameRefusal::Nameless(path) => {
                format!("rename it: idhooks mv {} <name>", path.shell_quoted())
            }
        }
    }
}

/// Returns the new path of a file, which may be the current one.
///
/// # Errors
/// Returns an error if the file must keep its name.
pub fn new_path(
    config: &Config,
    record: &Allocation,
    path: &RepoPath,
    way: Way,
) -> Result<RepoPath, NameRefusal> {
    let name = FileName::of(path.basename());
    if let Some(id) = name.id().filter(|id| !record.answers_to(*id) && record.claim != *id) {
        return Err(NameRefusal::Foreign(path.clone(), id));
    }
    let head = match way {
        Way::From => Vec::new(),
        Way::To => {
            if name.digits.is_none()
                && let Some(why) = reserved::reason(path.basename())
            {
                return Err(NameRefusal::Reserved(path.clone(), why));
            }
            let is_module = path.extension().is_some_and(|e| e.eq_ignore_ascii_case(b"py"));
            let modules = config.name_rule(path).map(|rule| rule.modules).unwrap_or_default();
            if is_module && modules == ModuleNaming::Refuse {
                return Err(NameRefusal::Module(path.clone()));
            }
            FileName::head_of(record.id, is_module)
        }
    };
    let nameless = || NameRefusal::Nameless(path.clone());
    if name.rest.is_empty() {
        return Err(nameless());
    }
    path.with_basename(&[&head, name.rest].concat()).map_err(|_| nameless())
}

//! Which name a file gets.

use std::fmt;

use crate::config::{Config, ModuleNaming};
use crate::registry::{Allocation, FileName, Id, RepoPath};

use super::reserved;

/// Which way names go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Names get their identity at the beginning.
    To,
    /// Names lose it.
    From,
}

/// Why a file keeps its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameRefusal {
    /// The name is what it is for a reason.
    Reserved(RepoPath, String),
    /// A Python module, which the rules leave alone.
    Module(RepoPath),
    /// The name begins with an identity that is not its own.
    Foreign(RepoPath, Id),
    /// Nothing of the name would be left, or no name that a file can have.
    Nameless(RepoPath),
}

impl fmt::Display for NameRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NameRefusal::Reserved(path, why) => write!(f, "'{path}' keeps its name: {why}"),
            NameRefusal::Module(path) => {
                write!(f, "'{path}' keeps its name: the rules say so of Python modules")
            }
            NameRefusal::Foreign(path, id) => {
                write!(f, "'{path}' begins with {id}, which is not its identity")
            }
            NameRefusal::Nameless(path) => write!(f, "'{path}' would have no name"),
        }
    }
}

impl NameRefusal {
    /// Returns what to do about it.
    pub fn help(&self) -> String {
        match self {
            NameRefusal::Reserved(..) => "leave it out".to_owned(),
            NameRefusal::Module(_) => {
                "leave it out, or write modules = \"lead\" in the [[file_names]] rule".to_owned()
            }
            NameRefusal::Foreign(path, id) => format!(
                "see whose it is: idhooks show {id}; then give the file a plain name: idhooks mv {} <name>",
                path.shell_quoted()
            ),
            NameRefusal::Nameless(path) => {
                format!("give it another name: idhooks mv {} <name>", path.shell_quoted())
            }
        }
    }
}

/// Returns the path that a file gets, which may be the one it has.
///
/// # Errors
/// A file that has to keep its name.
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
            if name.digits().is_none()
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
    if name.rest().is_empty() {
        return Err(nameless());
    }
    path.with_basename(&[&head, name.rest()].concat()).map_err(|_| nameless())
}

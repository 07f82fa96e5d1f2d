//! [`Carried`]: an identity that a file carries in its content or its name.

use crate::config::Config;
use crate::embed::Mark;
use crate::registry::{FileName, Id, RepoPath, Scope};

/// An identity that a file carries in its content or its name; it may be malformed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// The file.
    pub path: RepoPath,
    /// The identity, or the text found in its place if it is malformed.
    pub id: Result<Id, String>,
    /// Whether the identity is in the file's name.
    pub is_name: bool,
    /// Whether the configuration or the identity's scope shows that the identity belongs to this
    /// repository. If not, a problem with it is only a warning.
    pub is_binding: bool,
}

impl Carried {
    /// Returns the identity in a file's name, in a repository with the scope `own`. The identity's
    /// scope must be known, since any other 16 digits may be unrelated. If the rules say that the
    /// name should begin with the identity, digits that merely look like one are returned as well.
    pub fn in_name(config: &Config, own: Scope, path: &RepoPath) -> Option<Self> {
        let name = path.basename();
        let id = match FileName::of(name).id() {
            Some(id) => config.knows_scope(own, id.scope()).then_some(Ok(id))?,
            None => {
                let digits = FileName::malformed(name)?;
                let is_ruled = config.name_rule(path).is_some_and(|rule| rule.id_prefix);
                is_ruled.then(|| Err(digits.to_owned()))?
            }
        };
        Some(Carried { path: path.clone(), id, is_name: true, is_binding: true })
    }

    /// Returns the identity in the mark at the head of a file; `None` if the mark is a placeholder.
    pub fn in_head(config: &Config, own: Scope, path: &RepoPath, mark: &Mark) -> Option<Self> {
        let id = match mark.id() {
            Some(id) => Ok(id),
            None if mark.text == Id::PLACEHOLDER => return None,
            None => Err(mark.text.clone()),
        };
        let is_ours = id.as_ref().is_ok_and(|id| config.knows_scope(own, id.scope()));
        let is_binding = is_ours || config.embeds(path);
        Some(Carried { path: path.clone(), id, is_name: false, is_binding })
    }
}

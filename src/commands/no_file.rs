//! Paths that never have an identity, because they are no regular files.

use idhooks_core::config::is_own;
use idhooks_core::registry::{Mode, RepoPath, Tree};

use crate::output::shell_quoted;

/// Returns why a path never has an identity, if it is no file, and a command that helps.
pub(super) fn no_file(tree: &Tree, path: &RepoPath) -> Option<[String; 2]> {
    const ALL: &str = "list the files that have one: idhooks list";
    let kind = match tree.get(path).map(|entry| entry.mode) {
        Some(Mode::Symlink) => "symbolic link",
        Some(Mode::Submodule) => "submodule",
        Some(Mode::Regular | Mode::Executable) => return None,
        None => {
            let start = [path.as_bytes(), b"/"].concat();
            let mut following = tree.range(path..).map(|(path, _)| path);
            let below = following.find(|path| path.as_bytes() >= start.as_slice())?;
            if !below.as_bytes().starts_with(&start) {
                return None;
            }
            let list = format!("idhooks list --path {}", shell_quoted(&format!("{path}/**")));
            let hint = if is_own(below) {
                ALL.to_owned()
            } else {
                format!("list those of its files: {list}")
            };
            return Some([format!("'{path}' is a directory; only files have identities"), hint]);
        }
    };
    Some([format!("'{path}' is a {kind}; only regular files have identities"), ALL.to_owned()])
}

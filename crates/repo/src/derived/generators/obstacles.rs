//! [`Obstacles`]: the reasons that a file cannot be an output.

use std::collections::BTreeSet;

use idhooks_core::registry::{RepoPath, Tree};

use crate::git::{Repo, is_portable};
use crate::state::StateError;

/// The reasons that files cannot be outputs.
pub(super) struct Obstacles<'a> {
    repo: &'a Repo,
    tree: &'a Tree,
    ignored: BTreeSet<RepoPath>,
    filtered: BTreeSet<RepoPath>,
}

impl<'a> Obstacles<'a> {
    /// Asks git about these paths.
    pub(super) fn of(
        repo: &'a Repo,
        tree: &'a Tree,
        paths: &BTreeSet<&RepoPath>,
    ) -> Result<Self, StateError> {
        let empty = BTreeSet::new;
        let mut obstacles = Obstacles { repo, tree, ignored: empty(), filtered: empty() };
        // git refuses to answer for paths beyond a symlink.
        let plain: Vec<&RepoPath> =
            paths.iter().copied().filter(|path| obstacles.at(path).is_none()).collect();
        let git = repo.git();
        // git never ignores a tracked file, no matter what the ignore rules say.
        let new = plain.iter().copied().filter(|path| !tree.contains_key(path));
        obstacles.ignored = git.ignored(new)?;
        obstacles.filtered = git.filtered(plain)?;
        Ok(obstacles)
    }

    /// Returns the reason that a path cannot be an output, and a remedy.
    pub(super) fn at(&self, path: &RepoPath) -> Option<(String, String)> {
        let other = || "name another output in idhooks.toml".to_owned();
        if !is_portable(path) {
            return Some((format!("git refuses its output '{path}' on some systems"), other()));
        }
        if self.ignored.contains(path) {
            let help =
                "name another output, or remove the rule that this shows: git check-ignore -v -- ";
            return Some((
                format!("git ignores its output '{path}'"),
                help.to_owned() + &path.shell_quoted(),
            ));
        }
        if self.filtered.contains(path) {
            let help = "see which attributes it has: git check-attr -a -- ";
            return Some((
                format!("git filters its output '{path}'"),
                help.to_owned() + &path.shell_quoted(),
            ));
        }
        let above = std::iter::successors(path.parent(), RepoPath::parent);
        if let Some(file) = above.into_iter().find(|dir| self.tree.contains_key(dir)) {
            return Some((
                format!("its output '{path}' is below '{file}', which is not a directory"),
                other(),
            ));
        }
        if self.tree.get(path).is_some_and(|entry| !entry.mode.is_file()) {
            return Some((
                format!("its output '{path}' is not a regular file in the index"),
                other(),
            ));
        }
        let dir = [path.as_bytes(), b"/"].concat();
        let mut after = self.tree.range(path..).map(|(other, _)| other.as_bytes());
        // The paths are sorted, so files below the path come soon after it.
        let mut near = after.by_ref().take_while(|other| other.starts_with(path.as_bytes()));
        if near.any(|other| other.starts_with(&dir)) {
            return Some((format!("its output '{path}' is a directory"), other()));
        }
        let place = self.repo.top().join(path.to_os_path());
        if let Err(error) = self.repo.link_guard().check(&place) {
            return Some((format!("its output '{path}' leads through a link: {error}"), other()));
        }
        let is_odd = place.symlink_metadata().is_ok_and(|meta| !meta.is_file());
        is_odd.then(|| (format!("its output '{path}' is not a regular file"), other()))
    }
}

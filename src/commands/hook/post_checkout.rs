//! post-checkout: reports an inconsistent registry, once per tree, and problems of the installation.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, check_consistency};
use idhooks_repo::state::shortcuts;
use idhooks_repo::store::Verdicts;

use crate::error::CommandError;
use crate::output::Ui;

pub(super) fn run(ui: &mut Ui, repo: &Repo, switched: &str) -> Result<(), CommandError> {
    if switched != "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let tree = repo.commit(head)?.tree;
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() {
        return Ok(());
    }
    let seen = Verdicts::in_dir(&repo.state_dir());
    let first_time = |what: &str| {
        let name = format!("seen {tree}{what}");
        let is_known = seen.recall(&name).is_some();
        // If the cache cannot be written, this hook only repeats its message.
        let _ = is_known || seen.remember(&name, true).is_ok();
        !is_known
    };
    if first_time("")
        && let Consistency::Inconsistent(_) = check_consistency(repo, head)?
    {
        ui.status("idhooks: the registry of HEAD is inconsistent ('idhooks check' shows why); the next commit heals it");
    }
    // Check this every time: a hook manager may have replaced the hooks since.
    if shortcuts() && repo.is_plainly_installed() {
        return Ok(());
    }
    if let Some(problem) = inspect(&repo.git())?.problems().first()
        && first_time(&format!(" {problem}"))
    {
        ui.status(&format!("idhooks: {problem} in this clone; 'idhooks install' fixes it"));
    }
    Ok(())
}

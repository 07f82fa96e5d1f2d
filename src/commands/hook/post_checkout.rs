//! post-checkout: one line, once per tree, if what was checked out is not in order.

use crate::error::CommandError;
use crate::git::{Repo, inspect};
use crate::output::Ui;
use crate::registry::REGISTRY_PATH;
use crate::store::Verdicts;
use crate::walk::{Judgement, judge};

pub(super) fn run(ui: &mut Ui, repo: &Repo, switched: &str) -> Result<(), CommandError> {
    if switched != "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let tree = repo.commit(head)?.tree;
    let seen = Verdicts::in_dir(&repo.common_dir());
    let name = format!("seen {tree}");
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() || seen.recall(&name).is_some() {
        return Ok(());
    }
    // A memory that cannot be written makes this hook look twice, nothing else.
    let _ = seen.remember(&name, true);
    if let Judgement::Untrue(_) = judge(repo, head)? {
        ui.status("idhooks: the registry of HEAD is not true ('idhooks check' says why); the next commit heals it");
    }
    if let Some(problem) = inspect(&repo.git())?.problems().first() {
        ui.status(&format!("idhooks: {problem} in this clone; 'idhooks install' mends it"));
    }
    Ok(())
}

//! post-checkout: reports an inconsistent registry, once per tree, and problems of the installation.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_repo::cache::{Cache, ConsistencyKey};
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, check_consistency};

use crate::error::CommandResult;
use crate::output::Ui;

pub(super) fn run(ui: &mut Ui, repo: &Repo, switched: &str) -> CommandResult<()> {
    if switched != "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let tree = repo.commit(head)?.tree;
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() {
        return Ok(());
    }
    let first_time = |problem: &str| {
        let mut cache = Cache::open(&repo.state_dir());
        let key = ConsistencyKey::IsReported(tree.object(), problem.to_owned());
        let is_known = cache.get(&key).is_some();
        // If the cache cannot be written, this hook only repeats its message.
        cache.insert(&key, &true);
        cache.save();
        !is_known
    };
    if first_time("")
        && let Consistency::Inconsistent(_) = check_consistency(repo, head)?
    {
        ui.status("idhooks: the registry of HEAD is inconsistent ('idhooks check' shows why); the next commit heals it");
    }
    // Check this every time: a hook manager may have replaced the hooks since.
    if repo.is_plainly_installed() {
        return Ok(());
    }
    if let Some(problem) = inspect(&repo.git())?.problems().first()
        && first_time(&problem.to_string())
    {
        ui.status(&format!("idhooks: {problem} in this clone; 'idhooks install' fixes it"));
    }
    Ok(())
}

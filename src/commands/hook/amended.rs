//! post-rewrite after `git commit --amend`: the registry of a commit in the place of another.
//!
//! pre-commit cannot see that a commit is amended, and takes the commit that goes for its parent.
//! A file that the amended commit had moved away, and that is made anew beside the moved one,
//! is a new file there; to the parent that stays, its path never went away.

use crate::commands::healing::tell_some;
use crate::error::CommandError;
use crate::git::Repo;
use crate::output::Ui;
use crate::plan::Edit;
use crate::walk::{Judgement, judge, was_found_true};

use super::remake_head;

pub(super) fn amended(ui: &mut Ui, repo: &Repo) -> Result<(), CommandError> {
    let Some(head) = repo.head()? else { return Ok(()) };
    // Without pre-commit's verdict there was none ('--no-verify'), or much to heal: the next
    // commit's affair. In a rebase more commits are to come, and another call of this hook.
    if !was_found_true(repo, repo.commit(head)?.tree) || repo.rebase()?.is_some() {
        return Ok(());
    }
    if !matches!(judge(repo, head)?, Judgement::Untrue(_)) {
        return Ok(());
    }
    let Some(remade) = remake_head(ui, repo, head, "amendment")? else { return Ok(()) };
    ui.status("idhooks: the registry of the amended commit was put right:");
    let before = remade.snapshot.registry();
    let edits = before.map(|before| Edit::between(before, &remade.plan.registry));
    tell_some(ui, &edits.unwrap_or_default());
    Ok(())
}

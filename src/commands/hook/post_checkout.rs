//! post-checkout: one line if what was checked out is not in order.

use crate::error::CommandError;
use crate::git::Repo;
use crate::output::Ui;
use crate::walk::{Judgement, judge};

pub(super) fn run(ui: &mut Ui, repo: &Repo, switched: &str) -> Result<(), CommandError> {
    if switched != "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    // A verdict that was remembered was told when it was found.
    if let Judgement::Untrue(findings) = judge(repo, head)?
        && !findings.is_empty()
    {
        let count = findings.len();
        let things = if count == 1 { "finding" } else { "findings" };
        ui.status(&format!(
            "idhooks: the registry of HEAD is not true ({count} {things}, see 'idhooks check'); the next commit heals it"
        ));
    }
    Ok(())
}

//! Shows notices about a push, as text.

use idhooks_ops::{PushRemedy, ReceiveNotice, Remedy};

use crate::output::{Ui, count};

/// The first step to take in a clone with missing commits.
const SHALLOW: &str = "in a shallow clone, first run 'git fetch --unshallow'; ";

impl Ui {
    /// Shows a notice about a push.
    pub(super) fn show_push(&mut self, notice: ReceiveNotice) {
        match notice {
            ReceiveNotice::Findings { findings, most } => {
                // The list is limited, because a push may cause any number of findings, and the
                // server sends every line to the client.
                let shown = most.min(findings.len());
                self.complain(&findings[..shown]);
                if shown < findings.len() {
                    self.warning(&format!("only {shown} of {} findings are shown", findings.len()));
                }
            }
            ReceiveNotice::Refused { branch, errors } => {
                let errors = count(errors, "finding", "findings");
                self.error(&format!("push to '{branch}' refused: {errors}"));
            }
            ReceiveNotice::Remedy(remedy) => self.hint(&advice(remedy)),
            ReceiveNotice::DeletionRefused(branch) => {
                self.error(&format!(
                    "deletion of '{branch}' refused: it is protected and has a registry"
                ));
                self.hint("to allow it, on the server: git config idhooks.allowDelete true");
            }
            ReceiveNotice::NotChecked { why, advice } => {
                self.warning(&why);
                self.hint(&format!("to protect it, on the server: {advice}"));
            }
        }
    }
}

/// Returns advice for the user who is pushing.
fn advice(remedy: PushRemedy) -> String {
    let (remedy, is_shallow) = match remedy {
        PushRemedy::KeepCommits => {
            return "keep the existing commits: git pull, then push without --force".to_owned();
        }
        PushRemedy::Unknown => return "fix the findings above, then push again".to_owned(),
        PushRemedy::Heal { remedy, is_shallow } => (remedy, is_shallow),
    };
    let first = if is_shallow { SHALLOW } else { "" };
    match remedy {
        Remedy::HealingCommit => format!(
            "{first}heal it, then push again: idhooks reconcile && git commit -m 'Heal the registry'"
        ),
        Remedy::Rewrite { range } => format!(
            "{first}no further commit heals this: rewrite these commits, then push again: idhooks reconcile --rewrite {range}"
        ),
    }
}

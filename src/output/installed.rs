//! Lists the parts of an installation.

use idhooks_ops::InstalledPart;

use super::Ui;

impl Ui {
    /// Prints what a run did, or would do in a dry run.
    pub fn installed(&mut self, parts: &[InstalledPart], is_dry_run: bool) {
        for InstalledPart { name, outcome, changes } in parts {
            match (is_dry_run, changes) {
                (true, true) => self.line(&format!("{name}: would be {outcome}")),
                (true, false) => self.line(&format!("{name}: {outcome}")),
                (false, _) => self.status(&format!("{name}: {outcome}")),
            }
        }
    }
}

//! Diagnosing a clone, and fixing what is safe to fix.

mod diagnosis;
mod doctor_line;
mod fix;
mod installation;
mod protected_branches;
mod registry;
mod repository;
mod server_hook;
mod shell_script;
#[cfg(test)]
mod tests;

use crate::OpsError;

pub use diagnosis::Diagnosis;
pub use doctor_line::{DoctorLevel, DoctorLine};
pub use fix::FixedClone;

impl Diagnosis {
    /// Returns the results of all checks except those about the watcher.
    ///
    /// # Errors
    /// Returns an error if a hook, the index or an object cannot be read.
    pub fn lines(&self) -> Result<Vec<DoctorLine>, OpsError> {
        let mut lines = repository::lines(self);
        lines.extend(installation::lines(self)?);
        lines.extend(registry::lines(self)?);
        lines.extend(repository::settings(self));
        lines.push(repository::permissions(self));
        lines.extend(repository::leftovers(self));
        Ok(lines)
    }
}

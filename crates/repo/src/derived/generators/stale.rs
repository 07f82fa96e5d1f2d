//! Finds outputs that are out of date, as far as possible without running a program.

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::Generator;

use crate::state::StateError;

use super::findings::stale_output;
use super::generation_round::Effort;
use super::output_state::{BuildState, Generating};

impl Generating<'_> {
    /// Returns a finding for each output that is out of date, without running a program. Outputs in
    /// built-in formats are made again and compared. A program's output is only known to be out of
    /// date if this clone has made outputs from the same inputs. In a bare repository, there are no
    /// findings.
    ///
    /// # Errors
    /// Returns an error if the repository cannot be read.
    pub fn stale_outputs(&self) -> Result<Vec<Finding>, StateError> {
        if self.repo.is_bare() || self.config.generators.is_empty() {
            return Ok(Vec::new());
        }
        let is_built_in = |generator: &Generator| generator.programs().next().is_none();
        let effort = Effort {
            is_forced: false,
            is_check: true,
            jobs: 1,
            overwrites: false,
            // Built-in generators do not start programs, so this permits nothing.
            runs_programs: true,
        };
        let mut findings = self.run(is_built_in, effort)?.findings;
        findings.retain(|finding| finding.code == Code::StaleOutput);
        let (reports, _) = self.survey(|generator| !is_built_in(generator))?;
        for report in reports.iter().filter(|report| report.state == BuildState::Stale) {
            findings.extend(report.outputs.iter().map(|path| stale_output(report.generator, path)));
        }
        Ok(findings)
    }
}

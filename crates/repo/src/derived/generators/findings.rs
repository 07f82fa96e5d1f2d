//! Findings about generators.

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::Generator;
use idhooks_core::registry::RepoPath;

/// Returns the finding for an output that does not match its inputs.
pub(super) fn stale_output(generator: &Generator, output: &RepoPath) -> Finding {
    let name = &generator.name;
    let message = format!("'{output}' is not what generator '{name}' produces from its inputs");
    Finding::new(Code::StaleOutput, message, format!("run: idhooks generate {name}")).at(output)
}

/// Returns the finding for an output whose group no longer has any records.
pub(super) fn orphaned_output(generator: &Generator, output: &RepoPath) -> Finding {
    let name = &generator.name;
    let message = format!(
        "'{output}' is named like an output of generator '{name}', but belongs to no record"
    );
    let help = format!("remove it: git rm -- {}", output.shell_quoted());
    Finding::new(Code::StaleOutput, message, help).at(output)
}

/// Returns the finding for a generator that could not make an output; its severity is error if the
/// rules require the output.
pub(super) fn generator_failed(
    generator: &Generator,
    output: Option<&RepoPath>,
    reason: &str,
    help: &str,
) -> Finding {
    let message = format!("generator '{}' failed: {reason}", generator.name);
    let finding = Finding::new(Code::GeneratorFailed, message, help);
    let finding = output.into_iter().fold(finding, Finding::at);
    match generator.is_required {
        true => Finding { severity: Severity::Error, ..finding },
        false => finding,
    }
}

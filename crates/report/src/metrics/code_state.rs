//! What the metrics and the alerts say of [`CodeState`].

use idhooks_core::check::{Finding, Severity};
use idhooks_identifiers::{ClassCount, TallyBy, count_violations};
use idhooks_ops::{CodeState, LegacyUse};

use super::code_figures::{CodeMeasures, CodeSigns, LegacyMeasures};

/// The priority of the files in which nothing of the past may be used.
const CRITICAL: &str = "critical";

impl From<&CodeState> for CodeMeasures {
    fn from(code: &CodeState) -> Self {
        let services = code.tally.by.get(&TallyBy::Service);
        let service = |(name, count): (&String, &ClassCount)| {
            (name.clone(), (count.files, count.files - count.files_with_findings))
        };
        let identifiers = code.legacy.iter().map(|f| (f.format.clone(), f.identifiers)).collect();
        let mixed = code.legacy.iter().filter(|format| !format.mixed_in.is_empty()).count();
        CodeMeasures {
            files: code.tally.total.files,
            score: code.tally.score(),
            violations: count_violations(&code.findings),
            services: services.into_iter().flatten().map(service).collect(),
            legacy: (!code.legacy.is_empty()).then_some(LegacyMeasures { identifiers, mixed }),
        }
    }
}

impl From<&CodeState> for CodeSigns {
    fn from(code: &CodeState) -> Self {
        let is_critical = |finding: &&Finding| {
            finding.severity != Severity::Info
                && finding.place.as_ref().is_some_and(|place| place.priority == CRITICAL)
        };
        let mixed = code.legacy.iter().flat_map(|LegacyUse { format, mixed_in, .. }| {
            mixed_in.iter().map(move |service| format!("'{format}' in the service '{service}'"))
        });
        CodeSigns {
            legacy_in_critical: code.legacy_findings.iter().filter(is_critical).cloned().collect(),
            mixed: mixed.collect(),
        }
    }
}

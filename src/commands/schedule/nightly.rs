//! The nightly report: scan, uniqueness, sync, coverage.

use idhooks_core::check::{Family, Finding, Severity, ratio};
use idhooks_repo::git::Repo;
use idhooks_report::metrics::covered;

use crate::commands::scan::summarize;
use crate::error::CommandError;
use crate::output::{Section, SectionFact, Ui};

use super::report_context::ReportContext;

pub(super) fn sections(ui: &mut Ui, scene: &ReportContext<'_>) -> Vec<Section> {
    let of = |family: Family, title| {
        let found: Vec<&Finding> =
            scene.findings.iter().filter(|finding| family.includes(finding.code)).collect();
        let count = |severity| found.iter().filter(|f| f.severity == severity).count();
        let mut section = Section::new(family.as_str(), title).listing(&found);
        let errors = count(Severity::Error);
        section.is_well = errors == 0;
        section.facts = vec![
            ("errors", SectionFact::Count(errors)),
            ("warnings", SectionFact::Count(count(Severity::Warning))),
        ];
        section.help = (!found.is_empty()).then(|| "see what can be fixed: idhooks fix".to_owned());
        section
    };
    let mut coverage = of(Family::Coverage, "Coverage");
    let counted = covered(scene.registry(), &scene.tracked());
    coverage.facts.extend([
        ("tracked_files", SectionFact::Count(counted.files)),
        ("with_ids", SectionFact::Count(counted.covered)),
        ("coverage", SectionFact::Text(ratio(counted).to_string())),
    ]);
    let uniqueness = of(Family::Uniqueness, "Uniqueness");
    vec![scan(ui, scene.repo), uniqueness, of(Family::Sync, "Sync"), coverage]
}

/// Scans the working tree. A failure needs attention, too; the other sections are about a commit and
/// are still written.
fn scan(ui: &mut Ui, repo: &Repo) -> Section {
    let mut section = Section::new("scan", "Scan");
    if repo.is_bare() {
        let why = "there is no working tree".to_owned();
        section.facts = vec![("left_out", SectionFact::Text(why))];
        return section;
    }
    match summarize(ui, repo) {
        Ok(tally) => {
            section.facts = vec![
                ("files", SectionFact::Count(tally.files)),
                ("without_identity", SectionFact::Count(tally.needing_id.len())),
                ("unreadable", SectionFact::Count(tally.faults.len())),
            ];
            section.is_well = tally.faults.is_empty();
            section.columns = &["path", "state"];
            let faults = tally.faults.into_iter().map(|(path, why)| vec![path.to_string(), why]);
            let wanting = tally.needing_id.into_iter();
            let wanting = wanting.map(|path| vec![path.to_string(), "no identity".to_owned()]);
            section.rows = faults.chain(wanting).collect();
            let helps =
                (!section.rows.is_empty()).then(|| "see all of them: idhooks scan".to_owned());
            section.help = helps;
        }
        Err(CommandError { message, hints, .. }) => {
            section.is_well = false;
            section.facts = vec![("failed", SectionFact::Text(message))];
            section.help = hints.into_iter().next();
        }
    }
    section
}

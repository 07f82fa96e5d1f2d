//! The monthly report: audit log, old deprecated identities, capacity.

use std::collections::BTreeMap;

use idhooks_core::plan::audit::{AuditEntry, verify};
use idhooks_core::plan::lifecycle::purgeable;
use idhooks_core::registry::{Allocation, RepoPath, Timestamp, key};
use idhooks_repo::store::AuditFile;
use idhooks_report::metrics::{Filling, fillings};

use crate::error::CommandError;
use crate::output::{Section, SectionFact};

use super::report_context::ReportContext;

/// The length of a month in days.
const MONTH: u32 = 30;
/// The number of days after which deprecated records are worth purging.
const LONG_AGO: u32 = 90;
/// A counter that will be full in fewer days needs attention.
const SOON: i64 = 90;
/// A counter that is this full, in percent, needs attention, as in `idhooks check`.
const NEARLY_FULL: usize = 95;

pub(super) fn sections(scene: &ReportContext<'_>) -> Result<Vec<Section>, CommandError> {
    Ok(vec![audit(scene)?, deprecated(scene), capacity(scene)])
}

/// Reports whether the audit log of this clone is intact, and counts the events of the month.
fn audit(scene: &ReportContext<'_>) -> Result<Section, CommandError> {
    let text = AuditFile::in_dir(&scene.repo.state_dir()).read()?.unwrap_or_default();
    let verdict = verify(text.lines(), None);
    let since = scene.now.days_before(MONTH);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for entry in text.lines().filter_map(AuditEntry::parse) {
        let at = entry.at().parse::<Timestamp>();
        if at.is_ok_and(|at| at >= since) {
            *kinds.entry(entry.event().to_owned()).or_default() += 1;
        }
    }
    let mut section = Section::new("audit", "Audit");
    section.is_well = !verdict.is_tampered();
    section.facts = vec![
        ("events", SectionFact::Count(verdict.events)),
        ("events_of_the_month", SectionFact::Count(kinds.values().sum())),
        ("faults", SectionFact::Count(verdict.faults.len())),
        ("head", verdict.head.map_or(SectionFact::Unknown, SectionFact::Text)),
    ];
    section.columns = &["what", "detail"];
    let faults = verdict
        .faults
        .iter()
        .map(|(line, kind)| [format!("line {line}"), kind.description().to_owned()]);
    let kinds = kinds.into_iter().map(|(kind, count)| [kind, count.to_string()]);
    section.rows = faults.chain(kinds).map(Vec::from).collect();
    section.help = (!section.is_well)
        .then(|| "to see what commits did: idhooks audit export --from-history".to_owned());
    Ok(section)
}

/// Lists the records that were deprecated over 90 days ago and can be purged.
fn deprecated(scene: &ReportContext<'_>) -> Section {
    let mut section = Section::new("deprecated_over_90_days", "Deprecated over 90 days");
    let tracked = scene.tracked();
    let has_file = |path: &RepoPath| tracked.contains(path);
    let cutoff = scene.now.days_before(LONG_AGO);
    let Some(registry) = scene.registry() else { return section };
    let ids = purgeable(registry, cutoff, &has_file);
    let of = |record: &&Allocation| ids.contains(&record.id);
    let mut records: Vec<&Allocation> = registry.allocations.iter().filter(of).collect();
    let at = |record: &Allocation| record.text(key::DEPRECATED_AT).unwrap_or_default().to_owned();
    records.sort_by_key(|record| (at(record), record.id));
    section.facts = vec![("identities", SectionFact::Count(records.len()))];
    section.columns = &["deprecated_at", "id", "path"];
    let row = |r: &&Allocation| vec![at(r), r.id.to_string(), r.path.to_string()];
    section.rows = records.iter().map(row).collect();
    section.help = (!records.is_empty())
        .then(|| "to purge them: idhooks purge --deprecated-before 90d --dry-run".to_owned());
    section
}

/// Lists how full each counter is, the fullest first, and when it will be full at the current rate.
fn capacity(scene: &ReportContext<'_>) -> Section {
    let mut all = scene.registry().map(|r| fillings(r, scene.now)).unwrap_or_default();
    all.sort_by_key(|filling| std::cmp::Reverse(filling.used));
    let limit = Timestamp::from_unix((scene.now.day() + SOON) * 86_400).unwrap_or(scene.now);
    let is_short = |filling: &&Filling| {
        let is_soon = filling.full_on.as_deref().is_some_and(|day| day < limit.date());
        is_soon || filling.used * 100 >= filling.capacity * NEARLY_FULL
    };
    let short = all.iter().filter(is_short).count();
    let mut section = Section::new("capacity", "Capacity");
    section.is_well = short == 0;
    section.facts = vec![
        ("counters", SectionFact::Count(all.len())),
        ("nearly_full", SectionFact::Count(short)),
        (
            "first_full_on",
            all.iter()
                .filter_map(|f| f.full_on.clone())
                .min()
                .map_or(SectionFact::Unknown, SectionFact::Text),
        ),
    ];
    section.columns = &["counter", "used", "capacity", "per_day", "full_on"];
    let row = |f: &Filling| {
        let (used, capacity) = (f.used.to_string(), f.capacity.to_string());
        let full_on = f.full_on.clone().unwrap_or_default();
        vec![f.counter.to_string(), used, capacity, format!("{:.3}", f.per_day), full_on]
    };
    section.rows = all.iter().map(row).collect();
    section.help = (short > 0)
        .then(|| "assign another namespace or TYPE to such files in idhooks.toml".to_owned());
    section
}

//! The weekly report: trend, deprecations, velocity.

use idhooks_core::check::{Code, Coverage, Finding, Point, Share, ratio};
use idhooks_core::plan::timeline::{Day, Timeline};
use idhooks_core::registry::{Allocation, Status, Timestamp, key};
use idhooks_repo::history::{commit_events, coverage_history};
use idhooks_report::metrics::covered;

use crate::commands::coverage::coverage_at;
use crate::error::CommandError;
use crate::output::{Section, SectionFact};

use super::report_context::ReportContext;

/// The length of a week in days.
const WEEK: u32 = 7;
/// The number of days that the trend covers.
const TREND: u32 = 84;
/// The share by which coverage may have fallen within the week.
const THRESHOLD: &str = "0.05";

pub(super) fn sections(scene: &ReportContext<'_>) -> Result<Vec<Section>, CommandError> {
    Ok(vec![trend(scene)?, deprecations(scene), velocity(scene)?])
}

/// Reports how many files had an identity, day by day.
fn trend(scene: &ReportContext<'_>) -> Result<Section, CommandError> {
    let ReportContext { repo, commit, now, .. } = *scene;
    let since = now.days_before(TREND);
    let points = coverage_history(repo, commit, Some(since), &mut |_| {})?.points;
    let today = covered(scene.registry(), &scene.tracked());
    let moment = u64::try_from(now.days_before(WEEK).unix()).unwrap_or_default();
    let before = repo.newest_by(commit, moment)?.filter(|before| repo.has_commit(*before));
    let before = before.map(|before| coverage_at(repo, before)).transpose()?;
    let threshold: Option<Share> = THRESHOLD.parse().ok();
    let is_lower = |before: Coverage| threshold.is_some_and(|by| today.is_lower_than(before, &by));
    let mut section = Section::new("trend", "Coverage, the last 12 weeks");
    section.is_well = !before.is_some_and(is_lower);
    section.help = (!section.is_well)
        .then(|| "see which files have no identity: idhooks check coverage".to_owned());
    section.facts = vec![
        ("coverage", SectionFact::Text(ratio(today).to_string())),
        (
            "coverage_a_week_ago",
            before.map_or(SectionFact::Unknown, |then| SectionFact::Text(ratio(then).to_string())),
        ),
    ];
    section.columns = &["date", "coverage", "tracked_files", "with_ids"];
    let row = |point: &Point| {
        let Coverage { files, covered } = point.coverage;
        let date = point.at.date().to_owned();
        vec![date, ratio(point.coverage).to_string(), files.to_string(), covered.to_string()]
    };
    section.rows = points.iter().map(row).collect();
    Ok(section)
}

/// Lists the identities deprecated in the week, and counts those that are still in use.
fn deprecations(scene: &ReportContext<'_>) -> Section {
    let since = scene.now.days_before(WEEK);
    let at = |record: &Allocation| record.text(key::DEPRECATED_AT)?.parse::<Timestamp>().ok();
    let records = scene.registry().map(|registry| registry.allocations.as_slice());
    let ended = records.unwrap_or_default().iter().filter(|r| r.status != Status::Active);
    let mut ended: Vec<(Timestamp, &Allocation)> =
        ended.filter_map(|record| Some((at(record).filter(|at| *at >= since)?, record))).collect();
    ended.sort_by_key(|(at, record)| (*at, record.id));
    let is_in_use = |finding: &&Finding| finding.code == Code::DeprecatedInUse;
    let in_use = scene.findings.iter().filter(is_in_use).count();
    let mut section = Section::new("deprecations", "Deprecations of the week");
    section.facts = vec![
        ("deprecated", SectionFact::Count(ended.len())),
        ("still_in_use", SectionFact::Count(in_use)),
    ];
    section.help = (in_use > 0)
        .then(|| "see which files have a deprecated identity: idhooks drift".to_owned());
    section.columns = &["date", "id", "path", "reason"];
    let row = |(at, record): (Timestamp, &Allocation)| {
        let reason = record.text(key::DEPRECATED_REASON).unwrap_or_default().to_owned();
        vec![at.date().to_owned(), record.id.to_string(), record.path.to_string(), reason]
    };
    section.rows = ended.into_iter().map(row).collect();
    section
}

/// Reports how many identities were allocated, deprecated and renamed each day.
fn velocity(scene: &ReportContext<'_>) -> Result<Section, CommandError> {
    let mut annals = Timeline::default();
    commit_events(scene.repo, scene.commit, &mut |_| {}, &mut |chapter| {
        let at = Timestamp::from_unix(chapter.author_time).unwrap_or(Timestamp::EPOCH);
        annals.add_commit(at, &chapter.commit.to_string(), &chapter.events);
    })?;
    let mut days = annals.days(scene.now);
    // Events with a later date belong to a later report.
    days.retain(|(at, ..)| at.day() <= scene.now.day());
    let week = usize::try_from(WEEK).unwrap_or_default();
    let this = days.split_off(days.len().saturating_sub(week));
    let last = days.split_off(days.len().saturating_sub(week));
    let sum = |days: &[(Timestamp, Day, f64)], of: fn(&Day) -> usize| {
        days.iter().map(|(_, day, _)| of(day)).sum::<usize>()
    };
    let mut section = Section::new("velocity", "Velocity of the week");
    section.facts = vec![
        ("allocated", SectionFact::Count(sum(&this, |day| day.allocated))),
        ("allocated_the_week_before", SectionFact::Count(sum(&last, |day| day.allocated))),
        ("allocated_per_day", SectionFact::Number(this.last().map_or(0.0, |(_, _, mean)| *mean))),
        ("deprecated", SectionFact::Count(sum(&this, |day| day.deprecated))),
        ("renamed", SectionFact::Count(sum(&this, |day| day.renamed))),
    ];
    section.columns = &["date", "allocated", "deprecated", "renamed"];
    let row = |(at, day, _): &(Timestamp, Day, f64)| {
        let counts = [day.allocated, day.deprecated, day.renamed].map(|count| count.to_string());
        [at.date().to_owned()].into_iter().chain(counts).collect()
    };
    section.rows = this.iter().map(row).collect();
    Ok(section)
}

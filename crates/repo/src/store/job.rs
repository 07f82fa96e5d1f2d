//! Determines when scheduled reports are due, in the machine's local time zone. No I/O.

use idhooks_core::registry::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::{ToSpan, Zoned, tz::TimeZone};

/// The longest time, in days, between two scheduled runs of the same job.
const LONGEST: i64 = 32;

idhooks_core::words! {
    /// A job that runs regularly and writes a report.
    pub enum Job, help {
        /// Every hour, at 15 minutes past.
        Hourly = "hourly", "Every hour at :15: heals the registry as [reconcile] of idhooks.toml says";
        /// Every day at 02:00.
        Nightly = "nightly", "Every day at 02:00: scan, uniqueness, sync, coverage";
        /// Monday at 06:00.
        Weekly = "weekly", "Monday at 06:00: trend, deprecations, velocity";
        /// The first day of each month at 03:00.
        Monthly = "monthly",
            "The first day of the month at 03:00: audit, what was deprecated over 90 days ago, capacity";
        /// Every day at 04:00.
        Backup = "backups", "Every day at 04:00: pushes the backups of the registry";
    }
}

impl Job {
    /// Returns the hour at which the job is scheduled. For an hourly job, this is the hour of its
    /// first run of the day.
    pub fn hour(self) -> i8 {
        match self {
            Job::Hourly => 0,
            Job::Nightly => 2,
            Job::Weekly => 6,
            Job::Monthly => 3,
            Job::Backup => 4,
        }
    }

    /// Returns the minute for which the job is scheduled.
    pub fn minute(self) -> i8 {
        if self == Job::Hourly { 15 } else { 0 }
    }

    fn is_on(self, day: Date) -> bool {
        match self {
            Job::Hourly | Job::Nightly | Job::Backup => true,
            Job::Weekly => day.weekday() == Weekday::Monday,
            Job::Monthly => day.day() == 1,
        }
    }

    /// Returns the last scheduled time that is no later than `now`.
    ///
    /// As in systemd and cron, if the clock skips the scheduled hour, the job is scheduled for the
    /// next hour; if the hour occurs twice, the first occurrence counts.
    pub fn last_planned(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        self.planned(now, zone, -1, |at| at <= now)
    }

    /// Returns the first scheduled time after `now`.
    pub fn next_planned(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        self.planned(now, zone, 1, |at| at > now)
    }

    fn planned(
        self,
        now: Timestamp,
        zone: &TimeZone,
        step: i64,
        fits: impl Fn(Timestamp) -> bool,
    ) -> Timestamp {
        if self == Job::Hourly {
            // A time zone's offset is not always a whole number of hours.
            const HOUR: i64 = 3600;
            let offset = local(now, zone).map_or(0, |now| i64::from(now.offset().seconds()));
            let minute = i64::from(self.minute()) * 60;
            let at = now.unix() - (now.unix() + offset - minute).rem_euclid(HOUR);
            let times = [at, at + HOUR].into_iter().filter_map(|at| Timestamp::from_unix(at).ok());
            return times.filter(|at| fits(*at)).max_by_key(|at| at.unix() * -step).unwrap_or(now);
        }
        let today = local(now, zone).map(|now| now.date()).unwrap_or_default();
        // A monthly job was last scheduled at most 31 days ago.
        let days = (0..=LONGEST).filter_map(|n| today.checked_add((n * step).days()).ok());
        let times = days.filter(|day| self.is_on(*day)).filter_map(|day| {
            let at = day.at(self.hour(), 0, 0, 0).to_zoned(zone.clone()).ok()?;
            Timestamp::from_unix(at.timestamp().as_second()).ok()
        });
        times.into_iter().find(|at| fits(*at)).unwrap_or(now)
    }

    /// Returns whether the job missed both of its last two scheduled times. `done` is when it last
    /// ran.
    pub fn missed_two(self, done: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
        let last = self.last_planned(now, zone);
        let earlier = Timestamp::from_unix(last.unix() - 1).unwrap_or(last);
        done < self.last_planned(earlier, zone)
    }

    /// Returns whether the job is due: it has never run, its last run was before the last scheduled
    /// time, or its last run was in the future, which means the clock was wrong.
    pub fn is_due(self, done: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> bool {
        done.is_none_or(|done| done < self.last_planned(now, zone) || done > now)
    }
}

/// Formats `at` as a date in the given time zone, such as `2026-01-18`.
pub fn local_day(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| at.date().to_owned(), |at| at.date().to_string())
}

/// Formats `at` as a local time in the given time zone, such as `2026-01-18 02:00`.
pub fn local_time(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone).map_or_else(|| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M").to_string())
}

fn local(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    let at = jiff::Timestamp::from_second(at.unix()).ok()?;
    Some(at.to_zoned(zone.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("valid")
    }

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone")
    }

    #[test]
    fn each_job_has_its_hour_and_day() {
        let utc = TimeZone::UTC;
        let now = at("2026-11-21T12:00:00Z");
        let planned = Job::ALL.map(|job| {
            let [last, next] = [job.last_planned(now, &utc), job.next_planned(now, &utc)];
            (last.to_string(), next.to_string())
        });
        let expected = [
            ("2026-11-21T11:15:00Z", "2026-11-21T12:15:00Z"),
            ("2026-11-21T02:00:00Z", "2026-11-22T02:00:00Z"),
            ("2026-11-16T06:00:00Z", "2026-11-23T06:00:00Z"),
            ("2026-11-01T03:00:00Z", "2026-12-01T03:00:00Z"),
            ("2026-11-21T04:00:00Z", "2026-11-22T04:00:00Z"),
        ];
        assert_eq!(planned, expected.map(|(last, next)| (last.to_owned(), next.to_owned())));
        // The same times in a time zone with a half-hour offset.
        let india = TimeZone::posix("IST-5:30").expect("a zone");
        assert_eq!(Job::Hourly.last_planned(now, &india), at("2026-11-21T11:45:00Z"));
        assert_eq!(
            Job::Hourly.last_planned(at("2026-11-21T12:15:00Z"), &utc),
            at("2026-11-21T12:15:00Z")
        );
        assert_eq!(
            Job::Hourly.next_planned(at("2026-11-21T12:15:00Z"), &utc),
            at("2026-11-21T13:15:00Z")
        );
        // At exactly the scheduled time, that time is the last scheduled time, not the next one.
        let exact = at("2026-11-23T06:00:00Z");
        assert_eq!(Job::Weekly.last_planned(exact, &utc), exact);
        assert_eq!(Job::Weekly.next_planned(exact, &utc), at("2026-11-30T06:00:00Z"));
    }

    #[test]
    fn times_are_in_the_zone_of_the_machine() {
        let now = at("2026-07-01T00:30:00Z");
        assert_eq!(Job::Nightly.last_planned(now, &berlin()), at("2026-07-01T00:00:00Z"));
        assert_eq!(Job::Monthly.next_planned(now, &berlin()), at("2026-07-01T01:00:00Z"));
        assert_eq!(local_day(at("2026-06-30T23:00:00Z"), &berlin()), "2026-07-01");
        assert_eq!(local_time(at("2026-11-21T01:00:00Z"), &berlin()), "2026-11-21 02:00");
    }

    #[test]
    fn skipped_hours_come_later_and_repeated_hours_count_once() {
        // On 2026-03-29, clocks go from 02:00 to 03:00; on 2026-10-25, from 03:00 to 02:00.
        let spring = at("2026-03-29T01:00:00Z");
        assert_eq!(Job::Nightly.next_planned(at("2026-03-28T12:00:00Z"), &berlin()), spring);
        assert_eq!(
            Job::Nightly.last_planned(at("2026-03-29T00:59:59Z"), &berlin()),
            at("2026-03-28T01:00:00Z")
        );
        let autumn = at("2026-10-25T00:00:00Z");
        assert_eq!(Job::Nightly.last_planned(at("2026-10-25T00:30:00Z"), &berlin()), autumn);
        assert_eq!(Job::Nightly.last_planned(at("2026-10-25T01:30:00Z"), &berlin()), autumn);
        assert_eq!(Job::Nightly.next_planned(autumn, &berlin()), at("2026-10-26T01:00:00Z"));
    }

    #[test]
    fn two_planned_times_are_missed_at_the_second_one() {
        let missed = |done: &str, now: &str| {
            [TimeZone::UTC, berlin()].map(|zone| Job::Backup.missed_two(at(done), at(now), &zone))
        };
        let done = "2026-11-21T04:00:05Z";
        assert_eq!(missed(done, "2026-11-22T23:59:59Z"), [false; 2]);
        assert_eq!(missed(done, "2026-11-23T02:59:59Z"), [false; 2]);
        assert_eq!(missed(done, "2026-11-23T03:00:00Z"), [false, true]);
        assert_eq!(missed(done, "2026-11-23T04:00:00Z"), [true; 2]);
        assert_eq!(missed("2026-11-23T04:00:05Z", "2026-11-23T04:00:06Z"), [false; 2]);
    }

    #[test]
    fn a_missed_job_is_due_until_it_runs() {
        let utc = TimeZone::UTC;
        let now = at("2026-11-24T12:00:00Z");
        let is_due = |done: Option<&str>| Job::Weekly.is_due(done.map(at), now, &utc);
        assert!(is_due(None));
        assert!(is_due(Some("2026-11-23T05:59:59Z")));
        assert!(!is_due(Some("2026-11-23T06:00:00Z")));
        assert!(!is_due(Some("2026-11-24T12:00:00Z")));
        // The clock was wrong.
        assert!(is_due(Some("2027-01-01T00:00:00Z")));
    }
}

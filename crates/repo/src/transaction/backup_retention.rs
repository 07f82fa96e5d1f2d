//! Decides which backups to keep, and for how long. This module does no I/O.

use std::collections::BTreeSet;

use idhooks_core::registry::Timestamp;

/// The number of days for which all backups are kept.
const KEEP_ALL_DAYS: u32 = 1;
/// The maximum number of backups kept during those days.
const MAX_RECENT: usize = 200;
/// The number of days for which the last backup of each day is kept.
const KEEP_DAILY_DAYS: u32 = 30;
/// The number of days for which the last backup of each week is kept.
const KEEP_WEEKLY_DAYS: u32 = 365;

/// Returns the indexes of the backups to delete at `now`, given their dates, oldest first.
///
/// The newest backup is always kept.
pub(super) fn expired(kept: &[Timestamp], now: Timestamp) -> Vec<usize> {
    let (all, daily, weekly) = (
        now.days_before(KEEP_ALL_DAYS),
        now.days_before(KEEP_DAILY_DAYS),
        now.days_before(KEEP_WEEKLY_DAYS),
    );
    let (mut days, mut weeks) = (BTreeSet::new(), BTreeSet::new());
    let mut expired_indexes = Vec::new();
    // Goes from newest to oldest, so that the last backup of each day and week is the one kept.
    for (age, (n, at)) in kept.iter().enumerate().rev().enumerate() {
        let is_last_of_day = days.insert(at.day());
        let is_last_of_week = weeks.insert(at.day().div_euclid(7));
        let is_kept = age == 0
            || (*at >= all && age < MAX_RECENT)
            || (*at >= daily && is_last_of_day)
            || (*at >= weekly && is_last_of_week);
        if !is_kept {
            expired_indexes.push(n);
        }
    }
    expired_indexes.reverse();
    expired_indexes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours_ago: u32, now: i64) -> Timestamp {
        Timestamp::from_unix(now - i64::from(hours_ago) * 3600).expect("valid")
    }

    #[test]
    fn days_thin_out_to_weeks_and_end() {
        // Noon on some day.
        let now = 1_768_737_600;
        let hours = (0..500 * 24).rev().collect::<Vec<_>>();
        let kept: Vec<Timestamp> = hours.iter().map(|hours| at(*hours, now)).collect();
        let today = at(0, now);
        let expired_indexes: BTreeSet<usize> = expired(&kept, today).into_iter().collect();
        let left: Vec<Timestamp> =
            (0..kept.len()).filter(|n| !expired_indexes.contains(n)).map(|n| kept[n]).collect();
        let between = |young: u32, old: u32| {
            let (young, old) = (today.days_before(young), today.days_before(old));
            left.iter().filter(|at| **at < young && **at >= old).count()
        };
        assert_eq!(left.iter().filter(|at| **at >= today.days_before(1)).count(), 25);
        assert_eq!(between(1, 30), 29);
        assert!((47..=49).contains(&between(30, 365)), "{}", between(30, 365));
        assert_eq!(between(365, 1000), 0);
        // A second run does not delete anything.
        assert!(expired(&left, today).is_empty());
    }

    #[test]
    fn the_newest_stays_and_a_busy_day_is_bounded() {
        let now = at(0, 1_768_737_600);
        assert!(expired(&[Timestamp::EPOCH], now).is_empty());
        assert_eq!(expired(&vec![now; 300], now), (0..100).collect::<Vec<_>>());
        assert!(expired(&[], now).is_empty());
    }
}

//! How long what was kept is worth keeping. Pure.

use std::collections::BTreeSet;

use crate::registry::Timestamp;

/// For how many days everything is kept …
const ALL: u32 = 1;
/// … unless there are more than this …
const MOST: usize = 200;
/// … for how many the last of each day …
const DAILY: u32 = 30;
/// … and for how many the last of each week.
const WEEKLY: u32 = 365;

/// Returns which of these, the oldest first, are no longer worth keeping at `now`.
///
/// The newest is always kept.
pub fn outlived(kept: &[Timestamp], now: Timestamp) -> Vec<usize> {
    let (all, daily, weekly) =
        (now.days_before(ALL), now.days_before(DAILY), now.days_before(WEEKLY));
    let (mut days, mut weeks) = (BTreeSet::new(), BTreeSet::new());
    let mut gone = Vec::new();
    for (age, (n, at)) in kept.iter().enumerate().rev().enumerate() {
        let is_last_of_day = days.insert(at.day());
        let is_last_of_week = weeks.insert(at.day().div_euclid(7));
        let is_kept = age == 0
            || (*at >= all && age < MOST)
            || (*at >= daily && is_last_of_day)
            || (*at >= weekly && is_last_of_week);
        if !is_kept {
            gone.push(n);
        }
    }
    gone.reverse();
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours_ago: u32, now: i64) -> Timestamp {
        Timestamp::from_unix(now - i64::from(hours_ago) * 3600).expect("valid")
    }

    #[test]
    fn days_thin_out_to_weeks_and_end() {
        // Noon of a day.
        let now = 1_768_737_600;
        let hours = (0..500 * 24).rev().collect::<Vec<_>>();
        let kept: Vec<Timestamp> = hours.iter().map(|hours| at(*hours, now)).collect();
        let today = at(0, now);
        let gone: BTreeSet<usize> = outlived(&kept, today).into_iter().collect();
        let left: Vec<Timestamp> =
            (0..kept.len()).filter(|n| !gone.contains(n)).map(|n| kept[n]).collect();
        let between = |young: u32, old: u32| {
            let (young, old) = (today.days_before(young), today.days_before(old));
            left.iter().filter(|at| **at < young && **at >= old).count()
        };
        assert_eq!(left.iter().filter(|at| **at >= today.days_before(1)).count(), 25);
        assert_eq!(between(1, 30), 29);
        assert!((47..=49).contains(&between(30, 365)), "{}", between(30, 365));
        assert_eq!(between(365, 1000), 0);
        // What is left is left again.
        assert!(outlived(&left, today).is_empty());
    }

    #[test]
    fn the_newest_stays_and_a_busy_day_is_bounded() {
        let now = at(0, 1_768_737_600);
        assert!(outlived(&[Timestamp::EPOCH], now).is_empty());
        assert_eq!(outlived(&vec![now; 300], now), (0..100).collect::<Vec<_>>());
        assert!(outlived(&[], now).is_empty());
    }
}

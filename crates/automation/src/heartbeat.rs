//! [`Beat`]: the sign of life that a watcher sends at least once every [`BEAT_INTERVAL`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest time between two beats of a working watcher.
pub(crate) const BEAT_INTERVAL: Duration = Duration::from_secs(10);
/// How long a watcher may go without a beat before it counts as unresponsive: three missed beats.
pub(crate) const BEAT_LIMIT: Duration = Duration::from_secs(30);

/// When a watcher last gave a sign of life, measured by a clock that cannot be set and that stops
/// while the machine is suspended, so time spent suspended doesn't make a beat older.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The system's boot id, if it has one.
    boot_id: Option<String>,
    /// The time since boot in milliseconds, excluding time spent suspended; `None` if the system
    /// has no such clock.
    awake_millis: Option<u64>,
}

impl Beat {
    /// Returns a beat for the current moment.
    pub fn now() -> Self {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Beat { boot_id: boot_id(), awake_millis: awake_time().map(millis) }
    }

    /// Returns how old the beat is at `now`; `None` if the two clocks cannot be compared because
    /// they belong to different machines or boots, or keep running during a suspension.
    pub fn age(&self, now: &Beat) -> Option<Duration> {
        // The clock starts at zero on every boot.
        let is_same_start = self.boot_id == now.boot_id;
        let millis = now.awake_millis?.checked_sub(self.awake_millis?);
        millis.filter(|_| is_same_start).map(Duration::from_millis)
    }
}

/// Returns the time since boot, excluding time spent suspended.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn awake_time() -> Option<Duration> {
    use nix::time::ClockId;
    #[cfg(not(target_vendor = "apple"))]
    let clock = ClockId::CLOCK_MONOTONIC;
    // On these systems, the monotonic clock keeps running during a suspension.
    #[cfg(target_vendor = "apple")]
    let clock = ClockId::from_raw(nix::libc::CLOCK_UPTIME_RAW);
    clock.now().ok().map(Duration::from)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn awake_time() -> Option<Duration> {
    None
}

/// Returns the system's boot id.
fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim_end().to_owned())
}

#[cfg(test)]
impl Beat {
    /// Returns a beat sent this many seconds after the given boot.
    pub(crate) fn at(boot_id: &str, seconds: u64) -> Self {
        Beat { boot_id: Some(boot_id.to_owned()), awake_millis: Some(seconds * 1000) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_has_an_age_within_one_start_of_the_system() {
        let at = Beat::at;
        assert_eq!(at("a", 10).age(&at("a", 40)), Some(BEAT_LIMIT));
        assert_eq!(at("a", 40).age(&at("a", 40)), Some(Duration::ZERO));
        // Beats from another machine, from another boot, and from a system without such a clock.
        assert_eq!(at("a", 10).age(&at("b", 40)), None);
        assert_eq!(at("a", 40).age(&at("a", 10)), None);
        assert_eq!(at("a", 10).age(&Beat { awake_millis: None, ..at("a", 0) }), None);
        let unnamed = |seconds| Beat { boot_id: None, ..at("", seconds) };
        assert_eq!(unnamed(10).age(&unnamed(11)), Some(Duration::from_secs(1)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_clock_of_the_system_is_read() {
        let (first, second) = (Beat::now(), Beat::now());
        assert!(first.boot_id.is_some() && first.age(&second).expect("one start") < BEAT_LIMIT);
    }
}

//! The uptime of a watcher: a deliberate stop makes it neither better nor worse.

use std::fs;

use serde_json::json;

use super::{FAST, Watched, signal};

impl Watched {
    fn uptime(&self) -> f64 {
        let metrics = self.metrics();
        let line =
            metrics.lines().find_map(|line| line.strip_prefix("identity_watcher_uptime_ratio "));
        line.expect("a figure").parse().expect("a number")
    }

    /// Makes it a watcher that was down for half of the last 40 years.
    fn set_downtime(&self) {
        let years = 40 * 365 * 86_400_000_u64;
        self.rewrite(|status| {
            status["up_since"] = json!("1986-01-01T00:00:00.000Z");
            status["down_millis"] = json!(years / 2);
        });
    }
}

#[test]
fn a_stop_keeps_the_uptime() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    assert!(watched.uptime() > 0.9);
    repo.idhooks("watch stop").ok().done();
    watched.set_downtime();
    let before = watched.uptime();
    assert!(before < 0.6, "{before}");
    watched.start();
    let after = watched.uptime();
    assert!((after - before).abs() < 0.001, "{before} {after}");
    // Stopped for 20 years: as if they had not been.
    repo.idhooks("watch stop").ok().done();
    watched.rewrite(|status| {
        status["written_at"] = json!("2006-01-01T00:00:00.000Z");
        status["down_millis"] = json!(5 * 365 * 86_400_000_u64);
        status["stopped_millis"] = json!(0);
    });
    let stopped = watched.uptime();
    assert!((0.74..0.76).contains(&stopped), "{stopped}");
    watched.start();
    let started = watched.uptime();
    assert!((started - stopped).abs() < 0.001, "{stopped} {started}");
}

#[test]
fn a_stop_of_a_watcher_that_died_ends_its_downtime() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    signal(&watched, "KILL");
    watched.until("it has ended", || watched.status()["state"] == "died");
    // It ran for 20 years, and was down for the next ones, until it was stopped.
    watched.rewrite(|status| {
        status["up_since"] = json!("1986-01-01T00:00:00.000Z");
        status["written_at"] = json!("2006-01-01T00:00:00.000Z");
    });
    let down = watched.uptime();
    assert!(down < 0.6, "{down}");
    repo.idhooks("watch stop").ok().done();
    assert!(fs::exists(repo.path().join(".git/idhooks/watch/stop")).expect("readable"));
    let stopped = watched.uptime();
    assert!((stopped - down).abs() < 0.001, "{down} {stopped}");
    watched.start();
    assert!((watched.uptime() - down).abs() < 0.001, "{down} {}", watched.uptime());
}

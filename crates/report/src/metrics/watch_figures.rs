//! Metrics about the watcher and its queue.

use idhooks_ops::{QueueMeasures, WatchMeasures};

use super::figure::{Figure, FigureKind, Sample};
use super::measure::Metric;

fn by_status(metric: Metric, items: &[(&'static str, u32)]) -> Figure {
    let sample = |(status, count): &(&'static str, u32)| {
        Sample::of(vec![("status", (*status).to_owned())], f64::from(*count))
    };
    metric.labelled(FigureKind::Gauge, items.iter().map(sample).collect())
}

/// Returns the figures for a watcher and its queue, if they exist.
pub fn watch_figures(watch: Option<&WatchMeasures>, queue: Option<&QueueMeasures>) -> Vec<Figure> {
    let mut all = Vec::new();
    if let Some(watch) = watch {
        all.push(Metric::WatcherUp.flag(watch.is_up));
        all.push(Metric::WatcherExpected.flag(watch.is_expected));
        all.push(Metric::WatcherEvents.counter(watch.events as f64));
        all.push(Metric::WatcherErrors.counter(watch.errors as f64));
        all.extend(queue.map(|queue| by_status(Metric::WatcherQueue, &queue.items)));
        all.extend(watch.last_success.map(|at| Metric::WatcherSuccess.plain(at)));
        all.extend(watch.uptime.map(|ratio| Metric::WatcherUptime.plain(ratio)));
        all.push(detection(watch));
    }
    if let Some(queue) = queue {
        all.push(by_status(Metric::QueueItems, &queue.items));
        all.push(Metric::QueueAttempts.counter(queue.attempts as f64));
        all.push(Metric::QueueOldest.plain(queue.oldest_seconds as f64));
    }
    all
}

fn detection(watch: &WatchMeasures) -> Figure {
    let (bounds, counts) = (watch.detection_bounds.iter(), watch.detection_buckets.iter());
    let bounds = bounds.map(|bound| f64::from(*bound));
    let buckets: Vec<(f64, u64)> = bounds.zip(counts.copied()).collect();
    Metric::WatcherDetection.histogram(&buckets, watch.detection_count, watch.detection_sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_a_histogram() {
        let watch = WatchMeasures {
            is_up: true,
            is_expected: true,
            events: 9,
            errors: 0,
            last_success: None,
            uptime: Some(1.0),
            detection_bounds: &[1, 5],
            detection_buckets: vec![1, 3],
            detection_count: 4,
            detection_sum: 12.5,
        };
        let figures = watch_figures(Some(&watch), None);
        let names: Vec<&str> = figures.iter().map(|figure| figure.name).collect();
        assert!(!names.contains(&"identity_queue_items"));
        let detection = figures.last().expect("a figure");
        let samples: Vec<(&str, f64)> =
            detection.samples.iter().map(|sample| (sample.suffix, sample.value)).collect();
        let expected =
            [("_bucket", 1.0), ("_bucket", 3.0), ("_bucket", 4.0), ("_sum", 12.5), ("_count", 4.0)];
        assert_eq!(samples, expected);
        assert_eq!(detection.samples[2].labels, [("le", "+Inf".to_owned())]);
    }
}

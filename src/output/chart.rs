//! Draws a coverage history as SVG.

use idhooks_core::{check::Point, registry::Timestamp};
use idhooks_report::metrics::percentage;
use plotters::prelude::*;

/// Width and height in pixels.
const SIZE: (u32, u32) = (800, 320);
/// The number of seconds in a day.
const DAY: i64 = 24 * 60 * 60;
/// How far below the lowest value the chart begins, in percent.
const MARGIN: f64 = 5.0;

/// Returns the points as a line chart in SVG: days to the right, the share in percent upwards.
///
/// # Errors
/// Returns an error with a message if the chart cannot be drawn.
pub fn chart(points: &[Point]) -> Result<String, String> {
    let mut svg = String::new();
    draw(&mut svg, points).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(svg: &mut String, points: &[Point]) -> Result<(), Box<dyn std::error::Error>> {
    let days = points.iter().map(|point| point.at.day());
    let first = days.clone().min().unwrap_or_default();
    let last = days.max().unwrap_or_default().max(first + 1);
    let shares = points.iter().map(|point| percentage(point.coverage));
    let lowest = (shares.fold(100.0, f64::min) - MARGIN).floor().max(0.0);
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(32)
        .y_label_area_size(56)
        .build_cartesian_2d(first..last, lowest..100.0)?;
    let date = |day: &i64| {
        Timestamp::from_unix(day * DAY).map_or_else(|_| String::new(), |at| at.date().to_owned())
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .max_light_lines(1)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&date)
        .y_label_formatter(&|share| format!("{share:.0} %"))
        .draw()?;
    let line = points.iter().map(|point| (point.at.day(), percentage(point.coverage)));
    chart.draw_series(LineSeries::new(line, BLUE.stroke_width(2)))?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::Coverage;

    #[test]
    fn none_and_many_days_can_be_drawn() {
        let point = |day: i64, covered| Point {
            at: Timestamp::from_unix(day * DAY).expect("valid"),
            commit: String::new(),
            coverage: Coverage { files: 10, covered },
        };
        assert!(chart(&[point(9, 0)]).is_ok());
        for points in [vec![], vec![point(1, 3), point(4, 10), point(400, 9)]] {
            let svg = chart(&points).expect("drawn");
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert_eq!(svg.contains("#0000FF"), points.len() > 1, "{svg}");
        }
    }
}

//! How the cost of idhooks grows with the number of files, and with the number of changes.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::bench::grouped;
use crate::report::{Line, Unit};

/// What comes after the number that grows.
const UNITS: [&str; 3] = [" files", " records", " added"];

/// One cost at several sizes.
#[derive(Debug)]
pub(crate) struct Growth {
    what: String,
    unit: Unit,
    /// Size and cost, the smallest first.
    points: Vec<(u32, f64)>,
}

impl Growth {
    /// Finds the lines that differ in one number only, with at least two sizes each.
    pub(crate) fn among(lines: &[Line]) -> Vec<Growth> {
        let mut found: BTreeMap<(usize, String), Growth> = BTreeMap::new();
        let measured = lines.iter().enumerate().filter(|(_, line)| !line.contenders.is_empty());
        for (n, line) in measured {
            for unit in UNITS {
                let Some((what, size)) = without_number(&line.name, unit) else { continue };
                // A merge of more records has more changes, too.
                let changes = without_number(&what, " changes a side");
                let what = changes.map_or(what, |(what, _)| what);
                let place = found.keys().find(|(_, known)| *known == what).map_or(n, |key| key.0);
                let growth = found.entry((place, what.clone())).or_insert_with(|| Growth {
                    what,
                    unit: line.unit,
                    points: Vec::new(),
                });
                growth.points.push((size, line.cost()));
            }
        }
        let mut all: Vec<Growth> = found.into_values().collect();
        all.retain(|growth| growth.points.len() > 1);
        all.iter_mut().for_each(|growth| growth.points.sort_by_key(|(size, _)| *size));
        all
    }

    /// Returns the exponents of the whole way and of the last step: 1 is in proportion.
    fn exponents(&self) -> Option<[f64; 2]> {
        let [first, .., last] = self.points.as_slice() else { return None };
        let before = self.points.get(self.points.len() - 2)?;
        Some([first, before].map(|from| {
            let [size, cost] = [f64::from(last.0) / f64::from(from.0), last.1 / from.1];
            cost.ln() / size.ln()
        }))
    }

    /// Returns the table as Markdown.
    pub(crate) fn markdown(all: &[Growth]) -> String {
        let mut text = "\n| what grows | idhooks: CPU ms, minimum, or MiB | exponent | of the last step |\n|---|---|---|---|\n".to_owned();
        for growth in all {
            let points = growth.points.iter();
            let points: Vec<String> =
                points.map(|(size, cost)| format!("{}: {cost:.1}", grouped(*size))).collect();
            let Some([whole, last]) = growth.exponents() else { continue };
            let (what, points) = (&growth.what, points.join(", "));
            let unit = if growth.unit == Unit::Mebibytes { " MiB" } else { "" };
            let _infallible =
                writeln!(text, "| {what} | {points}{unit} | {whole:.2} | {last:.2} |");
        }
        text
    }

    /// Returns the numbers.
    pub(crate) fn json(&self) -> Value {
        let exponents = self.exponents();
        json!({ "what": self.what, "points": self.points, "exponents": exponents })
    }
}

/// Returns a name with `N` for the number before `unit`, and that number.
fn without_number(name: &str, unit: &str) -> Option<(String, u32)> {
    let end = name.rfind(unit)?;
    let start = name[..end].rfind(|c: char| !c.is_ascii_digit() && c != ',').map_or(0, |n| n + 1);
    let digits: String = name[start..end].chars().filter(char::is_ascii_digit).collect();
    Some((format!("{}N{}", &name[..start], &name[end..]), digits.parse().ok()?))
}

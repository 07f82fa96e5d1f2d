//! The table: what was measured, against what, and whether it is good enough.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::growth::Growth;
use crate::measure::Sample;
use crate::sandbox::Program;

/// What all rounds of one contender took.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    /// The contender.
    pub(crate) name: String,
    samples: Vec<Sample>,
    /// The same with the other program.
    other: Vec<Sample>,
}

impl Figures {
    /// Returns the figures of a contender that did not run yet.
    pub(crate) fn new(name: &str) -> Self {
        Figures { name: name.to_owned(), samples: Vec::new(), other: Vec::new() }
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, program: Program, sample: Sample) {
        match program {
            Program::This => self.samples.push(sample),
            Program::Other => self.other.push(sample),
        }
    }

    /// Adds the fastest of these runs, with each program, as one run.
    pub(crate) fn add_fastest(&mut self, figures: &Figures) {
        let fastest = |all: &[Sample]| all.iter().min_by_key(|sample| sample.cpu).copied();
        self.samples.extend(fastest(&figures.samples));
        self.other.extend(fastest(&figures.other));
    }

    /// Returns the CPU time of every run as a multiple of that of the same run of `first`, sorted.
    pub(crate) fn ratios(&self, first: &Figures) -> Vec<f64> {
        let pairs = self.samples.iter().zip(&first.samples);
        let mut all: Vec<f64> =
            pairs.map(|(own, first)| own.cpu as f64 / first.cpu as f64).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// Returns what this contender and another one take together, run by run.
    pub(crate) fn plus(&self, other: &Figures) -> Figures {
        let pairs = self.samples.iter().zip(&other.samples);
        let samples = pairs.map(|(one, other)| one.plus(*other)).collect();
        Figures { samples, ..Figures::new(&format!("{} + {}", self.name, other.name)) }
    }

    /// Returns whether two runs agree, within 2 %, in how fast it can be.
    pub(crate) fn is_settled(&self) -> bool {
        [&self.samples, &self.other].into_iter().filter(|samples| !samples.is_empty()).all(
            |samples| {
                let all = sorted(samples, |sample| sample.cpu);
                all.get(1).is_some_and(|second| *second <= all[0] + all[0] / 50)
            },
        )
    }

    fn sorted(&self, figure: impl Fn(&Sample) -> u64) -> Vec<u64> {
        sorted(&self.samples, figure)
    }

    /// Returns the least CPU time of the other program in ms, if it was measured.
    fn other_cpu(&self) -> Option<f64> {
        let all = sorted(&self.other, |sample| sample.cpu);
        all.first().map(|least| millis(Some(least)))
    }

    /// Returns the least CPU time in ms: noise only adds to it.
    pub(crate) fn cpu(&self) -> f64 {
        millis(self.sorted(|sample| sample.cpu).first())
    }

    fn wall(&self) -> f64 {
        millis(self.sorted(|sample| sample.wall).first())
    }

    /// Returns the median of the wall time in ms.
    pub(crate) fn median_wall(&self) -> f64 {
        self.median(|sample| sample.wall)
    }

    /// Returns the median of the CPU time in ms.
    pub(crate) fn median_cpu(&self) -> f64 {
        self.median(|sample| sample.cpu)
    }

    fn median(&self, figure: impl Fn(&Sample) -> u64) -> f64 {
        let all = self.sorted(figure);
        let (low, high) = (all.get((all.len().max(1) - 1) / 2), all.get(all.len() / 2));
        f64::midpoint(millis(low), millis(high))
    }

    /// Returns how much more CPU time this takes than with the other program, in ms, if that was
    /// measured.
    pub(crate) fn over_other_cpu(&self) -> Option<f64> {
        Some(self.cpu() - self.other_cpu()?)
    }

    /// Returns the wall time in ms that so many percent of the runs do not exceed.
    pub(crate) fn wall_at(&self, percent: usize) -> f64 {
        let all = self.sorted(|sample| sample.wall);
        millis(all.get((all.len() * percent).div_ceil(100).saturating_sub(1)))
    }

    /// Returns the most memory in MiB.
    pub(crate) fn memory(&self) -> f64 {
        self.sorted(|sample| sample.memory).last().map_or(0.0, |kib| *kib as f64 / 1024.0)
    }

    fn json(&self) -> Value {
        let all = |figure: fn(&Sample) -> u64| self.samples.iter().map(figure).collect::<Vec<_>>();
        json!({
            "name": self.name,
            "cpu_ms_min": self.cpu(),
            "wall_ms_min": self.wall(),
            "wall_ms_median": self.median_wall(),
            "memory_mib_max": self.memory(),
            "other_cpu_us": self.other.iter().map(|sample| sample.cpu).collect::<Vec<_>>(),
            "cpu_us": all(|sample| sample.cpu),
            "wall_us": all(|sample| sample.wall),
            "memory_kib": all(|sample| sample.memory),
        })
    }
}

fn sorted(samples: &[Sample], figure: impl Fn(&Sample) -> u64) -> Vec<u64> {
    let mut all: Vec<u64> = samples.iter().map(figure).collect();
    all.sort_unstable();
    all
}

fn millis(micros: Option<&u64>) -> f64 {
    micros.map_or(0.0, |micros| *micros as f64 / 1000.0)
}

/// What the number of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// So many times the reference's CPU time.
    Times,
    /// So much CPU time.
    Milliseconds,
    /// So much memory at most.
    Mebibytes,
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Line {
    /// What is measured.
    pub(crate) name: String,
    /// What the number is.
    pub(crate) unit: Unit,
    /// The number.
    pub(crate) measured: f64,
    /// What it should not exceed; nothing where the line only informs.
    pub(crate) target: Option<f64>,
    /// The reference first, idhooks last.
    pub(crate) contenders: Vec<Figures>,
    /// What else there is to say.
    pub(crate) note: String,
}

impl Line {
    /// Returns the line that compares the last contender with the first, by CPU time.
    pub(crate) fn ratio(name: &str, contenders: Vec<Figures>, target: Option<f64>) -> Self {
        let cpu = |figures: Option<&Figures>| figures.map_or(0.0, Figures::cpu);
        let measured = cpu(contenders.last()) / cpu(contenders.first());
        Line {
            name: name.to_owned(),
            unit: Unit::Times,
            measured,
            target,
            contenders,
            note: String::new(),
        }
    }

    /// Returns the line about the CPU time of the last contender, beside the first.
    pub(crate) fn time(name: &str, contenders: Vec<Figures>, target: Option<f64>) -> Self {
        let measured = contenders.last().map_or(0.0, Figures::cpu);
        Line { unit: Unit::Milliseconds, measured, ..Line::ratio(name, contenders, target) }
    }

    /// Returns the line about the memory of the last contender.
    pub(crate) fn memory(name: &str, contenders: Vec<Figures>, target: Option<f64>) -> Self {
        let measured = contenders.last().map_or(0.0, Figures::memory);
        Line { unit: Unit::Mebibytes, measured, ..Line::ratio(name, contenders, target) }
    }

    /// Returns whether the number is good enough; anything is where nothing is asked.
    pub(crate) fn passes(&self) -> bool {
        self.target.is_none_or(|target| self.measured <= target)
    }

    /// Returns what idhooks takes: CPU in ms, or memory in MiB.
    pub(crate) fn cost(&self) -> f64 {
        let figure = match self.unit {
            Unit::Times | Unit::Milliseconds => Figures::cpu,
            Unit::Mebibytes => Figures::memory,
        };
        self.contenders.last().map_or(0.0, figure)
    }

    /// Returns the CPU time as a multiple of the other program's, if that was measured.
    fn over_other(&self) -> Option<f64> {
        let idhooks = self.contenders.last()?;
        Some(idhooks.cpu() / idhooks.other_cpu()?)
    }

    fn verdict(&self) -> &'static str {
        match (self.target, self.passes()) {
            (None, _) => "–",
            (_, true) => "pass",
            (_, false) => "FAIL",
        }
    }

    fn number(&self, number: f64) -> String {
        match self.unit {
            Unit::Times => format!("{number:.2}×"),
            Unit::Milliseconds if number.abs() < 10.0 => format!("{number:.2} ms"),
            Unit::Milliseconds => format!("{number:.0} ms"),
            Unit::Mebibytes if number.abs() < 1.0 => format!("{number:.3} MiB"),
            Unit::Mebibytes => format!("{number:.1} MiB"),
        }
    }

    fn row(&self) -> String {
        let target = self.target.map_or("–".to_owned(), |t| format!("≤ {}", self.number(t)));
        let measured = self.number(self.measured);
        let figure = |figures: &Figures| match self.unit {
            Unit::Times | Unit::Milliseconds => figures.cpu(),
            Unit::Mebibytes => figures.memory(),
        };
        let shown = |figures: &Figures| format!("{} {:.1}", figures.name, figure(figures));
        let all: Vec<String> = self.contenders.iter().map(shown).collect();
        let (name, verdict) = (&self.name, self.verdict());
        let start = if all.is_empty() { "" } else { "; " };
        let note =
            if self.note.is_empty() { String::new() } else { format!("{start}{}", self.note) };
        format!("| {name} | {}{note} | {measured} | {target} | {verdict} |\n", all.join(", "))
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "unit": match self.unit {
                Unit::Times => "times",
                Unit::Milliseconds => "ms",
                Unit::Mebibytes => "MiB",
            },
            "measured": self.measured,
            "target": self.target,
            "over_other": self.over_other(),
            "passes": self.target.map(|_| self.passes()),
            "note": self.note,
            "contenders": self.contenders.iter().map(Figures::json).collect::<Vec<_>>(),
        })
    }
}

/// Everything that was measured.
#[derive(Debug)]
pub(crate) struct Report {
    /// What it was measured with.
    pub(crate) machine: Vec<(&'static str, String)>,
    /// How many times as long as with the other program a line may take.
    pub(crate) most: f64,
    /// The table.
    pub(crate) lines: Vec<Line>,
    /// What was left out, and why.
    pub(crate) skipped: Vec<String>,
}

impl Report {
    /// Returns the tables as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let machine: Vec<String> =
            self.machine.iter().map(|(what, value)| format!("{what} {value}")).collect();
        let mut text = format!("{}\n\n", machine.join("; "));
        text += "| what | CPU ms, minimum; memory: MiB | measured | target | |\n|---|---|---|---|---|\n";
        self.lines.iter().for_each(|line| text += &line.row());
        text += "\n| what | contender | CPU ms, minimum | ÷ the first | wall ms, minimum | wall ms, median | memory MiB |\n";
        text += "|---|---|---|---|---|---|---|\n";
        // The memory of several is told from the same runs as their time.
        let is_shown = |line: &&Line| line.unit != Unit::Mebibytes || line.contenders.len() == 1;
        for line in self.lines.iter().filter(is_shown) {
            let first = line.contenders.first().map_or(0.0, Figures::cpu);
            for c in &line.contenders {
                let _infallible = writeln!(
                    text,
                    "| {} | {} | {:.1} | {:.2} | {:.1} | {:.1} | {:.1} |",
                    line.name,
                    c.name,
                    c.cpu(),
                    c.cpu() / first,
                    c.wall(),
                    c.median_wall(),
                    c.memory()
                );
            }
        }
        text += &self.compared();
        let growth = Growth::among(&self.lines);
        if !growth.is_empty() {
            text += &Growth::markdown(&growth);
        }
        let skipped = self.skipped.iter().map(|what| format!("\nSkipped: {what}\n"));
        text.extend(skipped);
        text
    }

    /// Returns whether a line takes longer than with the other program.
    pub(crate) fn is_slower(&self, line: &Line) -> bool {
        line.over_other().is_some_and(|times| times > self.most)
    }

    /// Returns the table that compares the two programs.
    fn compared(&self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().filter(|line| line.unit != Unit::Mebibytes) {
            let Some((times, figures)) = line.over_other().zip(line.contenders.last()) else {
                continue;
            };
            if text.is_empty() {
                text = "\n| what | the other program: CPU ms, minimum | this one | this ÷ other | |\n|---|---|---|---|---|\n".to_owned();
            }
            let (name, other) = (&line.name, figures.other_cpu().unwrap_or(0.0));
            let verdict = if self.is_slower(line) { "SLOWER" } else { "–" };
            let _infallible = writeln!(
                text,
                "| {name} | {other:.2} | {:.2} | {times:.3}× | {verdict} |",
                figures.cpu()
            );
        }
        text
    }

    /// Returns every number.
    pub(crate) fn json(&self) -> Value {
        let machine: serde_json::Map<String, Value> =
            self.machine.iter().map(|(what, value)| ((*what).to_owned(), json!(value))).collect();
        json!({
            "version": 1,
            "machine": machine,
            "lines": self.lines.iter().map(Line::json).collect::<Vec<_>>(),
            "growth": Growth::among(&self.lines).iter().map(Growth::json).collect::<Vec<_>>(),
            "skipped": self.skipped,
        })
    }
}

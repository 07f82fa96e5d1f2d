//! `idhooks metrics`: figures for monitoring.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::check::{Code, Severity};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::{CommitId, Repo};
use crate::metrics::{Facts, Figure, Past, measure};
use crate::output::{Bar, Dialect, Ui, exposition, figure_rows, figures_json};
use crate::plan::{Deed, Edit};
use crate::store::{Turn, TurnError};
use crate::walk::{Chapter, Held, chronicle, judge_history, now};

use super::source::Source;
use super::table;
use super::writer::limit;
use super::written::{check_place, write};

/// Measure identities, for monitoring
///
/// Everything is computed anew from git and the registry; nothing is kept between two runs but what
/// 'idhooks check --history' remembers of commits it has judged. A registry that cannot be read is
/// measured, too: as a finding, without the figures that come from it. In a repository with a
/// working tree the lock of the writers is taken and given back to see how long that takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks metrics
  idhooks metrics --output /var/lib/node_exporter/textfile/identities.prom
  idhooks metrics --format json --rev HEAD --no-history")]
pub(super) struct Metrics {
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Form,
    /// Write to this file instead of the standard output; one that is there is replaced as a whole
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leave out what takes reading every commit: commits that were healed or are faulty, identities
    /// that merges exchanged
    #[arg(long)]
    no_history: bool,
    #[command(flatten)]
    source: Source,
}

/// How figures are written.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// The text format of Prometheus
    #[default]
    Prometheus,
    /// The text format of OpenMetrics
    Openmetrics,
    /// A document
    Json,
    /// A row for each value
    Csv,
}

impl Metrics {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let output = self.output.as_ref().map(|file| dir.join(file));
        if let Some(file) = &output {
            check_place(file)?;
        }
        let repo = self.source.open(dir)?;
        let commit = self.source.commit(&repo)?;
        let figures = self.figures(ui, &repo, commit)?;
        let text = match self.format {
            Form::Prometheus => exposition(&figures, Dialect::Prometheus),
            Form::Openmetrics => exposition(&figures, Dialect::OpenMetrics),
            Form::Json => {
                let commit = commit.map(|commit| commit.to_string());
                figures_json(&figures, now().as_str(), commit.as_deref())
            }
            Form::Csv => table::csv(["name", "labels", "value"], figure_rows(&figures))?,
        };
        match &output {
            None => ui.data(&text),
            Some(file) => write(file, &text)?,
        }
        Ok(Exit::Fine)
    }

    fn figures(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        commit: Option<CommitId>,
    ) -> Result<Vec<Figure>, CommandError> {
        let view = self.source.view(repo)?;
        if matches!(view.held, Held::NotAdopted) {
            return Err(self.source.not_adopted());
        }
        let policy = view.policy(repo)?;
        let findings = view.check(repo, &policy)?;
        let tracked: BTreeSet<_> = view.tracked(&policy).collect();
        let stored = view.stored();
        let tip = match commit {
            Some(commit) => Some(commit),
            None => repo.head()?,
        };
        let past = match tip.filter(|_| !self.no_history) {
            Some(tip) => Some(past(repo, tip)?),
            None => None,
        };
        Ok(measure(&Facts {
            policy: &policy,
            registry: stored.map(|stored| &stored.registry),
            registry_bytes: stored.map_or(0, |stored| stored.bytes.len()),
            tracked: &tracked,
            findings: &findings,
            now: now(),
            lock_ms: lock_ms(ui, repo),
            past,
        }))
    }
}

/// Returns what is known of the commits that led to `tip`.
fn past(repo: &Repo, tip: CommitId) -> Result<Past, CommandError> {
    let commits = repo.commits(&[tip.to_string()])?;
    let bar = Bar::start("checking commits", commits.len() as u64);
    let history = judge_history(repo, &commits, &|| bar.step())?;
    bar.finish();
    let mut past = Past { healed: 0, faulty: 0, reassigned: 0 };
    for (_, findings) in &history.faults {
        past.healed += usize::from(findings.iter().any(|f| f.code == Code::Behind));
        past.faulty += usize::from(findings.iter().any(|f| f.severity == Severity::Error));
    }
    let mut tell = |chapter: &Chapter| {
        let is_reassigned = |deed: &&Deed| matches!(deed, Deed::Edit(Edit::Renumber { .. }));
        past.reassigned += chapter.deeds.iter().filter(is_reassigned).count();
    };
    chronicle(repo, tip, &mut |_| {}, &mut tell)?;
    Ok(past)
}

/// Takes the lock of the writers, and returns after how many milliseconds it was there.
fn lock_ms(ui: &mut Ui, repo: &Repo) -> Option<f64> {
    if repo.is_bare() {
        return None;
    }
    let begin = Instant::now();
    let turn = Turn::take(&repo.git_dir(), "metrics", limit(repo));
    let took = begin.elapsed();
    match turn {
        Ok(turn) => drop(turn),
        Err(TurnError::Taken { holder }) => {
            let who = holder.map_or_else(|| "another command".to_owned(), |who| who.to_string());
            ui.warning(&format!("the lock was not to be had: {who} has it"));
        }
        Err(TurnError::Store(error)) => {
            ui.warning(&format!("the lock was not measured: {error}"));
            return None;
        }
    }
    Some(took.as_secs_f64() * 1000.0)
}

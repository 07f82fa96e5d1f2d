//! Finding what is staged: against `git diff --cached --name-status -M -C`.

use std::fs;

use anyhow::{Result, bail};

use super::Subject;
use crate::part;
use crate::report::Line;
use crate::repository::Kind;
use crate::rounds::Contender;

pub(super) const GIT_DIFF: [&str; 6] = ["git", "diff", "--cached", "--name-status", "-M", "-C"];

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    for kind in [Kind::Many, Kind::Few, Kind::Moved] {
        let name = subject.line(&format!("find changes, {}", kind.title()));
        if let Some(name) = name.filter(|_| kind.fits(subject.files)) {
            measure_kind(subject, kind, &name)?;
        }
    }
    Ok(())
}

fn target(kind: Kind, files: u32) -> Option<f64> {
    match (kind, files) {
        (Kind::Moved, ..50_000) => None,
        (Kind::Moved, _) => Some(0.5),
        (_, ..50_000) => Some(1.0),
        (_, 300_000..) => Some(0.25),
        (Kind::Few, _) => Some(0.3),
        _ => Some(0.6),
    }
}

fn measure_kind(subject: &Subject<'_>, kind: Kind, name: &str) -> Result<()> {
    let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
    let index = repository.adopted_index_of(kind)?;
    let dir = &repository.dir;
    let own = sandbox.own_path().as_os_str();
    let words = [own, part::WORD.as_ref(), "changes".as_ref(), dir.as_os_str()];
    let contenders = [
        Contender::new("git diff -M -C", dir, GIT_DIFF).with("GIT_INDEX_FILE", &index),
        Contender::new("idhooks", dir, words).with("GIT_INDEX_FILE", &index),
    ];
    let mut answers = Vec::new();
    for contender in &contenders {
        contender.run(sandbox)?;
        let text = fs::read_to_string(sandbox.printed())?;
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        answers.push(lines);
    }
    let counts = kind.counts();
    let changed = counts.renamed + counts.added + counts.modified + counts.deleted;
    if answers[0] != answers[1] || answers[0].len() != changed as usize {
        bail!("'{name}': idhooks does not find what git finds");
    }
    let figures = subject.bench.measure(name, subject.rounds(), &contenders)?;
    subject.bench.add(Line::ratio(name, figures, target(kind, subject.files)));
    Ok(())
}

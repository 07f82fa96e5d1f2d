//! Reading and editing the registry: against serde_json, both without writing the result.

use std::ffi::OsStr;
use std::fs;

use anyhow::{Result, bail};

use super::Subject;
use crate::bench::grouped;
use crate::report::Line;
use crate::rounds::Contender;
use crate::{part, records};

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let records = grouped(subject.files);
    let name = format!("read and edit the registry, {records} records, {} edits", part::EDITS);
    if !subject.bench.wants(&name) {
        return Ok(());
    }
    let sandbox = &subject.bench.sandbox;
    let dir = &sandbox.path("");
    let file = &sandbox.path("edited.json");
    let result = &sandbox.path("result.json");
    fs::write(file, records::registry(subject.files)?.format())?;
    let part = |name: &str, which: &str, more: &[&OsStr]| {
        let words = [part::WORD.as_ref(), which.as_ref(), file.as_os_str()];
        let own = sandbox.own_path().as_os_str();
        Contender::new(name, dir, [own].into_iter().chain(words).chain(more.iter().copied()))
    };
    for which in ["serde", "edit"] {
        part(which, which, &[result.as_os_str()]).run(sandbox)?;
        if fs::read_to_string(result)?.matches(part::EDITED).count() != part::EDITS {
            bail!("'{which}' did not edit the registry");
        }
    }
    let contenders = [part("serde_json", "serde", &[]), part("idhooks", "edit", &[])];
    let figures = subject.bench.measure(&name, subject.rounds(), &contenders)?;
    subject.bench.add(Line::ratio(&name, figures, subject.large(0.05)));
    Ok(())
}

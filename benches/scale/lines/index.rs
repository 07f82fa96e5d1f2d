//! Editing one entry of the index: against `git update-index --cacheinfo`.

use std::fs;

use anyhow::{Result, bail};

use super::Subject;
use crate::part;
use crate::report::Line;
use crate::repository::Kind;
use crate::rounds::Contender;
use crate::sandbox::answer;
use crate::seed;
use crate::stream::BASE;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let Some(name) = subject.line("edit an index entry") else { return Ok(()) };
    let (sandbox, repository) = (&subject.bench.sandbox, subject.repository()?);
    let dir = &repository.dir;
    let saved = repository.index_of(&Kind::Many.reference())?;
    let index = dir.join(".git/index-edited");
    // An entry in the middle, with the content of another file.
    let path = seed::path(subject.files / 2 + 1);
    let blob = repository.git(&format!("rev-parse {BASE}:{}", seed::path(0)))?;
    let restore = || Ok(fs::copy(&saved, &index).map(drop)?);
    let look = || {
        let mut command = sandbox.command("git", dir);
        command.args(["ls-files", "-s", &path]).env("GIT_INDEX_FILE", &index);
        if !answer(&mut command)?.contains(&blob) {
            bail!("the entry is not edited");
        }
        Ok(())
    };
    let entry = format!("100644,{blob},{path}");
    let own = sandbox.own_path().as_os_str();
    let words =
        [own, part::WORD.as_ref(), "stage".as_ref(), dir.as_os_str(), path.as_ref(), blob.as_ref()];
    let contenders = [
        Contender::new("git update-index", dir, ["git", "update-index", "--cacheinfo", &entry]),
        Contender::new("idhooks", dir, words),
    ];
    let contenders = contenders
        .map(|contender| contender.with("GIT_INDEX_FILE", &index).before(restore).after(look));
    let figures = subject.bench.measure(&name, subject.rounds(), &contenders)?;
    subject.bench.add(Line::ratio(&name, figures, subject.large(0.4)));
    Ok(())
}

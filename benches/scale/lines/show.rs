//! `idhooks show <path>`: against `git ls-files -- <path>`.

use anyhow::Result;

use super::Subject;
use crate::report::Line;
use crate::rounds::Contender;
use crate::seed;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let Some(name) = subject.line("show PATH") else { return Ok(()) };
    let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
    let dir = &repository.dir;
    let path = seed::path(subject.files / 2 + 1);
    let program = sandbox.idhooks_path().as_os_str();
    let contenders = [
        Contender::new("git ls-files", dir, ["git", "ls-files", "--", &path]),
        Contender::new("idhooks", dir, [program, "show".as_ref(), path.as_ref()]).compared(),
    ];
    let figures = subject.bench.measure(&name, subject.rounds(), &contenders)?;
    subject.bench.add(Line::ratio(&name, figures, subject.large(1.0)));
    Ok(())
}

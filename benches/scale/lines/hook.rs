//! The memory of the hook alone, called as git calls it, in an index without a working tree.

use anyhow::Result;

use super::Subject;
use crate::report::Line;
use crate::repository::Kind;
use crate::rounds::Contender;
use crate::staged::Staged;

pub(super) fn measure(subject: &Subject<'_>) -> Result<()> {
    let Some(name) = subject.line("memory of the hook, 70 changed") else { return Ok(()) };
    let (sandbox, repository) = (&subject.bench.sandbox, subject.adopted()?);
    let staged = Staged::in_index(repository, Kind::Many)?;
    let words = ["hook", "pre-commit"].map(AsRef::as_ref);
    let program = sandbox.idhooks_path().as_os_str();
    let hook = Contender::new("idhooks", &repository.dir, [program].into_iter().chain(words))
        .before(|| staged.restore())
        .after(|| staged.assert_registry("", true));
    let figures = subject.bench.measure(&name, 3, &[hook])?;
    let tree = repository.git("write-tree")?;
    staged.assert_true(&tree_commit(repository, &tree)?)?;
    staged.restore()?;
    subject.bench.add(Line::memory(&name, figures, Some(subject.memory())));
    Ok(())
}

/// Returns a commit of a tree, after HEAD.
fn tree_commit(repository: &crate::repository::Repository<'_>, tree: &str) -> Result<String> {
    repository.git(&format!("commit-tree -p HEAD -m hook {tree}"))
}

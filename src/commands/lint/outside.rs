//! Which imports of a file other files use.

use idhooks_core::registry::RepoPath;
use idhooks_identifiers::{Codemods, OutsideUses};

use super::run::is_python;
use super::sources::{LintScene, LintSource};

/// Finds what the files of the project use of the imports that may go away in some of them.
pub(super) fn outside_uses<'s>(
    scene: &LintScene,
    rules: &Codemods,
    all: impl Iterator<Item = &'s LintSource>,
    texts: &[(RepoPath, Vec<u8>)],
) -> OutsideUses {
    let names = texts.iter().flat_map(|(_, text)| rules.droppable_names(text));
    let mut uses = OutsideUses::new(names);
    for source in all.filter(|source| !texts.is_empty() && is_python(&source.path)) {
        if let Some(text) = scene.content(source) {
            uses.add(&text);
        }
    }
    uses
}

/// Returns whether another file may use a name that a file imports.
pub(super) fn is_used_outside(uses: &OutsideUses, path: &RepoPath, name: &str) -> bool {
    let path = path.as_bytes();
    let end = path.iter().rposition(|byte| *byte == b'.').unwrap_or(path.len());
    let module = &path[..end];
    // What a package imports is what it offers.
    module.ends_with(b"__init__") || uses.has(module, name)
}

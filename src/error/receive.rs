//! Hints for pushes that cannot be checked.

use idhooks_ops::{CommitId, ReceiveRefusal};

use super::CommandError;

impl From<ReceiveRefusal> for CommandError {
    fn from(refusal: ReceiveRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ReceiveRefusal::NotACommit { .. } => {
                converted.hint("push a commit; tags belong under refs/tags")
            }
            ReceiveRefusal::Pattern { error, .. } => {
                converted.because(&error).hint("write patterns like: main release/*")
            }
            ReceiveRefusal::ManyFiles(..) | ReceiveRefusal::LongPaths(..) => {
                converted.hint("to allow more, on the server: git config idhooks.maxFiles <number>")
            }
            ReceiveRefusal::LargeRegistry { .. } => converted
                .hint("to allow more, on the server: git config idhooks.maxRegistry <bytes>"),
            ReceiveRefusal::PaddedRegistry { base, .. } => converted.hint(in_canonical_form(base)),
        }
    }
}

/// Returns advice on replacing the commits after `base` with a single commit whose registry is in
/// canonical form. If a commit were added instead, the push would still contain the oversized
/// registry.
fn in_canonical_form(base: Option<CommitId>) -> String {
    match base {
        Some(base) => format!(
            "replace the pushed commits by one with a registry in canonical form, then push again: git reset --soft {} && idhooks doctor --fix && git commit",
            base.short()
        ),
        None => "replace the pushed commits by one with a registry in canonical form, then push again: idhooks doctor --fix".to_owned(),
    }
}

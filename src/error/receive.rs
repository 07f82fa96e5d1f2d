//! The hints for pushes that cannot be checked.

use idhooks_ops::{CommitId, ReceiveRefusal};

use super::CommandError;

impl From<ReceiveRefusal> for CommandError {
    fn from(refusal: ReceiveRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ReceiveRefusal::NotACommit { .. } => {
                converted.hint("push a commit; tags have refs of their own")
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

/// Returns how to replace the commits after `base` by one with a registry in canonical form: a further
/// commit would leave the long one in the push.
fn in_canonical_form(base: Option<CommitId>) -> String {
    match base {
        Some(base) => format!(
            "replace the pushed commits by one with a registry in canonical form, then push again: git reset --soft {} && idhooks doctor --fix && git commit",
            base.short()
        ),
        None => "replace the pushed commits by one with a registry in canonical form, then push again: idhooks doctor --fix".to_owned(),
    }
}

//! Reports adoptions that import or restore records.

use idhooks_ops::{AdoptedWith, Edit, EventKind};

use super::{Ui, count};

/// Reports the changes made by an adoption; `took` is the verb used for the records, which is
/// different in a dry run.
pub fn report_adoption(
    ui: &mut Ui,
    adopted: &AdoptedWith,
    took: [&'static str; 2],
    is_dry_run: bool,
) {
    let AdoptedWith { before, after } = adopted;
    // An adoption may give identities to a hundred thousand files, so these are only counted.
    let is_new = |edit: &Edit| matches!(edit.kind, EventKind::Allocated | EventKind::Copied);
    let (new, edits): (Vec<Edit>, Vec<Edit>) =
        Edit::between(before, after).into_iter().partition(is_new);
    ui.lines(edits);
    let records = count(before.allocations.len(), "record", "records");
    let files = count(new.len(), "other tracked file", "other tracked files");
    let (took, gave) = match is_dry_run {
        true => (took[0], "would allocate"),
        false => (took[1], "allocated"),
    };
    for line in [
        format!("{took} {records} with scope {}", before.scope),
        format!("{gave} identities for {files}"),
        "next: 'idhooks install' (once in every clone), then: git commit -m 'adopt idhooks'".into(),
    ] {
        if is_dry_run { ui.line(&line) } else { ui.report(&line) }
    }
}

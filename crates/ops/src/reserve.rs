//! Reserving identities for files that do not exist yet.

use idhooks_core::check::too_few_left;
use idhooks_core::registry::{CounterKey, Id, Namespace, Origin, Timestamp, TypeCode};
use idhooks_repo::git::Repo;

use crate::plan_notices::report_continued;
use crate::{Observer, OpsError, Writer};

/// Which identities to reserve.
#[derive(Debug, Clone)]
pub struct ReserveOptions {
    /// The identities' namespace.
    pub namespace: Namespace,
    /// The identities' TYPE.
    pub type_code: TypeCode,
    /// The number of identities to reserve.
    pub count: u32,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of [`reserve`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reserved {
    /// The identities, in order.
    pub ids: Vec<Id>,
}

/// Reserves identities in the registry in the index and the working tree.
///
/// # Errors
/// Returns an error if the counter has too few numbers left, or if the registry cannot be read or
/// written. In that case nothing is changed.
pub fn reserve(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ReserveOptions,
) -> Result<Reserved, OpsError> {
    let writer = Writer::open(repo, "reserve")?;
    writer.run(observer, |observer, transaction| {
        let mut after = transaction.registry().clone();
        let ReserveOptions { namespace, type_code, count, is_dry_run } = *options;
        let counter = CounterKey { namespace, type_code, scope: after.scope };
        let mut assigner = transaction.assigner();
        // The list differs between clones, so no two clones reserve the same identities. It is the
        // same on every run, so a preview shows what the command will reserve.
        let clone = transaction.repo.common_dir();
        let lists = (0..count).map(|n| format!("reserved {counter} {} {n}", clone.display()));
        let mut ids = Vec::new();
        for list in lists {
            let origin = Origin::of_legacy(&list, Timestamp::EPOCH);
            let chosen = assigner.allocator.choose(counter, origin, assigner.now);
            let (id, _) =
                chosen.ok_or_else(|| OpsError::CounterFull(too_few_left(counter).into()))?;
            ids.push(id);
        }
        report_continued(observer, &assigner.allocator.continued);
        ids.sort_unstable();
        for id in &ids {
            let held = after.counters.entry(id.counter()).or_default();
            held.reserved.insert(id.sequence().get());
        }
        if !is_dry_run {
            transaction.write(observer, &after)?;
        }
        Ok(Reserved { ids })
    })
}

#[cfg(test)]
mod tests;

//! Gives files identities right away, instead of at the next commit.

mod case;
mod options;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Id, RepoPath};
use idhooks_repo::git::Repo;

use crate::plan_notices::report_continued;
use crate::{Observer, OpsError, RegistryDraft, Turn, TypedId, Writer};
use case::{AllocateCase, AllocateStep, IfHeld, cases};
pub use options::{AllocateBatch, AllocateOptions, AllocateRefusal, Allocated, AllocatedRow};

/// The name of this operation in locks and in the audit log.
const NAME: &str = "allocate";

/// Gives files identities, and writes the registry in the index and in the working tree. Processes
/// that do this at the same time carry out each other's requests, so that none of them waits long.
///
/// # Errors
/// Returns an error if a file cannot get an identity, if a counter is full, or if the registry
/// cannot be read or written. In that case, nothing is changed.
pub fn allocate(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &AllocateOptions,
) -> Result<Allocated, OpsError> {
    // These options cannot be expressed in a request to the running process.
    let is_plain = options.limit.is_none() && options.reserved.is_none() && !options.is_dry_run;
    let turn = match is_plain {
        true => Writer::open_or_ask(repo, NAME, |repo| request::of(repo, options))?,
        false => Turn::Work(Box::new(Writer::open(repo, NAME)?), false),
    };
    let (writer, was_posted) = match turn {
        Turn::Work(writer, was_posted) => (*writer, was_posted),
        Turn::Answered(answer) => match request::answered(&answer) {
            Some(ids) => return Ok(Allocated { ids, left: 0 }),
            None => (Writer::open(repo, NAME)?, true),
        },
    };
    // Another process may have carried out the request just before this one got the lock. In that
    // case the identities already exist, which is not an error.
    let if_held = match (options.if_missing, was_posted) {
        (true, _) => IfHeld::Return,
        (false, true) => IfHeld::ReturnNew,
        (false, false) => IfHeld::Refuse,
    };
    writer.run(observer, |observer, transaction| {
        let case = cases(transaction, false);
        let found = options.files.iter().map(|typed| case(typed, options.choice, if_held));
        // Files are sorted by path, so that the numbers do not depend on the order of the
        // arguments.
        let by_path = found.map(|case| case.map(|case| (case.path.clone(), case)));
        let by_path = by_path.collect::<Result<BTreeMap<_, _>, _>>()?;
        let mut draft = RegistryDraft::new(transaction, transaction.registry().clone());
        let reserved = options.reserved.as_ref();
        let ids = give(&mut draft, by_path.values(), options.limit, reserved)?;
        let answers = match is_plain {
            true => request::carry_out(&mut draft, case),
            false => Vec::new(),
        };
        report_continued(observer, draft.continued());
        if !options.is_dry_run {
            transaction.write(observer, &draft.into_noted_registry())?;
        }
        // Answers must not be sent earlier, because a process that gets one reports the identities
        // as written.
        for (request, ids) in answers {
            // A process that gets no answer runs by itself and finds its identities already
            // allocated.
            let _ = request.answer(&request::answer(&ids));
        }
        let left = by_path.keys().filter(|path| !ids.contains_key(path)).count();
        Ok(Allocated { ids, left })
    })
}

/// Like [`allocate`], but for the rows in a table. Returns each row's result. Nothing is written in
/// a dry run, or if the batch is strict and a row is refused.
///
/// # Errors
/// Returns an error if a counter is full, or if the registry cannot be read or written.
pub fn allocate_batch(
    observer: &mut dyn Observer,
    repo: &Repo,
    batch: &AllocateBatch,
) -> Result<BTreeMap<usize, AllocatedRow>, OpsError> {
    let if_held = if batch.if_missing { IfHeld::Return } else { IfHeld::Refuse };
    let writer = Writer::open(repo, NAME)?;
    writer.run(observer, |observer, transaction| {
        let case = cases(transaction, batch.is_scan);
        let (mut found, mut rows, mut seen) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for (n, (typed, choice)) in &batch.rows {
            let refused = match case(typed, *choice, if_held) {
                Ok(case) if !seen.insert(case.path.clone()) => {
                    AllocateRefusal::ListedTwice(case.path).into()
                }
                Ok(case) => {
                    found.insert(*n, case);
                    continue;
                }
                Err(error) => error,
            };
            rows.insert(*n, AllocatedRow::Refused(refused));
        }
        let mut sorted: Vec<&AllocateCase> = found.values().collect();
        // The order of the files determines their numbers, so it must not depend on the row order.
        sorted.sort_by_key(|case| &case.path);
        let mut draft = RegistryDraft::new(transaction, transaction.registry().clone());
        let ids = give(&mut draft, sorted, batch.limit, None)?;
        report_continued(observer, draft.continued());
        if !batch.is_dry_run && (rows.is_empty() || !batch.is_strict) {
            transaction.write(observer, &draft.into_noted_registry())?;
        }
        rows.extend(found.into_iter().map(|(n, AllocateCase { path, step, .. })| {
            let row = match (step, ids.get(&path)) {
                (AllocateStep::Held(id), _) => AllocatedRow::Held(id),
                (AllocateStep::Open, Some(id)) => AllocatedRow::New(*id),
                (AllocateStep::Open, None) => AllocatedRow::OverLimit,
                (AllocateStep::Loose, _) => AllocatedRow::NotInIndex,
            };
            (n, row)
        }));
        Ok(rows)
    })
}

/// Allocates identities in the order of `cases`, at most `limit` new ones. Returns each file's
/// identity.
fn give<'c>(
    draft: &mut RegistryDraft<'_>,
    cases: impl IntoIterator<Item = &'c AllocateCase>,
    limit: Option<usize>,
    reserved: Option<&TypedId>,
) -> Result<BTreeMap<RepoPath, Id>, OpsError> {
    let (mut ids, mut left) = (BTreeMap::new(), limit.unwrap_or(usize::MAX));
    for AllocateCase { path, choice, step } in cases {
        let id = match step {
            AllocateStep::Held(id) => *id,
            AllocateStep::Open if left > 0 => {
                left -= 1;
                draft.assigner.choice = *choice;
                match reserved {
                    Some(_) if !ids.is_empty() => return Err(AllocateRefusal::OneFileOnly.into()),
                    Some(reserved) => {
                        let id = draft.release(reserved)?;
                        draft.assign(path, id);
                        id
                    }
                    None => draft.allocate_in_index(path)?.id,
                }
            }
            _ => continue,
        };
        ids.insert(path.clone(), id);
    }
    Ok(ids)
}

#[cfg(test)]
mod tests;

//! Formats the holders of locks and the number of waiting commands.

use idhooks_core::registry::Timestamp;
use idhooks_ops::{Holder, LockState};
use serde::Serialize;

use super::count;
use super::json::{One, document, one};

/// The document for `status --locks`.
#[derive(Serialize)]
struct LocksDocument<'l> {
    writer: Option<LockHolder<'l>>,
    registry: Option<LockHolder<'l>>,
    files: Vec<HeldLock<'l>>,
    identities: Vec<HeldLock<'l>>,
    others: Vec<HeldLock<'l>>,
    waiting: usize,
}

/// A lock on a file, an identity or something else, with its holder.
#[derive(Serialize)]
struct HeldLock<'l> {
    #[serde(flatten)]
    subject: One<&'l str>,
    holder: LockHolder<'l>,
}

#[derive(Serialize)]
struct LockHolder<'l> {
    process: Option<u32>,
    command: Option<&'l str>,
    program: Option<&'l str>,
    at: Option<Timestamp>,
}

impl<'l> From<&'l Holder> for LockHolder<'l> {
    fn from(holder: &'l Holder) -> Self {
        let (program, since) = match holder {
            Holder::Command { since, .. } => (Some("idhooks"), i64::try_from(*since).ok()),
            Holder::Program { name, .. } => (Some(&**name), None),
            Holder::Unknown => (None, None),
        };
        // If another program holds the lock, the system reveals the process, but not how long it
        // has held the lock.
        let at = since.and_then(|seconds| Timestamp::from_unix(seconds).ok());
        LockHolder { process: holder.process(), command: holder.command(), program, at }
    }
}

/// Returns a working tree's locks as JSON.
pub fn locks_json(locks: &LockState) -> String {
    let LockState { writer, held, waiting } = locks;
    document(&LocksDocument {
        writer: writer.as_ref().map(Into::into),
        registry: held.registry.as_ref().map(Into::into),
        files: of_kind("path", &held.paths),
        identities: of_kind("id", &held.ids),
        others: of_kind("lock", &held.others),
        waiting: *waiting,
    })
}

/// Returns locks for the document, each with its subject in the member called `name`.
fn of_kind<'l>(name: &'static str, locks: &'l [(String, Holder)]) -> Vec<HeldLock<'l>> {
    let held = |(subject, holder): &'l (String, Holder)| HeldLock {
        subject: one(name, subject.as_str()),
        holder: holder.into(),
    };
    locks.iter().map(held).collect()
}

/// Returns a line for each lock in a working tree, and the number of waiting commands.
pub fn lock_lines(locks: &LockState) -> Vec<String> {
    let LockState { writer, held, waiting } = locks;
    let whole = [("writer", writer.as_ref()), ("registry", held.registry.as_ref())];
    let whole = whole.into_iter().filter_map(|(what, holder)| Some((what, holder?)));
    let others = [&held.paths, &held.ids, &held.others].into_iter().flatten();
    let others = others.map(|(subject, holder)| (subject.as_str(), holder));
    let lines = whole.chain(others).map(|(subject, holder)| format!("{subject}: {holder}"));
    let mut lines: Vec<String> = lines.collect();
    // Empty output would not show whether the locks could be read.
    if lines.is_empty() {
        lines.push("no locks are held".to_owned());
    }
    if *waiting > 0 {
        let commands = count(*waiting, "command waits", "commands wait");
        lines.push(format!("{commands} to change the registry"));
    }
    lines
}

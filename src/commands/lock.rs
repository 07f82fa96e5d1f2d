//! `idhooks lock`: which commands hold locks, and which wait.

use std::path::Path;

use clap::{Args, Subcommand};
use idhooks_core::registry::Timestamp;
use idhooks_ops::{LockState, lock_state};
use idhooks_repo::git::Repo;
use idhooks_repo::store::Holder;
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

/// Show which commands hold locks, and how many wait
///
/// One command at a time changes the registry of a working tree; others wait for it. Commands that
/// work longer also lock the files that they change, or the whole registry. The operating system
/// releases the locks of a process that ends, however it ends, so no lock needs to be removed. Another
/// program that holds one is named, too, where the system shows it.
///
/// A command waits for 30 seconds, or as long as 'git config idhooks.lockTimeout' says in
/// milliseconds, or idhooks.lockTimeout.path, .id or .registry for one kind of lock. If several 'idhooks allocate'
/// wait, the next one allocates for all of them, in one change of the registry.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks lock status
  idhooks lock status --format json")]
pub(super) struct LockArgs {
    #[command(subcommand)]
    action: LockAction,
}

#[derive(Debug, Subcommand)]
enum LockAction {
    /// Print the locks that processes hold in this working tree
    #[command(after_help = "\
Examples:
  idhooks lock status
  idhooks lock status --format json")]
    Status {
        /// Output format
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
}

/// The document of `lock status`.
#[derive(Serialize)]
struct LockReport<'l> {
    writer: Option<HolderReport<'l>>,
    registry: Option<HolderReport<'l>>,
    files: Vec<PathReport<'l>>,
    identities: Vec<IdReport<'l>>,
    others: Vec<LockFileReport<'l>>,
    waiting: usize,
}

#[derive(Serialize)]
struct PathReport<'l> {
    path: &'l str,
    holder: HolderReport<'l>,
}

#[derive(Serialize)]
struct IdReport<'l> {
    id: &'l str,
    holder: HolderReport<'l>,
}

#[derive(Serialize)]
struct LockFileReport<'l> {
    lock: &'l str,
    holder: HolderReport<'l>,
}

#[derive(Serialize)]
struct HolderReport<'l> {
    process: Option<u32>,
    command: Option<&'l str>,
    program: Option<&'l str>,
    at: Option<String>,
}

impl<'l> HolderReport<'l> {
    fn of(holder: &'l Holder) -> Self {
        let (program, since) = match holder {
            Holder::Command { since, .. } => (Some("idhooks"), i64::try_from(*since).ok()),
            Holder::Program { name, .. } => (Some(&**name), None),
            Holder::Unknown => (None, None),
        };
        let at = since.and_then(|seconds| Timestamp::from_unix(seconds).ok());
        let at = at.map(|at| at.to_string());
        HolderReport { process: holder.process(), command: holder.command(), program, at }
    }
}

impl<'l> LockReport<'l> {
    fn of(locks: &'l LockState) -> Self {
        let LockState { writer, held, waiting } = locks;
        let path = |(path, holder): &'l (String, Holder)| PathReport {
            path,
            holder: HolderReport::of(holder),
        };
        let id =
            |(id, holder): &'l (String, Holder)| IdReport { id, holder: HolderReport::of(holder) };
        let other = |(lock, holder): &'l (String, Holder)| LockFileReport {
            lock,
            holder: HolderReport::of(holder),
        };
        LockReport {
            writer: writer.as_ref().map(HolderReport::of),
            registry: held.registry.as_ref().map(HolderReport::of),
            files: held.paths.iter().map(path).collect(),
            identities: held.ids.iter().map(id).collect(),
            others: held.others.iter().map(other).collect(),
            waiting: *waiting,
        }
    }
}

impl LockArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let LockAction::Status { format } = self.action;
        let locks = lock_state(&Repo::open(dir)?);
        match format {
            Format::Text => show(ui, &locks),
            Format::Json => ui.data(&json::document(&LockReport::of(&locks))),
        }
        Ok(Exit::Fine)
    }
}

fn show(ui: &mut Ui, locks: &LockState) {
    let LockState { writer, held, waiting } = locks;
    let one =
        |what: &str, holder: Option<&Holder>| holder.map(|holder| format!("{what}: {holder}"));
    let many = |all: &[(String, Holder)]| -> Vec<String> {
        all.iter().map(|(subject, holder)| format!("{subject}: {holder}")).collect()
    };
    let mut lines: Vec<String> =
        [one("writer", writer.as_ref()), one("registry", held.registry.as_ref())]
            .into_iter()
            .flatten()
            .collect();
    lines.extend(many(&held.paths));
    lines.extend(many(&held.ids));
    lines.extend(many(&held.others));
    if lines.is_empty() {
        lines.push("no locks are held".to_owned());
    }
    if *waiting > 0 {
        lines.push(format!(
            "{} to change the registry",
            count(*waiting, "command waits", "commands wait")
        ));
    }
    ui.lines(lines);
}

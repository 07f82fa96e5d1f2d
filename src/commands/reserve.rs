//! `idhooks reserve`: reserve identities for files that do not exist yet.

use std::path::Path;

use clap::Args;
use idhooks_core::check::too_few_left;
use idhooks_core::registry::{CounterKey, Namespace, Origin, Timestamp, TypeCode};
use idhooks_ops::{Writer, open_to_change};

use crate::error::{CommandResult, Exit, PrintingWork};
use crate::output::Ui;

/// Reserve identities for files that do not exist yet
///
/// Only 'idhooks allocate --reserved' gives out a reserved identity. Two branches practically never
/// reserve the same one, unless the strategy is sequential.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks reserve --ns 100 --type 01
  idhooks reserve --ns 200 --type 20 --count 10 --dry-run

Exit code: 0 reserved; 1 the counter has too few numbers left; 2 nothing could be reserved")]
pub(super) struct Reserve {
    /// Namespace, three digits
    #[arg(long = "ns", value_name = "NS")]
    namespace: Namespace,
    /// TYPE, two digits
    #[arg(long = "type", value_name = "TYPE")]
    type_code: TypeCode,
    /// Number of identities to reserve
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..100_000))]
    count: u32,
    /// Print the identities that would be reserved; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Reserve {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        Writer::open(&repo, "reserve")?.work(ui, |ui, transaction| {
            let mut after = transaction.registry().clone();
            let (namespace, type_code) = (self.namespace, self.type_code);
            let counter = CounterKey { namespace, type_code, scope: after.scope };
            let mut assigner = transaction.assigner();
            // The list differs between clones, so that two do not reserve the same identities; and it is
            // the same on every run, so that a preview shows what the command reserves.
            let clone = transaction.repo.common_dir();
            let lists = (0..).map(|n| format!("reserved {counter} {} {n}", clone.display()));
            let mut ids = Vec::new();
            for list in lists.take(self.count as usize) {
                let origin = Origin::of_legacy(&list, Timestamp::EPOCH);
                let Some((id, _)) = assigner.allocator.choose(counter, origin, assigner.now) else {
                    ui.complain(&[too_few_left(counter)]);
                    return Ok(Exit::Findings);
                };
                ids.push(id);
            }
            ids.sort_unstable();
            let held = after.counters.entry(counter).or_default();
            held.reserved.extend(ids.iter().map(|id| id.sequence().get()));
            if !self.dry_run {
                transaction.write(ui, &after)?;
            }
            ui.lines(ids);
            Ok(Exit::Fine)
        })
    }
}

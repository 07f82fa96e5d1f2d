//! `idhooks reserve`: reserves identities for files that do not exist yet.

use std::path::Path;

use clap::Args;
use idhooks_core::registry::{Namespace, TypeCode};
use idhooks_ops::{ReserveOptions, Reserved, open_to_change, reserve};

use crate::error::{CommandResult, Exit, report_full};
use crate::output::Ui;

/// Reserve identities for files that do not exist yet
///
/// Only 'idhooks allocate --reserved' assigns a reserved identity. Unless the strategy is sequential, two
/// branches practically never reserve the same one.
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
        let Reserve { namespace, type_code, count, dry_run: is_dry_run } = self;
        let options = ReserveOptions { namespace, type_code, count, is_dry_run };
        let done = reserve(ui, &open_to_change(dir)?, &options);
        let Some(Reserved { ids }) = report_full(ui, done)? else { return Ok(Exit::Findings) };
        ui.lines(ids);
        Ok(Exit::Fine)
    }
}

//! [`LegacyFileArgs`]: the file whose records are migrated, as the options name it.

use std::path::PathBuf;

use clap::Args;
use idhooks_core::config::LegacyFormat;
use idhooks_ops::LegacyFileOptions;

use crate::commands::choice::choice;

/// The file whose records are migrated.
#[derive(Debug, Clone, Args)]
pub(super) struct LegacyFileArgs {
    /// File with the records [default: the legacy file of dual_write in idhooks.toml, or else
    /// registry/ID_REGISTRY.json, or else the only tracked file that has records]
    ///
    /// A file of the repository becomes the legacy file, which every commit keeps in step. From a file
    /// elsewhere, only the records are taken, and the legacy file is registry/ID_REGISTRY.json, or what
    /// idhooks.toml says.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Format of the file [default: by its ending, .csv or .jsonl; else by its content]
    #[arg(long, value_parser = choice(LegacyFormat::WITH_RECORDS, LegacyFormat::as_str, None), value_name = "FORMAT", requires = "from")]
    format: Option<LegacyFormat>,
    /// Give new identities to files without a record that carry a number in their names
    ///
    /// By default such a file keeps the number, if no record and no other file has it; about the others, a
    /// person must decide. With this option, 'idhooks check' names each such file until it is renamed.
    #[arg(long)]
    no_adopt_names: bool,
}

impl From<LegacyFileArgs> for LegacyFileOptions {
    fn from(args: LegacyFileArgs) -> Self {
        let LegacyFileArgs { from, format, no_adopt_names: renumber_names } = args;
        LegacyFileOptions { from, format, renumber_names }
    }
}

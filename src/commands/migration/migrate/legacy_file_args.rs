//! [`LegacyFileArgs`]: the options that name the file to migrate.

use std::path::PathBuf;

use clap::Args;
use idhooks_core::config::LegacyFormat;
use idhooks_ops::LegacyFileOptions;

use crate::commands::value_parsers::choice;

/// The file with the records to migrate.
#[derive(Debug, Clone, Args)]
pub(super) struct LegacyFileArgs {
    /// File with the records [default: the legacy file of dual_write in idhooks.toml, else
    /// registry/ID_REGISTRY.json, else the only tracked file with records]
    ///
    /// A file inside the repository becomes the legacy file, which every commit keeps in step. From
    /// a file outside it, only the records are taken; the legacy file is then the one named in
    /// idhooks.toml, by default registry/ID_REGISTRY.json.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Format of the file [default: by its extension, .csv or .jsonl; else by its content]
    #[arg(long, value_parser = choice(LegacyFormat::WITH_RECORDS, LegacyFormat::as_str, None), value_name = "FORMAT", requires = "from")]
    format: Option<LegacyFormat>,
    /// Give new identities to files that have a number in their names but no record
    ///
    /// By default, such a file keeps the number if no record and no other file has it; otherwise,
    /// you must decide. With this option, 'idhooks check' reports each such file until it is
    /// renamed.
    #[arg(long)]
    no_adopt_names: bool,
}

impl From<LegacyFileArgs> for LegacyFileOptions {
    fn from(args: LegacyFileArgs) -> Self {
        let LegacyFileArgs { from, format, no_adopt_names: renumber_names } = args;
        LegacyFileOptions { from, format, renumber_names }
    }
}

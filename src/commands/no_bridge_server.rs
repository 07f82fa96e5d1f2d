//! For builds with the `code` feature but without `report`, which have neither a server nor
//! metrics.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use crate::error::{CommandResult, Exit, missing};
use crate::output::Ui;

/// Detect, match, translate and validate identifiers over HTTP; needs the feature 'report'
#[derive(Debug, clap::Args)]
pub(super) struct ServeBridge {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    options: Vec<OsString>,
}

impl ServeBridge {
    pub(super) fn run(self, _: &mut Ui, _: &Path) -> CommandResult<Exit> {
        drop(self.options);
        Err(missing("report", "'idhooks bridge serve'"))
    }
}

/// Refuses to return metrics.
pub(super) fn legacy_metrics(_: &BTreeMap<String, u64>, _: usize) -> CommandResult<String> {
    Err(missing("report", "'--format prometheus'"))
}

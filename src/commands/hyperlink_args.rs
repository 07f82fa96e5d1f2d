//! `--hyperlink`: makes paths and commits links.

use crate::output::{LinkChoice, Ui};

/// The option shared by commands whose output has links.
#[derive(Debug, clap::Args)]
pub(super) struct HyperlinkArgs {
    /// Make paths and commits links that the terminal can follow: auto, always or never
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true,
        hide_default_value = true
    )]
    hyperlink: LinkChoice,
}

impl HyperlinkArgs {
    /// Returns whether the output has links.
    pub(super) fn has_links(&self, ui: &Ui) -> bool {
        ui.has_links(self.hyperlink)
    }
}

//! The `lsp` feature: `idhooks lsp`, the language server.

use std::io::BufReader;
use std::path::Path;

use clap::Args;
use idhooks_lsp::{ServerEnd, serve};
use idhooks_ops::run_in_any_repository;

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, protocol_output};

/// Run the language server for editors
///
/// Your editor starts this command and speaks the Language Server Protocol with it on standard input
/// and output. For references such as idhooks:0110073814260118, it shows the file's path, status and
/// history, goes to the file or its section, lists all references to a file, completes identities by
/// path or title, shows the findings of 'idhooks check', and offers corrections.
///
/// Open files count as if they were saved and staged, all others as they are in the index. Files that
/// you rename in the editor keep their identities, as with 'idhooks mv --after'. The server changes
/// neither the index nor the registry.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks lsp              your editor runs this
  idhooks lsp --stdio      the same, for editors that add this option

In Neovim 0.11:
  vim.lsp.config('idhooks', { cmd = { 'idhooks', 'lsp' }, root_markers = { 'idhooks.toml', '.git' } })
  vim.lsp.enable('idhooks')

Exit code: 0 after the requests to shut down and exit; 1 if the editor ended without them")]
pub(super) struct Lsp {
    /// Speak on standard input and output; the default, which some editors name
    #[arg(long)]
    stdio: bool,
}

impl Lsp {
    pub(super) fn run(self, _: &mut Ui, _: &Path) -> CommandResult<Exit> {
        let Lsp { stdio: _ } = self;
        // An editor that git has called, for a message for instance, inherits the names of this
        // repository and its index, but may open files of others.
        match run_in_any_repository(&["lsp".into()])? {
            Some(0) => return Ok(Exit::Fine),
            Some(_) => return Ok(Exit::Findings),
            None => {}
        }
        Ok(match serve(BufReader::new(std::io::stdin()), protocol_output()) {
            ServerEnd::ShutDown => Exit::Fine,
            ServerEnd::Abandoned => Exit::Findings,
        })
    }
}

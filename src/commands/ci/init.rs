//! `idhooks ci init`: writes the configuration for a CI service or a hook manager.

use std::path::Path;

use clap::Args;
use idhooks_ops::{CiInitOptions, CiProvider, Repo, init_ci};

use crate::commands::install_source_args::SourceArgs;
use crate::commands::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::{Ui, show_ci_configuration};

/// Write a CI configuration that checks every change
///
/// Writes a file to the working tree: review it, commit it, and make its job a required check. You
/// may edit it; an existing file is replaced only with --force. --from tells jobs where to get
/// idhooks. For pre-commit and lefthook, the file configures the hook manager, which then runs the
/// installed idhooks before every push; with --from, pre-commit builds its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks ci init --provider github --from tools/idhooks@0123456789abcdef0123456789abcdef01234567
  idhooks ci init --provider gitlab --install 'apt-get install -y idhooks'
  idhooks ci init --provider lefthook               uses the installed idhooks
  idhooks ci init --provider github --heal --from \"$SOURCE\"

Exit code: 0 written, or up to date; 2 no source is named, another file exists, or another error")]
pub(super) struct CiInit {
    /// Service or hook manager
    #[arg(long, value_name = "NAME", value_parser = choice(CiProvider::ALL, CiProvider::as_str, Some(CiProvider::title)))]
    provider: CiProvider,
    /// Instead, write a job that heals the registry every hour in a single pull request
    ///
    /// For github, gitlab and gitea. Comments in the file list the permissions and the setup that
    /// the job requires.
    #[arg(long)]
    heal: bool,
    #[command(flatten)]
    source: SourceArgs,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Print the file; write nothing
    #[arg(long)]
    dry_run: bool,
}

impl CiInit {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let CiInit { provider, heal: is_heal, source, force: is_forced, dry_run: is_dry_run } =
            self;
        let source = source.named()?;
        let options = CiInitOptions { provider, is_heal, source, is_forced, is_dry_run };
        show_ci_configuration(ui, &init_ci(&repo, &options)?, &options);
        Ok(Exit::Fine)
    }
}

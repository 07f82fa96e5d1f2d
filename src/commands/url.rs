//! `idhooks url`: prints links to files that other people can open.

use std::{ffi::OsString, path::Path};

use idhooks_ops::{LineRange, UrlOptions, urls};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::revision_args::open_at;

/// Print links to files that other people can open
///
/// If 'links.ids' in idhooks.toml is the address at which identities are published, prints the link
/// that lasts: this address, followed by the identity. Otherwise, and with --forge or an option that
/// names a version or a line, prints the address of the file's page on the forge: on the branch that
/// the current branch follows, under the path that the file has there.
///
/// The forge follows from the remote's URL; nothing is asked over the network. Other keys of 'links'
/// name the repository for clones of forks, and the forge or a template for servers of one's own.
///
/// On the forge, the link for a deprecated identity leads to the last version of its file, unless the
/// file is still there, and that for a superseded one to its successor. For an argument without a link, prints an empty line and
/// an error, so that line N always answers argument N.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks url docs/intro.md
  idhooks url 0110073814260118 --line 12-20
  idhooks url docs/intro.md --permalink        the page never changes
  idhooks url docs/intro.md --rev v1.2

Exit code: 0 every argument has a link; 1 some have none; 2 an error")]
pub(super) struct UrlArgs {
    /// Path, identity or its first digits, or second identity
    #[arg(value_name = "ID|PATH", required = true)]
    subjects: Vec<OsString>,
    /// Link to the file's page on the forge even if identities are published elsewhere
    #[arg(long)]
    forge: bool,
    /// Link to this branch, tag or commit
    #[arg(long, value_name = "REV", conflicts_with = "permalink")]
    rev: Option<String>,
    /// Link to the newest commit that the remote has instead of a branch
    #[arg(long)]
    permalink: bool,
    /// Link to this line or these lines
    #[arg(long, value_name = "N[-M]")]
    line: Option<LineRange>,
    /// Open the links in the browser, too
    #[arg(long)]
    open: bool,
}

impl UrlArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let UrlArgs { subjects, forge: on_forge, rev, permalink, line: lines, open } = self;
        let repo = open_at(dir, rev.as_deref())?;
        let options = UrlOptions { on_forge, rev, is_permalink: permalink, lines };
        let (mut links, mut exit) = (Vec::new(), Exit::Fine);
        // Notes come first, on stderr.
        urls(ui, &repo, &subjects, &options, |link| links.push(link))?;
        for link in links {
            match link {
                Ok(link) => {
                    ui.line(&link);
                    // This is only a warning: the link is there to be copied.
                    if open && let Err(error) = open::that_detached(&link) {
                        ui.warning(&format!("cannot start a browser: {error}"));
                    }
                }
                Err(error) => {
                    CommandError::from(error).show(ui);
                    ui.line("");
                    exit = Exit::Findings;
                }
            }
        }
        Ok(exit)
    }
}

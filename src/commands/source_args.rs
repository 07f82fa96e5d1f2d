//! `--from` and `--install`: where the jobs of a generated workflow get idhooks.

use clap::Args;
use idhooks_ops::PinnedSource;

use crate::error::CommandResult;

/// The help of `--from`.
const FROM_HELP: &str = "\
Where a job gets idhooks, pinned by a hash

<URL>@<COMMIT>: a git repository at a full commit, built by cargo. <URL>#sha256=<HEX>: a tar archive \
with the program 'idhooks' in it. <OWNER>/<REPOSITORY>@<COMMIT>: the action of that repository, for \
GitHub and Gitea. URLs begin with https://, ssh:// (git only) or file://. A job on a machine that has \
idhooks uses that one.";

/// Options that name the source.
#[derive(Debug, Clone, Args)]
pub(super) struct SourceArgs {
    /// Where a job gets idhooks, pinned by a hash
    #[arg(long, value_name = "SOURCE", long_help = FROM_HELP)]
    from: Option<String>,
    /// Your own command by which a job gets idhooks, in the place of --from; nothing pins what it
    /// installs
    #[arg(long, value_name = "COMMAND", conflicts_with = "from")]
    install: Option<String>,
}

impl SourceArgs {
    /// Returns the source, if there is one.
    ///
    /// # Errors
    /// Returns an error if it is not pinned or not usable in a workflow.
    pub(super) fn named(&self) -> CommandResult<Option<PinnedSource>> {
        Ok(match (&self.from, &self.install) {
            (Some(from), _) => Some(PinnedSource::parse(from)?),
            (None, Some(command)) => Some(PinnedSource::command(command)?),
            (None, None) => None,
        })
    }
}

//! `--from` and `--install`: tell the jobs in a generated workflow where to get idhooks from.

use clap::Args;
use idhooks_ops::PinnedSource;

use crate::error::CommandResult;

/// The long help for `--from`.
const FROM_HELP: &str = "\
Source from which a job gets idhooks, pinned by a hash

<URL>@<COMMIT>: a git repository at a full commit hash, built by cargo. <URL>#sha256=<HEX>: a tar \
archive that contains the program 'idhooks'. <OWNER>/<REPOSITORY>@<COMMIT>: the action of that \
repository, for GitHub and Gitea. URLs begin with https://, ssh:// (git only) or file://. If idhooks is \
already installed on the machine, the job uses it.";

/// Options that name the source.
#[derive(Debug, Clone, Args)]
pub(super) struct SourceArgs {
    /// Source from which a job gets idhooks, pinned by a hash
    #[arg(long, value_name = "SOURCE", long_help = FROM_HELP)]
    from: Option<String>,
    /// Command that installs idhooks in a job, instead of --from; the installed version is not pinned
    #[arg(long, value_name = "COMMAND", conflicts_with = "from")]
    install: Option<String>,
}

impl SourceArgs {
    /// Returns the source, if there is one.
    ///
    /// # Errors
    /// Returns an error if the source is not pinned or not usable in a workflow.
    pub(super) fn named(&self) -> CommandResult<Option<PinnedSource>> {
        Ok(match (&self.from, &self.install) {
            (Some(from), _) => Some(PinnedSource::parse(from)?),
            (None, Some(command)) => Some(PinnedSource::command(command)?),
            (None, None) => None,
        })
    }
}

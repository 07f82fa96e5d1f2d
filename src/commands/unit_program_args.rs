//! `--program`: how timers and units call idhooks.

use clap::builder::NonEmptyStringValueParser;

/// The option of commands that install units, which no shell starts.
#[derive(Debug, clap::Args)]
pub(super) struct UnitProgramArgs {
    /// Path of the idhooks to call, instead of the path of this program
    ///
    /// The program must be an idhooks that 'requires' in idhooks.toml accepts. A relative path is made
    /// absolute. A name without a directory is accepted only if the system that starts the unit
    /// finds it, which does not search your PATH: systemd searches /usr/local/bin, /usr/bin, /bin
    /// and the 'sbin' beside each, cron /usr/bin and /bin, the Windows Task Scheduler System32, and
    /// launchd nothing. With --output, the program is not run, and one that is missing on this
    /// machine is only a warning, because the files may be for another one. Later runs of this
    /// command keep the program as long as it can run.
    #[arg(long, value_name = "PROGRAM", value_parser = NonEmptyStringValueParser::new())]
    program: Option<String>,
}

impl UnitProgramArgs {
    /// Returns the name or path, as it was given.
    pub(super) fn named(&self) -> Option<String> {
        self.program.clone()
    }
}

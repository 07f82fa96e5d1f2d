//! Reads the configuration for commands about identifiers in code, which work without a registry.

use std::path::{Path, PathBuf};

use crate::tables::read_typed;
use idhooks_code::Formats;
use idhooks_code::bridge::Bridge;
use idhooks_core::config::{CONFIG_PATH, Config, ConfigError};
use idhooks_ops::{KnownIds, OpenError, Repo};

use crate::error::{CommandError, CommandResult, explained};

/// The maximum number of bytes to read: more than a configuration may have, so that `check_size`
/// reports files that are too large.
const MOST_BYTES: usize = 4_000_000;

/// Where the configuration is.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct ConfigArgs {
    /// Read the configuration from FILE, even outside a git repository
    ///
    /// The default is idhooks.toml in the working tree, tracked or not; outside a git repository, it is
    /// idhooks.toml in the current directory.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A configuration and the name of its file.
pub(super) struct NamedConfig {
    /// The file name to show in messages.
    pub(super) name: String,
    pub(super) config: Config,
}

impl ConfigArgs {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Returns an error if there is none, or if it cannot be read or is invalid.
    pub(super) fn read(&self, dir: &Path) -> CommandResult<NamedConfig> {
        let (name, bytes) = match &self.config {
            Some(file) => {
                let failed = |cause: std::io::Error| {
                    CommandError::new(format!("cannot read '{}'", file.display()))
                        .because(&cause)
                        .hint("name a file in the form of idhooks.toml: --config FILE")
                };
                let bytes = read_typed(dir, file, MOST_BYTES).map_err(failed)?;
                (file.display().to_string(), bytes)
            }
            None => (CONFIG_PATH.to_owned(), working(dir)?),
        };
        let invalid = |error: ConfigError| invalid(&name, error);
        // The size is checked before parsing: the values in a file of a few megabytes would take up
        // gigabytes of memory.
        Config::check_size(bytes.len() as u64).map_err(invalid)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| {
            CommandError::new(format!("'{name}' is not UTF-8 text")).hint("save it as UTF-8")
        })?;
        // Windows editors save UTF-8 with a byte order mark, which TOML does not permit.
        let config = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text));
        Ok(NamedConfig { config: config.map_err(invalid)?, name })
    }

    /// Reads the formats that the configuration declares.
    ///
    /// # Errors
    /// Returns an error if there are none, or if they cannot be read or are invalid.
    pub(super) fn formats(&self, dir: &Path) -> CommandResult<Formats> {
        let NamedConfig { name, config } = self.read(dir)?;
        if config.formats.is_empty() {
            return Err(CommandError::new(format!("'{name}' declares no formats")).hint(
                "declare one, for example: [formats.run_id] template = \"run_{thread}_{hex8}\"",
            ));
        }
        Formats::compile(&config).map_err(|error| invalid(&name, error))
    }

    /// Reads the formats, if there are any, and their successors. Also returns the base directory of
    /// relative paths in the configuration.
    ///
    /// # Errors
    /// Returns an error if the configuration cannot be read or is invalid.
    pub(super) fn bridge(&self, dir: &Path) -> CommandResult<(Bridge, PathBuf)> {
        let NamedConfig { name, config } = self.read(dir)?;
        let bridge = Bridge::compile(&config).map_err(|error| invalid(&name, error))?;
        let top = match &self.config {
            Some(file) => dir.join(file).parent().map_or(dir.to_owned(), Path::to_owned),
            None => Repo::open(dir).map_or(dir.to_owned(), |repo| repo.top().to_owned()),
        };
        Ok((bridge, top))
    }

    /// Reads the formats that the configuration declares, the maps that it names, and `map` if it
    /// exists.
    ///
    /// # Errors
    /// Returns an error if the configuration or a map cannot be read or is invalid.
    pub(in crate::commands) fn known_ids(
        &self,
        dir: &Path,
        map: Option<&Path>,
    ) -> CommandResult<KnownIds> {
        let (bridge, top) = self.bridge(dir)?;
        Ok(KnownIds::open(bridge, &top, dir, map)?)
    }
}

/// Returns the idhooks.toml in the working tree or, outside a repository, the one in `dir`, since
/// generators run their commands in a directory without `.git`.
fn working(dir: &Path) -> CommandResult<Vec<u8>> {
    let repo = match Repo::open(dir) {
        Ok(repo) => repo,
        Err(error @ (OpenError::NotARepository(_) | OpenError::Bare(_))) => {
            let here = read_typed(dir, Path::new(CONFIG_PATH), MOST_BYTES);
            return here.map_err(|_| {
                CommandError::from(error).hint("or name the configuration: --config FILE")
            });
        }
        Err(error) => return Err(error.into()),
    };
    repo.read_working(CONFIG_PATH)?.ok_or_else(|| {
        CommandError::new(format!("no '{CONFIG_PATH}' in '{}'", repo.top().display()))
            .hint("declare formats in it ([formats.NAME]), or name another file: --config FILE")
    })
}

/// Returns the error for a mistake in the configuration.
fn invalid(name: &str, error: ConfigError) -> CommandError {
    let ConfigError { line, column, .. } = error;
    let message = format!("{name}:{line}:{column}: {}", error.message);
    explained(CommandError::new(message), name, error)
}

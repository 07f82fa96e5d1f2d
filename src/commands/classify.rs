//! `idhooks classify`: shows each file's class and kind.

use std::path::{Path, PathBuf};

use idhooks_core::config::ContentKind;
use idhooks_ops::{ClassifiedFile, Repo, classify};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

/// Show each file's class and kind
///
/// The class comes from the first 'classify' rule in idhooks.toml that matches the path; a file
/// that matches no rule is not governed. The kind (python, config, doc or other) comes from the
/// rule or from the extension. The files need not exist.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks classify src/app.py
  idhooks classify --format json $(git diff --name-only)

The reason is one of:
  governed    a rule gives the file a class
  unmanaged   no rule matches
  ignored     git ignores the file, or [track] excludes it
  wrong_type  a directory, a symbolic link or a submodule

Exit code: 0 done; 2 an error")]
pub(super) struct ClassifyArgs {
    /// Files
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl ClassifyArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let files = classify(&repo, &self.paths)?;
        match self.format {
            Format::Json => ui.data(&json::document_of("files", &files)),
            Format::Text => ui.table(files.iter().map(row)),
        }
        Ok(Exit::Fine)
    }
}

fn row(file: &ClassifiedFile) -> [String; 4] {
    let word = |text: Option<&str>| text.unwrap_or("-").to_owned();
    [
        file.path.to_string(),
        word(file.class.as_deref()),
        word(file.kind.map(ContentKind::as_str)),
        file.reason.to_string(),
    ]
}

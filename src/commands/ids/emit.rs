//! `idhooks ids emit`, `fixtures` and `spec`: files for programs and people, written from the formats.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use idhooks_identifiers::emit::{
    EmitError, FixtureForm, ModuleLanguage, SpecFormat, compliance_suite, fixtures, module,
    slow_parts, specification,
};
use idhooks_repo::git::Repo;

use crate::commands::config_args::ConfigArgs;
use crate::commands::output_file::{OverwriteArgs, write};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::relate::deriving;

/// Write a module that mints and reads identifiers
///
/// The module has no dependencies, and reads identifiers as idhooks does. A generator in idhooks.toml
/// can write it again whenever the formats change.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["lang", "suite"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks ids emit --lang python --out app/ids.py
  idhooks ids emit --lang ts > src/ids.ts
  idhooks ids emit --suite pytest --module app.ids --out tests/test_ids.py

Exit code: 0 done; 2 an error")]
pub(super) struct EmitModule {
    /// Language of the module
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    lang: Option<LanguageArg>,
    /// Write twelve tests of compliance instead, which use the module
    #[arg(long, value_enum, value_name = "SUITE")]
    suite: Option<Suite>,
    /// With --suite, how tests import the module
    #[arg(long, value_name = "MODULE", default_value = "ids")]
    module: String,
    #[command(flatten)]
    out: OutArgs,
}

/// Write fixtures for tests
///
/// The sets basic, integration, e2e, unit, websocket and agent, each a consistent pair of identifiers.
/// All but JSON use the module that 'idhooks ids emit' writes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids fixtures --lang pytest --module app.ids --out tests/conftest.py
  idhooks ids fixtures --lang json

Exit code: 0 done; 2 an error")]
pub(super) struct EmitFixtures {
    /// Language of the fixtures
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    lang: FixtureLanguage,
    /// How fixtures import the module; for TypeScript, './ids' or the like
    #[arg(long, value_name = "MODULE")]
    module: Option<String>,
    /// Format of the pairs, if several have 'derives'
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
    #[command(flatten)]
    out: OutArgs,
}

/// Write a specification of the formats
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids spec --out docs/identifiers.md
  idhooks ids spec --format xml --out SPEC/id_management_patterns.xml

Exit code: 0 done; 2 an error")]
pub(super) struct EmitSpec {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: SpecLanguage,
    #[command(flatten)]
    out: OutArgs,
}

/// Where the text goes, and where the formats come from.
#[derive(Debug, clap::Args)]
struct OutArgs {
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LanguageArg {
    /// Python 3.8 or newer
    Python,
    /// TypeScript, ES2020
    Ts,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Suite {
    /// Tests for pytest
    Pytest,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FixtureLanguage {
    /// Functions in Python
    Python,
    /// The same with fixtures for pytest
    Pytest,
    /// Functions in TypeScript
    Ts,
    /// Pairs as data, the same in every run
    Json,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum SpecLanguage {
    /// Markdown
    #[default]
    Md,
    /// XML
    Xml,
}

impl EmitModule {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.out.config.formats(dir)?;
        let text = match (self.lang, self.suite) {
            (Some(LanguageArg::Ts), _) => module(&formats, ModuleLanguage::TypeScript),
            (Some(LanguageArg::Python), _) => module(&formats, ModuleLanguage::Python),
            (None, _) => Ok(compliance_suite(&formats, python_module(&self.module)?)),
        };
        for (format, part) in slow_parts(&formats) {
            ui.warning(&format!(
                "the part {{{part}}} of '{format}' repeats a repetition, which may take exponential time in Python and JavaScript"
            ));
        }
        self.out.write(ui, dir, &text.map_err(|error| refused(&error))?)
    }
}

impl EmitFixtures {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.out.config.formats(dir)?;
        let format = deriving(&formats, self.named.as_deref())?;
        let form = match self.lang {
            FixtureLanguage::Python => FixtureForm::Python,
            FixtureLanguage::Pytest => FixtureForm::Pytest,
            FixtureLanguage::Ts => FixtureForm::TypeScript,
            FixtureLanguage::Json => FixtureForm::Json,
        };
        let module = match (form, self.module.as_deref()) {
            (FixtureForm::TypeScript, name) => name.unwrap_or("./ids"),
            (_, name) => python_module(name.unwrap_or("ids"))?,
        };
        if let Some(c) = module.chars().find(|c| "\"\\".contains(*c) || c.is_control()) {
            return Err(CommandError::new(format!("the module '{module}' contains {c:?}"))
                .hint("name a module as an import does: --module ./ids"));
        }
        let text = fixtures(&formats, format, form, module).map_err(|error| refused(&error))?;
        self.out.write(ui, dir, &text)
    }
}

impl EmitSpec {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.out.config.formats(dir)?;
        let form = match self.format {
            SpecLanguage::Md => SpecFormat::Markdown,
            SpecLanguage::Xml => SpecFormat::Xml,
        };
        self.out.write(ui, dir, &specification(&formats, form))
    }
}

impl OutArgs {
    fn write(&self, ui: &mut Ui, dir: &Path, text: &str) -> CommandResult<Exit> {
        match &self.out {
            None => ui.data(text),
            Some(file) => {
                let repo = Repo::open(dir).ok();
                write(repo.as_ref(), file, text, self.overwrite)?;
                ui.status(&format!("wrote '{}'", file.display()));
            }
        }
        Ok(Exit::Fine)
    }
}

/// Refuses what is not the name of a module in Python.
fn python_module(name: &str) -> CommandResult<&str> {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    match name.split('.').all(is_name) {
        true => Ok(name),
        false => Err(CommandError::new(format!("'{name}' is not the name of a Python module"))
            .hint("write it as an import does, such as app.ids")),
    }
}

fn refused(error: &EmitError) -> CommandError {
    let hint = match error {
        EmitError::Twice(_) => "rename one of the formats, contexts or fields that give it",
        EmitError::Keyword(_) | EmitError::OwnName(_) => "rename the format or the field",
        EmitError::NoPair => {
            "add 'derives' to a format, for example: derives = { thread_id = \"thread\" }"
        }
    };
    CommandError::new(error.to_string()).hint(hint)
}

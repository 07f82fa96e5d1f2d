//! `idhooks ids emit`, `fixtures` and `spec`: generate files for programs and humans from the
//! formats.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use idhooks_code::emit::{
    FixtureForm, ModuleLanguage, SpecFormat, compliance_suite, fixtures, module, slow_parts,
    specification,
};
use idhooks_ops::Repo;

use crate::commands::code::config_args::ConfigArgs;
use crate::commands::output_file::{OverwriteArgs, write};
use crate::commands::value_parsers::choice;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Generate a module that mints and parses identifiers
///
/// The module has no dependencies and parses identifiers exactly as idhooks does. To regenerate it
/// whenever the formats change, declare a generator in idhooks.toml.
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
    #[arg(long, value_parser = choice(ModuleLanguage::ALL, ModuleLanguage::as_str, Some(ModuleLanguage::help)), value_name = "LANGUAGE")]
    lang: Option<ModuleLanguage>,
    /// Write twelve compliance tests for the module instead
    #[arg(long, value_enum, value_name = "SUITE")]
    suite: Option<Suite>,
    /// With --suite, the module to import in the tests
    #[arg(long, value_name = "MODULE", default_value = "ids")]
    module: String,
    #[command(flatten)]
    out: OutArgs,
}

/// Generate test fixtures
///
/// Writes the sets basic, integration, e2e, unit, websocket and agent, each with a consistent pair
/// of identifiers. Except for JSON, the fixtures use the module written by 'idhooks ids emit'.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids fixtures --lang pytest --module app.ids --out tests/conftest.py
  idhooks ids fixtures --lang json

Exit code: 0 done; 2 an error")]
pub(super) struct EmitFixtures {
    /// Language of the fixtures
    #[arg(long, value_parser = choice(FixtureForm::ALL, FixtureForm::as_str, Some(FixtureForm::help)), value_name = "LANGUAGE")]
    lang: FixtureForm,
    /// Module to import in the fixtures; in TypeScript, a path such as './ids'
    #[arg(long, value_name = "MODULE")]
    module: Option<String>,
    /// Format of the pairs, if several formats have 'derives'
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
    #[command(flatten)]
    out: OutArgs,
}

/// Generate a specification of the formats
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids spec --out docs/identifiers.md
  idhooks ids spec --format xml --out SPEC/id_management_patterns.xml

Exit code: 0 done; 2 an error")]
pub(super) struct EmitSpec {
    /// Output format
    #[arg(long, value_parser = choice(SpecFormat::ALL, SpecFormat::as_str, Some(SpecFormat::help)), default_value_t = SpecFormat::Markdown, value_name = "FORMAT")]
    format: SpecFormat,
    #[command(flatten)]
    out: OutArgs,
}

/// Where the output goes, and where the formats come from.
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
enum Suite {
    /// Tests for pytest
    Pytest,
}

impl EmitModule {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.out.config.formats(dir)?;
        let text = match (self.lang, self.suite) {
            (Some(language), _) => module(&formats, language),
            (None, _) => Ok(compliance_suite(&formats, python_module(&self.module)?)),
        };
        // Our regex engine takes linear time for any pattern, but these languages' engines
        // backtrack.
        for (format, part) in slow_parts(&formats) {
            ui.warning(&format!(
                "the part {{{part}}} of '{format}' repeats a repetition, which may take exponential time in Python and JavaScript"
            ));
        }
        self.out.write(ui, dir, &text?)
    }
}

impl EmitFixtures {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.out.config.formats(dir)?;
        let format = formats.deriving(self.named.as_deref())?;
        let module = match (self.lang, self.module.as_deref()) {
            (FixtureForm::TypeScript, name) => name.unwrap_or("./ids"),
            (_, name) => python_module(name.unwrap_or("ids"))?,
        };
        // The name becomes a string in the generated code, and a quotation mark in it could inject
        // code.
        if let Some(c) = module.chars().find(|c| "\"\\".contains(*c) || c.is_control()) {
            return Err(CommandError::new(format!("the module '{module}' contains {c:?}"))
                .hint("name a module as an import does: --module ./ids"));
        }
        let text = fixtures(&formats, format, self.lang, module)?;
        self.out.write(ui, dir, &text)
    }
}

impl EmitSpec {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.out.config.formats(dir)?;
        self.out.write(ui, dir, &specification(&formats, self.format))
    }
}

impl OutArgs {
    fn write(&self, ui: &mut Ui, dir: &Path, text: &str) -> CommandResult<Exit> {
        match &self.out {
            None => ui.data(text),
            Some(file) => {
                // Formats can be used outside a repository too, where there are no tracked files to
                // protect.
                let repo = Repo::open(dir).ok();
                write(repo.as_ref(), file, text, self.overwrite)?;
                ui.status(&format!("wrote '{}'", file.display()));
            }
        }
        Ok(Exit::Fine)
    }
}

/// Returns the name if it is a dotted Python name. Anything else is refused, since the name is written into
/// code.
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

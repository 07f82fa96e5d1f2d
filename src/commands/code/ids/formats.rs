//! `idhooks ids formats`: lists the declared formats.

use std::path::Path;

use serde::Serialize;

use idhooks_code::{Context, IdFormat};

use crate::commands::code::config_args::ConfigArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

/// List the declared formats
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks ids formats
  idhooks ids formats --config other.toml --format json

Exit code: 0 done; 2 an error, or no formats are declared")]
pub(super) struct ListFormats {
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// A format in the JSON document.
#[derive(Serialize)]
struct ListedFormat<'f> {
    name: &'f str,
    template: &'f str,
    pattern: String,
    parts: Vec<ListedPart<'f>>,
    key: &'f [String],
    legacy: bool,
    successor: Option<&'f str>,
}

#[derive(Serialize)]
struct ListedPart<'f> {
    name: &'f str,
    pattern: &'f str,
    given: bool,
    derives: Vec<&'f str>,
}

#[derive(Serialize)]
struct FormatList<'f> {
    formats: Vec<ListedFormat<'f>>,
    contexts: &'f [Context],
}

impl ListFormats {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.config.formats(dir)?;
        match self.format {
            Format::Json => ui.data(&json::document(&FormatList {
                formats: formats.all.iter().map(ListedFormat::of).collect(),
                contexts: &formats.contexts,
            })),
            Format::Text => {
                ui.table(formats.all.iter().map(row));
                for context in &formats.contexts {
                    ui.line(&format!("{}: {}", context.name, context.formats.join(", ")));
                }
            }
        }
        Ok(Exit::Fine)
    }
}

impl<'f> ListedFormat<'f> {
    fn of(format: &'f IdFormat) -> Self {
        let fields = |name: &str| {
            let derived = format.derives.iter().filter(move |(_, part)| part == name);
            derived.map(|(field, _)| &**field).collect()
        };
        let parts = format.parts().map(|part| ListedPart {
            name: &part.name,
            pattern: &part.pattern,
            given: part.kind.is_given(),
            derives: fields(&part.name),
        });
        ListedFormat {
            name: &format.name,
            template: &format.template,
            pattern: format.pattern(),
            parts: parts.collect(),
            key: &format.key,
            legacy: format.is_legacy,
            successor: format.successor.as_deref(),
        }
    }
}

fn row(format: &IdFormat) -> [String; 3] {
    let derived = format.derives.iter().map(|(field, part)| format!("{field} = {{{part}}}"));
    let mut notes: Vec<String> = derived.collect();
    match &format.successor {
        Some(successor) => notes.push(format!("legacy, use {successor}")),
        None if format.is_legacy => notes.push("legacy".to_owned()),
        None => {}
    }
    [format.name.clone(), format.template.clone(), notes.join("; ")]
}

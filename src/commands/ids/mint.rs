//! `idhooks ids mint`: new identifiers.

use std::path::Path;

use idhooks_identifiers::{IdFormat, MintError, Minter, Source};
use uuid::Uuid;

use crate::commands::config_args::ConfigArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui};

use super::report::{GivenValue, IdResult, given, named, now, show};

/// Mint identifiers
///
/// Prints one on each line. The counter begins with 1 in every run: that identifiers of different
/// processes differ rests on their time and their random part.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["name", "context"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks ids mint run_id --set thread=t1
  idhooks ids mint base --set prefix=jwt_token --count 1000
  idhooks ids mint --context user --set op=checkout

Exit code: 0 done; 2 an error")]
pub(super) struct MintIds {
    /// Name of the format
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Mint one identifier of each format of [contexts.NAME] together, in its order
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// The value of a part
    #[arg(long, value_name = "PART=VALUE")]
    set: Vec<GivenValue>,
    /// Number of identifiers, or of contexts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    #[command(flatten)]
    config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The clock and the random numbers of the system.
pub(super) struct SystemSource;

impl Source for SystemSource {
    fn now(&mut self) -> u64 {
        now()
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(14) {
            let random = *Uuid::new_v4().as_bytes();
            // Bytes 6 and 8 have the version and the variant, which are not random.
            let random = random.into_iter().enumerate().filter(|(at, _)| ![6, 8].contains(at));
            chunk.iter_mut().zip(random).for_each(|(byte, (_, random))| *byte = random);
        }
    }
}

impl MintIds {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let formats = self.config.formats(dir)?;
        let given = given(self.set);
        let (mut minter, mut source) = (Minter::default(), SystemSource);
        let mut minted: Vec<(&IdFormat, String)> = Vec::new();
        let count = self.count as usize;
        if let Some(name) = &self.name {
            let format = named(&formats, name)?;
            let ids =
                minter.mint(format, &given, count, &mut source).map_err(|error| refused(&error))?;
            minted.extend(ids.into_iter().map(|id| (format, id)));
        }
        if let Some(name) = &self.context {
            let context = formats.context(name).ok_or_else(|| {
                CommandError::new(format!("there is no context '{name}'"))
                    .hint("declare it in idhooks.toml: [contexts.NAME] formats = [\"…\"]")
            })?;
            for _ in 0..count {
                let ids = minter
                    .mint_together(&context, &given, &mut source)
                    .map_err(|error| refused(&error))?;
                minted.extend(context.iter().copied().zip(ids));
            }
        }
        let mut noted: Vec<&str> = Vec::new();
        for (format, _) in &minted {
            if format.is_legacy && !noted.contains(&&*format.name) {
                noted.push(&format.name);
                ui.status(&legacy_note(format));
            }
        }
        let now = source.now();
        let results: Vec<IdResult> =
            minted.iter().map(|(format, id)| IdResult::of(id, format, now)).collect();
        Ok(show(ui, self.format, &results, |result| result.id.clone()))
    }
}

fn legacy_note(format: &IdFormat) -> String {
    let name = &format.name;
    match &format.successor {
        Some(successor) => format!("note: '{name}' is a legacy format; mint '{successor}' instead"),
        None => format!("note: '{name}' is a legacy format"),
    }
}

/// Returns the error for values with which nothing can be minted.
fn refused(error: &MintError) -> CommandError {
    let hint = match error {
        MintError::Empty(part) => format!("give it a value: --set {part}=VALUE"),
        MintError::Form { name, .. } => format!(
            "give {name} a value that has the form of its part; 'idhooks ids formats' shows the templates"
        ),
        MintError::NoPart { format, .. } => {
            format!("'idhooks ids formats' shows the parts of {format}")
        }
        MintError::TooLong => "give shorter values".to_owned(),
    };
    CommandError::new(error.to_string()).hint(hint)
}

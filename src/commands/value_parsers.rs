//! Value parsers for enums defined in the libraries, which do not depend on clap.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use idhooks_core::check::Code;
use idhooks_ops::nearest;

use crate::error::{CommandError, CommandResult};

/// Returns a parser for the words of an enum, with optional help for each word.
pub(super) fn choice<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    word: fn(T) -> &'static str,
    help: Option<fn(T) -> &'static str>,
) -> impl TypedValueParser<Value = T> {
    let words = all.map(|value| {
        let named = PossibleValue::new(word(value));
        help.into_iter().fold(named, |named, help| named.help(help(value)))
    });
    // clap lists these values in help and error messages, and completes them.
    PossibleValuesParser::new(words).try_map(move |chosen| {
        all.into_iter().find(|value| word(*value) == chosen).ok_or("unknown word")
    })
}

/// Parses a finding code, in any case and with '-' or '_'.
///
/// # Errors
/// Returns an error with a hint if there is no such code.
pub(super) fn finding_code(name: &str) -> CommandResult<Code> {
    name.replace('-', "_").parse::<Code>().map_err(|error| {
        let names = Code::ALL.map(Code::as_str);
        let error = CommandError::new(error.to_string());
        error.hint(match nearest(&name.to_uppercase(), names) {
            Some(near) => format!("did you mean '{near}'? idhooks explain {near}"),
            None => "list the codes: idhooks explain --all".to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_case_names_a_code_and_a_near_miss_is_suggested() {
        assert_eq!(finding_code("stale_path"), Ok(Code::StalePath));
        assert_eq!(finding_code("Stale-Path"), Ok(Code::StalePath));
        let hint = |name| finding_code(name).expect_err("no code").hints;
        assert_eq!(hint("stalepath"), ["did you mean 'STALE_PATH'? idhooks explain STALE_PATH"]);
        assert_eq!(hint("x"), ["list the codes: idhooks explain --all"]);
    }
}

//! Arguments that choose one of the values of a library's enum, which knows no command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// Returns a parser of the words of an enum, with what the help says about each, if anything.
pub(super) fn choice<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    word: fn(T) -> &'static str,
    help: Option<fn(T) -> &'static str>,
) -> impl TypedValueParser<Value = T> {
    let words = all.map(|value| {
        let named = PossibleValue::new(word(value));
        help.into_iter().fold(named, |named, help| named.help(help(value)))
    });
    PossibleValuesParser::new(words).try_map(move |chosen| {
        all.into_iter().find(|value| word(*value) == chosen).ok_or("unknown word")
    })
}

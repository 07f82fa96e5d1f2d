//! Arguments that choose one of the values of a library's enum, which knows no command line.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use idhooks_core::check::Family;
use idhooks_core::config::Strategy;
use idhooks_core::plan::schedule::Job;
use idhooks_report::metrics::By;

/// A value that an argument can have.
pub(super) trait ArgChoice: Copy + Send + Sync + 'static {
    /// Every value, in the order of the help.
    const CHOICES: &'static [Self];

    /// Returns the word for the command line.
    fn word(self) -> &'static str;

    /// Returns what the help says about it.
    fn help(self) -> &'static str;
}

/// Returns a parser of the words of an enum.
pub(super) fn choice<T: ArgChoice>() -> impl TypedValueParser<Value = T> {
    let words =
        T::CHOICES.iter().map(|choice| PossibleValue::new(choice.word()).help(choice.help()));
    PossibleValuesParser::new(words).try_map(|word| {
        let chosen = T::CHOICES.iter().find(|choice| choice.word() == word);
        chosen.copied().ok_or("unknown word")
    })
}

impl ArgChoice for Family {
    const CHOICES: &'static [Self] = &Family::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn help(self) -> &'static str {
        match self {
            Family::Uniqueness => "No identity names two files, and no file has two",
            Family::Sync => "Registry, tree and history agree, and nothing is lost",
            Family::Format => {
                "The registry can be read, its identities are well-formed, and its counters are not full"
            }
            Family::Coverage => "Every tracked file has an identity",
        }
    }
}

impl ArgChoice for Strategy {
    const CHOICES: &'static [Self] = &[Strategy::Scattered, Strategy::Sequential];

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn help(self) -> &'static str {
        match self {
            Strategy::Scattered => {
                "Spread out: parallel branches practically never choose the same number"
            }
            Strategy::Sequential => {
                "The next number: no gaps, but merging parallel branches renumbers one side"
            }
        }
    }
}

impl ArgChoice for Job {
    const CHOICES: &'static [Self] = &Job::ALL;

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn help(self) -> &'static str {
        match self {
            Job::Nightly => "Every day at 02:00: scan, uniqueness, sync, coverage",
            Job::Weekly => "Monday at 06:00: trend, deprecations, velocity",
            Job::Monthly => {
                "The first day of the month at 03:00: audit, what was deprecated over 90 days ago, \
                 capacity"
            }
        }
    }
}

impl ArgChoice for By {
    const CHOICES: &'static [Self] = &[By::Ns, By::Type, By::Dir];

    fn word(self) -> &'static str {
        self.as_str()
    }

    fn help(self) -> &'static str {
        match self {
            By::Ns => "Namespace of the identity, or the one that the rules would give",
            By::Type => "TYPE of the identity, or the one that the rules would give",
            By::Dir => "Top-level directory; '.' for files in the root",
        }
    }
}

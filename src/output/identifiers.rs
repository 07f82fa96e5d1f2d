//! Shows what is known about identifiers in code.

use idhooks_code::{FormatChoice, IdResult};

use super::{Format, Ui, json};

impl Ui {
    /// Prints results: the document, or the line of each.
    pub fn ids(
        &mut self,
        format: Format,
        results: &[IdResult],
        line: impl Fn(&IdResult) -> String,
    ) {
        match format {
            Format::Json => self.data(&json::document_of("results", results)),
            Format::Text => self.lines(results.iter().map(line)),
        }
    }

    /// Prints on stderr why identifiers are not valid.
    pub fn id_problems(&mut self, results: &[IdResult]) {
        for result in results.iter().filter(|result| !result.valid) {
            self.say(&format!("{}:{}", result.id, with_reason(result)));
        }
    }
}

/// Returns the end of a line about an identifier: why it is not valid, if it is not.
pub fn with_reason(result: &IdResult) -> String {
    result.reason.as_ref().map_or(String::new(), |reason| format!(" not valid: {reason}"))
}

/// Returns the result for an identifier that fits several formats.
pub fn of_several(id: &str, FormatChoice(names): &FormatChoice) -> IdResult {
    let names = names.join(", ");
    let reason = format!("it has the form of several formats; name one of {names} with --as");
    IdResult::unread(id, None, &reason)
}

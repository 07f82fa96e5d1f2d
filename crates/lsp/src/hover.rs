//! Hover: facts about the identity under the cursor.

use idhooks_core::registry::Status;
use idhooks_ops::{NamedRecord, NoRecord};
use idhooks_references::ReferenceTarget;
use lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use crate::state::{DocumentSubject, FoundTarget, RequestAnswer, ServerState, TargetSearch};

/// Answers with the path, the status and the newest events of the identity under the cursor.
pub(crate) fn hover(state: &mut ServerState, params: HoverParams) -> RequestAnswer {
    let params = params.text_document_position_params;
    let Some((document, byte)) = state.at(&params) else { return RequestAnswer::nothing() };
    let Some(subject) = state.subject(document, byte) else {
        return state.no_subject(params.text_document.uri.as_str());
    };
    let range = document.range(&subject.range, state.abilities.encoding);
    let shown = match state.find(params.text_document.uri.as_str(), &subject.target) {
        TargetSearch::Found(found) => lines_of(state, &subject, &found),
        TargetSearch::None(NoRecord::NotRegistered | NoRecord::NotAdopted) if subject.is_own => {
            return RequestAnswer::nothing();
        }
        TargetSearch::None(reason) => HoverLines::of_text(format!("{} {reason}", subject.target)),
        TargetSearch::Unknown => {
            HoverLines::of_text("idhooks is still reading the index of this repository".to_owned())
        }
    };
    let contents = HoverContents::Markup(shown.format(state.abilities.shows_markdown));
    RequestAnswer::of(Hover { contents, range: Some(range) })
}

fn lines_of(
    state: &mut ServerState,
    subject: &DocumentSubject,
    FoundTarget { repository, named }: &FoundTarget,
) -> HoverLines {
    let NamedRecord { id, path, .. } = named;
    let session = &mut state.workspace.sessions[*repository];
    let by = named.superseded_by.as_ref().filter(|_| named.status == Status::Superseded);
    let status = match by {
        Some(by) => {
            let successor = by.parse().ok().map(ReferenceTarget::Id);
            let successor = successor.and_then(|target| session.editor.named(&target));
            let place = successor.map_or_else(String::new, |one| format!(" ({})", one.path));
            format!("superseded by {by}{place}")
        }
        None => named.status.to_string(),
    };
    let mut head =
        vec![HoverLine::Code(path.to_string()), HoverLine::Text(format!("{id}, {status}"))];
    if let ReferenceTarget::Id(named) = &subject.target
        && named != id
    {
        head.push(HoverLine::Text(format!("{named} is a former identity of this file")));
    }
    let history = match session.histories.get(id) {
        Some(lines) => lines.clone(),
        None => {
            session.hurry_history(*id);
            head.push(HoverLine::Text("the history is still being read".to_owned()));
            Vec::new()
        }
    };
    HoverLines { head, history }
}

/// The lines that are shown.
struct HoverLines {
    head: Vec<HoverLine>,
    history: Vec<String>,
}

enum HoverLine {
    /// Something that a person has named, in which nothing is Markdown.
    Code(String),
    Text(String),
}

impl HoverLines {
    fn of_text(text: String) -> Self {
        HoverLines { head: vec![HoverLine::Text(text)], history: Vec::new() }
    }

    fn format(&self, is_markdown: bool) -> MarkupContent {
        let head = self.head.iter().map(|line| match line {
            HoverLine::Code(text) if is_markdown => code(text),
            HoverLine::Code(text) => text.clone(),
            HoverLine::Text(text) if is_markdown => escaped(text),
            HoverLine::Text(text) => text.clone(),
        });
        let gap = if is_markdown { "\n\n" } else { "\n" };
        let mut value = head.collect::<Vec<_>>().join(gap);
        if !self.history.is_empty() {
            let lines = self.history.join("\n");
            value = match is_markdown {
                true => {
                    let fence = fence_around(&lines, 3);
                    format!("{value}\n\n{fence}text\n{lines}\n{fence}")
                }
                false => format!("{value}\n\n{lines}"),
            };
        }
        let kind = if is_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
        MarkupContent { kind, value }
    }
}

/// Returns backquotes that the text does not have itself.
fn fence_around(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(least.max(longest + 1))
}

fn code(text: &str) -> String {
    let fence = fence_around(text, 1);
    let space = if text.contains('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace(['\n', '\r'], " "))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if "\\`*_{}[]<>#|~!".contains(character) {
            escaped.push('\\');
        }
        escaped.push(if matches!(character, '\n' | '\r') { ' ' } else { character });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_no_markdown() {
        let shown = HoverLines {
            head: vec![
                HoverLine::Code("a`b*.md".to_owned()),
                HoverLine::Text("superseded by 1 (x_y*.md)".to_owned()),
            ],
            history: vec!["2026  ```".to_owned()],
        };
        let markdown =
            "`` a`b*.md ``\n\nsuperseded by 1 (x\\_y\\*.md)\n\n````text\n2026  ```\n````";
        assert_eq!(shown.format(true).value, markdown);
        let plain = "a`b*.md\nsuperseded by 1 (x_y*.md)\n\n2026  ```";
        assert_eq!(shown.format(false).value, plain);
    }
}

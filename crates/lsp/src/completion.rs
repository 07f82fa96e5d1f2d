//! Files for the text after `idhooks:`.

use idhooks_ops::CompletedFile;
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionParams, CompletionTextEdit,
    TextEdit,
};

use crate::state::{RequestAnswer, ServerState};

/// How many files are offered at once.
const MOST_OFFERED: usize = 50;
/// The text that a reference begins with.
const PREFIX: &str = "idhooks:";
/// The longest text that is searched, in bytes.
const LONGEST_TYPED: usize = 200;

/// Answers with the files whose path or title contains the text before the cursor.
pub(crate) fn completion(state: &mut ServerState, params: CompletionParams) -> RequestAnswer {
    let params = params.text_document_position;
    let Some((document, byte)) = state.at(&params) else { return RequestAnswer::nothing() };
    let Some(place) = &document.place else { return RequestAnswer::nothing() };
    let before = &document.text[..byte];
    let line = &before[before.rfind(['\n', '\r']).map_or(0, |end| end + 1)..];
    let Some(typed) = line.rfind(PREFIX).map(|at| &line[at + PREFIX.len()..]) else {
        return RequestAnswer::nothing();
    };
    if typed.len() > LONGEST_TYPED || !may_be_title(typed) {
        return RequestAnswer::nothing();
    }
    let range = document.range(&(byte - typed.len()..byte), state.abilities.encoding);
    let session = &state.workspace.sessions[place.repository];
    let found = session.editor.complete(typed, MOST_OFFERED);
    let is_partial = session.is_partial() || !session.can_follow();
    // Text after a reference.
    if found.files.is_empty() && typed.contains(' ') && !is_partial {
        return RequestAnswer::nothing();
    }
    let item = |(nth, file): (usize, CompletedFile)| {
        let CompletedFile { id, path, title } = file;
        let (path, id) = (path.to_string(), id.to_string());
        // Some clients keep only what begins with the typed text.
        let typed = Some(typed).filter(|typed| !typed.is_empty());
        let words = [typed, Some(&*path), title.as_deref(), Some(&*id)];
        CompletionItem {
            filter_text: Some(words.into_iter().flatten().collect::<Vec<_>>().join(" ")),
            label: path,
            kind: Some(CompletionItemKind::REFERENCE),
            detail: Some(title.map_or_else(|| id.clone(), |title| format!("{title} ({id})"))),
            sort_text: Some(format!("{nth:04}")),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: id })),
            ..CompletionItem::default()
        }
    };
    // With another letter, other files may fit, also as the client sees it.
    let is_incomplete = !typed.is_empty() || found.has_more || is_partial;
    let items = found.files.into_iter().enumerate().map(item).collect();
    RequestAnswer::of(CompletionList { is_incomplete, items })
}

/// Returns whether a text may be a part of a path or a title; these have single spaces.
fn may_be_title(typed: &str) -> bool {
    let is_space = |c: char| c.is_whitespace() && c != ' ';
    !typed.starts_with(' ') && !typed.contains("  ") && !typed.contains(is_space)
}

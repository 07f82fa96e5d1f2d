//! Corrections of references, as code actions.

use std::collections::HashMap;

use idhooks_ops::{DocumentFix, FixCause, FixKind};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, TextEdit, WorkspaceEdit,
};

use crate::state::{RequestAnswer, ServerState};

/// Answers with the known corrections of the references in a range.
#[expect(clippy::mutable_key_type, reason = "the protocol's type; no key is changed")]
pub(crate) fn code_actions(state: &mut ServerState, params: CodeActionParams) -> RequestAnswer {
    let CodeActionParams { text_document, range, context, .. } = params;
    let is_wanted = context.only.as_ref().is_none_or(|kinds| {
        kinds.iter().any(|kind| kind.as_str().is_empty() || *kind == CodeActionKind::QUICKFIX)
    });
    let document = state.documents.get(text_document.uri.as_str());
    let place = document.and_then(|document| Some((document, document.place.as_ref()?)));
    let Some((document, place)) = place.filter(|_| is_wanted && state.abilities.takes_actions)
    else {
        return RequestAnswer::nothing();
    };
    let session = &state.workspace.sessions[place.repository];
    if session.is_unknown() {
        return RequestAnswer::Later;
    }
    let encoding = state.abilities.encoding;
    let part = document.bytes(range, encoding);
    let fixes = match session.editor.fixes(&place.path, &document.text, &part) {
        Ok(fixes) => fixes,
        Err(error) => {
            let message = format!("the corrections cannot be found: {error}");
            state.outbox.log(lsp_types::MessageType::ERROR, message);
            return RequestAnswer::nothing();
        }
    };
    let action = |one: DocumentFix| {
        let range = document.range(&one.range, encoding);
        let title = title(&one);
        let edit = TextEdit { range, new_text: one.fix.text };
        let changes = HashMap::from([(document.uri.clone(), vec![edit])]);
        let about = context.diagnostics.iter().filter(|diagnostic| diagnostic.range == range);
        CodeActionOrCommand::CodeAction(CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(about.cloned().collect()),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            ..CodeAction::default()
        })
    };
    RequestAnswer::of(fixes.into_iter().map(action).collect::<Vec<_>>())
}

fn title(DocumentFix { reference, fix, .. }: &DocumentFix) -> String {
    let (former, new) = (&reference.text, &fix.text);
    match fix.kind {
        FixKind::Corrected(FixCause::Superseded) => format!("Refer to the successor: {new}"),
        FixKind::Corrected(FixCause::Alias | FixCause::Ambiguous) => {
            format!("Refer to the present identity: {new}")
        }
        FixKind::Heading => format!("Refer to the nearest heading: {new}"),
        FixKind::Review => format!("Review the reference: stamp {former} with the present content"),
    }
}

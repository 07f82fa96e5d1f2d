//! From a reference to its file, and from a file to its references.

use idhooks_references::ReferenceTarget;
use lsp_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Location, Position, Range, ReferenceParams,
};

use crate::state::{FoundTarget, RequestAnswer, ServerState};

/// Answers with the file that the reference under the cursor names, or the line of its section.
pub(crate) fn definition(state: &mut ServerState, params: GotoDefinitionParams) -> RequestAnswer {
    let params = params.text_document_position_params;
    let (subject, FoundTarget { repository, named }) = match state.find_at(&params) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let editor = &state.workspace.sessions[repository].editor;
    let Some(path) = editor.file_to_show(&named) else { return RequestAnswer::nothing() };
    let text = state.document_of(repository, &path).map(|document| document.text.as_str());
    let section = subject.section.as_deref().filter(|_| path == named.path);
    let line = section.map_or(0, |section| editor.section_line(&path, section, text));
    let Some(uri) = state.uri(repository, &path) else { return RequestAnswer::nothing() };
    let start = Position { line: u32::try_from(line).unwrap_or(u32::MAX), character: 0 };
    RequestAnswer::of(GotoDefinitionResponse::Scalar(Location {
        uri,
        range: Range::new(start, start),
    }))
}

/// Answers with the references to the file that is named under the cursor, or to the document's own
/// if its identity is there.
pub(crate) fn references(state: &mut ServerState, params: ReferenceParams) -> RequestAnswer {
    let with_declaration = params.context.include_declaration;
    let params = params.text_document_position;
    let FoundTarget { repository, named } = match state.find_at(&params) {
        Ok((_, found)) => found,
        Err(answer) => return answer,
    };
    let session = &state.workspace.sessions[repository];
    if session.is_partial() {
        return RequestAnswer::Later;
    }
    let places = match session.editor.references_to(named.id) {
        Ok(places) => places,
        Err(error) => {
            let message = format!("the references cannot be found: {error}");
            state.outbox.log(lsp_types::MessageType::ERROR, message);
            return RequestAnswer::nothing();
        }
    };
    let mut locations: Vec<Location> = Vec::new();
    if with_declaration
        && let Some(path) = session.editor.file_to_show(&named).filter(|path| *path == named.path)
        && let Some(uri) = state.uri(repository, &path)
    {
        locations.push(Location { uri, range: Range::default() });
    }
    for place in places {
        if let Some(uri) = state.uri(repository, &place.path) {
            let start = state.position(place.line, &place.before);
            let end = state.position(place.line, &format!("{}{}", place.before, place.text));
            locations.push(Location { uri, range: Range { start, end } });
        }
    }
    RequestAnswer::of(locations)
}

/// Returns what a reference names, for the histories to read in advance.
pub(crate) fn targets(state: &ServerState, uri: &str) -> Vec<ReferenceTarget> {
    let Some(document) = state.documents.get(uri) else { return Vec::new() };
    let Some(place) = &document.place else { return Vec::new() };
    let editor = &state.workspace.sessions[place.repository].editor;
    let references = editor.references_in(&place.path, &document.text).into_iter();
    let heads = editor.head_of(&place.path, &document.text).into_iter();
    let heads = heads.map(|head| ReferenceTarget::Id(head.id));
    references.map(|reference| reference.target).chain(heads).collect()
}

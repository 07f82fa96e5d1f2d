//! The requests that the server answers.

use lsp_server::{ErrorCode, Request};
use lsp_types::request::{self, Request as RequestKind};

use crate::actions::code_actions;
use crate::completion::completion;
use crate::hover::hover;
use crate::navigation::{definition, references};
use crate::state::{RequestAnswer, ServerState};

/// Why a request is not answered.
pub(crate) struct RefusedRequest {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

/// Answers a request.
pub(crate) fn answer(
    state: &mut ServerState,
    one: &Request,
) -> Result<RequestAnswer, RefusedRequest> {
    match one.method.as_str() {
        request::HoverRequest::METHOD => with::<request::HoverRequest>(state, one, hover),
        request::GotoDefinition::METHOD => with::<request::GotoDefinition>(state, one, definition),
        request::References::METHOD => with::<request::References>(state, one, references),
        request::Completion::METHOD => with::<request::Completion>(state, one, completion),
        request::CodeActionRequest::METHOD => {
            with::<request::CodeActionRequest>(state, one, code_actions)
        }
        method => {
            let message = format!("'{method}' is no method of this server");
            Err(RefusedRequest { code: ErrorCode::MethodNotFound, message })
        }
    }
}

fn with<R: RequestKind>(
    state: &mut ServerState,
    one: &Request,
    handle: impl FnOnce(&mut ServerState, R::Params) -> RequestAnswer,
) -> Result<RequestAnswer, RefusedRequest> {
    let params = serde_json::from_value(one.params.clone()).map_err(|error| RefusedRequest {
        code: ErrorCode::InvalidParams,
        message: error.to_string(),
    })?;
    Ok(handle(state, params))
}

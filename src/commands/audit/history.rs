//! The changes that commits made, as events.

use std::path::Path;

use idhooks_core::plan::audit::{AuditEvent, BEGINNING};
use idhooks_core::registry::{Json, Timestamp};
use idhooks_repo::git::Repo;
use idhooks_repo::history::{CommitEvents, commit_events};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::commands::revision_args::find_commit;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Bar, Ui};

/// Prints what every commit in the history of `rev` did.
pub(super) fn export(ui: &mut Ui, dir: &Path, rev: &str) -> Result<Exit, CommandError> {
    let repo = Repo::open_to_read(dir)?;
    let tip = find_commit(&repo, rev)?;
    let mut bar: Option<Bar> = None;
    let mut prev = BEGINNING.to_owned();
    let mut step = |count: usize| {
        bar.get_or_insert_with(|| Bar::start("reading the history", count as u64)).step();
    };
    let mut tell = |chapter: &CommitEvents| {
        let mut text = String::new();
        for event in events(chapter) {
            let (line, hash) = event.line(&prev);
            text += &line;
            prev = hash;
        }
        ui.data(&text);
    };
    let has_gaps = commit_events(&repo, tip, &mut step, &mut tell)?;
    drop(bar);
    if has_gaps {
        ui.warning("part of the history is not in this clone or cannot be read: its events are missing, or reported with a later commit");
    }
    Ok(Exit::Fine)
}

/// Returns the events of a commit; their ids depend on nothing else.
fn events(chapter: &CommitEvents) -> impl Iterator<Item = AuditEvent> {
    let commit = chapter.commit.to_string();
    let run_id = number(&[&commit]);
    let at = Timestamp::from_unix(chapter.author_time).unwrap_or(Timestamp::EPOCH);
    chapter.events.iter().map(move |deed| {
        let mut data = deed.facts();
        data.insert("commit".to_owned(), Json::string(&commit));
        let kind = deed.kind();
        let facts = Json::Object(data.clone()).compact();
        let event_id = number(&[&commit, kind.as_str(), &facts]);
        AuditEvent { event_id, run_id: run_id.clone(), at, kind, data }
    })
}

/// Returns a UUID (version 8) that depends only on these words.
fn number(words: &[&str]) -> String {
    let digest = Sha256::digest(words.join("\0"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

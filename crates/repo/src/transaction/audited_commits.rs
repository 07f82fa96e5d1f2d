//! Records in the audit log the commits made in this working tree that changed the registry.
//!
//! A hook that runs before a commit cannot know whether the commit will be made. So each run reads
//! the entries added to git's HEAD reflog since the previous run, including those for merges,
//! rebases, cherry-picks and commits made without hooks. Marks say how far the reflog has been read.

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{Json, Object, Timestamp};
use uuid::Uuid;

use super::audit_recording::{AuditSetting, event_number};
use crate::events::EventKind;
use crate::git::{CommitId, HeadLogMark, HeadMove, Repo};
use crate::history::{change_counts, registry_blob};
use crate::state::{StateError, read_config_in, rules_mentioning};
use crate::store::AuditFile;
use crate::store::audit_log::AuditEvent;

/// The file that contains the marks. Only the last one is used.
const MARKS: &str = "audit-marks";
/// The file in which earlier versions stored a single mark. It is never written: if such a version
/// runs again, it continues from that mark and misses no commit.
const FORMER_MARK: &str = "audit-seen";
/// The length in bytes above which the file is replaced by its last mark.
const LONG: usize = 4 << 10;

/// Records the commits made in this working tree since the last call. On failure, returns a
/// warning, and the next call tries again.
pub fn record_seen_commits(repo: &Repo) -> Option<String> {
    let failed = |error| format!("the last commits are missing in the audit log: {error}");
    record(repo).err().map(failed)
}

fn record(repo: &Repo) -> Result<(), StateError> {
    if repo.is_bare() {
        return Ok(());
    }
    let dir = repo.worktree_state_dir();
    let marks = dir.file(MARKS);
    let read = marks.read()?;
    let known = match &read {
        Some(bytes) => HeadLogMark::decode(bytes),
        None => dir.file(FORMER_MARK).read()?.and_then(|bytes| HeadLogMark::decode(&bytes)),
    };
    let Some((moves, mark)) = repo.head_moves_since(known.as_ref())? else { return Ok(()) };
    let mut events = Vec::new();
    if !AuditSetting::of(repo).is_off {
        for made in made_commits(repo, &moves)? {
            events.extend(event(repo, &made)?);
        }
    }
    if !events.is_empty() {
        // If a run was killed after writing its events but before writing the mark, the events may
        // already be there.
        AuditFile::in_dir(&repo.state_dir()).writer()?.append_missing(events)?;
    }
    // Replacing the file is slower, because ext4 then allocates its blocks immediately. But a new
    // mark must not follow an incomplete one.
    let is_intact = |bytes: Vec<u8>| known.is_some_and(|known| bytes.ends_with(&known.encode()));
    match read.filter(|bytes| bytes.len() < LONG).is_some_and(is_intact) {
        true => Ok(marks.append(mark.encode())?),
        false => Ok(marks.replace(&mark.encode())?),
    }
}

/// Returns the movements of HEAD that created a commit in this repository. If idhooks replaced a
/// commit, only the new one is returned.
fn made_commits(repo: &Repo, moves: &[HeadMove]) -> Result<Vec<HeadMove>, StateError> {
    let mut made: Vec<HeadMove> = Vec::new();
    for one in moves.iter().filter(|one| one.is_commit && repo.has_commit(one.new)) {
        let mut one = one.clone();
        // If a hook replaced the commit that git had just made, readers of the log should see one
        // commit, made by git's command.
        if one.is_own
            && let Some(last) = made.last()
            && !repo.commit(one.new)?.parents.contains(&last.new)
        {
            one.action.clone_from(&last.action);
            made.pop();
        }
        made.push(one);
    }
    Ok(made)
}

/// Returns the event for a commit, if it changed the registry and its rules ask for the event.
fn event(repo: &Repo, made: &HeadMove) -> Result<Option<AuditEvent>, StateError> {
    let commit = repo.commit(made.new)?;
    let blob = |id: CommitId| registry_blob(repo, repo.commit(id)?.tree);
    let parent = commit.parents.first().filter(|parent| repo.has_commit(**parent));
    let old = parent.map(|parent| blob(*parent)).transpose()?.flatten();
    let new = registry_blob(repo, commit.tree)?;
    if old == new {
        return Ok(None);
    }
    let rules = repo.tree_entry(commit.tree, CONFIG_PATH)?;
    // Unreadable rules are reported by other findings.
    let mentions = rules_mentioning(repo, rules, &["audit"]).unwrap_or_default();
    if mentions && read_config_in(repo, rules).is_ok_and(|config| !config.hooks.audit) {
        return Ok(None);
    }
    // An unreadable registry is reported by other findings too.
    let counts = change_counts(repo, old, new).unwrap_or_default();
    let count = |(kind, count): (EventKind, usize)| {
        (kind.as_str().to_owned(), Json::Number(count.to_string()))
    };
    let id = made.new.to_string();
    let [name, mail] = commit.author();
    let data = Object::from([
        ("commit".to_owned(), Json::string(&id)),
        ("author".to_owned(), Json::string(format!("{name} <{mail}>"))),
        ("made_by".to_owned(), Json::string(&made.action)),
        ("counts".to_owned(), Json::Object(counts.into_iter().map(count).collect())),
    ]);
    let kind = EventKind::Committed;
    let at = Timestamp::from_unix(made.at).unwrap_or(Timestamp::EPOCH);
    let run_id = repo.run().map_or_else(|| Uuid::new_v4().to_string(), |run| run.id.clone());
    // A given commit always gets the same event id, so that it can be recognized in the log.
    let event_id = event_number(&[&id, kind.as_str(), at.as_str()]);
    Ok(Some(AuditEvent { event_id, run_id, at, kind, data }))
}

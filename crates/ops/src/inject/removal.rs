//! Which identities to remove from a file, and which to keep.

use std::collections::BTreeSet;

use idhooks_core::embed::{self, Mark, Obstacle};
use idhooks_repo::transaction::{HeadEdit, IdInjector, InjectedFile};

use super::{
    InjectAction, InjectCandidate, InjectNotice, InjectOptions, InjectOutcome, InjectRefusal,
    InjectedId,
};
use crate::{Notice, Observer, OpsError, RegistryTransaction};

impl InjectOptions {
    /// Decides what to do with a file whose identities are to be removed.
    ///
    /// # Errors
    /// Returns an error if the content cannot be read.
    pub(super) fn take_out(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
        injector: &IdInjector<'_>,
        &InjectCandidate { path, entry, is_named, holder }: &InjectCandidate<'_>,
    ) -> Result<InjectOutcome, OpsError> {
        let is_foreign = self.action == InjectAction::RemoveForeign;
        let marks = embed::read_all(path, &transaction.repo.blob(entry.blob)?);
        let is_own =
            |mark: &&Mark| holder.zip(mark.id()).is_some_and(|(own, id)| own.answers_to(id));
        let digits = marks.iter().filter(|mark| mark.is_digits());
        let (own, others): (Vec<&Mark>, Vec<&Mark>) = digits.partition(is_own);
        let goes = if is_foreign { &others } else { &own };
        let kept = others.first().filter(|_| !is_foreign);
        if let Some(other) = kept.filter(|_| goes.is_empty()) {
            let own = holder.map(|holder| holder.id);
            let refusal = InjectRefusal::Foreign(path.clone(), other.text.clone(), own);
            return Ok(InjectOutcome::Refused(refusal));
        }
        // A rule would write the file's own identity again. If a file was not named and carries
        // nothing, there is nothing to refuse.
        if !is_foreign && transaction.config.embeds(path) && (is_named || !goes.is_empty()) {
            return Ok(InjectOutcome::Ruled);
        }
        if goes.is_empty() {
            let text = marks.iter().find(|mark| !mark.is_digits());
            return Ok(text.map_or(InjectOutcome::Done, |text| {
                let obstacle = Obstacle::Foreign(text.text.clone());
                InjectOutcome::Refused(InjectRefusal::NoId(path.clone(), obstacle))
            }));
        }
        if let Some(other) = kept {
            let notice = InjectNotice::ForeignIdKept(path.clone(), other.text.clone());
            observer.notice(Notice::Inject(notice));
        }
        let digits: BTreeSet<String> = goes.iter().map(|mark| mark.text.clone()).collect();
        Ok(match injector.inject_ids(path, entry, &HeadEdit::Remove(digits.clone()))? {
            InjectedFile::Changed(file) => {
                let gone = |id| InjectedId { id, style: None };
                InjectOutcome::Change(file, digits.into_iter().map(gone).collect())
            }
            InjectedFile::Unchanged => InjectOutcome::Done,
            InjectedFile::Impossible(obstacle) => {
                InjectOutcome::Refused(InjectRefusal::Kept(path.clone(), obstacle))
            }
        })
    }
}

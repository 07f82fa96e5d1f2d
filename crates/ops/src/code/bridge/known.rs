//! Everything known about identifiers: the formats, the map, the identities of files.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use idhooks_code::bridge::{
    Answer, Bridge, Candidate, Detection, IdTranslation, Matches, MigrationReport, TranslationMap,
};
use idhooks_code::{Given, IdFormat};
use idhooks_repo::state::StateError;
use serde::Serialize;

use super::BridgeRefusal;
use super::file_ids::{FileId, FileIdKind, FileIds};
use super::map_file::{MapFile, MapFiles};
use crate::OpsError;

/// Everything known about identifiers.
pub struct KnownIds {
    /// The formats, and how they replace each other.
    pub bridge: Bridge,
    map: TranslationMap,
    map_files: MapFiles,
    dir: PathBuf,
    files: OnceCell<Option<FileIds>>,
}

/// An identifier, and the formats that it may have.
pub struct KnownId<'i> {
    id: &'i str,
    detection: Detection,
    file: Option<FileId>,
}

/// The format of an identifier.
#[derive(Debug, Serialize)]
pub struct DetectedId {
    /// The identifier.
    pub id: String,
    /// The name of its format, if one is more certain than all others.
    pub format: Option<String>,
    /// How certain it is, from 0 to 1.
    pub confidence: f64,
    /// Whether it is a legacy format.
    pub legacy: bool,
    /// All formats that it may have.
    pub candidates: Vec<Candidate>,
}

/// The identifiers that belong to the same thing as another one.
#[derive(Debug, Serialize)]
pub struct MatchedIds {
    /// The other one.
    pub target: String,
    /// The answer in one word.
    pub answer: Answer,
    /// Those that belong to it.
    pub matched: Vec<String>,
    /// Those that may belong to it.
    pub undecided: Vec<String>,
}

/// The translation of an identifier.
#[derive(Debug, Serialize)]
pub struct TranslatedId {
    /// The identifier.
    pub id: String,
    /// The translated identifier, if there is one.
    pub translated: Option<String>,
    /// The format of the identifier, if that is known.
    pub format: Option<String>,
    /// Whether it becomes another one.
    pub needed: bool,
    /// Whether a map has the pair.
    pub mapped: bool,
    /// Why it cannot be translated.
    pub reason: Option<String>,
}

/// The target of a translation.
#[derive(Debug, Clone, Copy)]
pub enum TranslateTarget<'f> {
    /// The successors of their formats.
    Successor,
    /// A declared format.
    Format(&'f IdFormat),
    /// The 16 digits of files.
    FileId,
    /// The second identities of files.
    DocId,
}

impl KnownIds {
    /// Reads the maps that a configuration names, whose paths begin at `top`, and another map, named in `dir`, if it
    /// exists.
    ///
    /// # Errors
    /// Returns an error if a map cannot be read or is not valid.
    pub fn open(
        bridge: Bridge,
        top: &Path,
        dir: &Path,
        map: Option<&Path>,
    ) -> Result<Self, BridgeRefusal> {
        let of_config = bridge.links.iter().filter_map(|link| link.map.as_deref());
        let of_config = of_config.map(|map| MapFile::new(top, Path::new(map)));
        let files = of_config.chain(map.map(|map| MapFile::new(dir, map)));
        let mut map_files = MapFiles(files.collect());
        let (map, files) = (map_files.read()?, OnceCell::new());
        Ok(KnownIds { bridge, map, map_files, dir: dir.to_owned(), files })
    }

    /// Reads the maps again if a file has changed, and returns whether one has.
    ///
    /// # Errors
    /// Returns an error if a map cannot be read or is not valid; the map that was read before stays.
    pub fn reread_map(&mut self) -> Result<bool, BridgeRefusal> {
        let has_changed = self.map_files.have_changed();
        if has_changed {
            self.map = self.map_files.read()?;
        }
        Ok(has_changed)
    }

    /// Returns the identities of files, which are read when they are first asked for.
    fn files(&self) -> Result<Option<&FileIds>, StateError> {
        // A stable `OnceCell` has no initializer that may fail.
        if let Some(files) = self.files.get() {
            return Ok(files.as_ref());
        }
        let files = FileIds::read(&self.dir)?;
        Ok(self.files.get_or_init(|| files).as_ref())
    }

    /// Returns the identifier of a file, if it is one. An identifier with a distinctive declared
    /// format is never one.
    fn file_id(&self, id: &str, detection: &Detection) -> Result<Option<FileId>, StateError> {
        // Reading the registry takes long, and is needed only if no other format explains the
        // identifier.
        let is_free = detection.candidates.iter().all(|one| one.is_free_text);
        match id.is_empty() || !is_free {
            true => Ok(None),
            false => Ok(self.files()?.and_then(|files| files.find(id))),
        }
    }

    /// Returns the target with a name.
    ///
    /// # Errors
    /// Returns an error with the nearest name if there is none.
    pub fn target(&self, name: Option<&str>) -> Result<TranslateTarget<'_>, BridgeRefusal> {
        let Some(name) = name else { return Ok(TranslateTarget::Successor) };
        match name {
            _ if name == FileIdKind::Current.as_str() => Ok(TranslateTarget::FileId),
            _ if name == FileIdKind::Second.as_str() => Ok(TranslateTarget::DocId),
            name => Ok(TranslateTarget::Format(self.bridge.formats.named(name)?)),
        }
    }

    /// Refuses values for parts that no format has.
    ///
    /// # Errors
    /// Returns an error that names the part.
    pub fn check_given(&self, given: &Given) -> Result<(), BridgeRefusal> {
        let names = self.bridge.value_names();
        match given.keys().find(|name| !names.contains(&***name)) {
            None => Ok(()),
            Some(name) => {
                let known = names.into_iter().map(str::to_owned).collect();
                Err(BridgeRefusal::NoPart(name.clone(), known))
            }
        }
    }

    /// Returns the possible formats of an identifier.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub fn identify<'i>(&self, id: &'i str) -> Result<KnownId<'i>, OpsError> {
        let mut detection = self.bridge.detect(id);
        let file = self.file_id(id, &detection)?;
        if let Some(file) = &file {
            // The identity of a file is certain, so no other format counts.
            detection.candidates = vec![Candidate {
                format: file.kind.to_string(),
                confidence: 1.0,
                is_legacy: file.kind == FileIdKind::Former,
                is_free_text: false,
            }];
        }
        Ok(KnownId { id, detection, file })
    }

    /// Returns which candidates belong to the same thing as the target.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub fn matches(&self, target: &str, candidates: &[String]) -> Result<MatchedIds, OpsError> {
        let matches = match self.identify(target)?.file {
            Some(file) => {
                let mut matched = Vec::new();
                for candidate in candidates {
                    let other = self.identify(candidate)?.file;
                    let is_same = other.is_some_and(|other| other.current == file.current);
                    if is_same && !matched.contains(candidate) {
                        matched.push(candidate.clone());
                    }
                }
                // The target itself comes first; the others keep their order.
                matched.sort_by_key(|candidate| candidate != target);
                Matches { matched, ..Matches::default() }
            }
            None => self.bridge.matches(target, candidates.iter().map(|id| &**id), &self.map),
        };
        Ok(MatchedIds {
            target: target.to_owned(),
            answer: matches.answer(),
            matched: matches.matched,
            undecided: matches.undecided,
        })
    }

    /// Returns whether every old identifier has exactly one new one.
    pub fn report(&self, old: &[String], new: &[String]) -> MigrationReport {
        self.bridge.report(old, new, &self.map)
    }

    /// Translates an identifier. If it cannot be translated, the result says why.
    pub fn translate(
        &self,
        known: &KnownId<'_>,
        target: TranslateTarget<'_>,
        given: &Given,
    ) -> TranslatedId {
        let id = known.id;
        if let Some(file) = &known.file {
            return translate_file_id(id, file, target);
        }
        let to = match target {
            TranslateTarget::Successor => None,
            TranslateTarget::Format(format) => Some(format),
            TranslateTarget::FileId | TranslateTarget::DocId => {
                return TranslatedId::refused(id, None, "no file has this identity");
            }
        };
        match self.bridge.translate(id, to, given, &self.map) {
            Ok(done) => TranslatedId::of(done),
            Err(error) => TranslatedId::refused(id, None, &error.to_string()),
        }
    }
}

impl KnownId<'_> {
    /// Returns the format that is most certain.
    pub fn format(&self) -> Option<&Candidate> {
        self.detection.best()
    }

    /// Returns the format and the others that it may have.
    pub fn detected(&self) -> DetectedId {
        let best = self.detection.best();
        DetectedId {
            id: self.id.to_owned(),
            format: best.map(|best| best.format.clone()),
            confidence: best.map_or(0.0, |best| best.confidence),
            legacy: best.is_some_and(|best| best.is_legacy),
            candidates: self.detection.candidates.clone(),
        }
    }
}

/// Adds the pairs of these translations that no map has to a map, named in `dir`.
///
/// # Errors
/// Returns an error if it cannot be read or written, or if two identifiers become the same.
pub fn keep_translations(
    dir: &Path,
    map: &Path,
    translated: &[TranslatedId],
) -> Result<(), BridgeRefusal> {
    // The others are in a map already, or stay as they are.
    let new = translated.iter().filter(|one| one.needed && !one.mapped);
    let pairs: Vec<(&str, &str)> =
        new.filter_map(|one| Some((&*one.id, one.translated.as_deref()?))).collect();
    MapFile::new(dir, map).append(&pairs)
}

/// Translates the identifier of a file.
fn translate_file_id(id: &str, file: &FileId, target: TranslateTarget<'_>) -> TranslatedId {
    let translated = match target {
        TranslateTarget::Successor | TranslateTarget::FileId => Some(file.current.to_string()),
        TranslateTarget::DocId => file.doc_id.clone(),
        TranslateTarget::Format(format) => {
            let why = format!("the identity of a file does not become a {}", format.name);
            return TranslatedId::refused(id, Some(file.kind), &why);
        }
    };
    match translated {
        None => TranslatedId::refused(id, Some(file.kind), "its file has no second identity"),
        Some(translated) => TranslatedId {
            id: id.to_owned(),
            needed: translated != id,
            translated: Some(translated),
            format: Some(file.kind.to_string()),
            mapped: false,
            reason: None,
        },
    }
}

impl TranslatedId {
    fn of(done: IdTranslation) -> Self {
        TranslatedId {
            needed: done.is_needed(),
            id: done.original,
            translated: Some(done.translated),
            format: done.from,
            mapped: done.is_mapped,
            reason: None,
        }
    }

    fn refused(id: &str, kind: Option<FileIdKind>, why: &str) -> Self {
        TranslatedId {
            id: id.to_owned(),
            translated: None,
            format: kind.map(|kind| kind.to_string()),
            needed: false,
            mapped: false,
            reason: Some(why.to_owned()),
        }
    }
}

//! [`RedirectTable`]: where each identity and each former path leads.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use idhooks_core::config::SitePage;
use idhooks_core::registry::{
    Allocation, Id, LeftPath, Origin, Registry, RepoPath, Seniority, Status,
};

use super::website::Website;

/// What redirects are made from.
pub struct RedirectInput<'a> {
    /// The registry of a commit.
    pub registry: &'a Registry,
    /// All files of the commit.
    pub files: &'a mut dyn Iterator<Item = &'a RepoPath>,
    /// The paths that files had before.
    pub left: &'a [LeftPath],
}

/// Where one path of a website leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The path, not percent-encoded.
    pub from: String,
    /// Where it leads.
    pub to: Destination,
    /// Whether the path is that of an identity, which leads to another page once the file moves.
    pub is_id: bool,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The address of a page, percent-encoded; on the same website if it begins with a slash.
    Page(String),
    /// Nowhere: there is no such page any more.
    Gone(Tombstone),
}

/// What is known about a file that has no page any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The file's identity.
    pub id: Id,
    /// Whether the file is gone; otherwise, the website does not show it.
    pub is_retired: bool,
    /// The last path of a file that is gone, if the website showed it there.
    pub path: Option<RepoPath>,
}

/// Two files have one page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{}' and '{}' have the same page, {page}", .files[0], .files[1])]
pub struct SharedPage {
    /// The address of the page.
    pub page: String,
    /// The files.
    pub files: [RepoPath; 2],
}

/// Where each identity and each former path of a website leads, always in one step.
#[derive(Debug, Default)]
pub struct RedirectTable {
    /// The redirects, sorted by their paths.
    pub redirects: Vec<Redirect>,
    /// The number of former paths that are not redirected because a file has their page now.
    pub taken: usize,
    /// The number of former paths that are not redirected because they are not text.
    pub unwritable: usize,
}

impl RedirectTable {
    /// Decides where all identities and former paths lead.
    ///
    /// # Errors
    /// Returns an error if two files have the same page.
    pub fn build(website: &Website<'_>, input: RedirectInput<'_>) -> Result<Self, SharedPage> {
        let RedirectInput { registry, files, left } = input;
        let mut taken = pages(website, files)?;
        let records = PresentRecords::of(registry);
        let mut table = RedirectTable::default();
        for (from, record) in records.identities(website, left) {
            let to = records.destination(website, record);
            if taken.insert(folded(from.as_bytes())) {
                table.redirects.push(Redirect { from, to, is_id: true });
            }
        }
        table.add_former(website, &records, &taken, left);
        table.redirects.sort_unstable_by(|a, b| a.from.cmp(&b.from));
        Ok(table)
    }

    /// Returns where a path leads.
    pub fn destination(&self, from: &str) -> Option<&Destination> {
        let found = self.redirects.binary_search_by(|redirect| (*redirect.from).cmp(from));
        found.ok().map(|n| &self.redirects[n].to)
    }

    /// Adds the former paths, except for those with a page that is taken.
    fn add_former(
        &mut self,
        website: &Website<'_>,
        records: &PresentRecords<'_>,
        taken: &HashSet<String>,
        left: &[LeftPath],
    ) {
        // A page goes to the file that had it last. Pages that differ only in case are one, since
        // that is what some servers take them for.
        let mut holders: BTreeMap<String, (PageClaim, &Allocation)> = BTreeMap::new();
        let mut spellings: BTreeSet<String> = BTreeSet::new();
        for (path, last_had, record) in records.former(left) {
            let Some(page) = website.page(path).filter(|page| website.is_own(page)) else {
                continue;
            };
            let key = folded(&page.path);
            let Some(from) = text(page.path) else {
                self.unwritable += 1;
                continue;
            };
            if taken.contains(&key) {
                self.taken += usize::from(spellings.insert(from));
                continue;
            }
            spellings.insert(from);
            let claim = PageClaim { last_had, seniority: std::cmp::Reverse(record.seniority()) };
            let holder = holders.entry(key).or_insert((claim, record));
            if claim > holder.0 {
                *holder = (claim, record);
            }
        }
        for from in spellings {
            let Some((_, record)) = holders.get(&folded(from.as_bytes())) else { continue };
            let to = records.destination(website, record);
            self.redirects.push(Redirect { from, to, is_id: false });
        }
    }
}

/// What decides between files that had the same page: the later one, then the senior one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PageClaim {
    last_had: i64,
    seniority: std::cmp::Reverse<Seniority>,
}

/// Returns the paths of all pages on the website, folded.
fn pages(
    website: &Website<'_>,
    files: &mut dyn Iterator<Item = &RepoPath>,
) -> Result<HashSet<String>, SharedPage> {
    let mut pages: HashMap<SitePage, &RepoPath> = HashMap::new();
    for file in files {
        let Some(page) = website.page(file) else { continue };
        if let Some(other) = pages.insert(page, file) {
            let page = website.address(file).unwrap_or_default();
            return Err(SharedPage { page, files: [other.clone(), file.clone()] });
        }
    }
    let own = pages.into_keys().filter(|page| website.is_own(page));
    Ok(own.map(|page| folded(&page.path)).collect())
}

/// Returns a page's path without the difference between upper and lower case.
fn folded(path: &[u8]) -> String {
    String::from_utf8_lossy(path).to_lowercase()
}

/// Returns a page's path if it is text that every form can hold.
fn text(path: Vec<u8>) -> Option<String> {
    let path = String::from_utf8(path).ok()?;
    let is_hidden = |part: &str| part.eq_ignore_ascii_case(".git");
    (!path.contains(char::is_control) && !path.split('/').any(is_hidden)).then_some(path)
}

/// The records of a registry.
struct PresentRecords<'a> {
    registry: &'a Registry,
    by_id: HashMap<Id, &'a Allocation>,
    by_origin: HashMap<Origin, &'a Allocation>,
    holders: BTreeMap<Origin, Id>,
}

impl<'a> PresentRecords<'a> {
    fn of(registry: &'a Registry) -> Self {
        let records = || registry.allocations.iter();
        let mut by_id: HashMap<Id, &Allocation> = HashMap::new();
        let own = records().map(|record| (record.id, record));
        let aliases = records().flat_map(|r| r.aliases.iter().map(move |alias| (*alias, r)));
        // An identity that a record has counts more than a former one; among several, the senior
        // record's.
        for records in [own.collect::<Vec<_>>(), aliases.collect()] {
            let mut found: HashMap<Id, &Allocation> = HashMap::new();
            for (id, record) in records {
                let first = found.entry(id).or_insert(record);
                if record.seniority() < first.seniority() {
                    *first = record;
                }
            }
            for (id, record) in found {
                by_id.entry(id).or_insert(record);
            }
        }
        let by_origin = records().map(|record| (record.origin, record)).collect();
        PresentRecords { registry, by_id, by_origin, holders: registry.shadowing() }
    }

    /// Returns the path at which each identity is answered, with its record. What the website never
    /// showed is left out.
    fn identities(
        &self,
        website: &Website<'_>,
        left: &[LeftPath],
    ) -> Vec<(String, &'a Allocation)> {
        let was_shown = |left: &&LeftPath| website.page(&left.path).is_some();
        let shown: HashSet<Origin> = match website.shows_everything() {
            true => HashSet::new(),
            false => left.iter().filter(was_shown).map(|left| left.origin).collect(),
        };
        let is_shown = |record: &Allocation| {
            website.address(&record.path).is_some() || shown.contains(&record.origin)
        };
        let found = self.by_id.iter().filter(|(_, record)| is_shown(record));
        let mut found: Vec<_> = found.map(|(id, record)| (website.id_path(*id), *record)).collect();
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Returns the paths that files had before, the time, and their records.
    fn former<'l>(
        &'l self,
        left: &'l [LeftPath],
    ) -> impl Iterator<Item = (&'l RepoPath, i64, &'a Allocation)> {
        // What a purge removed is not named again.
        let left = left.iter().filter_map(|LeftPath { path, origin, last_had }| {
            Some((path, *last_had, *self.by_origin.get(origin)?))
        });
        // The last path of a record counts even if no commit of this history had the file there.
        let retired = self.registry.allocations.iter().filter(|record| !record.is_active());
        left.chain(retired.map(|record| (&record.path, i64::MIN, record)))
    }

    /// Returns where a record leads.
    fn destination(&self, website: &Website<'_>, record: &Allocation) -> Destination {
        let last = self.last(record);
        let page = last.filter(|last| last.is_active()).and_then(|r| website.address(&r.path));
        page.map_or_else(
            || {
                let is_retired = last.is_none_or(|last| !last.is_active());
                let is_shown = is_retired && website.page(&record.path).is_some();
                let path = is_shown.then(|| record.path.clone());
                Destination::Gone(Tombstone { id: record.id, is_retired, path })
            },
            Destination::Page,
        )
    }

    /// Returns the record that a record leads to, through all that superseded it; `None` if that is
    /// a circle or leads to nothing.
    fn last<'r>(&'r self, mut record: &'r Allocation) -> Option<&'r Allocation> {
        let mut seen = BTreeSet::new();
        loop {
            // A shadowed record is one that another holds the path of.
            let next = match record.status {
                Status::Active => self.holders.get(&record.origin).copied(),
                _ => record.successor(),
            };
            let Some(next) = next else { return Some(record) };
            record = self.by_id.get(&next).filter(|_| seen.insert(next))?;
        }
    }
}

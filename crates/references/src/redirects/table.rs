//! [`RedirectTable`]: where each identity and each former path leads.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use idhooks_core::config::SitePage;
use idhooks_core::registry::{Allocation, Id, LeftPath, RepoPath, Seniority};

use super::page_key::{folded, page_key};
use super::present_records::PresentRecords;
use super::redirect::{Destination, LeftOut, LeftOutReason, Redirect, SourceKind};
use super::website::Website;

/// What redirects are made from.
pub struct RedirectInput<'a> {
    /// The registry of a commit.
    pub registry: &'a idhooks_core::registry::Registry,
    /// All files of the commit.
    pub files: &'a mut dyn Iterator<Item = &'a RepoPath>,
    /// All symbolic links of the commit. A website may show something there, but no record does.
    pub links: &'a mut dyn Iterator<Item = &'a RepoPath>,
    /// The paths that files had before.
    pub left: &'a [LeftPath],
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
    /// The files with an identity that are not in the commit, so that its registry does not match it.
    pub lost: BTreeSet<RepoPath>,
    /// The redirects that no form can hold.
    pub left_out: Vec<LeftOut>,
}

impl RedirectTable {
    /// Decides where all identities and former paths lead.
    ///
    /// # Errors
    /// Returns an error if two files have the same page.
    pub fn build(website: &Website<'_>, input: RedirectInput<'_>) -> Result<Self, SharedPage> {
        let RedirectInput { registry, files, links, left } = input;
        let files: HashSet<&RepoPath> = files.collect();
        let mut taken = pages(website, &files)?;
        let linked = links.filter_map(|link| website.page(link));
        let linked = linked.filter(|page| website.is_own(page));
        taken.extend(linked.map(|page| page_key(&String::from_utf8_lossy(&page.path))));
        let records = PresentRecords::of(registry, files);
        let mut table = RedirectTable::default();
        for (from, record) in identities(website, &records, left) {
            let Some(to) = table.destination_of(website, &records, record) else { continue };
            if taken.insert(page_key(&from)) {
                table.redirects.push(Redirect { from, to, kind: SourceKind::Identity });
            }
        }
        table.add_former(website, &records, &taken, left);
        table.redirects.sort_unstable_by(|a, b| a.from.cmp(&b.from));
        table.left_out.sort_unstable_by(|a, b| a.from.cmp(&b.from));
        Ok(table)
    }

    /// Returns where a path leads.
    pub fn destination(&self, from: &str) -> Option<&Destination> {
        let found = self.redirects.binary_search_by(|redirect| (*redirect.from).cmp(from));
        found.ok().map(|n| &self.redirects[n].to)
    }

    /// Returns where a record leads, or notes that its file is not in the commit.
    fn destination_of(
        &mut self,
        website: &Website<'_>,
        records: &PresentRecords<'_>,
        record: &Allocation,
    ) -> Option<Destination> {
        match records.destination(website, record) {
            Ok(destination) => Some(destination),
            Err(path) => {
                self.lost.insert(path);
                None
            }
        }
    }

    /// Adds the former paths, except for those with a page that is taken.
    fn add_former(
        &mut self,
        website: &Website<'_>,
        records: &PresentRecords<'_>,
        taken: &HashSet<String>,
        left: &[LeftPath],
    ) {
        // Pages that servers take for one go to one file: the last that had left them.
        let mut holders: BTreeMap<String, (PageClaim, &Allocation)> = BTreeMap::new();
        let mut spellings: BTreeSet<String> = BTreeSet::new();
        for (path, left, record) in records.former(left) {
            let page = website.page(path).filter(|page| website.is_own(page));
            let Some(SitePage { path: page, .. }) = page else { continue };
            let Some(page) = text(&page) else {
                let from = String::from_utf8_lossy(&page).into_owned();
                let (kind, reason) = (SourceKind::FormerPath, LeftOutReason::Characters);
                self.left_out.push(LeftOut { from, kind, reason });
                continue;
            };
            let key = page_key(&page);
            let is_new = spellings.insert(page);
            if taken.contains(&key) {
                self.taken += usize::from(is_new);
                continue;
            }
            let claim = PageClaim { left, seniority: Reverse(record.seniority()) };
            let holder = holders.entry(key).or_insert((claim, record));
            if claim > holder.0 {
                *holder = (claim, record);
            }
        }
        for from in spellings {
            let Some((_, record)) = holders.get(&page_key(&from)) else { continue };
            if let Some(to) = self.destination_of(website, records, record) {
                self.redirects.push(Redirect { from, to, kind: SourceKind::FormerPath });
            }
        }
    }
}

/// What decides between files that had the same page: the later one, then the senior one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct PageClaim {
    left: Option<i64>,
    seniority: Reverse<Seniority>,
}

/// Returns the keys of all pages on the website.
fn pages(website: &Website<'_>, files: &HashSet<&RepoPath>) -> Result<HashSet<String>, SharedPage> {
    let mut pages: HashMap<(Option<String>, Vec<u8>), &RepoPath> = HashMap::new();
    let mut own = HashSet::new();
    for file in files {
        let Some(page) = website.page(file) else { continue };
        let key = page_key(&String::from_utf8_lossy(&page.path));
        if website.is_own(&page) {
            own.insert(key);
        }
        // Case counts here: the files of a commit may differ in nothing else.
        let place = (page.origin, super::page_key::trimmed(&page.path).to_vec());
        if let Some(other) = pages.insert(place, file) {
            let page = website.address(file).unwrap_or_default();
            let mut files = [(*other).clone(), (*file).clone()];
            files.sort();
            return Err(SharedPage { page, files });
        }
    }
    Ok(own)
}

/// Returns the path at which each identity is answered, with its record. What the website never
/// showed is left out.
fn identities<'a>(
    website: &Website<'_>,
    records: &PresentRecords<'a>,
    left: &[LeftPath],
) -> Vec<(String, &'a Allocation)> {
    let was_shown = |left: &&LeftPath| website.page(&left.path).is_some();
    let shown: HashSet<_> = match website.shows_everything() {
        true => HashSet::new(),
        false => left.iter().filter(was_shown).map(|left| left.origin).collect(),
    };
    let is_shown = |record: &Allocation| {
        website.address(&record.path).is_some() || shown.contains(&record.origin)
    };
    let found = records.by_id().filter(|(_, record)| is_shown(record));
    let mut found: Vec<(String, &Allocation)> =
        found.map(|(id, record): (Id, _)| (website.id_path(id), record)).collect();
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Returns a page's path if it is text that every form can hold.
fn text(path: &[u8]) -> Option<String> {
    let path = str::from_utf8(path).ok()?;
    let is_hidden = |part: &str| folded(part) == ".git";
    let is_odd = path.contains(char::is_control) || path.split('/').any(is_hidden);
    (!is_odd).then(|| path.to_owned())
}

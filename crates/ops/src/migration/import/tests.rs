//! Records of other programs: all are taken or none, what is there stays, and a repetition takes nothing.

use std::fs;
use std::path::PathBuf;

use idhooks_core::config::LegacyFormat;

use super::*;
use crate::tests::{TestRepo, lines, text};
use crate::{AdoptionRefusal, Notice, PartRefusal, SourceError};

/// A record of another program: the identity, the path, and further members.
type Row<'a> = (&'a str, &'a str, &'a str);

/// The records of a registry of another program.
const RECORDS: [Row<'static>; 4] = [
    ("0110000001250101", "docs\\\\guide.md", r#""status":"active","metadata":{"owner":"ann"}"#),
    ("2099900002250101", "old/app.py", r#""status":"active","metadata":{}"#),
    ("0110000003250101", "docs/gone.md", r#""status":"active","metadata":{}"#),
    (
        "2099900004250101",
        "lib.py",
        r#""status":"deprecated","metadata":{},"deprecated_reason":"obsolete""#,
    ),
];

fn line(row: &Row<'_>) -> String {
    let (id, path, rest) = row;
    let at = "\"allocated_at\":\"2025-01-01T10:00:00\"";
    format!("{{\"id\":\"{id}\",\"file_path\":\"{path}\",{at},{rest}}}")
}

fn classic(records: &[Row<'_>]) -> String {
    let records: Vec<String> = records.iter().map(line).collect();
    let head = "\"schema_version\":\"1.0\",\"scope\":\"250101\",\"counters\":{},\"metadata\":{}";
    format!("{{{head},\"allocations\":[{}]}}", records.join(",\n"))
}

/// A repository with files that are committed, and a file beside it.
struct Beside {
    repo: TestRepo,
    dir: tempfile::TempDir,
    name: &'static str,
}

impl Beside {
    fn new(name: &'static str, content: &str) -> Self {
        let repo = TestRepo::empty();
        for path in ["docs/guide.md", "src/app.py", "README.md"] {
            repo.stage(path, &text(path));
        }
        repo.commit_unseen("files");
        let beside = Beside { repo, dir: tempfile::tempdir().expect("writable"), name };
        beside.put(content);
        beside
    }

    /// Returns one that was adopted with [`RECORDS`].
    fn adopted() -> Self {
        let beside = Beside::new("registry.json", &classic(&RECORDS));
        beside.take(false);
        beside.repo.commit("adopt");
        beside
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join(self.name)
    }

    fn put(&self, content: impl AsRef<[u8]>) {
        fs::write(self.file(), content).expect("writable");
    }

    fn options(&self, update: bool) -> ImportOptions {
        ImportOptions { file: self.file(), update, ..ImportOptions::default() }
    }

    #[track_caller]
    fn take(&self, update: bool) -> ImportReport {
        let options = self.options(update);
        import(&mut self.repo.notices(), &self.repo.open(), &options).expect("possible")
    }

    /// Takes records into a repository that has some.
    #[track_caller]
    fn add(&self, update: bool) -> ImportedRecords {
        let ImportReport::Added(records) = self.take(update) else { unreachable!("not adopted") };
        records
    }

    /// Asserts that nothing is taken, since these records are there, and returns the remarks.
    #[track_caller]
    fn takes_nothing(&self, update: bool, known: usize) -> Vec<String> {
        let mut notices = self.repo.notices();
        let options = self.options(update);
        let done = self.repo.unchanged(|repo| import(&mut notices, repo, &options));
        let ImportReport::Added(done) = done.expect("possible") else {
            unreachable!("not adopted")
        };
        assert_eq!((done.new, done.changed, done.known, done.is_refused), (0, 0, known, false));
        let remark = |notice: &Notice| match notice {
            Notice::Remark(remark) => Some(remark.clone()),
            _ => None,
        };
        notices.iter().filter_map(remark).collect()
    }

    /// Asserts that the file is refused for a reason that contains `thing`, and changes nothing.
    #[track_caller]
    fn refuses(&self, format: Option<LegacyFormat>, thing: &str) {
        let options = ImportOptions { format, ..self.options(false) };
        let mut notices = self.repo.notices();
        let done = self.repo.unchanged(|repo| import(&mut notices, repo, &options));
        let why = reasons(&done.expect_err("refused"));
        assert!(why.contains(thing), "{thing:?} in {why:?}");
    }
}

/// Returns an error with the list of its reasons.
fn reasons(error: &OpsError) -> String {
    let listed = match error {
        OpsError::Part(PartRefusal::Import(ImportRefusal::Conflicts { conflicts, .. })) => {
            lines(conflicts)
        }
        OpsError::Adoption(AdoptionRefusal::SecondIds { reasons, .. }) => lines(reasons),
        OpsError::Source(SourceError::Duplicates(_, duplicates)) => duplicates.clone(),
        OpsError::Source(SourceError::NotRegistry { error, .. }) => vec![error.to_string()],
        _ => Vec::new(),
    };
    format!("{error}: {}", listed.join("; "))
}

#[test]
fn a_second_import_takes_nothing_wherever_the_files_are_now() {
    let beside = Beside::new("registry.json", &classic(&RECORDS));
    let repo = &beside.repo;
    beside.take(false);
    beside.takes_nothing(false, 4);
    repo.commit("adopt");
    [false, true].iter().for_each(|update| assert!(beside.takes_nothing(*update, 4).is_empty()));
    // A file that moves and one that is deleted are no differences.
    repo.git_mv("docs/guide.md", "docs/manual.md");
    repo.run("rm -q src/app.py");
    beside.takes_nothing(false, 4);
    repo.commit("moved");
    beside.takes_nothing(false, 4);
    // Nor is a new file at the old path, but there is a remark.
    repo.commit_file("docs/guide.md", &text("another"));
    let remarks = beside.takes_nothing(false, 4);
    let moved = "0110000001250101 names 'docs/manual.md' here, not 'docs/guide.md'";
    assert!(remarks.iter().any(|remark| remark.starts_with(moved)), "{remarks:?}");
    repo.assert_in_order();
}

#[test]
fn a_file_that_was_committed_without_an_identity_takes_that_of_its_record() {
    let beside = Beside::adopted();
    let repo = &beside.repo;
    repo.stage("docs/late.md", &text("late"));
    repo.commit_unseen("late");
    let late = ("0110000077250101", "docs/late.md", "\"status\":\"active\"");
    beside.put(classic(&[late]));
    assert_eq!(beside.add(false).new, 1);
    repo.commit("taken");
    assert_eq!(repo.id("docs/late.md").to_string(), late.0);
    // A staged file with an identity keeps it.
    repo.commit_file("docs/later.md", &text("later"));
    beside.put(classic(&[("0110000078250101", "docs/later.md", late.2)]));
    beside.refuses(None, "belongs to 'docs/later.md'");
}

#[test]
fn tables_and_lines_are_imported_like_a_registry() {
    let lines: Vec<String> = RECORDS.iter().map(line).collect();
    let lines = format!("\u{feff}{}\n", lines.join("\n"));
    let table = "id,file_path,allocated_at,owner\n\
         0110000001250101,docs/guide.md,2025-01-01T10:00:00Z,ann\n\
         2099900002250101,old/app.py,2025-01-01T10:00:00Z,\n";
    for (name, content, records) in
        [("old.jsonl", &*lines, 4), ("old.csv", table, 2), ("old.table", table, 2)]
    {
        let beside = Beside::new(name, content);
        beside.take(false);
        beside.takes_nothing(false, records);
        beside.repo.commit("adopt");
        assert_eq!(beside.repo.id("src/app.py").to_string(), "2099900002250101");
        beside.repo.assert_in_order();
    }
}

#[test]
fn content_without_records_is_refused_with_its_place_before_and_after_the_adoption() {
    let beside = Beside::new("registry.json", &classic(&RECORDS));
    let whole = classic(&RECORDS);
    let record = "{\"id\":\"2099900002250101\"";
    let marked = whole.replace(record, &format!("<<<<<<< ours\n{record}"));
    let lines: Vec<String> = RECORDS.iter().map(line).collect();
    let lines = lines.join("\n");
    let [no_format, jsonl] = [None, Some(LegacyFormat::Jsonl)];
    let check = || {
        for (content, format, thing) in [
            (&whole[..whole.len() / 2], no_format, "line "),
            ("xxxxxxxxxxxxxxxx", no_format, "there is no column 'id'"),
            ("xxxxxxxxxxxxxxxx", Some(LegacyFormat::Classic), "line 1, column 1"),
            ("xxxxxxxxxxxxxxxx", jsonl, "line 1"),
            ("{{{{{{{{", no_format, "line 1"),
            (&marked, no_format, "conflict marker"),
            (&format!("{lines}\n>>>>>>> theirs\n"), jsonl, "conflict marker"),
            (&lines[..lines.len() - 9], jsonl, "line "),
            (&whole.replace("docs/gone.md", "old/app.py"), no_format, "'old/app.py' has 2 active"),
            ("id,path\n1,2\n", no_format, "there is no column 'allocated_at'"),
        ] {
            beside.put(content);
            beside.refuses(format, thing);
        }
        beside.put(b"\xff\xfe\x00");
        beside.refuses(None, "UTF-8");
    };
    check();
    beside.put(&whole);
    beside.repo.stage("src/util.py", &text("util"));
    beside.take(false);
    beside.repo.commit("adopt");
    beside.repo.stage("old/app.py", &text("now"));
    check();
    beside.put(whole.replace("2099900002250101", "2099900002240202"));
    beside.refuses(None, "scope 240202, which is not in legacy_scopes");
}

#[test]
fn second_identities_that_are_shared_or_malformed_are_refused() {
    let beside = Beside::new("registry.json", &classic(&RECORDS));
    let check = || {
        let refuse = |doc_ids: [&str; 2], thing: &str| {
            let mut records = RECORDS.to_vec();
            let rest =
                doc_ids.map(|id| format!("\"status\":\"active\",\"metadata\":{{\"doc_id\":{id}}}"));
            (records[0].2, records[1].2) = (&rest[0], &rest[1]);
            beside.put(classic(&records));
            beside.refuses(None, thing);
        };
        let one = "0110000001250101 has the doc_id DOC-1, and so has 2099900002250101";
        refuse(["\"DOC-1\""; 2], one);
        let other = "2099900002250101 has the doc_id DOC-1, and so has 0110000001250101";
        refuse(["\"DOC-1\""; 2], other);
        for form in ["bad id", "17", "2099900002250101", ""] {
            let reason = format!("0110000001250101 has the doc_id '{form}', not one such as ");
            let json = if form == "17" { form.to_owned() } else { format!("\"{form}\"") };
            refuse([&json, "null"], &reason);
        }
    };
    check();
    beside.put(classic(&RECORDS));
    beside.take(false);
    beside.repo.commit("adopt");
    check();
}

#[test]
fn rules_that_are_there_stay_and_get_the_scopes() {
    let records = [RECORDS[0], ("2099900004240505", "lib.py", RECORDS[3].2)];
    let beside = Beside::new("registry.json", &classic(&records));
    let repo = &beside.repo;
    repo.stage("idhooks.toml", "# ours\n[track]\nexclude = [\"README.md\"]\n");
    beside.take(false);
    let config = repo.read("idhooks.toml");
    let head = "scope = \"250101\"\nlegacy_scopes = [\"240505\"]\n# ours\n";
    assert!(config.starts_with(head), "{config}");
    assert_eq!(repo.git(&["diff", "--name-only"]), "");
    repo.commit("adopt");
    repo.assert_in_order();
    // Rules that contradict the records, or that cannot be changed, are refused.
    let beside = Beside::new("registry.json", &classic(&records));
    let repo = &beside.repo;
    for (rules, reason) in [
        ("scope = \"260118\"\n", "scope 260118"),
        ("legacy_scopes = [\n]\n", "does not list the scopes"),
        ("scop = 1\n", "idhooks.toml:1:1"),
    ] {
        repo.stage("idhooks.toml", rules);
        beside.refuses(None, reason);
    }
    repo.stage("idhooks.toml", "legacy_scopes = []\n");
    repo.write("idhooks.toml", "[rename]\n");
    beside.refuses(None, "has unstaged changes");
}

#[test]
fn a_second_adoption_is_refused_unless_forced() {
    let beside = Beside::adopted();
    let repo = &beside.repo;
    repo.run("checkout -q --orphan other");
    repo.run("rm -q -r -f .");
    repo.stage("docs/guide.md", &text("docs/guide.md"));
    beside.refuses(None, "two separate adoptions");
    let forced = ImportOptions { force: true, ..beside.options(false) };
    import(&mut repo.notices(), &repo.open(), &forced).expect("possible");
    repo.commit("adopt again");
    assert_eq!(repo.id("docs/guide.md").to_string(), RECORDS[0].0);
}

#[test]
fn records_that_conflict_with_nothing_join_those_that_are_there() {
    let beside = Beside::adopted();
    let repo = &beside.repo;
    let active = "\"status\":\"active\"";
    for (id, path, reason) in [
        ("0199900001250101", "README.md", "0199900001250101 belongs to 'README.md', which has"),
        ("0199900001250101", "none.md", "is not tracked: 'none.md'"),
    ] {
        beside.put(classic(&[(id, path, active)]));
        beside.refuses(None, reason);
    }
    repo.stage("new/there.md", &text("there"));
    beside.put(classic(&[("0199900001240101", "new/there.md", active)]));
    beside.refuses(None, "which is not in legacy_scopes");
    beside.put(classic(&[("0199900001250101", "old/there.md", active)]));
    beside.take(false);
    repo.commit("new");
    assert_eq!(repo.id("new/there.md").to_string(), "0199900001250101");
    repo.assert_in_order();
}

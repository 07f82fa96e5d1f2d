//! Identities for files, one by one and by the list.

use std::fs;

use super::refuses;
use crate::common::{Repo, Snapshot, is_long, on_adopted, text};
use crate::reviewed::assert_text;

fn batch(repo: &Repo, csv: &str) -> String {
    let file = repo.root().join("batch.csv");
    fs::write(&file, csv).expect("writable");
    file.to_str().expect("a plain path").to_owned()
}

#[test]
fn a_batch_keeps_its_columns_in_whatever_order() {
    on_adopted(|repo| {
        repo.stage("new/a.md", text("a"));
        repo.stage("new/b, c.py", text("b"));
        let csv = "\u{feff}ns,Owner, PATH ,type\r\n,ann,new/a.md,\r\n321,\"bob, jr\",\"new/b, c.py\",55\r\n";
        let file = batch(repo, csv);
        let before = Snapshot::of(repo);
        let shown = repo.idhooks(["allocate", "--dry-run", "--batch", &file]).ok().stdout();
        before.assert_same(repo);
        assert_eq!(repo.idhooks(["allocate", "--batch", &file]).ok().stdout(), shown);
        repo.commit("new");
        let (a, b) = (repo.id("new/a.md"), repo.id("new/b, c.py"));
        assert!(b.starts_with("55321"));
        let wanted = format!(
            "ns,Owner,PATH,type,id,error\n,ann,new/a.md,,{a},\n321,\"bob, jr\",\"new/b, c.py\",55,{b},\n"
        );
        assert_eq!(shown, wanted);
    });
}

#[test]
fn a_batch_that_is_wrong_in_places_gives_nothing_unless_asked() {
    on_adopted(|repo| {
        repo.stage("new/a.md", text("a"));
        let held = repo.id("docs/guide.md");
        let csv = "path,type\nnew/a.md,\nnew/none.md,\nnew/a.md,\n,\nnew,\ndocs/guide.md,\n../x,\nREADME.md,zz\n";
        let file = batch(repo, csv);
        let before = Snapshot::of(repo);
        let answer = repo.idhooks(["allocate", "--batch", &file]).code(2);
        let wrong = [
            "line 3: 'new/none.md' is not in the index",
            "line 4: 'new/a.md' is listed twice",
            "line 5: the path is missing",
            "line 6: 'new' is a directory",
            &format!("line 7: 'docs/guide.md' already has an identity: {held}"),
            "line 8: '../x' is outside the repository",
            "line 9: 'zz' is not a TYPE of two digits",
            "nothing was allocated",
        ];
        for what in wrong {
            assert!(answer.stderr().contains(what), "{what} in {answer}");
        }
        assert_eq!(answer.stdout().lines().nth(1), Some("new/a.md,,,"), "{answer}");
        before.assert_same(repo);
        let answer = repo.idhooks(["allocate", "--keep-going", "--batch", &file]).code(1);
        repo.commit("new");
        assert_text(
            "commands-allocate-a_batch_that_is_wrong_in_places_gives_nothing_unless_asked",
            &answer.stdout(),
        );
    });
}

#[test]
fn a_batch_that_is_none_is_refused() {
    on_adopted(|repo| {
        for (csv, thing) in [
            ("file,type\nREADME.md,\n", "no column 'path'"),
            ("", "no column 'path'"),
            ("path,type\na\n", "cannot read"),
            ("path\n\"a", "line 2"),
        ] {
            let file = batch(repo, csv);
            let before = Snapshot::of(repo);
            repo.idhooks(["allocate", "--batch", &file]).code(2).complains(thing).done();
            before.assert_same(repo);
        }
        refuses(repo, "allocate --batch none.csv", "none.csv");
        for line in ["allocate", "allocate --keep-going README.md", "allocate --batch - README.md"]
        {
            repo.idhooks(line).code(2).done();
        }
    });
}

/// How many files there are by default, and with `IDHOOKS_TEST_ALL=1`.
const MANY: [usize; 2] = [1_000, 10_000];

#[test]
fn very_many_files_at_once() {
    on_adopted(|repo| {
        let files = MANY[usize::from(is_long())];
        let mut csv = "path\n".to_owned();
        for n in 0..files {
            let path = format!("many/{}/{n}.md", n % 100);
            repo.write(&path, format!("file {n} of many, none like another\n"));
            csv.push_str(&format!("{path}\n"));
        }
        repo.run("add many");
        let file = batch(repo, &csv);
        let answer = repo.idhooks(["allocate", "--batch", &file]).ok().stdout();
        let ids = answer.lines().skip(1).filter_map(|line| line.split(',').nth(1));
        assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), files);
        repo.commit("many");
    });
}

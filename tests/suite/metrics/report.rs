//! `idhooks coverage report`: a week or a month, with its chart.

use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

use super::{commit_unseen, on_day};

fn a_week(repo: &Repo) {
    let repo = on_day(repo, 1).adopt("");
    let later = on_day(&repo, 10);
    later.commit_file("new.py", text("new"));
    later.mv("docs/guide.md", "docs/manual.md");
    later.run("rm -q notes.txt");
    later.commit("move and delete");
    commit_unseen(&on_day(&repo, 11), "unseen.md");
}

const WEEK: &str = "# Identities, 2023-11-05 to 2023-11-12

| | |
|---|---|
| coverage before | 100.0 % (7 of 7 tracked files) |
| coverage at the end | 87.5 % (7 of 8 tracked files) |
| allocated | 1 |
| copied | 0 |
| renamed | 1 |
| deprecated | 1 |
| superseded | 0 |
| revived | 0 |

## By namespace

| namespace | before | at the end |
|---|---|---|
| 100 | 100.0 % (2 of 2 tracked files) | 100.0 % (2 of 2 tracked files) |
| 110 | 100.0 % (1 of 1 tracked file) | 100.0 % (1 of 1 tracked file) |
| 999 | 100.0 % (4 of 4 tracked files) | 80.0 % (4 of 5 tracked files) |

## By type

| type | before | at the end |
|---|---|---|
| 01 | 100.0 % (3 of 3 tracked files) | 75.0 % (3 of 4 tracked files) |
| 02 | 100.0 % (1 of 1 tracked file) | none |
| 10 | 100.0 % (1 of 1 tracked file) | 100.0 % (1 of 1 tracked file) |
| 20 | 100.0 % (2 of 2 tracked files) | 100.0 % (3 of 3 tracked files) |
";

#[test]
fn a_week_as_markdown() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        a_week(&repo);
        let now = on_day(&repo, 12);
        assert_eq!(now.idhooks("coverage report --period week").ok().stdout(), WEEK);
        let until = "coverage report --period week --until 2023-11-12T12:00:00Z";
        assert_eq!(repo.idhooks(until).ok().stdout(), WEEK);
        let month = now.idhooks("coverage report --period month").ok().stdout();
        assert_text("metrics-report-a_week_as_markdown", &month);
    });
}

#[test]
fn the_chart_lies_beside_it() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        a_week(&repo);
        let dir = repo.root().join("out");
        std::fs::create_dir(&dir).expect("a directory");
        let file = dir.join("the week.md");
        let name = file.to_str().expect("a plain name");
        let args = ["coverage", "report", "--period", "week", "--output", name];
        assert_eq!(on_day(&repo, 12).idhooks(args).ok().stdout(), "");
        let report = std::fs::read_to_string(&file).expect("written");
        let link = "\n![coverage, day by day](the%20week.svg)\n";
        assert_text("metrics-report-the_chart_lies_beside_it", &report);
        assert_eq!(report.replacen(link, "", 1), WEEK);
        let svg = std::fs::read_to_string(dir.join("the week.svg")).expect("written");
        assert!(svg.starts_with("<svg ") && svg.contains("<polyline points=\"64.0,"), "{svg}");
        assert!(svg.contains("2023-11-") && svg.contains(" %"), "{svg}");
        assert_eq!(std::fs::read_dir(&dir).expect("readable").count(), 2);
        // A week in which nothing happened, and one before anything did.
        on_day(&repo, 30).idhooks(args).ok().done();
        let early = ["coverage", "report", "--period", "week", "--until", "2023-10-01"];
        repo.idhooks(early).code(2).explains("no commit of HEAD is as old").done();
    });
}

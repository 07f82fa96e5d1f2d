//! Tests of redirects: which there are, and what each form makes of them.

use idhooks_core::config::Config;
use idhooks_core::registry::{LeftPath, Origin, Registry, RepoPath};

use super::*;

const A: &str = "0110000001260118";
const B: &str = "0110000002260118";
const C: &str = "0110000003260118";

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("a path")
}

fn origin(n: usize) -> Origin {
    format!("{n:016}").parse().expect("an origin")
}

/// Makes a registry of records with an identity, a path, a status and further metadata; their origins
/// are 1, 2 …
fn registry(records: &[[&str; 4]]) -> Registry {
    let line = |(n, [id, path, status, more]): (usize, &[&str; 4])| {
        let origin = origin(n + 1);
        format!(
            r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2026-01-01T00:00:00Z","status":"{status}","metadata":{{"origin":"{origin}"{more}}}}}"#
        )
    };
    let lines: Vec<String> = records.iter().enumerate().map(line).collect();
    let head = r#"{"schema_version":"1.0","scope":"260118","allocations":["#;
    Registry::parse(format!("{head}{}]}}", lines.join(",")).as_bytes()).expect("a registry")
}

fn table(
    links: &str,
    records: &[[&str; 4]],
    left: &[(&str, usize, i64)],
) -> Result<RedirectTable, SharedPage> {
    let config = Config::parse(links).expect("valid");
    let registry = registry(records);
    let files: Vec<RepoPath> = registry.active().map(|record| record.path.clone()).collect();
    let left = left.iter().map(|(name, n, date)| LeftPath {
        path: path(name),
        origin: origin(*n),
        date: *date,
    });
    let left: Vec<LeftPath> = left.collect();
    let forge = |path: &RepoPath| format!("https://forge.example.org/{path}");
    let website = Website::new(&config.links, Some(&forge));
    let input = RedirectInput {
        registry: &registry,
        files: &mut files.iter(),
        links: &mut std::iter::empty(),
        left: &left,
    };
    RedirectTable::build(&website, input)
}

/// Returns where each path leads: a page, or `-`.
fn shown(table: &RedirectTable) -> Vec<String> {
    let line = |it: &Redirect| match &it.to {
        Destination::Page(page) => format!("{} {page}", it.from),
        Destination::Gone(_) => format!("{} -", it.from),
    };
    table.redirects.iter().map(line).collect()
}

const DOCS: &str = "[[links.site]]\npath = 'docs/**'\nroot = 'docs'\nurl = '/{stem}/'";

#[test]
fn identities_and_former_paths_lead_to_the_present_page() {
    let records = [[A, "docs/b.md", "active", ""], [B, "src/secret.md", "active", ""]];
    let found = table(DOCS, &records, &[("docs/a.md", 1, 5), ("src/old.md", 2, 5)]);
    let found = found.expect("a table");
    assert_eq!(shown(&found), ["/a/ /b/", &format!("/id/{A} /b/")]);
    assert_eq!((found.taken, found.left_out.len()), (0, 0));
}

#[test]
fn what_is_left_out_has_an_order_of_its_own() {
    let records = [[A, "docs/b.md", "active", ""]];
    let from = |left: [&str; 2]| {
        let found = table(DOCS, &records, &left.map(|path| (path, 1, 5))).expect("a table");
        found.left_out.into_iter().map(|left| left.from).collect::<Vec<_>>()
    };
    let names = ["docs/x\u{1}.md", "docs/y\u{1}.md"];
    assert_eq!(from(names), ["/x\u{1}/", "/y\u{1}/"]);
    assert_eq!(from([names[1], names[0]]), from(names));
}

#[test]
fn without_a_site_identities_lead_to_the_forge() {
    let records = [[A, "b.md", "active", ""], [B, "c.md", "deprecated", ""]];
    let found = table("", &records, &[("a.md", 1, 5)]).expect("a table");
    let expected = [format!("/id/{A} https://forge.example.org/b.md"), format!("/id/{B} -")];
    assert_eq!(shown(&found), expected);
}

#[test]
fn a_file_that_left_for_another_repository_is_shown_there() {
    let moved = r#","moved_to":"https://example.org/x?a=ä&b=$""#;
    let odd = moved.replace("https://", "https://user:secret@");
    let superseded = format!(r#","superseded_by":"{A}""#);
    let records = [
        [A, "docs/b.md", "deprecated", moved],
        [B, "docs/c.md", "superseded", &superseded],
        [C, "docs/d.md", "deprecated", &odd],
    ];
    let found = table("", &records, &[]).expect("a table");
    let there = "https://example.org/x?a=%C3%A4&b=$";
    let expected = [format!("/id/{A} {there}"), format!("/id/{B} {there}"), format!("/id/{C} -")];
    assert_eq!(shown(&found), expected);
}

#[test]
fn a_page_goes_to_the_file_that_left_it_last() {
    let records = [[A, "docs/x.md", "active", ""], [B, "docs/y.md", "active", ""]];
    let left = [("docs/a.md", 1, 5), ("docs/a.md", 2, 7), ("docs/b.md", 1, 9), ("docs/b.md", 2, 9)];
    let found = table(DOCS, &records, &left).expect("a table");
    assert_eq!(shown(&found)[..2], ["/a/ /y/", "/b/ /x/"]);
}

#[test]
fn a_page_that_a_file_has_now_is_not_redirected_in_any_case() {
    let records = [[A, "docs/A.md", "active", ""], [B, "docs/b.rst", "active", ""]];
    let left =
        [("docs/a.md", 2, 5), ("docs/b.md", 1, 5), ("docs/B.txt", 1, 5), ("docs/b.md", 2, 6)];
    let found = table(DOCS, &records, &left).expect("a table");
    assert!(found.redirects.iter().all(|redirect| redirect.kind == SourceKind::Identity));
    assert_eq!(found.taken, 3);
}

#[test]
fn servers_take_an_index_and_its_directory_for_one_page() {
    let links = "[[links.site]]\npath = '**'\nurl = '/{path}'";
    let records = [[A, "guide/index.html", "active", ""]];
    let found = table(links, &records, &[("guide", 1, 5), ("old", 1, 5)]).expect("a table");
    assert_eq!(shown(&found)[1..], ["/old /guide/index.html"]);
    assert_eq!(found.taken, 1);
    let both = [[A, "x/index.html", "active", ""], [B, "x", "deprecated", ""]];
    let found = table(links, &both, &[]).expect("a table");
    assert_eq!((found.redirects.len(), found.taken), (2, 1));
}

#[test]
fn a_file_that_is_not_in_the_commit_is_not_led_to() {
    let config = Config::parse(DOCS).expect("valid");
    let registry = registry(&[[A, "docs/a.md", "active", ""], [B, "docs/b.md", "deprecated", ""]]);
    let website = Website::new(&config.links, None);
    // The file of the deprecated identity stays.
    let files = [path("docs/b.md")];
    let input = RedirectInput {
        registry: &registry,
        files: &mut files.iter(),
        links: &mut std::iter::empty(),
        left: &[],
    };
    let found = RedirectTable::build(&website, input).expect("a table");
    assert_eq!(shown(&found), [format!("/id/{B} /b/")]);
    assert_eq!(found.lost.into_iter().collect::<Vec<_>>(), [path("docs/a.md")]);
}

#[test]
fn servers_read_only_so_long_lines() {
    let redirect = Redirect {
        from: "/a/".to_owned(),
        to: Destination::Page(format!("/{}", "x".repeat(1_100))),
        kind: SourceKind::FormerPath,
    };
    let long = RedirectTable { redirects: vec![redirect], ..Default::default() };
    let status = RedirectStatus::default();
    let error = RedirectForm::Apache.files(&long, status, "").expect_err("too long").to_string();
    assert_eq!(error, "the redirect of '/a' takes 1109 bytes; Apache reads 1023");
    assert!(RedirectForm::Nginx.files(&long, status, "").is_ok());
    let redirect =
        Redirect { from: format!("/{}", "ü".repeat(2_000)), ..long.redirects[0].clone() };
    let long = RedirectTable { redirects: vec![redirect], ..Default::default() };
    let error = RedirectForm::Nginx.files(&long, status, "").expect_err("too long").to_string();
    assert!(error.ends_with("takes 4003 bytes; nginx reads 4000") && error.len() < 300, "{error}");
}

#[test]
fn spellings_of_one_page_lead_to_one_file() {
    let records = [[A, "docs/x.md", "active", ""], [B, "docs/y.md", "active", ""]];
    let found = table(DOCS, &records, &[("docs/a.md", 1, 5), ("docs/A.md", 2, 7)]);
    assert_eq!(shown(&found.expect("a table"))[..2], ["/A/ /y/", "/a/ /y/"]);
}

#[test]
fn what_is_superseded_leads_to_its_last_successor_and_what_is_gone_has_a_tombstone() {
    let by = |id: &str| format!(r#","superseded_by":"{id}""#);
    let (to_b, to_c, to_a) = (by(B), by(C), by(A));
    let records = [
        [A, "docs/a.md", "superseded", &to_b],
        [B, "docs/b.md", "superseded", &to_c],
        [C, "docs/c.md", "active", ""],
    ];
    let found = table(DOCS, &records, &[]).expect("a table");
    let ids = [A, B, C].map(|id| format!("/id/{id} /c/"));
    assert_eq!(shown(&found), ["/a/ /c/", "/b/ /c/", &ids[0], &ids[1], &ids[2]]);
    // A circle, a successor that is deprecated, and one that does not exist.
    let circle = [[A, "docs/a.md", "superseded", &to_b], [B, "docs/b.md", "superseded", &to_a]];
    let ended = [[A, "docs/a.md", "superseded", &to_b], [B, "docs/b.md", "deprecated", ""]];
    let nothing = [[A, "docs/a.md", "superseded", &to_c], [B, "docs/b.md", "deprecated", ""]];
    for records in [circle, ended, nothing] {
        let found = table(DOCS, &records, &[]).expect("a table");
        assert!(
            found.redirects.len() == 4 && shown(&found).iter().all(|line| line.ends_with(" -"))
        );
        let expected = Tombstone {
            id: A.parse().expect("an identity"),
            is_retired: true,
            path: Some(path("docs/a.md")),
        };
        assert_eq!(found.redirects[0].to, Destination::Gone(expected));
    }
}

#[test]
fn a_file_that_left_the_site_is_not_named() {
    let found = table(DOCS, &[[A, "src/private.md", "active", ""]], &[("docs/a.md", 1, 5)]);
    let found = found.expect("a table");
    assert_eq!(shown(&found), ["/a/ -", &format!("/id/{A} -")]);
    let files = RedirectForm::Pages.files(&found, RedirectStatus::default(), "").expect("files");
    assert!(files.files.iter().all(|file| !file.text.contains("private.md")), "{files:?}");
    // The record is gone too.
    let purged = table(DOCS, &[[A, "docs/x.md", "active", ""]], &[("docs/a.md", 9, 5)]);
    assert_eq!(shown(&purged.expect("a table")), [format!("/id/{A} /x/")]);
}

#[test]
fn an_alias_leads_where_its_record_does_unless_another_record_has_it() {
    let aliases = format!(r#","aliases":["{B}","{C}"]"#);
    let records = [[A, "docs/a.md", "active", &*aliases], [B, "docs/b.md", "active", ""]];
    let found = table(DOCS, &records, &[]).expect("a table");
    let expected = [format!("/id/{A} /a/"), format!("/id/{B} /b/"), format!("/id/{C} /a/")];
    assert_eq!(shown(&found), expected);
}

#[test]
fn two_files_cannot_share_a_page() {
    let records = [[A, "docs/a.md", "active", ""], [B, "docs/a.rst", "active", ""]];
    let error = table(DOCS, &records, &[]).expect_err("shared").to_string();
    assert_eq!(error, "'docs/a.md' and 'docs/a.rst' have the same page, /a/");
}

#[test]
fn only_the_host_that_answers_for_identities_redirects_its_pages() {
    let rules = |ids: &str| {
        format!(
            "[links]\nids = '{ids}'\n[[links.site]]\npath = '**'\nurl = 'https://docs.example.org/{{path}}'"
        )
    };
    let records = [[A, "b c.md", "active", ""]];
    let left = [("a.md", 1, 5)];
    let same = table(&rules("https://docs.example.org/i/"), &records, &left).expect("a table");
    let page = "https://docs.example.org/b%20c.md";
    assert_eq!(shown(&same), [format!("/a.md {page}"), format!("/i/{A} {page}")]);
    let other = table(&rules("https://ids.example.org"), &records, &left).expect("a table");
    assert_eq!(shown(&other), [format!("/{A} {page}")]);
}

/// A table with paths that need care.
fn odd() -> RedirectTable {
    let links = "[[links.site]]\npath = '**'\nurl = '/{path}'";
    let records = [[A, "new/$x \\\"y.md", "active", ""], [B, "b&<i>.md", "deprecated", ""]];
    let left = [("a b.md", 1, 5), ("q\\\"$1.md", 1, 5), ("a:b*.md", 1, 5), ("ü.html", 1, 5)];
    table(links, &records, &left).expect("a table")
}

/// Returns the first file of a form.
fn text(form: RedirectForm, table: &RedirectTable) -> String {
    let files = form.files(table, RedirectStatus::default(), "/").expect("files").files;
    files.into_iter().next().expect("a file").text
}

#[test]
fn each_form_writes_odd_paths() {
    let table = odd();
    let page = "/new/%24x%20%22y.md";
    let lines = |of: &[&str]| of.iter().map(|line| format!("{line}\n")).collect::<String>();
    let expected = [
        &*format!("/a%20b.md {page} 301"),
        &format!("/id/{A} {page} 302"),
        &format!("/q\\%22$1.md {page} 301"),
        &format!("/%C3%BC.html {page} 301"),
    ];
    assert_eq!(text(RedirectForm::Netlify, &table), lines(&expected));
    let nginx = text(RedirectForm::Nginx, &table);
    for line in [
        format!("\"/a b.md\" \"{page}\";"),
        format!("\"/a:b*.md\" \"{page}\";"),
        format!("\"/q\\\\\\\"$1.md\" \"{page}\";"),
        format!("\"/ü.html\" \"{page}\";"),
        "\"/b&<i>.md\" \"1\";".to_owned(),
    ] {
        assert!(nginx.contains(&line), "{line} in {nginx}");
    }
    let map = RedirectForm::Apache.files(&table, RedirectStatus::default(), "").expect("files");
    let expected = [
        &*format!("/a%20b.md 301:{page}"),
        &format!("/a:b*.md 301:{page}"),
        "/b&%3ci%3e.md gone",
        &format!("/id/{A} 302:{page}"),
        &format!("/id/{B} gone"),
        &format!("/q%5c%22$1.md 301:{page}"),
        &format!("/%c3%bc.html 301:{page}"),
    ];
    assert_eq!(map.files[1].text, lines(&expected));
    let json = text(RedirectForm::Json, &table);
    let line =
        format!("    {{\"from\": \"/q\\\\\\\"$1.md\", \"to\": \"{page}\", \"status\": 301}},\n");
    assert!(json.contains(&line), "{json}");
    assert!(json.contains("{\"from\": \"/b&<i>.md\", \"status\": 410}"), "{json}");
    let pages = RedirectForm::Pages.files(&table, RedirectStatus::default(), "").expect("files");
    // A backslash separates names on some systems.
    assert_eq!((pages.files.len(), pages.left_out.len()), (6, 1));
    let stone = pages.files.iter().find(|file| file.path == "b&<i>.md/index.html");
    let text = &stone.expect("a tombstone").text;
    assert!(text.contains("<code>b&amp;&lt;i&gt;.md</code>") && !text.contains("<i>"), "{text}");
}

#[test]
fn a_host_reads_only_so_many_redirects() {
    let redirect = |n: usize| Redirect {
        from: format!("/{n}/"),
        to: Destination::Page("/x/".to_owned()),
        kind: SourceKind::FormerPath,
    };
    let of = |count| RedirectTable {
        redirects: (0..count).map(redirect).collect(),
        ..Default::default()
    };
    let status = RedirectStatus::default();
    for (form, most) in [(RedirectForm::Cloudflare, 2_000), (RedirectForm::GitLab, 1_000)] {
        assert!(form.files(&of(most), status, "").is_ok());
        let error = form.files(&of(most + 1), status, "").expect_err("too many");
        assert_eq!(error, FormRefusal::TooMany { form, count: most + 1, most });
    }
    assert!(RedirectForm::Netlify.files(&of(5_000), status, "").is_ok());
    let permanent: RedirectStatus = "308".parse().expect("a status");
    assert!(RedirectForm::Cloudflare.files(&of(1), permanent, "").is_ok());
    let error = RedirectForm::GitLab.files(&of(1), permanent, "").expect_err("a status");
    assert_eq!(error.to_string(), "GitLab Pages does not answer with the status 308");
    let long = Redirect { from: format!("/{}", "x".repeat(1_000)), ..redirect(0) };
    let long = RedirectTable { redirects: vec![long], ..Default::default() };
    assert!(matches!(
        RedirectForm::Cloudflare.files(&long, status, ""),
        Err(FormRefusal::LongLine { length: 1_009, .. })
    ));
}

#[test]
fn pages_are_files_below_their_base() {
    let from =
        ["/", "/docs/", "/docs/a", "/docs/a.html", "/docs/a.html/b/", "/docs/b.md", "/docsx/"];
    let redirect = |from: &str| Redirect {
        from: from.to_owned(),
        to: Destination::Page("/x/".to_owned()),
        kind: SourceKind::FormerPath,
    };
    let table = RedirectTable { redirects: from.map(redirect).to_vec(), ..Default::default() };
    let names = |base| {
        let files = RedirectForm::Pages.files(&table, RedirectStatus::default(), base);
        let files = files.expect("files");
        let names: Vec<String> = files.files.into_iter().map(|file| file.path).collect();
        (names.join(" "), files.left_out.len())
    };
    let all = "docs/a.html docs/a/index.html docs/b.md/index.html docs/index.html docsx/index.html index.html";
    assert_eq!(names(""), (all.to_owned(), 1));
    let below = "a.html a/index.html b.md/index.html index.html";
    assert_eq!(names("/docs/"), (below.to_owned(), 3));
}

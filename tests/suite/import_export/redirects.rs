//! `idhooks export --format redirects`: files that make a website lead to the present pages. Random
//! histories and real servers are in fixtures/redirects.

use std::collections::BTreeMap;

use crate::common::{Repo, for_each_git, on_adopted, text};

const RULES: &str = "[links]\nids = 'https://docs.example.org/id'\n[[links.site]]\npath = 'site/**'\nroot = 'site'\nurl = '/{stem}/'\n";

/// A repository with a website, whose files have moved.
fn moved(repo: &Repo) -> [String; 2] {
    repo.configure(RULES);
    repo.stage("site/a.md", text("one"));
    repo.commit_file("site/b.md", text("other"));
    repo.run("mv site/a.md site/new.md");
    repo.commit("move");
    let ids = ["site/new.md", "site/b.md"].map(|path| repo.id(path));
    repo.run("rm -q site/b.md");
    repo.commit("delete");
    ids
}

fn export<'r>(repo: &'r Repo, more: &str) -> crate::common::Output<'r> {
    repo.idhooks(format!("export --format redirects {more}").as_str())
}

/// Returns where each path leads: a page, or nothing.
fn redirects(repo: &Repo, more: &str) -> BTreeMap<String, Option<String>> {
    export(repo, &format!("--form json --output ../json {more}")).ok().done();
    let text = repo.read("../json/redirects.json");
    let value: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let redirects = value["redirects"].as_array().expect("a list").iter();
    let told = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    redirects.map(|it| (told(&it["from"]).expect("a path"), told(&it["to"]))).collect()
}

fn found(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
    pairs.iter().map(|(from, to)| ((*from).to_owned(), to.map(str::to_owned))).collect()
}

#[test]
fn identities_and_former_paths_lead_to_the_present_page() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = moved(&repo).map(|id| format!("/id/{id}"));
        let all =
            [("/a/", Some("/new/")), ("/b/", None), (&*ids[0], Some("/new/")), (&*ids[1], None)];
        assert_eq!(redirects(&repo, ""), found(&all));
        // Files that the site does not show are not named.
        let text = String::from_utf8(repo.read("../json/redirects.json")).expect("text");
        assert!(!text.contains("notes") && !text.contains("app"), "{text}");
        let now = [("/b/", None), (&*ids[0], Some("/new/")), (&*ids[1], None)];
        assert_eq!(redirects(&repo, "--no-history"), found(&now));
        // As it was before the move.
        let then = [(&*ids[0], Some("/a/")), (&*ids[1], Some("/b/"))];
        assert_eq!(redirects(&repo, "--rev HEAD~2"), found(&then));
        // The same in another clone, and in a bare one.
        let first = repo.read("../json/redirects.json");
        for (name, bare) in [("other", ""), ("bare", "--bare")] {
            let clone = format!("clone -q {bare} . ../{name}");
            repo.run(clone.trim_end());
            let at = format!("../{name}");
            let line = format!(
                "-C {at} export --format redirects --form json --rev HEAD~2 --output ../json2"
            );
            repo.idhooks(line.as_str()).ok().done();
            assert_eq!(repo.read("../json2/redirects.json"), first);
        }
    });
}

#[test]
fn a_path_that_was_left_in_a_merge_leads_to_the_last_file_that_had_it() {
    on_adopted(|repo| {
        repo.configure(RULES);
        repo.commit_file("site/a/x.md", text("one"));
        repo.mv("site/a/x.md", "site/other.md");
        repo.commit_file("site/a/b.md", text("other"));
        repo.run("checkout -q -b side");
        repo.run("mv site/a site/manual");
        repo.commit("move the directory");
        repo.run("checkout -q main");
        repo.commit_file("site/a/x.md", text("new"));
        // git suggests that the new file moves along with the directory.
        repo.try_git("merge -q side").code(1).done();
        repo.run("add -A");
        repo.commit("merge");
        assert!(repo.exists("site/manual/x.md"));
        assert_eq!(redirects(repo, "").get("/a/x/"), Some(&Some("/manual/x/".to_owned())));

        // A move that a merge takes from a parent counts with that commit's date.
        repo.commit_file("site/c.md", text("third"));
        repo.run("checkout -q -b other");
        repo.mv("site/c.md", "site/first.md");
        repo.commit("move");
        repo.run("checkout -q main");
        repo.mv("site/c.md", "site/d.md");
        repo.commit("move elsewhere");
        repo.run("mv site/d.md site/e.md");
        repo.commit("move on");
        repo.commit_file("site/d.md", text("fourth"));
        repo.run("merge -q --no-commit -s ours other");
        repo.run("mv site/d.md site/f.md");
        repo.commit("merge and move");
        let found = redirects(repo, "");
        for (from, to) in [("/a/x/", "/manual/x/"), ("/d/", "/f/"), ("/c/", "/e/")] {
            assert_eq!(found.get(from), Some(&Some(to.to_owned())), "{from}");
        }
    });
}

#[test]
fn each_form_has_its_files() {
    on_adopted(|repo| {
        let [new, gone] = moved(repo);
        let made = |form: &str, more: &str| {
            let said = export(repo, &format!("--form {form} --output ../{form} {more}")).ok();
            assert_eq!(
                said.stderr(),
                format!("written: ../{form} (2 identities, 2 former paths)\n")
            );
        };
        let read = |path: &str| String::from_utf8(repo.read(&format!("../{path}"))).expect("text");
        for form in ["netlify", "cloudflare", "gitlab"] {
            made(form, "--status 302");
            let lines = format!("/a/ /new/ 302\n/id/{new} /new/ 302\n");
            assert_eq!(read(&format!("{form}/_redirects")), lines);
            assert!(read(&format!("{form}/b/index.html")).contains("no longer exists"));
            assert!(!repo.exists(&format!("../{form}/a/index.html")));
        }
        made("nginx", "");
        let map = read("nginx/idhooks-redirects.http.conf");
        assert!(
            map.contains("\"/a\" \"/new/\";") && map.contains(&format!("\"/id/{gone}\" \"1\";"))
        );
        assert!(read("nginx/idhooks-redirects.server.conf").contains("return 301 $idhooks_moved;"));
        made("apache", "--status 308");
        let lines = format!("/a 308:/new/\n/b gone\n/id/{new} 302:/new/\n/id/{gone} gone\n");
        assert_eq!(
            read("apache/idhooks-redirects.map").lines().collect::<std::collections::BTreeSet<_>>(),
            lines.lines().collect()
        );
        assert!(read("apache/idhooks-redirects.conf").contains("[R=308,L,NE,QSD]"));
        made("pages", "");
        for page in ["a".to_owned(), format!("id/{new}")] {
            let page = read(&format!("pages/{page}/index.html"));
            assert!(page.contains("content=\"0; url=/new/\""), "{page}");
        }
        let stone = read(&format!("pages/id/{gone}/index.html"));
        assert!(stone.contains(&format!("The file with the identity {gone} no longer exists. Its last path was <code>site/b.md</code>.")), "{stone}");
    });
}

#[test]
fn only_its_own_pages_are_replaced() {
    on_adopted(|repo| {
        moved(repo);
        repo.write("../out/new/index.html", "the page");
        repo.write("../out/b/index.html", "somebody's page");
        let said = export(repo, "--form pages --output ../out").ok().stderr();
        assert!(
            said.starts_with(
                "warning: 1 page left out, because other files are in their places: '"
            ),
            "{said}"
        );
        repo.run("mv site/new.md site/a.md");
        repo.commit("move back");
        export(repo, "--form pages --output ../out").ok().done();
        assert!(!repo.exists("../out/a"));
        assert!(
            String::from_utf8(repo.read("../out/new/index.html"))
                .expect("text")
                .contains("the page")
        );
        assert_eq!(repo.read("../out/b/index.html"), b"somebody's page");
        // The file that a host reads is somebody's: nothing is written.
        repo.write("../host/_redirects", "/x /y\n");
        export(repo, "--form netlify --output ../host")
            .code(2)
            .explains("_redirects' exists, and is not what idhooks wrote there")
            .done();
        assert_eq!(repo.read("../host/_redirects"), b"/x /y\n");
        assert!(!repo.exists("../host/b"));
    });
}

#[test]
fn a_history_that_is_not_there_is_an_error() {
    on_adopted(|repo| {
        moved(repo);
        let from = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--depth", "2", &from, "../shallow"]);
        let line = "-C ../shallow export --format redirects --form json --output ../json";
        repo.idhooks(line)
            .code(2)
            .explains("cannot find all former paths: the clone is shallow")
            .done();
        assert!(!repo.exists("../json"));
        repo.idhooks(format!("{line} --no-history").as_str()).ok().done();
    });
}

#[test]
fn a_page_that_a_symbolic_link_has_is_not_redirected() {
    on_adopted(|repo| {
        moved(repo);
        repo.sh("ln -s new.md site/a.md && git add site/a.md").ok().done();
        repo.commit("link");
        let found = redirects(repo, "");
        assert!(!found.contains_key("/a/") && found.contains_key("/b/"), "{found:?}");
        let said = export(repo, "--form json --output ../json").ok().stderr();
        assert!(said.contains("1 former path left out: a file has that page now"), "{said}");
    });
}

#[test]
fn a_deprecated_file_that_stays_has_not_left_its_page() {
    on_adopted(|repo| {
        let id = format!("/id/{}", moved(repo)[0]);
        repo.idhooks("-q deprecate --reason old site/new.md").ok().done();
        repo.commit("deprecate");
        let said = export(repo, "--form json --output ../json").ok().stderr();
        assert!(!said.contains("left out"), "{said}");
        assert_eq!(redirects(repo, "").get(&id), Some(&Some("/new/".to_owned())));
    });
}

#[test]
fn without_a_site_identities_lead_to_the_forge() {
    on_adopted(|repo| {
        export(repo, "--form json --output ../json")
            .code(2)
            .explains("this clone has no remote")
            .done();
        repo.run("remote add origin https://github.com/team/x.git");
        repo.run("update-ref refs/remotes/origin/main HEAD");
        let id = repo.id("notes.txt");
        let all = redirects(repo, "");
        let page = "https://github.com/team/x/blob/main/notes.txt";
        assert_eq!(all.get(&format!("/id/{id}")), Some(&Some(page.to_owned())));
        assert!(all.keys().all(|from| from.starts_with("/id/")), "{all:?}");
        repo.run("checkout -q --detach");
        let said = export(repo, "--form json --output ../json").ok().stderr();
        assert!(said.starts_with("note: HEAD is detached, so identities lead to"), "{said}");
        assert!(said.contains("name it: --rev <branch>\n"), "{said}");
        repo.run("checkout -q --orphan new");
        let said = export(repo, "--form json --output ../json").code(2);
        said.explains("there is no commit yet").done();
        repo.run("checkout -q -f main");
    });
}

#[test]
fn what_cannot_be_redirected_is_refused() {
    on_adopted(|repo| {
        repo.configure(RULES);
        repo.stage("site/a.md", text("one"));
        repo.commit_file("site/a.rst", text("other"));
        export(repo, "--form json --output ../json")
            .code(2)
            .explains("'site/a.md' and 'site/a.rst' have the same page, /a/")
            .done();
        repo.run("rm -q site/a.rst");
        repo.commit("delete");
        for (place, reason) in
            [(".git/x", "in the git directory"), (".idhooks", "belongs to idhooks")]
        {
            export(repo, &format!("--form json --output {place}")).code(2).explains(reason).done();
        }
        for line in [
            "export --format redirects --form json",
            "export --format redirects --output ../json",
            "export --format redirects --form ftp --output ../json",
            "export --format redirects --form json --status 200 --output ../json",
            "export --format redirects --form json --base site --output ../json",
            "export --format csv --no-history",
            "export --format redirects --form json --output ../json --raw",
            "export --format redirects --form pages --output ../json --status 308",
            "export --format redirects --form nginx --output ../json --base /docs",
            "export --format redirects --form json --output -",
        ] {
            repo.idhooks(line).code(2).done();
        }
        assert!(!repo.exists("../json") && !repo.exists("-"));
        export(repo, "--form gitlab --status 308 --output ../json")
            .code(2)
            .explains("GitLab Pages does not answer with the status 308")
            .done();
        let said = export(repo, "--form json --rev absent --output ../json").code(2);
        said.explains("cannot find a commit 'absent'").done();
        repo.configure("[[links.site]]\npath = 'nothing/**'\nurl = '/{path}'\n");
        let said = export(repo, "--form json --output ../json").ok().stderr();
        assert!(said.contains("no rule [[links.site]] matches a file below its root"), "{said}");
    });
}

#[test]
fn a_page_cannot_do_anything() {
    on_adopted(|repo| {
        repo.configure("[[links.site]]\npath = 'site/**'\nurl = '/{path}'\n");
        let path = "site/<script>alert(1)<b>&\".md";
        repo.commit_file(path, text("odd"));
        let id = repo.id(path);
        repo.run("rm -qr site");
        repo.commit("delete");
        export(repo, "--form pages --output ../out").ok().done();
        let page = repo.read(&format!("../out/id/{id}/index.html"));
        let page = String::from_utf8(page).expect("text");
        assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    });
}

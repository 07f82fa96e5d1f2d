//! What is answered over HTTP: the dashboard's page and documents, figures for a collector.

use std::io::Write;
use std::net::TcpStream;

use crate::checks::assert_fits;
use crate::common::{Repo, Served, for_each_git, on_adopted, text};
use crate::reviewed::assert_text;

use super::commit_unseen;
use super::grammar::{openmetrics, prometheus};

#[test]
fn the_dashboard_shows_what_is_now() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let served = Served::by(&repo, "dashboard");
        let page = served.get("/");
        assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
        assert!(page.body.starts_with("<!doctype html>") && page.body.contains(&repo.rev("HEAD")));
        let overview = served.get("/api/overview.json").json();
        assert_eq!(overview["is_live"], true);
        assert_eq!(overview["refresh_seconds"], 60);
        assert_eq!(overview["coverage"]["with_ids"], 7);
        assert_eq!(served.get("/api/identities.json").json()["identities"][6]["status"], "active");

        // A commit, a merge, whatever comes: the next answer knows it.
        repo.commit_file("docs/new.md", text("new"));
        commit_unseen(&repo, "unseen.md");
        let overview = served.get("/api/overview.json?x=1").json();
        assert_eq!(overview["commit"], repo.rev("HEAD"));
        assert_eq!([&overview["coverage"]["with_ids"], &overview["findings"]["errors"]], [8, 1]);
        repo.remove(".git/hooks/pre-commit");
        let health = served.get("/api/overview.json").json()["health"].clone();
        let state = |name: &str| {
            let all = health.as_array().expect("a list");
            all.iter().find(|one| one["name"] == name).expect("it")["state"].clone()
        };
        assert_eq!(state("hooks and merge driver"), "critical");
        assert_eq!(state("registry readable"), "ok");

        // What cannot be told is not made up, and comes back by itself.
        repo.run("update-ref -d refs/heads/main");
        let gone = served.get("/api/overview.json");
        assert_eq!((gone.status, gone.body.starts_with("error: ")), (503, true), "{}", gone.body);
        assert_eq!(served.get("/").status, 503);
        repo.run(["update-ref", "refs/heads/main", overview["commit"].as_str().expect("one")]);
        assert_eq!(served.get("/api/overview.json").status, 200);

        // Taken away and cloned again at its place.
        let copy = repo.copy_as("again");
        std::fs::remove_dir_all(repo.path()).expect("removable");
        assert_eq!(served.get("/api/overview.json").status, 503);
        std::fs::rename(copy.path(), repo.path()).expect("movable");
        assert_eq!(served.get("/api/overview.json").status, 200);
    });
}

#[test]
fn nobody_else_is_answered_and_nothing_can_be_changed() {
    on_adopted(|repo| {
        let served = Served::by(repo, "dashboard --host ids.example.com");
        let port = served.address.rsplit(':').next().expect("a port").to_owned();
        let own = [
            format!("localhost:{port}"),
            "127.0.0.1".to_owned(),
            format!("[::1]:{port}"),
            "ids.example.com".to_owned(),
        ];
        for host in own {
            assert_eq!(served.ask("GET /", &host, "").status, 200, "{host}");
        }
        for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", ""] {
            let answer = served.ask("GET /api/identities.json", host, "");
            assert_eq!(answer.status, 421, "{host}");
            assert!(!answer.body.contains("\"id\""));
            assert!(answer.body.contains("'--host NAME'"), "{}", answer.body);
        }
        let evil =
            "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        assert_eq!(served.send(evil).status, 421);
        assert_eq!(served.ask("GET /", "localhost", "Host: evil.example\r\n").status, 421);
        assert_eq!(served.send("GET / HTTP/1.0\r\n\r\n").status, 421);
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
            let answer = served.ask(&format!("{method} /"), &served.address, "");
            assert_eq!(answer.status, 405, "{method}");
            assert!(answer.head.contains("allow: get, head"));
        }
        let head = served.ask("HEAD /", &served.address, "");
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(served.get("/../../etc/passwd").status, 404);
        assert_eq!(served.get("/nothing").status, 404);
        assert!(served.send("nonsense\r\n\r\n").status >= 400);
        let long = format!("X: {}\r\n", "x".repeat(100_000));
        assert!(served.ask("GET /", &served.address, &long).status >= 400);
        let page = served.get("/");
        for header in [
            "x-frame-options: deny",
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
            "frame-ancestors 'none'",
        ] {
            assert!(page.head.contains(header), "{header}");
        }
        assert!(!page.head.contains("access-control-allow"));
        assert!(
            page.body.contains("default-src 'none'") && page.body.contains("script-src 'sha256-")
        );
    });
}

#[test]
fn who_says_nothing_keeps_nobody_waiting() {
    on_adopted(|repo| {
        let served = Served::by(repo, "dashboard");
        let mut silent: Vec<_> =
            (0..50).map(|_| TcpStream::connect(&served.address).expect("it listens")).collect();
        silent[0].write_all(b"GET / HTTP/1.1\r\nHost: loc").expect("sent");
        assert_eq!(served.get("/").status, 200);
    });
}

#[test]
fn it_is_told_where_it_listens() {
    on_adopted(|repo| {
        let served = Served::by(repo, "dashboard --bind 0.0.0.0");
        assert!(served.said[0].contains("warning: anyone who can reach this machine"));
        let port = served.address.rsplit(':').next().expect("a port");
        assert!(served.said[1].contains(&format!("http://127.0.0.1:{port}/")), "{:?}", served.said);
        repo.idhooks(format!("dashboard --bind 0.0.0.0 --port {port}").as_str())
            .refused()
            .complains("--port 0")
            .done();
        repo.idhooks("dashboard --bind 192.0.2.1").refused().complains("--bind 127.0.0.1").done();
        for host in ["http://a.example/", "a.example:80", "", "*", "b\u{fc}cher.example"] {
            repo.idhooks(["dashboard", "--host", host])
                .refused()
                .complains("without a port")
                .done();
        }
        repo.idhooks("dashboard --bind nonsense").refused().done();
        repo.idhooks("dashboard --port 70000").refused().done();
        repo.idhooks("dashboard --output x --open").refused().complains("--output").done();
        repo.idhooks("dashboard --port 0 --rev nope").refused().complains("'nope'").done();
        repo.idhooks("metrics serve --port 0 --rev nope").refused().complains("'nope'").done();
        repo.idhooks("metrics --format csv serve").refused().done();
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_is_opened_where_there_is_one() {
    on_adopted(|repo| {
        repo.write(
            "../bin/xdg-open",
            "#!/bin/sh\necho \"$1\" >\"$HERE.new\"\nmv \"$HERE.new\" \"$HERE\"\n",
        );
        repo.sh("chmod +x ../bin/xdg-open").ok().done();
        let note = repo.root().join("opened");
        let mut path = std::ffi::OsString::from(repo.root().join("bin"));
        path.push(":");
        path.push(repo.search_path());
        let repo = repo
            .with("PATH", path.to_str().expect("a path"))
            .with("HERE", note.to_str().expect("a path"));
        let served = Served::by(&repo, "dashboard --open");
        let url = loop {
            match std::fs::read_to_string(&note) {
                Ok(url) => break url,
                Err(_) => std::thread::yield_now(),
            }
        };
        assert_eq!(url, format!("http://{}/\n", served.address));
    });
}

#[test]
fn a_collector_gets_figures_in_its_form() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let served = Served::by(repo, "metrics serve");
        let plain = served.get("/metrics");
        assert!(plain.head.contains("text/plain; version=0.0.4"), "{}", plain.head);
        let samples = prometheus(&plain.body);
        assert_eq!(samples.get("identity_files_with_ids"), Some(&7.0));
        let open = served.ask(
            "GET /metrics",
            "localhost",
            "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n",
        );
        assert!(open.head.contains("application/openmetrics-text"), "{}", open.head);
        assert_eq!(openmetrics(&open.body).get("identity_files_with_ids"), Some(&7.0));
        let health = served.get("/healthz");
        assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
        assert_eq!(served.get("/").status, 404);

        repo.commit_file("docs/new.md", text("new"));
        let samples = prometheus(&served.get("/metrics").body);
        assert_eq!(samples.get("identity_files_with_ids"), Some(&8.0));
        repo.stage(".idhooks/registry.json", "<<<<<<< ours\n");
        assert_eq!(served.get("/healthz").status, 503);
        assert_eq!(served.get("/metrics").status, 200);
    });
}

#[test]
fn health_is_told_in_lines_and_as_a_document() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let well = repo.idhooks("health").ok().stdout();
        assert_eq!(well.lines().count(), 9, "{well}");
        assert!(well.lines().all(|line| line.starts_with("ok ")), "{well}");
        let document = repo.idhooks("health --format json").ok().json();
        assert_fits(repo, "health", &document);
        assert_eq!(document["state"], "ok");

        commit_unseen(repo, "unseen.md");
        repo.remove(".git/hooks/pre-commit");
        let ill = repo.idhooks("health").code(1).stdout();
        assert_text("metrics-served-health_is_told_in_lines_and_as_a_document", &ill);
        repo.stage(".idhooks/registry.json", "<<<<<<< ours\n");
        let document = repo.idhooks("health --format json").code(1).json();
        assert_fits(repo, "health", &document);
        assert_eq!(document["checks"][0]["state"], "critical");

        repo.run("clone -q --bare . ../bare.git");
        let bare = repo.beside("bare.git");
        bare.idhooks("health").refused().complains("--rev").done();
        let lines = bare.idhooks("health --rev HEAD").code(1).stdout();
        assert_eq!(lines.lines().filter(|line| !line.starts_with(' ')).count(), 7, "{lines}");
    });
    for_each_git(|git| {
        Repo::empty(git).idhooks("health").refused().complains("idhooks init").done();
    });
}

#[test]
fn an_identity_leads_to_its_file() {
    on_adopted(|repo| {
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        let served = Served::by(repo, "dashboard");
        // Nothing says where files are shown.
        assert_eq!(served.get(&format!("/id/{notes}")).status, 503);
        repo.run("remote add origin https://github.com/team/x.git");
        repo.run("update-ref refs/remotes/origin/main HEAD");
        let answer = served.get(&format!("/id/{notes}"));
        let place = "location: https://github.com/team/x/blob/main/notes.txt\r\n";
        assert!(answer.status == 302 && answer.head.contains(place), "{}", answer.head);
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("rm -q src/app.py");
        repo.commit("move");
        repo.configure("[links]\nids = 'https://docs.example.org/i'\n[[links.site]]\npath = '**'\nurl = '/{stem}/'\n");
        let answer = served.get(&format!("/id/{notes}"));
        let place = "location: https://docs.example.org/docs/notes/\r\n";
        assert!(answer.status == 302 && answer.head.contains(place), "{}", answer.head);
        let answer = served.get(&format!("/id/{app}"));
        assert!(answer.status == 410 && answer.body.contains("src/app.py"), "{}", answer.body);
        for unknown in ["/id/0000000000000000", "/id/", "/id/../x"] {
            assert_eq!(served.get(unknown).status, 404, "{unknown}");
        }
        repo.idhooks("dashboard --output ../out").ok().done();
        let page = |id: &str| {
            let page = repo.read(&format!("../out/id/{id}/index.html"));
            String::from_utf8(page).expect("text")
        };
        assert!(page(&notes).contains("content=\"0; url=https://docs.example.org/docs/notes/\""));
        assert!(page(&app).contains("no longer exists"));
        assert!(repo.exists("../out/index.html"));
    });
}

//! The hourly job of a service clone that fetches before and pushes after, beside people who push.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::{Dice, Git, Repo, for_each_git, sealed, text, write_script};

/// A bare server that refuses to lose commits, an adopted clone of a person, and a service clone.
struct Server {
    hub: Repo,
    person: Repo,
    service: Repo,
}

impl Server {
    fn new(git: &Git, push: &str) -> Self {
        let person = Repo::adopted(git);
        person.run("init -q --bare -b main ../hub.git");
        let hub = person.beside("hub.git");
        hub.run("config core.logAllRefUpdates always");
        hub.run("config receive.denyNonFastForwards true");
        person.run("remote add origin ../hub.git");
        person.configure(&format!(
            "[reconcile]\ncommit = \"branch idhooks/heal\"\nremote = \"origin\"\npush = \"{push}\"\n"
        ));
        person.run("push -q origin main");
        person.run("clone -q ../hub.git ../service");
        let service = person.beside("service");
        Server { hub, person: person.with("IDHOOKS", "0"), service }
    }

    /// Has a person push a file that no hook saw.
    fn push_unseen(&self, path: &str) {
        self.person.run("pull -q --rebase origin main");
        self.person.commit_file(path, text(path));
        self.person.run("push -q origin main");
    }

    /// Asserts that the server has a consistent branch with every one of these files.
    fn assert_healed(&self, paths: &[&str]) {
        self.service.run("fetch -q origin");
        self.service.run("reset -q --hard origin/main");
        assert_eq!(self.service.findings("--rev HEAD --strict"), Vec::<String>::new());
        let history = self.service.findings("--history");
        assert!(history.iter().all(|code| code == "BEHIND"), "{history:?}");
        for path in paths {
            assert_eq!(self.service.id(path).len(), 16, "{path}");
        }
    }

    /// Lets a script run before each push of the service, in the clone of the person.
    fn before_push(&self, script: &str) {
        let file = self.service.path().join(".git/hooks/pre-push");
        let line = format!(
            "#!/bin/sh\nunset $(git rev-parse --local-env-vars)\ncd ../person-2 || exit 1\n{script}\n"
        );
        write_script(&file, &line);
        if !self.person.root().join("person-2").exists() {
            self.person.run("clone -q ../hub.git ../person-2");
        }
    }
}

const PUSH: &str = "git pull -q --rebase origin main && date +%s.%N >$n.md && git add . && \
                    git -c core.hooksPath=/dev/null commit -q -m \"$n\" && git push -q origin main";

#[test]
fn it_fetches_heals_and_pushes() {
    for_each_git(|git| {
        let server = Server::new(git, "current");
        let Server { service, hub, .. } = &server;
        service.idhooks("schedule run hourly").ok().done();
        server.push_unseen("one.md");
        let tip = hub.rev("main");
        let run = service.idhooks("schedule run hourly").ok();
        run.complains("pushed to branch 'main' of 'origin'").done();
        assert_eq!(hub.rev("main^"), tip);
        server.assert_healed(&["one.md"]);
        // The next hour has nothing to do.
        let healed = hub.rev("main");
        service.idhooks("schedule run hourly").ok().complains("nothing to heal").done();
        assert_eq!(hub.rev("main"), healed);
        // A person who rewrites the branch wanted that; what is only here is never given up.
        hub.run("config receive.denyNonFastForwards false");
        let person = &server.person;
        person.run("pull -q --rebase origin main");
        person.run("commit -q --amend -m rewritten");
        person.run("push -q -f origin main");
        service.idhooks("schedule run hourly").ok().done();
        assert_eq!(service.rev("HEAD"), person.rev("HEAD"));
        service.with("IDHOOKS", "0").commit_file("mine.md", text("mine"));
        let refused = service.idhooks("schedule run hourly").code(2);
        refused.complains("has commits that 'origin' does not have").done();
        assert!(service.exists("mine.md"));
        service.run("reset -q --hard origin/main");
        // Where it cannot reach the remote, or knows none, it says so.
        service.run("remote rename origin other");
        service.idhooks("schedule run hourly").code(2).complains("no remote 'origin'").done();
        service.run("remote add origin ../nowhere.git");
        service
            .idhooks("schedule run hourly")
            .code(2)
            .complains("cannot fetch branch 'main'")
            .done();
    });
}

#[test]
fn a_push_that_someone_overtakes_is_made_again_three_times_at_most() {
    for_each_git(|git| {
        let server = Server::new(git, "current");
        let Server { service, hub, .. } = &server;
        server.push_unseen("one.md");
        // A person pushes between the fetch and the push, twice.
        server.before_push(&format!("n=$(ls ../pushed* 2>/dev/null | wc -l)\n[ $n -ge 2 ] || {{ touch ../pushed$n; {PUSH}; }}"));
        let run = service.idhooks("schedule run hourly").ok();
        assert_eq!(run.stderr().matches("branch 'main' was pushed meanwhile").count(), 2);
        server.assert_healed(&["one.md", "0.md", "1.md"]);
        // Every time: the run gives up, and nothing of anyone is lost.
        server.push_unseen("two.md");
        server.before_push(&format!(
            "n=$(ls ../more* 2>/dev/null | wc -l)\ntouch ../more$n; n=more$n; {PUSH}"
        ));
        let refused = service.idhooks("schedule run hourly").code(2);
        refused.complains("others pushed to it 4 times meanwhile").done();
        for n in 0..4 {
            assert!(hub.ask("ls-tree --name-only main").contains(&format!("more{n}.md")));
        }
        std::fs::remove_file(service.path().join(".git/hooks/pre-push")).expect("a hook");
        service.idhooks("schedule run hourly").ok().done();
        server.assert_healed(&["two.md", "more0.md", "more3.md"]);
        // A server that refuses is no race: it is not tried again.
        server.push_unseen("three.md");
        let hook = hub.path().join("hooks/pre-receive");
        write_script(&hook, "#!/bin/sh\necho x >>../refused\nexit 1\n");
        service
            .idhooks("schedule run hourly")
            .code(2)
            .complains("cannot push to branch 'main'")
            .done();
        assert_eq!(std::fs::read(hub.path().join("../refused")).expect("a note"), b"x\n");
    });
}

#[test]
fn a_branch_of_its_own_follows_and_never_takes_the_commits_of_others() {
    for_each_git(|git| {
        let server = Server::new(git, "branch");
        let Server { service, hub, person, .. } = &server;
        hub.run("config receive.denyNonFastForwards false");
        for path in ["one.md", "two.md"] {
            server.push_unseen(path);
            let main = hub.rev("main");
            service
                .idhooks("schedule run hourly")
                .ok()
                .complains("branch 'idhooks/heal' of")
                .done();
            assert_eq!((hub.rev("main"), hub.rev("idhooks/heal^")), (main.clone(), main));
        }
        // Someone commits on the branch of the reconciler.
        person.run("fetch -q origin");
        person.run("checkout -q -b mine origin/idhooks/heal");
        person.commit_file("mine.md", text("mine"));
        person.run("push -q origin HEAD:idhooks/heal");
        person.run("checkout -q main");
        server.push_unseen("three.md");
        let heal = hub.rev("idhooks/heal");
        let refused = service.idhooks("schedule run hourly").code(2);
        refused.complains("has commits that idhooks did not make").done();
        assert_eq!(hub.rev("idhooks/heal"), heal);
    });
}

#[test]
fn people_who_push_all_the_time_lose_nothing() {
    for_each_git(|git| {
        let server = Server::new(git, "current");
        let (hub, service) = (&server.hub, &server.service);
        let names = ["ann", "bob", "cleo"];
        let people = names.map(|name| {
            server.person.run(["clone", "-q", "../hub.git", &format!("../{name}")]);
            server.person.beside(name).path().to_owned()
        });
        let is_over = AtomicBool::new(false);
        let path = service.search_path();
        let runs = std::thread::scope(|scope| {
            let workers: Vec<_> = people
                .iter()
                .zip(names)
                .enumerate()
                .map(|(seed, (dir, name))| {
                    let path = path.clone();
                    scope.spawn(move || work(dir, name, seed as u64, &path))
                })
                .collect();
            let is_over = &is_over;
            scope.spawn(move || {
                for worker in workers {
                    worker.join().expect("a person");
                }
                is_over.store(true, Ordering::SeqCst);
            });
            let mut runs = 0;
            while !is_over.load(Ordering::SeqCst) {
                // A run that was overtaken too often is no failure of anyone.
                let run = service.idhooks("schedule run hourly");
                assert!(matches!(run.exit(), Some(0..=2)), "{run}");
                runs += 1;
            }
            runs
        });
        assert!(runs > 0);
        let last = service.idhooks("schedule run hourly");
        assert!(matches!(last.exit(), Some(0 | 1)), "{last}");
        server.assert_healed(&[]);
        // The branch only ever moved forward, and has what each of them pushed.
        let log = hub.ask("reflog show --format=%H main");
        let log: Vec<&str> = log.lines().collect();
        for pair in log.windows(2) {
            hub.run(["merge-base", "--is-ancestor", pair[1], pair[0]]);
        }
        let subjects = hub.ask("log --format=%s main");
        for name in names {
            for n in 0..COMMITS {
                assert!(subjects.lines().any(|line| line == format!("{name} {n}")), "{name} {n}");
            }
        }
    });
}

/// How many commits each person pushes.
const COMMITS: usize = 5;

/// Commits without hooks, and pushes until that is accepted, as a person does.
fn work(dir: &std::path::Path, name: &str, seed: u64, path: &std::ffi::OsStr) {
    let mut dice = Dice::new(seed + 1);
    let git = |args: &[&str]| {
        let mut command = sealed("git", dir, dir);
        command.args(args).env("PATH", path);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), name);
            command.env(format!("GIT_{who}_EMAIL"), "x@example.org");
        }
        command.env("IDHOOKS", "0").output().expect("git runs")
    };
    for n in 0..COMMITS {
        for file in 0..=dice.roll(2) {
            let path = format!("{name}-{n}-{file}.md");
            std::fs::write(dir.join(&path), text(&path)).expect("writable");
        }
        if n > 0 && dice.roll(2) == 0 {
            let (from, to) = (format!("{name}-{}-0.md", n - 1), format!("{name}-{n}-moved.md"));
            let _ = std::fs::rename(dir.join(from), dir.join(to));
        }
        assert!(git(&["add", "-A"]).status.success());
        assert!(git(&["commit", "-q", "-m", &format!("{name} {n}")]).status.success());
        while !git(&["push", "-q", "origin", "HEAD:main"]).status.success() {
            let pulled = git(&["pull", "-q", "--rebase", "origin", "main"]);
            assert!(pulled.status.success(), "{}", String::from_utf8_lossy(&pulled.stderr));
        }
    }
}

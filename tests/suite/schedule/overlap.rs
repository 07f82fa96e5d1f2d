//! Two runs never overlap.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{at, reports};
use crate::common::on_adopted;

#[test]
fn the_second_leaves_its_job_to_the_first() {
    on_adopted(|repo| {
        let repo = at(repo, "2023-11-20T06:00:00Z");
        let pause = repo.root().join("pause");
        std::fs::create_dir_all(&pause).expect("a directory");
        repo.sh("mkfifo ../pause/reached ../pause/go").ok().done();
        let stopped = repo.with("IDHOOKS_PAUSE", pause.to_str().expect("plain"));
        let mut first = stopped
            .line("idhooks schedule run nightly")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("can be started");
        let reached = std::fs::File::open(pause.join("reached")).expect("a pipe");
        let mut line = String::new();
        BufReader::new(reached).read_line(&mut line).expect("readable");
        // It is somewhere in the middle now, and stays there.
        let who = format!("'idhooks schedule run nightly' (process {}", first.id());
        let told = repo.idhooks("schedule run weekly").ok();
        told.complains(&who).complains("is active and writes 'weekly' next").done();
        repo.idhooks("schedule run nightly").ok().complains(&who).done();
        repo.idhooks("schedule run --due").ok().complains(&who).done();
        let elsewhere = repo.idhooks("schedule run weekly --output ../out").ok();
        elsewhere.complains(&who).complains("nothing was written").done();
        assert!(!reports(&repo).join("nightly-2023-11-20.md").exists());
        // Nobody who commits waits for it.
        repo.run("config idhooks.lockTimeout 0");
        repo.commit_file("meanwhile.md", "meanwhile");
        repo.idhooks(["deprecate", &repo.id("meanwhile.md"), "--reason", "x"]).ok().done();
        repo.commit("deprecate");
        // A run that is killed keeps nobody from the next one, which does what was left.
        first.kill().expect("running");
        first.wait().expect("ends");
        repo.idhooks("schedule run nightly").ok().done();
        for name in ["nightly-2023-11-20.md", "weekly-2023-11-20.md"] {
            assert!(reports(&repo).join(name).exists(), "{name}");
        }
        assert!(!repo.exists(".git/idhooks/schedule/weekly.wanted"));
    });
}

#[test]
fn who_is_at_work_is_named_even_without_a_name() {
    on_adopted(|repo| {
        repo.idhooks("schedule run nightly").ok().done();
        let lock = repo.path().join(".git/idhooks/schedule/lock");
        let file = std::fs::File::options().write(true).open(&lock).expect("writable");
        file.lock().expect("free");
        file.set_len(0).expect("writable");
        repo.idhooks("schedule run monthly").ok().complains(" is active").done();
        drop(file);
        assert!(repo.exists(".git/idhooks/schedule/monthly.wanted"));
        // A process that another test starts may have the lock for another moment.
        while !repo.exists(".git/idhooks/schedule/monthly") {
            repo.idhooks("schedule run nightly").ok().done();
        }
        assert!(!repo.exists(".git/idhooks/schedule/monthly.wanted"));
    });
}

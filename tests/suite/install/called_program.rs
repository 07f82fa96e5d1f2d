//! How scripts, timers and units call idhooks.

use crate::install::fixture::{World, err, out, write};

#[test]
fn a_completion_script_calls_the_named_program() {
    World::each(|w| {
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            let script = |args: &[&str]| {
                let output = w.idhooks("repo", &[&["completions", shell], args].concat());
                assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
                out(&output)
            };
            let (own, named) = (script(&[]), script(&["--program", "idhooks"]));
            let path = w.program().display().to_string();
            assert!(own.contains(&path) && !named.contains(&path), "{named}");
            assert!(!named.contains(w.path("").to_str().expect("a plain name")), "{named}");
            assert!(script(&["--program", "/opt/a b/idhooks"]).contains("/opt/a b/idhooks"));
        }
        let output = w.idhooks("repo", &["completions", "bash", "--program", ""]);
        assert_eq!(output.status.code(), Some(2));
    });
}

#[cfg(all(feature = "automation", feature = "report"))]
#[test]
fn timers_and_units_call_the_named_program() {
    World::each(|w| {
        assert!(w.commit("repo", "a").status.success());
        for command in ["watch", "schedule"] {
            let unit = |program: &[&str]| {
                let args = [&[command, "install", "--systemd", "--dry-run"], program].concat();
                let mut command = w.command(&w.program(), "repo", &args);
                let output = command.env("XDG_CONFIG_HOME", w.path("home/.config")).output();
                let output = output.expect("it runs");
                (output.status.code(), out(&output) + &err(&output))
            };
            let own = format!("ExecStart=\"{}\" -C ", w.program().display());
            let (code, text) = unit(&[]);
            assert!(code == Some(0) && text.contains(&own), "{text}");
            // A path is one of the current directory, and its links stay.
            std::os::unix::fs::symlink(w.program(), w.path("link")).expect("writable");
            let (program, link) = (w.program(), w.path("link"));
            for (named, called) in [
                (program.as_path(), program.as_path()),
                ("../pro gram/idhooks".as_ref(), &program),
                ("../link".as_ref(), &link),
            ] {
                let (code, text) = unit(&["--program", named.to_str().expect("plain")]);
                let called = format!("ExecStart=\"{}\" -C ", called.display());
                assert!(code == Some(0) && text.contains(&called), "{text}");
            }
            std::fs::remove_file(link).expect("there");
            let (code, text) = unit(&["--program", "a\nb"]);
            assert!(code == Some(2) && text.contains("control characters"), "{text}");
        }
    });
}

/// The rules are those of 'install --program'.
#[cfg(all(feature = "automation", feature = "report"))]
#[test]
fn timers_and_units_call_only_an_idhooks_that_the_repository_accepts() {
    World::each(|w| {
        let rules = "requires = \">=98.0\"\nscope = \"260118\"\n";
        for (version, file) in [("98.0.0", "new"), ("97.0.0", "old")] {
            let script = format!("#!/bin/sh\necho 'idhooks {version}'\n");
            write(&w.path(file), script.as_bytes(), 0o755);
        }
        for keeper in [["schedule", "--systemd"], ["watch", "--systemd"], ["watch", "--launchd"]] {
            let install = |program: &str, more: &[&str]| {
                let args = [keeper[0], "install", keeper[1], "--dry-run", "--program", program];
                let output = w.idhooks("repo", &[&args, more].concat());
                (output.status.code(), err(&output))
            };
            let named = if keeper[1] == "--systemd" { "env" } else { "/usr/bin/env" };
            for program in ["/usr/bin/env", named] {
                let (code, text) = install(program, &[]);
                let refused = "/env' is not idhooks: with '--version', it does not print 'idhooks \
                               <version>'\nhint: name the path of idhooks: --program <path>\n";
                assert!(code == Some(2) && text.ends_with(refused), "{text}");
            }
            // Another machine may have another one there.
            assert_eq!(install("/usr/bin/env", &["--output", "../units"]).0, Some(0));
            write(&w.path("repo/idhooks.toml"), rules.as_bytes(), 0o644);
            assert_eq!(install("../new", &[]), (Some(0), String::new()));
            let (code, text) = install("../old", &[]);
            assert!(text.contains("idhooks.toml needs idhooks >=98.0, but '"), "{text}");
            assert!(code == Some(2) && text.contains("/old' is version 97.0.0\n"), "{text}");
            std::fs::remove_file(w.path("repo/idhooks.toml")).expect("there");
        }
    });
}

/// Nobody sees the error of a program that a timer or a unit cannot start.
#[cfg(all(feature = "automation", feature = "report"))]
#[test]
fn timers_and_units_refuse_programs_that_they_cannot_start() {
    World::each(|w| {
        let dir = w.path("pro gram").display().to_string();
        let install = |args: &[&str]| {
            let mut command = w.command(&w.program(), "repo", args);
            command.env("XDG_CONFIG_HOME", w.path("home/.config"));
            command.env("PATH", w.path_after(&dir));
            let output = command.output().expect("it runs");
            (output.status.code(), out(&output) + &err(&output))
        };
        std::fs::write(w.path("repo/plain"), "").expect("writable");
        // The machine may have an idhooks in '/usr/bin'.
        std::os::unix::fs::symlink("idhooks", w.path("pro gram/idhooks-here")).expect("writable");
        let repo = w.path("repo").display().to_string();
        let all = "/usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin";
        for (keeper, system, reason) in [
            (&["schedule", "install", "--systemd"], "systemd", format!("it only searches {all}")),
            (&["watch", "install", "--systemd"], "systemd", format!("it only searches {all}")),
            (&["schedule", "install", "--cron"], "cron", "it only searches /usr/bin, /bin".into()),
            (&["watch", "install", "--launchd"], "launchd", "it takes only absolute paths".into()),
        ] {
            let with = |more: &[&str]| install(&[&keeper[..], more].concat());
            for (named, path) in [
                ("./nothing", format!("{repo}/./nothing")),
                ("x/y", format!("{repo}/x/y")),
                ("/nowhere/idhooks", "/nowhere/idhooks".to_owned()),
                ("./plain", format!("{repo}/./plain")),
                ("..", w.path("").display().to_string()),
            ] {
                let path = path.replace("/./", "/");
                let refused = format!(
                    "error: '{}' is not a program that can be run\n\
                     hint: name the path of idhooks: --program <path>\n",
                    path.trim_end_matches('/')
                );
                assert_eq!(with(&["--program", named]), (Some(2), refused), "{keeper:?} {named}");
            }
            let refused = format!(
                "error: {system} does not find 'idhooks-here'\ncause: {reason}\n\
                 hint: name its path: --program '{dir}/idhooks-here'\n"
            );
            assert_eq!(with(&["--program", "idhooks-here"]), (Some(2), refused));
            let (code, text) = with(&["--program", "no-idhooks"]);
            assert_eq!(code, Some(2), "{text}");
            assert!(text.ends_with("hint: name the path of idhooks: --program <path>\n"), "{text}");
            assert!(!w.path("home/.config").exists() && !w.path("home/Library").exists());

            // A package brings the program later, and another machine has it elsewhere.
            for named in ["idhooks-here", "/nowhere/idhooks"] {
                let (code, text) = with(&["--output", "../units", "--program", named]);
                let warning =
                    format!("warning: on this machine, {system} would not find '{named}'\n");
                assert!(code == Some(0) && text.contains(&warning), "{text}");
                std::fs::remove_dir_all(w.path("units")).expect("written");
            }
            assert_eq!(with(&["--output", "../units", "--program", "./nothing"]).0, Some(2));
        }
    });
}

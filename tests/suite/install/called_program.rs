//! How scripts, timers and units call idhooks.

use crate::install::fixture::{World, err, out};

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
            for program in ["idhooks", "/opt/a b/idhooks"] {
                let (code, text) = unit(&["--program", program]);
                assert!(code == Some(0) && !text.contains(&own), "{text}");
                assert!(text.contains(&format!("ExecStart=\"{program}\" -C ")), "{text}");
            }
            let (code, text) = unit(&["--program", "a\nb"]);
            assert!(code == Some(2) && text.contains("control characters"), "{text}");
        }
    });
}

//! A program in a cache that was named all the same, and the advice about it.

use crate::install::fixture::{World, err, out};
use crate::install::program::{place, run};

#[test]
fn the_advice_about_a_program_in_a_cache_works() {
    World::each_lasting(|w| {
        w.commit_registry("repo");
        for (path, cache) in [
            ("c/uv/archive-v0/6Cl/bin/idhooks", "uv"),
            ("c/pnpm/dlx/x/1-2/node_modules/@idhooks/linux-x64/bin/idhooks", "pnpm dlx"),
            ("home/.cache/c539b568024c72c/bin/idhooks", "pipx run"),
        ] {
            let (cached, lasting) = (place(w, path), place(w, "own/idhooks"));
            // 'doctor' has no option '--program'.
            let fixed = run(w, &cached, &["doctor", "--fix"]);
            let hint = "hint: or name a program that stays: idhooks install --program <path>\n";
            assert!(err(&fixed).contains(hint), "{}", err(&fixed));

            let named = cached.display().to_string();
            let installed = run(w, &cached, &["-q", "install", "--program", &named]);
            assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
            let said = out(&run(w, &cached, &["doctor"]));
            let warning = format!("which is in the cache of {cache}\n");
            let advice = ", then: idhooks install --program <path of that idhooks>\n";
            assert!(said.contains(&warning) && said.contains(advice), "{said}");
            // Even if the idhooks in the cache is the one that runs.
            let lasting = lasting.display().to_string();
            let installed = run(w, &cached, &["-q", "install", "--program", &lasting]);
            assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
            let said = out(&run(w, &cached, &["doctor"]));
            assert!(said.contains(&format!("('{lasting}', ")) && !said.contains(advice), "{said}");
            assert_eq!(run(w, &cached, &["-q", "uninstall"]).status.code(), Some(0));
        }
    });
    // A repository in a temporary directory needs no program that stays.
    World::each(|w| {
        let cached = place(w, "c/uv/archive-v0/6Cl/bin/idhooks");
        assert_eq!(run(w, &cached, &["-q", "install"]).status.code(), Some(0));
        let said = out(&run(w, &cached, &["doctor"]));
        assert!(!said.contains("which is in the cache of"), "{said}");
    });
}

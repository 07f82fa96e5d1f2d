//! Configures how the program is linked on Linux.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::{env, fs, path::PathBuf};

/// Discards the unwinding tables, which are unused because a panic ends the process (see
/// src/panic.rs).
const NO_UNWINDING: &str = "SECTIONS {
  /DISCARD/ : { *(.eh_frame .eh_frame_hdr .gcc_except_table .gcc_except_table.*) }
} INSERT AFTER .text;
";

/// Merges functions with identical machine code, which makes the program 5 % smaller. lld, which
/// rustc ships on x86-64, supports this option; GNU ld rejects it.
const FOLD: &str = "-Wl,--icf=all";

/// Looks users up in a program that contains glibc, whose own functions are no use there.
const PASSWD: &str = "src/passwd.c";

/// Returns whether the linker used for this build accepts an option.
fn can_link_with(option: &str) -> bool {
    let variable = |name: &str| env::var_os(name).unwrap_or_default();
    let dir = PathBuf::from(variable("OUT_DIR"));
    let (source, program) = (dir.join("probe.rs"), dir.join("probe"));
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.arg(&source).arg("-o").arg(&program).arg("--target").arg(variable("TARGET"));
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut setting = OsString::from("linker=");
        setting.push(linker);
        rustc.arg("-C").arg(setting);
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.arg("-C").arg(format!("link-arg={option}")).stderr(Stdio::null());
    fs::write(&source, "fn main() {}").is_ok() && rustc.status().is_ok_and(|end| end.success())
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={PASSWD}");
    let has = |variable: &str, word: &str| env::var(variable).is_ok_and(|set| set.contains(word));
    if !has("CARGO_CFG_TARGET_OS", "linux") {
        return;
    }
    // The tests start the program tens of thousands of times, and relocating its 126,000 addresses
    // takes longer than running most commands. Release builds keep the linker's default or the
    // setting in .cargo/static.toml.
    if has("PROFILE", "debug") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    if has("CARGO_CFG_TARGET_ENV", "gnu") && has("CARGO_CFG_TARGET_FEATURE", "crt-static") {
        for object in cc::Build::new().file(PASSWD).compile_intermediates() {
            println!("cargo::rustc-link-arg-bins={}", object.display());
        }
        // Under names of their own: whether they or those of the C library come first depends on the
        // linker and on the profile.
        for name in ["getpwnam", "getpwuid_r"] {
            println!("cargo::rustc-link-arg-bins=-Wl,--wrap={name}");
        }
    }
    // Some linkers, such as mold, reject this script, so the tables are kept if a custom linker is
    // used.
    let is_own_linker = has("CARGO_ENCODED_RUSTFLAGS", "fuse-ld");
    if has("PROFILE", "release") && has("CARGO_CFG_TARGET_ENV", "gnu") && !is_own_linker {
        let script = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sections.ld");
        if fs::write(&script, NO_UNWINDING).is_ok() {
            println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
        }
        if can_link_with(FOLD) {
            println!("cargo::rustc-link-arg-bins={FOLD}");
        }
    }
}

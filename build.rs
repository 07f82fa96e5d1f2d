//! How the linker puts the program together on Linux.

use std::{env, fs, path::PathBuf};

/// Leaves out the tables of unwinding: a panic ends the process (see src/panic.rs).
const NO_UNWINDING: &str = "SECTIONS {
  /DISCARD/ : { *(.eh_frame .eh_frame_hdr .gcc_except_table .gcc_except_table.*) }
} INSERT AFTER .text;
";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let has = |variable: &str, word: &str| env::var(variable).is_ok_and(|set| set.contains(word));
    if !has("CARGO_CFG_TARGET_OS", "linux") {
        return;
    }
    // The tests start it tens of thousands of times, and relocating its 126,000 addresses takes longer
    // than most commands. A release has the linker's usual protection, or what .cargo/static.toml says.
    if has("PROFILE", "debug") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    // mold, for one, takes no such script; whoever chose a linker keeps the tables.
    let is_own_linker = has("CARGO_ENCODED_RUSTFLAGS", "fuse-ld");
    if has("PROFILE", "release") && has("CARGO_CFG_TARGET_ENV", "gnu") && !is_own_linker {
        let script = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sections.ld");
        if fs::write(&script, NO_UNWINDING).is_ok() {
            println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
        }
    }
}

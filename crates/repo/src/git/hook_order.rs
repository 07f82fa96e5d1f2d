//! The programs that run at an event, in order, and why one of them does not run.

use std::path::Path;

use super::HookStatus;
use super::hook_events::{self, Shape};
use super::hook_plan::{Hook, ObservedHook};
use crate::store::block;

/// One program that runs at an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// Its name, for people.
    pub name: String,
    /// Why it does not run, or does not run as it should.
    pub fault: Option<String>,
}

impl HookStatus {
    /// Returns the programs that run at the event, in order.
    pub fn chain(&self) -> Vec<ChainLink> {
        let mut links = Vec::new();
        if let Some(saved) = self.run_from() {
            links.extend(self.links(saved, "the existing hook"));
        }
        let owner = self.manager.map_or("the existing hook", |manager| manager.as_str());
        links.extend(self.links(&self.front, owner));
        if self.runs_idhooks && !self.front.has_ours() {
            links.push(ChainLink { name: format!("idhooks, called by {owner}"), fault: None });
        }
        links
    }

    fn links(&self, seen: &ObservedHook, owner: &str) -> Vec<ChainLink> {
        let (bytes, executable) = match &seen.hook {
            Hook::Absent => return Vec::new(),
            Hook::Other => return vec![ChainLink { name: owner.to_owned(), fault: None }],
            Hook::File { bytes, executable } => (bytes, *executable),
        };
        let file = seen.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let fault = start_fault(&file, bytes, executable);
        let Ok(Some(found)) = block::find(bytes) else {
            return vec![ChainLink { name: owner.to_owned(), fault }];
        };
        let first = match Shape::of(&found) {
            Shape::Block => Some(ChainLink { name: owner.to_owned(), fault: None }),
            Shape::Stub { .. } if seen.moved => Some(moved_aside(&seen.aside)),
            Shape::Stub { .. } => None,
        };
        let program = hook_events::program_of(&bytes[found.range]).unwrap_or_default();
        let gone =
            || format!("'{program}' no longer exists; the hook looks for idhooks on PATH instead");
        let fault = fault.or_else(|| (!Path::new(&program).is_file()).then(gone));
        first.into_iter().chain([ChainLink { name: "idhooks".to_owned(), fault }]).collect()
    }
}

fn moved_aside(path: &Path) -> ChainLink {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let fault = match Hook::read(path) {
        // The stub starts it as git would, and follows a link.
        Ok(Hook::Other) | Err(_) => None,
        Ok(Hook::Absent) => None,
        Ok(Hook::File { bytes, executable }) => start_fault(&name, &bytes, executable),
    };
    ChainLink { name, fault }
}

/// Returns why a hook cannot be started.
fn start_fault(name: &str, bytes: &[u8], executable: bool) -> Option<String> {
    if !executable {
        return Some(format!("'{name}' is not executable, so git does not run it"));
    }
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let interpreter = line.strip_prefix("#!")?;
    if interpreter.ends_with('\r') {
        return Some(format!("'{name}' has CRLF line endings, so it cannot run"));
    }
    let program = interpreter.split_whitespace().next()?;
    let gone = Path::new(program).is_absolute() && !Path::new(program).exists();
    // Git for Windows finds /bin/sh by itself.
    (gone && cfg!(unix)).then(|| format!("'{name}' needs '{program}', which does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_hooks_that_cannot_start() {
        let fault = |text: &str, executable| start_fault("x", text.as_bytes(), executable);
        assert_eq!(fault("#!/bin/sh\n", true), None);
        assert_eq!(fault("no interpreter", true), None);
        assert_eq!(fault("#!/usr/bin/env nothing-such\n", true), None);
        for (text, executable, expected) in [
            ("#!/bin/sh\n", false, "not executable"),
            ("#!/bin/sh\r\n", true, "CRLF"),
            ("#!/nowhere/perl -w\n", true, "'/nowhere/perl'"),
        ] {
            let found = fault(text, executable);
            assert!(found.as_ref().is_some_and(|f| f.contains(expected)), "{found:?}");
        }
    }
}

//! RAW_UUID: calls to functions that make UUIDs, and references to those functions.

use idhooks_core::check::Code;
use idhooks_python::{CallForm, DynamicName, NameUse, PythonCall};

use super::super::python_finding::PythonFinding;

/// The functions that make UUIDs, in the standard library and in the package `uuid6`, which
/// provides newer versions for older releases of Python.
pub(in super::super) const MAKERS: [&str; 10] = [
    "uuid.uuid1",
    "uuid.uuid3",
    "uuid.uuid4",
    "uuid.uuid5",
    "uuid.uuid6",
    "uuid.uuid7",
    "uuid.uuid8",
    "uuid6.uuid6",
    "uuid6.uuid7",
    "uuid6.uuid8",
];
/// The modules that contain functions that make UUIDs.
pub(in super::super) const UUID_MODULES: [&str; 2] = ["uuid", "uuid6"];

/// Finds calls and references to functions that make UUIDs in a file.
pub(in super::super) fn check(
    uses: &[NameUse<'_>],
    dynamic: &[DynamicName<'_>],
    hits: &mut Vec<PythonFinding>,
) {
    for found in uses {
        let Some((maker, is_exact)) = found.targets.iter().find_map(|target| maker(target)) else {
            continue;
        };
        hits.push(match found.call.filter(|_| is_exact) {
            Some(call) => of_call(maker, call),
            None => {
                let message = format!("'{}' refers to {maker}", found.written);
                PythonFinding::new(found.node, Code::RawUuid, "reference", message)
            }
        });
    }
    for found in dynamic {
        let is_it = |target: &String| UUID_MODULES.contains(&&**target) || maker(target).is_some();
        if let Some(target) = found.targets.iter().find(|target| is_it(target)) {
            let message = format!("'{target}' is looked up at run time");
            hits.push(PythonFinding::new(found.node, Code::RawUuid, "dynamic", message));
        }
    }
}

/// Returns the UUID function whose name a given name equals or begins with, and whether the two are
/// equal.
fn maker(target: &str) -> Option<(&'static str, bool)> {
    MAKERS.into_iter().find_map(|maker| match target.strip_prefix(maker)? {
        "" => Some((maker, true)),
        // A longer name, such as `uuid.uuid4_old`, is a different function.
        rest => rest.starts_with('.').then_some((maker, false)),
    })
}

fn of_call(maker: &str, call: PythonCall<'_>) -> PythonFinding {
    let (kind, how) = match call.form {
        CallForm::Bare => ("direct_uuid", ""),
        CallForm::Hex => ("direct_uuid", ", used as .hex"),
        CallForm::HexSlice => ("string_format", ", of which .hex[…] is used"),
        CallForm::Str => ("method_call", ", used as str()"),
        CallForm::StrSlice => ("method_call", ", of which str()[…] is used"),
    };
    let place = if call.is_in_fstring { " in an f-string" } else { "" };
    let message = format!("{maker} makes a raw UUID{how}{place}");
    PythonFinding::new(call.node, Code::RawUuid, kind, message)
}

//! DIRECT_ID_ACCESS and DEPRECATED_ID_CALL: attributes and functions by their names.

use idhooks_core::check::Code;

use super::super::hit::Hit;
use crate::python::{NameUse, PythonFile};

/// Finds uses of attributes.
pub(in super::super) fn check_attributes(
    file: &PythonFile<'_>,
    names: &[String],
    hits: &mut Vec<Hit>,
) {
    file.walk(&mut |path| {
        let [.., parent, node] = path else { return };
        let name = node.child_by_field_name("attribute").filter(|_| node.kind() == "attribute");
        let Some(name) = name.map(|name| file.text_of(name)) else { return };
        if names.iter().any(|known| known == name) {
            let is_target = matches!(parent.kind(), "assignment" | "augmented_assignment")
                && parent.child_by_field_name("left") == Some(*node);
            let (kind, verb) = if is_target { ("assignment", "set") } else { ("read", "read") };
            let message = format!("'{}' is {verb} directly", file.text_of(*node));
            hits.push(Hit::new(file, *node, (Code::DirectIdAccess, kind), message));
        }
    });
}

/// Finds calls of functions: by their last name, or by a dotted name.
pub(in super::super) fn check_calls(
    file: &PythonFile<'_>,
    names: &[String],
    uses: &[NameUse<'_>],
    hits: &mut Vec<Hit>,
) {
    for found in uses {
        let Some(call) = found.call else { continue };
        let spellings = || found.targets.iter().chain([&found.written]);
        let is_it = |name: &&String| match name.contains('.') {
            true => spellings().any(|spelling| spelling == *name),
            false => spellings().any(|spelling| spelling.rsplit('.').next() == Some(&***name)),
        };
        if let Some(name) = names.iter().find(is_it) {
            let message = format!("'{name}()' should no longer make identifiers");
            hits.push(Hit::new(file, call.node, (Code::DeprecatedIdCall, "call"), message));
        }
    }
}

//! Names computed at run time.

use ruff_python_ast::{AnyNodeRef, Expr, ExprCall};

use crate::imports::Imports;
use crate::tree::{Node, SyntaxTree};
use crate::uses::{dotted, string_value};

/// A name computed from constants at run time.
#[derive(Debug, Clone)]
pub struct DynamicName<'t> {
    /// The expression.
    pub node: Node<'t>,
    /// The dotted names that this name may refer to.
    pub targets: Vec<String>,
}

/// Returns the names computed from constants at run time: `getattr(a, "b")` and `__import__("a")`.
pub fn dynamic_names<'t>(tree: &'t SyntaxTree<'t>, imports: &Imports<'_>) -> Vec<DynamicName<'t>> {
    let mut found = Vec::new();
    for call in tree.nodes() {
        let AnyNodeRef::ExprCall(expr) = call.ast() else { continue };
        let Some(targets) = computed(imports, expr) else { continue };
        // The attributes that follow are part of the name.
        let (mut node, mut attributes) = (call, String::new());
        for parent in call.ancestors() {
            let AnyNodeRef::ExprAttribute(attribute) = parent.ast() else { break };
            attributes = format!("{attributes}.{}", attribute.attr.as_str());
            node = parent;
        }
        let targets = targets.into_iter().map(|target| target + &attributes).collect();
        found.push(DynamicName { node, targets });
    }
    found
}

/// Returns what a call to `getattr` or `__import__` may refer to.
fn computed(imports: &Imports<'_>, call: &ExprCall) -> Option<Vec<String>> {
    let parts = dotted((&*call.func).into())?;
    let arguments = &call.arguments.args;
    let string = |at: usize| string_value(arguments.get(at)?.into());
    let is_import_module =
        // Check this last, since most calls don't import anything.
        || imports.targets(&parts).iter().any(|name| name == "importlib.import_module");
    match &*parts.join(".") {
        "getattr" => {
            let (object, name) = (arguments.first()?, string(1)?);
            let objects = match object {
                // `getattr` calls may be nested.
                Expr::Call(inner) => computed(imports, inner)?,
                _ => imports.targets(&dotted(object.into())?),
            };
            let targets: Vec<_> = objects.iter().map(|object| format!("{object}.{name}")).collect();
            (!targets.is_empty()).then_some(targets)
        }
        "__import__" => string(0).map(|module| vec![module.to_owned()]),
        _ if is_import_module() => string(0).map(|module| vec![module.to_owned()]),
        _ => None,
    }
}

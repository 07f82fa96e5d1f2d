//! Names that are computed at run time.

use tree_sitter::Node;

use super::{Imports, PythonFile, chain, named_children};

/// A name that is computed at run time, from constants.
#[derive(Debug, Clone)]
pub struct DynamicName<'t> {
    /// The expression.
    pub node: Node<'t>,
    /// What it may mean, dotted.
    pub targets: Vec<String>,
}

impl PythonFile<'_> {
    /// Returns the names that are computed at run time: `getattr(a, "b")` and `__import__("a")`.
    pub fn dynamic_names<'t>(&'t self, imports: &Imports<'_>) -> Vec<DynamicName<'t>> {
        dynamic_names(self, imports)
    }
}

/// Returns the names that `getattr` and `__import__` compute from constants.
fn dynamic_names<'t>(file: &'t PythonFile<'_>, imports: &Imports<'_>) -> Vec<DynamicName<'t>> {
    let mut found = Vec::new();
    file.walk(&mut |path| {
        let Some((call, outer)) = path.split_last().filter(|(node, _)| node.kind() == "call")
        else {
            return;
        };
        let Some(targets) = computed(file, imports, *call) else { return };
        // The attributes that follow belong to the name.
        let (mut node, mut attributes) = (*call, String::new());
        for parent in outer.iter().rev() {
            let attribute = parent.child_by_field_name("attribute");
            match attribute.filter(|_| parent.child_by_field_name("object") == Some(node)) {
                Some(attribute) => attributes = format!("{attributes}.{}", file.text_of(attribute)),
                None => break,
            }
            node = *parent;
        }
        let targets = targets.into_iter().map(|target| target + &attributes).collect();
        found.push(DynamicName { node, targets });
    });
    found
}

/// Returns what a call of `getattr` or `__import__` may mean.
fn computed(file: &PythonFile<'_>, imports: &Imports<'_>, call: Node<'_>) -> Option<Vec<String>> {
    let parts = chain(file, call.child_by_field_name("function")?)?;
    let list =
        call.child_by_field_name("arguments").filter(|list| list.kind() == "argument_list")?;
    let arguments = named_children(list);
    let string = |at: usize| file.string_value(*arguments.get(at)?);
    let is_import_module =
        || imports.targets(&parts).iter().any(|name| name == "importlib.import_module");
    match &*parts.join(".") {
        "getattr" => {
            let (object, name) = (*arguments.first()?, string(1)?);
            let objects = match object.kind() {
                "call" => computed(file, imports, object)?,
                _ => imports.targets(&chain(file, object)?),
            };
            let targets: Vec<_> = objects.iter().map(|object| format!("{object}.{name}")).collect();
            (!targets.is_empty()).then_some(targets)
        }
        "__import__" => string(0).map(|module| vec![module]),
        _ if is_import_module() => string(0).map(|module| vec![module]),
        _ => None,
    }
}

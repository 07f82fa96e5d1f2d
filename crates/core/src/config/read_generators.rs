//! Reads `[[generators]]`, and checks that the rules fit together.

use std::collections::BTreeSet;

use super::config_error::ConfigError;
use super::declared_table::{ValueKind, ValueShape, declared};
use super::generators::{BuiltIn, Generator};
use super::output_pattern::OutputPattern;
use super::value::Value;

/// The `[[generators]]` rules.
pub(super) struct Generators;

impl ValueKind<Vec<Generator>> for Generators {
    fn read(&self, value: &Value<'_>) -> Result<Vec<Generator>, ConfigError> {
        read_generators(value)
    }

    fn shape(&self) -> ValueShape {
        let one = r#""oneOf": [{ "required": ["command"] }, { "required": ["builtin"] }]"#;
        ValueShape::Rules(declared::<Generator>(), one)
    }
}

/// Reads the rules in the order they appear in the file.
fn read_generators(value: &Value<'_>) -> Result<Vec<Generator>, ConfigError> {
    let mut read: Vec<(Generator, Value<'_>)> = Vec::new();
    for rule in value.array()? {
        let mut generator = Generator::default();
        rule.table("generators")?.read(&mut generator)?;
        check_rule(&generator, &rule)?;
        for (other, _) in &read {
            if other.name == generator.name {
                return Err(rule.error(format!("two generators have the name '{}'", other.name)));
            }
            let pairs = other
                .outputs
                .iter()
                .flat_map(|one| generator.outputs.iter().map(move |two| (one, two)));
            // Two generators that write the same file would overwrite each other's output.
            if let Some((one, two)) = pairs.into_iter().find(|(one, two)| one.overlaps(two)) {
                let (one, two, name) = (one.as_str(), two.as_str(), &other.name);
                let mut error = rule.error(format!(
                    "'{two}', an output of generator '{}', is an output of generator '{name}' too ('{one}')",
                    generator.name
                ));
                error.hint = Some("give each generator outputs of its own".to_owned());
                return Err(error);
            }
        }
        read.push((generator, rule));
    }
    check_order(&read)?;
    Ok(read.into_iter().map(|(generator, _)| generator).collect())
}

/// Rejects cycles in `after`, and names in it that do not belong to any generator.
fn check_order(read: &[(Generator, Value<'_>)]) -> Result<(), ConfigError> {
    let find = |name: &str| read.iter().find(|(generator, _)| generator.name == name);
    for (generator, rule) in read {
        // Without this check, a misspelled name would silently make the generators run in the wrong
        // order.
        if let Some(unknown) = generator.after.iter().find(|name| find(name).is_none()) {
            let mut error = rule.error(format!(
                "generator '{}' runs after '{unknown}', which does not exist",
                generator.name
            ));
            let names: Vec<&str> = read.iter().map(|(one, _)| &*one.name).collect();
            error.hint = Some(super::value::nearest(unknown, &names));
            return Err(error);
        }
    }
    let mut done = BTreeSet::new();
    for (generator, rule) in read {
        let mut way: Vec<&str> = Vec::new();
        if let Some(cycle) = find_cycle(&generator.name, &find, &mut way, &mut done) {
            let mut error =
                rule.error(format!("generators run after each other in a cycle: {cycle}"));
            error.hint = Some("remove one of these names from 'after'".to_owned());
            return Err(error);
        }
    }
    Ok(())
}

/// Returns the cycle that is reached by following this generator's predecessors, if there is one.
fn find_cycle<'g>(
    name: &'g str,
    find: &impl Fn(&str) -> Option<&'g (Generator, Value<'g>)>,
    way: &mut Vec<&'g str>,
    done: &mut BTreeSet<&'g str>,
) -> Option<String> {
    if let Some(start) = way.iter().position(|one| *one == name) {
        return Some([&way[start..], &[name]].concat().join(" -> "));
    }
    // Several generators may share predecessors, which need to be visited only once.
    if done.contains(name) {
        return None;
    }
    way.push(name);
    let (generator, _) = find(name)?;
    let found = generator.after.iter().find_map(|before| find_cycle(before, find, way, done));
    way.pop();
    done.insert(name);
    found
}

/// Rejects a rule that is incomplete or whose values contradict each other.
fn check_rule(generator: &Generator, rule: &Value<'_>) -> Result<(), ConfigError> {
    let Generator { name, outputs, command, built_in, .. } = generator;
    if name.is_empty() {
        return Err(rule.lacks("generators", "name"));
    }
    let refuse = |what: &str| Err(rule.error(format!("generator '{name}' {what}")));
    match (!command.is_empty(), built_in.is_some()) {
        (true, true) => return refuse("has both 'command' and 'builtin'"),
        (false, false) => return refuse("lacks 'command' or 'builtin'"),
        (true, false) | (false, true) => {}
    }
    let Some(first) = outputs.first() else { return refuse("lacks 'output'") };
    let fields = |output: &OutputPattern| output.fields().cloned().collect::<BTreeSet<_>>();
    // Every output is written once for each group of records, so all outputs must contain the same
    // fields.
    if outputs.iter().any(|output| fields(output) != fields(first)) {
        return refuse("has outputs with different fields in braces");
    }
    let twice = |n: usize| outputs[..n].iter().any(|other| other.overlaps(&outputs[n]));
    if (1..outputs.len()).any(twice) {
        return refuse("has the same output twice");
    }
    if built_in.is_some() && outputs.len() > 1 {
        return refuse("has several outputs, but 'builtin' writes one");
    }
    if generator.is_stamped && *built_in == Some(BuiltIn::Csv) {
        return refuse("has 'stamp', but CSV has no place for it");
    }
    if generator.fields.is_empty() {
        return refuse("has no 'fields'; for no records at all: inputs = { ids = [] }");
    }
    Ok(())
}

#[cfg(test)]
mod tests;

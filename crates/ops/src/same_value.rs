//! Whether two JSON values are the same, regardless of formatting.

use idhooks_core::registry::Json;

/// Returns whether two JSON values are the same: 3 and 3.0 are the same number, and neither
/// whitespace nor key order matters. By contrast, `==` also compares how numbers are written.
pub(crate) fn is_same_value(one: &Json, other: &Json) -> bool {
    match (&*one.expanded(), &*other.expanded()) {
        (Json::Number(one), Json::Number(other)) => decimal(one) == decimal(other),
        (Json::Array(one), Json::Array(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| is_same_value(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            // Objects are sorted by key, so their members can be compared in pairs.
            let mut pairs = one.iter().zip(other);
            one.len() == other.len()
                && pairs.all(|((key, one), (name, other))| key == name && is_same_value(one, other))
        }
        (one, other) => one == other,
    }
}

/// Returns a number's sign, its digits without leading or trailing zeros, and the exponent of the
/// last digit; `None` if the exponent is too long.
fn decimal(literal: &str) -> Option<(bool, String, i64)> {
    let is_negative = literal.starts_with('-');
    let literal = literal.trim_start_matches('-');
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // Compares digits and exponents: writing out 1e999999999 would exhaust memory.
    let all = format!("{whole}{fraction}");
    let digits = all.trim_end_matches('0');
    let zeros = i64::try_from(all.len() - digits.len()).ok()?;
    let digits = digits.trim_start_matches('0');
    // All zeros are equal, whatever their sign and exponent.
    if digits.is_empty() {
        return Some((false, String::new(), 0));
    }
    let places = i64::try_from(fraction.len()).ok()?;
    let exponent = exponent.parse::<i64>().ok()?.checked_add(zeros - places)?;
    Some((is_negative, digits.to_owned(), exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_not_spellings() {
        let same = |one: &str, other: &str| {
            let parse = |text| Json::parse(text).expect("valid");
            is_same_value(&parse(one), &parse(other))
        };
        for (one, other) in [
            ("3", "3.0"),
            ("-300", "-3e2"),
            ("0.03", "3E-2"),
            ("0", "-0.0e7"),
            ("[1, {\"a\": 2.0, \"b\": []}]", "[1.0,{\"b\":[ ],\"a\":2}]"),
            ("null", " null"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("3", "-3"),
            ("9007199254740993", "9007199254740992"),
            ("1", "10"),
            ("1", "\"1\""),
            ("[1,2]", "[1]"),
            ("{\"a\":1}", "{\"b\":1}"),
            ("true", "false"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}

//! Lowercase hexadecimal text.

/// Returns the bytes as two lowercase digits each.
pub fn encode(bytes: &[u8]) -> String {
    let mut digits = vec![0; 2 * bytes.len()];
    write(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// Writes the bytes as two lowercase digits each.
pub(super) fn write(bytes: &[u8], digits: &mut [u8]) {
    for (pair, byte) in digits.chunks_mut(2).zip(bytes) {
        pair[0] = LOWERCASE[usize::from(byte >> 4)];
        pair[1] = LOWERCASE[usize::from(byte & 15)];
    }
}

/// Returns the bytes of lowercase hexadecimal text; `None` if it is not valid.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| Some(DIGITS[usize::from(b)]).filter(|digit| *digit != ODD);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

const LOWERCASE: &[u8; 16] = b"0123456789abcdef";

/// The value of each byte as a digit; `ODD` for other bytes.
const DIGITS: [u8; 256] = {
    let mut digits = [ODD; 256];
    let mut n = 0;
    while n < 16 {
        digits[LOWERCASE[n] as usize] = n as u8;
        n += 1;
    }
    digits
};
const ODD: u8 = 0xff;

/// Parses a number of 16 lowercase digits.
pub fn number(digits: &[u8; 16]) -> Option<u64> {
    let mut found = 0;
    let number = digits.iter().fold(0, |number, byte| {
        let digit = DIGITS[usize::from(*byte)];
        found |= digit;
        number << 4 | u64::from(digit & 15)
    });
    (found != ODD).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_lower_case_digits() {
        assert_eq!(number(b"0123456789abcdef"), Some(0x0123_4567_89ab_cdef));
        for odd in
            [b"0123456789abcdeg", b"0123456789ABCDEF", b"/123456789abcde:", b"0123456789abcd`f"]
        {
            assert_eq!(number(odd), None);
        }
    }
}

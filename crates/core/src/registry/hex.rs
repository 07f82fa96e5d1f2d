//! Encodes and decodes lowercase hexadecimal text.

/// Returns each byte as two lowercase hexadecimal digits.
pub fn encode(bytes: &[u8]) -> String {
    let mut digits = vec![0; 2 * bytes.len()];
    write(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

/// Writes each byte as two lowercase hexadecimal digits.
pub(super) fn write(bytes: &[u8], digits: &mut [u8]) {
    for (pair, byte) in digits.chunks_mut(2).zip(bytes) {
        pair[0] = LOWERCASE[usize::from(byte >> 4)];
        pair[1] = LOWERCASE[usize::from(byte & 15)];
    }
}

/// Decodes lowercase hexadecimal text; `None` if it is invalid.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

const LOWERCASE: &[u8; 16] = b"0123456789abcdef";

/// Parses a number with exactly 16 lowercase digits.
pub fn number(digits: &[u8; 16]) -> Option<u64> {
    let (head, tail) = digits.split_first_chunk()?;
    Some(eight_digits(*head)? << 32 | eight_digits(*tail.first_chunk()?)?)
}

/// Parses eight lowercase digits at once, because registries contain many of them.
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // All eight digits are checked and converted in parallel, each in its own byte.
    let text = u64::from_be_bytes(digits);
    // A digit's high half is 3. A letter's high half is 6, and its low half is 1 to 6.
    let letters = text >> 6 & ONES;
    let values = (text & (0x0f * ONES)) + 9 * letters;
    let above_nine = (values + 6 * ONES) >> 4 & ONES;
    let high = text & (0xf0 * ONES);
    if high != 0x30 * (ONES + letters) || values & (0xf0 * ONES) != 0 || above_nine != letters {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some((fours | fours >> 16) & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_lower_case_digits() {
        assert_eq!(number(b"0123456789abcdef"), Some(0x0123_4567_89ab_cdef));
        for place in 0..16 {
            for byte in 0..=u8::MAX {
                let mut text = *b"0123456789abcdef";
                text[place] = byte;
                let digit = char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
                let shift = 4 * (15 - place);
                let rest = 0x0123_4567_89ab_cdef & !(0xf << shift);
                assert_eq!(number(&text), digit.map(|digit| rest | u64::from(digit) << shift));
            }
        }
    }
}

//! Integers of any length in decimal, as JavaScript's tools write them.

/// What one step of the conversions divides or multiplies by; its square fits 64 bits.
const CHUNK: u64 = 1_000_000_000;
/// Decimal digits of a chunk.
const CHUNK_DIGITS: usize = 9;

/// A big-endian integer in decimal, without leading zeros.
pub fn encode(big_endian: &[u8]) -> String {
    let mut rest = big_endian.to_vec();
    let mut chunks = Vec::new();
    while rest.iter().any(|byte| *byte != 0) {
        let mut remainder = 0;
        for byte in &mut rest {
            let value = remainder * 256 + u64::from(*byte);
            // The remainder is below `CHUNK`, so the quotient is below 256.
            *byte = (value / CHUNK) as u8;
            remainder = value % CHUNK;
        }
        chunks.push(remainder);
    }
    let Some(first) = chunks.pop() else {
        return "0".into();
    };
    let mut out = first.to_string();
    for chunk in chunks.iter().rev() {
        out.push_str(&format!("{chunk:0CHUNK_DIGITS$}"));
    }
    out
}

/// The big-endian bytes of a decimal integer; `None` if it has characters other than digits, none at all, or needs more
/// bytes.
pub fn decode<const N: usize>(decimal: &str) -> Option<[u8; N]> {
    if decimal.is_empty() {
        return None;
    }
    let mut out = [0u8; N];
    for digit in decimal.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in out.iter_mut().rev() {
            let value = u32::from(*byte) * 10 + carry;
            *byte = (value & 0xff) as u8;
            carry = value >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(out)
}

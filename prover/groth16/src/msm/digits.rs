//! Scalars in signed digits.

use crate::{
    arithmetic::constants::{at_least, minus, R},
    parallel::{current_num_threads, prelude::*},
};

/// Widest window: digits are kept in 16 bits.
pub const WIDEST: u32 = 15;

/// The digits of many scalars, window after window: `s = Σ digit_k·2^(width·k)` with `|digit| <= 2^(width-1)`.
pub struct Digits {
    /// Bits of a window.
    pub width: u32,
    /// Number of scalars.
    pub count: usize,
    digits: Vec<i16>,
}

impl Digits {
    /// Number of windows of a width: a scalar of 254 bits (see [`Digits::new`]) and a carry.
    pub fn windows(width: u32) -> usize {
        255usize.div_ceil(width as usize)
    }

    /// Cuts scalars (canonical words) into digits. A scalar above `r/2` is taken as minus its complement, so that all
    /// have 254 bits, and small negative ones few.
    pub fn new(scalars: &[[u64; 4]], width: u32) -> Self {
        let windows = Self::windows(width);
        let count = scalars.len();
        let mut digits = vec![0i16; windows * count];
        let chunk = count.div_ceil(current_num_threads() * 4).max(1);
        // Each task gets its part of every window.
        let mut parts: Vec<Vec<&mut [i16]>> = (0..count.div_ceil(chunk))
            .map(|_| Vec::with_capacity(windows))
            .collect();
        for window in digits.chunks_mut(count.max(1)) {
            for (part, slice) in parts.iter_mut().zip(window.chunks_mut(chunk)) {
                part.push(slice);
            }
        }
        parts
            .par_iter_mut()
            .zip(scalars.par_chunks(chunk))
            .for_each(|(part, scalars)| {
                for (i, scalar) in scalars.iter().enumerate() {
                    recode(scalar, width, |window, digit| part[window][i] = digit);
                }
            });
        Self { width, count, digits }
    }

    /// The digits of one window.
    pub fn window(&self, k: usize) -> &[i16] {
        &self.digits[k * self.count..(k + 1) * self.count]
    }
}

/// Hands out the digits of a scalar that are not zero.
#[inline(always)]
pub fn recode(scalar: &[u64; 4], width: u32, mut put: impl FnMut(usize, i16)) {
    if *scalar == [0; 4] {
        return;
    }
    let complement = minus(&R, scalar);
    let negative = !at_least(&complement, scalar);
    let mut words = if negative { complement } else { *scalar };
    let (mask, half) = ((1u64 << width) - 1, 1i32 << (width - 1));
    let mut window = 0;
    let mut carry = 0;
    while words != [0; 4] || carry != 0 {
        let mut digit = (words[0] & mask) as i32 + carry;
        for i in 0..3 {
            words[i] = words[i] >> width | words[i + 1] << (64 - width);
        }
        words[3] >>= width;
        carry = (digit > half) as i32;
        digit -= carry << width;
        if digit != 0 {
            put(window, if negative { -digit as i16 } else { digit as i16 });
        }
        window += 1;
    }
}

//! Scalars in signed digits.

use crate::{
    arithmetic::{
        constants::{at_least, minus, R},
        Field,
    },
    curve::Xyzz,
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

    /// The whole sum from those of the windows, the lowest first.
    pub fn total<F: Field>(&self, sums: impl DoubleEndedIterator<Item = Xyzz<F>>) -> Xyzz<F> {
        let mut total = Xyzz::INFINITY;
        for sum in sums.rev() {
            for _ in 0..self.width {
                total = total.double();
            }
            total.add(&sum);
        }
        total
    }
}

/// Hands out the digits of a scalar that are not zero.
///
/// With half a window added to every window but the last, each window of the sum holds its digit plus one half, and no
/// digit waits for the one below it.
#[inline(always)]
pub fn recode(scalar: &[u64; 4], width: u32, mut put: impl FnMut(usize, i16)) {
    if *scalar == [0; 4] {
        return;
    }
    let complement = minus(&R, scalar);
    let negative = !at_least(&complement, scalar);
    let words = if negative { complement } else { *scalar };
    let top = words.iter().rposition(|word| *word != 0).unwrap_or(0);
    let bits = 64 * (top as u32 + 1) - words[top].leading_zeros();
    // With two bits to spare nothing is carried beyond the last of these windows.
    let windows = Digits::windows(width).min(((bits + 1) / width + 1) as usize);
    let (mask, half) = ((1u64 << width) - 1, 1u64 << (width - 1));
    // One word more, so that a window may lie across the end.
    let mut sum = [words[0], words[1], words[2], words[3], 0];
    let mut carry = 0;
    for (sum, half) in sum.iter_mut().zip(&HALVES[width as usize][windows - 1]) {
        let t = u128::from(*sum) + u128::from(*half) + carry;
        *sum = t as u64;
        carry = t >> 64;
    }
    for window in 0..windows {
        let bit = window as u32 * width;
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        let digit = (sum[word] >> shift | sum[word + 1] << 1 << (63 - shift)) & mask;
        let digit = digit as i32 - if window + 1 < windows { half as i32 } else { 0 };
        if digit != 0 {
            put(window, if negative { -digit as i16 } else { digit as i16 });
        }
    }
}

/// Most windows of any width: of three bits.
const MOST: usize = 85;

/// For each width and number of windows half a window in each of them, in words.
static HALVES: [[[u64; 4]; MOST]; WIDEST as usize + 1] = {
    let mut out = [[[0; 4]; MOST]; WIDEST as usize + 1];
    let mut width = 3;
    while width <= WIDEST {
        let mut windows = 1;
        while windows < MOST && windows as u32 * width <= 256 {
            let mut words = out[width as usize][windows - 1];
            let bit = windows as u32 * width - 1;
            words[(bit / 64) as usize] |= 1 << (bit % 64);
            out[width as usize][windows] = words;
            windows += 1;
        }
        width += 1;
    }
    out
};

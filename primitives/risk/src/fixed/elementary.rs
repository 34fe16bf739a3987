//! Exponential, logarithm and square root (R-FIXED).

use super::{Fixed, FixedError, FRACTION_BITS};

/// ln 2 in 2^-120.
const LN2: i128 = 921_350_637_599_661_305_226_344_307_672_478_455;
/// Fraction bits of [`LN2`].
const LN2_BITS: u32 = 120;
/// ln 2 in 2^-64.
const LN2_FIXED: i128 = (LN2 + (1 << (LN2_BITS - FRACTION_BITS - 1))) >> (LN2_BITS - FRACTION_BITS);
/// Terms of the exponential series: `(ln 2 / 2)^20 / 20!` is below 2^-91.
const EXP_TERMS: i128 = 19;
/// Whole part from which `e^x` does not fit, with a wide margin; what fits is decided by the result.
const EXP_MAX: i128 = 64 << FRACTION_BITS;
/// Terms of the series of the logarithm after the first: `(5/29)^29 / 29` is below 2^-78.
const LN_TERMS: usize = 13;
/// `1 / (2k + 3)` in 2^-64, rounded down.
const ODD_RECIPROCALS: [u64; LN_TERMS] = {
    let mut out = [0u64; LN_TERMS];
    let mut k = 0;
    while k < LN_TERMS {
        out[k] = ((1u128 << 64) / (2 * k as u128 + 3)) as u64;
        k += 1;
    }
    out
};

/// Product of two fractions in 2^-64, rounded down: the factors are below 2^64, so the product fits and its top half is
/// a `u64`.
fn fraction(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 64) as u64
}

/// `a · 2^k` has its top bit at bit 63, with that `k`; `None` for zero.
fn normalised(a: u128) -> Option<(u64, i32)> {
    if a == 0 {
        return None;
    }
    let shift = a.leading_zeros();
    // The top bit is at 127; what is below bit 64 is rounded down.
    let top = ((a << shift) >> 64) as u64;
    Some((top, shift as i32 - 64))
}

/// `ln(n/d)`, both positive.
fn ln_of_ratio(n: u128, d: u128) -> Result<Fixed, FixedError> {
    let ((n, up_n), (d, up_d)) = normalised(n).zip(normalised(d)).ok_or(FixedError::Domain)?;
    let (mut n, mut d) = (u128::from(n), u128::from(d));
    // n/d = (n'/d') · 2^power, where n'/d' is between 1/2 and 2; move it to between 12/17 and 17/12.
    let mut power = up_d - up_n;
    if n * 12 > d * 17 {
        d *= 2;
        power += 1;
    } else if d * 12 > n * 17 {
        n *= 2;
        power -= 1;
    }
    // ln m = 2 artanh z, z = (m - 1)/(m + 1), |z| <= 5/29. The smaller of the two is below 2^64 and the difference at
    // most 5/12 of it: the shift fits, and z fits 64 bits.
    let z = ((n.abs_diff(d) << 64) / (n + d)) as u64;
    let square = fraction(z, z);
    // z² · (1/3 + z²·(1/5 + ..)): below 1/90, so no sum here can overflow.
    let series = ODD_RECIPROCALS
        .iter()
        .rev()
        .fold(0u64, |acc, r| fraction(square, r.saturating_add(acc)));
    let half = i128::from(z) + i128::from(fraction(z, series));
    let whole = (i128::from(power) * LN2 + (1 << (LN2_BITS - FRACTION_BITS - 1))) >> (LN2_BITS - FRACTION_BITS);
    Ok(Fixed::from_raw(if n < d { whole - 2 * half } else { whole + 2 * half }))
}

/// `floor(sqrt(x) · 2^(shift/2))` for an even `shift`, from the top bits of `x`.
fn sqrt_scaled(x: u128, shift: i32) -> Option<u128> {
    if x == 0 {
        return Some(0);
    }
    // As many bits as there is room for, an even number: the root then has 63 or 64.
    let room = x.leading_zeros() as i32 & !1;
    let root = (x << room).isqrt();
    let up = (shift - room) / 2;
    if up >= 0 {
        root.checked_mul(1u128.checked_shl(up.unsigned_abs())?)
    } else {
        Some(root.checked_shr(up.unsigned_abs()).unwrap_or(0))
    }
}

impl Fixed {
    /// `e^x`: error at most 2^-60 of the value, and 1.
    ///
    /// # Errors
    /// [`FixedError::Overflow`] from about 43.7.
    pub fn exp(self) -> Result<Self, FixedError> {
        if self.0 <= -EXP_MAX {
            return Ok(Self::ZERO);
        }
        if self.0 >= EXP_MAX {
            return Err(FixedError::Overflow);
        }
        // |x| < 64: k is at most 93, k·LN2 below 2^127, and r within ln 2 / 2 of zero.
        let mut power = self.0 / LN2_FIXED;
        if (self.0 - power * LN2_FIXED).abs() > LN2_FIXED / 2 {
            power += self.0.signum();
        }
        let rest = Self(self.0 - ((power * LN2) >> (LN2_BITS - FRACTION_BITS)));
        let mut sum = Self::ONE;
        let mut n = EXP_TERMS;
        while n > 0 {
            // |rest| < 1 and the sum is below 2: the division is by at most EXP_TERMS and never by zero.
            sum = Self::ONE.add(Self(sum.mul(rest)?.0 / n))?;
            n -= 1;
        }
        if power >= 0 {
            return Ok(Self(sum.0.checked_mul(1i128 << power).ok_or(FixedError::Overflow)?));
        }
        // `power` is above -94.
        Ok(Self(sum.0 >> -power))
    }

    /// The natural logarithm: error at most 2^-60.
    ///
    /// # Errors
    /// [`FixedError::Domain`] if the number is not positive.
    pub fn ln(self) -> Result<Self, FixedError> {
        if self.0 <= 0 {
            return Err(FixedError::Domain);
        }
        ln_of_ratio(self.0.unsigned_abs(), Self::ONE.0.unsigned_abs())
    }

    /// `ln(n/d)` without rounding the quotient: error at most 2^-60.
    ///
    /// # Errors
    /// [`FixedError::Domain`] if one of them is zero.
    pub fn ln_ratio(n: u64, d: u64) -> Result<Self, FixedError> {
        ln_of_ratio(n.into(), d.into())
    }

    /// The square root: error at most 2^-62 of the value, and 1.
    ///
    /// # Errors
    /// [`FixedError::Domain`] if the number is negative.
    pub fn sqrt(self) -> Result<Self, FixedError> {
        let x = u128::try_from(self.0).map_err(|_| FixedError::Domain)?;
        // sqrt(x·2^-64) = sqrt(x)·2^32 in 2^-64.
        let root = sqrt_scaled(x, 64).ok_or(FixedError::Overflow)?;
        Self::signed(false, root)
    }

    /// `sqrt(n/d)` for a `d` that is a power of two times a number below 2^60: error at most 2^-60 of the value, and 1.
    ///
    /// # Errors
    /// [`FixedError::DivisionByZero`]; [`FixedError::Overflow`] if the root does not fit.
    pub fn sqrt_ratio(n: u128, d: u128) -> Result<Self, FixedError> {
        if d == 0 {
            return Err(FixedError::DivisionByZero);
        }
        if n == 0 {
            return Ok(Self::ZERO);
        }
        // The quotient in 2^-(up + down), with as many bits as there is room for; both shifts are even and below 128.
        let (up, down) = (n.leading_zeros() & !1, d.trailing_zeros() & !1);
        let quotient = (n << up) / (d >> down);
        // sqrt(quotient · 2^-(up + down)) in 2^-64.
        let shift = 128 - up as i32 - down as i32;
        let root = sqrt_scaled(quotient, shift).ok_or(FixedError::Overflow)?;
        Self::signed(false, root)
    }
}

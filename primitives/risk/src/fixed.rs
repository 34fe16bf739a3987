//! Deterministic fixed point: signed 128 bits, the low 64 of them fraction (R-FIXED).
//!
//! Integers only, so that every validator, the sequencer and the witness builder compute the same bits. Every operation
//! is checked; the error of each is stated where it is defined, in units of 2^-64 unless it says otherwise.

mod elementary;
mod nodes;
mod normal;

/// Fraction bits of [`Fixed`].
pub const FRACTION_BITS: u32 = 64;
/// Bits of a half of a [`Fixed`].
const HALF: u32 = 64;
const LOW: u128 = u64::MAX as u128;

/// A number in units of 2^-64, from -2^63 to almost 2^63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed(i128);

/// Why a number cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FixedError {
    /// The result does not fit.
    #[error("a fixed-point number overflows")]
    Overflow,
    /// The divisor is zero.
    #[error("division of a fixed-point number by zero")]
    DivisionByZero,
    /// A logarithm of a number that is not positive, or a root of a negative one.
    #[error("the function is not defined there")]
    Domain,
}

impl Fixed {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(1 << FRACTION_BITS);

    /// The number `raw · 2^-64`.
    pub const fn from_raw(raw: i128) -> Self {
        Self(raw)
    }

    /// The number in 2^-64.
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// A whole number, exactly.
    pub const fn from_int(n: i64) -> Self {
        // 63 bits and a sign, shifted up by 64 bits: never more than 128.
        Self((n as i128) << FRACTION_BITS)
    }

    /// A size in 2^-64 with a sign.
    fn signed(negative: bool, size: u128) -> Result<Self, FixedError> {
        let size = i128::try_from(size).map_err(|_| FixedError::Overflow)?;
        // `size` is not negative, so its negation exists.
        Ok(Self(if negative { -size } else { size }))
    }

    /// `n / d`, nearest.
    ///
    /// # Errors
    /// [`FixedError::DivisionByZero`], [`FixedError::Overflow`].
    pub fn from_ratio(n: i64, d: i64) -> Result<Self, FixedError> {
        Self::from_int(n).div(Self::from_int(d))
    }

    /// Sum, exact.
    ///
    /// # Errors
    /// [`FixedError::Overflow`].
    // The names are those of the operators; operators cannot fail.
    #[allow(clippy::should_implement_trait)]
    pub fn add(self, other: Self) -> Result<Self, FixedError> {
        self.0.checked_add(other.0).map(Self).ok_or(FixedError::Overflow)
    }

    /// Difference, exact.
    ///
    /// # Errors
    /// [`FixedError::Overflow`].
    #[allow(clippy::should_implement_trait)]
    pub fn sub(self, other: Self) -> Result<Self, FixedError> {
        self.0.checked_sub(other.0).map(Self).ok_or(FixedError::Overflow)
    }

    /// Negation, exact.
    ///
    /// # Errors
    /// [`FixedError::Overflow`] for the smallest number.
    #[allow(clippy::should_implement_trait)]
    pub fn neg(self) -> Result<Self, FixedError> {
        self.0.checked_neg().map(Self).ok_or(FixedError::Overflow)
    }

    /// Half, rounded down; the error is at most 1/2.
    pub const fn half(self) -> Self {
        Self(self.0 >> 1)
    }

    /// Product, nearest (halves away from zero); the error is at most 1/2.
    ///
    /// # Errors
    /// [`FixedError::Overflow`].
    #[allow(clippy::should_implement_trait)]
    pub fn mul(self, other: Self) -> Result<Self, FixedError> {
        let (a, b) = (self.0.unsigned_abs(), other.0.unsigned_abs());
        let ((a1, a0), (b1, b0)) = ((a >> HALF, a & LOW), (b >> HALF, b & LOW));
        // Factors below 2^64 each: no product overflows. `high` is below 2^126 and counts in 2^0.
        let (high, cross, crossed, low) = (a1 * b1, a1 * b0, a0 * b1, a0 * b0);
        let size = high
            .checked_mul(1 << HALF)
            .and_then(|x| x.checked_add(cross))
            .and_then(|x| x.checked_add(crossed))
            .and_then(|x| x.checked_add((low >> HALF) + ((low >> (HALF - 1)) & 1)))
            .ok_or(FixedError::Overflow)?;
        Self::signed((self.0 < 0) != (other.0 < 0), size)
    }

    /// Quotient, nearest (halves away from zero); the error is at most 1/2.
    ///
    /// # Errors
    /// [`FixedError::DivisionByZero`], [`FixedError::Overflow`].
    #[allow(clippy::should_implement_trait)]
    pub fn div(self, other: Self) -> Result<Self, FixedError> {
        let (n, d) = (self.0.unsigned_abs(), other.0.unsigned_abs());
        let mut quotient = n.checked_div(d).ok_or(FixedError::DivisionByZero)?;
        let mut rest = n % d;
        // Long division, as many bits at a time as the remainder has room for. `d <= 2^127`; at 2^127 a remainder below
        // it still has one bit of room.
        let room = d.leading_zeros().max(1);
        let mut bits = FRACTION_BITS;
        while bits > 0 {
            let step = bits.min(room);
            // `rest < d <= 2^(128 - room)`: nothing is shifted out.
            let shifted = rest << step;
            quotient = quotient
                .checked_mul(1 << step)
                .and_then(|q| q.checked_add(shifted / d))
                .ok_or(FixedError::Overflow)?;
            rest = shifted % d;
            bits -= step;
        }
        if rest >= d - rest {
            quotient = quotient.checked_add(1).ok_or(FixedError::Overflow)?;
        }
        Self::signed((self.0 < 0) != (other.0 < 0), quotient)
    }

    /// The nearest whole number, halves up.
    pub fn round(self) -> i128 {
        (self.0 >> FRACTION_BITS) + ((self.0 >> (FRACTION_BITS - 1)) & 1)
    }
}

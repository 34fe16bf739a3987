//! Exact decimals: money, prices and quantities never pass through a float.
//!
//! [`Decimal`] is ours because amounts of the ledger have 128 bits; the decimal crates of the field hold 96.

use std::{cmp::Ordering, fmt, str::FromStr};

/// Decimals of money on the wire: amounts are in 10^-6 of the settlement asset.
pub const MONEY_DECIMALS: u32 = 6;
/// Decimals of a lot size: it is given in 10^-9 units of the underlying.
pub const LOT_DECIMALS: u32 = 9;

/// A non-negative decimal number, kept exactly: `digits / 10^scale` without trailing zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    digits: u128,
    scale: u32,
}

/// Why text is not a usable number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is something other than digits with at most one point.
    #[error("`{0}` is not a plain decimal number such as 1000.50 (no sign, exponent or thousands separator)")]
    Syntax(String),
    /// The number has more digits than fit.
    #[error("`{0}` has too many digits")]
    TooLong(String),
    /// The number has more decimals than the unit allows.
    #[error("{value} is too fine: amounts of the settlement asset have up to {decimals} decimals")]
    TooFine {
        /// The number.
        value: Decimal,
        /// Decimals of the unit.
        decimals: u32,
    },
    /// The number does not fit the field it is for.
    #[error("{value} is too large; the largest {what} is {largest}")]
    TooLarge {
        /// The number.
        value: Decimal,
        /// What it is.
        what: &'static str,
        /// The largest that fits, in the same unit.
        largest: Decimal,
    },
    /// A quantity is not a whole number of lots.
    #[error("{quantity} is not a whole number of lots of {lot} each")]
    NotWholeLots {
        /// The quantity.
        quantity: Decimal,
        /// The lot.
        lot: Decimal,
    },
    /// The price per lot is not a whole number of 10^-6 of the settlement asset.
    #[error(
        "a price of {price} is too fine: prices are whole multiples of {step}, because a lot is {lot} and the settlement \
         asset has {MONEY_DECIMALS} decimals"
    )]
    PriceTooFine {
        /// The price of one unit of the underlying.
        price: Decimal,
        /// The smallest step between two prices of one unit of the underlying.
        step: Decimal,
        /// The lot.
        lot: Decimal,
    },
}

/// `10^n`, if it fits.
fn ten_to(n: u32) -> Option<u128> {
    10u128.checked_pow(n)
}

impl Decimal {
    /// `digits / 10^scale`.
    pub fn new(digits: u128, scale: u32) -> Self {
        let mut value = Self { digits, scale };
        while value.scale > 0 && value.digits.is_multiple_of(10) {
            value.digits /= 10;
            value.scale -= 1;
        }
        value
    }

    /// True for zero.
    pub fn is_zero(&self) -> bool {
        self.digits == 0
    }

    /// The digits without the point.
    pub fn digits(&self) -> u128 {
        self.digits
    }

    /// Digits after the point.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The number in units of `10^-decimals`.
    ///
    /// # Errors
    /// [`AmountError::TooFine`] if it is not a whole number of them, [`AmountError::TooLarge`] if it does not fit 64
    /// bits.
    pub fn in_units(&self, decimals: u32) -> Result<u64, AmountError> {
        let up = decimals
            .checked_sub(self.scale)
            .ok_or(AmountError::TooFine { value: *self, decimals })?;
        ten_to(up)
            .and_then(|factor| self.digits.checked_mul(factor))
            .and_then(|units| u64::try_from(units).ok())
            .ok_or_else(|| self.above("amount", Self::new(u64::MAX.into(), decimals)))
    }

    fn above(&self, what: &'static str, largest: Self) -> AmountError {
        AmountError::TooLarge {
            value: *self,
            what,
            largest,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    /// Compares two numbers, whose scales may differ.
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let at = |x: &Self| ten_to(scale - x.scale).and_then(|f| x.digits.checked_mul(f));
        // A number that does not fit at the common scale has more whole digits than one that does.
        match (at(self), at(other)) {
            (Some(a), Some(b)) => a.cmp(&b),
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
        }
    }
}

impl FromStr for Decimal {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let text = text.trim();
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digit_only = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digit_only(whole) || !digit_only(fraction) {
            return Err(AmountError::Syntax(text.into()));
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .try_fold(0u128, |sum, b| sum.checked_mul(10)?.checked_add(u128::from(b - b'0')))
            .ok_or_else(|| AmountError::TooLong(text.into()))?;
        let scale = u32::try_from(fraction.len()).map_err(|_| AmountError::TooLong(text.into()))?;
        Ok(Self::new(digits, scale))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{}", self.digits);
        }
        let padded = format!("{:0>width$}", self.digits, width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{whole}.{fraction}")
    }
}

/// An amount of the settlement asset as people write it, in 10^-6.
///
/// # Errors
/// [`AmountError`] if the text is not a number with at most six decimals.
pub fn money(text: &str) -> Result<u64, AmountError> {
    text.parse::<Decimal>()?.in_units(MONEY_DECIMALS)
}

/// An amount of 10^-6 as text, with at least two decimals.
pub fn show_money(amount: i128) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let text = Decimal::new(amount.unsigned_abs(), MONEY_DECIMALS).to_string();
    match text.split_once('.') {
        None => format!("{sign}{text}.00"),
        Some((_, fraction)) if fraction.len() == 1 => format!("{sign}{text}0"),
        Some(_) => format!("{sign}{text}"),
    }
}

/// Size of an instrument's lot, in 10^-9 units of the underlying: converts between what traders write and what is
/// signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot(pub u64);

impl Lot {
    /// The lot in units of the underlying.
    pub fn size(&self) -> Decimal {
        Decimal::new(self.0.into(), LOT_DECIMALS)
    }

    /// Number of lots in a quantity of the underlying.
    ///
    /// # Errors
    /// [`AmountError::NotWholeLots`], [`AmountError::TooLarge`].
    pub fn lots(&self, quantity: &Decimal) -> Result<u64, AmountError> {
        let fraction = AmountError::NotWholeLots {
            quantity: *quantity,
            lot: self.size(),
        };
        let Some(up) = LOT_DECIMALS.checked_sub(quantity.scale) else {
            return Err(fraction);
        };
        let too_large = || quantity.above("quantity", self.quantity(u64::MAX));
        let nano = ten_to(up)
            .and_then(|factor| quantity.digits.checked_mul(factor))
            .ok_or_else(too_large)?;
        let size = u128::from(self.0.max(1));
        if nano % size != 0 {
            return Err(fraction);
        }
        u64::try_from(nano / size).map_err(|_| too_large())
    }

    /// The smallest step between two prices of one unit of the underlying: a price is good if a lot of it is a whole
    /// number of 10^-6 of the settlement asset.
    pub fn price_step(&self) -> Decimal {
        let lot = u128::from(self.0.max(1));
        // 1000 / lot, but a factor that is neither 2 nor 5 is no step of decimal numbers.
        let without = |factor: u128, mut n: u128| {
            while n.is_multiple_of(factor) {
                n /= factor;
            }
            n
        };
        let decimal = lot / without(5, without(2, lot));
        (0..)
            .map_while(|scale| ten_to(LOT_DECIMALS - MONEY_DECIMALS + scale).map(|digits| (digits, scale)))
            .find(|(digits, _)| digits.is_multiple_of(decimal))
            .map_or_else(Decimal::default, |(digits, scale)| {
                Decimal::new(digits / decimal, scale)
            })
    }

    /// Price per lot, in 10^-6 of the settlement asset, from the price of one unit of the underlying.
    ///
    /// # Errors
    /// [`AmountError::PriceTooFine`], [`AmountError::TooLarge`].
    pub fn price(&self, price: &Decimal) -> Result<u64, AmountError> {
        let too_large = || price.above("price", self.unit_price(u64::MAX));
        let too_fine = || AmountError::PriceTooFine {
            price: *price,
            step: self.price_step(),
            lot: self.size(),
        };
        // digits / 10^scale * lot / 10^9 * 10^6.
        let numerator = price.digits.checked_mul(self.0.into()).ok_or_else(too_large)?;
        let down = price
            .scale
            .checked_add(LOT_DECIMALS - MONEY_DECIMALS)
            .ok_or_else(too_fine)?;
        let divisor = ten_to(down).ok_or_else(too_fine)?;
        if numerator % divisor != 0 {
            return Err(too_fine());
        }
        u64::try_from(numerator / divisor).map_err(|_| too_large())
    }

    /// Lots as a quantity of the underlying.
    pub fn quantity(&self, lots: u64) -> Decimal {
        Decimal::new(u128::from(lots) * u128::from(self.0), LOT_DECIMALS)
    }

    /// Price of one unit of the underlying, from the price per lot. Rounded down to 12 decimals, so for display only.
    pub fn unit_price(&self, price: u64) -> Decimal {
        let scaled = u128::from(price) * 1_000_000_000_000_000 / u128::from(self.0.max(1));
        Decimal::new(scaled, 12)
    }
}

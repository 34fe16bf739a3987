//! Money of the settlement asset, counted in its smallest unit: 10^-6 of a whole one.

use crate::{
    lots::{Lots, Position},
    newtype::newtype,
};
use core::fmt;

/// Decimals of the settlement asset.
pub const DECIMALS: u8 = 6;
/// Smallest units of a whole one.
const ONE: u128 = 1_000_000;

newtype! {
    /// What moves in one step: a deposit, a withdrawal, a transfer, a sweep.
    Amount(u64)
}
newtype! {
    /// Signed money: cash, equity, insurance.
    Money(i128)
}
newtype! {
    /// Money that is never negative and may be large: a cost, a fee, a pool, what a vault owes.
    Total(u128)
}
newtype! {
    /// The price of a lot, as traders sign it.
    Price(u64)
}
newtype! {
    /// Signed money per lot: a mark, a value, cumulative funding, the profit of a scenario.
    PerLot(i64)
}
newtype! {
    /// A shortfall of margin, counted in 2^-8 of the smallest unit, as ratios of margin are numerators over 2^8
    /// (S-RISK). Negative: margin to spare.
    Deficit(i128)
}

impl Amount {
    /// The smaller of the two.
    pub fn min(self, other: Self) -> Self {
        Ord::min(self, other)
    }
}

impl Money {
    /// The opposite; `None` if it leaves the range.
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// True below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl Deficit {
    /// Money times a ratio, a numerator over 2^8; `None` if it leaves the range.
    pub fn of(money: Money, numerator: u16) -> Option<Self> {
        money.0.checked_mul(numerator.into()).map(Self)
    }
}

impl Total {
    /// As signed money; `None` if it leaves the range.
    pub fn signed(self) -> Option<Money> {
        i128::try_from(self.0).ok().map(Money)
    }
}

impl Price {
    /// The cost of lots at this price. 64 bits by 64 bits always fit.
    pub const fn times(self, lots: Lots) -> Total {
        Total((self.0 as u128).saturating_mul(lots.0 as u128))
    }
}

impl PerLot {
    /// What a position is worth at this value per lot. 64 bits by 64 bits always fit.
    pub const fn times(self, position: Position) -> Money {
        Money((self.0 as i128).saturating_mul(position.0 as i128))
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self(amount.0.into())
    }
}

impl From<Amount> for Total {
    fn from(amount: Amount) -> Self {
        Self(amount.0.into())
    }
}

/// Whole units and up to six decimals: `12.5`, `-0.000001`, `3`.
fn write_decimal(f: &mut fmt::Formatter<'_>, negative: bool, units: u128) -> fmt::Result {
    if negative {
        f.write_str("-")?;
    }
    write!(f, "{}", units / ONE)?;
    let mut rest = units % ONE;
    if rest == 0 {
        return Ok(());
    }
    let mut width = usize::from(DECIMALS);
    while rest.is_multiple_of(10) {
        rest /= 10;
        width -= 1;
    }
    write!(f, ".{rest:0width$}")
}

macro_rules! display_money {
    ($($name:ident),*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write_decimal(f, false, self.0.into())
                }
            }
        )*
    };
}

macro_rules! display_signed_money {
    ($($name:ident),*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write_decimal(f, self.0 < 0, self.0.unsigned_abs().into())
                }
            }
        )*
    };
}

display_money!(Amount, Total, Price);
display_signed_money!(Money, PerLot);

#[cfg(test)]
mod tests {
    use super::*;
    use codec::{Decode, Encode};

    #[test]
    fn money_is_displayed_as_people_type_it() {
        let shown = |units: i128| Money(units).to_string();
        assert_eq!(shown(0), "0");
        assert_eq!(shown(1), "0.000001");
        assert_eq!(shown(-12_500_000), "-12.5");
        assert_eq!(shown(3_000_000), "3");
        assert_eq!(shown(100_010), "0.10001");
        assert_eq!(shown(i128::MIN), "-170141183460469231731687303715884.105728");
        assert_eq!(Amount(u64::MAX).to_string(), "18446744073709.551615");
    }

    #[test]
    fn the_encoding_is_that_of_the_integer() {
        assert_eq!(Amount(7).encode(), 7u64.encode());
        assert_eq!(Money(-7).encode(), (-7i128).encode());
        assert_eq!(Price::decode(&mut &9u64.encode()[..]), Ok(Price(9)));
    }

    #[test]
    fn products_of_extremes_fit() {
        assert_eq!(
            Price(u64::MAX).times(Lots(u64::MAX)),
            Total(u128::from(u64::MAX) * u128::from(u64::MAX))
        );
        assert_eq!(
            PerLot(i64::MIN).times(Position(i64::MIN)),
            Money(i128::from(i64::MIN) * i128::from(i64::MIN))
        );
    }

    #[test]
    fn a_deficit_is_money_times_a_ratio_in_range() {
        assert_eq!(Deficit::of(Money(-3), 320), Some(Deficit(-960)));
        assert_eq!(Deficit::of(Money(i128::MAX), 2), None);
        assert_eq!(Deficit::of(Money(i128::MIN), 1), Some(Deficit(i128::MIN)));
    }

    #[test]
    fn sums_never_wrap() {
        assert_eq!(Amount::MAX.checked_add(Amount(1)), None);
        assert_eq!(Amount::ZERO.checked_sub(Amount(1)), None);
        assert_eq!(Amount::MAX.saturating_add(Amount(1)), Amount::MAX);
        assert_eq!(Total(u128::MAX).signed(), None);
        assert_eq!(Money(i128::MIN).checked_neg(), None);
    }
}

//! Counts of lots.

use crate::newtype::newtype;
use core::fmt;

newtype! {
    /// A number of lots: the quantity of an order or of a fill, a limit of a position.
    Lots(u64)
}
newtype! {
    /// Signed lots: a position (negative is short), or a change of one.
    Position(i64)
}

impl Lots {
    /// The change of a position that buys these lots; `None` if it leaves the range.
    pub fn bought(self) -> Option<Position> {
        i64::try_from(self.0).ok().map(Position)
    }

    /// The change of a position that sells these lots; `None` if it leaves the range.
    pub fn sold(self) -> Option<Position> {
        self.bought()?.checked_neg()
    }

    /// The smaller of the two.
    pub fn min(self, other: Self) -> Self {
        Ord::min(self, other)
    }
}

impl Position {
    /// Its size, whatever the side.
    pub const fn size(self) -> Lots {
        Lots(self.0.unsigned_abs())
    }

    /// The opposite; `None` if it leaves the range.
    pub const fn checked_neg(self) -> Option<Self> {
        match self.0.checked_neg() {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }
}

impl fmt::Display for Lots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sale_is_the_opposite_of_a_purchase() {
        assert_eq!(Lots(7).bought(), Some(Position(7)));
        assert_eq!(Lots(7).sold(), Some(Position(-7)));
        assert_eq!(Lots(1 << 63).bought(), None);
    }

    #[test]
    fn the_size_of_the_lowest_position_is_exact() {
        assert_eq!(Position(i64::MIN).size(), Lots(1 << 63));
        assert_eq!(Position(i64::MIN).checked_neg(), None);
    }
}

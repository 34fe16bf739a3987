//! Which series of receipts a journal counts (C-BOND).

use crate::chain::{BegunSeries, Stake};

/// Why a journal must give no receipts: the key that signs them could lose its bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// There is something to lose, and no series.
    #[error(
        "the key that signs has a bond, and no series of receipts: call bonds.beginSeries with the journal 0x{} and \
         start again",
        hex::encode(journal)
    )]
    Missing {
        /// What the journal is known by.
        journal: [u8; 32],
    },
    /// Another journal counts the series.
    #[error(
        "series {} of the receipts of this key is counted by the journal 0x{}, and not by 0x{}, which is here: go on \
         with that one, or, if it is lost, call bonds.beginSeries with the one that is here and start again",
        begun.number, hex::encode(begun.journal), hex::encode(journal)
    )]
    Another {
        /// The series.
        begun: BegunSeries,
        /// What the journal that is here is known by.
        journal: [u8; 32],
    },
    /// The journal gives receipts of a series that this key has not begun: another key has, or the node is far behind.
    #[error(
        "the journal here gives receipts of series {own}, and the chain has series {begun} of the key that signs: go on \
         with the key that began it, or move the journal away and begin another one; a node that is behind may see it \
         later"
    )]
    OtherKey {
        /// The journal's series.
        own: u32,
        /// That of the key; 0 if it has begun none.
        begun: u32,
    },
}

impl SeriesError {
    /// Whether another journal counts the receipts of the key that signs.
    pub(crate) fn is_of_another(&self) -> bool {
        matches!(self, Self::Another { .. })
    }
}

/// The series that a journal counts from now on, which is at `own`; 0 if nothing is staked on its receipts. A journal
/// that goes on in a later series than its key has begun would give numbers that another journal of the key may give.
///
/// # Errors
/// [`SeriesError`].
pub(crate) fn counted_series(stake: &Stake, journal: [u8; 32], own: u32) -> Result<u32, SeriesError> {
    let begun = match stake.series {
        Some(begun) if begun.journal == journal => begun.number,
        Some(begun) => return Err(SeriesError::Another { begun, journal }),
        None if stake.bonded => return Err(SeriesError::Missing { journal }),
        None => 0,
    };
    match own <= begun {
        true => Ok(begun),
        false => Err(SeriesError::OtherKey { own, begun }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [u8; 32] = [0xab; 32];

    fn stake(bonded: bool, series: Option<(u32, u8)>) -> Stake {
        let begun = |(number, journal)| BegunSeries {
            number,
            journal: [journal; 32],
        };
        Stake {
            bonded,
            series: series.map(begun),
        }
    }

    #[test]
    fn a_journal_should_count_its_own_series_and_no_other() {
        let series_of = |stake: &Stake, journal| counted_series(stake, journal, 0);
        for bonded in [false, true] {
            assert_eq!(series_of(&stake(bonded, Some((7, 0xab))), OWN), Ok(7));
            // Where it is already, and one that was begun since.
            for own in [6, 7] {
                assert_eq!(counted_series(&stake(bonded, Some((7, 0xab))), OWN, own), Ok(7));
            }
            let begun = BegunSeries {
                number: 7,
                journal: [0xac; 32],
            };
            let refused = series_of(&stake(bonded, Some((7, 0xac))), OWN);
            assert_eq!(refused, Err(SeriesError::Another { begun, journal: OWN }));
        }
        assert_eq!(series_of(&stake(false, None), OWN), Ok(0));
        let refused = series_of(&stake(true, None), OWN);
        assert_eq!(refused, Err(SeriesError::Missing { journal: OWN }));
    }

    #[test]
    fn a_journal_should_not_go_on_under_a_key_that_may_give_its_numbers_again() {
        let refused = |own, begun| Err(SeriesError::OtherKey { own, begun });
        // The key before began series 1. Without a bond this one may bond, and begin it with another journal.
        assert_eq!(counted_series(&stake(false, None), OWN, 1), refused(1, 0));
        // The key before was at series 3. This one comes there with another journal.
        for bonded in [false, true] {
            let begun = stake(bonded, Some((1, 0xab)));
            assert_eq!(counted_series(&begun, OWN, 3), refused(3, 1));
        }
        assert_eq!(counted_series(&stake(false, None), OWN, 0), Ok(0));
    }

    #[test]
    fn an_operator_should_read_which_journal_to_name() {
        let told = counted_series(&stake(true, None), OWN, 0).unwrap_err().to_string();
        assert!(told.contains(&format!("the journal 0x{}", "ab".repeat(32))), "{told}");
        let told = counted_series(&stake(true, Some((3, 1))), OWN, 0)
            .unwrap_err()
            .to_string();
        assert!(told.contains("series 3") && told.contains(&"01".repeat(32)), "{told}");
        assert!(told.contains(&"ab".repeat(32)), "{told}");
    }
}

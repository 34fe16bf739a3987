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
}

/// The series that a journal counts; 0 if nothing is staked on its receipts.
///
/// # Errors
/// [`SeriesError`].
pub(crate) fn series_of(stake: &Stake, journal: [u8; 32]) -> Result<u32, SeriesError> {
    match stake.series {
        Some(begun) if begun.journal == journal => Ok(begun.number),
        Some(begun) => Err(SeriesError::Another { begun, journal }),
        None if stake.bonded => Err(SeriesError::Missing { journal }),
        None => Ok(0),
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
        for bonded in [false, true] {
            assert_eq!(series_of(&stake(bonded, Some((7, 0xab))), OWN), Ok(7));
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
    fn an_operator_should_read_which_journal_to_name() {
        let told = series_of(&stake(true, None), OWN).unwrap_err().to_string();
        assert!(told.contains(&format!("the journal 0x{}", "ab".repeat(32))), "{told}");
        let told = series_of(&stake(true, Some((3, 1))), OWN).unwrap_err().to_string();
        assert!(told.contains("series 3") && told.contains(&"01".repeat(32)), "{told}");
        assert!(told.contains(&"ab".repeat(32)), "{told}");
    }
}

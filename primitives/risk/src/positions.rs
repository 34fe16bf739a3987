//! Positions of an account or of the house.

use cloister_crypto::constants::INSTRUMENTS;

/// Positions of one account in lots, by instrument row; negative is short.
pub type Positions = [i64; INSTRUMENTS];

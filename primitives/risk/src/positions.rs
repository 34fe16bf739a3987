//! Positions of an account or of the house.

use cloister_crypto::constants::INSTRUMENTS;
use cloister_types::Position;

/// Positions of one account by instrument row.
pub type Positions = [Position; INSTRUMENTS];

//! The house: insurance money, fees not paid out, open interest (S-HOUSE).

use crate::packing::{pack_open_interest, pack_positions, OpenInterest};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::domain,
    field::{from_i128, from_u128},
    poseidon2::sponge,
    Fr,
};
use cloister_risk::Positions;

/// The contents of a house commitment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Blinds the commitment and drives the house's keystream; fresh in every batch.
    pub key: Fr,
    /// Grows by one in every batch.
    pub nonce: u64,
    /// Insurance money, 10^-6.
    pub insurance: i128,
    /// Fees not paid out, 10^-6.
    pub fee_pool: u128,
    /// Positions in lots, taken over from liquidations and takeovers.
    pub positions: Positions,
    /// Open interest of both sides.
    pub open_interest: OpenInterest,
}

impl House {
    /// The commitment's elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let head = [
            self.key,
            Fr::from(self.nonce),
            from_i128(self.insurance),
            from_u128(self.fee_pool),
        ];
        head.into_iter()
            .chain(pack_positions(&self.positions))
            .chain(pack_open_interest(&self.open_interest))
            .collect()
    }

    /// The public commitment. The default house is the genesis house.
    pub fn commitment(&self) -> Fr {
        sponge(domain::HOUSE, &self.elements())
    }
}

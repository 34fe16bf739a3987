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
use cloister_types::{Money, Total};

/// The contents of a house commitment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Blinds the commitment and drives the house's keystream; a re-key alone changes it (H-CONTENTS).
    pub key: Fr,
    /// Grows by one in every batch and in every re-key.
    pub nonce: u64,
    /// Insurance money.
    pub insurance: Money,
    /// Fees not paid out.
    pub fee_pool: Total,
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
            from_i128(self.insurance.get()),
            from_u128(self.fee_pool.get()),
        ];
        head.into_iter()
            .chain(pack_positions(&self.positions))
            .chain(pack_open_interest(&self.open_interest))
            .collect()
    }

    /// The house after a re-key: the same contents under another key; `None` if the nonce does not fit.
    pub fn rekeyed(&self, key: Fr) -> Option<Self> {
        let nonce = self.nonce.checked_add(1)?;
        Some(Self {
            key,
            nonce,
            ..self.clone()
        })
    }

    /// The public commitment. The default house is the genesis house.
    pub fn commitment(&self) -> Fr {
        sponge(domain::HOUSE, &self.elements())
    }
}

//! The house as wires (S-HOUSE).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, INSTRUMENTS, OPEN_INTERESTS_PER_WORD, OPEN_INTEREST_BITS, POSITION_BITS},
    field::{from_i128, from_u128},
};
use cloister_ledger::House;

use super::{
    account::{long_sides, pack_positions},
    assessment::{floor, Assessment},
    risk::Table,
};
use crate::{
    gadgets::{
        bits::{concatenate, is_nonnegative, range, signed_range},
        boolean::Bit,
        inner::Paired,
        num::Num,
        poseidon2::sponge,
    },
    Fr,
};

/// Positions with their signs and long sides.
pub struct HousePositions {
    /// `H_j`.
    pub q: Vec<Num>,
    /// Whether `H_j` is not negative.
    pub signs: Vec<Bit>,
    /// `max(H_j, 0)`.
    pub longs: Vec<Num>,
}

impl HousePositions {
    /// Binds every position to its width, so that a packed word has one reading.
    pub fn new<CS: ConstraintSystem<Fr>>(cs: &mut CS, q: Vec<Num>) -> Result<Self, SynthesisError> {
        let signs = q
            .iter()
            .enumerate()
            .map(|(j, q)| {
                let mut cs = cs.namespace(|| format!("position {j}"));
                Ok(is_nonnegative(&signed_range(&mut cs, "q", q, POSITION_BITS)?))
            })
            .collect::<Result<Vec<_>, SynthesisError>>()?;
        let longs = long_sides(cs, &q, &signs)?;
        Ok(Self { q, signs, longs })
    }

    /// `max(-H_j, 0)`.
    pub fn short(&self, j: usize) -> Num {
        &self.longs[j] - &self.q[j]
    }

    /// Value and losses.
    pub fn assess<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, table: &Table) -> Result<Assessment, SynthesisError> {
        let positions = Paired::new(cs, "positions", self.q.clone())?;
        let longs = Paired::new(cs, "paired long sides", self.longs.clone())?;
        let floor = floor(cs, "floor", table, &positions, &longs)?;
        Assessment::new(cs, "assessment", table, &positions, floor)
    }
}

/// The contents of a house commitment.
pub struct HouseWires {
    pub key: Num,
    pub nonce: Num,
    pub insurance: Num,
    pub fee_pool: Num,
    pub positions: HousePositions,
    pub open_interest: Vec<Num>,
}

impl HouseWires {
    /// Allocates the house before the batch; every open interest is bound to its width, so that a word has one reading.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, house: Option<&House>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "old house");
        let positions = (0..INSTRUMENTS)
            .map(|j| {
                let value = house.map(|h| from_i128(h.positions[j].get().into()));
                Num::alloc(&mut cs, || format!("position {j}"), value)
            })
            .collect::<Result<_, _>>()?;
        let positions = HousePositions::new(&mut cs.namespace(|| "B-RANGE"), positions)?;
        Ok(Self {
            key: Num::alloc(&mut cs, || "key", house.map(|h| h.key))?,
            nonce: Num::alloc(&mut cs, || "nonce", house.map(|h| Fr::from(h.nonce)))?,
            insurance: Num::alloc(&mut cs, || "insurance", house.map(|h| from_i128(h.insurance.get())))?,
            fee_pool: Num::alloc(&mut cs, || "fee pool", house.map(|h| from_u128(h.fee_pool.get())))?,
            positions,
            open_interest: (0..INSTRUMENTS)
                .map(|j| {
                    let mut cs = cs.namespace(|| format!("open interest {j}"));
                    let o = Num::alloc(&mut cs, || "o", house.map(|h| Fr::from(h.open_interest[j])))?;
                    range(&mut cs, "o", &o, OPEN_INTEREST_BITS)?;
                    Ok(o)
                })
                .collect::<Result<_, SynthesisError>>()?,
        })
    }

    /// Packed positions, then packed open interests.
    pub fn words(&self) -> Vec<Num> {
        let open = self
            .open_interest
            .chunks(OPEN_INTERESTS_PER_WORD)
            .map(|chunk| concatenate(chunk.iter().map(|o| (o, OPEN_INTEREST_BITS))));
        pack_positions(&self.positions.q).into_iter().chain(open).collect()
    }

    /// The commitment that is public.
    pub fn commitment<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Num, SynthesisError> {
        let head = [&self.key, &self.nonce, &self.insurance, &self.fee_pool];
        let elements: Vec<Num> = head.into_iter().cloned().chain(self.words()).collect();
        sponge(cs, name, domain::HOUSE, &elements)
    }
}

//! The house as a solvency statement opens it (D-HOUSE).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, EQUITY_BITS, INSTRUMENTS, OPEN_INTEREST_WORDS, POSITION_BITS},
    field::{from_i128, from_u128},
};
use cloister_ledger::packing::pack_open_interest;

use super::table::Columns;
use crate::{
    gadgets::{bits::sign, inner::Paired, num::Num, poseidon2::sponge},
    statements::batch::account::pack_positions,
    Fr,
};

/// What a statement takes from the house.
pub struct House {
    pub commitment: Num,
    /// What the insurance is worth with the house's positions.
    pub equity: Num,
}

impl House {
    /// Allocates and assesses the house. Nobody reads the words of open interest, so they are not taken apart.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        columns: &Columns,
        house: Option<&cloister_ledger::House>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "D-HOUSE");
        let head = [
            Num::alloc(&mut cs, || "key", house.map(|h| h.key))?,
            Num::alloc(&mut cs, || "nonce", house.map(|h| Fr::from(h.nonce)))?,
            Num::alloc(&mut cs, || "insurance", house.map(|h| from_i128(h.insurance.get())))?,
            Num::alloc(&mut cs, || "fee pool", house.map(|h| from_u128(h.fee_pool.get())))?,
        ];
        let mut positions = Vec::with_capacity(INSTRUMENTS);
        for j in 0..INSTRUMENTS {
            let mut cs = cs.namespace(|| format!("position {j}"));
            let value = house.map(|h| from_i128(h.positions[j].get().into()));
            let q = Num::alloc(&mut cs, || "q", value)?;
            // So that a word has one reading.
            sign(&mut cs, "sign", &q, POSITION_BITS)?;
            positions.push(q);
        }
        let open = house.map(|h| pack_open_interest(&h.open_interest));
        let open = (0..OPEN_INTEREST_WORDS)
            .map(|k| Num::alloc(&mut cs, || format!("open interest {k}"), open.map(|o| o[k])))
            .collect::<Result<Vec<_>, _>>()?;
        let words = pack_positions(&positions).into_iter().chain(open);
        let elements: Vec<Num> = head.iter().cloned().chain(words).collect();
        let commitment = sponge(&mut cs, "commitment", domain::HOUSE, &elements)?;
        let [_, _, insurance, _] = head;
        let positions = Paired::new(&mut cs, "positions", positions)?;
        let equity = insurance + positions.inner(&mut cs, "value", &columns.value)?;
        // So that it cannot wrap around the field, whatever the commitment holds.
        sign(&mut cs, "equity", &equity, EQUITY_BITS + 1)?;
        Ok(Self { commitment, equity })
    }
}

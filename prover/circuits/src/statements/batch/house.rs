//! The house (S-HOUSE, B-HOUSE, B-CONSERVE-CASH, B-CONSERVE-Q).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, CASH_BITS, FEE_POOL_BITS, INSTRUMENTS, OPEN_INTERESTS_PER_WORD, OPEN_INTEREST_BITS},
    field::{from_i128, from_u128},
};
use cloister_ledger::{BatchWitness, House};

use super::{account::pack_positions, record::house_record, unit::UnitOutput, Context};
use crate::{
    gadgets::{
        bits::{alloc_bits, concatenate, pack, range, signed_range},
        num::{enforce_equal, enforce_product, Num},
        poseidon2::sponge,
    },
    Fr,
};

/// The contents of a house commitment. Positions are zero until liquidations and takeovers exist.
pub struct HouseWires {
    pub key: Num,
    pub nonce: Num,
    pub insurance: Num,
    pub fee_pool: Num,
    pub open_interest: Vec<Num>,
}

impl HouseWires {
    /// Allocates the house before the batch; every open interest is bound to its width, so that a word has one reading.
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, house: Option<&House>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "old house");
        Ok(Self {
            key: Num::alloc(&mut cs, || "key", house.map(|h| h.key))?,
            nonce: Num::alloc(&mut cs, || "nonce", house.map(|h| Fr::from(h.nonce)))?,
            insurance: Num::alloc(&mut cs, || "insurance", house.map(|h| from_i128(h.insurance)))?,
            fee_pool: Num::alloc(&mut cs, || "fee pool", house.map(|h| from_u128(h.fee_pool)))?,
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

    /// Packed positions (zeros), then packed open interests.
    pub fn words(&self) -> Vec<Num> {
        let open = self
            .open_interest
            .chunks(OPEN_INTERESTS_PER_WORD)
            .map(|chunk| concatenate(chunk.iter().map(|o| (o, OPEN_INTEREST_BITS))));
        pack_positions(&vec![Num::zero(); INSTRUMENTS])
            .into_iter()
            .chain(open)
            .collect()
    }

    fn commitment<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Num, SynthesisError> {
        let head = [&self.key, &self.nonce, &self.insurance, &self.fee_pool];
        let elements: Vec<Num> = head.into_iter().cloned().chain(self.words()).collect();
        sponge(cs, name, domain::HOUSE, &elements)
    }
}

/// What the statement takes from the house.
pub struct HouseOutput {
    pub old_commitment: Num,
    pub new_commitment: Num,
    pub sweep: Num,
    pub empty_mask: Num,
    pub record: Vec<Num>,
}

/// The sum of one number over all units.
fn over(units: &[UnitOutput], number: impl Fn(&UnitOutput) -> &Num) -> Num {
    Num::total(units.iter().map(number))
}

/// Moves the house by what the units left.
pub fn synthesize_house<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    context: &Context,
    units: &[UnitOutput],
    witness: Option<&BatchWitness>,
) -> Result<HouseOutput, SynthesisError> {
    let mut cs = cs.namespace(|| "B-HOUSE");
    let old = HouseWires::alloc(&mut cs, witness.map(|w| &w.house))?;
    let sweep = Num::alloc(&mut cs, || "sweep", witness.map(|w| Fr::from(w.sweep)))?;

    let fee_pool = &old.fee_pool + &over(units, |u| &u.fees) - &sweep;
    // The public payout cannot be more than the fees that were taken.
    range(&mut cs, "fee pool is not negative", &fee_pool, FEE_POOL_BITS)?;
    let insurance = conserve_cash(&mut cs, &old, &fee_pool, &sweep, units)?;
    conserve_positions(&mut cs, units);
    let (open_interest, empty_mask) = move_open_interest(&mut cs, &old, units, witness.map(|w| w.empty_mask))?;

    let new = HouseWires {
        // A fresh key hides whether anything changed; it protects nobody but its chooser, so it is free.
        key: Num::alloc(&mut cs, || "new key", witness.map(|w| w.house_key))?,
        nonce: old.nonce.clone().add_constant(Fr::one()),
        insurance,
        fee_pool,
        open_interest,
    };
    Ok(HouseOutput {
        old_commitment: old.commitment(&mut cs, "old commitment")?,
        new_commitment: new.commitment(&mut cs, "new commitment")?,
        record: house_record(&mut cs, &new, &context.salt)?,
        sweep,
        empty_mask,
    })
}

/// B-CONSERVE-CASH: what the accounts did not get and the chain did not pay out belongs to the insurance, which cannot
/// fall. Money can thus not be made: all that accounts gain is paid by other accounts or by deposits.
fn conserve_cash<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    old: &HouseWires,
    fee_pool: &Num,
    sweep: &Num,
    units: &[UnitOutput],
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-CONSERVE-CASH");
    let into = over(units, |u| &u.deposit);
    let out = over(units, |u| &u.withdrawal) + sweep + over(units, |u| &u.cash_change) + fee_pool - &old.fee_pool;
    let gain = into - out;
    range(&mut cs, "insurance does not fall", &gain, CASH_BITS)?;
    let insurance = &old.insurance + &gain;
    signed_range(&mut cs, "insurance in range", &insurance, CASH_BITS)?;
    Ok(insurance)
}

/// B-CONSERVE-Q: for every lot bought one was sold.
fn conserve_positions<CS: ConstraintSystem<Fr>>(cs: &mut CS, units: &[UnitOutput]) {
    let mut cs = cs.namespace(|| "B-CONSERVE-Q");
    for j in 0..INSTRUMENTS {
        let sum = over(units, |u| &u.position_changes[j]);
        enforce_equal(&mut cs, || format!("row {j} is balanced"), &sum, &Num::zero());
    }
}

/// `o_j' = o_j + Σ Δmax(q_j, 0)`, and the mask of rows proven empty.
fn move_open_interest<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    old: &HouseWires,
    units: &[UnitOutput],
    empty_mask: Option<u32>,
) -> Result<(Vec<Num>, Num), SynthesisError> {
    let mut cs = cs.namespace(|| "open interest");
    let mask = alloc_bits(
        &mut cs,
        "empty mask",
        empty_mask.map(|m| Fr::from(u64::from(m))),
        INSTRUMENTS,
    )?;
    let mut moved = Vec::with_capacity(INSTRUMENTS);
    for (j, (o, empty)) in old.open_interest.iter().zip(&mask).enumerate() {
        let mut cs = cs.namespace(|| format!("row {j}"));
        let new = o + &over(units, |u| &u.long_changes[j]);
        range(&mut cs, "in range", &new, OPEN_INTEREST_BITS)?;
        // The chain relists an empty row under another instrument; a position left in it would change its meaning.
        enforce_product(&mut cs, || "claimed empty", empty.num(), &new, &Num::zero());
        moved.push(new);
    }
    Ok((moved, pack(&mask)))
}

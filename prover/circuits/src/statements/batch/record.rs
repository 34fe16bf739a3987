//! What a batch publishes of each unit and of the house (B-RECORD).
//!
//! The records are inputs of the statement's hash and their ciphertexts are computed here, so it is proven that whoever
//! has the view key can rebuild the account from the chain.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{
    AMOUNT_BITS, CASH_BITS, FEE_POOL_BITS, HOUSE_RECORD, ID_BITS, INDEX_BITS, RECORD_KIND_BITS,
};

use super::{
    account::{pack_positions, AccountWires},
    house::HouseWires,
};
use crate::{
    gadgets::{
        bits::{concatenate, power_of_two},
        boolean::Bit,
        num::Num,
        stream::{account_pads, house_pads},
    },
    Fr,
};

/// The public numbers of a unit.
pub struct Public<'a> {
    pub index: &'a Num,
    pub kind: &'a Num,
    pub deposit: &'a Num,
    pub withdrawal: &'a Num,
    /// What the owner asked for.
    pub asked: &'a Num,
    pub new_leaf: &'a Num,
    /// The keys are shown, and with them this commitment to the view key.
    pub shows_keys: &'a Bit,
    pub view_commitment: &'a Num,
}

/// Cash as an unsigned number.
fn shifted_cash(cash: &Num) -> Num {
    cash.clone().add_constant(power_of_two(CASH_BITS - 1))
}

fn encrypt(plain: &[Num], pads: &[Num]) -> Vec<Num> {
    plain.iter().zip(pads).map(|(x, pad)| x + pad).collect()
}

/// The record of a unit; `slots` are the recorded slots of its places.
pub fn unit_record<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    public: &Public<'_>,
    after: &AccountWires,
    salt: &Num,
    slots: &[Num],
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| "B-RECORD");
    // Every field was bound to its width, so the head has one reading.
    let head = concatenate([
        (public.index, INDEX_BITS),
        (public.kind, RECORD_KIND_BITS),
        (public.deposit, AMOUNT_BITS),
        (public.withdrawal, AMOUNT_BITS),
        (public.asked, AMOUNT_BITS),
    ]);
    let shown = public.shows_keys.num();
    let mut record = vec![
        head,
        public.new_leaf.clone(),
        // Shown at open and re-key only: later they would link the account's updates to its keys for nothing.
        shown.mul(&mut cs, || "key x", &after.key.x)?,
        shown.mul(&mut cs, || "key y", &after.key.y)?,
        shown.mul(&mut cs, || "shown view commitment", public.view_commitment)?,
    ];
    let mut plain = vec![concatenate([
        (&after.min_id, ID_BITS),
        (&shifted_cash(&after.cash), CASH_BITS),
    ])];
    plain.push(after.orders_root.clone());
    plain.extend(pack_positions(&after.positions));
    plain.extend_from_slice(slots);
    let of = [&after.view_key, public.index, &after.nonce, salt];
    let pads = account_pads(&mut cs, "P-STREAM", of, plain.len())?;
    record.extend(encrypt(&plain, &pads));
    Ok(record)
}

/// The record of the house.
pub fn house_record<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    house: &HouseWires,
    salt: &Num,
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| "B-RECORD");
    encrypt_house(
        &mut cs,
        [&house.key, &house.nonce, salt],
        [&house.insurance, &house.fee_pool],
        house.words(),
    )
}

/// The record of a house with its pads of `[key, nonce, salt]`; `money` is insurance and fee pool.
pub fn encrypt_house<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    of: [&Num; 3],
    [insurance, fee_pool]: [&Num; 2],
    words: Vec<Num>,
) -> Result<Vec<Num>, SynthesisError> {
    let head = concatenate([(&shifted_cash(insurance), CASH_BITS), (fee_pool, FEE_POOL_BITS)]);
    let plain: Vec<Num> = [head].into_iter().chain(words).collect();
    debug_assert_eq!(plain.len(), HOUSE_RECORD);
    let pads = house_pads(cs, "P-STREAM", of, plain.len())?;
    Ok(encrypt(&plain, &pads))
}

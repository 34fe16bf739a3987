//! The account that exits, as wires (S-ACCOUNT).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{CASH_BITS, INSTRUMENTS, POSITION_BITS},
    field::from_i128,
};
use cloister_ledger::Account;

use crate::{
    gadgets::{bits::signed_range, jubjub::Point, num::Num},
    statements::batch::account::AccountWires,
    Fr,
};

/// Allocates an account in the ranges of X-RANGE.
///
/// Six positions of 41 bits fill 246 bits of a word, so a word has one reading; without the ranges a lot of one row
/// could be read as `2^-41` lots of its neighbour or the other way round. A batch has bound cash already when it made
/// the leaf; bound here too, the equity cannot wrap around the field whatever the leaf is.
pub fn alloc_account<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    account: Option<&Account>,
) -> Result<AccountWires, SynthesisError> {
    let mut cs = cs.namespace(|| "account");
    let key = Point::alloc(&mut cs, "key", account.map(|a| (a.key.x, a.key.y)))?;
    let view_key = Num::alloc(&mut cs, || "view key", account.map(|a| a.view_key))?;
    let nonce = Num::alloc(&mut cs, || "nonce", account.map(|a| Fr::from(a.nonce)))?;
    let min_id = Num::alloc(&mut cs, || "min id", account.map(|a| Fr::from(a.min_id.get())))?;
    let cash = Num::alloc(&mut cs, || "cash", account.map(|a| from_i128(a.cash.get())))?;
    let orders_root = Num::alloc(&mut cs, || "orders root", account.map(|a| a.orders_root))?;
    let ext = Num::alloc(&mut cs, || "ext", account.map(|a| Fr::from(a.switches.bits())))?;
    let mut cs = cs.namespace(|| "X-RANGE");
    signed_range(&mut cs, "cash", &cash, CASH_BITS)?;
    let mut positions = Vec::with_capacity(INSTRUMENTS);
    for j in 0..INSTRUMENTS {
        let mut cs = cs.namespace(|| format!("position {j}"));
        let q = Num::alloc(&mut cs, || "q", account.map(|a| from_i128(a.positions[j].get().into())))?;
        signed_range(&mut cs, "q", &q, POSITION_BITS)?;
        positions.push(q);
    }
    Ok(AccountWires {
        key,
        view_key,
        nonce,
        min_id,
        cash,
        orders_root,
        positions,
        ext,
    })
}

//! One leaf of the tree: an account, or nothing (D-OPENS, D-RANGE, D-VACANT).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{INSTRUMENTS, POSITION_BITS},
    field::from_i128,
};
use cloister_ledger::{Account, Key};

use super::{standing::Standing, sums::FoundWires, table::Columns};
use crate::{
    gadgets::{
        bits::sign,
        boolean::Bit,
        jubjub::Point,
        num::{enforce_product, Num},
    },
    statements::batch::account::AccountWires,
    Fr,
};

/// What a leaf leaves.
pub struct AccountOutput {
    /// The leaf holds an account.
    pub present: Bit,
    /// The leaf, 0 where there is no account.
    pub leaf: Num,
    /// What was found in it.
    pub found: FoundWires,
}

/// Allocates an account in the ranges of D-RANGE and tells of each position whether it is not negative.
///
/// Six positions of 41 bits fill 246 bits of a word, so a word has one reading; without the ranges a lot of one row
/// could be read as `2^-41` lots of its neighbour, and a debtor as a creditor.
fn alloc<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    account: Option<&Account>,
) -> Result<(AccountWires, Vec<Bit>), SynthesisError> {
    let key = Point::alloc(cs, "key", account.map(|a| (a.key.x, a.key.y)))?;
    let view_key = Num::alloc(cs, || "view key", account.map(|a| a.view_key))?;
    let nonce = Num::alloc(cs, || "nonce", account.map(|a| Fr::from(a.nonce)))?;
    let min_id = Num::alloc(cs, || "min id", account.map(|a| Fr::from(a.min_id.get())))?;
    let cash = Num::alloc(cs, || "cash", account.map(|a| from_i128(a.cash.get())))?;
    let orders_root = Num::alloc(cs, || "orders root", account.map(|a| a.orders_root))?;
    let ext = Num::alloc(cs, || "ext", account.map(|a| Fr::from(a.switches.bits())))?;
    let mut cs = cs.namespace(|| "D-RANGE");
    let mut positions = Vec::with_capacity(INSTRUMENTS);
    let mut signs = Vec::with_capacity(INSTRUMENTS);
    for j in 0..INSTRUMENTS {
        let mut cs = cs.namespace(|| format!("position {j}"));
        let q = Num::alloc(&mut cs, || "q", account.map(|a| from_i128(a.positions[j].get().into())))?;
        signs.push(sign(&mut cs, "sign", &q, POSITION_BITS)?);
        positions.push(q);
    }
    let wires = AccountWires {
        key,
        view_key,
        nonce,
        min_id,
        cash,
        orders_root,
        positions,
        ext,
    };
    Ok((wires, signs))
}

impl AccountOutput {
    /// Synthesises a leaf. `account` is none without a witness, `Some(None)` where the leaf is 0.
    pub fn synthesize<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        columns: &Columns,
        account: Option<Option<&Account>>,
    ) -> Result<Self, SynthesisError> {
        // What stands in the wires where there is no account: one that owes nothing.
        let vacant = Account::fresh(Key::default(), Fr::zero());
        let present = Bit::alloc(cs, || "present", account.map(|a| a.is_some()))?;
        let (wires, signs) = alloc(cs, account.map(|a| a.unwrap_or(&vacant)))?;
        let leaf = {
            let mut cs = cs.namespace(|| "D-OPENS");
            let hash = wires.leaf(&mut cs, "leaf")?;
            // A hash is never 0, so an account is no empty leaf, and an empty leaf is no account.
            present.num().mul(&mut cs, || "leaf or 0", &hash)?
        };
        let standing = Standing::new(cs, columns, &wires, &signs)?;
        let found = standing.found(cs)?;
        {
            // What the prover makes up where there is no account must not add to the sums. Both are sizes, so their sum
            // is zero only if both are.
            let mut cs = cs.namespace(|| "D-VACANT");
            let any = &found.short + &found.debt;
            let name = || "nothing is found where no account is";
            enforce_product(&mut cs, name, present.not().num(), &any, &Num::zero());
        }
        Ok(Self { present, leaf, found })
    }
}

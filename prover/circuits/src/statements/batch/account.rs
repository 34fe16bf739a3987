//! The account a unit updates, as wires (S-ACCOUNT).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, INSTRUMENTS, POSITIONS_PER_WORD, POSITION_BITS, POSITION_WORDS},
    field::from_i128,
};
use cloister_ledger::{Account, OrderTree};

use crate::{
    gadgets::{
        bits::{concatenate, is_nonnegative, power_of_two, signed_range},
        boolean::Bit,
        choice::enforce_equal_if,
        jubjub::Point,
        num::Num,
        poseidon2::sponge,
    },
    Fr,
};

/// The contents of a leaf.
#[derive(Clone)]
pub struct AccountWires {
    pub key: Point,
    pub view_key: Num,
    pub nonce: Num,
    pub min_id: Num,
    pub cash: Num,
    pub orders_root: Num,
    /// `q_j`, signed.
    pub positions: Vec<Num>,
    /// Flags that the owner sets.
    pub ext: Num,
}

/// Packs positions into words: `Σ (q + 2^40)·2^(41·i)`.
pub fn pack_positions(positions: &[Num]) -> Vec<Num> {
    let words: Vec<Num> = positions
        .chunks(POSITIONS_PER_WORD)
        .map(|chunk| {
            let shifted: Vec<Num> = chunk
                .iter()
                .map(|q| q.clone().add_constant(power_of_two(POSITION_BITS - 1)))
                .collect();
            concatenate(shifted.iter().map(|q| (q, POSITION_BITS)))
        })
        .collect();
    debug_assert_eq!(words.len(), POSITION_WORDS);
    words
}

/// `max(q_j, 0)` of positions with known signs.
pub fn long_sides<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    positions: &[Num],
    signs: &[Bit],
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| "long sides");
    signs
        .iter()
        .zip(positions)
        .enumerate()
        .map(|(j, (sign, q))| sign.num().mul(&mut cs, || format!("row {j}"), q))
        .collect()
}

impl AccountWires {
    /// Allocates the account before the unit, and tells of each position whether it is not negative.
    ///
    /// B-RANGE: every position is bound to 41 bits. Six of them fill 246 bits of a word, so a word has exactly one
    /// reading; without the ranges a prover could read a packed word as other positions with the same sum.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        account: Option<&Account>,
    ) -> Result<(Self, Vec<Bit>), SynthesisError> {
        let mut cs = cs.namespace(|| "old account");
        let key = Point::alloc(&mut cs, "key", account.map(|a| (a.key.x, a.key.y)))?;
        let view_key = Num::alloc(&mut cs, || "view key", account.map(|a| a.view_key))?;
        let nonce = Num::alloc(&mut cs, || "nonce", account.map(|a| Fr::from(a.nonce)))?;
        let min_id = Num::alloc(&mut cs, || "min id", account.map(|a| Fr::from(a.min_id.get())))?;
        let cash = Num::alloc(&mut cs, || "cash", account.map(|a| from_i128(a.cash.get())))?;
        let orders_root = Num::alloc(&mut cs, || "orders root", account.map(|a| a.orders_root))?;
        let ext = Num::alloc(&mut cs, || "ext", account.map(|a| Fr::from(a.switches.bits())))?;
        let mut positions = Vec::with_capacity(INSTRUMENTS);
        let mut signs = Vec::with_capacity(INSTRUMENTS);
        let mut cs = cs.namespace(|| "B-RANGE");
        for j in 0..INSTRUMENTS {
            let mut cs = cs.namespace(|| format!("position {j}"));
            let q = Num::alloc(&mut cs, || "q", account.map(|a| from_i128(a.positions[j].get().into())))?;
            signs.push(is_nonnegative(&signed_range(&mut cs, "q", &q, POSITION_BITS)?));
            positions.push(q);
        }
        Ok((
            Self {
                key,
                view_key,
                nonce,
                min_id,
                cash,
                orders_root,
                positions,
                ext,
            },
            signs,
        ))
    }

    /// The leaf: 14 elements.
    pub fn leaf<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Num, SynthesisError> {
        let head = [
            &self.key.x,
            &self.key.y,
            &self.view_key,
            &self.nonce,
            &self.min_id,
            &self.cash,
            &self.orders_root,
        ];
        let elements: Vec<Num> = head
            .into_iter()
            .cloned()
            .chain(pack_positions(&self.positions))
            .chain([self.ext.clone()])
            .collect();
        sponge(cs, name, domain::LEAF_V1, &elements)
    }

    /// Where the bit is one, everything but the keys must be as in a fresh account. An open that could start with cash
    /// or positions would make money from nothing; one that could start with a used nonce would reuse a keystream.
    pub fn enforce_fresh_if<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, open: &Bit) {
        let empty_root = Num::constant(OrderTree::default().root());
        enforce_equal_if(cs, || "nonce is 0", open, &self.nonce, &Num::zero());
        enforce_equal_if(cs, || "min id is 0", open, &self.min_id, &Num::zero());
        enforce_equal_if(cs, || "cash is 0", open, &self.cash, &Num::zero());
        enforce_equal_if(cs, || "no flag is set", open, &self.ext, &Num::zero());
        enforce_equal_if(cs, || "order tree is empty", open, &self.orders_root, &empty_root);
        let zero = pack_positions(&vec![Num::zero(); INSTRUMENTS]);
        for (k, (word, zero)) in pack_positions(&self.positions).iter().zip(&zero).enumerate() {
            enforce_equal_if(cs, || format!("word {k} holds no positions"), open, word, zero);
        }
    }
}

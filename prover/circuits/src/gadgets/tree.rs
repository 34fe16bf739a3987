//! Updates and openings of 8-ary trees (S-TREE), the twin of `cloister_ledger::tree`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{TREE_ARITY, TREE_ARITY_BITS};

use super::{
    boolean::Bit,
    num::{enforce_product, Num},
    poseidon2::{compress8, PERMUTATION_COST},
};
use crate::Fr;

/// Constraints of one level of [`update`]: two hashes, the digit's one-hot, opening and replacing the child.
pub const LEVEL_COST: usize = 2 * PERMUTATION_COST + DIGIT_COST + 2 * TREE_ARITY;
/// Constraints of one level of [`open`]: a hash, the digit's one-hot, opening the child.
pub const OPEN_LEVEL_COST: usize = PERMUTATION_COST + DIGIT_COST + TREE_ARITY;
/// Constraints of turning three bits into eight one-hot booleans.
const DIGIT_COST: usize = 4;

/// The roots before and after an update.
#[derive(Clone, Debug)]
pub struct Update {
    /// The root of the path with the old leaf.
    pub old_root: Num,
    /// The root of the same path with the new leaf.
    pub new_root: Num,
}

/// One-hot booleans of a three-bit digit. Four constraints.
pub(crate) fn one_hot_digit<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    bits: &[Bit],
) -> Result<[Num; TREE_ARITY], SynthesisError> {
    let [b0, b1, b2] = [bits[0].num(), bits[1].num(), bits[2].num()];
    let b01 = b0.mul(cs, || "digit 0 and 1", b1)?;
    let b02 = b0.mul(cs, || "digit 0 and 2", b2)?;
    let b12 = b1.mul(cs, || "digit 1 and 2", b2)?;
    let b012 = b01.mul(cs, || "digit 0, 1 and 2", b2)?;
    // Inclusion and exclusion over the set bits.
    let only0 = b0 - &b01 - &b02 + &b012;
    let only1 = b1 - &b01 - &b12 + &b012;
    let only2 = b2 - &b02 - &b12 + &b012;
    let none = Num::one() - b0 - b1 - b2 + &b01 + &b02 + &b12 - &b012;
    Ok([
        none,
        only0,
        only1,
        &b01 - &b012,
        only2,
        &b02 - &b012,
        &b12 - &b012,
        b012,
    ])
}

/// Opens `old` at the index of `index_bits` (lowest first, three per level) and puts `new` in its place.
/// [`LEVEL_COST`] constraints per level.
///
/// Both roots are computed from the same children, so nothing else in the tree can change. The caller compares the old
/// root with the root it trusts; that makes the children the real ones.
pub fn update<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    index_bits: &[Bit],
    path: &[Option<[Fr; TREE_ARITY]>],
    old: &Num,
    new: &Num,
) -> Result<Update, SynthesisError> {
    debug_assert_eq!(index_bits.len(), path.len() * TREE_ARITY_BITS);
    let mut cs = cs.namespace(|| name);
    let mut nodes = Update {
        old_root: old.clone(),
        new_root: new.clone(),
    };
    for (level, (bits, values)) in index_bits.chunks(TREE_ARITY_BITS).zip(path).enumerate() {
        let mut cs = cs.namespace(|| format!("level {level}"));
        let place = one_hot_digit(&mut cs, bits)?;
        let change = &nodes.new_root - &nodes.old_root;
        let mut old_children: [Num; TREE_ARITY] = std::array::from_fn(|_| Num::zero());
        let mut new_children = old_children.clone();
        for i in 0..TREE_ARITY {
            let child = Num::alloc(&mut cs, || format!("child {i}"), values.map(|v| v[i]))?;
            // The child at the digit is the node below; a path of another leaf stops here.
            let name = || format!("child {i} is the old node at the digit");
            enforce_product(&mut cs, name, &place[i], &(&child - &nodes.old_root), &Num::zero());
            new_children[i] = &child + &place[i].mul(&mut cs, || format!("change of child {i}"), &change)?;
            old_children[i] = child;
        }
        nodes.old_root = compress8(&mut cs, "old node", &old_children)?;
        nodes.new_root = compress8(&mut cs, "new node", &new_children)?;
    }
    Ok(nodes)
}

/// The root of the path on which `leaf` stands at the index of `index_bits` (lowest first, three per level).
/// [`OPEN_LEVEL_COST`] constraints per level. The caller compares it with the root it trusts.
pub fn open<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    index_bits: &[Bit],
    path: &[Option<[Fr; TREE_ARITY]>],
    leaf: &Num,
) -> Result<Num, SynthesisError> {
    debug_assert_eq!(index_bits.len(), path.len() * TREE_ARITY_BITS);
    let mut cs = cs.namespace(|| name);
    let mut node = leaf.clone();
    for (level, (bits, values)) in index_bits.chunks(TREE_ARITY_BITS).zip(path).enumerate() {
        let mut cs = cs.namespace(|| format!("level {level}"));
        let place = one_hot_digit(&mut cs, bits)?;
        let mut children: [Num; TREE_ARITY] = std::array::from_fn(|_| Num::zero());
        for (i, slot) in children.iter_mut().enumerate() {
            let child = Num::alloc(&mut cs, || format!("child {i}"), values.map(|v| v[i]))?;
            let name = || format!("child {i} is the node at the digit");
            enforce_product(&mut cs, name, &place[i], &(&child - &node), &Num::zero());
            *slot = child;
        }
        node = compress8(&mut cs, "node", &children)?;
    }
    Ok(node)
}

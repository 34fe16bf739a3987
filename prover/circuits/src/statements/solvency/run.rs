//! Which indices a statement covers, and that the accounts are the leaves there (D-RUN, D-OPENS).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{INDEX_BITS, TREE_ARITY, TREE_ARITY_BITS};
use cloister_ledger::{solvency::SUBTREE_LEAVES, SolvencyShape, SolvencyWitness};

use super::public::Public;
use crate::{
    gadgets::{
        bits::{alloc_bits, pack},
        boolean::Bit,
        num::{enforce_equal, enforce_product, Num},
        poseidon2::compress8,
        tree::{one_hot_digit, open},
    },
    Fr,
};

/// Bits of the number of a subtree.
const SUBTREE_BITS: usize = INDEX_BITS - TREE_ARITY_BITS;

/// The subtrees from the first index on, up to the end of its block.
pub struct Run {
    /// Bits of the number of the first subtree.
    bits: Vec<Bit>,
    /// The place of the first subtree in its branch, one-hot.
    offset: [Num; TREE_ARITY],
    /// The place of the first branch in its block, one-hot.
    place: [Num; TREE_ARITY],
    /// Of every branch: whether it is in the block.
    within: Vec<Num>,
    /// Of every subtree: whether it is covered, that is in the block.
    covered: Vec<Num>,
}

/// The child of branch number `branch` at a place among eight per branch.
fn split(place: usize) -> (usize, usize) {
    (place / TREE_ARITY, place % TREE_ARITY)
}

impl Run {
    /// D-RUN: everything follows from the first index, and so does the next one.
    pub fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        shape: SolvencyShape,
        public: &Public,
        first: Option<u32>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "D-RUN");
        let number = first.map(|first| Fr::from(u64::from(first) / SUBTREE_LEAVES as u64));
        let bits = alloc_bits(&mut cs, "first subtree", number, SUBTREE_BITS)?;
        let leaves = Fr::from(SUBTREE_LEAVES as u64);
        enforce_equal(
            &mut cs,
            || "first begins a subtree",
            &pack(&bits).scale(leaves),
            &public.first,
        );
        let (low, high) = (&bits[..TREE_ARITY_BITS], &bits[TREE_ARITY_BITS..2 * TREE_ARITY_BITS]);
        let offset = one_hot_digit(&mut cs.namespace(|| "offset"), low)?;
        let place = one_hot_digit(&mut cs.namespace(|| "place"), high)?;
        // Branch b is in the block unless the first one is among the last b.
        let within: Vec<Num> = (0..shape.branches())
            .map(|branch| Num::one() - Num::total(&place[TREE_ARITY - branch.min(TREE_ARITY)..]))
            .collect();
        let mut covered = Vec::with_capacity(shape.subtrees.into());
        for k in 0..usize::from(shape.subtrees) {
            let (branch, step) = split(k);
            let here = within[branch].clone();
            covered.push(match within.get(branch + 1) {
                Some(next) if step > 0 => {
                    // Subtree k is in the next branch where the first has no room for `step` more.
                    let moves = Num::total(&offset[TREE_ARITY - step..]);
                    let change = moves.mul(&mut cs, || format!("subtree {k} is beyond the block"), &(next - &here))?;
                    here + change
                }
                _ => here,
            });
        }
        let next = &public.first + &Num::total(&covered).scale(leaves);
        enforce_equal(&mut cs, || "next is the one after the run", &next, &public.next);
        Ok(Self {
            bits,
            offset,
            place,
            within,
            covered,
        })
    }

    /// Beyond the block nothing is opened: the tree says nothing there, and whatever a prover made up would count.
    pub fn enforce_end<'a, CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, present: impl Iterator<Item = &'a Num>) {
        let mut cs = cs.namespace(|| "D-RUN");
        // The first subtree is in its own block.
        for (k, (covered, present)) in self.covered.iter().zip(present).enumerate().skip(1) {
            let name = || format!("no account of subtree {k} is beyond the block");
            enforce_product(&mut cs, name, &(Num::one() - covered), present, &Num::zero());
        }
    }

    /// D-OPENS: the subtrees stand one beside the other in the tree of the root. Each is compared with a child of a
    /// branch, each branch with a child of the block; what is above is opened once.
    pub fn enforce_opens<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        subtrees: &[&Num],
        root: &Num,
        witness: Option<&SolvencyWitness>,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "D-OPENS");
        let mut children = Vec::with_capacity(self.within.len() * TREE_ARITY);
        let mut branches = Vec::with_capacity(self.within.len());
        for branch in 0..self.within.len() {
            let values = witness
                .map(|w| w.branches.get(branch).ok_or(SynthesisError::AssignmentMissing))
                .transpose()?;
            let mut cs = cs.namespace(|| format!("branch {branch}"));
            for i in 0..TREE_ARITY {
                children.push(Num::alloc(&mut cs, || format!("child {i}"), values.map(|v| v[i]))?);
            }
            let children = std::array::from_fn(|i| children[branch * TREE_ARITY + i].clone());
            branches.push(compress8(&mut cs, "node", &children)?);
        }
        for (k, subtree) in subtrees.iter().enumerate() {
            let mut cs = cs.namespace(|| format!("place of subtree {k}"));
            for (i, here) in self.offset.iter().enumerate() {
                let (branch, child) = split(i + k);
                let name = || format!("child {child} of branch {branch}");
                enforce_product(&mut cs, name, here, &(&children[i + k] - *subtree), &Num::zero());
            }
        }
        let block = self.open_block(&mut cs, &branches, witness)?;
        let above = (1..cloister_ledger::solvency::BRANCH_DEPTH).map(|l| witness.map(|w| w.path[l]));
        let above: Vec<_> = above.collect();
        let bits = &self.bits[2 * TREE_ARITY_BITS..];
        let found = open(&mut cs, "account tree", bits, &above, &block)?;
        enforce_equal(&mut cs, || "root is the stated one", &found, root);
        Ok(())
    }

    /// The block's node, of which the branches that are in it are children.
    fn open_block<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        branches: &[Num],
        witness: Option<&SolvencyWitness>,
    ) -> Result<Num, SynthesisError> {
        let mut cs = cs.namespace(|| "block");
        let values = witness.map(|w| w.path[0]);
        let mut children: [Num; TREE_ARITY] = std::array::from_fn(|_| Num::zero());
        for (i, slot) in children.iter_mut().enumerate() {
            *slot = Num::alloc(&mut cs, || format!("child {i}"), values.map(|v| v[i]))?;
        }
        for (b, branch) in branches.iter().enumerate() {
            let mut cs = cs.namespace(|| format!("branch {b}"));
            // Where the first branch is too far on, this one is beyond the block and nothing is compared.
            for (i, here) in self.place.iter().enumerate().take(TREE_ARITY.saturating_sub(b)) {
                let name = || format!("is child {} of the block", i + b);
                enforce_product(&mut cs, name, here, &(&children[i + b] - branch), &Num::zero());
            }
        }
        compress8(&mut cs, "node", &children)
    }
}

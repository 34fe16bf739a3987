//! The close of an account (B-CLOSE).

use bellman::{ConstraintSystem, SynthesisError};

use super::{entry::Entry, modes::Modes};
use crate::{
    gadgets::{
        bits::power_of_two,
        boolean::Bit,
        num::{enforce_product, Num},
    },
    Fr,
};

/// Cash that fits its width is below 2^79 in size, so it does not make up for a multiple of this.
const LOTS_AT: usize = 100;

/// Whether the unit is a close that takes effect. No prover chooses it: it follows from mode and account.
///
/// What the account holds is one number, `cash + 2^100·Σ_j |q_j|`. The sum is one of sizes and stays below 2^45, so the
/// number is zero only if cash and every position are. A close changes neither, so the cash that is looked at here is
/// the one that B-RANGE bounds.
pub fn closes<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    modes: &Modes,
    entry: &Entry,
    incoming: &Num,
) -> Result<Bit, SynthesisError> {
    let mut cs = cs.namespace(|| "B-CLOSE");
    // Otherwise whoever makes the batch could keep an account open with a transfer of the smallest amount before it.
    let name = || "no incoming transfer";
    enforce_product(&mut cs, name, modes.close.num(), incoming, &Num::zero());
    // `|q| = 2·max(q, 0) - q`.
    let lots = &Num::total(entry.longs.nums()) * 2 - Num::total(entry.positions.nums());
    let held = &entry.cash + &lots.scale(power_of_two(LOTS_AT));
    // If an account that holds something could be closed, whoever made the batch would take it out of the state, for
    // the house; if an empty one could stay, its owner could be kept from closing it.
    let empty = Bit::is_zero(&mut cs, "holds nothing", &held)?;
    modes.close.and(&mut cs, "takes effect", &empty)
}

/// The leaf that goes into the tree: 0 where the account is closed.
pub fn leaf_after<CS: ConstraintSystem<Fr>>(cs: &mut CS, closes: &Bit, leaf: &Num) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "B-CLOSE");
    closes.not().num().mul(&mut cs, || "leaf or 0", leaf)
}

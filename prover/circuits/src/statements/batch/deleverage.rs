//! What units of deleveraging owe each other (B-DELEVERAGE), the twin of `cloister_ledger`'s `batch/deleveraging.rs`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{DELEVERAGED_BITS, DELEVERAGED_PER_WORD};

use super::modes::Modes;
use crate::{
    gadgets::{
        bits::concatenate,
        num::{enforce_equal, Num},
    },
    Fr,
};

/// What a unit of deleveraging changes; zero in other modes.
///
/// Only sums over all units are asked, and only whether they are zero. So several rows share one element: a sum of a
/// row is smaller than half of the distance to the next row, hence all of them are zero if their packed sum is.
pub struct Deleveraged {
    /// `Σ Δq_j`, packed.
    net: Vec<Num>,
    /// `Σ Δ|q_j|` of an insolvent account, minus that of a counterparty, packed.
    unmatched: Vec<Num>,
}

fn pack(rows: &[Num]) -> Vec<Num> {
    rows.chunks(DELEVERAGED_PER_WORD)
        .map(|rows| concatenate(rows.iter().map(|row| (row, DELEVERAGED_BITS))))
        .collect()
}

/// Each word times a number. One constraint per word.
fn scale<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    factor: &Num,
    words: &[Num],
) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let product = |(k, word)| factor.mul(&mut cs, || format!("word {k}"), word);
    words.iter().enumerate().map(product).collect()
}

impl Deleveraged {
    /// From the changes of `q_j` and of `max(q_j, 0)` that the fills of a unit make.
    pub fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        positions: &[Num],
        longs: &[Num],
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-DELEVERAGE");
        // `|q| = 2·max(q, 0) - q`.
        let sizes: Vec<Num> = longs.iter().zip(positions).map(|(long, q)| long * 2 - q).collect();
        let side = modes.insolvent.num() - modes.counterparty.num();
        Ok(Self {
            net: scale(&mut cs, "net", modes.deleveraging().num(), &pack(positions))?,
            unmatched: scale(&mut cs, "unmatched", &side, &pack(&sizes))?,
        })
    }
}

/// In every row the lots of all units of deleveraging sum to zero, and counterparties shed as many as insolvent
/// accounts. Without the first the house would trade, without the second two accounts that can keep their lots could be
/// closed against each other.
pub fn match_deleveraging<CS: ConstraintSystem<Fr>>(cs: &mut CS, units: &[&Deleveraged]) {
    let mut cs = cs.namespace(|| "B-DELEVERAGE");
    let words = units.first().map_or(0, |unit| unit.net.len());
    for k in 0..words {
        let net = Num::total(units.iter().map(|unit| &unit.net[k]));
        enforce_equal(&mut cs, || format!("lots sum to zero/word {k}"), &net, &Num::zero());
        let unmatched = Num::total(units.iter().map(|unit| &unit.unmatched[k]));
        let name = || format!("each lot faces one of an insolvent account/word {k}");
        enforce_equal(&mut cs, name, &unmatched, &Num::zero());
    }
}

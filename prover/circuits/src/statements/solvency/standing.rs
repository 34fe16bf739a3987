//! How an account stands at the table (D-SHORT, D-DEBT, D-LIVE), the twin of `cloister_ledger::solvency::Standing`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{DEFICIT_BITS, EQUITY_BITS, EXPOSURE_BITS, RATIO_SHIFT};

use super::{sums::FoundWires, table::Columns};
use crate::{
    gadgets::{bits::sign, boolean::Bit, inner::Paired, num::Num},
    statements::batch::account::AccountWires,
    Fr,
};

/// How an account stands. Every wire of it follows from the account and the table: the prover chooses nothing.
pub struct Standing {
    /// Some maintenance deficit is at least 1.
    short: Num,
    /// `max(-equity, 0)`.
    debt: Num,
    /// It holds lots in a row that is not stale.
    live: Bit,
}

impl Standing {
    /// The standing of an account with positions of known signs.
    pub fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        columns: &Columns,
        account: &AccountWires,
        signs: &[Bit],
    ) -> Result<Self, SynthesisError> {
        let sizes = sizes(cs, &account.positions, signs)?;
        let positions = Paired::new(cs, "positions", account.positions.clone())?;
        let sizes = Paired::new(cs, "paired sizes", sizes)?;
        let (equity, debt) = {
            let mut cs = cs.namespace(|| "D-DEBT");
            let equity = &account.cash + &positions.inner(&mut cs, "value", &columns.value)?;
            let solvent = sign(&mut cs, "equity", &equity, EQUITY_BITS + 1)?;
            let debt = solvent.not().num().mul(&mut cs, || "debt", &-&equity)?;
            (equity, debt)
        };
        let short = {
            let mut cs = cs.namespace(|| "D-SHORT");
            let floor = sizes.inner(&mut cs, "floor", &columns.floor)?;
            let worst = worst_loss(&mut cs, columns, &positions)? + floor;
            let required = columns.maintenance().mul(&mut cs, || "required", &worst)?;
            let spare = equity.scale(Fr::from(1 << RATIO_SHIFT)) - required;
            let met = sign(&mut cs, "spare margin", &spare, DEFICIT_BITS)?;
            met.not().num().clone()
        };
        let live = {
            let mut cs = cs.namespace(|| "D-LIVE");
            let lots = sizes.inner(&mut cs, "lots", &columns.live)?;
            Bit::is_zero(&mut cs, "none", &lots)?.not()
        };
        Ok(Self { short, debt, live })
    }

    /// What it adds to the sums.
    pub fn found<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<FoundWires, SynthesisError> {
        let mut cs = cs.namespace(|| "D-LIVE");
        let live_debt = self.live.num().mul(&mut cs, || "debt", &self.debt)?;
        Ok(FoundWires {
            short: self.short,
            debt: self.debt,
            live_debt,
        })
    }
}

/// `|q_j|`.
fn sizes<CS: ConstraintSystem<Fr>>(cs: &mut CS, positions: &[Num], signs: &[Bit]) -> Result<Vec<Num>, SynthesisError> {
    let mut cs = cs.namespace(|| "sizes");
    let one = |(j, (sign, q)): (usize, (&Bit, &Num))| {
        let factor = (sign.num() * 2) - Num::one();
        factor.mul(&mut cs, || format!("row {j}"), q)
    };
    signs.iter().zip(positions).enumerate().map(one).collect()
}

/// The largest of the 16 losses, with the part of the floor that is linear in the positions: each is compared with the
/// largest before it. The sign of a difference is no choice, so there is exactly one result; and the ratio is not
/// negative, so the largest loss has the largest deficit.
fn worst_loss<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    columns: &Columns,
    positions: &Paired,
) -> Result<Num, SynthesisError> {
    let mut worst: Option<Num> = None;
    for (s, profits) in columns.profits.iter().enumerate() {
        let mut cs = cs.namespace(|| format!("scenario {s}"));
        let loss = -&positions.inner(&mut cs, "profit", profits)?;
        worst = Some(match worst {
            None => loss,
            Some(worst) => {
                let above = &loss - &worst;
                let larger = sign(&mut cs, "larger", &above, EXPOSURE_BITS + 1)?;
                worst + larger.num().mul(&mut cs, || "rise", &above)?
            }
        });
    }
    // There are 16 scenarios.
    worst.ok_or(SynthesisError::AssignmentMissing)
}

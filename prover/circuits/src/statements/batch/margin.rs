//! Margin after a unit (B-MARGIN, B-EQUITY), the twin of `cloister_risk::margin`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{DEFICIT_BITS, EQUITY_BITS, RATIO_SHIFT, SCENARIOS};
use cloister_risk::MarginChoice;

use super::risk::Table;
use crate::{
    gadgets::{
        bits::range,
        boolean::{one_hot, Bit},
        num::{choose, enforce_product, select, Num},
    },
    Fr,
};

/// What the margin rule looks at.
pub struct Holdings<'a> {
    /// Cash; before the unit with the deposit.
    pub cash: &'a Num,
    /// `q_j`.
    pub positions: &'a [Num],
    /// `Σ q+·floor+ + q-·floor-`.
    pub floor: &'a Num,
}

/// `Σ_j q_j·prices_j`. One constraint an instrument.
fn weigh<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    positions: &[Num],
    prices: &[Num],
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let products = positions
        .iter()
        .zip(prices)
        .enumerate()
        .map(|(j, (q, price))| q.mul(&mut cs, || format!("row {j}"), price))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Num::total(&products))
}

/// The floor of an account: `Σ_j q_j·(floor+ if q_j >= 0 else -floor-)`.
pub fn floor<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    positions: &[Num],
    signs: &[Bit],
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "floor before");
    let rates = signs
        .iter()
        .zip(table.floor_long().iter().zip(&table.floor_short()))
        .enumerate()
        .map(|(j, (sign, (long, short)))| select(&mut cs, || format!("rate {j}"), sign, long, &-short))
        .collect::<Result<Vec<_>, _>>()?;
    weigh(&mut cs, "lots", positions, &rates)
}

/// Equity and the losses of all scenarios.
struct Assessment {
    equity: Num,
    losses: Vec<Num>,
}

impl Assessment {
    fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        table: &Table,
        holdings: &Holdings<'_>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let value = weigh(&mut cs, "value", holdings.positions, &table.value())?;
        let losses = (0..SCENARIOS)
            .map(|s| {
                let mut cs = cs.namespace(|| format!("scenario {s}"));
                Ok(-&weigh(&mut cs, "profit", holdings.positions, &table.scenario(s))?)
            })
            .collect::<Result<_, SynthesisError>>()?;
        Ok(Self {
            equity: holdings.cash + &value,
            losses,
        })
    }
}

/// B-MARGIN and B-EQUITY where `normal` is one.
pub fn synthesize_margin<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    normal: &Bit,
    withdraws: &Bit,
    before: &Holdings<'_>,
    after: &Holdings<'_>,
    choice: Option<MarginChoice>,
) -> Result<(), SynthesisError> {
    let equity = {
        let mut cs = cs.namespace(|| "B-MARGIN");
        let now = Assessment::new(&mut cs, "after", table, after)?;
        let then = Assessment::new(&mut cs, "before", table, before)?;

        // The prover names the side of the rule it meets.
        let initial = Bit::alloc(&mut cs, || "meets initial margin", choice.map(|c| c.initial))?;
        let relaxed = normal.and(&mut cs, "relaxed", &initial.not())?;
        // A withdrawal from an account short of initial margin would take the collateral of the positions that stay.
        let name = || "no withdrawal when relaxed";
        enforce_product(&mut cs, name, relaxed.num(), withdraws.num(), &Num::zero());
        let threshold = threshold(&mut cs, table, &relaxed, &then, before.floor, choice)?;

        let ratio = select(&mut cs, || "ratio", &initial, table.initial(), table.maintenance())?;
        let ratio = normal.num().mul(&mut cs, || "ratio in mode normal", &ratio)?;
        let equity = normal.num().mul(&mut cs, || "equity in mode normal", &now.equity)?;
        let credit = threshold + equity.scale(Fr::from(1 << RATIO_SHIFT));
        for (s, loss) in now.losses.iter().enumerate() {
            let mut cs = cs.namespace(|| format!("deficit {s}"));
            let required = ratio.mul(&mut cs, || "required", &(loss + after.floor))?;
            range(&mut cs, "not above the threshold", &(&credit - &required), DEFICIT_BITS)?;
        }
        equity
    };
    // An account that owes money is for liquidation and takeover: trading it further could only deepen the hole.
    range(
        &mut cs.namespace(|| "B-EQUITY"),
        "equity is not negative",
        &equity,
        EQUITY_BITS,
    )?;
    Ok(())
}

/// `T`: one of the maintenance deficits before where `relaxed` is one, else zero.
fn threshold<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    relaxed: &Bit,
    before: &Assessment,
    floor: &Num,
    choice: Option<MarginChoice>,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| "threshold");
    let scenario = one_hot(
        &mut cs,
        "scenario",
        relaxed,
        choice.map(|c| c.threshold.into()),
        SCENARIOS,
    )?;
    let loss = choose(&mut cs, "loss", &scenario, &before.losses)?;
    let floor = relaxed.num().mul(&mut cs, || "floor", floor)?;
    let required = (loss + floor).mul(&mut cs, || "required", table.maintenance())?;
    let equity = relaxed.num().mul(&mut cs, || "equity", &before.equity)?;
    Ok(required - equity.scale(Fr::from(1 << RATIO_SHIFT)))
}

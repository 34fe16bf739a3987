//! Margin (B-MARGIN, B-EQUITY, B-LIQUIDATION, B-NEED, B-FORCED, B-TAKEOVER, B-DELEVERAGE), the twin of
//! `cloister_risk::margin`.
//!
//! At most one mode asks, so all share one set of 16 deficits, one chosen deficit and the range checks of both.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{CONCESSION_WEIGHT, DEFICIT_BITS, EQUITY_BITS, FORCED_DEFICITS, FORCED_SLACK, SCENARIOS},
    field::to_i128,
};
use cloister_ledger::{Mode, UnitWitness};
use cloister_risk::MarginChoice;

use super::{
    assessment::{in_ratios, Assessment},
    forced::Forced,
    modes::Modes,
    need::Traded,
    risk::Table,
};
use crate::{
    gadgets::{
        bits::range,
        boolean::Bit,
        choice::one_hot,
        num::{enforce_product, Num},
    },
    Fr,
};

/// The choice of a scenario whose deficit before is the bound.
fn not_worse(choice: MarginChoice) -> Option<usize> {
    match choice {
        MarginChoice::NotWorse(s) if usize::from(s) < SCENARIOS => Some(s.into()),
        MarginChoice::Initial | MarginChoice::NotWorse(_) | MarginChoice::Tight(_) => None,
    }
}

/// The choice of a unit that the rule of its mode offers.
fn chosen_scenario(unit: &UnitWitness) -> Option<usize> {
    match (unit.mode, unit.margin) {
        (Mode::Forced, MarginChoice::Tight(s)) => Some(s.into()),
        (Mode::Normal | Mode::Liquidation | Mode::Deleveraging(_), choice) => not_worse(choice),
        _ => None,
    }
    // A place that does not exist, so that no choice is made.
    .or(Some(FORCED_DEFICITS))
}

/// What the margin of a unit is asked of.
pub struct Margin<'a> {
    pub modes: &'a Modes,
    pub forced: &'a Forced,
    /// The unit has a withdrawal or a transfer.
    pub payment: &'a Num,
    /// Positions and equity before, with deposit and incoming transfer.
    pub before: (&'a Assessment, &'a Num),
    /// Positions and equity after the places.
    pub after: (&'a Assessment, &'a Num),
    /// Sums over the fills.
    pub traded: &'a Traded,
}

impl Margin<'_> {
    /// Checks the rules and returns the equity before of a takeover, zero in other modes.
    pub fn enforce<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        table: &Table,
        unit: Option<&UnitWitness>,
    ) -> Result<Num, SynthesisError> {
        let (_, equity_before) = self.before;
        let (now, equity_after) = self.after;
        let taken = {
            let mut cs = cs.namespace(|| "B-TAKEOVER");
            self.modes
                .takeover
                .num()
                .mul(&mut cs, || "equity taken over", equity_before)?
        };
        let equity = {
            let mut cs = cs.namespace(|| "B-MARGIN");
            // The prover names the side of the rule it meets.
            let asks = |mode| matches!(mode, Mode::Normal | Mode::Deleveraging(_));
            let relaxed = unit.map(|u| asks(u.mode) && u.margin != MarginChoice::Initial);
            let relaxed = Bit::alloc(&mut cs, || "relaxed", relaxed)?;
            // Deleveraging is asked for the same margin: a hedge is taken away only from an account that carries the
            // rest, or is no worse off.
            let asked = self.modes.normal.num() + self.modes.deleveraging().num();
            let other = Num::one() - &asked;
            let name = || "relaxed only in normal and deleveraging";
            enforce_product(&mut cs, name, relaxed.num(), &other, &Num::zero());
            // A payment from an account short of initial margin would take the collateral of the positions that stay.
            let name = || "no payment when relaxed";
            enforce_product(&mut cs, name, relaxed.num(), self.payment, &Num::zero());

            // At most one of the modes is on, and in it at most one of the two.
            let not_worse = relaxed.num() + self.modes.liquidation.num();
            let initial = asked - relaxed.num() + self.forced.pays.num();
            let maintenance = not_worse.mul(&mut cs, || "maintenance ratio", table.maintenance())?;
            let ratio = &maintenance + &initial.mul(&mut cs, || "initial ratio", table.initial())?;
            let equity = (&initial + &not_worse).mul(&mut cs, || "equity where asked", equity_after)?;

            let chosen = self.chosen_deficit(&mut cs, table, &not_worse, &maintenance, unit)?;
            let threshold = not_worse.mul(&mut cs, || "threshold", &chosen)?;
            // What prices and penalties take counts several times, once of which equity holds already, or equity would
            // be handed to another account or to the insurance for next to nothing that is freed.
            let conceded = self.traded.conceded(&mut cs, &not_worse)?;
            let cost = &conceded.cost + &self.traded.penalties;
            let counted = &equity - &cost.scale(Fr::from(CONCESSION_WEIGHT - 1));
            now.enforce_within(&mut cs, &ratio, &(threshold + in_ratios(&counted)))?;
            self.enforce_short(&mut cs, &chosen, &taken, equity_before)?;
            let liquidation = &self.modes.liquidation;
            self.traded
                .enforce_need(&mut cs, table, liquidation, &conceded, self.after, unit)?;
            equity
        };
        self.enforce_equity(cs, &equity, unit)?;
        Ok(taken)
    }

    /// B-EQUITY: an account that owes money is for takeover, and trading it further could only deepen the hole. A
    /// liquidation may leave what it owes as it is, and deleveraging does. In a forced withdrawal that pays, this is
    /// the last of the 17 deficits.
    fn enforce_equity<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        equity: &Num,
        unit: Option<&UnitWitness>,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "B-EQUITY");
        let (_, equity_before) = self.before;
        // The prover may compare with equity before instead of zero. For a solvent account that is only stricter.
        let owes = unit.zip(equity_before.value()).map(|(unit, equity)| {
            let closes = matches!(unit.mode, Mode::Liquidation | Mode::Deleveraging(_));
            closes && to_i128(&equity).is_some_and(|equity| equity < 0)
        });
        let owes = Bit::alloc(&mut cs, || "owes money", owes)?;
        let other = Num::one() - self.modes.liquidation.num() - self.modes.deleveraging().num();
        let name = || "owing only in liquidation and deleveraging";
        enforce_product(&mut cs, name, owes.num(), &other, &Num::zero());
        let debt = owes.num().mul(&mut cs, || "debt before", equity_before)?;
        range(&mut cs, "equity is not negative", &(equity - &debt), EQUITY_BITS)?;
        Ok(())
    }

    /// The deficit the prover chose: a maintenance deficit before where deficits must not get worse; one of the initial
    /// deficits after, or that of equity, in a forced withdrawal that is limited; else zero.
    ///
    /// A forced withdrawal changes no position, so its exposure after is the one before.
    fn chosen_deficit<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        table: &Table,
        not_worse: &Num,
        maintenance: &Num,
        unit: Option<&UnitWitness>,
    ) -> Result<Num, SynthesisError> {
        let mut cs = cs.namespace(|| "chosen deficit");
        let (then, equity_before) = self.before;
        let limited = self.forced.limited.num();
        let any = not_worse + limited;
        let enabled = Bit::trusted(any.clone());
        let choice = unit.and_then(chosen_scenario);
        let scenario = one_hot(&mut cs, "scenario", &enabled, choice, FORCED_DEFICITS)?;
        let of_equity = scenario[SCENARIOS].num();
        // The deficit of equity is no bound on what positions may lose.
        let name = || "a scenario where deficits must not get worse";
        enforce_product(&mut cs, name, not_worse, of_equity, &Num::zero());
        let exposure = then.chosen(&mut cs, &scenario[..SCENARIOS], &(&any - of_equity))?;
        let ratio = maintenance + &limited.mul(&mut cs, || "initial ratio", table.initial())?;
        let required = exposure.mul(&mut cs, || "required", &ratio)?;
        // Nothing is paid but in a forced withdrawal.
        let equity = any.mul(&mut cs, || "equity", &(equity_before - &self.forced.paid))?;
        Ok(required - in_ratios(&equity))
    }

    /// What must be short is short: the chosen deficit is at least 1 in a liquidation and at least -255 in a forced
    /// withdrawal that is limited, and equity before is negative in a takeover and in the deleveraging of an insolvent
    /// account.
    fn enforce_short<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        chosen: &Num,
        taken: &Num,
        equity_before: &Num,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-DELEVERAGE");
        let [liquidation, takeover] = [self.modes.liquidation.num(), self.modes.takeover.num()];
        let limited = self.forced.limited.num();
        let deficit = (liquidation + limited).mul(&mut cs, || "deficit", chosen)?;
        let insolvent = self.modes.insolvent.num();
        let owed = insolvent.mul(&mut cs, || "equity of an insolvent account", equity_before)?;
        // Healthy accounts are left alone, a withdrawal is not cut short, solvent accounts are not taken, and nobody
        // loses lots to one that could keep its own.
        let above = Num::sum([
            (Fr::one(), &deficit),
            (Fr::from(FORCED_SLACK), limited),
            (-Fr::one(), liquidation),
            (-Fr::one(), taken),
            (-Fr::one(), takeover),
            (-Fr::one(), &owed),
            (-Fr::one(), insolvent),
        ]);
        range(&mut cs, "short enough", &above, DEFICIT_BITS)?;
        Ok(())
    }
}

/// B-HOUSE-MARGIN, and initial margin where the insurance pays out (B-DOORS).
pub fn enforce_house_margin<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    table: &Table,
    (then, equity_before): (&Assessment, &Num),
    (now, equity_after): (&Assessment, &Num),
    pays: &Bit,
    choice: Option<MarginChoice>,
) -> Result<(), SynthesisError> {
    let mut cs = cs.namespace(|| "B-HOUSE-MARGIN");
    // The prover names the side of the rule it meets.
    let relaxed = Bit::alloc(&mut cs, || "relaxed", choice.map(|c| c != MarginChoice::Initial))?;
    {
        // What leaves the insurance must not be what its positions need.
        let mut cs = cs.namespace(|| "B-DOORS");
        let name = || "no payment when relaxed";
        enforce_product(&mut cs, name, relaxed.num(), pays.num(), &Num::zero());
    }
    let place = choice.map(|c| not_worse(c).unwrap_or(SCENARIOS));
    let scenario = one_hot(&mut cs, "scenario", &relaxed, place, SCENARIOS)?;
    let exposure = then.chosen(&mut cs, &scenario, relaxed.num())?;
    let required = exposure.mul(&mut cs, || "required", table.initial())?;
    let equity = relaxed.num().mul(&mut cs, || "equity", equity_before)?;
    let threshold = required - in_ratios(&equity);
    now.enforce_within(&mut cs, table.initial(), &(threshold + in_ratios(equity_after)))
}

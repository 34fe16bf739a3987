//! What goes in and out of the insurance (B-DOORS). That nothing leaves below initial margin is checked with the
//! house's margin.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{AMOUNT_BITS, DEFICIT_BITS, EQUITY_BITS, FORCED_DEFICITS, FORCED_SLACK, SCENARIOS};
use cloister_ledger::BatchWitness;
use cloister_risk::MarginChoice;
use cloister_types::Amount;

use super::{
    assessment::{in_ratios, Assessment},
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

/// What goes in and out. All numbers are public: the chain puts 64 bits each into the statement, so they need no range
/// here.
pub struct Doors {
    /// Paid in.
    pub paid_in: Num,
    /// Asked to be paid out.
    pub asked: Num,
    /// Paid out.
    pub paid_out: Num,
    /// What equity must not fall below.
    pub keep: Num,
    /// Something is paid out, so the house must meet initial margin and keep what it must.
    pub pays: Bit,
    /// Less than was asked for is paid out, so some deficit must leave no room for more.
    limited: Bit,
}

impl Doors {
    /// Allocates the amounts and the two things the prover claims of them.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, batch: Option<&BatchWitness>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-DOORS");
        let amount = |of: fn(&BatchWitness) -> Amount| batch.map(|w| Fr::from(of(w).get()));
        let paid_in = Num::alloc(&mut cs, || "paid in", amount(|w| w.doors.paid_in))?;
        let keep = Num::alloc(&mut cs, || "keep", amount(|w| w.doors.keep))?;
        let paid_out = Num::alloc(&mut cs, || "paid out", amount(|w| w.insurance_out))?;
        let rest = batch.map(|w| Fr::from(w.doors.asked.get()) - Fr::from(w.insurance_out.get()));
        let rest = Num::alloc(&mut cs, || "not paid", rest)?;
        // More than what governance asked for would be the sequencer's to give away.
        range(&mut cs, "not above what is asked", &rest, AMOUNT_BITS)?;
        let pays = Bit::alloc(&mut cs, || "pays", batch.map(|w| !w.insurance_out.is_zero()))?;
        let limited = batch.map(|w| w.doors_choice != MarginChoice::Initial);
        let limited = Bit::alloc(&mut cs, || "limited", limited)?;
        let name = || "paid only with margin";
        enforce_product(&mut cs, name, pays.not().num(), &paid_out, &Num::zero());
        let name = || "all is paid unless limited";
        enforce_product(&mut cs, name, limited.not().num(), &rest, &Num::zero());
        Ok(Self {
            asked: &paid_out + &rest,
            paid_in,
            paid_out,
            keep,
            pays,
            limited,
        })
    }

    /// Checks what is paid out against the house after: its positions and its equity.
    pub fn enforce<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        table: &Table,
        (now, equity): (&Assessment, &Num),
        batch: Option<&BatchWitness>,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "B-DOORS");
        let spare = equity - &self.keep;
        let spare = self.pays.num().mul(&mut cs, || "what is left beyond keep", &spare)?;
        // What the last round found owing must stay for those it is owed to.
        range(&mut cs, "keeps what it must", &spare, EQUITY_BITS)?;

        let choice = batch.map(|w| match w.doors_choice {
            MarginChoice::Tight(deficit) => deficit.into(),
            // A place that does not exist, so that no choice is made.
            MarginChoice::Initial | MarginChoice::NotWorse(_) => FORCED_DEFICITS,
        });
        let deficit = one_hot(&mut cs, "deficit", &self.limited, choice, FORCED_DEFICITS)?;
        let of_keep = deficit[SCENARIOS].num();
        let limited = self.limited.num();
        let exposure = now.chosen(&mut cs, &deficit[..SCENARIOS], &(limited - of_keep))?;
        let required = exposure.mul(&mut cs, || "required", table.initial())?;
        let kept = of_keep.mul(&mut cs, || "kept", &self.keep)?;
        let equity = limited.mul(&mut cs, || "equity", equity)?;
        let chosen = required + in_ratios(&(kept - &equity));
        // A sequencer that pays less than it must would decide itself what governance gets.
        let above = chosen + limited.scale(Fr::from(FORCED_SLACK));
        range(&mut cs, "no room for more", &above, DEFICIT_BITS)?;
        Ok(())
    }
}

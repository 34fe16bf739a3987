//! The amount of a forced withdrawal (B-FORCED). That the margin allows no more is checked with the margin.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::AMOUNT_BITS;
use cloister_ledger::{Mode, UnitWitness};
use cloister_risk::MarginChoice;
use cloister_types::Amount;

use super::modes::Modes;
use crate::{
    gadgets::{
        bits::alloc_ranged,
        boolean::Bit,
        num::{enforce_product, Num},
    },
    Fr,
};

/// A forced withdrawal; all zero in other modes.
pub struct Forced {
    /// As queued.
    pub requested: Num,
    /// `w`.
    pub paid: Num,
    /// `requested - w`. It is zero in other modes, where there may be an instruction, and shares its range check with
    /// the instruction's.
    pub not_paid: Num,
    /// Something is paid, so the account must meet initial margin afterwards.
    pub pays: Bit,
    /// Less than requested is paid, so some deficit must leave no room for more.
    pub limited: Bit,
}

impl Forced {
    /// Allocates the amounts and the two things the prover claims of them.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        unit: Option<&UnitWitness>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-FORCED");
        let (paid, _) = alloc_ranged(&mut cs, "paid", unit.map(|u| Fr::from(u.paid.get())), AMOUNT_BITS)?;
        let rest = unit.map(|u| Fr::from(u.requested.get()) - Fr::from(u.paid.get()));
        let rest = Num::alloc(&mut cs, || "not paid", rest)?;
        let in_mode = |claim: fn(&UnitWitness) -> bool| unit.map(|u| u.mode == Mode::Forced && claim(u));
        let pays = Bit::alloc(&mut cs, || "pays", in_mode(|u| u.paid != Amount::ZERO))?;
        let limited = Bit::alloc(&mut cs, || "limited", in_mode(|u| u.margin != MarginChoice::Initial))?;
        let other = modes.forced.not();
        let either = pays.num() + limited.num();
        // In another mode the margin asked here would take the place of the mode's own.
        enforce_product(&mut cs, || "only in this mode", &either, other.num(), &Num::zero());
        // Nothing is paid, requested or shown in other modes, since nothing is claimed there.
        enforce_product(
            &mut cs,
            || "paid only with margin",
            pays.not().num(),
            &paid,
            &Num::zero(),
        );
        let name = || "all is paid unless limited";
        enforce_product(&mut cs, name, limited.not().num(), &rest, &Num::zero());
        Ok(Self {
            requested: &paid + &rest,
            not_paid: rest,
            paid,
            pays,
            limited,
        })
    }
}

//! The public values of a solvency statement, as wires (D-STATEMENT, D-OUTCOME).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, SOLVENCY_STATEMENT_VERSION},
    field::{from_i128, from_u128, limbs},
};
use cloister_ledger::{SolvencyOutcome, SolvencyStatement};

use super::{house::House, sums::SumsWires, table::Columns};
use crate::{
    gadgets::{
        boolean::Bit,
        num::{enforce_product, Num},
        poseidon2::sponge,
    },
    Fr,
};

/// The public values, without those that are wires of the table.
pub struct Public {
    genesis: [Num; 2],
    payee: [Num; 2],
    pub root: Num,
    pub risk_hash: Num,
    pub first: Num,
    pub next: Num,
    pub before: Num,
    pub after: Num,
    last: Bit,
    shown: Shown,
}

/// What only the last statement of a round shows; 0 in the others.
struct Shown {
    house: Num,
    short: Num,
    debt: Num,
    live_debt: Num,
    surplus: Num,
}

impl Shown {
    /// `outcome` is none without a statement, `Some(None)` in a statement that is not the last.
    fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        outcome: Option<Option<&SolvencyOutcome>>,
    ) -> Result<Self, SynthesisError> {
        let value = |of: fn(&SolvencyOutcome) -> Fr| outcome.map(|o| o.map_or(Fr::zero(), of));
        Ok(Self {
            house: Num::alloc(cs, || "house", value(|o| o.house))?,
            short: Num::alloc(cs, || "short", value(|o| Fr::from(u64::from(o.found.short))))?,
            debt: Num::alloc(cs, || "debt", value(|o| from_u128(o.found.debt.get())))?,
            live_debt: Num::alloc(cs, || "live debt", value(|o| from_u128(o.found.live_debt.get())))?,
            surplus: Num::alloc(cs, || "surplus", value(|o| from_i128(o.surplus.get())))?,
        })
    }
}

impl Public {
    /// Allocates the values.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, s: Option<&SolvencyStatement>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "public");
        let genesis = s.map(|s| limbs(&s.genesis));
        let payee = s.map(|s| limbs(&s.payee));
        let outcome = s.map(|s| s.outcome.as_ref());
        Ok(Self {
            genesis: [
                Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?,
                Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?,
            ],
            payee: [
                Num::alloc(&mut cs, || "payee lo", payee.map(|p| p.0))?,
                Num::alloc(&mut cs, || "payee hi", payee.map(|p| p.1))?,
            ],
            root: Num::alloc(&mut cs, || "root", s.map(|s| s.root))?,
            risk_hash: Num::alloc(&mut cs, || "risk hash", s.map(|s| s.risk_hash))?,
            first: Num::alloc(&mut cs, || "first", s.map(|s| Fr::from(u64::from(s.first.get()))))?,
            next: Num::alloc(&mut cs, || "next", s.map(|s| Fr::from(u64::from(s.next.get()))))?,
            before: Num::alloc(&mut cs, || "before", s.map(|s| s.before))?,
            after: Num::alloc(&mut cs, || "after", s.map(|s| s.after))?,
            last: Bit::alloc(&mut cs, || "last", outcome.map(|o| o.is_some()))?,
            shown: Shown::alloc(&mut cs, outcome)?,
        })
    }

    /// D-OUTCOME: the last statement shows the sums and what the insurance has beyond the debts, the others show
    /// nothing. A number that is shown early would tell of a few hundred accounts, and of a round of a small group
    /// part by part, whose they are.
    pub fn enforce_outcome<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        house: &House,
        after: &SumsWires,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "D-OUTCOME");
        let found = &after.found;
        let surplus = &house.equity - &found.debt;
        let shown = [
            (
                "house is that of the root's batch",
                &house.commitment,
                &self.shown.house,
            ),
            ("number of short accounts", &found.short, &self.shown.short),
            ("debts", &found.debt, &self.shown.debt),
            ("debts with live lots", &found.live_debt, &self.shown.live_debt),
            ("insurance less debts", &surplus, &self.shown.surplus),
        ];
        for (name, value, public) in shown {
            enforce_product(&mut cs, || name, self.last.num(), value, public);
        }
        Ok(())
    }

    /// D-STATEMENT. Genesis and payee take no part in the rules; they are here so that a proof is valid on one chain
    /// and pays its maker.
    pub fn hash<CS: ConstraintSystem<Fr>>(self, cs: &mut CS, columns: &Columns) -> Result<Num, SynthesisError> {
        let [genesis_lo, genesis_hi] = self.genesis;
        let [payee_lo, payee_hi] = self.payee;
        let elements = [
            Num::constant(Fr::from(SOLVENCY_STATEMENT_VERSION)),
            genesis_lo,
            genesis_hi,
            columns.group().clone(),
            payee_lo,
            payee_hi,
            self.root,
            self.risk_hash,
            columns.version().clone(),
            columns.time().clone(),
            self.first,
            self.next,
            self.before,
            self.after,
            self.last.num().clone(),
            self.shown.house,
            self.shown.short,
            self.shown.debt,
            self.shown.live_debt,
            self.shown.surplus,
        ];
        sponge(cs, "hash", domain::SOLVENCY, &elements)
    }
}

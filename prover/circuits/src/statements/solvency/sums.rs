//! What was found, and the commitments that hide it (D-SUMS).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{constants::domain, field::from_u128};
use cloister_ledger::solvency::Sums;

use crate::{
    gadgets::{
        num::{enforce_equal, Num},
        poseidon2::sponge,
    },
    Fr,
};

/// What was found in some accounts.
pub struct FoundWires {
    /// How many are short.
    pub short: Num,
    /// What they owe.
    pub debt: Num,
    /// What those of them owe that hold lots in rows that are not stale.
    pub live_debt: Num,
}

impl FoundWires {
    /// The sums.
    pub fn total<'a>(parts: impl Iterator<Item = &'a Self> + Clone) -> Self {
        Self {
            short: Num::total(parts.clone().map(|found| &found.short)),
            debt: Num::total(parts.clone().map(|found| &found.debt)),
            live_debt: Num::total(parts.map(|found| &found.live_debt)),
        }
    }
}

/// Sums with what hides them.
pub struct SumsWires {
    blinding: Num,
    pub found: FoundWires,
}

impl SumsWires {
    /// Allocates the sums before. They need no ranges: a round starts from zeros and adds to them.
    pub fn alloc_before<CS: ConstraintSystem<Fr>>(cs: &mut CS, sums: Option<&Sums>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "sums before");
        let found = sums.map(|s| s.found);
        Ok(Self {
            blinding: Num::alloc(&mut cs, || "blinding", sums.map(|s| s.blinding))?,
            found: FoundWires {
                short: Num::alloc(&mut cs, || "short", found.map(|f| Fr::from(u64::from(f.short))))?,
                debt: Num::alloc(&mut cs, || "debt", found.map(|f| from_u128(f.debt.get())))?,
                live_debt: Num::alloc(&mut cs, || "live debt", found.map(|f| from_u128(f.live_debt.get())))?,
            },
        })
    }

    fn commitment<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, name: &'static str) -> Result<Num, SynthesisError> {
        let FoundWires { short, debt, live_debt } = &self.found;
        let elements = [&self.blinding, short, debt, live_debt].map(Num::clone);
        sponge(cs, name, domain::SOLVENCY_SUMS, &elements)
    }

    /// The sums after, with a blinding that only its chooser needs. Both commitments are those of the statement, which
    /// are given.
    pub fn add<'a, CS: ConstraintSystem<Fr>>(
        &'a self,
        cs: &mut CS,
        found: impl Iterator<Item = &'a FoundWires> + Clone,
        blinding: Option<Fr>,
        [stated_before, stated_after]: [&Num; 2],
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "D-SUMS");
        let after = Self {
            blinding: Num::alloc(&mut cs, || "blinding", blinding)?,
            found: FoundWires::total(found.chain([&self.found])),
        };
        let before = self.commitment(&mut cs, "before")?;
        let name = || "the sums before are the committed ones";
        enforce_equal(&mut cs, name, &before, stated_before);
        let name = || "the sums after are the committed ones";
        let commitment = after.commitment(&mut cs, "after")?;
        enforce_equal(&mut cs, name, &commitment, stated_after);
        Ok(after)
    }
}

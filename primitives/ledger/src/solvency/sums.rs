//! What a solvency round has found so far, and the commitment that hides it (D-SUMS).

use super::{SolvencyError, Standing};
use alloc::vec::Vec;
use cloister_crypto::{constants::domain, field::from_u128, poseidon2::sponge, Fr};
use cloister_types::Total;

/// What was found in the accounts opened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Number of accounts below maintenance margin.
    pub short: u32,
    /// Sum of what accounts with negative equity owe.
    pub debt: Total,
    /// The part of it that is owed by accounts with lots in rows that are not stale.
    pub live_debt: Total,
}

impl Found {
    /// With one account more.
    ///
    /// # Errors
    /// [`SolvencyError::Sums`].
    pub fn and(self, standing: Standing) -> Result<Self, SolvencyError> {
        let sum = || {
            Some(Self {
                short: self.short.checked_add(standing.short.into())?,
                debt: self.debt.checked_add(standing.debt)?,
                live_debt: self.live_debt.checked_add(standing.live_debt())?,
            })
        };
        sum().ok_or(SolvencyError::Sums)
    }
}

/// The sums with what hides them. The default is where every round starts; it is public.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Hides the sums; drawn anew for every statement.
    pub blinding: Fr,
    /// The sums.
    pub found: Found,
}

impl Sums {
    /// The elements in the order they are hashed.
    pub fn elements(&self) -> Vec<Fr> {
        let Found { short, debt, live_debt } = self.found;
        Vec::from([
            self.blinding,
            Fr::from(u64::from(short)),
            from_u128(debt.get()),
            from_u128(live_debt.get()),
        ])
    }

    /// The commitment that a statement names.
    pub fn commitment(&self) -> Fr {
        sponge(domain::SOLVENCY_SUMS, &self.elements())
    }
}

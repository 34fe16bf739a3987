//! Income and proofs that are verified together, for the benchmarks.

use super::*;
use crate::batch::Proven;
use alloc::vec::Vec;
use cloister_groth16_verifier::{Proof, VerifyingKey};

/// So much more is in the vault.
pub fn fund<T: Config>(asset: &T::AssetId, group: u32, amount: u128) {
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), amount);
}

/// A closed period of which the others have got two thirds of an amount, and a payee has the last one. Returns its
/// number.
pub fn closed<T: Config>(group: u32, payee: &T::AccountId, provers: u128) -> u32 {
    let credits = 1_000;
    let paid = (provers / 3).saturating_mul(2);
    PeriodOf::<T>::insert(group, Period::begin(1, 0, PayoutTerms::default()));
    Credits::<T>::insert((group, 0, payee), credits);
    let period = ClosedPeriod {
        provers,
        credits: 3 * credits,
        paid,
        claimed: 2 * credits,
    };
    Totals::<T>::mutate(group, |totals| totals.provers = provers.saturating_sub(paid));
    ClosedPeriods::<T>::insert(group, 0, period);
    0
}

/// The present period has collected so much for somebody's proofs.
pub fn open<T: Config>(group: u32, collected: u128) {
    let mut period = Period::begin(0, 0, PayoutTerms::default());
    (period.collected, period.credits) = (collected, 1_000);
    period.apart = period.missing().unwrap_or_default();
    Totals::<T>::mutate(group, |totals| totals.provers = period.apart);
    PeriodOf::<T>::insert(group, period);
}

/// So many proofs, of different statements under different keys.
pub fn proofs(number: u32) -> Option<Vec<Proven>> {
    let proven = |n: u32| {
        let statement = Fr::from(u64::from(n));
        Some(Proven {
            key: VerifyingKey::from_checked_bytes(&trapdoor::key_of(n.into())).ok()?,
            statement,
            proof: Proof::from_bytes(&trapdoor::prove_with(n.into(), statement)).ok()?,
        })
    };
    (0..number).map(proven).collect()
}

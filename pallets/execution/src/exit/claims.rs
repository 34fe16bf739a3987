//! Exits: recorded once an index, paid at the ratio.

use super::ExitClaim;
use crate::{
    claims::Gate, Accounts, BlockNumberFor, Config, Error, Event, ExitClaims, ExitTotals, FinalTables, Groups, Indices,
    KeyId, Pallet, Totals,
};
use cloister_crypto::field::from_bytes;
use cloister_groth16_verifier::PROOF_BYTES;
use cloister_ledger::ExitStatement;
use cloister_types::{AccountIndex, GroupId, Total};
use pallet_cloister_verifier::StatementKind;
use polkadot_sdk::{
    frame_support::{ensure, traits::Time},
    frame_system,
};

impl<T: Config> Pallet<T> {
    /// Rebuilds the statement of an exit (X-STATEMENT). Only the claim is the caller's: the index is that of the owner.
    pub(crate) fn exit_statement(group: u32, index: u32, claim: u128) -> Result<ExitStatement, Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        let table = FinalTables::<T>::get(group).ok_or(Error::<T>::FinalTableMissing)?;
        let field = |bytes| from_bytes(bytes).map_err(|_| Error::<T>::NonCanonicalField);
        Ok(ExitStatement {
            genesis: frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32)).0,
            group: GroupId(group),
            index: AccountIndex(index),
            root: field(&state.root)?,
            final_hash: field(&table.final_hash)?,
            claim: Total(claim),
        })
    }

    /// Records the exit of the signer's account. Nothing is paid yet.
    pub(crate) fn do_exit(
        owner: T::AccountId,
        group: u32,
        key: KeyId,
        claim: u128,
        proof: &[u8; PROOF_BYTES],
    ) -> Result<(), Error<T>> {
        Self::frozen_since(group)?;
        let mut sums = ExitTotals::<T>::get(group).ok_or(Error::<T>::FinalTableMissing)?;
        let index = Indices::<T>::get(group, &owner).ok_or(Error::<T>::NoAccount)?;
        let account = Accounts::<T>::get(group, index).ok_or(Error::<T>::NoAccount)?;
        ensure!(account.opened, Error::<T>::UnknownAccount);
        ensure!(!ExitClaims::<T>::contains_key(group, index), Error::<T>::AlreadyExited);
        // After the first phase the ratio is fixed before anybody else comes.
        ensure!(
            sums.ratio.is_some() || T::Time::now() < sums.claims_until,
            Error::<T>::ExitsNotSettled
        );
        Self::verify_exit(group, index, key, claim, proof)?;
        let late = match sums.ratio {
            None => None,
            Some(ratio) => {
                let there = Totals::<T>::get(group).available();
                let left = there.and_then(|there| there.checked_sub(sums.reserved));
                let share = ratio.share(claim).zip(left).ok_or(Error::<T>::ArithmeticOverflow)?;
                Some(share.0.min(share.1))
            }
        };
        let overflow = || Error::<T>::ArithmeticOverflow;
        sums.claimed = sums.claimed.checked_add(claim).ok_or_else(overflow)?;
        let reserved = sums.reserved.checked_add(late.unwrap_or_default());
        sums.reserved = reserved.ok_or_else(overflow)?;
        ExitTotals::<T>::insert(group, sums);
        ExitClaims::<T>::insert(
            group,
            index,
            ExitClaim {
                owner: owner.clone(),
                gross: claim,
                paid: 0,
                late,
            },
        );
        Self::deposit_event(Event::Exited {
            group,
            index,
            owner,
            claim,
            late: late.is_some(),
        });
        Ok(())
    }

    fn verify_exit(group: u32, index: u32, key: KeyId, claim: u128, proof: &[u8; PROOF_BYTES]) -> Result<(), Error<T>> {
        let key = Self::active_key_of(key, StatementKind::Exit)?;
        let statement = Self::exit_statement(group, index, claim)?;
        Self::verify_proof(&key, statement.hash(), proof)
    }

    /// Pays what an exit has a right to and has not got yet.
    pub(crate) fn do_pay_exit(group: u32, index: u32) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        let mut claim = ExitClaims::<T>::get(group, index).ok_or(Error::<T>::NoClaim)?;
        let mut sums = ExitTotals::<T>::get(group).ok_or(Error::<T>::FinalTableMissing)?;
        let ratio = sums.ratio.ok_or(Error::<T>::ExitsNotSettled)?;
        let entitled = claim.late.or_else(|| ratio.share(claim.gross));
        let entitled = entitled.ok_or(Error::<T>::ArithmeticOverflow)?;
        let due = entitled.saturating_sub(claim.paid);
        ensure!(due > 0, Error::<T>::NothingDue);
        let mut totals = Totals::<T>::get(group);
        let overflow = || Error::<T>::ArithmeticOverflow;
        claim.paid = entitled;
        sums.paid = sums.paid.checked_add(due).ok_or_else(overflow)?;
        sums.reserved = sums.reserved.checked_sub(due).ok_or_else(overflow)?;
        totals.settled = totals.settled.checked_sub_unsigned(due).ok_or_else(overflow)?;
        // What is there for payouts never falls below 0 (C-VAULT).
        totals.available().ok_or_else(overflow)?;
        Self::transfer_out(group, &state.asset, &claim.owner, due).map_err(|_| Error::<T>::PayoutRefused)?;
        Totals::<T>::insert(group, totals);
        ExitTotals::<T>::insert(group, sums);
        let owner = claim.owner.clone();
        ExitClaims::<T>::insert(group, index, claim);
        Self::deposit_event(Event::ExitPaid {
            group,
            index,
            owner,
            amount: due,
        });
        Ok(())
    }

    /// Pays what is due of a withheld claim of a frozen group: it ranks with exits, so before the ratio is fixed that
    /// is nothing, whatever round is fresh and whatever terms there are.
    pub(crate) fn pay_withheld_of_frozen(group: u32, who: &T::AccountId) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        let mut sums = ExitTotals::<T>::get(group).ok_or(Error::<T>::ExitsNotSettled)?;
        let ratio = sums.ratio.ok_or(Error::<T>::ExitsNotSettled)?;
        let mut totals = Totals::<T>::get(group);
        let before = totals.available();
        Self::pay_due(Gate::Fixed(ratio), group, &state.asset, who, &mut totals)?;
        let paid = before.zip(totals.available()).and_then(|(b, a)| b.checked_sub(a));
        let left = paid.and_then(|paid| sums.reserved.checked_sub(paid));
        sums.reserved = left.ok_or(Error::<T>::ArithmeticOverflow)?;
        Totals::<T>::insert(group, totals);
        ExitTotals::<T>::insert(group, sums);
        Ok(())
    }
}

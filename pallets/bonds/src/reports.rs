//! What a report must prove, and the slash (C-SLASH).

use crate::{Barred, Bonds, Config, Error, Event, HoldReason, Pallet, SignedReceipt, TermsOf};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{
            fungible::{Balanced, BalancedHold},
            Imbalance, OnUnbalanced,
        },
    },
    sp_core::sr25519,
    sp_io,
    sp_runtime::{traits::Zero, Permill},
};

impl<T: Config> Pallet<T> {
    /// Checks that two different receipts of one number are of this chain and group, that both were signed by the key
    /// of an account that has a bond, on a series of its own. Returns the number.
    pub(crate) fn check_report(
        group: u32,
        who: &T::AccountId,
        first: &SignedReceipt,
        second: &SignedReceipt,
    ) -> Result<u64, Error<T>> {
        let is_ours = |receipt| Self::is_ours(group, receipt);
        let (one, other) = (&first.receipt, &second.receipt);
        ensure!(is_ours(one) && is_ours(other), Error::<T>::WrongScope);
        ensure!(one.number == other.number, Error::<T>::NumbersDiffer);
        // A receipt has one encoding. Many signatures of it say the same.
        ensure!(one != other, Error::<T>::SameReceipt);
        // Of no journal that the chain knows: an honest sequencer may have given both, with one journal after another.
        ensure!(one.series() > 0, Error::<T>::NoSeries);
        ensure!(Bonds::<T>::contains_key(group, who), Error::<T>::NothingBonded);
        let signed = Self::is_signed(who, first) && Self::is_signed(who, second);
        ensure!(signed, Error::<T>::WrongSignature);
        Ok(one.number)
    }

    /// Whether an account's sr25519 key has signed a receipt.
    pub(crate) fn is_signed(who: &T::AccountId, signed: &SignedReceipt) -> bool {
        let signature = sr25519::Signature::from_raw(signed.signature);
        let key = sr25519::Public::from_raw(*who.as_ref());
        sp_io::crypto::sr25519_verify(&signature, &signed.receipt.message(), &key)
    }

    /// Takes a bond away, and lets the account make no other: the share of the reporter is paid, the rest goes to whom
    /// the runtime says.
    pub(crate) fn slash(group: u32, who: T::AccountId, number: u64, reporter: T::AccountId) {
        Barred::<T>::insert(group, &who, ());
        let Some(bond) = Bonds::<T>::take(group, &who) else {
            return;
        };
        let share = TermsOf::<T>::get(group).map_or_else(Permill::zero, |terms| terms.share());
        let (taken, _) = T::Currency::slash(&HoldReason::Bond.into(), &who, bond.held);
        let amount = taken.peek();
        let (reward, rest) = taken.split(share.mul_floor(amount));
        let mut paid = reward.peek();
        // An account that cannot take it leaves it to the others.
        let refused = T::Currency::resolve(&reporter, reward).err();
        let rest = match refused {
            Some(refused) => {
                paid = Zero::zero();
                rest.merge(refused)
            }
            None => rest,
        };
        T::Beneficiary::on_unbalanced(rest);
        Self::deposit_event(Event::Slashed {
            group,
            who,
            number,
            amount,
            reporter,
            reward: paid,
        });
    }
}

//! The gate before payouts, and the claims of payouts that were withheld (C-GATE, C-CLAIM).

use crate::{
    exit::Ratio, CompleteRounds, Config, Error, Event, Frozen, GroupTotals, Groups, Pallet, SolvencyTermsOf, Totals,
    WithheldClaims,
};
use polkadot_sdk::{
    frame_support::{ensure, traits::Time},
    sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, DispatchError, Rounding},
};

/// What of a payout is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// All of it: a round is fresh and there is no shortfall, or the group has no terms.
    Open,
    /// A round is fresh and shows this shortfall, 10^-6: the same part of all claims.
    Short(u128),
    /// Nothing: no round is fresh.
    Shut,
    /// The ratio of a frozen group, whatever round there is (C-EXIT).
    Fixed(Ratio),
}

impl Gate {
    /// What a claim of this gross amount has a right to, while `backing` is settled or withheld: all of it, or `gross ·
    /// backing / (backing + shortfall)`, rounded down. `None` while the gate is shut.
    pub(crate) fn entitled(self, gross: u128, backing: u128) -> Option<u128> {
        match self {
            Self::Open => Some(gross),
            Self::Short(shortfall) => {
                let whole = backing.checked_add(shortfall)?;
                multiply_by_rational_with_rounding(gross, backing, whole, Rounding::Down)
            }
            Self::Shut => None,
            Self::Fixed(ratio) => ratio.share(gross),
        }
    }
}

impl GroupTotals {
    /// What claims and equity share: the divisor of the ratio is this and the shortfall. Withholding and paying leave
    /// it as it is. 0 if accounts owe more than it, which can be once payouts have used what ranks behind them.
    pub fn backing(&self) -> Option<u128> {
        let backing = i128::try_from(self.withheld).ok()?.checked_add(self.settled)?;
        Some(backing.max(0).unsigned_abs())
    }

    /// The gate once what ranks behind traders has covered the shortfall as far as it goes, and the backing that the
    /// ratio has then: the divisor stays what it was.
    fn covered(&self, gate: Gate) -> Option<(Gate, u128)> {
        let Gate::Short(shortfall) = gate else {
            return Some((gate, self.backing()?));
        };
        let cover = self.junior.min(shortfall);
        let backing = i128::try_from(self.withheld).ok()?.checked_add(self.settled)?;
        let backing = backing.checked_add_unsigned(cover)?.max(0).unsigned_abs();
        let gate = match shortfall.saturating_sub(cover) {
            0 => Gate::Open,
            left => Gate::Short(left),
        };
        Some((gate, backing))
    }
}

impl<T: Config> Pallet<T> {
    /// The gate of a group now.
    pub(crate) fn gate(group: u32) -> Gate {
        let Some(terms) = SolvencyTermsOf::<T>::get(group) else {
            return Gate::Open;
        };
        match CompleteRounds::<T>::get(group) {
            Some(round) if round.is_fresh(&terms, T::Time::now()) => match round.shortfall() {
                0 => Gate::Open,
                shortfall => Gate::Short(shortfall),
            },
            _ => Gate::Shut,
        }
    }

    /// Pays out of what is settled, as far as the gate lets it. Returns whether all of it was paid at once.
    ///
    /// Accounts that owe money are part of what is settled, so the others can be due more than there is. What is there
    /// is paid, and the rest is withheld, whatever the gate: a payout that is proven has one amount, and refusing it
    /// would stop the group.
    pub(crate) fn pay_through(
        gate: Gate,
        group: u32,
        asset: &T::AssetId,
        who: &T::AccountId,
        amount: u64,
        totals: &mut GroupTotals,
    ) -> Result<bool, DispatchError> {
        let there = totals.settled;
        totals.settled = there
            .checked_sub_unsigned(amount.into())
            .ok_or(Error::<T>::ArithmeticOverflow)?;
        if gate == Gate::Open && there >= i128::from(amount) {
            return Self::pay(group, asset, who, amount, totals);
        }
        Self::add_to(&mut totals.withheld, amount)?;
        WithheldClaims::<T>::try_mutate(group, who, |claim| {
            Self::add_to(&mut claim.get_or_insert_default().gross, amount)
        })?;
        Self::deposit_event(Event::PayoutWithheld {
            group,
            owner: who.clone(),
            amount,
        });
        if gate != Gate::Shut {
            // Nothing due, or refused by the asset: it stays a claim, and blocks no batch.
            let _ = Self::pay_due(gate, group, asset, who, totals);
        }
        Ok(false)
    }

    /// Pays what is due of an owner's claim. Anyone may ask for it.
    pub(crate) fn pay_withheld(group: u32, who: &T::AccountId) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        ensure!(WithheldClaims::<T>::contains_key(group, who), Error::<T>::NoClaim);
        if Frozen::<T>::contains_key(group) {
            return Self::pay_withheld_of_frozen(group, who);
        }
        let mut totals = Totals::<T>::get(group);
        let gate = Self::gate(group);
        Self::pay_due(gate, group, &state.asset, who, &mut totals)?;
        Totals::<T>::insert(group, totals);
        Ok(())
    }

    /// Pays what a claim has a right to and has not got yet. Nothing is changed if it fails.
    pub(crate) fn pay_due(
        gate: Gate,
        group: u32,
        asset: &T::AssetId,
        who: &T::AccountId,
        totals: &mut GroupTotals,
    ) -> Result<(), Error<T>> {
        ensure!(gate != Gate::Shut, Error::<T>::NoFreshRound);
        let mut claim = WithheldClaims::<T>::get(group, who).ok_or(Error::<T>::NoClaim)?;
        let entitled = totals
            .covered(gate)
            .and_then(|(gate, backing)| gate.entitled(claim.gross, backing))
            .ok_or(Error::<T>::ArithmeticOverflow)?;
        // A worse round takes nothing back, and nobody is paid from what waits in the queue.
        let there = totals.available().ok_or(Error::<T>::ArithmeticOverflow)?;
        let due = entitled.saturating_sub(claim.paid).min(there);
        ensure!(due > 0, Error::<T>::NothingDue);
        let (mut paid, mut withheld) = (totals.withheld_paid.checked_add(due), Some(totals.withheld));
        claim.paid = claim.paid.checked_add(due).ok_or(Error::<T>::ArithmeticOverflow)?;
        let done = claim.paid >= claim.gross;
        if done {
            paid = paid.and_then(|paid| paid.checked_sub(claim.gross));
            withheld = totals.withheld.checked_sub(claim.gross);
        }
        let (paid, withheld) = paid.zip(withheld).ok_or(Error::<T>::ArithmeticOverflow)?;
        Self::transfer_out(group, asset, who, due).map_err(|_| Error::<T>::PayoutRefused)?;
        (totals.withheld_paid, totals.withheld) = (paid, withheld);
        if done {
            WithheldClaims::<T>::remove(group, who);
        } else {
            WithheldClaims::<T>::insert(group, who, claim);
        }
        Self::deposit_event(Event::WithheldPaid {
            group,
            owner: who.clone(),
            amount: due,
            left: claim.gross.saturating_sub(claim.paid),
        });
        Ok(())
    }
}

//! The ratio of a frozen group, and what nobody has a right to.

use super::{ExitScan, Ratio, JUNIOR_AFTER, SCAN_PAGE};
use crate::{
    queue::GroupOf, Config, Error, Event, ExitScans, ExitSums, ExitTotals, GroupTotals, Groups, Pallet, Totals,
    WithheldClaims,
};
use polkadot_sdk::frame_support::{
    ensure,
    traits::{fungibles::Inspect, Get, Time},
};

/// The search as this pallet's storage has it.
type ScanOf<T> = ExitScan<<T as polkadot_sdk::frame_system::Config>::AccountId>;

impl<T: Config> Pallet<T> {
    /// Fixes the ratio after the first phase, or takes the next step of the search for it.
    pub(crate) fn do_settle_exits(group: u32) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        Self::frozen_since(group)?;
        let mut sums = ExitTotals::<T>::get(group).ok_or(Error::<T>::FinalTableMissing)?;
        ensure!(sums.ratio.is_none(), Error::<T>::ExitsSettled);
        ensure!(T::Time::now() >= sums.claims_until, Error::<T>::ExitsNotDue);
        let scan = match ExitScans::<T>::take(group) {
            Some(scan) => scan,
            None => Self::begin_scan(group, &state, &sums)?,
        };
        let totals = Totals::<T>::get(group);
        let whole = scan.part >= scan.of;
        // A claim that is paid in full is gone, so none is above a ratio of 1; and without a payment none is above any.
        let (scan, found) = if whole || totals.withheld_paid == 0 {
            (scan, true)
        } else {
            Self::go_on(group, scan)?
        };
        if !found {
            ExitScans::<T>::insert(group, scan);
            return Ok(());
        }
        let fixed_at = T::Time::now();
        let (part, of) = if whole { (1, 1) } else { (scan.part, scan.of) };
        sums.ratio = Some(Ratio { part, of, fixed_at });
        let there = totals.available().ok_or(Error::<T>::ArithmeticOverflow)?;
        let unpaid = scan.claims.checked_sub(totals.withheld_paid);
        sums.reserved = there.min(unpaid.ok_or(Error::<T>::ArithmeticOverflow)?);
        ExitTotals::<T>::insert(group, sums);
        Self::deposit_event(Event::ExitsSettled {
            group,
            part,
            of,
            claims: scan.claims,
        });
        Ok(())
    }

    /// What is there for the claims, and what they are. It changes no more until the ratio is fixed: exits and payments
    /// of claims wait for that.
    fn begin_scan(group: u32, state: &GroupOf<T>, sums: &ExitSums) -> Result<ScanOf<T>, Error<T>> {
        let totals = Self::count_gifts(group, state)?;
        let claims = totals.withheld.checked_add(sums.claimed);
        // Shares of fees are there for traders first.
        let there = totals.available();
        let backing = there.and_then(|there| there.checked_add(totals.withheld_paid));
        let (backing, claims) = backing.zip(claims).ok_or(Error::<T>::ArithmeticOverflow)?;
        Ok(ExitScan {
            backing,
            claims,
            part: backing,
            of: claims,
            above_paid: 0,
            above_gross: 0,
            last: None,
        })
    }

    /// Looks at the next withheld claims of a pass. A pass that has found no claim above the ratio which the pass
    /// before had not found has found the ratio: then it is true of every claim that it is above the ratio and keeps
    /// what it got, or is not and counts.
    fn go_on(group: u32, mut scan: ScanOf<T>) -> Result<(ScanOf<T>, bool), Error<T>> {
        let overflow = || Error::<T>::ArithmeticOverflow;
        let ratio = Ratio {
            part: scan.part,
            of: scan.of,
            fixed_at: 0,
        };
        let mut claims = match &scan.last {
            None => WithheldClaims::<T>::iter_prefix(group),
            Some(last) => {
                let key = WithheldClaims::<T>::hashed_key_for(group, last);
                WithheldClaims::<T>::iter_prefix_from(group, key)
            }
        };
        for _ in 0..SCAN_PAGE {
            let Some((owner, claim)) = claims.next() else {
                let part = scan.backing.checked_sub(scan.above_paid).ok_or_else(overflow)?;
                let of = scan.claims.checked_sub(scan.above_gross).ok_or_else(overflow)?;
                let found = (part, of) == (scan.part, scan.of);
                (scan.part, scan.of) = (part, of);
                (scan.above_paid, scan.above_gross, scan.last) = (0, 0, None);
                return Ok((scan, found));
            };
            if claim.paid > ratio.share(claim.gross).ok_or_else(overflow)? {
                scan.above_paid = scan.above_paid.checked_add(claim.paid).ok_or_else(overflow)?;
                scan.above_gross = scan.above_gross.checked_add(claim.gross).ok_or_else(overflow)?;
            }
            scan.last = Some(owner);
        }
        Ok((scan, false))
    }

    /// Counts what the vault was given without the pallet's doing as the group's, within the vault's cap. Returns what
    /// the vault owes then.
    fn count_gifts(group: u32, state: &GroupOf<T>) -> Result<GroupTotals, Error<T>> {
        let mut totals = Totals::<T>::get(group);
        let owed = totals.sum().ok_or(Error::<T>::ArithmeticOverflow)?;
        let least = T::Assets::minimum_balance(state.asset.clone());
        let balance = T::Assets::balance(state.asset.clone(), &Self::vault_account(group));
        let given = balance.saturating_sub(least).saturating_sub(owed);
        let room = T::MaxVault::get().saturating_sub(owed);
        totals.settle(given.min(room)).ok_or(Error::<T>::ArithmeticOverflow)?;
        Totals::<T>::insert(group, totals);
        Ok(totals)
    }

    /// Pays to the fee account what is neither due nor kept for any claim, when nobody has come for it for long.
    pub(crate) fn do_release_rest(group: u32) -> Result<(), Error<T>> {
        let state = Groups::<T>::get(group).ok_or(Error::<T>::UnknownGroup)?;
        Self::frozen_since(group)?;
        let sums = ExitTotals::<T>::get(group).ok_or(Error::<T>::FinalTableMissing)?;
        let ratio = sums.ratio.ok_or(Error::<T>::ExitsNotSettled)?;
        ensure!(
            T::Time::now() >= ratio.fixed_at.saturating_add(JUNIOR_AFTER),
            Error::<T>::RestNotDue
        );
        let mut totals = Self::count_gifts(group, &state)?;
        let there = totals.available();
        let amount = there.and_then(|there| there.checked_sub(sums.reserved));
        let amount = amount.ok_or(Error::<T>::ArithmeticOverflow)?;
        ensure!(amount > 0, Error::<T>::NothingDue);
        let left = totals.settled.checked_sub_unsigned(amount);
        totals.settled = left.ok_or(Error::<T>::ArithmeticOverflow)?;
        Self::transfer_out(group, &state.asset, &state.fee_account, amount).map_err(|_| Error::<T>::PayoutRefused)?;
        Totals::<T>::insert(group, totals);
        Self::deposit_event(Event::RestReleased { group, amount });
        Ok(())
    }
}

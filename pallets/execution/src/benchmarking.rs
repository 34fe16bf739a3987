//! Benchmarks of the calls. Proofs are real: they are made from the trapdoor of a key of the benchmark's own.
#![allow(missing_docs)]

mod ending;
mod helper;
mod income;
mod stage;

pub use helper::BenchmarkHelper;

use super::*;
use crate::clock::MAX_LEAVING;
use crate::types::{MAX_INSURANCE_PAYMENTS, MAX_PLACES, MAX_UNITS};
use crate::{
    solvency::{MAX_GATED_GROUPS, ROOTS_KEPT},
    stops::MAX_TICK,
};
use alloc::boxed::Box;
use cloister_crypto::Fr;
use cloister_types::Amount;
use frame_support::{
    traits::{fungibles::Inspect, Get},
    BoundedVec,
};
use pallet_cloister_sequencers::Sequencers;
use pallet_cloister_verifier::{trapdoor, StatementKind};
use polkadot_sdk::{frame_benchmarking::v2::*, frame_system::RawOrigin};
use stage::*;

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn create_group() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (asset, group, _) = stage::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, asset, account("fees", 0, 0));
        assert!(Groups::<T>::contains_key(group));
        Ok(())
    }

    #[benchmark]
    fn set_group_enabled() -> Result<(), BenchmarkError> {
        let origin = pausing::<T>()?;
        let (_, group, _) = group::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, false);
        assert!(Groups::<T>::get(group).is_some_and(|state| !state.enabled));
        Ok(())
    }

    #[benchmark]
    fn open() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        // With what the items of others make it dearer.
        HelperOf::<T>::endow(&asset, &owner, cost_of::<T>(16));
        let keys = open_keys(1);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        others::<T>(group);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), group, keys, Box::new(proof), amount);
        assert_eq!(Indices::<T>::get(group, owner), Some(0));
        Ok(())
    }

    #[benchmark]
    fn deposit() -> Result<(), BenchmarkError> {
        let (group, owner) = waiting_account::<T>()?;
        others::<T>(group);
        let before = Groups::<T>::get(group).map_or(0, |state| state.queue_next);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, T::MinDeposit::get());
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_next), Some(before + 1));
        Ok(())
    }

    #[benchmark]
    fn rekey() -> Result<(), BenchmarkError> {
        let (group, owner) = waiting_account::<T>()?;
        set_opened::<T>(group, &owner);
        let keys = open_keys(2);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        others::<T>(group);
        let before = Groups::<T>::get(group).map_or(0, |state| state.queue_next);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, keys, Box::new(proof));
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_next), Some(before + 1));
        Ok(())
    }

    /// By units with one place, one deposit each.
    #[benchmark]
    fn submit_batch(u: Linear<1, MAX_UNITS>) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(u, 1, 1)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        _(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(
            Groups::<T>::get(group).map(|state| state.batch_no),
            Some(ROOTS_KEPT + 1)
        );
        assert_eq!(Accounts::<T>::iter_prefix(group).count(), 0);
        Ok(())
    }

    /// By places of each of [`MAX_UNITS`] units.
    #[benchmark]
    fn batch_places(j: Linear<1, MAX_PLACES>) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(MAX_UNITS, j, 1)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        submit_batch(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(
            Groups::<T>::get(group).map(|state| state.batch_no),
            Some(ROOTS_KEPT + 1)
        );
        Ok(())
    }

    /// By deposits that wait for each of [`MAX_UNITS`] accounts.
    #[benchmark]
    fn batch_items(k: Linear<1, { T::MaxItemsPerUser::get() - 1 }>) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(MAX_UNITS, 1, k)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        submit_batch(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(
            Groups::<T>::get(group).map(|state| state.batch_no),
            Some(ROOTS_KEPT + 1)
        );
        Ok(())
    }

    #[benchmark]
    fn claim() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::Assets::minimum_balance(asset.clone()).saturating_add(u128::from(AMOUNT));
        HelperOf::<T>::endow(&asset, &Pallet::<T>::vault_account(group), amount);
        Claims::<T>::insert(group, &owner, amount);
        Totals::<T>::insert(
            group,
            GroupTotals {
                claims: amount,
                ..Default::default()
            },
        );
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), group);
        assert_eq!(T::Assets::balance(asset, &owner), amount);
        Ok(())
    }

    #[benchmark]
    fn rekey_house() -> Result<(), BenchmarkError> {
        let (_, group, _) = group::<T>()?;
        let submitter: T::AccountId = account("submitter", 0, 0);
        HelperOf::<T>::set_sequencer(group, submitter.clone());
        let proven = house_rekey::<T>(group)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(submitter), group, proven);
        assert_eq!(Groups::<T>::get(group).map(|state| state.house_rekeys), Some(1));
        Ok(())
    }

    #[benchmark]
    fn set_queue_terms() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        let terms = Terms {
            notice: 2_000,
            share: 20,
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, terms);
        assert!(Groups::<T>::get(group).is_some_and(|state| state.queue_terms == terms));
        Ok(())
    }

    #[benchmark]
    fn submit_solvency() -> Result<(), BenchmarkError> {
        let (_, group, version) = group::<T>()?;
        gate::<T>(group)?;
        CompleteRounds::<T>::remove(group);
        let (payee, submission) = solvency::<T>(group, version)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(payee), group, submission);
        assert!(CompleteRounds::<T>::contains_key(group));
        Ok(())
    }

    /// With as many keys as there may be, of which the last that is looked at is one of solvency.
    #[benchmark]
    fn set_solvency_terms() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        HelperOf::<T>::set_verifying_key(SOLVENCY_KEY, StatementKind::Solvency { subtrees: SUBTREES });
        HelperOf::<T>::fill_verifying_keys();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, Some(TERMS));
        assert_eq!(SolvencyTermsOf::<T>::get(group), Some(TERMS));
        Ok(())
    }

    #[benchmark]
    fn pay_claim() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        gate::<T>(group)?;
        let owner: T::AccountId = account("owner", 0, 0);
        withheld::<T>(&asset, group, &owner);
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group, owner.clone());
        assert!(WithheldClaims::<T>::get(group, &owner).is_some_and(|due| due.paid > 0));
        Ok(())
    }

    #[benchmark]
    fn freeze() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        gate::<T>(group)?;
        HelperOf::<T>::fill_window(group, NOW);
        // Shares of the insurance wait, and the period has something of all kinds.
        fill_house::<T>(
            &asset,
            group,
            &Pallet::<T>::vault_account(group),
            MAX_INSURANCE_PAYMENTS,
            true,
        );
        income::open::<T>(group, AMOUNT.into());
        FreezeClocks::<T>::mutate(group, |clock| {
            if let Some(clock) = clock {
                clock.waited = TERMS.freeze_after;
            }
        });
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group);
        assert!(Frozen::<T>::contains_key(group) && FinalTables::<T>::contains_key(group));
        assert!(HouseItems::<T>::get(group).is_empty());
        assert!(ClosedPeriods::<T>::contains_key(group, 0));
        Ok(())
    }

    #[benchmark]
    fn choose_final_table() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let (_, group, version) = ending::blind::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, version);
        assert!(FinalTables::<T>::contains_key(group));
        Ok(())
    }

    /// After the first phase.
    #[benchmark]
    fn exit() -> Result<(), BenchmarkError> {
        let (asset, group) = ending::frozen::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        ending::account_of::<T>(group, &owner);
        ending::fund::<T>(&asset, group, AMOUNT.into());
        let proof = ending::exit::<T>(group, AMOUNT.into())?;
        ending::pass_first_phase::<T>();
        Pallet::<T>::do_settle_exits(group).map_err(|_| BenchmarkError::Stop("no ratio"))?;
        #[extrinsic_call]
        _(
            RawOrigin::Signed(owner),
            group,
            ending::EXIT_KEY,
            u128::from(AMOUNT),
            proof,
        );
        assert!(ExitClaims::<T>::contains_key(group, 0));
        Ok(())
    }

    /// The first call, with a page of claims.
    #[benchmark]
    fn settle_exits() -> Result<(), BenchmarkError> {
        let (asset, group) = ending::frozen::<T>()?;
        ending::page_of_claims::<T>(&asset, group);
        ending::pass_first_phase::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group);
        assert!(ExitScans::<T>::contains_key(group));
        Ok(())
    }

    #[benchmark]
    fn pay_exit() -> Result<(), BenchmarkError> {
        let (asset, group) = ending::frozen::<T>()?;
        let owner: T::AccountId = account("owner", 0, 0);
        ending::account_of::<T>(group, &owner);
        let gross = T::Assets::minimum_balance(asset.clone()).saturating_add(AMOUNT.into());
        ending::fund::<T>(&asset, group, gross);
        let proof = ending::exit::<T>(group, gross)?;
        Pallet::<T>::do_exit(owner, group, ending::EXIT_KEY, gross, &proof)
            .map_err(|_| BenchmarkError::Stop("no exit"))?;
        ending::pass_first_phase::<T>();
        Pallet::<T>::do_settle_exits(group).map_err(|_| BenchmarkError::Stop("no ratio"))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group, 0);
        assert!(ExitClaims::<T>::get(group, 0).is_some_and(|due| due.paid == gross));
        Ok(())
    }

    #[benchmark]
    fn release_rest() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let (asset, group) = ending::frozen::<T>()?;
        let rest = T::Assets::minimum_balance(asset.clone()).saturating_add(AMOUNT.into());
        ending::fund::<T>(&asset, group, rest);
        ending::pass_first_phase::<T>();
        Pallet::<T>::do_settle_exits(group).map_err(|_| BenchmarkError::Stop("no ratio"))?;
        ending::pass_year::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group);
        assert!(Totals::<T>::get(group).settled == 0);
        Ok(())
    }

    /// An open and deposits behind it, between items of others.
    #[benchmark]
    fn refund_item(i: Linear<2, { T::MaxItemsPerUser::get() }>) -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        others::<T>(group);
        let first = fill::<T>(&asset, group, 0, false, i - 1);
        Frozen::<T>::insert(group, NOW);
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group, first);
        assert!(PendingItems::<T>::iter_prefix(group).next().is_none());
        assert!(Accounts::<T>::get(group, 0).is_none());
        Ok(())
    }

    /// Every clock runs: somebody could prove, and each group has an open account.
    #[benchmark]
    fn count_clocks(g: Linear<0, MAX_GATED_GROUPS>) -> Result<(), BenchmarkError> {
        HelperOf::<T>::set_time(NOW);
        HelperOf::<T>::set_verifying_key(SOLVENCY_KEY, StatementKind::Solvency { subtrees: SUBTREES });
        HelperOf::<T>::fill_verifying_keys();
        let clock = FreezeClock {
            stops: Stops::default(),
            waited: 0,
            counted_at: NOW - MAX_TICK,
        };
        let mut last = None;
        for number in 1..=g {
            let (asset, group, _) = stage_of::<T>(number);
            Pallet::<T>::add_group(group, asset, account("fees", 0, 0))
                .map_err(|_| BenchmarkError::Stop("no group"))?;
            Pallet::<T>::note_opened(group, 0);
            SolvencyTermsOf::<T>::insert(group, TERMS);
            FreezeClocks::<T>::insert(group, clock);
            last = Some(group);
        }
        #[block]
        {
            Pallet::<T>::count_clocks();
        }
        assert!(last.is_none_or(|group| FreezeClocks::<T>::get(group).is_some_and(|clock| clock.waited == MAX_TICK)));
        Ok(())
    }

    /// In every group all that the house may have waits before as many items as are passed over that can be paid back,
    /// no account is open, and the lane of requests has its overdue item.
    #[benchmark]
    fn count_queue_clocks(g: Linear<0, MAX_GATED_GROUPS>) -> Result<(), BenchmarkError> {
        HelperOf::<T>::set_time(NOW);
        let now = NOW + 2 * T::SoftDeadline::get();
        let mut last = None;
        for number in 1..=g {
            let (asset, group, _) = stage_of::<T>(number);
            Pallet::<T>::add_group(group, asset.clone(), account("fees", 0, 0))
                .map_err(|_| BenchmarkError::Stop("no group"))?;
            fill_house::<T>(&asset, group, &account("insurer", 0, 0), MAX_INSURANCE_PAYMENTS, false);
            let mut state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
            let forced = ItemKind::ForcedWithdrawal { amount: Amount(1) };
            let first = link::<T>(group, &mut state, item_of_others::<T>(forced, NOW, None));
            for until in [Some(0); MAX_LEAVING as usize].into_iter().chain([None]) {
                link::<T>(group, &mut state, item_of_others::<T>(ItemKind::Deposit, NOW, until));
            }
            state.batch_no = 1;
            Groups::<T>::insert(group, state);
            QueueClocks::<T>::mutate(group, |clock| {
                if let Some(clock) = clock {
                    (clock.item, clock.counted_at) = (Some(first), now - MAX_TICK);
                }
            });
            last = Some(group);
        }
        HelperOf::<T>::set_time(now);
        #[block]
        {
            Pallet::<T>::count_queue_clocks();
        }
        let counted = |group| QueueClocks::<T>::get(group).is_some_and(|clock| clock.stops.stopped + clock.waited > 0);
        assert!(last.is_none_or(counted));
        Ok(())
    }

    /// With all other payments waiting that may.
    #[benchmark]
    fn pay_insurance() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) * u128::from(MAX_INSURANCE_PAYMENTS));
        for _ in 1..MAX_INSURANCE_PAYMENTS {
            Pallet::<T>::queue_insurance(group, owner.clone(), amount)
                .map_err(|_| BenchmarkError::Stop("no payment"))?;
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, amount);
        assert_eq!(HouseItems::<T>::get(group).len() as u32, MAX_INSURANCE_PAYMENTS);
        Ok(())
    }

    /// With all payments waiting that may.
    #[benchmark]
    fn take_insurance() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (asset, group, _) = group::<T>()?;
        gate::<T>(group)?;
        let owner: T::AccountId = account("owner", 0, 0);
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) * u128::from(MAX_INSURANCE_PAYMENTS));
        for _ in 0..MAX_INSURANCE_PAYMENTS {
            Pallet::<T>::queue_insurance(group, owner.clone(), amount)
                .map_err(|_| BenchmarkError::Stop("no payment"))?;
        }
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, AMOUNT, owner);
        assert_eq!(HouseItems::<T>::get(group).len() as u32, MAX_INSURANCE_PAYMENTS + 1);
        Ok(())
    }

    #[benchmark]
    fn set_custodians() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let who = |number| account("custodian", number, 0);
        let custodians = BoundedVec::truncate_from((0..MAX_CUSTODIANS).map(who).collect());
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, custodians);
        assert_eq!(Custodians::<T>::get().len() as u32, MAX_CUSTODIANS);
        Ok(())
    }

    /// By its reverse, which reads and writes the same.
    #[benchmark]
    fn report_custody() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        CustodyLost::<T>::insert(group, NOW);
        #[extrinsic_call]
        restore_custody(origin as T::RuntimeOrigin, group);
        assert!(!CustodyLost::<T>::contains_key(group));
        Ok(())
    }

    /// Of a member whose right is looked at to the end.
    #[benchmark]
    fn check_essential() {
        let signer: T::AccountId = account("submitter", 0, 0);
        HelperOf::<T>::set_sequencer(0, signer.clone());
        let member;
        #[block]
        {
            member = T::Sequencers::may_submit(0, &signer).is_ok();
        }
        assert!(member);
    }

    #[benchmark]
    fn check_plain_batch() {
        let signer: T::AccountId = account("submitter", 0, 0);
        HelperOf::<T>::set_sequencer(0, signer.clone());
        let member;
        #[block]
        {
            member = T::Sequencers::may_submit(0, &signer).is_ok();
            Pallet::<T>::mark_plain();
            Pallet::<T>::unmark_plain();
        }
        assert!(member && !PlainBatch::<T>::exists());
    }

    #[benchmark]
    fn set_payout_terms() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        let terms = PayoutTerms {
            min_batches: 7,
            ..PayoutTerms::default()
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, terms);
        assert_eq!(PayoutTermsOf::<T>::get(group), terms);
        Ok(())
    }

    /// One of three that leave something for the next period.
    #[benchmark]
    fn claim_credits() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let payee: T::AccountId = whitelisted_caller();
        let amount = T::Assets::minimum_balance(asset.clone()).saturating_add(u128::from(AMOUNT));
        income::fund::<T>(&asset, group, amount);
        let period = income::closed::<T>(group, &payee, amount);
        #[extrinsic_call]
        _(RawOrigin::Signed(payee.clone()), group, period, payee.clone());
        assert_eq!(T::Assets::balance(asset, &payee), amount / 3);
        assert!(!ClosedPeriods::<T>::contains_key(group, period));
        Ok(())
    }

    /// Of the insurance, with all other payments waiting that may.
    #[benchmark]
    fn claim_share() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) * u128::from(MAX_INSURANCE_PAYMENTS));
        for _ in 1..MAX_INSURANCE_PAYMENTS {
            Pallet::<T>::queue_insurance(group, owner.clone(), amount)
                .map_err(|_| BenchmarkError::Stop("no payment"))?;
        }
        income::fund::<T>(&asset, group, amount.into());
        Shares::<T>::insert(group, Beneficiary::Insurance, u128::from(amount));
        Totals::<T>::mutate(group, |totals| totals.junior = amount.into());
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, Beneficiary::Insurance);
        assert_eq!(HouseItems::<T>::get(group).len() as u32, MAX_INSURANCE_PAYMENTS);
        Ok(())
    }

    #[benchmark]
    fn verify_one() -> Result<(), BenchmarkError> {
        let proofs = income::proofs(1).ok_or(BenchmarkError::Stop("no proof"))?;
        let result;
        #[block]
        {
            result = crate::batches::verify_proven(&proofs);
        }
        assert!(result.is_ok());
        Ok(())
    }

    /// Each with a key of its own.
    #[benchmark]
    fn verify_together(p: Linear<1, MAX_BATCHES>) -> Result<(), BenchmarkError> {
        let proofs = income::proofs(p).ok_or(BenchmarkError::Stop("no proof"))?;
        let result;
        #[block]
        {
            result = crate::batches::verify_proven(&proofs);
        }
        assert!(result.is_ok());
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}

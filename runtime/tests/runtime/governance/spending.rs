//! The treasury: who spends how much of it.

use super::*;
use cloister_runtime::{
    configs::governance::treasury::{Spendable, GOVERNMENT_MOST, TREASURER_MOST},
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_UNIT, UNIT},
    genesis_presets::STAGING,
    Assets, Balances, Execution, Treasury,
};
use frame_support::traits::{
    fungible::{Inspect as _, Mutate as _},
    fungibles::Mutate as _,
    Get,
};
use pallet_treasury::{Call, Error};

fn spend(asset: Spendable, amount: Balance) -> RuntimeCall {
    Call::spend {
        asset_kind: Box::new(asset),
        amount,
        beneficiary: Box::new(Bob.to_account_id()),
        valid_from: None,
    }
    .into()
}

/// Gives the treasury enough of both.
fn fund() {
    let pot = Treasury::account_id();
    assert_ok!(Balances::mint_into(&pot, 2 * GOVERNMENT_MOST));
    assert_ok!(Assets::mint_into(SETTLEMENT_ASSET, &pot, 2_000_000 * SETTLEMENT_UNIT));
}

#[test]
fn shares_of_the_groups_fees_should_be_the_treasurys() {
    state(STAGING).execute_with(|| {
        let of_execution: AccountId = <<Runtime as pallet_cloister_execution::Config>::Treasury as Get<_>>::get();
        assert_eq!(of_execution, Treasury::account_id());
        assert!(!Execution::is_vault(&of_execution));
    });
}

#[test]
fn vote_should_spend_of_the_treasury() {
    on_both(|| {
        fund();
        let amount = 500 * SETTLEMENT_UNIT;
        let asset = Spendable::WithId(SETTLEMENT_ASSET);
        assert_eq!(by_vote(Office::Treasurer, spend(asset, amount)), Ok(()));
        let bob = || Bob.to_account_id();
        let before = Assets::balance(SETTLEMENT_ASSET, bob());
        assert_ok!(Treasury::payout(alice(), 0));
        assert_eq!(Assets::balance(SETTLEMENT_ASSET, bob()), before + amount);
        assert_noop!(Treasury::payout(alice(), 0), Error::<Runtime>::AlreadyAttempted);
        assert_eq!(act(Office::Treasurer, spend(Spendable::Native, UNIT)), Ok(()));
        let before = Balances::total_balance(&bob());
        assert_ok!(Treasury::payout(alice(), 1));
        assert_eq!(Balances::total_balance(&bob()), before + UNIT);
        // What is not paid yet is taken back.
        assert_eq!(act(Office::Treasurer, spend(Spendable::Native, UNIT)), Ok(()));
        for office in [Office::RiskAdmin, Office::ListingAdmin, Office::EmergencyPause] {
            let refused = Err(DispatchError::BadOrigin);
            assert_eq!(act(office, Call::void_spend { index: 2 }), refused);
            assert_eq!(act(office, spend(Spendable::Native, 1)), refused);
        }
        assert_eq!(act(Office::Government, Call::void_spend { index: 2 }), Ok(()));
        assert_noop!(Treasury::payout(alice(), 2), Error::<Runtime>::InvalidIndex);
    });
}

#[test]
fn each_office_should_spend_up_to_its_bound() {
    on_local(|| {
        let too_much = || Err(Error::<Runtime>::InsufficientPermission.into());
        let bounds = [
            (Office::Treasurer, TREASURER_MOST),
            (Office::Government, GOVERNMENT_MOST),
        ];
        for (office, most) in bounds {
            assert_eq!(act(office, spend(Spendable::Native, most)), Ok(()));
            assert_eq!(act(office, spend(Spendable::Native, most + 1)), too_much());
            // A unit of the settlement asset counts as a native token.
            let asset = Spendable::WithId(SETTLEMENT_ASSET);
            let units = most / UNIT * SETTLEMENT_UNIT;
            assert_eq!(act(office, spend(asset.clone(), units)), Ok(()));
            assert_eq!(act(office, spend(asset.clone(), units + 1)), too_much());
            let unknown = Err(Error::<Runtime>::FailedToConvertBalance.into());
            assert_eq!(act(office, spend(Spendable::WithId(7), 1)), unknown);
            assert_eq!(act(office, spend(asset, u128::MAX)), unknown);
        }
        // The way that does not say when is refused.
        let local = Call::spend_local {
            amount: 1,
            beneficiary: Bob.to_account_id().into(),
        };
        let filtered = Err(frame_system::Error::<Runtime>::CallFiltered.into());
        assert_eq!(act(Office::Government, local), filtered);
    });
}

/// In what one vote decides, the sum counts.
#[test]
fn one_vote_should_not_spend_its_bound_twice() {
    on_both(|| {
        fund();
        let half = || spend(Spendable::Native, TREASURER_MOST / 2 + 1);
        let calls = vec![half(), half()];
        let twice = pallet_utility::Call::batch_all { calls };
        assert_eq!(
            by_vote(Office::Treasurer, twice),
            Err(Error::<Runtime>::InsufficientPermission.into())
        );
        assert_eq!(pallet_treasury::SpendCount::<Runtime, ()>::get(), 0);
    });
}

#[test]
fn deposit_of_a_killed_referendum_should_go_to_the_treasury() {
    on_both(|| {
        let index = propose(Office::RiskAdmin, &notice(set_initial(400)));
        let before = Balances::total_balance(&Treasury::account_id());
        let kill = pallet_referenda::Call::<Runtime>::kill { index };
        for office in OFFICES.into_iter().filter(|office| *office != Office::Government) {
            assert_eq!(act(office, kill.clone()), Err(DispatchError::BadOrigin));
        }
        assert_eq!(act(Office::Government, kill), Ok(()));
        let deposits = 10 * UNIT + 1_000 * UNIT;
        assert_eq!(Balances::total_balance(&Treasury::account_id()), before + deposits);
    });
}

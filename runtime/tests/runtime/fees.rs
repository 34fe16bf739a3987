//! Fees (C-FEE): in the native token most of them are burned, in the settlement asset they are the treasury's, at a
//! rate that governance sets.

use crate::{blocks::begin_block, genesis::state};
use cloister_runtime::{
    configs::fees::Rate,
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_MINIMUM, SETTLEMENT_UNIT, UNIT},
    genesis_presets::STAGING,
    transaction::{sign, Binding},
    AccountId, AssetId, Assets, Balances, CollatorSelection, Executive, Runtime, RuntimeCall, System, Treasury,
    UncheckedExtrinsic,
};
use codec::Compact;
use frame_support::{
    assert_ok,
    traits::{fungibles::Mutate, tokens::ConversionToAssetBalance},
};
use polkadot_sdk::*;
use sp_core::{sr25519::Pair, Pair as _};
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_runtime::{
    transaction_validity::{InvalidTransaction, TransactionValidityError},
    FixedU128,
};

const UNPAID: TransactionValidityError = TransactionValidityError::Invalid(InvalidTransaction::Payment);

/// Holds nothing in any preset.
fn key() -> Pair {
    Pair::from_string("//Fees//Poor", None).expect("well-formed")
}

fn poor() -> AccountId {
    key().public().into()
}

/// A transaction of the poor, whose fee is paid in an asset.
fn remark(asset: Option<AssetId>) -> UncheckedExtrinsic {
    let call = RuntimeCall::System(frame_system::Call::remark { remark: vec![0; 100] });
    let binding = Binding {
        fee_asset: asset,
        ..Binding::immortal(System::block_hash(0), System::account_nonce(poor()))
    };
    sign(call, &key(), binding)
}

fn held(account: &AccountId) -> u128 {
    Assets::balance(SETTLEMENT_ASSET, account)
}

fn treasury() -> AccountId {
    Treasury::account_id()
}

/// Gives the poor and the treasury some of the settlement asset, and nothing else.
fn give(amount: u128) {
    assert_ok!(Assets::mint_into(SETTLEMENT_ASSET, &poor(), amount));
    assert_ok!(Assets::mint_into(SETTLEMENT_ASSET, &treasury(), SETTLEMENT_MINIMUM));
}

/// What the fee of the poor's next transaction was.
fn pays(asset: AssetId) -> u128 {
    let before = (held(&poor()), held(&treasury()), Assets::total_supply(asset));
    assert_ok!(Executive::apply_extrinsic(remark(Some(asset))).expect("the fee is paid"));
    let paid = before.0 - held(&poor());
    assert_eq!(held(&treasury()) - before.1, paid, "the treasury has it");
    assert_eq!(Assets::total_supply(asset), before.2, "nothing is burned");
    paid
}

fn set_rate(native_for_a_unit: FixedU128) {
    let create = pallet_asset_rate::Call::<Runtime>::create {
        asset_kind: Box::new(SETTLEMENT_ASSET),
        rate: native_for_a_unit,
    };
    assert_ok!(sp_runtime::traits::Dispatchable::dispatch(
        RuntimeCall::from(create),
        pallet_cloister_timelock::Origin::Enacted.into()
    ));
}

#[test]
fn the_settlement_asset_alone_should_be_enough_on_a_development_chain() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        give(SETTLEMENT_UNIT);
        assert_eq!(Executive::apply_extrinsic(remark(None)), Err(UNPAID));
        let paid = pays(SETTLEMENT_ASSET);
        assert!(paid > 0 && paid < SETTLEMENT_UNIT / 100, "{paid}");
        assert_eq!(Balances::free_balance(poor()), 0);
    });
}

#[test]
fn a_chain_for_money_should_take_an_asset_only_at_the_rate_that_governance_sets() {
    state(STAGING).execute_with(|| {
        begin_block();
        give(SETTLEMENT_UNIT);
        assert_eq!(Executive::apply_extrinsic(remark(Some(SETTLEMENT_ASSET))), Err(UNPAID));
        // A native token is a quarter of a unit of the asset, so a unit of 10^-6 is 4 x 10^6 native units.
        set_rate(FixedU128::from_u32(4_000_000));
        let paid = pays(SETTLEMENT_ASSET);
        // What the same transaction costs in native tokens: a fifth is for authors, the rest is burned.
        assert_ok!(Balances::force_set_balance(
            frame_system::RawOrigin::Root.into(),
            poor().into(),
            UNIT
        ));
        let pot = || Balances::free_balance(CollatorSelection::account_id());
        let (supply, before) = (Balances::total_issuance(), pot());
        assert_ok!(Executive::apply_extrinsic(remark(None)).expect("the fee is paid"));
        let native = UNIT - Balances::free_balance(poor());
        let share = pot() - before;
        assert_eq!(share, native / 5);
        assert_eq!(supply - Balances::total_issuance(), native - share);
        // The extension weighs more where it moves an asset; rounded up.
        assert!(paid * 4_000_000 > native, "{paid} {native}");
        assert!(paid * 4_000_000 < 2 * native, "{paid} {native}");
    });
}

#[test]
fn a_rate_of_nothing_should_let_nobody_act_for_nothing() {
    state(STAGING).execute_with(|| {
        begin_block();
        give(SETTLEMENT_UNIT);
        set_rate(FixedU128::from_u32(0));
        assert_eq!(Executive::apply_extrinsic(remark(Some(SETTLEMENT_ASSET))), Err(UNPAID));
        let remove = pallet_asset_rate::Call::<Runtime>::remove {
            asset_kind: Box::new(SETTLEMENT_ASSET),
        };
        assert_ok!(sp_runtime::traits::Dispatchable::dispatch(
            RuntimeCall::from(remove),
            pallet_cloister_timelock::Origin::Enacted.into()
        ));
        // A native unit is worth more than anybody has.
        set_rate(FixedU128::from_inner(1));
        assert_eq!(Executive::apply_extrinsic(remark(Some(SETTLEMENT_ASSET))), Err(UNPAID));
    });
}

#[test]
fn a_fee_should_be_divided_exactly_and_rounded_up() {
    state(STAGING).execute_with(|| {
        let fee = |fee| Rate::to_asset_balance(fee, SETTLEMENT_ASSET);
        assert!(fee(1).is_err());
        set_rate(FixedU128::from_u32(3));
        for (native, paid) in [
            (0, 0),
            (1, 1),
            (3, 1),
            (4, 2),
            (3_000_000_000_000_000_000, 1_000_000_000_000_000_000),
        ] {
            assert_eq!(fee(native).expect("there is a rate"), paid);
        }
    });
}

#[test]
fn an_asset_without_a_rate_should_pay_no_fees() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        give(SETTLEMENT_UNIT);
        assert_ok!(Assets::force_create(
            pallet_cloister_timelock::Origin::Enacted.into(),
            Compact(7),
            poor().into(),
            true,
            1
        ));
        assert_ok!(Assets::mint_into(7, &poor(), u128::from(u64::MAX)));
        assert_eq!(Executive::apply_extrinsic(remark(Some(7))), Err(UNPAID));
        assert_eq!(held(&poor()), SETTLEMENT_UNIT);
    });
}

#[test]
fn what_the_treasury_cannot_hold_should_be_burned() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        assert_ok!(Assets::mint_into(SETTLEMENT_ASSET, &poor(), SETTLEMENT_UNIT));
        let supply = Assets::total_supply(SETTLEMENT_ASSET);
        assert_ok!(Executive::apply_extrinsic(remark(Some(SETTLEMENT_ASSET))).expect("the fee is paid"));
        let paid = SETTLEMENT_UNIT - held(&poor());
        assert!(paid > 0 && paid < SETTLEMENT_MINIMUM);
        assert_eq!(supply - Assets::total_supply(SETTLEMENT_ASSET), paid);
    });
}

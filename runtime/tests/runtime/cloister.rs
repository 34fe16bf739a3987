//! The exchange in the presets: groups, keys, and what makes a development chain.

use crate::genesis::state;
use cloister_crypto::{field::to_bytes, seal::SealKey};
use cloister_runtime::{
    configs::{
        cloister::{ActivationDelay, ExitPeriod},
        consensus::SlotDuration,
        development::is_development,
        oracle::FeedValue,
    },
    constants::{development::SEAL_SEED, time},
    genesis_presets::{
        feeds, groups, DEVELOPMENT_BATCH_KEY, DEVELOPMENT_EXIT_KEY, DEVELOPMENT_HOUSE_KEY,
        DEVELOPMENT_LARGE_SOLVENCY_KEY, DEVELOPMENT_LARGE_SOLVENCY_SHAPE, DEVELOPMENT_MAKER_KEY,
        DEVELOPMENT_MAKER_SHAPE, DEVELOPMENT_SEAL_KEY, DEVELOPMENT_SHAPE, DEVELOPMENT_SOLVENCY_KEY,
        DEVELOPMENT_SOLVENCY_SHAPE, FEE_ACCOUNT, OPERATOR, SEQUENCER, STAGING,
    },
    BlockNumber, Execution, Oracle, Risk, Runtime, RuntimeOrigin, Sequencers, System, Verifier,
};
use frame_support::{
    assert_noop, assert_ok,
    traits::{Get, Hooks},
    BoundedVec,
};
use pallet_cloister_risk::RiskTables;
use pallet_cloister_sequencers::Sequencers as _;
use pallet_cloister_verifier::{Error, StatementKind};
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;

/// Milliseconds of Unix time at which the tests begin.
pub const NOW: u64 = 1_700_000_000_000;

/// The development preset's verifying key.
fn development_key() -> BoundedVec<u8, frame_support::traits::ConstU32<1060>> {
    let key = state(DEV_RUNTIME_PRESET).execute_with(|| Verifier::verifying_key(DEVELOPMENT_BATCH_KEY));
    key.expect("the preset has a key of batches").key
}

#[test]
fn presets_should_have_both_groups_with_funded_vaults() {
    for preset in [DEV_RUNTIME_PRESET, STAGING] {
        state(preset).execute_with(|| {
            assert_eq!(Execution::groups(), [groups::BTC, groups::ETH]);
            for group in Execution::groups() {
                let found = Execution::group_state(group).expect("the group is listed");
                assert!(found.enabled);
                assert_eq!(found.batch_no, 0);
                assert_eq!(found.fee_account, FEE_ACCOUNT.to_account_id());
                assert!(Risk::exists(group));
            }
            assert!(Sequencers::members(groups::BTC).contains(&SEQUENCER.to_account_id()));
        });
    }
}

#[test]
fn the_development_preset_should_have_active_keys_and_the_public_sealing_key() {
    let mut chain = state(DEV_RUNTIME_PRESET);
    chain.execute_with(|| {
        let ids: Vec<_> = Verifier::verifying_keys().into_iter().map(|(id, _)| id).collect();
        assert_eq!(
            ids,
            [
                DEVELOPMENT_BATCH_KEY,
                DEVELOPMENT_SEAL_KEY,
                DEVELOPMENT_HOUSE_KEY,
                DEVELOPMENT_SOLVENCY_KEY,
                DEVELOPMENT_LARGE_SOLVENCY_KEY,
                DEVELOPMENT_EXIT_KEY,
                DEVELOPMENT_MAKER_KEY,
            ]
        );
        let batches = Verifier::verifying_key(DEVELOPMENT_BATCH_KEY).expect("batches can be proven");
        assert_eq!(batches.statement, DEVELOPMENT_SHAPE);
        assert_eq!(batches.active_at, 0);
        assert!(batches.development);
        let wide = Verifier::verifying_key(DEVELOPMENT_MAKER_KEY).expect("batches of several places can be proven");
        assert_eq!((wide.statement, wide.active_at), (DEVELOPMENT_MAKER_SHAPE, 0));
        assert!(wide.development && wide.key != batches.key);
        let public = SealKey::from_seed(&SEAL_SEED).public().expect("the seed gives a key");
        assert_eq!(
            Sequencers::seal_key(groups::BTC),
            Some((to_bytes(&public.x()), to_bytes(&public.y())))
        );
        let seals = Verifier::verifying_key(DEVELOPMENT_SEAL_KEY).expect("opens can be queued");
        assert_eq!((seals.statement, seals.active_at), (StatementKind::Seal, 0));
        assert!(seals.development && seals.key != batches.key);
        let rekeys = Verifier::verifying_key(DEVELOPMENT_HOUSE_KEY).expect("houses can be re-keyed");
        assert_eq!((rekeys.statement, rekeys.active_at), (StatementKind::HouseRekey, 0));
        assert!(rekeys.development && rekeys.key != seals.key);
        let exits = Verifier::verifying_key(DEVELOPMENT_EXIT_KEY).expect("exits can be proven");
        assert_eq!((exits.statement, exits.active_at), (StatementKind::Exit, 0));
        assert!(exits.development && exits.key != seals.key);
        for (id, statement) in [
            (DEVELOPMENT_SOLVENCY_KEY, DEVELOPMENT_SOLVENCY_SHAPE),
            (DEVELOPMENT_LARGE_SOLVENCY_KEY, DEVELOPMENT_LARGE_SOLVENCY_SHAPE),
        ] {
            let solvency = Verifier::verifying_key(id).expect("rounds can be proven");
            assert_eq!((solvency.statement, solvency.active_at), (statement, 0));
            assert!(solvency.development);
        }
    });
}

#[test]
fn only_a_development_chain_should_take_development_keys_have_short_slots_and_no_activation_delay() {
    let key = development_key();
    let shape = StatementKind::Batch { units: 8, places: 1 };
    let enacted = || RuntimeOrigin::from(pallet_cloister_timelock::Origin::Enacted);
    let install = |statement, key| Verifier::set_verifying_key(enacted(), 33, statement, true, key);
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        assert!(is_development());
        assert_eq!(<SlotDuration as Get<u64>>::get(), time::DEVELOPMENT_SLOT_MILLISECONDS);
        assert_eq!(<ActivationDelay as Get<BlockNumber>>::get(), 1);
        assert_eq!(<ExitPeriod as Get<u64>>::get(), 60_000);
        assert_ok!(install(shape, key.clone()));
        assert_eq!(Verifier::verifying_key(33).map(|key| key.active_at), Some(2));
    });
    state(STAGING).execute_with(|| {
        System::set_block_number(1);
        assert!(!is_development());
        assert_eq!(<SlotDuration as Get<u64>>::get(), time::SLOT_MILLISECONDS);
        assert_eq!(<ActivationDelay as Get<BlockNumber>>::get(), 24 * time::HOURS);
        assert_eq!(<ExitPeriod as Get<u64>>::get(), 30 * 24 * 3_600_000);
        assert_eq!(Verifier::verifying_keys(), []);
        for statement in [shape, StatementKind::Seal] {
            assert_noop!(install(statement, key.clone()), Error::<Runtime>::DevelopmentKeyRefused);
        }
    });
}

#[test]
fn oracle_prices_should_become_a_risk_table() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        pallet_timestamp::Now::<Runtime>::put(NOW);
        assert_eq!(Execution::latest_risk_version(groups::BTC), None);
        let price = FeedValue::from_u32(60_000);
        let values = BoundedVec::truncate_from(vec![(feeds::BTC_INDEX, price), (feeds::BTC_PERPETUAL, price)]);
        assert_ok!(Oracle::feed_values(
            RuntimeOrigin::signed(OPERATOR.to_account_id()),
            values
        ));
        Risk::on_initialize(2);
        let table = Execution::latest_risk_table(groups::BTC).expect("the group had its turn");
        // A lot is a thousandth of a bitcoin.
        assert_eq!(table.rows[0].mark.get(), 60_000_000);
        assert_eq!(table.header.time, NOW);
    });
}

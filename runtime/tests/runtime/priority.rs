//! What keeps groups going comes before whatever is paid for other calls (C-PRIORITY).

use crate::{
    blocks::begin_block,
    genesis::state,
    wrapped::{remark_of, submit},
};
use cloister_runtime::{
    configs::oracle::FeedValue,
    constants::money::UNIT,
    genesis_presets::{feeds, SEQUENCER},
    transaction::{sign, Binding},
    Executive, OracleOperators, RuntimeCall, System, UncheckedExtrinsic,
};
use frame_support::{traits::SortedMembers, BoundedVec};
use pallet_cloister_execution::ESSENTIAL_PRIORITY;
use polkadot_sdk::*;
use sp_core::H256;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{self, Alice, Bob};
use sp_runtime::{
    transaction_validity::{InvalidTransaction, TransactionPriority, TransactionSource, TransactionValidityError},
    FixedPointNumber,
};

fn signed(call: RuntimeCall, key: Sr25519Keyring, nonce: u32, tip: u128) -> UncheckedExtrinsic {
    let binding = Binding {
        tip,
        ..Binding::immortal(System::block_hash(0), nonce)
    };
    sign(call, &key.pair(), binding)
}

/// The priority that a pool gives to a transaction.
fn priority(transaction: &UncheckedExtrinsic) -> TransactionPriority {
    let source = TransactionSource::External;
    let validity = Executive::validate_transaction(source, transaction.clone(), H256::zero());
    validity.expect("it is valid").priority
}

fn feed() -> RuntimeCall {
    let values = BoundedVec::truncate_from(vec![(feeds::BTC_INDEX, FeedValue::saturating_from_integer(60_000))]);
    RuntimeCall::Oracle(pallet_oracle::Call::feed_values { values })
}

fn is_operator(key: &Sr25519Keyring) -> bool {
    OracleOperators::sorted_members().contains(&key.to_account_id())
}

/// An operator of the development preset.
fn operator() -> Sr25519Keyring {
    Sr25519Keyring::iter()
        .find(is_operator)
        .expect("the preset has operators")
}

#[test]
fn batches_and_feeds_of_members_should_come_before_any_tip_of_others() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        // Of a call that fills a third of a block, with a thousandth of all that the signer has.
        let stuffing = priority(&signed(remark_of(1 << 20), Bob, 0, 1_000 * UNIT));
        let small = priority(&signed(remark_of(0), Bob, 0, 1_000 * UNIT));
        let batch = priority(&signed(submit(), SEQUENCER, 0, 0));
        let fed = priority(&signed(feed(), operator(), 0, 0));
        assert!(batch >= ESSENTIAL_PRIORITY && fed >= ESSENTIAL_PRIORITY);
        // The smallest call has the most for its tip, and that of a thousand tokens is not enough.
        assert!(
            stuffing < ESSENTIAL_PRIORITY / 2 && small < ESSENTIAL_PRIORITY,
            "{stuffing}, {small}"
        );
        // The member's own tip lifts it above what it sent before, so it can replace that.
        assert!(priority(&signed(submit(), SEQUENCER, 0, UNIT)) > batch);
        // The same calls of others are calls like any other.
        assert!(!is_operator(&Bob) && !is_operator(&Alice));
        for call in [submit(), feed()] {
            assert!(priority(&signed(call, Bob, 0, 0)) < ESSENTIAL_PRIORITY);
        }
    });
}

#[test]
fn a_stuffed_pool_should_leave_room_for_batch_and_feed_in_the_next_block() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        let mut pool: Vec<UncheckedExtrinsic> = (0..12).map(|n| signed(remark_of(1 << 20), Bob, n, UNIT)).collect();
        pool.push(signed(submit(), SEQUENCER, 0, 0));
        pool.push(signed(feed(), operator(), 0, 0));
        // As an author does: by priority, of one signer in the order of its transactions.
        let of = |transaction: &UncheckedExtrinsic| priority(transaction);
        let first = of(&pool[0]);
        pool.sort_by_cached_key(|transaction| {
            let source = TransactionSource::External;
            let valid = Executive::validate_transaction(source, transaction.clone(), H256::zero());
            std::cmp::Reverse(valid.map_or(first, |valid| valid.priority))
        });
        let full = Err(TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources));
        let applied: Vec<_> = pool.into_iter().map(Executive::apply_extrinsic).collect();
        let stays_out = applied.iter().filter(|outcome| **outcome == full).count();
        assert!(stays_out >= 4, "{stays_out} of 12 do not fit");
        // Both are in, before anything else. (The batch is a bad one.)
        assert!(
            matches!(applied[0], Ok(Err(_))) || matches!(applied[1], Ok(Err(_))),
            "{:?}",
            &applied[..2]
        );
        assert!(
            applied[..2].iter().any(|outcome| matches!(outcome, Ok(Ok(())))),
            "{:?}",
            &applied[..2]
        );
    });
}

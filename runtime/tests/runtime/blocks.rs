//! Blocks: the runtime runs what authors put into them and refuses what it must.

use crate::genesis::state;
use cloister_runtime::{
    configs::consensus::SlotDuration,
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_UNIT},
    genesis_presets::{SETTLEMENT_ENDOWMENT, STAGING},
    transaction::{sign, Binding},
    AccountId, Assets, Executive, Header, Runtime, RuntimeCall, System, UncheckedExtrinsic,
};
use codec::Encode;
use frame_support::{assert_ok, traits::Get};
use polkadot_sdk::*;
use sp_consensus_aura::AURA_ENGINE_ID;
use sp_core::H256;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    traits::Header as _,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
    Digest, DigestItem, DispatchError,
};

/// A slot far enough from the beginning of Unix time.
const SLOT: u64 = 1_000;

/// Begins block 1 in [`SLOT`] and gives it the time.
pub fn begin_block() {
    let digest = Digest {
        logs: vec![DigestItem::PreRuntime(AURA_ENGINE_ID, SLOT.encode())],
    };
    Executive::initialize_block(&Header::new(
        1,
        H256::zero(),
        H256::zero(),
        System::block_hash(0),
        digest,
    ));
    let now = SLOT * <SlotDuration as Get<u64>>::get();
    let set = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
    assert_ok!(Executive::apply_extrinsic(UncheckedExtrinsic::new_bare(set)).expect("the inherent is valid"));
}

/// `call` signed by `key`, its first transaction.
pub fn first(call: RuntimeCall, key: Sr25519Keyring) -> UncheckedExtrinsic {
    sign(call, &key.pair(), Binding::immortal(System::block_hash(0), 0))
}

fn transfer(to: AccountId, amount: u128) -> RuntimeCall {
    let id = codec::Compact(SETTLEMENT_ASSET);
    RuntimeCall::Assets(pallet_assets::Call::transfer {
        id,
        target: to.into(),
        amount,
    })
}

#[test]
fn a_signed_transfer_of_the_settlement_asset_should_be_applied() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        let call = transfer(Sr25519Keyring::Bob.to_account_id(), 5 * SETTLEMENT_UNIT);
        assert_ok!(Executive::apply_extrinsic(first(call, Sr25519Keyring::Alice)).expect("the transaction is valid"));
        assert_eq!(
            Assets::balance(SETTLEMENT_ASSET, Sr25519Keyring::Bob.to_account_id()),
            SETTLEMENT_ENDOWMENT + 5 * SETTLEMENT_UNIT
        );
        let header = Executive::finalize_block();
        assert_eq!(*header.number(), 1);
    });
}

#[test]
fn a_transaction_for_another_chain_should_be_refused() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        let call = transfer(Sr25519Keyring::Bob.to_account_id(), SETTLEMENT_UNIT);
        let elsewhere = Binding::immortal(H256::repeat_byte(1), 0);
        assert_eq!(
            Executive::apply_extrinsic(sign(call, &Sr25519Keyring::Alice.pair(), elsewhere)),
            Err(TransactionValidityError::Invalid(InvalidTransaction::BadProof))
        );
    });
}

#[test]
fn nobody_should_create_an_asset_without_root() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        begin_block();
        let admin = Sr25519Keyring::Alice.to_account_id().into();
        let create = pallet_assets::Call::<Runtime>::create {
            id: codec::Compact(2),
            admin,
            min_balance: 1,
        };
        assert_eq!(
            Executive::apply_extrinsic(first(create.into(), Sr25519Keyring::Alice)),
            Ok(Err(DispatchError::BadOrigin))
        );
    });
}

#[test]
fn sudo_should_be_useless_on_a_chain_without_a_key() {
    state(STAGING).execute_with(|| {
        begin_block();
        let set = frame_system::Call::<Runtime>::set_heap_pages { pages: 1 };
        let sudo = pallet_sudo::Call::<Runtime>::sudo {
            call: Box::new(set.into()),
        };
        assert_eq!(
            Executive::apply_extrinsic(first(sudo.into(), Sr25519Keyring::Alice)),
            Ok(Err(frame_system::Error::<Runtime>::CallFiltered.into()))
        );
    });
}

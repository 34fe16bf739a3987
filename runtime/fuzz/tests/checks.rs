//! The checks see what breaks a rule: each is broken here behind the pallets' backs.

use cloister_runtime::{
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_UNIT},
    AccountId, Assets, Execution, Runtime,
};
use cloister_runtime_fuzz::{
    chain::{self, on_new, Kind},
    checks::{check_money, look, Moves},
};
use frame_support::traits::{
    fungibles::Mutate,
    tokens::Preservation::{self, Expendable},
};
use pallet_cloister_execution::{PlainBatch, Totals};
use pallet_cloister_risk::LastInstrumentId;
use pallet_cloister_sequencers::LastBatch;
use pallet_cloister_timelock::{Delays, GovernedDelays};
use pallet_cloister_verifier::VerifyingKeys;
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{Alice, Bob};
use std::panic::catch_unwind;

fn transfer(from: AccountId, to: AccountId, amount: u128, preservation: Preservation) {
    <Assets as Mutate<AccountId>>::transfer(SETTLEMENT_ASSET, &from, &to, amount, preservation)
        .expect("the money is there");
}

/// Whether something that happens in a call which moves no money is seen.
fn is_seen(what: fn()) -> bool {
    let looked = catch_unwind(|| {
        on_new(Kind::Money, || {
            let before = look(None);
            what();
            let after = look(Some(&before));
            check_money(&before.money, &after.money, Moves::Nothing, None);
        });
    });
    looked.is_err()
}

#[test]
fn what_breaks_a_rule_should_be_seen() {
    assert!(!is_seen(|| {}), "nothing is broken");
    let broken: &[(&str, fn())] = &[
        ("a vault pays what it does not owe", || {
            transfer(Execution::vault_account(1), Bob.to_account_id(), 1, Expendable)
        }),
        ("a vault owes what it has not got", || {
            Totals::<Runtime>::mutate(1, |totals| totals.queued = 1)
        }),
        ("a vault is given something and counts nothing", || {
            transfer(
                Bob.to_account_id(),
                Execution::vault_account(1),
                SETTLEMENT_UNIT,
                Expendable,
            )
        }),
        ("somebody's money becomes another's", || {
            transfer(Bob.to_account_id(), Alice.to_account_id(), 1, Expendable)
        }),
        ("money is made", || {
            <Assets as Mutate<AccountId>>::mint_into(SETTLEMENT_ASSET, &Bob.to_account_id(), 1).expect("it can be");
        }),
        ("a transaction leaves its mark", || PlainBatch::<Runtime>::put(())),
        ("an instrument has an id that was never given", || {
            LastInstrumentId::<Runtime>::put(0)
        }),
        ("a first delay runs for nobody", || LastBatch::<Runtime>::insert(1, 0)),
        ("the hash of a key is another one's", || {
            VerifyingKeys::<Runtime>::mutate(chain::EXIT_KEY, |key| {
                if let Some(key) = key {
                    key.key_hash = [0; 32];
                }
            })
        }),
        ("a delay is too short", || {
            GovernedDelays::<Runtime>::put(Delays {
                terms: 0,
                members: 0,
                keys_and_code: 0,
            })
        }),
        ("events that nobody can read", || {
            let key = [sp_io::hashing::twox_128(b"System"), sp_io::hashing::twox_128(b"Events")].concat();
            sp_io::storage::set(&key, &[4, 9]);
        }),
    ];
    for (what, broken) in broken {
        assert!(is_seen(*broken), "not seen: {what}");
    }
}

/// A refused call is compared by this.
#[test]
fn every_change_of_a_pallet_should_be_another_snapshot() {
    on_new(Kind::Money, || {
        let before = look(None);
        assert_eq!(look(Some(&before)), before);
        pallet_cloister_risk::TableGrace::<Runtime>::put(7);
        assert_ne!(look(Some(&before)), before);
    });
}

//! Amounts at nothing, at one, at every documented bound, one beyond it and at the most there is; lists at their bound
//! and above it. Each is refused by its error, or taken.

use cloister_runtime::{
    configs::oracle::{FeedValue, OperatorsInstance},
    constants::money::SETTLEMENT_ASSET,
    genesis_presets::{feeds, OPERATOR},
    AccountId, Execution, Runtime, RuntimeCall,
};
use cloister_runtime_fuzz::{
    bytes::Bytes,
    chain::{make, next_block, on_new, Kind, Who},
    proofs,
    seen::name_of,
    trapdoor,
};
use cloister_settlement::{batch::MAX_CIPHERTEXT, Batch, Terms, UnitSubmission};
use codec::{Compact, Decode, Encode};
use frame_support::BoundedVec;
use pallet_cloister_execution::{Call as Execute, PayoutTerms, PlainBatch, SolvencyTerms, MAX_BATCHES, MAX_CUSTODIANS};
use pallet_cloister_risk::Call as RiskCall;
use pallet_cloister_sequencers::{Call as Sequence, TakeOver, MAX_FIRST_DELAY, MIN_FIRST_DELAY};
use pallet_cloister_timelock::{Call as Timelock, Delays};
use pallet_cloister_verifier::{Call as Verify, StatementKind};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{Alice, Bob, One};

const HOUR: u64 = 3_600_000;
const GROUP: u32 = 1;
/// Most blocks for which a member leads.
const MAX_EPOCH: u32 = 900;
/// Smallest deposit.
const LEAST: u64 = 1_000_000;
/// Most that an account may have deposited.
const MOST: u64 = 10_000_000_000_000;
/// Most that a vault may owe.
const VAULT: u64 = 1_000_000_000_000_000;

fn bob() -> AccountId {
    Bob.to_account_id()
}

/// Why a call is refused; nothing if it is done.
fn why(who: &Who, call: impl Into<RuntimeCall>) -> String {
    let outcome = make(who, call.into()).expect("the transaction is valid");
    outcome.result.err().map_or_else(String::new, |error| name_of(&error).1)
}

fn signed(who: &AccountId, call: impl Into<RuntimeCall>) -> String {
    why(&Who::Signer(who.clone()), call)
}

fn enacted(call: impl Into<RuntimeCall>) -> String {
    why(&Who::Enacted, call)
}

fn mint(to: &AccountId, amount: u128) {
    let call = pallet_assets::Call::<Runtime>::mint {
        id: Compact(SETTLEMENT_ASSET),
        beneficiary: to.clone().into(),
        amount,
    };
    assert_eq!(signed(&Alice.to_account_id(), call), "");
}

fn fresh_tables() {
    let prices = [
        feeds::BTC_INDEX,
        feeds::BTC_PERPETUAL,
        feeds::ETH_INDEX,
        feeds::ETH_PERPETUAL,
    ];
    let price = FeedValue::from_u32(60_000);
    let values = BoundedVec::truncate_from(prices.map(|feed| (feed, price)).to_vec());
    next_block(6_000);
    assert_eq!(
        signed(
            &OPERATOR.to_account_id(),
            pallet_oracle::Call::<Runtime>::feed_values { values }
        ),
        ""
    );
    next_block(0);
    next_block(0);
}

fn open(amount: u64) -> String {
    let (keys, seal_proof) = proofs::seal(&mut Bytes::new(&[]), GROUP, &bob());
    let call = Execute::open {
        group: GROUP,
        keys,
        seal_proof,
        amount,
    };
    signed(&bob(), call)
}

fn settle() -> String {
    let batch = proofs::batch(&mut Bytes::new(&[]), GROUP).expect("a batch");
    let batch = Box::new(batch);
    signed(&One.to_account_id(), Execute::submit_batch { group: GROUP, batch })
}

/// Runs a test on a chain with an open account of Bob.
fn on_open(test: impl FnOnce()) {
    on_new(Kind::Development, || {
        fresh_tables();
        let rekey = proofs::house_rekey(&mut Bytes::new(&[]), GROUP).expect("a re-key");
        assert_eq!(
            signed(&One.to_account_id(), Execute::rekey_house { group: GROUP, rekey }),
            ""
        );
        assert_eq!(open(LEAST), "");
        fresh_tables();
        assert_eq!(settle(), "");
        test();
    });
}

/// Runs something whose effects do not stay.
fn try_out(run: impl FnOnce() -> String) -> String {
    frame_support::storage::with_transaction(|| {
        sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(run()))
    })
    .expect("it was rolled back")
}

#[test]
fn first_deposit_should_be_within_its_bounds() {
    on_new(Kind::Development, || {
        mint(&bob(), u128::from(u64::MAX));
        for (amount, expected) in [
            (0, "DepositTooSmall"),
            (1, "DepositTooSmall"),
            (LEAST - 1, "DepositTooSmall"),
            (LEAST, ""),
            (MOST, ""),
            (MOST + 1, "UserCapExceeded"),
            (u64::MAX, "UserCapExceeded"),
        ] {
            assert_eq!(try_out(|| open(amount)), expected, "{amount}");
        }
    });
}

#[test]
fn deposit_should_be_within_its_bounds() {
    on_open(|| {
        mint(&bob(), u128::from(u64::MAX));
        let deposit = |amount| signed(&bob(), Execute::deposit { group: GROUP, amount });
        for (amount, expected) in [
            (0, "DepositTooSmall"),
            (1, "DepositTooSmall"),
            (LEAST - 1, "DepositTooSmall"),
            (LEAST, ""),
            // The open has deposited something.
            (MOST - LEAST, ""),
            (MOST - LEAST + 1, "UserCapExceeded"),
            (u64::MAX, "UserCapExceeded"),
        ] {
            assert_eq!(try_out(|| deposit(amount)), expected, "{amount}");
        }
        assert_eq!(deposit(LEAST), "");
        assert_eq!(deposit(u64::MAX), "QueuedSumTooLarge");
        // An account has eight items, one of them for the way out.
        for _ in 1..7 {
            assert_eq!(deposit(LEAST), "");
        }
        assert_eq!(deposit(LEAST), "TooManyItems");
        let out = Execute::force_withdrawal {
            group: GROUP,
            amount: 1,
        };
        assert_eq!(signed(&bob(), out), "");
    });
}

#[test]
fn payment_into_the_insurance_should_be_within_its_bounds() {
    on_open(|| {
        mint(&bob(), u128::from(u64::MAX));
        let owed = Execution::group_totals(GROUP).sum().expect("it is a number");
        let room = VAULT - u64::try_from(owed).expect("it is small");
        let pay = |amount| signed(&bob(), Execute::pay_insurance { group: GROUP, amount });
        for (amount, expected) in [
            (0, "DepositTooSmall"),
            (1, "DepositTooSmall"),
            (LEAST - 1, "DepositTooSmall"),
            (LEAST, ""),
            (room, ""),
            (room + 1, "VaultCapExceeded"),
            (u64::MAX, "VaultCapExceeded"),
        ] {
            assert_eq!(try_out(|| pay(amount)), expected, "{amount}");
        }
        assert_eq!(pay(LEAST), "");
        assert_eq!(pay(u64::MAX), "QueuedSumTooLarge");
        for _ in 1..32 {
            assert_eq!(pay(LEAST), "");
        }
        assert_eq!(pay(LEAST), "TooManyInsurancePayments");
    });
}

#[test]
fn forced_withdrawal_should_ask_for_something_and_may_ask_for_anything() {
    on_open(|| {
        let ask = |amount| signed(&bob(), Execute::force_withdrawal { group: GROUP, amount });
        for (amount, expected) in [(0, "NothingAsked"), (1, ""), (u64::MAX, "")] {
            assert_eq!(try_out(|| ask(amount)), expected, "{amount}");
        }
    });
}

#[test]
fn take_of_insurance_should_ask_for_something_and_may_ask_for_anything() {
    on_open(|| {
        let terms = Some(SolvencyTerms {
            max_round_age: HOUR,
            freeze_after: HOUR,
        });
        assert_eq!(enacted(Execute::set_solvency_terms { group: GROUP, terms }), "");
        let take = |amount| {
            enacted(Execute::take_insurance {
                group: GROUP,
                amount,
                to: bob(),
            })
        };
        assert_eq!(take(1), "NoFreshRound");
        let payee = One.to_account_id();
        // Of the kinds of findings that is a clean one.
        let statement = proofs::solvency(&mut Bytes::new(&[0, 0, 0, 3]), GROUP, &payee).expect("a statement");
        let round = signed(
            &payee,
            Execute::submit_solvency {
                group: GROUP,
                statement,
            },
        );
        assert_eq!(round, "");
        for (amount, expected) in [(0, "InsuranceTakeOfNothing"), (1, ""), (u64::MAX, "")] {
            assert_eq!(try_out(|| take(amount)), expected, "{amount}");
        }
        assert_eq!(take(1), "");
        assert_eq!(take(1), "InsuranceTakeWaits");
    });
}

#[test]
fn exit_should_claim_anything_that_is_proven() {
    on_open(|| {
        let terms = Some(SolvencyTerms {
            max_round_age: 60_000,
            freeze_after: 60_000,
        });
        assert_eq!(enacted(Execute::set_solvency_terms { group: GROUP, terms }), "");
        fresh_tables();
        next_block(60_000);
        next_block(60_000);
        assert_eq!(signed(&bob(), Execute::freeze { group: GROUP }), "");
        let exit = |claim| {
            let (key, proof) = proofs::exit(&mut Bytes::new(&[]), GROUP, &bob(), claim);
            let call = Execute::exit {
                group: GROUP,
                key,
                claim,
                proof,
            };
            signed(&bob(), call)
        };
        for claim in [0, 1, u128::MAX] {
            assert_eq!(try_out(|| exit(claim)), "", "{claim}");
        }
        assert_eq!(exit(u128::MAX), "");
        assert_eq!(exit(1), "AlreadyExited");
    });
}

#[test]
fn terms_should_be_within_their_bounds() {
    on_new(Kind::Development, || {
        let group = GROUP;
        for (notice, share, good) in [
            (999, 50, false),
            (1_000, 50, true),
            (120_000, 50, true),
            (120_001, 50, false),
            (1_000, 9, false),
            (1_000, 10, true),
            (1_000, 90, true),
            (1_000, 91, false),
            (0, 0, false),
            (u64::MAX, u8::MAX, false),
        ] {
            let terms = Terms { notice, share };
            let expected = if good { "" } else { "TermsOutOfBounds" };
            assert_eq!(
                enacted(Execute::set_queue_terms { group, terms }),
                expected,
                "{terms:?}"
            );
        }
        for (max_round_age, freeze_after, good) in [
            (59_999, 60_000, false),
            (60_000, 60_000, true),
            (60_000, 59_999, false),
            (12 * HOUR, 12 * HOUR, true),
            (12 * HOUR + 1, 24 * HOUR, false),
            (12 * HOUR, 24 * HOUR, true),
            (12 * HOUR, 24 * HOUR + 1, false),
            (0, 0, false),
            (u64::MAX, u64::MAX, false),
        ] {
            let terms = Some(SolvencyTerms {
                max_round_age,
                freeze_after,
            });
            let expected = if good { "" } else { "TermsOutOfBounds" };
            assert_eq!(
                enacted(Execute::set_solvency_terms { group, terms }),
                expected,
                "{terms:?}"
            );
        }
        for (min_batches, provers, sequencer, insurance, treasury, good) in [
            (0, 5_000, 4_500, 500, 0, false),
            (1, 5_000, 4_500, 500, 0, true),
            (100_000, 5_000, 4_500, 500, 0, true),
            (100_001, 5_000, 4_500, 500, 0, false),
            (1, 999, 8_501, 500, 0, false),
            (1, 1_000, 8_500, 500, 0, true),
            (1, 9_000, 500, 500, 0, true),
            (1, 9_001, 499, 500, 0, false),
            (1, 5_000, 4_501, 499, 0, false),
            (1, 5_000, 1_500, 500, 3_000, true),
            (1, 5_000, 1_499, 500, 3_001, false),
            (1, 5_000, 4_500, 501, 0, false),
            (1, u16::MAX, u16::MAX, u16::MAX, u16::MAX, false),
        ] {
            let terms = PayoutTerms {
                min_batches,
                provers,
                sequencer,
                insurance,
                treasury,
            };
            let expected = if good { "" } else { "TermsOutOfBounds" };
            assert_eq!(
                enacted(Execute::set_payout_terms { group, terms }),
                expected,
                "{terms:?}"
            );
        }
        for (grace, good) in [
            (0, true),
            (1, true),
            (120_000, true),
            (120_001, false),
            (u64::MAX, false),
        ] {
            let expected = if good { "" } else { "ParameterOutOfBounds" };
            assert_eq!(enacted(RiskCall::set_table_grace { grace }), expected, "{grace}");
        }
    });
}

#[test]
fn delays_should_be_within_their_bounds() {
    on_new(Kind::Money, || {
        let (terms, members, keys) = (14_400, 43_200, 201_600);
        for (delays, good) in [
            ((terms, members, keys), true),
            ((terms - 1, members, keys), false),
            ((terms, members - 1, keys), false),
            ((terms, members, keys - 1), false),
            ((terms, members, 864_000), true),
            ((864_000, 864_000, 864_000), true),
            ((terms, members, 864_001), false),
            ((members + 1, members, keys), false),
            ((0, 0, 0), false),
            ((u32::MAX, u32::MAX, u32::MAX), false),
        ] {
            let (terms, members, keys) = delays;
            let set = Timelock::set_delays {
                delays: Delays {
                    terms,
                    members,
                    keys_and_code: keys,
                },
            };
            let expected = if good { "" } else { "DelaysOutOfBounds" };
            assert_eq!(enacted(set), expected, "{delays:?}");
        }
    });
}

/// Index of the pallet and of the call in the encoding, of a call that is encoded.
fn index_of(call: impl Into<RuntimeCall>) -> (u8, u8) {
    let bytes = call.into().encode();
    (bytes[0], bytes[1])
}

/// That a list is read at its bound and not above it. `encode` makes the call's bytes with so many elements.
fn check_list(what: &str, bound: u32, encode: impl Fn(usize) -> Vec<u8>) {
    let bound = bound as usize;
    for (count, good) in [(0, true), (bound, true), (bound + 1, false), (2 * bound, false)] {
        let bytes = encode(count);
        let read = RuntimeCall::decode(&mut &bytes[..]);
        assert_eq!(read.is_ok(), good, "{what} with {count}");
        if let Ok(call) = read {
            assert_eq!(call.encode(), bytes, "{what} with {count}");
        }
    }
}

fn unit(elements: usize) -> Vec<u8> {
    let fixed = UnitSubmission {
        index: Decode::decode(&mut &0u32.encode()[..]).expect("an index"),
        request: false,
        withdrawal: Default::default(),
        new_leaf: [0; 32],
        ciphertext: Default::default(),
    };
    let mut bytes = fixed.encode();
    // In place of the list's length, 0.
    bytes.pop();
    bytes.extend(vec![[1u8; 32]; elements].encode());
    bytes
}

fn batch(units: Vec<Vec<u8>>) -> Vec<u8> {
    let mut bytes = (1u16, 0u64, 1u64, 0u64, [0u8; 32]).encode();
    bytes.extend(([0u8; 32], [0u8; 32], [0u8; 32], 0u64, None::<u64>, 0u32).encode());
    bytes.extend(Compact(units.len() as u32).encode());
    units.into_iter().for_each(|unit| bytes.extend(unit));
    bytes.extend(([[0u8; 32]; 14], [0u8; 192]).encode());
    bytes
}

#[test]
fn list_should_be_read_up_to_its_bound_and_not_beyond() {
    let who = |count: usize| -> Vec<AccountId> { (0..count).map(|n| AccountId::new([n as u8; 32])).collect() };
    let empty = batch(vec![]);
    assert!(Batch::decode(&mut &empty[..]).is_ok_and(|batch| batch.encode() == empty));

    let members = index_of(Sequence::set_members {
        group: GROUP,
        members: Default::default(),
    });
    check_list("set_members", 16, |count| (members, GROUP, who(count)).encode());
    let custodians = index_of(Execute::set_custodians {
        custodians: Default::default(),
    });
    check_list("set_custodians", MAX_CUSTODIANS, |count| {
        (custodians, who(count)).encode()
    });
    let key = index_of(Verify::set_verifying_key {
        id: 0,
        statement: StatementKind::Seal,
        development: false,
        key: Default::default(),
    });
    check_list("set_verifying_key", 1_060, |count| {
        (key, 0u16, StatementKind::Seal, false, vec![0u8; count]).encode()
    });
    let several = index_of(Execute::submit_batches {
        group: GROUP,
        batches: Default::default(),
    });
    check_list("submit_batches", MAX_BATCHES, |count| {
        let mut bytes = (several, GROUP, Compact(count as u32)).encode();
        (0..count).for_each(|_| bytes.extend(&empty));
        bytes
    });
    let one = index_of(Execute::submit_batch {
        group: GROUP,
        batch: Box::new(Batch::decode(&mut &empty[..]).expect("a batch")),
    });
    check_list("units of a batch", cloister_settlement::batch::MAX_UNITS, |count| {
        let mut bytes = (one, GROUP).encode();
        bytes.extend(batch(vec![unit(9); count]));
        bytes
    });
    check_list("elements of a unit", MAX_CIPHERTEXT, |count| {
        let mut bytes = (one, GROUP).encode();
        bytes.extend(batch(vec![unit(count)]));
        bytes
    });
    let feed = index_of(pallet_oracle::Call::<Runtime>::feed_values {
        values: Default::default(),
    });
    check_list("feed_values", 64, |count| (feed, vec![(1u32, 5u128); count]).encode());
}

#[test]
fn list_at_its_bound_should_be_taken() {
    let who = |count: u32| (0..count).map(|n| AccountId::new([n as u8; 32])).collect();
    on_open(|| {
        let custodians = BoundedVec::truncate_from(who(MAX_CUSTODIANS));
        assert_eq!(enacted(Execute::set_custodians { custodians }), "");
        let batches =
            vec![Box::new(proofs::batch(&mut Bytes::new(&[]), GROUP).expect("a batch")); MAX_BATCHES as usize];
        let batches = BoundedVec::truncate_from(batches);
        // The second is the first again.
        let call = Execute::submit_batches { group: GROUP, batches };
        assert_eq!(signed(&One.to_account_id(), call), "");
        assert_eq!(Execution::group_state(GROUP).map(|state| state.batch_no), Some(2));
        let none = Execute::submit_batches {
            group: GROUP,
            batches: Default::default(),
        };
        assert_eq!(signed(&One.to_account_id(), none), "NoBatches");
        let members = BoundedVec::truncate_from(who(16));
        assert_eq!(enacted(Sequence::set_members { group: GROUP, members }), "");
        for (epoch, first_delay, expected) in [
            (0, 0, ""),
            (0, 1, "TakeOverOutOfBounds"),
            (1, 0, "TakeOverOutOfBounds"),
            (1, MIN_FIRST_DELAY - 1, "TakeOverOutOfBounds"),
            (1, MIN_FIRST_DELAY, ""),
            (MAX_EPOCH, MAX_FIRST_DELAY, ""),
            (MAX_EPOCH + 1, MAX_FIRST_DELAY, "TakeOverOutOfBounds"),
            (1, MAX_FIRST_DELAY + 1, "TakeOverOutOfBounds"),
            (u32::MAX, u64::MAX, "TakeOverOutOfBounds"),
        ] {
            let terms = TakeOver { epoch, first_delay };
            let call = Sequence::set_take_over { group: GROUP, terms };
            assert_eq!(try_out(|| enacted(call)), expected, "{terms:?}");
        }
        for (bytes, expected) in [(1_060, ""), (1_059, "InvalidVerifyingKey"), (0, "InvalidVerifyingKey")] {
            let mut key = trapdoor::key();
            key.truncate(bytes);
            let call = Verify::set_verifying_key {
                id: 50,
                statement: StatementKind::Exit,
                development: false,
                key: BoundedVec::truncate_from(key),
            };
            assert_eq!(try_out(|| enacted(call)), expected, "{bytes}");
        }
        let value = FeedValue::from_u32(1);
        let values = BoundedVec::truncate_from((0..64).map(|feed| (feed, value)).collect());
        let call = pallet_oracle::Call::<Runtime>::feed_values { values };
        next_block(0);
        assert_eq!(signed(&OPERATOR.to_account_id(), call), "");
        assert!(!PlainBatch::<Runtime>::exists());
    });
    // More operators than there may be.
    on_new(Kind::Development, || {
        let reset = |count| {
            let members = who(count);
            enacted(pallet_membership::Call::<Runtime, OperatorsInstance>::reset_members { members })
        };
        assert_eq!(reset(32), "");
        assert_eq!(reset(33), "TooManyMembers");
    });
}

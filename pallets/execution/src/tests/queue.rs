//! Opens and deposits on their way into the queue.

use crate::{
    mock::*, Accounts, Error, Event, GroupTotals, Groups, ItemKind, OpenKeys, QueueItem, RegisteredAccount, Totals,
};
use cloister_crypto::{constants::INDEX_BITS, field::to_bytes, Fr};
use cloister_types::{AccountIndex, Amount};
use pallet_cloister_sequencers::SealKeys;
use polkadot_sdk::frame_support::{assert_noop, assert_ok};

fn deposit(who: &polkadot_sdk::sp_runtime::AccountId32, amount: u64) -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::deposit(signed(who), GROUP, amount)
}

#[test]
fn open_should_take_the_deposit_and_reserve_an_index() {
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 1_000));
        assert_ok!(open(&BOB, 2, 2_000));
        let item = QueueItem {
            owner: BOB,
            index: AccountIndex(1),
            amount: Amount(2_000),
            queued_at: START,
            ready_at: START + NOTICE,
            deadline: START + DEADLINE,
            kind: ItemKind::Open(seals::keys(GROUP, &BOB, 2)),
            until: None,
        };
        assert_eq!(Execution::queue(GROUP, 1, 9), [(1, item)]);
        assert_eq!(
            (Execution::index_of(GROUP, &ALICE), Execution::index_of(GROUP, &BOB)),
            (Some(0), Some(1))
        );
        assert_eq!(
            Accounts::<Test>::get(GROUP, 1),
            Some(RegisteredAccount {
                owner: BOB,
                opened: false,
                deposited: 2_000,
                record: None,
            })
        );
        assert_eq!(
            Totals::<Test>::get(GROUP),
            GroupTotals {
                queued: 3_000,
                claims: 0,
                settled: 0,
                ..Default::default()
            }
        );
        assert_eq!(
            (balance(&BOB), balance(&vault())),
            (ENDOWMENT - 2_000, MIN_BALANCE + 3_000)
        );
        assert_eq!(
            events().last(),
            Some(&Event::OpenQueued {
                group: GROUP,
                index: 1,
                owner: BOB,
                item: 1,
                amount: 2_000
            })
        );
    });
}

#[test]
fn second_open_of_the_same_owner_should_be_refused() {
    on_genesis(|| {
        assert_ok!(open(&ALICE, 1, 1_000));
        assert_noop!(open(&ALICE, 1, 1_000), Error::<Test>::AccountAlreadyOpen);
        assert_noop!(open(&ALICE, 2, 1_000), Error::<Test>::AccountAlreadyOpen);
    });
    on_open(|| {
        assert_noop!(open(&ALICE, 5, 1_000), Error::<Test>::AccountAlreadyOpen);
    });
}

#[test]
fn open_in_an_unknown_group_should_be_refused() {
    on_genesis(|| {
        assert_noop!(open_in(9, &ALICE, 1, 1_000), Error::<Test>::UnknownGroup);
        assert_noop!(
            Execution::deposit(signed(&ALICE), 9, 1_000),
            Error::<Test>::UnknownGroup
        );
    });
}

#[test]
fn open_with_a_bad_key_should_be_refused() {
    on_genesis(|| {
        let (good, proof) = seals::proven(GROUP, &ALICE, 1);
        let order = to_bytes(&-Fr::one()).map(|b| b); // p - 1
        let mut p = order;
        p[0] += 1;
        let non_canonical = [
            OpenKeys {
                pk_x: p,
                ..good.clone()
            },
            OpenKeys {
                pk_y: [0xff; 32],
                ..good.clone()
            },
            OpenKeys {
                view_commitment: p,
                ..good.clone()
            },
            OpenKeys {
                sealed_view_key: [0xff; 96],
                ..good.clone()
            },
        ];
        for keys in non_canonical {
            assert_noop!(
                open_with(GROUP, &ALICE, keys, proof, 1_000),
                Error::<Test>::NonCanonicalField
            );
        }
        let one = to_bytes(&Fr::one());
        let invalid = [
            // The identity, the point of order two, and no point.
            OpenKeys {
                pk_x: [0; 32],
                pk_y: one,
                ..good.clone()
            },
            OpenKeys {
                pk_x: [0; 32],
                pk_y: order,
                ..good.clone()
            },
            OpenKeys {
                pk_x: one,
                pk_y: one,
                ..good.clone()
            },
        ];
        for keys in invalid {
            assert_noop!(
                open_with(GROUP, &ALICE, keys, proof, 1_000),
                Error::<Test>::InvalidPublicKey
            );
        }
        assert_ok!(open_with(GROUP, &ALICE, good, proof, 1_000));
    });
}

#[test]
fn open_without_a_sealing_key_should_be_refused() {
    on_genesis(|| {
        SealKeys::<Test>::remove(GROUP);
        assert_noop!(open(&ALICE, 1, 1_000), Error::<Test>::SealKeyMissing);
    });
}

#[test]
fn open_beyond_the_last_index_should_be_refused() {
    on_genesis(|| {
        Groups::<Test>::mutate(GROUP, |state| {
            state.as_mut().unwrap().next_index = (1 << INDEX_BITS) - 1
        });
        assert_ok!(open(&ALICE, 1, 1_000));
        assert_noop!(open(&BOB, 2, 1_000), Error::<Test>::TreeFull);
    });
}

#[test]
fn deposit_should_be_queued_for_the_owners_account() {
    on_open(|| {
        assert_ok!(deposit(&ALICE, 500));
        let item = QueueItem {
            owner: ALICE,
            index: AccountIndex::ZERO,
            amount: Amount(500),
            queued_at: START,
            ready_at: START + NOTICE,
            deadline: START + DEADLINE,
            kind: ItemKind::Deposit,
            until: None,
        };
        assert_eq!(Execution::queue(GROUP, 0, 9), [(1, item)]);
        assert_eq!(
            events(),
            [Event::DepositQueued {
                group: GROUP,
                index: 0,
                owner: ALICE,
                item: 1,
                amount: 500
            }]
        );
    });
}

#[test]
fn deposit_above_the_balance_should_be_refused() {
    on_open(|| {
        assert_ok!(Assets::transfer_all(signed(&ALICE), ASSET, BOB, true));
        assert_eq!(balance(&ALICE), MIN_BALANCE);
        assert_noop!(deposit(&ALICE, 100), Error::<Test>::InsufficientBalance);
        assert_ok!(Assets::transfer(signed(&BOB), ASSET, ALICE, 90));
        assert_ok!(deposit(&ALICE, 100));
    });
    on_genesis(|| {
        assert_noop!(open(&FEES, 9, 100), Error::<Test>::InsufficientBalance);
    });
}

#[test]
fn deposit_should_leave_nothing_or_what_may_stay() {
    on_open(|| {
        assert_ok!(Assets::transfer(signed(&ALICE), ASSET, BOB, balance(&ALICE) - 1_000));
        let supply = Assets::total_supply(ASSET);
        let all_but = |rest| deposit(&ALICE, u64::try_from(1_000 - rest).unwrap());
        for rest in [1, MIN_BALANCE - 1] {
            assert_noop!(all_but(rest), Error::<Test>::RestTooSmall);
        }
        assert_ok!(all_but(MIN_BALANCE));
        assert_eq!(balance(&ALICE), MIN_BALANCE);
        assert_ok!(Assets::transfer(signed(&BOB), ASSET, ALICE, 90));
        assert_ok!(deposit(&ALICE, 100));
        assert_eq!((balance(&ALICE), Assets::total_supply(ASSET)), (0, supply));
    });
}

#[test]
fn deposit_below_the_minimum_should_be_refused() {
    on_open(|| {
        assert_noop!(deposit(&ALICE, 99), Error::<Test>::DepositTooSmall);
        assert_noop!(open(&BOB, 2, 99), Error::<Test>::DepositTooSmall);
    });
}

#[test]
fn deposit_without_an_account_should_be_refused() {
    on_open(|| {
        assert_noop!(deposit(&BOB, 1_000), Error::<Test>::NoAccount);
    });
}

#[test]
fn account_should_have_few_items_in_the_queue() {
    on_open(|| {
        for _ in 0..3 {
            assert_ok!(deposit(&ALICE, 100));
        }
        assert_noop!(deposit(&ALICE, 100), Error::<Test>::TooManyItems);
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), unit(0)]))));
        assert_ok!(deposit(&ALICE, 100));
    });
}

#[test]
fn full_queue_should_be_refused() {
    on_open(|| {
        assert_ok!(open(&BOB, 2, 100));
        for _ in 0..2 {
            assert_ok!(deposit(&BOB, 100));
            assert_ok!(deposit(&ALICE, 100));
        }
        assert_ok!(deposit(&ALICE, 100));
        let carol = polkadot_sdk::sp_runtime::AccountId32::new([6; 32]);
        assert_ok!(Assets::transfer(signed(&ALICE), ASSET, carol.clone(), 1_000));
        assert_noop!(open(&carol, 6, 100), Error::<Test>::QueueFull);
    });
}

#[test]
fn caps_of_user_and_vault_should_hold() {
    on_open(|| {
        assert_noop!(deposit(&ALICE, 490_001), Error::<Test>::UserCapExceeded);
        assert_ok!(deposit(&ALICE, 490_000));
        assert_ok!(open(&BOB, 2, 500_000));
        let carol = polkadot_sdk::sp_runtime::AccountId32::new([6; 32]);
        assert_ok!(Assets::transfer(signed(&ALICE), ASSET, carol.clone(), 1_000));
        assert_noop!(open(&carol, 6, 100), Error::<Test>::VaultCapExceeded);
    });
}

#[test]
fn withdrawals_should_make_room_under_the_users_cap() {
    on_open(|| {
        assert_ok!(deposit(&ALICE, 490_000));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), withdrawing(0, 200_000)]))));
        assert_eq!(Accounts::<Test>::get(GROUP, 0).unwrap().deposited, 300_000);
        assert_noop!(deposit(&ALICE, 200_001), Error::<Test>::UserCapExceeded);
        assert_ok!(deposit(&ALICE, 200_000));
    });
}

#[test]
fn withdrawal_above_the_deposits_should_not_wrap_the_count() {
    // Profit: Alice withdraws what Bob has lost.
    on_open(|| {
        assert_ok!(open(&BOB, 2, 5_000));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(1), withdrawing(0, 12_000)]))));
        assert_eq!(Accounts::<Test>::get(GROUP, 0).unwrap().deposited, 0);
    });
}

#[test]
fn open_should_cost_its_fee() {
    on_genesis(|| {
        OpenFee::set(25);
        let (owner, fees) = (balance(&BOB), balance(&FEES));
        assert_ok!(open(&BOB, 2, 1_000));
        assert_eq!((balance(&BOB), balance(&FEES)), (owner - 1_025, fees + 25));
        // The vault owes the deposit and nothing more.
        assert_eq!(Totals::<Test>::get(GROUP).sum(), Some(1_000));
        // A deposit costs none.
        assert_ok!(Execution::deposit(signed(&BOB), GROUP, 500));
        assert_eq!(balance(&BOB), owner - 1_525);
        // Who can pay the deposit and not the fee is refused, and keeps both.
        let alice = balance(&ALICE);
        OpenFee::set(u64::try_from(alice).unwrap() - 999);
        assert_noop!(open(&ALICE, 1, 1_000), Error::<Test>::InsufficientBalance);
        OpenFee::set(u64::try_from(alice).unwrap() + 1);
        assert_noop!(open(&ALICE, 1, 1_000), Error::<Test>::InsufficientBalance);
    });
}

//! Where the last record of each account is (C-RECORD).

use crate::{mock::*, types::MAX_LEAF_PAGE, Accounts, LastRecord};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_settlement::UnitSubmission;
use polkadot_sdk::frame_support::assert_ok;

fn record(index: u32) -> Option<LastRecord> {
    Accounts::<Test>::get(GROUP, index).and_then(|account| account.record)
}

/// A unit that leaves another leaf.
fn leaving(index: u32, leaf: u64) -> UnitSubmission {
    UnitSubmission {
        new_leaf: to_bytes(&Fr::from(leaf)),
        ..unit(index)
    }
}

#[test]
fn the_state_should_say_where_the_last_record_of_an_account_is() {
    on_open(|| {
        let leaf = unit(0).new_leaf;
        let first = LastRecord {
            leaf,
            updates: 2,
            batch_no: 0,
            block: 1,
        };
        assert_eq!(record(0), Some(first));
        assert_ok!(open(&BOB, 2, 1_000));
        assert_eq!(record(1), None, "no batch has taken the open");
        ready();
        System::set_block_number(77);
        assert_ok!(submit(&proven(batch(vec![leaving(1, 5), leaving(1, 6)]))));
        assert_eq!(record(0), Some(first), "a batch that does not touch it");
        let second = LastRecord {
            leaf: to_bytes(&Fr::from(6)),
            updates: 2,
            batch_no: 1,
            block: 77,
        };
        assert_eq!(record(1), Some(second), "the last of its units counts");
        System::set_block_number(80);
        assert_ok!(submit(&proven(batch(vec![leaving(1, 8), leaving(0, 9)]))));
        let third = LastRecord {
            leaf: to_bytes(&Fr::from(8)),
            updates: 3,
            batch_no: 2,
            block: 80,
        };
        assert_eq!(record(1), Some(third));
        assert_eq!(record(0).map(|record| record.updates), Some(3));
    });
}

#[test]
fn a_refused_batch_should_leave_the_records_as_they_were() {
    on_open(|| {
        let before = record(0);
        let mut refused = proven(batch(vec![leaving(0, 5), leaving(0, 6)]));
        refused.new_root = to_bytes(&Fr::from(4));
        assert!(submit(&refused).is_err());
        assert_eq!(record(0), before);
    });
}

#[test]
fn leaves_should_be_read_page_by_page_with_0_where_no_account_is() {
    on_open(|| {
        let page = |from, limit| Execution::leaves(GROUP, from, limit);
        assert_ok!(open(&BOB, 2, 1_000));
        assert_eq!(page(0, 10), [unit(0).new_leaf, [0; 32]]);
        assert_eq!(page(1, 10), [[0; 32]]);
        assert_eq!(page(0, 1), [unit(0).new_leaf]);
        assert!(page(2, 10).is_empty() && page(u32::MAX, u32::MAX).is_empty() && page(0, 0).is_empty());
        assert!(Execution::leaves(OTHER, 0, 10).is_empty(), "another group");
        let indices: Vec<u32> = (2..MAX_LEAF_PAGE + 10).collect();
        solvency::occupy(&indices, MAX_LEAF_PAGE + 10);
        assert_eq!(page(0, u32::MAX).len(), MAX_LEAF_PAGE as usize);
        assert_eq!(page(MAX_LEAF_PAGE, u32::MAX).len(), 10);
    });
}

#[test]
fn a_closed_account_should_have_no_leaf() {
    on_open(|| {
        assert_ok!(submit(&proven(batch(vec![withdrawing(0, 10_000), unit(0)]))));
        assert_ok!(Execution::close(signed(&ALICE), GROUP));
        ready();
        assert_ok!(submit(&proven(batch(vec![unit(0), closing(0)]))));
        assert_eq!((record(0), Execution::leaves(GROUP, 0, 10)), (None, vec![[0; 32]]));
    });
}

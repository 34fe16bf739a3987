//! B-REKEY.

use super::{accept, refuse, refuse_spoiled, SHAPE};
use cloister_crypto::{stream::view_commitment, Fr};
use cloister_ledger::{
    account::Account, BatchError, BatchWitness, Fill, InstructionKind, Key, PlaceError, RecordKind, SignedInstruction,
    UnitError, UnitRequest,
};
use cloister_ledger_testing::{World, GENESIS};
use cloister_types::{AccountIndex, Amount};

fn one(signed: SignedInstruction) -> Vec<UnitRequest> {
    vec![UnitRequest::Normal {
        index: signed.instruction.index,
        deposit: Amount::ZERO,
        places: vec![(signed, Fill::default())],
    }]
}

/// A market in which trader 1 has used an id and cancelled all below another.
fn world() -> (World, SignedInstruction, SignedInstruction) {
    let mut world = World::with_traders(1, 4, SHAPE);
    let early = world.instruct(1, InstructionKind::Cancel, 0);
    let all = world.instruct(1, InstructionKind::CancelAll, 0);
    let units = one(all);
    accept(&mut world, units);
    let used = world.instruct(1, InstructionKind::Withdrawal, 9);
    let units = one(used.clone());
    accept(&mut world, units);
    (world, early, used)
}

#[test]
fn keys_change_and_minimum_id_and_orders_stay() {
    let (mut world, early, used) = world();
    let before = world.state.account(AccountIndex(1)).expect("open").clone();
    let old = world.traders[1].clone();
    let unit = world.rekey(1);
    let (_, effect) = accept(&mut world, vec![unit]);
    let new = world.traders[1].clone();
    let after = world.state.account(AccountIndex(1)).expect("open").clone();
    let expected = Account {
        key: Key::from(&new.secret.public()),
        view_key: new.view_key,
        nonce: before.account.nonce + 1,
        ..before.account.clone()
    };
    assert_eq!((&after.account, &after.orders), (&expected, &before.orders));

    let record = &effect.statement.units[0];
    let RecordKind::Rekey(keys) = record.kind else {
        panic!("{:?}", record.kind)
    };
    assert_eq!((keys.x, keys.y), (after.account.key.x, after.account.key.y));
    assert_eq!(
        keys.view_commitment,
        view_commitment(&effect.statement.scope(), new.view_key)
    );
    let salt = effect.statement.stream_salt();
    let plain = record
        .decrypt(new.view_key, after.account.nonce, salt)
        .expect("the new key reads it");
    assert_eq!(plain.cash, after.account.cash);
    assert!(record.decrypt(old.view_key, after.account.nonce, salt).is_err());

    // The old key signs nothing any more.
    let mut late = world.instruct(1, InstructionKind::Cancel, 0);
    late = late.instruction.sign(&GENESIS, &old.secret);
    let request = world.padded(SHAPE, one(late));
    assert!(world.state.apply(SHAPE, &request).is_err());

    // Back under the old key, what it signed before is still void or used.
    let public = old.secret.public();
    let (x, y) = public.preimage();
    let back = UnitRequest::Rekey {
        index: AccountIndex(1),
        key: Key::from(&public),
        preimage: Key { x, y },
        view_key: old.view_key,
        deposit: Amount(11),
    };
    accept(&mut world, vec![back]);
    let place = |e| BatchError::Unit(0, UnitError::Place(0, e));
    refuse(&mut world, one(early), place(PlaceError::IdBelowMinimum));
    refuse(&mut world, one(used), place(PlaceError::IdUsed));
}

#[test]
fn a_key_outside_the_subgroup_should_be_refused() {
    let (mut world, ..) = world();
    let unit = world.rekey(1);
    type Change = fn(&mut UnitRequest);
    let changes: [Change; 3] = [
        |u| {
            if let UnitRequest::Rekey { preimage, .. } = u {
                preimage.x = -preimage.x;
            }
        },
        |u| {
            if let UnitRequest::Rekey { key, .. } = u {
                key.y += Fr::one();
            }
        },
        // The identity is eight times itself.
        |u| {
            if let UnitRequest::Rekey { key, preimage, .. } = u {
                *key = Key {
                    x: Fr::zero(),
                    y: Fr::one(),
                };
                *preimage = *key;
            }
        },
    ];
    for change in changes {
        let mut bad = unit.clone();
        change(&mut bad);
        refuse(&mut world, vec![bad], BatchError::Unit(0, UnitError::KeyPreimage));
    }
}

#[test]
fn keys_should_not_change_in_any_other_mode() {
    let (mut world, ..) = world();
    let cancel = world.instruct(1, InstructionKind::Cancel, 0);
    let open = world.open(5);
    let units = [
        one(cancel),
        vec![world.force(1, 5)],
        vec![UnitRequest::Padding {
            index: AccountIndex(1),
            deposit: Amount::ZERO,
        }],
        vec![open],
    ];
    for unit in units {
        let changes: [fn(&mut BatchWitness); 2] = [
            |w| w.units[0].new_view_key += Fr::one(),
            |w| w.units[0].new_key.y += Fr::one(),
        ];
        for change in changes {
            let error = BatchError::Unit(0, UnitError::KeysChanged);
            refuse_spoiled(&world, unit.clone(), change, error);
        }
    }
}

#[test]
fn an_account_that_does_not_exist_has_no_keys_to_change() {
    let mut world = World::with_traders(1, 1, SHAPE);
    let mut unit = world.rekey(0);
    if let UnitRequest::Rekey { index, .. } = &mut unit {
        *index = AccountIndex(8);
    }
    let request = world.padded(SHAPE, vec![unit]);
    let found = world.state.apply(SHAPE, &request).map(|_| ());
    assert_eq!(found, Err(cloister_ledger::StateError::NoAccount(0)));
}

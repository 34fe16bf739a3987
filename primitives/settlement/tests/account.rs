//! Accounts rebuilt from batch records alone.

use cloister_crypto::Fr;
use cloister_ledger::{state::UnitRequest, Cause, Mode, RecordKind, Shape, Statement, UnitRecord};
use cloister_ledger_testing::World;
use cloister_settlement::{account_tree, recover, AccountKeys, RecoveryError, ReplayError};
use cloister_types::AccountIndex;
use std::collections::BTreeMap;

/// A market with the statements of its settled batches.
struct Market {
    world: World,
    batches: Vec<Statement>,
    /// All keys of each account, from the first on.
    keys: BTreeMap<u32, Vec<AccountKeys>>,
}

/// A record of a batch that does not give the account.
fn refused(batch_no: u64, source: ReplayError) -> RecoveryError {
    RecoveryError::Record { batch_no, source }
}

fn market(seed: u64) -> Market {
    let mut world = World::new(seed);
    let mut batches = Vec::new();
    let mut keys: BTreeMap<u32, Vec<AccountKeys>> = BTreeMap::new();
    for round in 0..6 {
        let units = if round == 0 {
            (0..Shape::DEV.units).map(|_| world.open(1_000_000_000_000)).collect()
        } else {
            world.random_batch(Shape::DEV).units
        };
        for unit in &units {
            if let UnitRequest::Open {
                index, key, view_key, ..
            }
            | UnitRequest::Rekey {
                index, key, view_key, ..
            } = unit
            {
                let (key, view_key) = (*key, *view_key);
                keys.entry((*index).get())
                    .or_default()
                    .push(AccountKeys { key, view_key });
            }
        }
        let request = world.request(units);
        let (_, effect) = world.apply(Shape::DEV, &request);
        batches.push(effect.statement);
    }
    Market { world, batches, keys }
}

#[test]
fn every_account_should_be_rebuilt_from_the_records_alone() {
    let (mut rekeyed, mut switched) = (0, 0);
    for seed in 0..5 {
        let Market { world, batches, keys } = market(seed);
        let tree = account_tree(&batches).expect("the leaves give the roots");
        assert_eq!(tree.root(), world.state.root());
        for trader in &world.traders {
            let rebuilt = recover(&batches, AccountIndex(trader.index), &keys[&trader.index]).expect("rebuilt");
            let known = world
                .state
                .account(AccountIndex(trader.index))
                .expect("the account exists");
            assert_eq!((&rebuilt.account, &rebuilt.orders), (&known.account, &known.orders));
            assert_eq!(rebuilt.account.leaf(), tree.leaf(trader.index));
            rekeyed += usize::from(keys[&trader.index].len() > 1);
            switched += usize::from(rebuilt.account.switches.transfers);
        }
    }
    assert!(rekeyed > 0, "no account has had two keys");
    assert!(switched > 0, "no account allows transfers");
}

#[test]
fn an_account_should_not_be_rebuilt_with_a_wrong_key() {
    let Market { batches, keys, .. } = market(1);
    let (own, other) = (keys[&0][0], keys[&1][0]);
    for wrong in [
        other,
        AccountKeys {
            view_key: other.view_key,
            ..own
        },
        AccountKeys { key: other.key, ..own },
    ] {
        assert_eq!(
            recover(&batches, AccountIndex::ZERO, &[wrong]),
            Err(refused(0, ReplayError::OtherKey))
        );
    }
}

#[test]
fn an_account_should_not_be_rebuilt_past_a_change_of_keys_without_the_new_ones() {
    let Market { batches, keys, .. } = (0..20)
        .map(market)
        .find(|market| market.keys.values().any(|keys| keys.len() > 1))
        .expect("some account changes its keys");
    let (index, keys) = keys.iter().find(|(_, keys)| keys.len() > 1).expect("this one");
    let changed = batches.iter().find(|batch| {
        let rekeys =
            |unit: &UnitRecord| matches!(unit.kind, RecordKind::Rekey(_)) && unit.index == AccountIndex(*index);
        batch.units.iter().any(rekeys)
    });
    let batch_no = changed.expect("its batch").batch_no;
    let before = recover(&batches, AccountIndex(*index), &keys[..1]);
    assert_eq!(before, Err(refused(batch_no, ReplayError::OtherKey)));
    assert_eq!(
        recover(&batches, AccountIndex(*index), &keys[1..]),
        Err(refused(0, ReplayError::OtherKey))
    );
}

#[test]
fn an_account_should_not_be_rebuilt_when_records_are_missing() {
    let Market { batches, keys, .. } = market(2);
    let touched = |batch: &&Statement| batch.units.iter().any(|unit| unit.index == AccountIndex::ZERO);
    assert_eq!(
        recover(&batches, AccountIndex(999), &keys[&0]),
        Err(RecoveryError::Untouched(AccountIndex(999)))
    );
    let second = batches.iter().filter(touched).nth(1).expect("touched twice").batch_no;
    let late = recover(&batches[1..], AccountIndex::ZERO, &keys[&0]);
    assert_eq!(late, Err(refused(second, ReplayError::NotOpened)));
}

#[test]
fn changed_records_should_be_noticed() {
    let Market { mut batches, keys, .. } = market(3);
    let unit = &mut batches[0].units[0];
    unit.new_leaf += Fr::one();
    let index = unit.index;
    assert_eq!(account_tree(&batches), Err(RecoveryError::Root(0)));
    assert_eq!(
        recover(&batches, index, &keys[&index.get()]),
        Err(refused(0, ReplayError::Leaf))
    );
    let unit = &mut batches[0].units[0];
    unit.new_leaf -= Fr::one();
    // The root of the order tree, which the empty places of an open do not give.
    unit.ciphertext[1] += Fr::one();
    assert_eq!(
        recover(&batches, index, &keys[&index.get()]),
        Err(refused(0, ReplayError::Orders))
    );
}

#[test]
fn what_was_done_without_a_signature_should_be_told_with_its_cause() {
    let mut seen = BTreeMap::<String, usize>::new();
    for seed in 0..12 {
        if seen.len() == 5 && seen.values().all(|n| *n >= 2) {
            break;
        }
        let Market { mut world, .. } = market(seed);
        for _ in 0..60 {
            let request = world.random_batch(Shape::DEV);
            let (witness, effect) = world.apply(Shape::DEV, &request);
            for (unit, done) in witness.units.iter().zip(&effect.units) {
                let found = cloister_ledger::Unsigned::between(&unit.before, &done.after, unit.deposit);
                let moved = unit.before.positions != done.after.positions;
                let expected = match unit.mode {
                    Mode::Liquidation => &[Cause::Liquidation, Cause::AtMark][..],
                    Mode::Expiry => &[Cause::Expiry],
                    Mode::Takeover => &[Cause::Takeover],
                    Mode::Deleveraging(_) => &[Cause::AtMark],
                    _ => &[],
                };
                // A takeover of expired lots alone looks like their expiry; a transfer may hide a price.
                if !moved || unit.incoming.get() > 0 {
                    continue;
                }
                match found.map(|change| change.cause(&request.context.table)) {
                    Some(Cause::Expiry) if unit.mode == Mode::Takeover => (),
                    Some(cause) => {
                        assert!(expected.contains(&cause), "{:?}: {cause:?}", unit.mode);
                        *seen.entry(format!("{:?}", unit.mode)).or_default() += 1;
                    }
                    None => assert_eq!(unit.mode, Mode::Normal),
                }
            }
        }
    }
    println!("{seen:?}");
    assert_eq!(seen.len(), 5, "{seen:?}");
}

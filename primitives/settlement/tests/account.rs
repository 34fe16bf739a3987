//! Accounts rebuilt from batch records alone.

use cloister_crypto::{field::to_bytes, stream::Scope, Fr};
use cloister_ledger::{state::UnitRequest, Cause, Mode, RecordKind, Shape, Statement, UnitRecord};
use cloister_ledger_testing::World;
use cloister_settlement::{
    account_tree, recover, tree_of_leaves, AccountKeys, Batch, LastRecord, LastRecordError, RecoveryError, ReplayError,
};
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

/// What the chain's state says of an account after the batches, and the batch that it points to.
fn last_record(batches: &[Statement], index: u32) -> Option<(LastRecord, Batch)> {
    let is_own = |unit: &&UnitRecord| unit.index == AccountIndex(index);
    let units = |statement: &Statement| statement.units.iter().filter(is_own).count();
    let statement = batches.iter().rfind(|statement| units(statement) > 0)?;
    let leaf = statement.units.iter().rfind(is_own)?.new_leaf;
    let known = LastRecord {
        leaf: to_bytes(&leaf),
        updates: batches.iter().map(units).sum::<usize>() as u64,
        batch_no: statement.batch_no,
        block: 7,
    };
    let batch = Batch::new(1, 1, statement, [0; 192]).expect("it fits");
    Some((known, batch))
}

#[test]
fn the_last_record_alone_should_give_the_account_and_the_leaves_its_path() {
    let (mut rekeyed, mut switched) = (0, 0);
    for seed in 0..5 {
        let Market { world, batches, keys } = market(seed);
        let tree = account_tree(&batches).expect("the leaves give the roots");
        let next = world.traders.iter().map(|trader| trader.index + 1).max().unwrap_or(0);
        let leaves = (0..next).map(|index| to_bytes(&tree.leaf(index)));
        let rebuilt = tree_of_leaves(leaves).expect("field elements");
        assert_eq!(rebuilt.root(), world.state.root());
        for trader in &world.traders {
            let index = trader.index;
            assert_eq!(rebuilt.path(index), tree.path(index));
            let (known, batch) = last_record(&batches, index).expect("it was opened");
            let keys = &keys[&index];
            let scope = batches[0].scope();
            let account = known.open(&batch, AccountIndex(index), &scope, keys).expect("its keys");
            let expected = world.state.account(AccountIndex(index)).expect("the account exists");
            assert_eq!(account, expected.account);
            rekeyed += usize::from(keys.len() > 1);
            switched += usize::from(account.switches.transfers);
            // Former keys read nothing any more.
            let former = known.open(&batch, AccountIndex(index), &scope, &keys[..keys.len() - 1]);
            assert_eq!(former, Err(LastRecordError::OtherKey(AccountIndex(index))));
        }
    }
    assert!(rekeyed > 0, "no account has had two keys");
    assert!(switched > 0, "no account allows transfers");
}

#[test]
fn a_last_record_should_be_read_in_no_other_batch_and_with_no_other_count_chain_or_group() {
    let Market { batches, keys, .. } = market(4);
    let (index, scope) = (AccountIndex::ZERO, batches[0].scope());
    let (known, batch) = last_record(&batches, 0).expect("it was opened");
    let open = |known: LastRecord, batch: &Batch| known.open(batch, index, &scope, &keys[&0]);
    assert!(open(known, &batch).is_ok());
    let other_batch = Err(LastRecordError::OtherBatch(index));
    let batch_no = known.batch_no + 1;
    assert_eq!(open(LastRecord { batch_no, ..known }, &batch), other_batch);
    let leaf = to_bytes(&Fr::one());
    assert_eq!(open(LastRecord { leaf, ..known }, &batch), other_batch);
    let mut without = batch.clone();
    without.units.iter_mut().for_each(|unit| unit.index = AccountIndex(999));
    assert_eq!(open(known, &without), other_batch);
    let other_key = Err(LastRecordError::OtherKey(index));
    for updates in [known.updates - 1, known.updates + 1] {
        assert_eq!(open(LastRecord { updates, ..known }, &batch), other_key);
    }
    let elsewhere = [
        Scope {
            group: scope.group + 1,
            ..scope
        },
        Scope {
            genesis: [9; 32],
            ..scope
        },
    ];
    for scope in elsewhere {
        assert_eq!(known.open(&batch, index, &scope, &keys[&0]), other_key);
    }
    let mut long = batch.clone();
    long.salt = [0xff; 32];
    assert!(matches!(open(known, &long), Err(LastRecordError::Field(_))));
}

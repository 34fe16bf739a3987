//! Accounts rebuilt from batch records alone.

use cloister_client::{
    audit::median,
    history::Settled,
    recovery::{account_tree, recover, RecoveryError},
};
use cloister_crypto::Fr;
use cloister_ledger::{
    testing::{Trader, World},
    Key, RecordError, Shape, Statement,
};

/// A market with its settled batches.
struct Market {
    world: World,
    batches: Vec<Settled>,
}

fn settled(statement: Statement) -> Settled {
    Settled {
        block: Default::default(),
        number: 1,
        bytes: 0,
        shape: 1,
        statement,
        proof: [0; 192],
    }
}

fn market(seed: u64) -> Market {
    let mut world = World::new(seed);
    let mut batches = Vec::new();
    for round in 0..6 {
        let units = if round == 0 {
            (0..Shape::DEV.units).map(|_| world.open(1_000_000_000_000)).collect()
        } else {
            world.random_batch(Shape::DEV).units
        };
        let request = world.request(units);
        let (_, effect) = world.apply(Shape::DEV, &request);
        batches.push(settled(effect.statement));
    }
    Market { world, batches }
}

fn key(trader: &Trader) -> Key {
    Key::from(&trader.secret.public())
}

#[test]
fn every_account_should_be_rebuilt_from_the_records_alone() {
    for seed in 0..5 {
        let Market { world, batches } = market(seed);
        let tree = account_tree(&batches).expect("the leaves give the roots");
        assert_eq!(tree.root(), world.state.root());
        for trader in &world.traders {
            let rebuilt = recover(&batches, trader.index, key(trader), trader.view_key).expect("rebuilt");
            let known = world.state.account(trader.index).expect("the account exists");
            assert_eq!((&rebuilt.account, &rebuilt.orders), (&known.account, &known.orders));
            assert_eq!(rebuilt.account.leaf(), tree.leaf(trader.index));
        }
    }
}

#[test]
fn an_account_should_not_be_rebuilt_with_a_wrong_key() {
    let Market { world, batches } = market(1);
    let (trader, other) = (&world.traders[0], &world.traders[1]);
    let garbage = RecoveryError::Record {
        batch_no: 0,
        source: RecordError::Garbage,
    };
    assert_eq!(
        recover(&batches, trader.index, key(trader), other.view_key),
        Err(garbage)
    );
    assert_eq!(
        recover(&batches, trader.index, key(other), trader.view_key),
        Err(RecoveryError::OtherKey)
    );
}

#[test]
fn an_account_should_not_be_rebuilt_when_records_are_missing() {
    let Market { world, batches } = market(2);
    let trader = &world.traders[0];
    let touched = |batch: &&Settled| batch.statement.units.iter().any(|unit| unit.index == trader.index);
    assert_eq!(
        recover(&batches, 999, key(trader), trader.view_key),
        Err(RecoveryError::Untouched(999))
    );
    let second = batches
        .iter()
        .filter(touched)
        .nth(1)
        .expect("touched twice")
        .statement
        .batch_no;
    let late = recover(&batches[1..], trader.index, key(trader), trader.view_key);
    assert_eq!(late, Err(RecoveryError::NotOpened(second)));
}

#[test]
fn changed_records_should_be_noticed() {
    let Market { world, mut batches } = market(3);
    let unit = &mut batches[0].statement.units[0];
    unit.new_leaf += Fr::one();
    let index = unit.index;
    assert_eq!(account_tree(&batches), Err(RecoveryError::Root(0)));
    let trader = &world.traders[index as usize];
    assert_eq!(
        recover(&batches, index, key(trader), trader.view_key),
        Err(RecoveryError::Leaf(0))
    );
    let unit = &mut batches[0].statement.units[0];
    unit.new_leaf -= Fr::one();
    // The root of the order tree, which the empty places of an open do not give.
    unit.ciphertext[1] += Fr::one();
    assert_eq!(
        recover(&batches, index, key(trader), trader.view_key),
        Err(RecoveryError::Orders(0))
    );
}

#[test]
fn the_median_should_be_the_middle_or_the_mean_of_the_middle_two() {
    assert_eq!(median(&[]), None);
    assert_eq!(median(&[3.0]), Some(3.0));
    assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
    assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
}

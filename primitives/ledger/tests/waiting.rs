//! Whatever waits in the queue has exactly one provable outcome in every state that batches can reach.

use cloister_ledger::{state::BatchRequest, RecordKind, Shape, UnitRequest};
use cloister_ledger_testing::{Random, World};
use cloister_types::{AccountIndex, Amount, Money, Position};

const SHAPE: Shape = Shape { units: 4, places: 1 };

/// A batch of one unit, filled up with padding of another account: the unit may close its own.
fn alone(world: &mut World, unit: UnitRequest) -> BatchRequest {
    let mut others = world.state.accounts().map(|(index, _)| index);
    let index = others
        .find(|index| *index != unit.index())
        .expect("not the last account");
    drop(others);
    let padding = UnitRequest::Padding {
        index,
        deposit: Amount::ZERO,
    };
    let mut units = vec![unit];
    units.resize(SHAPE.units.into(), padding);
    world.request(units)
}

/// Takes a request beside a deposit, in a copy of the world, and returns the records and what the account was before
/// and after.
#[allow(clippy::type_complexity)]
fn taken(
    world: &World,
    unit: impl FnOnce(&mut World) -> UnitRequest,
) -> (RecordKind, Amount, Money, Option<Money>, bool) {
    let mut world = world.clone();
    let unit = unit(&mut world);
    let index = unit.index();
    let cash = |world: &World| world.state.account(index).map(|state| state.account.cash);
    let before = cash(&world).expect("open");
    let request = alone(&mut world, unit);
    // The native transition checks its own witness.
    let (_, effect) = world.apply(SHAPE, &request);
    let record = &effect.statement.units[0];
    (record.kind, record.withdrawal, before, cash(&world), record.closes())
}

#[test]
fn every_waiting_kind_should_be_provable_in_every_state() {
    let mut random = Random::new(77);
    // Forced withdrawals that were paid in full, in part and not at all; closes with and without effect; short and
    // insolvent accounts.
    let mut seen = [0usize; 7];
    for seed in 0..14 {
        let mut world = World::with_traders(seed, 4, SHAPE);
        for _ in 0..25 {
            let request = world.random_batch(SHAPE);
            world.apply(SHAPE, &request);
            let accounts: Vec<usize> = world.state.accounts().map(|(index, _)| index.get() as usize).collect();
            let any = accounts[random.below(accounts.len() as u64) as usize];
            // Insolvent accounts are rare and soon gone.
            let mut insolvent = accounts.iter().filter(|a| world.assess(**a).equity < Money::ZERO);
            let trader = insolvent.next().copied().unwrap_or(any);
            let index = AccountIndex(trader as u32);
            let deposit = Amount(random.below(2) * random.below(1_000_000));
            let assessed = world.assess(trader);
            let (positions, held) = world
                .state
                .account(index)
                .map(|state| (state.account.positions, state.account.cash))
                .expect("open");
            let short = assessed
                .forced_deficits(&world.table)
                .expect("in range")
                .iter()
                .any(|deficit| deficit.get() > 0);
            seen[5] += usize::from(short);
            seen[6] += usize::from(assessed.equity < Money::ZERO);

            let requested = [1, 1 + random.below(2_000_000_000), u64::MAX][random.below(3) as usize];
            let (kind, paid, before, after, _) = taken(&world, |_| UnitRequest::Forced {
                index,
                deposit,
                requested: Amount(requested),
            });
            assert_eq!(
                kind,
                RecordKind::Forced {
                    requested: Amount(requested)
                }
            );
            assert!(paid.get() <= requested);
            let expected = before.get() + i128::from(deposit.get()) - i128::from(paid.get());
            assert_eq!(after, Some(Money(expected)));
            seen[if paid.get() == requested {
                0
            } else if paid.is_zero() {
                2
            } else {
                1
            }] += 1;

            let (kind, paid, before, after, _) = taken(&world, |world| match world.rekey(trader) {
                UnitRequest::Rekey {
                    key,
                    preimage,
                    view_key,
                    ..
                } => UnitRequest::Rekey {
                    index,
                    key,
                    preimage,
                    view_key,
                    deposit,
                },
                other => other,
            });
            assert!(matches!(kind, RecordKind::Rekey(_)));
            assert_eq!(paid, Amount::ZERO);
            assert_eq!(after, before.checked_add(deposit.into()));

            let on = random.once_in(2);
            let (kind, ..) = taken(&world, |world| world.switch(trader, on));
            assert!(matches!(kind, RecordKind::Switch { switches } if switches.transfers == on));

            let empty = held == Money::ZERO && positions.iter().all(|q| *q == Position::ZERO);
            let (kind, paid, before, after, closes) = taken(&world, |world| world.close(trader));
            assert_eq!((kind, paid, closes), (RecordKind::Close, Amount::ZERO, empty));
            assert_eq!(after, (!empty).then_some(before));
            seen[3 + usize::from(empty)] += 1;

            // The account withdraws all that it may now and then, so that some are empty.
            if random.once_in(4) {
                let unit = world.force(trader, u64::MAX);
                let request = alone(&mut world, unit);
                world.apply(SHAPE, &request);
            }
        }
    }
    assert!(seen.iter().all(|n| *n >= 3), "{seen:?}");
}

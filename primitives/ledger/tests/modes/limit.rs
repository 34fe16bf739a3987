//! B-LIMIT.

use cloister_ledger::{account::Account, Fill, FillError, FillRule, Side};
use cloister_ledger_testing::World;
use cloister_types::{Lots, Position, Total};

/// What an order may make of a position, of `lots` lots.
fn allowed(before: i64, after: i64, limit: u64) -> bool {
    let only_reduces = after.abs() < before.abs() && before.signum() * after.signum() >= 0;
    after.unsigned_abs() <= limit || only_reduces
}

#[test]
fn a_position_ends_within_its_limit_or_is_only_reduced() {
    let mut world = World::with_traders(1, 2, super::SHAPE);
    let mark = world.table.rows[0].mark.get() as u64;
    let order = world.order(0, 0, Side::Buy, mark, 1_000);
    let (mut refused, mut turned) = (0, 0);
    for limit in [0, 1, 5, 10] {
        world.table.rows[0].limit = Lots(limit);
        for (before, lots) in (-16..=16).flat_map(|q| (1..=32).map(move |lots| (q, lots))) {
            for side in [Side::Buy, Side::Sell] {
                let mut order = order.clone();
                order.side = side;
                let fill = Fill {
                    row: 0,
                    quantity: Lots(lots),
                    cost: Total(u128::from(mark * lots)),
                    ..Fill::default()
                };
                let mut account = Account::fresh(Default::default(), Default::default());
                account.positions[0] = Position(before);
                let after = before + side.sign() * lots as i64;
                let found = fill
                    .apply(FillRule::Order(&order), &world.table, &mut account)
                    .map(|_| ());
                if allowed(before, after, limit) {
                    assert_eq!((found, account.positions[0]), (Ok(()), Position(after)));
                    turned += usize::from(before * after < 0);
                } else {
                    assert_eq!(
                        found,
                        Err(FillError::PositionLimit),
                        "{before} to {after}, limit {limit}"
                    );
                    refused += usize::from(before * after < 0 && after.abs() <= before.abs());
                }
            }
        }
    }
    assert!(
        refused > 50 && turned > 50,
        "{refused} refused that turn and do not grow, {turned} turned"
    );
}

#[test]
fn an_account_above_the_limit_should_not_flip_to_the_other_side() {
    assert!(!allowed(150, -140, 100));
    assert!(allowed(150, -100, 100) && allowed(150, 149, 100) && !allowed(150, 151, 100));
}

//! Days by chance.

use super::*;
use proptest::prelude::*;

/// By how much the mark moves, in thousandths; orders of the rich accounts, with steps of a fifth of a percent off the
/// mark; and whether the chain stops taking the table (0).
type Day = (i64, Vec<(u32, bool, u64, i64)>, u8);

fn day() -> impl Strategy<Value = Day> {
    let order = (5u32..7, any::<bool>(), 1u64..9, -12i64..12);
    (880i64..1_130, prop::collection::vec(order, 0..6), 0u8..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever happens, everything that is decided can be proven, nothing is lost, and with a rich house nobody stays
    /// short.
    #[test]
    fn everything_decided_should_be_provable(
        deposits in prop::collection::vec(100u64..600, 5),
        positions in prop::collection::vec(-14i64..14, 5),
        days in prop::collection::vec(day(), 1..7),
        insurance in prop_oneof![Just(0), Just(300 * ONE), Just(RICH)],
    ) {
        let mut all: Vec<u64> = deposits.iter().map(|deposit| deposit * ONE).collect();
        all.extend([RICH, RICH]);
        let mut world = World::new(&all, insurance);
        for (account, lots) in (0u32..).zip(&positions) {
            let (side, size) = (if *lots > 0 { Side::Buy } else { Side::Sell }, lots.unsigned_abs());
            if *lots != 0 && world.order(5, side.opposite(), size, MARK) && !world.order(account, side, size, MARK) {
                // Too much for it: the maker takes its order back by another one.
                world.order(6, side, size, MARK);
            }
        }
        world.settle();
        let mut mark = MARK;
        for (moved, orders, how) in days {
            mark = mark * moved as u64 / 1_000;
            world.mark(mark);
            for (account, buys, lots, steps) in orders {
                let side = if buys { Side::Buy } else { Side::Sell };
                world.order(account, side, lots, (mark as i64 + steps * mark as i64 / 500) as u64);
            }
            for _ in 0..6 {
                world.look();
            }
            if how == 0 {
                // The chain does not take the table any more; the next one is a little off.
                world.settle();
                world.mark(mark * 97 / 100);
                world.look();
                let table = at(world.version + 1, mark * 98 / 100);
                world.version += 1;
                let held = world.batcher.rebase(NOW, table.clone(), Vec::new(), &mut world.secrets).unwrap();
                world.closed.clear();
                world.engine.set_table(table).unwrap();
                world.engine.rebase(&held).unwrap();
                world.batcher.take_voided();
                for _ in 0..6 {
                    world.look();
                }
                mark = mark * 98 / 100;
            }
            world.audit();
            prop_assert_eq!(world.live.index.due().iter().copied().collect::<Vec<u32>>(), world.due());
            if insurance == RICH {
                prop_assert_eq!(world.due(), Vec::<u32>::new());
            }
            // Nobody who owes money keeps lots.
            for account in 0..7 {
                prop_assert!(world.equity(account) >= 0 || world.lots(account) == 0);
            }
            world.settle();
        }
    }
}

//! What goes into the insurance and out of it.

use crate::{common::*, RICH};
use cloister_batcher::{BatchSecrets, ClosedBatch, QueueItem};
use cloister_types::{Amount, ItemId};

fn pay(item: u64, amount: u64) -> QueueItem {
    QueueItem::PayInsurance {
        item: ItemId(item),
        amount: Amount(amount),
    }
}

fn asking(item: u64, asked: u64, keep: u64) -> QueueItem {
    QueueItem::TakeInsurance {
        item: ItemId(item),
        asked: Amount(asked),
        keep: Amount(keep),
    }
}

/// What is paid in and out of the insurance, with the items that the batch takes.
fn doors(batch: &ClosedBatch) -> (u64, u64, Vec<u64>) {
    let statement = &batch.effect.statement;
    let items = batch.items.iter().map(|item| item.get()).collect();
    (statement.doors.paid_in.get(), statement.insurance_out.get(), items)
}

#[test]
fn insurance_goes_in_and_out_with_the_next_batch_and_needs_no_unit() {
    let mut world = World::new(3, RICH);
    // There is nothing else to prove; padding carries it.
    world.next_table(vec![pay(9, 1_000), asking(10, 300, 200), pay(11, 5)]);
    assert_eq!((world.batcher.waiting(), world.batcher.open_units()), (0, 0));
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_005, 300, vec![9, 10, 11]));
    assert_eq!((world.closed[0].used, world.closed.len()), (0, 1));
    // And nothing again.
    world.flush();
    assert_eq!(world.closed.len(), 1);
    assert_eq!(world.batcher.head().house().insurance.get(), 705);
    // Beside trades it takes none of their units.
    let result = world.batcher.set_table(
        NOW,
        table(3),
        vec![pay(12, 7), asking(13, 900, 700)],
        &mut world.secrets,
    );
    result.expect("the batcher takes a newer table");
    world.submit(sell(0, 1, 50, MARK)).unwrap();
    world.submit(buy(1, 1, 1, MARK)).unwrap();
    world.flush();
    assert_eq!(doors(&world.closed[1]), (7, 12, vec![12, 13]));
    assert_eq!(world.closed[1].used, 2);
}

#[test]
fn insurance_waits_until_there_is_an_account_to_pad_with() {
    let mut world = World::new(0, 0);
    world.next_table(vec![pay(1, 1_000)]);
    world.flush();
    assert!(world.closed.is_empty());
    let ready = vec![open_item(2, 0, RICH)];
    let result = world.batcher.set_table(NOW, table(3), ready, &mut world.secrets);
    result.expect("the batcher takes a newer table");
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_000, 0, vec![2, 1]));
}

#[test]
fn insurance_is_taken_again_after_a_rebase_and_no_sooner() {
    let mut world = World::new(3, RICH);
    world.next_table(vec![pay(9, 1_000), asking(10, 300, 0)]);
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_000, 300, vec![9, 10]));
    let ready = vec![pay(11, 50)];
    world.batcher.rebase(NOW, table(3), ready, &mut world.secrets).unwrap();
    world.closed.clear();
    world.flush();
    assert_eq!(doors(&world.closed[0]), (1_050, 300, vec![9, 10, 11]));
    assert_eq!(world.closed.len(), 1);
    // The batch can be refreshed: the amount is that of its table.
    let secrets = BatchSecrets {
        salt: cloister_crypto::Fr::from(77),
        padding: 0,
    };
    let later = world.closed[0].refresh(world.closed[0].time() + 1, &secrets).unwrap();
    assert_eq!(doors(&later), doors(&world.closed[0]));
}

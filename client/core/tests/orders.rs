//! Orders as they are signed.

use cloister_client_core::{
    keys::TraderKeys,
    trader::{OrderTerms, Trader},
};
use cloister_ledger::{instruction::flags, Side, Trigger};
use cloister_types::Price;

#[test]
fn what_an_order_waits_for_should_be_signed() {
    let trader = Trader {
        keys: TraderKeys::from_seed(&[7; 32], None).expect("keys"),
        genesis: [5; 32],
        group: 1,
        index: 2,
    };
    let terms = OrderTerms {
        instrument_id: 3,
        side: Side::Sell,
        limit: 90,
        quantity: 4,
        flags: flags::REDUCE_ONLY,
        trigger: None,
        expiry: 1_000,
        max_fee: 5,
    };
    let verifies = |signed: &cloister_ledger::SignedInstruction| {
        let message = signed.instruction.message(&trader.genesis);
        trader.keys.trading.public().verify(message, &signed.signature).is_ok()
    };
    for trigger in [
        None,
        Some(Trigger::AtOrAbove(Price(u64::MAX))),
        Some(Trigger::AtOrBelow(Price(0))),
    ] {
        // A direction among the flags means nothing.
        let signed = trader.order(
            1,
            &OrderTerms {
                trigger,
                flags: terms.flags | flags::DIRECTIONS,
                ..terms
            },
        );
        assert_eq!(signed.instruction.waits_for(), Ok(trigger));
        assert!(signed.instruction.has(flags::REDUCE_ONLY) && verifies(&signed));
        let mut other = signed.clone();
        other.instruction.trigger.0 ^= 1;
        assert!(!verifies(&other));
    }
}

//! Controls: every field is signed, widths are kept, and no control is an instruction.

use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_ledger::{Control, ControlAction, ControlField, Instruction, OrdersIn, ProtectionTerms, Side};
use cloister_types::{AccountIndex, GroupId, InstrumentId, Lots};
use codec::{Decode, Encode};
use proptest::prelude::*;

const GENESIS: [u8; 32] = [7; 32];

fn orders() -> impl Strategy<Value = OrdersIn> {
    (
        proptest::option::of(any::<u32>().prop_map(InstrumentId)),
        proptest::option::of(prop_oneof![Just(Side::Buy), Just(Side::Sell)]),
        any::<bool>(),
    )
        .prop_map(|(instrument, side, waiting)| OrdersIn {
            instrument,
            side,
            waiting,
        })
}

fn action() -> impl Strategy<Value = ControlAction> {
    let time = 0u64..1 << 48;
    let lots = (0u64..1 << 40).prop_map(Lots);
    let terms =
        (lots.clone(), lots, time.clone(), time.clone()).prop_map(|(max_lots, max_delta, window, cool_down)| {
            ProtectionTerms {
                max_lots,
                max_delta,
                window,
                cool_down,
            }
        });
    prop_oneof![
        orders().prop_map(ControlAction::CancelOrders),
        (time, orders()).prop_map(|(after, orders)| ControlAction::DeadMan { after, orders }),
        (any::<u32>(), terms).prop_map(|(instrument, terms)| ControlAction::Protect {
            instrument: InstrumentId(instrument),
            terms
        }),
        any::<u32>().prop_map(|instrument| ControlAction::ResetProtection {
            instrument: InstrumentId(instrument)
        }),
    ]
}

fn control() -> impl Strategy<Value = Control> {
    (any::<u32>(), 0u32..1 << 24, any::<u64>(), 0u64..1 << 48, action()).prop_map(
        |(group, index, number, expiry, action)| Control {
            group: GroupId(group),
            index: AccountIndex(index),
            number,
            expiry,
            action,
        },
    )
}

proptest! {
    #[test]
    fn different_controls_have_different_messages(one in control(), other in control()) {
        prop_assert_eq!(one.too_wide(), None);
        prop_assert_eq!(one == other, one.words() == other.words());
        prop_assert_eq!(one == other, one.message(&GENESIS) == other.message(&GENESIS));
    }

    #[test]
    fn the_encoding_is_read_back(one in control()) {
        prop_assert_eq!(Control::decode(&mut &one.encode()[..]), Ok(one));
    }
}

fn cancel(number: u64) -> Control {
    Control {
        group: GroupId(1),
        index: AccountIndex(2),
        number,
        expiry: 3,
        action: ControlAction::CancelOrders(OrdersIn::ALL),
    }
}

#[test]
fn a_control_should_be_bound_to_its_chain_and_never_be_an_instruction() {
    let control = cancel(1);
    assert_ne!(control.message(&GENESIS), control.message(&[8; 32]));
    // The same packed words under the domain of instructions would be another message.
    let key = SecretKey::from_seed(&[1; 32]);
    let signed = control.clone().sign(&GENESIS, &key);
    assert!(key
        .public()
        .verify(control.message(&GENESIS), &signed.signature)
        .is_ok());
    let instruction = Instruction::default().message(&GENESIS);
    assert!(key.public().verify(instruction, &signed.signature).is_err());
    let (a, b) = control.words();
    let (lo, hi) = cloister_crypto::field::limbs(&GENESIS);
    let elsewhere =
        cloister_crypto::poseidon2::sponge(cloister_crypto::constants::domain::INSTRUCTION, &[lo, hi, a, b]);
    assert!(key.public().verify(elsewhere, &signed.signature).is_err());
}

#[test]
fn fields_should_be_packed_where_the_specification_says() {
    let (a, b) = Control {
        group: GroupId(5),
        index: AccountIndex(6),
        number: 7,
        expiry: 8,
        action: ControlAction::Protect {
            instrument: InstrumentId(9),
            terms: ProtectionTerms {
                max_lots: Lots(10),
                max_delta: Lots(11),
                window: 12,
                cool_down: 13,
            },
        },
    }
    .words();
    let at = |value: u64, bit: usize| (0..bit).fold(Fr::from(value), |x, _| x.double());
    let sum = |parts: &[(u64, usize)]| parts.iter().fold(Fr::zero(), |x, (value, bit)| x + at(*value, *bit));
    assert_eq!(
        a,
        sum(&[(2, 0), (5, 3), (6, 35), (7, 59), (8, 123), (1, 171), (9, 179)])
    );
    assert_eq!(b, sum(&[(12, 0), (13, 48), (10, 96), (11, 136)]));
    let (a, _) = Control {
        action: ControlAction::CancelOrders(OrdersIn {
            side: Some(Side::Sell),
            ..OrdersIn::ALL
        }),
        ..cancel(1)
    }
    .words();
    assert_eq!(a, sum(&[(1, 3), (2, 35), (1, 59), (3, 123), (2 | 4 | 8, 171)]));
}

#[test]
fn fields_that_are_too_wide_should_be_named() {
    let with = |action| Control { action, ..cancel(1) };
    let protect = |max_lots, window| {
        with(ControlAction::Protect {
            instrument: InstrumentId(1),
            terms: ProtectionTerms {
                max_lots: Lots(max_lots),
                window,
                ..ProtectionTerms::default()
            },
        })
    };
    let dead = |after| {
        with(ControlAction::DeadMan {
            after,
            orders: OrdersIn::ALL,
        })
    };
    let index = Control {
        index: AccountIndex(1 << 24),
        ..cancel(1)
    };
    let expiry = Control {
        expiry: 1 << 48,
        ..cancel(1)
    };
    for (control, field) in [
        (index, ControlField::Index),
        (expiry, ControlField::Expiry),
        (dead(1 << 48), ControlField::Duration),
        (protect(1, 1 << 48), ControlField::Duration),
        (protect(1 << 40, 1), ControlField::Lots),
    ] {
        assert_eq!(control.too_wide(), Some(field));
    }
}

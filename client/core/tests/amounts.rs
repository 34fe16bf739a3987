//! Exact decimals.

use cloister_client_core::amount::{money, show_money, AmountError, Decimal, Lot};

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// A thousandth of the underlying.
const MILLI: Lot = Lot(1_000_000);

#[test]
fn money_should_be_read_in_millionths() {
    assert_eq!(money("1000.50"), Ok(1_000_500_000));
    assert_eq!(money("0.000001"), Ok(1));
    assert_eq!(money(".5"), Ok(500_000));
}

#[test]
fn money_should_be_refused_when_it_is_finer_than_a_millionth() {
    let value = decimal("0.0000001");
    assert_eq!(money("0.0000001"), Err(AmountError::TooFine { value, decimals: 6 }));
}

#[test]
fn numbers_should_be_refused_when_they_are_not_plain_decimals() {
    for text in ["", ".", "-1", "+1", "1e3", "1,000", "1.2.3", "0x10", "١"] {
        assert_eq!(text.parse::<Decimal>(), Err(AmountError::Syntax(text.into())), "{text}");
    }
    let long = "9".repeat(40);
    assert_eq!(long.parse::<Decimal>(), Err(AmountError::TooLong(long)));
    assert_eq!(
        money("18446744073710"),
        Err(AmountError::TooLarge {
            value: decimal("18446744073710"),
            what: "amount",
            largest: decimal("18446744073709.551615")
        })
    );
    assert_eq!(money("18446744073709.551615"), Ok(u64::MAX));
}

#[test]
fn decimals_should_print_as_they_were_written_without_trailing_zeros() {
    for (text, shown) in [
        ("61800.30", "61800.3"),
        ("0.050", "0.05"),
        ("7", "7"),
        ("100", "100"),
        ("000.10", "0.1"),
    ] {
        assert_eq!(decimal(text).to_string(), shown);
    }
}

#[test]
fn decimals_should_compare_across_scales() {
    assert!(decimal("61800.3") > decimal("61800.29"));
    assert!(decimal("2") > decimal("1.999999999"));
    assert_eq!(decimal("1.50"), decimal("1.5"));
}

#[test]
fn money_should_print_with_its_sign_and_at_least_two_decimals() {
    assert_eq!(show_money(1_000_500_000), "1000.50");
    assert_eq!(show_money(-2_000_000), "-2.00");
    assert_eq!(show_money(1), "0.000001");
}

#[test]
fn a_tape_price_should_become_an_exact_price_per_lot() {
    assert_eq!(MILLI.price(&decimal("61800.30")), Ok(61_800_300));
    assert_eq!(MILLI.lots(&decimal("0.199")), Ok(199));
    assert_eq!(MILLI.unit_price(61_800_300), decimal("61800.3"));
    assert_eq!(MILLI.quantity(199), decimal("0.199"));
}

#[test]
fn a_quantity_should_be_refused_when_it_is_not_a_whole_number_of_lots() {
    let quantity = decimal("0.0005");
    assert_eq!(
        MILLI.lots(&quantity),
        Err(AmountError::NotWholeLots {
            quantity,
            lot: decimal("0.001")
        })
    );
}

#[test]
fn a_price_should_be_refused_when_a_lot_of_it_is_finer_than_a_millionth() {
    let price = decimal("0.0001");
    let error = MILLI.price(&price).expect_err("too fine");
    let (step, lot) = (decimal("0.001"), decimal("0.001"));
    assert_eq!(error, AmountError::PriceTooFine { price, step, lot });
    assert_eq!(
        error.to_string(),
        "a price of 0.0001 is too fine: prices are whole multiples of 0.001, because a lot is 0.001 and the settlement \
         asset has 6 decimals"
    );
}

#[test]
fn every_multiple_of_the_step_should_be_a_price_and_nothing_between() {
    for lot in [
        1,
        3,
        40,
        1_000,
        1_000_000,
        2_500_000,
        7_000_000,
        1_000_000_000,
        5_000_000_000,
    ] {
        let lot = Lot(lot);
        let step = lot.price_step();
        for count in 1..40u128 {
            let multiple = Decimal::new(step.digits() * count, step.scale());
            assert!(lot.price(&multiple).is_ok(), "{multiple} of {lot:?}");
            let between = Decimal::new(step.digits() * 10 * count + step.digits(), step.scale() + 1);
            assert!(
                matches!(lot.price(&between), Err(AmountError::PriceTooFine { .. })),
                "{between} of {lot:?}"
            );
        }
    }
}

#[test]
fn numbers_that_do_not_fit_should_be_refused_with_the_largest_that_does_in_the_unit_that_was_typed() {
    let quantity = decimal("99999999999999999");
    assert_eq!(
        MILLI.lots(&quantity),
        Err(AmountError::TooLarge {
            value: quantity,
            what: "quantity",
            largest: decimal("18446744073709551.615")
        })
    );
    assert_eq!(MILLI.lots(&decimal("18446744073709551.615")), Ok(u64::MAX));
    let price = decimal("99999999999999999");
    assert_eq!(
        MILLI.price(&price),
        Err(AmountError::TooLarge {
            value: price,
            what: "price",
            largest: decimal("18446744073709551.615")
        })
    );
}

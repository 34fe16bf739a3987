//! Units of a statement, opened with nothing but its elements and the keys of their accounts (C-OVERFILL).

use cloister_crypto::Fr;
use cloister_ledger::{
    statement::{statement_hash, statement_salt, STATEMENT_HEAD},
    Opening, SealedUnit, Shape,
};
use cloister_ledger_testing::{World, SCOPE};

#[test]
fn the_last_unit_of_every_account_should_open_to_its_leaf() {
    for shape in [Shape::DEV, Shape::DEV_MAKER] {
        let mut world = World::with_traders(3, 4, shape);
        for _ in 0..6 {
            let request = world.random_batch(shape);
            let (_, effect) = world.apply(shape, &request);
            let statement = effect.statement;
            let elements = statement.elements();
            assert_eq!(statement_hash(&elements), statement.hash());
            assert_eq!(statement_salt(&elements), Some(statement.salt));
            let salt = SCOPE.salt(statement.salt);
            let count = usize::from(shape.units);
            for (n, record) in statement.units.iter().enumerate() {
                let unit = SealedUnit::of_statement(&elements, count, n).expect("a unit");
                assert_eq!(unit.index(), record.index);
                let later = statement.units.iter().skip(n + 1);
                let is_last = later.clone().all(|other| other.index != record.index);
                let Some(state) = world.state.account(record.index).filter(|_| is_last) else {
                    continue;
                };
                let opening = Opening {
                    key: state.account.key,
                    view_key: state.account.view_key,
                    nonce: state.account.nonce,
                    switches: state.account.switches,
                };
                let plain = unit.open(&opening, salt).expect("it opens");
                assert_eq!(plain.account(&opening), state.account);
                assert_eq!(Ok(plain), record.decrypt(opening.view_key, opening.nonce, salt));
                let wrong = Opening {
                    nonce: opening.nonce + 1,
                    ..opening
                };
                assert_eq!(unit.open(&wrong, salt), None);
            }
            assert_eq!(SealedUnit::of_statement(&elements, count, count), None);
        }
    }
}

#[test]
fn elements_of_no_statement_should_give_no_unit() {
    let of = |length: usize, units, unit| SealedUnit::of_statement(&vec![Fr::zero(); length], units, unit);
    let ends = STATEMENT_HEAD + 14;
    for (length, units) in [
        (0, 1),
        (ends - 1, 1),
        (ends, 1),
        (ends, 0),
        (ends + 12, 1),
        (ends + 27, 2),
    ] {
        assert_eq!(of(length, units, 0), None, "{length} elements of {units}");
    }
    assert_eq!(of(ends + 13, 1, 1), None);
    assert_eq!(of(ends + 26, 2, usize::MAX), None);
    assert_eq!(of(ends + 26, usize::MAX, 0), None);
    assert!(of(ends + 26, 2, 1).is_some());
}

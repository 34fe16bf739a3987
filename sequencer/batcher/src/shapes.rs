//! Which of several shapes a batch gets (Q-BATCH).

use cloister_ledger::Shape;
use std::cmp::Reverse;

/// What a unit costs apart from its places, in what a place costs: constraints of the circuit, roughly.
const UNIT_COST: u32 = 2;

/// What a batch of a shape costs to prove, apart from what every batch costs: in constraints of one place.
pub(crate) fn cost(shape: &Shape) -> u32 {
    u32::from(shape.units).saturating_mul(u32::from(shape.places).saturating_add(UNIT_COST))
}

/// The cheapest of some shapes. Of two that cost the same it is the one with more units, which hides more.
pub(crate) fn cheapest(shapes: impl IntoIterator<Item = Shape>) -> Option<Shape> {
    let key = |shape: &Shape| (cost(shape), Reverse(shape.units), Reverse(shape.places));
    shapes.into_iter().min_by_key(key)
}

/// The largest number of units of those that have so many places.
pub(crate) fn most_units(shapes: &[Shape], places: usize) -> Option<u16> {
    let wide = shapes.iter().filter(|shape| usize::from(shape.places) >= places);
    wide.map(|shape| shape.units).max()
}

/// The shapes that a batch may get which begins with a unit of so many places: overdue items of the queue claim a part
/// of its units (C-QUEUE), and the larger the shape, the more. So it gets none with more units than the largest one
/// that has the places, or else what they claim of a large shape could leave no room in the one that the unit needs.
pub(crate) fn beginning_with(shapes: &[Shape], places: usize) -> Vec<Shape> {
    let most = most_units(shapes, places).unwrap_or(u16::MAX);
    shapes.iter().copied().filter(|shape| shape.units <= most).collect()
}

/// Whether batches can be made in these shapes: two units at least, so that both sides of a fill fit, and a place.
pub(crate) fn are_good(shapes: &[Shape]) -> bool {
    !shapes.is_empty() && shapes.iter().all(|shape| shape.units >= 2 && shape.places > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_shapes_should_cost_in_the_order_of_their_constraints() {
        let by_constraints = [
            Shape::DEV_MAKER,
            Shape::DEV,
            Shape::STANDARD,
            Shape::MAKER,
            Shape::LARGE,
        ];
        let costs = by_constraints.map(|shape| cost(&shape));
        assert!(costs.is_sorted_by(|a, b| a < b), "{costs:?}");
    }

    #[test]
    fn of_two_that_cost_the_same_the_one_with_more_units_should_be_chosen() {
        let (many, wide) = (Shape { units: 8, places: 1 }, Shape { units: 4, places: 4 });
        assert_eq!(cost(&many), cost(&wide));
        assert_eq!(cheapest([wide, many]), Some(many));
        assert_eq!(cheapest([]), None);
    }

    #[test]
    fn a_batch_that_begins_with_several_places_should_not_get_more_units_than_shapes_with_them_have() {
        let shapes = [Shape::DEV, Shape::DEV_MAKER, Shape::STANDARD, Shape::MAKER];
        assert_eq!(beginning_with(&shapes, 1), shapes);
        assert_eq!(beginning_with(&shapes, 4), [Shape::DEV, Shape::DEV_MAKER, Shape::MAKER]);
        // There is none: the unit is refused for that.
        assert_eq!(beginning_with(&shapes, 9), shapes);
    }
}

//! What goes in and out of the insurance (B-DOORS).

use cloister_circuits::{statements::batch::PUBLIC_INPUT, Fr};
use cloister_ledger::{BatchError, BatchWitness, Doors, HouseRecord, Side, UnitRequest};
use cloister_ledger_testing::World;
use cloister_risk::{Assessment, MarginChoice, MarginError};
use cloister_types::{AccountIndex, Amount, Money, Position};

use crate::support::{
    change_house, holding, market, must_break, set_equity, system, taken_over, traded, Scene, SHORT, SMALL, STEP,
};

/// Money of the house of [`asking`].
const INSURANCE: u64 = 10_000_000_000;

/// What was paid in before.
const PAID_IN: u64 = 1_000;

/// The house is long five lots, and the queue asks for this much of its insurance in a batch of padding.
fn asking(asked: u64, keep: u64) -> Scene {
    let mut world = holding();
    change_house(&mut world, |house| {
        house.positions[0] = Position(5);
        house.insurance = Money(INSURANCE.into());
    });
    // Somebody is short of what the house is long.
    with_doors(world, padding(1), asked, keep)
}

fn padding(index: u32) -> UnitRequest {
    UnitRequest::Padding {
        index: AccountIndex(index),
        deposit: Amount::ZERO,
    }
}

/// A batch of padding and a unit, with what the queue has for the house.
fn with_doors(mut world: World, unit: UnitRequest, asked: u64, keep: u64) -> Scene {
    let mut request = world.request(vec![padding(0), unit]);
    request.doors = Doors {
        paid_in: Amount(PAID_IN),
        asked: Amount(asked),
        keep: Amount(keep),
    };
    Scene::new(world, SMALL, &request)
}

fn equity(scene: &Scene) -> u64 {
    let house = &scene.witness.house;
    let assessment = Assessment::new(&scene.witness.context.table, &house.positions, house.insurance);
    assessment.expect("in range").equity.get() as u64 + PAID_IN
}

/// Padding in which all is consistent but what the prover pays.
fn paying(asked: u64, keep: u64, paid: u64, choice: MarginChoice) -> BatchWitness {
    let mut witness = asking(asked, keep).witness;
    assert!(witness.check(SMALL).is_ok());
    witness.insurance_out = Amount(paid);
    witness.doors_choice = choice;
    witness
}

/// All that can be paid of everything.
fn most(keep: u64) -> (u64, MarginChoice) {
    let witness = asking(u64::MAX, keep).witness;
    assert!(system(SMALL, &witness).is_satisfied());
    (witness.insurance_out.get(), witness.doors_choice)
}

#[test]
fn whatever_is_asked_for_should_have_a_proof() {
    let all = equity(&asking(0, 0));
    let (free, choice) = most(0);
    assert!(free < all && choice != MarginChoice::Tight(16));
    let (above_keep, choice) = most(all - 7);
    assert_eq!((above_keep, choice), (7, MarginChoice::Tight(16)));
    for (asked, keep, paid) in [
        (0, 0, 0),
        (1, 0, 1),
        (free, 0, free),
        (free + 1, 0, free),
        (7, all - 7, 7),
        (8, all - 7, 7),
        (1, all, 0),
        (u64::MAX, u64::MAX, 0),
    ] {
        let witness = asking(asked, keep).witness;
        assert_eq!(witness.insurance_out, Amount(paid));
        assert_eq!(system(SMALL, &witness).which_is_unsatisfied(), None);
    }
}

#[test]
fn more_than_was_asked_for_should_break_b_doors() {
    let name = "B-HOUSE/B-DOORS/not above what is asked/in range";
    must_break(&paying(100, 0, 101, MarginChoice::Tight(0)), name, &["B-DOORS"]);
    must_break(&paying(0, 0, 1, MarginChoice::Tight(0)), name, &["B-DOORS"]);
}

#[test]
fn less_than_must_be_paid_should_break_b_doors() {
    let (free, choice) = most(0);
    let room = "B-HOUSE/B-DOORS/no room for more/in range";
    must_break(&paying(u64::MAX, 0, free - 1, choice), room, &["B-DOORS"]);
    must_break(&paying(u64::MAX, 0, 0, choice), room, &["B-DOORS"]);
    let all = equity(&asking(0, 0));
    let tight = MarginChoice::Tight(16);
    must_break(&paying(u64::MAX, all - 7, 6, tight), room, &["B-DOORS"]);
    // The deficit of a scenario has more room than that of what must stay.
    must_break(
        &paying(u64::MAX, all - 7, 7, MarginChoice::Tight(0)),
        room,
        &["B-DOORS"],
    );
    let unlimited = "B-HOUSE/B-DOORS/all is paid unless limited";
    must_break(&paying(100, 0, 99, MarginChoice::Initial), unlimited, &["B-DOORS"]);
    let place = "B-HOUSE/B-DOORS/deficit/exactly one";
    for choice in [MarginChoice::Tight(17), MarginChoice::NotWorse(0)] {
        let failing = system(SMALL, &paying(100, 0, 100, choice)).all_unsatisfied();
        assert!(failing.contains(&place.into()), "{failing:?}");
        assert!(paying(100, 0, 100, choice).check(SMALL).is_err());
    }
}

#[test]
fn a_payment_that_leaves_the_house_short_should_break_b_house_margin() {
    let (free, choice) = most(0);
    let witness = paying(u64::MAX, 0, free + 1, choice);
    let failing = system(SMALL, &witness).all_unsatisfied();
    assert!(witness.check(SMALL).is_err());
    assert!(
        !failing.is_empty()
            && failing.iter().all(|n| n.starts_with("B-HOUSE/B-HOUSE-MARGIN/deficit ")
                && n.ends_with("/not above the threshold/in range")),
        "{failing:?}"
    );
    // Being no worse than before is for a house that pays nothing. Here it would be none either.
    let mut witness = paying(u64::MAX, 0, free, choice);
    witness.house_margin = MarginChoice::NotWorse(0);
    let failing = system(SMALL, &witness).all_unsatisfied();
    let name = "B-HOUSE/B-HOUSE-MARGIN/B-DOORS/no payment when relaxed";
    assert!(
        witness.check(SMALL).is_err() && failing.contains(&name.into()),
        "{failing:?}"
    );
    // Even a house that gets safer may not pay while it is short: the lots that it buys back leave it so.
    let mut scene = buying_back(500);
    scene.witness.insurance_out = Amount(500);
    scene.witness.doors_choice = MarginChoice::Initial;
    let worst = (0..16u8).find(|s| {
        scene.witness.house_margin = MarginChoice::NotWorse(*s);
        system(SMALL, &scene.witness).all_unsatisfied() == [name]
    });
    assert!(worst.is_some());
    must_break(&scene.witness, name, &["B-DOORS"]);
}

/// A house that is short of initial margin, and of five lots, of which a liquidation sells it some.
fn buying_back(asked: u64) -> Scene {
    let mut world = holding();
    set_equity(&mut world, 1, SHORT);
    change_house(&mut world, |house| house.positions[0] = Position(-5));
    let mark = world.table.rows[0].mark;
    change_house(&mut world, |house| {
        house.insurance = Money(5 * i128::from(mark.get()) + 1_000_000)
    });
    let unit = world.liquidate(1, 0, STEP, mark.get() as u64);
    let scene = with_doors(world, unit, asked, 0);
    assert_eq!(scene.witness.insurance_out, Amount::ZERO);
    scene
}

#[test]
fn a_debt_taken_over_with_what_is_paid_in_should_break_b_house_margin() {
    // A house without lots owes money. It takes over a debt and lots, and what was paid in is more than both ask for:
    // its deficits fall. But it is short afterwards, and what was paid in is no room for new risk.
    let debt = 5_000_000;
    let mut scene = taken_over();
    let table = scene.witness.context.table.clone();
    let lots = scene.unit().entry().expect("not an open").positions;
    let risk = Assessment::new(&table, &lots, Money::ZERO).expect("in range");
    let required = risk.requirement(table.header.initial).expect("in range").get();
    let house = Assessment::new(&table, &scene.witness.house.positions, Money::ZERO).expect("in range");
    assert_eq!(house.exposure, [Money::ZERO; 16]);
    scene.witness.house.insurance = Money(-1_000_000_000 - house.equity.get());
    let with = |scene: &mut Scene, paid_in: i128, scenario| {
        scene.witness.doors.paid_in = Amount(paid_in as u64);
        scene.witness.house_margin = scenario;
    };
    for scenario in 0..16 {
        with(&mut scene, required + debt + 1, MarginChoice::NotWorse(scenario));
        let name = "B-HOUSE/B-HOUSE-MARGIN/deficit 0/not above the threshold/in range";
        must_break(&scene.witness, name, &["B-HOUSE-MARGIN"]);
        let error = BatchError::HouseMargin(MarginError::RiskIncreased);
        assert_eq!(scene.witness.check(SMALL).map(drop), Err(error));
    }
    // With as much as it owed on top, it meets initial margin with all of it.
    with(&mut scene, required + debt + 1 + 1_000_000_000, MarginChoice::Initial);
    assert!(scene.witness.check(SMALL).is_ok());
    assert!(system(SMALL, &scene.witness).is_satisfied());
}

#[test]
fn a_payment_into_what_must_stay_should_break_b_doors() {
    let all = equity(&asking(0, 0));
    let name = "B-HOUSE/B-DOORS/keeps what it must/in range";
    must_break(&paying(8, all - 7, 8, MarginChoice::Initial), name, &["B-DOORS"]);
    must_break(&paying(1, u64::MAX, 1, MarginChoice::Initial), name, &["B-DOORS"]);
}

#[test]
fn a_payment_that_is_denied_should_break_b_doors() {
    let witness = asking(100, 0).witness;
    let mut system = system(SMALL, &witness);
    system.set("B-HOUSE/B-DOORS/pays", Fr::zero()).expect("a wire");
    assert!(system
        .all_unsatisfied()
        .contains(&"B-HOUSE/B-DOORS/paid only with margin".into()));
}

#[test]
fn money_paid_in_that_goes_to_a_trader_should_break_b_house_equity() {
    let mut scene = traded();
    scene.witness.doors.paid_in = Amount(1_000);
    assert!(scene.witness.check(SMALL).is_ok());
    // The last unit buys.
    assert_eq!(scene.place().fill.side, Side::Buy);
    scene.place().fill.cost.0 -= 1;
    must_break(
        &scene.witness,
        "B-HOUSE/B-HOUSE-EQUITY/falls by takeovers only/in range",
        &["B-HOUSE-EQUITY"],
    );
}

#[test]
fn other_numbers_than_the_queue_has_should_break_b_statement() {
    // The chain puts in what waits in its queue; a prover that counts it twice, not at all, or keeps less states
    // another batch.
    let honest = asking(100, 5);
    let effect = honest.witness.check(SMALL).expect("a good batch");
    let changes: [fn(&mut BatchWitness); 5] = [
        |w| w.doors.paid_in = Amount(2_000),
        |w| w.doors.paid_in = Amount::ZERO,
        |w| w.doors.keep = Amount::ZERO,
        |w| {
            w.doors.asked = Amount(99);
            w.insurance_out = Amount(99);
        },
        |w| {
            w.doors.asked = Amount(101);
            w.insurance_out = Amount(101);
        },
    ];
    for change in changes {
        let mut witness = honest.witness.clone();
        change(&mut witness);
        let cheat = witness.check(SMALL).expect("a good batch of another queue");
        // All that the prover may say itself is that of the other batch.
        let mut stated = effect.statement.clone();
        stated.new_house = cheat.house.commitment();
        stated.house = HouseRecord::encrypt(&cheat.house, stated.stream_salt());
        let mut system = system(SMALL, &witness);
        assert!(system.is_satisfied());
        system.set_input(0, stated.hash());
        assert_eq!(system.all_unsatisfied(), [PUBLIC_INPUT]);
        // Nor is it the batch that pays another amount than it shows.
        stated.insurance_out = Amount(stated.insurance_out.get() + 1);
        system.set_input(0, stated.hash());
        assert_eq!(system.all_unsatisfied(), [PUBLIC_INPUT]);
    }
}

#[test]
fn an_idle_market_should_pay_nothing_in_or_out() {
    let scene = traded();
    assert_eq!(scene.witness.doors, Doors::default());
    assert!(market().state.house().insurance > Money::ZERO);
    let witness = BatchWitness {
        insurance_out: Amount(1),
        doors_choice: MarginChoice::Initial,
        ..scene.witness
    };
    must_break(
        &witness,
        "B-HOUSE/B-DOORS/not above what is asked/in range",
        &["B-DOORS"],
    );
}

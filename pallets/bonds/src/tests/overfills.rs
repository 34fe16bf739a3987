//! Fills above what the receipt of a cancel states (C-OVERFILL), in records of batches that were made by the rules.

use super::*;
use crate::{CancelReport, ShownOpening, MAX_ELEMENTS, MAX_INSTRUCTION};
use cloister_crypto::{constants::FILLED_MAX, field::to_bytes};
use cloister_ledger::{
    state::UnitRequest, Fill, Instruction, InstructionKind, Shape, Side, SignedInstruction, Statement, Switches,
};
use cloister_ledger_testing::World;
use cloister_types::{AccountIndex, Amount, InstructionId, Total};
use codec::Encode;
use pallet_cloister_sequencers::{Field, SettledBatch};
use polkadot_sdk::frame_support::BoundedVec;

/// Whose order it is. Account 0 is in every batch that is not full.
const TRADER: usize = 2;
/// Whose account is in the unit before.
const SELLER: usize = 1;
const SHAPE: Shape = Shape::DEV_MAKER;
/// The series in which the receipts are.
const SERIES: u32 = 1;
/// The unit of the trader.
const UNIT: u16 = 1;
/// The last place of a unit. Empty ones come first.
const LAST: u8 = SHAPE.places as u8 - 1;

/// A market in which a trader has an order of ten lots.
struct Story {
    world: World,
    order: Instruction,
}

/// A batch with a unit of the trader, and what opens that.
#[derive(Clone)]
struct Settled {
    statement: Statement,
    opening: ShownOpening,
}

impl Story {
    fn new() -> Self {
        let mut world = World::with_traders(1, 4, SHAPE);
        let price = world.table.rows[0].mark.get() as u64;
        let order = world.order(TRADER, 0, Side::Buy, price, 10);
        Self { world, order }
    }

    /// The cancel of the order.
    fn cancel(&self) -> SignedInstruction {
        self.world.sign(Instruction {
            kind: InstructionKind::Cancel,
            group: self.order.group,
            index: self.order.index,
            id: self.order.id,
            expiry: self.order.expiry,
            ..Instruction::default()
        })
    }

    fn fill(&self, lots: u64) -> (SignedInstruction, Fill) {
        let cost = u128::from(self.order.limit) * u128::from(lots);
        let fill = Fill {
            row: 0,
            quantity: Lots(lots),
            cost: Total(cost),
            fee: Total(0),
            ..Fill::default()
        };
        (self.world.sign(self.order.clone()), fill)
    }

    /// A batch in which somebody sells so many lots, behind which the trader has these places.
    fn settle(&mut self, sold: u64, places: Vec<(SignedInstruction, Fill)>) -> Settled {
        let price = self.order.limit;
        let mut units = vec![UnitRequest::Padding {
            index: AccountIndex(SELLER as u32),
            deposit: Amount::ZERO,
        }];
        if sold > 0 {
            units[0] = self.world.fill_order(SELLER, 0, Side::Sell, sold, price);
        }
        let (index, deposit) = (AccountIndex(TRADER as u32), Amount::ZERO);
        units.push(if places.is_empty() {
            UnitRequest::Padding { index, deposit }
        } else {
            UnitRequest::Normal { index, deposit, places }
        });
        let request = self.world.padded(SHAPE, units);
        let (_, effect) = self.world.apply(SHAPE, &request);
        let account = &self.world.state.account(AccountIndex(TRADER as u32)).unwrap().account;
        Settled {
            statement: effect.statement,
            opening: ShownOpening {
                key: (to_bytes(&account.key.x), to_bytes(&account.key.y)),
                view_key: to_bytes(&account.view_key),
                nonce: account.nonce,
                switches: account.switches,
            },
        }
    }

    /// So many lots of the order are filled.
    fn settle_fill(&mut self, lots: u64) -> Settled {
        let place = self.fill(lots);
        self.settle(lots, vec![place])
    }
}

impl Settled {
    /// The chain has settled it.
    fn note(&self) -> &Self {
        self.note_as(MEMBER, SERIES)
    }

    fn note_as(&self, submitter: u8, series: u32) -> &Self {
        let batch = SettledBatch {
            statement: to_bytes(&self.statement.hash()),
            units: SHAPE.units,
            submitter: account(submitter),
            series,
            block: 1,
        };
        Kept::keep(GROUP, self.statement.batch_no, batch);
        self
    }

    fn elements(&self) -> Vec<Field> {
        self.statement.elements().iter().map(to_bytes).collect()
    }

    /// What a trader shows of its unit and last place.
    fn report(&self, receipt: SignedReceipt, cancel: &SignedInstruction) -> CancelReport {
        CancelReport {
            receipt,
            instruction: BoundedVec::try_from(cancel.encode()).unwrap(),
            batch_no: self.statement.batch_no,
            elements: BoundedVec::try_from(self.elements()).unwrap(),
            unit: UNIT,
            place: LAST,
            opening: self.opening,
        }
    }
}

/// The member's receipt of a cancel.
fn promise(place: u64, cancel: &SignedInstruction, filled: u64) -> SignedReceipt {
    let receipt = Receipt {
        instruction: cloister_receipt::instruction_hash(cancel),
        ..super::cancel(place, filled)
    };
    sign(MEMBER, receipt)
}

fn show(report: &CancelReport) -> DispatchResult {
    show_of(MEMBER, report)
}

fn show_of(who: u8, report: &CancelReport) -> DispatchResult {
    Bonds::report_cancel(signed(REPORTER), GROUP, account(who), Box::new(report.clone()))
}

/// Three lots are filled, the trader cancels, and two more are filled.
fn overfilled() -> (Story, Settled, Settled) {
    let mut story = Story::new();
    let before = story.settle_fill(3);
    let after = story.settle_fill(2);
    (story, before, after)
}

#[test]
fn a_fill_after_a_cancel_should_cost_the_bond() {
    on_genesis(|| {
        with_bond();
        let issued = Balances::total_issuance();
        let (story, _, after) = overfilled();
        let cancel = story.cancel();
        let report = after.note().report(promise(7, &cancel, 3), &cancel);
        assert_ok!(show(&report));
        // A quarter of 1,001, rounded down, for the reporter: the terms say so.
        assert_eq!(
            (total(&account(REPORTER)), total(&treasury())),
            (RICH + 250, RICH + 751)
        );
        assert_eq!((on_hold(MEMBER), total(&account(MEMBER))), (0, RICH - AMOUNT));
        assert_eq!(Balances::total_issuance(), issued);
        let slashed = Event::Slashed {
            group: GROUP,
            who: account(MEMBER),
            number: number(SERIES, 7),
            amount: AMOUNT,
            reporter: account(REPORTER),
            reward: 250,
        };
        assert_eq!(last_event(), Some(slashed));
        // The bond is gone, for whatever else is shown, and there is no other.
        assert_noop!(show(&report), Error::<Test>::NothingBonded);
        let another = after.report(promise(8, &cancel, 3), &cancel);
        assert_noop!(show(&another), Error::<Test>::NothingBonded);
        let (first, second) = contradiction();
        assert_noop!(super::report(first, second), Error::<Test>::NothingBonded);
        assert_noop!(Bonds::bond(signed(MEMBER), GROUP, AMOUNT), Error::<Test>::Barred);
    });
}

#[test]
fn the_share_of_whoever_shows_a_fill_should_be_governed() {
    let (story, _, after) = overfilled();
    let cancel = story.cancel();
    for (share, reward) in [(0, 0), (1_000, 100), (5_000, 500)] {
        on_genesis(|| {
            with_bond();
            let terms = BondTerms {
                reporter_share: share,
                ..TERMS
            };
            assert_ok!(Bonds::set_terms(governs(), GROUP, terms));
            assert_ok!(show(&after.note().report(promise(7, &cancel, 3), &cancel)));
            assert_eq!(total(&account(REPORTER)), RICH + reward);
            assert_eq!(total(&treasury()), RICH + AMOUNT - reward);
        });
    }
}

#[test]
fn a_cancel_proven_behind_the_fill_should_hide_nothing() {
    on_genesis(|| {
        with_bond();
        let mut story = Story::new();
        let cancel = story.cancel();
        let places = vec![story.fill(4), (cancel.clone(), Fill::default())];
        // The leaf has the order as used up.
        let both = story.settle(4, places);
        let mut report = both.note().report(promise(0, &cancel, 0), &cancel);
        assert_noop!(show(&report), Error::<Test>::NotOverfilled);
        report.place = LAST - 1;
        assert_ok!(show(&report));
        assert_eq!(on_hold(MEMBER), 0);
    });
}

#[test]
fn fills_of_before_the_cancel_should_never_slash() {
    on_genesis(|| {
        with_bond();
        let (story, before, after) = overfilled();
        let cancel = story.cancel();
        // The fills were in the receipt, and settle after it: one by one, and all that it states.
        for settled in [&before, &after] {
            let report = settled.note().report(promise(7, &cancel, 5), &cancel);
            assert_noop!(show(&report), Error::<Test>::NotOverfilled);
            let more = settled.report(promise(7, &cancel, 6), &cancel);
            assert_noop!(show(&more), Error::<Test>::NotOverfilled);
        }
        let equal = before.report(promise(7, &cancel, 3), &cancel);
        assert_noop!(show(&equal), Error::<Test>::NotOverfilled);
        assert_eq!(on_hold(MEMBER), AMOUNT);
    });
}

#[test]
fn a_proven_cancel_should_never_slash() {
    on_genesis(|| {
        with_bond();
        let mut story = Story::new();
        story.settle_fill(3);
        let cancel = story.cancel();
        let proven = story.settle(0, vec![(cancel.clone(), Fill::default())]);
        let slot = story.world.state.account(AccountIndex(TRADER as u32)).unwrap();
        let number = cloister_ledger::slot::slot_number(story.order.id);
        let value = slot.orders.leaf(number.into());
        assert_eq!(
            cloister_ledger::slot::Slot::from_field(&value).unwrap().filled,
            Lots(FILLED_MAX)
        );
        let report = proven.note().report(promise(7, &cancel, 3), &cancel);
        assert_noop!(show(&report), Error::<Test>::NotOverfilled);
        assert_eq!(on_hold(MEMBER), AMOUNT);
    });
}

/// The fill was published and the batch with it was never settled: another one has its number.
#[test]
fn a_void_fill_should_never_slash() {
    on_genesis(|| {
        with_bond();
        let mut story = Story::new();
        story.settle_fill(3);
        let mut other = story.world.clone();
        let void = story.settle_fill(2);
        let cancel = story.cancel();
        let report = void.report(promise(7, &cancel, 3), &cancel);
        // Nothing was settled under this number yet.
        assert_noop!(show(&report), Error::<Test>::UnknownBatch);
        // The fill is left out, and the batch is settled without it, with another salt.
        other.random.field();
        let mut without = Story {
            world: other,
            order: story.order.clone(),
        };
        let settled = without.settle(0, vec![]);
        assert_eq!(settled.statement.batch_no, void.statement.batch_no);
        settled.note();
        assert_noop!(show(&report), Error::<Test>::WrongStatement);
        let report = settled.report(promise(7, &cancel, 3), &cancel);
        assert_noop!(show(&report), Error::<Test>::NotOverfilled);
        assert_eq!(on_hold(MEMBER), AMOUNT);
    });
}

#[test]
fn batches_of_others_and_of_other_series_should_never_slash() {
    on_genesis(|| {
        with_bond();
        let (story, _, after) = overfilled();
        let cancel = story.cancel();
        let report = after.report(promise(7, &cancel, 3), &cancel);
        // A member that knows nothing of the cancel has filled.
        after.note_as(STRANGER, SERIES);
        assert_noop!(show(&report), Error::<Test>::OtherSubmitter);
        assert_ok!(Bonds::bond(signed(STRANGER), GROUP, AMOUNT));
        assert_noop!(show_of(STRANGER, &report), Error::<Test>::WrongSignature);
        // The journal with the cancel is lost.
        after.note_as(MEMBER, SERIES + 1);
        assert_noop!(show(&report), Error::<Test>::OtherSeries);
        // The batch is of a member's of another group.
        let elsewhere = Bonds::report_cancel(signed(REPORTER), OTHER, account(MEMBER), Box::new(report.clone()));
        assert_noop!(elsewhere, Error::<Test>::WrongScope);
        assert_eq!((on_hold(MEMBER), on_hold(STRANGER)), (AMOUNT, AMOUNT));
        after.note();
        assert_noop!(show_of(STRANGER, &report), Error::<Test>::OtherSubmitter);
        assert_ok!(show(&report));
        assert_eq!((on_hold(MEMBER), on_hold(STRANGER)), (0, AMOUNT));
    });
}

/// Changes a report.
type Spoil = fn(&mut CancelReport);

/// Signs the receipt again.
fn signed_again(report: &mut CancelReport, change: impl FnOnce(&mut Receipt)) {
    let mut receipt = report.receipt.receipt;
    change(&mut receipt);
    report.receipt = sign(MEMBER, receipt);
}

#[test]
fn a_report_of_a_cancel_that_proves_nothing_should_be_refused() {
    let (story, before, after) = overfilled();
    let cancel = story.cancel();
    let spoils: [(Spoil, Error<Test>); 25] = [
        (|r| signed_again(r, |r| r.scope.genesis[0] ^= 1), Error::WrongScope),
        (
            |r| signed_again(r, |r| r.scope.group = GroupId(OTHER)),
            Error::WrongScope,
        ),
        (|r| signed_again(r, |r| r.outcome = Outcome::CancelAll), Error::NoCancel),
        (
            |r| {
                signed_again(r, |r| {
                    r.outcome = Outcome::Order {
                        filled: Lots(3),
                        resting: Lots(0),
                        waits: false,
                        dropped: None,
                    }
                });
            },
            Error::NoCancel,
        ),
        (|r| signed_again(r, |r| r.instruction[0] ^= 1), Error::OtherInstruction),
        (|r| r.instruction[5] ^= 1, Error::OtherInstruction),
        (|r| _ = r.instruction.pop(), Error::OtherInstruction),
        (|r| r.instruction.try_push(0).unwrap(), Error::OtherInstruction),
        (|r| r.instruction.clear(), Error::OtherInstruction),
        (|r| signed_again(r, |r| r.number = 7), Error::NoSeries),
        (|r| signed_again(r, |r| r.number = number(2, 7)), Error::OtherSeries),
        (|r| r.batch_no += 1, Error::UnknownBatch),
        (|r| r.receipt.signature[3] ^= 1, Error::WrongSignature),
        (|r| r.receipt.receipt.received_at += 1, Error::WrongSignature),
        (|r| r.elements[20][0] ^= 1, Error::WrongStatement),
        (|r| r.elements[0] = [0xff; 32], Error::WrongStatement),
        (|r| _ = r.elements.pop(), Error::WrongStatement),
        (|r| r.elements.clear(), Error::WrongStatement),
        (|r| r.unit = 0, Error::OtherUnit),
        (|r| r.unit = u16::MAX, Error::OtherUnit),
        (|r| r.opening.view_key[0] ^= 1, Error::NotOpened),
        (|r| r.opening.nonce += 1, Error::NotOpened),
        (
            |r| {
                r.opening.switches = Switches {
                    transfers: !r.opening.switches.transfers,
                }
            },
            Error::NotOpened,
        ),
        (|r| r.opening.key.0 = [0xff; 32], Error::NotOpened),
        (|r| r.place = 0, Error::NotOverfilled),
    ];
    on_genesis(|| {
        with_bond();
        let report = after.note().report(promise(7, &cancel, 3), &cancel);
        for (spoil, error) in spoils {
            let mut spoiled = report.clone();
            spoil(&mut spoiled);
            assert_ne!(spoiled, report);
            assert_noop!(show(&spoiled), error);
        }
        // A place that there is not.
        let mut beyond = report.clone();
        beyond.place = u8::MAX;
        assert_noop!(show(&beyond), Error::<Test>::NotOverfilled);
        // What opens another batch's record.
        let mut other = report.clone();
        other.opening = before.opening;
        assert_noop!(show(&other), Error::<Test>::NotOpened);
        assert_noop!(show_of(4, &report), Error::<Test>::NothingBonded);
        let none = Bonds::report_cancel(RuntimeOrigin::none(), GROUP, account(MEMBER), Box::new(report.clone()));
        assert_noop!(none, BadOrigin);
        // What was refused was no report.
        assert_ok!(show(&report));
    });
}

#[test]
fn a_cancel_of_another_order_account_or_kind_should_be_refused() {
    on_genesis(|| {
        with_bond();
        let (mut story, _, after) = overfilled();
        after.note();
        let order = story.order.clone();
        let cancel = |change: fn(&mut Instruction), story: &Story| {
            let mut cancel = story.cancel().instruction;
            change(&mut cancel);
            story.world.sign(cancel)
        };
        let shown = |cancel: &SignedInstruction| show(&after.report(promise(7, cancel, 3), cancel));
        // The next order, as an amendment makes it; another order of its slot.
        let next = cancel(|c| c.id = InstructionId(c.id.get() + 1), &story);
        assert_noop!(shown(&next), Error::<Test>::NotOverfilled);
        let same_slot = cancel(|c| c.id = InstructionId(c.id.get() + 512), &story);
        assert_noop!(shown(&same_slot), Error::<Test>::NotOverfilled);
        let seller = cancel(|c| c.index = AccountIndex(SELLER as u32), &story);
        assert_noop!(shown(&seller), Error::<Test>::OtherUnit);
        let elsewhere = cancel(|c| c.group = GroupId(OTHER), &story);
        assert_noop!(shown(&elsewhere), Error::<Test>::NoCancel);
        let all = cancel(|c| c.kind = InstructionKind::CancelAll, &story);
        assert_noop!(shown(&all), Error::<Test>::NoCancel);
        let itself = story.world.sign(order);
        assert_noop!(shown(&itself), Error::<Test>::NoCancel);
        // A fill that nobody signed for has no slot.
        let unit = story.settle(0, vec![]);
        let cancel = story.cancel();
        let report = unit.note().report(promise(7, &cancel, 0), &cancel);
        assert_noop!(show(&report), Error::<Test>::NotOverfilled);
        assert_eq!(on_hold(MEMBER), AMOUNT);
    });
}

/// A statement does not name its shape, so the chain keeps the number of units.
#[test]
fn elements_should_not_be_read_in_another_shape() {
    on_genesis(|| {
        with_bond();
        let (story, _, after) = overfilled();
        let cancel = story.cancel();
        let report = after.note().report(promise(7, &cancel, 3), &cancel);
        for units in [1, 2, 3, 5, SHAPE.units - 1, SHAPE.units + 1] {
            let batch = SettledBatch {
                statement: to_bytes(&after.statement.hash()),
                units,
                submitter: account(MEMBER),
                series: SERIES,
                block: 1,
            };
            Kept::keep(GROUP, after.statement.batch_no, batch);
            assert!(show(&report).is_err(), "{units}");
        }
        after.note();
        assert_ok!(show(&report));
    });
}

#[test]
fn who_unbonds_should_answer_for_its_cancels_until_it_has_withdrawn() {
    let (story, _, after) = overfilled();
    let cancel = story.cancel();
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        System::set_block_number(101);
        assert_ok!(show(&after.note().report(promise(7, &cancel, 3), &cancel)));
        assert_eq!(total(&account(MEMBER)), RICH - AMOUNT);
    });
    on_genesis(|| {
        with_bond();
        assert_ok!(Bonds::unbond(signed(MEMBER), GROUP));
        System::set_block_number(101);
        assert_ok!(Bonds::withdraw_unbonded(signed(MEMBER), GROUP));
        let report = after.note().report(promise(7, &cancel, 3), &cancel);
        assert_noop!(show(&report), Error::<Test>::NothingBonded);
    });
}

#[test]
fn the_largest_batch_and_every_instruction_should_fit() {
    let longest = cloister_ledger::wire::MAX_UNITS as usize * (13 + cloister_ledger::wire::MAX_PLACES as usize);
    assert_eq!(MAX_ELEMENTS as usize, 20 + longest + 14);
    let story = Story::new();
    assert!(story.cancel().encode().len() <= MAX_INSTRUCTION as usize);
}

//! The scenes together show every mode and every branch of the rules.

use std::collections::BTreeMap;

use cloister_ledger::{instruction::flags, BatchEffect, BatchWitness, InstructionKind, Mode};
use cloister_risk::{Assessment, MarginChoice};
use cloister_types::{Amount, Money};

use super::{act, scene, PLACES, SMALL};

/// What a unit shows.
fn of_unit(witness: &BatchWitness, number: usize) -> Vec<String> {
    let unit = &witness.units[number];
    let mut seen = vec![format!("mode {:?}", unit.mode)];
    let filled: Vec<_> = unit.places.iter().filter(|p| !p.fill.is_nothing()).collect();
    let table = &witness.context.table;
    match unit.mode {
        Mode::Normal => {
            seen.extend(
                unit.places
                    .iter()
                    .map(|p| format!("kind {:?}", p.signed.instruction.kind)),
            );
            for order in unit.places.iter().map(|p| &p.signed.instruction) {
                let mark = table
                    .row_of(order.instrument_id)
                    .map(|(_, row)| row.mark)
                    .unwrap_or_default();
                if let Ok(Some(trigger)) = order.waits_for() {
                    let direction = order.has(flags::TRIGGER_ABOVE);
                    seen.push(format!(
                        "trigger above {direction}, mark there {}",
                        trigger.fires_at(mark)
                    ));
                }
            }
            seen.push(format!(
                "normal, initial margin {}",
                unit.margin == MarginChoice::Initial
            ));
        }
        Mode::Forced => {
            seen.push(match (unit.paid, unit.requested) {
                (Amount::ZERO, Amount::ZERO) => "forced, nothing requested".into(),
                (Amount::ZERO, _) => "forced, nothing paid".into(),
                (w, r) if w == r => "forced, all paid".into(),
                _ => "forced, cut short".into(),
            });
            if let MarginChoice::Tight(s) = unit.margin {
                seen.push(format!(
                    "forced, bound by {}",
                    if s == 16 { "equity" } else { "a scenario" }
                ));
            }
        }
        Mode::Liquidation | Mode::Expiry | Mode::Deleveraging(_) => {
            seen.push(format!("{:?} of {} fills", unit.mode, filled.len()));
            let equity =
                |a: cloister_ledger::Account| Assessment::new(table, &a.positions, a.cash).ok().map(|a| a.equity);
            if unit
                .entry()
                .ok()
                .and_then(equity)
                .is_some_and(|equity| equity < Money::ZERO)
            {
                seen.push(format!("{:?} of an account that owes money", unit.mode));
            }
            for place in filled {
                seen.push(format!("{:?}, {:?}", unit.mode, place.fill.side));
                let row = &table.rows[usize::from(place.fill.row)];
                if unit.mode == Mode::Liquidation && place.fill.quantity == row.chunk {
                    seen.push("liquidation of a whole chunk".into());
                }
                let at_mark = row.mark.times(place.fill.quantity.bought().expect("small"));
                let gain = i128::from(place.fill.side.sign()) * (at_mark.get() - place.fill.cost.get() as i128);
                if unit.mode == Mode::Liquidation && gain > 0 {
                    seen.push("liquidation better than the mark".into());
                }
            }
        }
        Mode::Switch => seen.push(format!("switch to {:?}", unit.new_switches.transfers)),
        Mode::Close => seen.push(format!(
            "close of an empty account: {}",
            unit.entry().is_ok_and(|a| a.is_empty())
        )),
        Mode::Open | Mode::Rekey | Mode::Takeover | Mode::Padding => {}
    }
    if unit
        .places
        .iter()
        .any(|p| !p.fill.is_nothing() && table.rows[usize::from(p.fill.row)].stale)
    {
        seen.push("fill in a stale row".into());
    }
    let mut held = table.rows.iter().zip(&unit.before.positions);
    if held.any(|(row, q)| row.stale && !q.is_zero()) {
        seen.push(format!("{:?} with stale lots", unit.mode));
    }
    if unit.incoming != Amount::ZERO {
        seen.push(format!("incoming in {:?}", unit.mode));
        if unit
            .places
            .iter()
            .any(|p| p.signed.instruction.kind == InstructionKind::Transfer)
        {
            seen.push("a transfer after a transfer".into());
        }
    }
    if unit.deposit != Amount::ZERO {
        seen.push(format!("deposit in {:?}", unit.mode));
    }
    seen
}

/// What the house shows.
fn of_house(witness: &BatchWitness, effect: &BatchEffect) -> Vec<&'static str> {
    let mut seen = Vec::new();
    for (old, new) in witness.house.positions.iter().zip(&effect.house.positions) {
        let (old, new) = (old.size(), new.size());
        if new > old {
            seen.push("house grows");
        }
        if new < old {
            seen.push("house shrinks");
        }
    }
    seen.push(match witness.house_margin {
        MarginChoice::Initial => "house meets initial margin",
        _ => "house is not worse than before",
    });
    if witness.empty_mask.count_ones() > 1 {
        seen.push("rows proven empty");
    }
    if witness.sweep != Amount::ZERO {
        seen.push("sweep");
    }
    if witness.doors.paid_in != Amount::ZERO {
        seen.push("insurance paid in");
    }
    seen.push(match (witness.doors.asked, witness.insurance_out) {
        (Amount::ZERO, _) => "no insurance asked for",
        (_, Amount::ZERO) => "no insurance paid out",
        (asked, paid) if asked == paid => "all insurance paid out",
        _ => "insurance paid out in part",
    });
    match witness.doors_choice {
        MarginChoice::Tight(16) => seen.push("insurance bound by what must stay"),
        MarginChoice::Tight(_) => seen.push("insurance bound by a scenario"),
        MarginChoice::Initial | MarginChoice::NotWorse(_) => {}
    }
    seen
}

const EXPECTED: [&str; 80] = [
    "mode Close",
    "close of an empty account: true",
    "close of an empty account: false",
    "Liquidation of an account that owes money",
    "Expiry of an account that owes money",
    "mode Open",
    "mode Rekey",
    "mode Normal",
    "mode Forced",
    "mode Liquidation",
    "mode Expiry",
    "mode Takeover",
    "mode Padding",
    "mode Deleveraging(Insolvent)",
    "mode Deleveraging(Counterparty)",
    "Deleveraging(Insolvent) of 1 fills",
    "Deleveraging(Insolvent) of 2 fills",
    "Deleveraging(Counterparty) of 1 fills",
    "Deleveraging(Counterparty) of 2 fills",
    "Deleveraging(Counterparty), Buy",
    "Deleveraging(Counterparty), Sell",
    "Deleveraging(Counterparty) of an account that owes money",
    "deposit in Deleveraging(Counterparty)",
    "mode Switch",
    "switch to true",
    "switch to false",
    "trigger above true, mark there true",
    "trigger above true, mark there false",
    "trigger above false, mark there true",
    "trigger above false, mark there false",
    "fill in a stale row",
    "Normal with stale lots",
    "Liquidation with stale lots",
    "kind None",
    "kind Order",
    "kind Cancel",
    "kind CancelAll",
    "kind Withdrawal",
    "kind Transfer",
    "normal, initial margin true",
    "normal, initial margin false",
    "forced, nothing requested",
    "forced, nothing paid",
    "forced, all paid",
    "forced, cut short",
    "forced, bound by equity",
    "forced, bound by a scenario",
    "Liquidation of 0 fills",
    "Liquidation of 1 fills",
    "Liquidation of 2 fills",
    "liquidation of a whole chunk",
    "liquidation better than the mark",
    "Liquidation, Buy",
    "Liquidation, Sell",
    "Expiry of 0 fills",
    "Expiry of 1 fills",
    "Expiry of 2 fills",
    "Expiry, Buy",
    "Expiry, Sell",
    "incoming in Open",
    "incoming in Rekey",
    "incoming in Normal",
    "incoming in Forced",
    "incoming in Expiry",
    "incoming in Takeover",
    "incoming in Padding",
    "a transfer after a transfer",
    "deposit in Liquidation",
    "deposit in Takeover",
    "house grows",
    "house shrinks",
    "house meets initial margin",
    "house is not worse than before",
    "rows proven empty",
    "insurance paid in",
    "no insurance paid out",
    "all insurance paid out",
    "insurance paid out in part",
    "insurance bound by what must stay",
    "insurance bound by a scenario",
];

#[test]
fn scenes_should_show_every_mode_and_branch() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (shape, seeds) in [(SMALL, 0..90), (PLACES, 0..180)] {
        for seed in seeds {
            let (witness, effect) = act(scene(seed), seed, shape);
            let house = of_house(&witness, &effect).into_iter().map(String::from);
            let units = (0..witness.units.len()).flat_map(|number| of_unit(&witness, number));
            for what in units.chain(house) {
                *seen.entry(what).or_default() += 1;
            }
        }
    }
    println!("{seen:#?}");
    let missing: Vec<_> = EXPECTED.iter().filter(|what| !seen.contains_key(**what)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

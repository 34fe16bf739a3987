//! One wire changed and everything that follows from it computed anew, as a cheating prover would.

use std::{
    collections::BTreeSet,
    sync::{
        atomic::{AtomicU64, Ordering},
        LazyLock, Mutex,
    },
};

use cloister_circuits::{statements::solvency::PUBLIC_INPUT, Fr};
use cloister_circuits_testing::{Repair, Sheet, TestSystem, Uses};
use cloister_ledger_testing::Random;
use rayon::prelude::*;

use crate::support::{Scene, SMALL};

static RECORDED: LazyLock<(TestSystem, Uses)> = LazyLock::new(|| {
    let system = Scene::market().system();
    let uses = Uses::of(&system);
    (system, uses)
});

/// Namespaces of the gadget that makes a sign.
const SIGNS: [&str; 4] = ["sign", "larger", "equity", "spare margin"];

/// The namespace of a name.
fn space(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(space, _)| space)
}

#[test]
fn no_bit_should_flip_with_all_that_follows() {
    let (system, uses) = &*RECORDED;
    let mut repair = Repair::new(system);
    // Another statement would do, too.
    let input = system.find_wire("statement").expect("the public input");
    let last = system.find_constraint(PUBLIC_INPUT).expect("the last constraint");
    repair.let_follow(system, input, last);
    let tried = AtomicU64::new(0);
    let loose = Mutex::new(BTreeSet::new());
    let mut random = Random::new(8);
    for scene in [Scene::market(), Scene::middle(), Scene::random(&mut random, SMALL)] {
        let sheet = Sheet::new(system, uses, scene.system().values().to_vec());
        assert_eq!(sheet.unsatisfied(), Vec::<String>::new());
        let is_bit = |wire: &usize| {
            let own = system.wire_own_name(*wire);
            system.is_private(*wire) && (own.starts_with("bit") || own == "present" || own == "last")
        };
        let wires: Vec<usize> = (1..system.num_wires()).filter(is_bit).collect();
        wires.par_chunks(2048).for_each(|wires| {
            let mut cheater = repair.at(&sheet);
            for wire in wires {
                tried.fetch_add(1, Ordering::Relaxed);
                let name = system.wire_name(*wire);
                match cheater.follow(&[(*wire, Fr::one() - sheet.value(*wire))]) {
                    Ok(_) => {
                        loose.lock().expect("no panic").insert(name);
                    }
                    // A sign is refused by its own sum, not by what comes of it.
                    Err(k) if SIGNS.iter().any(|sign| space(&name).ends_with(sign)) => {
                        assert_eq!(system.constraint_name(k), format!("{}/in range", space(&name)));
                    }
                    Err(_) => {}
                }
            }
        });
    }
    let loose = loose.into_inner().expect("no panic");
    println!("{} flips", tried.into_inner());
    assert!(loose.is_empty(), "{loose:#?}");
}

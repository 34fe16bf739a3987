//! Size, identity, free wires, and a real proof. A change of the identity is a change of the proof system: a new key.

use cloister_circuits::statements::solvency::{SolvencyCircuit, SolvencyShape};
use cloister_ledger_testing::Random;

use crate::{
    common::{assert_independent, assert_parts, assert_pinned, movable, mutate, prove, record},
    support::{Scene, SMALL},
};

/// Pinned for each shape: private wires, constraints, identity.
const PINNED: [(SolvencyShape, (usize, usize, &str)); 3] = [
    (
        SMALL,
        (
            118_282,
            117_752,
            "f77c8b63533d44e253e63814d142657515431bb65517566d1fd1d64a606d1965",
        ),
    ),
    (
        SolvencyShape::DEV,
        (
            253_050,
            252_876,
            "2fc2ceba4642a1b25590780e830742c6856f25b6d1ac26a3da13dc250c936028",
        ),
    ),
    (
        SolvencyShape::STANDARD,
        (
            489_264,
            489_711,
            "1608a25312bb9dddb4d6972047aa78b563a091a1ea695f17b8ae65f57aff1092",
        ),
    ),
];

/// The largest number of constraints per account, besides what a statement has once.
const BUDGET: usize = 4_500;

#[test]
fn size_and_identity_should_be_the_pinned_ones() {
    let once = record(SolvencyCircuit::blank(SolvencyShape { subtrees: 0 })).constraints();
    for (shape, pinned) in PINNED {
        let matrices = record(SolvencyCircuit::blank(shape));
        println!("{}, {}, {}", matrices.aux, matrices.constraints(), matrices.id());
        assert_pinned(&matrices, pinned);
        assert!(matrices.constraints() - once <= BUDGET * shape.accounts());
    }
}

#[test]
fn shapes_should_fill_their_domains() {
    for (shape, domain) in [(SolvencyShape::DEV, 18), (SolvencyShape::STANDARD, 19)] {
        let domain_of = |shape| record(SolvencyCircuit::blank(shape)).domain_log2();
        assert_eq!(domain_of(shape), domain);
        // The next shape that needs fewer statements for a block of 64 subtrees does not fit.
        let statements = |subtrees: u16| 64u16.div_ceil(subtrees);
        let subtrees = (shape.subtrees..).find(|k| statements(*k) < statements(shape.subtrees));
        let subtrees = subtrees.expect("one for the whole block");
        assert_eq!(domain_of(SolvencyShape { subtrees }), domain + 1);
    }
}

#[test]
fn constraints_should_be_where_they_are_said_to_be() {
    let parts = [
        ("D-HOUSE", 2_535),
        ("D-OPENS", 2_996),
        ("D-OUTCOME", 5),
        ("D-RUN", 33),
        ("D-STATEMENT", 1_090),
        ("D-SUMS", 728),
        ("D-TABLE", 42_822),
        ("public", 1),
        ("subtree/D-OPENS", 726),
        ("subtree/account", 16),
        ("subtree/account/D-DEBT", 1_904),
        ("subtree/account/D-LIVE", 304),
        ("subtree/account/D-OPENS", 11_632),
        ("subtree/account/D-RANGE", 20_992),
        ("subtree/account/D-SHORT", 30_928),
        ("subtree/account/D-VACANT", 16),
        ("subtree/account/paired sizes", 256),
        ("subtree/account/positions", 256),
        ("subtree/account/sizes", 512),
    ];
    assert_parts(SolvencyCircuit::blank(SMALL), &parts);
}

#[test]
fn circuit_should_not_depend_on_its_witness() {
    for scene in [Scene::market(), Scene::middle()] {
        assert_independent(SolvencyCircuit::blank(SMALL), || scene.circuit());
    }
}

/// D-LIVE tests whether an account's lots are 0. Where they are, nothing binds the inverse, and nothing reads it.
fn is_inverse_of_no_lots(name: &str) -> bool {
    name.ends_with("/D-LIVE/none/inverse")
}

#[test]
fn no_wire_should_be_free_but_inverses_of_zero() {
    let (mut tried, mut inverses) = (0, 0);
    let mut random = Random::new(6);
    let scenes = [Scene::market(), Scene::middle(), Scene::random(&mut random, SMALL)];
    for (seed, scene) in scenes.into_iter().enumerate() {
        let (n, loose) = mutate(&scene.system(), seed as u64);
        assert!(loose.iter().all(|name| is_inverse_of_no_lots(name)), "{loose:?}");
        tried += n;
        inverses += loose.len();
    }
    println!("{tried} mutations");
    assert!(inverses > 8, "{inverses}");
    assert!(tried > 2_500_000);
}

#[test]
fn everything_should_follow_from_the_openings() {
    // What the hashes bind: the fields of the leaves, the children of the nodes, the elements of the table, what the
    // commitments hide.
    let of_accounts = ["key/", "view key", "nonce", "min id", "cash", "orders root", "ext"];
    let accounts =
        (0..16).flat_map(|i| of_accounts.map(|field| format!("subtree {}/account {}/{field}", i / 8, i % 8)));
    let children = (0..2).map(|branch| format!("D-OPENS/branch {branch}/child "));
    let levels = (0..5).map(|level| format!("D-OPENS/account tree/level {level}/child "));
    let rows = (0..32).map(|row| format!("D-TABLE/row {row}/element "));
    let others = [
        "public/",
        "D-OPENS/block/child ",
        "D-TABLE/header ",
        "sums before/",
        "D-SUMS/blinding",
        "D-HOUSE/key",
        "D-HOUSE/nonce",
        "D-HOUSE/insurance",
        "D-HOUSE/fee pool",
        "D-HOUSE/open interest ",
    ];
    let others = others.map(String::from).into_iter();
    let given: Vec<String> = accounts
        .chain(children)
        .chain(levels)
        .chain(rows)
        .chain(others)
        .collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let movable_of_market = movable(&Scene::market().system(), &given);
    assert!(
        movable_of_market.iter().all(|name| is_inverse_of_no_lots(name)),
        "{movable_of_market:?}"
    );
    // With the public values alone held fixed, preimages can move: that nobody finds another is the hashes' part.
    assert!(movable(&Scene::market().system(), &["public/"]).contains(&"D-HOUSE/nonce".into()));
}

#[test]
fn solvency_should_be_proven_and_verified() {
    let scene = Scene::market();
    prove(
        SolvencyCircuit::blank(SMALL),
        || scene.circuit(),
        scene.statement.hash(),
    );
}

//! Every gadget alone: with its inputs held fixed nothing of it can move, and no wire of it can change by itself.

use bellman::ConstraintSystem;
use cloister_circuits::{
    gadgets::{
        bits::{alloc_bits, alloc_ranged, canonical_bits, range, signed_range},
        boolean::Bit,
        choice::{choose, one_hot, select},
        inner::Paired,
        jubjub::{enforce_prime_order, Point},
        montgomery::{add_fixed_base, multiply},
        multiples::{fixed_base, multiply_half},
        num::Num,
        poseidon2::{compress8, permute, sponge, sponge_block, sponge_of_two},
        schnorr::{enforce_if, SignatureWitness},
        stream::{account_pads, house_pads, stream_salt, view_commitment},
        tree::{open, update},
    },
    Fr,
};
use cloister_circuits_testing::{undetermined, Sheet, TestSystem, Uses};
use cloister_crypto::{
    constants::{domain, ACCOUNT_TREE_DEPTH, SIGNATURE_SCALAR_BITS},
    jubjub::{self, AffinePoint, ExtendedPoint},
    schnorr::{generator, SecretKey},
};
use cloister_ledger::AccountTree;
use cloister_ledger_testing::Random;

use crate::table::{matches, number_is_zero, Free, Table};

const NONE: &[Free] = &[];

/// Made inside the gadget, but an input all the same: the caller compares the root that the siblings lead to.
const SIBLING: &str = "*tree/level */child ?";

/// A system whose wires under `input/` are given.
struct Bench {
    cs: TestSystem,
    random: Random,
    inputs: usize,
}

impl Bench {
    fn field(&mut self, x: Fr) -> Num {
        self.inputs += 1;
        let name = format!("{}", self.inputs);
        Num::alloc(&mut self.cs.namespace(|| "input"), || name, Some(x)).unwrap()
    }

    fn any(&mut self) -> Num {
        let x = self.random.field();
        self.field(x)
    }

    fn anys<const N: usize>(&mut self) -> [Num; N] {
        std::array::from_fn(|_| self.any())
    }

    fn small(&mut self, bits: u32) -> Num {
        let x = Fr::from(self.random.word() >> (64 - bits));
        self.field(x)
    }

    /// Booleans with their checks, as all gadgets take them.
    fn bits(&mut self, n: usize) -> Vec<Bit> {
        (0..n)
            .map(|_| {
                self.inputs += 1;
                let (name, x) = (format!("{}", self.inputs), self.random.once_in(2));
                Bit::alloc(&mut self.cs.namespace(|| "input"), || name.clone(), Some(x)).unwrap()
            })
            .collect()
    }

    fn bit(&mut self) -> Bit {
        self.bits(1).remove(0)
    }

    /// A point of the prime-order subgroup.
    fn point(&mut self) -> Point {
        let scalar = jubjub::Fr::from(self.random.word());
        let affine = AffinePoint::from(ExtendedPoint::from(generator()) * scalar);
        Point {
            x: self.field(affine.get_u()),
            y: self.field(affine.get_v()),
        }
    }
}

fn look(sheet: &Sheet<'_>, table: &Table, random: &mut Random, title: &str) {
    let system = sheet.system();
    let is_input = |wire: usize| {
        let name = system.wire_name(wire);
        name.starts_with("input/") || (0..8).any(|i| matches(&SIBLING.replace('?', &i.to_string()), &name))
    };
    for wire in undetermined(sheet, is_input) {
        assert!(
            table.excuses(sheet, wire),
            "{title}: {} can move",
            system.wire_name(wire)
        );
    }
    for wire in (1..system.num_wires()).filter(|wire| !is_input(*wire)) {
        let old = sheet.value(wire);
        let others = [
            old + Fr::one(),
            old - Fr::one(),
            -old,
            Fr::one() - old,
            old.double(),
            random.field(),
        ];
        for other in others.into_iter().filter(|other| *other != old) {
            let noticed = sheet.breaks(wire, other) || table.excuses(sheet, wire);
            assert!(noticed, "{title}: {} can change", system.wire_name(wire));
        }
    }
}

/// Builds a gadget on random inputs some times and looks at it.
fn bound(title: &str, rounds: u64, free: &'static [Free], build: impl Fn(&mut Bench)) {
    let table = Table::new(free);
    for seed in 0..rounds {
        let mut bench = Bench {
            cs: TestSystem::new(),
            random: Random::new(seed),
            inputs: 0,
        };
        build(&mut bench);
        let uses = Uses::of(&bench.cs);
        let sheet = Sheet::new(&bench.cs, &uses, bench.cs.values().to_vec());
        assert_eq!(sheet.unsatisfied(), Vec::<String>::new(), "{title}");
        look(&sheet, &table, &mut bench.random, title);
    }
    table.finish();
}

#[test]
fn booleans_should_be_bound() {
    bound("and, or, exclusive or", 4, NONE, |b| {
        let (x, y) = (b.bit(), b.bit());
        x.and(&mut b.cs, "and", &y).unwrap();
        x.or(&mut b.cs, "or", &y).unwrap();
        x.xor(&mut b.cs, "exclusive or", &y).unwrap();
    });
    const ALL: &[Free] = &[Free {
        pattern: "all/inverse",
        when: number_is_zero,
        reason: "all bits are one, so the tested number is zero",
        rare: false,
    }];
    bound("and of many", 40, ALL, |b| {
        let bits = b.bits(3);
        Bit::all(&mut b.cs, "all", &bits.iter().collect::<Vec<_>>()).unwrap();
    });
    bound("one-hot", 8, NONE, |b| {
        let enabled = b.bit();
        let chosen = b.random.below(7) as usize;
        one_hot(&mut b.cs, "choice", &enabled, Some(chosen), 7).unwrap();
    });
}

#[test]
fn numbers_should_be_bound() {
    bound("products and quotients", 3, NONE, |b| {
        let [x, y, z] = b.anys();
        x.mul(&mut b.cs, || "product", &y).unwrap();
        x.div(&mut b.cs, || "quotient", &y).unwrap();
        (&x + &z).pin(&mut b.cs, "pinned").unwrap();
        let bit = b.bit();
        select(&mut b.cs, || "selected", &bit, &x, &y).unwrap();
        let bits = b.bits(3);
        choose(&mut b.cs, "chosen", &bits, &[x, y, z]).unwrap();
    });
    const ZERO: &[Free] = &[Free {
        pattern: "zero/inverse",
        when: number_is_zero,
        reason: "the inverse of zero multiplies zero",
        rare: false,
    }];
    bound("zero test", 8, ZERO, |b| {
        let x = b.small(2);
        Bit::is_zero(&mut b.cs, "zero", &x).unwrap();
    });
}

#[test]
fn bit_decompositions_should_be_bound() {
    bound("ranges", 4, NONE, |b| {
        let x = b.small(40);
        range(&mut b.cs, "unsigned", &x, 64).unwrap();
        signed_range(&mut b.cs, "signed", &x, 41).unwrap();
        let fresh = Fr::from(b.random.below(1 << 30));
        alloc_ranged(&mut b.cs, "fresh", Some(fresh), 30).unwrap();
    });
    const RUN: &[Free] = &[Free {
        pattern: "canonical/canonical/*/run/inverse",
        when: number_is_zero,
        reason: "the number begins like the order of the field, so the tested number is zero",
        rare: false,
    }];
    bound("canonical bits", 16, RUN, |b| {
        // Half of them below the order by little: all comparisons run on.
        let x = if b.random.once_in(2) {
            -b.random.field().double()
        } else {
            -Fr::from(b.random.below(9) + 1)
        };
        let x = b.field(x);
        canonical_bits(&mut b.cs, "canonical", &x, &[]).unwrap();
    });
}

#[test]
fn points_should_be_bound() {
    bound("point formulas", 3, NONE, |b| {
        let (p, q, bit) = (b.point(), b.point(), b.bit());
        p.enforce_on_curve(&mut b.cs, "curve").unwrap();
        p.add(&mut b.cs, "sum", &q).unwrap();
        p.double(&mut b.cs, "double").unwrap();
        Point::select(&mut b.cs, "selected", &bit, &p, &q).unwrap();
    });
    bound("fixed base of bits", 2, NONE, |b| {
        let scalar = b.bits(SIGNATURE_SCALAR_BITS);
        fixed_base(&mut b.cs, "fixed", &scalar).unwrap();
    });
    bound("multiple of a half", 2, NONE, |b| {
        let (half, scalar) = (b.point(), b.bits(252));
        let point = half.double(&mut b.cs, "double").unwrap();
        multiply_half(&mut b.cs, "multiple", &half, &point, &scalar).unwrap();
    });
    bound("key of prime order", 2, NONE, |b| {
        let key = SecretKey::from_seed(&b.random.bytes()).public();
        let point = Point {
            x: b.field(key.x()),
            y: b.field(key.y()),
        };
        enforce_prime_order(&mut b.cs, &point, Some(key.preimage())).unwrap();
    });
}

/// Responses and challenges at the ends of their widths, and in between.
fn scalars(random: &mut Random) -> [[u8; 32]; 5] {
    [[0; 32], [0xff; 32], [0x55; 32], [0x92; 32], random.bytes()]
}

#[test]
fn points_in_montgomery_coordinates_should_be_bound() {
    for kind in 0..5 {
        // The digits are the gadget's own wires: as booleans they cannot move, whichever they are.
        bound("fixed base", 2, NONE, |b| {
            let start = b.point();
            let response = scalars(&mut b.random)[kind];
            add_fixed_base(&mut b.cs, "fixed", &start, Some(&response)).unwrap();
        });
        bound("variable base", 2, NONE, |b| {
            let point = b.point();
            let scalar = scalars(&mut b.random)[kind];
            b.inputs += 1;
            let scalar = Fr::from_raw([scalar[0], scalar[8], 0, 0].map(|x| u64::from(x) * 0x0101_0101_0101_0101));
            let bits = alloc_bits(&mut b.cs.namespace(|| "input"), "scalar", Some(scalar), 128).unwrap();
            multiply(&mut b.cs, "multiple", &point, &bits).unwrap();
        });
    }
}

#[test]
fn inner_products_should_be_bound() {
    bound("inner products", 4, NONE, |b| {
        let (x, y, z) = (b.anys::<8>(), b.anys::<8>(), b.anys::<7>());
        let x = Paired::new(&mut b.cs, "x", x.to_vec()).unwrap();
        let y = Paired::pinned(&mut b.cs, "y", y.to_vec()).unwrap();
        let z = Paired::pinned(&mut b.cs, "z", z.to_vec()).unwrap();
        x.inner(&mut b.cs, "x by y", &y).unwrap();
        z.inner(&mut b.cs, "z by z", &z).unwrap();
    });
    // None, or one of eight.
    bound("choice of a column", 9, NONE, |b| {
        let enabled = b.bit();
        let chosen = b.random.below(8) as usize;
        let choice = one_hot(&mut b.cs, "choice", &enabled, Some(chosen), 8).unwrap();
        let column = b.anys::<8>();
        let column = Paired::pinned(&mut b.cs, "column", column.to_vec()).unwrap();
        Paired::one_hot(&choice).inner(&mut b.cs, "chosen", &column).unwrap();
    });
}

#[test]
fn hashes_should_be_bound() {
    bound("Poseidon2", 2, NONE, |b| {
        let state = b.anys();
        permute(&mut b.cs, &state).unwrap();
        compress8(&mut b.cs, "node", &state).unwrap();
        sponge(&mut b.cs, "sponge", domain::LEAF_V1, &state).unwrap();
        sponge_block(&mut b.cs, "block", domain::STREAM, &state[..4]).unwrap();
        let condition = b.bit();
        let (one, zero) = ((domain::VIEW, &state[..1]), (domain::INSTRUCTION, &state[1..5]));
        sponge_of_two(&mut b.cs, "one of two", &condition, &[], one, zero).unwrap();
        sponge_of_two(&mut b.cs, "of a shared start", &condition, &state[5..7], one, zero).unwrap();
    });
    bound("streams", 2, NONE, |b| {
        let [key, index, nonce, salt, lo, hi, group] = b.anys();
        let salt = stream_salt(&mut b.cs, "salt", [&lo, &hi, &group, &salt]).unwrap();
        account_pads(&mut b.cs, "account", [&key, &index, &nonce, &salt], 9).unwrap();
        house_pads(&mut b.cs, "house", [&key, &nonce, &salt], 14).unwrap();
        view_commitment(&mut b.cs, "view", [&lo, &hi, &group, &key]).unwrap();
    });
}

#[test]
fn tree_updates_should_be_bound() {
    bound("tree", 3, NONE, |b| {
        let mut tree = AccountTree::default();
        for _ in 0..4 {
            let (index, leaf) = (b.random.below(64) as u32, b.random.field());
            tree.set(index, leaf);
        }
        let index = b.random.below(64) as u32;
        let bits: Vec<Bit> = (0..3 * ACCOUNT_TREE_DEPTH)
            .map(|i| Bit::alloc(&mut b.cs, || format!("index {i}"), Some(index >> i & 1 == 1)).unwrap())
            .collect();
        let (old, new) = (b.field(tree.leaf(index)), b.any());
        let path: Vec<_> = tree.path(index).into_iter().map(Some).collect();
        update(&mut b.cs, "tree", &bits, &path, &old, &new).unwrap();
        open(&mut b.cs.namespace(|| "opened"), "tree", &bits, &path, &old).unwrap();
    });
}

#[test]
fn signature_checks_should_be_bound() {
    const FREE: &[Free] = &[Free {
        pattern: "check/challenge is the low half of the hash/canonical/*/run/inverse",
        when: number_is_zero,
        reason: "the number begins like the order of the field, so the tested number is zero",
        rare: true,
    }];
    bound("signature", 40, FREE, |b| {
        let secret = SecretKey::from_seed(&b.random.bytes());
        let enabled = b.bit();
        let (key, message) = (secret.public(), b.random.field());
        let signature = secret.sign(message);
        let key = Point {
            x: b.field(key.x()),
            y: b.field(key.y()),
        };
        let message = b.field(message);
        let witness = SignatureWitness {
            challenge: signature.challenge,
            response: signature.response,
        };
        enforce_if(&mut b.cs, "check", &enabled, &key, &message, Some(witness)).unwrap();
    });
}

//! Proofs whose discrete logarithms are known, so that a forger can be given everything but the hash.

use super::*;
use crate::backend::Pure;
use bls12_381::{G1Projective, G2Projective};

/// A key, a proof and an input, as multiples of the generators.
#[derive(Clone, Copy, Debug)]
struct Logs {
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    constant: Fr,
    slope: Fr,
    input: Fr,
    a: Fr,
    b: Fr,
    c: Fr,
}

fn g1(log: Fr) -> G1Affine {
    (G1Projective::generator() * log).into()
}

fn g2(log: Fr) -> G2Affine {
    (G2Projective::generator() * log).into()
}

fn inverse(x: Fr) -> Fr {
    Option::from(x.invert()).expect("the numbers of these tests are not zero")
}

impl Logs {
    /// A proof that holds; `n` makes it another one, `key` its key another one.
    fn good(key: u64, n: u64) -> Self {
        let mut logs = Self {
            alpha: Fr::from(1_009 + key),
            beta: Fr::from(2_003 + key),
            gamma: Fr::from(3_001 + key),
            delta: Fr::from(4_001 + key),
            constant: Fr::from(5_003 + key),
            slope: Fr::from(6_007 + key),
            input: Fr::from(7_001 + n),
            a: Fr::from(8_009 + n),
            b: Fr::from(9_001 + n),
            c: Fr::zero(),
        };
        logs.c = logs.error() * inverse(logs.delta);
        logs
    }

    /// The logarithm of the product of the pairings; zero if the proof holds.
    fn error(&self) -> Fr {
        self.a * self.b
            - self.alpha * self.beta
            - (self.constant + self.input * self.slope) * self.gamma
            - self.c * self.delta
    }

    fn key(&self) -> VerifyingKey {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&g1(self.alpha).to_uncompressed());
        bytes.extend_from_slice(&g1(self.beta).to_uncompressed());
        bytes.extend_from_slice(&g2(self.beta).to_uncompressed());
        bytes.extend_from_slice(&g2(self.gamma).to_uncompressed());
        bytes.extend_from_slice(&g1(self.delta).to_uncompressed());
        bytes.extend_from_slice(&g2(self.delta).to_uncompressed());
        bytes.extend_from_slice(&2u32.to_be_bytes());
        bytes.extend_from_slice(&g1(self.constant).to_uncompressed());
        bytes.extend_from_slice(&g1(self.slope).to_uncompressed());
        VerifyingKey::from_bytes(&bytes).expect("multiples of the generators")
    }

    fn proof(&self) -> Proof {
        Proof {
            a: g1(self.a),
            b: g2(self.b),
            c: g1(self.c),
        }
    }
}

/// Calls `run` with the items of these logarithms.
fn with<T>(logs: &[Logs], run: impl FnOnce(&[Item<'_>]) -> T) -> T {
    let made: Vec<_> = logs.iter().map(|l| (l.key(), [l.input], l.proof())).collect();
    let items: Vec<Item<'_>> = made.iter().map(|(k, x, p)| (k, x.as_slice(), p)).collect();
    run(&items)
}

fn coefficients_of(logs: &[Logs]) -> Vec<Fr> {
    with(logs, |items| coefficients(items, &Group::all(items)))
}

#[test]
fn proofs_with_known_logarithms_should_hold() {
    let logs = [Logs::good(0, 0), Logs::good(0, 1), Logs::good(1, 2)];
    assert_eq!(with(&logs, verify_many_with::<Pure>), Ok(()));
    for l in &logs {
        assert_eq!(verify_with::<Pure>(&l.key(), &[l.input], &l.proof()), Ok(()));
    }
}

#[test]
fn first_coefficient_should_be_one_and_all_below_2_128_and_distinct() {
    let logs: Vec<Logs> = (0..8).map(|n| Logs::good(n % 2, n)).collect();
    let all = coefficients_of(&logs);
    assert_eq!(all[0], Fr::one());
    for (i, r) in all.iter().enumerate() {
        assert_ne!(*r, Fr::zero());
        assert_eq!(r.to_bytes()[16..], [0; 16]);
        assert!(!all[..i].contains(r));
    }
    // Half of the bits would be a weaker bound.
    assert!(all.iter().any(|r| r.to_bytes()[8..16] != [0; 8]));
    assert!(all.iter().any(|r| r.to_bytes()[15] != 0));
}

#[test]
fn coefficients_should_depend_on_everything_and_on_the_number_of_proofs() {
    let logs = [Logs::good(0, 0), Logs::good(0, 1), Logs::good(1, 2)];
    let before = coefficients_of(&logs);
    let changes: [fn(&mut Logs); 10] = [
        |l| l.alpha += Fr::one(),
        |l| l.beta += Fr::one(),
        |l| l.gamma += Fr::one(),
        |l| l.delta += Fr::one(),
        |l| l.constant += Fr::one(),
        |l| l.slope += Fr::one(),
        |l| l.input += Fr::one(),
        |l| l.a += Fr::one(),
        |l| l.b += Fr::one(),
        |l| l.c += Fr::one(),
    ];
    for place in 0..logs.len() {
        for (number, change) in changes.iter().enumerate() {
            let mut other = logs;
            change(&mut other[place]);
            let after = coefficients_of(&other);
            for i in 1..logs.len() {
                assert_ne!(before[i], after[i], "change {number} at {place}");
            }
        }
    }
    assert_ne!(before[1], coefficients_of(&logs[..2])[1]);
}

/// The forger knows the coefficients of the set it starts from, and makes two wrong proofs whose errors cancel under
/// them, by changing one number of the second.
#[test]
fn errors_that_cancel_under_the_coefficients_of_another_set_should_be_refused() {
    type Change = fn(&mut Logs, Fr);
    // Each lowers the error by the given amount.
    let changes: [(&str, Change); 6] = [
        ("alpha", |l, e| l.alpha += e * inverse(l.beta)),
        ("constant", |l, e| l.constant += e * inverse(l.gamma)),
        ("input", |l, e| l.input += e * inverse(l.gamma * l.slope)),
        ("A", |l, e| l.a -= e * inverse(l.b)),
        ("B", |l, e| l.b -= e * inverse(l.a)),
        ("C", |l, e| l.c += e * inverse(l.delta)),
    ];
    for (name, change) in changes {
        let mut logs = [Logs::good(0, 0), Logs::good(1, 1), Logs::good(0, 2)];
        // The first proof is wrong before the coefficients are known.
        logs[0].c += Fr::one();
        let known = coefficients_of(&logs);
        let owed = logs[0].error() * inverse(known[1]);
        change(&mut logs[1], owed);
        let under_known = logs
            .iter()
            .zip(&known)
            .fold(Fr::zero(), |sum, (l, r)| sum + r * l.error());
        assert_eq!(under_known, Fr::zero(), "{name}: the forger's sum is right");
        assert_eq!(
            with(&logs, verify_many_with::<Pure>),
            Err(VerifyError::PairingCheckFailed),
            "{name}"
        );
    }
}

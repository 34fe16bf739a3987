//! Verification of single proofs, against the crate `groth16` and the chain's verifier.

mod common;

use bls12_381::{Bls12, G1Affine, G2Affine, Scalar};
use cloister_groth16::{inputs_from_bytes, PointError, Proof, ProofPoint, ProvingKey, VerifyError, PROOF_LENGTH};
use common::*;
use groth16::{prepare_verifying_key, verify_proof, Parameters};

/// A key at three verifiers.
struct Verifiers {
    ours: ProvingKey,
    oracle: groth16::PreparedVerifyingKey<Bls12>,
    chain: cloister_groth16_verifier::VerifyingKey,
}

impl Verifiers {
    fn new(parameters: &Parameters<Bls12>) -> Self {
        let ours = key_of(parameters);
        Self {
            oracle: prepare_verifying_key(&parameters.vk),
            chain: cloister_groth16_verifier::VerifyingKey::from_bytes(&ours.verifying_key()).expect("a good key"),
            ours,
        }
    }

    /// Our verdict, after checking that all others agree with it: `groth16` accepts or not, the chain with the same
    /// error.
    fn verify(&self, proof: &Proof, inputs: &[Scalar]) -> Result<(), VerifyError> {
        let ours = self.ours.verify(proof, inputs);
        assert_eq!(ours, self.ours.vk().verify(proof, inputs), "prepared and not");
        let oracle = groth16::Proof::<Bls12>::read(&proof.0[..])
            .is_ok_and(|proof| verify_proof(&self.oracle, &proof, inputs).is_ok());
        assert_eq!(ours.is_ok(), oracle, "{proof:?}");
        use cloister_groth16_verifier::VerifyError as Chain;
        let chain = cloister_groth16_verifier::Proof::from_bytes(&proof.0)
            .and_then(|proof| cloister_groth16_verifier::verify(&self.chain, inputs, &proof));
        match (&ours, chain) {
            (Ok(()), Ok(())) | (Err(VerifyError::NotSatisfied), Err(Chain::PairingCheckFailed)) => {}
            (
                Err(VerifyError::InputCount { expected, given }),
                Err(Chain::WrongInputCount { expected: e, given: g }),
            ) => {
                assert_eq!((*expected, *given), (e, g));
            }
            (Err(VerifyError::Proof { point, error }), Err(Chain::Proof { point: p, error: e })) => {
                assert_eq!(format!("{point:?} {error:?}"), format!("{p:?} {e:?}"));
            }
            (ours, chain) => panic!("{ours:?}, the chain says {chain:?}"),
        }
        ours
    }
}

#[test]
fn a_proof_holds_for_its_inputs_only() {
    for shown in [0, 1, 50] {
        let parameters = oracle(shown);
        let verifiers = Verifiers::new(&parameters);
        let circuit = Cubic::of(3, shown);
        let inputs = circuit.inputs();
        let proof = prove(&parameters, circuit, 1);
        assert_eq!(verifiers.verify(&proof, &inputs), Ok(()));
        for i in 0..inputs.len() {
            let mut other = inputs.clone();
            other[i] += Scalar::one();
            assert_eq!(verifiers.verify(&proof, &other), Err(VerifyError::NotSatisfied));
        }
        let zero = vec![Scalar::zero(); inputs.len()];
        assert_eq!(verifiers.verify(&proof, &zero), Err(VerifyError::NotSatisfied));
        assert_eq!(
            verifiers.verify(&prove(&oracle(60), Cubic::of(3, 60), 1), &inputs),
            Err(VerifyError::NotSatisfied)
        );
        for given in [0, inputs.len() - 1, inputs.len() + 1] {
            if given != inputs.len() {
                let mut other = inputs.clone();
                other.resize(given, Scalar::one());
                let expected = inputs.len();
                assert_eq!(
                    verifiers.verify(&proof, &other),
                    Err(VerifyError::InputCount { expected, given })
                );
            }
        }
    }
}

#[test]
fn inputs_whose_sum_is_the_identity_are_verified_as_the_oracle_does() {
    // With ic_1 = -ic_0 the input one makes the sum vanish.
    let mut parameters = oracle(0);
    parameters.vk.ic[1] = -parameters.vk.ic[0];
    let proof = prove(&oracle(0), Cubic::of(3, 0), 1);
    let verifiers = Verifiers::new(&parameters);
    assert_eq!(
        verifiers.verify(&proof, &[Scalar::one()]),
        Err(VerifyError::NotSatisfied)
    );
    // A = alpha, B = beta, C = delta and -delta in the key's place: e(A, B) = e(alpha, beta) · e(0, gamma) · e(C,
    // delta) needs C = 0.
    let forged = encode_proof(&groth16::Proof {
        a: parameters.vk.alpha_g1,
        b: parameters.vk.beta_g2,
        c: parameters.vk.delta_g1,
    });
    assert_eq!(
        verifiers.verify(&forged, &[Scalar::one()]),
        Err(VerifyError::NotSatisfied)
    );
}

#[test]
fn every_flipped_bit_of_a_proof_is_refused_as_the_others_refuse_it() {
    let parameters = oracle(0);
    let verifiers = Verifiers::new(&parameters);
    let circuit = Cubic::of(3, 0);
    let proof = prove(&parameters, circuit, 7);
    let mut seen = [0; 4];
    for bit in 0..8 * PROOF_LENGTH {
        let mut bytes = proof.0;
        bytes[bit / 8] ^= 1 << (bit % 8);
        let error = verifiers.verify(&Proof(bytes), &circuit.inputs()).expect_err("altered");
        let expected_point = match bit / 8 {
            0..48 => ProofPoint::A,
            48..144 => ProofPoint::B,
            _ => ProofPoint::C,
        };
        match error {
            VerifyError::Proof { point, error } => {
                assert_eq!(point, expected_point);
                seen[match error {
                    PointError::Encoding => 0,
                    PointError::NotOnCurve => 1,
                    PointError::NotInSubgroup => 2,
                    PointError::Infinity => panic!("no single bit makes the identity"),
                }] += 1;
            }
            VerifyError::NotSatisfied => seen[3] += 1,
            other => panic!("{other:?}"),
        }
    }
    // Flags and large coordinates; no such x; not in the subgroup; the three flags of the sign.
    assert!(seen[0] >= 6 && seen[1] > 400 && seen[2] > 400, "{seen:?}");
    assert_eq!(seen[3], 3);
    assert_eq!(seen.iter().sum::<usize>(), 8 * PROOF_LENGTH);
}

/// Every way in which a compressed point of G1 can be wrong.
fn bad_g1() -> Vec<([u8; 48], PointError)> {
    let good = G1Affine::generator().to_compressed();
    let with = |change: &dyn Fn(&mut [u8; 48])| {
        let mut bytes = good;
        change(&mut bytes);
        bytes
    };
    let (mut order_three, mut not_on_curve) = ([0; 48], [0; 48]);
    order_three[0] = 0x80;
    (not_on_curve[0], not_on_curve[47]) = (0x80, 1);
    assert!(bool::from(G1Affine::from_compressed_unchecked(&not_on_curve).is_none()));
    vec![
        (G1Affine::identity().to_compressed(), PointError::Infinity),
        (with(&|b| b[0] &= 0x7f), PointError::Encoding),
        (with(&|b| b[0] |= 0x40), PointError::Encoding),
        (with(&|b| *b = [0; 48]), PointError::Encoding),
        // The identity with the sign, and with something behind it.
        (
            with(&|b| {
                *b = [0; 48];
                b[0] = 0xe0;
            }),
            PointError::Encoding,
        ),
        (
            with(&|b| {
                *b = [0; 48];
                (b[0], b[47]) = (0xc0, 1);
            }),
            PointError::Encoding,
        ),
        (
            with(&|b| {
                *b = [0xff; 48];
                b[0] = 0x9f;
            }),
            PointError::Encoding,
        ),
        (not_on_curve, PointError::NotOnCurve),
        (order_three, PointError::NotInSubgroup),
        (g1_outside_subgroup().0, PointError::NotInSubgroup),
    ]
}

#[test]
fn points_that_may_not_be_used_are_named() {
    let parameters = oracle(0);
    let verifiers = Verifiers::new(&parameters);
    let circuit = Cubic::of(3, 0);
    let proof = prove(&parameters, circuit, 7);
    let check = |at: usize, bad: &[u8], point: ProofPoint, error: PointError| {
        let mut bytes = proof.0;
        bytes[at..at + bad.len()].copy_from_slice(bad);
        assert_eq!(
            verifiers.verify(&Proof(bytes), &circuit.inputs()),
            Err(VerifyError::Proof { point, error })
        );
    };
    for (bad, error) in bad_g1() {
        check(0, &bad, ProofPoint::A, error);
        check(144, &bad, ProofPoint::C, error);
    }
    let good = G2Affine::generator().to_compressed();
    let with = |change: &dyn Fn(&mut [u8; 96])| {
        let mut bytes = good;
        change(&mut bytes);
        bytes
    };
    let bad_g2 = [
        (G2Affine::identity().to_compressed(), PointError::Infinity),
        (with(&|b| b[0] &= 0x7f), PointError::Encoding),
        (with(&|b| b[0] |= 0x40), PointError::Encoding),
        (with(&|b| b[1..48].fill(0xff)), PointError::NotOnCurve),
        (with(&|b| b[48..].fill(0xff)), PointError::Encoding),
        (with(&|b| b[48] |= 0x80), PointError::Encoding),
        (g2_outside_subgroup().0, PointError::NotInSubgroup),
    ];
    for (bad, error) in bad_g2 {
        // Where arithmetic alone decides between the last two, the others' verdict counts.
        if error == PointError::NotOnCurve {
            let mut bytes = proof.0;
            bytes[48..144].copy_from_slice(&bad);
            assert!(verifiers.verify(&Proof(bytes), &circuit.inputs()).is_err());
        } else {
            check(48, &bad, ProofPoint::B, error);
        }
    }
    // The first bad point is named.
    let mut bytes = proof.0;
    bytes[144..].copy_from_slice(&G1Affine::identity().to_compressed());
    bytes[..48].copy_from_slice(&g1_outside_subgroup().0);
    assert_eq!(
        verifiers.verify(&Proof(bytes), &circuit.inputs()),
        Err(VerifyError::Proof {
            point: ProofPoint::A,
            error: PointError::NotInSubgroup
        })
    );
}

#[test]
fn proofs_are_encoded_as_they_are_decoded() {
    let proof = prove(&oracle(0), Cubic::of(3, 0), 7);
    let points = proof.points().expect("good points");
    assert_eq!(Proof::from_points(&points), proof);
}

#[test]
fn inputs_are_canonical() {
    let minus_one = (-Scalar::one()).to_bytes();
    let mut order = minus_one;
    order[0] += 1;
    let one = Scalar::one().to_bytes();
    assert_eq!(
        inputs_from_bytes(&[one, minus_one, [0; 32]]),
        Ok(vec![Scalar::one(), -Scalar::one(), Scalar::zero()])
    );
    assert_eq!(inputs_from_bytes(&[]), Ok(vec![]));
    for bad in [order, [0xff; 32]] {
        assert_eq!(
            inputs_from_bytes(&[one, bad, bad]),
            Err(VerifyError::InputRange { index: 1 })
        );
    }
}

//! The key: the first one, and what is proved with the last.

use crate::{
    ceremony::Ceremony,
    error::CeremonyError,
    tests::{
        cheats::contribute_known,
        support::{ceremony, known, matrices, powers, read_sections, silent, Chain, Folder},
    },
};
use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::{Bls12, G1Projective, G2Projective, Scalar};
use cloister_groth16::{Matrices, Proof, Prover, ProvingKey, VerifyError};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn bytes(key: &ProvingKey) -> Vec<u8> {
    let mut out = Vec::new();
    key.write_groth16(&mut out).expect("memory is written to");
    out
}

#[test]
fn the_first_key_is_the_one_of_the_crate_groth16_with_gamma_and_delta_one() {
    let secrets = known(0);
    let one = Scalar::one();
    let expected = groth16::generate_parameters::<Bls12, _>(
        Chain(None),
        G1Projective::generator(),
        G2Projective::generator(),
        secrets.alpha,
        secrets.beta,
        one,
        one,
        secrets.tau,
    )
    .expect("generates");
    let mut wanted = Vec::new();
    expected.write(&mut wanted).expect("memory is written to");

    // From powers of its own size, and from larger ones.
    let matrices = matrices();
    for more in [0, 2] {
        let log2 = matrices.domain_log2();
        let powers = read_sections("first-key", &known(log2 + more).sections(), log2).expect("good powers");
        let ceremony = Ceremony::new(&powers, &matrices, &silent).expect("the circuit fits");
        // No contribution, so it cannot be exported; its bytes stand at the end of the file, before the checksum.
        let folder = Folder::new("first-key-file");
        let path = folder.file("ceremony");
        ceremony.write(&path).expect("writes");
        let file = std::fs::read(&path).expect("reads");
        let end = file.len() - 64;
        assert!(file[end - wanted.len()..end] == wanted[..], "the keys differ");
    }
}

#[test]
fn contributions_change_delta_h_and_l_as_the_crate_groth16_would() {
    let (mut ceremony, _) = ceremony("delta");
    contribute_known(&mut ceremony, "Alice", 5);
    contribute_known(&mut ceremony, "Bob", 7);
    let key = ceremony.export(&silent).expect("exports");
    let secrets = known(0);
    let expected = groth16::generate_parameters::<Bls12, _>(
        Chain(None),
        G1Projective::generator(),
        G2Projective::generator(),
        secrets.alpha,
        secrets.beta,
        Scalar::one(),
        Scalar::from(35),
        secrets.tau,
    )
    .expect("generates");
    let mut wanted = Vec::new();
    expected.write(&mut wanted).expect("memory is written to");
    assert!(bytes(&key) == wanted, "the keys differ");
    assert!(!key.is_development());
    assert_eq!(key.circuit(), matrices().id());
}

#[test]
fn a_proof_with_the_final_key_verifies_under_its_verifying_key() {
    let (mut ceremony, powers) = ceremony("proof");
    for name in ["Alice", "Bob", "Carol"] {
        ceremony.contribute(name, b"dice", &silent).expect("contributes");
    }
    ceremony.beacon(b"block 1", 3, &silent).expect("ends");
    ceremony.verify(&powers, &matrices(), &silent).expect("verifies");
    let names: Vec<_> = ceremony.contributions().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Alice", "Bob", "Carol", "beacon"]);
    let key = ceremony.export(&silent).expect("exports");

    let circuit = Chain(Some((Scalar::from(3), Scalar::from(4))));
    let inputs = circuit.inputs();
    let mut wrong = inputs.clone();
    wrong[1] += Scalar::one();
    let mut rng = ChaCha20Rng::seed_from_u64(1);

    // With our engine, and with the crate groth16 that reads the same key.
    let prover = Prover::new(key.clone(), matrices()).expect("the key is of this circuit");
    let ours = prover.prove(circuit, &mut rng).expect("proves");
    let parameters = groth16::Parameters::<Bls12>::read(&bytes(&key)[..], true).expect("the points are good");
    let proof = groth16::create_random_proof(circuit, &parameters, &mut rng).expect("proves");
    let mut theirs = [0; 192];
    proof
        .write(&mut theirs[..])
        .expect("the buffer has the length of a proof");
    for proof in [ours, Proof(theirs)] {
        key.verify(&proof, &inputs).expect("verifies");
        assert!(matches!(key.verify(&proof, &wrong), Err(VerifyError::NotSatisfied)));
    }
}

/// Nothing to prove.
struct Empty;

impl Circuit<Scalar> for Empty {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        cs.alloc_input(|| "x", || Ok(Scalar::one())).map(|_| ())
    }
}

/// One wire is used, one is not.
struct Loose;

impl Circuit<Scalar> for Loose {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let x = cs.alloc(|| "x", || Ok(Scalar::one()))?;
        cs.alloc(|| "loose", || Ok(Scalar::one()))?;
        cs.enforce(|| "x", |lc| lc + x, |lc| lc + x, |lc| lc + x);
        Ok(())
    }
}

#[test]
fn circuits_that_have_no_safe_key_are_refused() {
    let start = |matrices: &Matrices| {
        let powers = read_sections("unsafe", &known(4).sections(), matrices.domain_log2()).expect("good powers");
        Ceremony::new(&powers, matrices, &silent).expect_err("refused")
    };
    let empty = Matrices::record(Empty).expect("synthesises");
    assert!(matches!(start(&empty), CeremonyError::EmptyCircuit));
    let loose = Matrices::record(Loose).expect("synthesises");
    // Wire 0 is the constant one, wire 1 is x.
    assert!(matches!(start(&loose), CeremonyError::UnconstrainedWire(2)));
}

#[test]
fn powers_of_another_domain_are_refused() {
    let powers = read_sections("other-domain", &known(7).sections(), 7).expect("good powers");
    let error = Ceremony::new(&powers, &matrices(), &silent).expect_err("another domain");
    assert!(
        matches!(error, CeremonyError::Domain { found: 7, expected: 6 }),
        "{error}"
    );
}

#[test]
fn a_key_without_a_person_behind_it_is_not_exported() {
    let (ceremony, _) = ceremony("nobody");
    let error = ceremony.clone().export(&silent).expect_err("nobody contributed");
    assert!(matches!(error, CeremonyError::NoContribution), "{error}");
    let mut with_beacon = ceremony;
    let error = with_beacon
        .beacon(b"block", 0, &silent)
        .expect_err("nobody contributed");
    assert!(matches!(error, CeremonyError::NoContribution), "{error}");
}

#[test]
fn two_ceremonies_of_the_same_names_differ() {
    let powers = powers("differ");
    let run = || {
        let mut ceremony = Ceremony::new(&powers, &matrices(), &silent).expect("begins");
        ceremony.contribute("Alice", b"", &silent).expect("contributes");
        ceremony
    };
    let (one, other) = (run(), run());
    assert_eq!(one.start(), other.start());
    assert_ne!(one.hash(), other.hash());
    assert_ne!(one.verifying_key(), other.verifying_key());
}

//! `cloister-prover export`: what it writes, and what it refuses.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::{Bls12, Scalar};
use cloister_groth16_verifier::{PointError, Proof, ProofPoint, VerifyError, VerifyingKey, VerifyingKeyError};
use cloister_prover_cli::export::{
    decimal, run,
    snarkjs::{PointG1, PointG2, ProofJson, PublicJson, VerificationKeyJson},
    Args, ExportError, Format, ImportError, KEY_FILE, PROOF_FILE, PUBLIC_FILE,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Knows `x` with `x·x = square` and `x·square = cube`, both public.
struct Powers(Option<Scalar>);

impl Circuit<Scalar> for Powers {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let value = |x: Option<Scalar>| x.ok_or(SynthesisError::AssignmentMissing);
        let square = cs.alloc_input(|| "square", || value(self.0.map(|x| x * x)))?;
        let cube = cs.alloc_input(|| "cube", || value(self.0.map(|x| x * x * x)))?;
        let x = cs.alloc(|| "x", || value(self.0))?;
        cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + square);
        cs.enforce(|| "cube", |lc| lc + x, |lc| lc + square, |lc| lc + cube);
        Ok(())
    }
}

/// A key of two inputs with a proof of `x = 3`, made by the crate `groth16`.
struct Sample {
    key: Vec<u8>,
    proof: [u8; 192],
    public: [String; 2],
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let parameters =
            groth16::generate_random_parameters::<Bls12, _, _>(Powers(None), &mut rng).expect("synthesises");
        let made = groth16::create_random_proof::<Bls12, _, _, _>(Powers(Some(Scalar::from(3))), &parameters, &mut rng);
        let (mut key, mut proof) = (Vec::new(), [0; 192]);
        parameters.vk.write(&mut key).expect("writes");
        made.expect("proves").write(&mut proof[..]).expect("writes");
        let public = [9u64, 27].map(|x| hex::encode(Scalar::from(x).to_bytes()));
        Sample { key, proof, public }
    })
}

/// An empty folder with the sample's verifying key in it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("key"), &sample().key).expect("writes");
    folder
}

/// The sample in a folder of its own, changed before it is exported.
fn export(name: &str, change: impl FnOnce(&Path, &mut Args)) -> Result<PathBuf, ExportError> {
    let folder = folder(name);
    let out = folder.join("out");
    let mut args = Args {
        format: Format::Snarkjs,
        key: None,
        verifying_key: Some(folder.join("key")),
        proof: Some(hex::encode(sample().proof)),
        public: sample().public.to_vec(),
        out: out.clone(),
    };
    change(&folder, &mut args);
    let result = run(&args).map(|()| out.clone());
    if result.is_err() {
        assert!(!out.is_dir(), "something was written");
    }
    result
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<_> = entries
        .map(|e| e.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    names
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&fs::read_to_string(path).expect("the file")).expect("JSON")
}

#[test]
fn the_files_should_read_back_as_what_was_exported() {
    let out = export("back", |_, _| ()).expect("exports");
    assert_eq!(names(&out), [PROOF_FILE, PUBLIC_FILE, KEY_FILE]);
    let key: VerificationKeyJson = read(&out.join(KEY_FILE));
    let parameters = groth16::VerifyingKey::<Bls12>::read(sample().key.as_slice()).expect("the key");
    let points = key.points().expect("the points");
    assert_eq!(key.inputs, 2);
    assert_eq!(points.alpha_g1, parameters.alpha_g1);
    assert_eq!(points.beta_g2, parameters.beta_g2);
    assert_eq!(points.gamma_g2, parameters.gamma_g2);
    assert_eq!(points.delta_g2, parameters.delta_g2);
    assert_eq!(points.ic, parameters.ic);
    let proof: ProofJson = read(&out.join(PROOF_FILE));
    assert_eq!(proof.bytes(), Ok(sample().proof));
    let public: PublicJson = read(&out.join(PUBLIC_FILE));
    assert_eq!(public.0, ["9", "27"]);
    assert_eq!(public.inputs(), Ok(vec![Scalar::from(9), Scalar::from(27)]));
}

#[test]
fn a_proof_should_be_taken_raw_and_in_digits_from_a_file_and_from_the_command_line() {
    let digits = hex::encode(sample().proof);
    let want = fs::read(export("digits", |_, _| ()).expect("exports").join(PROOF_FILE)).expect("reads");
    let forms: [(&str, Vec<u8>); 3] = [
        ("raw", sample().proof.to_vec()),
        ("text", format!("{digits}\n").into_bytes()),
        ("prefixed", format!("0x{digits}\n").into_bytes()),
    ];
    for (name, content) in forms {
        let out = export(name, |folder, args| {
            fs::write(folder.join("proof"), &content).expect("writes");
            args.proof = folder.join("proof").to_str().map(Into::into);
        });
        assert_eq!(
            fs::read(out.expect(name).join(PROOF_FILE)).expect("reads"),
            want,
            "{name}"
        );
    }
    let out = export("prefix", |_, args| args.proof = Some(format!("0x{digits}"))).expect("exports");
    assert_eq!(fs::read(out.join(PROOF_FILE)).expect("reads"), want);
}

#[test]
fn without_a_proof_the_verifying_key_alone_should_be_written() {
    let out = export("alone", |folder, args| {
        fs::write(folder.join("key"), hex::encode(&sample().key)).expect("writes");
        (args.proof, args.public) = (None, Vec::new());
    });
    assert_eq!(names(&out.expect("exports")), [KEY_FILE]);
}

#[test]
fn public_inputs_should_be_refused_when_too_many_too_few_too_long_or_not_reduced() {
    let counted = |name, public: &[String]| match export(name, |_, args| args.public = public.to_vec()) {
        Err(ExportError::InputCount { expected, found }) => (expected, found),
        other => panic!("{other:?}"),
    };
    let [a, b] = &sample().public;
    assert_eq!(counted("few", std::slice::from_ref(a)), (2, 1));
    assert_eq!(counted("none", &[]), (2, 0));
    assert_eq!(counted("many", &[a.clone(), b.clone(), a.clone()]), (2, 3));

    let second =
        |name, text: String| export(name, |_, args| args.public[1] = text).expect_err("the second input is refused");
    // The order of the field, little-endian: the smallest encoding of a second zero.
    let mut order = (-Scalar::one()).to_bytes();
    order[0] += 1;
    assert!(matches!(
        second("order", hex::encode(order)),
        ExportError::PublicNotCanonical { place: 1 }
    ));
    assert!(matches!(
        second("ones", "ff".repeat(32)),
        ExportError::PublicNotCanonical { place: 1 }
    ));
    assert!(matches!(
        second("short", "00".repeat(31)),
        ExportError::PublicLength {
            place: 1,
            expected: 32,
            found: 31
        }
    ));
    assert!(matches!(
        second("odd", "000".into()),
        ExportError::Hex {
            argument: "--public",
            ..
        }
    ));
    assert!(matches!(
        second("words", "nine".into()),
        ExportError::Hex {
            argument: "--public",
            ..
        }
    ));
}

#[test]
fn proofs_should_be_refused_by_length_and_by_the_first_point_that_is_none() {
    let with = |name, bytes: Vec<u8>| {
        export(name, |_, args| args.proof = Some(hex::encode(bytes))).expect_err("the proof is refused")
    };
    let proof = sample().proof;
    assert!(matches!(
        with("proof short", proof[..191].to_vec()),
        ExportError::ProofLength {
            expected: 192,
            found: 191
        }
    ));
    let mut infinity = proof;
    infinity[144..].fill(0);
    infinity[144] = 0b1100_0000;
    assert!(matches!(
        with("proof infinity", infinity.to_vec()),
        ExportError::Proof(VerifyError::Proof {
            point: ProofPoint::C,
            error: PointError::Infinity
        })
    ));
    let mut flags = proof;
    flags[48] &= 0b0111_1111;
    assert!(matches!(
        with("proof flags", flags.to_vec()),
        ExportError::Proof(VerifyError::Proof {
            point: ProofPoint::B,
            error: PointError::Encoding
        })
    ));
    // snarkjs does not look at subgroups, so a point outside must not get that far.
    let outside = outside_subgroup();
    let mut foreign = proof;
    foreign[..48].copy_from_slice(&outside);
    assert!(matches!(
        with("proof subgroup", foreign.to_vec()),
        ExportError::Proof(VerifyError::Proof {
            point: ProofPoint::A,
            error: PointError::NotInSubgroup
        })
    ));
    let missing = export("proof missing", |folder, args| {
        args.proof = folder.join("nowhere").to_str().map(Into::into);
    });
    assert!(matches!(missing, Err(ExportError::Read { path, .. }) if path.ends_with("nowhere")));
}

/// The compressed form of a point of the curve that is not in the subgroup of prime order.
fn outside_subgroup() -> [u8; 48] {
    let candidates = (1u8..=255).map(|x| {
        let mut bytes = [0; 48];
        (bytes[0], bytes[47]) = (0b1000_0000, x);
        bytes
    });
    let mut outside = candidates.filter(|bytes| {
        let point: Option<bls12_381::G1Affine> = bls12_381::G1Affine::from_compressed_unchecked(bytes).into();
        point.is_some_and(|point| !bool::from(point.is_torsion_free()))
    });
    outside.next().expect("nearly every point is outside")
}

#[test]
fn keys_should_be_refused_when_missing_cut_or_not_a_key_file() {
    let cut = export("key cut", |folder, _| {
        fs::write(folder.join("key"), &sample().key[..900]).expect("writes");
    });
    assert!(matches!(cut, Err(ExportError::VerifyingKey(VerifyingKeyError::Length))));
    let missing = export("key missing", |folder, args| {
        args.verifying_key = Some(folder.join("nowhere"))
    });
    assert!(matches!(missing, Err(ExportError::Read { path, .. }) if path.ends_with("nowhere")));
    // The chain's bytes are no key file.
    let other = export("key file", |_, args| args.key = args.verifying_key.take());
    assert!(matches!(
        other,
        Err(ExportError::KeyFile(cloister_groth16::KeyError::NotAKey(path))) if path.ends_with("key")
    ));
    assert!(matches!(
        export("key none", |_, args| args.verifying_key = None),
        Err(ExportError::NoKey)
    ));
}

#[test]
fn a_folder_that_cannot_be_made_should_be_named() {
    let result = export("blocked", |folder, args| {
        args.out = folder.join("key").join("below a file");
    });
    assert!(matches!(result, Err(ExportError::Write { path, .. }) if path.ends_with("below a file")));
}

#[test]
fn a_file_that_cannot_be_replaced_should_leave_no_half_file() {
    let folder = folder("occupied");
    fs::create_dir_all(folder.join(PROOF_FILE)).expect("a folder in the way");
    let args = Args {
        format: Format::Snarkjs,
        key: None,
        verifying_key: Some(folder.join("key")),
        proof: Some(hex::encode(sample().proof)),
        public: sample().public.to_vec(),
        out: folder.clone(),
    };
    assert!(matches!(run(&args), Err(ExportError::Write { path, .. }) if path.ends_with(PROOF_FILE)));
    assert_eq!(names(&folder), ["key", PROOF_FILE, KEY_FILE]);
}

#[test]
fn json_of_other_systems_should_not_be_read_back() {
    let key = VerificationKeyJson::new(&VerifyingKey::from_bytes(&sample().key).expect("the key")).expect("JSON");
    let proof = ProofJson::new(&Proof::from_bytes(&sample().proof).expect("the proof")).expect("JSON");
    let keyed = |change: &dyn Fn(&mut VerificationKeyJson)| {
        let mut changed = key.clone();
        change(&mut changed);
        changed.points().expect_err("refused")
    };
    assert_eq!(
        keyed(&|k| k.protocol = "plonk".into()),
        ImportError::Protocol("plonk".into())
    );
    assert_eq!(keyed(&|k| k.curve = "bn128".into()), ImportError::Curve("bn128".into()));
    assert_eq!(
        keyed(&|k| k.inputs = 3),
        ImportError::InputCount { inputs: 3, points: 3 }
    );
    assert_eq!(
        keyed(&|k| k.inputs = usize::MAX),
        ImportError::InputCount {
            inputs: usize::MAX,
            points: 3
        }
    );

    let proved = |change: &dyn Fn(&mut ProofJson)| {
        let mut changed = proof.clone();
        change(&mut changed);
        changed.bytes().expect_err("refused")
    };
    let (zero, one) = (|| "0".to_string(), || "1".to_string());
    // The identity as snarkjs writes it.
    assert_eq!(
        proved(&|p| p.pi_c = PointG1([zero(), one(), zero()])),
        ImportError::NotAffine("pi_c")
    );
    assert_eq!(
        proved(&|p| p.pi_b = PointG2([[zero(), zero()], [one(), zero()], [zero(), zero()]])),
        ImportError::NotAffine("pi_b")
    );
    assert_eq!(proved(&|p| p.pi_a.0[0] = one()), ImportError::Point("pi_a"));
    assert_eq!(proved(&|p| p.pi_a.0[0] = "0x1".into()), ImportError::Number("pi_a"));
    assert_eq!(proved(&|p| p.pi_a.0[0] = "9".repeat(116)), ImportError::Number("pi_a"));
    // 2^381 would set the flag for the larger y, were it not refused.
    let mut flag = [0; 48];
    flag[0] = 0b0010_0000;
    assert_eq!(
        proved(&|p| p.pi_a.0[0] = decimal::encode(&flag)),
        ImportError::Number("pi_a")
    );

    let order = {
        let mut bytes = (-Scalar::one()).to_bytes();
        bytes[0] += 1;
        bytes.reverse();
        decimal::encode(&bytes)
    };
    for text in [order.as_str(), "-1", "", " 1"] {
        assert_eq!(
            PublicJson(vec![text.into()]).inputs(),
            Err(ImportError::Number("public input")),
            "{text}"
        );
    }
}

#[test]
fn decimals_should_be_those_of_the_machine_and_go_back() {
    for x in [
        0u64,
        1,
        9,
        10,
        255,
        256,
        999_999_999,
        1_000_000_000,
        1_000_000_001,
        u64::MAX,
    ] {
        assert_eq!(decimal::encode(&x.to_be_bytes()), x.to_string());
        assert_eq!(decimal::decode::<8>(&x.to_string()), Some(x.to_be_bytes()));
    }
    assert_eq!(decimal::encode(&[]), "0");
    assert_eq!(decimal::decode::<8>("18446744073709551616"), None);
    assert_eq!(decimal::decode::<8>("٣"), None);
    assert_eq!(decimal::decode::<2>("00065535"), Some([255, 255]));
}

//! The cache of keys.

mod common;

use bellman::SynthesisError;
use bls12_381::Bls12;
use cloister_groth16::{
    development_rng, load_or_generate, load_or_generate_from, load_or_make, CircuitId, KeyError, KeyWriter, Matrices,
    Progress, ProvingKey, FORMAT,
};
use common::*;
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Writes the oracle's key.
fn make(mut writer: KeyWriter) -> Result<(), KeyError> {
    let key = key();
    writer.h(key.h())?;
    writer.l(key.l())?;
    writer.a(key.a())?;
    writer.b_g1(key.b_g1())?;
    writer.b_g2(key.b_g2())?;
    writer.finish(key.vk())
}

fn get(dir: &Path) -> (ProvingKey, Vec<Progress>) {
    let mut seen = Vec::new();
    let key = load_or_make(dir, ID, make, &mut |p| seen.push(p)).expect("ready");
    (key, seen)
}

fn generated(seen: &[Progress]) -> bool {
    seen.iter().any(|p| matches!(p, Progress::Generating(_)))
}

#[test]
fn generated_keys_are_those_that_groth16_makes_of_the_development_seed() {
    let dir = Directory::new("generated");
    for shown in [0, 30] {
        let id = CircuitId([shown as u8; 32]);
        let key = load_or_generate(&dir.0, id, Cubic::blank(shown), &mut |_| {}).expect("ready");
        let mut rng = development_rng(id);
        let parameters = groth16::generate_random_parameters::<Bls12, _, _>(Cubic::blank(shown), &mut rng);
        let mut bytes = Vec::new();
        key.write_groth16(&mut bytes).expect("writes");
        assert!(bytes == encoded(&parameters.expect("synthesises")));
        assert!(key.is_development() && key.circuit() == id);
        fs::remove_file(dir.join(format!("{id}.key"))).expect("removes");
        let matrices = Matrices::record(Cubic::blank(shown)).expect("synthesises");
        let again = load_or_generate_from(&dir.0, id, &matrices, &mut |_| {}).expect("ready");
        let mut other = Vec::new();
        again.write_groth16(&mut other).expect("writes");
        assert!(bytes == other);
    }
    let other = load_or_generate(&dir.0, CircuitId([8; 32]), Cubic::blank(0), &mut |_| {}).expect("ready");
    let first = load_or_generate(&dir.0, CircuitId([0; 32]), Cubic::blank(0), &mut |_| {}).expect("ready");
    assert_ne!(other.verifying_key(), first.verifying_key());
}

/// A circuit that cannot be synthesised.
struct Broken;

impl bellman::Circuit<bls12_381::Scalar> for Broken {
    fn synthesize<CS: bellman::ConstraintSystem<bls12_381::Scalar>>(self, _: &mut CS) -> Result<(), SynthesisError> {
        Err(SynthesisError::DivisionByZero)
    }
}

#[test]
fn a_circuit_that_cannot_be_synthesised_leaves_no_key() {
    let dir = Directory::new("broken");
    let result = load_or_generate(&dir.0, ID, Broken, &mut |_| {});
    assert!(matches!(
        result,
        Err(KeyError::Synthesis(SynthesisError::DivisionByZero))
    ));
    assert_eq!(dir.names(), [format!("{ID}.lock")]);
}

#[test]
fn a_key_is_made_once() {
    let dir = Directory::new("once");
    // The directory is made too.
    let dir = dir.join("a/b");
    let (first, seen) = get(&dir);
    assert!(first.is_development());
    assert!(generated(&seen));
    assert!(matches!(seen.first(), Some(Progress::Writing(_))));
    assert!(matches!(seen.last(), Some(Progress::Reading(_))));
    let (second, seen) = get(&dir);
    assert_eq!(first.verifying_key(), second.verifying_key());
    assert!(matches!(seen.as_slice(), [Progress::Reading(_)]));
    let proof = prove(&oracle(0), Cubic::of(3, 0), 1);
    assert_eq!(second.verify(&proof, &Cubic::of(3, 0).inputs()), Ok(()));
}

#[test]
fn a_damaged_file_is_replaced() {
    let dir = Directory::new("damaged");
    let (first, _) = get(&dir.0);
    let path = dir.join(format!("{ID}.key"));
    let whole = fs::read(&path).expect("reads");
    let changes: [fn(&mut Vec<u8>); 5] = [
        |b| b[300] ^= 1,
        |b| b[30] ^= 1,
        |b| b.truncate(100),
        |b| b.clear(),
        |b| b.push(0),
    ];
    for change in changes {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&path, bytes).expect("writes");
        let (again, seen) = get(&dir.0);
        assert_eq!(first.verifying_key(), again.verifying_key());
        assert!(seen.iter().any(|p| matches!(p, Progress::Replacing(_))));
        assert!(generated(&seen));
        assert!(
            fs::read(&path).expect("reads") == whole,
            "the same key is the same file"
        );
    }
}

#[test]
fn a_file_of_format_1_is_replaced_only_when_the_new_one_is_whole() {
    let dir = Directory::new("format");
    let path = dir.join(format!("{ID}.key"));
    let mut old = b"cloister key\0\0\0\0\x01\0\0\0".to_vec();
    old.resize(5000, 3);
    fs::write(&path, &old).expect("writes");
    let refuse = |_| Err(KeyError::NoDirectory);
    assert!(matches!(
        load_or_make(&dir.0, ID, refuse, &mut |_| {}),
        Err(KeyError::NoDirectory)
    ));
    assert!(fs::read(&path).expect("reads") == old);
    let (_, seen) = get(&dir.0);
    let wanted = format!("has key format 1, this program reads {FORMAT}");
    assert!(seen
        .iter()
        .any(|p| matches!(p, Progress::Replacing(why) if why.contains(&wanted))));
    assert!(matches!(get(&dir.0).1.as_slice(), [Progress::Reading(_)]));
    assert_eq!(dir.names().len(), 2, "the key and its lock");
}

#[test]
fn a_key_of_another_circuit_under_this_name_is_kept_and_refused() {
    let dir = Directory::new("other");
    get(&dir.0);
    let other = CircuitId([9; 32]);
    let path = dir.join(format!("{other}.key"));
    fs::rename(dir.join(format!("{ID}.key")), &path).expect("renames");
    let result = load_or_make(&dir.0, other, make, &mut |_| {});
    assert!(matches!(result, Err(KeyError::OtherCircuit { .. })));
    assert!(path.exists());
}

#[test]
fn a_maker_that_fails_or_panics_leaves_no_half_key() {
    let dir = Directory::new("fails");
    let lock = format!("{ID}.lock");
    let fails = |mut writer: KeyWriter| {
        writer.h(key().h())?;
        Err(KeyError::NoDirectory)
    };
    let result = load_or_make(&dir.0, ID, fails, &mut |_| {});
    assert!(matches!(result, Err(KeyError::NoDirectory)));
    assert_eq!(dir.names(), [lock.as_str()]);
    let panics = |mut writer: KeyWriter| {
        writer.h(key().h())?;
        panic!("in the maker");
    };
    let path = dir.0.clone();
    let caught = thread::spawn(move || load_or_make(&path, ID, panics, &mut |_| {}).is_ok()).join();
    assert_eq!(caught.expect_err("panicked").downcast_ref(), Some(&"in the maker"));
    assert_eq!(dir.names(), [lock.as_str()]);
    // A maker that forgets to finish has made no key.
    let forgets = |_: KeyWriter| Ok(());
    assert!(matches!(
        load_or_make(&dir.0, ID, forgets, &mut |_| {}),
        Err(KeyError::Io { .. })
    ));
}

#[test]
fn what_a_killed_process_left_is_removed() {
    let dir = Directory::new("killed");
    fs::write(dir.join(format!("{ID}.4711.0.part")), [0; 100]).expect("writes");
    let other = format!("{}.4711.0.part", CircuitId([8; 32]));
    fs::write(dir.join(&other), [0; 100]).expect("writes");
    get(&dir.0);
    assert_eq!(dir.names(), [format!("{ID}.key"), format!("{ID}.lock"), other]);
}

#[test]
fn threads_that_ask_at_once_make_one_key() {
    let dir = Directory::new("threads");
    let seen: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| get(&dir.0).1)).collect();
        threads.into_iter().map(|t| t.join().expect("ready")).collect()
    });
    assert_eq!(seen.iter().filter(|s| generated(s)).count(), 1);
}

#[test]
fn processes_that_ask_at_once_make_one_key() {
    const DIRECTORY: &str = "CLOISTER_TEST_CACHE_PROCESS";
    if let Some(dir) = env::var_os(DIRECTORY) {
        // A child: slow enough that the others find the lock taken.
        let slowly = |writer| {
            thread::sleep(Duration::from_millis(1500));
            make(writer)
        };
        let mut seen = Vec::new();
        let key = load_or_make(Path::new(&dir), ID, slowly, &mut |p| seen.push(p)).expect("ready");
        println!(
            "generated {} waited {}",
            generated(&seen),
            seen.contains(&Progress::Waiting)
        );
        println!("key {:02x?}", key.verifying_key());
        return;
    }
    let dir = Directory::new("processes");
    let children: Vec<_> = (0..3)
        .map(|_| {
            Command::new(env::current_exe().expect("this test"))
                .args(["--exact", "processes_that_ask_at_once_make_one_key", "--nocapture"])
                .env(DIRECTORY, &dir.0)
                .stdout(Stdio::piped())
                .spawn()
                .expect("starts")
        })
        .collect();
    let outputs: Vec<_> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().expect("ends");
            assert!(output.status.success());
            String::from_utf8(output.stdout).expect("unicode")
        })
        .collect();
    let count = |what: &str| outputs.iter().filter(|o| o.contains(what)).count();
    assert_eq!(count("generated true"), 1, "{outputs:?}");
    assert_eq!(count("generated false waited true"), 2, "{outputs:?}");
    assert_eq!(count(&format!("key {:02x?}", key().verifying_key())), 3);
    assert_eq!(dir.names().len(), 2, "the key and its lock");
}

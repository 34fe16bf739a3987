//! The commands of the ceremony from beginning to end, on a small circuit.

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use blake2::{Blake2b512, Digest};
use bls12_381::Scalar;
use clap::Parser;
use cloister_ceremony::{Ceremony, CeremonyError, Reason};
use cloister_ceremony_testing::KnownPowers;
use cloister_circuits::census::census;
use cloister_groth16::{read_key, Matrices};
use cloister_prover_cli::{
    ceremony::{run, Command, Error},
    circuits::{find, CircuitError, NamedCircuit, CIRCUITS},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

/// `x^2 = y`.
struct Square;

impl Circuit<Scalar> for Square {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let y = cs.alloc_input(|| "y", || Err(SynthesisError::AssignmentMissing))?;
        let x = cs.alloc(|| "x", || Err(SynthesisError::AssignmentMissing))?;
        cs.enforce(|| "square", |lc| lc + x, |lc| lc + x, |lc| lc + y);
        Ok(())
    }
}

const SMALL: &[NamedCircuit] = &[NamedCircuit {
    name: "square",
    about: "knows a root",
    shape: None,
    solvency: None,
    record: || Matrices::record(Square),
    census: || census(Square),
}];

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cloister-prover-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("temporary folder");
        let powers = KnownPowers {
            power: 3,
            tau: Scalar::from(5),
            alpha: Scalar::from(6),
            beta: Scalar::from(7),
        };
        fs::write(path.join("powers.ptau"), powers.sections().to_bytes()).expect("writes");
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs a command line in which `@name` stands for a file of the folder.
    fn run(&self, line: &str) -> Result<(), Error> {
        let words = line.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.file(name).into_os_string(),
            None => word.into(),
        });
        let cli =
            Cli::try_parse_from(std::iter::once("ceremony".into()).chain(words)).expect("the line is well formed");
        run(SMALL, &cli.command)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn good(result: Result<(), Error>) {
    result.expect("the command succeeds");
}

#[test]
fn a_ceremony_goes_from_powers_to_a_key() {
    let folder = Folder::new("whole");
    fs::write(folder.file("dice"), b"6 2 4 4 1").expect("writes");
    good(folder.run("new --powers @powers.ptau --circuit square --out @0"));
    good(folder.run("contribute --in @0 --out @1 --name Alice"));
    good(folder.run("contribute --in @1 --out @2 --name Bob --entropy-file @dice"));
    good(folder.run("contribute --in @2 --out @3"));
    good(folder.run("beacon --in @3 --out @4 --value 0x0123abcd --iterations 5"));
    good(folder.run("verify --powers @powers.ptau --circuit square --in @4"));
    good(folder.run("export --in @4 --out @key"));
    let ceremony = Ceremony::read(&folder.file("4"), &|_| {}).expect("reads");
    let names: Vec<_> = ceremony.contributions().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Alice", "Bob", "", "beacon"]);
    let key = read_key(&folder.file("key"), ceremony.circuit()).expect("reads");
    assert_eq!(key.vk(), ceremony.verifying_key());
    assert!(!key.is_development());
}

#[test]
fn the_first_file_is_the_same_for_everybody() {
    let folder = Folder::new("same");
    good(folder.run("new --powers @powers.ptau --circuit square --out @a"));
    good(folder.run("new --powers @powers.ptau --circuit square --out @b"));
    let read = |name| fs::read(folder.file(name)).expect("reads");
    assert!(read("a") == read("b"));
}

/// The file of a ceremony with its one contribution a second time (Y-FILE).
fn repeated(file: &[u8]) -> Vec<u8> {
    // Header, of which the body's length comes last; hashes of the first state; number of contributions.
    const LENGTH: usize = 16 + 4 + 4 + 32;
    const COUNT: usize = LENGTH + 8 + 128;
    const CHECKSUM: usize = 64;
    let size = u32::from_le_bytes(file[COUNT + 4..COUNT + 8].try_into().expect("four bytes"));
    let record = COUNT + 4..COUNT + 8 + size as usize;
    let mut out = file[..file.len() - CHECKSUM].to_vec();
    let again = out[record.clone()].to_vec();
    out.splice(record.end..record.end, again);
    out[COUNT..COUNT + 4].copy_from_slice(&2u32.to_le_bytes());
    let body = (out.len() - LENGTH - 8) as u64;
    out[LENGTH..LENGTH + 8].copy_from_slice(&body.to_le_bytes());
    let checksum = Blake2b512::digest(&out);
    out.extend_from_slice(&checksum);
    out
}

#[test]
fn a_bad_contribution_is_named_and_nothing_is_built_on_it() {
    let folder = Folder::new("bad");
    good(folder.run("new --powers @powers.ptau --circuit square --out @0"));
    good(folder.run("contribute --in @0 --out @1 --name Alice"));
    let file = fs::read(folder.file("1")).expect("reads");
    fs::write(folder.file("2"), repeated(&file)).expect("writes");
    for line in [
        "verify --powers @powers.ptau --circuit square --in @2",
        "contribute --in @2 --out @3 --name Carol",
        "beacon --in @2 --out @3 --value 00 --iterations 0",
        "export --in @2 --out @3",
    ] {
        let error = folder.run(line).expect_err("a bad contribution");
        let Error::Ceremony(CeremonyError::Contribution { number, name, reason }) = &error else {
            panic!("another error: {error}");
        };
        assert_eq!((*number, name.as_str(), reason), (2, "Alice", &Reason::Previous));
        assert!(error.to_string().starts_with("contribution 2 (Alice) is bad: "));
        assert!(!folder.file("3").exists());
    }
}

#[test]
fn what_is_missing_is_said() {
    let folder = Folder::new("missing");
    let error = folder.run("new --powers @powers.ptau --circuit cube --out @0");
    let error = error.expect_err("no such circuit").to_string();
    assert_eq!(error, "there is no circuit `cube`; there are: square");
    let error = folder
        .run("new --powers @none.ptau --circuit square --out @0")
        .expect_err("no such file");
    assert!(
        matches!(error, Error::Ceremony(CeremonyError::Powers { .. })),
        "{error}"
    );
    let error = folder.run("contribute --in @none --out @0").expect_err("no such file");
    assert!(matches!(error, Error::Ceremony(CeremonyError::Io { .. })), "{error}");
    good(folder.run("new --powers @powers.ptau --circuit square --out @0"));
    let error = folder
        .run("contribute --in @0 --out @1 --entropy-file @none")
        .expect_err("no such file");
    assert!(matches!(error, Error::Entropy { .. }), "{error}");
    let error = folder
        .run("beacon --in @0 --out @1 --value xyz --iterations 1")
        .expect_err("no digits");
    assert!(matches!(error, Error::Value(_)), "{error}");
    let error = folder.run("export --in @0 --out @1").expect_err("nobody contributed");
    assert!(
        matches!(error, Error::Ceremony(CeremonyError::NoContribution)),
        "{error}"
    );
    assert!(!folder.file("1").exists());
}

#[test]
fn circuits_are_found_by_name() {
    assert_eq!(find(CIRCUITS, "batch-dev").expect("is there").name, "batch-dev");
    assert!(matches!(find(CIRCUITS, "batch"), Err(CircuitError::Unknown { .. })));
}

fn binary(arguments: &[&str]) -> process::Output {
    process::Command::new(Path::new(env!("CARGO_BIN_EXE_cloister-prover")))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

#[test]
fn the_binary_teaches_and_fails_with_a_code() {
    for arguments in [
        &["ceremony", "--help"][..],
        &["ceremony", "new", "--help"],
        &["ceremony", "contribute", "--help"],
        &["ceremony", "verify", "--help"],
        &["ceremony", "beacon", "--help"],
        &["ceremony", "export", "--help"],
    ] {
        let output = binary(arguments);
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("cloister-prover ceremony"));
    }
    let output = binary(&["ceremony", "export", "--in", "/no/such/file", "--out", "/no/such/key"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("\nerror: /no/such/file: "));
}

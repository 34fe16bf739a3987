//! `cloister-prover ceremony`: the key of a circuit, made by many so that it is safe if one of them is honest
//! (`docs/spec/ceremony.md`).

use crate::circuits::{find, CircuitError, NamedCircuit};
use blake2::{digest::consts::U32, Blake2b, Digest};
use clap::{Args, Subcommand};
use cloister_ceremony::{Ceremony, CeremonyError, ContributionKind, Powers, Step};
use cloister_groth16::{write_key, KeyError};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const OVERVIEW: &str = "\
A key of Groth16 is made with secrets; whoever knows them can forge proofs. In a ceremony every contributor multiplies
a secret of their own into the key and forgets it: the key is safe if ONE of them did. Anybody can verify afterwards
that each knew their secret and changed nothing else.

HOW IT GOES
  snarkjs powersoftau new bls12381 18 a.ptau          phase 1, for all circuits; or take powers that others made
  snarkjs powersoftau contribute a.ptau b.ptau
  snarkjs powersoftau prepare phase2 b.ptau powers.ptau
  snarkjs powersoftau verify powers.ptau              who contributed to the powers, and how

  cloister-prover ceremony new --powers powers.ptau --circuit batch-dev --out 0.ceremony
  cloister-prover ceremony contribute --in 0.ceremony --out 1.ceremony --name Alice
  cloister-prover ceremony contribute --in 1.ceremony --out 2.ceremony --name Bob
  cloister-prover ceremony beacon --in 2.ceremony --out 3.ceremony --value 00..9f --iterations 20
  cloister-prover ceremony verify --powers powers.ptau --circuit batch-dev --in 3.ceremony
  cloister-prover ceremony export --in 3.ceremony --out batch-dev.key

Files may go through any hands: a file that was tampered with is refused, and the contribution that is bad is named.";

/// Make the key of a circuit together with others.
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = OVERVIEW)]
pub enum Command {
    /// Begin: make the first key of a circuit from powers of tau.
    New(New),
    /// Contribute a secret of your own.
    Contribute(Contribute),
    /// Verify everything from the powers on and list the contributions.
    Verify(Verify),
    /// End with a public contribution that nobody could foresee.
    Beacon(Beacon),
    /// Write the proving key.
    Export(Export),
}

/// `ceremony new`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The powers are a .ptau file of snarkjs for the curve bls12381, prepared for phase 2, with at least as many powers as the
circuit has rows. All points that the circuit needs are checked: on the curve, in the subgroup, powers of one tau, and
consistent with one another. Who contributed to them is not checked: ask `snarkjs powersoftau verify`.

Everybody who runs this with the same powers and circuit gets the same file.

EXAMPLE
  cloister-prover ceremony new --powers powers.ptau --circuit batch-dev --out 0.ceremony")]
pub struct New {
    /// Powers of tau.
    #[arg(long, value_name = "FILE.ptau")]
    pub powers: PathBuf,
    /// The circuit; `cloister-prover circuits` lists them.
    #[arg(long, value_name = "NAME")]
    pub circuit: String,
    /// Where the ceremony is written.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// `ceremony contribute`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Draws a secret from the operating system, applies it, proves that it knew it, and wipes it. Before that it checks what
it was given, so that nobody builds on a bad contribution. Publish the hash it prints: it commits to everything up to
your contribution.

Run it on a machine you trust, best one that was never online and is switched off for good afterwards.

EXAMPLES
  cloister-prover ceremony contribute --in 0.ceremony --out 1.ceremony --name Alice
  cloister-prover ceremony contribute --in 1.ceremony --out 2.ceremony --name Bob --entropy-file dice.txt")]
pub struct Contribute {
    /// The ceremony so far.
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,
    /// Where it goes on.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Who you are, in your own words; everybody will read it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub name: String,
    /// A file of your own randomness (dice, a photograph), mixed into that of the operating system.
    #[arg(long, value_name = "FILE")]
    pub entropy_file: Option<PathBuf>,
}

/// `ceremony verify`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Makes the first key again from powers and circuit and checks every contribution against it. The first bad one is named
by number and name. It prints the hash of each contribution: compare them with what the contributors published.

EXAMPLE
  cloister-prover ceremony verify --powers powers.ptau --circuit batch-dev --in 3.ceremony")]
pub struct Verify {
    /// The powers of tau that the ceremony began with.
    #[arg(long, value_name = "FILE.ptau")]
    pub powers: PathBuf,
    /// The circuit.
    #[arg(long, value_name = "NAME")]
    pub circuit: String,
    /// The ceremony.
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,
}

/// `ceremony beacon`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The value is something that nobody could know before the last person contributed and everybody can look up afterwards,
such as the hash of a block of a public chain that was announced by its number. It is hashed 2^ITERATIONS times with
SHA-256: long enough that nobody could try many values in the time in which they could influence it. Nothing can be
contributed after it.

EXAMPLE
  cloister-prover ceremony beacon --in 2.ceremony --out 3.ceremony --iterations 32 \\
    --value 00000000000000000001f2a3..")]
pub struct Beacon {
    /// The ceremony so far.
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,
    /// Where it ends.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The value, hexadecimal.
    #[arg(long, value_name = "HEX")]
    pub value: String,
    /// Base-two logarithm of the number of iterations.
    #[arg(long, value_name = "LOG2")]
    pub iterations: u32,
}

/// `ceremony export`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Checks the contributions as `contribute` does and writes the key for production chains. Run `ceremony verify` first:
only it compares with the powers. A ceremony without a contribution of a person has no secret and is refused.

EXAMPLE
  cloister-prover ceremony export --in 3.ceremony --out batch-dev.key")]
pub struct Export {
    /// The ceremony.
    #[arg(long = "in", value_name = "FILE")]
    pub input: PathBuf,
    /// Where the key is written.
    #[arg(long, value_name = "KEY")]
    pub out: PathBuf,
}

/// Why a command of the ceremony fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The circuit is not known or cannot be synthesised.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// The ceremony says no.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The key cannot be written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file of entropy cannot be read.
    #[error("{path}: {source}")]
    Entropy {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The beacon's value is not hexadecimal.
    #[error("--value is not hexadecimal: {0}")]
    Value(hex::FromHexError),
}

/// Steps go to the error stream, results to the output.
fn show(step: Step) {
    eprintln!("{step} ..");
}

/// Runs a command on the circuits of [`crate::circuits::CIRCUITS`], or others in tests.
///
/// # Errors
/// [`Error`].
pub fn run(circuits: &[NamedCircuit], command: &Command) -> Result<(), Error> {
    match command {
        Command::New(args) => begin(circuits, args),
        Command::Contribute(args) => contribute(args),
        Command::Verify(args) => verify(circuits, args),
        Command::Beacon(args) => beacon(args),
        Command::Export(args) => export(args),
    }
}

fn begin(circuits: &[NamedCircuit], args: &New) -> Result<(), Error> {
    let matrices = find(circuits, &args.circuit)?.matrices()?;
    let powers = Powers::read(&args.powers, matrices.domain_log2(), &show)?;
    let ceremony = Ceremony::new(&powers, &matrices, &show)?;
    ceremony.write(&args.out)?;
    println!("circuit  {} ({})", ceremony.circuit(), args.circuit);
    println!("start    {}", ceremony.hash());
    Ok(())
}

fn contribute(args: &Contribute) -> Result<(), Error> {
    let entropy = args.entropy_file.as_deref().map(read_entropy).transpose()?;
    let mut ceremony = Ceremony::read(&args.input, &show)?;
    ceremony.contribute(&args.name, entropy.as_deref().unwrap_or_default(), &show)?;
    ceremony.write(&args.out)?;
    println!("contribution {}", ceremony.contributions().len());
    println!("hash         {}", ceremony.hash());
    println!("Publish this hash: it commits to your contribution and to all before it.");
    Ok(())
}

fn read_entropy(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Entropy {
        path: path.into(),
        source,
    })
}

fn verify(circuits: &[NamedCircuit], args: &Verify) -> Result<(), Error> {
    let matrices = find(circuits, &args.circuit)?.matrices()?;
    let ceremony = Ceremony::read(&args.input, &show)?;
    let powers = Powers::read(&args.powers, matrices.domain_log2(), &show)?;
    ceremony.verify(&powers, &matrices, &show)?;
    println!("circuit  {} ({})", ceremony.circuit(), args.circuit);
    println!("start    {}", ceremony.start());
    for (i, contribution) in ceremony.contributions().iter().enumerate() {
        println!("{}  {}", i + 1, contribution.name);
        if let ContributionKind::Beacon { value, log2 } = &contribution.kind {
            println!("   beacon {} hashed 2^{log2} times", hex::encode(value));
        }
        println!("   {}", contribution.hash());
    }
    println!("{}", summary(&ceremony));
    Ok(())
}

/// One line on what a verified ceremony is worth.
fn summary(ceremony: &Ceremony) -> String {
    let people = ceremony
        .contributions()
        .iter()
        .filter(|c| c.kind == ContributionKind::Person)
        .count();
    match people {
        0 => "good, but nobody has contributed yet: everybody can forge proofs for this key".into(),
        1 => "good: safe if the one contributor has forgotten their secret".into(),
        n => format!("good: safe if one of the {n} contributors has forgotten their secret"),
    }
}

fn beacon(args: &Beacon) -> Result<(), Error> {
    let digits = args.value.strip_prefix("0x").unwrap_or(&args.value);
    let value = hex::decode(digits).map_err(Error::Value)?;
    let mut ceremony = Ceremony::read(&args.input, &show)?;
    ceremony.beacon(&value, args.iterations, &show)?;
    ceremony.write(&args.out)?;
    println!("contribution {}", ceremony.contributions().len());
    println!("hash         {}", ceremony.hash());
    Ok(())
}

fn export(args: &Export) -> Result<(), Error> {
    let ceremony = Ceremony::read(&args.input, &show)?;
    let hash = ceremony.hash();
    let key = ceremony.export(&show)?;
    write_key(&args.out, &key)?;
    let verifying_key: [u8; 32] = Blake2b::<U32>::digest(key.verifying_key()).into();
    println!("circuit        {}", key.circuit());
    println!("ceremony       {hash}");
    println!("verifying key  0x{}", hex::encode(verifying_key));
    Ok(())
}
